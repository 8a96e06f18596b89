"""What a program asks of a tensor in Python is answered with numbers that carry sizes, and torch is handed them on.

In the packages that use torch `int`, `float`, `range`, `len`, `max` and `min` keep sizes while a module is traced;
torch's own Python functions run as Python, so that the operators in them are seen.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType
from typing import Any, Final, SupportsIndex, overload

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import _disable_current_modes
from torch.utils._pytree import tree_map

from symconv.extremes import largest, smallest
from symconv.readers.torch.held import boxed, carries, held_by, hold
from symconv.readers.torch.path import EQUAL, LESS_OR_EQUAL
from symconv.readers.torch.shadow import (
    Ratio,
    Shadow,
    as_float,
    as_whole,
    divisor,
    plain,
    root,
    settled,
    shadow,
    size_in,
)
from symconv.readers.torch.tracer import Tracer, ValueRead
from symconv.readers.torch.written import asking_floats

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
        ours = _OF_ALL.get(func.__name__)
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
    if isinstance(index, tuple):
        return tuple(map(_index, index))
    return _index(index)


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


# -- Python's own functions ------------------------------------------------------------------------------------------


class _WholeMeta(type):
    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, int)

    def __subclasscheck__(cls, kind: Any) -> bool:
        return issubclass(kind, int)

    def __eq__(cls, other: Any) -> bool:
        return other in (int, Shadow) or other is cls

    def __hash__(cls) -> int:
        return hash(int)

    def __getattr__(cls, name: str) -> Any:
        return getattr(int, name)

    def __call__(cls, x: Any = 0, *base: Any, **named: Any) -> Any:
        if isinstance(x, Shadow | Ratio):
            return as_whole(x)
        if isinstance(x, torch.Tensor) and not base:
            return as_whole(x.item())
        return int(x, *base, **named)


class _FloatMeta(type):
    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, float)

    def __subclasscheck__(cls, kind: Any) -> bool:
        return issubclass(kind, float)

    def __eq__(cls, other: Any) -> bool:
        return other in (float, Ratio) or other is cls

    def __hash__(cls) -> int:
        return hash(float)

    def __getattr__(cls, name: str) -> Any:
        return getattr(float, name)

    def __call__(cls, x: Any = 0.0) -> Any:
        return as_float(x) if isinstance(x, Shadow | Ratio) else float(x)


class _RangeMeta(type):
    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, range)

    def __call__(cls, *bounds: Any) -> Any:
        found = range(*(plain(x) if isinstance(x, Shadow) else x for x in bounds))
        carried = next((x for x in bounds if isinstance(x, Shadow)), None)
        if carried is None:
            return found
        start, stop, step = bounds if len(bounds) == 3 else (*bounds, 1) if len(bounds) == 2 else (0, *bounds, 1)
        ahead, size = (stop - start, step) if found.step > 0 else (start - stop, -step)
        if found:
            carried.path.decide(EQUAL, size_in(-(-ahead // size)), len(found), reason=_LOOP)
        else:
            carried.path.decide(LESS_OR_EQUAL, size_in(ahead), 0, reason=_LOOP)
        if not isinstance(start, Shadow) and not isinstance(step, Shadow):
            return found
        return [start + i * step for i in range(len(found))]


_WHOLE: Final = "a slice that takes the whole axis"
_LOOP: Final = "as many rounds of a loop as in this run"


def _length(x: Any) -> Any:
    if isinstance(x, torch.Tensor) and x.dim():
        return x.shape[0]
    return len(x)


def _extreme(choose: Any, extreme: Any) -> Any:
    """max or min, whose result is that of all sizes where it is taken of whole numbers that carry some."""

    def chosen(*given: Any, **named: Any) -> Any:
        if len(given) == 1 and isinstance(given[0], Iterable):
            given = (list(given[0]),)
        numbers = given[0] if len(given) == 1 and isinstance(given[0], list) else given
        first = next((x for x in numbers if isinstance(x, Shadow)), None)
        if first is None or named.keys() - {"default"} or not all(isinstance(x, int) for x in numbers):
            return choose(*given, **named)
        return shadow(first.path.said(extreme(*map(size_in, numbers))), first.path)

    return chosen


_OURS: Final[dict[str, Any]] = {
    "int": _WholeMeta("int", (), {}), "float": _FloatMeta("float", (), {}), "range": _RangeMeta("range", (), {}),
    "len": _length, "max": _extreme(max, largest), "min": _extreme(min, smallest),
}  # fmt: skip

#: Functions of NumPy that take all extents of a shape.
_OF_ALL: Final[dict[str, Callable[[Iterable[Any]], Any]]] = {
    "prod": math.prod, "sum": sum, "max": _OURS["max"], "amax": _OURS["max"], "min": _OURS["min"], "amin": _OURS["min"],
}  # fmt: skip

_INSIDE: Final = ("has_torch_function", "has_torch_function_unary", "has_torch_function_variadic")


def _no(*_: Any) -> bool:
    return False


def _exact(own: Any, ours: Any) -> Any:
    """A function of Python's for numbers, and one for those that carry sizes."""

    def found(*given: Any) -> Any:
        return (ours if any(isinstance(x, Shadow | Ratio) for x in given) else own)(*given)

    return found


