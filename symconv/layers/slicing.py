"""Layers that take a part of the input, or put elements around it; none computes anything."""

from __future__ import annotations

from typing import Annotated

from symconv.bounding import at_least as not_below
from symconv.condition import at_least, divides
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.extent import Size
from symconv.extremes import smallest
from symconv.layer import Layer, Reach, image_of_symbols, layer, s
from symconv.layers.window import sides, spatial_rank
from symconv.ranges import Margins, Natural, Positive, Range
from symconv.rounding import ceiling, floor
from symconv.tensor import Tensor

#: A place on an axis; below 0 it counts from the axis's end.
Place = Annotated[Size, Range(0, signed=True)]


def axis_of(axis: int, tensor: Tensor, what: str) -> int:
    """The axis from 0 on.

    Raises ShapeError where the tensor has no such axis.
    """
    if not -tensor.rank <= axis < tensor.rank:
        raise ShapeError(f"{what} axis {axis} of an input of {tensor.rank} axes")
    return axis % tensor.rank


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


def _counts_from_end(place: Size) -> bool:
    """Whether a place is below 0, an expression at all values; one of which that is not known may not be."""
    return place < 0 if isinstance(place, int) else not_below(-place, 1)


def _from_begin(place: Size, x: Size) -> Size:
    return x + place if _counts_from_end(place) else place


def _require_on_axis(place: Size, x: Size, reason: str) -> None:
    """That a place is not before the axis's begin."""
    require(at_least(x, -place) if _counts_from_end(place) else at_least(place, 0), reason)


def _along(image: Tensor, axis: int, reach: Reach) -> tuple[Reach, ...]:
    """The reach along one axis, if that is spatial; along the others an output reads its own place."""
    return tuple(reach if i == axis - 2 else Reach() for i in range(len(image.spatial)))


@layer("slice")
class Slice(Layer):
    """The elements of an axis from `begin` up to, and without, `end`, every `step`-th of them.

    A number below 0 counts from the axis's end, and without an end the slice goes up to there.

    shape  M = ⌈(end − begin)/step⌉, with 0 ≤ begin < end ≤ X
    work   none: a view of the input
    """

    axis: int
    begin: Place = 0
    end: Place | None = None
    step: Positive = 1
    view = True

    def _begin(self, image: Tensor, axis: int) -> Size:
        return _from_begin(self.begin, image.shape[axis])

    def output(self, image: Tensor) -> Tensor:
        axis = axis_of(self.axis, image, "slice of")
        x = image.shape[axis]
        begin = self._begin(image, axis)
        end = x if self.end is None else _from_begin(self.end, x)
        _require_on_axis(self.begin, x, "a slice that begins on its axis")
        require(at_least(x, end), "a slice that ends on its axis")
        require(at_least(end - begin, 1), "a slice of at least 1")
        return image.with_axis(axis, ceiling(end - begin, self.step))

    def reach(self, image: Tensor, out: Tensor) -> tuple[Reach, ...]:
        axis = self.axis % image.rank
        return _along(image, axis, Reach(1, self.step, -self._begin(image, axis)))

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(2, begin=s("P"), step=s("S")), (image_of_symbols(1),)


@layer("split")
class Split(Layer):
    """Part `index`, from 0 on, of `parts` equal parts of an axis, the channels where none is given.

    shape  C_in/parts channels
    work   none: a view of the input
    """

    parts: Positive
    index: Natural
    axis: int = 1
    view = True

    def _part(self, image: Tensor, axis: int) -> Size:
        return floor(image.shape[axis], self.parts, exact=True)

    def output(self, image: Tensor) -> Tensor:
        axis = axis_of(self.axis, image, "split of")
        require(at_least(self.parts, self.index + 1), "a part that is there")
        require(divides(self.parts, image.shape[axis]), "a split into equal parts")
        return image.with_axis(axis, self._part(image, axis))

    def reach(self, image: Tensor, out: Tensor) -> tuple[Reach, ...]:
        axis = self.axis % image.rank
        return _along(image, axis, Reach(padding=-self.index * self._part(image, axis)))

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(s("g"), 0), (image_of_symbols(),)


@layer("select")
class Select(Layer):
    """The elements at one place of an axis, which is gone then: token 0, or the last step with −1.

    shape  the others' extents
    work   none: a view of the input
    """

    axis: int
    index: Place
    view = True
    windowed = False

    def output(self, image: Tensor) -> Tensor:
        axis = axis_of(self.axis, image, "select of")
        x = image.shape[axis]
        _require_on_axis(self.index, x, "a place on the axis")
        require(at_least(x, _from_begin(self.index, x) + 1), "a place on the axis")
        return image.with_axis(axis)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(1, 0), (Tensor((s("N"), s("T"), s("C_in"))),)
