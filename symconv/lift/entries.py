"""First rounds that are other ones, with a stride or a projection, and stages of which one regular round was seen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from typing import Any, Final

from symconv.lift.order import Order, beside, kinds_in, outside, shared_path, shared_prefix, state_at
from symconv.lift.rounds import Run, within_branch

#: An entry has at least two thirds of the heavy steps of a regular round, and at most half as many more.
ALIKE: Final = (2, 3)


def enter(order: Order, run: Run, free: Any) -> None:
    """Find the entry in front of a run: like a regular round, of the same output, cut off from what is before it."""
    kinds = kinds_in(order, run.cuts[0], run.cuts[1])
    found = list(_entries(order, run.cuts[0], run.cuts[1], kinds, free, beside(order, run.cuts)))
    if found:
        run.entry = min(found)[-1]


def _entries(
    order: Order, begin: int, end: int, kinds: tuple[str, ...], free: Any, shared: set[str]
) -> Iterator[tuple[Any, ...]]:
    """Where an entry may begin, the likeliest first in order; `shared` is what all rounds read."""
    before = [k for k in order.heavy if k < begin]
    state = state_at(order, begin, end, shared)
    if order.place.get(state, -1) < 0 or order.steps[order.place[state]].node.out.rank == 0:
        return
    if not _passes(order, begin, end, state):
        return
    least, most = max(1, len(kinds) * ALIKE[0] // ALIKE[1]), len(kinds) * ALIKE[1] // ALIKE[0] + 1
    for many in range(least, min(most, len(before)) + 1):
        first = before[-many]
        own = tuple(order.kinds[order.heavy.index(k)] for k in before[-many:])
        if not (_within(own, kinds) or _within(kinds, own)):
            continue
        stop = before[-many - 1] if many < len(before) else -1
        for at in range(first, stop, -1):
            if not free(at, begin):
                break
            if _one_enters(order, at, begin, shared) and order.place[state] >= at:
                named = 0 if _siblings(order, at, begin, end) else 1
                yield named, abs(many - len(kinds)), shared_path(order, at), -at, at


def _passes(order: Order, begin: int, end: int, state: str) -> bool:
    """Whether a regular round gives on a state of the shape that it got."""
    out = next((k for k in range(end - 1, begin - 1, -1) if order.last[k] >= end), None)
    return out is not None and order.steps[out].node.out.shape == order.steps[order.place[state]].node.out.shape


def _one_enters(order: Order, begin: int, end: int, shared: Set[str] = frozenset()) -> bool:
    """Whether one value enters, beside what all rounds read, and one leaves."""
    entering = {
        x
        for x in outside(order, begin, end, begin) - shared
        if x not in order.place or not order.constant[order.place[x]]
    }
    leaving = [k for k in range(begin, end) if order.last[k] >= end and not order.constant[k]]
    return len(entering) == len(leaving) == 1


def _within(short: Sequence[str], long: Sequence[str]) -> bool:
    """Whether one is the other with some left out."""
    rest = iter(long)
    return all(kind in rest for kind in short)


def _siblings(order: Order, begin: int, middle: int, end: int) -> bool:
    """Whether two stretches are numbered children of one parent."""
    paths = _path(order, begin, middle), _path(order, middle, end)
    for many in range(1, min(map(len, paths)) + 1):
        one, other = (numbered(p[:many]) for p in paths)
        if one is not None and other is not None and one[0] == other[0] and other[1] == one[1] + 1:
            return True
    return False


def _path(order: Order, begin: int, end: int) -> list[str]:
    """The path that all steps share; of those apart that stand in another place because of a cut."""
    return shared_prefix([s.name.split("/")[:-1] for s in order.steps[begin:end] if not s.layer.view])


def numbered(path: list[str]) -> tuple[tuple[str, ...], int] | None:
    """A path that ends in a number, without it."""
    match = re.fullmatch(r"(.*?)(\d+)", path[-1]) if path else None
    return ((*path[:-1], match[1]), int(match[2])) if match else None


def single(order: Order, claimed: list[Run], patterns: set[tuple[str, ...]]) -> Iterator[Run]:
    """Stages of an entry and one regular round, which nothing shows but their names, or a block met elsewhere."""
    taken = list(claimed)
    if all("/" not in s.name for s in order.steps):  # no name tells: what is of the same kinds twice
        patterns = patterns | set(_twice(order))

    def free(begin: int, end: int) -> bool:
        return all(end <= r.begin or r.end <= begin for r in taken)

    found: list[tuple[Any, Run]] = []
    for begin, end in _children(order, patterns):
        if not free(begin, end):
            continue
        kinds = kinds_in(order, begin, end)
        if within_branch(order, end, state_at(order, begin, end)):
            continue
        if sum(not k.endswith("norm") for k in kinds) < 2 or not _one_enters(order, begin, end):
            continue
        for entry in sorted(_entries(order, begin, end, kinds, free, set())):
            if entry[0] == 0 or kinds in patterns:
                found.append(((entry[0], kinds not in patterns, begin), Run([begin, end], entry[-1])))
                break
    for _, run in sorted(found, key=lambda f: f[0]):
        if free(run.begin, run.end):
            taken.append(run)
            yield run


def _children(order: Order, patterns: set[tuple[str, ...]]) -> Iterator[tuple[int, int]]:
    """Stretches of one module, and stretches like a block that was met."""
    spans: dict[tuple[str, ...], list[int]] = {}
    for k, step in enumerate(order.steps):
        path = step.name.split("/")[:-1]
        for many in range(1, len(path) + 1):
            spans.setdefault(tuple(path[:many]), []).append(k)
    for prefix, places in spans.items():
        if numbered(list(prefix)) and places[-1] - places[0] + 1 == len(places):
            yield places[0], places[-1] + 1
    for pattern in sorted(patterns):
        many = len(pattern)
        for start in range(1, len(order.heavy) - many + 1):
            if tuple(order.kinds[start : start + many]) != pattern:
                continue
            stop = order.heavy[start + many] if start + many < len(order.heavy) else len(order.steps)
            last = order.heavy[start + many - 1]
            for begin in range(order.heavy[start], order.heavy[start - 1], -1):
                for end in range(last + 1, stop + 1):
                    yield begin, end


def _twice(order: Order) -> Iterator[tuple[str, ...]]:
    """The kinds of layers that come twice, one behind the other."""
    kinds = order.kinds
    for many in range(3, len(kinds) // 2 + 1):
        for k in range(len(kinds) - 2 * many + 1):
            if kinds[k : k + many] == kinds[k + many : k + 2 * many]:
                yield tuple(kinds[k : k + many])
