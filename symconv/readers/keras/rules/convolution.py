"""Convolutions of all ranks: plain, depthwise, separable, transposed."""

from __future__ import annotations

from typing import Any

from symconv.extent import Size
from symconv.extremes import largest
from symconv.layers import Conv, ConvTranspose, DepthwiseConv
from symconv.readers.keras.call import Call, once
from symconv.readers.keras.registry import counted
from symconv.readers.keras.rules.activation import activated
from symconv.readers.keras.rules.core import adapted, shape_of_kernel
from symconv.readers.keras.value import Value

MACS = "K²·(C_in/g)·C_out macs an output position; an add an output with a bias"


def padding_of(padding: str, kernel: tuple[int, ...], dilation: tuple[int, ...]) -> Any:
    """Keras's padding as symconv has it: causal is all of it at the begin."""
    if padding == "causal":
        return tuple((d * (k - 1), 0) for k, d in zip(kernel, dilation))
    return 0 if padding == "valid" else "same"


def channels(call: Call, value: Value) -> Size:
    """The channels of an image."""
    return value.shape[-1 if call.last else 1]


@counted(MACS, "Conv1D", "Conv2D", "Conv3D")
def _conv(call: Call) -> Value:
    op, image = call.op, call.value()
    call.fits(channels(call, image), shape_of_kernel(call)[-2] * op.groups, "as many channels as the kernel has")
    layer = Conv(
        op.filters, once(op.kernel_size), once(op.strides), padding_of(op.padding, op.kernel_size, op.dilation_rate),
        once(op.dilation_rate), op.groups, op.use_bias,
    )  # fmt: skip
    return activated(call, call.image(layer, image, adapted(call)), op.activation)


@counted("K²·C_out macs an output position; an add an output with a bias", "DepthwiseConv1D", "DepthwiseConv2D")
def _depthwise(call: Call) -> Value:
    op, image = call.op, call.value()
    call.fits(channels(call, image), int(op.kernel.shape[-2]), "as many channels as the kernel has")
    layer = DepthwiseConv(
        once(op.kernel_size), once(op.strides), padding_of(op.padding, op.kernel_size, op.dilation_rate),
        once(op.dilation_rate), op.depth_multiplier, op.use_bias,
    )  # fmt: skip
    return activated(call, call.image(layer, image, call.weights), op.activation)


@counted("a depthwise convolution, then a 1×1 one", "SeparableConv1D", "SeparableConv2D")
def _separable(call: Call) -> Value:
    op, image = call.op, call.value()
    call.fits(channels(call, image), int(op.depthwise_kernel.shape[-2]), "as many channels as the kernel has")
    depthwise = DepthwiseConv(
        once(op.kernel_size), once(op.strides), padding_of(op.padding, op.kernel_size, op.dilation_rate),
        once(op.dilation_rate), op.depth_multiplier, False,
    )  # fmt: skip
    made = call.image(depthwise, image, [op.depthwise_kernel], part="depthwise")
    rest = [v for v in call.weights if v is not op.depthwise_kernel]
    rank = len(op.kernel_size)
    pointwise = Conv(op.filters, once((1,) * rank), bias=op.use_bias)
    return activated(call, call.image(pointwise, made, rest), op.activation)


@counted(
    "K²·C_in·C_out macs an input position, before cropping; an add an output with a bias",
    "Conv1DTranspose",
    "Conv2DTranspose",
    "Conv3DTranspose",
)
def _transposed(call: Call) -> Value:
    op, image = call.op, call.value()
    call.fits(channels(call, image), int(op.kernel.shape[-1]), "as many channels as the kernel has")
    rank = len(op.kernel_size)
    extra = op.output_padding
    extras = (None,) * rank if extra is None else (extra,) * rank if isinstance(extra, int) else tuple(extra)
    sides, further = zip(*(
        transposed_sides(k, s, d, op.padding, e)
        for k, s, d, e in zip(op.kernel_size, op.strides, op.dilation_rate, extras)
    ))  # fmt: skip
    layer = ConvTranspose(
        op.filters, once(op.kernel_size), once(op.strides), tuple(sides), tuple(further), once(op.dilation_rate), 1,
        op.use_bias,
    )  # fmt: skip
    return activated(call, call.image(layer, image, call.weights), op.activation)


def transposed_sides(kernel: Size, stride: int, dilation: int, padding: str, extra: int | None) -> tuple[Any, Size]:
    """What is cut off at the begin and the end, and put on: Keras makes S·X of X with `same`."""
    span = dilation * (kernel - 1) + 1
    if extra is not None:
        cut = span // 2 if padding == "same" else 0
        return (cut, cut), extra
    if padding == "same":
        cut = largest(span - stride, 0)
        return (cut // 2, cut - cut // 2), largest(stride - span, 0)
    return (0, 0), largest(stride - span, 0)
