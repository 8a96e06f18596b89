"""Operations of keras.ops on the elements in the same places, and reductions over axes."""

from __future__ import annotations

from functools import reduce
from operator import mul
from typing import Any, Final

from symconv.layers import Mean, Reduce
from symconv.readers.keras.call import Call
from symconv.readers.keras.inferring import opaque, shapes
from symconv.readers.keras.registry import OPS, counted, shape_only
from symconv.readers.keras.rules.activation import steps
from symconv.readers.keras.rules.merging import merged
from symconv.readers.keras.value import Constant, Value

#: Of one tensor: the pointwise operations, one behind the other.
UNARY: Final[dict[str, tuple[str, ...]]] = {
    "Absolute": ("abs",), "Abs": ("abs",), "Fabs": ("abs",), "Arccos": ("acos",), "Arccosh": ("acosh",),
    "Arcsin": ("asin",), "Arcsinh": ("asinh",), "Arctan": ("atan",), "Arctanh": ("atanh",), "Ceil": ("round",),
    "Cos": ("cos",), "Cosh": ("cosh",), "Deg2rad": ("mul",), "Rad2deg": ("mul",), "Exp": ("exp",), "Exp2": ("exp",),
    "Expm1": ("exp", "sub"), "Floor": ("round",), "Log": ("log",), "Log10": ("log", "mul"), "Log1p": ("add", "log"),
    "Log2": ("log", "mul"), "Negative": ("neg",), "Reciprocal": ("reciprocal",), "Round": ("round",),
    "Trunc": ("round",), "Sign": ("sign",), "Signbit": ("is",), "Sin": ("sin",), "Sinh": ("sinh",),
    "Sinc": ("sin", "div"), "Sqrt": ("sqrt",), "Rsqrt": ("sqrt", "reciprocal"), "Square": ("square",), "Tan": ("tan",),
    "Tanh": ("tanh",), "Erf": ("erf",), "Erfc": ("erf", "sub"), "Cbrt": ("pow",), "Clip": ("clip",),
    "NanToNum": ("where",), "LogicalNot": ("logic",), "BitwiseInvert": ("logic",), "BitwiseNot": ("logic",),
    "Isfinite": ("is",), "Isinf": ("is",), "Isnan": ("is",), "Isneginf": ("is",), "Isposinf": ("is",),
    "Isreal": ("is",),
}  # fmt: skip

#: Of two tensors.
BINARY: Final[dict[str, str]] = {
    "Add": "add", "Subtract": "sub", "Multiply": "mul", "Divide": "div", "TrueDivide": "div", "Power": "pow",
    "Mod": "mod", "Fmod": "mod", "Maximum": "max", "Minimum": "min", "Fmax": "max", "Fmin": "min", "Equal": "compare",
    "NotEqual": "compare", "Greater": "compare", "GreaterEqual": "compare", "Less": "compare", "LessEqual": "compare",
    "LogicalAnd": "logic", "LogicalOr": "logic", "LogicalXor": "logic", "BitwiseAnd": "logic", "BitwiseOr": "logic",
    "BitwiseXor": "logic", "BitwiseLeftShift": "shift", "LeftShift": "shift", "BitwiseRightShift": "shift",
    "RightShift": "shift", "Arctan2": "atan", "Heaviside": "compare", "DivideNoNan": "div",
}  # fmt: skip

#: What says yes or no.
_BOOLEAN: Final = {
    "LogicalNot", "LogicalAnd", "LogicalOr", "LogicalXor", "Equal", "NotEqual", "Greater", "GreaterEqual", "Less",
    "LessEqual", "Signbit", "Isfinite", "Isinf", "Isnan", "Isneginf", "Isposinf", "Isreal",
}  # fmt: skip


def _boolean(call: Call) -> str:
    return "bool" if call.kind in _BOOLEAN else ""


@counted("by the function: abs, exp, log, sqrt, … an element", *UNARY, domain=OPS)
def _unary(call: Call) -> Value:
    return steps(call, call.value(), UNARY[call.kind], _boolean(call))


def _two(call: Call) -> list[Value | Constant]:
    """The first two arguments."""
    return [call.operand(x) for x in list(call.arguments.values())[:2]]


@counted("one add, mul, div, max, … an element", *BINARY, domain=OPS)
def _binary(call: Call) -> Value:
    return merged(call, BINARY[call.kind], _two(call), _boolean(call))


@counted("a division and a rounding an element", "FloorDivide", domain=OPS)
def _floor_divide(call: Call) -> Value:
    return call.pointwise("round", merged(call, "div", _two(call)))


@counted("2 mul, an add, a square root an element", "Hypot", domain=OPS)
def _hypot(call: Call) -> Value:
    squares = [call.pointwise("square", x) if isinstance(x, Value) else x for x in _two(call)]
    return call.pointwise("sqrt", merged(call, "add", squares))


@counted("an exp of the difference, an add, a log, a max and an add an element", "Logaddexp", "Logaddexp2", domain=OPS)
def _logaddexp(call: Call) -> Value:
    largest = merged(call, "max", _two(call))
    rest = steps(call, merged(call, "sub", _two(call)), ("abs", "softplus"))
    return merged(call, "add", [largest, rest])


