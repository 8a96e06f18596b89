"""Nested repeats: a way down, whose rounds keep what they make, and a way up, whose rounds read it in reverse.

A U-Net's widths double and its extents halve from level to level, so a round is not the one before, but so many times
it. Such a nest is found by its joins, whose older inputs are nested in one another; its two runs have one depth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from symconv.layer import layer_fields
from symconv.layers import Add, Concat, Crop
from symconv.lift.order import Order, kind_of, stated_fields
from symconv.lift.wiring import CONSTANTS, WIDTHS, Step

#: Joins of a nest, at least: two of them cannot show that a ratio stays.
LEVELS: Final = 3


@dataclass
class Nest:
    """The cuts of the rounds down and up, what a round multiplies widths by, and which level a round up reads.

    Round j up reads what enters round n + `offset` − j down. `join` is the place of its join behind the round's begin,
    `older` the input of that join which comes from below.
    """

    down: list[int]
    up: list[int]
    ratio: Fraction
    offset: int
    join: int
    older: int


def nests(order: Order) -> Iterator[Nest]:
    """The nest of a network, if it has one."""
    chain = _chain(order)
    if len(chain) < LEVELS:
        return
    ups = _ups(order, chain)
    if ups is None:
        return
    states = [p for p, _, _ in chain]
    downs = [p + 1 for p in states]
    last = _tokens(order, downs[-1], ups[0])
    if last == _tokens(order, downs[0], downs[1]):
        downs.append(ups[0])
    if any(_tokens(order, a, b) != _tokens(order, downs[0], downs[1]) for a, b in pairwise(downs)):
        return
    begin, many, ratio = _geometric(order, downs)
    first, count, back = _geometric(order, ups)
    if many < 2 or many != count or first != 0 or ratio * back != 1 or ratio == 1:
        return
    offset = len(chain) - 1 - begin - many
    inside = {order.steps[p].name for p in states[begin + 1 :] if p < downs[begin + many]}
    down, up = downs[begin : begin + many + 1], ups[: many + 1]
    outside = [s for k, s in enumerate(order.steps) if not (down[0] <= k < down[-1] or up[0] <= k < up[-1])]
    read = [x for s in outside for x in s.inputs if x in inside and order.place[x] + 1 != down[-1]]
    if offset not in (0, -1) or read:
        return
    yield Nest(down, up, ratio, offset, chain[-1][1] - ups[0], chain[-1][2])


def _chain(order: Order) -> list[tuple[int, int, int]]:
    """The longest chain of joins, each within the one before: place of the older input, of the join, which input."""
    pairs = []
    for c, step in enumerate(order.steps):
        if isinstance(step.layer, Concat | Add | Crop) and len(step.inputs) == 2:
            places = [order.place.get(x, -1) for x in step.inputs]
            older = 0 if places[0] < places[1] else 1
            if places[older] >= 0 and any(places[older] < h < c for h in order.heavy):
                pairs.append((places[older], c, older))
    best: list[list[tuple[int, int, int]]] = []
    for p, c, older in sorted(pairs):
        inner = [chain for chain in best if chain[-1][0] < p and c < chain[-1][1]]
        longest = max(inner, key=len, default=[])
        best.append([*longest, (p, c, older)])
    return max(best, key=len, default=[])


def _ups(order: Order, chain: Sequence[tuple[int, int, int]]) -> list[int] | None:
    """Where the rounds up begin, and where the last one ends: with as few heavy steps before a join as can be."""
    joins = [c for _, c, _ in reversed(chain)]
    heavy = order.heavy
    before = [sum(h < c for h in heavy) for c in joins]
    periods = {b - a for a, b in pairwise(before)}
    if len(periods) != 1:
        return None
    (period,) = periods
    for lead in range(period):
        start = before[0] - lead
        stop = start + period * len(joins)
        if start < 1 or stop > len(heavy):
            continue
        begins = [heavy[start + period * j] for j in range(len(joins))]
        tail = {sum(order.working[heavy[start + period * j - 1] + 1 : begins[j]]) for j in range(1, len(joins))}
        end = heavy[stop - 1] + 1
        if len(tail) == 1:
            many = tail.pop()
            while many and end < len(order.steps):
                many -= order.working[end]
                end += 1
            cuts = [*begins, end]
            rounds = [_tokens(order, a, b) for a, b in pairwise(cuts)]
            if not many and all(r == rounds[0] for r in rounds):
                return cuts
    return None


def _tokens(order: Order, begin: int, end: int) -> list[Any]:
    """What has to be the same in every level: the working layers without widths and extents."""
    return [_token(s) for s in order.steps[begin:end] if not s.layer.view]


def _token(step: Step) -> Any:
    layer = step.node.layer
    loose = WIDTHS | CONSTANTS | stated_fields(layer) | ({"amount"} if layer.kind == "pad" else set())
    return kind_of(step), [repr(getattr(layer, f.name)) for f in layer_fields(type(layer)) if f.name not in loose]


def _geometric(order: Order, cuts: list[int]) -> tuple[int, int, Fraction]:
    """The longest stretch of rounds each of whose widths is so many times that of the round before."""
    widths = [_widths(order, a, b) for a, b in pairwise(cuts)]
    best = (0, min(1, len(widths)), Fraction(1))
    for begin in range(len(widths)):
        ratio: Fraction | None = None
        for end in range(begin + 1, len(widths)):
            ratios = {Fraction(b, a) for a, b in zip(widths[end - 1], widths[end])}
            if len(ratios) != 1 or (ratio is not None and ratios != {ratio}):
                break
            (ratio,) = ratios
            if end - begin + 1 > best[1]:
                best = begin, end - begin + 1, ratio
    return best


def _widths(order: Order, begin: int, end: int) -> list[int]:
    return [getattr(s.node.layer, what) for s in order.steps[begin:end] for what in s.made]
