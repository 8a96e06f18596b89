"""Quantisation: floats to small integers and back, and arithmetic on these."""

from __future__ import annotations

from dataclasses import replace

from symconv.layer import BUFFER
from symconv.readers.onnx.operator import Operator, type_name
from symconv.readers.onnx.registry import MICROSOFT, counted
from symconv.readers.onnx.rules.pointwise import activated
from symconv.readers.onnx.rules.shaping import joined
from symconv.readers.onnx.value import Origin, Value


def beside(value: Value | None) -> tuple[Origin, ...]:
    """The tensors of a scale or a zero point, which are buffers."""
    return () if value is None else tuple(replace(o, kind=BUFFER) for o in value.origins)


def _quantize(op: Operator) -> Value:
    x, scale, zero = op.value(0), op.given(1), op.given(2)
    dtype = zero.dtype if zero is not None else type_name(op.integer("output_dtype") or 2)
    if x.loaded:
        return Value(x.shape, dtype, origins=(*x.origins, *beside(scale), *beside(zero)), constant=True)
    return op.pointwise("quantize", x, dtype=dtype)


def _dequantize(op: Operator) -> Value:
    x, scale, zero = op.value(0), op.value(1), op.given(2)
    dtype = type_name(op.integer("output_dtype")) if op.integer("output_dtype") else scale.dtype
    if x.loaded:
        return Value(x.shape, dtype, origins=(*x.origins, *beside(scale), *beside(zero)), constant=True)
    return op.pointwise("dequantize", x, dtype=dtype)


for _domain in ("", MICROSOFT):
    counted("1 div, 1 round, 1 add, 2 max an element", "QuantizeLinear", domain=_domain)(_quantize)
    _what = "1 add, 1 mul an element; of weights none, it is done when they are loaded"
    counted(_what, "DequantizeLinear", domain=_domain)(_dequantize)


@counted("the least and the largest, then 1 div, 1 round, 1 add, 2 max an element", "DynamicQuantizeLinear")
def _dynamic_quantize(op: Operator) -> list[Value | None]:
    x = op.value(0)
    extremes = op.pointwise("clip", x)
    made = op.pointwise("quantize", extremes, dtype="uint8")
    return [made, op.move("scale", (), extremes, dtype="float32"), op.move("zero_point", (), extremes, dtype="uint8")]


def _binary(op: Operator, operation: str) -> Value:
    made = op.pointwise(operation, op.value(0), op.value(3))
    return op.pointwise("requantize", made, dtype=op.value(0).dtype)


counted("1 add, and 5 to requantize", "QLinearAdd", domain=MICROSOFT)(lambda op: _binary(op, "add"))
counted("1 mul, and 5 to requantize", "QLinearMul", domain=MICROSOFT)(lambda op: _binary(op, "mul"))


@counted("by a table, so 5 to requantize", "QLinearSigmoid", "QLinearLeakyRelu", domain=MICROSOFT)
def _table(op: Operator) -> Value:
    made = activated(op, op.value(0), op.kind.removeprefix("QLinear"))
    return op.pointwise("requantize", made, dtype=op.value(0).dtype)


@counted("the inputs side by side, 5 to requantize", "QLinearConcat", domain=MICROSOFT)
def _concat(op: Operator) -> Value:
    parts = [op.value(i) for i in range(2, len(op.inputs), 3)]
    return op.pointwise("requantize", joined(op, parts, op.integer("axis", 1)), dtype=parts[0].dtype)


@counted("one of two elements, 5 to requantize", "QLinearWhere", domain=MICROSOFT)
def _where(op: Operator) -> Value:
    made = op.pointwise("where", op.value(0), op.value(1), op.value(4), weights=False)
    return op.pointwise("requantize", made, dtype=op.value(1).dtype)
