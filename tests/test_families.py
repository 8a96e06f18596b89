"""Families in symbols: their closed forms as people know them, and their values as others measured them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from symconv import Network, order
from symconv.readers.catalogue import load

TRUTH = Path(__file__).parent / "truth"
TORCHVISION: dict[str, Any] = json.loads((TRUTH / "torchvision_more.json").read_text("utf-8"))


def test_resnet_50_costs_13_percent_more_at_225_than_at_224_and_its_form_says_why() -> None:
    net = load("resnet50")
    assert str(net.cost("macs")) == (
        "N·(14417920·⌈X/32⌉² + 7471104·⌈X/16⌉² + 1310720·⌈X/8⌉² + 245760·⌈X/4⌉² + 9408·⌈X/2⌉² + 2048000)"
    )
    assert net.evaluate("macs", X=224, N=1) == 4089184256
    assert net.evaluate("macs", X=225, N=1) == 4626713792


@pytest.mark.parametrize(
    ("model", "depths", "w"),
    [
        ("resnet50", (3, 4, 6, 3), 64),
        ("resnet101", (3, 4, 23, 3), 64),
        ("resnet152", (3, 8, 36, 3), 64),
        ("wide_resnet50_2", (3, 4, 6, 3), 128),
        ("resnet [2, 5, 7, 2] {}", (2, 5, 7, 2), 64),
    ],
)
def test_resnets_are_values_of_one_closed_form_and_so_is_one_that_nobody_lists(
    model: str, depths: tuple[int, ...], w: int
) -> None:
    family, figures = load("resnet"), TORCHVISION[model]
    at = dict(zip(("n1", "n2", "n3", "n4"), depths), w=w)
    assert family.evaluate("params", **at) == figures["params"]
    for place, measured in figures["at"].items():
        size = {name: int(value) for name, value in (part.split("=") for part in place.split(","))}
        if "X" in size:
            assert family.evaluate("macs", **at, **size) == measured["macs"]


def test_the_resnet_family_in_closed_form_is_what_was_lifted_out_of_one_model() -> None:
    """17w²·(n1 + 4n2 + 16n3 + 64n4) + … is the form where all widths scale with w; here w is the inner width alone."""
    family = load("resnet")
    assert str(family.cost("params")) == (
        "9·n1·w² + 36·n2·w² + 144·n3·w² + 576·n4·w² + 516·n1·w + 2056·n2·w + 8208·n3·w + 32800·n4·w + 512·n1 + "
        "1024·n2 + 2048·n3 + 4096·n4 − 10944·w + 4835112"
    )
    assert set(family.symbols) == {"N", "X", "n1", "n2", "n3", "n4", "w"}


def test_densenet_is_quadratic_in_each_depth_where_halving_the_channels_is_exact() -> None:
    family = load("densenet")
    params = family.cost("params")
    for n in ("n1", "n2", "n3", "n4"):
        assert order(params, n) == 2
    assert "8 divides g·n1 + 2·g·n2 + 4·g·n3 + 2·g" in str(family.domain)
    for model, depths, g in (("densenet121", (6, 12, 24, 16), 32), ("densenet169", (6, 12, 32, 32), 32)):
        at = dict(zip(("n1", "n2", "n3", "n4"), depths), g=g)
        assert family.evaluate("params", **at) == TORCHVISION[model]["params"]


GPT2 = {
    (12, 768): 124439808,
    (24, 1024): 354823168,
    (36, 1280): 774030080,
    (48, 1600): 1557611200,
}  # fmt: skip


def test_gpt_2_is_a_polynomial_in_depth_width_vocabulary_and_places() -> None:
    family = load("gpt")
    assert str(family.cost("params")) == "d·(12·L·d + 13·L + T_max + V + 2)"
    for (depth, width), params in GPT2.items():
        assert family.evaluate("params", L=depth, d=width, V=50257, T_max=1024) == params


@pytest.mark.parametrize(
    ("model", "params"),
    [("bert-base", 109482240), ("llama-2-7b", 6738415616), ("llama-3-8b", 8030261248), ("gpt2", 124439808)],
)
def test_language_models_have_the_params_that_they_are_known_by(model: str, params: int) -> None:
    assert load(model).evaluate("params") == params


def test_the_u_nets_say_which_sizes_are_legal() -> None:
    assert str(load("unet").domain) == "X ≥ 188, X ≡ 12 (mod 16)"
    assert str(load("unet_padded").domain) == "X ≡ 0 (mod 16)"


@pytest.mark.parametrize("depth", [10, 10**6, 10**15])
def test_a_depth_of_any_size_has_the_same_few_nodes(depth: int) -> None:
    family = load("gpt")
    deep: Network = family.substitute(L=depth, d=64, V=1000, T_max=32, h=4)
    assert len(deep.nodes) == len(family.nodes)
    assert deep.evaluate("params") == 64 * (12 * depth * 64 + 13 * depth + 32 + 1000 + 2)
