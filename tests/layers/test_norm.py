"""Normalisations against their formulas, evaluated on numbers that count what is done to them."""

from __future__ import annotations

from collections import Counter
from math import prod

import pytest

import symconv as sc
from layers.cases import counted, one_layer, params
from layers.scalars import Scalar, batch_norm, local_response_norm, normalised, scalars
from layers.sequences import global_response, rms_normalised
from symconv import Layer
from symconv.cost import evaluate_cost
from symconv.errors import DomainError, ShapeError
from symconv.layers import (
    BatchNorm,
    GlobalResponseNorm,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    LocalResponseNorm,
    RMSNorm,
)  # fmt: skip

SHAPE = (2, 6, 4, 5)
NAMES = ("N", "C", "H", "W")
VALUES = dict(zip(NAMES, SHAPE, strict=True))


def rows_normalised(rows: int, length: int, affine: bool) -> dict[str, int]:
    whole: Counter[str] = Counter()
    for _ in range(rows):
        row, tally = scalars([float(i * i) for i in range(length)])
        normalised(row, affine)
        whole.update(tally)
    return dict(whole)


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize(
    ("layer", "rows", "length", "weights"),
    [
        (LayerNorm(), 2 * 6 * 4, 5, 5),
        (LayerNorm(axes=2), 2 * 6, 4 * 5, 20),
        (LayerNorm(axes=3), 2, 6 * 4 * 5, 120),
        (LayerNorm(over="channels"), 2 * 4 * 5, 6, 6),
        (GroupNorm(3), 2 * 3, 2 * 4 * 5, 6),
        (GroupNorm(1), 2, 6 * 4 * 5, 6),
        (InstanceNorm(), 2 * 6, 4 * 5, 6),
    ],
)
def test_a_norm_does_to_each_row_what_its_formula_does(
    layer: Layer, rows: int, length: int, weights: int, affine: bool
) -> None:
    fields = {name: getattr(layer, name) for name in ("axes", "over", "groups") if hasattr(layer, name)}
    norm = type(layer)(**fields, affine=affine)
    expected = SHAPE, rows_normalised(rows, length, affine)
    assert counted(one_layer(norm, *SHAPE), {}) == expected
    assert counted(one_layer(norm, *NAMES), VALUES) == expected
    assert params(one_layer(norm, *NAMES), VALUES) == (2 * weights if affine else 0)


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize(
    ("axes", "over", "rows", "length"),
    [(1, "last", 2 * 6 * 4, 5), (2, "last", 2 * 6, 4 * 5), (3, "last", 2, 6 * 4 * 5), (1, "channels", 2 * 4 * 5, 6)],
)
def test_an_rms_norm_does_to_each_row_what_its_formula_does(
    axes: int, over: str, rows: int, length: int, affine: bool
) -> None:
    whole: Counter[str] = Counter()
    for _ in range(rows):
        row, tally = scalars([float(i) for i in range(length)])
        rms_normalised(row, affine)
        whole.update(tally)
    norm = RMSNorm(axes, over, affine)
    assert counted(one_layer(norm, *SHAPE), {}) == (SHAPE, dict(whole))
    assert counted(one_layer(norm, *NAMES), VALUES) == (SHAPE, dict(whole))
    assert params(one_layer(norm, *NAMES), VALUES) == (length if affine else 0)


@pytest.mark.parametrize("shape", [SHAPE, (2, 6, 7), (1, 3, 1, 1), (2, 1, 2, 3, 4)])
def test_a_global_response_norm_does_to_each_image_what_its_formula_does(shape: tuple[int, ...]) -> None:
    batch, channels, *extents = shape
    tally: Counter[str] = Counter()
    for _ in range(batch):
        global_response([[Scalar(i, tally) for i in range(prod(extents))] for _ in range(channels)], 2.0, 3.0)
    names = [f"A{i}" for i in range(len(shape))]
    for over, given in (("channels", shape), ("last", (batch, *extents, channels))):
        norm = GlobalResponseNorm(over)
        assert counted(one_layer(norm, *given), {}) == (given, dict(tally))
        assert counted(one_layer(norm, *names), dict(zip(names, given))) == (given, dict(tally))
        assert params(one_layer(norm, *given), {}) == 2 * channels


@pytest.mark.parametrize("shape", [SHAPE, (2, 6), (2, 6, 7), (2, 3, 2, 3, 4)])
@pytest.mark.parametrize("affine", [True, False])
def test_batch_norm_is_a_scale_and_a_shift_of_each_element(shape: tuple[int, ...], affine: bool) -> None:
    row, tally = scalars([float(i) for i in range(prod(shape))])
    for x in row:
        batch_norm(x)
    net = one_layer(BatchNorm(affine), *shape)
    assert counted(net, {}) == (shape, dict(tally))
    assert params(net, {}) == (2 * shape[1] if affine else 0)
    assert net.cost("buffers") == 2 * shape[1] + 1


def test_a_frozen_batch_norm_does_the_same_and_keeps_all_it_needs_in_buffers() -> None:
    frozen, trained = one_layer(BatchNorm(frozen=True), *SHAPE), one_layer(BatchNorm(), *SHAPE)
    assert frozen.count() == trained.count()
    assert (frozen.cost("params"), frozen.cost("buffers")) == (0, 4 * SHAPE[1])


@pytest.mark.parametrize("size", [1, 2, 3, 5, 9])
def test_local_response_norm_does_to_each_position_what_its_formula_does(size: int) -> None:
    whole: Counter[str] = Counter()
    for _ in range(SHAPE[0] * SHAPE[2] * SHAPE[3]):
        channels, tally = scalars([float(i) for i in range(SHAPE[1])])
        local_response_norm(channels, size)
        whole.update(tally)
    assert counted(one_layer(LocalResponseNorm(size), *SHAPE), {}) == (SHAPE, dict(whole))
    net = one_layer(LocalResponseNorm(sc.K), *NAMES)
    assert counted(net, VALUES | {"K": size}) == (SHAPE, dict(whole))


def test_groups_of_a_group_norm_divide_the_channels() -> None:
    with pytest.raises(ShapeError, match="groups divide the channels: 4 divides 6 never holds"):
        one_layer(GroupNorm(4), *SHAPE)
    net = one_layer(GroupNorm(sc.g), "N", sc.C_in, "X", "X")
    assert str(net.domain) == "g divides C_in"
    assert evaluate_cost(net.count()["sqrt"], net.at({"N": 2, "C_in": 6, "X": 4, "g": 3})) == 2 * 3
    with pytest.raises(DomainError):
        net.at({"C_in": 6, "g": 4})


def test_a_norm_over_what_is_not_there_is_an_error() -> None:
    for layer in (LayerNorm(axes=4), LayerNorm(over="heads"), RMSNorm(axes=4), RMSNorm(over="heads")):
        with pytest.raises(ShapeError, match=layer.kind):
            one_layer(layer, *SHAPE)
    with pytest.raises(ShapeError, match=r"global_response_norm: over = 'chanels'.*did you mean channels"):
        one_layer(GlobalResponseNorm("chanels"), *SHAPE)
    for layer in (BatchNorm(), GroupNorm(1), InstanceNorm(), LocalResponseNorm(), LayerNorm(), GlobalResponseNorm()):
        with pytest.raises(ShapeError):
            one_layer(layer, 3)
