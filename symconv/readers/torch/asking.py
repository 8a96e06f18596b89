"""What a program asks of a tensor in Python is answered with numbers that carry sizes, and torch is handed them on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final, SupportsIndex, overload

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import _disable_current_modes
from torch.utils._pytree import tree_map

from symconv.readers.torch.held import carries, held_by, hold
from symconv.readers.torch.path import LESS_OR_EQUAL
from symconv.readers.torch.python import OF_ALL
from symconv.readers.torch.shadow import Shadow, as_whole, boxed, plain, settled, size_in
from symconv.readers.torch.tracer import Tracer, ValueRead

#: Functions that hand out the values of a tensor.
READS: Final = frozenset({"item", "tolist", "__int__", "__index__", "__bool__", "__float__", "numpy", "__array__"})

#: Functions in which a tensor of no axes may stand where a number is meant.
SIZED: Final = frozenset({
    "pad", "view", "reshape", "expand", "zeros", "ones", "full", "empty", "arange", "linspace", "repeat", "narrow",
    "interpolate", "adaptive_avg_pool2d", "unfold", "__getitem__", "split", "new_zeros", "new_ones", "new_full",
    "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "upsample_linear1d", "upsample_bilinear2d",
    "upsample_bicubic2d", "upsample_trilinear3d",
})  # fmt: skip

#: Functions that move a tensor to another device, where nothing is.
MOVES: Final = frozenset({"cpu", "cuda"})

_SHAPE: Final = torch.Tensor.shape
_BYTES: Final = torch.Tensor.nbytes

_WHOLE: Final = "a slice that takes the whole axis"

#: Where a function that is watched has the one that it stands for.
UNWATCHED: Final = "_symconv_unwatched"


class Shape(tuple[Any, ...]):
    """A torch.Size whose extents keep what they carry, also in their product."""

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return torch.Size

    @overload
    def __getitem__(self, at: SupportsIndex) -> Any: ...
    @overload
    def __getitem__(self, at: slice[Any, Any, Any]) -> Shape: ...
    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return Shape(found) if isinstance(at, slice) else found

    def __add__(self, other: Any) -> Any:
        return Shape(super().__add__(tuple(other)))

    def __radd__(self, other: Any) -> Any:
        return Shape(tuple(other) + tuple(self))

    def __mul__(self, times: SupportsIndex) -> Any:
        return Shape(super().__mul__(times))

    __rmul__ = __mul__

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """NumPy's functions of a shape: those of all its extents keep what they carry, others make them numbers."""
        ours = OF_ALL.get(func.__name__)
        if ours is not None and len(args) == 1 and not kwargs:
            return ours(args[0])
        said = f"a number that numpy.{func.__name__} takes"
        return func(*(_settled(x, said) for x in args), **{k: _settled(x, said) for k, x in kwargs.items()})

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    def numel(self) -> Any:
        """The number of elements."""
        return math.prod(self)


def _settled(x: Any, said: str) -> Any:
    return [settled(v, said) for v in x] if isinstance(x, Shape) else x


