"""Operators on the elements in the same places of their inputs; on data that is known they are worked out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from symconv.bounding import at_least as not_below
from symconv.condition import at_least
from symconv.count import Count
from symconv.domain import require
from symconv.extent import Extent, Size
from symconv.layers import Add, Maximum, Mul, ReLU, Sigmoid, Sub, Tanh
from symconv.layers.pointwise import POINTWISE
from symconv.readers.onnx import value as v
from symconv.readers.onnx.operator import Operator, origins_of, type_name
from symconv.readers.onnx.registry import MICROSOFT, counted, shape_only
from symconv.readers.onnx.value import FOLLOWED, Value, in_numbers, is_float, objects
from symconv.rounding import floor

Step = Callable[..., Any]


def _truth(x: Any) -> Any:
    return x


def _real(function: Callable[[float], float]) -> Step:
    """A function of numbers, which is not known of symbols."""

    def apply(x: Any) -> Any:
        if v.symbolic(x):
            return None
        try:
            return function(x)
        except OverflowError:
            return math.inf
        except ValueError:  # of a logarithm of 0, or where there is none
            return -math.inf if x == 0 else math.nan

    return apply


def _power(a: Any, b: Any) -> Any:
    if v.symbolic(a, b):
        whole = int(b) if isinstance(b, int | float) and b == int(b) and 0 <= b <= 8 else None
        return a**whole if whole is not None and not isinstance(a, v.Ratio) else None
    try:
        found = a**b
    except (OverflowError, ZeroDivisionError, ValueError):
        return None
    return None if isinstance(found, complex) or (isinstance(found, int) and found.bit_length() > 128) else found


def _whole_division(op: Operator, part: int) -> Step:
    """The quotient or the remainder of integers; the exported size says which quotient it is, where one is small."""
    to_zero = op.kind == "Div" or bool(op.integer("fmod"))

    def apply(a: Any, b: Any) -> Any:
        if not v.symbolic(a, b):
            if b == 0:
                return None
            quotient = v.divide(a, b, True) if isinstance(a, int) and isinstance(b, int) else None
            return (quotient, a % b if not to_zero else math.fmod(a, b) if quotient is None else a - b * quotient)[part]
        if not all(isinstance(x, int | Extent) for x in (a, b)):
            return None
        if not not_below(b, 1):
            if not isinstance(b, Extent) or (op.reader.at(b) or 0) < 1:
                return None
            require(at_least(b, 1), "a divisor of at least 1")
        if isinstance(a, int) and a >= 0 and (op.reader.at(b) or 0) > a and op.reader.freed:
            require(at_least(b, a + 1), f"an extent of more than {a}, as it was exported")
            return (0, a)[part]
        if to_zero and not_below(-a, 0):
            quotient = -floor(-a, b)
        else:
            if to_zero and not not_below(a, 0):
                require(at_least(a, 0), "a dividend of at least 0")
            quotient = floor(a, b)
        return quotient if part == 0 else a - b * quotient

    return apply


def _absolute(x: Any) -> Any:
    if not v.symbolic(x):
        return abs(x)
    return v.choose("max", x, -x) if isinstance(x, Extent) else None


def _bits(function: Callable[[int, int], int]) -> Step:
    return lambda a, b: None if v.symbolic(a, b) else function(int(a), int(b))


def _nearest(x: Any) -> Any:
    return None if v.symbolic(x) or not math.isfinite(x) else float(round(x))


#: How known elements are worked out.
_STEPS: Final[dict[str, Step]] = {
    "Add": v.add, "Sub": v.subtract, "Mul": v.multiply, "Neg": v.negate, "Abs": _absolute,
    "Max": lambda a, b: v.choose("max", a, b), "Min": lambda a, b: v.choose("min", a, b), "Sum": v.add,
    "Equal": v.same, "GreaterOrEqual": v.least, "LessOrEqual": lambda a, b: v.least(b, a),
    "Less": lambda a, b: _less(a, b), "Greater": lambda a, b: _less(b, a),
    "Not": lambda a: _negated(a), "And": v.both, "Or": v.either, "Xor": _bits(lambda a, b: bool(a) != bool(b)),
    "Floor": v.round_down, "Ceil": v.round_up, "Round": _nearest,
    "Sqrt": _real(math.sqrt), "Exp": _real(math.exp), "Log": _real(math.log), "Pow": _power,
    "Sign": lambda x: None if v.symbolic(x) else (x > 0) - (x < 0), "Reciprocal": lambda x: v.divide(1.0, x, False),
    "Relu": lambda x: v.choose("max", x, 0), "Identity": _truth,
    "BitwiseAnd": _bits(lambda a, b: a & b), "BitwiseOr": _bits(lambda a, b: a | b),
    "BitwiseXor": _bits(lambda a, b: a ^ b),
}  # fmt: skip


def _less(a: Any, b: Any) -> Any:
    if any(isinstance(x, float) and math.isnan(x) for x in (a, b)):
        return False
    return _negated(v.least(a, b))


def _negated(x: Any) -> Any:
    return None if x is None else v.opposite(x)


#: By operator: the operation that counts it, and what it says of it.
_OPERATIONS: Final = {
    "Add": "add", "Sub": "sub", "Mul": "mul", "Pow": "pow", "Sqrt": "sqrt", "Exp": "exp",
    "Log": "log", "Reciprocal": "reciprocal", "Erf": "erf", "Abs": "abs", "Sign": "sign", "Neg": "neg", "Max": "max",
    "Min": "min", "Sum": "sum", "Mean": "mean", "Floor": "round", "Ceil": "round", "Round": "round", "Sin": "sin",
    "Cos": "cos", "Tan": "tan", "Asin": "asin", "Acos": "acos", "Atan": "atan", "Sinh": "sinh", "Cosh": "cosh",
    "Asinh": "asinh", "Acosh": "acosh", "Atanh": "atanh", "Tanh": "tanh", "Relu": "relu", "Sigmoid": "sigmoid",
    "LeakyRelu": "leaky_relu", "PRelu": "prelu", "Elu": "elu", "Selu": "selu", "Celu": "celu",
    "HardSigmoid": "hard_sigmoid", "HardSwish": "hard_swish", "Softplus": "softplus", "Softsign": "softsign",
    "Mish": "mish", "ThresholdedRelu": "thresholded_relu", "Shrink": "shrink", "And": "logic", "Or": "logic",
    "Xor": "logic", "Not": "logic", "BitwiseAnd": "logic", "BitwiseOr": "logic", "BitwiseXor": "logic",
    "BitwiseNot": "logic", "BitShift": "shift", "Equal": "compare", "Greater": "compare", "GreaterOrEqual": "compare",
    "Less": "compare", "LessOrEqual": "compare", "IsNaN": "is", "IsInf": "is",
}  # fmt: skip

_BOOLEAN: Final = {
    "Equal",
    "Greater",
    "GreaterOrEqual",
    "Less",
    "LessOrEqual",
    "IsNaN",
    "IsInf",
    "And",
    "Or",
    "Xor",
    "Not",
}

#: Layers of their own, for tensors of equal shapes.
_LAYERS: Final = {
    "Add": Add(), "Mul": Mul(), "Sub": Sub(), "Max": Maximum(), "Relu": ReLU(), "Sigmoid": Sigmoid(), "Tanh": Tanh(),
}  # fmt: skip


def _said(operation: str) -> str:
    """`1 exp, 1 add an element`."""
    count: Count = POINTWISE[operation]
    return f"{count} an element" if count else "a change of sign, which is free"


def worked_out(step: Step, *values: Value) -> Any:
    """The known elements of an operation's result, or None where they are not known."""
    arrays = [value.data for value in values]
    if any(a is None for a in arrays):
        return None
    known_arrays = [a for a in arrays if a is not None]
    shape = np.broadcast_shapes(*(a.shape for a in known_arrays))
    if math.prod(shape) > FOLLOWED:
        return None
    flats = [np.broadcast_to(a, shape).ravel().tolist() for a in known_arrays]
    return objects([None if any(x is None for x in xs) else _folded(step, xs) for xs in zip(*flats)], shape)


