"""Formulas in presentation MathML, the core that browsers share; a piece is a row of elements."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Final

from symconv.notation.style import ATOM, POWER, PRODUCT, SIGMA, Piece
from symconv.notation.typeset import Typeset, visible

#: A letter with a subscript.
_SUB: Final = re.compile(r"<msub>((?:<m[in][^<]*>[^<]*</m[in]>){2})</msub>")
_TAG: Final = re.compile("<(/?)")


class MathML(Typeset):
    """MathML without the element `math` around it: <mi>N</mi><mo>·</mo><msup><mi>X</mi><mn>2</mn></msup>."""

    times, plus, minus = "<mo>·</mo>", "<mo>+</mo>", "<mo>−</mo>"
    negative = "<mo>−</mo>"
    by = "<mo>×</mo>"
    opening, closing = "<mrow><mo>(</mo>", "<mo>)</mo></mrow>"
    loose = '<mo stretchy="false">(</mo>', '<mo stretchy="false">)</mo>'

    def words(self, text: str) -> str:
        space = "\u00a0"  # the spaces at the ends of a text are not shown
        said = _escaped(text)
        return f"<mtext>{space * said.startswith(' ')}{said.strip(' ')}{space * said.endswith(' ')}</mtext>"

    def sign(self, sign: str) -> str:
        return f"<mo>{_escaped(sign)}</mo>"

    def letter(self, letter: str) -> str:
        return f"<mi>{_escaped(letter)}</mi>"

    def digits(self, digits: str) -> str:
        return f"<mn>{digits}</mn>"

    def upright(self, word: str) -> str:
        upright = ' mathvariant="normal"' if len(word) == 1 else ""
        return f"<mi{upright}>{_escaped(word)}</mi>"

    def below(self, base: str, subscript: str) -> str:
        return f"<msub>{_one(base)}{_one(subscript)}</msub>"

    def number(self, value: object) -> Piece:
        piece = super().number(value)  # type: ignore[arg-type]
        return Piece(f"<mn>{piece.text}</mn>", ATOM) if piece.text.isdecimal() else piece

    def raised(self, base: Piece, exponent: Piece) -> Piece:
        inside = _SUB.fullmatch(base.text)
        if inside:
            return Piece(f"<msubsup>{inside[1]}{_one(exponent.text)}</msubsup>", POWER)
        return Piece(f"<msup>{_one(self.within(base, ATOM))}{_one(exponent.text)}</msup>", POWER)

    def quotient(self, over: Piece, under: Piece) -> Piece:
        return Piece(f"<mfrac>{_one(over.text)}{_one(under.text)}</mfrac>", PRODUCT)

    def fenced(self, fences: tuple[str, str], inside: Piece) -> Piece:
        before, behind = fences
        return Piece(f"<mrow><mo>{before}</mo>{_one(inside.text)}<mo>{behind}</mo></mrow>", ATOM)

    def function(self, name: str, arguments: Sequence[Piece]) -> Piece:
        given = "<mo>,</mo>".join(_one(a.text) for a in arguments)
        return Piece(f"<mrow><mi>{_escaped(name)}</mi><mo>&#8289;</mo>{self.opening}{given}{self.closing}</mrow>", ATOM)

    def truth(self, relation: str, sides: Sequence[Piece]) -> Piece:
        left, right = (_one(side.text) for side in sides)
        return Piece(f"<mrow><mo>[</mo>{left}{self.sign(relation)}{right}<mo>]</mo></mrow>", ATOM)

    def sigma(self, index: Piece, begin: Piece, end: Piece, last: Piece, body: Piece) -> Piece:
        under = f"<mrow>{index.text}<mo>=</mo>{begin.text}</mrow>"
        sign = f"<munderover><mo>∑</mo>{under}{_one(last.text)}</munderover>"
        return Piece(f"<mrow>{sign}{_one(self.within(body, SIGMA))}</mrow>", SIGMA)


def _one(row: str) -> str:
    """A row of elements as one element."""
    depth = ends = 0
    for tag in _TAG.finditer(row):
        depth += -1 if tag[1] else 1
        ends += not depth
        if ends and depth:
            return f"<mrow>{row}</mrow>"
    return row


def _escaped(text: str) -> str:
    return escape(visible(text))
