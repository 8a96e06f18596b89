"""Two runs of one module compared: where they do not do the same, and whether the ends of their calls are alike."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence, Set
from dataclasses import dataclass, fields, is_dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from symconv.cost import ZERO, Cost, cost_symbols
from symconv.count import sum_of
from symconv.equality import Answer, compare
from symconv.extent import Extent, Size
from symconv.network import Network
from symconv.readers.torch.checking import Numbers
from symconv.readers.torch.held import symbols_in
from symconv.readers.torch.ledger import Box, within
from symconv.readers.torch.trace import Traced
from symconv.readers.torch.tracer import Made, Shapes
from symconv.symbols import Symbol

#: Points at which two formulas are compared that are not the same in form: steps from a run's own, and least sizes.
STEPS: Final = (1, 2, 7, 28, 32, 49, 64, 224, 448, -1, -2, -7, -28, -32, -64)
LEAST, LOOKED = 6, 1 << 10


@dataclass(frozen=True)
class Differences:
    """By call what matches where two runs do not do the same, and the calls that see an extent in another form."""

    other: dict[str, list[tuple[int, int]]]
    forms: frozenset[str]


def _equal(net: Network, m: Made, other: Network, n: Made) -> bool:
    """Whether two operators do the same by the same formulas."""
    if m.operator != n.operator or m.shapes != n.shapes or len(m.nodes) != len(n.nodes):
        return False
    pairs = [(net.node(a), other.node(b)) for a, b in zip(m.nodes, n.nodes)]
    return all(a.layer == b.layer and a.tensors == b.tensors for a, b in pairs)


@dataclass(frozen=True)
class Done:
    """What an operator does: its name and kinds of layers, its tensors' extents, what the layers say and count."""

    what: Hashable
    sizes: tuple[Size, ...]
    said: Hashable
    numbers: tuple[Size, ...]
    counts: Mapping[str, Cost]

    def key(self, numbers: Numbers) -> Hashable:
        """What is the same in two runs at a point where both do the same."""
        counts = ((p, numbers.of(c)) for p, c in sorted(self.counts.items()))
        return self.what, tuple(map(numbers, self.sizes)), tuple((p, n) for p, n in counts if n)


def done(traced: Traced, place: int) -> Done:
    """What the operator at a place of a run does, its weights apart."""
    if place not in traced.done:
        traced.done[place] = _done(traced.net, traced.tracer.made[place], set(traced.tracer.nodes.unknowns.values()))
    return traced.done[place]


def _done(net: Network, made: Made, unknown: Set[Size]) -> Done:
    numbers: list[Size] = []

    def seen(value: Any) -> Hashable:
        if isinstance(value, Extent) or type(value) is int:
            if value not in unknown:  # which depends on what it works on alone
                numbers.append(value)
            return None
        if isinstance(value, tuple | list):
            return tuple(map(seen, value))
        if is_dataclass(value) and not isinstance(value, type):
            return type(value), *(seen(getattr(value, f.name)) for f in fields(value))
        return value if isinstance(value, Hashable) else repr(value)

    nodes = [net.node(name) for name in made.nodes]
    tensors = [(t.shape, t.dtype) for node in nodes for t in node.tensors]
    shapes = (*made.shapes, *(shape for shape, _ in tensors))
    what = made.operator, tuple(type(n.layer) for n in nodes), tuple(map(len, shapes)), tuple(d for _, d in tensors)
    said = tuple(seen(node.layer) for node in nodes)
    count = sum_of(node.count for node in nodes)
    hidden = symbols_in(unknown)
    counts = {p: c for p, c in count.operations.items() if not cost_symbols(c) & hidden}
    return Done(what, _flat(shapes), said, tuple(numbers), counts)


def agree(
    one: Done, two: Done, equal: Callable[[Sequence[Size], Sequence[Size]], bool], everywhere: Everywhere
) -> bool:
    """Whether two operators do the same: with equal extents, by layers that say the same or count the same."""
    if one.what != two.what or not equal(one.sizes, two.sizes):
        return False
    if one.said == two.said and equal(one.numbers, two.numbers):
        return True
    return all(everywhere.costs(one.counts.get(p, ZERO), two.counts.get(p, ZERO)) for p in {*one.counts, *two.counts})


