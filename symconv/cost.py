"""Cost: a rational combination of products of whole sizes.

A layer's work is a product such as N·C_in·C_out·K²·M², and M stays whole in it: (X − 2)² is kept, not X² − 4·X + 4, and
the terms of a network collect by their extents. What stands in front of all terms (N, in a network) is taken out when a
cost is set or handed to SymPy. Nothing is simplified, factored or cancelled, so adding a layer takes microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from math import gcd, lcm, prod
from typing import Any, Final

from symconv.errors import ExtentError
from symconv.extent import Atom, Extent, Floor, Monomial, Power, Size, Sum, from_terms, size_of, symbols_of, terms_of
from symconv.powers import bare
from symconv.symbols import Index, Symbol
from symconv.values import WRITTEN, apart, evaluate, evaluate_atom, raised, renamed, substitute, sum_atom, summed

Number = int | Fraction

#: Terms of an expansion that is tried for being shorter.
EXPANDED: Final = 200_000

#: A factor is an atom, or an extent of several terms that stays whole.
Factor = Atom | Extent
Factors = tuple[Factor, ...]


def factor_key(factor: Factor) -> tuple[Any, ...]:
    """A key that orders factors the same way on every run: extents behind floors, powers last."""
    return (3, factor.key) if isinstance(factor, Extent) else factor.key


def as_extent(factor: Factor) -> Extent:
    """A factor as the extent that it is."""
    return factor if isinstance(factor, Extent) else size_of(factor)


class Cost:
    """A sum of products of sizes with rational coefficients; made by `product` and by + and ·.

    >>> from symconv.symbols import symbol
    >>> x, n = size_of(symbol("X")), size_of(symbol("N"))
    >>> product(n, 64, x - 2, x - 2) + product(n, 3, x // 2) + 5 * product(n)
    N·(3·⌊X/2⌋ + 64·(X − 2)² + 5)
    """

    __slots__ = ("terms",)

    def __init__(self, terms: Mapping[Factors, Number]) -> None:
        self.terms = {f: c if c.__class__ is int else plain_number(c) for f, c in terms.items() if c}

    def __add__(self, other: Cost | int) -> Cost:
        return total_of((self, other if isinstance(other, Cost) else product(other)))

    __radd__ = __add__

    def __neg__(self) -> Cost:
        return self * -1

    def __sub__(self, other: Cost | int) -> Cost:
        return self + -other

    def __mul__(self, other: Cost | Size | Fraction) -> Cost:
        if isinstance(other, int | Fraction):
            return Cost({f: c * other for f, c in self.terms.items()})
        if isinstance(other, Extent):
            other = product(other)
        terms: dict[Factors, Number] = {}
        for f, c in self.terms.items():
            for g, d in other.terms.items():
                k = tuple(sorted(f + g, key=factor_key)) if f and g else f or g
                if k and k[-1].__class__ is Power and f and g:
                    k, number = _together(k)
                    terms[k] = terms.get(k, 0) + c * d * number
                else:
                    terms[k] = terms.get(k, 0) + c * d
        return Cost(terms)

    __rmul__ = __mul__

    def __eq__(self, other: object) -> bool:
        """Equal as polynomials in the atoms; for equality as functions see `symconv.equality`."""
        if isinstance(other, int):
            other = product(other)
        return isinstance(other, Cost) and (self.terms == other.terms or self._polynomial() == other._polynomial())

    def __hash__(self) -> int:
        wide = self._polynomial()
        return hash(frozenset(wide.items())) if wide.keys() - {()} else hash(wide.get((), 0))

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __reduce__(self) -> tuple[Any, ...]:
        return Cost, (self.terms,)

    def expanded(self) -> dict[Monomial, Number]:
        """The polynomial in the atoms: {product of atoms: coefficient}."""
        terms: dict[Monomial, Number] = {}
        for factors, c in self.terms.items():
            whole: Size = 1
            for f in factors:
                whole = whole * (f if isinstance(f, Extent) else _split_sum(f) if isinstance(f, Sum) else size_of(f))
            for m, d in terms_of(whole).items():
                if m and m[-1].__class__ is Power:
                    m, number = bare(m)
                    terms[m] = terms.get(m, 0) + plain_number(c * d * number)
                else:
                    terms[m] = terms.get(m, 0) + c * d
        return {m: c for m, c in terms.items() if c}

    def _polynomial(self) -> dict[Monomial, Number]:
        """`expanded`, with C/2^i as C·2^(−i)."""
        wide = self.expanded()
        if not any(_power_below(a) for m in wide for a in m):
            return wide
        return mapped(cost_of(wide), _powers_above)._polynomial()


ZERO: Final = Cost({})


def _power_below(factor: Factor) -> dict[Monomial, int]:
    """The divisor of an exact quotient by powers and a number; nothing for anything else."""
    if not isinstance(factor, Floor) or not factor.exact or not isinstance(factor.under, Extent):
        return {}
    terms = factor.under.terms
    return terms if len(terms) == 1 and all(isinstance(a, Power) for m in terms for a in m) else {}


def _powers_above(factor: Factor) -> Cost:
    for divisor, k in _power_below(factor).items():
        assert isinstance(factor, Floor)
        below = (power_cost(a.base, -a.exponent) for a in divisor if isinstance(a, Power))
        return product(factor.over) * Fraction(1, k) * product_of(below)
    return Cost({(factor,): 1})


def plain_number(number: Number) -> Number:
    """A fraction that is whole as an integer."""
    return int(number) if number.denominator == 1 else number


def _together(factors: Iterable[Factor]) -> tuple[Factors, Number]:
    """Factors with one power of each base, no number in its exponent, and the number that comes out of them."""
    whole = tuple(f for f in factors if isinstance(f, Extent))
    atoms, number = bare(tuple(f for f in factors if not isinstance(f, Extent)))
    return tuple(sorted((*atoms, *whole), key=factor_key)), plain_number(number)


def _split_sum(form: Sum) -> Size:
    """The sum of a sum of terms, term by term."""
    terms = terms_of(form.body)
    return (
        size_of(form) if len(terms) == 1 else sum((summed(form.index, [Extent({m: c})]) for m, c in terms.items()), 0)
    )


def product(*sizes: Size | Fraction) -> Cost:
    """The product of some sizes and fractions; numbers and the content of each size go to the coefficient."""
    coefficient: Number = 1
    factors: list[Factor] = []
    for size in sizes:
        if isinstance(size, int | Fraction):
            coefficient *= size
            continue
        if len(size.terms) == 1:
            ((monomial, c),) = size.terms.items()
            factors += monomial
        else:
            c, whole = _content(size)
            factors.append(whole)
        coefficient *= c
    ordered = tuple(sorted(factors, key=factor_key))
    if ordered and ordered[-1].__class__ is Power:
        ordered, number = _together(ordered)
        coefficient = plain_number(coefficient * number)
    return Cost({ordered: coefficient})


def _content(size: Extent) -> tuple[int, Extent]:
    """The greatest number that divides all terms, and the rest; the written form's first term is positive."""
    c = gcd(*size.terms.values())
    if all(v < 0 for v in size.terms.values()):
        c = -c
    return c, size if c == 1 else Extent({m: v // c for m, v in size.terms.items()})


def total_of(costs: Iterable[Cost]) -> Cost:
    """The sum of many costs, in time linear in their terms."""
    terms: dict[Factors, Number] = {}
    for cost in costs:
        for f, c in cost.terms.items():
            terms[f] = terms.get(f, 0) + c
    return Cost(terms)


def cost_of(polynomial: Mapping[Monomial, Number]) -> Cost:
    """The cost of an expanded polynomial."""
    return Cost({tuple(sorted(m, key=factor_key)): c for m, c in polynomial.items()})


def shortest(cost: Cost, longer: int = 1) -> Cost:
    """The cost itself, or its expansion where that has no more terms (a chain of 10,000 unpadded layers has three).

    With `longer` it may have so many times the terms. An expansion that would be large on the way is not tried.
    """
    whole = [[len(f.terms) for f in factors if isinstance(f, Extent)] for factors in cost.terms]
    if not any(whole) or sum(map(prod, whole)) > EXPANDED:
        return cost
    wide = cost.expanded()
    return cost_of(wide) if len(wide) <= longer * len(cost.terms) else cost


def settled(cost: Cost) -> Cost:
    """The form in which a total is given: the shortest, and a polynomial where exact quotients were only on the way.

    (g·n + 64)/2 is ½·g·n + 32 on the domain, where it comes out even.
    """
    rational = exact_rational(cost)
    if rational.terms == cost.terms:
        return shortest(cost)
    return shortest(rational, longer=2)


def cost_symbols(cost: Cost) -> set[Symbol]:
    """The symbols in a cost."""
    factors = {f for key in cost.terms for f in key}
    return {s for f in factors for s in symbols_of(as_extent(f))}


def evaluate_cost(cost: Cost, at: Mapping[Symbol, Any]) -> Number:
    """The exact value: an integer, or a Fraction where the coefficients or a rational symbol make it one."""
    known: dict[Factor, Any] = {}
    atoms: dict[Atom, Any] = {}
    total: Number = 0
    for factors, c in cost.terms.items():
        for f in factors:
            if f not in known:
                known[f] = evaluate(f, at, atoms) if isinstance(f, Extent) else evaluate_atom(f, at, atoms)
            c = c * known[f]
        total = total + c
    return int(total) if isinstance(total, Fraction) and total.denominator == 1 else total


def substitute_cost(cost: Cost, values: Mapping[Symbol, Size]) -> Cost:
    """Sizes in place of symbols."""
    known: dict[Factor, Size | Cost] = {}
    atoms: dict[Atom, Size] = {}

    def image(factor: Factor) -> Size | Cost:
        if factor not in known:
            known[factor] = _image(factor, values, atoms)
        return known[factor]

    def term(factors: Factors) -> Cost:
        images = [image(f) for f in factors]
        whole = product(*(size for size in images if not isinstance(size, Cost)))
        return whole * product_of(cost for cost in images if isinstance(cost, Cost))

    return total_of(term(factors) * c for factors, c in cost.terms.items())


def _image(factor: Factor, values: Mapping[Symbol, Size], atoms: dict[Atom, Size]) -> Size | Cost:
    if isinstance(factor, Power):
        return power_cost(factor.base, substitute(factor.exponent, values, atoms))
    if isinstance(factor, Sum) and factor.symbols & values.keys():
        return explicit(*renamed(factor, values, atoms))
    return substitute(as_extent(factor), values, atoms)


def power_cost(base: int, exponent: Size) -> Cost:
    """base^exponent, the base no power itself, the exponent of any sign."""
    if isinstance(exponent, int):
        return product(raised(base, exponent))
    monomial, number = bare((Power(base, exponent),))
    return Cost({monomial: plain_number(number)})


def explicit(i: Index, factors: Iterable[Size]) -> Cost:
    """Σ over begin ≤ i < end of a product, what is free of i in front; a few known rounds are written out."""
    front, inner = apart(i, factors)
    if isinstance(i.end, int) and i.end <= i.begin:
        return ZERO
    if not inner:
        return product(*front, i.end - i.begin)
    form = sum_atom(i, inner)
    if isinstance(i.end, int):
        if not form.symbols:
            value: Number = evaluate_atom(form, {})
            return product(*front) * value
        if i.end - i.begin <= WRITTEN:
            rounds = range(i.begin, i.end)
            return product(*front) * total_of(product_of(_in_round(f, i, k) for f in inner) for k in rounds)
    return product(*front, size_of(form))


def _in_round(size: Size, i: Index, k: int) -> Cost:
    """A factor in round k."""
    monomial, c = next(iter(terms_of(size).items()))
    single = len(terms_of(size)) == len(monomial) == c == 1
    found = _image(monomial[0] if single else size, {i: k}, {}) if isinstance(size, Extent) else size
    return found if isinstance(found, Cost) else product(found)


def exact_rational(cost: Cost) -> Cost:
    """The cost with its exact quotients by numbers as fractions: N·((C + 2)/2) is N·(C + 2) with 1/2 in front.

    It is the same on the domain, where the quotients come out even.
    """
    return mapped(cost, _rational)


def mapped(cost: Cost, image: Callable[[Factor], Cost]) -> Cost:
    """A cost with another one in the place of each factor."""
    return total_of(product_of(map(image, factors)) * c for factors, c in cost.terms.items())


def product_of(costs: Iterable[Cost]) -> Cost:
    """The product of many costs."""
    whole = product(1)
    for cost in costs:
        whole = whole * cost
    return whole


def _rational(factor: Factor) -> Cost:
    if isinstance(factor, Extent):
        if not any(isinstance(a, Floor) and a.exact for m in factor.terms for a in m):
            return product(factor)
        return in_one(mapped(cost_of(factor.terms), _rational))
    if isinstance(factor, Floor) and factor.exact and isinstance(factor.under, int):
        return in_one(_rational(factor.over)) * Fraction(1, factor.under)
    return Cost({(factor,): 1})


def in_one(cost: Cost) -> Cost:
    """A sum as one whole factor with a fraction in front."""
    wide = cost.expanded()
    under = lcm(*(c.denominator for c in wide.values()))
    terms = {m: int(c * under) for m, c in wide.items()}
    return product(from_terms(terms)) * Fraction(1, under)


def as_number(cost: Cost) -> Number:
    """The number that a cost without symbols is.

    Raises ExtentError where symbols are left.
    """
    if any(cost.terms.keys() - {()}):
        raise ExtentError(f"{cost} still has symbols")
    return cost.terms.get((), 0)
