"""Layers that change the shape: views, pads, crops, repetitions, upsampling."""

from __future__ import annotations

from symconv.extent import Size
from symconv.layers import Crop, Flatten, Pad, Reshape, Transpose, Upsample
from symconv.layers.channels_last import turned
from symconv.readers.keras.call import Call, once, whole
from symconv.readers.keras.registry import counted, shape_only
from symconv.readers.keras.rules.images import resampled
from symconv.readers.keras.value import Value


@shape_only("the same elements in one axis", "Flatten")
def _flatten(call: Call) -> Value:
    value = call.value()
    if value.rank == 1:
        return call.look("flatten", (value.shape[0], 1), value)
    if call.op.data_format == "channels_first" and value.rank > 2:
        value = call.add(Transpose((0, *range(2, value.rank), 1)), value, part="turned")
    return call.add(Flatten(), value)


@shape_only("the same elements in another shape", "Reshape")
def _reshape(call: Call) -> Value:
    value = call.value()
    return reshaped(call, value, (value.shape[0], *(whole(x) for x in call.op.target_shape)))


def reshaped(call: Call, value: Value, target: tuple[Size, ...]) -> Value:
    """A reshape, where −1 stands for the extent that follows from the others."""
    if not target:
        return call.look("reshape", (), value)
    return call.add(Reshape(target), value)


@shape_only("the axes in another order", "Permute")
def _permute(call: Call) -> Value:
    return call.add(Transpose((0, *(int(i) for i in call.op.dims))), call.value())


@shape_only("copies along a new axis", "RepeatVector")
def _repeat_vector(call: Call) -> Value:
    value = call.value()
    return call.move("repeat", (value.shape[0], call.op.n, *value.shape[1:]), value)


@shape_only("zeros around the image", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D")
def _pad(call: Call) -> Value:
    return call.add(turned(Pad(_sides(call.op.padding)), call.get("data_format") != "channels_first"), call.value())


@shape_only("the sides of the image taken off", "Cropping1D", "Cropping2D", "Cropping3D")
def _crop(call: Call) -> Value:
    return call.add(turned(Crop(_sides(call.op.cropping)), call.get("data_format") != "channels_first"), call.value())


def _sides(given: tuple[object, ...]) -> tuple[tuple[int, int], ...]:
    """A begin and an end for each axis; those of one axis stand by themselves in Keras."""
    if all(isinstance(x, int) for x in given):
        return (tuple(given),)  # type: ignore[return-value]
    return tuple(tuple(side) for side in given)  # type: ignore[arg-type, misc]


@counted("nearest: none, a copy; bilinear: 3 interpolations an output, each 2 adds and a mul", "UpSampling1D",
         "UpSampling2D", "UpSampling3D")  # fmt: skip
def _upsample(call: Call) -> Value:
    op, value = call.op, call.value()
    size = op.size if isinstance(op.size, tuple | list) else (op.size,)
    mode = getattr(op, "interpolation", "nearest")
    last = call.get("data_format") != "channels_first"
    if mode in ("nearest", "bilinear"):
        layer = Upsample(once(size), mode="nearest" if mode == "nearest" else "linear")
        return call.add(turned(layer, last), value)
    first = 1 if last else 2
    shape = list(value.shape)
    shape[first : first + len(size)] = [s * x for s, x in zip(size, shape[first:])]
    return resampled(call, value, tuple(shape), mode)
