"""Formulas in plain ASCII, for pipes."""

from __future__ import annotations

from collections.abc import Sequence

from symconv.notation.style import ATOM, POWER, Piece, Style


class Ascii(Style):
    """Plain text for pipes: N*(7077888*floor(X/16)^2 + 38592*X^2), ceil(X/32)."""

    times, plus, minus = "*", " + ", " - "
    negative = "-"
    by = "x"

    def truth(self, relation: str, sides: Sequence[Piece]) -> Piece:
        return super().truth({"≥": ">="}.get(relation, relation), sides)

    def power(self, base: Piece, exponent: int) -> Piece:
        return Piece(f"{self.within(base, ATOM)}^{exponent}", POWER)

    def floor(self, over: Piece, under: Piece) -> Piece:
        return Piece(f"floor({self.ratio(over, under).text})", ATOM)

    def ceiling(self, over: Piece, under: Piece) -> Piece:
        return Piece(f"ceil({self.ratio(over, under).text})", ATOM)

    def sigma(self, index: Piece, begin: Piece, end: Piece, last: Piece, body: Piece) -> Piece:
        return self.function("sum", [index, begin, last, body])
