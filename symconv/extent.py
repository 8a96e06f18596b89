"""Exact arithmetic of one dimension of a tensor.

A size is a Python integer or an Extent: an integer combination of products of atoms. An atom is a symbol, a floor
⌊u/d⌋ of a combination u over a positive size d, or a max, min or gcd of sizes. Sizes behave like integers
(+ − * // % divmod **), so a layer's rule is the formula of its paper in plain Python and runs on numbers and on symbols
alike. A combination without atoms is a Python integer again.

The normal form of ⌊(u + b)/s⌋, u without a constant:

- multiples of s leave the floor, the coefficients that stay lie in −s/2 < c ≤ s/2, and 0 ≤ b < s;
- the greatest common divisor of s and the coefficients cancels: ⌊(g·u + b)/(g·s)⌋ = ⌊(u + ⌊b/g⌋)/s⌋;
- nested floors compose: ⌊(⌊v/d⌋ + b)/s⌋ = ⌊(v + d·b)/(d·s)⌋, for symbols d, s, b too, so any chain of convolutions and
  poolings is one floor;
- a few copies of one floor separate by Hermite's identity, ⌊(n·y + c)/s⌋ = Σ_{j<n} ⌊(y + ⌊(c + j·s)/n⌋)/s⌋.

The form is what people are shown. Whether two sizes are equal is decided in `symconv.equality`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import gcd as integer_gcd
from typing import Any, Final

from symconv.errors import ExtentError
from symconv.symbols import NONNEGATIVE, Symbol

#: Copies of one floor under another that are separated in the form shown; more stay nested.
SEPARATED: Final = 8

#: The greatest exponent of `**`: an expression from a stranger must not fill the memory.
EXPONENT: Final = 64


class Floor:
    """The atom ⌊over/under⌋; `exact` says that `under` divides `over` on the domain, so it prints as a quotient."""

    __slots__ = ("_hash", "exact", "integral", "key", "least", "over", "symbols", "under")

    def __init__(self, over: Extent, under: Size, exact: bool = False) -> None:
        self.over, self.under, self.exact = over, under, exact
        self.key: tuple[Any, ...] = (1, order(under), over.key, exact)
        self.symbols: frozenset[Symbol] = frozenset(symbols_of(over) | symbols_of(under))
        self.least = _least_quotient(over, under)
        # Not of the key: it holds the keys of all floors below, each as often as it is used.
        self._hash = hash((over, under, exact))
        self.integral = True

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Floor)
            and self._hash == other._hash
            and (self.exact, self.under, self.over) == (other.exact, other.under, other.over)
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return floor_atom, (self.over, self.under, self.exact)  # another process hashes differently


class Function:
    """The atom max(…), min(…) or gcd(…) of sizes."""

    __slots__ = ("arguments", "integral", "key", "name", "symbols")

    def __init__(self, name: str, arguments: tuple[Size, ...]) -> None:
        self.name, self.arguments = name, arguments
        self.key: tuple[Any, ...] = (2, name, tuple(map(order, arguments)))
        self.symbols: frozenset[Symbol] = frozenset(s for a in arguments for s in symbols_of(a))
        self.integral = all(isinstance(a, int) or a.integral for a in arguments)

    def __hash__(self) -> int:
        return hash((self.name, self.arguments))

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Function) and (self.name, self.arguments) == (other.name, other.arguments)
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return Function, (self.name, self.arguments)


@lru_cache(maxsize=1 << 14)
def floor_atom(over: Extent, under: Size, exact: bool = False) -> Floor:
    """The atom; mostly the same object for the same arguments, so that comparing deep floors ends at once."""
    return Floor(over, under, exact)


Atom = Symbol | Floor | Function
Monomial = tuple[Atom, ...]


def _key_of(atom: Atom) -> tuple[Any, ...]:
    return atom.key


class Extent:
    """An integer combination of products of atoms; made by arithmetic from `size_of(symbol)`.

    >>> from symconv.symbols import symbol
    >>> x = size_of(symbol("X"))
    >>> (((x + 2 - 3) // 2 + 1) + 2 - 3) // 2 + 1
    ⌈X/4⌉
    >>> 2 * ((x + 1) // 2) - x
    2·⌈X/2⌉ − X
    """

    __slots__ = ("_hash", "_key", "terms")

    def __init__(self, terms: dict[Monomial, int]) -> None:
        self.terms = terms
        self._key: tuple[Any, ...] | None = None
        self._hash: int | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        """A key that orders extents the same way on every run."""
        if self._key is None:
            self._key = tuple(sorted((tuple(map(_key_of, m)), c) for m, c in self.terms.items()))
        return self._key

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self.terms.items()))
        return self._hash

    def __eq__(self, other: object) -> bool:
        """Equal in form; for equality as functions see `symconv.equality`."""
        return self is other or (isinstance(other, Extent) and self.terms == other.terms)

    @property
    def integral(self) -> bool:
        """Whether every value is an integer: no rational symbol stands outside a floor."""
        return all(a.integral for m in self.terms for a in m)

    # -- arithmetic -------------------------------------------------------------------------------------------------

    def __add__(self, other: Size) -> Size:
        if isinstance(other, int):
            if not other:
                return self
            terms = dict(self.terms)
            terms[()] = terms.get((), 0) + other
        elif isinstance(other, Extent):
            terms = dict(self.terms)
            for m, c in other.terms.items():
                terms[m] = terms.get(m, 0) + c
        else:
            return NotImplemented
        return from_terms(terms)

    __radd__ = __add__

    def __neg__(self) -> Extent:
        return Extent({m: -c for m, c in self.terms.items()})

    def __pos__(self) -> Extent:
        return self

    def __sub__(self, other: Size) -> Size:
        return self + -other if isinstance(other, int | Extent) else NotImplemented

    def __rsub__(self, other: Size) -> Size:
        return -self + other if isinstance(other, int) else NotImplemented

    def __mul__(self, other: Size) -> Size:
        if isinstance(other, int):
            if other == 1:
                return self
            return from_terms({m: c * other for m, c in self.terms.items()})
        if not isinstance(other, Extent):
            return NotImplemented
        terms: dict[Monomial, int] = {}
        for m, c in self.terms.items():
            for n, d in other.terms.items():
                k = tuple(sorted(m + n, key=_key_of)) if m and n else m or n
                terms[k] = terms.get(k, 0) + c * d
        return from_terms(terms)

    __rmul__ = __mul__

    def __pow__(self, exponent: int) -> Size:
        if not isinstance(exponent, int):
            return NotImplemented
        if not 0 <= exponent <= EXPONENT:
            raise ExtentError(f"the exponent {exponent} is outside 0 to {EXPONENT}")
        result: Size = 1
        for _ in range(exponent):
            result = result * self
        return result

    def __floordiv__(self, other: Size) -> Size:
        return floor(self, other) if isinstance(other, int | Extent) else NotImplemented

    def __rfloordiv__(self, other: Size) -> Size:
        return floor(other, self) if isinstance(other, int) else NotImplemented

    def __mod__(self, other: Size) -> Size:
        return self - other * (self // other) if isinstance(other, int | Extent) else NotImplemented

    def __rmod__(self, other: Size) -> Size:
        return other - self * floor(other, self) if isinstance(other, int) else NotImplemented

    def __divmod__(self, other: Size) -> tuple[Size, Size]:
        quotient = self // other
        return quotient, self - other * quotient

    def __rdivmod__(self, other: int) -> tuple[Size, Size]:
        quotient = floor(other, self)
        return quotient, other - self * quotient

    def __reduce__(self) -> tuple[Any, ...]:
        return Extent, (self.terms,)


Size = int | Extent


def from_terms(terms: dict[Monomial, int]) -> Size:
    """The size of these terms: zeros left out, a number where nothing else is there."""
    terms = {m: c for m, c in terms.items() if c}
    for m, c in terms.items():
        for a in m:
            if a.__class__ is Floor and a.exact:
                whole = _cleared(m, c, a)
                if whole is not None:
                    del terms[m]
                    return from_terms(terms) + whole
    if not terms:
        return 0
    if len(terms) == 1 and () in terms:
        return terms[()]
    return Extent(terms)


def _cleared(monomial: Monomial, c: int, quotient: Floor) -> Size | None:
    """c·monomial where the divisor of an exact quotient in it divides the rest: 2·((K − 1)/2) is K − 1."""
    under: dict[Monomial, int] = terms_of(quotient.under)
    if len(under) != 1:
        return None
    ((divisor, k),) = under.items()
    rest = _without(monomial, (quotient,))
    left = _without(rest, divisor) if rest is not None else None
    return None if c % k or left is None else Extent({left: c // k}) * quotient.over


def size_of(atom: Atom) -> Extent:
    """The extent that is this one atom."""
    return Extent({(atom,): 1})


def symbols_of(size: Size) -> set[Symbol]:
    """The symbols in a size, those inside floors included."""
    found: set[Symbol] = set()
    if isinstance(size, Extent):
        for m in size.terms:
            for a in m:
                found |= {a} if isinstance(a, Symbol) else a.symbols
    return found


def order(size: Size) -> tuple[Any, ...]:
    """A key that orders sizes the same way on every run, numbers first."""
    return (0, size) if isinstance(size, int) else (1, *size.key)


# -- floor ---------------------------------------------------------------------------------------------------------


def floor(over: Size, under: Size, exact: bool = False) -> Size:
    """⌊over/under⌋ in normal form; `exact` says that the domain makes it a plain quotient.

    Raises ExtentError where `under` is a number below 1.
    """
    if isinstance(under, int):
        if under < 1:
            raise ExtentError(f"division by {under}: a divisor of extents is at least 1")
        if under == 1 and (isinstance(over, int) or over.integral):
            return over
        return over // under if isinstance(over, int) else _floor_by_number(over, under, exact)
    return _floor_by_extent(over, under, exact)


def ceiling(over: Size, under: Size) -> Size:
    """⌈over/under⌉ for integer sizes."""
    return (over + under - 1) // under


def _floor_by_number(over: Extent, under: int, exact: bool) -> Size:
    s, b = under, 0
    out: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
    integral = True
    for m, c in over.terms.items():
        if not m:
            b = c
            continue
        if all(a.integral for a in m):
            r = c - s * ((2 * c + s - 1) // (2 * s))  # the residue of least size, in −s/2 < r ≤ s/2
            if c != r:
                out[m] = (c - r) // s
        else:
            r, integral = c, False
        if r:
            rest[m] = r
    if not rest:
        out[()] = b // s
        return from_terms(out)
    g = integer_gcd(s, *rest.values()) if integral else integer_gcd(s, b, *rest.values())
    if g > 1:
        s, b = s // g, b // g
        rest = {m: c // g for m, c in rest.items()}
    sign = 1
    if integral and (rest[max(rest, key=lambda m: tuple(map(_key_of, m)))] < 0):
        sign, b, rest = -1, s - 1 - b, {m: -c for m, c in rest.items()}  # ⌊−v/s⌋ = −⌊(v + s − 1)/s⌋
        for m in [m for m, c in rest.items() if 2 * c == -s]:  # and s/2, not −s/2, stays
            rest[m] += s
            out[m] = out.get(m, 0) + 1
    whole = _plain_floor(rest, b, s, exact and sign > 0)
    return from_terms(out) + (whole if sign > 0 else -whole)


def _plain_floor(rest: dict[Monomial, int], b: int, s: int, exact: bool) -> Size:
    """⌊(rest + b)/s⌋ where nothing of `rest` leaves the floor by its coefficient."""
    inner = _inner_floor(rest)
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


def _inner_floor(rest: Mapping[Monomial, int]) -> Floor | None:
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
    terms = terms_of(over)
    out: dict[Monomial, int] = {}
    rest, below = dict(terms), from_terms(under.terms)
    if any(isinstance(a, Symbol) and a.kind == NONNEGATIVE for m in under.terms for a in m):
        return size_of(floor_atom(Extent(rest), below, exact)) if rest else 0  # by zero it has no value: keep it
    if over == under:
        return 1
    if len(under.terms) == 1:
        ((divisor, coefficient),) = under.terms.items()
        for m, c in terms.items():
            quotient = _without(m, divisor)
            if c % coefficient == 0 and quotient is not None and all(a.integral for a in quotient):
                out[quotient] = out.get(quotient, 0) + c // coefficient
                del rest[m]
        if rest:
            rest, below = _cancelled(rest, divisor, coefficient)
    if not rest:
        return from_terms(out)
    if isinstance(below, int):
        return from_terms(out) + floor(from_terms(rest), below, exact)
    b = rest.pop((), 0)
    inner = _inner_floor(rest)
    if inner is not None and abs(rest[(inner,)]) == 1 and _composes(inner, rest[(inner,)], below):
        n = rest.pop((inner,))
        return from_terms(out) + _compose(inner, n, from_terms({**rest, (): b}), below, exact)
    if b:
        rest[()] = b
    return from_terms(out) + size_of(floor_atom(Extent(rest), below, exact))


def terms_of(size: Size) -> dict[Monomial, int]:
    """The terms of a size, those of a number too."""
    if isinstance(size, Extent):
        return size.terms
    return {(): size} if size else {}


def _without(monomial: Monomial, divisor: Monomial) -> Monomial | None:
    """monomial/divisor, or None where it does not divide."""
    left = list(monomial)
    for a in divisor:
        if a not in left:
            return None
        left.remove(a)
    return tuple(left)


def _cancelled(rest: dict[Monomial, int], divisor: Monomial, coefficient: int) -> tuple[dict[Monomial, int], Size]:
    """Common factors of numerator and denominator, all of them positive, cancel."""
    g = integer_gcd(coefficient, *rest.values())
    common: list[Atom] = []
    for a in divisor:
        parts = [_without(m, (*common, a)) for m in rest]
        if isinstance(a, Symbol) and a.least >= 1 and all(p is not None for p in parts):
            common.append(a)
    shared = tuple(common)
    rest = {_without(m, shared) or (): c // g for m, c in rest.items()}
    return rest, from_terms({_without(divisor, shared) or (): coefficient // g})


# -- bounds --------------------------------------------------------------------------------------------------------


def lower_bound(size: Size) -> int | None:
    """A number that no value falls below while each symbol is at least its least value; None where none is proven.

    A positive term is bounded from below by the least values of its factors. A negative one needs a bound from above,
    which only numbers have, so it proves nothing; `symconv.solve` decides such cases of one symbol exactly.
    """
    if isinstance(size, int):
        return size
    total = 0
    for m, c in size.terms.items():
        if c < 0 and m:
            return None
        value = c
        for a in m:
            least = _least(a)
            if least is None:
                return None
            value *= least
        total += value
    return total


def _least(atom: Atom) -> int | None:
    if isinstance(atom, Symbol):
        return atom.least
    if isinstance(atom, Floor):
        return atom.least
    bounds = [lower_bound(a) for a in atom.arguments]
    known = [b for b in bounds if b is not None]
    if atom.name == "gcd":
        return 1
    if atom.name == "max":
        least = max(known, default=None)
        return least if least is not None and least >= 0 else None
    return min(known) if len(known) == len(bounds) and min(known) >= 0 else None


def _least_quotient(over: Size, under: Size) -> int | None:
    bound = lower_bound(over)
    if bound is None or bound < 0:
        return None
    return bound // under if isinstance(under, int) else 0
