"""A sheet: what a command has to say, before any format. Headline, facts, tables, notes; cells are formulas and figures.

Each format sets the same cells in its own way: mathematical signs or ASCII for the terminal, math for Markdown and
LaTeX, plain formulas and whole numbers for CSV and JSON.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from symconv.cost import Cost, Number, set_cost
from symconv.extent import Extent, set_size
from symconv.notation import ASCII, LATEX, TEXT, Style, latex_escape
from symconv.tensor import Tensor
from symconv.writers.wording import figure, grouped, percent


@dataclass(frozen=True)
class Share:
    """A part of a whole, from 0 to 1."""

    value: Fraction


@dataclass(frozen=True)
class Rule:
    """A formula as the rule of a layer is written, factors that only some terms share taken out too."""

    cost: Cost


@dataclass(frozen=True)
class Math:
    """A sentence with mathematics in it that sets itself in a style: the line of a domain, an equation."""

    text: str
    latex: str = ""
    ascii: str = ""


@dataclass(frozen=True)
class Name:
    """A node's name: its last part where the table groups by the path before it, the whole where a program reads it."""

    path: str
    grouped: bool = False

    @property
    def shown(self) -> str:
        """The name as the terminal shows it, indented under its stage."""
        return "  " + self.path.rpartition("/")[2] if self.grouped else self.path


@dataclass(frozen=True)
class Big:
    """A number shown with its SI prefix, 15.47 G, and kept exact where a program reads it."""

    value: Number


Cell = str | int | Fraction | Cost | Extent | Tensor | Share | Rule | Math | Big | Name | None


@dataclass(frozen=True)
class Column:
    """A column: its heading, and whether its cells stand to the right."""

    heading: str
    right: bool = False
    key: str = ""


@dataclass
class Table:
    """Rows of cells under columns; a row of one text is the heading of those below, the last one may be the total."""

    columns: Sequence[Column]
    rows: list[list[Cell]] = field(default_factory=list)
    total: list[Cell] | None = None
    groups: dict[int, str] = field(default_factory=dict)


@dataclass
class Sheet:
    """All that a command says; `data` makes what JSON adds to it."""

    title: str
    facts: list[tuple[str, Cell]] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    data: Callable[[], dict[str, Any]] = dict


# -- cells -------------------------------------------------------------------------------------------------------------


def set_cell(cell: Cell, style: Style) -> str:
    """A cell as text in a style: whole numbers in groups of three digits, nothing for a cost of zero."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, Name):
        return cell.path
    if isinstance(cell, int):
        return grouped(cell, style)
    if isinstance(cell, Share):
        return percent(cell.value)
    if isinstance(cell, Big):
        return figure(round(cell.value), style)
    if isinstance(cell, Math):
        return {"Ascii": cell.ascii, "Latex": cell.latex}.get(type(style).__name__, "") or cell.text
    if isinstance(cell, Tensor):
        return cell.text(style, batch=False)
    if isinstance(cell, Rule):
        return set_cost(cell.cost, style, grouped=True).text
    if isinstance(cell, Cost):
        if not cell:
            return ""
        number = None if any(cell.terms) else cell.terms[()]
        return grouped(number, style) if isinstance(number, int) else set_cost(cell, style).text
    return set_size(cell, style).text if isinstance(cell, Extent) else style.number(cell).text


def plain(cell: Cell) -> Any:
    """A cell as a program reads it: whole numbers, or the formula in ASCII."""
    if isinstance(cell, Big):
        return cell.value if isinstance(cell.value, int) else str(cell.value)
    if isinstance(cell, Share):
        return float(cell.value)
    if isinstance(cell, Cost):
        number = None if any(cell.terms) else cell.terms.get((), 0)
        return int(number) if number is not None and number == int(number) else set_cost(cell, ASCII).text
    if isinstance(cell, int) or cell is None:
        return cell
    return set_cell(cell, ASCII)


# -- formats -----------------------------------------------------------------------------------------------------------

FORMATS: Final = ("table", "markdown", "latex", "json", "csv")


def to_json(sheet: Sheet) -> str:
    """The sheet's data, its facts and its rows as JSON."""
    rows = [
        [{c.key or c.heading: plain(cell) for c, cell in zip(t.columns, row)} for row in t.rows] for t in sheet.tables
    ]
    facts = {label: plain(cell) for label, cell in sheet.facts}
    body = {"title": sheet.title, **facts, **sheet.data()}
    if rows and "layers" not in body:
        body["rows"] = rows[0] if len(rows) == 1 else rows
    if sheet.notes:
        body["notes"] = sheet.notes
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def to_csv(sheet: Sheet) -> str:
    """The rows of the first table; without a table, the facts."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if not sheet.tables:
        writer.writerows([[label, plain(cell)] for label, cell in sheet.facts])
        return out.getvalue()
    table = sheet.tables[0]
    writer.writerow([c.key or c.heading for c in table.columns])
    for row in table.rows:
        writer.writerow(["" if cell is None else _harmless(plain(cell)) for cell in row])
    return out.getvalue()


def _harmless(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula is quoted, so that a hostile name does not run there."""
    return "'" + value if isinstance(value, str) and value[:1] in ("=", "+", "@", "\t", "\r") else value


