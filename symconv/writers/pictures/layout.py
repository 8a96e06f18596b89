"""Layout: what Graphviz is told beyond boxes and edges, so that a picture has the shape that people draw.

A network that halves its extents and doubles them again, with connections across, is drawn as a U: what comes after the
coarsest box climbs beside what came before it. In any other, the boxes through which everything passes stand in one
straight line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

import networkx as nx


@dataclass(frozen=True)
class Wire:
    """An edge as Graphviz is given it, with its attributes."""

    tail: str
    head: str
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def ends(self) -> tuple[str, str]:
        """What it comes from and goes to, in the direction of the data."""
        return (self.head, self.tail) if self.attributes.get("dir") == "back" else (self.tail, self.head)


Edges: TypeAlias = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Layout:
    """The wires of a picture, those that are not seen among them, and Graphviz's settings for the whole."""

    wires: tuple[Wire, ...]
    settings: dict[str, str] = field(default_factory=dict)


def layout(keys: Sequence[str], edges: Edges, points: Callable[[str], int | None]) -> Layout:
    """How the boxes `keys`, given in an order of computation, are laid out; `points` is how many a box's output has.

    >>> [wire.tail + wire.head for wire in layout("abc", [("a", "b"), ("b", "c")], lambda key: None).wires]
    ['ab', 'bc']
    """
    order = {key: i for i, key in enumerate(keys)}
    if any(order[a] >= order[b] for a, b in edges):
        return Layout(tuple(Wire(a, b) for a, b in edges))
    turn = _turn(keys, edges, order, points)
    if turn is not None:
        # Ranks over all clusters together, so that both ends of a connection across stand side by side.
        return Layout(tuple(_around(a, b, order, turn) for a, b in edges), {"newrank": "true"})
    return Layout((*(Wire(a, b) for a, b in edges), *_trunk(keys, edges, order)))


# -- the U ---------------------------------------------------------------------------------------------------------


def _turn(keys: Sequence[str], edges: Edges, order: dict[str, int], points: Callable[[str], int | None]) -> int | None:
    """The place of the coarsest box, if all others come before or after it and connections of two sizes pass it by."""
    sizes = {key: n for key in keys if (n := points(key)) is not None}
    least = min(sizes.values(), default=0)
    turn = max((order[key] for key, n in sizes.items() if n == least), default=0)
    across = {sizes.get(a, 0) for a, b in edges if order[a] < turn < order[b] and sizes.get(b, 0) > least}
    if len(across) < 2 or min(across) <= least:
        return None
    graph: nx.DiGraph[str] = nx.DiGraph(edges)
    coarsest = keys[turn]
    known = 1 + len(nx.ancestors(graph, coarsest)) + len(nx.descendants(graph, coarsest))
    return turn if known == len(keys) else None


def _around(a: str, b: str, order: dict[str, int], turn: int) -> Wire:
    # The pull of an edge counts for heights and for straight lines: two along the U hold a box against one across.
    if order[a] >= turn:
        return Wire(b, a, {"dir": "back", "weight": "3"})
    return Wire(a, b, {"minlen": "0", "weight": "4"} if order[b] > turn else {"weight": "3"})


# -- the trunk -----------------------------------------------------------------------------------------------------


def _trunk(keys: Sequence[str], edges: Edges, order: dict[str, int]) -> list[Wire]:
    """Unseen edges along the boxes that no edge passes by: without them a column of blocks drifts to one side."""
    reach = [0] * len(keys)
    for a, b in edges:
        reach[order[a]] = max(reach[order[a]], order[b])
    waists, furthest = [], 0
    for i, key in enumerate(keys):
        if furthest <= i:
            waists.append(key)
        furthest = max(furthest, reach[i])
    known = set(edges)
    return [Wire(a, b, {"style": "invis"}) for a, b in pairwise(waists) if (a, b) not in known]
