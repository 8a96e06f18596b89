"""A torch module, run once more with all of it looked at."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import nn

from symconv.cost import product
from symconv.extent import Size
from symconv.readers.torch.asking import UNWATCHED
from symconv.readers.torch.copying import Before
from symconv.readers.torch.held import held_by
from symconv.readers.torch.load import Reading
from symconv.readers.torch.shadow import Ratio, Shadow, size_in
from symconv.readers.torch.trace import trace
from symconv.readers.torch.tracer import Ends, Tracer
from symconv.reconciling.events import Called, Events, Function, Kept, Operated


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
    calls = traced.tracer.ends
    found = Events(batch, _kept(reading.module, calls), functions=functions)
    places = _places(reading.module)
    found.calls += [_called(name, ends, places.get(id(ends.module), 1)) for name, ends in calls.items()]
    for made in traced.tracer.made:
        nodes = tuple(traced.net.node(n) for n in made.nodes)
        name = made.operator.removeprefix("aten.").partition(".")[0]
        found.operators.append(Operated(name, made.where, made.shapes, nodes))
    return found


def _called(name: str, ends: Ends, places: int) -> Called:
    module = ends.module
    leaf = not any(True for _ in module.children())
    weights = tuple((name, product(p.numel())) for name, p in module.named_parameters()) if leaf else None
    linear = isinstance(module, nn.Linear)
    return Called(name, module, _kind(module), ends.given, ends.made, ends.same, linear, weights, places)


def _kind(module: Any) -> str:
    cls = type(module)
    return cls.__name__ if cls.__module__.startswith("torch.nn.modules.") else ""


def _places(module: Any) -> dict[int, int]:
    """How often each module stands in the tree."""
    found: dict[int, int] = {}

    def walk(m: Any) -> None:
        for child in m.children():
            walk(child)
        found[id(m)] = found.get(id(m), 0) + 1

    walk(module)
    return found


def _kept(module: Any, calls: Mapping[str, Ends]) -> Kept:
    called = {id(ends.module) for ends in calls.values()}

    def of(kinds: frozenset[str], m: Any = module) -> int:
        """The root's own are not looked at, and nothing below a module of these kinds."""
        total = 0
        for child in m.children():
            if _kind(child) not in kinds or isinstance(child, nn.Sequential | nn.ModuleList):
                total += of(kinds, child)
            elif id(child) in called:
                total += sum(p.numel() for p in child.parameters())
        return total

    every = list(module.parameters())
    trained = sum(p.numel() for p in every if p.requires_grad)
    return Kept(product(sum(p.numel() for p in every)), product(trained), lambda kinds: product(of(kinds)))


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
        for place, name, own, _ in before:
            if own is None:
                delattr(place, name)
            else:
                setattr(place, name, own)


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
