"""Ratios of costs: in closed form with what both share cancelled, and their limits as a symbol grows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from operator import or_
from typing import Any

from symconv.analysis.bands import ratio as powers_of
from symconv.analysis.growth import leading, order
from symconv.analysis.shared import shared_symbols, without
from symconv.asked import as_cost, symbol_named
from symconv.cost import Cost, Factor, Factors, Number, cost_symbols, product, total_of
from symconv.errors import ExtentError, SymbolError, SymconvError
from symconv.extent import Extent, Floor, size_of, symbols_of
from symconv.formula import set_cost
from symconv.notation import ATOM, TEXT, Style
from symconv.sizes import Undecided
from symconv.symbols import Symbol, by_name


@dataclass(frozen=True)
class Ratio:
    """A sum of quotients of costs, nothing in a quotient standing above and below.

    >>> from symconv.extent import size_of
    >>> from symconv.symbols import symbol
    >>> k, c, d, m, n = (size_of(symbol(s)) for s in ("K", "C_in", "C_out", "M", "N"))
    >>> standard = product(n, k, k, c, d, m, m)
    >>> separable = product(n, k, k, c, m, m) + product(n, c, d, m, m)
    >>> print(ratio(separable, standard))
    1/C_out + 1/K²
    """

    quotients: tuple[tuple[Cost, Cost], ...]

    @property
    def number(self) -> Fraction | None:
        """The number that it is; None where it has symbols."""
        if any(cost_symbols(cost) for pair in self.quotients for cost in pair):
            return None
        return sum((_number(over) / _number(under) for over, under in self.quotients), Fraction(0))

    def text(self, style: Style = TEXT) -> str:
        """The sum, as 1/C_out + 1/K²."""
        if not self.quotients:
            return "0"
        return " + ".join(_written(over, under, style) for over, under in self.quotients)

    def __str__(self) -> str:
        return self.text()


def _number(cost: Cost) -> Fraction:
    return Fraction(cost.terms.get((), 0))


def _written(over: Cost, under: Cost, style: Style) -> str:
    above = set_cost(over, style)
    if under == product(1):
        return above.text
    below = set_cost(under, style)
    base = {f for factors in under.terms for f in factors}
    alone = len(under.terms) == 1 and (not base or (len(base) == 1 and 1 in under.terms.values()))
    numerator = above.text if len(over.terms) == 1 else style.within(above, ATOM)
    return f"{numerator}/{below.text}" if alone else f"{numerator}/({below.text})"


def ratio(first: Any, second: Any) -> Ratio:
    """The first cost over the second: term by term where the second is one product, else as one quotient.

    Raises ExtentError where the second is 0.
    """
    a, b = as_cost(first), as_cost(second)
    if not b:
        raise ExtentError("a ratio to a cost that is 0")
    if len(b.terms) == 1:
        ((under, d),) = b.terms.items()
        return Ratio(tuple(_quotient(factors, c, under, d) for factors, c in a.terms.items()))
    common = Counter(shared_symbols(a)) & Counter(shared_symbols(b))
    shared = list(common.elements())
    return Ratio(((without(a, shared), without(b, shared)),)) if a else Ratio(())


def _quotient(over: Factors, c: Number, under: Factors, d: Number) -> tuple[Cost, Cost]:
    common = Counter(over) & Counter(under)
    number = Fraction(c) / Fraction(d)
    above, below = (_product(Counter(factors) - common) for factors in (over, under))
    return above * number.numerator, below * number.denominator


@dataclass(frozen=True)
class Limit:
    """What a ratio tends to: a ratio in the other symbols, or, `infinite`, beyond all bounds."""

    symbol: Symbol
    value: Ratio
    infinite: bool = False

    def text(self, style: Style = TEXT) -> str:
        """`58464·N`, `0` or `∞`."""
        return "∞" if self.infinite else self.value.text(style)

    def __str__(self) -> str:
        return self.text()


def limit(first: Any, second: Any, symbol: Any) -> Limit:
    """The limit of the first cost over the second as a symbol grows, all others held fixed; floors are bounded exactly.

    Raises SymbolError where neither depends on the symbol, Undecided where there is no limit, as the leading
    coefficient depends on the residue class, or none is proven.

    >>> from symconv.readers import load
    >>> net = load("vgg16")
    >>> n, x = net.symbols["N"], net.symbols["X"]
    >>> print(limit(net.cost("macs"), product(n, x, x), "X"), limit(net.cost("params"), net.cost("macs"), "X"))
    305856 0
    """
    a, b = as_cost(first), as_cost(second)
    if not b:
        raise ExtentError("a ratio to a cost that is 0")
    known = by_name(cost_symbols(a) | cost_symbols(b))
    x = known.get(symbol) if isinstance(symbol, str) else symbol_named(symbol)
    if x not in known.values() or x is None:
        raise SymbolError(f"neither cost depends on {symbol}")
    (p, above), (q, below) = (_first(cost, x) for cost in (a, b))
    if p > q:
        return Limit(x, Ratio(()), infinite=True)
    return Limit(x, ratio(above[0] * below[1], above[1] * below[0]) if p == q else Ratio(()))


def _first(cost: Cost, x: Symbol) -> tuple[int, tuple[Cost, Cost]]:
    """The degree in a symbol, and the coefficient of that power as a cost over another one."""
    if x not in cost_symbols(cost):
        return 0, (cost, product(1))
    degree = order(cost, x)
    try:
        top = leading(cost, [x])
    except Undecided:
        raise
    except SymconvError as error:
        raise Undecided(f"there is no limit: {error}") from None
    terms = [(_powers(factors, x), c) for factors, c in top.terms.items()]
    under = reduce(
        or_, (-powers for powers, _ in terms), Counter[Factor]()
    )  # the least that all coefficients are whole over
    over = total_of(_product(powers + under) * c for powers, c in terms)
    return degree, (over, _product(under))


def _powers(factors: Factors, x: Symbol) -> Counter[Factor]:
    """The powers in a product without those of a symbol, which an exact quotient such as C_in/g may have."""
    powers: Counter[Factor] = Counter()
    for f in factors:
        for base, e in (isinstance(f, Floor) and x in f.symbols and powers_of(f)) or ((f, 1),):
            powers[base] += e
    del powers[x]
    if any(x in symbols_of(f if isinstance(f, Extent) else size_of(f)) for f in powers):
        raise Undecided(f"{_product(+powers)} is no power of {x} and what does not depend on it")
    return powers


def _product(powers: Counter[Factor]) -> Cost:
    return product(*(f if isinstance(f, Extent) else size_of(f) for f in powers.elements()))
