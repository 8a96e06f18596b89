"""Poolings: over a window, over everything, onto a grid; as layers, and as operations of keras.ops."""

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
from symconv.readers.keras.call import Call, each, once
from symconv.readers.keras.registry import OPS, counted
from symconv.readers.keras.value import Value

MAX = "K² − 1 max an output, padding taps counted"
AVERAGE = "K² − 1 add and 1 div an output, padding taps counted"
CELLS = "the taps of each cell of a grid, less one"


def _window(call: Call, cls: type[MaxPool] | type[AvgPool]) -> Value:
    op, image = call.op, call.value()
    kernel = each(op.pool_size, image.rank - 2)
    strides = kernel if op.strides is None else each(op.strides, image.rank - 2)
    return call.image(cls(once(kernel), once(strides), "same" if op.padding == "same" else 0), image)


@counted(MAX, "MaxPooling1D", "MaxPooling2D", "MaxPooling3D")
@counted(MAX, "MaxPool", domain=OPS)
def _max(call: Call) -> Value:
    return _window(call, MaxPool)


@counted(AVERAGE, "AveragePooling1D", "AveragePooling2D", "AveragePooling3D")
@counted(AVERAGE, "AveragePool", domain=OPS)
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


def _grid(call: Call, cls: type[AdaptiveMaxPool] | type[AdaptiveAvgPool]) -> Value:
    image = call.value()
    return call.image(cls(once(each(call.op.output_size, image.rank - 2))), image)


@counted(f"{CELLS}, and a division", *(f"AdaptiveAveragePooling{rank}D" for rank in (1, 2, 3)))
@counted(f"{CELLS}, and a division", "AdaptiveAveragePool", domain=OPS)
def _adaptive_average(call: Call) -> Value:
    return _grid(call, AdaptiveAvgPool)


@counted(CELLS, *(f"AdaptiveMaxPooling{rank}D" for rank in (1, 2, 3)))
@counted(CELLS, "AdaptiveMaxPool", domain=OPS)
def _adaptive_max(call: Call) -> Value:
    return _grid(call, AdaptiveMaxPool)
