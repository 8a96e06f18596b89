"""The linear layer against loops that really run."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from witness import loops

import symconv as sc
from layers.cases import assert_shares, check_each, counted, one_layer, params
from symconv.errors import ShapeError
from symconv.layers import Bias, LayerScale, Linear

Case = tuple[tuple[int, ...], int, bool]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=5))
    return tuple(shape), draw(st.integers(1, 6)), draw(st.booleans())


def traits(case: Case) -> set[str]:
    return {f"{len(case[0])} axes", "bias" if case[2] else "no bias"}


def check(case: Case) -> None:
    shape, channels, bias = case
    out, counts = loops.linear(shape, channels, bias)
    expected = out, dict(counts)
    names = [f"A{i}" for i in range(len(shape))]
    values = dict(zip(names, shape, strict=True))
    assert counted(one_layer(Linear(channels, bias), *shape), {}) == expected
    assert counted(one_layer(Linear(channels, bias), *names), values) == expected
    on_symbols = one_layer(Linear(sc.C_out, bias), *names)
    assert counted(on_symbols, {**values, "C_out": channels}) == expected
    assert params(on_symbols, {**values, "C_out": channels}) == shape[-1] * channels + bias * channels


def test_every_linear_layer_counts_what_the_loops_count() -> None:
    seen = check_each(cases(), check, traits, 200)
    assert_shares(seen, *(f"{n} axes" for n in range(1, 6)), "bias", "no bias")


def test_a_scalar_has_no_features() -> None:
    with pytest.raises(ShapeError, match="scalar"):
        one_layer(Linear(3))


def test_the_weights_of_a_head_depend_on_what_the_features_leave() -> None:
    net = one_layer(Linear(4096), "N", 512 * (sc.X // 32) ** 2)
    assert str(net.cost("params")) == "2097152·⌊X/32⌋² + 4096"


@pytest.mark.parametrize(("over", "features"), [("last", 5), ("channels", 3)])
@pytest.mark.parametrize(("layer", "operation"), [(LayerScale, "mul"), (Bias, "add")])
def test_a_layer_scale_or_a_bias_is_one_operation_an_element_and_a_weight_a_feature(
    layer: type[LayerScale | Bias], operation: str, over: str, features: int
) -> None:
    shape = (2, 3, 4, 5)
    names = ["N", "C", "H", "W"]
    elements = sum(1 for n in range(2) for c in range(3) for h in range(4) for w in range(5))
    net = one_layer(layer(over), *names)
    at = dict(zip(names, shape, strict=True))
    assert counted(net, at) == counted(one_layer(layer(over), *shape), {}) == (shape, {operation: elements})
    assert params(net, at) == features


def test_a_linear_layer_without_a_bias_and_a_bias_are_one_with_a_bias() -> None:
    net = one_layer(Linear(7, bias=False), 2, 5)
    net.add("bias", Bias())
    whole = one_layer(Linear(7), 2, 5)
    assert net.cost("params") == whole.cost("params")
    assert all(net.cost(metric) == whole.cost(metric) for metric in ("macs", "ops"))


def test_a_layer_scale_has_features_to_scale() -> None:
    with pytest.raises(ShapeError, match="layer_scale: over = 'first': accepted are last and channels"):
        one_layer(LayerScale("first"), 2, 3)
    with pytest.raises(ShapeError, match="features beside the batch"):
        one_layer(LayerScale(), 2)
