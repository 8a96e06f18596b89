"""Operations of keras.ops on the elements in the same places, and reductions over axes."""

from __future__ import annotations

from typing import Final

from symconv.layers import Mean, Reduce
from symconv.readers.keras.call import Call
from symconv.readers.keras.registry import OPS, counted, shape_only
from symconv.readers.keras.rules.activation import steps
from symconv.readers.keras.rules.merging import merged
from symconv.readers.keras.value import Value

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

_COMPARED: Final = {"compare", "is"}


@counted("by the function: abs, exp, log, sqrt, … an element", *UNARY, domain=OPS)
def _unary(call: Call) -> Value:
    operations = UNARY[call.kind]
    value = steps(call, call.value(), operations)
    logical = operations[-1] in _COMPARED or call.kind == "LogicalNot"
    return Value(value.node, value.tensor.__class__(value.shape, "bool")) if logical else value


@counted("one add, mul, div, max, … an element", *BINARY, domain=OPS)
def _binary(call: Call) -> Value:
    first, second = (call.operand(x) for x in list(call.arguments.values())[:2])
    return merged(call, BINARY[call.kind], [first, second])


@counted("a division and a rounding an element", "FloorDivide", domain=OPS)
def _floor_divide(call: Call) -> Value:
    first, second = (call.operand(x) for x in list(call.arguments.values())[:2])
    return call.pointwise("round", merged(call, "div", [first, second]))


@counted("2 mul, an add, a square root an element", "Hypot", domain=OPS)
def _hypot(call: Call) -> Value:
    first, second = (call.operand(x) for x in list(call.arguments.values())[:2])
    squares = [call.pointwise("square", x) if isinstance(x, Value) else x for x in (first, second)]
    return call.pointwise("sqrt", merged(call, "add", squares))


@counted("an exp of the difference, an add, a log, a max and an add an element", "Logaddexp", "Logaddexp2", domain=OPS)
def _logaddexp(call: Call) -> Value:
    first, second = (call.operand(x) for x in list(call.arguments.values())[:2])
    largest = merged(call, "max", [first, second])
    rest = steps(call, merged(call, "sub", [first, second]), ("abs", "softplus"))
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
    return Value(made.node, made.tensor.__class__(made.shape, "int32"))


@counted("n − 1 Boolean operations a result of n elements", "All", "Any", domain=OPS)
def _all(call: Call) -> Value:
    made = reduced(call, "max", call.value(), call.get("axis"), bool(call.get("keepdims", False)))
    return Value(made.node, made.tensor.__class__(made.shape, "bool"))


@counted("n comparisons and n − 1 add a result of n elements", "CountNonzero", domain=OPS)
def _nonzero(call: Call) -> Value:
    made = reduced(call, "sum", call.pointwise("compare", call.value()), call.get("axis"), False)
    return Value(made.node, made.tensor.__class__(made.shape, "int32"))


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
        from symconv.readers.keras.inferring import opaque

        return opaque(call)  # type: ignore[no-any-return]
    return reduced(call, operation, call.value(), call.get("axis"), bool(call.get("keepdims", False)))


@counted("n mul, n − 1 add, a sqrt a row, and a div an element", "Normalize", domain=OPS)
def _normalize(call: Call) -> Value:
    value = call.value()
    axes = call.axes(call.op.axis, value.rank)
    return call.pointwise("div", value, call.add(Reduce("l2", axes, True), value, part="norm"))


@counted("n − 1 add, mul along an axis of n", "Cumsum", "Cumprod", "Nancumsum", "Nancumprod", domain=OPS)
def _cumulated(call: Call) -> Value:
    value = call.value()
    if call.get("axis") is None and value.rank != 1:
        whole = 1
        for x in value.shape:
            whole = whole * x  # type: ignore[assignment]
        value = call.look("flatten", (whole,), value)
    return call.pointwise("mul" if "prod" in call.kind else "sub", value)
