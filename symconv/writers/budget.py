"""The sheets of budgets: whether they are kept, and the largest value of a symbol at which they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from symconv.analysis.budget import Checked, Within
from symconv.network import Network
from symconv.writers.layers import label
from symconv.writers.sheet import Cell, Column, Sheet, Table, plain
from symconv.writers.wording import at_values, percent


def check_sheet(net: Network, checked: Sequence[Checked], values: Mapping[str, Any]) -> Sheet:
    """Every budget with the exact figure, and how much of the budget that is."""
    broken = sum(not c.holds for c in checked)
    verdict = f"{broken} of {len(checked)} broken" if broken else "all kept"
    sheet = Sheet(f"budgets of {net.name}{at_values(values)}: {verdict}")
    columns = (Column("budget"), Column("figure", right=True), Column("used", right=True), Column("kept"))
    rows: list[list[Cell]] = [[str(c.budget), c.value, _used(c), "yes" if c.holds else "no"] for c in checked]
    sheet.tables = [Table(columns, rows)]
    sheet.data = lambda: {"name": net.name, "at": {n: plain(v) for n, v in values.items()}, "kept": not broken}
    return sheet


def _used(checked: Checked) -> str:
    figure = checked.budget.figure
    return percent(Fraction(checked.value) / Fraction(figure)) if figure else ""


def within_sheet(net: Network, found: Within) -> Sheet:
    """The values that keep all budgets, the largest, and the figures there and at the next value."""
    name = found.symbol.name
    sheet = Sheet(f"{name} of {net.name} within {', '.join(str(b.budget) for b in found.bounds)}")
    following = found.next
    if not found.feasible:
        sheet.facts = [("infeasible", found.reason)]
    else:
        largest: Cell = found.greatest if found.greatest is not None else "there is none: every larger one keeps them"
        sheet.facts = [(f"largest {name}", largest), (f"all {name}", found.region.described(name))]
    sheet.facts.append(("domain", found.domain.described(name)))
    columns = [Column("budget"), Column("alone it holds for", prose=True)]
    if found.greatest is not None:
        columns.append(Column(f"at {name} = {found.greatest}", right=True))
    if following is not None:
        columns.append(Column(f"at {name} = {following}", right=True))
    at = [found.figures(x) for x in (found.greatest, following) if x is not None]
    rows: list[list[Cell]] = [
        [
            str(b.budget),
            (b.region & found.domain).described(name) if b.moves else f"every {name}" * (not b.region.empty) or "none",
            *(figures[b.budget.metric] for figures in at),
        ]
        for b in found.bounds
    ]
    sheet.tables = [Table(columns, rows)]
    sheet.data = lambda: {
        "name": net.name,
        "symbol": name,
        "feasible": found.feasible,
        "largest": found.greatest,
        "values": found.region.described(name),
        "metrics": [label(b.budget.metric) for b in found.bounds],
    }
    return sheet
