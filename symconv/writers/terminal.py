"""A sheet on the terminal, through rich: aligned, shares as bars, narrow windows handled; plain text in a pipe."""

from __future__ import annotations

import io
import re
import sys
from fractions import Fraction
from typing import IO

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from symconv.notation import ASCII, TEXT, Style
from symconv.writers.sheet import Cell, Name, Share, Sheet, Table, set_cell

#: The eighths of a block, for bars.
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_WIDTH = 10
_PLAIN = str.maketrans(
    {
        "·": "*", "×": "x", "−": "-", "–": "-", "…": "...", "≥": ">=", "≤": "<=", "≡": "=", "→": "->", "½": "1/2",
        "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", "\u202f": " ", "\u00a0": " ",
        **{sign: f"^{digit}" for digit, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    }
)  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def show(sheet: Sheet, ascii_only: bool | None = None, file: IO[str] | None = None) -> None:
    """Print a sheet; ASCII where it is asked for, or where the output is no terminal."""
    out = file or sys.stdout
    style = ASCII if (ascii_only if ascii_only is not None else not out.isatty()) else TEXT
    if out.isatty():
        _print(sheet, style, _console(out, None))
        return
    held = io.StringIO()  # in a pipe lines are as long as they are, without spaces at their ends
    _print(sheet, style, _console(held, 1000))
    out.write("".join(line.rstrip() + "\n" for line in held.getvalue().splitlines()))


def _console(out: IO[str], width: int | None) -> Console:
    return Console(file=out, highlight=False, emoji=False, markup=False, soft_wrap=False, width=width)


def _print(sheet: Sheet, style: Style, console: Console) -> None:
    console.print(Text(_safe(sheet.title, style), style="bold"))
    if sheet.facts:
        console.print()
        _facts(console, sheet, style)
    for table in sheet.tables:
        console.print()
        console.print(_table(table, style, console.width))
    if sheet.notes:
        console.print()
        for note in sheet.notes:
            console.print(Text(_safe(note, style), style="dim"))


def _safe(text: str, style: Style) -> str:
    """Text without control characters, which a terminal would obey; in ASCII without mathematical signs."""
    text = _CONTROL.sub("?" if style is ASCII else "\N{REPLACEMENT CHARACTER}", text)
    return text.translate(_PLAIN) if style is ASCII else text


def _facts(console: Console, sheet: Sheet, style: Style) -> None:
    grid = RichTable.grid(padding=(0, 2))
    grid.add_column(style="cyan", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, cell in sheet.facts:
        grid.add_row(f" {_safe(label, style)}", Text(_safe(set_cell(cell, style), style)))
    console.print(grid)


def _table(table: Table, style: Style, width: int) -> RichTable:
    columns = _fitting(table, style, width)
    made = RichTable(box=box.ASCII2 if style is ASCII else box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for c in columns:
        made.add_column(
            _safe(table.columns[c].heading, style),
            justify="right" if table.columns[c].right else "left",
            overflow="fold",
        )
    for i, row in enumerate(table.rows):
        if i in table.groups:
            made.add_row(Text(_safe(table.groups[i], style), style="bold"), *[""] * (len(columns) - 1))
        made.add_row(*(_cell(row[c], style) for c in columns))
    if table.total:
        made.add_section()
        made.add_row(*(_cell(table.total[c], style) for c in columns), style="bold")
    return made


def _fitting(table: Table, style: Style, width: int) -> list[int]:
    """The columns that fit: in a narrow window the widest formulas give way to figures, then the shares."""
    rows = [*table.rows, *([table.total] if table.total else [])]

    def needed(c: int) -> int:
        cells = [len(_cell(row[c], style)) for row in rows if c < len(row)]
        return max([len(table.columns[c].heading), *cells]) + 3

    kept = list(range(len(table.columns)))
    for c in sorted(kept, key=needed, reverse=True):
        if sum(map(needed, kept)) <= width or len(kept) <= 3:
            break
        if c > 0:
            kept.remove(c)
    return kept


def _cell(cell: Cell, style: Style) -> Text:
    if isinstance(cell, Share):
        text = set_cell(cell, style).rjust(7)
        return Text(text if style is ASCII else f"{bar(cell.value)} {text}")
    return Text(_safe(cell.shown if isinstance(cell, Name) else set_cell(cell, style), style))


def bar(share: Fraction) -> str:
    """A bar of blocks for a share of 1.

    >>> bar(Fraction(1, 2))
    '█████     '
    """
    eighths = round(share * _WIDTH * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(_WIDTH)
