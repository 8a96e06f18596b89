"""Normalisations, and losses made of them."""

from __future__ import annotations

from symconv.condition import equal
from symconv.domain import require
from symconv.extent import Size
from symconv.layer import Layer
from symconv.layers import BatchNorm, GroupNorm, InstanceNorm, Pointwise, Reduce, RMSNorm, Softmax
from symconv.readers.onnx.operator import Operator
from symconv.readers.onnx.registry import MICROSOFT, counted
from symconv.readers.onnx.rules.shaping import matched
from symconv.readers.onnx.value import Value


@counted("1 mul, 1 add an element; in training its statistics too", "BatchNormalization")
def _batch_norm(op: Operator) -> list[Value | None]:
    x = op.value(0)
    scale, shift, mean, variance = (op.given(i) for i in range(1, 5))
    training = bool(op.integer("training_mode")) or (op.version < 14 and op.wants(1))
    if len(op.shape(0)) < 2:
        made = op.pointwise("scale_and_shift", x)
    else:
        made = op.add(BatchNorm(), x, weights=(scale, shift), buffers=(mean, variance), dtype=x.dtype)
    out: list[Value | None] = [made]
    channels = op.shape_of(mean)[:1] if mean is not None else op.shape(0)[1:2]
    if training:
        op.add(Reduce("standardize", tuple(i for i in range(len(op.shape(0))) if i != 1)), x, dtype=x.dtype)
    for i in range(1, op.outputs):
        out.append(op.move("statistics", channels, made) if op.wants(i) else None)
    return out


@counted("rows of n: 3·n − 1 add, 2·n mul, 3 div, 1 sqrt; n mul and n add to scale and shift", "LayerNormalization")
def _layer_norm(op: Operator) -> list[Value | None]:
    shape = op.shape(0)
    axis = op.axis(-1, len(shape))
    made = normalized(op, op.value(0), axis, op.given(1), op.given(2))
    reduced = (*shape[:axis], *[1] * (len(shape) - axis))
    rest = [op.move("statistics", reduced, made) if op.wants(i) else None for i in (1, 2)]
    return [made, *rest]


def normalized(
    op: Operator, x: Value, axis: int, scale: Value | None, shift: Value | None, root: bool = False
) -> Value:
    """Rows from an axis on, centred and divided by their deviation, scaled and shifted; only divided with `root`."""
    from symconv.layers.norm import LayerNorm

    shape = op.shape_of(x)
    axes = len(shape) - axis
    for v in (scale, shift):
        for own, extent in zip(reversed(op.shape_of(v) if v is not None else ()), reversed(shape)):
            if own != 1:
                require(equal(own, extent), "a scale for each element of a row")
    if axis > 0:
        layer = RMSNorm(axes) if root else LayerNorm(axes)
        return op.add(layer, x, weights=(scale, shift), dtype=x.dtype)
    op.add(Reduce("l2" if root else "standardize", tuple(range(len(shape))), True), x, dtype=x.dtype)
    return op.pointwise("scale_and_shift", x, *(v for v in (scale, shift) if v is not None))


@counted("rows of n: n add, 2·n mul, 2 div, 1 sqrt; n mul to scale", "RMSNormalization")
def _rms_norm(op: Operator) -> Value:
    return normalized(op, op.value(0), op.axis(-1, len(op.shape(0))), op.given(1), None, root=True)


@counted("each channel of a sample centred and divided by its deviation, then 1 mul and 1 add", "InstanceNormalization")
def _instance_norm(op: Operator) -> Value:
    return op.add(InstanceNorm(True), op.value(0), weights=(op.given(1), op.given(2)), dtype=op.value(0).dtype)


@counted("groups of channels centred and divided by their deviation, then 1 mul and 1 add", "GroupNormalization")
def _group_norm(op: Operator) -> Value:
    layer = GroupNorm(op.integer("num_groups", 1))
    return op.add(layer, op.value(0), weights=(op.given(1), op.given(2)), dtype=op.value(0).dtype)


@counted("n mul, n − 1 add, a sqrt, and a div an element", "LpNormalization")
def _lp_norm(op: Operator) -> Value:
    shape, x = op.shape(0), op.value(0)
    op.add(Reduce("l2", (op.axis(-1, len(shape)),), True), x, dtype=x.dtype)
    return op.pointwise("div", x)


@counted("centred and divided by the deviation over some axes", "MeanVarianceNormalization")
def _mean_variance(op: Operator) -> Value:
    x, axes = op.value(0), op.integers("axes", (0, 2, 3))
    op.add(Reduce("standardize", axes, True), x, dtype=x.dtype)
    return op.pointwise("scale_and_shift", x)


def soft(op: Operator, x: Value, default: int, version: int, buffers: tuple[Value | None, ...] = ()) -> Value:
    """A softmax along an axis, before version 13 over all axes from it on."""
    shape = op.shape_of(x)
    axis = op.axis(default, len(shape)) if shape else 0
    if x.loaded:
        return op.constant(shape, x.dtype, x)
    if not shape:
        return op.pointwise("exp", x)
    if version >= 13 or axis == len(shape) - 1:
        return op.add(Softmax(axis), x, buffers=buffers, dtype=x.dtype)
    rows = op.look("flatten", (op.reader.product(shape[:axis]), op.reader.product(shape[axis:])), x)
    return op.look("unflatten", shape, op.add(Softmax(-1), rows, buffers=buffers, dtype=x.dtype))


