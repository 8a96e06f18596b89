"""max, min and gcd of sizes, taken apart as far as is proven."""

from __future__ import annotations

from collections.abc import Callable
from math import gcd as integer_gcd
from typing import Final, NamedTuple

from symconv.bounding import at_least
from symconv.errors import ExtentError
from symconv.extent import Extent, Function, Size, from_terms, order, size_of, terms_of
from symconv.rounding import ceiling, floor


def make_divisible(over: Size, under: Size, divisor: Size) -> Size:
    """d·max(1, ⌊v/d + 1/2⌋, ⌈9·v/(10·d)⌉) of v = over/under: the multiple of d nearest to v, at least 9/10 of it.

    So channels are rounded in the code of MobileNet's papers: new = max(d, ⌊v + d/2⌋ // d · d), and new + d where
    new < 0.9·v. For new = d·m with m ≥ v/d − 1/2 < 9·v/(10·d), m + 1 is ⌈9·v/(10·d)⌉, since m + 1 ≥ v/d + 1/2.

    >>> from symconv.symbols import symbol
    >>> w = size_of(symbol("w", "multiplier"))
    >>> make_divisible(32, 1, 8), make_divisible(19, 1, 8), make_divisible(16 * w, 1, 8)
    (32, 24, make_divisible(16·w, 8))
    """
    spelled = _spelled(over, under, divisor)
    if isinstance(spelled, int) or not any(
        isinstance(a, Function) and a.name == "max" for m in spelled.terms for a in m
    ):
        return spelled
    return size_of(Function("make_divisible", (over, under, divisor)))


def _spelled(over: Size, under: Size, divisor: Size) -> Size:
    below = divisor * under
    return divisor * largest(1, floor(2 * over + below, 2 * below), ceiling(9 * over, 10 * below))


def spelled(atom: Function) -> Size:
    """A make_divisible in terms of max, floor and ceiling."""
    return _spelled(*atom.arguments)


def largest(*sizes: Size) -> Size:
    """The largest of some sizes, what they have in common taken out and what is never the largest left out.

    >>> from symconv.symbols import symbol
    >>> x = size_of(symbol("X"))
    >>> largest(x + 3, x + 1), largest(x, 5)
    (X + 3, max(5, X))
    """
    return _extreme("max", sizes)


def smallest(*sizes: Size) -> Size:
    """The smallest of some sizes, as `largest`."""
    return _extreme("min", sizes)


def _extreme(name: str, sizes: tuple[Size, ...]) -> Size:
    choose = max if name == "max" else min
    table = [terms_of(s) for s in sizes]
    common = {m: c for m, c in table[0].items() if m and all(t.get(m) == c for t in table[1:])}
    base = from_terms(common)
    left: list[Size] = []
    for size in sorted({s - base for s in sizes}, key=order):
        if not any(_dominates(name, kept, size) for kept in left):
            left = [kept for kept in left if not _dominates(name, size, kept)] + [size]
    numbers = [s for s in left if isinstance(s, int)]
    others = [s for s in left if not isinstance(s, int)]
    arguments = ([choose(numbers)] if numbers else []) + others
    if len(arguments) == 1:
        return base + arguments[0]
    return base + size_of(Function(name, tuple(arguments)))


def _dominates(name: str, a: Size, b: Size) -> bool:
    return at_least(a, b) if name == "max" else at_least(b, a)


def equals(a: Size, b: Size) -> Size:
    """Iverson's [a = b]: 1 where two sizes are equal, else 0.

    >>> from symconv.symbols import symbol
    >>> x = size_of(symbol("X"))
    >>> equals(x, 7), equals(x + 1, x), equals(x, 0)
    ([X = 7], 0, 0)
    """
    apart = a - b
    if isinstance(apart, int):
        return int(apart == 0)
    if any(at_least(h, 1) for h in (apart, -apart)):
        return 0
    low, high = sorted((a, b), key=order)
    return size_of(Function("equals", (high, low)))


def reaches(a: Size, b: Size) -> Size:
    """Iverson's [a ≥ b]: 1 where the first size is at least the second, else 0.

    >>> from symconv.symbols import symbol
    >>> x = size_of(symbol("X"))
    >>> reaches(x, 7), reaches(x, 1), reaches(0, x)
    ([X ≥ 7], 1, 0)
    """
    apart = a - b
    if isinstance(apart, int):
        return int(apart >= 0)
    if at_least(a, b):
        return 1
    if at_least(-apart, 1):
        return 0
    return size_of(Function("reaches", (a, b)))


def gcd(a: Size, b: Size) -> Size:
    """The greatest common divisor of two positive sizes; with a number, of what the other one is modulo it.

    >>> from symconv.symbols import symbol
    >>> x = size_of(symbol("X"))
    >>> gcd(x, 7), gcd(14 * x, 7), gcd(x, x)
    (gcd(7, X), 7, X)
    >>> gcd(7 * x + 3, 7), gcd(15 * x, 7)
    (1, gcd(7, X))
    """
    if isinstance(a, int) and isinstance(b, int):
        return integer_gcd(a, b)
    if a == b:
        return b
    for n, e in ((a, b), (b, a)):
        if isinstance(n, int):
            if n < 1:
                raise ExtentError(f"the greatest common divisor of {e} and {n}: both must be at least 1")
            if isinstance(e, Extent) and e.integral:
                rest = from_terms(
                    {m: c if abs(c) < n else c % n for m, c in e.terms.items()}
                )  # multiples of n do not matter
                if isinstance(rest, int):
                    return integer_gcd(n, rest)
                a, b = n, rest
    low, high = sorted((a, b), key=order)
    return size_of(Function("gcd", (low, high)))


# -- by name -------------------------------------------------------------------------------------------------------


class Named(NamedTuple):
    """What a function makes of numbers, and of sizes."""

    of_numbers: Callable[..., int]
    of_sizes: Callable[..., Size]


def _rounded(over: int, under: int, divisor: int) -> int:
    below = divisor * under
    return divisor * max(1, (2 * over + below) // (2 * below), -(-9 * over // (10 * below)))


#: The functions of `symconv.extent.Function` by name.
FUNCTIONS: Final[dict[str, Named]] = {
    "max": Named(max, largest),
    "min": Named(min, smallest),
    "gcd": Named(integer_gcd, gcd),
    "ceil": Named(lambda over, under: -(-over // under), ceiling),
    "make_divisible": Named(_rounded, make_divisible),
    "equals": Named(lambda a, b: int(a == b), equals),
    "reaches": Named(lambda a, b: int(a >= b), reaches),
}


def apply(name: str, *sizes: Size) -> Size:
    """The function of this name of some sizes."""
    return FUNCTIONS[name].of_sizes(*sizes)
