"""Families lifted from torch modules, against figures of their siblings that no line of symconv counts."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import symconv as sc
from symconv.lift import lift
from symconv.network import METRICS

pytestmark = pytest.mark.torch
pytest.importorskip("torch")

from lift.models import FAMILIES, MODELS, REFUSED, model  # noqa: E402

TRUTH: dict[str, Any] = json.loads((Path(__file__).parents[1] / "truth" / "lift.json").read_text("utf-8"))

ROUNDED = "v -> make_divisible(v, 8)"

#: What a person says of hypotheses, by the source, or by the sibling where that needs something of its own.
SAID: dict[str, dict[str, Any]] = {
    "mobilenet_v2": {"rounding": ROUNDED},
    "mobilenet_v2 width=0.5": {"rounding": ROUNDED, "values": {"features/18/0": "1280"}},
    "mobilenet_v2 width=0.75": {"rounding": ROUNDED, "values": {"features/18/0": "1280"}},
    "efficientnet_b1": {"rounding": ROUNDED},
    "wide_resnet50_2": {"untie": ["inner=layer*/conv1|layer*/conv2"]},
    "wide_resnet101_2": {"untie": ["inner=layer*/conv1|layer*/conv2"]},
    "resnext101_32x8d": {"untie": ["inner=layer*/conv1|layer*/conv2"]},
    "resnext101_64x4d": {"untie": ["inner=layer*/conv1.channels|layer*/conv2.channels", "g=*.groups"]},
    "vit_h_14": {"untie": ["h=*.heads"], "values": {"*.head_size": "w/h"}},
    "vit_h_14 X=518": {"untie": ["h=*.heads"], "values": {"*.head_size": "w/h"}},
    "llama-13b": {"untie": ["f=*.gate_proj.channels|*/gate_proj"]},
    "llama-3-70b": {"untie": ["f=*/gate_proj", "g=*transpose_2.heads|*transpose_3.heads"]},
}

PAIRS = [(base, other) for base, others, _ in FAMILIES for other in others]


@cache
def net(name: str) -> sc.Network:
    module, inputs = model(name)
    return sc.load(module, kwargs=inputs, square=True)


#: Siblings of many layers, of families of which smaller ones are tested.
LONG = {
    "llama-3-70b", "llama-13b", "gpt2-xl", "gpt2-xl head", "gpt2-large", "gpt2-large head", "gpt2-medium head",
    "swin_s", "swin_b", "efficientnet_b4", "vit_l_32", "densenet201",
}  # fmt: skip


def marked(pairs: list[tuple[str, str]]) -> list[Any]:
    return [pytest.param(a, b, id=f"{a}→{b}", marks=[pytest.mark.long] if b in LONG else []) for a, b in pairs]


@pytest.mark.parametrize(("base", "other"), marked(PAIRS))
def test_a_sibling_is_predicted_to_the_unit(base, other):
    """Params and MACs of the sibling at every size that was measured, and every metric's closed form."""
    if any(name.split()[0] not in MODELS and name not in MODELS for name in (base, other)):
        pytest.skip("its package is not here")
    family = lift(net(base), **SAID.get(other, SAID.get(base, {})))
    assert family.exact, family.unknown
    found = family.against(net(other))
    assert found.exact, (found.reason, [said for _, said in found.refuted], found.uneven, found.differing)
    made = family.sibling(**found.values)
    assert made.evaluate("params") == TRUTH[other]["params"]
    for measured in TRUTH[other]["macs"]:
        at = {name: value for name, value in measured.items() if name in made.symbols}
        assert made.evaluate("macs", **at) == measured["macs"], at
    for metric in METRICS:
        assert made.cost(metric) == found.net.cost(metric), metric


@pytest.mark.parametrize(("base", "other"), [(a, b) for a, others, _ in REFUSED for b in others])
def test_what_was_seen_once_is_refused_with_the_reason(base, other):
    family = lift(net(base), rounding=ROUNDED)
    found = family.against(net(other))
    assert not found.exact
    assert "has one block in features/1" in found.reason


def test_two_members_refute_what_the_third_would():
    """ResNet-50 and its wide one: the inner width is told apart by itself, and Wide-101 comes out."""
    family = lift(net("resnet50"), members=[net("wide_resnet50_2")])
    assert {c.role for c in family.classes if c.symbol == "u1"} == {
        "layer*/conv1.channels", "layer*/conv2.channels",
    }  # fmt: skip
    made = family.sibling(n3=23, u1=128)
    assert made.evaluate("params") == TRUTH["wide_resnet101_2"]["params"]
    assert family.against(net("resnet152")).exact


def test_members_that_differ_in_depth_alone_freeze_no_width():
    family = lift(net("resnet50"), members=[net("resnet101")])
    assert family.members[0].exact
    assert "w" in family.network.symbols
    assert [c.expression for c in family.classes] == [c.expression for c in lift(net("resnet50")).classes]
