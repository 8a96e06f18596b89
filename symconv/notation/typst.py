"""Formulas in Typst's mathematics mode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from symconv.notation.style import ATOM, POWER, PRODUCT, QUOTIENT, SIGMA, Piece
from symconv.notation.typeset import Typeset, visible


class Typst(Typeset):
    """Typst between dollars: N dot (7077888 dot floor(X/16)^2 + 38592 dot X^2), ceil(X/32)."""

    times, plus, minus = " dot ", " + ", " - "
    negative = "-"
    by = " times "
    loose = r"\(", r"\)"
    floors, ceilings = ("floor(", ")"), ("ceil(", ")")
    relations: ClassVar[Mapping[str, str]] = {"≥": ">="}

    def words(self, text: str) -> str:
        return typst_string(text)

    def sign(self, sign: str) -> str:
        return sign

    def row(self, parts: Sequence[str]) -> str:
        return " ".join(parts)

    def letter(self, letter: str) -> str:
        return letter

    def upright(self, word: str) -> str:
        return typst_string(word)

    def below(self, base: str, subscript: str) -> str:
        return f"{base}_{subscript}" if subscript.isalnum() or subscript[0] == '"' else f"{base}_({subscript})"

    def raised(self, base: Piece, exponent: Piece) -> Piece:
        above = exponent.text if exponent.text.isalnum() else f"({exponent.text})"
        return Piece(f"{self.within(base, ATOM)}^{above}", POWER)

    def quotient(self, over: Piece, under: Piece) -> Piece:
        return Piece(f"{self.within(over, POWER)}/{self.within(under, POWER)}", PRODUCT)

    def function(self, name: str, arguments: Sequence[Piece]) -> Piece:
        operator = name if name in ("max", "min", "gcd") else f"op({typst_string(name)})"
        return Piece(f"{operator}({', '.join(a.text for a in arguments)})", ATOM)

    def sigma(self, index: Piece, begin: Piece, end: Piece, last: Piece, body: Piece) -> Piece:
        return Piece(f"sum_({index.text}={begin.text})^({last.text}) {self.within(body, SIGMA)}", SIGMA)


class TypstInline(Typst):
    """Typst for a line of text or of a table, all of one height: a slash in place of a bar."""

    def quotient(self, over: Piece, under: Piece) -> Piece:
        return Piece(rf"{self.within(over, POWER)}\/{self.within(under, POWER)}", QUOTIENT)


def typst_string(text: str) -> str:
    r"""A text in quotes, which Typst shows as it is, in mathematics upright.

    >>> print(typst_string('a"b'))
    "a\"b"
    """
    return '"' + visible(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
