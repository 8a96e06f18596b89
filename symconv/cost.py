"""Cost: a rational combination of products of whole sizes.

A layer's work is a product such as N·C_in·C_out·K²·M², and M stays whole in it: (X − 2)² is kept, not X² − 4·X + 4, and
the terms of a network collect by their extents. What stands in front of all terms (N, in a network) is taken out when a
cost is set or handed to SymPy. Nothing is simplified, factored or cancelled, so adding a layer takes microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import gcd, lcm, prod
from typing import Any, Final

from symconv.errors import ExtentError
from symconv.extent import (
    Atom,
    Extent,
    Floor,
    Monomial,
    Power,
    Size,
    Sum,
    at_least,
    bare,
    from_terms,
    owing,
    size_of,
    symbols_of,
    terms_of,
)
from symconv.notation import TEXT, Piece, Style
from symconv.setting import coarseness, set_atom, set_powers, set_size
from symconv.symbols import Index, Symbol, by_name, symbol
from symconv.values import WRITTEN, apart, evaluate, evaluate_atom, raised, renamed, substitute, sum_atom, summed

Number = int | Fraction

#: Terms of an expansion that is tried for being shorter.
EXPANDED: Final = 200_000

#: A factor is an atom, or an extent of several terms that stays whole.
Factor = Atom | Extent
Factors = tuple[Factor, ...]


def _order(factor: Factor) -> tuple[Any, ...]:
    return (3, factor.key) if isinstance(factor, Extent) else factor.key


class Cost:
    """A sum of products of sizes with rational coefficients; made by `product` and by + and ·.

    >>> from symconv.symbols import symbol
    >>> x, n = size_of(symbol("X")), size_of(symbol("N"))
    >>> product(n, 64, x - 2, x - 2) + product(n, 3, x // 2) + 5 * product(n)
    N·(3·⌊X/2⌋ + 64·(X − 2)² + 5)
    """

    __slots__ = ("terms",)

    def __init__(self, terms: Mapping[Factors, Number]) -> None:
        self.terms = {f: c if c.__class__ is int else _plain(c) for f, c in terms.items() if c}

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
                k = tuple(sorted(f + g, key=_order)) if f and g else f or g
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

    def __repr__(self) -> str:
        return set_cost(self, TEXT).text

    def __reduce__(self) -> tuple[Any, ...]:
        return Cost, (self.terms,)

    def expanded(self) -> dict[Monomial, Number]:
        """The polynomial in the atoms: {product of atoms: coefficient}."""
        terms: dict[Monomial, Number] = {}
        for factors, c in self.terms.items():
            whole: Size = 1
            for f in factors:
                whole = whole * (f if isinstance(f, Extent) else _split_sum(f) if isinstance(f, Sum) else size_of(f))
            parts: dict[Monomial, int] = whole.terms if isinstance(whole, Extent) else {(): whole}
            for m, d in parts.items():
                if m and m[-1].__class__ is Power:
                    m, number = bare(m)
                    terms[m] = terms.get(m, 0) + _plain(c * d * number)
                else:
                    terms[m] = terms.get(m, 0) + c * d
        return {m: c for m, c in terms.items() if c}

    def _polynomial(self) -> dict[Monomial, Number]:
        """`expanded`, with C/2^i as C·2^(−i)."""
        wide = self.expanded()
        if not any(_power_below(a) for m in wide for a in m):
            return wide
        return total_of(_product_of(map(_powers_above, m)) * c for m, c in wide.items())._polynomial()


ZERO: Final = Cost({})


def _power_below(atom: Atom) -> dict[Monomial, int]:
    """The divisor of an exact quotient by powers and a number; nothing for anything else."""
    if not isinstance(atom, Floor) or not atom.exact or not isinstance(atom.under, Extent):
        return {}
    terms = atom.under.terms
    return terms if len(terms) == 1 and all(isinstance(a, Power) for m in terms for a in m) else {}


def _powers_above(atom: Atom) -> Cost:
    for divisor, k in _power_below(atom).items():
        assert isinstance(atom, Floor)
        below = (power_cost(a.base, -a.exponent) for a in divisor if isinstance(a, Power))
        return product(atom.over) * Fraction(1, k) * _product_of(below)
    return Cost({(atom,): 1})


def _plain(number: Number) -> Number:
    return int(number) if number.denominator == 1 else number


def _together(factors: Iterable[Factor]) -> tuple[Factors, Number]:
    """Factors with one power of each base, no number in its exponent, and the number that comes out of them."""
    whole = tuple(f for f in factors if isinstance(f, Extent))
    atoms, number = bare(tuple(f for f in factors if not isinstance(f, Extent)))
    return tuple(sorted((*atoms, *whole), key=_order)), _plain(number)


def _split_sum(form: Sum) -> Size:
    """The sum of a sum of terms, term by term."""
    terms = terms_of(form.body)
    return (
        size_of(form) if len(terms) == 1 else sum((summed(form.index, [Extent({m: c})]) for m, c in terms.items()), 0)
    )


def product(*sizes: Size) -> Cost:
    """The product of some sizes; numbers and the content of each size go to the coefficient."""
    coefficient: Number = 1
    factors: list[Factor] = []
    for size in sizes:
        if isinstance(size, int):
            coefficient *= size
            continue
        if len(size.terms) == 1:
            ((monomial, c),) = size.terms.items()
            factors += monomial
        else:
            c, whole = _content(size)
            factors.append(whole)
        coefficient *= c
    ordered = tuple(sorted(factors, key=_order))
    if ordered and ordered[-1].__class__ is Power:
        ordered, number = _together(ordered)
        coefficient = _plain(coefficient * number)
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
    return Cost({tuple(sorted(m, key=_order)): c for m, c in polynomial.items()})


def shortest(cost: Cost, longer: int = 1) -> Cost:
    """The cost itself, or its expansion where that has no more terms (a chain of 10,000 unpadded layers has three).

    With `longer` it may have so many times the terms. An expansion that would be large on the way is not tried.
    """
    whole = [[len(f.terms) for f in factors if isinstance(f, Extent)] for factors in cost.terms]
    if not any(whole) or sum(map(prod, whole)) > EXPANDED:
        return cost
    wide = cost.expanded()
    return cost_of(wide) if len(wide) <= longer * len(cost.terms) else cost


def cost_symbols(cost: Cost) -> set[Symbol]:
    """The symbols in a cost."""
    factors = {f for key in cost.terms for f in key}
    return {s for f in factors for s in symbols_of(f if isinstance(f, Extent) else size_of(f))}


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
        return whole * _product_of(cost for cost in images if isinstance(cost, Cost))

    return total_of(term(factors) * c for factors, c in cost.terms.items())


def _image(factor: Factor, values: Mapping[Symbol, Size], atoms: dict[Atom, Size]) -> Size | Cost:
    if isinstance(factor, Power):
        return power_cost(factor.base, substitute(factor.exponent, values, atoms))
    if isinstance(factor, Sum) and factor.symbols & values.keys():
        return explicit(*renamed(factor, values, atoms))
    return substitute(factor if isinstance(factor, Extent) else size_of(factor), values, atoms)


def power_cost(base: int, exponent: Size) -> Cost:
    """base^exponent, the base no power itself, the exponent of any sign."""
    if isinstance(exponent, int):
        return product(1) * raised(base, exponent)
    monomial, number = bare((Power(base, exponent),))
    return Cost({monomial: _plain(number)})


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
            return product(*front) * total_of(_product_of(_in_round(f, i, k) for f in inner) for k in rounds)
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
    return total_of(_product_of(map(_rational, factors)) * c for factors, c in cost.terms.items())


def _product_of(costs: Iterable[Cost]) -> Cost:
    whole = product(1)
    for cost in costs:
        whole = whole * cost
    return whole


def _rational(factor: Factor) -> Cost:
    if isinstance(factor, Extent):
        if not any(isinstance(a, Floor) and a.exact for m in factor.terms for a in m):
            return product(factor)
        return in_one(total_of(_product_of(map(_rational, m)) * c for m, c in factor.terms.items()))
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


# -- setting -------------------------------------------------------------------------------------------------------


def in_front(cost: Cost) -> tuple[Factors, Cost]:
    """The factors that all terms share, and what is left of the cost."""
    if not cost.terms:
        return (), cost
    first, *rest = cost.terms
    shared = list(first)
    for factors in rest:
        left = list(factors)
        kept = []
        for f in shared:
            if f in left:
                left.remove(f)
                kept.append(f)
        shared = kept
        if not shared:
            break
    front = tuple(shared)
    return front, Cost({_taken(f, front): c for f, c in cost.terms.items()}) if front else cost


def _taken(factors: Factors, front: Factors) -> Factors:
    left = list(factors)
    for f in front:
        left.remove(f)
    return tuple(left)


def ordered_terms(cost: Cost) -> list[tuple[Factors, Number]]:
    """The terms as they are written: the coarsest extent first, then the highest degree, constants last."""
    return sorted(cost.terms.items(), key=lambda t: _written(t[0]))


def _written(factors: Factors) -> tuple[Any, ...]:
    atoms = tuple(a for f in factors for a in (_leading(f) if isinstance(f, Extent) else (f,)))
    return (*coarseness(atoms), tuple(map(_order, factors)))


def _leading(extent: Extent) -> Monomial:
    return min(extent.terms, key=coarseness)


def set_cost(cost: Cost, style: Style, grouped: bool = False) -> Piece:
    """A cost in a style: what all terms share in front, the rest coarsest first.

    Raises SymbolError where two different symbols have one name, which no reader could tell apart.

    `grouped` takes a factor that only some terms share out of these as well, as the rule of a layer is written:
    ((K² + 1)·C_in + (C_in − 1))·C_out·M².
    """
    if not cost.terms:
        return style.number(0)
    by_name(cost_symbols(cost))
    front, rest = in_front(cost)
    if len(rest.terms) == 1:
        ((only, coefficient),) = cost.terms.items()
        return _set_product(coefficient, only, style)
    number = _shared_fraction(rest)
    rest = rest * (1 / number)
    inner = _set_groups(rest, style) if grouped else _set_sum(rest, style)
    if not front and number == 1:
        return inner
    around = [*([style.number(number)] if number != 1 else []), *_set_factors(front, style)]
    return style.product([inner, *around] if grouped else [*around, inner])


def _shared_fraction(cost: Cost) -> Fraction:
    """The fraction that all of three terms or more have, no number among them: (9/16)·(n1 + n2 + n3)."""
    found = {abs(Fraction(c)) for c in cost.terms.values()}
    shared = found.pop()
    return Fraction(1) if found or len(cost.terms) < 3 or () in cost.terms or shared.denominator == 1 else shared


def _set_sum(cost: Cost, style: Style) -> Piece:
    """The sum of the terms, those of one resolution as one: ⌈X/32⌉²·(576·n·w² + 2097152)."""
    pieces: list[tuple[bool, Piece]] = []
    for extents, inside in by_resolution(cost):
        if extents and len(inside.terms) > 1:
            front, rest = in_front(inside)
            terms = ordered_terms(rest)
            negative = all(c < 0 for _, c in terms)
            inner = _set_terms([(f, -c if negative else c) for f, c in terms], style)
            pieces.append((negative, style.product([*_set_factors((*extents, *front), style), inner])))
        else:
            pieces += [(c < 0, _set_product(_positive(c), (*extents, *f), style)) for f, c in ordered_terms(inside)]
    return style.sum(_positive_first(pieces))


def _set_terms(terms: Sequence[tuple[Factors, Number]], style: Style) -> Piece:
    return style.sum(_positive_first([(c < 0, _set_product(_positive(c), f, style)) for f, c in terms]))


def _positive_first(pieces: list[tuple[bool, Piece]]) -> list[tuple[bool, Piece]]:
    """A positive term stands first where there is one."""
    first = next((i for i, (negative, _) in enumerate(pieces) if not negative), 0)
    return [pieces[first], *pieces[:first], *pieces[first + 1 :]]


def by_resolution(cost: Cost) -> list[tuple[Factors, Cost]]:
    """The terms by the extents in them (floors of X, X itself, T, …), the coarsest first: the extents, and the rest.

    What stands beside them, counts, widths and coefficients, is the rest; terms without an extent come last.

    >>> from symconv.symbols import symbol
    >>> x, w = size_of(symbol("X")), size_of(symbol("w", "channels", "net"))
    >>> by_resolution(product(x // 2, w) + product(x // 2, w, w) + product(x, w) + product(w))
    [((⌊X/2⌋,), w·(w + 1)), ((X,), w), ((), w)]
    """
    known: dict[Factor, bool] = {}
    groups: dict[Factors, dict[Factors, Number]] = {}
    for factors, c in cost.terms.items():
        for f in factors:
            if f not in known:
                known[f] = not _RESOLUTIONS.isdisjoint(symbols_of(f if isinstance(f, Extent) else size_of(f)))
        extents = tuple(f for f in factors if known[f])
        groups.setdefault(extents, {})[tuple(f for f in factors if not known[f])] = c
    return [(extents, Cost(groups[extents])) for extents in sorted(groups, key=_written)]


#: The field's extents of inputs, whose sizes the terms of a total are collected by.
_RESOLUTIONS: Final = frozenset(map(symbol, "XHWT"))


def _set_groups(cost: Cost, style: Style) -> Piece:
    counts: dict[Factor, int] = {}
    for factors in cost.terms:
        for f in dict.fromkeys(factors):
            counts[f] = counts.get(f, 0) + 1
    shared = [f for f, n in counts.items() if n > 1]
    if not shared:
        return _set_terms(ordered_terms(cost), style)
    best = min(shared, key=lambda f: (-counts[f], _order(f)))
    front, inside = in_front(Cost({_taken(f, (best,)): c for f, c in cost.terms.items() if best in f}))
    outside = Cost({f: c for f, c in cost.terms.items() if best not in f})
    pieces = [(False, style.product([_set_groups(inside, style), *_set_factors([best, *front], style)]))]
    for factors, c in ordered_terms(outside):
        piece = _set_product(_positive(c), factors, style)
        whole = len(factors) == 1 and isinstance(factors[0], Extent) and abs(c) == 1
        pieces.append((c < 0, Piece(style.within(piece, 9), 9) if whole else piece))
    return style.sum(pieces)


def _set_product(coefficient: Number, factors: Factors, style: Style) -> Piece:
    factors, coefficient = _owing(factors, coefficient)
    pieces = _set_factors(factors, style)
    if not pieces or abs(coefficient) != 1:
        pieces = [style.number(_positive(coefficient)), *pieces]
    piece = style.product(pieces)
    return style.sum([(True, piece)]) if coefficient < 0 else piece


def _owing(factors: Factors, c: Number) -> tuple[Factors, Number]:
    """(3/2)·2^n as 3·2^(n − 1), where that is shown to be whole."""
    if not any(isinstance(f, Power) for f in factors):
        return factors, c
    atoms, d = owing(tuple(f for f in factors if isinstance(f, Power)), c)
    if d.denominator != 1 or not all(isinstance(a, Power) and at_least(a.exponent, 0) for a in atoms):
        return factors, c
    return (*(f for f in factors if not isinstance(f, Power)), *atoms), d


def _place(factor: Factor) -> tuple[Any, ...]:
    """Where a factor stands in a product: C_in/g where C_in would, anything else by its own order."""
    if isinstance(factor, Sum):
        return (9,)
    if isinstance(factor, Floor) and factor.exact:
        return max(_order(a) for m in factor.over.terms for a in m) if any(factor.over.terms) else _order(factor)
    return _order(factor)


def _positive(value: Number) -> Number:
    return -value if value < 0 else value


def _set_factors(factors: Iterable[Factor], style: Style) -> list[Piece]:
    factors = list(factors)
    left = sorted((f for f in factors if not isinstance(f, Power)), key=_place)
    pieces = set_powers((f for f in factors if isinstance(f, Power)), style)
    while left:
        f = left[0]
        base = set_size(f, style) if isinstance(f, Extent) else set_atom(f, style)
        exponent = left.count(f)
        pieces.append(style.power(base, exponent) if exponent > 1 else base)
        left = [g for g in left if g != f]
    return pieces
