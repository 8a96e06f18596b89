"""Node: a layer in its place; Block: several as one; Metric: what is summed over the nodes of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from symconv.block import Rounds, over
from symconv.cost import ZERO, Cost, product
from symconv.count import CONVENTIONS, Convention, Count
from symconv.errors import SymconvError, near
from symconv.extent import Size
from symconv.layer import Layer, Parameter
from symconv.tensor import Tensor


@dataclass(frozen=True, slots=True)
class Node:
    """A layer in its place: what comes in, what goes out, what it keeps and does."""

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    tensors: tuple[Tensor, ...]
    out: Tensor
    parameters: tuple[Parameter, ...]
    count: Count
    shares: str = ""
    #: The repeated blocks that it stands in, the outermost first; its shapes and its count are those of one round.
    rounds: tuple[Rounds, ...] = ()
    #: Whether it works in training only: it keeps its parameters, and inference does none of its work.
    training: bool = False
    #: How often it runs, such as the rounds of a loop, or 1 on one side of a choice and 0 on the other.
    times: Size = 1
    #: Whether its parameters were stated by who added it, in place of its rule's.
    stated: bool = False

    def whole(self, cost: Cost) -> Cost:
        """A cost of one round, in all rounds and as often as it runs."""
        return over(cost * product(self.times), self.rounds)


def by_rounds(nodes: Iterable[Node], depth: int) -> Iterator[tuple[Rounds | None, tuple[Node, ...]]]:
    """The nodes of one round at a depth in their order: those of a block repeated there together, others one by one."""
    for around, inside in groupby(nodes, key=lambda node: node.rounds[depth : depth + 1]):
        if around:
            yield around[0], tuple(inside)
        else:
            yield from ((None, (node,)) for node in inside)


@dataclass(frozen=True)
class Block:
    """A block as one: the node that ends it, or one of its rounds, and the tensor behind it."""

    name: str
    result: str
    out: Tensor
    rounds: tuple[Rounds, ...]


@dataclass(frozen=True)
class Metric:
    """What is summed over a network: a cost for each node, in one round; `kept` is what stays between runs."""

    name: str
    unit: str
    description: str
    of: Callable[[Node], Cost] = field(repr=False)
    kept: bool = False

    def over(self, node: Node) -> Cost:
        """The cost of a node in all its rounds: no work of what is there for training, tied weights once."""
        if node.training and not self.kept:
            return ZERO
        cost = self.of(node)
        if node.times != 1 and not self.kept:
            cost = cost * product(node.times)
        return over(cost, [r for r in node.rounds if not (self.kept and r.tied)])


#: Every metric by its name: the conventions of `symconv.count`, and what `symconv.metrics` adds.
METRICS: Final[dict[str, Metric]] = {}


def metric(
    name: str, unit: str, description: str, kept: bool = False
) -> Callable[[Callable[[Node], Cost]], Callable[[Node], Cost]]:
    """Register a metric: a function of a node; `kept` where it counts what stays between runs, such as weights."""

    def register(of: Callable[[Node], Cost]) -> Callable[[Node], Cost]:
        METRICS[name] = Metric(name, unit, description, of, kept)
        return of

    return register


def _by_convention(convention: Convention) -> Metric:
    return Metric(convention.name, "operations", convention.description, lambda node: convention(node.count))


METRICS.update({c.name: _by_convention(c) for c in CONVENTIONS.values()})


def metric_of(metric: str | Convention) -> Metric:
    """The metric of a name, or that of a convention.

    Raises SymconvError for an unknown name.
    """
    if isinstance(metric, Convention):
        return _by_convention(metric)
    if metric not in METRICS:
        raise SymconvError(
            f"unknown metric {metric!r}: known are {', '.join(METRICS)}. {near(metric, METRICS)}".rstrip()
        )
    return METRICS[metric]
