"""A table as lines of text: columns under one another, rows under their headings with what they have together."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.text import Text

from symconv.notation import ASCII, Style
from symconv.writers.formats.bars import bar, colour
from symconv.writers.formats.fitting import PERCENT, PIPE, WINDOW, Fitting, balanced, broken, path_lines, shortened
from symconv.writers.sheet import Cell, Heading, Name, Share, Table, behind, in_style, set_cell
from symconv.writers.wording import plain

#: The width of a pipe: lines are as long as they are.
UNBOUND: Final = 1_000_000
#: The characters of a name that a window shows; of a longer one, which a stranger has made, the middle is left out.
_NAME: Final = 240
#: Behind a name in a script from right to left, so that a terminal does not turn the figures beside it.
_LEFT_TO_RIGHT: Final = "\u200e"


class Grid:
    """A table as it fits in a console of some width, or, of the width `UNBOUND`, in a pipe."""

    def __init__(self, table: Table, style: Style, console: Console) -> None:
        self.table, self.style, self.console, self.width = table, style, console, console.width
        self.cut = False
        self.rows = table.all_rows
        self.cells = [[self._cell(cell) for cell in row] for row in self.rows]
        headings = [[self._cell(cell) for cell in h.cells] for h in table.groups.values() if h.cells]
        shares, names = self._columns_of(Share), self._columns_of(Name)
        self.fitting = Fitting(table.columns, [*self.cells, *headings], shares, names, style)
        self.plan = self.fitting.plan(self.width, PIPE if self.width == UNBOUND else WINDOW)
        self.most = max((c.value for row in table.rows for c in row if isinstance(c, Share)), default=Fraction(0))

    def _columns_of(self, kind: type) -> set[int]:
        return {i for row in self.rows for i, cell in enumerate(row) if isinstance(cell, kind)}

    @property
    def left_out(self) -> list[str]:
        """The headings of the columns that do not fit."""
        return [c.heading for i, c in enumerate(self.table.columns) if i not in self.plan.widths]

    def lines(self) -> Iterator[Text]:
        """The headings of the columns and a rule, then the rows, each heading of some rows before them."""
        yield from self._row([balanced(self.fitting.heading(i), wide) for i, wide in self.plan.widths.items()], "head")
        yield self._rule()
        for number, (row, cells) in enumerate(zip(self.rows, self.cells)):
            if number in self.table.groups:
                yield from self._heading(self.table.groups[number])
            last = number == len(self.table.rows)
            if last:
                yield self._rule() if self.style is ASCII else Text()
            yield from self._row([self._fitted(i, row[i], cells[i]) for i in self.plan.widths], "total" if last else "")

    def _row(self, cells: Sequence[Sequence[str | Text]], kind: str = "") -> Iterator[Text]:
        """A row on as many lines as its cells take, those of the head at its foot."""
        widths = self.plan.widths.values()
        cut = [[piece for line in cell for piece in _whole(line, wide)] for cell, wide in zip(cells, widths)]
        height = max(map(len, cut))
        for k in range(height):
            out = Text(style="bold" if kind else "")
            for cell, (i, wide) in zip(cut, self.plan.widths.items()):
                place = k - (height - len(cell) if kind == "head" else 0)
                piece = cell[place] if 0 <= place < len(cell) else ""
                room = wide - (cell_len(piece) if isinstance(piece, str) else piece.cell_len)
                right = self.table.columns[i].right and (len(cell) == 1 or kind == "head")
                out.append(self._between if out else "").append(" " * room if right else "")
                out.append(piece).append("" if right else " " * room)
            out.rstrip()
            yield out

    def _rule(self) -> Text:
        if self.style is ASCII:
            return Text("-+-".join("-" * wide for wide in self.plan.widths.values()))
        return Text("─" * (sum(self.plan.widths.values()) + self.plan.gap * (len(self.plan.widths) - 1)))

    @property
    def _between(self) -> str:
        return " | " if self.style is ASCII else " " * self.plan.gap

    def _heading(self, heading: Heading) -> Iterator[Text]:
        """The heading of some rows, and what they have together in its columns: beside it, or below a long one."""
        name = in_style(heading.name, self.style)
        line = Text.assemble((name, "bold"), behind(heading.name, heading.notes, self.style)[len(name) :])
        cells = {i: self._short(i, self._cell(c)) for i, c in enumerate(heading.cells) if i in self.plan.widths}
        cells = {i: cell for i, cell in cells.items() if cell_len(cell) <= self.plan.widths[i]}
        first = min((i for i, cell in cells.items() if cell), default=None)
        filled = Text()
        for i, wide in self.plan.widths.items():
            if first is not None and i >= first:
                cell = cells.get(i, "")
                filled.append(self._between + " " * (wide - cell_len(cell)) + cell, "bold" if cell else None)
        begin = 0 if first is None else self.plan.at(first) - self.plan.gap
        over = line.cell_len - begin
        if over > filled.cell_len - cell_len(filled.plain.lstrip(" ")) - self.plan.gap:
            yield from line.wrap(self.console, self.width)
            line, over = Text(), -begin
        if filled:
            yield line + Text(" " * -over) + filled if over <= 0 else line + filled[over:]

    # -- cells -----------------------------------------------------------------------------------------------------

    def _cell(self, cell: Cell) -> str:
        if isinstance(cell, Share):
            return set_cell(cell, self.style).rjust(PERCENT)
        if not isinstance(cell, Name):
            return set_cell(cell, self.style)
        name = behind(cell.shown, [cell.said], self.style)
        if self.width == UNBOUND:
            return name
        if len(name) > _NAME:
            name, self.cut = in_style(plain(name, _NAME), self.style), True
        return name + (_LEFT_TO_RIGHT if any(map(_right_to_left, name)) else "")

    def _fitted(self, i: int, whole: Cell, cell: str) -> Sequence[str | Text]:
        """The lines of a cell in its column."""
        if isinstance(whole, Share):
            return [self._share(whole, cell)]
        if isinstance(whole, Name):
            return path_lines(cell, self.plan.widths[i])
        return broken(self._short(i, cell), self.plan.widths[i])

    def _short(self, i: int, cell: str) -> str:
        """A cell, or the part of it that fits where its column is one of such."""
        width = self.plan.widths[i]
        if not self.table.columns[i].short or cell_len(cell) <= width:
            return cell
        shorter = shortened(cell, width)
        self.cut = self.cut or shorter != cell
        return in_style(shorter, self.style)

    def _share(self, share: Share, percent: str) -> Text:
        if not self.plan.bar:
            return Text(percent)
        return Text.assemble((bar(share.value, self.plan.bar), colour(share.value, self.most)), f" {percent}")


def _whole(line: str | Text, width: int) -> Sequence[str | Text]:
    """A line, or, where a word of it is wider than its column, its pieces."""
    if isinstance(line, Text) or cell_len(line) <= width:
        return [line]
    return chop_cells(line, width)


def _right_to_left(c: str) -> bool:
    return unicodedata.bidirectional(c) in ("R", "AL")
