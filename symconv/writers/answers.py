"""The sheets of the analysis: how a total grows, and which claims hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symconv.analysis.claims import CLAIMS, Figure, Finding, conclusions, decimal
from symconv.analysis.growth import bounds, growth, order
from symconv.cost import cost_symbols
from symconv.count import Convention
from symconv.evaluation import by_name
from symconv.network import Network
from symconv.notation import ASCII, LATEX, TEXT, Style
from symconv.sizes import Undecided
from symconv.writers.network import figures_at, label
from symconv.writers.sheet import Cell, Column, Math, Sheet, Table


def growth_sheet(net: Network, metric: str | Convention = "macs", by: Sequence[str] = ()) -> Sheet:
    """The leading terms of a total in some of its symbols or all, its order in each, and bounds at every size.

    Raises SymbolError for a symbol that the total does not have.
    """
    total = net.cost(metric)
    found = growth(total, by or None)
    sheet = Sheet(f"how the {label(metric)} of {net.name} grow{' in ' + ', '.join(by) if by else ''}")

    def each(set_: str) -> Math:
        texts: dict[Style, str] = {style: getattr(found, set_)(style) for style in (TEXT, LATEX, ASCII)}
        return Math(texts[TEXT], texts[LATEX], texts[ASCII])

    sheet.facts = [(label(metric), total), ("grows", each("text")), ("order", each("order"))]
    for name in by_name(cost_symbols(total)):
        try:
            sheet.facts.append((f"degree in {name}", order(total, name)))
        except Undecided as why:
            sheet.facts.append((f"degree in {name}", f"not decided: {why}"))
    try:
        low, high = bounds(total)
        sheet.facts += [("at least", low), ("at most", high)]
    except Undecided as why:
        sheet.notes.append(f"no polynomial bounds: {why}")
    return sheet


def claims_sheet(net: Network, values: Mapping[str, int]) -> Sheet:
    """The article's three conclusions over the layers of a network; at its usual sizes where none are given."""
    at = dict(values) or figures_at(net, None)
    place = ", ".join(f"{name}={value}" for name, value in at.items()) or "all sizes"
    findings = conclusions(net, **at)
    table = Table([Column(c) for c in ("claim", "holds", "ratio", "not where")])
    table.rows = [_row(f) for f in findings]
    sheet = Sheet(f"the article's three conclusions on {net.name} at {place}", tables=[table])
    sheet.notes = [f"{f.claim}: {CLAIMS[f.claim].sentence}? {f.sentence}." for f in findings]
    sheet.data = lambda: {"at": at, "findings": [_data(f) for f in findings]}
    return sheet


def _row(finding: Finding) -> list[Cell]:
    verdict = {True: "yes", False: "no", None: "nothing to compare"}[finding.holds]
    ratio = decimal(finding.ratios[0].value) if finding.ratios else ""
    return [finding.claim, verdict, ratio, ", ".join(f.layer for f in finding.exceptions)]


def _data(finding: Finding) -> dict[str, object]:
    def figures(of: tuple[Figure, ...]) -> dict[str, object]:
        return {f.layer: int(f.value) if f.value == int(f.value) else str(f.value) for f in of}

    return {
        "claim": finding.claim,
        "holds": finding.holds,
        "unit": finding.unit,
        "layers": figures(finding.layers),
        "exceptions": figures(finding.exceptions),
        "ratios": [{"layer": r.layer, "to": r.to, "ratio": str(r.value)} for r in finding.ratios],
        "sentence": finding.sentence,
    }
