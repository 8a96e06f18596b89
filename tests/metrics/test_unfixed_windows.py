"""Receptive fields that have no window, or one only here and there: behind blocks, steps below 1 and long periods."""

from __future__ import annotations

from fractions import Fraction

import pytest

import symconv as sc
from metrics.dependency import reads
from symconv import Layer, Network
from symconv.layers import Add, Concat, Conv, ConvTranspose, GlobalAvgPool, MaxPool, ReLU, Upsample
from symconv.metrics import ReceptiveField, receptive_field


def line(*layers: Layer, x: int | str = 4000) -> Network:
    net = Network("line")
    net.input("input", 1, 1, x)
    for i, one in enumerate(layers):
        net.add(f"layer{i}", one)
    return net


def walked(net: Network, name: str, outputs: range, stride: Fraction | int) -> tuple[int, Fraction]:
    """The most elements from first to last that an output reads, and the padding, of some outputs in a row."""
    read = {j: reads(net, name, j) for j in outputs}
    bounds = {j: (min(r), max(r)) for j, r in read.items() if r}
    return max(z - a + 1 for a, z in bounds.values()), max(stride * j - a for j, (a, _) in bounds.items())


def test_a_block_of_another_input_reads_nothing_of_the_one_that_is_asked_for():
    net = Network("two")
    net.input("left", 1, 1, 400)
    net.input("right", 1, 1, 400)
    net.repeat("block", net.symbol("n", "count"), lambda i: net.add("conv", Conv(1, 3, padding=1)), "right")
    assert receptive_field(net, "block", "left") is None
    (field,) = receptive_field(net, "block", "right") or (None,)
    assert field is not None
    assert sc.evaluate(field.size, n=4) == 9


@pytest.mark.parametrize("where", ["before", "inside"])
def test_behind_a_layer_that_reads_everything_no_round_has_a_window(where):
    net = line(Conv(1, 3, padding=1))
    if where == "before":
        net.add("all", GlobalAvgPool())

    def body(i: object) -> str:
        if where == "inside":
            net.add("all", sc.layers.Softmax(-1))
        return net.add("conv", Conv(1, 3, padding=1))

    net.repeat("block", net.symbol("n", "count"), body)
    net.add("after", ReLU())
    assert [receptive_field(net, name) for name in ("block", "block/i/conv", "after")] == [None] * 3
    assert receptive_field(net, "layer0") == (ReceptiveField(3, 1, 1),)


def test_ten_thousand_rounds_of_one_step_need_no_writing_out():
    net = line(x=40_000)
    net.repeat("block", 10_001, lambda i: net.add("conv", Conv(1, 3)))
    assert receptive_field(net, "block") == (ReceptiveField(2 * 10_001 + 1, 1, 0),)


@pytest.mark.parametrize(("kernel", "stride"), [(1, 2), (1, 3), (2, 3)])
def test_between_the_taps_of_a_transposed_convolution_nothing_is_read(kernel, stride):
    """A window behind the gaps reads what the taps inside of it read, and so does one that begins in a gap."""
    for layers in (
        [ConvTranspose(1, kernel, stride)],
        [ConvTranspose(1, kernel, stride), Conv(1, 2)],
        [ConvTranspose(1, kernel, stride), Conv(1, stride, stride)],
        [ConvTranspose(1, kernel, stride), ConvTranspose(1, kernel, stride)],
    ):
        net = line(*layers, x=40)
        name = f"layer{len(layers) - 1}"
        (field,) = receptive_field(net, name) or (None,)
        assert field is not None
        period = stride ** len(layers)
        assert (field.size, field.padding) == walked(net, name, range(period, 4 * period), field.stride)


def test_paths_of_different_periods_and_one_stride_are_covered_together():
    net = line(x=60)
    net.add("up", Upsample(2), "input")
    net.add("narrow", Conv(1, 3, 2, 1), "up")
    net.add("up3", Upsample(3), "input")
    net.add("narrow3", Conv(1, 5, 3, 2), "up3")
    net.add("add", Add(), "narrow", "narrow3")
    (field,) = receptive_field(net, "add") or (None,)
    assert field is not None
    assert field.stride == 1
    assert (field.size, field.padding) == walked(net, "add", range(6, 20), 1)


def test_paths_whose_periods_meet_late_have_no_window():
    net = line(x=5000)
    ways = []
    for p in (67, 71):
        net.add(f"up{p}", Upsample(Fraction(p + 1, p), mode="linear"), "input")
        ways.append(net.add(f"down{p}", Upsample(Fraction(p, p + 1), mode="linear")))
    sizes = {net.tensor(name).shape for name in ways}
    assert len(sizes) == 1
    net.add("concat", Concat(1), *ways)
    for p, name in zip((67, 71), ways, strict=True):
        (field,) = receptive_field(net, name) or (None,)
        assert field is not None
        assert (field.size, field.padding) == walked(net, name, range(p, 3 * p), 1)
    assert receptive_field(net, "concat") is None


def test_a_step_below_1_behind_a_window_in_symbols_has_the_size_of_that_window():
    net = line(x="X")
    net.add("conv", Conv(1, sc.K, padding=0), "input")
    net.add("up", Upsample(2))
    (field,) = receptive_field(net, "up") or (None,)
    assert field is not None
    for k in (1, 2, 5):
        there = net.substitute(X=80, K=k)
        assert (sc.evaluate(field.size, K=k), field.padding) == walked(there, "up", range(6, 12), field.stride)


def test_a_symbolic_stride_behind_an_upsampling_has_no_window():
    net = line(Upsample(2), x="X")
    net.add("conv", Conv(1, 1, sc.S), "layer0")
    assert receptive_field(net, "conv") is None
    net.add("wide", Conv(1, sc.K), "layer0")
    assert receptive_field(net, "wide") is None
    net.add("pool", MaxPool(2, 2), "layer0")
    assert receptive_field(net, "pool") == (ReceptiveField(1, 1, 0),)
