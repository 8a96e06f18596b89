"""What counters see of a model: calls of modules, operators below them, and torch's functions by their Python names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from symconv.cost import Cost, product, total_of
from symconv.extent import Size
from symconv.node import Node

Shape = tuple[Size, ...]


@dataclass(frozen=True)
class Called:
    """A call of a module: its name, the module, the shapes of what goes in and comes out."""

    name: str
    #: The module, or what stands for one: its hyper-parameters by torch's names.
    module: Any
    #: The name of the module's class where that is torch's own, exactly; else nothing.
    kind: str
    given: tuple[Shape, ...]
    made: tuple[Shape, ...]
    #: Whether all of its inputs are one tensor.
    same: bool = False
    #: Whether it is torch's linear layer, or of a class below it.
    linear: bool = False
    #: Of a module without children the name and the elements of each parameter; None where it has children.
    weights: tuple[tuple[str, Cost], ...] | None = None
    #: How often the module stands in the tree.
    places: int = 1

    @property
    def taken(self) -> Cost:
        """The elements of the first input."""
        return elements(self.given[0]) if self.given else product(0)

    @property
    def result(self) -> Cost:
        """The elements of the first output."""
        return elements(self.made[0]) if self.made else product(0)


@dataclass(frozen=True)
class Operated:
    """An operator that ran: its name, the call that it ran in, the shapes that it made, the layers that it became."""

    name: str
    where: str
    made: tuple[Shape, ...]
    nodes: tuple[Node, ...]

    @property
    def macs(self) -> Cost:
        """The macs of its layers."""
        return total_of(node.count["mac"] for node in self.nodes)


@dataclass(frozen=True)
class Function:
    """A call of one of torch's functions by its name in Python: the shapes of its tensors, the sizes it is given."""

    name: str
    given: tuple[Shape, ...]
    sizes: tuple[Size, ...] = ()
    scale: float = 0.0


@dataclass(frozen=True)
class Kept:
    """The parameters: all of them, those that are trained, and those of called modules of some classes."""

    every: Cost
    trained: Cost
    of: Callable[[frozenset[str]], Cost]


@dataclass
class Events:
    """All that happens in one run, the number of its samples, and what the model keeps."""

    batch: Size
    kept: Kept
    calls: list[Called] = field(default_factory=list)
    operators: list[Operated] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)

    @property
    def by_name(self) -> Mapping[str, Called]:
        """The calls by their names."""
        return {c.name: c for c in self.calls}


def elements(shape: Shape) -> Cost:
    """The number of elements of a shape."""
    return product(*shape)
