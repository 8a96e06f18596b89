"""Operators that make tensors: constants, ranges, random numbers, windows."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from symconv.errors import ShapeError
from symconv.extent import Extent, Size
from symconv.readers.onnx import value as v
from symconv.readers.onnx.constants import tensor_value
from symconv.readers.onnx.operator import Operator, RanklessError, type_name
from symconv.readers.onnx.registry import counted, shape_only
from symconv.readers.onnx.value import FOLLOWED, Origin, Value, known


@shape_only("a tensor of the file", "Constant")
def _constant(op: Operator) -> Value:
    name = next(iter(op.node.output), op.name)
    for attribute, dtype in (("value_int", "int64"), ("value_float", "float32"), ("value_string", "string")):
        if op.has(attribute):
            return _named(known(op.attribute(attribute), dtype), name)
    for attribute, dtype in (("value_ints", "int64"), ("value_floats", "float32"), ("value_strings", "string")):
        if op.has(attribute):
            return _named(known(list(op.attribute(attribute)), dtype), name)
    if op.has("sparse_value"):
        sparse = op.attribute("sparse_value") or op.attributes["sparse_value"].sparse_tensor
        dims = tuple(sparse.dims)
        origin = Origin(name, dims, type_name(sparse.values.data_type))
        return Value(dims, origin.dtype, origins=(origin,), constant=True)
    if not op.has("value"):
        raise ShapeError("a constant without a value")
    return _named(tensor_value(op.attribute("value"), name), name)


def _named(value: Value, name: str) -> Value:
    value.name, value.constant = name, True
    shape = tuple(int(x) for x in value.shape or () if isinstance(x, int))
    value.origins = (Origin(name, shape, value.dtype, literal=prod(shape) <= 1),)
    return value


def shape_from(op: Operator, i: int) -> tuple[Size, ...]:
    """The shape that an input holds; elements that are not known are named unknowns.

    Raises RanklessError where not even their number is known.
    """
    value = op.value(i)
    if value.data is not None:
        return tuple(_size(op, x, k) for k, x in enumerate(value.elements or ()))
    shape = op.shape_of(value)
    if len(shape) == 1 and isinstance(shape[0], int) and shape[0] <= 64:
        return tuple(op.free(f"dim{k}") for k in range(shape[0]))
    raise RanklessError(f"{op.kind}: how many extents its input {value.name} holds is not known")


def _size(op: Operator, x: Any, k: int) -> Size:
    return x if isinstance(x, int | Extent) else int(x) if isinstance(x, float) else op.free(f"dim{k}")


@shape_only("one element, repeated", "ConstantOfShape")
def _constant_of_shape(op: Operator) -> Value:
    shape = op.integers("shape") if op.has("shape") else shape_from(op, 0)
    filled = tensor_value(op.attribute("value")) if op.has("value") else known([0.0], "float32")
    return fill(op, shape, filled)


def fill(op: Operator, shape: tuple[Size, ...], filled: Value) -> Value:
    """A tensor of one element's copies."""
    for x in shape:
        if isinstance(x, int) and x < 0:
            raise ShapeError(f"{op.kind}: an extent of {x}")
    numbers = tuple(x for x in shape if isinstance(x, int))
    if len(numbers) < len(shape):
        return op.move("fill", shape, dtype=filled.dtype)
    name = op.node.output[0] if op.node.output else op.name
    value = Value(shape, filled.dtype, origins=(Origin(name, numbers, filled.dtype, made=True),), constant=True)
    if filled.data is not None and prod(numbers) <= FOLLOWED:
        value.data = np.full(numbers, (filled.elements or [0])[0], dtype=object)
    return value


@shape_only("start, start + step, …", "Range")
def _range(op: Operator) -> Value:
    ends = [op.data(i) for i in range(3)]
    dtype = op.value(0).dtype
    if any(e is None or e[0] is None for e in ends):
        return op.move("range", (op.free("dim"),), *op.inputs, dtype=dtype)
    start, limit, step = (e[0] for e in ends if e is not None)
    if not v.symbolic(start, limit, step):
        many = max(-int(-(limit - start) // step), 0) if step else 0
        if many <= FOLLOWED:
            return known([start + k * step for k in range(many)], dtype)
        return Value((many,), dtype, constant=True)
    length = v.subtract(limit, start)
    whole = all(isinstance(e, int | Extent) for e in (length, step))
    steps = (
        v.divide(v.to_float(length), v.to_float(step), False) if step != 1 and whole and isinstance(step, int) else None
    )
    size: Any = length if step == 1 else None if steps is None else v.round_up(steps)
    if not isinstance(size, int | Extent):
        size = op.free("dim")
    return op.move("range", (size,), dtype=dtype)


@shape_only("ones on a diagonal", "EyeLike")
def _eye(op: Operator) -> Value:
    dtype = type_name(op.integer("dtype")) if op.has("dtype") else op.value(0).dtype
    return op.move("fill", op.shape(0), op.value(0), dtype=dtype)


@shape_only("random numbers", "RandomNormal", "RandomUniform")
def _random(op: Operator) -> Value:
    return op.move("random", op.integers("shape"), dtype=type_name(op.integer("dtype", 1)))


@shape_only("random numbers", "RandomNormalLike", "RandomUniformLike", "Bernoulli")
def _random_like(op: Operator) -> Value:
    dtype = type_name(op.integer("dtype")) if op.has("dtype") else op.value(0).dtype
    return op.move("random", op.shape(0), op.value(0), dtype=dtype)


@shape_only("random choices", "Multinomial")
def _multinomial(op: Operator) -> Value:
    shape = (op.shape(0)[0], op.integer("sample_size", 1))
    return op.move("random", shape, op.value(0), dtype=type_name(op.integer("dtype", 6)))


@counted("a cosine and 3 others an element", "HannWindow", "HammingWindow", "BlackmanWindow")
def _window(op: Operator) -> Value:
    size = op.data(0)
    length = size[0] if size is not None and isinstance(size[0], int | Extent) else op.free("dim")
    dtype = type_name(op.integer("output_datatype", 1))
    if isinstance(length, int):
        return op.constant((length,), dtype)
    return op.pointwise("cos", op.move("range", (length,), dtype=dtype))


@shape_only("a table of mel filters, made once", "MelWeightMatrix")
def _mel(op: Operator) -> Value:
    bins, length = op.data(0), op.data(1)
    dtype = type_name(op.integer("output_datatype", 1))
    columns = bins[0] if bins is not None and bins[0] is not None else op.free("bins")
    rows = length[0] // 2 + 1 if length is not None and length[0] is not None else op.free("frequencies")
    return op.move("fill", (rows, columns), *op.inputs, dtype=dtype)
