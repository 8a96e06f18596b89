"""Signs: the integers at which a cost is at most zero, as a region, decided in one of three ways, each exact.

- On the residue classes of the floors' denominators the cost is a polynomial, whose signs follow from its differences;
- where it is shown to rise, by bisection;
- where polynomials bound it so that its sign is known from some x on, by looking at every x before.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import lcm
from typing import Final

from symconv.analysis.growth import bounds
from symconv.analysis.regions import Piece, Region, region_of
from symconv.cost import Cost, Factor, cost_symbols, evaluate_cost
from symconv.extent import Atom, Extent, Floor, Function, Power, Size, Sum, symbols_of
from symconv.sizes import Undecided
from symconv.solve import polynomial_signs
from symconv.symbols import RATIONAL, Symbol
from symconv.windows import on_class, polynomial_terms

#: Residue classes times terms that are worked out.
CLASSES: Final = 1 << 18

#: Sizes that are looked at one by one.
LOOKED_AT: Final = 1 << 16

#: Sizes beyond which bisection does not go: 2 to this power.
BITS: Final = 256


def at_most_zero(cost: Cost, x: Symbol, strict: bool = False, least: int = 1) -> Region:
    """The x ≥ `least` with cost(x) ≤ 0, or < 0 where `strict`; the cost has no symbol but x.

    Raises Undecided where none of the three ways decides it.

    >>> from symconv.cost import product
    >>> from symconv.extent import size_of
    >>> from symconv.symbols import symbol
    >>> x = size_of(symbol("X"))
    >>> at_most_zero(product(x // 2, x // 2) - 100, symbol("X"))
    1 ≤ x ≤ 21
    >>> at_most_zero(product(x) - 2 * product(x // 2), symbol("X"))
    x ≥ 2, x ≡ 0 (mod 2)
    """
    if x.kind == RATIONAL:
        raise Undecided(f"{x} is a {x.kind}: sizes are integers")

    def good(value: int | Fraction) -> bool:
        return value < 0 if strict else value <= 0

    if x not in cost_symbols(cost):
        return Region((Piece(least, None),)) if good(evaluate_cost(cost, {})) else Region()
    from_least = Region((Piece(least, None),))
    try:
        return _by_classes(cost, strict) & from_least
    except Undecided as why:
        reason = str(why)
    if rises(cost, x, least):
        end = _first(lambda k: not good(evaluate_cost(cost, {x: k})), least)
        return region_of([Piece(least, end)])
    if rises(-cost, x, least):
        start = _first(lambda k: good(evaluate_cost(cost, {x: k})), least)
        return region_of([Piece(start, None)]) if start is not None else Region()
    return _by_looking(cost, x, good, least, reason)


def where(cost: Cost, relation: str, x: Symbol) -> Region:
    """The x from the least of its kind on at which the cost is <=, <, >=, > or = 0; as `at_most_zero`."""
    if relation == "=":
        return at_most_zero(cost, x, least=x.least) & at_most_zero(-cost, x, least=x.least)
    return at_most_zero(cost if relation[0] == "<" else -cost, x, len(relation) == 1, x.least)


def _by_classes(cost: Cost, strict: bool) -> Region:
    terms = polynomial_terms(cost.expanded())
    denominator = lcm(*(c.denominator for c in terms.values()))
    terms = {windows: int(c * denominator) for windows, c in terms.items()}  # whole, of the same signs, and faster
    period = lcm(*(s for windows in terms for _, s, _ in windows))
    if period * len(terms) > CLASSES:
        raise Undecided(f"{period} residue classes")
    changes: dict[int, list[tuple[int, bool]]] = {}
    for r in range(period):
        inside = False
        for a, _, sign in polynomial_signs(on_class(terms, period, r)):
            if (sign < 0 or (sign == 0 and not strict)) != inside:
                inside = not inside
                changes.setdefault(period * a + r, []).append((r, inside))
    chosen: set[int] = set()
    pieces: list[Piece] = []
    at = sorted(changes)
    for start, stop in zip(at, [*at[1:], None]):
        for r, inside in changes[start]:
            (chosen.add if inside else chosen.discard)(r)
        if stop is not None and stop - start < period:
            pieces += [Piece(v, v + 1) for v in range(start, stop) if v % period in chosen]
        else:
            pieces.append(Piece(start, stop, period, tuple(sorted(chosen))))
    return region_of(pieces)


def _first(good: Callable[[int], bool], least: int) -> int | None:
    """The first from `least` on that is good, where what is good stays so; None where there is none up to 2^BITS."""
    if good(least):
        return least
    low, width = least, 1
    while not good(low + width):
        low, width = low + width, 2 * width
        if width.bit_length() > BITS:
            return None
    high = low + width
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if good(middle) else (middle, high)
    return high


def _by_looking(cost: Cost, x: Symbol, good: Callable[[int | Fraction], bool], least: int, reason: str) -> Region:
    """Each x by itself up to where polynomials bound the cost on one side of zero."""
    low, high = bounds(cost)
    from_low, sign_low = _settles(low, x)
    from_high, sign_high = _settles(high, x)
    if sign_low > 0:
        end, after = from_low, False
    elif sign_high < 0:
        end, after = from_high, True
    else:
        raise Undecided(f"{reason}, and its bounds do not settle on one side")
    end = max(end, least)
    if end - least > LOOKED_AT:
        raise Undecided(f"{reason}, and its sign is only known from {x} = {end} on")
    found = [Piece(v, v + 1) for v in range(least, end) if good(evaluate_cost(cost, {x: v}))]
    return region_of([*found, *([Piece(end, None)] if after else [])])


def _settles(bound: Cost, x: Symbol) -> tuple[int, int]:
    """From where on a polynomial keeps its sign, and that."""
    coefficients: dict[int, Fraction] = {}
    for monomial, c in bound.expanded().items():
        if any(a is not x for a in monomial):
            raise Undecided(f"its bound {bound} is no polynomial in {x}")
        coefficients[len(monomial)] = Fraction(c)
    degree = max(coefficients, default=0)
    start, _, sign = polynomial_signs([coefficients.get(k, Fraction(0)) for k in range(degree + 1)])[-1]
    return start, sign


# -- what rises ----------------------------------------------------------------------------------------------------


def rises(cost: Cost, x: Symbol, least: int = 1) -> bool:
    """Whether it is shown that the cost never falls as x grows from `least` on; False shows nothing.

    A sum of products with positive coefficients rises where each factor rises and is at least 0 at `least`.
    """
    moving = {factors: c for factors, c in cost.terms.items() if any(x in _symbols(f) for f in factors)}
    return all(c > 0 for c in moving.values()) and all(
        _rises(f, x) and evaluate_cost(Cost({(f,): 1}), {x: least}) >= 0 for f in {f for m in moving for f in m}
    )


def _symbols(factor: Factor) -> set[Symbol]:
    return symbols_of(factor if isinstance(factor, Extent) else Extent({(factor,): 1}))


def _rises(factor: Factor, x: Symbol) -> bool:
    if x not in _symbols(factor):
        return True
    return _size_rises(factor, x) if isinstance(factor, Extent) else _atom_rises(factor, x)


def _size_rises(size: Size, x: Symbol) -> bool:
    """Of products only those of symbols are followed, which are never negative."""
    if isinstance(size, int):
        return True
    moving = {m: c for m, c in size.terms.items() if x in symbols_of(Extent({m: c}))}
    return all(
        c > 0 and (len(m) == 1 or all(isinstance(a, Symbol) for a in m)) and all(_atom_rises(a, x) for a in m)
        for m, c in moving.items()
    )


def _atom_rises(atom: Atom, x: Symbol) -> bool:
    if isinstance(atom, Symbol):
        return True
    if isinstance(atom, Floor):
        return isinstance(atom.under, int) and _size_rises(atom.over, x)
    if isinstance(atom, Function) and atom.name in ("max", "min"):
        return all(_size_rises(a, x) for a in atom.arguments)
    if isinstance(atom, Function) and atom.name in ("ceil", "make_divisible"):
        over, *others = atom.arguments
        return _size_rises(over, x) and all(isinstance(a, int) for a in others)
    if isinstance(atom, Power):
        return _size_rises(atom.exponent, x)
    if isinstance(atom, Sum):
        return atom.least is not None and x not in symbols_of(atom.body) and _size_rises(atom.index.end, x)
    return False
