"""A sheet as Typst: facts as a list of terms, tables with the rules of booktabs that fit a page, formulas as math."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from symconv.cost import Cost
from symconv.notation import ASCII, TEXT, TYPST_INLINE
from symconv.writers.formats.breaking import in_terms
from symconv.writers.formats.mathematics import is_formula, parts, set_formula
from symconv.writers.formats.paper import fitting_words, layout
from symconv.writers.sheet import Cell, Column, Heading, Math, Name, Sheet, Table, in_style, set_cell

#: What Typst would read as its own: signs of markup, of comments and links, and what it makes dashes and dots of.
_SPECIAL: Final = re.compile(r"[\\`*_$#\[\]<>@~'\"^{}|=+]|-|/|(?<=\.)\.|:(?=/)|(?<=\d)\.(?=\s|$)")

#: What stands in the row of a heading.
_GROUP: Final = "#let group = table.cell.with(inset: (x: 5pt, top: 7pt, bottom: 2.5pt))"


def to_typst(sheet: Sheet) -> str:
    """Facts as terms and tables; to be included in a document as it is."""
    body = [f"// {in_style(sheet.title, ASCII)}"]
    body += [f"/ {typst_text(label.strip())}: {_fact(cell)}" for label, cell in sheet.facts]
    for table in sheet.tables:
        body += ["", *_table(table)]
    for note in sheet.notes:
        # What a note says of the command's options is for the author alone.
        body += ["", f"// {in_style(note, ASCII)}" if " --" in note else typst_text(note)]
    return "\n".join(body) + "\n"


def _table(table: Table) -> list[str]:
    fitting = layout(table)
    columns = [table.columns[i] for i in fitting.kept]
    wide = [f"{fitting.widths[i]:.0f}pt" if i in fitting.widths else "auto" for i in fitting.kept]
    lines = [_GROUP] if table.groups else []
    lines += [f"// no room for {', '.join(fitting.left_out)}"] if fitting.left_out else []
    lines += ["#table(", f"  columns: ({_list(wide)}),", "  stroke: none, inset: (x: 5pt, y: 2.5pt),"]
    lines.append(f"  align: ({_list('right' if table.right(i) else 'left' for i in fitting.kept)}),")
    lines += ["  table.hline(stroke: 0.8pt),", f"  table.header({_cells(map(_column, columns))}),"]
    lines.append("  table.hline(stroke: 0.5pt),")
    under = ""
    for number, row in enumerate(table.rows):
        if (heading := table.groups.get(number)) is not None:
            under = heading.name
            lines.append(f"  {_heading(heading, fitting.kept, number in fitting.alone)},")
        lines.append(f"  {_cells(_cell(row[i], under) for i in fitting.kept)},")
    if table.total:
        lines += ["  table.hline(stroke: 0.5pt),", f"  {_cells(_cell(table.total[i]) for i in fitting.kept)},"]
    return [*lines, "  table.hline(stroke: 0.8pt),", ")"]


def _list(items: Iterable[str]) -> str:
    return "".join(f"{item}, " for item in items).removesuffix(" ")


def _heading(heading: Heading, kept: tuple[int, ...], alone: bool) -> str:
    """The heading over some rows, and in the columns behind it what they have together."""
    said = " ".join([f"#strong[{typst_text(heading.name)}]", ", ".join(map(_cell, heading.notes))]).strip()
    cells, free = [_cell(heading.cell(i)) for i in kept], heading.room(kept)
    if alone:
        return f"group(colspan: {len(cells)}, align: left)[{said}], {_cells(cells)}"
    return ", ".join([f"group(colspan: {free}, align: left)[{said}]", *(f"group[{cell}]" for cell in cells[free:])])


def _cells(cells: Iterable[str]) -> str:
    return ", ".join(f"[{cell}]" for cell in cells)


def _column(column: Column) -> str:
    """A heading; that of figures has the sizes below."""
    first, sizes = map(typst_text, column.lines)
    return rf"{first} \ {sizes}" if sizes else first


def _fact(cell: Cell) -> str:
    if isinstance(cell, Cost) and any(cell.terms):
        return _sum(cell)
    return _cell(cell) or "0"


def _cell(cell: Cell, under: str = "") -> str:
    if isinstance(cell, Name):
        inside = bool(under) and cell.under == under
        name = typst_text(cell.inside if inside else cell.path)
        return "#h(1em)" * inside + name + (f" {_cell(cell.said)}" if cell.said else "")
    if isinstance(cell, Cost) and any(cell.terms):
        return _sum(cell)
    if isinstance(cell, Math) and cell.latex:
        return ", ".join(map(_formula, parts(cell)))
    return _formula(cell) if is_formula(cell) else typst_text(set_cell(cell, TEXT))


def _sum(cost: Cost) -> str:
    """A sum, of which a long one may end a line before each of its signs."""
    return f"${' '.join(in_terms(cost, TYPST_INLINE))}$" if len(set_cell(cost, TEXT)) > 40 else _formula(cost)


def _formula(cell: Cell) -> str:
    return f"${set_formula(cell, TYPST_INLINE)}$"


def typst_text(text: str) -> str:
    """Text that Typst shows as it is.

    >>> print(typst_text("a_b, 3×3 #x"))
    a\\_b, 3×3 \\#x
    """
    return _SPECIAL.sub(lambda m: "\\" + m[0], in_style(fitting_words(text), TEXT))
