"""Which elements of the input an output depends on, found by walking from outputs to inputs, tap by tap.

It reads the fields of the layers and nothing of what they say of their reach. Extents have no borders here: an output
at any j reads its whole window, as one in the middle of a large image does.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from math import ceil, floor
from typing import Any

from symconv import Network
from symconv.layers import AvgPool, Conv, ConvTranspose, Crop, MaxPool, Pad, Upsample
from symconv.network import Node
from symconv.verifying.loops.axis import same_padding, taps


def reads(net: Network, name: str, j: int, source: str | None = None) -> set[int]:
    """The positions along the first spatial axis of the input that the output at j of a node depends on."""
    start = source or next(iter(net.inputs))
    needed: dict[str, set[int]] = defaultdict(set)
    needed[net.last_of(name)].add(j)
    for node in reversed(net.nodes):
        for position in needed[node.name]:
            for feeding in _read_inputs(node):
                needed[net.last_of(feeding)] |= _through(node, position)
    return needed[start]


def _read_inputs(node: Node) -> tuple[str, ...]:
    """A crop to a second input's extents reads only the first."""
    return node.inputs[:1] if isinstance(node.layer, Crop) else node.inputs


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) else value


def _begin(amount: Any) -> int:
    return int(_first(_first(amount)))


def _through(node: Node, j: int) -> set[int]:
    layer = node.layer
    x = node.tensors[0].spatial[0]
    assert isinstance(x, int)
    match layer:
        case Conv() | MaxPool() | AvgPool():
            kernel, dilation = _first(layer.kernel), _first(getattr(layer, "dilation", 1))
            stride = _first(layer.kernel if layer.stride is None else layer.stride)
            same = layer.padding == "same"
            begin = same_padding(x, kernel, stride, dilation) // 2 if same else _begin(layer.padding)
            start = 0
            for _ in range(abs(j)):
                start += stride if j > 0 else -stride
            return {start - begin + tap for tap in taps(kernel, dilation)}
        case ConvTranspose():
            stride, landing = _first(layer.stride), j + _begin(layer.padding)
            landed = {landing - tap for tap in taps(_first(layer.kernel), _first(layer.dilation))}
            return {place // stride for place in landed if place % stride == 0}
        case Upsample(mode="nearest"):
            return {floor(j / Fraction(_first(layer.scale)))}
        case Upsample():
            middle = (j + Fraction(1, 2)) / Fraction(_first(layer.scale)) - Fraction(1, 2)
            return {floor(middle), ceil(middle)}
        case Pad():
            return {j - _begin(layer.amount)}
        case Crop(amount=None):
            m = node.tensors[1].spatial[0]
            assert isinstance(m, int)
            return {j + (x - m) // 2}
        case Crop():
            return {j + _begin(layer.amount)}
    return {j}
