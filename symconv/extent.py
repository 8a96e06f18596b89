"""Exact arithmetic of one dimension of a tensor.

A size is a Python integer or an Extent: an integer combination of products of atoms. An atom is a symbol, a floor
⌊u/d⌋ of a combination u over a positive size d, a max, min or gcd of sizes, a power 2^u, or a sum over the rounds of a
block. Sizes behave like integers (+ − * // % divmod **), so a layer's rule is the formula of its paper in plain Python
and runs on numbers and on symbols alike. A combination without atoms is a Python integer again.

The normal form of ⌊(u + b)/s⌋, u without a constant:

- multiples of s leave the floor, the coefficients that stay lie in −s/2 < c ≤ s/2, and 0 ≤ b < s;
- the greatest common divisor of s and the coefficients cancels: ⌊(g·u + b)/(g·s)⌋ = ⌊(u + ⌊b/g⌋)/s⌋;
- nested floors compose: ⌊(⌊v/d⌋ + b)/s⌋ = ⌊(v + d·b)/(d·s)⌋, for symbols d, s, b too, so any chain of convolutions and
  poolings is one floor;
- a few copies of one floor separate by Hermite's identity, ⌊(n·y + c)/s⌋ = Σ_{j<n} ⌊(y + ⌊(c + j·s)/n⌋)/s⌋.

The normal form of a product of powers has one power of each prime, and a number in an exponent is a factor:
2^(i + 1) = 2·2^i, and 2^n/2 is 2^(n − 1). What is shown to divide leaves a floor by a power as it
leaves one by a number: with i ≤ n, ⌊2^n·q/2^i⌋ = 2^(n − i)·q.

The form is what people are shown. Whether two sizes are equal is decided in `symconv.equality`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache, lru_cache
from math import gcd as integer_gcd
from typing import Any, Final

from symconv.errors import ExtentError
from symconv.symbols import NONNEGATIVE, RATIONAL, Index, Symbol

#: Copies of one floor under another that are separated in the form shown; more stay nested.
SEPARATED: Final = 8

#: The greatest exponent of `**`: an expression from a stranger must not fill the memory.
EXPONENT: Final = 64

#: The greatest base of a power whose exponent is no number: it is taken apart into primes.
BASE: Final = 1 << 20

#: Bits of a power that is worked out.
BITS: Final = 10_000


class Floor:
    """The atom ⌊over/under⌋; `exact` says that `under` divides `over` on the domain, so it prints as a quotient."""

    __slots__ = ("_hash", "exact", "integral", "key", "least", "over", "powered", "symbols", "under")

    def __init__(self, over: Extent, under: Size, exact: bool = False) -> None:
        self.over, self.under, self.exact = over, under, exact
        self.key: tuple[Any, ...] = (1, order(under), over.key, exact)
        self.symbols: frozenset[Symbol] = frozenset(symbols_of(over) | symbols_of(under))
        self.least = _least_quotient(over, under, exact)
        # Not of the key: it holds the keys of all floors below, each as often as it is used.
        self._hash = hash((over, under, exact))
        self.integral = True
        self.powered = exact and any(m and m[-1].__class__ is Power for m in over.terms)

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
    """The atom max(…), min(…) or gcd(…) of sizes, or one of what need not be whole: ceil(v, s), which is ⌈v/s⌉, or
    make_divisible(u, s, d), u/s rounded to a multiple of d."""

    __slots__ = ("arguments", "integral", "key", "name", "symbols")

    def __init__(self, name: str, arguments: tuple[Size, ...]) -> None:
        self.name, self.arguments = name, arguments
        self.key: tuple[Any, ...] = (2, name, tuple(map(order, arguments)))
        self.symbols: frozenset[Symbol] = frozenset(s for a in arguments for s in symbols_of(a))
        self.integral = name in ("ceil", "make_divisible") or all(isinstance(a, int) or a.integral for a in arguments)

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


class Power:
    """The atom base^exponent: the base a prime, the exponent at least 0 where it is used.

    The exponent without its number is at least −`need`, so that a greater number comes out as a factor: 8·2^n, but
    2^(3 − i) for i ≤ 3. Where no bound is proven, need is None, and the number stays. `owed` says that the exponent has
    a lower number: 2^(n − 1).
    """

    __slots__ = ("base", "exponent", "integral", "key", "least", "need", "owed", "symbols")

    def __init__(self, base: int, exponent: Extent) -> None:
        self.base, self.exponent = base, exponent
        # The greatest key of all, so that powers stand last in a product, where they are looked for.
        self.key: tuple[Any, ...] = (5, base, exponent.key)
        self.symbols: frozenset[Symbol] = frozenset(symbols_of(exponent))
        number = exponent.terms.get((), 0)
        bound = lower_bound(exponent)
        self.need = None if bound is None else max(number - bound, 0)
        self.least = base ** min(max(bound or 0, 0), EXPONENT)
        self.owed = self.need is not None and number < self.need
        self.integral = True

    def __hash__(self) -> int:
        return hash((self.base, self.exponent))

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Power) and (self.base, self.exponent) == (other.base, other.exponent)
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return Power, (self.base, self.exponent)


class Sum:
    """The atom Σ over begin ≤ i < end of a product of sizes; the end is the index's, which is bound here.

    The factors stay whole, as they do in a cost; two sums are equal where their bodies are, as polynomials in atoms.
    """

    __slots__ = ("_hash", "body", "factors", "index", "integral", "key", "least", "symbols")

    def __init__(self, index: Index, factors: tuple[Size, ...]) -> None:
        self.index, self.factors = index, factors
        self.body: Size = 1
        for f in factors:
            self.body = self.body * f
        self.key: tuple[Any, ...] = (4, index.key, order(self.body))
        self.symbols = frozenset((symbols_of(self.body) - {index}) | symbols_of(index.end))
        self.integral = True
        self.least = self._least()
        self._hash = hash((index, self.body))

    def _least(self) -> int | None:
        rounds = max(lower_bound(self.index.end - self.index.begin) or 0, 0)
        for f in self.factors:
            bound = lower_bound(f)
            if bound is None or bound < 0:
                return None
            rounds *= bound
        return rounds

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Sum)
            and self._hash == other._hash
            and self.index is other.index
            and self.body == other.body
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return Sum, (self.index, self.factors)


Atom = Symbol | Floor | Function | Power | Sum
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
                if k and k[-1].__class__ is Power and m and n:
                    k, number = collected(k)
                    terms[k] = terms.get(k, 0) + c * d * _whole(number)
                else:
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
    owed = False
    for m, c in terms.items():
        for a in m:
            if a.__class__ is Floor and a.exact:
                whole = _cleared(m, c, a)
                if whole is not None:
                    del terms[m]
                    return from_terms(terms) + whole
        if m and m[-1].__class__ is Power and not owed:
            owed = _owes(m)
    if owed:
        terms = _settled(terms)
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
    left = _per(rest, divisor) if rest is not None else None
    if left is not None and (c * left[1] / k).denominator == 1:
        return Extent({left[0]: _whole(c * left[1] / k)}) * quotient.over
    if quotient.powered and not divisor and rest is not None and not 0 <= c < k:
        return Extent({rest: c // k}) * quotient.over + (Extent({monomial: c % k}) if c % k else 0)
    return None


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
            m, c = _lifted(m, c, s, exact)
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
        return from_terms(out)
    g = integer_gcd(s, *rest.values()) if integral else integer_gcd(s, b, *rest.values())
    if g > 1:
        s, b = s // g, b // g
        rest = {m: c // g for m, c in rest.items()}
    if powered:
        rest = terms_of(from_terms(rest))
    sign = 1
    if integral and (rest[max(rest, key=lambda m: tuple(map(_key_of, m)))] < 0):
        sign, b, rest = -1, -b if exact else s - 1 - b, {m: -c for m, c in rest.items()}  # ⌊−v/s⌋ = −⌊(v + s − 1)/s⌋
        for m in [m for m, c in rest.items() if 2 * c == -s]:  # and s/2, not −s/2, stays
            rest[m] += s
            out[m] = out.get(m, 0) + 1
    whole = _plain_floor(rest, b, s, exact)
    return from_terms(out) + (whole if sign > 0 else -whole)


def _residue(c: int, s: int) -> int:
    """The residue of least size, in −s/2 < r ≤ s/2."""
    return c - s * ((2 * c + s - 1) // (2 * s))


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


def _by_quotient(terms: Mapping[Monomial, int], divisor: Atom) -> Size | None:
    """u/(v/k), v/k exact and u a multiple of v, which is k·(u/v); else None."""
    if not isinstance(divisor, Floor) or not divisor.exact or len(terms_of(divisor.over)) != 1:
        return None
    ((over, c),) = divisor.over.terms.items()
    parts = {m: _without(m, over) for m in terms}
    if any(p is None or terms[m] % c for m, p in parts.items()):
        return None
    return from_terms({p: terms[m] // c for m, p in parts.items() if p is not None}) * divisor.under


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


# -- powers --------------------------------------------------------------------------------------------------------


def power(base: int, exponent: Size) -> Size:
    """base^exponent, the base a number from 1 to 2^20, the exponent at least 0 where it is used.

    Raises ExtentError for any other base, an exponent that is below 0 or no integer, and a number of more than
    10,000 bits.

    >>> from symconv.symbols import symbol
    >>> n = size_of(symbol("n", "count"))
    >>> power(2, n + 1), power(2, n) * power(2, n), 3 * power(2, n - 1) - power(2, n)
    (2·2^n, 4^n, 2^(n − 1))
    """
    if base < 1:
        raise ExtentError(f"a power of {base}: its base is at least 1")
    if isinstance(exponent, int):
        if exponent < 0:
            raise ExtentError(f"{base}^({exponent}): an exponent of extents is at least 0")
        if (base.bit_length() - 1) * exponent > BITS:
            raise ExtentError(f"{base}^{exponent} has more than {BITS:,} bits, the most that is worked out")
        number: int = base**exponent
        return number
    if not exponent.integral:
        raise ExtentError(f"{base}^({exponent}): an exponent of extents is a whole number")
    if base == 1:
        return 1
    if base > BASE:
        raise ExtentError(f"a power of {base}: its base is at most {BASE:,} where the exponent is no number")
    monomial, factor = _joined((), {p: k * exponent for p, k in _primes(base)})
    return from_terms({monomial: _whole(factor)})


@cache
def _primes(n: int) -> tuple[tuple[int, int], ...]:
    """The primes of a number with their exponents."""
    out, p = [], 2
    while n > 1:
        if p * p > n:
            p = n
        k = 0
        while n % p == 0:
            n, k = n // p, k + 1
        if k:
            out.append((p, k))
        p += 1
    return tuple(out)


def _split(monomial: Monomial) -> tuple[Monomial, dict[int, Size]]:
    """The factors that are no powers, and the exponent of each base."""
    exponents: dict[int, Size] = {}
    others = []
    for a in monomial:
        if isinstance(a, Power):
            exponents[a.base] = exponents.get(a.base, 0) + a.exponent
        else:
            others.append(a)
    return tuple(others), exponents


def _joined(others: Monomial, exponents: Mapping[int, Size], whole: bool = True) -> tuple[Monomial, Fraction]:
    """A product with these powers, and the number that comes out of their exponents.

    All of it comes out where the powers need not stay `whole`.
    """
    number, powers = Fraction(1), []
    for base in sorted(exponents):
        e = exponents[base]
        constant = e if isinstance(e, int) else e.terms.get((), 0)
        if isinstance(e, Extent) and whole:
            need = _need(base, e)
            constant = 0 if need is None else max(constant - need, 0)
        if abs(constant) * (base.bit_length() - 1) > BITS:
            raise ExtentError(f"{base}^{constant} has more than {BITS:,} bits, the most that is worked out")
        number *= Fraction(base) ** constant
        rest = e - constant
        if isinstance(rest, Extent):
            powers.append(Power(base, rest))
    return (*others, *powers), number


def collected(monomial: Monomial) -> tuple[Monomial, Fraction]:
    """A product with one power of each base, and the number that is left: 2^n·2^(i − n) is 2^i."""
    return _joined(*_split(monomial))


def bare(monomial: Monomial) -> tuple[Monomial, Fraction]:
    """A product with no number in an exponent, and that number: 2^(n − 1) is 2^n and 1/2."""
    return _joined(*_split(monomial), whole=False)


def owing(monomial: Monomial, c: int | Fraction) -> tuple[Monomial, int | Fraction]:
    """c·monomial with numbers in the exponents, so that powers and number are whole: (3/2)·2^n is 3·2^(n − 1)."""
    others, exponents = _split(monomial)
    shared = {base: e for base, e in sorted(exponents.items()) if _need(base, e) is not None}
    for base, e in shared.items():
        need = _need(base, e) or 0
        c, exponents[base] = Fraction(c, base**need), e + need
    for proven in (True, False):  # first as far as the exponents are shown to be at least 0
        for base in shared:
            while integer_gcd(c.denominator, base) > 1 and not (proven and not at_least(exponents[base], 1)):
                c, exponents[base] = c * base, exponents[base] - 1
    return _joined(others, exponents)[0], int(c) if c.denominator == 1 else c


def _need(base: int, exponent: Size) -> int | None:
    return 0 if isinstance(exponent, int) else Power(base, exponent).need


def _settled(terms: Mapping[Monomial, int]) -> dict[Monomial, int]:
    """Terms with equal products of powers together, the numbers in their exponents as they have to be."""
    together: dict[Monomial, int | Fraction] = {}
    for m, c in terms.items():
        fixed = tuple(a for a in m if isinstance(a, Power) and a.need is None)
        k, number = bare(tuple(a for a in m if a not in fixed))
        together[k + fixed] = together.get(k + fixed, 0) + c * number
    return {m: _whole(c) for m, c in (owing(m, c) for m, c in together.items() if c)}


def _owes(monomial: Monomial) -> bool:
    return any(isinstance(a, Power) and a.owed for a in monomial)


def _whole(number: int | Fraction) -> int:
    if number.denominator != 1:
        raise ExtentError("a power whose exponent is below 0")
    return int(number)


def _per(monomial: Monomial, divisor: Monomial) -> tuple[Monomial, Fraction] | None:
    """monomial/divisor as a product that is shown to be whole, and a number; None where there is none."""
    plain, below = _split(divisor)
    left = _without(monomial, plain)
    if left is None or not below:
        return None if left is None else (left, Fraction(1))
    others, exponents = _split(left)
    number = Fraction(1)
    for base, e in below.items():
        if base not in exponents:
            return None
        rest = exponents.pop(base) - e
        bound = lower_bound(rest)
        if bound is None or bound < -EXPONENT:
            return None
        shift = bound if isinstance(rest, int) else min(bound, EXPONENT)
        number *= Fraction(base) ** shift
        if not isinstance(rest, int):
            exponents[base] = rest - shift
    whole, more = _joined(others, exponents)
    return whole, number * more


def _lifted(monomial: Monomial, c: int, s: int, every: bool = False) -> tuple[Monomial, int]:
    """c·monomial with what its powers have in common with s in the number: 2^n·q over 4 is 2·2^(n − 1)·q.

    With `every`, as much as can come out, so that the residue is of the least power.
    """
    others, exponents = _split(monomial)
    for base, e in exponents.items():
        bound = min(lower_bound(e) or 0, EXPONENT)
        while bound > 0 and (every or integer_gcd(base, s // integer_gcd(c, s)) > 1):
            c, bound, exponents[base] = c * base, bound - 1, exponents[base] - 1
    whole, number = _joined(others, exponents)
    return whole, c * _whole(number)


def _shifted(size: Extent, base: int, exponent: Size) -> Size:
    """The size over base^exponent, which divides each of its terms."""
    terms: dict[Monomial, int] = {}
    for m, c in size.terms.items():
        others, exponents = _split(m)
        whole, number = _joined(others, {**exponents, base: exponents[base] - exponent})
        terms[whole] = terms.get(whole, 0) + _whole(c * number)
    return from_terms(terms)


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
        quotient = _per(m, divisor) if m and all(a.integral for a in m) else None
        if quotient is None:
            rest[m] = rest.get(m, 0) + c
            continue
        whole, number = quotient
        if not whole and number.denominator == 1:
            m, c, number = divisor, c * int(number), Fraction(1)
        step = (number / k).denominator
        r = _residue(c, step) if whole else c % step
        beside |= not whole and r > 0
        out[whole] = out.get(whole, 0) + _whole((c - r) * number / k)
        rest[m] = rest.get(m, 0) + r
    if terms.get((), 0) < 0 and not beside:
        rest[divisor] = rest.get(divisor, 0) + k
        out[()] = out.get((), 0) - 1
    apart, left = from_terms(out), from_terms(rest)
    if isinstance(left, int) and not left:
        return apart
    if at_least(left, 0) and at_least(under - 1, left):
        return apart
    if isinstance(left, int):
        return apart + size_of(floor_atom(Extent({(): left}), under, exact))
    shorter = _shortened(left, divisor, k)
    if shorter is not None:
        return apart + floor(*shorter, exact)
    inner = _inner_floor(left.terms)
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
                rest = {_without(m, (a,)) or (): c for m, c in terms.items()}
                return from_terms(rest), from_terms({_without(divisor, (a,)) or (): k})
        exponents = [_split(m)[1] for m in (divisor, *terms)]
        for base in sorted(exponents[0]):
            for shared in [e[base] for e in exponents if base in e]:
                if all(base in e and at_least(e[base], shared) for e in exponents):
                    return _shifted(Extent(terms), base, shared), _shifted(Extent({divisor: k}), base, shared)
    for a in divisor:
        if isinstance(a, Power):
            bottom, factor = _lifted(bottom, factor, factor * a.least)
    lifted = [_lifted(m, c, factor) if m else (m, c) for m, c in terms.items()]
    g = integer_gcd(factor, *(c for _, c in lifted))
    if g == 1:
        return None
    return from_terms({m: c // g for m, c in lifted}) + b // g, from_terms({bottom: factor // g})


# -- bounds --------------------------------------------------------------------------------------------------------


def lower_bound(size: Size) -> int | None:
    """A number that no value falls below while each symbol is at least its least value; None where none is proven.

    A positive term is bounded from below by the least values of its factors. A negative one needs a bound from above,
    which numbers have and the index of a round, so that n − 1 − i is at least 0; other cases of one symbol
    `symconv.solve` decides exactly.
    """
    if isinstance(size, int):
        return size
    total = 0
    for m, c in size.terms.items():
        if c < 0 and m:
            last = _at_last_round(size, m)
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
    return all(a is i or (i not in symbols_of(size_of(a)) and at_least(size_of(a), 0)) for a in monomial)


def _least(atom: Atom) -> int | None:
    if not isinstance(atom, Function):
        return atom.least
    bounds = [lower_bound(a) for a in atom.arguments]
    if atom.name == "ceil":
        return _least_ceiling(*atom.arguments)
    known = [b for b in bounds if b is not None]
    if atom.name == "gcd":
        return 1
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


def _least_quotient(over: Size, under: Size, exact: bool) -> int | None:
    bound = lower_bound(over)
    if bound is None or bound < 0:
        return None
    if exact and bound > 0:  # it comes out even, so it is no proper fraction
        return max(1, bound // under) if isinstance(under, int) else 1
    if isinstance(under, int):
        return bound // under
    powered = any(m and m[-1].__class__ is Power for m in under.terms)
    return int(powered and at_least(over, under))


# -- rounds --------------------------------------------------------------------------------------------------------


def iterated_window(x: Size, b: int, s: int, i: Size) -> Size:
    """The size after i windows x → ⌊(x + b)/s⌋, which is ⌊(x + b·(s^i − 1)/(s − 1))/s^i⌋.

    The form at i + 1 is the window of the form at i.

    >>> from symconv.symbols import index, symbol
    >>> x, i = size_of(symbol("X")), size_of(index("i", 0, 9))
    >>> iterated_window(x, 1, 2, i), iterated_window((x + 3) // 4, 0, 2, i)
    (⌈X/2^i⌉, ⌊(X + 3)/2^(i + 2)⌋)
    """
    if s < 1:
        raise ExtentError(f"a window with stride {s}: it is at least 1")
    if s == 1:
        return x + b * i
    if isinstance(x, int) and isinstance(i, int):
        for _ in range(i):
            before, x = x, (x + b) // s
            if x == before:
                break
        return x
    over, under = _one_floor(x)
    shrunk = power(s, i)
    return floor((s - 1) * over + under * b * (shrunk - 1), (s - 1) * under * shrunk)


def _one_floor(size: Size) -> tuple[Size, Size]:
    """over, under of a size that is ⌊over/under⌋, its summands outside of the floor taken in."""
    inner = _inner_floor(terms_of(size))
    if isinstance(size, Extent) and inner is not None and size.terms[(inner,)] == 1:
        under = inner.under
        if isinstance(under, int) or under.integral:
            return inner.over + under * (size - size_of(inner)), under
    return size, 1


def iterated_affine(c: Size, r: int, b: Size, i: Size) -> Size:
    """The size after i maps c → r·c + b: r^i·c + b·(r^i − 1)/(r − 1), and c + b·i where r is 1.

    >>> from symconv.symbols import index, symbol
    >>> c, i = size_of(symbol("C_in")), size_of(index("i", 0, 9))
    >>> iterated_affine(c, 1, 32, i), iterated_affine(c, 2, 0, i), iterated_affine(c, 2, 3, i)
    (C_in + 32·i, 2^i·C_in, 2^i·C_in + 3·2^i − 3)
    """
    if r < 1:
        raise ExtentError(f"a factor of {r} a round: it is at least 1")
    if r == 1:
        return c + b * i
    grown = power(r, i)
    return grown * c + floor(b * (grown - 1), r - 1, exact=True)


def iterated_quotient(c: Size, s: Size, i: Size) -> Size:
    """The size after i exact quotients c → c/s: c/s^i, which the domain makes whole.

    >>> from symconv.symbols import index, symbol
    >>> iterated_quotient(size_of(symbol("C_in")), 2, size_of(index("i", 0, 9)))
    C_in/2^i
    """
    if not isinstance(s, int) or s < 1:
        raise ExtentError(f"a quotient by {s} a round: a number of at least 1 is wanted")
    return floor(c, power(s, i), exact=True)
