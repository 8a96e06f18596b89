"""Folding: a network as the boxes of a picture, in nested groups, with what is equal drawn once.

Four steps. Levels: everything below a path of `depth` parts is one box. Joining: a layer that keeps the shape and has
no macs (an activation, a norm, a dropout) joins the box of the layer before it. Nesting: a group for each path, a round
of a repeated block among them; one that holds a single thing inside of another group is that thing. Repeats: n equal
neighbours in a chain, boxes or whole groups or short patterns of them, are drawn once with `times` = n.

Nothing is lost: the costs of a box's nodes in all their rounds, times `times` of the box and of the groups around it,
sum to the network's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from symconv.block import Rounds
from symconv.layer import Reach
from symconv.network import Network, Node
from symconv.writers.pictures.boxes import Box, Group, Item, Path, Picture, Wires, counted, path_of, paths
from symconv.writers.pictures.repeats import folded


def picture(network: Network, fold: bool = True, depth: int | None = None) -> Picture:
    """The boxes of a network, in its order.

    >>> from symconv.layers import Conv, ReLU
    >>> net = Network()
    >>> _ = net.input("image", "N", 8, "X", "X")
    >>> for i in (1, 2, 3):
    ...     _ = net.add(f"conv{i}", Conv(8, padding=1)), net.add(f"relu{i}", ReLU())
    >>> [(box.title, len(box.nodes), n) for box, n in picture(net).boxes()]
    [('image', 0, 1), ('conv1', 2, 3)]
    """
    rounds = {path_of(r): r for node in network.nodes for r in node.rounds}
    boxes, wires = _levels(network, depth, rounds)
    if fold:
        boxes = _shortened(_joined(boxes, wires), rounds)
        boxes = _shortened(_joined(boxes, wires), rounds)
    items = _nested(boxes, rounds)
    if fold:
        items = folded(tuple(map(_plain, items)), wires)
    drawn = [box.key for box, _ in counted(items, 1)]
    nodes: dict[str, tuple[Node, ...]] = dict.fromkeys(drawn, ())
    for box in boxes:
        nodes[wires.place(box.key)] += box.nodes
    flows = {(source, key): tensors for key in drawn for source, tensors in wires.flows(key).items()}
    return Picture(items, flows, nodes)


def readable(network: Network, fold: bool = True, most: int = 150) -> int | None:
    """The greatest depth at which a picture has no more than `most` boxes; none where all of it has not.

    >>> from symconv.readers.catalogue import load
    >>> readable(load("resnet50")), readable(load("resnet50"), most=30)
    (None, 3)
    """
    if _number(network, fold, None) <= most:
        return None
    deepest = max(map(len, paths(network.graph).values()))
    return next((depth for depth in range(deepest - 1, 1, -1) if _number(network, fold, depth) <= most), 1)


def _number(network: Network, fold: bool, depth: int | None) -> int:
    return sum(1 for _ in picture(network, fold, depth).boxes())


# -- levels --------------------------------------------------------------------------------------------------------


def _levels(network: Network, depth: int | None, rounds: Mapping[Path, Rounds]) -> tuple[list[Box], Wires]:
    """A box for each node, or for each path of `depth` parts with nodes below it."""
    names: list[tuple[str, Node | None]] = [(n, d["node"]) for n, d in network.graph.nodes.items()]
    parts = paths(network.graph)
    found: dict[tuple[Path, bool], list[Any]] = {}
    for name, node in names:
        path = parts[name]
        whole = depth is not None and len(path) > depth
        # A name may be the prefix of another: `stage1` beside `stage1/conv`.
        found.setdefault((path[:depth] if whole else path, whole), []).append((name, node))
    boxes, place = [], {}
    for (path, whole), members in found.items():
        key = members[0][0]
        place.update(dict.fromkeys((name for name, _ in members), key))
        nodes = tuple(node for _, node in members if node is not None)
        boxes.append(Box(key, path, nodes, whole=whole, rounds=rounds.get(path)))
    wires = Wires()
    for name, node in names:
        for read, tensor in zip(node.inputs, node.tensors) if node is not None else ():
            source = network.last_of(read)
            if place[source] != place[name]:
                wires.connect(place[source], place[name], tensor)
    return boxes, wires


# -- joining -------------------------------------------------------------------------------------------------------


def _joined(boxes: Sequence[Box], wires: Wires) -> list[Box]:
    kept: dict[str, Box] = {}
    for box in boxes:
        sources = wires.sources(box.key)
        before = kept.get(sources[0]) if len(sources) == 1 else None
        if before is not None and _joins(box, before) and wires.targets(before.key) == (box.key,):
            kept[before.key] = replace(before, nodes=before.nodes + box.nodes)
            wires.merge(box.key, before.key)
        else:
            kept[box.key] = box
    return list(kept.values())


def _joins(box: Box, before: Box) -> bool:
    if box.whole or before.whole or len(box.nodes) != 1 or not before.nodes or box.path[:-1] != before.path[:-1]:
        return False
    (node,) = box.nodes
    if len(node.inputs) != 1 or node.out.shape != node.tensors[0].shape or node.count["mac"]:
        return False
    reach = node.layer.reach(*node.tensors, node.out)
    return reach is None or all(along == Reach() for along in reach)


def _shortened(boxes: Sequence[Box], rounds: Mapping[Path, Rounds]) -> list[Box]:
    """The boxes, one that is all there is below a path within a stage with that path: conv1 for a conv and its norm."""
    counts = Counter(box.path[:k] for box in boxes for k in range(1, len(box.path)))
    out = []
    for box in boxes:
        path = box.path
        while len(path) > 2 and counts[path[:-1]] == 1 and path not in rounds and path[:-1] not in rounds:
            path = path[:-1]
        out.append(replace(box, path=path))
    return out


# -- nesting -------------------------------------------------------------------------------------------------------


def _nested(boxes: Iterable[Box], rounds: Mapping[Path, Rounds]) -> tuple[Item, ...]:
    """The boxes in groups by their paths, each group where its first box stands."""
    tree: dict[Any, Any] = {}
    for box in boxes:
        level = tree
        for part in box.path[:-1]:
            level = level.setdefault((part,), {})
        level[box.key] = box
    letters = {path[:-1]: path[-1] for path in rounds}
    return _grouped(tree, (), rounds, letters)


def _grouped(
    level: dict[Any, Any], path: Path, rounds: Mapping[Path, Rounds], letters: Mapping[Path, str]
) -> tuple[Item, ...]:
    out: list[Item] = []
    for mark, item in level.items():
        if isinstance(item, Box):
            out.append(item)
            continue
        below = path + mark
        name = f"{letters[path]} = {mark[0]}" if path in letters and mark[0].isdigit() else ""
        out.append(Group(below, _grouped(item, below, rounds, letters), rounds=rounds.get(below), name=name))
    return tuple(out)


def _plain(item: Item) -> Item:
    """The item, a group that holds a single group being that one: a block of which all rounds are alike, say."""
    if isinstance(item, Box):
        return item
    item = replace(item, items=tuple(map(_plain, item.items)))
    only = item.items[0]
    if len(item.items) > 1 or isinstance(only, Box) or item.rounds is not None:
        return item
    return replace(only, name=item.title if only.rounds is not None else f"{item.title}/{only.title}")
