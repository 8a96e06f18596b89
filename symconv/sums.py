"""Sums over the rounds of a repeated block: Σ over begin ≤ i < end of a cost, in closed form wherever there is one.

A term is what is free of i times Π over its factors that are not; expanded, these are products of

- i^k, which Faulhaber's polynomials add up: Σ_{i<n} i = n²/2 − n/2;
- powers b^(α + β·i), whose product is V(i) = V(0)·ρ^i, so that Σ V(i) = (V(end) − V(begin))/(ρ − 1), and
  Σ i^k·V(i) = P(end)·V(end) − P(begin)·V(begin) with the polynomial that has ρ·P(i + 1) − P(i) = i^k;
- exact quotients: one by a number is its dividend with a fraction in front, and c/2^i is c·(1/2)^i.

Anything else, a window ⌊X/2^i⌋ above all, leaves the term an explicit Σ. A closed form holds where begin ≤ end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache, reduce
from math import comb, lcm
from operator import mul

from symconv.bounding import at_least
from symconv.cost import (
    ZERO,
    Cost,
    Factor,
    as_extent,
    cost_of,
    exact_rational,
    explicit,
    in_one,
    mapped,
    power_cost,
    product,
    total_of,
)
from symconv.extent import Atom, Extent, Floor, Monomial, Power, Size, Sum, from_terms, size_of, symbols_of
from symconv.powers import power
from symconv.rounding import floor
from symconv.symbols import Index


def sum_over(cost: Cost, i: Index) -> Cost:
    """Σ of a cost over the rounds of an index.

    >>> from symconv.symbols import index, symbol
    >>> x, c, n = size_of(symbol("X")), size_of(symbol("C_in")), size_of(symbol("n", "count"))
    >>> i = index("i", 0, n)
    >>> sum_over(product(x, c + 32 * size_of(i)), i)
    n·X·(C_in + 16·n − 16)
    >>> sum_over(product(x, power(4, size_of(i))), i), sum_over(product(3, x // power(2, size_of(i))), i)
    ((1/3)·X·(4^n − 1), 3·Σ_{i<n} ⌊X/2^i⌋)
    """
    if isinstance(i.end, int) and i.end <= i.begin:
        return ZERO
    return total_of(_term(factors, i) * c for factors, c in cost.terms.items())


def closed(cost: Cost) -> Cost:
    """The cost with each Σ in it in closed form where it has one by now: after a substitution, say."""
    return mapped(cost, _again)


def _again(factor: Factor) -> Cost:
    if isinstance(factor, Sum):
        return sum_over(closed(product(*factor.factors)), factor.index)
    return Cost({(factor,): 1})


def _term(factors: Sequence[Factor], i: Index) -> Cost:
    front = Cost({tuple(f for f in factors if i not in symbols_of(as_extent(f))): 1})
    moving = [f for f in factors if i in symbols_of(as_extent(f))]
    if not moving:
        return front * product(i.end - i.begin)
    parts = []
    for monomial, c in exact_rational(Cost({tuple(moving): 1})).expanded().items():
        part = _monomial(monomial, i)
        if part is None:
            return front * explicit(i, map(as_extent, moving))
        parts.append(part * c)
    return front * total_of(parts)


def _monomial(monomial: Monomial, i: Index) -> Cost | None:
    """Σ of a product of atoms; None where it has no closed form here."""
    front: list[Atom] = []
    degree, number, above = 0, Fraction(1), product(1)
    exponents: dict[int, Size] = {}
    for a in monomial:
        if i not in a.symbols:
            front.append(a)
        elif a is i:
            degree += 1
        elif isinstance(a, Power):
            need = a.need or 0  # 8·2^(−i), as it is expanded for i ≤ 3, is 2^(3 − i): whole
            number /= a.base**need
            exponents[a.base] = exponents.get(a.base, 0) + a.exponent + need
        else:
            parts = _quotient(a, i)
            if parts is None:
                return None
            over, k, below = parts
            above, number = above * over, number / k
            for base, e in below.items():
                exponents[base] = exponents.get(base, 0) - e
    rates = {base: e.terms.get((i,), 0) if isinstance(e, Extent) else 0 for base, e in exponents.items()}
    if any(i in symbols_of(e - rates[base] * size_of(i)) for base, e in exponents.items()):
        return None

    def value(j: Size) -> Cost:
        at = {base: e + rates[base] * (j - size_of(i)) for base, e in exponents.items()}
        return _scaled(whole, at)

    # 2^n·2^(n − 1) expands to ½·4^n: what is divided is whole, and the half stands in front.
    scale = lcm(*(Fraction(c).denominator for c in above.expanded().values()))
    whole, number = _whole(above * scale), number / scale
    ratio = reduce(mul, (Fraction(base) ** rate for base, rate in rates.items()), Fraction(1))
    falling = any(rate < 0 for rate in rates.values())
    total = _total(i, degree, ratio, value, falling)
    return cost_of({tuple(front): number}) * (in_one(total) if not degree and ratio != 1 and whole == 1 else total)


def _whole(cost: Cost) -> Size:
    return from_terms({m: int(c) for m, c in cost.expanded().items()})


def _quotient(atom: Atom, i: Index) -> tuple[Size, int, dict[int, Size]] | None:
    """What an exact quotient by a number and powers divides, the number, and the exponents of the powers."""
    if not isinstance(atom, Floor) or not atom.exact or i in symbols_of(atom.over):
        return None
    if not isinstance(atom.under, Extent) or len(atom.under.terms) != 1:
        return None
    ((divisor, k),) = atom.under.terms.items()
    powers = [a for a in divisor if isinstance(a, Power)]
    return (atom.over, k, {a.base: a.exponent for a in powers}) if len(powers) == len(divisor) else None


def _scaled(above: Size, exponents: Mapping[int, Size]) -> Cost:
    """above·Π base^e; an exact quotient by the powers whose exponents are at most 0."""
    below: Size = 1
    beside = product(1)
    for base, e in exponents.items():
        if above != 1 and at_least(0, e):
            below = below * power(base, -e)
        else:
            beside = beside * power_cost(base, e)
    return product(floor(above, below, exact=True)) * beside


def _total(i: Index, degree: int, ratio: Fraction, value: Callable[[Size], Cost], falling: bool) -> Cost:
    """Σ i^degree·value(i), where value(i + 1) is ratio·value(i); a `falling` value is whole in the last round alone."""
    if ratio == 1:
        return value(i.begin) * (_at(_faulhaber(degree), i.end) - _at(_faulhaber(degree), i.begin))
    polynomial = _geometric(degree, ratio)
    beyond = value(i.end - 1) * ratio if falling else value(i.end)
    return beyond * _at(polynomial, i.end) - value(i.begin) * _at(polynomial, i.begin)


def _at(polynomial: Sequence[Fraction], j: Size) -> Cost:
    """A polynomial at a size, which stays whole."""
    return total_of(product(*[j] * k) * c for k, c in enumerate(polynomial))


@cache
def _faulhaber(k: int) -> tuple[Fraction, ...]:
    """The coefficients in n, lowest first, of Σ over 0 ≤ i < n of i^k, from n^(k + 1) = Σ_{j≤k} C(k + 1, j)·Σ i^j."""
    total = [Fraction(0)] * (k + 1) + [Fraction(1)]
    for j in range(k):
        for p, c in enumerate(_faulhaber(j)):
            total[p] -= comb(k + 1, j) * c
    return tuple(c / (k + 1) for c in total)


@cache
def _geometric(k: int, ratio: Fraction) -> tuple[Fraction, ...]:
    """The coefficients, lowest first, of the polynomial with ρ·P(i + 1) − P(i) = i^k."""
    out = [Fraction(0)] * k + [1 / (ratio - 1)]
    for m in reversed(range(k)):
        out[m] = -ratio * sum(comb(j, m) * out[j] for j in range(m + 1, k + 1)) / (ratio - 1)
    return tuple(out)
