"""How a cost is written: what all terms share in front, the coarsest extent first, the terms of one resolution as one.

A style (`symconv.notation`) sets the pieces; how an extent in it is written is `symconv.setting`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import reduce
from operator import and_
from typing import Any, Final

from symconv.bounding import at_least
from symconv.cost import Cost, Factor, Factors, Number, as_extent, cost_symbols, factor_key
from symconv.extent import Extent, Floor, Monomial, Power, Sum, symbols_of, without
from symconv.notation import TEXT, Piece, Style
from symconv.powers import owing
from symconv.setting import coarseness, in_powers, set_atom, set_powers, set_size
from symconv.symbols import Side, Symbol, by_name, symbol


def in_front(cost: Cost) -> tuple[Factors, Cost]:
    """The factors that all terms share, and what is left of the cost."""
    if not cost.terms:
        return (), cost
    front = tuple(reduce(and_, map(Counter, cost.terms)).elements())
    return front, Cost({without(f, front) or (): c for f, c in cost.terms.items()}) if front else cost


def ordered_terms(cost: Cost) -> list[tuple[Factors, Number]]:
    """The terms as they are written: the coarsest extent first, then the highest degree, constants last."""
    return sorted(cost.terms.items(), key=lambda t: _written(t[0]))


def _written(factors: Factors) -> tuple[Any, ...]:
    atoms = tuple(a for f in factors for a in (_leading(f) if isinstance(f, Extent) else (f,)))
    return (*coarseness(atoms), tuple(map(factor_key, factors)))


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

    >>> from symconv.cost import product
    >>> from symconv.extent import size_of
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
                known[f] = any(map(is_extent, symbols_of(as_extent(f))))
        extents = tuple(f for f in factors if known[f])
        groups.setdefault(extents, {})[tuple(f for f in factors if not known[f])] = c
    return [(extents, Cost(groups[extents])) for extents in sorted(groups, key=_written)]


#: The field's extents of inputs.
_EXTENTS: Final = frozenset(map(symbol, "XHWT"))


def is_extent(s: Symbol) -> bool:
    """Whether the terms of a total are collected by the sizes that this symbol is in."""
    return s in _EXTENTS or isinstance(s, Side)


def _set_groups(cost: Cost, style: Style) -> Piece:
    counts: dict[Factor, int] = {}
    for factors in cost.terms:
        for f in dict.fromkeys(factors):
            counts[f] = counts.get(f, 0) + 1
    shared = [f for f, n in counts.items() if n > 1]
    if not shared:
        return _set_terms(ordered_terms(cost), style)
    best = min(shared, key=lambda f: (-counts[f], factor_key(f)))
    front, inside = in_front(Cost({without(f, (best,)) or (): c for f, c in cost.terms.items() if best in f}))
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
    if isinstance(factor, Floor) and factor.exact and any(factor.over.terms):
        return max(factor_key(a) for m in factor.over.terms for a in m)
    return factor_key(factor)


def _positive(value: Number) -> Number:
    return -value if value < 0 else value


def _set_factors(factors: Iterable[Factor], style: Style) -> list[Piece]:
    factors = list(factors)
    others = sorted((f for f in factors if not isinstance(f, Power)), key=_place)
    return [
        *set_powers((f for f in factors if isinstance(f, Power)), style),
        *in_powers(others, lambda f: set_size(f, style) if isinstance(f, Extent) else set_atom(f, style), style),
    ]


# A cost prints as it is set in text.
setattr(Cost, "__repr__", lambda cost: set_cost(cost, TEXT).text)  # noqa: B010