def differences(first: Traced, other: Traced, at: dict[Symbol, int]) -> Differences | None:
    """Where two runs do not do the same; None where their calls have other extents.

    A run's operators match where they do the same in the same call, with extents that are equal, by formulas that are
    equal wherever the other run goes.
    """
    alike = _Alike(first, other, at)
    for scope, ends in first.tracer.ends.items():
        there = other.tracer.ends.get(scope)
        if there is None:
            continue
        if ends.given != there.given:
            alike.forms.add(scope)
        if ends.made != there.made:
            alike.forms.add(scope.rpartition("/")[0])
        if _ranks(ends.shapes) != _ranks(there.shapes) or not alike(scope, _flat(ends.shapes), _flat(there.shapes)):
            return None
    ours, theirs = by_scope(first.tracer.made), by_scope(other.tracer.made)
    found: dict[str, list[tuple[int, int]]] = {}
    for scope in dict.fromkeys([*ours, *theirs]):
        a, b = ours.get(scope, []), theirs.get(scope, [])
        if len(a) == len(b) and all(_equal(first.net, m, other.net, n) for (_, m), (_, n) in zip(a, b)):
            continue
        dones = [[done(first, i) for i, _ in a], [done(other, j) for j, _ in b]]
        keys = [[d.key(numbers) for d in ds] for ds, numbers in zip(dones, alike.own)]
        if keys[0] == keys[1]:
            matching = [(i, i) for i in range(len(a))]
        else:
            matcher = SequenceMatcher(None, keys[0], keys[1], autojunk=False)
            matching = [(i + k, j + k) for i, j, n in matcher.get_matching_blocks() for k in range(n)]
        same = [(i, j) for i, j in matching if alike.done(scope, dones[0][i], dones[1][j])]
        for i, j in sorted({*matching} - {*same}):
            if not alike(scope, _flat(a[i][1].shapes), _flat(b[j][1].shapes)):
                return None
        if len(same) < max(len(a), len(b)):
            found[scope] = [(a[i][0], b[j][0]) for i, j in same]
    return Differences(found, frozenset(alike.forms))


def by_scope(made: Sequence[Made]) -> dict[str, list[tuple[int, Made]]]:
    found: dict[str, list[tuple[int, Made]]] = {}
    for i, m in enumerate(made):
        if m.nodes or not m.quiet:
            found.setdefault(m.where, []).append((i, m))
    return found


def _ranks(shapes: Shapes) -> list[int]:
    return [len(shape) for shape in shapes]


def _flat(shapes: Shapes) -> tuple[Size, ...]:
    return tuple(size for shape in shapes for size in shape)


class Everywhere:
    """Whether formulas of two runs are equal wherever the second one goes, as far as a box says where that is."""

    def __init__(self, first: Traced, other: Traced, at: dict[Symbol, int], box: Box) -> None:
        self.first, self.other, self.at, self.box = first, other, at, box
        self._own = Numbers(first, at), Numbers(other, at)
        self._points: list[tuple[Numbers, Numbers]] | None = None

    def __call__(self, m: Size, n: Size) -> bool:
        if m == n:
            return True
        if self._own[0](m) != self._own[1](n):
            return False
        found = _compared(m, n)
        if found.answer is Answer.SOMETIMES and found.symbol is not None:
            return within(self.box.of(found.symbol), found.sizes)
        if found.answer is Answer.UNDECIDED:
            return all(one(m) == two(n) for one, two in self._numbers())
        return found.answer is Answer.ALWAYS

    def costs(self, a: Cost, b: Cost) -> bool:
        """Whether two costs are equal, at points of the box where they have other forms."""
        return a == b or all(one.of(a) == two.of(b) for one, two in self._numbers())

    def _numbers(self) -> list[tuple[Numbers, Numbers]]:
        if self._points is None:
            points = _inside(self.box, self.at)
            self._points = [(Numbers(self.first, p), Numbers(self.other, p)) for p in points]
        return self._points


class _Alike:
    """Whether the sizes of two runs agree wherever the second one goes.

    A call that is given what the first run gives it goes as far as it asks for itself; another one, of `forms`, as far
    as the whole run.
    """

    def __init__(self, first: Traced, other: Traced, at: dict[Symbol, int]) -> None:
        self.first, self.other, self.at = first, other, at
        self.own = Numbers(first, at), Numbers(other, at)
        self.forms: set[str] = set()
        self._everywhere: dict[str | None, Everywhere] = {}

    def __call__(self, scope: str, a: Sequence[Size], b: Sequence[Size]) -> bool:
        if a == b:
            return True
        if len(a) != len(b):
            return False
        sizes = [(m, n) for m, n in zip(a, b) if m != n]
        if scope not in self.forms:
            if all(self._in(scope)(m, n) for m, n in sizes):
                return True
            self.forms.add(scope)
        return all(self._in(None)(m, n) for m, n in sizes)

    def done(self, scope: str, one: Done, two: Done) -> bool:
        """Whether two operators of a call do the same."""
        everywhere = self._in(None if scope in self.forms else scope)
        return agree(one, two, lambda a, b: self(scope, a, b), everywhere)

    def _in(self, scope: str | None) -> Everywhere:
        if scope not in self._everywhere:
            ledger = self.other.ledger
            box = ledger.whole if scope is None else ledger.box(ledger.log.get(scope, ()))
            self._everywhere[scope] = Everywhere(self.first, self.other, self.at, box)
        return self._everywhere[scope]


_compared = lru_cache(maxsize=1 << 12)(compare)


def _inside(box: Box, at: dict[Symbol, int]) -> list[dict[Symbol, int]]:
    """Points of a box: the run's own, those at its least sizes, and some near and far."""
    options: dict[Symbol, list[int]] = {}
    for s, own in at.items():
        sizes = box.of(s)
        near = [own, *(own + step for step in STEPS)]
        options[s] = [v for v in dict.fromkeys((*islice(sizes.members(LOOKED), LEAST), *near)) if v >= 1 and v in sizes]
    found = [{**at, s: v} for s in at for v in options[s]]
    widest = max(map(len, options.values()), default=0)
    found += [{s: its[(k * (i + 1)) % len(its)] for i, (s, its) in enumerate(options.items())} for k in range(widest)]
    return [at, *(p for p in found if p != at and p in box)]
