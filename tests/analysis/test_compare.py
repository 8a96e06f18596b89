"""Networks compared: orders against every legal size by itself, and the command's figures and refusals."""

from __future__ import annotations

import json

import pytest
from command import run

import symconv as sc
from symconv.errors import DomainError
from symconv.layers import Conv


@pytest.mark.parametrize(
    ("a", "b", "metric"),
    [
        ("mobilenet_v2", "squeezenet1_1", "macs"),
        ("resnet50", "vgg16", "activations"),
        ("alexnet", "resnet18", "macs"),
        ("resnet18", "resnet34", "macs"),
    ],
)
def test_every_legal_size_says_the_same(a: str, b: str, metric: str) -> None:
    one, other = sc.load(a), sc.load(b)
    (order,) = sc.orders([one, other], "X", metric)
    for x in range(1, 260):
        said = (x in order.less, x in order.equal, x in order.more)
        try:
            p, q = (net.evaluate(metric, X=x, N=1) for net in (one, other))
        except DomainError:
            assert said == (False, False, False)
            continue
        assert said == (p < q, p == q, p > q)


def test_a_padding_is_compared_where_it_is_legal_for_both() -> None:
    """It may be 0, where a kernel larger than the image does not fit."""

    def padded(kernel: int, extent: int) -> sc.Network:
        net = sc.Network(f"kernel {kernel}")
        padding = net.symbol("P", "padding")
        net.input("image", "N", 3, extent, extent)
        net.add("conv", Conv(8, kernel=kernel, padding=padding))
        return net

    for one, other in ((padded(7, 4), padded(3, 9)), (padded(3, 9), padded(2, 9))):
        (order,) = sc.orders([one, other], "P")
        for p in range(40):
            said = (p in order.less, p in order.equal, p in order.more)
            try:
                a, b = (net.evaluate("macs", P=p, N=1) for net in (one, other))
            except DomainError:
                assert said == (False, False, False)
                continue
            assert said == (a < b, a == b, a > b)


def test_the_command_has_totals_ratios_and_the_order() -> None:
    done = run("compare", "resnet50", "vgg16", "--at", "X=224,N=1", "--format", "json")
    rows = json.loads(done.out)["rows"]
    assert done.code == 0
    assert [(r["macs"], r["params"]) for r in rows] == [(4_089_184_256, 25_557_032), (15_470_264_320, 138_357_544)]
    assert rows[1]["macs_ratio"] == "×3.78"
    assert (
        "less for X >= 113; more for 17 <= X <= 112" in run("compare", "mobilenet_v2", "squeezenet1_1", "--by", "X").out
    )


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["vgg16"], 2, "two networks or more"),
        (["vgg16", "resnet50", "--by", "Q"], 2, "neither cost has a symbol Q"),
        (["vgg16", "resnet50", "--at", "Z=3"], 2, "none of the networks has a symbol Z"),
        (["vgg16", "resnet50", "--at", "X=3,N=1"], 1, "outside the domain"),
        (["vgg16", "resnet50", "--metric", "mac"], 2, "unknown metric"),
        (["vgg16", "resnet", "--by", "X"], 2, "no value for"),
        (["vgg16", "no_such_network"], 1, "no_such_network"),
    ],
)
def test_what_is_wrong_is_said(words: list[str], code: int, said: str) -> None:
    done = run("compare", *words)
    assert done.code == code, done.err
    assert said in done.err
