"""A sheet as text: aligned, shares as bars, narrow windows handled; through rich on a terminal, plain in a pipe."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import IO, Final

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from symconv.notation import ASCII, TEXT, Style
from symconv.writers.bars import bar, colour
from symconv.writers.fitting import PERCENT, PIPE, WINDOW, Fitting, balanced, broken, path_lines, shortened
from symconv.writers.sheet import Cell, Heading, Name, Share, Sheet, Table, behind, in_style, set_cell, set_fact
from symconv.writers.wording import plain

_CUT: Final = "… stands for the rest of a long cell: --format csv and json have all of it"
_UNBOUND: Final = 1_000_000
#: The characters of a name that a window shows; of a longer one, which a stranger has made, the middle is left out.
_NAME: Final = 240
#: Behind a name in a script from right to left, so that a terminal does not turn the figures beside it.
_LEFT_TO_RIGHT: Final = "\u200e"


def show(sheet: Sheet, style: Style = TEXT, file: IO[str] | None = None) -> None:
    """Print a sheet on a terminal, as wide as it is."""
    _print(sheet, style, Console(file=file, highlight=False, emoji=False, markup=False))


def text(sheet: Sheet, style: Style = ASCII) -> str:
    """A sheet for a pipe: lines as long as they are, no colours, no spaces at their ends."""
    held = io.StringIO()
    plain = {"force_terminal": False, "color_system": None, "legacy_windows": False}
    _print(sheet, style, Console(file=held, width=_UNBOUND, highlight=False, emoji=False, markup=False, **plain))  # type: ignore[arg-type]
    return "".join(line.rstrip() + "\n" for line in held.getvalue().splitlines())


def _print(sheet: Sheet, style: Style, console: Console) -> None:
    console.print(Text(in_style(sheet.title, style), style="bold"))
    if sheet.facts:
        console.print()
        _facts(console, sheet, style)
    missing: list[str] = []
    cut = False
    for table in sheet.tables:
        console.print()
        set_ = _Set(table, style, console.width)
        for piece in set_.pieces():
            console.print(piece)
        missing, cut = missing + set_.left_out, cut or set_.cut
    notes = [
        f"no room in {console.width} columns for {', '.join(missing)}: a wider window shows them, --format csv too"
    ]
    notes = [*(notes if missing else []), *([_CUT] if cut else [])]
    for some in (notes, sheet.notes):
        if some:
            console.print()
        for note in some:
            console.print(Text(in_style(note, style), style="dim"))


def _facts(console: Console, sheet: Sheet, style: Style) -> None:
    """A fact a line; a sum too long for the window is broken before its signs, and nothing is ever cut."""
    labels = [f" {in_style(label, style)}  " for label, _ in sheet.facts]
    indent = max(map(cell_len, labels))
    for label, (_, cell) in zip(labels, sheet.facts):
        first, *rest = broken(set_fact(cell, style), console.width - indent)
        console.print(Text.assemble((label.ljust(indent), "cyan"), first), soft_wrap=True)
        for line in rest:
            console.print(Text(" " * indent + line), soft_wrap=True)


class _Set:
    """A table as it fits: the rows under each heading, the columns aligned over all of them."""

    def __init__(self, table: Table, style: Style, width: int) -> None:
        self.table, self.style, self.width = table, style, width
        self.cut = False
        self.rows = [*table.rows, *([table.total] if table.total else [])]
        self.cells = [[self._cell(cell) for cell in row] for row in self.rows]
        headings = [[self._cell(cell) for cell in h.cells] for h in table.groups.values() if h.cells]
        shares, names = self._columns_of(Share), self._columns_of(Name)
        self.fitting = Fitting(table.columns, [*self.cells, *headings], shares, names, style)
        self.plan = self.fitting.plan(width, PIPE if width == _UNBOUND else WINDOW)
        self.most = max((c.value for row in table.rows for c in row if isinstance(c, Share)), default=Fraction(0))

    def _columns_of(self, kind: type) -> set[int]:
        return {i for row in self.rows for i, cell in enumerate(row) if isinstance(cell, kind)}

    @property
    def left_out(self) -> list[str]:
        """The headings of the columns that do not fit."""
        return [c.heading for i, c in enumerate(self.table.columns) if i not in self.plan.widths]

    def pieces(self) -> Iterator[RichTable | Text]:
        """The headings of the columns, then the rows, each heading of some rows on a line of its own."""
        made = self._columns(header=True)
        for number, row in enumerate(self.cells):
            if number in self.table.groups:
                yield made
                yield from self._heading(self.table.groups[number])
                made = self._columns(header=False)
            last = number == len(self.table.rows)
            if last:
                made.add_section()
            made.add_row(*self._fitted(self.rows[number], row), style="bold" if last else None)
        yield made

    def _columns(self, header: bool) -> RichTable:
        made = RichTable(
            box=box.ASCII2 if self.style is ASCII else box.SIMPLE_HEAD,
            pad_edge=False,
            show_edge=False,
            show_header=header,
            padding=(0, 1) if self.plan.gap == 3 else (0, 1, 0, 0),
        )
        for i, wide in self.plan.widths.items():
            heading = Text("\n".join(balanced(self.fitting.heading(i), wide)))
            side = "right" if self.table.columns[i].right else "left"
            made.add_column(heading, justify=side, overflow="fold", width=wide, vertical="top")  # type: ignore[arg-type]
        return made

    def _heading(self, heading: Heading) -> Iterator[Text]:
        """The heading of some rows, and what they have together in its columns: beside it, or below a long one."""
        name = in_style(heading.name, self.style)
        line = Text.assemble((name, "bold"), behind(heading.name, heading.notes, self.style)[len(name) :])
        cells = {i: self._cell(c) for i, c in enumerate(heading.cells) if i in self.plan.widths and c is not None}
        first = min((i for i, cell in cells.items() if cell), default=None)
        if first is None:
            yield line
            return
        between = " | " if self.style is ASCII else " " * self.plan.gap
        filled = Text()
        for i, wide in self.plan.widths.items():
            if i >= first:
                cell = cells.get(i, "")
                filled.append(between + " " * (wide - cell_len(cell)) + cell, "bold" if cell else None)
        filled.rstrip()
        begin = self.plan.at(first) - self.plan.gap
        over = line.cell_len - begin
        if over > cell_len(filled.plain) - cell_len(filled.plain.lstrip(" ")) - self.plan.gap:
            yield line
            line, over = Text(), -begin
        yield line + Text(" " * -over) + filled if over <= 0 else line + filled[over:]

    # -- cells -----------------------------------------------------------------------------------------------------

    def _cell(self, cell: Cell) -> str:
        if isinstance(cell, Share):
            return set_cell(cell, self.style).rjust(PERCENT)
        if not isinstance(cell, Name):
            return set_cell(cell, self.style)
        name = behind(cell.shown, [cell.said], self.style)
        if self.width == _UNBOUND:
            return name
        if len(name) > _NAME:
            name, self.cut = in_style(plain(name, _NAME), self.style), True
        return name + (_LEFT_TO_RIGHT if any(map(_right_to_left, name)) else "")

    def _fitted(self, row: Sequence[Cell], cells: Sequence[str]) -> Iterator[Text]:
        for i, width in self.plan.widths.items():
            whole, cell = row[i], cells[i]
            if isinstance(whole, Share):
                yield self._share(whole, cell)
            elif isinstance(whole, Name):
                yield Text("\n".join(path_lines(cell, width)))
            else:
                if self.table.columns[i].short and cell_len(cell) > width:
                    shorter = shortened(cell, width)
                    self.cut, cell = self.cut or shorter != cell, in_style(shorter, self.style)
                lines = broken(cell, width)
                yield Text("\n".join(lines), justify="left" if len(lines) > 1 else None)

    def _share(self, share: Share, percent: str) -> Text:
        if not self.plan.bar:
            return Text(percent)
        return Text.assemble((bar(share.value, self.plan.bar), colour(share.value, self.most)), f" {percent}")


def _right_to_left(c: str) -> bool:
    return unicodedata.bidirectional(c) in ("R", "AL")
