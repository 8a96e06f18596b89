"""Layers that move elements between channels and positions, or among the channels; none computes anything."""

from __future__ import annotations

from fractions import Fraction

from symconv.condition import divides
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.layer import Layer, Reach, image_of_symbols, layer, s
from symconv.ranges import Positive
from symconv.rounding import floor
from symconv.tensor import Tensor


def _plane(image: Tensor, kind: str) -> None:
    if len(image.spatial) != 2:
        raise ShapeError(f"{kind} of batch × channels × height × width is wanted, and this input is {image}")


@layer("pixel_shuffle")
class PixelShuffle(Layer):
    """Spreads r² channels over the r×r positions of a finer image, r the `factor`.

    shape  C_in/r² channels, M = r·X
    work   none: a copy

    Source: Shi et al., arXiv:1609.05158, there the last layer of ESPCN.
    """

    factor: Positive

    def output(self, image: Tensor) -> Tensor:
        _plane(image, self.kind)
        square = self.factor * self.factor
        require(divides(square, image.channels), "the square of the factor divides the channels")
        channels = floor(image.channels, square, exact=True)
        return image.like(image.batch, channels, *(self.factor * x for x in image.spatial))

    def reach(self, image: Tensor, out: Tensor) -> tuple[Reach, ...] | None:
        """Output j reads ⌊j/r⌋."""
        if not isinstance(self.factor, int):
            return None
        part = Fraction(1, self.factor)
        return tuple(Reach(2 - part, part, 1 - part) for _ in image.spatial)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(s("S")), (image_of_symbols(),)


@layer("pixel_unshuffle")
class PixelUnshuffle(Layer):
    """Gathers r×r positions into r² channels of a coarser image, r the `factor`; also called space to depth.

    shape  r²·C_in channels, M = X/r
    work   none: a copy
    """

    factor: Positive

    def output(self, image: Tensor) -> Tensor:
        _plane(image, self.kind)
        for x in image.spatial:
            require(divides(self.factor, x), "the factor divides the extents")
        extents = (floor(x, self.factor, exact=True) for x in image.spatial)
        return image.like(image.batch, self.factor * self.factor * image.channels, *extents)

    def reach(self, image: Tensor, out: Tensor) -> tuple[Reach, ...]:
        return tuple(Reach(self.factor, self.factor) for _ in image.spatial)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(s("S")), (image_of_symbols(),)


@layer("channel_shuffle")
class ChannelShuffle(Layer):
    """Deals the channels of g groups out in turn: channel j of group i becomes channel j·g + i.

    shape  the input's
    work   none: a copy

    Source: Zhang et al., arXiv:1707.01083.
    """

    groups: Positive

    def output(self, image: Tensor) -> Tensor:
        require(divides(self.groups, image.channels), "groups divide the channels")
        return image
