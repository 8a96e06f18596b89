"""Conditions in their shortest form: without floors, common factors and extremes, without what both sides share."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import gcd
from typing import Any

from symconv.bounding import at_least as not_below
from symconv.condition import AT_LEAST, DIFFERS, DIVIDES, EQUAL, Condition
from symconv.extent import (
    Atom,
    Extent,
    Floor,
    Function,
    Size,
    from_terms,
    in_common,
    size_of,
    terms_of,
    without,
)
from symconv.extremes import largest, smallest
from symconv.rounding import cancelled
from symconv.solve import never_below
from symconv.symbols import Symbol


def reduced(condition: Condition) -> Condition:
    """⌊u/d⌋ + c ≥ m is u ≥ d·(m − c), so that a bound speaks of the input itself; without quotients where d divides."""
    if condition.relation == DIVIDES:
        return _cleared(condition)
    condition = _without_factor(condition)
    if condition.relation == EQUAL:
        return _without_extreme(condition)
    if condition.relation == DIFFERS:
        return condition
    h = condition.left - condition.right
    peeled = False
    while isinstance(h, Extent):
        floors = [(m, c) for m, c in h.terms.items() if any(isinstance(a, Floor) for a in m)]
        if len(floors) != 1 or floors[0][1] != 1 or len(floors[0][0]) != 1 or not h.integral:
            break
        ((atom,),) = (floors[0][0],)
        if not isinstance(atom, Floor) or atom.exact:
            break
        rest = h - Extent({(atom,): 1})
        h, peeled = atom.over + atom.under * rest, True
    if not peeled:
        return condition
    return _signs_apart(condition, h)


def _without_factor(condition: Condition) -> Condition:
    """W·H ≥ 2·W is H ≥ 2, as W ≥ 1."""
    h = condition.left - condition.right
    if isinstance(h, int) or len(h.terms) == 1:
        return condition
    common = in_common(h.terms)
    if not common:
        return condition
    return _signs_apart(condition, from_terms({without(m, common) or (): c for m, c in h.terms.items()}))


def _signs_apart(condition: Condition, h: Size) -> Condition:
    """The condition that is said of a difference, on both sides without minus signs."""
    left = {m: c for m, c in terms_of(h).items() if c > 0}
    right = {m: -c for m, c in terms_of(h).items() if c < 0}
    return replace(condition, left=from_terms(left), right=from_terms(right))


def _without_extreme(condition: Condition) -> Condition:
    """min(240, N) = 240 is N ≥ 240, and max(240, N) = 240 is 240 ≥ N."""
    own = balanced(condition)
    for side, other in ((own.left, own.right), (own.right, own.left)):
        atoms = [m[0] for m, c in terms_of(side).items() if len(m) == 1 and c == 1]
        atom = atoms[0] if len(terms_of(side)) == len(atoms) == 1 else None
        if isinstance(atom, Function) and atom.name in ("min", "max") and other in atom.arguments:
            rest = [a for a in atom.arguments if a != other]
            if atom.name == "min":
                return reduced(replace(condition, relation=AT_LEAST, left=smallest(*rest), right=other))
            return reduced(replace(condition, relation=AT_LEAST, left=other, right=largest(*rest)))
    return condition


def parts(condition: Condition) -> tuple[Condition, ...]:
    """The conditions that it is made of, none where it is one itself.

    min(a, b) ≥ c is a ≥ c and b ≥ c; N·⌊X/2⌋ ≥ 1 is N ≥ 1 and X ≥ 2.
    """
    if condition.relation == EQUAL:
        return _factors(condition)
    h = condition.left - condition.right
    if condition.relation != AT_LEAST or not isinstance(h, Extent):
        return ()
    for m, c in h.terms.items():
        if len(m) == 1 and isinstance(m[0], Function) and m[0].name == ("min" if c > 0 else "max"):
            rest = h - c * size_of(m[0])
            return tuple(reduced(replace(condition, left=rest + c * a, right=0)) for a in m[0].arguments)
    terms = {m: c for m, c in h.terms.items() if m}
    least = -h.terms.get((), 0)
    if len(terms) == 1:
        ((m, c),) = terms.items()
        whole = all(a.integral and not_below(size_of(a), 0) for a in m)
        if len(m) > 1 and 1 <= least <= c and whole:
            return tuple(reduced(replace(condition, left=size_of(a), right=1)) for a in dict.fromkeys(m))
    return ()


def _factors(condition: Condition) -> tuple[Condition, ...]:
    """H·W = 256·⌊H/16⌋·⌊W/16⌋ is H = 16·⌊H/16⌋ and W = 16·⌊W/16⌋: none on the right is more than one on the left.

    Where one on the left may be 0, both sides may be, whatever the others are.
    """
    own = balanced(condition)
    for left, right in ((terms_of(own.left), terms_of(own.right)), (terms_of(own.right), terms_of(own.left))):
        if len(left) != 1 or len(right) != 1:
            continue
        ((a, c),), ((b, d),) = left.items(), right.items()
        if len(a) < 2 or len(a) != len(b) or c < 1 or d % c:
            continue
        pairs, rest = [], d // c
        for x, y in zip(sorted(a, key=_places), sorted(b, key=_places)):
            many = _growth(x) / _growth(y) if _growth(x) and _growth(y) else Fraction(0)
            if many.denominator != 1 or many < 1 or rest % many.numerator or _places(x) != _places(y):
                break
            rest //= many.numerator
            pairs.append((size_of(x), many.numerator * size_of(y)))
        if len(pairs) == len(a) and rest == 1 and all(_holds_up(x, y) for x, y in pairs):
            return tuple(replace(condition, left=x, right=y) for x, y in pairs if x != y)
    return ()


def _holds_up(x: Size, y: Size) -> bool:
    """Whether x is at least 1 and at least y, and y at least 0."""
    return not_below(x, 1) and never_below(x, y) and not_below(y, 0)


def _places(a: Atom) -> list[tuple[Any, ...]]:
    return sorted(s.key for s in a.symbols)


def _growth(a: Atom) -> Fraction:
    """How fast a symbol, or the floor of one, grows; 0 of anything else."""
    if isinstance(a, Symbol):
        return Fraction(1)
    if not isinstance(a, Floor) or not isinstance(a.under, int):
        return Fraction(0)
    moving = [(m, c) for m, c in a.over.terms.items() if m]
    return (
        Fraction(moving[0][1], a.under)
        if len(moving) == 1 and isinstance(moving[0][0][0], Symbol) and len(moving[0][0]) == 1
        else Fraction(0)
    )


def balanced(condition: Condition) -> Condition:
    """Without what both sides share, and then without minus signs: X + 2·P − K + 1 = X is 2·P + 1 = K."""
    left, right = condition.left, condition.right
    if condition.relation == DIVIDES or not isinstance(left, Extent):
        return condition
    if condition.relation in (EQUAL, DIFFERS):
        left, right = _without_shared(left, right)
        if isinstance(left, int):
            left, right = right, left
        condition = replace(condition, left=left, right=right)
        if not isinstance(left, Extent):
            return condition
    h = left - right
    beside = right.terms.keys() if isinstance(right, Extent) else {()}
    if not left.terms.keys() & beside:
        return condition
    if isinstance(h, int):
        return replace(condition, left=h, right=0)
    g = gcd(*h.terms.values())
    return _signs_apart(condition, from_terms({m: c // g for m, c in h.terms.items()}))


def _without_shared(left: Size, right: Size) -> tuple[Size, Size]:
    """Both sides of an equation without a common factor: 64·N = N·⌊X/7⌋ is 64 = ⌊X/7⌋, since N is at least 1."""
    sides = [terms_of(side) for side in (left, right)]
    if not all(sides):
        return left, right
    g = gcd(*(c for terms in sides for c in terms.values()))
    shared = in_common(m for terms in sides for m in terms)
    first, second = (from_terms({without(m, shared) or (): c // g for m, c in terms.items()}) for terms in sides)
    return first, second


def _cleared(condition: Condition) -> Condition:
    """Without an exact quotient by a number, which then divides as well, and without multiples of the divisor."""
    left, right = condition.left, condition.right
    if left == 1:
        return condition
    while isinstance(left, int) and isinstance(right, Extent):
        found = next((a for m in right.terms for a in m if len(m) == 1 and isinstance(a, Floor) and a.exact), None)
        if found is None or not isinstance(found.under, int):
            break
        rest = right - right.terms[(found,)] * size_of(found)
        left, right = left * found.under, found.under * rest + right.terms[(found,)] * found.over
    if (
        isinstance(left, Extent) and isinstance(right, Extent) and len(left.terms) == 1
    ):  # 2·h divides 2·d where h does d
        ((monomial, c),) = left.terms.items()
        terms, left = cancelled(right.terms, monomial, c)
        right = from_terms(terms)
    if isinstance(left, Extent) and not_below(left, 1) and left * (right // left) == right:
        left, right = 1, 0
    if isinstance(left, int) and left > 0 and isinstance(right, Extent) and right.integral:
        right = from_terms({m: c % left for m, c in right.terms.items()})
        shared = gcd(left, *terms_of(right).values())  # 24 divides 6·u where 4 divides u
        if shared > 1 and isinstance(right, Extent):
            left, right = left // shared, from_terms({m: c // shared for m, c in right.terms.items()})
    return replace(condition, left=left, right=right)
