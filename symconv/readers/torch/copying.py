"""A copy of a module without its weights, so that nothing of the user's own changes, and it can be run on no device."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from symconv.errors import ModelError
from symconv.readers.torch.values import FLOATS, WHOLE


def without_weights(module: Any) -> Any:
    """The module with parameters and large buffers on the meta device; small buffers keep their values.

    Raises ModelError where it cannot be copied.
    """
    memo: dict[int, Any] = {}
    kept: list[Any] = []
    for p in module.parameters():
        memo[id(p)] = torch.nn.Parameter(_empty(p), requires_grad=p.requires_grad)
        kept.append(p)
    for b in module.buffers():
        small = b.device.type == "cpu" and b.numel() <= (FLOATS if b.is_floating_point() else WHOLE)
        memo[id(b)] = b.detach().clone() if small else _empty(b)
        kept.append(b)
    try:
        made = copy.deepcopy(module, memo)
    except Exception as error:
        raise ModelError(f"{type(module).__name__} cannot be copied: {type(error).__name__}: {error}") from error
    return made


def _empty(tensor: Any) -> Any:
    return torch.empty(tuple(tensor.shape), dtype=tensor.dtype, device="meta")


@contextmanager
def as_before(module: Any) -> Iterator[None]:
    """While this is entered, a module may keep tables and counters in itself; afterwards they are gone."""
    before = [
        (m, {k: (dict(v) if isinstance(v, dict) else list(v) if isinstance(v, list) else v) for k, v in vars(m).items()})
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
                    if here != value or list(here) != list(value):
                        here.clear()
                        here.update(value)
                elif isinstance(value, list) and isinstance(here, list):
                    here[:] = value
                else:
                    own[key] = value
