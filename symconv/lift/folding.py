"""The repeats of a network: nests first, then what comes again one behind the other, then entries and single rounds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from symconv.lift.entries import enter, single
from symconv.lift.nests import nests
from symconv.lift.order import Order, beside, kinds_in, ordered, state_at
from symconv.lift.rounds import Run, look_beside, tandem, weight
from symconv.lift.wiring import Wiring


def folded(wiring: Wiring) -> list[Run]:
    """The runs of a network, in order, none inside of another."""
    order = ordered(wiring)
    claimed: list[Run] = []
    levels: list[tuple[str, ...]] = []
    for nest in nests(order):
        claimed += [Run(nest.down, nest=nest), Run(nest.up, nest=nest, upwards=True)]
        levels += [kinds_in(order, cuts[0], cuts[1]) for cuts in (nest.down, nest.up)]

    def free(begin: int, end: int) -> bool:
        return all(end <= r.begin or r.end <= begin for r in claimed)

    for run in sorted(tandem(order), key=lambda r: (-weight(order, r), -r.regular)):
        if free(run.begin, run.end) and not _inside(kinds_in(order, run.cuts[0], run.cuts[1]), levels):
            claimed.append(run)
    claimed.sort(key=lambda r: r.begin)
    for run in (r for r in claimed if r.nest is None):
        enter(order, run, free)
    patterns = {kinds_in(order, r.cuts[0], r.cuts[1]) for r in claimed}
    claimed += single(order, claimed, patterns)
    claimed = [r for r in claimed if r.nest is not None or _sound(order, r)]
    claimed.sort(key=lambda r: r.begin)
    for run in claimed:
        if run.nest is not None:
            run.state = run.first = (
                order.steps[run.cuts[0] - 1].name if run.upwards else order.steps[run.begin].inputs[0]
            )
            continue
        look_beside(order, run)
        shared = beside(order, run.cuts)
        run.state = state_at(order, run.cuts[0], run.cuts[1], shared)
        run.first = run.state if run.entry is None else state_at(order, run.entry, run.cuts[0], shared)
    return claimed


def _inside(kinds: tuple[str, ...], levels: Sequence[tuple[str, ...]]) -> bool:
    """Whether a block is a part of a nest's level, where it is no repeat of its own."""
    many = len(kinds)
    return any(level[k : k + many] == kinds for level in levels for k in range(len(level) - many + 1))


def _sound(order: Order, run: Run) -> bool:
    """Whether each round gives on one value alone, constants among them; without an entry that gives on more."""

    def given_on(begin: int, end: int) -> int:
        return sum(order.last[k] >= end for k in range(begin, end))

    if run.entry is not None and (given_on(run.entry, run.cuts[0]) > 1 or given_on(run.entry, run.end) > 1):
        run.entry = None
    whole = given_on(run.begin, run.end) <= 1
    return run.count >= 2 and whole and all(given_on(a, b) <= 1 for a, b in pairwise(run.cuts))
