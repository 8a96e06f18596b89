"""What stands in a network, and what a name means where nodes are being added.

A name is a path. Below a block the nearest outwards is meant; inside a repeated block, the name of what enters it is
the round before; what is inside of one is not read from outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from symconv.block import Rounds
from symconv.domain import Undoable
from symconv.errors import NetworkError, near
from symconv.node import Block, Node
from symconv.tensor import Tensor


@dataclass(frozen=True)
class Frame:
    """What stands around the nodes that are being added: their path, their rounds, and what `sources` are in a round.

    `tied` is the path of the round whose weights these share.
    """

    prefix: str
    rounds: tuple[Rounds, ...] = ()
    sources: tuple[str, ...] = ()
    carried: str = ""
    state: Tensor | None = None
    tied: str = ""


class Naming(Undoable):
    """The inputs, the nodes and the blocks of a network by their names."""

    def __init__(self) -> None:
        self.inputs: dict[str, Tensor] = {}
        #: The blocks by name; behind a repeated one stands what follows its last round.
        self.blocks: dict[str, Block] = {}
        self._nodes: dict[str, Node] = {}
        self._names: list[str] = []
        self._frames: list[Frame] = [Frame("")]
        self._last = self._result = ""

    # -- what is there ----------------------------------------------------------------------------------------------

    def __contains__(self, name: str) -> bool:
        """Whether a node, a block or an input has this name."""
        return name in self._nodes or name in self.inputs or name in self.blocks

    def last_of(self, name: str) -> str:
        """The node that ends a repeated block; any other name as it is."""
        while name in self.blocks:
            name = self.blocks[name].result
        return name

    @property
    def size(self) -> int:
        """The number of nodes."""
        return len(self._nodes)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes in the order in which they were added, which is an order of computation."""
        return tuple(self._nodes.values())

    def node(self, name: str) -> Node:
        """The node of this name.

        Raises NetworkError for an unknown one, with the nearest that is known.
        """
        if name not in self._nodes:
            raise NetworkError(f"there is no node {name}. {near(name, self._nodes)}".rstrip())
        return self._nodes[name]

    def tensor(self, name: str) -> Tensor:
        """The output of a node or of a repeated block, or an input.

        Raises NetworkError for an unknown name.
        """
        if name in self.blocks:
            return self.blocks[name].out
        return self.inputs[name] if name in self.inputs else self.node(name).out

    def resume(self, other: Naming) -> None:
        """Stand where another network of the same names stands: what is added next is behind its last node."""
        self._last, self._result = other._last, other._result

    def in_training(self, name: str) -> bool:
        """Whether a node works in training only, or what ends a block."""
        name = self.last_of(name)
        return name in self._nodes and self._nodes[name].training

    # -- where nodes are being added -----------------------------------------------------------------------------------

    @contextmanager
    def _within(self, frame: Frame) -> Iterator[None]:
        """While this is entered, nodes are added inside of a frame."""
        self._frames.append(frame)
        try:
            yield
        finally:
            self._frames.pop()

    def end(self, name: str) -> None:
        """Let what follows stand behind a node, or a round end with it, in place of the last one added."""
        self._last = self._read(name)[0]

    def end_with(self, name: str) -> None:
        """Let a node's output be the network's, in place of that of the last one added."""
        self._result = self._read(name)[0]

    @property
    def result(self) -> str:
        """The node whose output is the network's."""
        return self._result

    def path(self, name: str) -> str:
        """The whole path of a name below which nodes are being added."""
        return self._frames[-1].prefix + name

    def absolute(self, name: str) -> str:
        """The name with its whole path behind a slash, so that it says the same in every block: /stage1/conv2."""
        return f"/{self._find(name)}"

    def knows(self, name: str) -> bool:
        """Whether there is something of this name, said from where nodes are being added."""
        return self._find(name) in self

    def reading(self, name: str) -> Tensor:
        """The tensor that a name is where nodes are being added: inside of a repeated block that of round i.

        Raises NetworkError for an unknown name.
        """
        return self._read(name)[1]

    @property
    def _rounds(self) -> tuple[Rounds, ...]:
        return self._frames[-1].rounds

    def _claimed(self, name: str) -> str:
        """The whole path of a new name."""
        if not name or name != name.strip() or "//" in name or name.startswith("/") or name.endswith("/"):
            raise NetworkError(f"{name!r} is no name for a node: a path such as stage1/conv2 is wanted")
        full = self._frames[-1].prefix + name
        if full in self:
            raise NetworkError(f"the name {full} is taken")
        return full

    def _find(self, name: str) -> str:
        """The whole path of a name, said from where nodes are being added: the nearest outwards; /conv1 is whole.

        So is what `add` returned for a layer of a block around.
        """
        if name.startswith("/"):
            return name[1:]
        if name in self and any(frame.prefix and name.startswith(frame.prefix) for frame in self._frames):
            return name
        prefix = self._frames[-1].prefix
        while prefix and prefix + name not in self:
            prefix = prefix.rstrip("/").rpartition("/")[0]
            prefix += "/" if prefix else ""
        return prefix + name

    def _read(self, name: str) -> tuple[str, Tensor]:
        """What a name is where nodes are being added: inside a repeated block its source is the round before.

        Raises NetworkError for an unknown name, and for a node inside a repeated block that is read from outside.
        """
        full = self._find(name)
        for frame in reversed(self._frames):
            if frame.state is not None and full in (*frame.sources, frame.carried):
                return frame.carried, frame.state
        tensor = self.tensor(full)
        there = self._nodes.get(full) or self.blocks.get(full)
        around = there.rounds if there is not None else ()
        if around != self._rounds[: len(around)]:
            raise NetworkError(f"{full} is inside of a repeated block: what follows stands behind {around[-1].name}")
        return full, tensor
