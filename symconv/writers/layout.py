"""Layout: what Graphviz is told beyond boxes and edges, so that a picture has the shape that people draw.

A network that halves its extents and doubles them again, with connections across, is drawn as a U: what comes after the
coarsest box climbs beside what came before it. In any other, the boxes through which everything passes stand in one
straight line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import networkx as nx


@dataclass(frozen=True)
class Wire:
    """An edge as Graphviz is given it, with its attributes."""

    tail: str
    head: str
    attributes: dict[str, str] = field(default_factory=dict)


Edges = Sequence[tuple[str, str]]
# Above 1, the pull of an edge towards a straight line.
STRAIGHT = "20"


def wires(keys: Sequence[str], edges: Edges, size: Callable[[str], int | None]) -> list[Wire]:
    """The edges between boxes `keys`, given in an order of computation; `size` is how many points a box's output has.

    >>> [wire.tail + wire.head for wire in wires("abc", [("a", "b"), ("b", "c")], lambda key: None)]
    ['ab', 'bc']
    """
    order = {key: i for i, key in enumerate(keys)}
    if any(order[a] >= order[b] for a, b in edges):
        return [Wire(a, b) for a, b in edges]
    turn = _turn(keys, edges, order, size)
    if turn is None:
        return [*_straightened(edges, order), *_trunk(keys, edges, order)]
    return [_around(a, b, order, turn) for a, b in edges]


# -- the U ---------------------------------------------------------------------------------------------------------


def _turn(keys: Sequence[str], edges: Edges, order: dict[str, int], size: Callable[[str], int | None]) -> int | None:
    """The place of the coarsest box, if all others come before or after it and connections of two sizes pass it by."""
    sizes = {key: n for key in keys if (n := size(key)) is not None}
    if not sizes:
        return None
    least = min(sizes.values())
    turn = max(order[key] for key, n in sizes.items() if n == least)
    across = {sizes.get(a, 0) for a, b in edges if order[a] < turn < order[b] and sizes.get(b, 0) > least}
    if len(across) < 2 or least in across or 0 in across:
        return None
    graph = nx.DiGraph(edges)
    coarsest = keys[turn]
    known = 1 + len(nx.ancestors(graph, coarsest)) + len(nx.descendants(graph, coarsest))
    return turn if known == len(keys) else None


def _around(a: str, b: str, order: dict[str, int], turn: int) -> Wire:
    if order[a] >= turn:
        return Wire(b, a, {"dir": "back"})
    return Wire(a, b, {"minlen": "0", "weight": "4"}) if order[b] > turn else Wire(a, b)


# -- the trunk -----------------------------------------------------------------------------------------------------


def _waists(keys: Sequence[str], edges: Edges, order: dict[str, int]) -> Iterator[str]:
    """The boxes that no edge passes by."""
    reach = [0] * len(keys)
    for a, b in edges:
        reach[order[a]] = max(reach[order[a]], order[b])
    furthest = 0
    for i, key in enumerate(keys):
        if furthest <= i:
            yield key
        furthest = max(furthest, reach[i])


def _straightened(edges: Edges, order: dict[str, int]) -> list[Wire]:
    return [Wire(a, b) for a, b in edges]


def _trunk(keys: Sequence[str], edges: Edges, order: dict[str, int]) -> list[Wire]:
    waists = list(_waists(keys, edges, order))
    known = set(edges)
    return [
        Wire(a, b, {"style": "invis", "weight": STRAIGHT}) for a, b in zip(waists, waists[1:]) if (a, b) not in known
    ]
