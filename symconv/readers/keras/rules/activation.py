"""Activations: layers, operations of keras.ops.nn, and the functions that layers are given."""

from __future__ import annotations

from functools import reduce
from operator import mul
from typing import Any, Final

from symconv.condition import divides
from symconv.domain import require
from symconv.layer import Layer
from symconv.layers import (
    ELU,
    GELU,
    HardSigmoid,
    HardSwish,
    LeakyReLU,
    Mish,
    Pointwise,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from symconv.readers.keras.call import Call
from symconv.readers.keras.registry import OPS, counted
from symconv.readers.keras.tracing import called
from symconv.readers.keras.value import Value

#: Activations that are a layer of symconv, by Keras's names of the function and of the operation.
_LAYERS: Final[dict[str, type[Layer]]] = {
    "relu": ReLU, "relu6": ReLU6, "leaky_relu": LeakyReLU, "elu": ELU, "sigmoid": Sigmoid, "tanh": Tanh, "silu": SiLU,
    "gelu": GELU, "hard_sigmoid": HardSigmoid, "hard_silu": HardSwish, "softplus": Softplus, "mish": Mish,
}  # fmt: skip

#: Activations that are other pointwise operations, one behind the other.
_STEPS: Final[dict[str, tuple[str, ...]]] = {
    "selu": ("selu",), "celu": ("celu",), "softsign": ("softsign",), "exponential": ("exp",),
    "log_sigmoid": ("softplus",), "hard_tanh": ("clip",), "hard_shrink": ("abs", "compare"),
    "soft_shrink": ("abs", "shrink"), "tanh_shrink": ("tanh", "sub"), "threshold": ("compare",),
    "squareplus": ("square", "add", "sqrt", "add", "mul"), "sparse_plus": ("add", "square", "mul", "compare"),
    "sparse_sigmoid": ("scale_and_shift", "clip"),
}  # fmt: skip

ROWS: Final = "rows of n: n − 1 max, n add, n exp, n − 1 add, n div"

#: By a name of Keras the one above.
_ALSO: Final = {"swish": "silu", "hard_swish": "hard_silu"}


def activated(call: Call, value: Value, function: Any) -> Value:
    """What a layer's activation, a function of Keras or of the user's, makes of a value."""
    from keras import activations

    if function is None or function is activations.linear:
        return value
    name = getattr(function, "__name__", "")
    name = _ALSO.get(name, name)
    if getattr(activations, name, None) is function or getattr(function, "__module__", "").startswith("keras.src."):
        if name == "softmax":
            return call.add(Softmax(value.rank - 1), value)
        if name == "log_softmax":
            return call.pointwise("log", call.add(Softmax(value.rank - 1), value))
        if name == "linear":
            return value
        if name in _LAYERS:
            return call.add(_LAYERS[name](), value)
        if name in _STEPS:
            return steps(call, value, _STEPS[name])
    if hasattr(function, "call"):  # a layer
        return call.apply(function, value)  # type: ignore[no-any-return]
    made = called(call.reader, function, call.name, value)
    return made  # type: ignore[no-any-return]


def steps(call: Call, value: Value, operations: tuple[str, ...], dtype: str = "") -> Value:
    """Operations on each element, one behind the other; what the last one makes may have a type of its own."""
    for operation in operations[:-1]:
        value = call.pointwise(operation, value)
    return call.pointwise(operations[-1], value, dtype=dtype)


@counted("what its function does to each element", "Activation")
def _activation(call: Call) -> Value:
    value = call.value()
    made = activated(call, value, call.op.activation)
    return made if made is not value else call.look("identity", value.shape, value)


@counted("1 max an element; further ones with a greatest value, a slope or a threshold", "ReLU")
def _relu(call: Call) -> Value:
    op, value = call.op, call.value()
    if op.threshold:
        value = call.pointwise("compare", value)
    made = call.add(LeakyReLU() if op.negative_slope else ReLU6() if op.max_value is not None else ReLU(), value)
    return call.pointwise("min", made, 6.0) if op.negative_slope and op.max_value is not None else made


@counted("1 mul, 1 max an element", "LeakyReLU")
def _leaky(call: Call) -> Value:
    return call.add(LeakyReLU(), call.value())


@counted("1 max, 1 exp, 1 add, 1 mul an element", "ELU")
def _elu(call: Call) -> Value:
    return call.add(ELU(), call.value())


@counted("1 mul, 1 max an element", "PReLU")
def _prelu(call: Call) -> Value:
    for own, extent in zip(call.op.alpha.shape, call.value().shape[1:]):
        if int(own) != 1:
            call.fits(extent, int(own), "a slope for each element that has one of its own")
    alpha = tuple(int(x) for x in call.op.alpha.shape)
    return call.add(Pointwise("prelu", (alpha,), call.value().dtype), call.value(), weights=call.weights)


def softmax(call: Call, value: Value, axis: Any) -> Value:
    """A softmax along an axis, or along several as along one."""
    axes = call.axes(axis, value.rank)
    if len(axes) == 1:
        return call.add(Softmax(axes[0]), value)
    others = [x for i, x in enumerate(value.shape) if i not in axes]
    row = reduce(mul, (value.shape[i] for i in axes), 1)
    rows = call.look("flatten", (*others, row), value)
    return call.look("unflatten", value.shape, call.add(Softmax(-1), rows))


@counted(ROWS, "Softmax")
@counted(ROWS, "Softmax", domain=OPS)
def _softmax(call: Call) -> Value:
    return softmax(call, call.value(), call.op.axis)


@counted("as softmax, and 1 log an element", "LogSoftmax", domain=OPS)
def _log_softmax(call: Call) -> Value:
    return call.pointwise("log", softmax(call, call.value(), call.op.axis))


@counted("halves, one through a sigmoid, multiplied", "Glu", domain=OPS)
def _glu(call: Call) -> Value:
    value = call.value()
    axis = call.axis(call.op.axis, value.rank)
    require(divides(2, value.shape[axis]), "two halves")
    half = [x // 2 if i == axis else x for i, x in enumerate(value.shape)]
    left, right = call.look("slice", half, value), call.look("slice", half, value)
    return call.pointwise("mul", left, call.add(Sigmoid(), right))


@counted("by the function: max, exp, add, div, … an element", *(
    "Relu", "Relu6", "LeakyRelu", "Elu", "Sigmoid", "Silu", "Gelu", "HardSigmoid", "HardSilu", "Softplus", "Selu",
    "Celu", "Softsign", "LogSigmoid", "HardTanh", "HardShrink", "SoftShrink", "TanhShrink", "Threshold", "Squareplus",
    "SparsePlus", "SparseSigmoid",
), domain=OPS)  # fmt: skip
def _function(call: Call) -> Value:
    name = "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(call.kind))
    if name == "gelu":
        return call.add(GELU(bool(call.op.approximate)), call.value())
    if name in _LAYERS:
        return call.add(_LAYERS[name](), call.value())
    return steps(call, call.value(), _STEPS[name])
