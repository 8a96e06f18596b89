"""The floats that a program was written with, as ones that meet sizes.

Python multiplies 0.5 by an integer without asking it, so that 0.5·h would lose its size where h·0.5 keeps it. While a
model runs, the floats in the code of its packages, in the defaults of their functions and on its modules ask first.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

from symconv.readers.torch.shadow import Ratio, Shadow


class Written(float):
    """A float that leaves what is computed with a shadow to the shadow."""

    __hash__ = float.__hash__


def _reflected(own: str, theirs: str) -> Callable[[Any, Any], Any]:
    plain, asked = getattr(float, own), operator.methodcaller
    return lambda a, b: asked(theirs, float(a))(b) if isinstance(b, Shadow | Ratio) else plain(a, b)


#: By an operation of a float the one of what stands on its right.
_ASKED: Final = {
    **{f"__{name}__": f"__r{name}__" for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "divmod", "pow")},
    "__lt__": "__gt__", "__gt__": "__lt__", "__le__": "__ge__", "__ge__": "__le__", "__eq__": "__eq__",
    "__ne__": "__ne__",
}  # fmt: skip

for _own, _theirs in _ASKED.items():
    setattr(Written, _own, _reflected(_own, _theirs))


def _said(x: Any) -> Any:
    """A constant of a program, its floats made to ask."""
    if type(x) is float:
        return Written(x)
    if type(x) is tuple:
        parts = tuple(map(_said, x))
        return x if all(a is b for a, b in zip(x, parts)) else parts
    return _coded(x) if isinstance(x, CodeType) else x


@lru_cache(maxsize=1 << 14)
def _coded(code: CodeType) -> CodeType:
    consts = tuple(map(_said, code.co_consts))
    return code if all(a is b for a, b in zip(code.co_consts, consts)) else code.replace(co_consts=consts)


def _functions(values: Iterable[Any]) -> Iterator[FunctionType]:
    """The functions among values, and those that they are wrapped around."""
    seen: set[int] = set()
    left = list(values)
    while left:
        x = left.pop()
        if isinstance(x, staticmethod | classmethod):
            x = x.__func__
        elif isinstance(x, property):
            left += [x.fget, x.fset]
        if isinstance(x, FunctionType) and id(x) not in seen:
            seen.add(id(x))
            yield x
            left += [c for cell in x.__closure__ or () if (c := _content(cell)) is not None]


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # nothing is in it yet
        return None


Change = tuple[Any, str, Any, Any]


def _changes(functions: Iterable[FunctionType]) -> Iterator[Change]:
    for f in functions:
        code, defaults = _coded(f.__code__), _said(f.__defaults__ or ())
        if code is not f.__code__:
            yield f, "__code__", f.__code__, code
        if defaults and defaults is not f.__defaults__:
            yield f, "__defaults__", f.__defaults__, defaults
        named = f.__kwdefaults__ or {}
        if any(type(v) is float for v in named.values()):
            yield f, "__kwdefaults__", named, {k: _said(v) for k, v in named.items()}


@lru_cache(maxsize=1 << 13)
def _of_module(module: ModuleType, many: int) -> tuple[Change, ...]:
    """What changes in the functions and classes of a Python module of `many` names."""
    own = [x for x in vars(module).values() if getattr(x, "__module__", None) == module.__name__]
    classes = [x for x in own if type(x) is type]
    inside = [v for x in classes for v in vars(x).values()]
    floats = [(thing, name, x, _said(x)) for thing in (module, *classes) for name, x in vars(thing).items() if _held(x)]
    return (*floats, *_changes(_functions([*own, *inside])))


def _held(x: Any) -> bool:
    return type(x) is float or (type(x) is tuple and bool(x) and type(x[0]) is float)


def _of_model(model: Any) -> Iterator[Change]:
    for m in model.modules():
        for name, x in vars(m).items():
            if _held(x):
                yield m, name, x, _said(x)
            elif isinstance(x, FunctionType):
                yield from _changes(_functions([x]))


@contextmanager
def asking_floats(model: Any, modules: Iterable[ModuleType]) -> Iterator[None]:
    """While this is entered the floats of these Python modules and of the model ask what they are computed with."""
    changes = [*(c for m in modules for c in _of_module(m, len(vars(m)))), *_of_model(model)]
    try:
        for thing, name, _, ours in changes:
            _put(thing, name, ours)
        yield
    finally:
        for thing, name, own, _ in reversed(changes):
            _put(thing, name, own)


def _put(thing: Any, name: str, value: Any) -> None:
    if isinstance(thing, FunctionType | type):
        setattr(thing, name, value)
    else:
        vars(thing)[name] = value
