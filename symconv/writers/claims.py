"""The sheets of claims: the article's three conclusions, comparisons of figures, and all of the zoo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from symconv.analysis.claims import CLAIMS, Figure, Finding, conclusions, decimal
from symconv.analysis.comparisons import Verdict
from symconv.cost import Number
from symconv.errors import SymconvError
from symconv.network import Network
from symconv.writers.figures import figures_at
from symconv.writers.sheet import Cell, Column, Sheet, Table, plain
from symconv.writers.wording import at_values, some


def claims_sheet(net: Network, values: Mapping[str, Any]) -> Sheet:
    """The article's three conclusions over the layers of a network; at its usual sizes where none are given.

    Raises SymbolError where a figure needs the value of a symbol.
    """
    at = figures_at(net, {**net.usual, **values}) or dict(values)
    findings = conclusions(net, **at)
    columns = (Column("claim"), Column("holds", rank=2), Column("ratio", rank=1), Column("except", prose=True))
    table = Table(columns)
    table.rows = [_row(f, MOST) for f in findings]
    sheet = Sheet(f"the article's three conclusions on {net.name}{at_values(at)}", tables=[table])
    sheet.records = lambda: Table(columns, [_row(f, len(f.exceptions)) for f in findings])
    sheet.notes = [f"{f.claim} asks whether {CLAIMS[f.claim].sentence}: {f.sentence}." for f in findings]
    shown = {name: plain(value) for name, value in at.items()}
    sheet.data = lambda: {"name": net.name, "at": shown, "findings": [_data(f) for f in findings]}
    return sheet


#: Layers that a table names where a claim does not hold; CSV and JSON name all.
MOST: Final = 8


def _row(finding: Finding, most: int) -> list[Cell]:
    verdict = "nothing to compare" if finding.holds is None else _WORDS[finding.holds]
    return [finding.claim, verdict, _ratios(finding), some([f.layer for f in finding.exceptions], most)]


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


# -- comparisons ---------------------------------------------------------------------------------------------------


def verdicts_sheet(net: Network, verdicts: Iterable[Verdict], values: Mapping[str, Any]) -> Sheet:
    """Claims of one's own, with the figures where they are numbers, else where they hold and where they fail first."""
    found = list(verdicts)
    failed = sum(not v.holds for v in found)
    said = f"{failed} of {len(found)} fail" if failed else "all hold"
    sheet = Sheet(f"claims about {net.name}{at_values(values)}: {said}")
    columns = (
        Column("claim"), Column("holds"), Column("figures", key="figures"), Column("holds for", prose=True),
        Column("fails at", prose=True),
    )  # fmt: skip
    sheet.tables = [Table(columns, list(map(_verdict, found)))]
    sheet.data = lambda: {"name": net.name, "at": {n: plain(v) for n, v in values.items()}, "holds": not failed}
    return sheet


def _verdict(v: Verdict) -> list[Cell]:
    if v.left is not None and v.right is not None:
        return [str(v.claim), _WORDS[v.holds], f"{_number(v.left)} and {_number(v.right)}", "", ""]
    if v.symbol is None or v.region is None or v.domain is None:
        return [str(v.claim), _WORDS[v.holds], "", f"every {', '.join(v.whatever)}" if v.holds else "none", ""]
    name = v.symbol.name
    where = f"every {name}" if v.region == v.domain else v.region.described(name)
    if v.until is not None:
        where += f" (looked at up to {name} = {v.until})"
    ones = "".join(f", {other} = 1" for other in v.whatever)
    first = v.counterexamples[:1]
    examples = "; ".join(f"{name} = {e.at}{ones}: {_number(e.left)} and {_number(e.right)}" for e in first)
    return [str(v.claim), "partly" if not (v.holds or v.region.empty) else _WORDS[v.holds], "", where, examples]


def _number(value: Number) -> str:
    return str(value) if isinstance(value, int) else decimal(value)


def zoo_sheet(networks: Iterable[tuple[str, Network]]) -> Sheet:
    """Which of the article's conclusions hold for which network, at its usual sizes."""
    names = tuple(CLAIMS)
    columns = (Column("network"), *(Column(name) for name in names))
    rows: list[list[Cell]] = []
    whole: dict[str, list[str]] = {name: [] for name in names}
    all_three: list[str] = []
    for name, net in networks:
        try:
            findings = {f.claim: f for f in conclusions(net, **figures_at(net, None))}
        except SymconvError:
            continue  # a family whose depth or width has no value has no layers to compare
        rows.append([name, *(_WORDS[findings[claim].holds] for claim in names)])
        for claim in names:
            if findings[claim].holds:
                whole[claim].append(name)
        if all(findings[claim].holds for claim in names):
            all_three.append(name)
    sheet = Sheet(f"the article's three conclusions over {len(rows)} networks, at their usual sizes")
    summary: list[list[Cell]] = [[name, len(held), some(held, 12) or "none"] for name, held in whole.items()]
    summary.append(["all three", len(all_three), some(all_three, 12) or "none"])
    sheet.tables = [Table((Column("claim"), Column("holds for", right=True), Column("which", prose=True)), summary)]
    sheet.records = lambda: Table(columns, rows)
    sheet.notes = [f"{name} asks whether {CLAIMS[name].sentence}" for name in names]
    sheet.data = lambda: {"networks": {str(row[0]): dict(zip(names, row[1:])) for row in rows}}
    return sheet


_WORDS: Final = {True: "yes", False: "no", None: "–"}
