"""Powers among sizes: base^exponent, and the normal form of a product of powers.

The normal form of a product of powers has one power of each prime, and a number in an exponent is a factor:
2^(i + 1) = 2·2^i, and 2^n/2 is 2^(n − 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import gcd as integer_gcd
from typing import Final

from symconv import bounding
from symconv.errors import ExtentError
from symconv.extent import EXPONENT, Extent, Monomial, Power, Size, from_terms, without
from symconv.primes import primes

#: The greatest base of a power whose exponent is no number: it is taken apart into primes.
BASE: Final = 1 << 20

#: Bits of a power that is worked out.
BITS: Final = 10_000


def power(base: int, exponent: Size) -> Size:
    """base^exponent, the base a number from 1 to 2^20, the exponent at least 0 where it is used.

    Raises ExtentError for any other base, an exponent that is below 0 or no integer, and a number of more than
    10,000 bits.

    >>> from symconv.extent import size_of
    >>> from symconv.symbols import symbol
    >>> n = size_of(symbol("n", "count"))
    >>> power(2, n + 1), power(2, n) * power(2, n), 3 * power(2, n - 1) - power(2, n)
    (2·2^n, 4^n, 2^(n − 1))
    """
    if base < 1:
        raise ExtentError(f"a power of {base}: its base is at least 1")
    if isinstance(exponent, int):
        if exponent < 0:
            raise ExtentError(f"{base}^({exponent}): an exponent of extents is at least 0")
        if (base.bit_length() - 1) * exponent > BITS:
            raise ExtentError(f"{base}^{exponent} has more than {BITS:,} bits, the most that is worked out")
        number: int = base**exponent
        return number
    if not exponent.integral:
        raise ExtentError(f"{base}^({exponent}): an exponent of extents is a whole number")
    if base == 1:
        return 1
    if base > BASE:
        raise ExtentError(f"a power of {base}: its base is at most {BASE:,} where the exponent is no number")
    monomial, factor = _joined((), {p: k * exponent for p, k in primes(base, BASE)[0]})
    return from_terms({monomial: integer(factor)})


def split(monomial: Monomial) -> tuple[Monomial, dict[int, Size]]:
    """The factors that are no powers, and the exponent of each base."""
    exponents: dict[int, Size] = {}
    others = []
    for a in monomial:
        if isinstance(a, Power):
            exponents[a.base] = exponents.get(a.base, 0) + a.exponent
        else:
            others.append(a)
    return tuple(others), exponents


def _joined(others: Monomial, exponents: Mapping[int, Size], whole: bool = True) -> tuple[Monomial, Fraction]:
    """A product with these powers, and the number that comes out of their exponents.

    All of it comes out where the powers need not stay `whole`.
    """
    number, powers = Fraction(1), []
    for base in sorted(exponents):
        e = exponents[base]
        constant = e if isinstance(e, int) else e.terms.get((), 0)
        if isinstance(e, Extent) and whole:
            need = _need(base, e)
            constant = 0 if need is None else max(constant - need, 0)
        if abs(constant) * (base.bit_length() - 1) > BITS:
            raise ExtentError(f"{base}^{constant} has more than {BITS:,} bits, the most that is worked out")
        number *= Fraction(base) ** constant
        rest = e - constant
        if isinstance(rest, Extent):
            powers.append(Power(base, rest))
    return (*others, *powers), number


def collected(monomial: Monomial) -> tuple[Monomial, Fraction]:
    """A product with one power of each base, and the number that is left: 2^n·2^(i − n) is 2^i."""
    return _joined(*split(monomial))


def bare(monomial: Monomial) -> tuple[Monomial, Fraction]:
    """A product with no number in an exponent, and that number: 2^(n − 1) is 2^n and 1/2."""
    return _joined(*split(monomial), whole=False)


def owing(monomial: Monomial, c: int | Fraction) -> tuple[Monomial, int | Fraction]:
    """c·monomial with numbers in the exponents, so that powers and number are whole: (3/2)·2^n is 3·2^(n − 1)."""
    others, exponents = split(monomial)
    shared = {base: e for base, e in sorted(exponents.items()) if _need(base, e) is not None}
    for base, e in shared.items():
        need = _need(base, e) or 0
        c, exponents[base] = Fraction(c, base**need), e + need
    for base in shared:
        while c.denominator % base == 0:
            c, exponents[base] = c * base, exponents[base] - 1
    return _joined(others, exponents)[0], int(c) if c.denominator == 1 else c


def _need(base: int, exponent: Size) -> int | None:
    return 0 if isinstance(exponent, int) else Power(base, exponent).need


def settled(terms: Mapping[Monomial, int]) -> dict[Monomial, int]:
    """Terms with equal products of powers together, the numbers in their exponents as they have to be."""
    together: dict[Monomial, int | Fraction] = {}
    for m, c in terms.items():
        fixed = tuple(a for a in m if isinstance(a, Power) and a.need is None)
        k, number = bare(tuple(a for a in m if a not in fixed))
        together[k + fixed] = together.get(k + fixed, 0) + c * number
    return {m: integer(c) for m, c in (owing(m, c) for m, c in together.items() if c)}


def owes(monomial: Monomial) -> bool:
    """Whether an exponent has a lower number than its product may: 2^(n − 1)."""
    return any(isinstance(a, Power) and a.owed for a in monomial)


def integer(number: int | Fraction) -> int:
    """The number, which is whole where no exponent is below 0."""
    if number.denominator != 1:
        raise ExtentError("a power whose exponent is below 0")
    return int(number)


def per(monomial: Monomial, divisor: Monomial) -> tuple[Monomial, Fraction] | None:
    """monomial/divisor as a product that is shown to be whole, and a number; None where there is none."""
    plain, below = split(divisor)
    left = without(monomial, plain)
    if left is None or not below:
        return None if left is None else (left, Fraction(1))
    others, exponents = split(left)
    number = Fraction(1)
    for base, e in below.items():
        if base not in exponents:
            return None
        rest = exponents.pop(base) - e
        bound = bounding.lower_bound(rest)
        if bound is None or bound < -EXPONENT:
            return None
        shift = bound if isinstance(rest, int) else min(bound, EXPONENT)
        number *= Fraction(base) ** shift
        if not isinstance(rest, int):
            exponents[base] = rest - shift
    whole, more = _joined(others, exponents)
    return whole, number * more


def lifted(monomial: Monomial, c: int, s: int, every: bool = False) -> tuple[Monomial, int]:
    """c·monomial with what its powers have in common with s in the number: 2^n·q over 4 is 2·2^(n − 1)·q.

    With `every`, as much as can come out, so that the residue is of the least power.
    """
    others, exponents = split(monomial)
    for base, e in exponents.items():
        bound = min(bounding.lower_bound(e) or 0, EXPONENT)
        while bound > 0 and (every or integer_gcd(base, s // integer_gcd(c, s)) > 1):
            c, bound, exponents[base] = c * base, bound - 1, exponents[base] - 1
    whole, number = _joined(others, exponents)
    return whole, c * integer(number)


def shifted(size: Extent, base: int, exponent: Size) -> Size:
    """The size over base^exponent, which divides each of its terms."""
    terms: dict[Monomial, int] = {}
    for m, c in size.terms.items():
        others, exponents = split(m)
        whole, number = _joined(others, {**exponents, base: exponents[base] - exponent})
        terms[whole] = terms.get(whole, 0) + integer(c * number)
    return from_terms(terms)
