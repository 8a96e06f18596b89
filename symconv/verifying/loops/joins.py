"""Layers of several inputs, element by element or side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from symconv.verifying.loops.table import Illegal, Shape, Walked, placed, walks


def repeated(shapes: Sequence[Shape]) -> Shape:
    """The shape that all have when axes are lined up at the last one and an extent of 1 is repeated.

    Raises Illegal where two extents differ.
    """
    made = []
    for extents in zip_longest(*(shape[::-1] for shape in shapes), fillvalue=1):
        others = {x for x in extents if x != 1} or {1}
        if len(others) > 1:
            raise Illegal(f"extents {' and '.join(map(str, extents))} in one place")
        made.append(others.pop())
    return tuple(reversed(made))


@walks("add", "mul", "sub", "maximum")
def place_by_place(given: Any, *inputs: Shape) -> Walked:
    """The elements in the same places of all inputs."""
    return Walked(repeated(inputs))


@walks("elementwise")
def elementwise(given: Any, *inputs: Shape) -> Walked:
    """The elements in the same places of all inputs and constants."""
    return Walked(repeated([*inputs, *given.beside]))


@walks("concat")
def concat(given: Any, *inputs: Shape) -> Walked:
    """The inputs behind one another along an axis."""
    if len({placed(shape, given.axis) for shape in inputs}) > 1:
        raise Illegal("inputs of other extents side by side")
    return Walked(placed(inputs[0], given.axis, sum(shape[given.axis] for shape in inputs)))
