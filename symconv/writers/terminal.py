"""A sheet as text: aligned, shares as bars, narrow windows handled; through rich on a terminal, plain in a pipe."""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import IO, Final

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from symconv.notation import ASCII, TEXT, Style
from symconv.writers.sheet import Cell, Column, Heading, Name, Share, Sheet, Table, in_style, set_cell, set_fact
from symconv.writers.wording import TIED, lines

#: The eighths of a block, for bars.
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_BAR: Final = 10
#: The width of a share in percent; the least of a column of words and of one whose cells are cut, the most of that.
_PERCENT, _PROSE, _SHORT, _LONG = 7, 20, 24, 60
#: What stands for the rest of a cell.
_DOTS: Final = "…"
_CUT: Final = "… stands for the rest of a long cell: --format csv and json have all of it"
_UNBOUND: Final = 1_000_000
_RELATION: Final = re.compile(r" (≥|>=|≤|≡|=|>|divides|mod \d+ in) | (?=\(mod )")


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


# -- facts -------------------------------------------------------------------------------------------------------------


def _facts(console: Console, sheet: Sheet, style: Style) -> None:
    """A fact a line; a sum too long for the window is broken before its signs, and nothing is ever cut."""
    labels = [f" {in_style(label, style)}  " for label, _ in sheet.facts]
    indent = max(map(cell_len, labels))
    for label, (_, cell) in zip(labels, sheet.facts):
        first, *rest = _broken(set_fact(cell, style), console.width - indent)
        console.print(Text.assemble((label.ljust(indent), "cyan"), first), soft_wrap=True)
        for line in rest:
            console.print(Text(" " * indent + line), soft_wrap=True)


def _broken(text: str, width: int) -> list[str]:
    """The text in lines of about `width`: before the signs of its sum, else at spaces, never inside a number."""
    if len(text) <= width:
        return [text]
    tied = _RELATION.sub(lambda m: m[0].replace(" ", TIED), text)
    return list(_wrapped(lines(tied, max(width, 10), most=len(text)), max(width, 10)))


def _wrapped(broken: Sequence[str], width: int) -> Iterator[str]:
    for line in broken:
        yield from textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]


# -- tables ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Plan:
    """How a table is laid out: the columns that are shown with their widths, the gap between them, bars or none."""

    widths: dict[int, int]
    gap: int
    bars: bool

    def room(self, width: int) -> int:
        """The columns of the window that are left; below 0 where the table does not fit."""
        return width - sum(self.widths.values()) - self.gap * (len(self.widths) - 1)


def _plan(columns: Sequence[Column], cells: list[list[str]], shares: set[int], style: Style, width: int) -> _Plan:
    """The roomiest layout that fits: narrower gaps, prose and headings on several lines, cells cut, no bars, then fewer
    columns.

    The columns of the lowest rank are left out first, of these the widest; what is still too wide is broken.
    """
    widest = [max((cell_len(row[i]) for row in cells), default=0) for i in range(len(columns))]
    widest = [min(cells, _LONG) if c.short else cells for cells, c in zip(widest, columns)]
    headings = [cell_len(in_style(c.heading, style)) for c in columns]
    words = [max(map(cell_len, c.heading.split() or [""])) for c in columns]
    broken = [min(cells, _PROSE if c.prose else _SHORT if c.short else cells) for cells, c in zip(widest, columns)]
    kept = list(range(len(columns)))
    narrow = 3 if style is ASCII else 2

    def plan(heads: Sequence[int], inside: Sequence[int], gap: int, bars: bool = True) -> _Plan:
        return _Plan({i: max(heads[i], _PERCENT if i in shares and not bars else inside[i]) for i in kept}, gap, bars)

    for gap in (3, narrow):
        if (found := plan(headings, widest, gap)).room(width) >= 0:
            return found
    while True:
        for bars in (True, False):
            if (found := plan(words, broken, narrow, bars)).room(width) >= 0:
                return _widened(found, plan(headings, widest, narrow, bars), width)
        if len(kept) <= 2:
            return _squeezed(found, width)
        kept.remove(min(kept[1:], key=lambda i: (columns[i].rank, -found.widths[i])))


def _widened(plan: _Plan, wanted: _Plan, width: int) -> _Plan:
    """The room that is left goes to the columns that want more."""
    widths, room = dict(plan.widths), plan.room(width)
    for i, now in plan.widths.items():
        more = min(room, wanted.widths[i] - now)
        widths[i], room = now + more, room - more
    return _Plan(widths, plan.gap, plan.bars)


