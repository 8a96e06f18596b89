"""Python's own functions, as ones that keep sizes while a module is traced.

In the packages that use torch those are `int`, `float`, `range`, `len`, `max` and `min`, and the functions of `math`;
torch's own Python functions run as Python, so that the operators in them are seen.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType
from typing import Any, Final

import torch

from symconv.extremes import largest, smallest
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
from symconv.readers.torch.written import asking_floats


class _OfPython(type):
    """A type of Python's own by its name, of which numbers that carry sizes are too."""

    own: type
    carrying: type

    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, cls.own)

    def __subclasscheck__(cls, kind: Any) -> bool:
        return issubclass(kind, cls.own)

    def __eq__(cls, other: Any) -> bool:
        return other in (cls.own, cls.carrying) or other is cls

    def __hash__(cls) -> int:
        return hash(cls.own)

    def __getattr__(cls, name: str) -> Any:
        return getattr(cls.own, name)


class _Whole(_OfPython):
    def __call__(cls, x: Any = 0, *base: Any, **named: Any) -> Any:
        if isinstance(x, Shadow | Ratio):
            return as_whole(x)
        if isinstance(x, torch.Tensor) and not base:
            return as_whole(x.item())
        return int(x, *base, **named)


class _Float(_OfPython):
    def __call__(cls, x: Any = 0.0) -> Any:
        if isinstance(x, torch.Tensor):
            x = x.item()
        return as_float(x) if isinstance(x, Shadow | Ratio) else float(x)


class _Range(type):
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
    "int": _Whole("int", (), {"own": int, "carrying": Shadow}),
    "float": _Float("float", (), {"own": float, "carrying": Ratio}), "range": _Range("range", (), {}),
    "len": _length, "max": _extreme(max, largest), "min": _extreme(min, smallest),
}  # fmt: skip

#: Functions of NumPy that take all extents of a shape.
OF_ALL: Final[dict[str, Callable[[Iterable[Any]], Any]]] = {
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
