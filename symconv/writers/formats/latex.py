"""A sheet as LaTeX for a paper: facts as a list, tables with booktabs that fit a page, long sums in several lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from symconv.cost import Cost
from symconv.notation import ASCII, LATEX_INLINE, TEXT, latex_escape
from symconv.writers.formats.breaking import PAGE, broken, points
from symconv.writers.formats.mathematics import is_formula, parts, set_formula
from symconv.writers.formats.paper import fitting_words, layout
from symconv.writers.sheet import Cell, Column, Heading, Math, Name, Sheet, Table, in_style, set_cell

#: Rows of a table that is broken over pages.
_PAGE: Final = 40


def to_latex(sheet: Sheet) -> str:
    """Facts as a list of formulas, and tables; for a document that loads the packages that the second line says."""
    body: list[str] = []
    if sheet.facts:
        body.append(r"\begin{description}")
        body += [rf"  \item[{_text(label.strip())}] {_fact(label, cell)}" for label, cell in sheet.facts]
        body.append(r"\end{description}")
    for table in sheet.tables:
        body += _Tabular(table).lines()
    body += [_note(note) for note in sheet.notes]
    packages = ["amsmath"] + ["booktabs"] * bool(sheet.tables)
    packages += [
        p for p, sign in (("longtable", r"\begin{longtable}"), ("array", r">{\r")) if any(sign in b for b in body)
    ]
    head = [f"% {in_style(sheet.title, ASCII)}", rf"% \usepackage{{{','.join(packages)}}}"]
    return "\n".join([*head, *body]) + "\n"


def _note(note: str) -> str:
    """A note below a table; what it says of the command's options is for the author alone."""
    return f"% {in_style(note, ASCII)}" if " --" in note else rf"\par\smallskip\noindent {_text(note)}"


class _Tabular:
    """A table with the columns for which there is room, under the headings of its groups."""

    def __init__(self, table: Table) -> None:
        self.table, self.layout = table, layout(table)
        self.columns = [table.columns[i] for i in self.layout.kept]
        self.long = len(table.rows) + len(table.groups) > _PAGE

    def lines(self) -> list[str]:
        name = "longtable" if self.long else "tabular"
        out = [f"% no room for {', '.join(self.layout.left_out)}"] if self.layout.left_out else []
        out += [rf"\begin{{{name}}}{{{''.join(map(self._kind, self.layout.kept))}}}", r"  \toprule"]
        out.append(_line(map(_column, self.columns)))
        out.append(r"  \midrule")
        if self.long:
            out.append(r"  \endhead")
        under = ""
        for number, row in enumerate(self.table.rows):
            if (heading := self.table.groups.get(number)) is not None:
                under = heading.name
                out += [r"  \addlinespace"] * bool(number) + self._heading(heading, number in self.layout.alone)
            out.append(_line(self._cell(i, row[i], under) for i in self.layout.kept))
        if self.table.total:
            out += [r"  \midrule", _line(self._cell(i, self.table.total[i], "") for i in self.layout.kept)]
        return [*out, r"  \bottomrule", rf"\end{{{name}}}"]

    def _kind(self, i: int) -> str:
        if i in self.layout.widths and self.table.columns[i].prose:
            return rf">{{\raggedright\arraybackslash}}p{{{self.layout.widths[i]:.0f}pt}}"
        return "r" if self.table.right(i) else "l"

    def _heading(self, heading: Heading, alone: bool) -> list[str]:
        """The heading over some rows, and in the columns behind it what they have together."""
        said = " ".join([rf"\textbf{{{_text(heading.name)}}}", ", ".join(map(cell_text, heading.notes))]).strip()
        cells = [self._cell(i, heading.cell(i), "") for i in self.layout.kept]
        free = heading.room(self.layout.kept)
        if alone:
            return [_line([rf"\multicolumn{{{len(cells)}}}{{l}}{{{said}}}"]), _line(cells)]
        return [_line([rf"\multicolumn{{{free}}}{{l}}{{{said}}}" if free > 1 else said, *cells[free:]])]

    def _cell(self, i: int, cell: Cell, under: str) -> str:
        if isinstance(cell, Name) and under and cell.under == under:
            said = rf"\ {cell_text(cell.said)}" if cell.said else ""
            return rf"\quad {_text(cell.inside)}{said}"
        if isinstance(cell, Cost) and any(cell.terms) and i in self.layout.widths:
            return f"${aligned(broken(cell, LATEX_INLINE, self.layout.widths[i]))}$"
        return cell_text(cell)


def _column(column: Column) -> str:
    """A heading; that of figures has the sizes below."""
    first, sizes = map(_text, column.lines)
    side = "r" if column.right else "l"
    return rf"\shortstack[{side}]{{{first} \\ {sizes}}}" if sizes else first


def aligned(lines: list[str]) -> str:
    """Lines of a formula one below the other."""
    if len(lines) == 1:
        return lines[0]
    return rf"\begin{{aligned}}[t] & {LINE.join(lines)} \end{{aligned}}"


#: Between two lines of one formula; {} makes the sign at the beginning one between two terms.
LINE: Final = r" \\ & \quad {} "


def cell_text(cell: Cell) -> str:
    """A cell as text with formulas."""
    if isinstance(cell, Name):
        return _text(cell.path) + (rf"\ {cell_text(cell.said)}" if cell.said else "")
    return f"${set_formula(cell, LATEX_INLINE)}$" if is_formula(cell) else _text(set_cell(cell, TEXT))


def _fact(label: str, cell: Cell) -> str:
    if isinstance(cell, Cost) and any(cell.terms):
        return f"${aligned(broken(cell, LATEX_INLINE, PAGE - 30 - 1.2 * points(label)))}$"
    if isinstance(cell, Math) and cell.latex:
        return ", ".join(f"${_loose(part.latex)}$" for part in parts(cell))
    return cell_text(cell) or "0"


def _loose(latex: str) -> str:
    """A formula that TeX may break inside of parentheses."""
    return latex.replace(r"\left(", "(").replace(r"\right)", ")")


def _line(cells: Iterable[str]) -> str:
    return f"  {' & '.join(cells)} \\\\"


def _text(text: str) -> str:
    return latex_escape(in_style(fitting_words(text), TEXT))
