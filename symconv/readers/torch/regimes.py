"""The other sides of a program's branches: runs there, and one network of all that agree.

A run at a point outside of what is known takes another way in some calls of modules. Where every tensor that both runs
make has the extents that the formulas say, the ways of a call are put side by side: what all of them do is there once,
and what only some do runs where they are taken. So the domain loses each condition that decided nothing else; what is
left are the conditions under which the module works, or works on other extents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import islice
from itertools import product as combinations
from typing import Any, Final

from symconv.condition import Condition
from symconv.domain import Domain, Unasked
from symconv.extent import Size
from symconv.readers.torch.checking import Numbers
from symconv.readers.torch.ledger import Box, indicator, stated, united
from symconv.readers.torch.trace import Failed, Traced
from symconv.readers.torch.tracer import Made
from symconv.sizes import Sizes
from symconv.symbols import Symbol

Shapes = tuple[tuple[Size, ...], ...]

Run = Callable[[dict[Symbol, int]], Traced]

#: Runs on other sides, and runs that fail there, at most.
SIDES: Final = 12
FAILURES: Final = 8

#: Points on other extents from which it is started anew, at most.
STARTS: Final = 3

#: Values of a symbol that are looked at for its classes, classes of one symbol, and points.
LOOKED: Final = 1 << 10
CLASSES: Final = 16
POINTS: Final = 1 << 10

#: Points at which two formulas are compared that are not the same in form.
COMPARED: Final = 6


@dataclass
class Way:
    """A run that agrees with the first one: what it asks for, by call."""

    traced: Traced
    at: dict[Symbol, int]
    #: By call where this run's operators are others than the first one's: what matches, by places in both.
    other: dict[str, list[tuple[int, int]]] = field(default_factory=dict)


class Regimes:
    """The runs of one module, and which points they cover."""

    def __init__(self, first: Traced, symbols: Sequence[Symbol], run: Run) -> None:
        self.first, self.symbols, self.run = first, list(symbols), run
        self.ways = [Way(first, {s: first.path.witness[s] for s in symbols})]
        #: By an operator that only other runs have which run it is of, and where; by run its nodes' names here.
        self.pending: dict[Any, tuple[int, int]] = {}
        self.names: dict[int, dict[str, str]] = {}
        self._found: list[dict[str, Box]] | None = None
        self._shared: tuple[int, frozenset[str]] = (0, frozenset())
        #: Points at which the module works on other extents.
        self.apart: list[dict[Symbol, int]] = []
        self.borders: list[Box] = []
        self.tried: list[dict[Symbol, int]] = [self.ways[0].at]

    def explore(self) -> None:
        """Run at points that no run covers, those that say most first, until none is left or enough were tried."""
        failures = 0
        while len(self.ways) <= SIDES and failures < FAILURES:
            point = self._next()
            if point is None:
                return
            self.tried.append(point)
            way = self._taken(point)
            if way is None:
                failures += 1
            else:
                self.ways.append(way)

    def _taken(self, point: dict[Symbol, int]) -> Way | None:
        try:
            traced = self.run(point)
        except Failed as failed:
            self._border(failed.call, point)
            return None
        way = self.takes(traced, point)
        if way is None:
            self.apart.append(point)
        return way

    def takes(self, traced: Traced, point: dict[Symbol, int]) -> Way | None:
        """Another run as a way beside the first one, None where the first run's formulas do not hold there."""
        other = differences(self.first, traced, point)
        if other is None:
            return None
        way = Way(traced, point, other)
        self.ways.append(way)
        boxes = self._boxes(self.ways[0])
        self.ways.pop()
        # What a call does has to be decided in it.
        return None if any(point in boxes.get(_fold(self, scope), Box()) for scope in other) else way

    def _border(self, call: str, point: dict[Symbol, int]) -> None:
        """A point at which a call fails: what it breaks of the first run there is a border."""
        boxes = self._boxes(self.ways[0])
        shared = [scope for scope in (call, _fold(self, call)) if scope in boxes]
        for box in [boxes[scope] for scope in shared[:1]]:
            for s, sizes in box.sizes.items():
                if point[s] not in sizes:
                    self.borders.append(Box({s: sizes}))
            self.borders += [Box({}, (c,)) for c in box.open if point not in Box({}, (c,))]

    def at(self, scope: str, point: Mapping[Symbol, int]) -> list[Traced]:
        """The runs that say what a call does at a point."""
        if len(self.ways) == 1:
            return [self.first]
        if self._found is None:
            self._found = [self._boxes(way) for way in self.ways]
        near = _fold(self, scope)
        return [way.traced for way, boxes in zip(self.ways, self._found) if point in boxes.get(near, Box())]

    # -- which points are covered ----------------------------------------------------------------------------------

    def scopes(self) -> frozenset[str]:
        """The calls that every run has; what is asked for in others counts for the nearest around them."""
        if self._shared[0] != len(self.ways):
            shared = set(self.first.tracer.called) | {""}
            for way in self.ways[1:]:
                shared &= set(way.traced.tracer.called) | {""}
            self._shared = len(self.ways), frozenset(shared)
        return self._shared[1]

    def _boxes(self, way: Way) -> dict[str, Box]:
        ledger = way.traced.ledger
        shared = self.scopes()
        below: dict[str, list[str]] = {}
        for scope in ledger.log:
            near = scope
            while near not in shared:
                near = near.rpartition("/")[0]
            below.setdefault(near, []).append(scope)
        return {scope: ledger.box(inner) for scope, inner in below.items()}

    def regions(self) -> dict[str, list[Box]]:
        """By call the boxes in which one of the runs says what it does; no entry where it is everywhere."""
        boxes = [self._boxes(way) for way in self.ways]
        found: dict[str, list[Box]] = {}
        for scope in dict.fromkeys(scope for its in boxes for scope in its):
            whole = united(its.get(scope, Box()) for its in boxes)
            if not any(not b.sizes and not b.open for b in whole):
                found[scope] = whole
        return found

    def _next(self) -> dict[Symbol, int] | None:
        """The point outside of what is covered that shows most calls anew."""
        regions = self.regions()
        if not regions:
            return None
        ledger = self.first.ledger
        decided = [box for scope in ledger.log if (box := ledger.box([scope], True)) != Box()]
        needed = [box for scope in ledger.log if (box := ledger.box([scope], False)) != Box()]
        best: tuple[tuple[int, int], dict[Symbol, int]] | None = None
        for point in self._points(regions):
            if point in self.tried or any(point not in box for box in self.borders):
                continue
            new = sum(all(point not in box for box in boxes) for boxes in regions.values())
            if not new:
                continue
            # Where a program decides otherwise says more than where a layer cannot follow: the first such one will do.
            broken = sum(point not in box for box in needed)
            worth = (new if any(point not in box for box in decided) else 0) - broken, -broken
            if best is None or worth > best[0]:
                best = worth, point
        return None if best is None else best[1]

    def _points(self, regions: Mapping[str, list[Box]]) -> list[dict[Symbol, int]]:
        boxes = [box for its in regions.values() for box in its]
        options = [self._classes(s, {box.of(s) for box in boxes if s in box.sizes}) for s in self.symbols]
        found = [dict(zip(self.symbols, values)) for values in islice(combinations(*options), POINTS)]
        if any(box.open for box in boxes):
            base = self.ways[0].at
            steps = [1, -1, 7, -7, 64, -64]
            found += [{**base, s: base[s] + d} for s in self.symbols for d in steps if base[s] + d > 1]
        return found

    def _classes(self, s: Symbol, sets: set[Sizes]) -> list[int]:
        """A value for each way in which the sets have it or not, the first run's own first."""
        own = self.first.path.witness[s]
        ordered = sorted(sets, key=repr)
        if not ordered:
            return [own]
        edges = {e for its in ordered for a, b in (*its.early, (its.start, its.start)) for e in (a, b)}
        values = [own, *range(own + 1, min(own + 65, LOOKED)), *sorted(edges), *(e - 1 for e in sorted(edges))]
        values += [*range(LOOKED, 0, -7), own * 2 + 1, own * 3 + 2]
        seen: dict[tuple[bool, ...], int] = {}
        for v in values:
            if v >= s.least and (s.name != "N" or v > 1):
                seen.setdefault(tuple(v in its for its in ordered), v)
        return list(seen.values())[:CLASSES]


