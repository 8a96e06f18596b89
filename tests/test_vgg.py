"""Every figure of the article about VGG comes out of the spec that reads like Table 1."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from symconv.cost import evaluate_cost, shortest, total_of
from symconv.errors import DomainError
from symconv.extent import size_of
from symconv.layers import Conv, Linear
from symconv.network import Network
from symconv.readers import load
from symconv.symbols import symbol

FOLDER = Path(__file__).parent / "truth"
VGG: dict[str, Any] = json.loads((FOLDER / "vgg.json").read_text("utf-8"))
TORCHVISION: dict[str, Any] = json.loads((FOLDER / "torchvision.json").read_text("utf-8"))
COLUMNS = list(VGG["columns"])
IN_TORCHVISION = ("vgg11", "vgg13", "vgg16", "vgg19", "vgg16_bn")

#: Table 1 once more: for each block the kernels of its convolutions, all to the block's channels.
TABLE_1 = {
    "A": ([3], [3], [3, 3], [3, 3], [3, 3]),
    "A-LRN": ([3], [3], [3, 3], [3, 3], [3, 3]),
    "B": ([3, 3], [3, 3], [3, 3], [3, 3], [3, 3]),
    "C": ([3, 3], [3, 3], [3, 3, 1], [3, 3, 1], [3, 3, 1]),
    "D": ([3, 3], [3, 3], [3, 3, 3], [3, 3, 3], [3, 3, 3]),
    "E": ([3, 3], [3, 3], [3] * 4, [3] * 4, [3] * 4),
}


def by_hand(column: str, x: int, n: int) -> tuple[int, int]:
    """The parameters and multiply–accumulates of a column with its original head, in plain integers."""
    params = macs = 0
    before = 3
    for kernels, channels in zip(TABLE_1[column], (64, 128, 256, 512, 512)):
        for k in kernels:
            macs += n * x * x * k * k * before * channels
            params += k * k * before * channels + channels
            before = channels
        x //= 2
    before *= x * x
    for channels in (4096, 4096, 1000):
        macs += n * before * channels
        params += before * channels + channels
        before = channels
    return params, macs


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_of_table_1_has_its_parameters_and_macs(column: str) -> None:
    net, truth = load(f"vgg/{column}"), VGG["columns"][column]
    assert net.evaluate("params", X=224, N=1) == truth["params"]
    assert net.evaluate("macs", X=224, N=1) == truth["macs"]
    assert round(truth["params"] / 10**6) == truth["paper_millions"]
    assert net.usual == {"X": 224, "N": 1}


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize(("x", "n"), [(32, 1), (63, 2), (64, 3), (225, 1), (1000, 7)])
def test_its_closed_forms_equal_plain_integers_at_any_size(column: str, x: int, n: int) -> None:
    net = load(f"vgg/{column}")
    assert (net.evaluate("params", X=x, N=n), net.evaluate("macs", X=x, N=n)) == by_hand(column, x, n)


@pytest.mark.parametrize(("column", "layers"), list(zip(COLUMNS, (11, 11, 13, 16, 16, 19))))
def test_a_column_has_as_many_weight_layers_as_the_paper_says(column: str, layers: int) -> None:
    nodes = load(f"vgg/{column}").nodes
    assert sum(isinstance(node.layer, Conv | Linear) for node in nodes) == layers
    assert [node.layer.kind for node in nodes].count("lrn") == (column == "A-LRN")
    assert [node.layer.kind for node in nodes].count("relu") == layers - 1
    assert nodes[-1].layer.kind == "softmax"


def test_the_articles_layers_of_column_d_have_its_figures() -> None:
    net = load("vgg/D")
    convs = [node for node in net.nodes if isinstance(node.layer, Conv)]
    layers = {"first conv": convs[0], "last conv": convs[-1], "last FC": net.node("head/fc3")}
    at = net.at({"X": 224, "N": 1})
    for name, node in layers.items():
        weights = next(p for p in node.parameters if p.name == "weight")
        assert evaluate_cost(net.costs("macs")[node.name], at) == VGG["D"][name]["macs"]
        assert evaluate_cost(weights.elements, at) == VGG["D"][name]["weights"]


@pytest.mark.parametrize("name", VGG["heads"])
def test_the_two_heads_differ_at_256(name: str) -> None:
    assert load(name).evaluate("macs", X=256, N=1) == VGG["heads"][name]


def test_the_parameters_depend_on_x_with_the_original_head_only() -> None:
    assert str(load("vgg/D").cost("params")) == "2097152·⌊X/32⌋² + 35597096"
    assert load("vgg16").cost("params") == VGG["columns"]["D"]["params"]
    assert str(load("vgg/D").node("head/flatten1").out) == "N×512·⌊X/32⌋²"


def convolutions(net: Network) -> str:
    costs = net.costs("macs")
    return str(shortest(total_of(costs[node.name] for node in net.nodes if isinstance(node.layer, Conv))))


def test_the_convolutions_of_vgg_16_print_as_one_line_coarsest_first() -> None:
    assert convolutions(load("vgg16")) == convolutions(load("vgg/D")) == VGG["convolutions"]


def test_with_x_a_multiple_of_32_the_macs_are_a_polynomial_without_a_floor() -> None:
    q = size_of(symbol("q", "extent", "a test"))
    net = load("vgg/D").substitute(X=32 * q)
    assert "⌊" not in str(net.cost("macs"))
    assert str(net.cost("macs")) == "N·(315293696·q² + 20873216)"
    assert str(net.cost("params")) == "2097152·q² + 35597096"
    assert str(net.domain) == "everywhere"
    for value in (1, 7, 8, 31):
        assert net.evaluate("macs", q=value, N=1) == load("vgg/D").evaluate("macs", X=32 * value, N=1)


def test_the_least_legal_x_is_32_and_below_it_nothing_is_evaluated() -> None:
    net = load("vgg/D")
    assert str(net.domain) == "X ≥ 32"
    assert net.domain.least(symbol("X")) == 32
    with pytest.raises(DomainError, match="X = 31 is outside the domain X ≥ 32: an output of at least 1, asked for by"):
        net.evaluate("macs", X=31, N=1)


def _measured() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name in IN_TORCHVISION:
        for at, figures in TORCHVISION[name]["at"].items():
            yield name, at, figures


@pytest.mark.parametrize(("name", "at", "figures"), list(_measured()))
def test_torchvisions_networks_have_torchvisions_figures(name: str, at: str, figures: dict[str, Any]) -> None:
    net = load(name)
    values = {k: int(v) for k, v in (pair.split("=") for pair in at.split(","))}
    assert net.evaluate("macs", **values) == figures["macs"]
    assert net.cost("params") == TORCHVISION[name]["params"]
    assert net.cost("buffers") == TORCHVISION[name]["buffers"]
    assert net.evaluate("activations", **values) == figures["activations"]
