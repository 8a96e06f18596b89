"""Layers of images whose channels stand last, as Keras has them by default: batch × extents × channels.

Each is the layer of its name, with the same fields, rule and kind, on a view of its input with the channels first; the
shape that it makes is Keras's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from symconv.count import Count
from symconv.layer import Layer, Parameter, layer_fields
from symconv.layers import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    BatchNorm,
    Conv,
    ConvTranspose,
    Crop,
    DepthwiseConv,
    GlobalAvgPool,
    GlobalMaxPool,
    GroupNorm,
    MaxPool,
    Pad,
    Upsample,
)
from symconv.tensor import Tensor


def first(tensor: Tensor) -> Tensor:
    """The tensor with its last axis, the channels, behind the batch."""
    return tensor.like(tensor.shape[0], tensor.shape[-1], *tensor.shape[1:-1])


def last(tensor: Tensor) -> Tensor:
    """The tensor with its channels at the end."""
    return tensor.like(tensor.shape[0], *tensor.shape[2:], tensor.shape[1])


class _Last(Layer if TYPE_CHECKING else object):  # type: ignore[misc]
    """What turns the inputs and the output of the layer that stands behind it among the bases."""

    def output(self, *inputs: Any, **_: Any) -> Tensor:
        return last(super().output(*map(first, inputs)))

    def parameters(self, *inputs: Any, **_: Any) -> tuple[Parameter, ...]:
        kept: tuple[Parameter, ...] = super().parameters(*map(first, inputs))
        return kept

    def work(self, *tensors: Any, **_: Any) -> Count:
        count: Count = super().work(*map(first, tensors))
        return count

    def reach(self, *tensors: Any, **_: Any) -> Any:
        return super().reach(*map(first, tensors))


class AdaptiveAvgPoolLast(_Last, AdaptiveAvgPool):
    __doc__ = AdaptiveAvgPool.__doc__


class AdaptiveMaxPoolLast(_Last, AdaptiveMaxPool):
    __doc__ = AdaptiveMaxPool.__doc__


class AvgPoolLast(_Last, AvgPool):
    __doc__ = AvgPool.__doc__


class BatchNormLast(_Last, BatchNorm):
    __doc__ = BatchNorm.__doc__


class ConvLast(_Last, Conv):
    __doc__ = Conv.__doc__


class ConvTransposeLast(_Last, ConvTranspose):
    __doc__ = ConvTranspose.__doc__


class CropLast(_Last, Crop):
    __doc__ = Crop.__doc__


class DepthwiseConvLast(_Last, DepthwiseConv):
    __doc__ = DepthwiseConv.__doc__


class GlobalAvgPoolLast(_Last, GlobalAvgPool):
    __doc__ = GlobalAvgPool.__doc__


class GlobalMaxPoolLast(_Last, GlobalMaxPool):
    __doc__ = GlobalMaxPool.__doc__


class GroupNormLast(_Last, GroupNorm):
    __doc__ = GroupNorm.__doc__


class MaxPoolLast(_Last, MaxPool):
    __doc__ = MaxPool.__doc__


class PadLast(_Last, Pad):
    __doc__ = Pad.__doc__


class UpsampleLast(_Last, Upsample):
    __doc__ = Upsample.__doc__


#: By a layer of images with channels first the one with channels last.
TURNED: Final[dict[type[Layer], type[Layer]]] = {
    AdaptiveAvgPool: AdaptiveAvgPoolLast,
    AdaptiveMaxPool: AdaptiveMaxPoolLast,
    AvgPool: AvgPoolLast,
    BatchNorm: BatchNormLast,
    Conv: ConvLast,
    ConvTranspose: ConvTransposeLast,
    Crop: CropLast,
    DepthwiseConv: DepthwiseConvLast,
    GlobalAvgPool: GlobalAvgPoolLast,
    GlobalMaxPool: GlobalMaxPoolLast,
    GroupNorm: GroupNormLast,
    MaxPool: MaxPoolLast,
    Pad: PadLast,
    Upsample: UpsampleLast,
}


def turned(layer: Layer, channels_last: bool) -> Layer:
    """The layer, or the one of its fields for channels that stand last."""
    if not channels_last:
        return layer
    given = {f.name: getattr(layer, f.name) for f in layer_fields(type(layer))}
    return TURNED[type(layer)](**given)
