"""Layers that move elements and compute nothing."""

from __future__ import annotations

from functools import reduce
from operator import mul

from symconv.domain import at_least, require
from symconv.errors import ShapeError
from symconv.extent import Size
from symconv.extremes import smallest
from symconv.layer import Layer, Margins, Reach, image_of_symbols, layer, s
from symconv.layers.window import sides, spatial_rank
from symconv.tensor import Tensor


@layer("flatten")
class Flatten(Layer):
    """All axes from `start` on made one, row by row.

    shape  C_in·X² features
    work   none: the same elements in another shape
    """

    start: int = 1
    view = True

    def output(self, image: Tensor) -> Tensor:
        if not -image.rank <= self.start < image.rank:
            raise ShapeError(f"flatten from axis {self.start} of an input of {image.rank} axes")
        start = self.start % image.rank
        features: Size = reduce(mul, image.shape[start:], 1)
        return image.like(*image.shape[:start], features)

    def reach(self, image: Tensor, out: Tensor) -> None:
        return None


def _moved(x: Size, begin: Size, end: Size) -> Size:
    """The extent with its sides moved outwards; what is taken off is taken first, and leaves an element."""
    require(at_least(x + smallest(begin, 0) + smallest(end, 0), 1), "an output of at least 1")
    return x + begin + end


@layer("pad")
class Pad(Layer):
    """Adds elements around the image: `amount` at all sides, or (begin, end) for each axis; below 0 takes them off.

    shape  M = X + 2·P
    work   none: a copy
    """

    amount: Margins

    def output(self, image: Tensor) -> Tensor:
        margins = sides(self.amount, spatial_rank(image), "amount")
        return image.like(*image.shape[:2], *(_moved(x, b, e) for x, (b, e) in zip(image.spatial, margins)))

    def reach(self, image: Tensor, out: Tensor) -> tuple[Reach, ...]:
        return tuple(Reach(padding=begin) for begin, _ in sides(self.amount, len(image.spatial)))

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(s("P")), (image_of_symbols(),)


@layer("crop")
class Crop(Layer):
    """Takes elements off the sides: `amount` at all sides, or (begin, end) for each axis.

    With a second input and no amount, the middle of the first that has the second's extents; what cannot be halved is
    taken off the end.

    shape  M = X − 2·P, or the second input's
    work   none: a copy
    """

    arity = (1, 2)
    shape_only = (1,)
    amount: Margins | None = None

    def output(self, *inputs: Tensor) -> Tensor:
        image = inputs[0]
        if (self.amount is None) != (len(inputs) == 2):
            raise ShapeError("crop takes either an amount, or a second input whose extents it crops to")
        if self.amount is None:
            if inputs[1].rank != image.rank:
                raise ShapeError(f"crop of {image} to the extents of {inputs[1]}")
            for x, m in zip(image.spatial, inputs[1].spatial):
                require(at_least(x, m), "a crop to extents that are not larger")
            return image.like(*image.shape[:2], *inputs[1].spatial)
        margins = sides(self.amount, spatial_rank(image), "amount")
        return image.like(*image.shape[:2], *(_moved(x, -b, -e) for x, (b, e) in zip(image.spatial, margins)))

    def reach(self, *tensors: Tensor) -> tuple[Reach, ...] | None:
        if self.amount is None:
            image, out = tensors[0], tensors[-1]
            return tuple(Reach(padding=-((x - m) // 2)) for x, m in zip(image.spatial, out.spatial))
        return tuple(Reach(padding=-begin) for begin, _ in sides(self.amount, len(tensors[0].spatial)))

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(s("P")), (image_of_symbols(),)
