"""Ledger: what a run asks for, by the call of a module that asks; where a call may go is a union of boxes.

A box is a set of sizes for each symbol, and conditions on several symbols that are left as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from symconv.condition import AT_LEAST, DIFFERS, EQUAL, Condition, at_least, divides, solved
from symconv.domain import Domain
from symconv.errors import ExtentError, ShapeError
from symconv.extent import Extent, Floor, Size, size_of
from symconv.extremes import equals, reaches
from symconv.reducing import parts, reduced
from symconv.sizes import EVERY, Sizes, Undecided
from symconv.symbols import Symbol
from symconv.values import evaluate

Key = tuple[Any, ...]

#: Pieces of a set of sizes that are written as brackets, at most.
PIECES: Final = 6


def key_of(c: Condition) -> Key:
    """What a condition says, whoever asks."""
    return c.relation, c.left, c.right


def opposite(key: Key) -> Key | None:
    """What says the contrary of an open condition."""
    relation, left, right = key
    if relation == EQUAL:
        return DIFFERS, left, right
    if relation == DIFFERS:
        return EQUAL, left, right
    return (AT_LEAST, right, left + 1) if relation == AT_LEAST else None


def _same(a: Key, b: Key) -> bool:
    """Whether two open conditions say the same, in whatever form."""
    if a[0] != b[0]:
        return False
    if a[0] in (EQUAL, DIFFERS):
        return a[1] - a[2] in (b[1] - b[2], b[2] - b[1])
    return bool(a[1] - a[2] == b[1] - b[2])


@dataclass(frozen=True)
class Box:
    """Sizes by symbol, everything where a symbol is not there, and open conditions."""

    sizes: Mapping[Symbol, Sizes] = field(default_factory=dict)
    open: tuple[Condition, ...] = ()

    def __contains__(self, at: Mapping[Symbol, int]) -> bool:
        try:
            return all(at[s] in sizes for s, sizes in self.sizes.items() if s in at) and all(
                c.holds(at) for c in self.open if c.symbols <= at.keys()
            )
        except ExtentError:
            return False

    def of(self, s: Symbol) -> Sizes:
        """The sizes of a symbol."""
        return self.sizes.get(s, EVERY)

    def joined(self, other: Box) -> Box | None:
        """One box that is both together, where there is one."""
        if not self._open_alike(other):
            pair = self._contrary(other)
            return None if pair is None or self.sizes != other.sizes else replace(self, open=pair)
        apart = [s for s in {*self.sizes, *other.sizes} if self.of(s) != other.of(s)]
        if not apart:
            return self
        if len(apart) > 1:
            for a, b in ((self, other), (other, self)):
                if all(within(a.of(s), b.of(s)) for s in apart):
                    return b
            return None
        (s,) = apart
        try:
            both = self.of(s) | other.of(s)
        except Undecided:
            return None
        kept = {k: v for k, v in self.sizes.items() if k != s}
        return replace(self, sizes=kept if both.all else {**kept, s: both})

    def meets(self, other: Box) -> bool:
        """Whether two boxes may share a point; False proves that they do not."""
        for s in self.sizes.keys() & other.sizes.keys():
            with suppress(Undecided):
                if (self.sizes[s] & other.sizes[s]).empty:
                    return False
        contrary = filter(None, (opposite(key_of(c)) for c in self.open))
        return not any(_same(k, key_of(c)) for k in contrary for c in other.open)

    def without(self, other: Box) -> list[Box]:
        """The boxes, none of which share a point, that are this one without another one.

        Raises Undecided where sizes cannot be put together.
        """
        if not self.meets(other):
            return [self]
        found, rest = list[Box](), self
        for s, sizes in other.sizes.items():
            outside, inside = rest.of(s) & ~sizes, rest.of(s) & sizes
            if not outside.empty:
                found.append(replace(rest, sizes={**rest.sizes, s: outside}))
            rest = replace(rest, sizes={**rest.sizes, s: inside})
        for c in other.open:
            contrary = opposite(key_of(c))
            if contrary is None:
                raise Undecided(f"what is beside {c.text()}")
            found.append(replace(rest, open=(*rest.open, Condition(*contrary))))
            rest = replace(rest, open=(*rest.open, c))
        return found

    def _open_alike(self, other: Box) -> bool:
        keys, others = [key_of(c) for c in self.open], [key_of(c) for c in other.open]
        return len(keys) == len(others) and all(any(_same(k, o) for o in others) for k in keys)

    def _contrary(self, other: Box) -> tuple[Condition, ...] | None:
        """What is open of both but for one condition and its contrary."""
        mine = [c for c in self.open if not any(_same(key_of(c), key_of(o)) for o in other.open)]
        its = [c for c in other.open if not any(_same(key_of(c), key_of(o)) for o in self.open)]
        if len(mine) != 1 or len(its) != 1:
            return None
        contrary = opposite(key_of(mine[0]))
        if contrary is None or not _same(contrary, key_of(its[0])):
            return None
        return tuple(c for c in self.open if c is not mine[0])


def within(a: Sizes, b: Sizes) -> bool:
    """Whether sizes are all among others; False proves nothing."""
    try:
        return a & b == a
    except Undecided:
        return False


def united(boxes: Iterable[Box]) -> list[Box]:
    """The boxes, those that are one together made one."""
    left: list[Box] = []
    for box in boxes:
        if box not in left:
            left.append(box)
    again = True
    while again:
        again = False
        for i, a in enumerate(left):
            for j in range(i + 1, len(left)):
                one = a.joined(left[j])
                if one is not None:
                    left = [*left[:i], one, *left[i + 1 : j], *left[j + 1 :]]
                    again = True
                    break
            if again:
                break
    return left


class Ledger(Domain):
    """A domain that remembers by call what was asked for, what is proven apart."""

    def __init__(self, witness: Mapping[Symbol, int] | None = None) -> None:
        super().__init__()
        #: The sizes of the run; what does not hold there is an error.
        self.witness = witness if witness is not None else {}
        #: The call that asks.
        self.scope = ""
        #: By call the conditions that it asks for, each once.
        self.log: dict[str, dict[Key, Condition]] = {}
        #: What a program or a rule decided, which may be decided otherwise elsewhere.
        self.decided: set[Key] = set()
        #: What was asked for since the list was last emptied, what is proven apart.
        self.asked: list[Condition] = []
        self._kinds: dict[Key, list[tuple[Condition, Symbol | None, Sizes | None]]] = {}

    def require(self, condition: Condition) -> None:
        key = key_of(condition)
        kinds = self._kinds.get(key)
        if kinds is None:
            super().require(condition)
            kinds = self._kinds[key] = list(_kinds(condition))
            if kinds and condition.symbols <= self.witness.keys() and not condition.holds(self.witness):
                raise ShapeError(f"{condition.reason}: {condition.text()} does not hold")
        if kinds:
            self.log.setdefault(self.scope, {}).setdefault(key, condition)
            self.asked.append(condition)

    def box(self, keys: Iterable[Key]) -> Box:
        """Conditions that were asked for, together."""
        sizes: dict[Symbol, Sizes] = {}
        opened: dict[Key, Condition] = {}
        for key in keys:
            for c, s, its in self._kinds[key]:
                try:
                    if s is not None and its is not None:
                        sizes[s] = sizes[s] & its if s in sizes else its
                        continue
                except Undecided:
                    pass
                opened.setdefault(key_of(c), c)
        left = tuple(c for c in opened.values() if not _certain(c, sizes))
        return Box(sizes, left)

    def opens(self, key: Key) -> bool:
        """Whether a condition that was asked for is one on several symbols, which no set of sizes says."""
        return any(s is None for _, s, _ in self._kinds[key])

    @property
    def whole(self) -> Box:
        """All that was asked for."""
        return self.box(key for log in self.log.values() for key in log)


def _certain(c: Condition, sizes: Mapping[Symbol, Sizes]) -> bool:
    """Whether a condition is shown to hold at all of these sizes, by the least and the greatest ones."""
    ends = {s: (its.least, its.greatest) for s, its in sizes.items() if s in c.symbols}
    if len(ends) < len(c.symbols) or not (_growing(c.left) and _growing(c.right)):
        return False
    low, high = ({s: pair[i] for s, pair in ends.items()} for i in (0, 1))
    if None in low.values() or None in high.values():
        return False
    try:
        if c.relation == AT_LEAST:
            return bool(evaluate(c.left, low) >= evaluate(c.right, high))
        alike = all(evaluate(side, low) == evaluate(side, high) for side in (c.left, c.right))
        return alike and c.holds(low)
    except ExtentError:
        return False


def _growing(size: Size) -> bool:
    """Whether a size is shown not to fall where its symbols grow."""
    return isinstance(size, int) or all(
        not m or (c > 0 and all(isinstance(a, Symbol) or _climbs(a) for a in m)) for m, c in size.terms.items()
    )


def _climbs(a: Any) -> bool:
    return isinstance(a, Floor) and isinstance(a.under, int) and a.under > 0 and _growing(a.over)


def pins(key: Key) -> bool:
    """Whether a condition makes a number of one term, a symbol or a floor: what comes behind may be without it."""
    relation, left, right = key
    return relation == EQUAL and isinstance(right, int) and isinstance(left, Extent) and len(left.terms) == 1


def _kinds(condition: Condition) -> Iterable[tuple[Condition, Symbol | None, Sizes | None]]:
    """A condition as sizes of a symbol, or as open ones; nothing of what is proven."""
    condition = reduced(condition)
    several = parts(condition)
    if several:
        for part in several:
            yield from _kinds(part)
        return
    try:
        symbol, sizes = solved(condition)
    except Undecided:
        yield condition, None, None
        return
    if symbol is not None and not sizes.all:
        yield condition, symbol, sizes


# -- a box in words ------------------------------------------------------------------------------------------------


def stated(box: Box, told: Mapping[Symbol, Condition]) -> list[Condition] | None:
    """A box as conditions, with the nodes and reasons of `told`; None where its sizes are no range and no class."""
    found = list(box.open)
    for s, sizes in box.sizes.items():
        pieces = _pieces(sizes)
        if len(pieces) != 1:
            return None
        (piece,) = pieces
        like = told.get(s, Condition(AT_LEAST, 0, 0))
        x = size_of(s)
        wanted: list[Condition] = []
        if piece.low > s.least:
            wanted.append(at_least(x, piece.low))
        if piece.high is not None:
            wanted.append(at_least(piece.high - 1, x))
        begin, end = piece.residues
        if end - begin == 1 and piece.period > 1:
            wanted.append(divides(piece.period, x - begin))
        elif piece.period > 1:
            wanted += [at_least(x % piece.period, begin)] if begin else []
            wanted += [at_least(end - 1, x % piece.period)] if end < piece.period else []
        found += [replace(c, reason=like.reason, node=like.node) for c in wanted]
    return found


@dataclass(frozen=True)
class _Piece:
    """The numbers of [low, high), without end where high is None, whose residues are in a run [begin, end)."""

    low: int
    high: int | None
    period: int = 1
    residues: tuple[int, int] = (0, 1)

    def upto(self, end: int | None) -> _Piece:
        """The same where all numbers are below an end."""
        return self if end is None or self.high is None or self.high < end else replace(self, high=None)


def _pieces(sizes: Sizes) -> list[_Piece]:
    """A set as ranges of runs of residues."""
    found = [_Piece(a, b) for a, b in sizes.early]
    return [*found, *(_Piece(sizes.start, None, sizes.period, run) for run in sizes.late)]


def _inside(piece: _Piece, s: Symbol, least: int) -> Size:
    """1 in a piece, 0 outside of it."""
    x: Size = size_of(s)
    made: Size = reaches(x, piece.low) if piece.low > least else 1
    if piece.high == piece.low + 1:
        return equals(x, piece.low)
    if piece.high is not None:
        made = made - reaches(x, piece.high)
    if piece.period > 1:
        begin, end = piece.residues
        rest = x % piece.period
        if end - begin == 1:
            return made * equals(rest, begin)
        above: Size = reaches(rest, begin) if begin else 1
        return made * (above - reaches(rest, end) if end < piece.period else above)
    return made


def indicator(box: Box, domain: Domain) -> Size | None:
    """1 inside of a box, 0 outside, as Iverson's brackets; None where that has no short form.

    What the domain has anyway is not said.
    """
    if box.open:
        return None
    made: Size = 1
    for s, sizes in sorted(box.sizes.items(), key=lambda item: item[0].key):
        if within(domain.sizes(s), sizes):
            continue
        least, known = max(domain.least(s), s.least), domain.sizes(s)
        last = known.greatest
        end = None if last is None else last + 1
        pieces, others = (
            [p.upto(end) for p in _pieces(its) if p.high is None or p.high > least] for its in (sizes, ~sizes)
        )
        outside = len(others) < len(pieces)
        pieces = others if outside else pieces
        if len(pieces) > PIECES:
            return None
        inside = sum((_inside(p, s, least) for p in pieces), 0)
        made = made * (1 - inside if outside else inside)
    return made
