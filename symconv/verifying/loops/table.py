"""The table: by the kind of a layer the loops that it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass
from math import prod
from typing import Any, Final, TypeVar

Shape = tuple[int, ...]


class Illegal(Exception):  # noqa: N818  (an answer, more than an error)
    """No output at these numbers."""


@dataclass(frozen=True)
class Walked:
    """What the loops of a layer met: the shape of the output, multiply–accumulates, elements of trainable weights."""

    shape: Shape
    macs: int = 0
    weights: int = 0


#: A layer's hyper-parameters in numbers and the shapes of its inputs, as its loops want them.
Walk = Callable[..., Walked]

#: By kind.
WALKS: Final[dict[str, Walk]] = {}

W = TypeVar("W", bound=Walk)


def walks(*kinds: str) -> Callable[[W], W]:
    """Register the loops of layers of these kinds."""

    def register(walk: W) -> W:
        WALKS.update(dict.fromkeys(kinds, walk))
        return walk

    return register


def rounds(*loops: int | Sized) -> int:
    """How often the body of loops inside of one another runs, none of which depends on another."""
    return prod(loop if isinstance(loop, int) else len(loop) for loop in loops)


def shared(whole: int, parts: int, what: str) -> int:
    """How much each of some equal parts has.

    Raises Illegal where something is left over.
    """
    if parts < 1 or whole % parts:
        raise Illegal(f"{whole} {what} in {parts} equal parts")
    return whole // parts


def per_axis(value: Any, rank: int) -> tuple[Any, ...]:
    """One value for each axis, where one may stand for all.

    Raises Illegal for another number of them.
    """
    values = tuple(value) if isinstance(value, Sequence) else (value,) * rank
    if len(values) != rank:
        raise Illegal(f"{len(values)} values for {rank} axes")
    return values


def features_axis(over: str) -> int:
    """Where an input has its features: the last axis, or the channels of an image."""
    return 1 if over == "channels" else -1


def placed(shape: Shape, axis: int, *extents: int) -> Shape:
    """The shape with these extents in place of an axis's.

    Raises Illegal where there is no such axis.
    """
    if not -len(shape) <= axis < len(shape):
        raise Illegal(f"axis {axis} of {len(shape)} axes")
    axis %= len(shape)
    return (*shape[:axis], *extents, *shape[axis + 1 :])
