"""Floor and ceiling of sizes, and the normal form of floors.

The normal form of ⌊(u + b)/s⌋, u without a constant:

- multiples of s leave the floor, the coefficients that stay lie in −s/2 < c ≤ s/2, and 0 ≤ b < s;
- the greatest common divisor of s and the coefficients cancels: ⌊(g·u + b)/(g·s)⌋ = ⌊(u + ⌊b/g⌋)/s⌋;
- nested floors compose: ⌊(⌊v/d⌋ + b)/s⌋ = ⌊(v + d·b)/(d·s)⌋, for symbols d, s, b too, so any chain of convolutions and
  poolings is one floor;
- a few copies of one floor separate by Hermite's identity, ⌊(n·y + c)/s⌋ = Σ_{j<n} ⌊(y + ⌊(c + j·s)/n⌋)/s⌋.

What is shown to divide leaves a floor by a power as it leaves one by a number: with i ≤ n, ⌊2^n·q/2^i⌋ = 2^(n − i)·q.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import gcd as integer_gcd
from typing import Final

from symconv import bounding, powers
from symconv.errors import ExtentError
from symconv.extent import (
    Atom,
    Extent,
    Floor,
    Function,
    Monomial,
    Power,
    Size,
    floor_atom,
    from_terms,
    in_common,
    key_of,
    size_of,
    terms_of,
    without,
)
from symconv.symbols import NONNEGATIVE, Symbol

#: Copies of one floor under another that are separated in the form shown; more stay nested.
SEPARATED: Final = 8


def floor(over: Size, under: Size, exact: bool = False) -> Size:
    """⌊over/under⌋ in normal form; `exact` says that the domain makes it a plain quotient.

    Raises ExtentError where `under` is a number below 1.
    """
    if isinstance(under, int):
        if under < 1:
            raise ExtentError(f"division by {under}: a divisor of extents is at least 1")
        if under == 1 and (isinstance(over, int) or over.integral):
            return over
        if isinstance(over, int):
            return over // under
        larger = None if exact else _of_extreme(over, under)
        return _floor_by_number(over, under, exact) if larger is None else larger
    return _floor_by_extent(over, under, exact)


def _of_extreme(over: Extent, under: int) -> Size | None:
    """⌊(u + max(v, w))/s⌋, the larger of ⌊(u + v)/s⌋ and ⌊(u + w)/s⌋, and so for min, where one is shown to be that."""
    for m, c in over.terms.items():
        (atom,) = m if len(m) == 1 else (None,)
        if c > 0 and isinstance(atom, Function) and atom.name in ("max", "min"):
            rest = from_terms({k: v for k, v in over.terms.items() if k != m})
            found = [floor(rest + c * x, under) for x in atom.arguments]
            for x in found:
                if all(bounding.at_least(*((x, y) if atom.name == "max" else (y, x))) for y in found):
                    return x
    return None


def ceiling(over: Size, under: Size) -> Size:
    """⌈over/under⌉."""
    if isinstance(over, int) or over.integral:
        return (over + under - 1) // under
    below = floor(-over, under)
    for atom in [m[0] for m in terms_of(below) if len(m) == 1]:
        if isinstance(atom, Floor) and not atom.over.integral:
            return -(below - size_of(atom)) + size_of(Function("ceil", (-atom.over, atom.under)))
    return -below


def _floor_by_number(over: Extent, under: int, exact: bool) -> Size:
    s, b = under, 0
    out: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
    integral, powered = True, False
    for m, c in over.terms.items():
        if not m:
            b = c
            continue
        if m[-1].__class__ is Power:
            powered = True
            m, c = powers.lifted(m, c, s, exact)
        if all(a.integral for a in m):
            r = _residue(c, s)
            if c != r:
                out[m] = (c - r) // s
        else:
            r, integral = c, False
        if r:
            rest[m] = r
    if not rest:
        out[()] = b // s
        return _paired(from_terms(out))
    g = integer_gcd(s, *rest.values()) if integral else integer_gcd(s, b, *rest.values())
    if g > 1:
        s, b = s // g, b // g
        rest = {m: c // g for m, c in rest.items()}
    if powered:
        rest = terms_of(from_terms(rest))
    sign = 1
    if integral and (rest[max(rest, key=lambda m: tuple(map(key_of, m)))] < 0):
        sign, b, rest = -1, -b if exact else s - 1 - b, {m: -c for m, c in rest.items()}  # ⌊−v/s⌋ = −⌊(v + s − 1)/s⌋
        for m in [m for m, c in rest.items() if 2 * c == -s]:  # and s/2, not −s/2, stays
            rest[m] += s
            out[m] = out.get(m, 0) + 1
    whole = _plain_floor(rest, b, s, exact)
    return _paired(from_terms(out) + (whole if sign > 0 else -whole))


def _paired(size: Size) -> Size:
    """With ⌊(u + n)/(2·n)⌋ in the place of ⌊u/n⌋ − ⌊u/(2·n)⌋, where both are there: what x + (x mod 2) is half of."""
    if isinstance(size, int) or len(size.terms) == 1:
        return size
    for second, c in size.terms.items():
        (half,) = second if len(second) == 1 else (None,)
        if c > 0 or not isinstance(half, Floor) or half.exact or not isinstance(half.under, int) or half.under % 2:
            continue
        n = half.under // 2
        for first, d in size.terms.items():
            if d != -c or len(first) != 1:
                continue
            (whole,) = first
            over, under = (whole.over, whole.under) if isinstance(whole, Floor) else (size_of(whole), 1)
            apart = half.over - over
            if under != n or not isinstance(apart, int) or apart % n or (isinstance(whole, Floor) and whole.exact):
                continue
            rest = {m: v for m, v in size.terms.items() if m not in (first, second)}
            return from_terms(rest) + d * (_floor_by_number(half.over + n, 2 * n, False) - apart // n)  # type: ignore[arg-type]
    return size


def _residue(c: int, s: int) -> int:
    """The residue of least size, in −s/2 < r ≤ s/2."""
    return c - s * ((2 * c + s - 1) // (2 * s))


def _plain_floor(rest: dict[Monomial, int], b: int, s: int, exact: bool) -> Size:
    """⌊(rest + b)/s⌋ where nothing of `rest` leaves the floor by its coefficient."""
    inner = inner_floor(rest)
    if inner is not None:
        n = rest[(inner,)]
        others = {m: c for m, c in rest.items() if m != (inner,)}
        if abs(n) == 1:
            return _compose(inner, n, from_terms({**others, (): b}), s, exact)
        if not others and 1 < n <= SEPARATED:
            parts = [_compose(inner, 1, (b + j * s) // n, s, False) for j in range(n)]
            return sum(parts, 0)
    q, b = divmod(b, s)
    if s == 1 and all(a.integral for m in rest for a in m):
        return from_terms({**rest, (): q})
    return size_of(floor_atom(Extent({**rest, (): b} if b else rest), s, exact)) + q


def inner_floor(rest: Mapping[Monomial, int]) -> Floor | None:
    """The one floor among the atoms, where it stands alone in its term and all others are integers."""
    found: Floor | None = None
    for m in rest:
        for a in m:
            if not a.integral:
                return None
            if isinstance(a, Floor):
                if found is not None or len(m) > 1:
                    return None
                found = a
    return found


def _composes(inner: Floor, sign: int, under: Extent) -> bool:
    """Whether `_compose` holds: `under` is an integer, and for the minus sign v and d are."""
    whole = isinstance(inner.under, int) or inner.under.integral
    return under.integral and (sign > 0 or (whole and inner.over.integral))


def _compose(inner: Floor, sign: int, shift: Size, under: Size, exact: bool) -> Size:
    """⌊(±⌊v/d⌋ + shift)/under⌋ = ⌊(±v + (d − 1 for the minus sign) + d·shift)/(d·under)⌋ for an integer shift."""
    d = inner.under
    over = inner.over + d * shift if sign > 0 else -inner.over + (d - 1) + d * shift
    return floor(over, d * under, exact and inner.exact)


def _floor_by_extent(over: Size, under: Extent, exact: bool) -> Size:
    if len(under.terms) == 1 and next(iter(under.terms))[-1].__class__ is Power:
        return _floor_by_power(over, under, exact)
    terms = terms_of(over)
    out: dict[Monomial, int] = {}
    rest, below = dict(terms), from_terms(under.terms)
    if any(isinstance(a, Symbol) and a.kind == NONNEGATIVE for m in under.terms for a in m):
        return size_of(floor_atom(Extent(rest), below, exact)) if rest else 0  # by zero it has no value: keep it
    if over == under:
        return 1
    if len(under.terms) == 1:
        ((divisor, coefficient),) = under.terms.items()
        whole = _by_quotient(terms, divisor[0]) if len(divisor) == coefficient == 1 else None
        if whole is not None:
            return whole
        for m, c in terms.items():
            quotient = without(m, divisor)
            if c % coefficient == 0 and quotient is not None and all(a.integral for a in quotient):
                out[quotient] = c // coefficient
                del rest[m]
        if rest:
            rest, below = cancelled(rest, divisor, coefficient)
    if not rest:
        return from_terms(out)
    if isinstance(below, int):
        return from_terms(out) + floor(from_terms(rest), below, exact)
    b = rest.pop((), 0)
    inner = inner_floor(rest)
    if inner is not None and abs(rest[(inner,)]) == 1 and _composes(inner, rest[(inner,)], below):
        n = rest.pop((inner,))
        return from_terms(out) + _compose(inner, n, from_terms({**rest, (): b}), below, exact)
    if b:
        rest[()] = b
    return from_terms(out) + size_of(floor_atom(Extent(rest), below, exact))


def _by_quotient(terms: Mapping[Monomial, int], divisor: Atom) -> Size | None:
    """u/(v/k), v/k exact and u a multiple of v, which is k·(u/v); else None."""
    if not isinstance(divisor, Floor) or not divisor.exact or len(terms_of(divisor.over)) != 1:
        return None
    ((over, c),) = divisor.over.terms.items()
    parts = {m: without(m, over) for m in terms}
    if any(p is None or terms[m] % c for m, p in parts.items()):
        return None
    return from_terms({p: terms[m] // c for m, p in parts.items() if p is not None}) * divisor.under


def cancelled(terms: Mapping[Monomial, int], divisor: Monomial, coefficient: int) -> tuple[dict[Monomial, int], Size]:
    """Common factors of numerator and denominator, all of them positive, cancel."""
    g = integer_gcd(coefficient, *terms.values())
    shared = in_common([divisor, *terms])
    rest = {without(m, shared) or (): c // g for m, c in terms.items()}
    return rest, from_terms({without(divisor, shared) or (): coefficient // g})


def cleared(monomial: Monomial, c: int, quotient: Floor) -> Size | None:
    """c·monomial where the divisor of an exact quotient in it divides the rest: 2·((K − 1)/2) is K − 1."""
    under: dict[Monomial, int] = terms_of(quotient.under)
    if len(under) != 1:
        return None
    ((divisor, k),) = under.items()
    rest = without(monomial, (quotient,))
    left = powers.per(rest, divisor) if rest is not None else None
    if left is not None and (c * left[1] / k).denominator == 1:
        return Extent({left[0]: powers.integer(c * left[1] / k)}) * quotient.over
    if quotient.powered and not divisor and rest is not None and not 0 <= c < k:
        return Extent({rest: c // k}) * quotient.over + Extent({monomial: c % k})  # k does not divide c: see above
    return None


# -- by powers -----------------------------------------------------------------------------------------------------


def _floor_by_power(over: Size, under: Extent, exact: bool) -> Size:
    """⌊over/under⌋, `under` one product with a power in it.

    Multiples of `under` leave the floor; one stays, or comes in, where a negative number is left: ⌈X/2^i⌉ is
    ⌊(X − 1 + 2^i)/2^i⌋, one floor.
    """
    ((divisor, k),) = under.terms.items()
    terms = terms_of(over)
    if any(isinstance(a, Symbol) and a.kind == NONNEGATIVE for a in divisor):
        return size_of(floor_atom(Extent(dict(terms)), under, exact)) if terms else 0
    out: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
    beside = False
    for m, c in terms.items():
        quotient = powers.per(m, divisor) if m and all(a.integral for a in m) else None
        if quotient is None:
            rest[m] = rest.get(m, 0) + c
            continue
        whole, number = quotient
        if not whole and number.denominator == 1:
            m, c, number = divisor, c * int(number), Fraction(1)
        step = (number / k).denominator
        r = _residue(c, step) if whole else c % step
        beside |= not whole and r > 0
        out[whole] = out.get(whole, 0) + powers.integer((c - r) * number / k)
        rest[m] = rest.get(m, 0) + r
    if terms.get((), 0) < 0 and not beside:
        rest[divisor] = rest.get(divisor, 0) + k
        out[()] = out.get((), 0) - 1
    apart, left = from_terms(out), from_terms(rest)
    if isinstance(left, int) and not left:
        return apart
    if bounding.at_least(left, 0) and bounding.at_least(under - 1, left):
        return apart
    if isinstance(left, int):
        return apart + size_of(floor_atom(Extent({(): left}), under, exact))
    shorter = _shortened(left, divisor, k)
    if shorter is not None:
        return apart + floor(*shorter, exact)
    inner = inner_floor(left.terms)
    if inner is not None and abs(left.terms[(inner,)]) == 1 and _composes(inner, left.terms[(inner,)], under):
        others = {m: c for m, c in left.terms.items() if m != (inner,)}
        return apart + _compose(inner, left.terms[(inner,)], from_terms(others), under, exact)
    return apart + size_of(floor_atom(left, under, exact))


def _shortened(over: Extent, divisor: Monomial, k: int) -> tuple[Size, Size] | None:
    """over/(k·divisor) with a factor that all terms share cancelled; None where they share none."""
    b = over.terms.get((), 0) if over.integral else 0  # ⌊(g·u + b)/(g·s)⌋ = ⌊(u + ⌊b/g⌋)/s⌋ for an integer u
    terms = {m: c for m, c in over.terms.items() if m or not over.integral}
    bottom, factor = divisor, k
    if not b:
        for a in divisor:
            if isinstance(a, Symbol) and a.least >= 1 and all(a in m for m in terms):
                rest = {without(m, (a,)) or (): c for m, c in terms.items()}
                return from_terms(rest), from_terms({without(divisor, (a,)) or (): k})
        exponents = [powers.split(m)[1] for m in (divisor, *terms)]
        for base in sorted(exponents[0]):
            for shared in [e[base] for e in exponents if base in e]:
                if all(base in e and bounding.at_least(e[base], shared) for e in exponents):
                    return (
                        powers.shifted(Extent(terms), base, shared),
                        powers.shifted(Extent({divisor: k}), base, shared),
                    )
    for a in divisor:
        if isinstance(a, Power):
            bottom, factor = powers.lifted(bottom, factor, factor * a.least)
    lifted = [powers.lifted(m, c, factor) if m else (m, c) for m, c in terms.items()]
    g = integer_gcd(factor, *(c for _, c in lifted))
    if g == 1:
        return None
    return from_terms({m: c // g for m, c in lifted}) + b // g, from_terms({bottom: factor // g})
