"""Resizing and reading between elements; transforms to frequencies."""

from __future__ import annotations

from typing import Any

from symconv.condition import at_least, equal
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.extent import Extent, Size
from symconv.layers import Resample
from symconv.readers.onnx import value as v
from symconv.readers.onnx.operator import Operator
from symconv.readers.onnx.registry import counted, unknown
from symconv.readers.onnx.rules.shaping import matched
from symconv.readers.onnx.rules.sources import shape_from
from symconv.readers.onnx.value import Value
from symconv.rounding import floor

BLENDED = "nearest: none; linear over r axes: 2ʳ − 1 interpolations; cubic: 4ʳ taps an output"


def _mode(op: Operator, default: str = "nearest") -> str:
    word = op.word("mode", default).lower()
    return {"bilinear": "linear", "bicubic": "cubic", "trilinear": "linear"}.get(word, word)


def _resized(op: Operator, shape: tuple[Size, ...], made: tuple[Size, ...]) -> Value:
    axes = sum(a != b for a, b in zip(shape, made))
    x = op.value(0)
    if not x.node:
        return op.move("resize", made, x)
    return op.add(Resample(_mode(op), made, axes), x, dtype=x.dtype)


def scaled(op: Operator, extent: Size, scale: Any) -> Size:
    """⌊extent·scale⌋, the scale a float32 with which the runtime multiplies in float32."""
    if scale == 1.0:
        return extent
    if isinstance(extent, int) and isinstance(scale, float):
        import numpy as np

        return int(np.float32(scale) * np.float32(extent))
    found = v.round_down(v.multiply(v.to_float(extent), scale))
    if not isinstance(found, int | Extent):
        return op.free("dim")
    require(at_least(found, 1), "an output of at least 1")
    return found


@counted(f"as Resize: {BLENDED}", "Upsample")
def _upsample(op: Operator) -> Value:
    shape = op.shape(0)
    scales: Any = op.attribute("scales")
    if scales is None and op.has("height_scale"):
        scales = (1.0, 1.0, op.attribute("height_scale"), op.attribute("width_scale"))
    if scales is None:
        scales = op.data(1)
    if scales is None:
        return _resized(op, shape, tuple(op.free(f"dim{i}") for i in range(len(shape))))
    if len(scales) != len(shape):
        raise ShapeError(f"{len(scales)} scales for {len(shape)} axes")
    return _resized(op, shape, tuple(scaled(op, x, s) for x, s in zip(shape, scales)))


@counted(BLENDED, "Resize")
def _resize(op: Operator) -> Value:
    shape = op.shape(0)
    if op.version < 11:
        scales, sizes = op.data(1), None
        scale_given = op.given(1)
    else:
        scales, scale_given = op.data(2), op.given(2)
        sizes = op.given(3)
    axes = [op.place(a, len(shape)) for a in op.integers("axes", tuple(range(len(shape))))]
    made = list(shape)
    if sizes is not None and not (sizes.data is not None and not sizes.elements):
        wanted = shape_from(op, 3)
        if len(wanted) != len(axes):
            raise ShapeError(f"{len(wanted)} sizes for {len(axes)} axes")
        wanted = _kept_in_proportion(op, shape, axes, wanted)
        for axis, size in zip(axes, wanted):
            own = shape[axis]
            baked = op.reader.was(own, size)
            made[axis] = own if baked else op.meant(size, axis - len(shape))
            if baked:
                op.reader.read_again(op.name, own, size)
        return _resized(op, shape, tuple(made))
    if scales is None or scale_given is None or any(s is None for s in scales):
        for axis in axes:
            made[axis] = op.free(f"dim{axis}")
        return _resized(op, shape, tuple(made))
    if len(scales) != len(axes):
        raise ShapeError(f"{len(scales)} scales for {len(axes)} axes")
    if op.word("coordinate_transformation_mode") == "tf_crop_and_resize" and op.data(1):
        return _resized(op, shape, tuple(_cropped(op, shape, axes, scales)))
    for axis, scale in zip(axes, scales):
        made[axis] = scaled(op, shape[axis], scale)
    return _resized(op, shape, tuple(made))


