"""Poolings: max and average, over a sliding window, over everything, or onto a grid of a given size."""

from __future__ import annotations

from math import prod

from symconv.condition import at_least
from symconv.cost import Cost, product
from symconv.count import Count
from symconv.domain import require
from symconv.extremes import gcd
from symconv.layer import Layer, Reach, image_of_symbols, layer, s
from symconv.layers.window import Window, per_axis, slid, spatial_rank, windows_of
from symconv.ranges import Axes, Padding
from symconv.tensor import Tensor


class _Pool(Layer):
    """A pooling over a sliding window; the subclass says what is done with its taps."""

    kernel: Axes
    stride: Axes | None
    padding: Padding
    dilation: Axes = 1
    ceil: bool

    def windows(self, image: Tensor) -> tuple[Window, ...]:
        """The window along each spatial axis; the stride is the kernel where it is not given."""
        stride = self.kernel if self.stride is None else self.stride
        return windows_of(image, self.kernel, stride, self.padding, self.dilation, self.ceil)

    def output(self, image: Tensor) -> Tensor:
        return image.like(image.batch, image.channels, *slid(image, self.windows(image)))

    def taps(self, image: Tensor) -> Cost:
        """K² taps a window, those in the padding or over the end counted."""
        return product(*(w.kernel for w in self.windows(image)))

    def reach(self, image: Tensor, out: Tensor) -> tuple[Reach, ...]:
        return tuple(w.reach(x) for w, x in zip(self.windows(image), image.spatial))


@layer("max_pool")
class MaxPool(_Pool):
    """The largest of each K×K window.

    shape  M = ⌊(X + 2·P − D·(K − 1) − 1)/S⌋ + 1; S is K where it is not given;
           with `ceil` M = ⌊(X + S − 1 + min(P, S + 2·P − D·(K − 1) − 1))/S⌋, and no window starts behind the input
    work   (K² − 1)·M²·C maxima, padding taps counted
    """

    kernel: Axes = 2
    stride: Axes | None = None
    padding: Padding = 0
    dilation: Axes = 1
    ceil: bool = False

    def work(self, image: Tensor, out: Tensor) -> Count:
        return Count(max=(self.taps(image) - 1) * out.elements)


@layer("avg_pool")
class AvgPool(_Pool):
    """The mean of each K×K window.

    shape  M = ⌊(X + 2·P − D·(K − 1) − 1)/S⌋ + 1; S is K where it is not given;
           with `ceil` M = ⌊(X + S − 1 + min(P, S + 2·P − D·(K − 1) − 1))/S⌋, and no window starts behind the input
    work   (K² − 1)·M²·C adds, padding taps counted, and M²·C divisions
    """

    kernel: Axes = 2
    stride: Axes | None = None
    padding: Padding = 0
    ceil: bool = False
    dilation: Axes = 1

    def work(self, image: Tensor, out: Tensor) -> Count:
        return Count(add=(self.taps(image) - 1) * out.elements, div=out.elements)


class _GlobalPool(Layer):
    """A pooling over all spatial positions, which leaves 1×1."""

    windowed = False

    def output(self, image: Tensor) -> Tensor:
        rank = spatial_rank(image)
        for x in image.spatial:
            require(at_least(x, 1), "an image of at least one element")
        return image.like(image.batch, image.channels, *[1] * rank)


@layer("global_avg_pool")
class GlobalAvgPool(_GlobalPool):
    """The mean of each channel.

    shape  1×1
    work   (X² − 1)·C adds and C divisions
    """

    def work(self, image: Tensor, out: Tensor) -> Count:
        return Count(add=image.elements - out.elements, div=out.elements)


@layer("global_max_pool")
class GlobalMaxPool(_GlobalPool):
    """The largest of each channel.

    shape  1×1
    work   (X² − 1)·C maxima
    """

    def work(self, image: Tensor, out: Tensor) -> Count:
        return Count(max=image.elements - out.elements)


class _AdaptivePool(Layer):
    """A pooling onto a grid of `size` cells an axis; cell i covers ⌊i·X/M⌋ to ⌈(i + 1)·X/M⌉.

    The cells overlap where M does not divide X: together they have X + M − gcd(X, M) taps along an axis.
    """

    size: Axes
    windowed = False

    def output(self, image: Tensor) -> Tensor:
        return image.like(image.batch, image.channels, *per_axis(self.size, spatial_rank(image), "size"))

    def taps(self, image: Tensor, out: Tensor) -> Cost:
        """The taps of all cells of all channels."""
        along = [product(x + m - gcd(x, m)) for x, m in zip(image.spatial, out.spatial)]
        return prod(along, start=product(image.batch, image.channels))

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(size=s("M")), (image_of_symbols(),)  # type: ignore[call-arg]


@layer("adaptive_avg_pool")
class AdaptiveAvgPool(_AdaptivePool):
    """The mean of each cell of an M×M grid laid over the input.

    shape  M, whatever X is
    work   ((X + M − gcd(X, M))² − M²)·C adds and M²·C divisions
    """

    size: Axes = 1

    def work(self, image: Tensor, out: Tensor) -> Count:
        return Count(add=self.taps(image, out) - out.elements, div=out.elements)


@layer("adaptive_max_pool")
class AdaptiveMaxPool(_AdaptivePool):
    """The largest of each cell of an M×M grid laid over the input.

    shape  M, whatever X is
    work   ((X + M − gcd(X, M))² − M²)·C maxima
    """

    size: Axes = 1

    def work(self, image: Tensor, out: Tensor) -> Count:
        return Count(max=self.taps(image, out) - out.elements)
