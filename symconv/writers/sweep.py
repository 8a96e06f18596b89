"""The sheet of a sweep: a row a point."""

from __future__ import annotations

from itertools import islice
from typing import Final

from symconv.sweeps.space import DesignSpace
from symconv.writers.layers import label
from symconv.writers.sheet import Cell, Column, Sheet, Table, plain
from symconv.writers.wording import at_values, in_full

#: Rows that are printed; a file has all of them.
ROWS: Final = 1000


def sweep_sheet(space: DesignSpace) -> Sheet:
    """The first points of a design space, with their axes and metrics."""
    rows: list[list[Cell]] = []
    more = False
    for i in range(len(space)):
        part = space.part(i, written=True)
        columns = [part[name] for name in space.columns]
        for row in islice(zip(*columns), ROWS + 1 - len(rows)):
            rows.append(list(map(_cell, row)))
        if len(rows) > ROWS:
            rows, more = rows[:ROWS], True
            break
    over = " × ".join(f"{len(axis):,} {axis.symbol.name}" for axis in space.grid.axes) or "one point"
    sheet = Sheet(f"{', '.join(label(m) for m in space.metrics)} of {space.name} over {over}")
    at = {s.name: value for s, value in space.grid.fixed.items()}
    sheet.title += f" ·{at_values(at)}" if at else ""
    if space.budgets:
        sheet.facts = [("where", ", ".join(str(budget) for budget in space.budgets))]
    headings = [Column(axis.symbol.name, right=True) for axis in space.grid.axes]
    sheet.tables = [Table([*headings, *(Column(label(m), right=True, key=m) for m in space.metrics)], rows)]
    if more:
        sheet.notes = [f"the first {ROWS:,} points; -o FILE.csv or .parquet writes all"]
    elif not rows:
        sheet.notes = ["no point is left"]
    sheet.data = lambda: {
        "name": space.name,
        "at": {name: plain(value) for name, value in at.items()},
        "where": [str(budget) for budget in space.budgets],
        "complete": not more,
    }
    return sheet


def _cell(value: object) -> Cell:
    return in_full(value) if isinstance(value, float) else value if isinstance(value, str) else int(value)  # type: ignore[call-overload]
