"""Convolutions and poolings."""

from __future__ import annotations

from typing import Any

from symconv.condition import at_least, divides, equal
from symconv.domain import require
from symconv.extent import Size
from symconv.layer import Layer
from symconv.layers import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    Conv,
    ConvTranspose,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool,
    Resample,
)
from symconv.readers.torch.held import Held
from symconv.readers.torch.operator import Operator, alike, product
from symconv.readers.torch.registry import counted
from symconv.rounding import floor

CONV = "K²·(C_in/g)·C_out macs an output point, padding taps counted; an add an output with a bias"


def over_images(op: Operator, layer: Layer, x: Held, rank: int, *weights: Held | None) -> Held:
    """A layer over batch × channels × extents; where there is no batch, it is one of 1 meanwhile."""
    if len(x.shape) == rank + 2:
        return op.add(layer, x, weights=weights)
    made = op.add(layer, op.look("unsqueeze", (1, *x.shape), x), weights=weights)
    return op.look("squeeze", made.shape[1:], made)


@counted(CONV, "conv1d", "conv2d", "conv3d", "convolution", "_convolution", "convolution_overrideable")
def _conv(op: Operator) -> Held:
    x, weight, bias = op.tensor("input"), op.tensor("weight"), op.get("bias")
    if op.get("transposed"):
        return _transposed(op)
    rank = len(weight.shape) - 2
    groups = op.get("groups", default=1)
    kernel, padding = weight.shape[2:], op.get("padding", default=0)
    op.same(weight.shape[1] * groups, x.shape[-rank - 1], "weights for as many channels as the input has")
    layer = Conv(
        weight.shape[0], alike(kernel), alike(op.per_axis("stride", rank, 1)),
        padding if isinstance(padding, str) else alike(op.per_axis("padding", rank, 0)),
        alike(op.per_axis("dilation", rank, 1)),
        groups, bias is not None,
    )  # fmt: skip
    return over_images(op, layer, x, rank, weight, bias)


@counted(
    "K²·C_in·(C_out/g) macs an input point, before cropping", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"
)
def _transposed(op: Operator) -> Held:
    x, weight, bias = op.tensor("input"), op.tensor("weight"), op.get("bias")
    rank, groups = len(weight.shape) - 2, op.get("groups", default=1)
    op.same(weight.shape[0], x.shape[-rank - 1], "weights for as many channels as the input has")
    stride, padding, extra, dilation = (
        alike(op.per_axis(name, rank, least))
        for name, least in (("stride", 1), ("padding", 0), ("output_padding", 0), ("dilation", 1))
    )
    layer = ConvTranspose(
        weight.shape[1] * groups, alike(weight.shape[2:]), stride, padding, extra, dilation, groups, bias is not None
    )  # fmt: skip
    return over_images(op, layer, x, rank, weight, bias)


def _window(op: Operator, rank: int) -> tuple[Any, Any, Any]:
    kernel = op.per_axis("kernel_size", rank)
    stride = op.per_axis("stride", rank, kernel)
    return alike(kernel), alike(stride or kernel), alike(op.per_axis("padding", rank, 0))


@counted(
    "K² − 1 max an output, padding taps counted",
    *(f"max_pool{r}d{suffix}" for r in (1, 2, 3) for suffix in ("", "_with_indices")),
)
def _max_pool(op: Operator) -> list[Held]:
    x, rank = op.tensor("self"), int(next(c for c in op.name if c.isdigit()))
    kernel, stride, padding = _window(op, rank)
    dilation = alike(op.per_axis("dilation", rank, 1))
    layer = MaxPool(kernel, stride, padding, dilation, bool(op.get("ceil_mode", default=False)))
    made = over_images(op, layer, x, rank)
    return [made, op.move("places", made.shape, made, dtype="int64")] if len(op.outs) > 1 else [made]


@counted("K² − 1 add and 1 div an output, padding taps counted", "avg_pool1d", "avg_pool2d", "avg_pool3d")
def _avg_pool(op: Operator) -> Held:
    x, rank = op.tensor("self"), int(next(c for c in op.name if c.isdigit()))
    kernel, stride, padding = _window(op, rank)
    layer = AvgPool(kernel, stride, padding, bool(op.get("ceil_mode", default=False)))
    return over_images(op, layer, x, rank)


@counted(
    "cells of ⌊i·X/M⌋ to ⌈(i + 1)·X/M⌉: an add or a max a tap, less one a cell",
    *(f"adaptive_{kind}_pool{r}d" for kind in ("avg", "max") for r in (1, 2, 3)),
    *(f"_adaptive_avg_pool{r}d" for r in (2, 3)),
)
def _adaptive(op: Operator) -> list[Held]:
    x, rank = op.tensor("self"), int(next(c for c in op.name if c.isdigit()))
    size = tuple(x.shape[i - rank] if s is None else s for i, s in enumerate(op.per_axis("output_size", rank)))
    largest = "max" in op.name
    if all(s == 1 for s in size):
        layer: Layer = GlobalMaxPool() if largest else GlobalAvgPool()
    else:
        layer = AdaptiveMaxPool(alike(size)) if largest else AdaptiveAvgPool(alike(size))
    made = over_images(op, layer, x, rank)
    return [made, op.move("places", made.shape, made, dtype="int64")] if len(op.outs) > 1 else [made]


@counted("a product of channels at bilinear places: K²·(C_in/g)·C_out macs an output", "torchvision::deform_conv2d")
def _deform_conv(op: Operator) -> Held:
    x, weight, offset, bias = (op.get(n) for n in ("input", "weight", "offset", "bias"))
    layer = Conv(
        weight.shape[0], weight.shape[2:], (op.get("stride_h"), op.get("stride_w")), (op.get("pad_h"), op.get("pad_w")),
        (op.get("dilation_h", "dil_h", default=1), op.get("dilation_w", "dil_w", default=1)),
        op.get("groups", "n_weight_grps", default=1), bias is not None,
    )  # fmt: skip
    made = op.add(layer, x, weights=[weight, bias])
    taps = product(weight.shape[2:])
    require(equal(offset.shape[-1], made.shape[-1]), "an offset for each output")
    op.add(Resample("linear", (made.shape[0], x.shape[1] * taps, *made.shape[2:])), x, offset)
    return made


@counted("interpolations at `sampling_ratio`² points a cell, and their mean", "torchvision::roi_align")
def _roi_align(op: Operator) -> Held:
    x, rois = op.tensor("input"), op.tensor("rois")
    shape: tuple[Size, ...] = (rois.shape[0], x.shape[1], op.get("pooled_height"), op.get("pooled_width"))
    ratio = op.get("sampling_ratio", default=0)
    if not isinstance(ratio, int) or ratio <= 0:
        return op.unknown(shape, x, rois)
    return op.add(Resample("linear", shape, 2, ratio * ratio), x, rois)


@counted("sums of K² columns that overlap: an add an element of the columns", "col2im")
def _fold(op: Operator) -> Held:
    x = op.tensor("self")
    out, kernel = op.per_axis("output_size", 2), op.per_axis("kernel_size", 2)
    taps = product(kernel)
    require(divides(taps, x.shape[-2]), "columns of whole channels")
    require(at_least(x.shape[-1], 1), "a column")
    shape = (*x.shape[:-2], floor(x.shape[-2], taps, exact=True), *out)
    return op.move("fold", shape, op.pointwise("add", x, Held((), x.dtype)))
