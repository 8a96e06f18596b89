"""The inputs of an ONNX graph as the file has them, and symbols for the elements of short ones."""

from __future__ import annotations

from math import prod
from typing import Any, Final

from symconv.errors import ModelError
from symconv.extent import Extent, size_of
from symconv.readers.onnx.operator import type_name
from symconv.readers.plan import INTEGERS, Axes, Raw, word
from symconv.symbols import FIELD, symbol

#: Elements of an input that have symbols, at most.
SHORT: Final = 8


def raw_inputs(graph: Any) -> list[Raw]:
    """The inputs of a graph that are no weights."""
    weights = {t.name for t in graph.initializer} | {s.values.name for s in graph.sparse_initializer}
    found = []
    for given in graph.input:
        if given.name in weights:
            continue
        if not given.name:
            raise ModelError("an input without a name")
        kind = given.type
        if kind.HasField("optional_type"):
            kind = kind.optional_type.elem_type
        if kind.HasField("tensor_type"):
            tensor = kind.tensor_type
            dtype = type_name(tensor.elem_type) if tensor.elem_type else "float32"
            ranked = tensor.HasField("shape")
            found.append(Raw(given.name, dtype, tuple(_extent(d) for d in tensor.shape.dim), ranked))
        else:
            found.append(Raw(given.name, "float32", None))
    return found


def _extent(dim: Any) -> int | str:
    if dim.WhichOneof("value") == "dim_value":
        return int(dim.dim_value) if dim.dim_value > 0 else ""
    return str(dim.dim_param)


def value_symbols(given: Axes, scope: str) -> list[Extent] | None:
    """Symbols for the elements of a scalar or very short input of integers, by which sizes may be given."""
    numbers = [x for x in given.shape or () if isinstance(x, int) and x <= SHORT]
    if given.shape is None or len(given.shape) > 1 or len(numbers) < len(given.shape):
        return None
    if given.dtype not in INTEGERS | {"bool"}:
        return None
    many, name = prod(numbers), word(given.name)
    names = [name] if many == 1 else [f"{name}_{i}" for i in range(many)]
    return [size_of(symbol(n if n not in FIELD else f"{n}_value", "padding", scope)) for n in names]
