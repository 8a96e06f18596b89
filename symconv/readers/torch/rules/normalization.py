"""Normalisations and softmax."""

from __future__ import annotations

from symconv.extent import Size
from symconv.layers import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, Pointwise, Reduce, RMSNorm, Softmax
from symconv.readers.torch.held import Held
from symconv.readers.torch.operator import Operator
from symconv.readers.torch.registry import counted
from symconv.readers.torch.rules.reducing import over_axes


@counted(
    "1 mul, 1 add an element; in training its statistics too",
    "batch_norm", "native_batch_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_no_training",
    "cudnn_batch_norm",
)  # fmt: skip
def _batch_norm(op: Operator) -> list[Held]:
    x, weight, bias = op.tensor("input"), op.get("weight"), op.get("bias")
    mean, var = op.get("running_mean"), op.get("running_var")
    for kept in (weight, bias, mean, var):
        if kept is not None:
            op.same(kept.shape[0], x.shape[1], "a statistic for each channel")
    training = bool(op.get("training", "train", default=False)) or mean is None
    if training:
        op.add(Reduce("standardize", tuple(i for i in range(len(x.shape)) if i != 1)), x)
    made = op.add(BatchNorm(weight is not None), x, weights=[weight, bias, mean, var])
    return [made, *(op.move("statistics", tuple(shape), made, dtype=dtype) for shape, dtype in op.outs[1:])]


def _rows(op: Operator, x: Held) -> int:
    """How many of the last axes are normalised, whose extents are those of the weights."""
    wanted = op.sizes("normalized_shape")
    for a, b in zip(reversed(x.shape), reversed(wanted)):
        op.same(a, b, "a scale for each element of a row")
    return len(wanted)


@counted(
    "rows of n: 3·n − 1 add, 2·n mul, 3 div, 1 sqrt; n mul and n add to scale and shift",
    "layer_norm",
    "native_layer_norm",
)
def _layer_norm(op: Operator) -> list[Held]:
    x, weight, bias = op.tensor("input"), op.get("weight"), op.get("bias")
    axes = _rows(op, x)
    made = _of_rows(op, LayerNorm(axes, affine=weight is not None), x, weight, bias)
    return [made, *(op.move("statistics", _reduced(x, axes), made, dtype=dtype) for _, dtype in op.outs[1:])]


def _of_rows(op: Operator, layer: LayerNorm | RMSNorm, x: Held, *weights: Held | None) -> Held:
    """A norm of rows; one row alone is one of a batch of 1 meanwhile, as symconv's norms keep an axis."""
    if layer.axes != len(x.shape):
        return op.add(layer, op.node_of(x), weights=weights)
    made = op.add(layer, op.look("unsqueeze", (1, *x.shape), op.node_of(x)), weights=weights)
    return op.look("squeeze", x.shape, made)


def _reduced(x: Held, axes: int) -> tuple[Size, ...]:
    return (*x.shape[: len(x.shape) - axes], *[1] * axes)


@counted("rows of n: n add, 2·n mul, 2 div, 1 sqrt; n mul to scale", "rms_norm", "_fused_rms_norm")
def _rms_norm(op: Operator) -> list[Held]:
    x, weight = op.tensor("input"), op.get("weight")
    axes = _rows(op, x)
    made = _of_rows(op, RMSNorm(axes, affine=weight is not None), x, weight)
    return [made, *(op.move("statistics", _reduced(x, axes), made, dtype=dtype) for _, dtype in op.outs[1:])]


@counted(
    "groups of channels centred and divided by their deviation, then 1 mul and 1 add", "group_norm", "native_group_norm"
)
def _group_norm(op: Operator) -> list[Held]:
    x, weight, bias = op.tensor("input"), op.get("weight"), op.get("bias")
    groups = op.get("num_groups", "group")
    made = op.add(GroupNorm(groups, affine=weight is not None), x, weights=[weight, bias])
    return [made, *(op.move("statistics", (x.shape[0], groups), made, dtype=dtype) for _, dtype in op.outs[1:])]


