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


class Before:
    """What a module keeps in itself before it runs: afterwards tables and counters of a run are gone."""

    def __init__(self, module: Any) -> None:
        self._state = [(vars(m), {k: (v, _copied(v)) for k, v in vars(m).items()}) for m in module.modules()]

    @contextmanager
    def again(self) -> Iterator[None]:
        """While this is entered, a module may change itself."""
        try:
            yield
        finally:
            for own, state in self._state:
                self._restore(own, state)

    @staticmethod
    def _restore(own: dict[str, Any], state: dict[str, tuple[Any, Any]]) -> None:
        if len(own) != len(state):
            for key in [k for k in own if k not in state]:
                del own[key]
        for key, (value, copied) in state.items():
            if own.get(key, _GONE) is not value:
                own[key] = value
            if copied is None:
                continue
            if isinstance(value, list):
                if len(value) != len(copied) or any(a is not b for a, b in zip(value, copied)):
                    value[:] = copied
            elif len(value) != len(copied) or any(value.get(k, _GONE) is not v for k, v in copied.items()):
                value.clear()
                value.update(copied)


_GONE = object()


def _copied(value: Any) -> Any:
    """What a list or a dictionary of a module holds; None of anything else."""
    if isinstance(value, dict):
        return dict(value)
    return list(value) if isinstance(value, list) else None
