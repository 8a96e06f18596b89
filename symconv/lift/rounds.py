"""Repeats: where a network does the same again, found in its wiring, and told apart by its names.

What makes a round are its *heavy* steps, those with weights, multiply–accumulates or a pool; two rounds are the same
block where these are the same, as many times wide, at the same extents. Between rounds one value alone goes on, the
state. A first round may be another one, an *entry* that changes the state's shape; it counts as a round.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from symconv.lift.nests import Nest
from symconv.lift.order import Order, kind_of, outside, shared_path


@dataclass
class Run:
    """Rounds of one block: steps from cut to cut, and the entry in front of them."""

    #: The places of the steps at which a regular round begins, and where the last one ends.
    cuts: list[int]
    #: Where the entry begins; None where the first round is a regular one.
    entry: int | None = None
    #: Whether rounds alternate in work that is neither weights nor multiply–accumulates.
    alternating: bool = False
    #: Whether rounds differ in such work otherwise.
    uneven: bool = False
    #: What enters the first regular round, and the entry.
    state: str = ""
    first: str = ""
    name: str = ""
    symbol: str = ""
    #: Whether the names of steps count through all rounds, and say nothing of one.
    counted: bool = False
    #: The nest whose way down or up these rounds are.
    nest: Nest | None = None
    upwards: bool = False

    @property
    def begin(self) -> int:
        return self.cuts[0] if self.entry is None else self.entry

    @property
    def end(self) -> int:
        return self.cuts[-1]

    @property
    def regular(self) -> int:
        """How many regular rounds were seen."""
        return len(self.cuts) - 1

    @property
    def count(self) -> int:
        """How many rounds there are, the entry too."""
        return self.regular + (self.entry is not None)


def tandem(order: Order) -> Iterator[Run]:
    """Runs of two or more rounds one behind the other, by every period."""
    tokens = order.tokens
    many = len(tokens)
    for period in range(1, many // 2 + 1):
        k = 0
        while k + period < many:
            if tokens[k] != tokens[k + period]:
                k += 1
                continue
            begin = k
            while k + period < many and tokens[k] == tokens[k + period]:
                k += 1
            if k - begin >= period:
                yield from _cut(order, begin, period, k - begin + period)


def _cut(order: Order, begin: int, period: int, length: int) -> Iterator[Run]:
    """The rounds of a run of heavy steps, cut where one value goes on; of all ways the one that names suggest."""
    best: tuple[Any, Run] | None = None
    for start in range(begin, begin + length % period + (length >= 2 * period) * (period - 1) + 1):
        most = (begin + length - start) // period
        if most < 2:
            break
        for count in {most, max(most - 1, 2)}:  # the last one may end in another way
            for cuts, score in _cuts(order, start, period, count):
                key = (-count, score, start)
                if best is None or key < best[0]:
                    best = key, Run(cuts)
    if best is not None:
        yield best[1]


def _cuts(order: Order, start: int, period: int, count: int) -> Iterator[tuple[list[int], int]]:
    """The ways to cut: so many working steps behind the last heavy one of a round."""
    heavy = order.heavy
    gaps = [(heavy[start + period * j - 1] + 1, heavy[start + period * j]) for j in range(1, count)]
    lengths = {_work(order, a, b) for a, b in gaps}
    if len(lengths) != 1:
        return
    (light,) = lengths
    after = start + period * count
    stop = heavy[after] if after < len(heavy) else len(order.steps)
    before = heavy[start - 1] + 1 if start else 0
    for behind in range(light, -1, -1):
        inner = [_after(order, a, b, behind) for a, b in gaps]
        last = _after(order, heavy[after - 1] + 1, stop, behind)
        if last is None or any(x is None for x in inner):
            continue
        views = min(_views(order, x) for x in inner if x is not None)
        first = _before(order, before, heavy[start], light - behind, views)
        bare = _before(order, before, heavy[start], light - behind, 0)
        if first is None or bare is None:
            continue
        if bare - first < views:  # views that the first round does not begin with end the rounds
            first, inner = bare, [x + views for x in inner if x is not None]
            last += min(views, _views(order, last))
        cuts = [first, *(x for x in inner if x is not None), last]
        if _carried(order, cuts):
            yield cuts, sum(shared_path(order, x) for x in cuts[1:-1])


def _work(order: Order, begin: int, end: int) -> int:
    return sum(order.working[begin:end])


def _after(order: Order, begin: int, end: int, many: int) -> int | None:
    """The place behind so many working steps."""
    at = begin
    while many and at < end:
        many -= order.working[at]
        at += 1
    return None if many else at


def _before(order: Order, begin: int, end: int, many: int, views: int) -> int | None:
    """The place before so many working steps, and before so many views of what enters."""
    at = end
    while many and at > begin:
        at -= 1
        many -= order.working[at]
    if many:
        return None
    while views and at > begin and not order.working[at - 1] and order.steps[at - 1].inputs:
        at, views = at - 1, views - 1
    return at


def _views(order: Order, at: int) -> int:
    """How many views a round begins with."""
    many = 0
    while at + many < len(order.steps) and not order.working[at + many] and order.steps[at + many].inputs:
        many += 1
    return many


def _carried(order: Order, cuts: Sequence[int]) -> bool:
    """Whether one value goes from round to round, and each round reads it."""
    first = cuts[0]
    for j, cut in enumerate(cuts[1:], 1):
        crossing = [k for k in range(first, cut) if order.last[k] >= cut and not order.constant[k]]
        if len(crossing) != 1 or crossing[0] < cuts[j - 1]:
            return False
        if j < len(cuts) - 1 and not _reads(order, cut, cuts[j + 1], crossing[0]):
            return False
    read = [outside(order, a, b, first) for a, b in pairwise(cuts)]
    if len(read[0]) != len(read[1]) + 1 or not all(r == read[1] < read[0] for r in read[1:]):
        return False
    return not within_branch(order, cuts[-1], *(read[0] - read[1]))


def within_branch(order: Order, end: int, state: str) -> bool:
    """Whether what entered the first round is read again right behind the last one: then they are inside of a block."""
    stop = next((h for h in order.heavy if h >= end), len(order.steps))
    return any(state in s.inputs for s in order.steps[end:stop])


def _reads(order: Order, begin: int, end: int, value: int) -> bool:
    name = order.steps[value].name
    return any(name in s.inputs for s in order.steps[begin:end])


def weight(order: Order, run: Run) -> int:
    return sum(run.cuts[0] <= k < run.cuts[-1] for k in order.heavy)


def look_beside(order: Order, run: Run) -> None:
    """Whether the rounds do the same beside their heavy steps, or alternate."""
    work = [_all_work(order, a, b) for a, b in pairwise(run.cuts)]
    if all(w == work[0] for w in work):
        return
    run.alternating = run.entry is None and all(w == work[j % 2] for j, w in enumerate(work))
    run.uneven = not run.alternating


def _all_work(order: Order, begin: int, end: int) -> list[str]:
    return [kind_of(s) for s in order.steps[begin:end] if not s.layer.view and s.layer.kind != "move"]
