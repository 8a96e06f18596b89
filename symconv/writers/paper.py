"""What fits on a page of a paper: the columns of a table for which there is room, words that are not too long."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from symconv.cost import Cost
from symconv.notation import TEXT
from symconv.writers.breaking import PAGE, points
from symconv.writers.mathematics import is_formula
from symconv.writers.sheet import Cell, Column, Name, Table, set_cell
from symconv.writers.wording import plain

#: Points between columns, points of an indent, the least for a column of prose and for one of long formulas.
GAP, INDENT, _PROSE, _FORMULA = 12, 11, 110, 150
_LONG: Final = re.compile(r"[^\s]{49,}")


def fitting_words(text: str) -> str:
    """A text in which the middle of a word is left out where no line has room for it."""
    return _LONG.sub(lambda m: plain(m[0], 48), text)


@dataclass(frozen=True)
class Layout:
    """The columns of a table that a page has room for, how wide those are that take several lines, and the others."""

    kept: tuple[int, ...]
    widths: dict[int, float]
    left_out: tuple[str, ...]


def layout(table: Table, room: float = PAGE) -> Layout:
    """The columns that fit: those of the lowest rank are left out first, of these the widest; the first always stays.

    Prose takes several lines, and so do the sums of formulas, before anything is left out.
    """
    rows = [*table.rows, *([table.total] if table.total else [])]
    rows += [[*h.cells] for h in table.groups.values() if h.cells]
    widest = [max([_heading(c), *(_width(row[i]) for row in rows)]) for i, c in enumerate(table.columns)]
    least = [_least(c, rows, i, widest[i]) for i, c in enumerate(table.columns)]
    kept = list(range(len(table.columns)))
    while sum(least[i] + GAP for i in kept) > room and len(kept) > 2:
        kept.remove(min(kept[1:], key=lambda i: (table.columns[i].rank, -least[i])))
    spare = room - sum(least[i] + GAP for i in kept)
    widths = {}
    for i in kept:
        if least[i] < widest[i]:
            widths[i] = min(widest[i], least[i] + max(spare, 0))
            spare -= widths[i] - least[i]
    gone = tuple(c.heading for i, c in enumerate(table.columns) if i not in kept)
    return Layout(tuple(kept), {i: w for i, w in widths.items() if w < widest[i]}, gone)


def _least(column: Column, rows: Sequence[Sequence[Cell]], i: int, widest: float) -> float:
    if column.prose:
        return min(widest, _PROSE)
    sums = all(isinstance(row[i], Cost) or _width(row[i]) < _FORMULA for row in rows)
    return min(widest, max(_FORMULA, _heading(column))) if sums else widest


def _heading(column: Column) -> float:
    """The width of a heading; that of figures stands above the sizes, `at X=224`."""
    first, at, place = column.heading.partition(" at ")
    return max(_words(first), _words((at + place).strip()))


def _width(cell: Cell) -> float:
    """About how wide a cell is."""
    if isinstance(cell, Name):
        inside = cell.path.removeprefix(cell.under + "/") if cell.under else cell.path
        return _words(inside) + INDENT * bool(cell.under)
    text = set_cell(cell, TEXT)
    return points(text) if is_formula(cell) else _words(text)


def _words(text: str) -> float:
    return sum(
        3.2 if c in "iljtfr.,:;' ()[]|/" else 8 if c.isupper() or c in "mw%–×" else 5.5 for c in fitting_words(text)
    )
