"""Poolings: over a window, over everything, onto a grid."""

from __future__ import annotations

from symconv.layer import Layer
from symconv.layers import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool,
    Mean,
    Reduce,
)
from symconv.readers.keras.call import Call, once
from symconv.readers.keras.registry import counted
from symconv.readers.keras.value import Value


def _window(call: Call, cls: type[MaxPool] | type[AvgPool]) -> Value:
    op = call.op
    padding = "same" if op.padding == "same" else 0
    return call.image(cls(once(op.pool_size), once(op.strides), padding), call.value())


@counted("K² − 1 max an output, padding taps counted", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D")
def _max(call: Call) -> Value:
    return _window(call, MaxPool)


@counted("K² − 1 add and 1 div an output, padding taps counted", "AveragePooling1D", "AveragePooling2D",
         "AveragePooling3D")  # fmt: skip
def _average(call: Call) -> Value:
    return _window(call, AvgPool)


def _everything(call: Call, kept: Layer, gone: Layer) -> Value:
    """A pooling whose output has extents of 1, or no such axes."""
    return call.image(kept, call.value()) if call.op.keepdims else call.add(gone, call.value())


def _positions(call: Call) -> tuple[int, ...]:
    rank = call.value().rank
    return tuple(range(1, rank - 1)) if call.last else tuple(range(2, rank))


@counted("X² − 1 add and 1 div a channel", "GlobalAveragePooling1D", "GlobalAveragePooling2D",
         "GlobalAveragePooling3D")  # fmt: skip
def _global_average(call: Call) -> Value:
    return _everything(call, GlobalAvgPool(), Mean(_positions(call)))


@counted("X² − 1 max a channel", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D")
def _global_max(call: Call) -> Value:
    return _everything(call, GlobalMaxPool(), Reduce("max", _positions(call)))


@counted("the taps of each cell of a grid, less one, and a division", "AdaptiveAveragePooling1D",
         "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D")  # fmt: skip
def _adaptive_average(call: Call) -> Value:
    return call.image(AdaptiveAvgPool(once(call.op.output_size)), call.value())


@counted("the taps of each cell of a grid, less one", "AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D",
         "AdaptiveMaxPooling3D")  # fmt: skip
def _adaptive_max(call: Call) -> Value:
    return call.image(AdaptiveMaxPool(once(call.op.output_size)), call.value())
