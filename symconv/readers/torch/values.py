"""The values of small tensors that are no activations, such as positions, masks, lengths, and sizes in tensors.

They are worked out on the CPU beside the trace, so that a program that reads one goes on; those that were made from
sizes keep the sizes, element by element.
"""

from __future__ import annotations

import contextlib
import math
import operator
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import torch
from torch.utils._pytree import tree_leaves, tree_map

from symconv.readers.torch.held import Held, held_by, leaves, symbols_in
from symconv.readers.torch.shadow import Ratio, Shadow, as_float, as_whole, boxed

#: Elements of integer tensors whose values are worked out, of float ones, and of those whose sizes are followed.
WHOLE: Final = 1 << 16
FLOATS: Final = 1 << 12
CELLS: Final = 1 << 8


def _each(function: Callable[[Any], Any], cells: Any) -> Any:
    made = np.empty(cells.shape, dtype=object)
    flat = [function(x) for x in cells.ravel()]
    for i, x in enumerate(flat):
        made.reshape(-1)[i] = x
    return made


def _to(cells: Any, *rest: Any, **named: Any) -> Any:
    dtype = next((x for x in (*rest, *named.values()) if isinstance(x, torch.dtype)), None)
    if dtype is None or dtype == torch.bool:
        return cells if dtype is None else _each(bool, cells)
    return _each(as_float if dtype.is_floating_point else as_whole, cells)


def _divided(a: Any, b: Any, rounding_mode: str | None = None) -> Any:
    if rounding_mode is None:
        return a / b
    return a // b if rounding_mode == "floor" else _each(as_whole, boxed(a / b))


def _less(a: Any, b: Any, alpha: Any = 1) -> Any:
    return a - boxed(b) * alpha


