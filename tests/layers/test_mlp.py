"""Feed-forward layers, plain, gated and as a mixture of experts, against their formulas on numbers that count."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from random import Random
from typing import Any

import pytest

from layers import sequences as by_hand
from layers.cases import counted, one_layer, params
from layers.scalars import FUNCTIONS
from symconv import Layer, Network
from symconv.cost import evaluate_cost
from symconv.errors import DomainError, ShapeError
from symconv.layers import MLP, GatedMLP, MixtureOfExperts

Shape = tuple[int, ...]
SHAPE = (2, 3, 4)
AT = {"N": 2, "T": 3, "C": 4}


def worked_out(layer: MLP | GatedMLP, r: Random, rows: by_hand.Rows, width: int, channels: int) -> by_hand.Rows:
    """The layer on rows of this width, its weights drawn."""
    hidden = layer.hidden
    assert isinstance(hidden, int)
    up, gate, down = (
        by_hand.drawn(r, hidden, width),
        by_hand.drawn(r, hidden, width),
        by_hand.drawn(r, channels, hidden),
    )
    biases = [by_hand.drawn(r, n) for n in (hidden, hidden, channels)] if layer.bias else None
    if isinstance(layer, GatedMLP):
        return by_hand.gated_mlp(rows, gate, up, down, layer.activation, tuple(biases) if biases else None)
    return by_hand.mlp(rows, up, down, layer.activation, tuple(biases[1:]) if biases else None)


def weights_of(layer: MLP | GatedMLP, width: int, channels: int) -> int:
    """Every weight of every linear map, one by one."""
    maps = [(width, layer.hidden)] * (2 if isinstance(layer, GatedMLP) else 1) + [(layer.hidden, channels)]
    return sum(1 for i, o in maps for _ in range(o) for _ in range(i + layer.bias))


@pytest.mark.parametrize("channels", [None, 5])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("activation", ["gelu", "gelu_tanh", "relu", "silu"])
@pytest.mark.parametrize("kind", [MLP, GatedMLP])
def test_a_feed_forward_layer_does_to_each_row_what_its_formula_does(
    kind: type[MLP | GatedMLP], activation: str, bias: bool, channels: int | None
) -> None:
    r, tally = Random(0), Counter[str]()
    layer = kind(7, activation, bias, channels)
    out = worked_out(layer, r, by_hand.drawn_rows(r, tally, 2 * 3, 4), 4, channels or 4)
    expected = (2, 3, len(out[0])), {name: n for name, n in tally.items() if n}
    assert counted(one_layer(layer, *SHAPE), {}) == expected
    net = Network("symbols")
    net.input("x", *AT)
    net.add("mlp", kind(net.symbol("F", "count"), activation, bias, channels))
    assert counted(net, AT | {"F": 7}) == expected
    assert params(net, AT | {"F": 7}) == weights_of(layer, 4, channels or 4)
    image = one_layer(kind(7, activation, bias, channels, "channels"), 2, 4, 1, 3)
    assert counted(image, {}) == ((2, channels or 4, 1, 3), expected[1])
    assert params(image, {}) == weights_of(layer, 4, channels or 4)


@pytest.mark.parametrize("activation", sorted(set(FUNCTIONS) - {"prelu"}))
def test_every_activation_without_weights_can_stand_inside(activation: str) -> None:
    assert one_layer(MLP(8, activation), *SHAPE).count()["mac"]


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (MLP(8, "gleu"), "mlp: activation = 'gleu'.*did you mean (gelu|elu)"),
        (GatedMLP(8, "prelu"), "gated_mlp: activation = 'prelu'"),
        (MixtureOfExperts(4, 2, 8, activation="conv"), "mlp: activation = 'conv': accepted are elu, gelu, gelu_tanh"),
        (MLP(8, over="first"), "accepted are last and channels"),
    ],
)
def test_what_is_no_activation_is_an_error(layer: Layer, said: str) -> None:
    with pytest.raises(ShapeError, match=said):
        one_layer(layer, *SHAPE)


# -- mixtures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("experts", "k", "gated", "bias"),
    [(8, 2, True, False), (3, 3, True, True), (4, 1, False, True), (1, 1, False, False), (5, 4, True, False)],
)
def test_a_mixture_of_experts_does_to_each_token_what_its_formula_does(
    experts: int, k: int, gated: bool, bias: bool
) -> None:
    r, tally = Random(1), Counter[str]()
    expert = (GatedMLP if gated else MLP)(6, "silu", bias)
    by_hand.mixture(
        by_hand.drawn_rows(r, tally, 2 * 3, 4),
        by_hand.drawn(r, experts, 4),
        [lambda rows: worked_out(expert, r, rows, 4, 4)] * experts,
        k,
    )
    expected = SHAPE, {name: n for name, n in tally.items() if n}
    on_numbers = one_layer(MixtureOfExperts(experts, k, 6, gated, bias=bias), *SHAPE)
    assert counted(on_numbers, {}) == expected
    net = Network("symbols")
    e, top, f = (net.symbol(name, "count") for name in ("E", "k", "F"))
    net.input("x", *AT)
    net.add("moe", MixtureOfExperts(e, top, f, gated, bias=bias))
    at = AT | {"E": experts, "k": k, "F": 6}
    assert counted(net, at) == expected
    one = weights_of(expert, 4, 4)
    assert params(net, at) == params(on_numbers, {}) == experts * 4 + experts * one
    assert evaluate_cost(net.cost("active_params"), net.at(at)) == experts * 4 + k * one


def test_as_many_experts_as_a_token_uses_are_wanted() -> None:
    with pytest.raises(ShapeError, match="as many experts as each token uses"):
        one_layer(MixtureOfExperts(2, 3, 8), *SHAPE)
    net = Network()
    net.input("x", "N", "T", 4)
    net.add("moe", MixtureOfExperts(net.symbol("E", "count"), 2, 8))
    assert str(net.domain) == "E ≥ 2"
    with pytest.raises(DomainError):
        net.evaluate("macs", N=1, T=1, E=1)


def test_the_comparisons_that_pick_the_best_find_them() -> None:
    r, tally = Random(2), Counter[str]()
    for k in range(1, 6):
        scores = by_hand.drawn_rows(r, tally, 1, 5)[0]
        best = max(combinations(range(5), k), key=lambda some: sum(scores[i].value for i in some))
        assert sorted(by_hand.top(scores, k)) == list(best)


def mixtral(net: Network, **changes: Any) -> None:
    net.add("moe", MixtureOfExperts(8, 2, 14336, **changes))


def test_mixtral_s_experts_have_their_published_sizes() -> None:
    """8 experts of 3·4096·14336 in 32 layers, of which 2 are at work: 46.7 and 12.9 billion with all the rest.

    The rest is 1.605 billion weights: attention 32·(2·4096² + 2·4096·1024), two tables of 32000·4096, 65 norms.
    """
    net = Network()
    net.input("x", "N", "T", 4096)
    mixtral(net)
    rest = 32 * (2 * 4096**2 + 2 * 4096 * 1024 + 2 * 4096) + 2 * 32000 * 4096 + 4096
    assert 32 * net.evaluate("params") + rest == 46_702_792_704
    assert round((32 * net.evaluate("active_params") + rest) / 1e9, 1) == 12.9
