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
from symconv.writers.sheet import Cell, Column, Name, Share, Sheet, Table, in_style, set_cell, set_fact
from symconv.writers.wording import TIED, lines

#: The eighths of a block, for bars.
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_BAR: Final = 10
#: The width of a share in percent; the least of a column of words.
_PERCENT, _PROSE = 7, 20
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
    for table in sheet.tables:
        console.print()
        made, left_out = _table(table, style, console.width)
        console.print(made)
        missing += left_out
    if missing:
        console.print()
        said = (
            f"no room in {console.width} columns for {', '.join(missing)}: a wider window shows them, --format csv too"
        )
        console.print(Text(in_style(said, style), style="dim"))
    if sheet.notes:
        console.print()
        for note in sheet.notes:
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
    """The roomiest layout that fits: narrower gaps, prose and headings on several lines, no bars, then fewer columns.

    The columns of the lowest rank are left out first, of these the widest; what is still too wide is broken.
    """
    widest = [max((cell_len(row[i]) for row in cells), default=0) for i in range(len(columns))]
    headings = [cell_len(in_style(c.heading, style)) for c in columns]
    words = [max(map(cell_len, c.heading.split() or [""])) for c in columns]
    broken = [min(cells, _PROSE) if c.prose else cells for cells, c in zip(widest, columns)]
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


def _table(table: Table, style: Style, width: int) -> tuple[RichTable, list[str]]:
    """The table as it fits, and the headings of the columns that do not."""
    rows = [*table.rows, *([table.total] if table.total else [])]
    cells = [[_cell(cell, style) for cell in row] for row in rows]
    shares = {i for row in rows for i, cell in enumerate(row) if isinstance(cell, Share)}
    plan = _plan(table.columns, cells, shares, style, width)
    frame = box.ASCII2 if style is ASCII else box.SIMPLE_HEAD
    made = RichTable(box=frame, pad_edge=False, show_edge=False, padding=(0, 1) if plan.gap == 3 else (0, 1, 0, 0))
    for i, wide in plan.widths.items():
        column = table.columns[i]
        right = "right" if column.right else "left"
        made.add_column(in_style(column.heading, style), justify=right, overflow="fold", width=wide)  # type: ignore[arg-type]
    for number, row in enumerate(cells):
        if number in table.groups:
            made.add_row(Text(in_style(table.groups[number], style), style="bold"), *[""] * (len(plan.widths) - 1))
        last = number == len(table.rows)
        if last:
            made.add_section()
        shown = {i: row[i][-_PERCENT:] if i in shares and not plan.bars else row[i] for i in plan.widths}
        made.add_row(*(_text(cell, plan.widths[i]) for i, cell in shown.items()), style="bold" if last else None)
    return made, [c.heading for i, c in enumerate(table.columns) if i not in plan.widths]


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
