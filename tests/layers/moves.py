"""Random layers that move elements or take means of them, each with a shape for its input."""

from __future__ import annotations

from math import prod
from random import Random

from symconv import Layer
from symconv.layers import (
    ChannelShuffle,
    Flatten,
    Mean,
    PixelShuffle,
    PixelUnshuffle,
    Reshape,
    Select,
    Slice,
    Split,
    Squeeze,
    Transpose,
    Unflatten,
    Unsqueeze,
)

Shape = tuple[int, ...]
Drawn = tuple[Layer, Shape]


def _shape(r: Random, least: int = 1) -> Shape:
    return tuple(r.choice([1, 2, 3, 4, 6, 8]) for _ in range(r.randint(least, 5)))


def _factors(r: Random, whole: int) -> list[int]:
    """Numbers whose product is mostly the whole."""
    found = []
    while r.random() < 0.7:
        found.append(r.choice([d for d in range(1, whole + 1) if whole % d == 0]))
        whole //= found[-1]
    found.append(whole)
    r.shuffle(found)
    if r.random() < 0.6:
        found[r.randrange(len(found))] = -1
    if r.random() < 0.2:
        found[r.randrange(len(found))] += 1
    return [x or 1 for x in found]


def reshape(r: Random) -> Drawn:
    shape = _shape(r)
    if r.random() < 0.3:
        axis = r.randrange(-len(shape), len(shape))
        return Unflatten(axis, tuple(_factors(r, shape[axis]))), shape
    if r.random() < 0.5:
        return Reshape(tuple(_factors(r, prod(shape)))), shape
    keeps = r.randint(1, len(shape))
    return Reshape((0,) * keeps + tuple(_factors(r, prod(shape[keeps:])))), shape


def flatten(r: Random) -> Drawn:
    shape = _shape(r)
    start, end = sorted(r.randrange(len(shape)) for _ in range(2))
    return Flatten(start - r.choice([0, len(shape)]), end - r.choice([0, len(shape)])), shape


def transpose(r: Random) -> Drawn:
    shape = _shape(r)
    axes = r.sample(range(len(shape)), len(shape))
    if r.random() < 0.1:
        axes[0] = axes[-1]
    return Transpose(tuple(a - r.choice([0, len(shape)]) for a in axes)), shape


def squeeze(r: Random) -> Drawn:
    shape = _shape(r)
    ones = [i for i, x in enumerate(shape) if x == 1]
    if ones and r.random() < 0.5:
        return Squeeze(r.choice(ones)), shape
    return Unsqueeze(r.randint(-len(shape) - 1, len(shape))), shape


def part(r: Random) -> Drawn:
    """A slice that begins and ends on its axis, as torch cuts off what does not; it may be empty."""
    shape = _shape(r)
    axis = r.randrange(-len(shape), len(shape))
    x = shape[axis]
    if r.random() < 0.3:
        return Select(axis, r.randrange(-x, x)), shape
    if r.random() < 0.4:
        parts = r.randint(1, 4)
        return Split(parts, r.randrange(parts), axis), shape
    end = r.choice([None, r.randint(1, x), r.randint(-x, -1)])
    return Slice(axis, r.randrange(-x, x), end, r.randint(1, 3)), shape


def shuffle(r: Random) -> Drawn:
    factor, blocks = r.randint(1, 3), r.choice([1, 1, 2])
    batch, channels, height, width = (r.randint(1, 4) for _ in range(4))
    kind = r.choice([PixelShuffle, PixelUnshuffle, ChannelShuffle])
    if kind is PixelShuffle:
        return kind(factor), (batch, channels * factor * factor // blocks or 1, height, width)
    if kind is PixelUnshuffle:
        return kind(factor), (batch, channels, height * factor, width * factor // blocks or 1)
    return kind(factor), (batch, channels * factor // blocks or 1, *_shape(r))


def mean(r: Random) -> Drawn:
    shape = _shape(r)
    axes = r.sample(range(len(shape)), r.randint(1, len(shape)))
    return Mean(tuple(a - r.choice([0, len(shape)]) for a in axes), r.random() < 0.5), shape


MOVES = [reshape, flatten, transpose, squeeze, part, shuffle, mean]
