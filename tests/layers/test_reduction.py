"""Means over axes, taken number by number."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, product
from math import prod

import pytest

import symconv as sc
from layers.cases import counted, one_layer
from layers.scalars import added, scalars
from symconv import Layer
from symconv.errors import ShapeError
from symconv.layers import GlobalAvgPool, Mean

SHAPE = (2, 3, 4, 5)
CHOICES = [axes for n in range(1, 5) for axes in combinations(range(4), n)]


@pytest.mark.parametrize("axes", CHOICES)
@pytest.mark.parametrize("keep", [True, False])
def test_a_mean_adds_up_and_divides(axes: tuple[int, ...], keep: bool) -> None:
    whole: Counter[str] = Counter()
    for _place in product(*(range(x) for i, x in enumerate(SHAPE) if i not in axes)):
        row, tally = scalars([1.0] * prod(SHAPE[i] for i in axes))
        assert (added(row) / len(row)).value == 1
        whole.update(tally)
    out = tuple(1 if i in axes else x for i, x in enumerate(SHAPE) if keep or i not in axes)
    for given in (axes, tuple(i - 4 for i in reversed(axes)), *(axes if len(axes) == 1 else ())):
        assert counted(one_layer(Mean(given, keep), *SHAPE), {}) == (out, dict(whole))
        assert counted(one_layer(Mean(given, keep), *"ABCD"), dict(zip("ABCD", SHAPE))) == (out, dict(whole))


def test_the_mean_of_all_positions_is_the_global_pool() -> None:
    mean, pool = (one_layer(layer, "N", sc.C_in, "H", "W") for layer in (Mean((2, 3), keep=True), GlobalAvgPool()))
    assert mean.output == pool.output
    assert mean.count() == pool.count()


def test_tokens_are_pooled() -> None:
    net = one_layer(Mean(1), "N", "T", 768)
    assert str(net.output) == "N×768"
    assert str(net.count()) == "N·(768·T − 768) add, 768·N div"


@pytest.mark.parametrize(
    ("layer", "said"),
    [(Mean(4), "axis 4"), (Mean((1, -3)), "one of them comes twice"), (Mean((1, sc.K)), "an axis is a number")],
)
def test_axes_that_are_none_are_an_error(layer: Layer, said: str) -> None:
    with pytest.raises(ShapeError, match=said):
        one_layer(layer, *SHAPE)


def test_a_mean_over_channels_leaves_positions_in_place() -> None:
    net = one_layer(Mean(1, keep=True), "N", 3, "X", "X")
    assert sc.metrics.receptive_field(net, "layer") is not None
    for layer in (Mean(1), Mean((1, 2), keep=True), Mean((2, 3))):
        assert sc.metrics.receptive_field(one_layer(layer, "N", 3, "X", "X"), "layer") is None
