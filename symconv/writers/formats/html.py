"""A sheet as HTML: facts, tables and notes for a browser, a printer and a notebook; formulas in MathML.

There is no script in it and nothing is fetched. Colours are those around it: of the page, light or dark as the reader
has it, or of the notebook.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from symconv.cost import Cost
from symconv.notation import MATHML, TEXT
from symconv.writers.formats.breaking import between_terms, in_terms
from symconv.writers.formats.mathematics import is_formula, parts, set_formula
from symconv.writers.sheet import Cell, Column, Heading, Math, Name, Share, Sheet, Table, in_style, set_cell

#: Signs of a sum, in TEXT, from which on it may take several lines.
_LONG: Final = 40


def to_html(sheet: Sheet) -> str:
    """A whole page."""
    return page(in_style(sheet.title, TEXT), _PAGE, f"<main>\n{fragment(sheet)}</main>\n")


def page(title: str, style: str, body: str, head: str = "") -> str:
    """A page with a title and a body; `head` is what it says of itself besides."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{head}<title>{escape(title)}</title>
<style>{style}</style>
</head>
<body>
{body}</body>
</html>
"""


def fragment(sheet: Sheet) -> str:
    """The sheet for a page of someone else's, such as a notebook, with the style of its own."""
    head = f"<style>{STYLE}</style>\n" + f'<h1 dir="auto">{_text(sheet.title)}</h1>\n'
    return f'<div class="symconv">\n{head}{body(sheet)}</div>\n'


def body(sheet: Sheet) -> str:
    """Facts, tables and notes, for an element of the class `symconv` on a page that has `STYLE` and a title already."""
    lines = []
    if sheet.facts:
        lines.append("<dl>")
        facts = ((_text(label.strip()), cell_html(cell) or "0") for label, cell in sheet.facts)
        lines += [f"<div><dt>{label}</dt><dd>{said}</dd></div>" for label, said in facts]
        lines.append("</dl>")
    for table in sheet.tables:
        lines += ['<div class="table" role="region" aria-label="table" tabindex="0">', *_table(table), "</div>"]
    lines += [f'<p dir="auto">{_text(note)}</p>' for note in sheet.notes]
    return "".join(f"{line}\n" for line in lines)


def _table(table: Table) -> Iterator[str]:
    """Rows in a body for each group, so that its heading is read with them, and the total in the foot."""
    yield "<table>"
    heads = "".join(f'<th scope="col"{_side(c)}>{_text(c.heading)}</th>' for c in table.columns)
    yield f"<thead><tr>{heads}</tr></thead>"
    under, body = "", False
    for number, row in enumerate(table.rows):
        heading = table.groups.get(number)
        if heading is not None or not body:
            yield from ["</tbody>"] * body
            yield "<tbody>"
        if heading is not None:
            under = heading.name
            yield _heading(heading, table.columns)
        yield _row(row, table.columns, under)
        body = True
    yield from ["</tbody>"] * body
    if table.total:
        yield f"<tfoot>{_row(table.total, table.columns)}</tfoot>"
    yield "</table>"


def _heading(heading: Heading, columns: Sequence[Column]) -> str:
    """The heading over some rows, and in the columns behind it what they have together."""
    said = f"<bdi>{_text(heading.name)}</bdi> {', '.join(map(cell_html, heading.notes))}".strip()
    free = heading.room(range(len(columns)))
    rest = "".join(_data(heading.cell(i), columns[i]) for i in range(free, len(columns)))
    return f'<tr><th scope="rowgroup" colspan="{free}">{said}</th>{rest}</tr>'


def _row(row: Sequence[Cell], columns: Sequence[Column], under: str = "") -> str:
    cells = "".join(map(_data, row[1:], columns[1:]))
    return f"<tr>{_head(row[0], under)}{cells}</tr>"


def _head(cell: Cell, under: str) -> str:
    """The first cell of a row, which says what the row is about; a name in a group is told in full on hovering."""
    if isinstance(cell, Name) and under and cell.under == under:
        said = f" {cell_html(cell.said)}" if cell.said else ""
        return f'<th scope="row" class="inside" title="{_text(cell.path)}"><bdi>{_text(cell.inside)}</bdi>{said}</th>'
    return f'<th scope="row">{cell_html(cell)}</th>'


