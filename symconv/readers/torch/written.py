"""The floats that a program was written with, as ones that meet sizes.

Python multiplies 0.5 by an integer without asking it, so that 0.5·h would lose its size where h·0.5 keeps it. While a
model runs, the floats in the code of its packages, in the defaults of their functions and on its modules ask first.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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


@dataclass(frozen=True)
class _Change:
    """What a function, a class, a Python module or one of the model's has by a name, and what it has meanwhile."""

    thing: Any
    name: str
    own: Any
    ours: Any

    def there(self) -> bool:
        """Whether it still is what it was when it was looked for."""
        return getattr(self.thing, self.name, None) is self.own

    def put(self, value: Any) -> None:
        if isinstance(self.thing, FunctionType | type):
            setattr(self.thing, self.name, value)
        else:
            vars(self.thing)[self.name] = value


def _in_functions(functions: Iterable[FunctionType]) -> Iterator[_Change]:
    for f in functions:
        code, defaults = _coded(f.__code__), _said(f.__defaults__ or ())
        if code is not f.__code__:
            yield _Change(f, "__code__", f.__code__, code)
        if defaults and defaults is not f.__defaults__:
            yield _Change(f, "__defaults__", f.__defaults__, defaults)
        named = f.__kwdefaults__ or {}
        if any(map(_floats, named.values())):
            yield _Change(f, "__kwdefaults__", named, {k: _said(v) for k, v in named.items()})


def _in_names(thing: Any) -> Iterator[_Change]:
    return (_Change(thing, name, x, _said(x)) for name, x in vars(thing).items() if _floats(x))


def _floats(x: Any) -> bool:
    return type(x) is float or (type(x) is tuple and bool(x) and type(x[0]) is float)


@lru_cache(maxsize=1 << 13)
def _in_module(module: ModuleType, version: Hashable) -> tuple[_Change, ...]:
    own = [x for x in vars(module).values() if getattr(x, "__module__", None) == module.__name__]
    classes = [x for x in own if type(x) is type]
    functions = _functions([*own, *(v for x in classes for v in vars(x).values())])
    return (*(c for thing in (module, *classes) for c in _in_names(thing)), *_in_functions(functions))


def _version(module: ModuleType) -> Hashable:
    """What changes where a module has other names; in a notebook a cell may be run again."""
    return tuple(map(id, vars(module).values())) if module.__name__ == "__main__" else len(vars(module))


def _in_model(model: Any) -> Iterator[_Change]:
    for m in model.modules():
        yield from _in_names(m)
        yield from _in_functions(_functions(x for x in vars(m).values() if isinstance(x, FunctionType)))


@contextmanager
def asking_floats(model: Any, modules: Iterable[ModuleType]) -> Iterator[None]:
    """While this is entered the floats of these Python modules and of the model ask what they are computed with."""
    found = [*(c for m in modules for c in _in_module(m, _version(m))), *_in_model(model)]
    changes = [c for c in found if c.there()]
    try:
        for c in changes:
            c.put(c.ours)
        yield
    finally:
        for c in changes:
            c.put(c.own)
