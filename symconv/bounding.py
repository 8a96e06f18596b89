"""What sizes are at least: bounds that are proven from the least values of symbols."""

from __future__ import annotations

from symconv.extent import (
    Atom,
    Extent,
    Floor,
    Function,
    Monomial,
    Power,
    Size,
    from_terms,
    size_of,
    symbols_of,
    terms_of,
)
from symconv.symbols import RATIONAL, Index, Symbol


def lower_bound(size: Size) -> int | None:
    """A number that no value falls below while each symbol is at least its least value; None where none is proven.

    A positive term is bounded from below by the least values of its factors. A negative one needs a bound from above,
    which numbers have, a quotient beside one of more, ⌊u/d⌋ ≤ ⌊v/d⌋ for u ≤ v, multiples of a quotient, d·⌊u/d⌋ ≤ u,
    and the index of a round, so that n − 1 − i is at least 0;
    other cases of one symbol `symconv.solve` decides exactly.
    """
    if isinstance(size, int):
        return size
    total = 0
    for m, c in size.terms.items():
        if c < 0 and m:
            last = _beside_larger(size, m)
            last = _not_rounded(size, m) if last is None else last
            last = _at_last_round(size, m) if last is None else last
            return None if last is None else lower_bound(last)
        value = c
        for a in m:
            least = _least(a)
            if least is None:
                return None
            value *= least
        total += value
    return total


def at_least(a: Size, b: Size) -> bool:
    """Whether a ≥ b is proven."""
    bound = lower_bound(a - b)
    return bound is not None and bound >= 0


def _beside_larger(size: Extent, monomial: Monomial) -> Size | None:
    """The size without −⌊u/d⌋ and +⌊v/d⌋, v − u a number of at least 0; None where there is no such pair."""
    (atom,) = monomial if len(monomial) == 1 else (None,)
    if not isinstance(atom, Floor) or not isinstance(atom.under, int):
        return None
    for m, c in size.terms.items():
        (other,) = m if len(m) == 1 else (None,)
        if c > 0 and isinstance(other, Floor) and other.under == atom.under:
            apart = other.over - atom.over
            if isinstance(apart, int) and apart >= 0:
                both = min(c, -size.terms[monomial])
                return from_terms({**size.terms, m: c - both, monomial: size.terms[monomial] + both})
    return None


def _not_rounded(size: Extent, monomial: Monomial) -> Size | None:
    """The size with −k·u in the place of −k·d·⌊u/d⌋, which is not more; None where the term is no such one."""
    ((atom, *others), c) = monomial, size.terms[monomial]
    if others or not isinstance(atom, Floor) or not isinstance(atom.under, int) or c % atom.under:
        return None
    rest = {m: v for m, v in size.terms.items() if m != monomial}
    return from_terms(rest) + c // atom.under * atom.over


def _at_last_round(size: Extent, monomial: Monomial) -> Size | None:
    """The size at the last round of an index of the monomial, where it falls from round to round; else None."""
    for i in monomial:
        if isinstance(i, Index):
            falling = [m for m in size.terms if i in symbols_of(Extent({m: 1}))]
            if all(size.terms[m] < 0 and _rises(m, i) for m in falling):
                last: Size = Extent({m: c for m, c in size.terms.items() if m not in falling})
                for m in falling:
                    factors = [i.end - 1 if a is i else size_of(a) for a in m]
                    term: Size = size.terms[m]
                    for f in factors:
                        term = term * f
                    last = last + term
                return from_terms(terms_of(last))
    return None


def _rises(monomial: Monomial, i: Index) -> bool:
    """Whether a product of i and factors that are at least 0, and do not depend on it, does not fall as i grows."""
    return all(a is i or (i not in a.symbols and at_least(size_of(a), 0)) for a in monomial)


def _least(atom: Atom) -> int | None:
    if not isinstance(atom, Function):
        return atom.least
    bounds = [lower_bound(a) for a in atom.arguments]
    if atom.name == "ceil":
        return _least_ceiling(*atom.arguments)
    known = [b for b in bounds if b is not None]
    if atom.name in ("gcd", "equals", "reaches"):
        return int(atom.name == "gcd")
    if atom.name == "make_divisible":
        return bounds[2]
    if atom.name == "max":
        least = max(known, default=None)
        return least if least is not None and least >= 0 else None
    return min(known) if len(known) == len(bounds) and min(known) >= 0 else None


def _least_ceiling(over: Size, under: Size) -> int | None:
    """At least 1 where a term is positive, as a rational symbol is, and none is negative."""
    bound = lower_bound(over)
    if bound is None or bound < 0:
        return None
    positive = any(
        all(isinstance(a, Symbol) and (a.kind == RATIONAL or a.least > 0) for a in m) for m in terms_of(over)
    )
    return max(int(positive), -(-bound // under) if isinstance(under, int) else 0)


def least_quotient(over: Size, under: Size, exact: bool) -> int | None:
    """A number that ⌊over/under⌋ is at least; None where none is proven."""
    bound = lower_bound(over)
    if bound is None or bound < 0:
        return None
    if exact and bound > 0:  # it comes out even, so it is no proper fraction
        return max(1, bound // under) if isinstance(under, int) else 1
    if isinstance(under, int):
        return bound // under
    powered = any(m and m[-1].__class__ is Power for m in under.terms)
    return int(powered and at_least(over, under))