def _pinned(own: Any) -> Any:
    """A function that knows no sizes: those that it is given become numbers, which is a condition."""

    def found(*given: Any, **named: Any) -> Any:
        said = f"a number that math.{own.__name__} takes"
        return own(*(settled(x, said) for x in given), **{k: settled(x, said) for k, x in named.items()})

    return found


def _math() -> dict[str, Any]:
    own = {name: f for name, f in vars(math).items() if callable(f) and not name.startswith("_")}
    found = {name: _pinned(f) for name, f in own.items() if name not in ("floor", "ceil", "trunc", "prod", "fsum")}
    return {**found, "sqrt": _exact(math.sqrt, root), "gcd": _exact(math.gcd, divisor)}


#: The functions of math, by their names.
_MATH: Final = _math()
_OF_MATH: Final = {id(getattr(math, name)): f for name, f in _MATH.items()}

#: Torch's own names for functions of Python's.
_SYMBOLIC: Final[dict[str, Any]] = {
    "sym_int": as_whole, "sym_float": as_float, "sym_max": _OURS["max"], "sym_min": _OURS["min"],
    "sym_sqrt": _MATH["sqrt"],
}  # fmt: skip

#: Packages whose modules keep Python's own functions.
_LEFT: Final = frozenset({"torch", "symconv", "numpy", "sympy", "builtins", "typing", "__main__"})


def _uses_torch(name: str, module: ModuleType, packages: Set[str]) -> bool:
    package = name.partition(".")[0]
    return package in packages or (package not in _LEFT and vars(module).get("torch") is torch)


def _packages(model: Any) -> set[str]:
    return {type(m).__module__.partition(".")[0] for m in model.modules()} - {"torch"}


@lru_cache(maxsize=1 << 14)
def _replaced(module: Any, many: int) -> tuple[tuple[str, Any, Any], ...]:
    """The functions of math, and compiled ones, that a module of `many` names has by names of its own, and ours."""
    found: list[tuple[str, Any, Any]] = []
    for name, own in list(vars(module).items()):
        if isinstance(own, torch.jit.ScriptFunction) and hasattr(own, "_torchdynamo_inline"):
            found.append((name, own, own._torchdynamo_inline))
        elif id(own) in _OF_MATH:
            found.append((name, own, _OF_MATH[id(own)]))
    return tuple(found)


@contextmanager
def python_of(model: Any) -> Iterator[None]:
    """While this is entered, Python's own functions keep sizes in the packages of the model and all that use torch.

    Everything is as it was afterwards, also after an error.
    """
    import torch.functional
    import torch.nn.functional

    inner = [torch.nn.functional, torch.functional, torch._tensor]
    packages = _packages(model)
    put: list[tuple[Any, str, Any]] = [(m, name, _no) for m in inner for name in _INSIDE if hasattr(m, name)]
    put += [(torch.nn.functional, name, value) for name, value in _OURS.items()]
    put += [(torch, name, value) for name, value in _SYMBOLIC.items() if hasattr(torch, name)]
    put.append((torch.nn.functional, "_sym_int", as_whole))
    used = [m for key, m in list(sys.modules.items()) if isinstance(m, ModuleType) and _uses_torch(key, m, packages)]
    for module in used:
        names = vars(module)
        put += [(module, name, value) for name, value in _OURS.items() if name not in names]
        put += [(module, name, ours) for name, own, ours in _replaced(module, len(names)) if names.get(name) is own]
    put += [(math, name, value) for name, value in _MATH.items()]
    absent = object()
    before = [(module, name, vars(module).get(name, absent)) for module, name, _ in put]
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        for module, name, value in put:
            setattr(module, name, value)
        with asking_floats(model, used):
            yield
    finally:
        for module, name, value in before:
            if value is absent:
                vars(module).pop(name, None)
            else:
                setattr(module, name, value)
        torch.backends.mha.set_fastpath_enabled(fast)
