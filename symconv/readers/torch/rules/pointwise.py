"""Operators on the elements in the same places of tensors."""

from __future__ import annotations

from typing import Final

from symconv.count import Count
from symconv.layer import Layer
from symconv.layers import GELU, Add, HardSwish, Maximum, Mul, Pointwise, PReLU, ReLU, ReLU6, Sigmoid, SiLU, Sub, Tanh
from symconv.layers.pointwise import POINTWISE
from symconv.readers.torch.held import Held
from symconv.readers.torch.operator import Operator
from symconv.readers.torch.registry import counted, shape_only

#: By operator the operation that counts it.
_OPERATIONS: Final = {
    "add": "add", "sub": "sub", "rsub": "sub", "subtract": "sub", "mul": "mul", "multiply": "mul", "div": "div",
    "divide": "div", "true_divide": "div", "floor_divide": "div", "remainder": "mod", "fmod": "mod", "pow": "pow",
    "square": "square", "sqrt": "sqrt", "rsqrt": "rsqrt", "reciprocal": "reciprocal", "exp": "exp", "expm1": "expm1",
    "exp2": "exp", "log": "log", "log2": "log", "log10": "log", "log1p": "log1p", "erf": "erf", "erfc": "erfc",
    "tanh": "tanh", "sigmoid": "sigmoid", "abs": "abs", "absolute": "abs", "neg": "neg", "negative": "neg",
    "sign": "sign", "sgn": "sign", "sin": "sin", "cos": "cos", "tan": "tan", "sinh": "sinh", "cosh": "cosh",
    "asin": "asin", "acos": "acos", "atan": "atan", "atan2": "atan2", "asinh": "asinh", "acosh": "acosh",
    "atanh": "atanh", "floor": "round", "ceil": "round", "round": "round", "trunc": "round", "frac": "frac",
    "maximum": "max", "minimum": "min", "fmax": "max", "fmin": "min",
    "eq": "compare", "ne": "compare", "lt": "compare", "le": "compare", "gt": "compare", "ge": "compare",
    "isnan": "is", "isinf": "is", "isfinite": "is", "isposinf": "is", "isneginf": "is", "signbit": "is",
    "logical_and": "logic", "logical_or": "logic", "logical_not": "logic", "logical_xor": "logic",
    "bitwise_and": "logic", "bitwise_or": "logic", "bitwise_xor": "logic", "bitwise_not": "logic", "__and__": "logic",
    "__or__": "logic", "__xor__": "logic", "__iand__": "logic", "__ior__": "logic", "bitwise_left_shift": "shift",
    "bitwise_right_shift": "shift", "__lshift__": "shift", "__rshift__": "shift",
    "relu": "relu", "leaky_relu": "leaky_relu", "rrelu": "leaky_relu", "elu": "elu", "selu": "selu", "celu": "celu",
    "silu": "silu", "mish": "mish", "softplus": "softplus", "hardswish": "hard_swish", "hardsigmoid": "hard_sigmoid",
    "relu6": "relu6", "hardtanh": "clip", "threshold": "thresholded_relu", "hardshrink": "hardshrink",
    "softshrink": "shrink", "log_sigmoid": "log_sigmoid",
    "addcmul": "scale_and_shift", "addcdiv": "addcdiv", "lerp": "lerp", "logit": "logit", "sinc": "sinc",
    "nan_to_num": "is", "hypot": "hypot", "logaddexp": "logaddexp", "xlogy": "xlogy",
}  # fmt: skip

#: Layers of their own, for tensors of equal shapes.
_LAYERS: Final[dict[str, Layer]] = {
    "add": Add(), "sub": Sub(), "mul": Mul(), "maximum": Maximum(), "relu": ReLU(), "relu6": ReLU6(),
    "sigmoid": Sigmoid(), "silu": SiLU(), "tanh": Tanh(), "hardswish": HardSwish(),
}  # fmt: skip


def _said(operation: str) -> str:
    count: Count = POINTWISE[operation]
    return f"{count} an element" if count else "nothing: a change of sign is free"


