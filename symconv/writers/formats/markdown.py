"""A sheet as Markdown, as GitHub shows it: formulas as math, tables that a stranger's text does not break."""

from __future__ import annotations

import re
from typing import Final

from symconv.notation import GITHUB, TEXT, Style
from symconv.writers.formats.mathematics import is_formula, set_formula
from symconv.writers.sheet import Cell, Sheet, in_style, set_cell

#: What Markdown would take for its own between plain dollars: an escape, and a _ that may open emphasis.
_MARKDOWN: Final = re.compile(r"\\[!-/:-@\[-`{-~]|[})\]]_")


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
        lines.append(_row(["---:" if table.right(i) else "---" for i in range(len(table.columns))]))
        for number, row in enumerate(table.all_rows):
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
    if not is_formula(cell):
        return _markdown(set_cell(cell, style), style)
    latex = set_formula(cell, GITHUB).replace(r"\operatorname", r"\mathrm")
    latex = latex.replace("|", r"\vert ").replace("<", r"\lt ")
    return f"$`{latex}`$" if _MARKDOWN.search(latex) else f"${latex}$"