class Asking(TorchFunctionMode):
    """Answers what a program asks of tensors, and hands shadows on to torch."""

    def __init__(self, tracer: Tracer) -> None:
        super().__init__()
        self.tracer = tracer

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        func = getattr(func, UNWATCHED, func)  # an operator, a + b, arrives as the method of its name
        name, kwargs = getattr(func, "__name__", ""), kwargs or {}
        first = args[0] if args else None
        tracer = self.tracer
        if name == "__get__" and getattr(func, "__self__", None) is _SHAPE:
            return Shape(tracer.shadows(first))
        if name == "__get__" and getattr(func, "__self__", None) is _BYTES:
            return math.prod(tracer.shadows(first)) * args[0].itemsize
        if func in (torch.Tensor.size, torch.Tensor.stride):
            dim = args[1] if len(args) > 1 else kwargs.get("dim")
            shadows = tracer.shadows(first) if func is torch.Tensor.size else tracer.strides(first)
            return Shape(shadows) if dim is None else shadows[dim]
        if name in ("numel", "nelement"):
            return math.prod(tracer.shadows(first))
        if name == "__len__" and isinstance(first, torch.Tensor) and first.dim():
            return plain(tracer.shadows(first)[0])
        if name in READS and isinstance(first, torch.Tensor):
            return self._read(name, first, func, args, kwargs)
        if name in MOVES and isinstance(first, torch.Tensor):
            return first
        if name == "__getitem__":
            args = (first, _indices(args[1]))
        if name in SIZED:
            args = (*args[:1], *tree_map(_number, tuple(args[1:])))
            kwargs = tree_map(_number, kwargs)
        if name in ("__getitem__", "__setitem__"):
            args = (self._sliced(first, args[1]), *args[1:])
        tracer.put_into = held_by(first) if name == "__setitem__" else None
        luggage = tracer.luggage
        luggage.clear()
        try:
            made = func(*map(luggage.packed, args), **{k: luggage.packed(v) for k, v in kwargs.items()})
        finally:
            tracer.put_into = None
        if name in ("tensor", "as_tensor", "scalar_tensor") and args and _carried(first):
            cells = boxed(first if not isinstance(first, torch.Tensor) else held_by(first).cells)  # type: ignore[union-attr]
            held = held_by(made) or tracer._known(made)
            held.cells = cells
            hold(made, held)
        return made.node.carried if isinstance(made, torch.SymInt) else made

    def _sliced(self, tensor: Any, index: Any) -> Any:
        """A tensor of which slices are taken up to a number: torch leaves out those that take the whole of an axis.

        One that ends just where the axis does is taken here, as it is at other sizes; that one ends beyond it is said.
        """
        for axis, taken in _slices(tensor, index):
            begins = taken.start is None or (type(taken.start) is int and taken.start == 0)
            if not begins or taken.step not in (None, 1) or type(taken.stop) is not int:
                continue
            length = self.tracer.shadows(tensor)[axis]
            if not isinstance(length, Shadow):
                continue
            if plain(length) < taken.stop:
                self.tracer.path.decide(LESS_OR_EQUAL, size_in(length), taken.stop, reason=_WHOLE)
            elif plain(length) == taken.stop:
                tensor = torch.ops.aten.slice.Tensor(tensor, axis, 0, taken.stop)
        return tensor

    def _read(self, name: str, tensor: Any, func: Any, args: Any, kwargs: Any) -> Any:
        held = held_by(tensor) or self.tracer._known(tensor)
        if held.cells is not None:
            cells = held.cells
            if name in ("numpy", "__array__"):
                return cells
            if name == "tolist":
                return cells.tolist()
            if name == "__bool__":
                return bool(cells.item())
            return as_whole(cells.item()) if name in ("__int__", "__index__") else cells.item()
        if held.twin is None:
            self.tracer.failed = self.tracer.failed or self.tracer.path.where
            raise ValueRead("it reads a value that depends on data")
        self.tracer._assumed(name.strip("_"), [held])
        with _disable_current_modes():
            return func(held.twin, *args[1:], **kwargs)


def _carried(x: Any) -> bool:
    if isinstance(x, torch.Tensor):
        held = held_by(x)
        return held is not None and held.cells is not None
    return carries(x)


def _number(x: Any) -> Any:
    """A tensor of no axes as the number that it holds, with its size."""
    if isinstance(x, torch.Tensor) and not x.dim() and not x.is_floating_point():
        held = held_by(x)
        if held is not None and held.cells is not None:
            return held.cells.item()
    return x


def _indices(index: Any) -> Any:
    """Indices with lists of numbers as tensors, which would lose their values on the way, and ends as numbers."""
    return tuple(map(_index, index)) if isinstance(index, tuple) else _index(index)


def _index(index: Any) -> Any:
    if isinstance(index, list) and index and all(type(v) is int for v in index):
        return torch.tensor(index)
    if isinstance(index, slice):
        return slice(_number(index.start), _number(index.stop), _number(index.step))
    return index


def _slices(tensor: Any, index: Any) -> Iterator[tuple[int, slice]]:
    """The slices among a tensor's indices, each with its axis."""
    items = index if isinstance(index, tuple) else (index,)
    axes = [_axes(i) for i in items]
    axis, rank = 0, tensor.dim() if isinstance(tensor, torch.Tensor) else 0
    for item, many in zip(items, axes):
        if item is Ellipsis:
            many = rank - sum(axes)
        elif isinstance(item, slice) and axis < rank:
            yield axis, item
        axis += many


def _axes(index: Any) -> int:
    """How many axes an index takes; none of an ellipsis, which takes what is left."""
    if index is None or index is Ellipsis or isinstance(index, bool):
        return 0
    return index.dim() if isinstance(index, torch.Tensor) and index.dtype in (torch.bool, torch.uint8) else 1
