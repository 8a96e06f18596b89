"""Boxes: what is drawn of a network, layers in boxes and boxes in nested groups, and what flows from box to box."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from symconv.block import Rounds
from symconv.network import Node
from symconv.tensor import Tensor

#: Groups within groups; the rest of a longer path stays in the name.
NESTING = 8

Path: TypeAlias = tuple[str, ...]


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


@dataclass
class Wires:
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
