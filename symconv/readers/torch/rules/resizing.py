"""Resizing by copies and by interpolation."""

from __future__ import annotations

import math
from collections.abc import Callable

from symconv.condition import at_least, divides
from symconv.domain import require
from symconv.extent import Extent, Size
from symconv.layers import PixelShuffle, PixelUnshuffle, Resample
from symconv.readers.torch.held import Held
from symconv.readers.torch.operator import Operator
from symconv.readers.torch.registry import counted, shape_only
from symconv.readers.torch.shadow import Ratio, shadow, size_in
from symconv.rounding import floor


def _resized(op: Operator, x: Held, rank: int) -> tuple[Size, ...]:
    """The extents of the output, said or by factors."""
    given = op.get("output_size")
    if given is not None:
        sizes = op.sizes("output_size")
    else:
        factors = op.get("scale_factors") or [op.get(f"scales_{a}", "scales") for a in "dhw"[-rank:]]
        sizes = tuple(scaled(op, n, f) for n, f in zip(x.shape[-rank:], factors))
    for n in sizes:
        if isinstance(n, Extent):
            require(at_least(n, 1), "an extent of at least 1 to resize to")
    return (*x.shape[:-rank], *sizes)


def scaled(op: Operator, n: Size, factor: float) -> Size:
    """⌊n·factor⌋ as floats have it."""
    path = op.tracer.path
    product = Ratio.of(shadow(n, path), path)
    assert product is not None
    return size_in(math.floor(product * factor))


def _resize(mode: str) -> Callable[[Operator], Held]:
    def run(op: Operator) -> Held:
        x, rank = op.tensor("input", "self"), int(next(c for c in op.name if c.isdigit()))
        shape = _resized(op, x, rank)
        if x.new:
            return op.fresh(shape)
        return op.add(Resample(mode, shape, rank), op.node_of(x))

    return run


_NEAREST = (f"{name}{rank}d" for name in ("upsample_nearest", "_upsample_nearest_exact") for rank in (1, 2, 3))
_EACH = "each 2 add and a mul"

shape_only("copies", *_NEAREST)(_resize("nearest"))
counted("an interpolation an output: 2 add and a mul", "upsample_linear1d")(_resize("linear"))
counted(f"3 interpolations an output, {_EACH}", "upsample_bilinear2d", "_upsample_bilinear2d_aa")(_resize("linear"))
counted(f"7 interpolations an output, {_EACH}", "upsample_trilinear3d")(_resize("linear"))
counted("16 taps an output, a mul and an add each", "upsample_bicubic2d", "_upsample_bicubic2d_aa")(_resize("cubic"))


@counted("3 interpolations an output, each 2 add and a mul", "grid_sampler", "grid_sampler_2d", "grid_sampler_3d")
def _grid_sampler(op: Operator) -> Held:
    x, grid = op.tensor("input"), op.tensor("grid")
    op.same(x.shape[0], grid.shape[0], "a grid for each sample")
    shape = (*x.shape[:2], *grid.shape[1:-1])
    mode = {0: "linear", 1: "nearest", 2: "cubic"}[op.get("interpolation_mode", default=0)]
    return op.add(Resample(mode, shape, len(x.shape) - 2), op.node_of(x), *([] if grid.constant else [grid]))


@counted("a mul and an add a coordinate for each axis of the image", "affine_grid_generator")
def _affine_grid(op: Operator) -> Held:
    theta = op.tensor("theta")
    n, _, *image = op.sizes("size")
    made = op.move("grid", (n, *image, len(image)), theta)
    for _ in image if not made.constant else ():
        made = op.pointwise("scale_and_shift", made)
    return made


@shape_only("channels put beside one another", "pixel_shuffle", "pixel_unshuffle")
def _pixel_shuffle(op: Operator) -> Held:
    x = op.tensor("self")
    r = op.get("upscale_factor", "downscale_factor")
    layer = PixelShuffle(r) if op.name == "pixel_shuffle" else PixelUnshuffle(r)
    own = op.node_of(x)
    if len(x.shape) == 4:
        return op.add(layer, own)
    *leading, c, h, w = x.shape
    if op.name == "pixel_shuffle":
        require(divides(r * r, c), "channels of whole squares")
        shape = (*leading, floor(c, r * r, exact=True), h * r, w * r)
    else:
        for n in (h, w):
            require(divides(r, n), "an image of whole squares")
        shape = (*leading, c * r * r, floor(h, r, exact=True), floor(w, r, exact=True))
    return op.look(op.name, shape, own)


@shape_only("channels in another order", "channel_shuffle", "native_channel_shuffle")
def _channel_shuffle(op: Operator) -> Held:
    x = op.tensor("self", "input")
    return op.move("channel_shuffle", x.shape, x)