@counted("rows of n: n − 1 max, n add, n exp, n − 1 add, n div", "Softmax")
def _softmax(op: Operator) -> Value:
    return soft(op, op.value(0), -1 if op.version >= 13 else 1, op.version)


@counted("as softmax, and 1 log an element", "LogSoftmax")
def _log_softmax(op: Operator) -> Value:
    return op.pointwise("log", soft(op, op.value(0), -1 if op.version >= 13 else 1, op.version))


@counted("n − 1 max a row", "Hardmax")
def _hardmax(op: Operator) -> Value:
    return op.pointwise("max", op.value(0), Value((), op.value(0).dtype, constant=True))


@counted("1 mul an element that is chosen, and their sum", "NegativeLogLikelihoodLoss")
def _nll(op: Operator) -> Value:
    n, _, *image = op.shape(0)
    matched(op, (n, *image), op.shape(1))
    return _reduced(op, op.move("gather", op.shape(1), op.value(0), op.value(1), dtype=op.value(0).dtype))


def _reduced(op: Operator, losses: Value) -> Value:
    if op.word("reduction", "mean") == "none":
        return op.pointwise("neg", losses)
    return op.add(
        Reduce(op.word("reduction", "mean"), tuple(range(len(op.shape_of(losses))))), losses, dtype=losses.dtype
    )


@counted("a log softmax, and the mean of what is chosen", "SoftmaxCrossEntropyLoss")
def _cross_entropy(op: Operator) -> list[Value | None]:
    x, (n, _, *image) = op.value(0), op.shape(0)
    matched(op, (n, *image), op.shape(1))
    logs = op.pointwise("log", op.add(Softmax(1), x, dtype=x.dtype))
    chosen = op.move("gather", op.shape(1), logs, op.value(1) if op.value(1).node else None, dtype=x.dtype)
    return [_reduced(op, chosen), logs if op.wants(1) else None]


# -- com.microsoft, and what runtimes have in ONNX's own domain ------------------------------------------------------


@counted("1 add an element for each of skip and bias; then a layer norm", "SkipLayerNormalization", domain=MICROSOFT)
def _skip_layer_norm(op: Operator) -> list[Value | None]:
    return _skipped(op, op.given(3), op.given(4), root=False)


@counted(
    "1 add an element for each of skip and bias; then an RMS norm", "SkipSimplifiedLayerNormalization", domain=MICROSOFT
)
def _skip_rms_norm(op: Operator) -> list[Value | None]:
    return _skipped(op, None, op.given(3), root=True)


def _skipped(op: Operator, shift: Value | None, bias: Value | None, root: bool) -> list[Value | None]:
    shape, x, skip = op.shape(0), op.value(0), op.value(1)
    layer_sum = op.pointwise("add", x, skip, *([bias] if bias is not None else []))
    made = normalized(op, layer_sum, len(shape) - 1, op.given(2), shift, root)
    statistics = (*shape[:-1], 1)
    rest = [op.move("statistics", statistics, made) if op.wants(i) else None for i in (1, 2)]
    return [made, *rest, layer_sum if op.wants(3) else None]


@counted("rows of n: n add, 2·n mul, 2 div, 1 sqrt; n mul to scale", "SimplifiedLayerNormalization")
def _simplified(op: Operator) -> list[Value | None]:
    shape = op.shape(0)
    axis = op.axis(-1, len(shape))
    made = normalized(op, op.value(0), axis, op.given(1), None, root=True)
    reduced = (*shape[:axis], *[1] * (len(shape) - axis))
    return [made, op.move("statistics", reduced, made) if op.wants(1) else None]


counted("rows of n: n add, 2·n mul, 2 div, 1 sqrt; n mul to scale", "SimplifiedLayerNormalization", domain=MICROSOFT)(
    _simplified
)


@counted("three lookups, 2 add an element, then a layer norm", "EmbedLayerNormalization", domain=MICROSOFT)
def _embed_layer_norm(op: Operator) -> list[Value | None]:
    ids, table = op.value(0), op.value(2)
    batch, length = op.shape(0)
    width = op.shape(2)[-1]
    tables = (table, op.given(3), op.given(4))
    words = op.move("gather", (batch, length, width), ids, op.given(1), dtype=table.dtype)
    kept = op.add(_sum(2 if op.given(4) is not None else 1, (width,)), words, weights=tables, dtype=table.dtype)
    made = normalized(op, kept, 2, op.given(5), op.given(6))
    return [made, op.move("mask", (batch,), ids, dtype="int32") if op.wants(1) else None, kept if op.wants(2) else None]


def _sum(further: int, shape: tuple[Size, ...]) -> Layer:
    """An addition of so many constants."""
    return Pointwise("add", (shape,) * further)


@counted("as the softmax of floats; 5 to requantize", "QLinearSoftmax", domain=MICROSOFT)
def _qlinear_softmax(op: Operator) -> Value:
    made = soft(op, op.value(0), -1, op.integer("opset", 13), tuple(op.inputs[1:]))
    return op.pointwise("requantize", made, dtype=op.value(0).dtype)
