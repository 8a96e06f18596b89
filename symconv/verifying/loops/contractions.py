"""Products of two or more inputs, summed over what they share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symconv.verifying.loops.joins import repeated
from symconv.verifying.loops.table import Illegal, Shape, Walked, rounds, walks


def _matrices(left: Shape, right: Shape, bare: tuple[bool, bool] = (False, False)) -> Walked:
    """Each row with each column; the axis of a vector that was made a matrix is gone afterwards."""
    if left[-1] != right[-2]:
        raise Illegal(f"rows of {left[-1]} and columns of {right[-2]}")
    leading = repeated([left[:-2], right[:-2]])
    rows = () if bare[0] else left[-2:-1]
    columns = () if bare[1] else right[-1:]
    return Walked((*leading, *rows, *columns), rounds(*leading, left[-2], right[-1], left[-1]))


def _swapped(shape: Shape, asked: bool) -> Shape:
    return (*shape[:-2], shape[-1], shape[-2]) if asked and len(shape) > 1 else shape


@walks("matmul")
def matmul(given: Any, left: Shape, right: Shape) -> Walked:
    """The matrix product over the last two axes."""
    return _matrices(left, _swapped(right, given.transpose))


@walks("product")
def product(given: Any, *inputs: Shape) -> Walked:
    """The matrix product as NumPy has it, of inputs and constants."""
    read = iter(inputs)
    left = given.left if given.left is not None else next(read)
    right = given.right if given.right is not None else next(read)
    left, right = _swapped(left, given.transpose_left), _swapped(right, given.transpose_right)
    if not left or not right:
        raise Illegal("a product of a scalar")
    bare = len(left) == 1, len(right) == 1
    return _matrices((1, *left) if bare[0] else left, (*right, 1) if bare[1] else right, bare)


@walks("einsum")
def einsum(given: Any, *inputs: Shape) -> Walked:
    """A loop over all letters of two operands at a time, from left to right; one that no other operand has is summed.

    What is summed within one operand is added up only, and where nothing is summed nothing is accumulated.
    """
    read, constants = iter(inputs), dict(zip(given.positions, given.beside))
    count = len(inputs) + len(given.beside)
    shapes = [constants[k] if k in constants else next(read) for k in range(count)]
    terms, out = _spelled(given.equation, shapes)
    extents: dict[str, int] = {}
    for term, shape in zip(terms, shapes):
        for letter, extent in zip(term, shape):
            if extents.get(letter, extent) != extent and 1 not in (extents[letter], extent):
                raise Illegal(f"{letter} has {extents[letter]} and {extent} elements")
            extents[letter] = max(extent, extents.get(letter, 1))
    macs, held = 0, set(terms[0])
    for k, term in enumerate(terms[1:], 2):
        held |= set(term)
        needed = set(out).union(*terms[k:])
        if held - needed:
            macs += rounds(*(extents[x] for x in sorted(held)))
        held &= needed
    return Walked(tuple(extents[x] for x in out), macs)


def _spelled(equation: str, shapes: Sequence[Shape]) -> tuple[list[str], str]:
    """The letters of each operand and of the output, further axes by capital letters that the equation has not.

    Without an arrow the output has the letters that stand once, in the alphabet's order.
    """
    left, arrow, out = equation.replace(" ", "").replace("...", "…").partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes):
        raise Illegal(f"{len(shapes)} operands of {equation}")
    free = [c for c in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if c not in equation]
    further = max((len(s) - len(t) + 1 for t, s in zip(terms, shapes) if "…" in t), default=0)
    names = "".join(free[:further])
    spelled = []
    for term, shape in zip(terms, shapes):
        own = len(shape) - len(term) + 1
        spelled.append(term.replace("…", names[further - own :]))
        if len(spelled[-1]) != len(shape):
            raise Illegal(f"{term} for {len(shape)} axes")
    if arrow:
        return spelled, out.replace("…", names)
    letters = [x for term in terms for x in term if x != "…"]
    return spelled, names + "".join(sorted(x for x in set(letters) if letters.count(x) == 1))
