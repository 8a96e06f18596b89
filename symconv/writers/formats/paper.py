"""What fits on a page of a paper: the columns of a table for which there is room, words that are not too long."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from symconv.cost import Cost
from symconv.notation import TEXT
from symconv.writers.formats.breaking import PAGE, broken, points
from symconv.writers.formats.mathematics import is_formula
from symconv.writers.sheet import Cell, Column, Heading, Name, Table, set_cell
from symconv.writers.wording import plain

#: Points between columns, points of an indent, the least for a column of prose and for one of long formulas.
GAP, INDENT, _PROSE, _FORMULA = 12, 11, 110, 150
_LONG: Final = re.compile(r"[^\s]{49,}")


def fitting_words(text: str) -> str:
    """A text in which the middle of a word is left out where no line has room for it."""
    return _LONG.sub(lambda m: plain(m[0], 48), text)


@dataclass(frozen=True)
class Layout:
    """What a page has room for: the columns, how wide those are that take several lines, and what is left out.

    Of the headings in `alone` what their rows have together stands in a line of its own.
    """

    kept: tuple[int, ...]
    widths: dict[int, float]
    left_out: tuple[str, ...]
    alone: frozenset[int]


def layout(table: Table, room: float = PAGE) -> Layout:
    """The columns that fit: those of the lowest rank are left out first, of these the widest; the first always stays.

    Prose takes several lines, and so do the sums of formulas, before anything is left out.
    """
    rows = [*table.all_rows, *(h.cells for h in table.groups.values() if h.cells)]
    widest = [max([_heading(c), *(_width(row[i]) for row in rows)]) for i, c in enumerate(table.columns)]
    least = [_least(c, rows, i, widest[i]) for i, c in enumerate(table.columns)]
    kept = list(range(len(table.columns)))
    while sum(least[i] + GAP for i in kept) > room and len(kept) > 2:
        kept.remove(min(kept[1:], key=lambda i: (table.columns[i].rank, -least[i])))
    spare = room - sum(least[i] + GAP for i in kept)
    widths = {i: least[i] for i in kept}
    for i in kept:
        more = min(widest[i] - least[i], max(spare, 0))
        widths[i], spare = widths[i] + more, spare - more
    gone = tuple(c.heading for i, c in enumerate(table.columns) if i not in kept)
    alone = frozenset(n for n, heading in table.groups.items() if not _fits(heading, widths))
    return Layout(tuple(kept), {i: w for i, w in widths.items() if w < widest[i]}, gone, alone)


def _fits(heading: Heading, widths: Mapping[int, float]) -> bool:
    """Whether a heading has room before what its rows have together."""
    said = _words(heading.name) + sum(_width(note) + GAP for note in heading.notes)
    for i, width in widths.items():
        if i and set_cell(heading.cell(i), TEXT):
            return said <= 0
        said -= width + GAP
    return True


def _least(column: Column, rows: Sequence[Sequence[Cell]], i: int, widest: float) -> float:
    if column.prose:
        return min(widest, _PROSE)
    return min(widest, max([_heading(column), *(_narrow(row[i]) for row in rows)])) if i else widest


def _narrow(cell: Cell) -> float:
    """The width of a cell whose sums take several lines."""
    if not isinstance(cell, Cost) or _width(cell) <= _FORMULA:
        return _width(cell)
    return max(points(line) + INDENT * 2 * bool(i) for i, line in enumerate(broken(cell, TEXT, _FORMULA)))


def _heading(column: Column) -> float:
    """The width of a heading."""
    return max(map(_words, column.lines))


def _width(cell: Cell) -> float:
    """About how wide a cell is."""
    if isinstance(cell, Name):
        return _words(cell.inside) + INDENT * bool(cell.under)
    text = set_cell(cell, TEXT)
    return points(text) if is_formula(cell) else _words(text)


def _words(text: str) -> float:
    return sum(
        3.2 if c in "iljtfr.,:;' ()[]|/" else 8 if c.isupper() or c in "mw%–×" else 5.5 for c in fitting_words(text)
    )
