"""Equations one below the other, aligned at their signs: text, LaTeX, Markdown, Typst, MathML.

No line is wider than the text of a page: definitions fill their lines, and a long sum is broken before its signs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from symconv.cost import Cost
from symconv.notation import ASCII, GITHUB, LATEX, MATHML, TEXT, TYPST, Style
from symconv.setting import set_size
from symconv.writers.equations import Equations
from symconv.writers.formats.breaking import PAGE, between_terms, broken, measure, points
from symconv.writers.sheet import in_style, set_cell
from symconv.writers.wording import plain

#: Points between the left side and the sum, and of the indent of a line that goes on.
_SIGN, _INDENT = 24, 24
_SIGN_FIRST: Final = re.compile(r"^([+-]|dot) ")
#: The most lines in which the total is said as the sum of its parts.
_SUMS = 3
#: Lines from which on equations may be broken over pages.
_PAGE = 24


@dataclass(frozen=True)
class Row:
    """A line: a left side, which a line that goes on has not, and what stands right of the sign."""

    left: str
    right: str
    goes_on: bool = False


def rows(found: Equations, style: Style, between: str, join: Callable[[Sequence[str]], str]) -> Iterator[Row]:
    """The lines in a style; `between` stands between two definitions, `join` puts pieces together."""
    names = {part: plain(part.name, 24) for part in found.parts}
    widest = max((points(name) for name in (*names.values(), found.metric)), default=0)
    room = PAGE - widest - _SIGN
    yield from _definitions(found, style, between, join, room)
    for part in found.parts:
        yield from _sum(style.words(names[part]), part.cost, style, room)
    sums = list(_names(found, list(names.values()), style, join, room)) if len(found.parts) > 1 else []
    sums = sums if len(sums) <= _SUMS else []
    yield from sums
    yield from _sum("" if sums else style.words(found.metric), found.total, style, room)


def _definitions(
    found: Equations, style: Style, between: str, join: Callable[[Sequence[str]], str], room: float
) -> Iterator[Row]:
    """As many definitions in a line as there is room for."""
    line: list[str] = []
    left, width = "", 0.0
    for d in found.definitions:
        name, size = style.symbol(d.symbol.name).text, set_size(d.size, style).text
        wide = points(f"{d.symbol.name} = {set_size(d.size, measure(style)).text}") + 20
        if line and width + wide > room:
            yield Row(left, join(line))
            line, width = [], 0.0
        width += wide
        if line:
            line += [between, name, style.sign("=").strip(" "), size]
        else:
            left, line = name, [size]
    if line:
        yield Row(left, join(line))


def _sum(left: str, cost: Cost, style: Style, room: float) -> Iterator[Row]:
    first, *rest = broken(cost, style, room)
    yield Row(left, first)
    yield from (Row("", line, goes_on=True) for line in rest)


def _names(
    found: Equations, names: Sequence[str], style: Style, join: Callable[[Sequence[str]], str], room: float
) -> Iterator[Row]:
    """The total as the sum of the parts by their names."""
    left, line, width, first = style.words(found.metric), list[str](), 0.0, True
    for number, name in enumerate(names):
        wide = points(name) + 16
        if line and width + wide > room:
            yield Row(left, join(line), goes_on=not first)
            left, line, width, first = "", [], _INDENT, False
        width += wide
        line += [*([style.plus.strip(" ")] if number else []), style.words(name)]
    yield Row(left, join(line), goes_on=not first)


# -- formats -----------------------------------------------------------------------------------------------------------


def _text(found: Equations) -> str:
    lines = list(rows(found, TEXT, ",  ", " ".join))
    wide = max(len(row.left) for row in lines)
    out = [f"{row.left:>{wide}} {'  ' if row.goes_on else '='} {row.right}" for row in lines]
    return "\n".join([in_style(found.title, TEXT), "", *(line.replace(" ,", ",").rstrip() for line in out)]) + "\n"


def _latex_rows(found: Equations, style: Style) -> list[str]:
    def line(row: Row) -> str:
        return rf"  & \quad {{}} {row.right}" if row.goes_on else f"  {row.left} &= {row.right}".replace("   ", "  ")

    return [line(row) for row in rows(found, style, r",\quad", " ".join)]


def _latex(found: Equations) -> str:
    lines = _latex_rows(found, LATEX)
    head = [f"% {in_style(found.title, ASCII)}: {in_style(found.metric, ASCII)}"]
    head += [f"% where {set_cell(found.domain, ASCII)}", r"% \usepackage{amsmath}"]
    body = [r"\begin{align*}", " \\\\\n".join(lines), r"\end{align*}"]
    if len(lines) > _PAGE:
        body = [r"\begingroup\allowdisplaybreaks", *body, r"\endgroup"]
    return "\n".join([*head, *body]) + "\n"


def _markdown(found: Equations) -> str:
    body = " \\\\\n".join(_latex_rows(found, GITHUB))
    return f"```math\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n```\n"


def _typst(found: Equations) -> str:
    def line(row: Row) -> str:
        if row.goes_on:  # a sign at the beginning has no space behind it
            return "  & quad " + _SIGN_FIRST.sub(r"\1 med ", row.right)
        return f"  {row.left} &= {row.right}".replace("   ", "  ")

    lines = [line(row) for row in rows(found, TYPST, ", quad", " ".join)]
    head = [f"// {in_style(found.title, ASCII)}: {in_style(found.metric, ASCII)}"]
    head += [f"// where {set_cell(found.domain, ASCII)}"]
    breakable = len(lines) > _PAGE
    body = ["$", " \\\n".join(lines), "$"]
    if breakable:
        body = ["#[", "#show math.equation: set block(breakable: true)", *body, "]"]
    return "\n".join([*head, *body]) + "\n"


def _mathml(found: Equations) -> str:
    def line(row: Row) -> str:
        side = "left; padding-left: 2em" if row.goes_on else "left"
        sign = "" if row.goes_on else "<mo>=</mo>"
        right = between_terms(row.right) if row.goes_on else row.right
        return (
            f'<mtr><mtd style="text-align: right; text-align: -webkit-right">{row.left}</mtd>'
            f'<mtd style="text-align: {side}">{sign}{right}</mtd></mtr>'
        )

    between = '<mo>,</mo><mspace width="1em"></mspace>'
    lines = [line(row) for row in rows(found, MATHML, between, "".join)]
    body = "\n".join(['<mtable displaystyle="true">', *lines, "</mtable>"])
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">\n{body}\n</math>\n'


FORMATS: Final[dict[str, Callable[[Equations], str]]] = {
    "text": _text,
    "latex": _latex,
    "markdown": _markdown,
    "typst": _typst,
    "mathml": _mathml,
}
