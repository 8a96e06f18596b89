"""Layers of images whose channels stand last, as Keras has them by default: batch × extents × channels.

Each is the layer of its name, with the same fields, rule and kind, on a view of its input with the channels first; the
shape that it makes is Keras's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

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

    #: The layer of channels first.
    plain: ClassVar[type[Layer]]

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

    def __reduce__(self) -> tuple[Any, ...]:
        return turned, (_as(self.plain, self), True)


def _last(cls: type[Layer]) -> type[Layer]:
    return type(f"{cls.__name__}Last", (_Last, cls), {"__doc__": cls.__doc__, "__module__": __name__, "plain": cls})


#: By a layer of images with channels first the one with channels last.
TURNED: Final[dict[type[Layer], type[Layer]]] = {
    cls: _last(cls)
    for cls in (
        AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, BatchNorm, Conv, ConvTranspose, Crop, DepthwiseConv, GlobalAvgPool,
        GlobalMaxPool, GroupNorm, MaxPool, Pad, Upsample,
    )
}  # fmt: skip


def turned(layer: Layer, channels_last: bool) -> Layer:
    """The layer, or the one of its fields for channels that stand last."""
    return _as(TURNED[type(layer)], layer) if channels_last else layer


def _as(cls: type[Layer], layer: Layer) -> Layer:
    return cls(**{f.name: getattr(layer, f.name) for f in layer_fields(type(layer))})
