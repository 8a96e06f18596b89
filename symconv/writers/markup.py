"""A sheet for a document: Markdown as GitHub shows it, and LaTeX; formulas are mathematics in both."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from symconv.cost import Cost
from symconv.extent import Extent
from symconv.notation import ASCII, LATEX, TEXT, Style, latex_escape
from symconv.tensor import Tensor
from symconv.writers.sheet import Cell, Math, Rule, Sheet, Table, in_style, set_cell


def _is_formula(cell: Cell) -> bool:
    """Whether a cell is set as mathematics."""
    if isinstance(cell, Math):
        return bool(cell.latex)
    return isinstance(cell, Extent | Tensor | Rule | Fraction) or (isinstance(cell, Cost) and any(cell.terms))


def _rows(table: Table) -> list[list[Cell]]:
    return [*table.rows, *([table.total] if table.total else [])]


# -- Markdown ----------------------------------------------------------------------------------------------------------


def to_markdown(sheet: Sheet, style: Style = TEXT) -> str:
    """Markdown with formulas as math; in `ASCII` the words around them are ASCII too."""
    lines = [f"# {_markdown(sheet.title, style)}"]
    if sheet.facts:
        lines += [
            "",
            *(f"- **{_markdown(name.strip(), style)}** {_shown(cell, style) or 0}" for name, cell in sheet.facts),
        ]
    for table in sheet.tables:
        lines += ["", _row([_markdown(c.heading, style) for c in table.columns])]
        lines.append(_row(["---:" if c.right else "---" for c in table.columns]))
        for number, row in enumerate(_rows(table)):
            if (heading := table.groups.get(number)) is not None and heading.notes:
                said = ", ".join(_shown(note, style) for note in heading.notes)
                lines.append(_row([f"**{_markdown(heading.name, style)}** {said}", *[""] * (len(table.columns) - 1)]))
            lines.append(_row([_shown(cell, style) for cell in row]))
    for note in sheet.notes:
        lines += ["", _markdown(note, style)]
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _markdown(text: str, style: Style) -> str:
    text = in_style(text, style).strip(" ")
    for sign in "\\`*_{}[]<>|$#~&":
        text = text.replace(sign, "\\" + sign)
    return text


def _shown(cell: Cell, style: Style) -> str:
    if _is_formula(cell):
        return f"${set_cell(cell, LATEX)}$".replace("|", r"\vert ")
    return _markdown(set_cell(cell, style), style)


# -- LaTeX -------------------------------------------------------------------------------------------------------------


def to_latex(sheet: Sheet) -> str:
    """Facts as a list of formulas and tables with booktabs; for a document that loads amsmath and booktabs."""
    lines = [f"% {in_style(sheet.title, ASCII)}"]
    if sheet.facts:
        lines.append(r"\begin{description}")
        lines += [rf"  \item[{_text(label.strip())}] {_cell(cell) or 0}" for label, cell in sheet.facts]
        lines.append(r"\end{description}")
    for table in sheet.tables:
        lines.append(rf"\begin{{tabular}}{{{''.join('r' if c.right else 'l' for c in table.columns)}}}")
        lines.append(r"  \toprule")
        lines.append(_line([_text(c.heading) for c in table.columns]))
        lines.append(r"  \midrule")
        for number, row in enumerate(table.rows):
            if (heading := table.groups.get(number)) is not None and heading.notes:
                said = rf"\textbf{{{_text(heading.name)}}} {', '.join(map(_cell, heading.notes))}"
                lines.append(_line([rf"\multicolumn{{{len(table.columns)}}}{{l}}{{{said}}}"]))
            lines.append(_line([_cell(cell) for cell in row]))
        if table.total:
            lines += [r"  \midrule", _line([_cell(cell) for cell in table.total])]
        lines += [r"  \bottomrule", r"\end{tabular}"]
    lines += [rf"\par {_text(note)}" for note in sheet.notes]
    return "\n".join(lines) + "\n"


def _line(cells: list[str]) -> str:
    return f"  {' & '.join(cells)} \\\\"


def _cell(cell: Cell) -> str:
    return f"${set_cell(cell, LATEX)}$" if _is_formula(cell) else _text(set_cell(cell, TEXT))


#: What LaTeX has no letter for, or would take for a command's own: a bracket behind a line's end is its option.
_SIGNS: Final = {
    "·": r"$\cdot$", "×": r"$\times$", "−": "$-$", "⌊": r"$\lfloor$", "⌋": r"$\rfloor$", "⌈": r"$\lceil$",
    "⌉": r"$\rceil$", "≥": r"$\geq$", "≤": r"$\leq$", "≡": r"$\equiv$", "…": r"\dots{}", "→": r"$\to$", "–": "--",
    "≠": r"$\neq$", "√": r"$\surd$", "½": r"$\tfrac12$", "Σ": r"$\Sigma$", "Φ": r"$\Phi$", "α": r"$\alpha$",
    "β": r"$\beta$", "γ": r"$\gamma$", "ε": r"$\varepsilon$", "π": r"$\pi$", "σ": r"$\sigma$", "ˣ": "$^{x}$",
    "ʳ": "$^{r}$", "⁻": "$^{-}$", "\u202f": r"\,", "\u00a0": "~",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    "[": "{[}", "]": "{]}", "*": "{*}", '"': "''", "`": r"\textasciigrave{}",
    **{sign: f"$^{{{digit}}}$" for digit, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    **{sign: f"$_{{{digit}}}$" for digit, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")},
}  # fmt: skip


def _text(text: str) -> str:
    return "".join(_SIGNS.get(c, c) for c in latex_escape(in_style(text, TEXT)))
