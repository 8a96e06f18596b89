"""What layers of features share: the axis of an input that holds the features of each position.

A sequence is batch × tokens × features, an image batch × channels × extents, or batch × extents × channels as Swin's
code has it: `over: last` and `over: channels` say which.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from symconv.errors import ShapeError
from symconv.extent import Extent, Size, size_of
from symconv.layer import Parameter, s
from symconv.ranges import one_of
from symconv.symbols import symbol
from symconv.tensor import Tensor

LAST, CHANNELS = "last", "channels"
_AXES: Final = {LAST: -1, CHANNELS: 1}


def features_axis(tensor: Tensor, over: str, kind: str) -> int:
    """The axis of the features.

    Raises ShapeError where `over` is neither last nor channels, or the input has no such axis.
    """
    one_of(over, _AXES, f"{kind}: over")
    if tensor.rank < 2:
        raise ShapeError(f"{kind} of an input of {tensor.rank} axes: one with features beside the batch is wanted")
    return _AXES[over] % tensor.rank


def features_last(tensor: Tensor, axis: int) -> Tensor:
    """The tensor with the axis of its features at the end."""
    return tensor.like(*tensor.shape[:axis], *tensor.shape[axis + 1 :], tensor.shape[axis])


def sequence(tensor: Tensor, kind: str, what: str = "an input") -> tuple[tuple[Size, ...], Size, Size]:
    """The leading extents, the tokens and the features of a sequence.

    Raises ShapeError where there are fewer than three axes.
    """
    if tensor.rank < 3:
        raise ShapeError(f"{kind}: {what} of batch × tokens × features is wanted, and this one is {tensor}")
    return tensor.shape[:-2], tensor.shape[-2], tensor.shape[-1]


def named(part: str, parameters: Iterable[Parameter]) -> tuple[Parameter, ...]:
    """The tensors of a part of a layer, `up.weight`."""
    return tuple(replace(p, name=f"{part}.{p.name}") for p in parameters)


def letter(name: str, kind: str) -> Extent:
    """A symbol of a rule page that the field has no letter for: h heads, F hidden features."""
    return size_of(symbol(name, "count", kind))


def tokens_of_symbols() -> Tensor:
    """N×T×C_in, the input of the rule page of a layer of sequences."""
    return Tensor((s("N"), s("T"), s("C_in")))
