"""Sums of products over any axes: matrix products of any ranks, Einstein sums."""

from __future__ import annotations

from typing import Final

from symconv.condition import equal
from symconv.cost import product
from symconv.count import Count
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.extent import Size
from symconv.layer import Layer, layer, s
from symconv.layers.broadcasting import broadcast
from symconv.layers.features import tokens_of_symbols
from symconv.layers.linear import products
from symconv.ranges import Shape, Shapes
from symconv.tensor import Tensor

_OPERANDS: Final = "a product takes two operands, each an input or the shape of a constant"


@layer("product")
class Product(Layer):
    """The matrix product of two operands over their last two axes, as NumPy's matmul has it.

    An operand that is a constant is given by its shape, as `left` or `right`. A vector is a row on the left, a column
    on the right, and its axis is gone then; the axes before are repeated to one another. A transposed operand has its
    last two axes swapped.

    shape  …×T×C and …×C×K make …×T×K
    work   C macs an output; with a `bias` an add an output
    """

    left: Shape | None = None
    right: Shape | None = None
    transpose_left: bool = False
    transpose_right: bool = False
    bias: bool = False
    arity = (0, None)
    windowed = False

    def operands(self, *inputs: Tensor) -> tuple[tuple[Size, ...], tuple[Size, ...]]:
        """The shapes of both, transposed where that is asked for."""
        given = iter(inputs)
        try:
            left = self.left if self.left is not None else next(given).shape
            right = self.right if self.right is not None else next(given).shape
            further = [*given]
        except StopIteration:
            raise ShapeError(_OPERANDS) from None
        if further:
            raise ShapeError(_OPERANDS)
        if not left or not right:
            raise ShapeError("a product of a scalar: operands with axes are wanted")
        return _turned(left, self.transpose_left), _turned(right, self.transpose_right)

    def output(self, *inputs: Tensor) -> Tensor:
        left, right = self.operands(*inputs)
        rows, columns = left[-2:-1], right[-1:] if len(right) > 1 else ()
        inner = right[-2] if len(right) > 1 else right[0]
        require(equal(left[-1], inner), "a product of rows and columns of one length")
        leading = broadcast([left[:-2], right[:-2]], "a product")
        return (inputs[0] if inputs else Tensor(())).like(*leading, *rows, *columns)

    def work(self, *tensors: Tensor) -> Count:
        *inputs, out = tensors
        left, _ = self.operands(*inputs)
        count = products(product(left[-1]) * out.elements, out.elements)
        return count + Count(add=out.elements) if self.bias else count

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(), (tokens_of_symbols(), Tensor((s("N"), s("C_in"), s("C_out"))))


def _turned(shape: tuple[Size, ...], transposed: bool) -> tuple[Size, ...]:
    return (*shape[:-2], shape[-1], shape[-2]) if transposed and len(shape) > 1 else shape


@layer("einsum")
class Einsum(Layer):
    """Einstein's sum: `bij,bjk->bik`; letters that the output has not are summed over, `…` stands for further axes.

    The operands are contracted from left to right; a letter is summed over as soon as no further operand has it.

    shape  the extents of the output's letters
    work   a mac for each value of all letters of a contraction; an add an element for a sum within one operand
    """

    equation: str
    beside: Shapes = ()
    positions: Shape = ()
    arity = (0, None)
    windowed = False

    def operands(self, inputs: tuple[Tensor, ...]) -> list[tuple[Size, ...]]:
        """The shapes in the equation's order; `positions` says where the constants stand.

        Raises ShapeError where it does not say that of each.
        """
        given, count = iter(inputs), len(inputs) + len(self.beside)
        constants = {p: shape for p, shape in zip(self.positions, self.beside) if p in range(count)}
        if not len(constants) == len(self.positions) == len(self.beside):
            said = ", ".join(map(str, self.positions)) or "none"
            wanted = f"a place from 0 to {count - 1} for each shape in `beside`"
            raise ShapeError(f"einsum {self.equation}: of the positions {said}, {wanted} is wanted")
        return [constants[i] if i in constants else next(given).shape for i in range(count)]

    def terms(self, shapes: list[tuple[Size, ...]]) -> tuple[list[list[str]], list[str]]:
        """The letters of each operand and of the output, with names for the axes of an ellipsis.

        Raises ShapeError where the equation does not fit the operands.
        """
        text = self.equation.replace(" ", "")
        left, arrow, right = text.partition("->")
        parts = left.split(",")
        if len(parts) != len(shapes):
            raise ShapeError(f"einsum {self.equation}: {len(parts)} operands are named, and {len(shapes)} given")
        hidden = [len(shape) - len(part.replace("...", "")) for part, shape in zip(parts, shapes)]
        most = max((h for h, part in zip(hidden, parts) if "..." in part), default=0)
        terms = [_letters(part, h, most) for part, h in zip(parts, hidden)]
        for part, term, shape in zip(parts, terms, shapes):
            if len(term) != len(shape):
                raise ShapeError(f"einsum {self.equation}: {part} does not name the axes of {Tensor(shape)}")
        if arrow:
            return terms, _letters(right, most, most)
        flat = [letter for term in terms for letter in term]
        free = sorted({x for x in flat if len(x) == 1 and flat.count(x) == 1})
        return terms, [*(f".{i}" for i in range(most)), *free]

    def extents(self, terms: list[list[str]], shapes: list[tuple[Size, ...]]) -> dict[str, Size]:
        """The extent of each letter."""
        found: dict[str, Size] = {}
        for term, shape in zip(terms, shapes):
            for name, x in zip(term, shape):
                if name in found and found[name] != 1 and x != 1:
                    require(equal(found[name], x), f"einsum of equal extents of {name}")
                elif found.get(name, 1) == 1:
                    found[name] = x
        return found

    def output(self, *inputs: Tensor) -> Tensor:
        shapes = self.operands(inputs)
        terms, out = self.terms(shapes)
        extents = self.extents(terms, shapes)
        unknown = [name for name in out if name not in extents]
        if unknown:
            raise ShapeError(f"einsum {self.equation}: no operand has {unknown[0]}")
        return (inputs[0] if inputs else Tensor(())).like(*(extents[name] for name in out))

    def work(self, *tensors: Tensor) -> Count:
        shapes = self.operands(tensors[:-1])
        terms, out = self.terms(shapes)
        extents = self.extents(terms, shapes)
        done, count = terms[0], Count()
        if len(terms) == 1:
            summed = [x for x in dict.fromkeys(done) if x not in out]
            whole = product(*(extents[x] for x in dict.fromkeys(done)))
            return Count(add=whole - tensors[-1].elements) if summed else count
        for at, term in enumerate(terms[1:], 1):
            together = list(dict.fromkeys([*done, *term]))
            later = {x for rest in terms[at + 1 :] for x in rest} | set(out)
            kept = [x for x in together if x in later]
            macs, outputs = (product(*(extents[x] for x in names)) for names in (together, kept))
            count += products(macs, outputs) if len(kept) < len(together) else Count(mul=macs)
            done = kept
        return count

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls("bij,bjk->bik"), (tokens_of_symbols(), Tensor((s("N"), s("C_in"), s("C_out"))))


def _letters(part: str, hidden: int, most: int) -> list[str]:
    before, dots, behind = part.partition("...")
    return [*before, *(f".{i}" for i in range(most - hidden, most)), *behind] if dots else list(before)
