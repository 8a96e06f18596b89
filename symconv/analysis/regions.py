"""Regions: exact sets of integers x ≥ 0, such as the sizes at which a budget holds, and where a cost is at most zero.

A region is pieces one behind the other, each all x in [start, stop) with x mod `period` among its residues; the last
one may be open. So 10⁶ even sizes are one piece, where a set of runs would have 10⁶.

Where h(x) ≤ 0 is decided in one of three ways, each exact:

- on the residue classes of the floors' denominators h is a polynomial, whose signs follow from its differences;
- where h is shown to rise, by bisection;
- where polynomials bound h so that its sign is known from some x on, by looking at every x before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from math import lcm
from typing import Final

from symconv.analysis.growth import bounds
from symconv.cost import Cost, Factor, cost_symbols, evaluate_cost
from symconv.extent import Atom, Extent, Floor, Function, Power, Size, Sum, symbols_of
from symconv.sizes import Sizes, Undecided
from symconv.solve import on_class, polynomial_signs, polynomial_terms
from symconv.symbols import RATIONAL, Symbol

#: Residue classes times terms that are worked out.
CLASSES: Final = 1 << 18

#: Sizes that are looked at one by one.
LOOKED_AT: Final = 1 << 16

#: Sizes beyond which bisection does not go: 2 to this power.
BITS: Final = 256

#: Pieces that a sentence names.
NAMED: Final = 8


@dataclass(frozen=True)
class Piece:
    """The x in [start, stop), or from start on where stop is None, with x mod `period` among the residues."""

    start: int
    stop: int | None
    period: int = 1
    residues: tuple[int, ...] = (0,)

    def __contains__(self, x: int) -> bool:
        return self.start <= x and (self.stop is None or x < self.stop) and x % self.period in self.residues

    @property
    def least(self) -> int | None:
        """The smallest member."""
        found = min(self.start + (r - self.start) % self.period for r in self.residues)
        return found if self.stop is None or found < self.stop else None

    @property
    def greatest(self) -> int | None:
        """The largest member, None where it is open."""
        if self.stop is None:
            return None
        last = self.stop - 1
        return max(last - (last - r) % self.period for r in self.residues)

    def described(self, name: str) -> str:
        """`32 ≤ X ≤ 221`, `X ≡ 0 (mod 2) in 32 … 220`."""
        least, greatest = self.least, self.greatest
        span = f"{name} ≥ {least}" if greatest is None else f"{least} ≤ {name} ≤ {greatest}"
        if least == greatest:
            return f"{name} = {least}"
        if self.period == 1:
            return span
        if len(self.residues) == 1:
            return f"{span}, {name} ≡ {self.residues[0]} (mod {self.period})"
        shown = ", ".join(map(str, self.residues[:NAMED])) + (", …" if len(self.residues) > NAMED else "")
        return f"{span}, {name} mod {self.period} in {shown}"


@dataclass(frozen=True)
class Region:
    """Pieces that do not overlap, in order.

    >>> Region((Piece(1, 100),)) & Region((Piece(32, None, 16, (0,)),))
    32 ≤ x ≤ 96, x ≡ 0 (mod 16)
    """

    pieces: tuple[Piece, ...] = ()

    def __contains__(self, x: int) -> bool:
        return any(x in piece for piece in self.pieces)

    @property
    def empty(self) -> bool:
        """Whether nothing belongs to it."""
        return not self.pieces

    @property
    def unbounded(self) -> bool:
        """Whether there is no largest member."""
        return bool(self.pieces) and self.pieces[-1].stop is None

    @property
    def least(self) -> int | None:
        """The smallest member, None of an empty region."""
        return self.pieces[0].least if self.pieces else None

    @property
    def greatest(self) -> int | None:
        """The largest member, None of an empty region or an unbounded one."""
        return self.pieces[-1].greatest if self.pieces else None

    def members(self, stop: int | None = None) -> Iterator[int]:
        """The members in order, below `stop` where one is given; without end of an unbounded region."""
        for piece in self.pieces:
            ends = [end for end in (piece.stop, stop) if end is not None]
            every = range(piece.start, min(ends)) if ends else count(piece.start)
            yield from (x for x in every if x % piece.period in piece.residues)

    def __and__(self, other: Region) -> Region:
        out: list[Piece] = []
        i = j = 0
        while i < len(self.pieces) and j < len(other.pieces):
            a, b = self.pieces[i], other.pieces[j]
            stops = [p.stop for p in (a, b) if p.stop is not None]
            stop = min(stops, default=None)
            out += _both(a, b, max(a.start, b.start), stop)
            if stop is None:
                break
            i += a.stop == stop
            j += b.stop == stop
        return region_of(out)

    def described(self, name: str = "x") -> str:
        """The region in words."""
        if self.empty:
            return f"no {name}"
        parts = [piece.described(name) for piece in self.pieces[:NAMED]]
        more = len(self.pieces) - NAMED
        return "; ".join(parts) + (f"; and {more} more stretches" if more > 0 else "")

    def __repr__(self) -> str:
        return self.described()


def _both(a: Piece, b: Piece, start: int, stop: int | None) -> Iterator[Piece]:
    if stop is not None and start >= stop:
        return
    period = lcm(a.period, b.period)
    few, many = sorted((a, b), key=lambda p: len(p.residues) * (period // p.period))
    residues = tuple(
        sorted(
            r + k for k in range(0, period, few.period) for r in few.residues if (r + k) % many.period in many.residues
        )
    )
    if residues:
        yield Piece(start, stop, period, residues)


def region_of(pieces: Iterable[Piece]) -> Region:
    """The region of pieces in order: short ones as plain runs, empty ones left out, and those that touch as one."""
    out: list[Piece] = []
    for piece in pieces:
        for part in _plainer(piece):
            last = out[-1] if out else None
            alike = last is not None and (last.period, last.residues) == (part.period, part.residues)
            if last is not None and alike and last.stop == part.start:
                out[-1] = Piece(last.start, part.stop, part.period, part.residues)
            else:
                out.append(part)
    return Region(tuple(out))


def _plainer(piece: Piece) -> Iterator[Piece]:
    start, stop = max(0, piece.start), piece.stop
    if not piece.residues or (stop is not None and start >= stop):
        return
    if len(piece.residues) == piece.period:
        yield Piece(start, stop)
    elif stop is not None and stop - start <= piece.period:
        chosen = set(piece.residues)
        run: int | None = None
        for x in range(start, stop + 1):
            inside = x < stop and x % piece.period in chosen
            if inside and run is None:
                run = x
            elif not inside and run is not None:
                yield Piece(run, x)
                run = None
    else:
        whole = Piece(start, stop, *least_period(piece.period, piece.residues))
        if whole.least is not None:
            yield whole


def least_period(period: int, residues: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    chosen = set(residues)
    for p in [p for p in range(2, period + 1) if period % p == 0 and all(p % k for k in range(2, p))]:
        while period % p == 0 and all((r + period // p) % period in chosen for r in chosen):
            period //= p
            chosen = {r % period for r in chosen}
    return period, tuple(sorted(chosen))


def region_of_sizes(sizes: Sizes) -> Region:
    """The region of a set of sizes."""
    early = [Piece(a, b) for a, b in sizes.early]
    late = tuple(r for a, b in sizes.late for r in range(a, b))
    return region_of([*early, Piece(sizes.start, None, sizes.period, late)])


# -- where a cost is at most zero ----------------------------------------------------------------------------------


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
