"""Layers of several inputs: element by element, or side by side."""

from __future__ import annotations

from typing import ClassVar

from symconv.condition import equal
from symconv.count import Count
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.extent import Size
from symconv.layer import Layer, Reach, image_of_symbols, layer
from symconv.layers.broadcasting import broadcast
from symconv.tensor import Tensor


class _Elementwise(Layer):
    """One operation between the elements of the inputs; an extent of 1 is repeated to the others'."""

    arity: ClassVar[tuple[int, int | None]] = (2, None)
    operation: ClassVar[str] = ""

    def output(self, *inputs: Tensor) -> Tensor:
        first = inputs[0]
        if any(t.rank != first.rank for t in inputs):
            raise ShapeError(f"{self.kind} of inputs with different numbers of axes: {', '.join(map(str, inputs))}")
        return first.like(*broadcast([t.shape for t in inputs], self.kind))

    def work(self, *tensors: Tensor) -> Count:
        *inputs, out = tensors
        return Count({self.operation: out.elements * (len(inputs) - 1)})

    def reach(self, *tensors: Tensor) -> tuple[Reach, ...] | None:
        *inputs, out = tensors
        repeated = any(x == 1 != m for t in inputs for x, m in zip(t.spatial, out.spatial))
        return None if repeated else super().reach(*tensors)


@layer("add")
class Add(_Elementwise):
    """The sum of two or more inputs of one shape (an extent of 1 is repeated).

    work   one add an element and further input
    """

    operation = "add"


@layer("mul")
class Mul(_Elementwise):
    """The product of two or more inputs of one shape (an extent of 1 is repeated).

    work   one mul an element and further input
    """

    operation = "mul"


@layer("sub")
class Sub(_Elementwise):
    """The first input less the second, of one shape (an extent of 1 is repeated).

    work   one add an element: a subtraction
    """

    arity = (2, 2)
    operation = "add"


@layer("maximum")
class Maximum(_Elementwise):
    """The largest of two or more inputs of one shape, place by place (an extent of 1 is repeated).

    work   one max an element and further input
    """

    operation = "max"


@layer("concat")
class Concat(Layer):
    """The inputs side by side along an axis, the channels where none is given.

    shape  the extents along the axis added up, the others equal
    work   none: a copy
    """

    arity = (1, None)
    axis: int = 1

    def output(self, *inputs: Tensor) -> Tensor:
        first = inputs[0]
        if any(t.rank != first.rank for t in inputs) or not -first.rank <= self.axis < first.rank:
            raise ShapeError(f"concat along axis {self.axis} of {', '.join(map(str, inputs))}")
        axis = self.axis % first.rank
        for i, extents in enumerate(zip(*(t.shape for t in inputs))):
            for extent in extents[1:]:
                if i != axis:
                    require(equal(extents[0], extent), f"concat of equal extents beside axis {axis}")
        joined: Size = sum((t.shape[axis] for t in inputs), 0)
        return first.with_axis(axis, joined)

    def reach(self, *tensors: Tensor) -> tuple[Reach, ...] | None:
        return super().reach(*tensors) if self.axis % tensors[0].rank < 2 else None

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(), (image_of_symbols(), image_of_symbols())