def _cropped(op: Operator, shape: tuple[Size, ...], axes: list[int], scales: list[Any]) -> list[Size]:
    roi = op.data(1) or []
    made = list(shape)
    for k, (axis, scale) in enumerate(zip(axes, scales)):
        extent = shape[axis]
        if not isinstance(extent, int) or not isinstance(scale, float) or len(roi) != 2 * len(axes):
            made[axis] = op.free(f"dim{axis}")
        else:
            made[axis] = int(extent * (roi[k + len(axes)] - roi[k]) * scale)
    return made


def _kept_in_proportion(
    op: Operator, shape: tuple[Size, ...], axes: list[int], wanted: tuple[Size, ...]
) -> tuple[Size, ...]:
    policy = op.word("keep_aspect_ratio_policy", "stretch")
    if policy == "stretch":
        return wanted
    own = [shape[a] for a in axes]
    if not all(isinstance(x, int) for x in (*own, *wanted)):
        return tuple(op.free(f"dim{a}") for a in axes)
    ratios = [(w, x) for w, x in zip(wanted, own) if isinstance(w, int) and isinstance(x, int)]
    choose = min if policy == "not_larger" else max
    over, under = choose(ratios, key=lambda r: r[0] / r[1])
    return tuple((2 * over * x + under) // (2 * under) for _, x in ratios)


@counted("nearest: none; linear: 2ʳ − 1 interpolations; cubic: 4ʳ taps an output", "GridSample")
def _grid_sample(op: Operator) -> Value:
    shape, grid = op.shape(0), op.shape(1)
    require(equal(grid[-1], len(grid) - 2), "a place on the image for each of the grid")
    matched(op, shape[:1], grid[:1])
    made = (*shape[:2], *grid[1:-1])
    layer = Resample(_mode(op, "linear"), made, len(made) - 2)
    return op.add(layer, *(x for x in (op.value(0), op.value(1)) if x.node), dtype=op.value(0).dtype)


@counted("r·(r + 1) macs a place of the grid, for r axes", "AffineGrid")
def _affine_grid(op: Operator) -> Value:
    from symconv.layers import Product

    size = shape_from(op, 1)
    batch, image = size[0], size[2:]
    rank = len(image)
    places: Size = op.reader.product(image)
    theta = op.value(0)
    matched(op, (batch, rank, rank + 1), op.shape_of(theta))
    layer = Product(left=(1, places, rank + 1), transpose_right=True)
    made = (
        op.add(layer, *([theta] if theta.node else []), dtype=theta.dtype)
        if theta.node
        else op.constant((batch, places, rank), theta.dtype, theta)
    )
    return op.look("reshape", (batch, *image, rank), made)


def _half(x: Size) -> Size:
    return floor(x, 2) + 1


@unknown("a Fourier transform: how it is computed, by sums or by halving, is up to the runtime", "DFT")
def _dft(op: Operator) -> Value:
    shape = list(op.shape(0))
    onesided, inverse = bool(op.integer("onesided")), bool(op.integer("inverse"))
    if op.version < 20:
        axis = op.place(op.integer("axis", 1), len(shape))
    else:
        given = op.data(2)
        if given and not isinstance(given[0], int):
            parts = 1 if onesided and inverse else 2
            return op.unknown((*(op.free(f"dim{i}") for i in range(len(shape) - 1)), parts), op.value(0))
        axis = op.place(given[0] if given else -2, len(shape))
    length = op.data(1)
    size: Size = (
        length[0] if length and length[0] is not None else shape[axis] if op.given(1) is None else op.free("dim")
    )
    if inverse and onesided:
        shape[axis] = size if length else 2 * (shape[axis] - 1)
        shape[-1] = 1
    else:
        shape[axis] = _half(size) if onesided else size
        shape[-1] = 2
    return op.unknown(tuple(shape), op.value(0))


@unknown("Fourier transforms of frames: how they are computed is up to the runtime", "STFT")
def _stft(op: Operator) -> Value:
    shape, step, window, frame = op.shape(0), op.data(1), op.given(2), op.data(3)
    length = frame[0] if frame else op.shape_of(window)[0] if window is not None else op.free("frame")
    hop = step[0] if step and step[0] is not None else op.free("step")
    if isinstance(hop, Extent) or length is None:
        frames: Size = op.free("frames")
    else:
        require(at_least(shape[1], length), "a signal of a frame at least")
        frames = floor(shape[1] - length, hop) + 1
    bins = _half(length) if op.integer("onesided", 1) else length
    return op.unknown((shape[0], frames, bins, 2), op.value(0), *(i for i in op.inputs[2:3] if i is not None))
