"""Reductions over axes of any shape; those over all positions of an image are the global pools."""

from __future__ import annotations

from typing import Final

from symconv.cost import Cost
from symconv.count import Count
from symconv.layer import Layer, Reach, layer, s
from symconv.layers.reshape import Order, axes_of
from symconv.ranges import Shape, one_of
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


#: What a reduction does: before (an element), between (one less than its elements), behind (a result).
REDUCTIONS: Final[dict[str, tuple[Count, Count, Count]]] = {
    "sum": (Count(), Count(add=1), Count()),
    "mean": (Count(), Count(add=1), Count(div=1)),
    "max": (Count(), Count(max=1), Count()),
    "min": (Count(), Count(max=1), Count()),
    "prod": (Count(), Count(mul=1), Count()),
    "l1": (Count(max=1), Count(add=1), Count()),
    "l2": (Count(mul=1), Count(add=1), Count(sqrt=1)),
    "sum_square": (Count(mul=1), Count(add=1), Count()),
    "log_sum": (Count(), Count(add=1), Count(log=1)),
    "log_sum_exp": (Count(exp=1, add=1), Count(add=1, max=1), Count(log=1, add=1)),
    "norm": (Count(mul=2, div=1), Count(add=1), Count(sqrt=1)),
    "standardize": (Count(add=1, mul=2), Count(add=2), Count(div=3, sqrt=1, add=1)),
}


@layer("reduce")
class Reduce(Layer):
    """A sum, mean, maximum, product or norm over some axes, which are gone then, or have extent 1 with `keep`.

    work   for each result of n elements what the operation does to them, n − 1 times between them, and behind
    """

    operation: str
    axes: Shape
    keep: bool = False
    windowed = False

    def _steps(self) -> tuple[Count, Count, Count]:
        return REDUCTIONS[one_of(self.operation, REDUCTIONS, "reduce: operation")]

    def output(self, image: Tensor) -> Tensor:
        self._steps()
        axes = axes_of(self.axes, image, "reduce over")
        return image.like(*(1 if i in axes else x for i, x in enumerate(image.shape) if self.keep or i not in axes))

    def work(self, image: Tensor, out: Tensor) -> Count:
        before, between, behind = self._steps()
        return _reduced(before, between, behind, image.elements, out.elements)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls("sum", (1,)), (Tensor((s("N"), s("T"), s("C_in"))),)


def _reduced(before: Count, between: Count, behind: Count, elements: Cost, results: Cost) -> Count:
    return before * elements + between * (elements - results) + behind * results