def _folded(step: Step, xs: tuple[Any, ...]) -> Any:
    if len(xs) <= 2 or step is _chosen:
        return step(*xs)
    found = xs[0]
    for x in xs[1:]:
        found = step(found, x)
    return found


def elementwise(op: Operator, operation: str, *values: Value, dtype: str = "", step: Step | None = None) -> Value:
    """The values' elements put together by an operation."""
    dtype = dtype or values[0].dtype
    data = worked_out(step, *values) if step is not None else None
    if data is not None:
        return Value(data.shape, dtype, data, origins=origins_of(*values))
    shapes = [op.shape_of(x) for x in values]
    if not any(x.node for x in values) and in_numbers(*shapes):
        return op.constant(np.broadcast_shapes(*shapes), dtype, *values)  # type: ignore[arg-type]
    layer = _LAYERS.get(op.kind)
    alike = len(set(shapes)) == 1
    if layer is not None and alike and all(x.node for x in values) and len(values) >= layer.arity[0]:
        return op.add(layer, *values, dtype=dtype)
    return op.pointwise(operation, *values, dtype=dtype)


def aligned(op: Operator, values: list[Value]) -> list[Value]:
    """The operands; before version 7 the second one was said to stand at an axis of the first."""
    if op.version >= 7 or len(values) != 2 or not op.integer("broadcast"):
        return values
    first, second = values
    rank, own = len(op.shape_of(first)), op.shape_of(second)
    axis = op.integer("axis", rank - len(own))
    axis += rank if axis < 0 else 0
    behind = rank - axis - len(own)
    if behind <= 0:
        return values
    shape: tuple[Size, ...] = (*own, *[1] * behind)
    if second.node:
        return [first, op.look("unsqueeze", shape, second)]
    moved = Value(shape, second.dtype, origins=second.origins, name=second.name, constant=second.constant)
    return [first, moved]


