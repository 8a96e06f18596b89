"""What happens when a module runs, as counters see it: calls of modules, operators, and torch's Python functions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import torch
from torch import nn

from symconv.cost import Cost, product
from symconv.extent import Size
from symconv.node import Node
from symconv.readers.torch.asking import UNWATCHED
from symconv.readers.torch.copying import Before
from symconv.readers.torch.held import held_by
from symconv.readers.torch.load import Reading
from symconv.readers.torch.shadow import Ratio, Shadow, size_in
from symconv.readers.torch.trace import trace
from symconv.readers.torch.tracer import Ends, Shapes, Tracer

Shape = tuple[Size, ...]


@dataclass(frozen=True)
class Called:
    """A call of a module: its name, the module, the shapes of what goes in and comes out."""

    name: str
    module: Any
    given: Shapes
    made: Shapes
    same: bool

    @property
    def kind(self) -> str:
        """The name of the module's class where that is torch's own, exactly; else nothing."""
        cls = type(self.module)
        return cls.__name__ if cls.__module__.startswith("torch.nn.modules.") else ""

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
    made: Shapes
    nodes: tuple[Node, ...]

    @property
    def macs(self) -> Cost:
        """The macs of its layers."""
        total = product(0)
        for node in self.nodes:
            total = total + node.count["mac"]
        return total


@dataclass(frozen=True)
class Function:
    """A call of one of torch's functions by its name in Python: the shapes of its tensors, the sizes it is given."""

    name: str
    given: Shapes
    sizes: tuple[Size, ...] = ()
    scale: float = 0.0


@dataclass
class Events:
    """All that happened in one run."""

    module: Any
    batch: Size
    calls: list[Called] = field(default_factory=list)
    operators: list[Operated] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)


def elements(shape: Shape) -> Cost:
    """The number of elements of a shape."""
    return product(*shape)


def events(reading: Reading) -> Events:
    """Run a module once more, and look at all of it."""
    functions: list[Function] = []

    @contextmanager
    def beside(tracer: Tracer) -> Iterator[None]:
        with _watched(functions, tracer):
            yield

    at = reading.regimes.ways[0].at
    with Before(reading.module).again():
        traced = trace(reading.module, reading.call, reading.shapes, at, reading.network.name, beside)
    batch: Size = reading.shapes[0][0] if reading.shapes and reading.shapes[0] else 1
    found = Events(reading.module, batch, functions=functions)
    for name, ends in traced.tracer.ends.items():
        found.calls.append(_called(name, ends))
    for made in traced.tracer.made:
        nodes = tuple(traced.net.node(n) for n in made.nodes)
        name = made.operator.removeprefix("aten.").partition(".")[0]
        found.operators.append(Operated(name, made.where, made.shapes, nodes))
    return found


def _called(name: str, ends: Ends) -> Called:
    return Called(name, ends.module, ends.given, ends.made, ends.same)


# -- functions by their names in Python ------------------------------------------------------------------------------

_FUNCTIONAL: Final = (
    "relu", "prelu", "elu", "relu6", "gelu", "silu", "softmax", "interpolate", "upsample",
    *(f"{kind}_pool{r}d" for kind in ("avg", "max", "adaptive_avg", "adaptive_max") for r in (1, 2, 3)),
)  # fmt: skip
_PRODUCTS: Final = ("matmul", "mm", "bmm", "addmm", "mul", "add")


@contextmanager
def _watched(functions: list[Function], tracer: Tracer) -> Iterator[None]:
    """While this is entered, calls of these functions by their names are noted."""
    places: list[tuple[Any, str]] = [(nn.functional, name) for name in _FUNCTIONAL]
    places += [(torch, name) for name in (*_PRODUCTS, "baddbmm")] + [(torch.Tensor, name) for name in _PRODUCTS]
    before = [(place, name, vars(place).get(name), getattr(place, name)) for place, name in places]
    try:
        for place, name, _, function in before:
            setattr(place, name, _noted(name, function, functions, tracer))
        yield
    finally:
        for place, name, own, function in before:
            if own is None:
                delattr(place, name)
            else:
                setattr(place, name, own if own is not None else function)


def _noted(name: str, function: Any, functions: list[Function], tracer: Tracer) -> Any:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if tracer.busy:  # torch's own Python, below the program
            return function(*args, **kwargs)
        values = [*args, *(v for v in kwargs.values())]
        shapes = tuple(held.shape for v in values if isinstance(v, torch.Tensor) and (held := held_by(v)) is not None)
        sizes: tuple[Size, ...] = ()
        scale = 0.0
        if name in ("interpolate", "upsample"):
            size = args[1] if len(args) > 1 else kwargs.get("size")
            factor = args[2] if len(args) > 2 else kwargs.get("scale_factor")
            if size is not None and shapes:
                rank = len(shapes[0]) - 2
                sizes = tuple(map(_size, size)) if isinstance(size, list | tuple) else (_size(size),) * rank
            elif factor is not None and shapes:
                rank = len(shapes[0]) - 2
                several = isinstance(factor, list | tuple)
                scale = float(math.prod(int(f) for f in factor)) if several else float(factor) ** rank
        if shapes:
            functions.append(Function(name, shapes, sizes, scale))
        return function(*args, **kwargs)

    setattr(wrapped, UNWATCHED, function)
    return wrapped


def _size(x: Any) -> Size:
    return size_in(x) if isinstance(x, Shadow) else int(x) if not isinstance(x, Ratio) else int(float(x))
