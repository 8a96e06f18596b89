"""The same elements in another shape, or in another order of the axes: views that compute nothing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import mul
from typing import Annotated, Any

from symconv.condition import at_least, divides, equal
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.extent import Size
from symconv.layer import Layer, Reach, image_of_symbols, layer, s
from symconv.layers.slicing import axis_of
from symconv.ranges import Range
from symconv.rounding import floor
from symconv.tensor import Tensor

#: Extents; −1 stands for the one that follows from the others, 0 for the input's own.
Extents = Annotated[Size | tuple[Size, ...], Range(0, per_axis=True, signed=True)]

#: Numbers of axes; below 0 from the last one on.
Order = Annotated[Size | tuple[Size, ...], Range(0, per_axis=True, signed=True)]


def axes_of(order: Any, tensor: Tensor, what: str) -> tuple[int, ...]:
    """The axes from 0 on, in the order given.

    Raises ShapeError where one is no number, is not there, or comes twice.
    """
    axes = order if isinstance(order, tuple) else (order,)
    for axis in axes:
        if not isinstance(axis, int):
            raise ShapeError(f"{what} axis {axis}: an axis is a number")
    found = tuple(axis_of(axis, tensor, what) for axis in axes)
    if len(set(found)) < len(found):
        raise ShapeError(f"{what} axes {', '.join(map(str, axes))}: one of them comes twice")
    return found


@layer("flatten")
class Flatten(Layer):
    """All axes from `start` to `end` made one, row by row.

    shape  C_in·X² features
    work   none: the same elements in another shape
    """

    start: int = 1
    end: int = -1
    view = True
    windowed = False

    def output(self, image: Tensor) -> Tensor:
        start = axis_of(self.start, image, "flatten from")
        end = axis_of(self.end, image, "flatten to")
        if end < start:
            raise ShapeError(f"flatten from axis {self.start} to axis {self.end}, which stands before it")
        return image.like(*image.shape[:start], _all(image.shape[start : end + 1]), *image.shape[end + 1 :])


def _all(extents: Sequence[Size]) -> Size:
    return reduce(mul, extents, 1)


def _shaped(given: Any, whole: tuple[Size, ...], kind: str) -> tuple[Size, ...]:
    """The extents that are given, the one that is −1 as the quotient of all elements by the others.

    Raises ShapeError for an extent below −1, and for a second −1.
    """
    extents: tuple[Size, ...] = given if isinstance(given, tuple) else (given,)
    kept = [x for x in extents if x != -1]
    if len(kept) < len(extents) - 1:
        raise ShapeError(f"{kind}: −1 stands for one extent, which follows from the others, not for several")
    for x in kept:
        require(at_least(x, 1), f"an extent of at least 1 in a {kind}")
    rest, over = _without_common(kept, whole)
    if len(kept) == len(extents):
        require(equal(_all(rest), _all(over)), f"a {kind} keeps the number of elements")
        return extents
    require(divides(_all(rest), _all(over)), f"the other extents of a {kind} divide the number of elements")
    found = floor(_all(over), _all(rest), exact=True)
    return tuple(found if x == -1 else x for x in extents)


def _without_common(kept: Sequence[Size], whole: Sequence[Size]) -> tuple[list[Size], list[Size]]:
    """Both without the extents that stand in both, so that N·T·C = N·T·h·(C/h) speaks of C alone."""
    rest, over = [], list(whole)
    for x in kept:
        if x in over:
            over.remove(x)
        else:
            rest.append(x)
    return rest, over


@layer("reshape")
class Reshape(Layer):
    """The same elements, row by row, in another shape.

    There 0 stands for the input's own extent of that axis, and −1 for the extent that the others leave.

    shape  the one given, of as many elements as the input
    work   none: the same elements in another shape
    """

    shape: Extents
    view = True
    windowed = False

    def output(self, image: Tensor) -> Tensor:
        given = self.shape if isinstance(self.shape, tuple) else (self.shape,)
        if (beyond := given[image.rank :]) and 0 in beyond:
            raise ShapeError(f"reshape: 0 keeps the input's extent of its axis, and the input has {image.rank} axes")
        wanted = tuple(image.shape[axis] if x == 0 else x for axis, x in enumerate(given))
        return image.like(*_shaped(wanted, image.shape, self.kind))

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls((0, s("g"), -1, s("X"), s("X"))), (image_of_symbols(),)


@layer("unflatten")
class Unflatten(Layer):
    """One axis made several, row by row; among their `sizes` −1 stands for the one that the others leave.

    shape  `sizes` in place of the axis, their product its extent
    work   none: the same elements in another shape
    """

    axis: int
    sizes: Extents
    view = True
    windowed = False

    def output(self, image: Tensor) -> Tensor:
        axis = axis_of(self.axis, image, "unflatten of")
        sizes = _shaped(self.sizes, (image.shape[axis],), "unflatten")
        return image.with_axis(axis, *sizes)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(1, (s("g"), -1)), (image_of_symbols(),)


@layer("transpose")
class Transpose(Layer):
    """The axes in another order: axis i of the output is axis `axes[i]` of the input.

    shape  the extents in that order
    work   none: the same elements, read in another order
    """

    axes: Order
    view = True

    def output(self, image: Tensor) -> Tensor:
        axes = axes_of(self.axes, image, "transpose of")
        if len(axes) != image.rank:
            raise ShapeError(f"transpose of {len(axes)} axes of an input of {image.rank}: each is to be named")
        return image.like(*(image.shape[axis] for axis in axes))

    def reach(self, image: Tensor, out: Tensor) -> tuple[Reach, ...] | None:
        in_place = axes_of(self.axes, image, "transpose of")[2:] == tuple(range(2, image.rank))
        return super().reach(image, out) if in_place else None

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls((0, 2, 3, 1)), (image_of_symbols(),)


@layer("squeeze")
class Squeeze(Layer):
    """Leaves out an axis of extent 1.

    shape  the others' extents
    work   none: the same elements in another shape
    """

    axis: int
    view = True
    windowed = False

    def output(self, image: Tensor) -> Tensor:
        axis = axis_of(self.axis, image, "squeeze of")
        require(equal(image.shape[axis], 1), "an extent of 1 to squeeze")
        return image.with_axis(axis)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(2), (Tensor((s("N"), s("C_in"), 1, s("X"))),)


@layer("unsqueeze")
class Unsqueeze(Layer):
    """Puts in an axis of extent 1, which is axis `axis` of the output.

    shape  the input's extents, and 1
    work   none: the same elements in another shape
    """

    axis: int
    view = True
    windowed = False

    def output(self, image: Tensor) -> Tensor:
        if not -image.rank - 1 <= self.axis <= image.rank:
            raise ShapeError(f"unsqueeze at axis {self.axis} of an output of {image.rank + 1} axes")
        axis = self.axis % (image.rank + 1)
        return image.like(*image.shape[:axis], 1, *image.shape[axis:])

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(2), (image_of_symbols(1),)
