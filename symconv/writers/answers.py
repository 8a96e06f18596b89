"""The sheets of the analysis: how a total grows, and which claims hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from symconv.analysis.claims import CLAIMS, Figure, Finding, conclusions, decimal
from symconv.analysis.growth import bounds, growth, order
from symconv.cost import cost_symbols
from symconv.count import Convention
from symconv.network import Network
from symconv.notation import ASCII, LATEX, TEXT, Style
from symconv.sizes import Undecided
from symconv.symbols import by_name
from symconv.writers.layers import figures_at, label, metric_name
from symconv.writers.sheet import Cell, Column, Math, Sheet, Table, plain


def growth_sheet(net: Network, metric: str | Convention = "macs", by: Sequence[str] = ()) -> Sheet:
    """The leading terms of a total in some of its symbols or all, its order in each, and bounds at every size.

    Raises SymbolError for a symbol that the total does not have.
    """
    total = net.cost(metric)
    sheet = Sheet(f"growth of the {label(metric)} of {net.name}{' in ' + ', '.join(by) if by else ''}")
    sheet.facts = [(label(metric), total)]
    sheet.data = lambda: {"name": net.name, "metric": metric_name(metric), "total": plain(total)}
    try:
        found = growth(total, by or None)
    except Undecided as why:
        sheet.notes.append(f"its growth is not decided: {why}")
        return sheet

    def each(set_: str) -> Math:
        texts: dict[Style, str] = {style: getattr(found, set_)(style) for style in (TEXT, LATEX, ASCII)}
        return Math(texts[TEXT], texts[LATEX], texts[ASCII])

    sheet.facts += [("grows", each("text")), ("order", each("order"))]
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


def claims_sheet(net: Network, values: Mapping[str, Any]) -> Sheet:
    """The article's three conclusions over the layers of a network; at its usual sizes where none are given.

    Raises SymbolError where a figure needs the value of a symbol.
    """
    at = figures_at(net, {**net.usual, **values}) or dict(values)
    place = f" at {', '.join(f'{name}={value}' for name, value in at.items())}" if at else ""
    findings = conclusions(net, **at)
    columns = (Column("claim"), Column("holds", rank=2), Column("ratio", rank=1), Column("except", prose=True))
    table = Table(columns)
    table.rows = [_row(f, MOST) for f in findings]
    sheet = Sheet(f"the article's three conclusions on {net.name}{place}", tables=[table])
    sheet.records = lambda: Table(columns, [_row(f, len(f.exceptions)) for f in findings])
    sheet.notes = [f"{f.claim} asks whether {CLAIMS[f.claim].sentence}: {f.sentence}." for f in findings]
    shown = {name: plain(value) for name, value in at.items()}
    sheet.data = lambda: {"name": net.name, "at": shown, "findings": [_data(f) for f in findings]}
    return sheet


#: Layers that a table names where a claim does not hold; CSV and JSON name all.
MOST: Final = 8


def _row(finding: Finding, most: int) -> list[Cell]:
    verdict = {True: "yes", False: "no", None: "nothing to compare"}[finding.holds]
    more = len(finding.exceptions) - most
    named = ", ".join(f.layer for f in finding.exceptions[:most]) + (f" and {more} more" if more > 0 else "")
    return [finding.claim, verdict, _ratios(finding), named]


def _ratios(finding: Finding) -> str:
    """The ratio of the largest to the smallest, or from the least of many ratios to the greatest."""
    values = [r.value for r in finding.ratios]
    if finding.claim == "one_order":
        values = values[:1]
    ends = dict.fromkeys(decimal(v) for v in (min(values), max(values))) if values else {}
    return " to ".join(ends)


def _data(finding: Finding) -> dict[str, object]:
    def figures(of: tuple[Figure, ...]) -> dict[str, object]:
        return {f.layer: int(f.value) if f.value == int(f.value) else str(f.value) for f in of}

    return {
        "claim": finding.claim,
        "holds": finding.holds,
        "unit": finding.unit,
        "times": plain(finding.shared),
        "layers": figures(finding.layers),
        "exceptions": figures(finding.exceptions),
        "ratios": [{"layer": r.layer, "to": r.to, "ratio": str(r.value)} for r in finding.ratios],
        "sentence": finding.sentence,
    }
