"""Images resized, cropped, taken apart: layers of preprocessing and operations of keras.ops.image."""

from __future__ import annotations

from symconv.condition import at_least
from symconv.domain import require
from symconv.extent import Size
from symconv.layers import Einsum, Resample
from symconv.readers.keras.call import Call, whole
from symconv.readers.keras.registry import OPS, counted, shape_only
from symconv.readers.keras.value import Value

_MODES = {"nearest": "nearest", "bilinear": "linear", "bicubic": "cubic"}


def resampled(call: Call, value: Value, shape: tuple[Size, ...], mode: str) -> Value:
    """An image read between its elements; of a mode that has other windows the work is a named unknown."""
    if mode not in _MODES:
        return call.unknown(shape, value, what=f"{call.kind} {mode}")
    return call.add(Resample(_MODES[mode], shape, 2), value)


def _resized(call: Call, height: Size, width: Size, mode: str) -> Value:
    value = call.value()
    if call.get("crop_to_aspect_ratio") or call.get("pad_to_aspect_ratio"):
        call.reader.note(call.name, "resizing that keeps the aspect ratio is counted as one of the whole image")
    *batch, first, _, last = value.shape
    shape = (*batch, height, width, last) if call.last else (*batch, first, height, width)
    return resampled(call, value, shape, mode)


@counted("nearest: none; bilinear: 3 interpolations an output; bicubic: 16 taps", "Resizing")
def _resizing(call: Call) -> Value:
    return _resized(call, call.op.height, call.op.width, str(call.op.interpolation))


@counted("nearest: none; bilinear: 3 interpolations an output; bicubic: 16 taps", "Resize", domain=OPS)
def _resize(call: Call) -> Value:
    height, width = (whole(x) for x in call.op.size)
    return _resized(call, height, width, str(call.op.interpolation))


@shape_only("the middle of the image; of a smaller one a resize", "CenterCrop")
def _center(call: Call) -> Value:
    value, op = call.value(), call.op
    *batch, a, b, c = value.shape
    sides = (a, b) if call.last else (b, c)
    for side, wanted in zip(sides, (op.height, op.width)):
        require(at_least(side, wanted), "an image that is cropped, not resized")
    shape = (*batch, op.height, op.width, c) if call.last else (*batch, a, op.height, op.width)
    return call.look("crop", shape, value)


@counted("3 mul, 2 add a position", "RGBToGrayscale", domain=OPS)
def _gray(call: Call) -> Value:
    value = call.value()
    shape = (*value.shape[:-1], 1) if call.last else (*value.shape[:-3], 1, *value.shape[-2:])
    letters = "abcdefgh"[: value.rank]
    axis = value.rank - 1 if call.last else value.rank - 3
    weighed = call.pointwise("mul", value, 1.0)
    summed = call.add(Einsum(f"{letters}->{letters.replace(letters[axis], '')}"), weighed)
    return call.look("expand", shape, summed)
