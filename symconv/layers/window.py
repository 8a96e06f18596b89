"""What convolutions and poolings share: a window that slides along one axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from symconv.condition import at_least
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.extent import Size
from symconv.extremes import largest, smallest
from symconv.layer import Reach
from symconv.rounding import ceiling
from symconv.tensor import Tensor


class Window(NamedTuple):
    """A window of `kernel` taps, `dilation` apart, at steps of `stride`, over an axis padded by `begin` and `end`."""

    kernel: Size
    stride: Size = 1
    begin: Size = 0
    end: Size = 0
    dilation: Size = 1
    ceil: bool = False
    same: bool = False

    @property
    def span(self) -> Size:
        """D·(K − 1) + 1, from the first tap to the last."""
        return self.dilation * (self.kernel - 1) + 1

    def output(self, x: Size) -> Size:
        """M = ⌊(x + P_begin + P_end − D·(K − 1) − 1)/S⌋ + 1.

        In ceil mode the last window may hang over the end, but starts inside the input or its begin padding:
        M = ⌊(x + S − 1 + min(P_begin, S + P_begin + P_end − D·(K − 1) − 1))/S⌋. With "same" padding M = ⌈x/S⌉.
        """
        if self.same:
            return ceiling(x, self.stride)
        if self.ceil:
            overhang = smallest(self.begin, self.stride + self.begin + self.end - self.span)
            return (x + overhang + self.stride - 1) // self.stride
        return (x + self.begin + self.end - self.span) // self.stride + 1

    def reach(self, x: Size) -> Reach:
        """The window of the input that an output reads."""
        begin = self.begin
        if self.same:
            total = (ceiling(x, self.stride) - 1) * self.stride + self.span - x
            begin = largest(total, 0) // 2
        return Reach(self.span, self.stride, begin)


def spatial_rank(image: Tensor) -> int:
    """The number of spatial axes.

    Raises ShapeError where there is none.
    """
    if not image.spatial:
        raise ShapeError(f"an input of batch × channels × extents is wanted, and this one is {image}")
    return len(image.spatial)


def per_axis(value: Size | tuple[Size, ...], rank: int, what: str) -> tuple[Size, ...]:
    """One size for each spatial axis.

    Raises ShapeError where sizes are given for another number of axes.
    """
    if not isinstance(value, tuple):
        return (value,) * rank
    if len(value) != rank:
        raise ShapeError(f"{what} has {len(value)} sizes, and the input has {rank} spatial axes")
    return value


def sides(value: Any, rank: int, what: str = "padding") -> tuple[tuple[Size, Size], ...]:
    """(begin, end) for each spatial axis."""
    out = []
    for v in value if isinstance(value, tuple) else (value,) * rank:
        if isinstance(v, tuple) and len(v) != 2:
            raise ShapeError(f"{what} of an axis is one size or a begin and an end, not {len(v)} sizes")
        out.append((v[0], v[1]) if isinstance(v, tuple) else (v, v))
    if len(out) != rank:
        raise ShapeError(f"{what} is given for {len(out)} axes, and the input has {rank} spatial axes")
    return tuple(out)


def windows_of(
    image: Tensor, kernel: Any, stride: Any, padding: Any, dilation: Any = 1, ceil: bool = False
) -> tuple[Window, ...]:
    """A window for each spatial axis of an image.

    Raises ShapeError where the image has no spatial axis, or a field has sizes for another number of axes.
    """
    rank = spatial_rank(image)
    pads = sides(0 if padding in ("same", "valid") else padding, rank)
    return tuple(
        Window(k, s, begin, end, d, ceil, padding == "same")
        for k, s, (begin, end), d in zip(
            per_axis(kernel, rank, "kernel"),
            per_axis(stride, rank, "stride"),
            pads,
            per_axis(dilation, rank, "dilation"),
        )
    )


def slid(image: Tensor, windows: Sequence[Window]) -> tuple[Size, ...]:
    """The output extents, each required to be at least 1."""
    known: dict[tuple[Size, Window], Size] = {}  # a square image slides once
    for axis in zip(image.spatial, windows):
        if axis not in known:
            x, window = axis
            known[axis] = positive(window.output(x))
    return tuple(known[axis] for axis in zip(image.spatial, windows))


def positive(size: Size) -> Size:
    """The size, required to be at least 1."""
    require(at_least(size, 1), "an output of at least 1")
    return size