def to_markdown(sheet: Sheet) -> str:
    """Markdown with formulas as math, as GitHub shows it."""
    lines = [f"# {_markdown(sheet.title)}", ""]
    lines += [f"- **{_markdown(label)}** {_markdown_cell(cell)}" for label, cell in sheet.facts]
    for table in sheet.tables:
        lines += ["", "| " + " | ".join(_markdown(c.heading) for c in table.columns) + " |"]
        lines.append("|" + "|".join(" ---: " if c.right else " --- " for c in table.columns) + "|")
        for row in [*table.rows, *([table.total] if table.total else [])]:
            lines.append("| " + " | ".join(_markdown_cell(cell) for cell in row) + " |")
    lines += ["", *(_markdown(note) for note in sheet.notes)] if sheet.notes else []
    return "\n".join(lines).rstrip() + "\n"


def _markdown(text: str) -> str:
    for sign in "\\`*_{}[]<>|$#":
        text = text.replace(sign, "\\" + sign)
    return " ".join(text.split())


def _markdown_cell(cell: Cell) -> str:
    if isinstance(cell, str | Name):
        return _markdown(set_cell(cell, TEXT))
    if isinstance(cell, Math):
        return f"${cell.latex}$" if cell.latex else _markdown(cell.text)
    formula = isinstance(cell, Extent | Tensor | Rule | Fraction) or (isinstance(cell, Cost) and any(cell.terms))
    return f"${set_cell(cell, LATEX)}$".replace("|", r"\vert ") if formula else set_cell(cell, TEXT)


def to_latex(sheet: Sheet) -> str:
    """Facts as a list of formulas and tables with booktabs; for a document that loads amsmath and booktabs."""
    lines = [f"% {' '.join(sheet.title.split())}"]
    if sheet.facts:
        lines.append(r"\begin{description}")
        lines += [rf"  \item[{latex_escape(label)}] {_latex_cell(cell)}" for label, cell in sheet.facts]
        lines.append(r"\end{description}")
    for table in sheet.tables:
        lines.append(rf"\begin{{tabular}}{{{''.join('r' if c.right else 'l' for c in table.columns)}}}")
        lines.append(r"  \toprule")
        lines.append("  " + " & ".join(latex_escape(c.heading) for c in table.columns) + r" \\")
        lines.append(r"  \midrule")
        lines += ["  " + " & ".join(map(_latex_cell, row)) + r" \\" for row in table.rows]
        if table.total:
            lines += [r"  \midrule", "  " + " & ".join(map(_latex_cell, table.total)) + r" \\"]
        lines += [r"  \bottomrule", r"\end{tabular}"]
    lines += [rf"\par {_latex_text(note)}" for note in sheet.notes]
    return "\n".join(lines) + "\n"


def _latex_cell(cell: Cell) -> str:
    if isinstance(cell, str | Name):
        return _latex_text(set_cell(cell, TEXT))
    if isinstance(cell, Math):
        return f"${cell.latex}$" if cell.latex else _latex_text(cell.text)
    if cell is None or isinstance(cell, Share | Big):
        return _latex_text(set_cell(cell, TEXT))
    text = set_cell(cell, LATEX)
    thousands = text.replace(" ", r"\,") if text.replace(" ", "").isdigit() else text
    return f"${thousands}$"


_LATEX_SIGNS: Final = {
    "·": r"$\cdot$", "×": r"$\times$", "−": "$-$", "⌊": r"$\lfloor$", "⌋": r"$\rfloor$", "⌈": r"$\lceil$",
    "⌉": r"$\rceil$", "²": "$^{2}$", "³": "$^{3}$", "≥": r"$\geq$", "≤": r"$\leq$", "≡": r"$\equiv$", "…": r"\dots{}",
    "–": "--", "√": r"$\surd$", "α": r"$\alpha$", "ε": r"$\varepsilon$", "π": r"$\pi$", "½": r"$\tfrac12$",
    "Φ": r"$\Phi$", "ˣ": "$^{x}$", "⁻": "$^{-}$", "→": r"$\to$",
}  # fmt: skip


def _latex_text(text: str) -> str:
    return "".join(_LATEX_SIGNS.get(c, c) for c in latex_escape(" ".join(text.split())))
