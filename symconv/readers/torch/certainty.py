"""What is certain of a float beside the fraction that it stands for, when it is rounded to an integer.

A float is near its fraction; only where the fraction is an integer may the float be just below or above it. By what it
was computed from it is known whether it can: ⌊n·0.7⌋ is ⌊7·n/10⌋ but for some n = 10·k, as 90·0.7 is 62.999….
"""

from __future__ import annotations

from enum import IntFlag
from fractions import Fraction
from functools import lru_cache
from typing import Final

import numpy as np

#: Sizes at which a float's product is compared with the fraction that is taken for it.
TRIED: Final = 1 << 13

#: The largest denominator of a fraction that a float is taken for; a float for which there is none has no multiple by a
#: number up to that which lies as near to an integer as floats are to what they stand for.
SIMPLE: Final = 1_000_000


class Certain(IntFlag):
    """What is certain of a float."""

    NOTHING = 0
    #: Where the fraction is an integer, the float is not below it; not above it.
    FLOOR = 1
    CEILING = 2
    #: Where the fraction has a power of 2 below, the float is the fraction; everywhere.
    DYADIC = 7
    EXACT = 15


@lru_cache(maxsize=1 << 10)
def meant(x: float) -> tuple[Fraction, Certain]:
    """The simplest fraction that is stored as a float, and what is certain of the float."""
    exact = Fraction(x)
    if exact.denominator <= 1 << 20:
        return exact, Certain.EXACT
    for most in (100, 10_000, SIMPLE):
        nice = exact.limit_denominator(most)
        if float(nice) == x:
            return nice, Certain.DYADIC
    return exact, Certain.DYADIC


@lru_cache(maxsize=1 << 10)
def _multiples(x: float) -> Certain:
    """What is certain of the product of an integer and a float."""
    fraction, _ = meant(x)
    if fraction.denominator > SIMPLE:  # no multiple of it is that near to an integer
        return Certain.FLOOR | Certain.CEILING
    if abs(fraction.numerator) >= 1 << 40:
        return Certain.NOTHING
    sizes = np.arange(1, TRIED, dtype=np.int64)
    floats = sizes.astype(np.float64) * x
    below = sizes * fraction.numerator // fraction.denominator
    above = -(-sizes * fraction.numerator // fraction.denominator)
    found = Certain.NOTHING
    if np.array_equal(np.floor(floats), below.astype(np.float64)):
        found |= Certain.FLOOR
    if np.array_equal(np.ceil(floats), above.astype(np.float64)):
        found |= Certain.CEILING
    return found


def of_negative(a: Certain) -> Certain:
    """Of −a."""
    return {Certain.FLOOR: Certain.CEILING, Certain.CEILING: Certain.FLOOR}.get(a, a)


def of_sum(a: Certain, b: Certain, a_whole: bool, b_whole: bool) -> Certain:
    """Of a + b; whole are exact integers."""
    if Certain.EXACT in (a, b):
        other, whole = (b, a_whole) if a == Certain.EXACT else (a, b_whole)
        if other == Certain.EXACT or other & Certain.DYADIC == Certain.DYADIC:
            return other
        return other if whole else Certain.NOTHING
    return Certain.NOTHING


def of_product(a: Certain, b: Certain, scaled: bool, multiple_of: float | None) -> Certain:
    """Of a·b; `scaled` where one is a power of 2, `multiple_of` the float where the other one is an exact integer."""
    if a == b == Certain.EXACT:
        return Certain.EXACT
    if scaled:
        return min(a, b)
    return Certain.NOTHING if multiple_of is None else _multiples(multiple_of)


def of_quotient(a: Certain, b: Certain, scaled: bool, dyadic: bool) -> Certain:
    """Of a/b; `scaled` where b is a power of 2, `dyadic` where the fraction has a power of 2 below."""
    if scaled:
        return a
    if a == b == Certain.EXACT:
        return Certain.EXACT if dyadic else Certain.DYADIC
    return Certain.NOTHING
