"""Two runs of one module compared: where they do not do the same, and whether the ends of their calls are alike."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any, Final

from symconv.readers.torch.checking import Numbers
from symconv.readers.torch.trace import Traced
from symconv.readers.torch.tracer import Made, Shapes
from symconv.symbols import Symbol

#: Points at which two formulas are compared that are not the same in form.
COMPARED: Final = 6


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
    ours, theirs = by_scope(first.tracer.made), by_scope(other.tracer.made)
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


def by_scope(made: Sequence[Made]) -> dict[str, list[tuple[int, Made]]]:
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
