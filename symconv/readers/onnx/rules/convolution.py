"""Convolutions and poolings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import mul
from typing import Any

from symconv.condition import at_least, equal
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.extent import Size
from symconv.extremes import largest
from symconv.layers import (
    AvgPool,
    Conv,
    ConvTranspose,
    GlobalAvgPool,
    GlobalMaxPool,
    LocalResponseNorm,
    MaxPool,
    Resample,
)
from symconv.readers.onnx.operator import Operator, is_literal
from symconv.readers.onnx.registry import MICROSOFT, counted
from symconv.readers.onnx.rules.pointwise import activated
from symconv.readers.onnx.rules.shaping import matched
from symconv.readers.onnx.value import Value
from symconv.rounding import floor

MACS = "K²·(C_in/g)·C_out macs a position, padding taps counted; an add an output with a bias"


def _padding(op: Operator, rank: int, pads: tuple[int, ...] | None = None) -> Any:
    """The padding of each axis as (begin, end), or `same`."""
    auto = op.word("auto_pad", "NOTSET")
    if auto.startswith("SAME"):
        return "same"
    if auto == "VALID":
        return 0
    if auto not in ("NOTSET", ""):
        raise ShapeError(f"auto_pad = {auto}: accepted are NOTSET, VALID, SAME_UPPER and SAME_LOWER")
    pads = op.integers("pads") if pads is None else pads
    if not pads:
        return 0
    if len(pads) != 2 * rank:
        raise ShapeError(f"{len(pads)} paddings for {rank} axes: a begin and an end for each are wanted")
    sides = [(pads[i], pads[i + rank]) for i in range(rank)]
    return _once([begin if begin == end else (begin, end) for begin, end in sides])


def _once(values: Sequence[Any]) -> Any:
    """One value where all axes have the same, as a spec would say it."""
    alike = len(values) > 0 and all(v == values[0] for v in values) and not isinstance(values[0], tuple)
    return values[0] if alike else tuple(values)


def _per_axis(op: Operator, name: str, rank: int) -> Any:
    """An attribute with a number for each axis, as one where they are equal."""
    return _once(_numbers(op, name, rank))


def _numbers(op: Operator, name: str, rank: int) -> tuple[int, ...]:
    found = op.integers(name) or (1,) * rank
    if len(found) != rank:
        raise ShapeError(f"{name} has {len(found)} numbers for {rank} axes")
    return found


def _kernel(op: Operator, weights: tuple[Size, ...], image: tuple[Size, ...]) -> tuple[Size, ...]:
    rank = len(image) - 2
    if len(weights) != rank + 2 or rank < 1:
        raise ShapeError(f"weights of {len(weights)} axes for an input of {len(image)}")
    given = op.integers("kernel_shape")
    if given and tuple(given) != tuple(weights[2:]):
        raise ShapeError(f"kernel_shape {given} is not that of the weights, {weights[2:]}")
    return tuple(weights[2:])


def convolved(
    op: Operator, x: Value, weights: Value, bias: Value | None, *kept: Value | None, dtype: str = ""
) -> Value:
    """A convolution; `kept` are further tensors of the file that it needs."""
    image, shape = op.shape_of(x), op.shape_of(weights)
    kernel, rank = _kernel(op, shape, image), len(image) - 2
    groups, bias = op.integer("group", 1), None if is_literal(bias) else bias
    require(equal(shape[1] * groups, image[1]), "weights for as many channels as the input has")
    layer = Conv(
        shape[0], _once(kernel), _per_axis(op, "strides", rank), _padding(op, rank), _per_axis(op, "dilations", rank),
        groups, bias is not None,
    )  # fmt: skip
    return op.add(layer, x, weights=(weights, bias), buffers=kept, dtype=dtype or x.dtype)


@counted(MACS, "Conv")
def _conv(op: Operator) -> Value:
    return convolved(op, op.value(0), op.value(1), op.given(2))


@counted(MACS, "ConvInteger")
def _conv_integer(op: Operator) -> Value:
    return convolved(op, op.value(0), op.value(1), None, op.given(2), op.given(3), dtype="int32")


@counted(f"{MACS}; 1 mul, 1 round, 1 add, 2 max an output to requantize", "QLinearConv")
def _qlinear_conv(op: Operator) -> Value:
    scales = (op.given(i) for i in (1, 2, 4, 5, 6, 7))
    sums = convolved(op, op.value(0), op.value(3), op.given(8), *scales, dtype="int32")
    return op.pointwise("requantize", sums, dtype=op.value(7).dtype)


@counted(f"{MACS}; then the activation, and the sum", "FusedConv", domain=MICROSOFT)
def _fused_conv(op: Operator) -> Value:
    made = convolved(op, op.value(0), op.value(1), op.given(2))
    if op.given(3) is not None:
        made = op.pointwise("add", made, op.value(3))
    return activated(op, made, op.word("activation"))


@counted("K²·C_in·(C_out/g) macs an input position, before cropping; an add an output with a bias", "ConvTranspose")
def _conv_transpose(op: Operator) -> Value:
    x, weights, bias = op.value(0), op.value(1), op.given(2)
    image, shape = op.shape_of(x), op.shape_of(weights)
    kernel, rank, groups = _kernel(op, shape, image), len(image) - 2, op.integer("group", 1)
    strides, dilations = _numbers(op, "strides", rank), _numbers(op, "dilations", rank)
    require(equal(shape[0], image[1]), "weights for as many channels as the input has")
    extra: Any = op.integers("output_padding") or 0
    padding: Any
    wanted = op.integers("output_shape")
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilations)]
    if wanted:
        wanted = wanted[-rank:]
        total = [s * (e - 1) + span - w for s, e, span, w in zip(strides, image[2:], spans, wanted)]
        longer = [(t if isinstance(t, int) else op.reader.at(t) or 0) < 0 for t in total]  # as it was exported
        padding = tuple((0, 0) if more else (t, 0) for t, more in zip(total, longer))
        extra = tuple(-t if more else 0 for t, more in zip(total, longer))
    else:
        padding = _padding(op, rank)
        if padding == "same":
            extra = 0
            for span, s in zip(spans, strides):
                if not isinstance(span, int):
                    require(at_least(span, s), "windows that do not lie apart")
            if any(isinstance(span, int) and span < s for span, s in zip(spans, strides)):
                padding = tuple(_around(span, s) for span, s in zip(spans, strides))
    window = _once(kernel), _once(strides), padding, extra, _once(dilations)
    layer = ConvTranspose(shape[1] * groups, *window, groups, bias is not None)
    return op.add(layer, x, weights=(weights, bias), dtype=x.dtype)


def _around(span: Size, stride: int) -> tuple[Size, Size]:
    """What `same` cuts off where windows meet or lie apart, nothing: they are then no stride for each input long."""
    cut = largest(span - stride, 0)
    return floor(cut, 2), cut - floor(cut, 2)


@counted(f"{MACS}; its inputs read at offsets: 3 interpolations a tap", "DeformConv")
def _deform_conv(op: Operator) -> Value:
    x, weights, offsets, bias = op.value(0), op.value(1), op.value(2), op.given(3)
    image, shape = op.shape(0), op.shape(1)
    kernel, rank = _kernel(op, shape, image), len(image) - 2
    made = convolved(op, x, weights, bias)
    taps = reduce(mul, kernel, 1)
    place = op.shape_of(made)
    matched(op, (image[0], rank * taps * op.integer("offset_group", 1), *place[2:]), op.shape_of(offsets))
    if bias is not None:
        matched(op, shape[:1], op.shape_of(bias))
    op.add(Resample("linear", (image[0], image[1] * taps, *place[2:]), rank), x, *([offsets] if offsets.node else []))
    return made


@counted("a depthwise convolution over a carried state: K macs an output", "CausalConvWithState", domain="")
def _causal_conv(op: Operator) -> list[Value | None]:
    x, weights, bias = op.value(0), op.value(1), op.given(2)
    image, shape = op.shape(0), op.shape(1)
    kernel, rank = shape[-1], len(image) - 2
    layer = Conv(
        image[1],
        (*[1] * (rank - 1), kernel),
        1,
        (*[(0, 0)] * (rank - 1), (kernel - 1, 0)),
        1,
        image[1],
        bias is not None,
    )
    made = op.add(layer, x, weights=(weights, bias), dtype=x.dtype)
    activation = op.word("activation", "none").lower()
    if activation in ("silu", "swish"):
        made = op.pointwise("silu", made)
    state = op.move("state", (*image[:-1], kernel - 1), x, op.given(3) if op.given(3) is not None else None)
    return [made, state]


# -- poolings --------------------------------------------------------------------------------------------------------


@counted("K² − 1 max an output, padding taps counted", "MaxPool")
def _max_pool(op: Operator) -> list[Value | None]:
    made = _largest(op, op.value(0))
    return [made, op.move("places", op.shape_of(made), made, dtype="int64") if op.wants(1) else None]


def _largest(op: Operator, x: Value) -> Value:
    rank = len(op.shape_of(x)) - 2
    kernel, strides, dilations = (_per_axis(op, name, rank) for name in ("kernel_shape", "strides", "dilations"))
    return op.add(MaxPool(kernel, strides, _padding(op, rank), dilations, _ceil(op)), x, dtype=x.dtype)


def _ceil(op: Operator) -> bool:
    return bool(op.integer("ceil_mode")) and op.word("auto_pad", "NOTSET") in ("NOTSET", "")


@counted("K² − 1 add and 1 div an output, padding taps counted", "AveragePool")
def _average_pool(op: Operator) -> Value:
    return _averaged(op, op.value(0))


def _averaged(op: Operator, x: Value, *kept: Value | None, dtype: str = "") -> Value:
    rank = len(op.shape_of(x)) - 2
    layer = AvgPool(
        _per_axis(op, "kernel_shape", rank), _per_axis(op, "strides", rank), _padding(op, rank), _ceil(op),
        dilation=_per_axis(op, "dilations", rank),
    )  # fmt: skip
    return op.add(layer, x, buffers=kept, dtype=dtype or x.dtype)


@counted("K² pow, K² − 1 add and a pow an output", "LpPool")
def _lp_pool(op: Operator) -> Value:
    return _averaged(op, op.pointwise("pow", op.value(0)))


@counted("X² − 1 add and 1 div a channel", "GlobalAveragePool")
def _global_average(op: Operator) -> Value:
    return op.add(GlobalAvgPool(), op.value(0), dtype=op.value(0).dtype)


@counted("X² − 1 max a channel", "GlobalMaxPool")
def _global_max(op: Operator) -> Value:
    return op.add(GlobalMaxPool(), op.value(0), dtype=op.value(0).dtype)


@counted("X² pow and X² − 1 add a channel", "GlobalLpPool")
def _global_lp(op: Operator) -> Value:
    return op.add(GlobalAvgPool(), op.pointwise("pow", op.value(0)), dtype=op.value(0).dtype)


@counted("squares of `size` channels, added up, and a power", "LRN")
def _lrn(op: Operator) -> Value:
    return op.add(LocalResponseNorm(op.integer("size", 5)), op.value(0), dtype=op.value(0).dtype)


@counted("a maximum a cell of each box", "MaxRoiPool")
def _max_roi_pool(op: Operator) -> Value:
    shape, boxes = op.shape(0), op.shape(1)
    made = (boxes[0], shape[1], *op.integers("pooled_shape"))
    return op.search("max_roi_pool", made, op.value(0), op.value(1))


@counted("interpolations at `sampling_ratio`² points a cell, and their mean", "RoiAlign")
def _roi_align(op: Operator) -> Value:
    shape, boxes = op.shape(0), op.shape(1)
    made = (boxes[0], shape[1], op.integer("output_height", 1), op.integer("output_width", 1))
    ratio = op.integer("sampling_ratio")
    if ratio == 0:
        return op.search("roi_align", made, op.value(0), op.value(1))
    return op.add(Resample("linear", made, 2, ratio * ratio), op.value(0), *(v for v in (op.value(1),) if v.node))


@counted("K² − 1 max an output", "NhwcMaxPool", domain=MICROSOFT)
def _nhwc_max_pool(op: Operator) -> Value:
    x, shape = op.value(0), op.shape(0)
    made = _largest(op, op.look("transpose", (shape[0], shape[-1], *shape[1:-1]), x))
    n, c, *image = op.shape_of(made)
    return op.look("transpose", (n, *image, c), made)


@counted("K² − 1 add and 1 div an output; 5 to requantize", "QLinearAveragePool", domain=MICROSOFT)
def _qlinear_average(op: Operator) -> Value:
    return op.pointwise("requantize", _averaged(op, op.value(0), *op.inputs[1:]), dtype=op.value(0).dtype)


@counted("X² − 1 add and 1 div a channel; 5 to requantize", "QLinearGlobalAveragePool", domain=MICROSOFT)
def _qlinear_global(op: Operator) -> Value:
    x, shape = op.value(0), op.shape(0)
    if op.integer("channels_last"):
        x = op.look("transpose", (shape[0], shape[-1], *shape[1:-1]), x)
    made = op.add(GlobalAvgPool(), x, buffers=tuple(op.inputs[1:]), dtype=x.dtype)
    if op.integer("channels_last"):
        n, c, *ones = op.shape_of(made)
        made = op.look("transpose", (n, *ones, c), made)
    return op.pointwise("requantize", made, dtype=x.dtype)