@shape_only("one of two, by a condition", "Where", domain=OPS)
def _where(call: Call) -> Value:
    given = [x for x in call.arguments.values() if x is not None]
    read = [x for x in map(call.operand, given[1:]) if isinstance(x, Value)]
    return call.pointwise("where", *given, dtype=read[0].dtype if read else "float32")


#: Reductions over axes.
REDUCED: Final[dict[str, str]] = {
    "Sum": "sum", "Mean": "mean", "Max": "max", "Min": "min", "Amax": "max", "Amin": "min", "Prod": "prod",
    "Logsumexp": "log_sum_exp", "Var": "standardize", "Std": "standardize", "Nansum": "sum", "Nanmax": "max",
    "Nanmin": "min", "Nanprod": "prod", "Nanmean": "mean", "Nanvar": "standardize", "Nanstd": "standardize",
}  # fmt: skip


def reduced(call: Call, operation: str, value: Value, axis: object, keep: bool) -> Value:
    """A reduction over some axes, over all of them where none is given."""
    axes = call.axes(axis, value.rank)
    if not axes:
        return call.look("identity", value.shape, value)
    layer = Mean(axes, keep) if operation == "mean" else Reduce(operation, axes, keep)
    return call.add(layer, value)


@counted("n − 1 add, mul or max a result of n elements; a mean's division, a deviation's squares", *REDUCED,
         domain=OPS)  # fmt: skip
def _reduced(call: Call) -> Value:
    return reduced(call, REDUCED[call.kind], call.value(), call.get("axis"), bool(call.get("keepdims", False)))


@counted("n − 1 max a result of n elements", "Argmax", "Argmin", "Nanargmax", "Nanargmin", domain=OPS)
def _places(call: Call) -> Value:
    made = reduced(call, "max", call.value(), call.get("axis"), bool(call.get("keepdims", False)))
    return made.typed("int32")


@counted("n − 1 Boolean operations a result of n elements", "All", "Any", domain=OPS)
def _all(call: Call) -> Value:
    made = reduced(call, "max", call.value(), call.get("axis"), bool(call.get("keepdims", False)))
    return made.typed("bool")


@counted("n comparisons and n − 1 add a result of n elements", "CountNonzero", domain=OPS)
def _nonzero(call: Call) -> Value:
    made = reduced(call, "sum", call.pointwise("compare", call.value()), call.get("axis"), False)
    return made.typed("int32")


@counted("n mul, n − 1 add and a division a mean", "Average", domain=OPS)
def _average(call: Call) -> Value:
    value = call.value("x")
    weights = call.get("weights")
    if weights is not None:
        value = call.pointwise("mul", value, weights)
    return reduced(call, "mean", value, call.get("axis"), False)


@counted("its mean and its variance", "Moments", domain=OPS)
def _moments(call: Call) -> tuple[Value, Value]:
    value, keep = call.value(), bool(call.get("keepdims", False))
    mean = reduced(call, "mean", value, call.op.axes, keep)
    return mean, reduced(call, "standardize", value, call.op.axes, keep)


@counted("n mul, n − 1 add, a sqrt a norm of n elements", "Norm", domain=OPS)
def _norm(call: Call) -> Value:
    order = call.get("ord")
    operation = "l1" if order == 1 else "max" if order in (float("inf"), float("-inf")) else "l2"
    if order not in (None, 1, 2, "euclidean", "fro", float("inf"), float("-inf")):
        return opaque(call)  # type: ignore[no-any-return]
    return reduced(call, operation, call.value(), call.get("axis"), bool(call.get("keepdims", False)))


@counted("n mul, n − 1 add, a sqrt a row, and a div an element", "Normalize", domain=OPS)
def _normalize(call: Call) -> Value:
    value = call.value()
    axes = call.axes(call.op.axis, value.rank)
    return call.pointwise("div", value, call.add(Reduce("l2", axes, True), value, part="norm"))


@counted("sums along an axis: 1 add (mul) an element", "Cumsum", "Cumprod", "Nancumsum", "Nancumprod", domain=OPS)
def _cumulated(call: Call) -> Value:
    value = call.value()
    if call.get("axis") is None and value.rank != 1:
        value = call.look("flatten", (reduce(mul, value.shape, 1),), value)
    return call.pointwise("mul" if "prod" in call.kind else "sub", value)


@counted("differences, and a sum of n − 1 add", "Trace", "Ptp", "Diff", domain=OPS)
def _differences(call: Call) -> Any:
    value = call.value()
    _, (made, *_) = shapes(call)
    if call.kind == "Diff":
        return call.pointwise("sub", call.look("slice", made.shape, value))
    if call.kind == "Trace":
        a, b = value.shape[-2:]
        call.fits(a, b, "a square matrix")
        return call.move("trace", made.shape, call.add(Reduce("sum", (value.rank - 1,)), value))
    extremes = [call.add(Reduce(name, call.axes(call.get("axis"), value.rank), bool(call.get("keepdims"))), value)
                for name in ("max", "min")]  # fmt: skip
    return call.pointwise("sub", *extremes)


@counted("one comparison, mul or arc tangent an element", "Isclose", "Ldexp", "Angle", domain=OPS)
def _elements(call: Call) -> Any:
    operation = {"Isclose": "compare", "Ldexp": "mul", "Angle": "atan"}[call.kind]
    given = [v for v in call.arguments.values() if isinstance(v, Value)]
    return call.pointwise(operation, *given, dtype="bool" if call.kind == "Isclose" else "")
