"""A formula over several lines, at the same places in every style: before the signs of its sums, else of products."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from symconv.cost import Cost
from symconv.formula import set_cost
from symconv.notation import PRODUCT, TEXT, LatexInline, Piece, Style, TypstInline
from symconv.notation.typeset import Typeset

#: Where a sum may be broken, where a product may, and parentheses.
_SUM, _PRODUCT, _OPEN, _CLOSE = "\ue000", "\ue001", "\ue002", "\ue003"
_MARKS: Final = str.maketrans("", "", _SUM + _PRODUCT + _OPEN + _CLOSE)

_BREAKS: Final = (_SUM, _PRODUCT)

#: The part of a line that has to be full where a product is broken.
_FULL: Final = 0.4

#: Points of a sign in LaTeX at 11 points: those not named are capitals, digits and small letters of mathematics.
_POINTS: Final = {
    **dict.fromkeys("·", 8), **dict.fromkeys("+−≥≤=Σ", 8.6), "×": 13.5, **dict.fromkeys(" .,'", 3),
    **dict.fromkeys("⌊⌋⌈⌉()[]/", 5),
    **dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹", 4.4), **dict.fromkeys("_^{}", 0), **dict.fromkeys("ijlt", 4.5),
    **dict.fromkeys("mwMW", 9),
}  # fmt: skip
_CAPITAL, _DIGIT, _LETTER, _INDENT = 9.5, 5.5, 6.5, 22

#: The width of a page's text: 6.5 inches, in points.
PAGE: Final = 469.0


def points(text: str) -> float:
    """About how wide a formula is on paper, by its form in TEXT; rather more than less."""
    return sum(map(_points, text))


def _points(c: str) -> float:
    if c in _POINTS:
        return _POINTS[c]
    return _CAPITAL if c.isupper() else _LETTER if c.isalpha() else _DIGIT if c.isascii() else 11


def broken(cost: Cost, style: Style, room: float, first: float = 0) -> list[str]:
    """The lines of a cost in a style, each within `room` points where its sums let it; `first` is less for the first.

    >>> from symconv.extent import size_of
    >>> from symconv.symbols import symbol
    >>> x, n = size_of(symbol("X")), size_of(symbol("N"))
    >>> from symconv.cost import product
    >>> broken(product(n, x // 4, 100) + product(n, x // 2, 200) + product(n, x, 300), TEXT, 120)
    ['N·(100·⌊X/4⌋', '+ 200·⌊X/2⌋', '+ 300·X)']
    """
    places = _even(set_cost(cost, _Marked(measure(style))).text, room, first)
    return _lines(set_cost(cost, _Marked(style)).text, places, style)


class _Stacked(Style):
    """TEXT as wide as a formula whose fractions stand one below the other."""

    def quotient(self, over: Piece, under: Piece) -> Piece:
        return Piece(max(over.text, under.text, key=points) + " ", PRODUCT)


_STACKED: Final = _Stacked()


def measure(style: Style) -> Style:
    """The style of text that is as wide as one."""
    stacked = isinstance(style, Typeset) and not isinstance(style, LatexInline | TypstInline)
    return _STACKED if stacked else TEXT


def in_terms(cost: Cost, style: Style) -> list[str]:
    """A cost broken at all of its sums, for a format that fills its lines by itself."""
    text = set_cost(cost, _Marked(style)).text
    return _lines(text, {i for i, mark in enumerate(filter(_BREAKS.__contains__, text)) if mark == _SUM}, style)


def between_terms(row: str) -> str:
    """A line of MathML that goes on behind another: the sign that it begins with stands between two terms.

    >>> between_terms("<mo>+</mo><mi>X</mi>")
    '<mo form="infix">+</mo><mi>X</mi>'
    """
    return re.sub(r"^<mo>(?=[+−]</mo>)", '<mo form="infix">', row)


class _Marked(Style):
    """A style in which sums that may be broken, and the parentheses around them, are marked."""

    def __init__(self, inner: Style) -> None:
        self.inner = inner
        self.times, self.by, self.negative = _PRODUCT + inner.times, inner.by, inner.negative
        self.plus, self.minus = _SUM + inner.plus, _SUM + inner.minus
        self.opening, self.closing = _OPEN, _CLOSE

    def _whole(self, piece: Piece) -> Piece:
        return Piece(_resolved(piece.text, self.inner), piece.level)

    def number(self, value: int | Fraction) -> Piece:
        return self.inner.number(value)

    def symbol(self, name: str) -> Piece:
        return self.inner.symbol(name.translate(_MARKS))

    def power(self, base: Piece, exponent: int) -> Piece:
        return self.inner.power(self._whole(base), exponent)

    def raised(self, base: Piece, exponent: Piece) -> Piece:
        return self.inner.raised(self._whole(base), self._whole(exponent))

    def quotient(self, over: Piece, under: Piece) -> Piece:
        return self.inner.quotient(self._whole(over), self._whole(under))

    def floor(self, over: Piece, under: Piece) -> Piece:
        return self.inner.floor(self._whole(over), self._whole(under))

    def ceiling(self, over: Piece, under: Piece) -> Piece:
        return self.inner.ceiling(self._whole(over), self._whole(under))

    def function(self, name: str, arguments: Sequence[Piece]) -> Piece:
        return self.inner.function(name, list(map(self._whole, arguments)))

    def truth(self, relation: str, sides: Sequence[Piece]) -> Piece:
        return self.inner.truth(relation, list(map(self._whole, sides)))

    def sigma(self, index: Piece, begin: Piece, end: Piece, last: Piece, body: Piece) -> Piece:
        return self.inner.sigma(*map(self._whole, (index, begin, end, last, body)))


def _resolved(text: str, style: Style) -> str:
    return text.replace(_OPEN, style.opening).replace(_CLOSE, style.closing).translate(_MARKS)


def _even(text: str, room: float, first: float) -> set[int]:
    """Which marks to break at, such that no more lines are needed and the last is not much shorter than the others."""
    found = _places(text, room, first)
    for part in (0.9, 0.8, 0.7, 0.6) if found else ():
        narrower = _places(text, room * part, first)
        if len(narrower) > len(found):
            break
        found = narrower
    return found


def _places(text: str, room: float, first: float) -> set[int]:
    """Which marks to break at: the outermost in a line that is full, of these the last.

    A product is broken before a sum inside of it, but not where that would leave most of a line empty.
    """
    found: set[int] = set()
    marks: list[tuple[int, int, float]] = []
    width, depth, number = first, 0, 0
    for c in (*text, _SUM):
        if c in _BREAKS:
            while width > room:
                full = [k for k, (_, rank, before) in enumerate(marks) if rank % 2 == 0 or before > _FULL * room]
                if not full:
                    break
                at = min(full, key=lambda k: (marks[k][1], -k))
                place, _, before = marks[at]
                found.add(place)
                width -= before - _INDENT
                marks = [(p, d, w - before + _INDENT) for p, d, w in marks[at + 1 :]]
            marks.append((number, 2 * depth + (c == _PRODUCT), width))
            number += 1
        else:
            depth += (c == _OPEN) - (c == _CLOSE)
            width += 5 if c in (_OPEN, _CLOSE) else _points(c)
    return found


def _lines(text: str, places: set[int], style: Style) -> list[str]:
    """The lines, with loose parentheses where they close in another line than they open in."""
    lines: list[list[str]] = [[]]
    open_: list[tuple[int, int]] = []
    number = 0
    for c in text:
        if c in _BREAKS:
            if number in places:
                lines.append([])
            number += 1
        elif c == _OPEN:
            open_.append((len(lines), len(lines[-1])))
            lines[-1].append(style.opening)
        elif c == _CLOSE:
            line, place = open_.pop()
            if line != len(lines):
                lines[line - 1][place] = style.loose[0]
            lines[-1].append(style.closing if line == len(lines) else style.loose[1])
        else:
            lines[-1].append(c)
    return ["".join(line).strip() for line in lines]