def elementwise(op: Operator, operation: str) -> Held:
    """The elements of all tensors among the arguments put together by an operation."""
    values = op.tensors()
    if len(values) == 2 and op.get("alpha", default=1) != 1:
        return op.pointwise("scale_and_shift", *values)
    layer = _LAYERS.get(op.name)
    shapes = {v.shape for v in values}
    if layer is not None and len(shapes) == 1 and len(values) == layer.arity[0] and not any(v.constant for v in values):
        return op.add(layer, *values)
    if len(values) == 1 and operation in ("add", "sub", "mul", "div", "max", "min", "pow", "compare", "logic"):
        return with_number(op, operation, values[0])
    return op.pointwise(operation, *values)


def with_number(op: Operator, operation: str, x: Held) -> Held:
    """An operation with a number, which every element takes once; a square or a cube is a product."""
    exponent = op.get("exponent", "other")
    if operation == "pow" and exponent in (2, 3, 1, 0.5, -0.5, -1):
        operation = {2: "square", 3: "cube", 1: "neg", 0.5: "sqrt", -0.5: "rsqrt", -1: "reciprocal"}[exponent]
    if x.new and not op.dtype.startswith(("float", "bfloat")):
        return op.fresh(x.shape)
    beside = (x.shape,) if x.constant else ()
    if operation in ("add", "mul", "max", "min", "logic"):
        beside = (*beside, ())
    layer = Pointwise(operation, beside, op.dtype)
    return op.add(layer, *([] if x.constant else [x]), weights=[x])


def _register(operator: str, operation: str) -> None:
    @counted(_said(operation), operator)
    def run(op: Operator) -> Held:
        return elementwise(op, operation)


for _operator, _operation in _OPERATIONS.items():
    _register(_operator, _operation)


@counted("1 or 2 max an element, one a bound", "clamp", "clip", "clamp_min", "clamp_max")
def _clamp(op: Operator) -> Held:
    bounds = [b for b in (op.get("min"), op.get("max")) if b is not None]
    return op.pointwise("clip" if len(bounds) == 2 else "clip_one_side", *op.tensors())


@counted("exact: 3 mul, 1 erf, 1 add; tanh: 6 mul, 1 tanh, 2 add an element", "gelu")
def _gelu(op: Operator) -> Held:
    approximate = op.get("approximate", default="none") == "tanh"
    x = op.tensor("self")
    if x.constant:
        return op.pointwise("gelu_tanh" if approximate else "gelu", x)
    return op.add(GELU(approximate), x)


@counted("1 mul and 1 max an element", "prelu")
def _prelu(op: Operator) -> Held:
    x, weight = op.tensor("self", "input"), op.tensor("weight")
    if x.constant:
        return op.pointwise("prelu", x)
    return op.add(PReLU(weight.shape[0] != 1), x, weights=[weight])


@counted("a sigmoid of one half times the other: 1 exp, 1 add, 1 div, 1 mul an output", "glu")
def _glu(op: Operator) -> Held:
    x = op.tensor("self")
    axis = op.axis(len(x.shape), "dim", default=-1)
    half = (*x.shape[:axis], x.shape[axis] // 2, *x.shape[axis + 1 :])
    parts = op.look("split", half, x)
    return op.pointwise("glu", parts)


@shape_only("one of two elements", "where")
def _where(op: Operator) -> Held:
    return op.pointwise("where", *op.tensors())


@shape_only("a value in the place of masked elements", "masked_fill")
def _masked_fill(op: Operator) -> Held:
    return op.pointwise("where", op.tensor("self"), op.tensor("mask"))


@shape_only("a conversion", "to", "_to_copy", "type_as")
def _converted(op: Operator) -> Held:
    x = op.tensor("self")
    if x.dtype == op.dtype:
        return Held(x.shape, x.dtype, x.node, x.kept, root=x.root or x)
    if x.constant:
        return Held(x.shape, op.dtype, kept=x.kept)
    return op.pointwise("cast", x)


@shape_only(
    "the input itself", "dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "native_dropout"
)
def _dropout(op: Operator) -> Held:
    x = op.tensor("input", "self")
    if op.get("train", default=False):
        return op.move("dropout", x.shape, x)
    return Held(x.shape, x.dtype, x.node, x.kept, root=x.root or x)


def generic(op: Operator) -> Held:
    """A function of elements without a count of its own: its shape is known."""
    values = op.tensors()
    return op.unknown(op.broadcast(*(v.shape for v in values)), *values)
