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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from symconv.block import Rounds
from symconv.layer import Reach
from symconv.network import Network, Node
from symconv.tensor import Tensor

#: Groups within groups; the rest of a longer path stays in the name.
NESTING = 8
#: The longest pattern that is looked for as a repeat.
PATTERN = 16

Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class Box:
    """What is drawn as one: the nodes `nodes`, none for an input; `times` equal ones, up to the one called `last`.

    `whole` says that it stands for everything below its path; `rounds` are those that its path is a round of.
    """

    key: str
    path: Path
    nodes: tuple[Node, ...] = ()
    times: int = 1
    last: str = ""
    whole: bool = False
    rounds: Rounds | None = None

    @property
    def title(self) -> str:
        """The last part of the path, as the groups around carry the rest."""
        return self.path[-1]

    def within(self, node: Node) -> tuple[Rounds, ...]:
        """The rounds of one of its nodes that no path down to it is a round of: they go on inside the box."""
        return tuple(r for r in node.rounds if self.path[: len(path_of(r))] != path_of(r))


@dataclass(frozen=True)
class Group:
    """Boxes and groups under one path, or, without a path, a pattern that is repeated.

    `rounds` are those that the path is a round of; `name` is what it is called where that is not its path's end.
    """

    path: Path
    items: tuple[Box | Group, ...]
    times: int = 1
    last: str = ""
    rounds: Rounds | None = None
    name: str = ""

    @property
    def title(self) -> str:
        """What it is called, or the last part of the path; of a pattern that of its first item."""
        return self.name or (self.path[-1] if self.path else self.items[0].title)


Item: TypeAlias = Box | Group


@dataclass(frozen=True)
class Picture:
    """What is drawn: the items at the top, and the edges between boxes by their keys, each with what flows along it.

    `nodes` are those that each box stands for by its key, with those of the equal ones that are drawn as it.
    """

    items: tuple[Item, ...]
    flows: Mapping[tuple[str, str], tuple[Tensor, ...]]
    nodes: Mapping[str, tuple[Node, ...]]

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """The edges between boxes, by their keys."""
        return tuple(self.flows)

    def boxes(self) -> Iterator[tuple[Box, int]]:
        """Every box, with how often it stands in the network."""
        return counted(self.items, 1)

    @property
    def chain(self) -> bool:
        """Whether nothing branches."""
        sources, targets = zip(*self.edges) if self.edges else ((), ())
        return len(set(sources)) == len(sources) and len(set(targets)) == len(targets)


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
    boxes, wires = _levels(network, depth)
    rounds = {path_of(r): r for node in network.nodes for r in node.rounds}
    if fold:
        boxes = _shortened(_joined(boxes, wires), rounds)
        boxes = _shortened(_joined(boxes, wires), rounds)
    items = _nested(boxes, rounds)
    if fold:
        items = _folded(tuple(map(_plain, items)), wires)
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


def paths(names: Iterable[str]) -> dict[str, Path]:
    """The path of each name: its parts between slashes, or, where no name has one, between dots.

    >>> paths(["layer1.0.conv1", "fc"])["layer1.0.conv1"]
    ('layer1', '0', 'conv1')
    """
    names = tuple(names)
    mark = "/" if any("/" in name for name in names) else "."
    found = {}
    for name in names:
        parts = tuple(name.split(mark, NESTING))
        found[name] = parts if all(parts) else (name,)
    return found


def path_of(rounds: Rounds) -> Path:
    """The path below which the nodes of a round are."""
    return (*rounds.name.split("/"), rounds.index.name)


# -- levels --------------------------------------------------------------------------------------------------------


