"""Two networks layer by layer: the rows are all layers once, and add up to the totals."""

from __future__ import annotations

import pytest
from command import run

import symconv as sc
from symconv.analysis.alignment import ADDED, CHANGED, KEPT, REMOVED, align
from symconv.cost import total_of

PAIRS = [
    ("vgg11", "vgg13"), ("vgg16", "vgg16_bn"), ("vgg16", "vgg16"), ("resnet18", "resnet34"),
    ("resnet50", "resnext50_32x4d"), ("resnet50", "wide_resnet50_2"), ("alexnet", "zfnet"),
    ("mobilenet_v2", "vgg11"), ("vit_b_16", "vit_b_32"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), PAIRS)
@pytest.mark.parametrize("metric", ["macs", "params"])
def test_every_layer_is_there_once_and_the_differences_add_up(one: str, other: str, metric: str) -> None:
    first, second = sc.load(one), sc.load(other)
    rows = align(first, second, metric)
    assert [r.first.name for r in rows if r.first is not None] == [n.name for n in first.nodes]
    assert [r.second.name for r in rows if r.second is not None] == [n.name for n in second.nodes]
    assert total_of(r.before for r in rows) == first.cost(metric)
    assert total_of(r.after for r in rows) == second.cost(metric)
    for r in rows:
        assert (r.state == ADDED) == (r.first is None)
        assert (r.state == REMOVED) == (r.second is None)
        if r.state == KEPT:
            assert r.before == r.after


def test_what_is_added() -> None:
    rows = align(sc.load("vgg16"), sc.load("vgg16_bn"))
    assert {r.second.layer.kind for r in rows if r.state == ADDED and r.second} == {"batch_norm"}
    assert sum(r.state == ADDED for r in rows) == 13
    assert not [r for r in rows if r.state == REMOVED]
    assert all(r.state == KEPT for r in align(sc.load("vgg16"), sc.load("vgg16")))


def test_what_is_changed() -> None:
    rows = align(sc.load("resnet50"), sc.load("resnext50_32x4d"))
    changed = {r.name: r.said for r in rows if r.state == CHANGED}
    assert changed["layer1/0/main/conv2/conv"] == "channels 64 → 128, groups 1 → 32"
    assert {r.state for r in rows} == {KEPT, CHANGED}


def test_the_command() -> None:
    done = run("compare", "vgg11", "vgg13", "--aligned", "--at", "X=224,N=1")
    assert done.code == 0, done.err
    assert "added" in done.out
    assert "removed" not in done.out
    assert run("compare", "vgg11", "vgg13", "vgg16", "--aligned").code == 2
