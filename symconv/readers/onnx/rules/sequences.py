"""Sequences of tensors, and values that may be missing."""

from __future__ import annotations

from dataclasses import replace

from symconv.errors import ShapeError
from symconv.extent import Size
from symconv.readers.onnx.operator import Operator, RanklessError, type_name
from symconv.readers.onnx.registry import shape_only
from symconv.readers.onnx.rules.shaping import joined
from symconv.readers.onnx.value import Value, known


def _items(op: Operator, i: int = 0) -> list[Value]:
    items = op.value(i).items
    if items is None:
        raise RanklessError(f"{op.kind}: how many tensors its sequence has is not known")
    return items


def _sequence(items: list[Value], dtype: str) -> Value:
    return Value(None, dtype, items=items)


@shape_only("a sequence", "SequenceConstruct")
def _construct(op: Operator) -> Value:
    return _sequence([v for v in op.inputs if v is not None], op.value(0).dtype)


@shape_only("a sequence", "SequenceEmpty")
def _empty(op: Operator) -> Value:
    return _sequence([], type_name(op.integer("dtype", 1)))


def _place(op: Operator, i: int, many: int, default: int) -> int:
    given = op.given(i)
    if given is None:
        return default
    data = given.elements
    if data is None or not isinstance(data[0], int):
        raise RanklessError(f"{op.kind}: the place in the sequence is not known")
    at = data[0] + many if data[0] < 0 else data[0]
    if not 0 <= at <= many:
        raise ShapeError(f"place {data[0]} of a sequence of {many}")
    return at


@shape_only("a sequence with one more", "SequenceInsert")
def _insert(op: Operator) -> Value:
    items = list(_items(op))
    items.insert(_place(op, 2, len(items), len(items)), op.value(1))
    return _sequence(items, op.value(0).dtype)


@shape_only("a sequence with one less", "SequenceErase")
def _erase(op: Operator) -> Value:
    items = list(_items(op))
    del items[_place(op, 1, len(items), len(items) - 1)]
    return _sequence(items, op.value(0).dtype)


@shape_only("a tensor of a sequence", "SequenceAt")
def _at(op: Operator) -> Value:
    items = _items(op)
    return replace(items[_place(op, 1, len(items), 0)], name="")


@shape_only("how many tensors a sequence has", "SequenceLength")
def _length(op: Operator) -> Value:
    return known(len(_items(op)), "int64")


@shape_only("a sequence's tensors side by side", "ConcatFromSequence")
def _concat(op: Operator) -> Value:
    items = _items(op)
    axis = op.integer("axis")
    if op.integer("new_axis"):
        rank = len(op.shape_of(items[0])) + 1
        at = op.place(axis, rank)
        items = [op.look("unsqueeze", (*op.shape_of(v)[:at], 1, *op.shape_of(v)[at:]), v) for v in items]
    return joined(op, items, axis)


@shape_only("a tensor in parts, as a sequence", "SplitToSequence")
def _split(op: Operator) -> Value:
    x, shape = op.value(0), op.shape(0)
    axis = op.axis(0, len(shape))
    extent, data = shape[axis], [1] if op.given(1) is None else op.data(1)
    each = op.given(1) is None or op.shape(1) == ()
    if data is None or not all(isinstance(p, int) for p in (*data, *([extent] if each else []))):
        raise RanklessError(f"{op.kind}: how many tensors it makes is not known")
    parts: list[Size] = list(data)
    if each and isinstance(extent, int):
        parts = [min(data[0], extent - at) for at in range(0, extent, data[0])]
    squeezed = op.given(1) is None and not op.integer("keepdims", 1)
    items = [op.look("split", (*shape[:axis], *(() if squeezed else (part,)), *shape[axis + 1 :]), x) for part in parts]
    return _sequence(items, x.dtype)


@shape_only("a value that may be missing", "Optional")
def _optional(op: Operator) -> Value:
    given = op.given(0)
    if given is None:
        return Value(None, "float32", items=[])
    return replace(given, name="")


@shape_only("whether a value is there", "OptionalHasElement")
def _has(op: Operator) -> Value:
    given = op.given(0)
    return known(given is not None and not (given.shape is None and given.items == []), "bool")
