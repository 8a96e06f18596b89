"""One network of several runs: what all of them do is there once, what only some do runs where these go."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import prod
from typing import Final

from symconv.condition import Condition
from symconv.domain import Domain, Unasked
from symconv.extent import Size
from symconv.network import Network
from symconv.readers.torch.differences import Everywhere, agree, by_scope, done
from symconv.readers.torch.ledger import Box, indicator, stated, united
from symconv.readers.torch.placing import free_name
from symconv.readers.torch.regimes import Regimes
from symconv.readers.torch.tracer import Made
from symconv.sizes import Undecided
from symconv.symbols import Symbol

#: Boxes that share points and are said in brackets together, at most.
SHARED: Final = 3


def merged(regimes: Regimes) -> None:
    """Let the first run's network say what all runs that agree with it do, and its domain be where they go."""
    if len(regimes.ways) == 1:
        return
    first = regimes.first
    boxes = [regimes.boxes(way) for way in regimes.ways]
    told = {
        s: c for way in regimes.ways for log in way.traced.ledger.log.values() for c in log.values() for s in c.symbols
    }
    partly = _Partly(regimes, boxes)
    conditions: list[Condition] = []
    joined: set[str] = set()
    for scope in dict.fromkeys(scope for its in boxes for scope in its):
        whole = united(its.get(scope, Box()) for its in boxes)
        own = next(b for b in whole if regimes.ways[0].at in b)
        said = stated(own, _told(regimes, scope) or told)
        if said is not None and partly.can_be_said(scope):
            joined.add(scope)
        else:
            logs = (log for inner, log in first.ledger.log.items() if regimes.fold(inner) == scope)
            said = [c for log in logs for c in log.values()]
        conditions += said
    net = first.net
    net.domain = domain = Domain()
    net.required = []
    for condition in conditions:
        domain.require(condition)
        net.required.append(condition)
    partly.put(joined)


def _told(regimes: Regimes, scope: str) -> dict[Symbol, Condition]:
    return {
        s: c for way in reversed(regimes.ways) for c in way.traced.ledger.log.get(scope, {}).values() for s in c.symbols
    }


@dataclass
class _Added:
    """An operator that the first run does not have: its place in each run that does, and the one of widest formulas."""

    scope: str
    what: Hashable
    places: dict[int, int]
    widest: int