def wider(regimes: Regimes) -> Iterator[Regimes]:
    """The runs that start from another point, where their formulas hold at the first run's point as well.

    There a program may do something by the way, such as leaving a padding or a resize out.
    """
    own = regimes.ways[0].at
    for point in sorted(regimes.apart, key=lambda p: sum(p[s] == v for s, v in own.items()))[:STARTS]:
        others = Regimes(regimes.run(point), regimes.symbols, regimes.run)
        way = others.takes(regimes.first, own)
        if way is not None:
            others.ways.append(way)
            others.tried.append(own)
            others.explore()
            yield others


# -- two runs compared ---------------------------------------------------------------------------------------------


def differences(first: Traced, other: Traced, at: dict[Symbol, int]) -> dict[str, list[tuple[int, int]]] | None:
    """By call what matches where two runs do not do the same; None where their calls have other extents.

    A run's operators match where they are the same, in the same call, and make the same extents, by formulas that are
    equal wherever the other run goes.
    """
    points = _inside(other, at)
    mine, its = [Numbers(first, p) for p in points], [Numbers(other, p) for p in points]
    for scope, ends in first.tracer.ends.items():
        there = other.tracer.ends.get(scope)
        if there is not None and not _alike(ends.shapes, there.shapes, mine, its):
            return None
    ours, theirs = _by_scope(first.tracer.made), _by_scope(other.tracer.made)
    found: dict[str, list[tuple[int, int]]] = {}
    for scope in dict.fromkeys([*ours, *theirs]):
        a, b = ours.get(scope, []), theirs.get(scope, [])
        keys = [[_key(m, mine[0]) for _, m in a], [_key(m, its[0]) for _, m in b]]
        if keys[0] == keys[1]:
            pairs = [(i, j) for (i, _), (j, _) in zip(a, b)]
        else:
            matcher = SequenceMatcher(None, keys[0], keys[1], autojunk=False)
            pairs = [(a[i + k][0], b[j + k][0]) for i, j, n in matcher.get_matching_blocks() for k in range(n)]
            found[scope] = pairs
        if not all(_alike(first.tracer.made[i].shapes, other.tracer.made[j].shapes, mine, its) for i, j in pairs):
            return None
    return found


