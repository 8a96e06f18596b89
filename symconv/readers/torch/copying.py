"""A copy of a module without its weights, so that nothing of the user's own changes, and it can be run on no device."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from symconv.errors import ModelError
from symconv.readers.torch.held import know
from symconv.readers.torch.values import FLOATS, WHOLE


def without_weights(module: Any) -> Any:
    """The module with all tensors on the meta device; the values of small ones that are no parameters are kept.

    Raises ModelError where it cannot be copied.
    """
    memo: dict[int, Any] = {}
    alive: list[Any] = []
    for tensor, parameter in _tensors(module):
        if id(tensor) in memo:
            continue
        alive.append(tensor)
        empty = torch.empty(tuple(tensor.shape), dtype=tensor.dtype, device="meta")
        if parameter:
            memo[id(tensor)] = torch.nn.Parameter(empty, requires_grad=tensor.requires_grad)
            continue
        memo[id(tensor)] = empty
        if tensor.device.type == "cpu" and tensor.numel() <= (FLOATS if tensor.is_floating_point() else WHOLE):
            know(empty, tensor.detach().clone())
    try:
        made = copy.deepcopy(module, memo)
    except Exception as error:
        raise ModelError(f"{type(module).__name__} cannot be copied: {type(error).__name__}: {error}") from error
    return made


def _tensors(module: Any) -> Iterator[tuple[Any, bool]]:
    """Every tensor that a module keeps, and whether it is a parameter; those in plain attributes and lists too."""
    for p in module.parameters():
        yield p, True
    for b in module.buffers():
        yield b, False
    for m in module.modules():
        for key, value in vars(m).items():
            if not key.startswith("_"):
                yield from ((t, isinstance(t, torch.nn.Parameter)) for t in _inside(value))


def _inside(value: Any, depth: int = 0) -> Iterator[Any]:
    if isinstance(value, torch.Tensor):
        if type(value) in (torch.Tensor, torch.nn.Parameter):
            yield value
    elif isinstance(value, list | tuple) and depth < 3:
        for v in value:
            yield from _inside(v, depth + 1)
    elif isinstance(value, dict) and depth < 3:
        for v in value.values():
            yield from _inside(v, depth + 1)


@contextmanager
def as_before(module: Any) -> Iterator[None]:
    """While this is entered, a module may keep tables and counters in itself; afterwards they are gone."""
    before = [
        (
            m,
            {
                k: (dict(v) if isinstance(v, dict) else list(v) if isinstance(v, list) else v)
                for k, v in vars(m).items()
            },
        )
        for m in module.modules()
    ]
    try:
        yield
    finally:
        for m, state in before:
            own = vars(m)
            for key in [k for k in own if k not in state]:
                del own[key]
            for key, value in state.items():
                here = own.get(key)
                if isinstance(value, dict) and isinstance(here, dict):
                    if list(here) != list(value) or any(here[k] is not v for k, v in value.items()):
                        here.clear()
                        here.update(value)
                elif isinstance(value, list) and isinstance(here, list):
                    here[:] = value
                else:
                    own[key] = value