def _data(cell: Cell, column: Column) -> str:
    if isinstance(cell, Share):
        return f'<td class="share" style="--share: {float(cell.value):.4f}">{cell_html(cell)}</td>'
    return f"<td{_side(column)}>{cell_html(cell)}</td>"


def _side(column: Column) -> str:
    return ' class="figure"' if column.right else ' class="prose"' if column.prose else ""


def cell_html(cell: Cell) -> str:
    """A cell by itself, a formula as MathML."""
    if isinstance(cell, Name):
        return f"<bdi>{_text(cell.path)}</bdi>" + (f" {cell_html(cell.said)}" if cell.said else "")
    if isinstance(cell, Cost) and any(cell.terms) and len(set_cell(cell, TEXT)) > _LONG:
        return f'<span class="sum">{"<wbr>".join(map(_math, in_terms(cell, MATHML)))}</span>'
    if isinstance(cell, Math) and cell.latex:
        return ", ".join(_math(set_formula(part, MATHML)) for part in parts(cell))
    if is_formula(cell):
        return _math(set_formula(cell, MATHML))
    text = _text(set_cell(cell, TEXT))
    return f"<bdi>{text}</bdi>" if isinstance(cell, str | Math) and text else text


def _math(row: str) -> str:
    return f"<math><mrow>{between_terms(row)}</mrow></math>"


def _text(text: str) -> str:
    return escape(in_style(text, TEXT))


_PAGE: Final = """
:root { color-scheme: light dark; }
body { margin: 0 auto; padding: 1.5rem; max-width: 90rem; font: 15px/1.5 system-ui, sans-serif; }
"""

#: Each rule has the class twice, so that a notebook's own rules for tables do not win.
STYLE: Final = """
.symconv.symconv {
  --faint: color-mix(in srgb, currentColor 6%, transparent);
  --bar: color-mix(in srgb, #2f7fd8 45%, transparent);
  overflow-wrap: anywhere; font-variant-numeric: tabular-nums;
}
.symconv.symconv h1 { font-size: 1.15em; line-height: 1.4; font-weight: 600; margin: 0 0 .8em; padding: 0; border: 0; }
.symconv.symconv dl { margin: 0 0 1.2em; }
.symconv.symconv dl > div { display: flex; flex-wrap: wrap; gap: 0 1em; margin: .25em 0; }
.symconv.symconv dt { flex: 0 0 6em; font-weight: 600; }
.symconv.symconv dd { flex: 1 1 14em; margin: 0; min-width: 0; }
.symconv.symconv .table { overflow-x: auto; margin: 0 0 1em; }
.symconv.symconv table {
  border-collapse: collapse; margin: 0; border: 0; border-top: 2px solid; border-bottom: 2px solid;
  font-size: .93em; line-height: 1.35;
}
.symconv.symconv :is(th, td) {
  padding: .2em .8em; border: 0; text-align: start; vertical-align: baseline; font-weight: 400;
  background: none; white-space: nowrap; max-width: 40em;
}
.symconv.symconv tr { background: none; border: 0; }
.symconv.symconv thead th { border-bottom: 1px solid; font-weight: 600; vertical-align: bottom; }
.symconv.symconv th[scope=row] { white-space: normal; min-width: 8em; }
.symconv.symconv th[scope=rowgroup] { font-weight: 600; padding-top: .7em; white-space: normal; }
.symconv.symconv tr:has(> [scope=rowgroup]) > td { font-weight: 600; padding-top: .7em; }
.symconv.symconv th.inside { padding-inline-start: 2em; }
.symconv.symconv tbody tr:hover { background: var(--faint); }
.symconv.symconv tfoot :is(th, td) { border-top: 1px solid; font-weight: 600; }
.symconv.symconv .figure { text-align: end; }
.symconv.symconv .prose { white-space: normal; min-width: 14em; }
.symconv.symconv .sum { white-space: normal; }
.symconv.symconv td:has(.sum) { white-space: normal; min-width: 16em; }
.symconv.symconv .share {
  text-align: end; min-width: 9em;
  background: linear-gradient(to right, var(--bar) calc(var(--share) * 100%), transparent 0)
    no-repeat .8em 60% / calc(100% - 5.4em) .75em;
}
.symconv.symconv p { margin: .4em 0; font-size: .93em; opacity: .8; }
@media (prefers-color-scheme: dark) { .symconv.symconv { --bar: color-mix(in srgb, #6db0f7 50%, transparent); } }
@media print { .symconv.symconv .table { overflow: visible; } }
"""