def _by_scope(made: Sequence[Made]) -> dict[str, list[tuple[int, Made]]]:
    found: dict[str, list[tuple[int, Made]]] = {}
    for i, m in enumerate(made):
        if m.nodes or not m.quiet:
            found.setdefault(m.where, []).append((i, m))
    return found


def _key(made: Made, numbers: Numbers) -> tuple[Any, ...]:
    return made.operator, tuple(tuple(map(numbers, shape)) for shape in made.shapes)


def _alike(a: Shapes, b: Shapes, mine: Sequence[Numbers], its: Sequence[Numbers]) -> bool:
    """Whether shapes are the same in form, or at all these points."""
    if a == b:
        return True
    return all(
        [tuple(map(one, shape)) for shape in a] == [tuple(map(two, shape)) for shape in b]
        for one, two in zip(mine, its)
    )


def _inside(other: Traced, at: dict[Symbol, int]) -> list[dict[Symbol, int]]:
    """Points at which a run goes the same way, its own first."""
    box = other.ledger.box(other.ledger.log)
    found = [at]
    for step in (1, 2, 7, 28, 32, 49, 64, 224, 448, -1, -2, -7, -28, -32, -64):
        for symbols in ([s] for s in at):
            point = {**at, **{s: at[s] + step for s in symbols}}
            if all(v >= 1 for v in point.values()) and point in box:
                found.append(point)
        if len(found) > COMPARED:
            break
    return found


# -- one network of several runs -------------------------------------------------------------------------------------


def merged(regimes: Regimes) -> None:
    """Let the first run's network say what all runs that agree with it do, and its domain be where they go."""
    if len(regimes.ways) == 1:
        return
    first = regimes.first
    boxes = [regimes._boxes(way) for way in regimes.ways]
    scopes = list(dict.fromkeys(scope for its in boxes for scope in its))
    told = {
        s: c for way in regimes.ways for log in way.traced.ledger.log.values() for c in log.values() for s in c.symbols
    }
    conditions: list[Condition] = []
    joined: dict[str, bool] = {}
    for scope in scopes:
        whole = united(its.get(scope, Box()) for its in boxes)
        own = next(b for b in whole if regimes.ways[0].at in b)
        said = stated(own, _told(regimes, scope) or told)
        joined[scope] = said is not None and _timed(regimes, scope, boxes)
        if not joined[scope]:
            said = list(first.ledger.log.get(scope, {}).values())
        conditions += said or []
    net = first.net
    net.domain = domain = Domain()
    net.required = []
    for condition in conditions:
        domain.require(condition)
        net.required.append(condition)
    _put(regimes, boxes, joined)


def _told(regimes: Regimes, scope: str) -> dict[Symbol, Condition]:
    return {
        s: c for way in reversed(regimes.ways) for c in way.traced.ledger.log.get(scope, {}).values() for s in c.symbols
    }


def _fold(regimes: Regimes, scope: str) -> str:
    shared = regimes.scopes()
    while scope not in shared:
        scope = scope.rpartition("/")[0]
    return scope