class _Partly:
    """What only some runs do, and when it runs."""

    def __init__(self, regimes: Regimes, boxes: Sequence[Mapping[str, Box]]) -> None:
        self.regimes, self.boxes = regimes, boxes
        self._fewer = list(self._conditional())
        self._added = list[_Added]()
        for w, way in enumerate(regimes.ways):
            for scope, pairs in way.other.items():
                matched = {b for _, b in pairs}
                for j, m in enumerate(way.traced.tracer.made):
                    if m.where == scope and j not in matched and _works(way.traced.net, m):
                        self._note(scope, w, j)
        self._sizes: dict[tuple[str, frozenset[int]], Size] = {}
        #: By run the names in the merged network of its nodes.
        self._names: dict[int, dict[str, str]] = {}

    # -- operators that are the same ---------------------------------------------------------------------------------

    def _note(self, scope: str, w: int, place: int) -> None:
        what = done(self.regimes.ways[w].traced, place).what
        for a in self._added:
            if (a.scope, a.what) != (scope, what) or w in a.places:
                continue
            if self._holds(scope, (a.widest, a.places[a.widest]), (w, place)):
                a.places[w] = place
                return
            if all(self._holds(scope, (w, place), other) for other in a.places.items()):
                a.places[w], a.widest = place, w
                return
        self._added.append(_Added(scope, what, {w: place}, w))

    def _holds(self, scope: str, of: tuple[int, int], at: tuple[int, int]) -> bool:
        """Whether the formulas of a run's operator are those of another run's wherever that one goes."""
        one, two = (self.regimes.ways[w] for w, _ in (of, at))
        everywhere = Everywhere(one.traced, two.traced, two.at, self._box(at[0], scope))
        ours, theirs = (done(way.traced, place) for way, (_, place) in ((one, of), (two, at)))
        return agree(ours, theirs, lambda a, b: len(a) == len(b) and all(map(everywhere, a, b)), everywhere)

    # -- when it runs ------------------------------------------------------------------------------------------------

    def _box(self, w: int, scope: str) -> Box:
        return self.boxes[w].get(self.regimes.fold(scope), Box())

    def can_be_said(self, scope: str) -> bool:
        """Whether it can be said in brackets when each of a call's operators runs."""
        nothing = Domain()
        return all(self._times(scope, ways, nothing) is not None for ways in self._together.get(scope, ()))

    @cached_property
    def _together(self) -> Mapping[str, Set[frozenset[int]]]:
        """By call the runs that have operators in it which others do not have."""
        found: dict[str, set[frozenset[int]]] = {}
        for where, ways in (*((w, ws) for _, w, ws in self._fewer), *((a.scope, a.places) for a in self._added)):
            found.setdefault(self.regimes.fold(where), set()).add(frozenset(ways))
        return found

    def _conditional(self) -> Iterator[tuple[tuple[str, ...], str, list[int]]]:
        """The nodes, call and runs of each of the first run's operators that not all runs have."""
        first, ways = self.regimes.first, self.regimes.ways
        kept = [{scope: {a for a, _ in pairs} for scope, pairs in way.other.items()} for way in ways]
        for i, m in enumerate(first.tracer.made):
            its = [w for w in range(len(ways)) if i in kept[w].get(m.where, (i,))]
            if len(its) < len(ways) and _works(first.net, m):
                yield m.nodes, m.where, its

    def _times(self, scope: str, ways: Collection[int], domain: Domain) -> Size | None:
        """How often runs what these runs have, and others do not: 1 or 0, in brackets."""
        others = [w for w in range(len(self.boxes)) if w not in ways]
        try:
            inside, outside = self._region(scope, sorted(ways)), self._region(scope, others)
        except Undecided:
            return None
        for boxes in sorted((inside, outside), key=len):
            found = _any(boxes, domain)
            if found is not None:
                return found if boxes is inside else 1 - found
        return None

    def _region(self, scope: str, ways: Sequence[int]) -> list[Box]:
        """Where one of these runs says what a call does: at a point of several boxes the earliest run does.

        Raises Undecided where that is no union of boxes.
        """
        found: list[Box] = []
        for w in ways:
            left = [self._box(w, scope)]
            for v in range(w):
                if v not in ways:
                    left = [part for box in left for part in box.without(self._box(v, scope))]
            found += left
        return united(found)

    # -- in the network ----------------------------------------------------------------------------------------------

    def put(self, joined: Collection[str]) -> None:
        """Say of the first run's nodes when they run, and add those that only other runs have."""
        net, fold = self.regimes.first.net, self.regimes.fold
        times = {n: self._said(where, ws) for ns, where, ws in self._fewer if fold(where) in joined for n in ns}
        net.run_times(times)
        result = net.result
        for a in self._added:
            if fold(a.scope) in joined:
                self._add(a)
        net.end_with(result)

    def _said(self, scope: str, ways: Collection[int]) -> Size:
        key = self.regimes.fold(scope), frozenset(ways)
        if key not in self._sizes:
            size = self._times(scope, ways, self.regimes.first.net.domain)
            assert size is not None
            self._sizes[key] = size
        return self._sizes[key]

    def _add(self, added: _Added) -> None:
        first, way = self.regimes.first, self.regimes.ways[added.widest]
        nodes, theirs = first.tracer.nodes, way.traced.tracer.nodes
        made, times = way.traced.tracer.made[added.places[added.widest]], self._said(added.scope, added.places)
        for i, name in enumerate(made.nodes):
            node = way.traced.net.node(name)
            if node.layer.view:
                continue
            new = free_name(first.net, name)
            kept = []
            for p, whole in zip(node.parameters, theirs.kept_by.get(name, ())):
                if whole not in nodes.used:
                    nodes.used.add(whole)
                    kept.append(p)
            layer = nodes.adopted(node.layer, theirs)
            read = tuple(filter(None, (self._source(added.widest, s) for s in node.inputs)))
            domain, first.net.domain = first.net.domain, Unasked()
            try:
                first.net.place(new, layer, read, node.tensors, "", (), False, tuple(kept), times)
            finally:
                first.net.domain = domain
            scope, _ = nodes.placed[new] = theirs.placed[name]
            first.tracer.modules.setdefault(scope, way.traced.tracer.modules.get(scope, ""))
            for w, place in added.places.items():
                self._here(w)[self.regimes.ways[w].traced.tracer.made[place].nodes[i]] = new

    def _source(self, w: int, name: str) -> str:
        """The node of the merged network that a run's node is, or looks at; empty where it is not there."""
        net, here = self.regimes.ways[w].traced.net, self._here(w)
        while name not in here and name not in net.inputs:
            node = net.node(name)
            if not node.layer.view or not node.inputs:
                return ""
            name = node.inputs[0]
        return here.get(name, name)

    def _here(self, w: int) -> dict[str, str]:
        """By a run's nodes the names of those in the merged network that are the same."""
        if w not in self._names:
            way, made = self.regimes.ways[w], self.regimes.first.tracer.made
            ours, theirs = by_scope(made), by_scope(way.traced.tracer.made)
            names = self._names[w] = {}
            for scope, its in theirs.items():
                places = zip((i for i, _ in ours.get(scope, ())), (j for j, _ in its))
                for i, j in way.other.get(scope, places):
                    names.update(zip(way.traced.tracer.made[j].nodes, made[i].nodes))
        return self._names[w]


def _works(net: Network, made: Made) -> bool:
    """Whether an operator became a node that is more than a look at its input."""
    return any(not net.node(name).layer.view for name in made.nodes)


def _any(boxes: Sequence[Box], domain: Domain) -> Size | None:
    """1 in any of the boxes, 0 outside of all, in brackets; None where that has no short form."""
    found: list[Size] = []
    for box in boxes:
        bracket = indicator(box, domain)
        if bracket is None:
            return None
        found.append(bracket)
    if not any(a.meets(b) for a, b in combinations(boxes, 2)):
        return sum(found, 0)
    return 1 - prod(1 - x for x in found) if len(found) <= SHARED else None
