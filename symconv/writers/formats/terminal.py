"""A sheet as text: aligned, shares as bars, narrow windows handled; through rich on a terminal, plain in a pipe."""

from __future__ import annotations

import io
from typing import IO, Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from symconv.notation import ASCII, TEXT, Style
from symconv.writers.formats.fitting import broken
from symconv.writers.formats.grid import UNBOUND, Grid
from symconv.writers.sheet import Sheet, in_style, set_fact

_CUT: Final = "… stands for the rest of a long cell: --format csv and json have all of it"


def show(sheet: Sheet, style: Style = TEXT, file: IO[str] | None = None) -> None:
    """Print a sheet on a terminal, as wide as it is."""
    _print(sheet, style, Console(file=file, highlight=False, emoji=False, markup=False))


def text(sheet: Sheet, style: Style = ASCII) -> str:
    """A sheet for a pipe: lines as long as they are, no colours, no spaces at their ends."""
    held = io.StringIO()
    plain = {"force_terminal": False, "color_system": None, "legacy_windows": False}
    _print(sheet, style, Console(file=held, width=UNBOUND, highlight=False, emoji=False, markup=False, **plain))  # type: ignore[arg-type]
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
        grid = Grid(table, style, console)
        console.print(Text("\n").join(grid.lines()), soft_wrap=True)
        missing, cut = missing + grid.left_out, cut or grid.cut
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
