"""The sheet of compound scaling: the designs that no other one beats under budgets, and the rule's beside them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symconv.analysis.scaling import Scaled, Scaling
from symconv.cost import Number
from symconv.network import Network
from symconv.writers.layers import label
from symconv.writers.sheet import Cell, Column, Sheet, Table


def scaling_sheet(net: Network, found: Scaling, budgets: Sequence[str]) -> Sheet:
    """The best designs with their figures, the rule's last."""
    sheet = Sheet(f"{net.name} scaled within {', '.join(budgets)}")
    sheet.facts = [("within", f"{found.within} of {found.points} designs"), ("unbeaten", len(found.best))]
    designs = [*found.best, *([found.rule] if found.rule is not None else [])]
    if not designs:
        sheet.notes = ["infeasible: no design of the grid keeps the budgets"]
        return sheet
    axes, metrics = list(designs[0].values), list(designs[0].figures)
    columns = [*(Column(name, right=True) for name in axes), *(Column(label(m), right=True, key=m) for m in metrics)]
    rows = [_row(design, axes, metrics) for design in designs]
    if found.rule is not None:
        columns.append(Column("rule"))
        for row in rows:
            row.append("")
        rows[-1][-1] = f"phi = {float(found.phi or 0):g}"
    sheet.tables = [Table(columns, rows)]
    if found.asked:
        fits = "the greatest phi that fits" if found.rule is not None else "of which none fits"
        sheet.notes = [f"the rule: depth 1.2^phi, width 1.1^phi, resolution 224*1.15^phi, {fits}"]
    return sheet


def _row(design: Scaled, axes: list[str], metrics: list[str]) -> list[Cell]:
    return [*(_cell(design.values[name]) for name in axes), *(_cell(design.figures[m]) for m in metrics)]


def _cell(value: Number) -> Cell:
    if isinstance(value, int):
        return value
    shown = f"{float(value):g}"
    return shown if Fraction(shown) == value else value
