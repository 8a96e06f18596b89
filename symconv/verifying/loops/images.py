"""Layers of images, N×C and one to three spatial axes: convolutions, pools, resizes, margins, channels dealt out."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import prod
from typing import Any

from symconv.verifying.loops.axis import same_padding, scattered_positions, window_starts
from symconv.verifying.loops.table import Illegal, Shape, Walked, per_axis, rounds, shared, walks

# -- windows ---------------------------------------------------------------------------------------------------------

#: Where windows start and where taps land, met once for equal axes.
_starts = lru_cache(maxsize=1 << 12)(window_starts)
_landed = lru_cache(maxsize=1 << 12)(scattered_positions)
_padding = lru_cache(maxsize=1 << 12)(same_padding)


def _sides(padding: Any, extents: Shape, kernel: Shape, stride: Shape, dilation: Shape) -> list[tuple[int, int]]:
    """The padding at the begin and the end of each axis."""
    if padding == "same":
        return [(0, _padding(*axis)) for axis in zip(extents, kernel, stride, dilation)]
    given = per_axis(0 if padding == "valid" else padding, len(extents))
    return [(p, p) if isinstance(p, int) else (p[0], p[1]) for p in given]


def _windows(given: Any, extents: Shape, stride: Any, ceil: bool = False) -> list[list[int]]:
    """Along each axis where the windows of a layer start."""
    kernel, steps, dilation = (per_axis(v, len(extents)) for v in (given.kernel, stride, given.dilation))
    sides = _sides(given.padding, extents, kernel, steps, dilation)
    axes = zip(extents, kernel, steps, dilation, sides)
    return _met([_starts(x, k, s, begin, end, d, ceil) for x, k, s, d, (begin, end) in axes])


def _met(positions: list[list[int]]) -> list[list[int]]:
    if not all(positions):
        raise Illegal("no output position")
    return positions


def _convolution(given: Any, image: Shape, channels: int, groups: int) -> Walked:
    """Each output point adds up the taps on the input channels of its group."""
    batch, c, *extents = image
    inputs, outputs = shared(c, groups, "input channels"), shared(channels, groups, "output channels")
    places, taps = _windows(given, image[2:], given.stride), per_axis(given.kernel, len(extents))
    macs = rounds(batch, groups, outputs, *places, inputs, *taps)
    weights = rounds(groups, outputs, inputs, *taps) + (channels if given.bias else 0)
    return Walked((batch, channels, *map(len, places)), macs, weights)


@walks("conv")
def conv(given: Any, image: Shape) -> Walked:
    """A convolution in groups of channels."""
    return _convolution(given, image, given.channels, given.groups)


@walks("depthwise_conv")
def depthwise_conv(given: Any, image: Shape) -> Walked:
    """A convolution of each channel by itself."""
    return _convolution(given, image, given.multiplier * image[1], image[1])


@walks("conv_transpose")
def conv_transpose(given: Any, image: Shape) -> Walked:
    """Each input point opens its kernels in the output, which is cropped only then."""
    batch, c, *extents = image
    names = (given.kernel, given.stride, given.dilation, given.output_padding)
    taps, stride, dilation, further = (per_axis(v, len(extents)) for v in names)
    inputs, outputs = shared(c, given.groups, "input channels"), shared(given.channels, given.groups, "output channels")
    if given.padding == "same":  # each element has a stride's length in the output
        lands = [list(range(x * s + o)) for x, s, o in zip(extents, stride, further)]
    else:
        sides = _sides(given.padding, image[2:], taps, stride, dilation)
        axes = zip(extents, taps, stride, sides, dilation, further)
        lands = [_landed(x, k, s, begin, end, d, o) for x, k, s, (begin, end), d, o in axes]
    macs = rounds(batch, given.groups, inputs, *extents, outputs, *taps)
    weights = rounds(given.groups, inputs, outputs, *taps) + (given.channels if given.bias else 0)
    return Walked((batch, given.channels, *map(len, _met(lands))), macs, weights)


@walks("max_pool", "avg_pool")
def pool(given: Any, image: Shape) -> Walked:
    """A window at each stride, which is as long as the window where none is given."""
    stride = given.kernel if given.stride is None else given.stride
    return Walked((*image[:2], *map(len, _windows(given, image[2:], stride, given.ceil))))


@walks("global_avg_pool", "global_max_pool")
def global_pool(given: Any, image: Shape) -> Walked:
    """One window over all positions."""
    return Walked((*image[:2], *(1 for _ in image[2:])))


@walks("adaptive_avg_pool", "adaptive_max_pool")
def adaptive_pool(given: Any, image: Shape) -> Walked:
    """As many windows as asked for."""
    return Walked((*image[:2], *per_axis(given.size, len(image) - 2)))


# -- resizes ---------------------------------------------------------------------------------------------------------


def _scaled(extent: int, scale: int | Fraction) -> int:
    """Each element is worth `scale` elements of the output, of which only whole ones are."""
    made = 0
    while made + 1 <= extent * Fraction(scale):
        made += 1
    return made


@walks("upsample")
def upsample(given: Any, image: Shape, like: Shape | None = None) -> Walked:
    """By a scale, to a size, or to the extents of a second input."""
    extents = image[2:]
    if like is not None:
        made = like[2:]
    elif given.size is not None:
        made = per_axis(given.size, len(extents))
    else:
        made = tuple(_scaled(x, scale) for x, scale in zip(extents, per_axis(given.scale, len(extents))))
    if not all(made):
        raise Illegal("no output position")
    return Walked((*image[:2], *made))


def _margins(image: Shape, amount: Any, outwards: int) -> Shape:
    """The positions from in front of the first element to behind the last one, so far outwards."""
    pairs = [(p, p) if isinstance(p, int) else p for p in per_axis(amount, len(image) - 2)]
    axes = [range(-outwards * begin, x + outwards * end) for x, (begin, end) in zip(image[2:], pairs)]
    if not all(axes):
        raise Illegal("no output position")
    return (*image[:2], *map(len, axes))


@walks("pad")
def pad(given: Any, image: Shape) -> Walked:
    """Elements put around an image."""
    return Walked(_margins(image, given.amount, 1))


@walks("crop")
def crop(given: Any, image: Shape, like: Shape | None = None) -> Walked:
    """Elements taken off the sides of an image, or as many as make it as large as a second input."""
    if like is None:
        return Walked(_margins(image, given.amount, -1))
    if any(m > x for x, m in zip(image[2:], like[2:])):
        raise Illegal("a crop to larger extents")
    return Walked((*image[:2], *like[2:]))


# -- channels and positions ------------------------------------------------------------------------------------------


@walks("pixel_shuffle")
def pixel_shuffle(given: Any, image: Shape) -> Walked:
    """The channels of a finer image, dealt out over the positions of a cell."""
    cell = (given.factor,) * len(image[2:])
    channels = shared(image[1], prod(cell), "channels")
    return Walked((image[0], channels, *(r * x for r, x in zip(cell, image[2:]))))


@walks("pixel_unshuffle")
def pixel_unshuffle(given: Any, image: Shape) -> Walked:
    """The positions of a cell, gathered into channels."""
    cell = (given.factor,) * len(image[2:])
    coarse = (shared(x, r, "positions") for r, x in zip(cell, image[2:]))
    return Walked((image[0], image[1] * prod(cell), *coarse))


@walks("channel_shuffle")
def channel_shuffle(given: Any, image: Shape) -> Walked:
    """The channels of groups, dealt out in turn."""
    shared(image[1], given.groups, "channels")
    return Walked(image)


@walks("tokens")
def tokens(given: Any, image: Shape) -> Walked:
    """The positions of an image in one axis."""
    return Walked((image[0], rounds(*image[2:]), image[1]))


@walks("image")
def image_of(given: Any, sequence: Shape, like: Shape | None = None) -> Walked:
    """Tokens as the positions of an image."""
    batch, count, features = sequence
    if given.size is None and like is None:
        raise Illegal("an image without a size")
    extents = per_axis(given.size, 2) if like is None else like[2:]
    if rounds(*extents) != count:
        raise Illegal(f"{count} tokens at {rounds(*extents)} positions")
    return Walked((batch, features, *extents))


def cells(extents: Sequence[int], size: Sequence[int]) -> list[range]:
    """Where cells of a size start that cover each axis; the last one may stand over."""
    return [range(0, x, cell) for x, cell in zip(extents, size)]


@walks("patch_merging")
def patch_merging(given: Any, image: Shape) -> Walked:
    """The features of each cell side by side."""
    last = given.over == "last"
    extents, features = (image[1:-1], image[-1]) if last else (image[2:], image[1])
    size = per_axis(given.size, len(extents))
    made, width = tuple(map(len, cells(extents, size))), rounds(*size, features)
    return Walked((image[0], *made, width) if last else (image[0], width, *made))