def _register(operator: str, operation: str) -> None:
    @counted(_said(operation), operator)
    def run(op: Operator) -> Value:
        values = aligned(op, [x for x in op.inputs if x is not None])
        dtype = "bool" if operator in _BOOLEAN else values[0].dtype
        if len(values) == 1 and operator in ("Max", "Min", "Sum", "Mean"):
            return op.look("identity", op.shape(0), values[0]) if values[0].data is None else values[0]
        return elementwise(op, operation, *values, dtype=dtype, step=_STEPS.get(operator))


for _operator, _operation in _OPERATIONS.items():
    _register(_operator, _operation)


def activated(op: Operator, x: Value, name: str) -> Value:
    """An activation by the name that fused operators have for it."""
    if not name:
        return x
    operation = {"Clip": "clip", "Gelu": "gelu"}.get(name) or _OPERATIONS.get(name)
    return op.unknown(op.shape_of(x), x) if operation is None else op.pointwise(operation, x)


@counted("1 div an element", "Div")
def _div(op: Operator) -> Value:
    values = aligned(op, [op.value(0), op.value(1)])
    if not is_float(values[0].dtype):
        return elementwise(op, "div", *values, step=_whole_division(op, 0))
    return elementwise(op, "div", *values, step=lambda a, b: v.divide(a, b, False))


@counted("1 div an element", "Mod")
def _mod(op: Operator) -> Value:
    return elementwise(op, "mod", op.value(0), op.value(1), step=_whole_division(op, 1))


@counted("1 or 2 max an element, one a bound", "Clip")
def _clip(op: Operator) -> Value:
    bounds = [x for x in op.inputs[1:] if x is not None]
    many = len(bounds) if op.version >= 11 else int(op.has("min")) + int(op.has("max"))
    x = op.value(0)
    if x.data is not None:
        low, high = (op.data(i) if op.version >= 11 else None for i in (1, 2))
        data = x.data
        if low:
            data = worked_out(lambda a, b: v.choose("max", a, b), Value(data.shape, x.dtype, data), op.value(1))
        if high and data is not None:
            data = worked_out(lambda a, b: v.choose("min", a, b), Value(data.shape, x.dtype, data), op.value(2))
        if data is not None:
            return Value(data.shape, x.dtype, data, origins=origins_of(x))
    if not x.node and op.reader.times == 1 and x.constant:
        return op.constant(op.shape(0), x.dtype, x)
    return op.pointwise("clip" if many == 2 else "clip_one_side" if many else "cast", x, dtype=x.dtype)


