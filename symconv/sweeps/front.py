"""The best of many designs: those that no other one beats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def front(less: Array, more: Array) -> Array:
    """Where a design is on the Pareto front: none has at least as much of `more` for no more of `less`, but its equals.

    Both are rows of whole numbers; the answer is True or False for each.

    >>> front(np.array([1, 2, 2, 3, 3]), np.array([10, 30, 20, 30, 40])).tolist()
    [True, True, False, False, True]
    """
    best = np.zeros(len(less), dtype=bool)
    if not len(less):
        return best
    order = np.lexsort((-more, less))
    value, kept = more[order], np.empty(len(order), dtype=bool)
    before = np.maximum.accumulate(value)
    kept[0] = True
    kept[1:] = value[1:] > before[:-1]
    same = (less[order][1:] == less[order][:-1]) & (value[1:] == value[:-1])
    for i in np.nonzero(same)[0]:  # equals of one that is kept, which stand right behind it
        kept[i + 1] = kept[i]
    best[order] = kept
    return best


def maximal(columns: Sequence[Array]) -> Array:
    """Where a point of whole numbers is maximal: no other point is at least as large in every column.

    >>> maximal([np.array([1, 2, 3, 2]), np.array([3, 2, 1, 1])]).tolist()
    [True, True, True, False]
    """
    points = np.stack(columns, axis=1)
    best = np.zeros(len(points), dtype=bool)
    kept: list[Any] = []
    seen: set[tuple[Any, ...]] = set()
    for i in np.lexsort([-c for c in reversed(columns)]):  # what is beaten comes behind what beats it
        point = tuple(points[i].tolist())
        beaten = bool(kept) and point not in seen and bool((np.stack(kept) >= points[i]).all(axis=1).any())
        if not beaten:
            best[i] = True
            if point not in seen:
                kept.append(points[i])
                seen.add(point)
    return best
