"""What puts elements elsewhere: lookups, copies, repetitions, and new tensors that hold constants. None computes."""

from __future__ import annotations

from symconv.count import Count
from symconv.errors import ShapeError
from symconv.layer import Layer, layer, s
from symconv.layers.features import letter
from symconv.ranges import Natural, Shape
from symconv.symbols import Symbol
from symconv.tensor import Tensor


@layer("move")
class Move(Layer):
    """Elements of the inputs, or constants, put into a tensor of a `shape`: gather, scatter, expand, tile, fill.

    shape  the one given
    work   none: a copy
    """

    operation: str
    shape: Shape
    dtype: str = "float32"
    arity = (0, None)
    windowed = False

    def output(self, *inputs: Tensor) -> Tensor:
        return Tensor(self.shape, self.dtype)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls("gather", (s("N"), s("C_in"))), (Tensor((s("N"), s("T"), s("C_in"))),)


@layer("look")
class Look(Move):
    """The inputs' own elements in a tensor of a `shape`, without a copy: a reshape, a squeeze, a slice.

    shape  the one given
    work   none: a view
    """

    view = True

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls("reshape", (s("N"), s("T") * s("C_in"))), (Tensor((s("N"), s("T"), s("C_in"))),)


@layer("search")
class Search(Move):
    """Elements chosen by their values: the largest k, those that are not zero, boxes that do not overlap.

    How many comparisons that takes depends on the algorithm and on the values, so they are a named unknown.

    shape  the one given
    work   `comparisons` max, a symbol
    """

    comparisons: Natural | None = None

    def work(self, *tensors: Tensor) -> Count:
        if self.comparisons is None:
            raise ShapeError("search wants its comparisons: a symbol, or 0 where it makes none")
        return Count(max=self.comparisons)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        compared = letter("c", cls.kind)
        return cls("top_k", (s("N"), letter("k", cls.kind)), comparisons=compared), (Tensor((s("N"), s("T"))),)


@layer("unknown")
class Unknown(Move):
    """An operator without a rule: what it computes is a named unknown, so that no total is quietly too small.

    shape  the one given, in named unknowns where nothing is known of it
    work   a symbol
    """

    cost: Natural | None = None

    def work(self, *tensors: Tensor) -> Count:
        if self.cost is None:
            raise ShapeError("unknown wants its cost: a symbol, or 0 where it is known to have none")
        return Count(unknown=self.cost)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls("MyOp", (s("N"), s("C_out")), cost=letter("c", cls.kind)), (Tensor((s("N"), s("C_in"))),)


def unknown_cost(of: Symbol) -> bool:
    """Whether a symbol stands for the cost of an operator without a rule."""
    return of.name.startswith("cost[")
