"""Counts of primitive operations, and the conventions that make one number of them."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from fractions import Fraction
from random import Random

import pytest
from networks import alexnet, resnet, squeezenet, unet, vgg

import symconv as sc
from symconv import Convention, Count, Network
from symconv.cost import Cost, evaluate_cost, product, total_of
from symconv.count import CONVENTIONS, PRIMITIVES, sum_of
from symconv.errors import SymconvError
from symconv.layers import BatchNorm, Conv, LocalResponseNorm

X, N = sc.X, sc.N


def random_count(rng: Random) -> tuple[Count, dict[str, int]]:
    """A count in X, and its figures at X = 3."""
    costs: dict[str, Cost] = {}
    for name in rng.sample(sorted(PRIMITIVES), rng.randint(0, 6)):
        costs[name] = product(rng.randint(1, 9), X) + product(rng.randint(1, 9))
    return Count(costs), {name: int(evaluate_cost(c, {sc.symbol("X"): 3})) for name, c in costs.items()}


def at_3(cost: Cost) -> Fraction:
    return Fraction(evaluate_cost(cost, {sc.symbol("X"): 3}))


def test_counts_add_up_and_scale_primitive_by_primitive() -> None:
    rng = Random(1)
    for _ in range(100):
        (a, figures_a), (b, figures_b) = random_count(rng), random_count(rng)
        for name in PRIMITIVES:
            whole = figures_a.get(name, 0) + figures_b.get(name, 0)
            assert at_3((a + b)[name]) == at_3(sum_of([b, a])[name]) == whole
            assert at_3((a * 5)[name]) == at_3((5 * a)[name]) == 5 * figures_a.get(name, 0)
            assert at_3((a * product(X))[name]) == 3 * figures_a.get(name, 0)


def test_a_convention_is_a_linear_map() -> None:
    rng = Random(2)
    for _ in range(100):
        weights = {name: Fraction(rng.randint(0, 9), rng.randint(1, 4)) for name in rng.sample(sorted(PRIMITIVES), 5)}
        convention = Convention("mine", weights=weights, other=rng.randint(0, 2))
        (a, figures), (b, _) = random_count(rng), random_count(rng)
        by_hand = sum(n * weights.get(name, convention.other) for name, n in figures.items())
        assert at_3(convention(a)) == by_hand
        assert at_3(convention(a + b)) == at_3(convention(a)) + at_3(convention(b))
        assert at_3(convention(7 * a)) == 7 * by_hand


@pytest.mark.parametrize(
    ("name", "of_one_mac", "of_one_max", "of_one_plane"),
    [("macs", 1, 0, 0), ("flops", 2, 0, 0), ("ops", 2, 1, 0), ("full", 1, 0, 1), ("causal", 1, 0, 0)],
)
def test_each_convention_weighs_as_the_field_does(
    name: str, of_one_mac: int, of_one_max: int, of_one_plane: int
) -> None:
    convention = CONVENTIONS[name]
    weights = {primitive: convention(Count({primitive: product(1)})) for primitive in PRIMITIVES}
    assert weights.pop("mac") == weights.pop("unknown") == of_one_mac
    assert weights.pop("plane") == weights.pop("channel_add") == of_one_plane
    assert weights.pop("masked") == (-1 if name == "causal" else 0)
    assert all(weight == of_one_max for weight in weights.values())


def test_without_a_bias_no_plane_and_no_add_is_booked() -> None:
    conv = {bias: Network() for bias in (True, False)}
    for bias, net in conv.items():
        net.input("image", "N", 8, "X", "X")
        net.add("conv", Conv(4, 3, bias=bias))
    with_bias, without = conv[True].count(), conv[False].count()
    assert not without["plane"]
    assert not without["add"]
    assert with_bias["mac"] == without["mac"]
    assert with_bias["channel_add"] == without["channel_add"]
    assert str(with_bias["plane"]) == "32·N·(X − 2)²"
    assert str(with_bias["add"]) == "4·N·(X − 2)²"


def test_a_bias_for_each_plane_is_booked_as_the_article_does_and_one_for_each_output_as_frameworks_do() -> None:
    """(K² + 1)·C_in has a bias a plane, C_in of them where a framework adds one: the rest is (C_in − 1)·C_out·M²."""
    for c_in, c_out, k, x in ((3, 64, 3, 224), (7, 5, 5, 31), (1, 4, 1, 9)):
        net = Network()
        net.input("image", 1, c_in, x, x)
        net.add("conv", Conv(c_out, k))
        count, points = net.count(), (x - k + 1) ** 2
        assert (count["plane"], count["add"]) == (c_in * c_out * points, c_out * points)
        assert count["plane"] - count["add"] == (c_in - 1) * c_out * points
        assert net.evaluate("full") == ((k * k + 1) * c_in + c_in - 1) * points * c_out


@pytest.mark.parametrize("build", [vgg, alexnet, resnet, squeezenet, unet])
def test_each_total_is_the_convention_of_the_network_s_count(build: object) -> None:
    net = build()  # type: ignore[operator]
    count, at = net.count(), {"X": 96, "N": 3}
    values = net.at(at)
    figures = {name: evaluate_cost(count[name], values) for name in PRIMITIVES}
    assert net.evaluate("macs", **at) == figures["mac"]
    assert net.evaluate("flops", **at) == 2 * figures["mac"]
    assert net.evaluate("full", **at) == figures["mac"] + figures["plane"] + figures["channel_add"]
    rest = sum(n for name, n in figures.items() if name not in ("mac", "plane", "channel_add"))
    assert net.evaluate("ops", **at) == 2 * figures["mac"] + rest
    energy = Convention("energy", weights={"mac": Fraction(23, 5), "max": Fraction(1, 10)})
    assert net.evaluate(energy, **at) == Fraction(23, 5) * figures["mac"] + Fraction(figures["max"], 10)


def test_ops_and_macs_differ_by_what_are_no_macs() -> None:
    net = Network()
    net.input("image", "N", 4, "X", "X")
    net.add("norm", BatchNorm())
    net.add("lrn", LocalResponseNorm())
    assert not net.cost("macs")
    assert not net.cost("full")
    assert str(net.cost("ops")) == "44·N·X²"  # 4 channels of 2 and 9 operations


def test_an_unknown_primitive_is_an_error_with_the_nearest() -> None:
    for make in (lambda: Count(macs=product(1)), lambda: Convention("mine", weights={"macs": 1})):
        with pytest.raises(SymconvError, match=r"'macs' is no primitive operation.*did you mean mac"):
            make()


def test_a_count_keeps_no_zeros_and_the_order_of_the_primitives() -> None:
    count = Count(div=product(2), mac=product(3), add=product(0))
    assert list(count.operations) == ["mac", "div"]
    assert repr(count) == "3 mac, 2 div"
    assert repr(Count()) == "nothing"
    assert not Count()
    assert Count(mac=3, div=2) == count
    assert hash(Count(mac=3, div=2)) == hash(count)
    assert count != Count(mac=3)
    assert count != 3
    assert total_of([]) == 0


def test_a_convention_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        CONVENTIONS["macs"].other = 1  # type: ignore[misc]
