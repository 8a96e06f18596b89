"""Tensors of the file as constants: their shapes, and the data of the short ones."""

from __future__ import annotations

from math import prod
from typing import Any, Final

from symconv.errors import ModelError
from symconv.readers.onnx.operator import type_name
from symconv.readers.onnx.value import FOLLOWED, Origin, Value, is_float, objects

#: Floats whose data is kept, at most: scales and bounds, not weights.
FLOATS: Final = 64


def tensor_value(tensor: Any, name: str = "", kind: str = "") -> Value:
    """A tensor of the file.

    Raises ModelError for extents below 0 and an unknown type.
    """
    dims = tuple(int(d) for d in tensor.dims)
    if any(d < 0 for d in dims):
        raise ModelError(f"the tensor {tensor.name or name} has an extent below 0")
    dtype = type_name(tensor.data_type)
    label = name or tensor.name
    value = Value(dims, dtype, origins=(Origin(label, dims, dtype, kind=kind),), name=label, constant=True)
    elements = prod(dims)
    if elements <= (FLOATS if is_float(dtype) else FOLLOWED) and tensor.data_location != 1:
        value.data = _data(tensor, dims)
    return value


def _data(tensor: Any, dims: tuple[int, ...]) -> Any:
    """The elements as Python numbers, or None where they are not there or do not fit."""
    from onnx import numpy_helper

    if tensor.data_type == 8:
        found: Any = [s.decode("utf-8", "replace") for s in tensor.string_data]
    else:
        try:
            found = numpy_helper.to_array(tensor).ravel().tolist()
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RuntimeError):
            return None
    return objects(found, dims) if len(found) == prod(dims) else None
