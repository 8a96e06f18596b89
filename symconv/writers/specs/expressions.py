"""Sizes as a spec has them: arithmetic that its reader takes back to the same form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from symconv.equality import Answer, compare
from symconv.errors import SymconvError
from symconv.extent import Extent, Size
from symconv.notation.ascii import Ascii
from symconv.notation.style import ATOM, Piece
from symconv.readers.expression import parse_rational
from symconv.setting import set_size

#: The functions that a spec has for the truth of a relation, 1 where it holds.
_TRUTHS: Final = {"=": "equals", "≥": "reaches"}


class Readable(Ascii):
    """What the reader of expressions knows: 2*w, X/2, floor(X/16)^2, reaches(H, 32)."""

    def truth(self, relation: str, sides: Sequence[Piece]) -> Piece:
        return self.function(_TRUTHS[relation], sides)

    def sigma(self, index: Piece, begin: Piece, end: Piece, last: Piece, body: Piece) -> Piece:
        raise SymconvError(f"a sum over {index.text} in a size is nothing that a spec can say")


class Careful(Readable):
    """Each quotient that comes out even by itself: whole(X/2)*whole(Y/2), which is not (X*Y)/4."""

    def quotient(self, over: Piece, under: Piece) -> Piece:
        return Piece(f"whole({super().quotient(over, under).text})", ATOM)

    def ratio(self, over: Piece, under: Piece) -> Piece:
        return over if under.text == "1" else super().quotient(over, under)


_READABLE: Final = Readable()
_CAREFUL: Final = Careful()


def written(size: Size | Fraction, names: Mapping[str, Size | Fraction]) -> str:
    """A size as an expression in these names.

    Raises SymconvError where no expression is read back as that size.

    >>> from symconv.extent import size_of
    >>> from symconv.symbols import symbol
    >>> x = size_of(symbol("X"))
    >>> written(64 * ((x + 1) // 2) ** 2 + x, {"X": x})
    '64*ceil(X/2)^2 + X'
    """
    if not isinstance(size, Extent):
        return str(size)
    equal = ""
    for style in (_READABLE, _CAREFUL):
        text = set_size(size, style).text
        try:
            value = parse_rational(text, names)
        except SymconvError:
            continue
        if value == size:
            return text
        if not equal and not isinstance(value, Fraction) and compare(value, size).answer is Answer.ALWAYS:
            equal = text
    if equal:
        return equal
    raise SymconvError(f"the size {size} is no expression that a spec can say")