def _squeezed(plan: _Plan, width: int) -> _Plan:
    """The widest column narrower, of two the last, so that the rest fits."""
    widest = max(plan.widths, key=lambda i: (plan.widths[i], i))
    return _Plan({**plan.widths, widest: max(10, plan.widths[widest] + plan.room(width))}, plan.gap, plan.bars)


class _Set:
    """A table as it fits: the rows under each heading, the columns aligned over all of them."""

    def __init__(self, table: Table, style: Style, width: int) -> None:
        self.table, self.style = table, style
        self.rows = [*table.rows, *([table.total] if table.total else [])]
        self.cells = [[_cell(cell, style) for cell in row] for row in self.rows]
        self.shares = {i for row in self.rows for i, cell in enumerate(row) if isinstance(cell, Share)}
        self.plan = _plan(table.columns, self.cells, self.shares, style, width)
        self.cut = False

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
                yield self._heading(self.table.groups[number])
                made = self._columns(header=False)
            last = number == len(self.table.rows)
            if last:
                made.add_section()
            made.add_row(*self._fitting(row), style="bold" if last else None)
        yield made

    def _columns(self, header: bool) -> RichTable:
        frame = box.ASCII2 if self.style is ASCII else box.SIMPLE_HEAD
        made = RichTable(
            box=frame,
            pad_edge=False,
            show_edge=False,
            show_header=header,
            padding=(0, 1) if self.plan.gap == 3 else (0, 1, 0, 0),
        )
        for i, wide in self.plan.widths.items():
            column = self.table.columns[i]
            right = "right" if column.right else "left"
            made.add_column(in_style(column.heading, self.style), justify=right, overflow="fold", width=wide)  # type: ignore[arg-type]
        return made

    def _heading(self, heading: Heading) -> Text:
        notes = (set_cell(note, self.style) for note in heading.notes)
        said = ", ".join(note for note in notes if note)
        name = in_style(heading.name, self.style)
        return Text.assemble((name, "bold"), f"  {said}" if said else "")

    def _fitting(self, row: Sequence[str]) -> Iterator[Text]:
        for i, width in self.plan.widths.items():
            cell = row[i][-_PERCENT:] if i in self.shares and not self.plan.bars else row[i]
            if self.table.columns[i].short and cell_len(cell) > width:
                shorter = shortened(cell, width)
                self.cut, cell = self.cut or shorter != cell, in_style(shorter, self.style)
            yield _text(cell, width)


def shortened(cell: str, width: int) -> str:
    """The first terms of a sum, or the first parts of a list, as many as fit; the whole where not even one does.

    >>> shortened("N·(576·n4·w² + 32768·n4·w − 16384·w)", 24), shortened("conv 3×3, 64, stride 2, no bias", 20)
    ('N·(576·n4·w² + …)', 'conv 3×3, 64, …')
    """
    dots = _DOTS * (3 if cell.isascii() else 1)  # three columns in ASCII
    terms = lines(cell, max(width - len(dots) - 4, 10), most=len(cell))
    if len(terms) > 1 and terms[1][:2] in ("+ ", "- ", "− "):
        open_ = terms[0].count("(") - terms[0].count(")")
        short = f"{terms[0]} {terms[1][0]} {_DOTS}{')' * open_}"
    else:
        parts = cell.split(", ")
        while len(parts) > 1 and len(", ".join([*parts, dots])) > width:
            parts.pop()
        short = ", ".join([*parts, _DOTS])
    return short if cell_len(short) <= width else cell


def _text(cell: str, width: int) -> Text:
    lines = _broken(cell, width)
    return Text("\n".join(lines), justify="left" if len(lines) > 1 else None)


def _cell(cell: Cell, style: Style) -> str:
    if isinstance(cell, Share):
        said = set_cell(cell, style).rjust(_PERCENT)
        return said if style is ASCII else f"{bar(cell.value)} {said}"
    return in_style(cell.shown, style) if isinstance(cell, Name) else set_cell(cell, style)


def bar(share: Fraction) -> str:
    """A bar of blocks for a share of 1.

    >>> bar(Fraction(1, 2))
    '█████     '
    """
    eighths = round(share * _BAR * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(_BAR)