@dataclass
class _Wires:
    """What each box reads and what reads it, where boxes that are drawn as another one count as that."""

    into: dict[str, list[tuple[str, Tensor]]] = field(default_factory=dict)
    out_of: dict[str, list[str]] = field(default_factory=dict)
    drawn_as: dict[str, str] = field(default_factory=dict)

    def connect(self, source: str, key: str, tensor: Tensor) -> None:
        self.into.setdefault(key, []).append((source, tensor))
        self.out_of.setdefault(source, []).append(key)

    def merge(self, hidden: str, into: str) -> None:
        """From here on `hidden` is drawn as `into`, which also feeds what `hidden` fed."""
        self.drawn_as[hidden] = into
        self.out_of.setdefault(into, []).extend(self.out_of.get(hidden, ()))

    def sources(self, key: str) -> tuple[str, ...]:
        return self._drawn((source for source, _ in self.into.get(key, ())), key)

    def targets(self, key: str) -> tuple[str, ...]:
        return self._drawn(self.out_of.get(key, ()), key)

    def flows(self, key: str) -> dict[str, tuple[Tensor, ...]]:
        """The tensors that a box reads, by the boxes that make them; those of one shape once."""
        found: dict[str, dict[tuple[Any, ...], Tensor]] = {source: {} for source in self.sources(key)}
        for source, tensor in self.into.get(key, ()):
            if (place := self.place(source)) in found:
                found[place].setdefault(tensor.shape, tensor)
        return {source: tuple(tensors.values()) for source, tensors in found.items()}

    def _drawn(self, keys: Iterable[str], but: str) -> tuple[str, ...]:
        found = dict.fromkeys(map(self.place, keys))
        found.pop(but, None)
        return tuple(found)

    def place(self, key: str) -> str:
        """The box that a box is drawn as."""
        chain = []
        while key in self.drawn_as:
            chain.append(key)
            key = self.drawn_as[key]
        self.drawn_as.update(dict.fromkeys(chain, key))
        return key


def _levels(network: Network, depth: int | None) -> tuple[list[Box], _Wires]:
    """A box for each node, or for each path of `depth` parts with nodes below it."""
    names: list[tuple[str, Node | None]] = [(n, d["node"]) for n, d in network.graph.nodes.items()]
    parts = paths(name for name, _ in names)
    found: dict[tuple[Path, bool], list[Any]] = {}
    for name, node in names:
        path = parts[name]
        whole = depth is not None and len(path) > depth
        # A name may be the prefix of another: `stage1` beside `stage1/conv`.
        found.setdefault((path[:depth] if whole else path, whole), []).append((name, node))
    boxes, place = [], {}
    rounds = {path_of(r): r for node in network.nodes for r in node.rounds}
    for (path, whole), members in found.items():
        key = members[0][0]
        place.update(dict.fromkeys((name for name, _ in members), key))
        nodes = tuple(node for _, node in members if node is not None)
        boxes.append(Box(key, path, nodes, whole=whole, rounds=rounds.get(path)))
    wires = _Wires()
    for name, node in names:
        for read, tensor in zip(node.inputs, node.tensors) if node is not None else ():
            source = network.last_of(read)
            if place[source] != place[name]:
                wires.connect(place[source], place[name], tensor)
    return boxes, wires


# -- joining -------------------------------------------------------------------------------------------------------


def _joined(boxes: Sequence[Box], wires: _Wires) -> list[Box]:
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


# -- repeats -------------------------------------------------------------------------------------------------------


def _folded(items: tuple[Item, ...], wires: _Wires) -> tuple[Item, ...]:
    items = tuple(replace(i, items=_folded(i.items, wires)) if isinstance(i, Group) else i for i in items)
    numbers: dict[Any, int] = {}
    alike = [numbers.setdefault(_signature(item), len(numbers)) for item in items]
    out: list[Item] = []
    i = 0
    while i < len(items):
        length, times = _repeat(items, alike, i, wires)
        unit = items[i : i + length]
        if times > 1:
            for k in range(1, times):
                for one, other in zip(_flat(unit), _flat(items[i + k * length : i + (k + 1) * length])):
                    wires.merge(other.key, one.key)
            last = items[i + times * length - 1]
            if length > 1:
                unit = (Group((), unit),)
            unit = (replace(unit[0], times=times, last=last.last or last.title),)
        out += unit
        i += length * times
    return tuple(out)


