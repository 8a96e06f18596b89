"""Operator: one call of a torch operator while its rule runs: its arguments by name, and what it makes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import mul
from typing import TYPE_CHECKING, Any, Final

from symconv.condition import divides, equal
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.extent import Extent, Size
from symconv.layer import Layer
from symconv.layers import Look, Move, Pointwise, Unknown
from symconv.readers.torch.held import Held, leaves
from symconv.readers.torch.path import EQUAL
from symconv.readers.torch.quotients import quotient
from symconv.readers.torch.shadow import Ratio
from symconv.rounding import floor

if TYPE_CHECKING:
    from symconv.readers.torch.tracer import Tracer


def alike(sizes: tuple[Size, ...]) -> Any:
    """One size where it is the same for all axes, as a layer says it."""
    return sizes[0] if sizes and all(x == sizes[0] for x in sizes) else sizes


#: Views that leave the elements in their order.
IN_ORDER: Final = frozenset({"reshape", "flatten", "unflatten", "unsqueeze"})


class Operator:
    """A call: `name` of the operator, its arguments by the names of its schema, tensors as what is known of them."""

    def __init__(self, tracer: Tracer, name: str, arguments: dict[str, Any], outs: list[Any]) -> None:
        self.tracer, self.name, self.arguments = tracer, name, arguments
        #: The shapes and types that torch itself makes, in numbers.
        self.outs = outs

    # -- arguments -------------------------------------------------------------------------------------------------

    def get(self, *names: str, default: Any = None) -> Any:
        """The first of these arguments that is there and not None."""
        return next((v for v in (self.arguments.get(n) for n in names) if v is not None), default)

    def tensor(self, *names: str) -> Held:
        """An argument that is a tensor.

        Raises ShapeError where it is none.
        """
        found = self.get(*names)
        if not isinstance(found, Held):
            raise ShapeError(f"{self.name} without its tensor {names[0]}")
        return found

    def tensors(self) -> list[Held]:
        """All tensors among the arguments, those in lists too, in order."""
        return list(_tensors(self.arguments.values()))

    def sizes(self, *names: str, default: Any = ()) -> tuple[Size, ...]:
        """An argument of sizes; one number is one size."""
        found = self.get(*names, default=default)
        return tuple(found) if isinstance(found, list | tuple) else (found,)

    def per_axis(self, name: str, rank: int, default: Any = ()) -> tuple[Size, ...]:
        """Sizes for each of `rank` axes; one is for all."""
        found = self.sizes(name, default=default)
        return found * rank if len(found) == 1 else found

    def axis(self, rank: int, *names: str, default: int = 0, beyond: int = 0) -> int:
        """An argument that is an axis, from 0 on."""
        at = self.get(*names, default=default)
        whole = rank + beyond
        return int(at) % whole if whole else 0

    def axes(self, rank: int, *names: str) -> tuple[int, ...]:
        """An argument of axes, from 0 on; all of them where it is left out."""
        found = self.get(*names)
        if found is None or found == [] or found == () or not rank:
            return tuple(range(rank))
        return tuple(sorted({int(a) % rank for a in (found if isinstance(found, list | tuple) else [found])}))

    @property
    def dtype(self) -> str:
        """The type of the first output."""
        return self.outs[0][1] if self.outs else "float32"

    # -- what is decided -------------------------------------------------------------------------------------------

    def same(self, a: Size, b: Size, reason: str) -> Size:
        """Two extents that have to be equal, as the one that says more."""
        if a != b:
            require(equal(a, b), reason)
        return a if isinstance(a, int) else b

    def decide(self, relation: str, a: Size, b: Size, reason: str) -> bool:
        """Whether a comparison holds in this run, which is a condition then."""
        return self.tracer.path.decide(relation, a, b, reason=reason)

    def is_one(self, x: Size, reason: str) -> bool:
        """Whether an extent is 1 in this run."""
        return self.decide(EQUAL, x, 1, reason)

    def at(self, size: Size) -> int:
        """What a size is in this run."""
        return self.tracer.path.value(size)

    def in_numbers(self, reason: str) -> tuple[int, ...]:
        """The shape of the output in this run, where no formula is known: all that it is made from is pinned."""
        sizes = [*(x for v in self.tensors() for x in v.shape), *leaves(list(self.arguments.values()))]
        for x in sizes:
            if isinstance(x, Extent):
                self.tracer.path.pin(x, reason)
        return tuple(self.outs[0][0])

    def broadcast(self, *shapes: tuple[Size, ...]) -> tuple[Size, ...]:
        """The common shape; an extent in symbols that is 1 in this run alone is a condition."""
        rank = max(map(len, shapes), default=0)
        out: list[Size] = []
        for back in range(rank, 0, -1):
            common: Size = 1
            for shape in shapes:
                if back <= len(shape):
                    common = self._common(common, shape[-back])
            out.append(common)
        return tuple(out)

    def _common(self, a: Size, b: Size) -> Size:
        if b == 1 or a == b:
            return a
        if a == 1:
            return b
        if self.at(a) != self.at(b):  # one of the two is 1 in this run
            one, other = (a, b) if self.at(a) == 1 else (b, a)
            require(equal(one, 1), f"{self.name} of an extent of 1 and another one")
            return other
        return self.same(a, b, f"{self.name} of equal extents")

    # -- what it makes -----------------------------------------------------------------------------------------------

    def add(self, layer: Layer, *values: Held | None, weights: Iterable[Held | None] = (), dtype: str = "") -> Held:
        """Add a layer that reads `values`, and keeps the parameters and buffers among `weights`."""
        read = [v for v in values if v is not None]
        return self.tracer.nodes.place(self.name, layer, read, list(weights), dtype or self.dtype)

    def node_of(self, value: Held) -> Held:
        """A tensor with a node of its own, a weight or a constant too."""
        return self.tracer.nodes.node_of(value)

    def pointwise(self, operation: str, *values: Held | None, dtype: str = "") -> Held:
        """An operation on the elements in the same places of tensors; a weight among them is the layer's own."""
        read = [v for v in values if v is not None]
        shape = self.broadcast(*(v.shape for v in read))
        read = [self._thin(v, shape) for v in read]
        if all(v.new for v in read) and not self.outs[0][1].startswith(("float", "bfloat")):
            return self.fresh(shape, dtype)
        beside = [v for v in read if v.constant]
        layer = Pointwise(operation, tuple(v.shape for v in beside), dtype or self.dtype)
        return self.add(layer, *(v for v in read if not v.constant), weights=beside, dtype=dtype)

    def _thin(self, value: Held, shape: tuple[Size, ...]) -> Held:
        """A value whose extents that are 1 in this run alone, and another number in the common shape, are said as 1."""
        common = shape[len(shape) - len(value.shape) :]
        own = tuple(1 if self.at(a) == 1 != self.at(b) else a for a, b in zip(value.shape, common))
        return value if own == value.shape else self.look("view", own, value)

    def look(self, operation: str, shape: tuple[Size, ...], value: Held, dtype: str = "") -> Held:
        """The elements of a tensor in another shape, without a copy."""
        dtype = dtype or self.dtype
        if value.constant:
            kept = value.kept if shape == value.shape else None
            made = Held(shape, dtype, kept=kept, root=value.root or value)
            if value.kept is not None and kept is None:
                return self.add(Look(operation, shape, dtype), self.node_of(value), dtype=dtype)
            return made
        made = self.add(Look(operation, shape, dtype), value, dtype=dtype)
        made.ordered = value.ordered and operation in IN_ORDER
        made.root = value.root or value
        return made

    def move(self, operation: str, shape: tuple[Size, ...], *values: Held | None, dtype: str = "") -> Held:
        """Elements of tensors put into a new one."""
        read = [v for v in values if v is not None]
        if all(v.new for v in read):
            return self.fresh(shape, dtype)
        layer = Move(operation, shape, dtype or self.dtype)
        return self.add(layer, *(v for v in read if not v.constant), weights=read, dtype=dtype)

    def fresh(self, shape: tuple[Size, ...], dtype: str = "") -> Held:
        """A tensor that depends on no input and on no weight: a constant, positions, a mask."""
        return Held(shape, dtype or self.dtype)

    def unknown(self, shape: tuple[Size, ...], *values: Held | None, dtype: str = "") -> Held:
        """What an operator without a count makes."""
        made = dtype or self.dtype
        return self.add(Unknown(self.name, shape, made, cost=self.unknown_cost()), *values, dtype=made)

    def unknown_cost(self) -> Size:
        """The named unknown for what it does: the same for equal arguments, and tensors of equal shapes."""
        return self.tracer.nodes.unknown_cost(self.name, _asked(list(self.arguments.values())))

    def reshaped(self, shape: tuple[Size, ...], wanted: tuple[Size, ...]) -> tuple[Size, ...]:
        """As many elements in another shape, in which −1 is what is left.

        Raises ShapeError where the numbers of elements are never equal.
        """
        free = next((i for i, x in enumerate(wanted) if isinstance(x, int) and x == -1), None)
        if free is None:
            free = next((i for i, x in enumerate(wanted) if self.at(x) == -1), None)
        over = [x for x in shape if x != 1]
        under: list[Size] = []
        for i, x in enumerate(wanted):
            if i == free or x == 1:
                continue
            if x in over:
                over.remove(x)
            else:
                under.append(x)
        left, right = reduce(mul, over, 1), reduce(mul, under, 1)
        if free is None:
            if left != right:
                require(equal(left, right), f"{self.name} keeps the number of elements")
            return wanted
        found = quotient(left, right)
        if found is None:
            require(divides(right, left), f"{self.name}: the other extents divide the number of elements")
            found = floor(left, right, exact=True)
        return (*wanted[:free], found, *wanted[free + 1 :])


def _tensors(values: Iterable[Any]) -> Iterable[Held]:
    for v in values:
        if isinstance(v, Held):
            yield v
        elif isinstance(v, list | tuple):
            yield from _tensors(v)


def _asked(x: Any) -> Any:
    """What an operator is asked for: arguments as a key, of tensors their shapes."""
    if isinstance(x, Held):
        return x.shape
    if isinstance(x, Ratio):
        return x.over, x.under
    return tuple(map(_asked, x)) if isinstance(x, list | tuple) else x


def product(sizes: Iterable[Size]) -> Size:
    """The product of sizes."""
    return reduce(mul, sizes, 1)


def is_number(size: Size) -> bool:
    """Whether a size is a number."""
    return not isinstance(size, Extent)
