"""Upsampling against elements that are gathered one by one, and interpolation on numbers that count."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import strategies as st
from witness.chains import Upsample as UpsampleWitness
from witness.chains import walk

import symconv as sc
from layers.cases import check_each, counted, one_layer
from layers.scalars import Scalar, interpolated
from symconv import Network
from symconv.cost import evaluate_cost
from symconv.errors import DomainError, ShapeError
from symconv.layers import AdaptiveAvgPool, Conv, Upsample

Case = tuple[int, int, int]


def check(case: Case) -> None:
    x, up, down = case
    scale = Fraction(up, down)
    m = walk(UpsampleWitness(up, down), x)
    if m:
        assert counted(one_layer(Upsample(scale), 1, 2, x), {})[0] == (1, 2, m)
        assert counted(one_layer(Upsample(scale), 1, 2, "X"), {"X": x})[0] == (1, 2, m)
    else:
        with pytest.raises(ShapeError):
            one_layer(Upsample(scale), 1, 2, x)
        with pytest.raises(DomainError):
            one_layer(Upsample(scale), 1, 2, "X").at({"X": x})


def test_an_upsampling_leaves_an_incomplete_element_out() -> None:
    check_each(st.tuples(st.integers(1, 30), st.integers(1, 7), st.integers(1, 7)), check, lambda c: set(), 200)


def test_scales_and_sizes_may_differ_from_axis_to_axis() -> None:
    assert one_layer(Upsample((2, Fraction(3, 2))), 1, 2, 5, 5).output.shape == (1, 2, 10, 7)
    assert one_layer(Upsample(size=(8, 9)), 1, 2, 5, 5).output.shape == (1, 2, 8, 9)
    assert str(one_layer(Upsample(sc.S), "N", 2, "H", "W").output) == "N×2×S·H×S·W"


def test_nearest_copies() -> None:
    assert not one_layer(Upsample(2), "N", 3, "X", "X").count()


@pytest.mark.parametrize("extents", [(3,), (2, 3), (2, 1, 3)])
def test_linear_interpolates_axis_by_axis(extents: tuple[int, ...]) -> None:
    tally: Counter[str] = Counter()
    corners = {bits: Scalar(float(sum(bits)), tally) for bits in product((0, 1), repeat=len(extents))}
    for _point in product(range(2), range(3), *(range(2 * x) for x in extents)):
        interpolated(corners, (0,) * len(extents), (0.25,) * len(extents))
    shape = (2, 3, *(2 * x for x in extents))
    assert counted(one_layer(Upsample(2, mode="linear"), 2, 3, *extents), {}) == (shape, dict(tally))


def test_an_upsampling_takes_a_scale_or_a_size_and_a_known_mode() -> None:
    for layer in (Upsample(), Upsample(2, 8)):
        with pytest.raises(ShapeError, match="either a scale or a size"):
            one_layer(layer, 1, 2, 3)
    with pytest.raises(ShapeError, match="accepted are nearest and linear"):
        one_layer(Upsample(2, mode="cubic"), 1, 2, 3)
    for layer in (Upsample((2, 2)), Upsample(size=(2, 2))):
        with pytest.raises(ShapeError, match="1 spatial axes"):
            one_layer(layer, 1, 2, 3)
    with pytest.raises(ShapeError, match="batch × channels × extents"):
        one_layer(Upsample(2), 1, 2)
    for scale in (0, -1, Fraction(-1, 2)):
        with pytest.raises(ShapeError):
            Upsample(scale)


def test_an_upsampling_to_a_second_input_takes_its_extents() -> None:
    net = Network("segmentation")
    net.input("image", "N", 3, "H", "W")
    net.add("features", Conv(21, 3, 8, 1))
    net.add("logits", Upsample(mode="linear"), "features", "image")
    assert str(net.output) == "N×21×H×W"
    net.add("same", Upsample(size=(5, 6), mode="linear"), "features")
    logits, same = (net.node(name).count for name in ("logits", "same"))
    at = net.at({"N": 2, "H": 5, "W": 6})
    for primitive in ("add", "mul"):
        assert evaluate_cost(logits[primitive], at) == evaluate_cost(same[primitive], at)
    assert sc.metrics.receptive_field(net, "logits") is None


def test_a_pooled_image_is_laid_over_the_map_again() -> None:
    net = Network("image pooling")
    net.input("map", "N", 2048, "X", "X")
    net.add("pool", AdaptiveAvgPool(1))
    net.add("over", Upsample(mode="linear"), "pool", "map")
    assert net.output == net.tensor("map")


def test_the_second_input_stands_in_place_of_a_scale_and_a_size() -> None:
    for layer, shape in [(Upsample(2), (1, 5, 4, 4)), (Upsample(size=8), (1, 5, 4, 4)), (Upsample(), (1, 5, 4))]:
        net = Network()
        net.input("small", 1, 3, 2, 2)
        net.input("large", *shape)
        with pytest.raises(ShapeError, match=r"second input whose extents|to the extents of 1×5×4"):
            net.add("layer", layer, "small", "large")
