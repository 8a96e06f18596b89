"""Slices: what is between two places of an axis, which count from its begin or from its end."""

from __future__ import annotations

from typing import Any

from symconv.bounding import at_least as not_below
from symconv.condition import at_least
from symconv.domain import require
from symconv.errors import ExtentError, ShapeError
from symconv.extent import Extent, Size, symbols_of
from symconv.extremes import largest, smallest
from symconv.readers.onnx.operator import Operator
from symconv.readers.onnx.registry import shape_only
from symconv.readers.onnx.value import Value
from symconv.rounding import ceiling
from symconv.values import evaluate

#: Ends of slices from here on stand for the end of the axis.
FAR = 10**9

#: Extents at which it is looked at on which side of an axis a place is.
LARGE = 1 << 20


@shape_only("a part of some axes", "Slice")
def _slice(op: Operator) -> Value:
    x, shape = op.value(0), op.shape(0)
    rank = len(shape)
    starts: Any
    ends: Any
    axes: list[int]
    if op.version < 10:
        starts, ends = list(op.integers("starts")), list(op.integers("ends"))
        axes, steps = list(op.integers("axes") or range(len(starts))), [1] * len(starts)
    else:
        starts, ends = _places(op, 1), _places(op, 2)
        many = len(starts) if starts is not None else len(ends or ())
        starts, ends = starts or [None] * many, ends or [None] * many
        axes = [int(a) for a in op.numbers(3) or range(many)]
        steps = list(op.data(4) or [1] * many)
    index: list[slice[Any, Any, Any]] = [slice(None)] * rank
    out, whole = list(shape), True
    for axis, start, end, step in zip(axes, starts, ends, steps):
        at = op.place(axis, rank)
        extent = shape[at]
        if start is None or end is None or not isinstance(step, int):
            out[at], whole = op.free(f"dim{at}"), False
            continue
        if step == 0:
            raise ShapeError("a slice with steps of 0")
        if isinstance(extent, int) and isinstance(start, int) and isinstance(end, int):
            index[at] = _python(start, end, step, extent)
            out[at] = len(range(*index[at].indices(extent)))
        else:
            out[at], whole = _sliced(op, extent, start, end, step), False
    made = tuple(out)
    if x.data is not None and whole:
        return x.holding(x.data[tuple(index)])
    return op.look("slice", made, x)


def _places(op: Operator, i: int) -> list[Any] | None:
    value = op.given(i)
    if value is None or value.data is None:
        return [None] * _count(op.shape(i)) if value is not None else None
    return value.elements


def _count(shape: tuple[Size, ...]) -> int:
    if len(shape) != 1 or not isinstance(shape[0], int):
        raise ShapeError("how many places a slice has is not known")
    return shape[0]


def _python(start: int, end: int, step: int, extent: int) -> slice[Any, Any, Any]:
    """The bounds as Python takes them: below −extent with a negative step is before the first element."""
    return slice(start, None if step < 0 and end < -extent else end, step)


def _sliced(op: Operator, extent: Size, start: Size, end: Size, step: int) -> Size:
    """The extent of a slice with bounds or an extent in symbols; backwards it ends before the first element."""
    low, high = (0, extent) if step > 0 else (-1, extent - 1)
    begin = _from_start(op, start, extent, low, high, "begin")
    stop = _from_start(op, end, extent, low, high, "end")
    length = stop - begin if step > 0 else begin - stop
    if isinstance(length, int):
        return max(-(-length // abs(step)), 0)
    return ceiling(_not_below_zero(op, length), abs(step))


def _from_start(op: Operator, place: Size, extent: Size, low: int, high: Size, what: str) -> Size:
    """A place on an axis from its begin on, kept on the axis; on which side it is at the exported size is asked for."""
    if isinstance(place, int) and abs(place) >= FAR:
        return high if place > 0 else low
    negative = place < 0 if isinstance(place, int) else _below_zero(op, place, what)
    at = extent + place if negative else place
    if isinstance(at, int) and isinstance(high, int):
        return min(max(at, low), high)
    if not isinstance(place, int):
        require(at_least(-place, 1) if negative else at_least(place, 0), f"a slice whose {what} counts from one side")
    return _clamped(op, at, low if negative else high, f"a slice whose {what} is on the axis", below=negative)


def _below_zero(op: Operator, place: Extent, what: str) -> bool:
    """On which side a place in symbols is: as in the file, else as at large extents, or where that fails the other."""
    if symbols_of(place) <= op.reader.choices.symbols:
        return (op.reader.at(place) or 0) < 0
    if not_below(place, 0) or not_below(-1, place):
        return not not_below(place, 0)
    try:
        large = evaluate(place, dict.fromkeys(symbols_of(place), LARGE)) < 0
    except ExtentError:
        large = False
    return bool(large) != bool(op.reader.choices.take((op.name, what), 2))


def _clamped(op: Operator, at: Size, bound: Size, why: str, below: bool) -> Size:
    """max(at, bound) or min(at, bound): as the exported size decides where there is one, with the condition."""
    if at == bound:
        return at
    a, b = op.reader.at(at), op.reader.at(bound)
    if op.reader.freed and a is not None and b is not None:
        if (a >= b) if below else (a <= b):
            require(at_least(at, bound) if below else at_least(bound, at), why)
            return at
        require(at_least(bound, at) if below else at_least(at, bound), why)
        return bound
    return largest(at, bound) if below else smallest(at, bound)


def _not_below_zero(op: Operator, length: Extent) -> Size:
    if not_below(length, 0):
        return length
    if op.reader.freed and (op.reader.at(length) or 0) >= 0:
        require(at_least(length, 0), "a slice that ends behind its begin")
        return length
    return largest(length, 0)
