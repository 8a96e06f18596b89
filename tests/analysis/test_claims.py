"""The article's three conclusions, with every expected figure worked out here from Table 1 or by hand."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import pytest

from analysis.networks import VGG, alexnet, resnet50, vgg
from symconv import N, Network, product
from symconv.analysis.claims import CLAIMS, Finding, check, claim, conclusions
from symconv.errors import DomainError, SymbolError, SymconvError
from symconv.layers import Conv, ConvTranspose, DepthwiseConv, Flatten, GlobalAvgPool, Linear, MaxPool

#: K²·C_in·C_out of the convolutions of Table 1: from the 3 channels on, and at each width the first and the later ones.
FROM_3, IN_64 = 9 * 3 * 64, 9 * 64 * 64
TO_128, IN_128 = 9 * 64 * 128, 9 * 128 * 128
TO_256, IN_256 = 9 * 128 * 256, 9 * 256 * 256
TO_512, IN_512 = 9 * 256 * 512, 9 * 512 * 512

#: The weights of each column's convolutions, by the side of their map at X = 224.
STAGES = {
    "A": {224: [FROM_3], 112: [TO_128], 56: [TO_256, IN_256], 28: [TO_512, IN_512], 14: [IN_512] * 2},
    "B": {224: [FROM_3, IN_64], 112: [TO_128, IN_128], 56: [TO_256, IN_256], 28: [TO_512, IN_512], 14: [IN_512] * 2},
    "C": {
        224: [FROM_3, IN_64],
        112: [TO_128, IN_128],
        56: [TO_256, IN_256, 256 * 256],
        28: [TO_512, IN_512, 512 * 512],
        14: [IN_512, IN_512, 512 * 512],
    },
    "D": {
        224: [FROM_3, IN_64],
        112: [TO_128, IN_128],
        56: [TO_256, IN_256, IN_256],
        28: [TO_512, IN_512, IN_512],
        14: [IN_512] * 3,
    },
    "E": {
        224: [FROM_3, IN_64],
        112: [TO_128, IN_128],
        56: [TO_256, IN_256, IN_256, IN_256],
        28: [TO_512, IN_512, IN_512, IN_512],
        14: [IN_512] * 4,
    },
}
STAGES["A-LRN"] = STAGES["A"]
COLUMNS = {name: [(w, m) for m, weights in stages.items() for w in weights] for name, stages in STAGES.items()}

#: 4096·512·7², 4096², 4096·1000.
HEAD = [102760448, 16777216, 4096000]


def values(finding: Finding) -> list[int | Fraction]:
    return [figure.value for figure in finding.layers]


def names(finding: Finding) -> list[str]:
    return [figure.layer for figure in finding.exceptions]


# -- VGG -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", VGG)
def test_one_order_of_magnitude_fails_on_every_column_by_its_first_convolution(column: str) -> None:
    finding = check(vgg(column), "one_order", X=224, N=1)
    macs = [w * m * m for w, m in COLUMNS[column]]
    assert values(finding) == macs
    assert finding.holds is False
    assert [r.value for r in finding.ratios] == [Fraction(max(macs), min(macs)), Fraction(macs[-1], macs[0])]
    assert names(finding) == (["stage1/conv1", "stage5/conv3"] if column == "C" else ["stage1/conv1"])
    assert finding.ratios[0].value == (36 if column == "C" else Fraction(64, 3))


@pytest.mark.parametrize("column", VGG)
def test_doubling_holds_at_some_steps_of_every_column_only(column: str) -> None:
    finding = check(vgg(column), "doubling")
    weights = [w for w, _ in COLUMNS[column]]
    assert values(finding) == weights
    ratios = [Fraction(b, a) for a, b in pairwise(weights)]
    assert [r.value for r in finding.ratios] == ratios
    assert [f.value for f in finding.exceptions] == [b for a, b in pairwise(weights) if b != 2 * a]
    assert finding.holds is False
    assert ratios.count(Fraction(2)) == {"A": 3, "A-LRN": 3, "B": 6, "C": 5, "D": 6, "E": 6}[column]


@pytest.mark.parametrize("column", VGG)
def test_every_fully_connected_layer_outweighs_the_last_convolution(column: str) -> None:
    finding = check(vgg(column), "fc_over_conv", X=224)
    last = COLUMNS[column][-1][0]
    assert (finding.holds, finding.exceptions) == (True, ())
    assert values(finding) == [last, *HEAD]
    assert [r.value for r in finding.ratios] == [Fraction(v, last) for v in HEAD]


def test_the_articles_figures_of_vgg_d() -> None:
    order, doubling, head = conclusions(vgg("D"), X=224, N=1)
    first, last = order.layers[0], order.layers[-1]
    assert (first.value, last.value) == (86704128, 462422016)
    assert (order.ratios[1].value, str(order.ratios[1])) == (Fraction(16, 3), "stage5/conv3 to stage1/conv1: 5.33")
    assert (doubling.layers[0].value, doubling.layers[-1].value) == (1728, 2359296)
    assert head.layers[-1].value == 4096000
    assert str(order) == (
        "one_order does not hold: the largest MACs of a convolution, 1849688064 (stage1/conv2), are 21.3 times the "
        "smallest, 86704128 (stage1/conv1); the last has 5.33 times those of the first; within a factor of 10 of each "
        "other are 12 convolutions, not 86704128 (stage1/conv1)"
    )
    assert "6 of 12 steps" in doubling.sentence
    assert "stage1/conv2 (×21.3)" in doubling.sentence
    assert "3 of 3 fully connected layers, the fewest in 4096000 (head/fc3)" in head.sentence


def test_on_a_larger_image_the_first_layer_of_the_original_head_grows() -> None:
    assert check(vgg("D"), "fc_over_conv", X=256).layers[1].value == 512 * 8 * 8 * 4096


# -- other networks ------------------------------------------------------------------------------------------------


def test_on_alexnet_the_first_conclusion_holds_and_the_second_nowhere() -> None:
    order, doubling, head = conclusions(alexnet(), X=224)
    weights = [3 * 64 * 121, 64 * 192 * 25, 192 * 384 * 9, 384 * 256 * 9, 256 * 256 * 9]
    macs = [w * m * m for w, m in zip(weights, (55, 27, 13, 13, 13))]
    assert (order.holds, values(order), order.exceptions) == (True, macs, ())
    assert order.ratios[0].value == Fraction(223948800, 70276800)
    assert (doubling.holds, values(doubling)) == (False, weights)
    assert names(doubling) == ["conv2", "conv3", "conv4", "conv5"]
    assert (head.holds, values(head)) == (True, [589824, 4096 * 9216, 4096 * 4096, 4096 * 1000])


def test_on_resnet50_the_convolutions_are_of_one_order() -> None:
    """From 64·64·56² in layer1/0/conv1 to 7²·3·64·112² in conv1: 9.19 times."""
    order, doubling, head = conclusions(resnet50(), X=224, N=1)
    assert (order.holds, len(order.layers)) == (True, 53)
    assert order.ratios[0].value == Fraction(49 * 3 * 64 * 112**2, 64 * 64 * 56**2)
    assert doubling.holds is False
    assert (head.holds, values(head)) == (True, [512 * 2048, 2048 * 1000])


def made_up(pool: int, flat: bool) -> Network:
    """216, 432 and 864 weights, on maps of 8 and 8/pool at X = 8."""
    net = Network("made up")
    net.input("image", "N", 3, "X", "X")
    net.add("a", Conv(8, 3, padding=1))
    net.add("pool", MaxPool(pool))
    net.add("b", Conv(6, 3, padding=1))
    net.add("c", Conv(16, 3, padding=1, bias=False))
    net.add("reduce", Flatten() if flat else GlobalAvgPool())
    if not flat:
        net.add("flatten", Flatten())
    net.add("fc", Linear(10))
    return net


def test_on_a_made_up_network_all_three_hold() -> None:
    findings = conclusions(made_up(1, flat=True), X=8, N=2)
    assert [f.holds for f in findings] == [True, True, True]
    assert [values(f) for f in findings] == [[2 * w * 64 for w in (216, 432, 864)], [216, 432, 864], [864, 10240]]
    assert [str(f).split(":")[0] for f in findings] == ["one_order holds", "doubling holds", "fc_over_conv holds"]


def test_on_another_the_first_and_the_last_fail() -> None:
    """MACs 216·64, 432 and 864: the two last are within a factor of 10; the head has 16·10 weights."""
    order, doubling, head = conclusions(made_up(8, flat=False), X=8, N=1)
    assert [order.holds, doubling.holds, head.holds] == [False, True, False]
    assert order.ratios[0].value == 32
    assert [(f.layer, f.value) for f in order.exceptions] == [("a", 13824)]
    assert [(f.layer, f.value) for f in head.exceptions] == [("fc", 160)]
    assert "0 of 1 fully connected layer, not in 160 (fc)" in head.sentence


def test_of_two_sets_of_one_size_the_one_of_more_macs_is_kept() -> None:
    net = Network()
    net.input("image", "N", 1, 64)
    net.add("many", Conv(1, 20, padding="same"))
    net.add("few", Conv(1, 1))
    assert names(check(net, "one_order", N=1)) == ["few"]


def test_grouped_depthwise_and_transposed_convolutions_count() -> None:
    net = Network()
    net.input("image", "N", 8, "X", "X")
    net.add("grouped", Conv(16, 3, padding=1, groups=4))
    net.add("depthwise", DepthwiseConv(3, padding=1))
    net.add("transposed", ConvTranspose(4, 2, stride=2))
    assert values(check(net, "doubling")) == [9 * 2 * 16, 9 * 16, 4 * 16 * 4]
    assert values(check(net, "one_order", X=5, N=1)) == [25 * 288, 25 * 144, 25 * 256]


# -- what is needed ------------------------------------------------------------------------------------------------


def test_a_symbol_that_all_figures_share_needs_no_value() -> None:
    finding = check(vgg("D"), "one_order", X=224)
    assert (finding.shared, finding.layers[0].value) == (product(N), 86704128)
    assert "86704128·N (stage1/conv1)" in finding.sentence
    plain = Network()
    plain.input("image", "N", 3, "X", "X")
    plain.add("a", Conv(8, 3, padding=1))
    plain.add("b", Conv(6, 3, padding=1))
    assert [r.value for r in check(plain, "one_order").ratios] == [2, 2]


def test_a_value_that_the_figures_need_is_asked_for() -> None:
    with pytest.raises(SymbolError, match="no value for X"):
        check(vgg("D"), "one_order", N=1)
    with pytest.raises(SymbolError, match="no value for X"):
        check(vgg("D"), "fc_over_conv")
    with pytest.raises(SymbolError, match="no symbol Y"):
        check(vgg("D"), "doubling", Y=1)
    with pytest.raises(DomainError, match="X ≥ 32"):
        check(vgg("D"), "one_order", X=16)


def test_where_there_is_nothing_to_compare_no_claim_holds() -> None:
    heads = Network()
    heads.input("rows", "N", 10)
    heads.add("fc", Linear(5))
    findings = conclusions(heads)
    assert [f.holds for f in findings] == [None, None, None]
    assert str(findings[0]) == "one_order nothing to compare: no convolutions, and two are wanted"
    assert str(findings[2]) == "fc_over_conv nothing to compare: there is no convolution"
    one = Network()
    one.input("image", "N", 3, "X", "X")
    one.add("conv", Conv(8))
    assert [f.holds for f in conclusions(one)] == [None, None, None]
    assert check(one, "doubling").sentence == "1 convolution (conv), and two are wanted"
    assert check(one, "fc_over_conv").sentence == "there is no fully connected layer"


def test_shared_weights_are_those_of_the_first_layer() -> None:
    net = Network()
    net.input("image", "N", 4, "X", "X")
    net.add("a", Conv(4, 3, padding=1))
    net.add("again", Conv(4, 3, padding=1), shares="a")
    net.add("b", Conv(8, 3, padding=1))
    finding = check(net, "doubling")
    assert (finding.holds, [f.layer for f in finding.layers]) == (True, ["a", "b"])
    assert len(check(net, "one_order").layers) == 3


# -- the registry --------------------------------------------------------------------------------------------------


@pytest.fixture
def own_claim() -> Iterator[str]:
    @claim("few_layers", "the network has few layers")
    def few_layers(network: Network, at: object) -> Finding:
        return Finding(len(network.nodes) < 9, f"{len(network.nodes)} layers")

    yield "few_layers"
    del CLAIMS["few_layers"]


def test_a_claim_of_ones_own_is_checked_by_name(own_claim: str) -> None:
    assert str(check(made_up(1, flat=True), own_claim)) == "few_layers holds: 6 layers"
    assert check(vgg("D"), own_claim).holds is False
    assert len(conclusions(vgg("D"), X=224)) == 3


def test_an_unknown_claim_and_a_taken_name_are_errors() -> None:
    with pytest.raises(SymconvError, match="did you mean doubling"):
        check(vgg("D"), "dubling")
    with pytest.raises(SymconvError, match="exists already"):
        claim("doubling", "another")(lambda network, at: Finding(True, ""))
    assert list(CLAIMS)[:3] == ["one_order", "doubling", "fc_over_conv"]


# -- repeated blocks ---------------------------------------------------------------------------------------------------


def growing(rounds: object = None) -> Network:
    """n convolutions of which each doubles the channels, and so has four times the weights of the one before."""
    net = Network("growing")
    net.input("image", "N", 4, "X", "X")
    n = net.symbol("n", "count") if rounds is None else rounds

    def body(i: object) -> str:
        return net.add("conv", Conv(2 * net.reading("image").shape[1], padding=1, bias=False))

    net.repeat("block", n, body, "image")
    return net


@pytest.mark.parametrize("count", [2, 3, 5])
def test_rounds_are_layers_by_themselves(count: int) -> None:
    found = check(growing(), "doubling", n=count)
    assert [f.layer for f in found.layers] == [f"block/{i}/conv" for i in range(count)]
    assert [f.value for f in found.layers] == [9 * 4 * 8 * 4**i for i in range(count)]
    assert {r.value for r in found.ratios} == {4}
    assert found == check(growing(count), "doubling") == check(growing(count).unrolled(), "doubling")


def test_macs_of_rounds_are_compared_at_sizes_and_what_all_share_cancels() -> None:
    found = check(growing(), "one_order", n=3)
    assert [f.value for f in found.layers] == [288, 1152, 4608]
    assert found.ratios[0].value == 16
    assert not found.holds
    assert [f.value for f in check(growing(), "one_order", n=2, X=2, N=3).layers] == [288 * 12, 1152 * 12]


def test_a_number_of_rounds_that_is_a_symbol_is_wanted() -> None:
    with pytest.raises(SymbolError, match="no value for n: block has n rounds, and layers are compared round by round"):
        conclusions(growing(), X=8, N=1)
