"""Reductions over axes."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce as folded
from typing import Any

import numpy as np

from symconv.extent import Size
from symconv.layers import Reduce
from symconv.readers.onnx import value as v
from symconv.readers.onnx.operator import Operator, RanklessError
from symconv.readers.onnx.registry import counted
from symconv.readers.onnx.value import Value, in_numbers, objects

_OPERATIONS = {
    "ReduceSum": "sum", "ReduceMean": "mean", "ReduceMax": "max", "ReduceMin": "min", "ReduceProd": "prod",
    "ReduceL1": "l1", "ReduceL2": "l2", "ReduceSumSquare": "sum_square", "ReduceLogSum": "log_sum",
    "ReduceLogSumExp": "log_sum_exp",
}  # fmt: skip

_STEPS: dict[str, Any] = {
    "ReduceSum": v.add, "ReduceProd": v.multiply,
    "ReduceMax": lambda a, b: v.choose("max", a, b), "ReduceMin": lambda a, b: v.choose("min", a, b),
}  # fmt: skip


def _register(operator: str, operation: str) -> None:
    @counted(f"n elements to one: {operation.replace('_', ' ')}, n − 1 steps", operator)
    def run(op: Operator) -> Value:
        shape, x = op.shape(0), op.value(0)
        try:
            given = op.numbers(1, "axes", ())
        except RanklessError:
            return _somewhere(op, shape)
        if not given and op.integer("noop_with_empty_axes"):
            return replace(x, name="")
        axes = tuple(sorted({op.place(a, len(shape)) for a in given or range(len(shape))}))
        keep = bool(op.integer("keepdims", 1))
        made = tuple(1 if i in axes else e for i, e in enumerate(shape) if keep or i not in axes)
        data = _worked_out(operator, x, axes, made)
        if data is not None:
            return Value(made, x.dtype, data)
        if x.loaded:
            return op.constant(made, x.dtype, x)
        if not shape:
            return op.look("identity", (), x)
        return op.add(Reduce(operation, axes, keep), x, dtype=x.dtype)


def _somewhere(op: Operator, shape: tuple[Size, ...]) -> Value:
    """A reduction over axes that values say, so many of them."""
    axes = op.shape(1)
    many = axes[0] if len(axes) == 1 else None
    if op.integer("keepdims", 1):
        many = 0
    if not isinstance(many, int):
        raise RanklessError(f"{op.kind}: over how many axes it reduces is not known")
    return op.unknown(tuple(op.free(f"dim{i}") for i in range(len(shape) - many)), op.value(0))


def _worked_out(operator: str, x: Value, axes: tuple[int, ...], made: tuple[Size, ...]) -> Any:
    step = _STEPS.get(operator)
    if step is None or x.data is None or x.data.size == 0 or not in_numbers(made):
        return None
    moved = np.moveaxis(x.data, axes, range(len(axes))) if axes else x.data
    many = int(np.prod([x.data.shape[a] for a in axes])) if axes else 1
    rows = moved.reshape(many, -1)
    columns = [rows[:, k].tolist() for k in range(rows.shape[1])]
    found = [None if any(e is None for e in column) else folded(step, column) for column in columns]
    return objects(found, tuple(e for e in made if isinstance(e, int)))


for _operator, _operation in _OPERATIONS.items():
    _register(_operator, _operation)


@counted("n − 1 max a row", "ArgMax", "ArgMin")
def _arg(op: Operator) -> Value:
    shape, x = op.shape(0), op.value(0)
    axis = op.axis(0, len(shape))
    keep = bool(op.integer("keepdims", 1))
    if x.loaded:
        made = tuple(1 if i == axis else e for i, e in enumerate(shape) if keep or i != axis)
        return op.constant(made, "int64", x)
    return op.add(Reduce("max", (axis,), keep), x, dtype="int64")
