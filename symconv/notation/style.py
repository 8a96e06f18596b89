"""What a style is: the pieces that extents and costs are set in. Its own form is text with mathematical signs.

Extents and costs walk themselves and ask a style for each piece; a style knows nothing of them. A further format is a
further style. A piece is a text with the strength of its outermost operation, so that parentheses stand where needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import ClassVar, NamedTuple

SUM, SIGMA, QUOTIENT, PRODUCT, POWER, ATOM = range(6)
RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


class Piece(NamedTuple):
    """A set formula and the strength of its outermost operation."""

    text: str
    level: int


class Style:
    """Unicode text: N·(7077888·⌊X/16⌋² + 38592·X²), ⌈X/32⌉."""

    times, plus, minus = "·", " + ", " − "
    negative = "−"
    by = "×"
    #: Parentheses, and those of a sum that goes on in another line.
    opening, closing = "(", ")"
    loose = opening, closing
    floors, ceilings = ("⌊", "⌋"), ("⌈", "⌉")
    #: The relations that are written otherwise than ≥, ≤, ≠, ….
    relations: ClassVar[Mapping[str, str]] = {}

    def within(self, piece: Piece, level: int) -> str:
        """The text of a piece, in parentheses where its operation is weaker than `level`."""
        return piece.text if piece.level >= level else self.opening + piece.text + self.closing

    def words(self, text: str) -> str:
        """Words between formulas."""
        return text

    def sign(self, sign: str) -> str:
        """A sign between two formulas: ≥, ≤, ≡, ∈, …, with the space around it."""
        return f" {self.relation(sign)} "

    def relation(self, sign: str) -> str:
        """The sign of a relation by itself."""
        return self.relations.get(sign, sign)

    def number(self, value: int | Fraction) -> Piece:
        if value < 0:
            return Piece(self.negative + self.number(-value).text, SUM)
        if isinstance(value, Fraction) and value.denominator > 1:
            return self.quotient(self.number(value.numerator), self.number(value.denominator))
        return Piece(str(int(value)), ATOM)

    def symbol(self, name: str) -> Piece:
        return Piece(name, ATOM)

    def power(self, base: Piece, exponent: int) -> Piece:
        return Piece(self.within(base, ATOM) + str(exponent).translate(RAISED), POWER)

    def raised(self, base: Piece, exponent: Piece) -> Piece:
        """A power whose exponent is no plain number: 2^n, 2^(n − i)."""
        return Piece(f"{self.within(base, ATOM)}^{self.within(exponent, ATOM)}", POWER)

    def product(self, factors: Sequence[Piece]) -> Piece:
        """Factors; a Σ may stand last without parentheses."""
        if len(factors) == 1:
            return factors[0]
        *others, last = factors
        pieces = [self.within(f, PRODUCT) for f in others]
        if last.level == SIGMA:
            return Piece(self.times.join([*pieces, last.text]), SIGMA)
        return Piece(self.times.join([*pieces, self.within(last, PRODUCT)]), PRODUCT)

    def sum(self, terms: Sequence[tuple[bool, Piece]]) -> Piece:
        """Terms with a flag for a minus sign before them."""
        (first_negative, first), *rest = terms
        if not rest and not first_negative:
            return first
        text = (self.negative + self.within(first, SIGMA)) if first_negative else first.text
        for negative, piece in rest:
            text += (self.minus + self.within(piece, SIGMA)) if negative else self.plus + piece.text
        return Piece(text, SUM)

    def quotient(self, over: Piece, under: Piece) -> Piece:
        return Piece(f"{self.within(over, PRODUCT)}/{self.within(under, POWER)}", QUOTIENT)

    def ratio(self, over: Piece, under: Piece) -> Piece:
        """What stands in a floor: the quotient, or the dividend alone where the divisor is 1."""
        return over if under.text == self.number(1).text else self.quotient(over, under)

    def floor(self, over: Piece, under: Piece) -> Piece:
        return self.fenced(self.floors, self.ratio(over, under))

    def ceiling(self, over: Piece, under: Piece) -> Piece:
        return self.fenced(self.ceilings, self.ratio(over, under))

    def fenced(self, fences: tuple[str, str], inside: Piece) -> Piece:
        """A piece between the signs of a floor or a ceiling."""
        before, behind = fences
        return Piece(before + inside.text + behind, ATOM)

    def function(self, name: str, arguments: Sequence[Piece]) -> Piece:
        return Piece(f"{name}({', '.join(a.text for a in arguments)})", ATOM)

    def truth(self, relation: str, sides: Sequence[Piece]) -> Piece:
        """Iverson's bracket, 1 where a relation holds and 0 elsewhere: [X ≥ 7]."""
        left, right = (side.text for side in sides)
        return Piece(f"[{left} {self.relation(relation)} {right}]", ATOM)

    def sigma(self, index: Piece, begin: Piece, end: Piece, last: Piece, body: Piece) -> Piece:
        """The sum of a body over begin ≤ i < end, `last` being end − 1: Σ_{i<n} 4^i·⌊X/2^i⌋²."""
        over = f"{index.text}<{end.text}"
        return Piece(f"Σ_{{{over if begin.text == '0' else f'{begin.text}≤{over}'}}} {self.within(body, SIGMA)}", SIGMA)