def _timed(regimes: Regimes, scope: str, boxes: list[dict[str, Box]]) -> bool:
    """Whether it can be said in brackets when each way of a call is taken."""
    differing = [any(_fold(regimes, s) == scope for s in way.other) for way in regimes.ways]
    if not any(differing):
        return True
    own, nothing = boxes[0].get(scope, Box()), Domain()
    others = (its.get(scope, Box()) for its, d in zip(boxes, differing) if d)
    return all(indicator(b, nothing) is not None for b in (own, *others))


def _times(there: Sequence[Box], elsewhere: Sequence[Box], domain: Domain) -> Size | None:
    """How often runs what is there in some boxes, and not in others: 1 or 0, in brackets."""
    if not elsewhere:
        return 1
    inside = [indicator(b, domain) for b in united(there)]
    outside = [indicator(b, domain) for b in united(elsewhere)]
    if None in inside and None in outside:
        return None
    if None in outside or (None not in inside and len(inside) <= len(outside)):
        return sum((x for x in inside if x is not None), 0)
    return 1 - sum((x for x in outside if x is not None), 0)


def _put(regimes: Regimes, boxes: list[dict[str, Box]], joined: dict[str, bool]) -> None:
    """Say of the first run's nodes when they are there, and add those that only other runs have."""
    first = regimes.first
    made, net = first.tracer.made, first.net
    times: dict[str, Size] = {}
    for i, m in enumerate(made):
        scope = _fold(regimes, m.where)
        if not joined.get(scope, True) or not m.nodes or all(net.node(n).layer.view for n in m.nodes):
            continue
        without = [
            w
            for w, way in enumerate(regimes.ways)
            if m.where in way.other and i not in {a for a, _ in way.other[m.where]}
        ]
        if without:
            there = [boxes[w].get(scope, Box()) for w in range(len(boxes)) if w not in without]
            size = _times(there, [boxes[w].get(scope, Box()) for w in without], net.domain)
            times.update((n, 1 if size is None else size) for n in m.nodes)
    net.run_times(times)
    seen: dict[Any, list[int]] = {}
    for w, way in enumerate(regimes.ways):
        for scope, pairs in way.other.items():
            matched = {b for _, b in pairs}
            for j, m in enumerate(way.traced.tracer.made):
                if m.where == scope and j not in matched and m.nodes and joined.get(_fold(regimes, scope), True):
                    count = sum(1 for k in seen if k[:3] == (scope, m.operator, m.shapes) and w in seen[k])
                    seen.setdefault((scope, m.operator, m.shapes, count), []).append(w)
                    if seen[scope, m.operator, m.shapes, count] == [w]:
                        _pending(regimes, w, j, (scope, m.operator, m.shapes, count))
    for key, ws in seen.items():
        scope = _fold(regimes, key[0])
        there = [boxes[w].get(scope, Box()) for w in ws]
        size = _times(there, [boxes[w].get(scope, Box()) for w in range(len(boxes)) if w not in ws], net.domain)
        _add(regimes, key, 1 if size is None else size)


def _pending(regimes: Regimes, w: int, j: int, key: Any) -> None:
    regimes.pending[key] = (w, j)


def _add(regimes: Regimes, key: Any, times: Size) -> None:
    """Add the nodes of an operator that only other runs have."""
    w, j = regimes.pending[key]
    way, first = regimes.ways[w], regimes.first
    names = regimes.names.setdefault(w, {})
    if not names:
        for scope, its in _by_scope(way.traced.tracer.made).items():
            pairs = way.other.get(scope)
            mine = [i for i, m in enumerate(first.tracer.made) if m.where == scope]
            for a, b in pairs if pairs is not None else zip(mine, (i for i, _ in its)):
                names.update(zip(way.traced.tracer.made[b].nodes, first.tracer.made[a].nodes))
    for name in way.traced.tracer.made[j].nodes:
        node = way.traced.net.node(name)
        if node.layer.view:
            continue
        new, k = name, 2
        while new in first.net:
            new, k = f"{name}_{k}", k + 1
        kept = []
        for p, whole in zip(node.parameters, way.traced.tracer.kept_by.get(name, ())):
            if whole not in first.tracer.used:
                first.tracer.used.add(whole)
                kept.append(p)
        sources = [(names.get(s, s), t) for s, t in zip(node.inputs, node.tensors) if names.get(s, s) in first.net]
        domain, first.net.domain = first.net.domain, Unasked()
        try:
            read = tuple(s for s, _ in sources)
            first.net.place(new, node.layer, read, node.tensors, "", (), False, tuple(kept), times)
        finally:
            first.net.domain = domain
        first.tracer.placed[new] = way.traced.tracer.placed[name]
        names[name] = new
