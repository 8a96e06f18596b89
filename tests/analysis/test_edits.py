"""Edits against networks that are built by hand, and against counts of their own."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symconv as sc
from symconv.analysis.edits import whatif
from symconv.cost import Cost, cost_symbols, evaluate_cost
from symconv.errors import NetworkError, ShapeError, SymconvError
from symconv.layers import Add, Conv, DepthwiseConv, Flatten, Linear, MaxPool, ReLU


def small(k1: int = 3, s1: int = 1, k2: int = 3, g2: int = 1, c: int = 8, p2: int = 1) -> sc.Network:
    net = sc.Network("small")
    net.input("image", "N", 4, "H", "W")
    net.add("stage1/conv1", Conv(8, k1, s1, 1))
    net.add("stage1/relu", ReLU())
    net.add("stage2/conv2", Conv(c, k2, 1, p2, groups=g2, bias=False))
    net.add("stage2/pool", MaxPool(2))
    return net


def at(cost: Cost, **values: int) -> Any:
    known = {s: values[s.name] for s in cost_symbols(cost)}
    return evaluate_cost(cost, known)


METRICS = ("macs", "params", "activations", "full")
PLACES = [{"N": 2, "H": 17, "W": 23}, {"N": 1, "H": 8, "W": 31}]


@settings(max_examples=60)
@given(
    st.integers(1, 5), st.integers(1, 3), st.integers(1, 4), st.sampled_from([1, 2, 4, 8]), st.sampled_from([8, 16, 24])
)
def test_an_edited_network_is_the_one_built_so(k1: int, s1: int, k2: int, g2: int, c: int) -> None:
    edited = whatif(
        small(),
        {
            "conv1.kernel": k1,
            "stage1/*.stride": s1,
            "conv2.kernel": str(k2),
            "stage2/conv2.groups": g2,
            "c*2.channels": c,
        },
    )
    built = small(k1, s1, k2, g2, c)
    for metric in METRICS:
        assert edited.after.cost(metric) == built.cost(metric)
        for place in PLACES:
            before, after = at(small().cost(metric), **place), at(built.cost(metric), **place)
            assert at(edited.difference(metric), **place) == after - before
    assert str(edited.after.domain) == str(built.domain)
    assert edited.after.output == built.output


def test_a_new_symbol_stands_for_every_value() -> None:
    freed = whatif(sc.load("vgg16"), {"conv*.kernel": "K", "conv*.padding": "(K-1)/2"})
    assert len(freed.edited) == 13
    for k in (1, 3, 5, 7):
        one = whatif(sc.load("vgg16"), {"conv*.kernel": k, "conv*.padding": (k - 1) // 2}) if k != 3 else None
        for metric in ("macs", "params"):
            wanted = (one.after if one else sc.load("vgg16")).evaluate(metric, X=97, N=2)
            assert freed.after.evaluate(metric, X=97, N=2, K=k) == wanted
    with pytest.raises(SymconvError):
        freed.after.evaluate("macs", X=97, N=2, K=4)  # (K − 1)/2 is none


def test_without_the_padding_the_sizes_change() -> None:
    freed = whatif(sc.load("vgg16"), {"conv*.kernel": "K"})
    assert freed.after.evaluate("macs", X=224, N=1, K=3) == sc.load("vgg16").evaluate("macs", X=224, N=1)
    assert freed.after.node("stage1/conv1").out.shape[2] == freed.after.symbols["X"] - freed.after.symbols["K"] + 3


def separable_by_hand() -> sc.Network:
    net = sc.Network("small")
    net.input("image", "N", 4, "H", "W")
    net.add("a", DepthwiseConv(3, 1, 1, 1, 1, False))
    net.add("b", Conv(8, 1))
    net.add("relu", ReLU())
    net.add("c", DepthwiseConv(3, 1, 1, 1, 1, False))
    net.add("d", Conv(8, 1, bias=False))
    net.add("pool", MaxPool(2))
    return net


def test_separable_is_a_depthwise_and_a_pointwise_convolution() -> None:
    found = whatif(small(), separable="*")
    assert [n.name for n in found.after.nodes] == [
        *("stage1/conv1_depthwise", "stage1/conv1", "stage1/relu"),
        *("stage2/conv2_depthwise", "stage2/conv2", "stage2/pool"),
    ]
    for metric in ("macs", "params", "activations"):
        assert found.after.cost(metric) == separable_by_hand().cost(metric)


def test_the_ratio_of_the_mobilenet_paper() -> None:
    """Depthwise-separable over standard is 1/C_out + 1/K²."""
    for k, c_in, c_out in ((3, 16, 32), (5, 7, 11), (7, 64, 64)):
        net = sc.Network("one")
        net.input("image", "N", c_in, "X", "X")
        net.add("conv", Conv(c_out, k, 1, k // 2))
        found = whatif(net, separable="conv")
        before, after = (at(n.cost("macs"), N=1, X=13) for n in (found.before, found.after))
        assert Fraction(after, before) == Fraction(1, c_out) + Fraction(1, k * k)


@pytest.mark.parametrize("name", ["vgg16", "alexnet", "resnet18", "resnet50", "densenet121", "squeezenet1_1"])
def test_separable_bundled_networks_by_a_count_of_their_own(name: str) -> None:
    net = sc.load(name)
    found = whatif(net, separable="*")
    x, n = 227, 2
    macs = Fraction(0)
    params = 0
    for node in found.before.unrolled().nodes:
        layer = node.layer
        if not isinstance(layer, Conv) or layer.groups != 1:
            continue
        kernel = layer.kernel if isinstance(layer.kernel, tuple) else (layer.kernel, layer.kernel)
        taps = kernel[0] * kernel[1]
        if taps > 1:
            c_in, c_out = node.tensors[0].channels, layer.channels
            own = Fraction(at(node.count.operations["mac"], N=n, X=x))
            macs += own * (Fraction(1, c_out) + Fraction(1, taps)) - own
            params += c_in * taps + c_in * c_out - taps * c_in * c_out
    assert at(found.difference("macs"), N=n, X=x) == macs
    assert at(found.difference("params")) == params


def test_a_shape_that_goes_from_round_to_round_has_its_rounds_by_themselves() -> None:
    folded = sc.load("resnet50")
    found = whatif(folded, {"stem/conv1/conv.stride": 1})
    for size in (32, 65, 224):
        hand = whatif(sc.load("resnet50").unrolled(), {"stem/conv1/conv.stride": 1})
        assert found.after.evaluate("macs", X=size, N=1) == hand.after.evaluate("macs", X=size, N=1)
    same = whatif(folded, {"layer4/*/conv2/conv.kernel": 5, "layer4/*/conv2/conv.padding": 2})
    assert len(same.before.nodes) == len(folded.nodes)  # nothing of that changes a shape
    assert at(same.difference("params")) == 3 * 512 * 512 * (25 - 9)


def test_shapes_that_do_not_fit_any_more_are_said() -> None:
    net = sc.Network("fork")
    net.input("image", "N", 4, "X", "X")
    net.add("conv", Conv(4, 3, 1, 1))
    net.add("add", Add(), "conv", "image")
    with pytest.raises(ShapeError, match="add"):
        whatif(net, {"conv.channels": 5})
    freed = whatif(net, {"conv.padding": "P"})
    assert "P = 1" in str(freed.after.domain) or "P" in str(freed.after.domain)


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"conv*.kernl": 3}, ShapeError, "did you mean kernel"),
        ({"cnv.kernel": 3}, NetworkError, "no layer of vgg16 is called cnv"),
        ({"conv*.kernel": "3+"}, ShapeError, "kernel='3\\+'"),
        ({"conv*.kernel": 0}, ShapeError, "from 1 on"),
        ({"conv*.bias": "maybe"}, ShapeError, "boolean"),
        ({"relu.kernel": 3}, ShapeError, "its fields are none"),
        ({"kernel": 3}, SymconvError, "a layer and its field"),
        ({"conv1.groups": 7}, ShapeError, "groups divide"),
        ({}, SymconvError, "nothing is edited"),
    ],
)
def test_bad_input(changes: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        whatif(sc.load("vgg16"), changes)


def test_nothing_to_take_apart_is_said() -> None:
    with pytest.raises(ShapeError, match="no layer that fc1 names is a K×K convolution"):
        whatif(sc.load("alexnet"), separable="fc1")


def test_linear_and_flatten() -> None:
    net = sc.Network("head")
    net.input("image", "N", 4, 6, 6)
    net.add("flatten", Flatten())
    net.add("fc", Linear(10))
    assert at(whatif(net, {"fc.channels": "C_out"}).after.cost("params"), C_out=7) == 7 * 144 + 7
