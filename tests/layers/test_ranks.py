"""Stacks of one and of three spatial axes through the layers that move elements, with the shapes that torch prints."""

from __future__ import annotations

import symconv as sc
from symconv import Layer, Network
from symconv.layers import (
    GRU,
    BatchNorm,
    ChannelShuffle,
    Concat,
    Conv,
    Flatten,
    Linear,
    MaxPool,
    Mean,
    Pad,
    ReLU,
    Reshape,
    Select,
    Slice,
    Split,
    Sub,
    Transpose,
    Unsqueeze,
    Upsample,
)


def stacked(net: Network, layers: dict[str, Layer]) -> Network:
    for name, layer in layers.items():
        net.add(name, layer)
    return net


def test_a_stack_of_one_spatial_axis() -> None:
    net = Network("speech")
    net.input("wave", "N", 1, "T")
    stacked(
        net,
        {
            "pad": Pad(((2, 1),)),
            "conv1": Conv(64, 8, 4),
            "norm": BatchNorm(),
            "relu": ReLU(),
            "pool": MaxPool(2),
            "shuffle": ChannelShuffle(4),
            "half": Split(2, 1),
            "conv2": Conv(32, 3, padding=1, groups=4, bias=False),
            "trim": Slice(2, 0, -1),
            "larger": Upsample(2),
            "time": Transpose((0, 2, 1)),
            "gru": GRU(16, last=True),
            "head": Linear(10),
        },
    )
    assert net.domain.least(sc.symbol("T")) == 17
    for t in (17, 100, 1001):
        first = (t + 3 - 8) // 4 + 1
        length = 2 * (first // 2 - 1)
        shape = tuple(net.substitute(T=t, N=3).tensor("time").shape)
        assert shape == (3, length, 32)
        macs = 8 * 64 * first + 3 * 8 * 32 * (first // 2) + length * 3 * 16 * (32 + 16) + 16 * 10
        assert net.evaluate("macs", T=t, N=3) == 3 * macs
    gru = 3 * 16 * (32 + 16) + 6 * 16
    assert net.evaluate("params") == 8 * 64 + 64 + 2 * 64 + 3 * 8 * 32 + gru + 16 * 10 + 10


def test_a_stack_of_three_spatial_axes() -> None:
    net = Network("video")
    net.input("clip", "N", 3, 16, "X", "X")
    net.add("conv1", Conv(64, (3, 7, 7), (1, 2, 2), (1, 3, 3), bias=False))
    net.add("next", Slice(2, 1), "conv1")
    net.add("before", Slice(2, 0, -1), "conv1")
    net.add("motion", Sub(), "next", "before")
    net.add("first", Select(2, 0), "conv1")
    net.add("first5", Unsqueeze(2), "first")
    net.add("all", Concat(2), "first5", "motion")
    assert net.tensor("all") == net.tensor("conv1")
    net.add("pool", MaxPool((2, 2, 2)))
    net.add("shuffle", ChannelShuffle(8))
    net.add("part", Split(4, 3))
    net.add("conv2", Conv(8, 3, padding=1))
    net.add("to", Upsample(mode="linear"), "conv2", "clip")
    net.add("mean", Mean((2, 3, 4)))
    net.add("head", Linear(400))
    assert str(net.tensor("motion")) == "N×64×15×⌈X/2⌉²"
    assert str(net.tensor("part")) == "N×16×8×⌊(X + 1)/4⌋²"
    assert str(net.tensor("to")) == "N×8×16×X²"
    assert net.evaluate("params") == 64 * 3 * 3 * 49 + 8 * 16 * 27 + 8 + 8 * 400 + 400
    x = 112
    assert net.evaluate("macs", X=x, N=2) == 2 * (
        64 * 3 * 3 * 49 * 16 * 56 * 56 + 8 * 16 * 27 * 8 * 28 * 28 + 8 * 400
    )  # fmt: skip
    assert net.node("motion").count["add"] == sc.product(sc.N, 64, 15, (sc.X + 1) // 2, (sc.X + 1) // 2)
    assert net.node("to").count["mul"] == sc.product(7 * 8 * 16, sc.N, sc.X, sc.X)


def test_positions_become_tokens_and_come_back() -> None:
    for extents in (("T",), ("H", "W"), ("Z", "H", "W")):
        net = Network("tokens")
        net.input("image", "N", 96, *extents)
        rank = len(extents)
        net.add("rows", Flatten(2))
        net.add("tokens", Transpose((0, 2, 1)))
        net.add("back", Transpose((0, 2, 1)))
        net.add("image2", Reshape((0, 0, *net.tensor("image").spatial)))
        assert net.output == net.tensor("image")
        assert net.tensor("tokens").rank == 3
        assert str(net.domain) == "everywhere"
        assert rank == len(net.output.spatial)