@counted("exact: 3 mul, 1 erf, 1 add; tanh: 6 mul, 1 tanh, 2 add an element", "Gelu")
def _gelu(op: Operator) -> Value:
    approximate = op.word("approximate", "none") == "tanh"
    return elementwise(op, "gelu_tanh" if approximate else "gelu", op.value(0))


@counted("1 exp, 1 add, 1 div (and 1 mul with alpha) an element", "Swish")
def _swish(op: Operator) -> Value:
    return elementwise(op, "silu" if op.attribute("alpha", 1.0) == 1.0 else "scaled_silu", op.value(0))


@counted("silu of one half times the other: 1 exp, 1 add, 1 div, 1 mul an output", "SwiGLU")
def _swiglu(op: Operator) -> Value:
    if op.given(1) is not None:
        return elementwise(op, "swiglu", op.value(0), op.value(1))
    shape = op.shape(0)
    axis = op.axis(-1, len(shape))
    half = (*shape[:axis], shape[axis] // 2, *shape[axis + 1 :])
    return op.pointwise("swiglu", op.look("split", half, op.value(0)))


@shape_only("a conversion", "Cast")
def _cast(op: Operator) -> Value:
    to = op.attribute("to", 1)
    dtype = type_name(to) if isinstance(to, int) else op.word("to").lower().replace("float", "float32")
    return converted(op, op.value(0), dtype)


@shape_only("a conversion", "CastLike", "BitCast")
def _cast_like(op: Operator) -> Value:
    return converted(op, op.value(0), op.value(1).dtype if op.kind == "CastLike" else type_name(op.integer("to", 1)))


def converted(op: Operator, x: Value, dtype: str) -> Value:
    """The elements as another type."""
    if x.data is not None:
        to_whole = dtype not in ("bool", "string") and not is_float(dtype)
        step: Step = v.to_integer if to_whole else v.to_float if is_float(dtype) else _truth
        if dtype == "bool":
            step = lambda e: bool(e) if not v.symbolic(e) else v.opposite(v.same(e, 0))  # noqa: E731
        data = worked_out(step, x)
        if data is not None:
            return Value(data.shape, dtype, data, origins=x.origins, name=x.name, constant=x.constant)
    if x.loaded:
        return op.constant(op.shape_of(x), dtype, x)
    return op.pointwise("cast", x, dtype=dtype, weights=False)


@shape_only("one of two elements", "Where")
def _where(op: Operator) -> Value:
    condition, a, b = op.value(0), op.value(1), op.value(2)
    dtype = a.dtype
    data = worked_out(_chosen, condition, a, b) if condition.data is not None else None
    if data is not None:
        return Value(data.shape, dtype, data, origins=origins_of(a, b))
    return elementwise(op, "where", condition, a, b, dtype=dtype)


def _chosen(condition: Any, a: Any, b: Any) -> Any:
    if not v.symbolic(condition):
        return a if condition else b
    if all(isinstance(x, int | Extent) and not isinstance(x, bool) for x in (a, b)):
        return condition * a + (1 - condition) * b if a != b else a
    return None


# -- com.microsoft ---------------------------------------------------------------------------------------------------


@counted("gelu of x, or of x + bias: 3 mul, 1 erf, 1 add an element", "Gelu", "BiasGelu", domain=MICROSOFT)
def _ms_gelu(op: Operator) -> Value:
    if op.given(1) is None:
        return op.pointwise("gelu", op.value(0))
    return op.pointwise("gelu", op.pointwise("add", op.value(0), op.value(1)))


@counted("gelu by tanh: 6 mul, 1 tanh, 2 add an element; 1 add for a bias", "FastGelu", domain=MICROSOFT)
def _fast_gelu(op: Operator) -> Value:
    x = op.value(0) if op.given(1) is None else op.pointwise("add", op.value(0), op.value(1))
    return op.pointwise("gelu_tanh", x)


@counted("x·sigmoid(a·x): 1 exp, 1 add, 1 div, 1 mul an element", "QuickGelu", domain=MICROSOFT)
def _quick_gelu(op: Operator) -> Value:
    return op.pointwise("quick_gelu", op.value(0))
