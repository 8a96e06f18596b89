"""Preprocessing: arithmetic on features and images; augmentations, which do nothing in inference; lookups of words."""

from __future__ import annotations

from typing import Any

from symconv.layers import Identity, Pointwise
from symconv.readers.keras.call import Call
from symconv.readers.keras.inferring import opaque, shapes
from symconv.readers.keras.registry import counted, shape_only
from symconv.readers.keras.value import Value


@counted("1 mul, 1 add an element", "Rescaling")
def _rescaling(call: Call) -> Value:
    return call.pointwise("scale_and_shift", call.value())


@counted("1 sub, 1 div an element", "Normalization")
def _normalization(call: Call) -> Value:
    op, value = call.op, call.value()
    first, second = ("mul", "add") if op.invert else ("sub", "div")
    shape = getattr(op.mean, "shape", None)
    beside = (tuple(int(x) for x in shape),) if shape is not None else ((),)
    made = call.add(Pointwise(first, beside, value.dtype), value, weights=call.weights)
    return call.add(Pointwise(second, beside, value.dtype), made)


@shape_only("changes images in training only", *(
    "AugMix", "AutoContrast", "CutMix", "MixUp", "RandAugment", "RandomBrightness", "RandomColorDegeneration",
    "RandomColorJitter", "RandomContrast", "RandomElasticTransform", "RandomErasing", "RandomFlip",
    "RandomGaussianBlur", "RandomGrayscale", "RandomHue", "RandomInvert", "RandomPerspective", "RandomPosterization",
    "RandomRotation", "RandomSaturation", "RandomSharpness", "RandomShear", "RandomTranslation", "RandomZoom",
))  # fmt: skip
def _augmented(call: Call) -> Value:
    if call.kind == "AutoContrast":
        return opaque(call)  # type: ignore[no-any-return]
    return call.add(Identity(), call.value())


@shape_only("ids, words and numbers looked up in a table", "IntegerLookup", "StringLookup", "Hashing", "HashedCrossing",
            "Discretization", "TextVectorization", "CategoryEncoding")  # fmt: skip
def _looked_up(call: Call) -> Any:
    _, tensors = shapes(call)
    read = [v for v in call.values() if isinstance(v, Value)]
    return call.move("lookup", tensors[0].shape, *read, dtype=tensors[0].dtype)


@counted("its layers', one behind the other", "Pipeline")
def _pipeline(call: Call) -> Any:
    value: Any = call.value()
    for layer in call.op.layers:
        value = call.apply(layer, value)
    return value