def _repeat(items: Sequence[Item], alike: Sequence[int], start: int, wires: _Wires) -> tuple[int, int]:
    """The pattern from `start` on that covers the most items when repeated: its length, and how often."""
    best = (1, 1)
    for length in range(1, min(PATTERN, (len(items) - start) // 2) + 1):
        if start + best[0] * best[1] == len(items):
            break
        times = _linked(_units(items, alike, start, length), wires)
        if times > 1 and times * length > best[0] * best[1]:
            best = (length, times)
    return best


def _units(items: Sequence[Item], alike: Sequence[int], start: int, length: int) -> Iterator[list[Box]]:
    """The boxes of `length` items from `start` on, and of those behind them as long as these are alike."""
    at = start
    while alike[at : at + length] == alike[start : start + length]:
        yield _flat(items[at : at + length])
        at += length


def _linked(units: Iterator[list[Box]], wires: _Wires) -> int:
    """How many of the units, from the first on, form a chain of equal links.

    Within a unit the wires are those of the first; from outside it reads the unit before alone, in the same places as
    every other; and what stands before the last one is read by the next unit alone.
    """
    first = before = next(units)
    place = behind = {box.key: i for i, box in enumerate(first)}
    pattern: list[tuple[int | None, ...]] = []
    number = 1
    for unit in units:
        inside = {box.key: i for i, box in enumerate(unit)}
        if any(t not in behind and t not in inside for box in before for t in wires.targets(box.key)):
            break
        links = _links(unit, first, inside, place, behind, wires)
        if links is None or (pattern and links != pattern):
            break
        pattern, before, behind, number = links, unit, inside, number + 1
    return number


def _links(
    unit: Sequence[Box],
    first: Sequence[Box],
    inside: dict[str, int],
    place: dict[str, int],
    behind: dict[str, int],
    wires: _Wires,
) -> list[tuple[int | None, ...]] | None:
    """Which boxes of the unit before each box reads, by their places; None where it is not wired as the first unit."""
    links: list[tuple[int | None, ...]] = []
    outside: dict[int, str] = {}
    for box, same in zip(unit, first):
        sources, firsts = wires.sources(box.key), wires.sources(same.key)
        if [inside.get(s) for s in sources] != [place.get(s) for s in firsts]:
            return None
        links.append(tuple(behind.get(s) for s in sources if s not in inside))
        for link, source in zip(links[-1], (s for s in firsts if s not in place)):
            if link is None or outside.setdefault(link, source) != source:
                return None
    return links if len(set(outside.values())) == len(outside) else None


def _signature(item: Item) -> Any:
    """Equal for items of the same layers on inputs of the same shapes, wired alike within a box."""
    rounds = item.rounds and (item.rounds.count, item.rounds.tied)
    if isinstance(item, Group):
        return item.times, rounds, tuple(map(_signature, item.items))
    place = {node.name: i for i, node in enumerate(item.nodes)}
    nodes = tuple(
        (
            _identity(node.layer),
            tuple(tensor.shape for tensor in node.tensors),
            tuple(place.get(source) for source in node.inputs),
            bool(node.shares),
        )
        for node in item.nodes
    )
    return item.times, item.whole, rounds, nodes or item.key


def _identity(layer: Any) -> Any:
    try:
        hash(layer)
    except TypeError:  # a user's layer may have a list among its fields
        return id(layer)
    return layer


def _flat(items: Iterable[Item]) -> list[Box]:
    return [box for box, _ in counted(items, 1)]


def everything(items: Iterable[Item]) -> Iterator[Item]:
    """Every box and group among some items, a group before what is in it."""
    for item in items:
        yield item
        if isinstance(item, Group):
            yield from everything(item.items)


def counted(items: Iterable[Item], times: int) -> Iterator[tuple[Box, int]]:
    """Every box among some items, with how often it stands there, if they stand there `times` times."""
    for item in items:
        if isinstance(item, Box):
            yield item, times * item.times
        else:
            yield from counted(item.items, times * item.times)
