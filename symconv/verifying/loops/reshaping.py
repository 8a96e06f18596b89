"""Layers that hand elements on in another shape, and what is left of axes that are summed or cut."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from symconv.verifying.loops.table import Illegal, Shape, Walked, placed, shared, walks


@walks("move", "look", "search", "resample")
def stated(given: Any, *inputs: Shape) -> Walked:
    """Elements of the inputs in a shape that is stated."""
    return Walked(tuple(given.shape))


def _axes(axes: int | Sequence[int], shape: Shape) -> list[int]:
    """The axes from 0 on.

    Raises Illegal where there is no such axis.
    """
    given = [axes] if isinstance(axes, int) else list(axes)
    for axis in given:
        placed(shape, axis)
    return [axis % len(shape) for axis in given]


@walks("flatten")
def flatten(given: Any, image: Shape) -> Walked:
    """Some axes as one."""
    first, last = _axes((given.start, given.end), image)
    if first > last:
        raise Illegal("an axis in front of itself")
    return Walked((*image[:first], prod(image[first : last + 1]), *image[last + 1 :]))


def _filled(sizes: Sequence[int], elements: int) -> Shape:
    """The extents with what is left in place of −1.

    Raises Illegal where they do not hold all elements.
    """
    known = prod(x for x in sizes if x != -1)
    made = tuple(shared(elements, known, "elements") if x == -1 else x for x in sizes)
    if prod(made) != elements:
        raise Illegal(f"{elements} elements in {prod(made)} places")
    return made


@walks("reshape")
def reshape(given: Any, image: Shape) -> Walked:
    """All elements in another shape; 0 keeps an extent."""
    sizes = [image[axis] if x == 0 else x for axis, x in enumerate(given.shape)]
    return Walked(_filled(sizes, prod(image)))


@walks("unflatten")
def unflatten(given: Any, image: Shape) -> Walked:
    """The elements of one axis in several."""
    (axis,) = _axes(given.axis, image)
    return Walked(placed(image, axis, *_filled(given.sizes, image[axis])))


@walks("transpose")
def transpose(given: Any, image: Shape) -> Walked:
    """The axes in another order."""
    axes = _axes(given.axes, image)
    if sorted(axes) != list(range(len(image))):
        raise Illegal("not each axis once")
    return Walked(tuple(image[axis] for axis in axes))


@walks("squeeze")
def squeeze(given: Any, image: Shape) -> Walked:
    """An axis of one element, left out."""
    (axis,) = _axes(given.axis, image)
    if image[axis] != 1:
        raise Illegal(f"an axis of {image[axis]} elements cannot be left out")
    return Walked(placed(image, axis))


@walks("unsqueeze")
def unsqueeze(given: Any, image: Shape) -> Walked:
    """An axis of one element, put in."""
    made = list(image)
    made.insert(given.axis % (len(image) + 1), 1)
    return Walked(tuple(made))


@walks("mean", "reduce")
def reduction(given: Any, image: Shape) -> Walked:
    """One element in place of all along some axes."""
    axes = _axes(given.axes, image)
    kept = (1 if axis in axes else x for axis, x in enumerate(image) if given.keep or axis not in axes)
    return Walked(tuple(kept))


@walks("slice")
def sliced(given: Any, image: Shape) -> Walked:
    """The elements of an axis from one place to another."""
    (axis,) = _axes(given.axis, image)
    met = range(image[axis])[given.begin : given.end : given.step]
    if not met:
        raise Illegal("a slice without elements")
    return Walked(placed(image, axis, len(met)))


@walks("split")
def split(given: Any, image: Shape) -> Walked:
    """One of several equal parts of an axis."""
    (axis,) = _axes(given.axis, image)
    if not 0 <= given.index < given.parts:
        raise Illegal(f"part {given.index} of {given.parts}")
    return Walked(placed(image, axis, shared(image[axis], given.parts, "elements")))


@walks("select")
def select(given: Any, image: Shape) -> Walked:
    """The elements at one place of an axis."""
    (axis,) = _axes(given.axis, image)
    if not -image[axis] <= given.index < image[axis]:
        raise Illegal(f"place {given.index} of {image[axis]}")
    return Walked(placed(image, axis))
