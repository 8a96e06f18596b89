"""Layers of several inputs: sums, products, extremes, side by side, dot products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from symconv.layer import Layer
from symconv.layers import Add, Concat, Einsum, Maximum, Mul, Pointwise, Reduce, Sub
from symconv.readers.keras.call import Call
from symconv.readers.keras.registry import counted, shape_only
from symconv.readers.keras.value import Constant, Value

_OF: dict[str, type[Layer]] = {"add": Add, "mul": Mul, "max": Maximum, "sub": Sub}


def merged(call: Call, operation: str, values: Sequence[Value | Constant], dtype: str = "") -> Value:
    """An operation on values in the same places, those of fewer axes at the last ones."""
    found = [v for v in values if isinstance(v, Value)]
    alike = len(found) == len(values) and len({v.rank for v in found}) == 1
    layer = _OF.get(operation)
    if alike and layer is not None and len(found) > 1:
        return call.add(layer(), *found)
    return call.pointwise(operation, *values, dtype=dtype)


def _same_rank(call: Call) -> list[Value | Constant]:
    """The inputs of a merging layer: Keras puts axes of 1 behind the batch of those that have fewer."""
    values = call.values()
    most = max(len(v.shape) for v in values)
    return [
        v if len(v.shape) == most or isinstance(v, Constant)
        else call.look("expand", (v.shape[0], *[1] * (most - v.rank), *v.shape[1:]), v)
        for v in values
    ]  # fmt: skip


#: By layer the operation on its inputs, and what it takes.
_MERGED: Final = {
    "Add": ("add", "one add an element and further input"),
    "Subtract": ("sub", "one add an element: a subtraction"),
    "Multiply": ("mul", "one mul an element and further input"),
    "Maximum": ("max", "one max an element and further input"),
    "Minimum": ("min", "one max an element and further input"),
    "Average": ("mean", "one add an element and further input, and a division"),
}


def _merge(call: Call) -> Value:
    return merged(call, _MERGED[call.kind][0], _same_rank(call))


for _layer, (_, _what) in _MERGED.items():
    counted(_what, _layer)(_merge)


@shape_only("the inputs side by side", "Concatenate")
def _concatenate(call: Call) -> Value:
    values = [v for v in call.values() if isinstance(v, Value)]
    return call.add(Concat(call.axis(call.op.axis, values[0].rank)), *values)


@counted("a mac for each two elements that are multiplied; the norms of rows where asked for", "Dot")
def _dot(call: Call) -> Value:
    left, right = (v for v in call.values() if isinstance(v, Value))
    axes = call.op.axes
    if isinstance(axes, int):
        axes = (axes, axes)
    a, b = call.axis(axes[0], left.rank), call.axis(axes[1], right.rank)
    if call.op.normalize:
        left, right = _unit(call, left, a), _unit(call, right, b)
    first = ["n", *(chr(ord("A") + i) for i in range(left.rank - 1))]
    second = ["n", *(chr(ord("a") + i) for i in range(right.rank - 1) if chr(ord("a") + i) != "n")]
    first[a] = second[b] = "Z"
    out = [x for x in [*first, *second[1:]] if x != "Z"]
    made = call.add(Einsum(f"{''.join(first)},{''.join(second)}->{''.join(out)}"), left, right)
    return call.look("expand", (*made.shape, 1), made) if made.rank == 1 else made


def _unit(call: Call, value: Value, axis: int) -> Value:
    norms = call.add(Reduce("l2", (axis,), True), value)
    return call.add(Pointwise("div", (), value.dtype), value, norms)
