"""A family as a spec: what is written loads again as the same closed forms, and its picture has its repeats."""

from __future__ import annotations

import pytest

import symconv as sc
from symconv.lift import lift
from symconv.network import METRICS

ROUNDED = "v -> make_divisible(v, 8)"

SOURCES = [
    ("resnet50", {}),
    ("resnet50", {"level": "role"}),
    ("resnet50", {"untie": ["inner=main/conv1/conv|main/conv2/conv"]}),
    ("vgg16", {}),
    ("densenet121", {}),
    ("convnext_tiny", {}),
    ("swin_t", {}),
    ("vit_b_16", {}),
    ("mixer_b16_224", {}),
    ("mobilenet_v2", {"rounding": ROUNDED}),
    ("efficientnet_b1", {"rounding": ROUNDED}),
    ("bert-base", {}),
    ("gpt2", {}),
    ("llama-3-8b", {}),
    ("unet_padded", {}),
    ("unet", {}),
    ("t5-small", {}),
]


@pytest.mark.parametrize(("name", "said"), SOURCES, ids=[f"{n}{'+' if s else ''}" for n, s in SOURCES])
def test_a_written_family_loads_as_the_same_closed_forms(name, said):
    family = lift(sc.load(name), **said)
    text = sc.spec(family.network)
    again = sc.parse_spec(text).network()
    for metric in METRICS:
        assert again.cost(metric) == family.network.cost(metric), metric
    assert {line for line, _ in again.domain.lines()} == {line for line, _ in family.network.domain.lines()}
    assert again.usual == family.network.usual
    assert sc.spec(lift(sc.load(name), **said).network) == text


def test_the_family_of_resnet_is_a_page_that_a_person_reads():
    text = sc.spec(lift(sc.load("resnet50")).network)
    assert len(text.splitlines()) < 60
    assert "repeat: n3" in text
    assert "symbols: {n1: count, n2: count, n3: count, n4: count, w: channels}" in text


@pytest.mark.parametrize(("name", "times"), [("convnext_tiny", "×n{}"), ("resnet50", "×(n{} − 1)")])
def test_the_picture_has_the_repeats(name, times, tmp_path):
    """All rounds, or those behind an entry, which stands by itself."""
    sc.draw(lift(sc.load(name)).network, tmp_path / "family.svg")
    picture = (tmp_path / "family.svg").read_text("utf-8")
    for k in (1, 2, 3, 4):
        assert times.format(k) in picture
