"""A cost as Σ c·m over monomials m in its symbols, each coefficient known to lie in a band.

At all values of the symbols (each at least 1, or at least 0 where its kind says so) every c is within low ≤ c ≤ high.
Exact arithmetic keeps a band one number; what is known less well widens it:

- u/s − (s − 1)/s ≤ ⌊u/s⌋ ≤ u/s, so ⌊u/s⌋ is u/s and a constant in that band; an exact quotient C_in/g is C_in·g⁻¹;
- a max is at most the greatest coefficients of its arguments together, and at least any one of them; a min likewise;
- 1 ≤ gcd(a, b) ≤ a, b.

On the residue classes of the sizes every floor of one symbol is a polynomial, so the bands are then the true extremes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import product as every
from math import lcm, prod
from typing import Final

from symconv.cost import Number
from symconv.extent import Atom, Extent, Floor, Function, Monomial, Power, Size, Sum
from symconv.extremes import spelled
from symconv.powers import bare
from symconv.sizes import Undecided
from symconv.symbols import Symbol
from symconv.windows import polynomial_terms

#: What a monomial has powers of: symbols, and what is held fixed and is at least 0, such as 2^n and open sums.
Base = Symbol | Power | Sum
#: Powers, in the order of their keys; none is zero.
Powers = tuple[tuple[Base, int], ...]
Band = tuple[Number, Number]
Bands = dict[Powers, Band]
Polynomial = Mapping[Monomial, Number]

#: Residue classes looked through before a band is left as it is.
CLASSES: Final = 1024


# -- monomials -----------------------------------------------------------------------------------------------------


def _multiplied(left: Mapping[Base, int], right: Mapping[Base, int], sign: int = 1) -> dict[Base, int]:
    out = dict(left)
    for s, e in right.items():
        out[s] = out.get(s, 0) + sign * e
    return out


def _powers(exponents: Mapping[Base, int]) -> Powers:
    return tuple(sorted(((s, e) for s, e in exponents.items() if e), key=lambda p: p[0].key))


def among(powers: Powers, symbols: Sequence[Symbol]) -> Powers:
    """The powers of these symbols alone."""
    return tuple((s, e) for s, e in powers if s in symbols)


def _dominates(m: Mapping[Base, int], other: Mapping[Base, int], steps: Sequence[Powers]) -> bool:
    """Whether m/other is a product of symbols and of `steps`, quotients that are at least 1."""
    ratio = _multiplied(m, other, -1)
    lacking = [s for s, e in ratio.items() if e < 0]
    if not lacking:
        return True
    useful = [dict(step) for step in steps if dict(step).get(lacking[0], 0) < 0]
    return any(
        all(ratio.get(s, 0) >= e for s, e in step.items() if e > 0) and _dominates(ratio, step, steps)
        for step in useful
    )


def antichain(monomials: Iterable[Powers], steps: Sequence[Powers] = ()) -> list[Powers]:
    """The monomials that no other dominates: m does m′ where m/m′ is a product of symbols and of `steps`, all ≥ 1."""
    kept: list[Powers] = []
    for m in dict.fromkeys(monomials):
        if not any(_dominates(dict(k), dict(m), steps) for k in kept):
            kept = [k for k in kept if not _dominates(dict(m), dict(k), steps)] + [m]
    return kept


def quotients(polynomial: Polynomial) -> tuple[Floor, ...]:
    """The exact quotients of products of symbols, such as C_in/g, each at least 1 as a size."""
    found = {a for m in polynomial for a in m if isinstance(a, Floor) and a.exact and ratio(a)}
    return tuple(sorted(found, key=lambda q: q.key))


def ratio(quotient: Floor) -> Powers:
    """C_in·g⁻¹ of C_in/g; nothing where it is no quotient of products of symbols."""
    powers: dict[Base, int] = {}
    for size, sign in ((quotient.over, 1), (quotient.under, -1)):
        monomials = list(size.terms) if isinstance(size, Extent) else [()]
        if len(monomials) > 1:
            return ()
        for a in monomials[0]:
            if not isinstance(a, Symbol):
                return ()
            powers[a] = powers.get(a, 0) + sign
    return _powers(powers)


def monomial_of(powers: Powers, known: Iterable[Floor]) -> Monomial:
    """The product of powers in atoms: with the known quotients first, then one quotient of all that is left."""
    left = dict(powers)
    atoms: list[Atom] = []
    for quotient in known:
        own = dict(ratio(quotient))
        while any(left.get(s, 0) < 0 for s in own) and all(_within(left.get(s, 0), e) for s, e in own.items()):
            atoms.append(quotient)
            left = _multiplied(left, own, -1)
    above = [s for s, e in left.items() for _ in range(e)]
    below = [s for s, e in left.items() for _ in range(-e)]
    if below:
        return (*atoms, Floor(Extent({tuple(above): 1}), Extent({tuple(below): 1}), exact=True))
    return bare((*atoms, *above))[0]


def _within(exponent: int, own: int) -> bool:
    return 0 < own <= exponent or exponent <= own < 0


# -- bands ---------------------------------------------------------------------------------------------------------


def _sum(parts: Iterable[Bands]) -> Bands:
    out: Bands = {}
    for part in parts:
        for m, (low, high) in part.items():
            a, b = out.get(m, (0, 0))
            out[m] = (a + low, b + high)
    return {m: band for m, band in out.items() if band != (0, 0)}


def _times(left: Bands, right: Bands) -> Bands:
    parts = []
    for m, a in left.items():
        for n, b in right.items():
            ends = [x * y for x in a for y in b]
            parts.append({_powers(_multiplied(dict(m), dict(n))): (min(ends), max(ends))})
    return _sum(parts)


def _constant(low: Number, high: Number) -> Bands:
    return {(): (low, high)}


def bands(polynomial: Polynomial, growing: Sequence[Symbol] = ()) -> Bands:
    """The bands of an expanded cost; of a gcd's bounds the one that grows least in the symbols `growing` is taken.

    Raises Undecided where a floor or a quotient has a sum with symbols below.
    """
    known: dict[Atom, Bands] = {}
    terms = []
    for monomial, c in polynomial.items():
        term = _constant(c, c)
        for a in monomial:
            if a not in known:
                known[a] = _atom(a, growing)
            term = _times(term, known[a])
        terms.append(term)
    return _sum(terms)


def _size(size: Size, growing: Sequence[Symbol]) -> Bands:
    return bands(size.terms if isinstance(size, Extent) else {(): size}, growing)


def _atom(atom: Atom, growing: Sequence[Symbol]) -> Bands:
    if isinstance(atom, Symbol):
        return {((atom, 1),): (1, 1)}
    if isinstance(atom, Power | Sum):
        return _fixed(atom, growing)
    if isinstance(atom, Function) and atom.name == "ceil":
        over, under = atom.arguments
        return _sum([_times(_size(over, growing), _inverse(under, growing)), _constant(0, 1)])
    if isinstance(atom, Function) and atom.name == "make_divisible":
        return _size(spelled(atom), growing)
    if isinstance(atom, Function):
        arguments = [_size(a, growing) for a in atom.arguments]
        if atom.name == "gcd":
            return _divisor(arguments, growing)
        if atom.name in ("equals", "reaches"):
            return _constant(0, 1)
        sign = _constant(*((1, 1) if atom.name == "max" else (-1, -1)))
        return _times(_largest([_times(a, sign) for a in arguments]), sign)
    quotient = _times(_size(atom.over, growing), _inverse(atom.under, growing))
    if atom.exact:
        return quotient
    least = Fraction(1 - atom.under, atom.under) if isinstance(atom.under, int) and atom.over.integral else -1
    return _sum([quotient, _constant(least, 0)])


def _fixed(atom: Power | Sum, growing: Sequence[Symbol]) -> Bands:
    """A power or an open sum in which nothing grows."""
    if not atom.symbols.isdisjoint(growing):
        if isinstance(atom, Power):
            raise Undecided(f"{atom} is no polynomial: it grows faster than any")
        raise Undecided(f"{atom} has no closed form, so its growth cannot be followed")
    if atom.least is None:
        raise Undecided(f"{atom} may be below 0 as far as is proven")
    return {((atom, 1),): (1, 1)}


def _inverse(under: Size, growing: Sequence[Symbol]) -> Bands:
    """1/under of a product of symbols, and of powers in which nothing grows."""
    if isinstance(under, int):
        return _constant(Fraction(1, under), Fraction(1, under))
    if len(under.terms) == 1:
        ((monomial, c),) = under.terms.items()
        exponents: dict[Base, int] = {a: -monomial.count(a) for a in monomial if isinstance(a, Symbol | Power)}
        if all(isinstance(a, Symbol) or (isinstance(a, Power) and _fixed(a, growing)) for a in monomial):
            return {_powers(exponents): (Fraction(1, c), Fraction(1, c))}
    raise Undecided(f"a quotient by {under}: only products of symbols below a floor can be followed")


def _largest(arguments: Sequence[Bands]) -> Bands:
    """At most the greatest coefficients together, at least the argument that is best at the leading ones of these."""
    monomials = dict.fromkeys(m for a in arguments for m in a)
    high = {m: max(a.get(m, (0, 0))[1] for a in arguments) for m in monomials}
    first = antichain(m for m, h in high.items() if h)
    best = max(arguments, key=lambda a: sum(a.get(m, (0, 0))[0] for m in first))
    return _sum({m: (best.get(m, (0, 0))[0], h)} for m, h in high.items())


def _divisor(arguments: Sequence[Bands], growing: Sequence[Symbol]) -> Bands:
    """A gcd: at least 1, and at most the argument that grows least."""

    def degree(argument: Bands) -> int:
        return max((sum(e for _, e in among(m, growing)) for m in argument), default=0)

    above = min(arguments, key=degree)
    least = 1 if above.keys() == {()} else 0
    return {m: (min(least, high), max(least, high)) for m, (_, high) in above.items()}


# -- classes -------------------------------------------------------------------------------------------------------


def bands_by_class(polynomial: Polynomial) -> Bands | None:
    """The bands whose ends are reached, each on a residue class of the sizes; None where the classes say nothing.

    On x ≡ r, ⌊(x + b)/s⌋ is (x + b − (r + b) mod s)/s.
    """
    try:
        terms = polynomial_terms(polynomial)
    except Undecided:
        return None
    periods: dict[Symbol, int] = {}
    for windows in terms:
        for x, s, _ in windows:
            periods[x] = lcm(periods.get(x, 1), s)
    if prod(periods.values()) > CLASSES:
        return None
    classes: list[Bands] = []
    for remainders in every(*map(range, periods.values())):
        at = dict(zip(periods, remainders))
        parts = []
        for windows, c in terms.items():
            term = _constant(c, c)
            for x, s, b in windows:
                rest = Fraction(b - (at[x] + b) % s, s)
                term = _times(term, {((x, 1),): (Fraction(1, s), Fraction(1, s)), (): (rest, rest)})
            parts.append(term)
        classes.append(_sum(parts))
    values = {m: [on.get(m, (0, 0))[0] for on in classes] for m in dict.fromkeys(m for on in classes for m in on)}
    return {m: (min(v), max(v)) for m, v in values.items()}
