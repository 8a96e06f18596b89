"""Formulas in plain ASCII, for pipes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from symconv.notation.style import Piece, Style


class Ascii(Style):
    """Plain text for pipes: N*(7077888*floor(X/16)^2 + 38592*X^2), ceil(X/32)."""

    times, plus, minus = "*", " + ", " - "
    negative = "-"
    by = "x"
    floors, ceilings = ("floor(", ")"), ("ceil(", ")")
    relations: ClassVar[Mapping[str, str]] = {"≥": ">=", "≤": "<=", "≠": "!="}

    def power(self, base: Piece, exponent: int) -> Piece:
        return self.raised(base, self.number(exponent))

    def sigma(self, index: Piece, begin: Piece, end: Piece, last: Piece, body: Piece) -> Piece:
        return self.function("sum", [index, begin, last, body])
