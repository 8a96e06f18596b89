"""Convolutions of all ranks: plain, depthwise, separable, transposed; as layers, and as operations of keras.ops."""

from __future__ import annotations

from typing import Any

from symconv.condition import equal
from symconv.domain import require
from symconv.extent import Size
from symconv.extremes import largest
from symconv.layers import Conv, ConvTranspose, DepthwiseConv
from symconv.readers.keras.call import Call, each, once, variables
from symconv.readers.keras.registry import OPS, counted
from symconv.readers.keras.rules.activation import activated
from symconv.readers.keras.rules.core import adapted, shape_of_kernel
from symconv.readers.keras.value import Value

MACS = "K²·(C_in/g)·C_out macs an output position; an add an output with a bias"
DEPTHWISE = "K²·C_out macs an output position; an add an output with a bias"
SEPARABLE = "a depthwise convolution, then a 1×1 one"
TRANSPOSED = "K²·C_in·C_out macs an input position, before cropping; an add an output with a bias"


def window(op: Any, kernel: tuple[Any, ...]) -> tuple[Any, Any, Any, Any]:
    """The kernel, the strides, the padding and the dilation of a convolution; causal padding is all at the begin."""
    strides, dilation = each(op.strides, len(kernel)), each(op.dilation_rate, len(kernel))
    padding: Any = 0 if op.padding == "valid" else "same"
    if op.padding == "causal":
        padding = tuple((d * (k - 1), 0) for k, d in zip(kernel, dilation))
    return once(kernel), once(strides), padding, once(dilation)


def channels(call: Call, value: Value) -> Size:
    """The channels of an image."""
    return value.shape[-1 if call.last else 1]


@counted(MACS, "Conv1D", "Conv2D", "Conv3D")
def _conv(call: Call) -> Value:
    op, image = call.op, call.value()
    call.fits(channels(call, image), shape_of_kernel(call)[-2] * op.groups, "as many channels as the kernel has")
    layer = Conv(op.filters, *window(op, op.kernel_size), op.groups, op.use_bias)
    return activated(call, call.image(layer, image, adapted(call)), op.activation)


@counted(DEPTHWISE, "DepthwiseConv1D", "DepthwiseConv2D")
def _depthwise(call: Call) -> Value:
    op, image = call.op, call.value()
    call.fits(channels(call, image), int(op.kernel.shape[-2]), "as many channels as the kernel has")
    layer = DepthwiseConv(*window(op, op.kernel_size), op.depth_multiplier, op.use_bias)
    return activated(call, call.image(layer, image, call.weights), op.activation)


@counted(MACS, "Conv", "DepthwiseConv", domain=OPS)
def _conv_op(call: Call) -> Value:
    image, kernel = call.value("inputs"), call.operand(call.get("kernel"))
    own, kept, shape = channels(call, image), variables([kernel]), window(call.op, kernel.shape[: image.rank - 2])
    if call.kind == "DepthwiseConv":
        require(equal(own, kernel.shape[-2]), "as many channels as the kernel has")
        return call.image(DepthwiseConv(*shape, kernel.shape[-1], False), image, kept)
    groups = own // kernel.shape[-2]
    require(equal(groups * kernel.shape[-2], own), "channels in groups of as many as the kernel has")
    return call.image(Conv(kernel.shape[-1], *shape, groups, False), image, kept)


@counted(SEPARABLE, "SeparableConv1D", "SeparableConv2D")
def _separable(call: Call) -> Value:
    op, image = call.op, call.value()
    call.fits(channels(call, image), int(op.depthwise_kernel.shape[-2]), "as many channels as the kernel has")
    depthwise = DepthwiseConv(*window(op, op.kernel_size), op.depth_multiplier, False)
    made = call.image(depthwise, image, [op.depthwise_kernel], part="depthwise")
    rest = [v for v in call.weights if v is not op.depthwise_kernel]
    pointwise = Conv(op.filters, once((1,) * len(op.kernel_size)), bias=op.use_bias)
    return activated(call, call.image(pointwise, made, rest), op.activation)


@counted(SEPARABLE, "SeparableConv", domain=OPS)
def _separable_op(call: Call) -> Value:
    image = call.value("inputs")
    depthwise, pointwise = call.operand(call.get("depthwise_kernel")), call.operand(call.get("pointwise_kernel"))
    rank = image.rank - 2
    first = DepthwiseConv(*window(call.op, depthwise.shape[:rank]), depthwise.shape[-1], False)
    made = call.image(first, image, variables([depthwise]), part="depthwise")
    return call.image(Conv(pointwise.shape[-1], once((1,) * rank), bias=False), made, variables([pointwise]))


@counted(TRANSPOSED, "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
def _transposed(call: Call) -> Value:
    op, image = call.op, call.value()
    call.fits(channels(call, image), int(op.kernel.shape[-1]), "as many channels as the kernel has")
    layer = ConvTranspose(op.filters, *_transposed_window(op, op.kernel_size), 1, op.use_bias)
    return activated(call, call.image(layer, image, call.weights), op.activation)


@counted(TRANSPOSED, "ConvTranspose", domain=OPS)
def _transposed_op(call: Call) -> Value:
    image, kernel = call.value("inputs"), call.operand(call.get("kernel"))
    shape = _transposed_window(call.op, kernel.shape[: image.rank - 2])
    return call.image(ConvTranspose(kernel.shape[-2], *shape, 1, False), image, variables([kernel]))


def _transposed_window(op: Any, kernel: tuple[Any, ...]) -> tuple[Any, Any, Any, Any, Any]:
    """The kernel, the strides, what is cut off and put on, and the dilation of a transposed convolution."""
    rank, extra = len(kernel), op.output_padding
    strides, dilation = each(op.strides, rank), each(op.dilation_rate, rank)
    extras = (None,) * rank if extra is None else each(extra, rank)
    sides = [_sides(k, s, d, op.padding, e) for k, s, d, e in zip(kernel, strides, dilation, extras)]
    cut, further = zip(*sides)
    return once(kernel), once(strides), tuple(cut), tuple(further), once(dilation)


def _sides(kernel: Size, stride: int, dilation: int, padding: str, extra: int | None) -> tuple[Any, Size]:
    """What is cut off at the begin and the end, and put on: Keras makes S·X of X with `same`."""
    span = dilation * (kernel - 1) + 1
    if extra is not None:
        cut = span // 2 if padding == "same" else 0
        return (cut, cut), extra
    if padding == "same":
        cut = largest(span - stride, 0)
        return (cut // 2, cut - cut // 2), largest(stride - span, 0)
    return (0, 0), largest(stride - span, 0)