def _pairs(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda a, b: np.vectorize(function, otypes=[object])(a, b)


def _same(a: Any, *rest: Any, **named: Any) -> Any:
    return a


def _expanded(a: Any, sizes: Any, **named: Any) -> Any:
    own = (1,) * (len(sizes) - a.ndim) + a.shape
    return np.broadcast_to(a, tuple(int(y) if int(y) >= 0 else x for x, y in zip(own, sizes)))


def _apart(a: Any, d: int = 0) -> list[Any]:
    return [boxed(x) for x in np.moveaxis(a, d, 0)]


def _product(a: Any, d: Any = None, *rest: Any, **named: Any) -> Any:
    return boxed(np.prod(a, d))


#: Operators that are worked out on elements which carry sizes.
_STEPS: Final[dict[str, Callable[..., Any]]] = {
    "add": lambda a, b, alpha=1: a + boxed(b) * alpha, "sub": _less, "rsub": lambda a, b, alpha=1: b - a * alpha,
    "mul": operator.mul, "neg": operator.neg, "div": _divided, "true_divide": _divided,
    "floor_divide": operator.floordiv, "remainder": operator.mod, "pow": lambda a, b: a ** b,
    "floor": lambda a: _each(math.floor, a), "ceil": lambda a: _each(math.ceil, a),
    "round": lambda a: _each(round, a), "trunc": lambda a: _each(as_whole, a),
    "to": _to, "_to_copy": _to, "type_as": _same,
    "stack": lambda a, dim=0: np.stack(a, dim), "cat": lambda a, dim=0: np.concatenate(a, dim),
    "select": lambda a, d, i: boxed(np.take(a, int(i), d)), "unbind": _apart,
    "unsqueeze": np.expand_dims, "squeeze": lambda a, d=None: np.squeeze(a, d), "prod": _product,
    "sum": lambda a, d=None, *r, **k: boxed(np.sum(a, tuple(d) if d else None)),
    "max": lambda a, b=None: boxed(max(a.ravel())) if b is None else _pairs(max)(a, b),
    "min": lambda a, b=None: boxed(min(a.ravel())) if b is None else _pairs(min)(a, b),
    "maximum": _pairs(max), "minimum": _pairs(min), "flip": lambda a, d: np.flip(a, tuple(d)),
    "view": lambda a, s: a.reshape(tuple(map(int, s))), "reshape": lambda a, s: a.reshape(tuple(map(int, s))),
    "expand": _expanded,
    "cumsum": lambda a, d, **k: np.cumsum(a, d), "repeat_interleave": lambda a, n, *r, **k: np.repeat(a, int(n)),
    **dict.fromkeys(("detach", "clone", "lift_fresh", "lift", "contiguous", "alias"), _same),
    **{name: getattr(operator, name) for name in ("le", "lt", "ge", "gt", "eq", "ne")},
}  # fmt: skip

#: Operators that make equal elements of equal elements, however many there are; those that fill a new tensor.
_ALIKE: Final = frozenset({
    "view", "reshape", "expand", "unsqueeze", "squeeze", "slice", "select", "transpose", "permute", "flatten", "clone",
    "contiguous", "detach", "to", "_to_copy", "all", "any", "amax", "amin", "max", "min", "zeros_like", "ones_like",
    "full_like", "index", "repeat", "cat", "stack", "where", "masked_fill", "alias",
    "unflatten", "new_zeros", "new_ones", "lift_fresh", "flip",
})  # fmt: skip
_FILLED: Final = frozenset({"zeros", "ones", "full", "scalar_tensor"})

_ASKED: Final = ("le", "lt", "ge", "gt", "eq", "ne")


def slice_of(cells: Any, dim: Any = 0, start: Any = None, end: Any = None, step: Any = 1) -> Any:
    """A slice along an axis."""
    index = [slice(None)] * cells.ndim
    far = end is None or int(end) >= cells.shape[dim]
    index[dim] = slice(None if start is None else int(start), None if far else int(end), int(step))
    return cells[tuple(index)]


_STEPS["slice"] = slice_of


def cells_of(held: Held) -> Any:
    """The elements of a tensor as far as they are known, with the sizes that they carry; None where they are not."""
    if held.cells is not None:
        return held.cells
    if held.twin is not None and held.twin.numel() <= CELLS and not held.of:
        return boxed(held.twin.tolist())
    return None


def follow(name: str, func: Any, args: Any, kwargs: Any, called: Any, outs: list[Any], made: list[Held]) -> None:
    """Work out the values of an operator's outputs, where those of its inputs are known.

    `args` have what was known of tensors in their places, `called` the arguments in plain numbers.
    """
    given = leaves([args, kwargs])
    inputs = [x for x in given if isinstance(x, Held)]
    _twins(name, func, inputs, called, outs, made)
    sized = any(isinstance(x, Shadow | Ratio) for x in given)
    if not (sized or any(h.cells is not None for h in inputs)) or not outs or outs[0].numel() > CELLS:
        return
    step = _STEPS.get(name)
    if step is None or (name in _ASKED and any(h.given for h in inputs)):
        return
    with contextlib.suppress(
        TypeError, ValueError, IndexError, AttributeError, KeyError, OverflowError, ZeroDivisionError
    ):
        found = step(*tree_map(_cells, tuple(args)), **tree_map(_cells, kwargs))
        for out, held, cells in zip(outs, made, found if isinstance(found, list) else [found]):
            held.cells = boxed(cells).reshape(tuple(out.size()))


def _cells(x: Any) -> Any:
    if isinstance(x, Shadow | Ratio):
        return boxed(x)  # NumPy would read a bare one as a number
    if not isinstance(x, Held):
        return x
    cells = cells_of(x)
    if cells is None:
        raise ValueError
    return cells


def _twins(name: str, func: Any, inputs: list[Held], called: Any, outs: list[Any], made: list[Held]) -> None:
    small = all(o.numel() <= (FLOATS if o.is_floating_point() else WHOLE) and not o.is_complex() for o in outs)
    if not small or not outs or any(h.twin is None for h in inputs):
        return
    if not inputs and all(o.is_floating_point() for o in outs) and any(o.numel() > CELLS for o in outs):
        return
    args, kwargs = called
    with (
        contextlib.suppress(RuntimeError, ValueError, IndexError, TypeError, NotImplementedError),
        torch.random.fork_rng([]),
    ):
        found = [t for t in tree_leaves(func(*_on_cpu(args), **_on_cpu(kwargs))) if isinstance(t, torch.Tensor)]
        own = frozenset(s for h in inputs for s in h.of)
        sized = own.union(*(symbols_in(h.shape) for h in (*inputs, *made)))
        alike = name in _ALIKE or (torch.Tag.pointwise in func.tags)
        alike = (alike and all(h.alike for h in inputs)) if inputs else name in _FILLED
        for held, twin in zip(made, found):
            held.alike = alike and bool(twin.numel()) and bool((twin == twin.reshape(-1)[0]).all())
            held.twin, held.of, held.given = twin, own if held.alike else sized, any(h.given for h in inputs)


def _on_cpu(x: Any) -> Any:
    return tree_map(_cpu, x)


def _cpu(x: Any) -> Any:
    if isinstance(x, torch.Tensor):
        held = held_by(x)
        return held.twin if held is not None and held.twin is not None else x
    return torch.device("cpu") if isinstance(x, torch.device) else x
