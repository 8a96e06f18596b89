"""Quotients and roots of sizes, where they are sizes again: those of polynomials, term by term."""

from __future__ import annotations

import math

from symconv.extent import Extent, Size, from_terms, size_of


def lowest(over: Size, under: Size) -> tuple[Size, Size]:
    """A fraction of sizes without the number, or the product of symbols, that divides both."""
    if under == 1 or over == 0:
        return over, 1 if over == 0 else under
    whole = quotient(over, under)
    if whole is not None:
        return whole, 1
    below = under.terms.values() if isinstance(under, Extent) else [under]
    above = over.terms.values() if isinstance(over, Extent) else [over]
    g = math.gcd(*below, *above)
    if g > 1:
        over, under = _divided(over, g), _divided(under, g)
    return over, under


def _divided(size: Size, g: int) -> Size:
    return from_terms({m: c // g for m, c in size.terms.items()}) if isinstance(size, Extent) else size // g


def quotient(over: Size, under: Size) -> Size | None:
    """over/under where that is a polynomial in the atoms, by long division; else None."""
    if isinstance(over, int) and isinstance(under, int):
        return over // under if under and over % under == 0 else None
    if isinstance(under, int):
        assert isinstance(over, Extent)
        return _divided(over, under) if under and all(c % under == 0 for c in over.terms.values()) else None
    if over == 0:
        return 0
    if isinstance(over, int):
        return None
    lead = max(under.terms, key=lambda m: (len(m), tuple(a.key for a in m)))
    found: Size = 0
    rest: Size = over
    while isinstance(rest, Extent):
        m = max(rest.terms, key=lambda m: (len(m), tuple(a.key for a in m)))
        left, c = list(m), rest.terms[m]
        for a in lead:
            if a not in left:
                return None
            left.remove(a)
        if c % under.terms[lead]:
            return None
        step = from_terms({tuple(left): c // under.terms[lead]})
        found, rest = found + step, rest - step * under
    return found if rest == 0 else None


def root_of(size: Size) -> Size | None:
    """A size of which a number, a monomial or a sum of one atom is the square; else None."""
    if isinstance(size, int):
        return math.isqrt(size) if size >= 0 and math.isqrt(size) ** 2 == size else None
    if len(size.terms) != 1:
        return _root_of_sum(size)
    ((m, c),) = size.terms.items()
    half = math.isqrt(c) if c > 0 else 0
    if half * half != c or m[::2] != m[1::2]:
        return None
    made: Size = half
    for a in m[::2]:
        made = made * size_of(a)
    return made


def _root_of_sum(size: Extent) -> Size | None:
    """The root of the square of an atom and a number, such as ⌊X/16⌋² + 2·⌊X/16⌋ + 1; else None."""
    atoms = {a for m in size.terms for a in m}
    if len(atoms) != 1:
        return None
    (atom,) = atoms
    c, b, a = (size.terms.get((atom,) * k, 0) for k in range(3))
    if a <= 0 or c < 0:
        return None
    p, q = math.isqrt(a), math.isqrt(c)
    made = p * size_of(atom) + (q if b > 0 else -q)
    return made if made * made == size else None