@counted("each channel of a sample centred and divided by its deviation; 1 mul and 1 add with weights", "instance_norm")
def _instance_norm(op: Operator) -> Held:
    x, weight, bias = op.tensor("input"), op.get("weight"), op.get("bias")
    kept = [weight, bias, op.get("running_mean"), op.get("running_var")]
    if not op.get("use_input_stats", default=True):
        return op.add(BatchNorm(weight is not None), x, weights=kept)
    return op.add(InstanceNorm(weight is not None), x, weights=kept)


@counted(
    "rows of n: n − 1 max, n add, n exp, n − 1 add, n div", "softmax", "_softmax", "special_softmax", "_safe_softmax"
)
def _softmax(op: Operator) -> Held:
    x = op.tensor("self")
    own = op.node_of(x if x.shape else op.look("unsqueeze", (1,), x))
    made = op.add(Softmax(op.axis(len(own.shape), "dim", default=-1)), own)
    return made if x.shape else op.look("squeeze", (), made)


@counted("as softmax, and 1 log an element", "log_softmax", "_log_softmax", "special_log_softmax")
def _log_softmax(op: Operator) -> Held:
    return op.pointwise("log", _softmax(op))


@counted(
    "rows of n: n mul, n − 1 add, a sqrt; of order 1 n max, n − 1 add, of order ∞ 2·n − 1 max, of another one n max, "
    "n + 1 pow, n − 1 add; of a matrix by its singular values or rows unknown",
    "linalg_vector_norm", "norm", "linalg_norm", "frobenius_norm",
)  # fmt: skip
def _norm(op: Operator) -> Held:
    x, order = op.tensor("self", "A"), op.get("ord", "p", default=2)
    axes, keep, shape = over_axes(op, x)
    if op.name == "linalg_norm" and op.get("ord") not in (None, "fro") and len(axes) == 2:
        return op.unknown(shape, x)
    own = op.node_of(x)
    if order in (1, 2, "fro"):
        return op.add(Reduce("l1" if order == 1 else "l2", axes, keep), own)
    sizes = op.pointwise("abs", own)
    if abs(order) == float("inf"):
        return op.add(Reduce("max" if order > 0 else "min", axes, keep), sizes)
    return op.pointwise("pow", op.add(Reduce("sum", axes, keep), op.pointwise("pow", sizes)))


@counted(
    "weights of one norm a row, times a gain: n mul, n − 1 add, a sqrt, a div a row, 1 mul an element", "_weight_norm"
)
def _weight_norm(op: Operator) -> Held:
    v, g = op.tensor("v"), op.tensor("g")
    rows = tuple(i for i, (a, b) in enumerate(zip(v.shape, g.shape)) if b == 1 and a != 1) or tuple(range(len(v.shape)))
    own = op.node_of(v)
    op.add(Reduce("l2", rows, True), own)
    return op.add(Pointwise("mul", (g.shape,), op.dtype), own, weights=[g])


@counted("rows of n: n mul, n − 1 add, a sqrt, a div, and a mul an element", "_weight_norm_interface")
def _weight_norm_interface(op: Operator) -> list[Held]:
    made = _weight_norm(op)
    return [made, op.fresh(op.tensor("g").shape)]


@counted("1 mul and 1 add an element a side", "cosine_similarity")
def _cosine(op: Operator) -> Held:
    a, b = op.tensor("x1"), op.tensor("x2")
    axis = op.axis(max(len(a.shape), len(b.shape)), "dim", default=1)
    both = op.pointwise("mul", a, b)
    for side in (a, b):
        op.add(Reduce("l2", (axis,)), op.node_of(side))
    total = op.add(Reduce("sum", (axis,)), both)
    return op.pointwise("div", total)


@counted("rows of n: 2·n add, n mul, n − 1 add and a sqrt", "pairwise_distance")
def _distance(op: Operator) -> Held:
    a, b = op.tensor("x1"), op.tensor("x2")
    apart = op.pointwise("add", a, b, Held((), a.dtype))
    return op.add(Reduce("l2", (len(apart.shape) - 1,), bool(op.get("keepdim", default=False))), apart)
