"""The other sides of a program's branches: runs there, and one network of all that agree.

A run at a point outside of what is known takes another way in some calls of modules. Where every tensor that both runs
make has the extents that the formulas say, the ways of a call are put side by side: what all of them do is there once,
and what only some do runs where they are taken. So the domain loses each condition that decided nothing else; what is
left are the conditions under which the module works, or works on other extents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from itertools import product as combinations
from typing import Final

from symconv.readers.torch.differences import differences
from symconv.readers.torch.ledger import Box, Key, pins, united
from symconv.readers.torch.trace import Failed, Traced
from symconv.sizes import Sizes
from symconv.symbols import Symbol

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

#: Sizes that are run at, at most.
LARGEST: Final = 1 << 20


@dataclass
class Way:
    """A run that agrees with the first one: what it asks for, by call."""

    traced: Traced
    at: dict[Symbol, int]
    #: By call where this run's operators are others than the first one's: what matches, by places in both.
    other: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    #: The calls that see an extent in another form than the first run: what they ask for is meant where this run goes.
    forms: frozenset[str] = frozenset()


class Regimes:
    """The runs of one module, and which points they cover."""

    def __init__(self, first: Traced, symbols: Sequence[Symbol], run: Run) -> None:
        self.first, self.symbols, self.run = first, list(symbols), run
        self.ways = [Way(first, {s: first.path.witness[s] for s in symbols})]
        self._found: list[dict[str, Box]] | None = None
        self._shared: tuple[list[Way], frozenset[str]] = ([], frozenset())
        self._asked_by_all: tuple[list[Way], dict[Key, str]] = ([], {})
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
        way = Way(traced, point, other.other, other.forms)
        self.ways.append(way)
        boxes = self.boxes(self.ways[0])
        self.ways.pop()
        # What a call does has to be decided in it.
        return None if any(point in boxes.get(self.fold(scope), Box()) for scope in way.other) else way

    def _border(self, call: str, point: dict[Symbol, int]) -> None:
        """A point at which a call fails: what it breaks of the first run there is a border."""
        boxes = self.boxes(self.ways[0])
        shared = [scope for scope in (call, self.fold(call)) if scope in boxes]
        for box in [boxes[scope] for scope in shared[:1]]:
            for s, sizes in box.sizes.items():
                if s in point and point[s] not in sizes:
                    self.borders.append(Box({s: sizes}))
            self.borders += [Box({}, (c,)) for c in box.open if point not in Box({}, (c,))]

    def at(self, scope: str, point: Mapping[Symbol, int]) -> list[Traced]:
        """The runs that say what a call does at a point."""
        if len(self.ways) == 1:
            return [self.first]
        if self._found is None:
            self._found = [self.boxes(way) for way in self.ways]
        near = self.fold(scope)
        return [way.traced for way, boxes in zip(self.ways, self._found) if point in boxes.get(near, Box())]

    # -- which points are covered ----------------------------------------------------------------------------------

    def scopes(self) -> frozenset[str]:
        """The calls that every run has; what is asked for in others counts for the nearest around them."""
        if not _same(self._shared[0], self.ways):
            shared = set(self.first.tracer.called) | {""}
            for way in self.ways[1:]:
                shared &= set(way.traced.tracer.called) | {""}
            self._shared = [*self.ways], frozenset(shared)
        return self._shared[1]

    def fold(self, scope: str) -> str:
        """The nearest call around one that every run has, or itself."""
        shared = self.scopes()
        while scope not in shared:
            scope = scope.rpartition("/")[0]
        return scope

    def boxes(self, way: Way) -> dict[str, Box]:
        """By call, as far as calls are taken for one, the box in which the way's run goes as it went.

        What a call asks for that sees extents in other forms than the first run's, which are equal where this run goes,
        says nothing of elsewhere.
        """
        ledger, sure = way.traced.ledger, self._sure()
        below: dict[str, list[Key]] = {}
        for scope, log in ledger.log.items():
            near = self.fold(scope)
            below.setdefault(near, []).extend(k for k in log if sure.get(k) in (None, near) or not ledger.opens(k))
        found = {scope: ledger.box(keys) for scope, keys in below.items()}
        if way is self.ways[0]:
            return found
        own = [key for log in ledger.log.values() for key in log if key not in sure]
        forms = self.scopes() if any(map(pins, own)) else {self.fold(scope) for scope in way.forms}
        for scope in sorted(forms) if own else ():
            found[scope] = ledger.box([*own, *below.get(scope, ())])
        return found

    def _sure(self) -> Mapping[Key, str]:
        """By a condition that every run asks for the first call that does, so that it need not be said of another."""
        if not _same(self._asked_by_all[0], self.ways):
            logs = [way.traced.ledger.log for way in self.ways]
            found: dict[Key, str] = {}
            for scope, log in logs[0].items():
                for k in log:
                    if k not in found and all(k in other.get(scope, ()) for other in logs[1:]):
                        found[k] = self.fold(scope)
            self._asked_by_all = [*self.ways], found
        return self._asked_by_all[1]

    def regions(self) -> dict[str, list[Box]]:
        """By call the boxes in which one of the runs says what it does; no entry where it is everywhere."""
        boxes = [self.boxes(way) for way in self.ways]
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
        decided, needed = self._asked(True), self._asked(False)
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

    def _asked(self, decided: bool) -> list[Box]:
        """By call what the first run's program decides, or what its layers need."""
        ledger = self.first.ledger
        boxes = (ledger.box(k for k in log if (k in ledger.decided) is decided) for log in ledger.log.values())
        return [box for box in boxes if box != Box()]

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
            if (v == own or s.least <= v <= LARGEST) and (s.name != "N" or v > 1):
                seen.setdefault(tuple(v in its for its in ordered), v)
        return list(seen.values())[:CLASSES]


def _same(a: Sequence[Way], b: Sequence[Way]) -> bool:
    return len(a) == len(b) and all(x is y for x, y in zip(a, b))


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
