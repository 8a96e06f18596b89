"""Reductions over axes of any shape; those over all positions of an image are the global pools."""

from __future__ import annotations

from symconv.count import Count
from symconv.layer import Layer, Reach, layer, s
from symconv.layers.reshape import Order, axes_of
from symconv.tensor import Tensor


@layer("mean")
class Mean(Layer):
    """The mean over some axes, which are gone then, or have extent 1 with `keep`.

    work   for each mean of n elements n − 1 adds and a division
    """

    axes: Order
    keep: bool = False

    def output(self, image: Tensor) -> Tensor:
        axes = axes_of(self.axes, image, "mean over")
        kept = (1 if i in axes else x for i, x in enumerate(image.shape) if self.keep or i not in axes)
        return image.like(*kept)

    def work(self, image: Tensor, out: Tensor) -> Count:
        return Count(add=image.elements - out.elements, div=out.elements)

    def reach(self, image: Tensor, out: Tensor) -> tuple[Reach, ...] | None:
        over_positions = max(axes_of(self.axes, image, "mean over")) > 1
        return super().reach(image, out) if self.keep and not over_positions else None

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(1), (Tensor((s("N"), s("T"), s("C_in"))),)
