"""Arithmetic in a text, read by our own parser: numbers, names, + − * / // % ^, floors, max, min, gcd. Nothing runs.

What symconv prints it also reads: 64·⌊X/2⌋², ⌈X/32⌉, 2^(n − 1), 2 X. A text may come from a stranger, so its length,
its depth and the size of what it makes are bounded, and a name is looked up in the given ones and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, NamedTuple, TypeVar

from symconv.condition import at_least, divides
from symconv.domain import require
from symconv.errors import ExpressionError, ExtentError, ShapeError
from symconv.extent import Extent, Size
from symconv.extremes import equals, gcd, largest, make_divisible, reaches, smallest
from symconv.powers import power
from symconv.readers.names import nearest, plainly, shown
from symconv.rounding import ceiling, floor

#: Bounds: characters, parentheses inside one another, digits of a number, factors of a term, terms of a sum.
LENGTH, DEPTH, DIGITS, DEGREE, TERMS = 1000, 50, 30, 24, 400

#: Characters of a formula that symconv printed.
FORMULA: Final = 1 << 20

#: The characters of a name at most.
NAME_LENGTH: Final = 40

FUNCTIONS: Final = ("floor", "ceil", "round", "whole", "max", "min", "gcd", "make_divisible", "equals", "reaches")

#: The divisor of make_divisible where none is given.
DIVISOR: Final = 8
ACCEPTED: Final = "accepted are numbers, names, + - * / // % ^, parentheses, " + ", ".join(f"{f}()" for f in FUNCTIONS)

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
    r"|(?P<name>[^\W\d⁰¹²³⁴⁵⁶⁷⁸⁹](?:(?![⁰¹²³⁴⁵⁶⁷⁸⁹])\w)*)|(?P<sign>\*\*|//|[-+*/%^(),·×−⌊⌋⌈⌉]))"
)
#: What follows a number that is written as a float or in hexadecimals; 1e3 would be read as 1·e3.
_GLUED = re.compile(r"[eE][0-9]+|(?<![0-9.]0)(?<=0)[xXoObB][0-9a-fA-F]+")
#: For a kind of token the most characters, and how they are called.
_LONGEST = {
    "number": (DIGITS, ("a number", "digits")),
    "name": (NAME_LENGTH, ("a name", "characters")),
    "raised": (len(str(DEGREE)), ("an exponent", "digits")),
}
_SAME = {"·": "*", "×": "*", "−": "-", "**": "^"}
T = TypeVar("T")

_LOWERED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


class Token(NamedTuple):
    """A piece of the text: its kind, its text, and its column from 1."""

    kind: str
    text: str
    column: int


@dataclass(frozen=True)
class Ratio:
    """over/under, so that ⌊a/b⌋ and (K − 1)/2 are read as they are written."""

    over: Size
    under: Size = 1


def parse(text: str, names: Mapping[str, Size | Fraction]) -> Size:
    """The size that a text stands for; a division outside a floor must come out even, and the domain is told so.

    Raises ExpressionError, with the column, for anything that is not arithmetic on the names.

    >>> from symconv.extent import size_of
    >>> from symconv.symbols import symbol
    >>> parse("64·⌊(X + 1)/2⌋² + 2 X", {"X": size_of(symbol("X"))})
    64·⌈X/2⌉² + 2·X
    """
    return _whole(text, _Parser(text, names).whole())


def _whole(text: str, ratio: Ratio) -> Size:
    over, under = ratio.over, ratio.under
    if under == 1:
        return over
    if isinstance(over, int) and isinstance(under, int):
        value = str(Fraction(over, under))
        raise ExpressionError(f"{plainly(text)} is no whole number" + f", but {value}" * (value != text.strip()), 1)
    if isinstance(over, Extent) and not over.integral:
        raise ExpressionError(f"{plainly(text)} is not always a whole number: take the floor of it, floor(…)", 1)
    try:
        require(divides(under, _residue(over, under)), f"{plainly(text)} is whole")
        return floor(over, under, exact=True)
    except (ShapeError, ExtentError):
        raise ExpressionError(f"{plainly(text)} is never a whole number", 1) from None


def _residue(over: Size, under: Size) -> Size:
    """What `under` must divide: `over` without its own multiples, K of 2·N + K over 2."""
    if isinstance(over, int) or not isinstance(under, int):
        return over
    return sum((Extent({m: c % under}) if m else c % under for m, c in over.terms.items() if c % under), 0)


def parse_rational(text: str, names: Mapping[str, Size | Fraction]) -> Size | Fraction:
    """As `parse`, and a quotient of two numbers is that fraction: a scale factor."""
    ratio = _Parser(text, names).whole()
    number = _number(ratio)
    return _whole(text, ratio) if number is None else number


def parse_ratio(text: str, names: Mapping[str, Size | Fraction]) -> tuple[Size, Size]:
    """A quotient that need not be whole, as what stands above and what stands below.

    Raises ExpressionError as `parse`.
    """
    ratio = _Parser(text, names).whole()
    return ratio.over, ratio.under


def value_of(formula: str, at: Mapping[str, int | Fraction]) -> int | Fraction:
    """What a formula that symconv printed is at these numbers, by arithmetic on numbers alone.

    Raises ExpressionError as `parse`, and for a sum over rounds.

    >>> value_of("N*(1728*X^2 + 64*ceil(X/2)^2)", {"N": 2, "X": 5})
    87552
    """
    ratio = _Parser(formula, at, FORMULA).whole()
    number = _number(ratio)
    assert number is not None  # arithmetic on numbers makes numbers
    return number


def _number(ratio: Ratio) -> int | Fraction | None:
    """A quotient of two numbers."""
    if not isinstance(ratio.over, int) or not isinstance(ratio.under, int):
        return None
    value = Fraction(ratio.over, ratio.under)
    return int(value) if value.denominator == 1 else value


def is_name(text: str) -> bool:
    """Whether an expression can use a text as a name."""
    try:
        tokens = _tokens(text)
    except ExpressionError:
        return False
    return len(tokens) == 2 and tokens[0].kind == "name" and tokens[0].text == text not in FUNCTIONS


def names_in(text: str) -> list[str]:
    """The names that a text uses, functions apart, in the order of their first use.

    Raises ExpressionError as `parse`.
    """
    found = [t.text for t in _tokens(text) if t.kind == "name" and t.text not in FUNCTIONS]
    return list(dict.fromkeys(found))


def _tokens(text: str, length: int = LENGTH) -> list[Token]:
    if len(text) > length:
        raise ExpressionError(f"an expression of {len(text)} characters: at most {length} are accepted", 1)
    out, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            column = at + len(text[at:]) - len(text[at:].lstrip()) + 1
            raise ExpressionError(f"{shown(text[column - 1])} is no arithmetic: {ACCEPTED}", column)
        kind, found = match.lastgroup, match[match.lastgroup]
        column = match.start(kind) + 1
        most, unit = _LONGEST.get(kind, (LENGTH, ("", "")))
        if len(found) > most:
            raise ExpressionError(f"{unit[0]} of {len(found)} {unit[1]}: at most {most} are accepted", column)
        if kind == "number" and (glued := _GLUED.match(text, match.end())):
            raise ExpressionError(f"{found}{glued[0]} is no number here: one in plain digits is accepted", column)
        out.append(Token(kind, _SAME.get(found, found), column))
        at = match.end()
    return [*out, Token("end", "the end", len(text) + 1)]


class _Parser:
    """Precedence climbing over the tokens of one text."""

    def __init__(self, text: str, names: Mapping[str, Size | Fraction], length: int = LENGTH) -> None:
        self.text, self.tokens, self.names, self.at, self.depth = text, _tokens(text, length), names, 0, 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.token
        self.at += token.kind != "end"
        return token

    def expect(self, sign: str) -> None:
        token = self.take()
        if token.text != sign or token.kind != "sign":
            raise ExpressionError(f"{token.text} where {sign} is wanted", token.column)

    def whole(self) -> Ratio:
        if self.token.kind == "end":
            raise ExpressionError(f"an empty expression: {ACCEPTED}", 1)
        ratio = self.sum()
        if self.token.kind != "end":
            raise ExpressionError(f"{self.token.text} where the expression should end: {ACCEPTED}", self.token.column)
        return ratio

    def sum(self) -> Ratio:
        self.depth += 1
        if self.depth > DEPTH:
            raise ExpressionError(f"parentheses deeper than {DEPTH}, the most that is accepted", self.token.column)
        left = self.product()
        while self.token.text in ("+", "-") and self.token.kind == "sign":
            sign = self.take()
            right = self.product()
            left = self.bounded(sign.column, _add, left, right, 1 if sign.text == "+" else -1)
        self.depth -= 1
        return left

    def product(self) -> Ratio:
        left = self.signed()
        while True:
            token = self.token
            before = self.tokens[self.at - 1]
            implicit = (before.kind == "number" or before.text in (")", "⌋", "⌉")) and (
                token.kind == "name" or token.text in ("(", "⌊", "⌈")
            )
            if implicit or (token.kind == "sign" and token.text in ("*", "/", "//", "%")):
                if not implicit:
                    self.take()
                right = self.signed()
                sign = "*" if implicit else token.text
                left = self.bounded(token.column, _combine, left, sign, right)
            else:
                return left

    def signed(self) -> Ratio:
        negative = False
        while self.token.text in ("-", "+") and self.token.kind == "sign":
            negative ^= self.take().text == "-"
        value = self.power()
        return Ratio(-value.over, value.under) if negative else value

    def power(self) -> Ratio:
        base = self.atom()
        token = self.token
        exponent: Size
        if token.kind == "raised":
            exponent = int(self.take().text.translate(_LOWERED))
        elif token.text == "^" and token.kind == "sign":
            self.take()
            column = self.token.column
            exponent = self.exponent()
            if isinstance(exponent, Extent):
                return Ratio(self.bounded(column, _power, base, exponent))
        else:
            return base
        if exponent > DEGREE:
            raise ExpressionError(f"the exponent {exponent}: at most {DEGREE} is accepted", token.column)
        result = Ratio(1)
        for _ in range(exponent):
            result = self.bounded(token.column, _combine, result, "*", base)
        return result

    def exponent(self) -> Size:
        """A plain number, a name or what stands in parentheses, a whole number of at least 0."""
        token = self.token
        if token.kind in ("number", "name") or token.text in ("(", "⌊", "⌈"):
            found = self.atom()
            size = found.over
            if found.under == 1 and (size >= 0 if isinstance(size, int) else size.integral):
                return size
        raise ExpressionError(
            "an exponent is a plain whole number, or a whole expression over a number: 2^n", token.column
        )

    def atom(self) -> Ratio:
        token = self.take()
        if token.kind == "number":
            value = Fraction(token.text)
            return Ratio(value.numerator, value.denominator)
        if token.kind == "name":
            return self.name(token)
        if token.text == "(":
            inner = self.sum()
            self.expect(")")
            return inner
        if token.text in ("⌊", "⌈"):
            inner = self.sum()
            self.expect("⌋" if token.text == "⌊" else "⌉")
            return self.bounded(token.column, _rounded, "floor" if token.text == "⌊" else "ceil", inner)
        raise ExpressionError(f"{token.text} where a number or a name is wanted: {ACCEPTED}", token.column)

    def name(self, token: Token) -> Ratio:
        if self.token.text == "(":
            return self.call(token)
        if token.text in FUNCTIONS:
            raise ExpressionError(f"{token.text} is a function and wants ( behind it", token.column)
        if token.text not in self.names:
            raise ExpressionError(
                f"unknown name {token.text}: {nearest(token.text, self.names, 'known are')}", token.column
            )
        value = self.names[token.text]
        return Ratio(value.numerator, value.denominator) if isinstance(value, Fraction) else Ratio(value)

    def call(self, token: Token) -> Ratio:
        if token.text not in FUNCTIONS:
            raise ExpressionError(f"{token.text}(…) is a call, which never runs: {ACCEPTED}", token.column)
        self.expect("(")
        arguments = [self.sum()]
        while self.token.text == ",":
            self.take()
            arguments.append(self.sum())
        self.expect(")")
        if token.text == "make_divisible":
            if len(arguments) > 2:
                raise ExpressionError(
                    "make_divisible takes a size and a divisor, as in make_divisible(32*w, 8)", token.column
                )
            return Ratio(self.bounded(token.column, _divisible, *arguments))
        if token.text in ("floor", "ceil", "round", "whole"):
            if len(arguments) != 1:
                raise ExpressionError(f"{token.text} takes one argument, as in {token.text}(X/2)", token.column)
            if token.text == "whole":
                return Ratio(_whole(self.text, arguments[0]))
            return self.bounded(token.column, _rounded, token.text, arguments[0])
        pair = token.text in ("gcd", "equals", "reaches")
        if len(arguments) < 2 or (pair and len(arguments) > 2) or any(a.under != 1 for a in arguments):
            wanted = "two whole arguments" if pair else "two or more whole arguments"
            raise ExpressionError(f"{token.text} takes {wanted}, as in {token.text}(X, 2)", token.column)
        sizes = [a.over for a in arguments]
        make: dict[str, Callable[..., Size]] = {
            "max": largest, "min": smallest, "gcd": gcd, "equals": equals, "reaches": reaches
        }  # fmt: skip
        return Ratio(self.bounded(token.column, make[token.text], *sizes))

    def bounded(self, column: int, make: Callable[..., T], *arguments: Any) -> T:
        """What is made of the arguments; what is wrong with them is so at the column."""
        try:
            return make(*arguments)
        except ExtentError as error:
            raise ExpressionError(str(error), column) from None


def _add(left: Ratio, right: Ratio, sign: int) -> Ratio:
    if left.under == right.under:
        return _ratio(left.over + sign * right.over, left.under)
    over = _times(left.over, right.under) + sign * _times(right.over, left.under)
    return _ratio(over, _times(left.under, right.under))


def _combine(left: Ratio, sign: str, right: Ratio) -> Ratio:
    if sign == "*":
        return _ratio(_times(left.over, right.over), _times(left.under, right.under))
    if sign == "/":
        return _ratio(_times(left.over, right.under), _times(left.under, right.over))
    quotient = floor(_times(left.over, right.under), _times(left.under, right.over))
    if sign == "//":
        return Ratio(quotient)
    return _add(left, _combine(Ratio(quotient), "*", right), -1)


def _rounded(name: str, ratio: Ratio) -> Ratio:
    over, under = ratio.over, ratio.under
    if name == "round":  # half up
        return Ratio(floor(2 * over + under, 2 * under))
    return Ratio(floor(over, under) if name == "floor" else ceiling(over, under))


def _power(base: Ratio, exponent: Extent) -> Size:
    if base.under != 1 or not isinstance(base.over, int) or base.over < 1:
        raise ExtentError("an exponent is a plain whole number, or its base is one, as in 2^n")
    try:
        require(at_least(exponent, 0), "an exponent of at least 0")
    except ShapeError:
        raise ExtentError(f"the exponent {exponent} is never 0 or more") from None
    made = power(base.over, exponent)
    if _measure(made)[2] > 8 * DIGITS:
        raise ExtentError("the expression grows too large")
    return made


def _divisible(value: Ratio, divisor: Ratio = Ratio(DIVISOR)) -> Size:
    d = divisor.over
    if divisor.under != 1 or (isinstance(d, int) and d < 1) or (isinstance(d, Extent) and not d.integral):
        raise ExtentError("make_divisible wants a whole divisor of at least 1")
    _times(9 * value.over, 10 * _times(d, value.under))  # within the bounds
    return make_divisible(value.over, value.under, d)


def _ratio(over: Size, under: Size) -> Ratio:
    if isinstance(under, int):
        if under == 0:
            raise ExtentError("a division by zero")
        if under < 0:
            over, under = -over, -under
        if isinstance(over, int):
            value = Fraction(over, under)
            return Ratio(value.numerator, value.denominator)
        if over.integral and all(c % under == 0 for c in over.terms.values()):
            return Ratio(Extent({m: c // under for m, c in over.terms.items()}))
    return Ratio(1) if over == under else Ratio(over, under)


def _times(a: Size, b: Size) -> Size:
    """The product, refused before it is made where it would be too large."""
    (terms_a, degree_a, bits_a), (terms_b, degree_b, bits_b) = _measure(a), _measure(b)
    if terms_a * terms_b > TERMS or degree_a + degree_b > DEGREE or bits_a + bits_b > 8 * DIGITS:
        raise ExtentError("the expression grows too large")
    return a * b


def _measure(size: Size) -> tuple[int, int, int]:
    if isinstance(size, int):
        return 1, 0, size.bit_length()
    degree = max(len(m) for m in size.terms)
    return len(size.terms), degree, max(c.bit_length() for c in size.terms.values())
