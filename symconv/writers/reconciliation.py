"""Why counters print other numbers for one model, as a sheet: what each reports, and of what it is made."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from symconv.cost import Cost
from symconv.reconciling import Figure, Reconciliation
from symconv.symbols import Symbol
from symconv.writers.figures import figure_of, figures_at
from symconv.writers.sheet import Big, Cell, Column, Heading, Sheet, Table, on_a_line, plain
from symconv.writers.wording import at_values

#: The papers' figure, which is symconv's.
PAPERS = "symconv, and the papers"


def reconciliation_sheet(
    found: Reconciliation, at: Mapping[str, int] | None = None, tools: tuple[str, ...] = ()
) -> Sheet:
    """A row for each counter, and the terms of each; figures at `at`, or at the example's own sizes.

    `tools` are those whose terms are listed, all where none is named.
    """
    net = found.network
    values = figures_at(net, at)
    numbers: dict[Symbol, Any] = dict(net.at(values)) if values else {}
    sheet = Sheet(f"{net.name}: what counters report")
    sheet.facts = [("MACs", found.macs), ("params", net.cost("params"))]
    heading = at_values(values).strip() or "figure"
    reported = Table(
        [
            Column("counter"), Column("reports", True, rank=2, short=True), Column(heading, True, "figure", rank=3),
            Column("beside the MACs", True, "beside", rank=1), Column("params", True, rank=1),
            Column("what it is", prose=True),
        ]
    )  # fmt: skip
    reported.rows.append(
        [PAPERS, found.macs, _big(found.macs, numbers), None, net.cost("params"), "multiply-adds, 2 FLOPs each"]
    )
    for figure in found.figures:
        cells = _big(figure.cost, numbers), _beside(figure.cost, found.macs, numbers)
        reported.rows.append([figure.tool, figure.cost, *cells, figure.params, figure.said])
    terms = Table(
        [
            Column("  term"), Column("times", True), Column("closed form", True, "cost", rank=1, short=True),
            Column(heading, True, "figure", rank=2),
        ]
    )  # fmt: skip
    for figure in found.figures:
        if tools and figure.tool not in tools:
            continue
        terms.groups[len(terms.rows)] = Heading(figure.tool)
        for part in figure.parts:
            terms.rows.append([f"  {part.term}", on_a_line(part.times), part.cost, _big(part.counted, numbers)])
    sheet.tables = [reported, terms]
    sheet.notes.append("times: how often a counter has a term; its figure is times the closed form")
    sheet.notes += found.notes
    sheet.data = lambda: _data(found, numbers)
    return sheet


def _big(cost: Cost, numbers: Mapping[Symbol, Any]) -> Cell:
    number = figure_of(cost, numbers)
    return None if number is None else Big(number)


def _beside(cost: Cost, macs: Cost, numbers: Mapping[Symbol, Any]) -> Cell:
    """How much more or less than the macs, in percent."""
    one, two = figure_of(cost, numbers), figure_of(macs, numbers)
    if one is None or not two:
        return None
    more = Fraction(one) / Fraction(two) - 1
    return "the same" if not more else f"{'+' if more > 0 else '−'}{float(abs(more)) * 100:.2g} %"


def _data(found: Reconciliation, numbers: Mapping[Symbol, Any]) -> dict[str, Any]:
    def said(figure: Figure) -> dict[str, Any]:
        parts = [
            {"term": p.term, "times": str(p.times), "cost": plain(p.cost), "figure": figure_of(p.counted, numbers)}
            for p in figure.parts
        ]
        return {
            "tool": figure.tool, "cost": plain(figure.cost), "figure": figure_of(figure.cost, numbers),
            "params": plain(figure.params), "parts": parts,
        }  # fmt: skip

    return {"macs": plain(found.macs), "notes": list(found.notes), "counters": [said(f) for f in found.figures]}
