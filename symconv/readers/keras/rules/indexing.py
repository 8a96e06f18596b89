"""Operations of keras.ops that take elements at places, or put them there. None does arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symconv.condition import at_least
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.extent import Size
from symconv.readers.keras.call import Call, whole
from symconv.readers.keras.inferring import shapes
from symconv.readers.keras.registry import OPS, shape_only
from symconv.readers.keras.value import Value
from symconv.rounding import ceiling


@shape_only("elements at places", "GetItem", domain=OPS)
def _item(call: Call) -> Value:
    value, key = call.value("x"), call.get("key")
    keys = list(key) if isinstance(key, tuple) else [key]
    used = sum(k is not None and k is not Ellipsis for k in keys)
    if Ellipsis in [k for k in keys if k is Ellipsis]:
        at = next(i for i, k in enumerate(keys) if k is Ellipsis)
        keys[at : at + 1] = [slice(None)] * (value.rank - used)
    shape: list[Size] = []
    extents, gathered = iter(value.shape), False
    for k in keys:
        if k is None:
            shape.append(1)
            continue
        x = next(extents)
        if isinstance(k, slice):
            shape.append(sliced(k, x))
        elif isinstance(k, int):
            index = whole(k)
            require(at_least(x, -index if isinstance(index, int) and index < 0 else index + 1), "a place on the axis")
        else:
            gathered = True
            shape += call.operand(k).shape
    shape += extents
    return call.move("gather", shape, value) if gathered else call.look("slice", shape, value)


def sliced(part: slice, x: Size) -> Size:
    """How many elements a slice takes of an axis; one that reaches over the end takes what is there."""
    step = 1 if part.step is None else int(part.step)
    begin, end = part.start, part.stop
    if step < 0:
        if begin is not None or end is not None:
            raise ShapeError(f"a slice backwards from {begin} to {end}: only one of a whole axis is read")
        return ceiling(x, -step)
    lo = 0 if begin is None else whole(begin)
    hi = x if end is None else whole(end)
    lo, hi = (x + at if isinstance(at, int) and at < 0 else at for at in (lo, hi))
    if isinstance(x, int) and isinstance(lo, int) and isinstance(hi, int):
        return len(range(x)[lo:hi:step])
    require(at_least(x, hi), "a slice that ends on its axis")
    require(at_least(lo, 0), "a slice that begins on its axis")
    require(at_least(hi - lo, 1), "a slice of at least 1")
    return ceiling(hi - lo, step)


@shape_only("elements at places that a tensor says", "Take", "TakeAlongAxis", domain=OPS)
def _take(call: Call) -> Value:
    source, places = call.operand(call.get("x")), call.operand(call.get("indices"))
    axis = call.get("axis")
    if call.kind == "TakeAlongAxis" or axis is None:
        return call.move("gather", places.shape, source, places, dtype=source.tensor.dtype)
    axis = call.axis(axis, len(source.shape))
    shape = (*source.shape[:axis], *places.shape, *source.shape[axis + 1 :])
    return call.move("gather", shape, source, places, dtype=source.tensor.dtype)


@shape_only("a 1 at the place of each id", "OneHot", domain=OPS)
def _one_hot(call: Call) -> Value:
    value, op = call.value(), call.op
    axis = call.axis(op.axis, value.rank + 1)
    shape = (*value.shape[:axis], whole(op.num_classes), *value.shape[axis:])
    return call.move("one_hot", shape, value, dtype=str(op.dtype or "float32"))


@shape_only("the diagonal of the last two axes given", "Diagonal", domain=OPS)
def _diagonal(call: Call) -> Value:
    return call.look("diagonal", shapes(call)[1][0].shape, call.value())


@shape_only("a part of a tensor", "Slice", domain=OPS)
def _slice(call: Call) -> Value:
    value = call.value("inputs")
    wanted: Sequence[Any] = call.get("shape")
    starts = [whole(s) if isinstance(s, int) else 0 for s in call.get("start_indices")]
    shape = [x - start if whole(s) == -1 else whole(s) for x, s, start in zip(value.shape, wanted, starts)]
    for x, s, start in zip(value.shape, shape, starts):
        require(at_least(x, start + s), "a slice that ends on its axis")
    return call.look("slice", shape, value)


@shape_only("elements put into a tensor", "ScatterUpdate", "SliceUpdate", domain=OPS)
def _update(call: Call) -> Value:
    given = list(call.arguments.values())
    value = call.operand(given[0])
    return call.move("scatter", value.shape, *(x for x in given if isinstance(x, Value)), dtype=value.tensor.dtype)


@shape_only("elements put into a tensor of a shape", "Scatter", domain=OPS)
def _scatter(call: Call) -> Value:
    given = list(call.arguments.values())
    shape = [whole(x) for x in call.get("shape")]
    return call.move("scatter", shape, *(x for x in given if isinstance(x, Value)))
