"""Weights, buffers and multiply–accumulates of whole networks against torchvision's measured figures."""

from __future__ import annotations

import pytest
from networks import TORCHVISION, TRUTH, vgg

import symconv as sc
from symconv import Layer, Network, Parameter, Tensor, layer
from symconv.errors import DomainError
from symconv.layer import FROZEN, LAYERS
from symconv.layers import Conv, Linear

MEASURED = [(name, at) for name in TORCHVISION for at in TRUTH[name]["at"]]


def values(at: str) -> dict[str, int]:
    """`X=224,N=1` as a mapping."""
    return {name: int(number) for name, number in (pair.split("=") for pair in at.split(","))}


@pytest.mark.parametrize("name", TORCHVISION)
def test_params_and_buffers_are_torchvision_s(name: str) -> None:
    net = TORCHVISION[name]()
    assert net.cost("params") == TRUTH[name]["params"]
    assert net.cost("buffers") == TRUTH[name]["buffers"]
    assert not net.cost("frozen")


@pytest.mark.parametrize(("name", "at"), MEASURED)
def test_macs_are_torchvision_s_at_every_measured_size(name: str, at: str) -> None:
    net, figures = TORCHVISION[name](), TRUTH[name]["at"][at]
    assert net.evaluate("macs", **values(at)) == figures["macs"]
    assert net.evaluate("flops", **values(at)) == 2 * figures["macs"]
    by_kind = {"conv_macs": Conv, "linear_macs": Linear}
    for figure, kind in by_kind.items():
        costs = [cost for node, cost in net.costs("macs").items() if isinstance(net.node(node).layer, kind)]
        assert sum(sc.evaluate(c, **_its_own(c, values(at))) for c in costs) == figures[figure]


def _its_own(cost: sc.Cost, at: dict[str, int]) -> dict[str, int]:
    from symconv.cost import cost_symbols

    return {s.name: at[s.name] for s in cost_symbols(cost)}


@pytest.mark.parametrize(
    ("name", "least"),
    [("alexnet", 63), ("vgg16", 32), ("vgg16_bn", 32), ("squeezenet1_0", 21), ("squeezenet1_1", 17), ("resnet50", 1)],
)
def test_the_least_legal_size_is_known(name: str, least: int) -> None:
    net = TORCHVISION[name]()
    net.evaluate("macs", X=least, N=1)
    assert net.domain.least(sc.symbol("X")) == least
    if least > 1:
        with pytest.raises(DomainError, match=f"X = {least - 1} is outside the domain X ≥ {least}"):
            net.evaluate("macs", X=least - 1, N=1)


@pytest.mark.parametrize(
    ("column", "params", "macs"),
    [
        # torchvision's published figures for A, B, D, E; A-LRN adds nothing; C by the article's formulas.
        ("A", 132863336, 7609090048),
        ("A-LRN", 132863336, 7609090048),
        ("B", 133047848, 11308466176),
        ("C", 133638952, 11770888192),
        ("D", 138357544, 15470264320),
        ("E", 143667240, 19632062464),
    ],
)
def test_the_columns_of_vgg_s_table_have_their_figures(column: str, params: int, macs: int) -> None:
    for original in (True, False):
        net = vgg(column, original_head=original)
        at = {"X": 224} if original else {}
        assert net.evaluate("params", **at) == params
        assert net.evaluate("macs", X=224, N=1) == macs


def test_only_the_original_head_grows_with_the_image() -> None:
    assert vgg("D", original_head=True).evaluate("macs", X=256, N=1) == 20199669760
    assert vgg("D").evaluate("macs", X=256, N=1) == 20168212480
    assert "⌊X/32⌋²" in str(vgg("D", original_head=True).cost("params"))


def test_shared_weights_are_counted_once_and_their_work_each_time() -> None:
    net = Network()
    net.input("image", "N", 8, "X", "X")
    net.add("first", Conv(8, 3, padding=1))
    net.add("again", Conv(8, 3, padding=1), shares="first")
    net.add("third", Conv(8, 3, padding=1), shares="again")
    net.add("other", Conv(8, 3, padding=1))
    one = 8 * 8 * 9 + 8
    assert net.cost("params") == 2 * one
    assert [str(c) for c in net.costs("params").values()] == [str(one), "0", "0", str(one)]
    assert net.evaluate("macs", X=5, N=1) == 4 * 8 * 8 * 9 * 25


def test_frozen_weights_are_apart_from_trainable_ones() -> None:
    @layer("test_frozen")
    class Frozen(Layer):
        """A layer with a weight that training leaves as it is."""

        def parameters(self, image: Tensor) -> tuple[Parameter, ...]:
            return (Parameter("table", (image.channels, 7), FROZEN), sc.weight("scale", image.channels))

    try:
        net = Network()
        net.input("image", "N", 5, "X", "X")
        net.add("layer", Frozen())
        assert (net.cost("frozen"), net.cost("params"), net.cost("buffers")) == (35, 5, 0)
    finally:
        del LAYERS["test_frozen"]
