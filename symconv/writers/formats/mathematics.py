"""Cells of a sheet as mathematics: formulas set themselves; a sentence, X ≥ 32, N ≥ 1, is read from its LaTeX.

Extents and costs know every style (`symconv.notation`). What is said around them is written once, in LaTeX; its
commands are few, and here they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Final

from symconv.cost import Cost
from symconv.extent import Extent
from symconv.notation import ATOM, GREEK, PRODUCT, SUM, Latex, Piece
from symconv.notation.typeset import Typeset
from symconv.tensor import Tensor
from symconv.writers.sheet import Cell, Math, Rule, set_cell

_TOKEN: Final = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|[^\s]", re.DOTALL)
_SIGNS: Final = {
    r"\cdot": "·", r"\times": "×", r"\geq": "≥", r"\leq": "≤", r"\neq": "≠", r"\equiv": "≡", r"\in": "∈", r"\mid": "∣",
    r"\to": "→", r"\approx": "≈", r"\infty": "∞", r"\ldots": "…", "-": "−", r"\varepsilon": "ε", r"\Sigma": "Σ",
}  # fmt: skip
_FENCES: Final = {r"\lfloor": r"\rfloor", r"\lceil": r"\rceil", "(": ")", "[": "]"}
_GREEK: Final = {f"\\{name}": letter for name, letter in GREEK.items()}
_ESCAPED: Final = re.compile(r"\\([&%$#_{}])")
_COMMAND: Final = re.compile(r"\\[A-Za-z]|(?<!\\)[$~]")
_SPACES: Final = (r"\ ", r"\,", "~")


def is_formula(cell: Cell) -> bool:
    """Whether a cell is set as mathematics."""
    if isinstance(cell, Math):
        return bool(cell.latex)
    return isinstance(cell, Extent | Tensor | Rule | Fraction) or (isinstance(cell, Cost) and any(cell.terms))


def set_formula(cell: Cell, style: Typeset) -> str:
    """A formula in a typeset style."""
    if isinstance(cell, Math):
        return cell.latex if isinstance(style, Latex) else set_math(cell, style)
    return set_cell(cell, style)


def parts(cell: Math) -> list[Math]:
    """The parts of a sentence, each of which may stand in another line: X ≥ 32 and N ≥ 1.

    >>> [part.text for part in parts(Math("X ≥ 32, N ≥ 1", r"X \\geq 32,\\ N \\geq 1"))]
    ['X ≥ 32', 'N ≥ 1']
    """
    said, latex = _outermost(cell.text, ", "), _outermost(cell.latex, r",\ ")
    return [Math(text, each) for text, each in zip(said, latex)] if len(said) == len(latex) else [cell]


def _outermost(text: str, between: str) -> list[str]:
    """The parts between separators that are in no brackets."""
    found = [""]
    for part in text.split(between):
        open_ = found[-1]
        whole = all(open_.count(a) == open_.count(b) for a, b in ("()", "{}"))
        found = [*found, part] if whole else [*found[:-1], open_ + between + part]
    return found[1:]


class _Unread(Exception):  # noqa: N818  (no error: such a sentence is set in words)
    """LaTeX that is none of ours."""


def set_math(cell: Math, style: Typeset) -> str:
    """The sentence in a style; one that has no LaTeX as words.

    >>> from symconv.notation import MATHML, TYPST
    >>> domain = Math("X ≥ 32", r"X \\geq 32")
    >>> set_math(domain, MATHML), set_math(domain, TYPST)
    ('<mi>X</mi><mo>≥</mo><mn>32</mn>', 'X ≥ 32')
    """
    if cell.latex:
        try:
            return _Reader(cell.latex, style).all()
        except _Unread:
            pass
    return style.words(cell.text)


class _Reader:
    """Reads rows of tokens from left to right, and sets what it has read."""

    def __init__(self, latex: str, style: Typeset) -> None:
        self.latex, self.style, self.place = latex, style, 0

    def all(self) -> str:
        row = self.row(lambda token: False)
        if self.next():
            raise _Unread
        return row.text

    def next(self) -> str:
        found = _TOKEN.match(self.latex, self._start())
        return found[0] if found else ""

    def take(self, wanted: str = "") -> str:
        token = self.next()
        if not token or (wanted and token != wanted):
            raise _Unread
        self.place = self._start() + len(token)
        return token

    def _start(self) -> int:
        return len(self.latex) - len(self.latex[self.place :].lstrip())

    def row(self, ends: Callable[[str], bool]) -> Piece:
        """What stands before an end, as one piece."""
        parts: list[Piece] = []
        while self.next() and not ends(self.next()):
            if self.next() in _SPACES:
                self.take()
            else:
                parts.append(self.item())
        if len(parts) == 1:
            return parts[0]
        return Piece(self.style.row([self.style.within(part, PRODUCT) for part in parts]), SUM)

    def group(self) -> Piece:
        self.take("{")
        piece = self.row(lambda token: token == "}")
        self.take("}")
        return piece

    def words(self) -> str:
        """The text in braces, as it was before it was escaped."""
        self.take("{")
        start, depth = self.place, 1
        while depth:
            token = self.take()
            depth += (token == "{") - (token == "}")
        text = self.latex[start : self.place - 1]
        if _COMMAND.search(text):
            raise _Unread
        return _ESCAPED.sub(r"\1", text)

    def item(self) -> Piece:
        base = self.base()
        while self.next() in ("_", "^"):
            if self.take() == "_":
                base = Piece(self.style.below(base.text, self.group().text), ATOM)
            else:
                base = self.style.raised(base, self.group())
        return base

    def base(self) -> Piece:
        token, style = self.take(), self.style
        if token == r"\frac":
            over = self.group()
            return style.quotient(over, self.group())
        if token == "{":
            self.place -= 1
            return self.group()
        if token == r"\left":
            return Piece(self.fenced(), ATOM)
        if token in (r"\max", r"\min", r"\gcd", r"\operatorname"):
            return self.call(self.words() if token == r"\operatorname" else token[1:])
        return Piece(self.word(token), ATOM)

    def word(self, token: str) -> str:
        """A number, a letter, a word or a sign."""
        style = self.style
        if token[0].isdigit():
            return style.digits(token)
        if token.isalpha() or token in _GREEK:
            return style.letter(_GREEK.get(token, token))
        if token == r"\mathrm":
            return style.upright(self.words())
        if token == r"\text":
            return style.words(self.words())
        if token == r"\pmod":
            return style.row([style.opening, style.upright("mod"), self.group().text, style.closing])
        if token == r"\bmod":
            return style.upright("mod")
        if token in _SIGNS or (len(token) == 1 and token not in "}_^$&#%"):
            return style.sign(_SIGNS.get(token, token))
        raise _Unread

    def fenced(self) -> str:
        style, fence = self.style, self.take()
        if fence not in _FENCES:
            raise _Unread
        inner = self.row(lambda token: token == r"\right")
        self.take(r"\right")
        self.take(_FENCES[fence])
        if fence == r"\lfloor":
            return style.floor(inner, style.number(1)).text
        if fence == r"\lceil":
            return style.ceiling(inner, style.number(1)).text
        if fence == "[":
            return style.row([style.sign("["), inner.text, style.sign("]")])
        return style.opening + inner.text + style.closing

    def call(self, name: str) -> Piece:
        self.take(r"\left")
        self.take("(")
        arguments = [self.row(_ends_argument)]
        while self.next() == ",":
            self.take()
            arguments.append(self.row(_ends_argument))
        self.take(r"\right")
        self.take(")")
        return self.style.function(name, arguments)


def _ends_argument(token: str) -> bool:
    return token in (",", r"\right")
