"""Exact arithmetic of one dimension of a tensor.

A size is a Python integer or an Extent: an integer combination of products of atoms. An atom is a symbol, a floor
⌊u/d⌋ of a combination u over a positive size d, a max, min or gcd of sizes, a power 2^u, or a sum over the rounds of a
block. Sizes behave like integers (+ − * // % divmod **), so a layer's rule is the formula of its paper in plain Python
and runs on numbers and on symbols alike. A combination without atoms is a Python integer again.

The normal form of floors is `symconv.rounding`'s, that of powers `symconv.powers`'s. The form is what people are shown.
Whether two sizes are equal is decided in `symconv.equality`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache, reduce
from operator import and_
from typing import Any, Final, TypeVar

from symconv.errors import ExtentError
from symconv.symbols import Index, Symbol

#: The greatest exponent of `**`: an expression from a stranger must not fill the memory.
EXPONENT: Final = 64

F = TypeVar("F")


class Floor:
    """The atom ⌊over/under⌋; `exact` says that `under` divides `over` on the domain, so it prints as a quotient."""

    __slots__ = ("_hash", "exact", "integral", "key", "least", "over", "powered", "symbols", "under")

    def __init__(self, over: Extent, under: Size, exact: bool) -> None:
        self.over, self.under, self.exact = over, under, exact
        self.key: tuple[Any, ...] = (1, order(under), over.key, exact)
        self.symbols: frozenset[Symbol] = frozenset(symbols_of(over) | symbols_of(under))
        self.least = bounding.least_quotient(over, under, exact)
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
def floor_atom(over: Extent, under: Size, exact: bool) -> Floor:
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
        bound = bounding.lower_bound(exponent)
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
        rounds = max(bounding.lower_bound(self.index.end - self.index.begin) or 0, 0)
        for f in self.factors:
            bound = bounding.lower_bound(f)
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


def key_of(atom: Atom) -> tuple[Any, ...]:
    """The key that orders atoms."""
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
            self._key = tuple(sorted((tuple(map(key_of, m)), c) for m, c in self.terms.items()))
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
                k = tuple(sorted(m + n, key=key_of)) if m and n else m or n
                if k and k[-1].__class__ is Power and m and n:
                    k, number = powers.collected(k)
                    terms[k] = terms.get(k, 0) + c * d * powers.integer(number)
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
        return rounding.floor(self, other) if isinstance(other, int | Extent) else NotImplemented

    def __rfloordiv__(self, other: Size) -> Size:
        return rounding.floor(other, self) if isinstance(other, int) else NotImplemented

    def __mod__(self, other: Size) -> Size:
        return self - other * (self // other) if isinstance(other, int | Extent) else NotImplemented

    def __rmod__(self, other: Size) -> Size:
        return other - self * rounding.floor(other, self) if isinstance(other, int) else NotImplemented

    def __divmod__(self, other: Size) -> tuple[Size, Size]:
        quotient = self // other
        return quotient, self - other * quotient

    def __rdivmod__(self, other: int) -> tuple[Size, Size]:
        quotient = rounding.floor(other, self)
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
                whole = rounding.cleared(m, c, a)
                if whole is not None:
                    del terms[m]
                    return from_terms(terms) + whole
        if m and m[-1].__class__ is Power and not owed:
            owed = powers.owes(m)
    if owed:
        terms = powers.settled(terms)
    if not terms:
        return 0
    if len(terms) == 1 and () in terms:
        return terms[()]
    return Extent(terms)


def size_of(atom: Atom) -> Extent:
    """The extent that is this one atom."""
    return Extent({(atom,): 1})


def terms_of(size: Size) -> dict[Monomial, int]:
    """The terms of a size, those of a number too."""
    if isinstance(size, Extent):
        return size.terms
    return {(): size} if size else {}


def symbols_of(size: Size) -> set[Symbol]:
    """The symbols in a size, those inside floors included."""
    found: set[Symbol] = set()
    if isinstance(size, Extent):
        for m in size.terms:
            for a in m:
                found |= a.symbols
    return found


def order(size: Size) -> tuple[Any, ...]:
    """A key that orders sizes the same way on every run, numbers first."""
    return (0, size) if isinstance(size, int) else (1, *size.key)


def in_common(monomials: Iterable[Monomial]) -> Monomial:
    """The symbols of at least 1 that all of these products have, each as often as all have it."""
    counts = (Counter(a for a in m if isinstance(a, Symbol) and a.least >= 1) for m in monomials)
    return tuple(reduce(and_, counts).elements())


def without(product: tuple[F, ...], divisor: tuple[F, ...]) -> tuple[F, ...] | None:
    """product/divisor, or None where it does not divide."""
    left = list(product)
    for a in divisor:
        if a not in left:
            return None
        left.remove(a)
    return tuple(left)


# They are made of extents, and extents of what they make: they come last, and are looked up when they are called, so
# that any of the four may be imported first.
from symconv import bounding, powers, rounding  # noqa: E402
