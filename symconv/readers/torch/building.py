"""Modules built without the memory of their weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import prod
from typing import Any, Final

import torch
from torch.overrides import TorchFunctionMode

#: Tensors of more elements are made on the meta device while a module is built.
LARGE: Final = 1 << 13

_MAKING: Final = frozenset({torch.empty, torch.zeros, torch.ones, torch.rand, torch.randn, torch.full, torch.normal})


class Light(TorchFunctionMode):
    """Large new tensors of floats are on the meta device; small ones, such as tables of places, have their values."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in _MAKING and kwargs.get("device") is None:
            dtype = kwargs.get("dtype") or torch.get_default_dtype()
            if dtype.is_floating_point and _elements(func, args, kwargs) > LARGE:
                kwargs = {**kwargs, "device": "meta"}
        return func(*args, **kwargs)


def _elements(func: Any, args: Any, kwargs: dict[str, Any]) -> int:
    size = kwargs.get("size", args[0] if len(args) == 1 or func is torch.full else args)
    try:
        return prod(int(n) for n in (size if isinstance(size, list | tuple) else [size]))
    except (TypeError, ValueError, RuntimeError):
        return 0


@contextmanager
def _quiet() -> Iterator[None]:
    """The random state and the default device and type are as before."""
    state, dtype = torch.random.get_rng_state(), torch.get_default_dtype()
    try:
        yield
    finally:
        torch.random.set_rng_state(state)
        torch.set_default_dtype(dtype)


def built(make: Callable[[], Any]) -> Any:
    """What a factory makes, without the memory of large weights; with it where that does not work."""
    with _quiet():
        try:
            with Light():
                return make()
        except (RuntimeError, NotImplementedError):
            return make()
