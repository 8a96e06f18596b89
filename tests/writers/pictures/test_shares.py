"""Shares are taken at sizes that the domain allows, and that are said."""

from __future__ import annotations

from fractions import Fraction

import pytest

from symconv import Network
from symconv.errors import DomainError, SymbolError, SymconvError
from symconv.extent import symbols_of
from symconv.layers import Add, Conv, ConvTranspose, Linear, MaxPool, Upsample
from symconv.symbols import Symbol
from symconv.writers.pictures.folding import picture
from symconv.writers.pictures.reference import reference
from symconv.writers.pictures.shares import Shares, shares_of
from writers.networks import resnet, vgg16


def symbols(net: Network) -> set[Symbol]:
    return {s for extent in net.symbols.values() for s in symbols_of(extent)}


def named(at: dict[Symbol, int] | None) -> dict[str, int] | None:
    return None if at is None else {s.name: n for s, n in at.items()}


def at_usual(net: Network, metric: str = "macs") -> Shares:
    return shares_of(net, picture(net), metric)


def test_usual_sizes_stand_for_what_nobody_says() -> None:
    assert named(reference(vgg16(), symbols(vgg16()))) == {"N": 1, "X": 224}
    net = Network()
    net.input("rows", "N", "T", 8)
    net.add("fc", Linear(net.symbol("C", "channels")))
    assert named(reference(net, symbols(net))) == {"N": 1, "T": 512, "C": 64}


def test_what_a_layers_field_is_called_says_what_its_symbol_is() -> None:
    net = Network()
    net.input("image", "N", "C_in", "H", "W")
    net.add("conv", Conv(net.symbol("out", "channels"), net.symbol("side", "kernel"), net.symbol("step", "stride")))
    assert named(reference(net, symbols(net))) == {
        "N": 1, "C_in": 64, "out": 64, "side": 3, "step": 1, "H": 224, "W": 224,
    }  # fmt: skip


def test_the_networks_own_usual_sizes_come_first() -> None:
    net = vgg16()
    net.usual = {"X": 300}
    assert named(reference(net, symbols(net))) == {"N": 1, "X": 300}


def test_a_usual_size_moves_to_the_next_that_the_domain_allows() -> None:
    net = Network()
    net.input("image", "N", 8, "X", "X")
    net.add("down", Conv(8, 3, 2, 1))
    net.add("up", ConvTranspose(8, 3, 2, 1))
    net.add("add", Add(), "up", "image")  # 2·⌈X/2⌉ − 1 = X where X is odd
    assert named(reference(net, symbols(net))) == {"N": 1, "X": 225}


def test_a_given_size_is_taken_and_the_others_are_chosen() -> None:
    assert named(reference(vgg16(), symbols(vgg16()), {"X": 64})) == {"X": 64, "N": 1}
    with pytest.raises(SymbolError, match="there is no symbol Y"):
        reference(vgg16(), symbols(vgg16()), {"Y": 64})
    with pytest.raises(DomainError, match="X = 16"):
        reference(vgg16(), symbols(vgg16()), {"X": 16})


def two_inputs() -> Network:
    net = Network()
    net.input("a", "N", 8, "H", "H")
    net.input("b", "N", 8, "W", "W")
    net.add("pool", MaxPool(2), "a")
    net.add("add", Add(), "pool", "b")
    net.add("conv", Conv(8))
    return net


def test_without_legal_sizes_there_are_no_shares() -> None:
    net = two_inputs()  # ⌊H/2⌋ = W, and no search is made for it
    assert reference(net, symbols(net)) is None
    shares = at_usual(net)
    assert not shares.known
    assert not shares.by_box
    assert not shares.most
    given = shares_of(net, picture(net), "macs", {"H": 64, "W": 32})
    assert given.known
    assert given.by_box["conv"] == 1


def test_the_shares_of_vgg_are_those_of_the_published_figures() -> None:
    # The article: 224²·3·3·3·64 for the first convolution, 15470264320 in all; the last three are 14²·3·3·512·512 each.
    shares = at_usual(vgg16())
    assert shares.by_box["stage1/conv1"] == Fraction(224**2 * 27 * 64, 15_470_264_320)
    assert shares.by_box["stage5/conv1"] == Fraction(3 * 14**2 * 9 * 512**2, 15_470_264_320)
    assert sum(shares.by_box.values()) == 1
    assert dict(shares.chosen) == {"X": 224, "N": 1}


def test_a_group_has_the_share_of_all_that_is_in_it() -> None:
    net = resnet()
    drawn = picture(net)
    shares = shares_of(net, drawn, "macs")
    assert sum(map(shares.of, drawn.items)) == 1


def test_a_metric_without_symbols_assumes_no_sizes() -> None:
    net = Network()
    net.input("image", "N", 8, "X", "X")
    net.add("conv", Conv(8))
    assert dict(at_usual(net, "params").chosen) == {}


def test_a_metric_that_is_nowhere_has_no_shares() -> None:
    shares = at_usual(vgg16(), "frozen")
    assert (shares.known, dict(shares.by_box)) == (True, {})
    with pytest.raises(SymconvError, match="unknown metric 'mac'"):
        at_usual(vgg16(), "mac")


def test_a_metric_of_ones_own_is_shown_beside_macs_and_params() -> None:
    assert list(at_usual(vgg16(), "activations").costs) == ["activations", "macs", "params"]
    assert list(at_usual(vgg16(), "params").costs) == ["macs", "params"]


def test_a_scale_that_is_a_fraction_keeps_whole_shares() -> None:
    net = Network()
    net.input("image", "N", 8, "X", "X")
    net.add("up", Upsample(Fraction(3, 2)))
    net.add("conv", Conv(8, padding=1))
    assert sum(at_usual(net).by_box.values()) == 1
