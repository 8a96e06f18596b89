"""The network: names, shapes, totals, substitution, and errors that change nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import networkx as nx
import pytest
import sympy
from networks import TORCHVISION, alexnet, resnet, squeezenet, unet, vgg

import symconv as sc
from symconv import Convention, Count, Layer, Network, Parameter, Tensor, layer, weight
from symconv.condition import at_least
from symconv.cost import evaluate_cost, product
from symconv.errors import DomainError, NetworkError, ShapeError, SymbolError, SymconvError
from symconv.extent import Size
from symconv.layer import LAYERS
from symconv.layers import (
    Add,
    AvgPool,
    BatchNorm,
    Concat,
    Conv,
    ConvTranspose,
    Flatten,
    GlobalAvgPool,
    Linear,
    MaxPool,
    Mul,
    ReLU,
    Upsample,
)  # fmt: skip
from symconv.network import METRICS, in_order
from symconv.node import Node
from symconv.values import evaluate

ALL_METRICS = ("macs", "flops", "ops", "full", "params", "frozen", "buffers", "activations")


def small() -> Network:
    net = Network("small")
    net.input("image", "N", 3, "X", "X")
    net.add("conv", Conv(8, 3, padding=1))
    net.add("pool", MaxPool(2))
    return net


def rebuilt(net: Network, **shapes: tuple[Any, ...]) -> Network:
    """The same layers added again behind inputs of these shapes."""
    new = Network("rebuilt")
    for name in net.inputs:
        new.input(name, *shapes[name])
    for node in net.nodes:
        new.add(node.name, node.layer, *node.inputs, shares=node.shares)
    return new


def assert_same_figures(a: Network, b: Network) -> None:
    assert [(n.name, n.out, n.parameters, n.count) for n in a.nodes] == [
        (n.name, n.out, n.parameters, n.count) for n in b.nodes
    ]
    for metric in ALL_METRICS:
        assert a.cost(metric) == b.cost(metric)


# -- names ---------------------------------------------------------------------------------------------------------


def test_a_name_is_taken_once_by_an_input_or_a_node() -> None:
    net = small()
    for again in (lambda: net.add("conv", ReLU()), lambda: net.input("conv", 1), lambda: net.input("image", 1),
                  lambda: net.add("image", ReLU())):  # fmt: skip
        with pytest.raises(NetworkError, match=r"the name (conv|image) is taken"):
            again()


@pytest.mark.parametrize("name", ["", " ", " conv", "conv ", "/conv", "conv/", "stage//conv"])
def test_a_name_is_a_path(name: str) -> None:
    for add in (lambda net: net.add(name, ReLU()), lambda net: net.input(name, 1, 2)):
        with pytest.raises(NetworkError, match="is no name for a node: a path such as stage1/conv2 is wanted"):
            add(small())


def test_an_unknown_source_is_an_error_with_the_nearest() -> None:
    with pytest.raises(NetworkError, match=r"there is no node cnov. did you mean conv\?"):
        small().add("relu", ReLU(), "cnov")
    with pytest.raises(NetworkError, match=r"there is no node pol. did you mean pool\?"):
        small().node("pol")
    with pytest.raises(NetworkError):
        small().tensor("zzz")


def test_a_first_layer_without_an_input_is_an_error() -> None:
    with pytest.raises(ShapeError, match="conv takes 1 input, not 0"):
        Network().add("conv", Conv(8))
    with pytest.raises(ShapeError, match="add takes 2 or more inputs, not 0"):
        Network().add("add", Add())
    with pytest.raises(ShapeError, match="conv takes 1 input, not 2"):
        small().add("conv2", Conv(8), "conv", "pool")


# -- inputs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("extent", [0, -1, 2.0, 1.5, True, None, "", "3", "2*X", "X Y", "X+1", [3], sympy.pi])
def test_an_extent_of_an_input_is_a_positive_number_a_size_or_a_name(extent: object) -> None:
    net = Network()
    with pytest.raises(SymconvError):
        net.input("image", "N", extent)
    assert not net.inputs
    assert not net.symbols


def test_an_input_s_extent_in_symbols_is_at_least_1_by_the_domain() -> None:
    net = Network()
    net.input("rows", "N", sc.X - 3)
    net.add("fc", Linear(10))
    assert str(net.domain) == "X ≥ 4"
    assert [c.node for c in net.domain.conditions] == ["rows"]
    with pytest.raises(DomainError, match="rows"):
        net.evaluate("macs", N=1, X=3)
    with pytest.raises(ShapeError, match=r"−2·X \+ 3 ≥ 1 contradicts X ≥ 4 \(rows\)"):
        net.input("other", "N", 3 - sc.X - sc.X)
    assert list(net.inputs) == ["rows"]


def test_names_in_a_shape_are_the_field_s_symbols_where_their_roles_agree() -> None:
    net = Network("mine")
    net.input("image", "N", 3, "H", "W")
    net.input("text", "N", "T", "D_model")
    assert net.tensor("image").shape == (sc.N, 3, sc.H, sc.W)
    assert net.tensor("text").shape[1] == sc.T
    assert set(net.symbols) == {"N", "T", "D_model", "W", "H"}


def test_a_network_s_own_dimension_is_no_other_s() -> None:
    one, two = Network("one"), Network("two")
    for net in (one, two):
        net.input("rows", "N", "K")
        net.add("fc", Linear(10))
    assert str(one.cost("macs")) == str(two.cost("macs")) == "10·N·K"
    assert one.symbols["K"] != sc.K
    assert one.symbols["K"] != two.symbols["K"]
    assert one.symbols["N"] == two.symbols["N"] == sc.N
    assert one.evaluate("macs", N=2, K=3) == sc.evaluate(one.total("macs"), N=2, K=3) == 60
    assert one.total("macs") != two.total("macs")
    with pytest.raises(SymbolError, match="two different symbols are called K"):
        sc.evaluate(one.total("macs") + two.total("macs"), N=1, K=2)
    with pytest.raises(SymbolError, match="two different symbols are called K"):
        sc.evaluate(one.cost("macs") + product(sc.K), N=1, K=2)


def test_two_symbols_of_one_name_never_meet_in_one_network() -> None:
    net = Network()
    net.input("image", "N", 3, "K", "K")
    with pytest.raises(SymbolError, match="another symbol K"):
        net.add("conv", Conv(8, sc.K))
    net.add("conv", Conv(8, net.symbols["K"]))
    assert str(net.output) == "N×8×1×1"


# -- totals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("build", [vgg, alexnet, resnet, squeezenet, unet])
def test_the_costs_of_the_nodes_add_up_to_the_total(build: Callable[[], Network]) -> None:
    net = build()
    at = {"X": 96, "N": 3}
    values = net.at(at)
    for metric in ALL_METRICS:
        assert sum(evaluate_cost(c, values) for c in net.costs(metric).values()) == net.evaluate(metric, **at)
        assert sc.evaluate(net.total(metric), **{n: v for n, v in at.items() if n in _names(net, metric)}) == (
            net.evaluate(metric, **at)
        )


def _names(net: Network, metric: str) -> set[str]:
    return {s.name for s in net.total(metric).free_symbols}


def test_the_convolutions_of_vgg_16_print_coarsest_first() -> None:
    net = vgg("D")
    convs = sc.cost.total_of(c for name, c in net.costs("macs").items() if isinstance(net.node(name).layer, Conv))
    assert str(convs) == (
        "N·(7077888·⌊X/16⌋² + 5898240·⌊X/8⌋² + 1474560·⌊X/4⌋² + 221184·⌊X/2⌋² + 38592·X²)"
    )  # fmt: skip


@pytest.mark.parametrize("name", TORCHVISION)
def test_the_batch_divides_every_total_of_work_and_stands_in_front(name: str) -> None:
    net = TORCHVISION[name]()
    n = sympy.Symbol("N", integer=True, positive=True)
    for metric in ("macs", "ops", "full", "activations"):
        assert str(net.cost(metric)).startswith("N·("), metric
        total = net.total(metric)
        assert total.func is sympy.Mul
        assert n in total.args
        assert not (total / n).has(n)


def test_an_unknown_metric_is_an_error_with_the_nearest() -> None:
    with pytest.raises(SymconvError, match=r"unknown metric 'mac': known are macs, .*did you mean macs\?"):
        small().cost("mac")
    assert set(ALL_METRICS) <= set(METRICS)


def test_a_total_is_that_of_the_layers_that_are_there_by_then() -> None:
    net = small()
    before = net.cost("macs")
    net.add("conv2", Conv(8, 1))
    assert net.cost("macs") == before + product(64, sc.N, sc.X // 2, sc.X // 2)


def test_a_tensor_added_to_itself_is_one_addition() -> None:
    net = small()
    net.add("twice", Add(), "pool", "pool")
    assert net.graph.edges["pool", "twice"]["positions"] == (0, 1)
    assert net.node("twice").out == net.node("pool").out
    assert str(net.node("twice").count) == "8·N·⌊X/2⌋² add"
    assert str(net.domain) == "X ≥ 2"
    net.add("thrice", Mul(), "twice", "pool", "twice")
    assert net.graph.edges["twice", "thrice"]["positions"] == (0, 2)


# -- the graph -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("build", [resnet, squeezenet, unet])
def test_the_graph_is_acyclic_and_its_nodes_carry_what_is_known(build: Callable[[], Network]) -> None:
    net = build()
    assert nx.is_directed_acyclic_graph(net.graph)
    assert list(net.graph) == [*net.inputs, *(node.name for node in net.nodes)]
    for node in net.nodes:
        there = net.graph.nodes[node.name]
        assert (there["layer"], there["shape"], there["count"], there["node"]) == (
            node.layer, node.out.shape, node.count, node,
        )  # fmt: skip
        by_position = {p: source for source, _, d in net.graph.in_edges(node.name, data=True) for p in d["positions"]}
        assert tuple(by_position[i] for i in range(len(node.inputs))) == node.inputs
        assert node.tensors == tuple(net.tensor(source) for source in node.inputs)
    for name in net.inputs:
        assert net.graph.nodes[name]["layer"] is None
        assert net.graph.nodes[name]["shape"] == net.inputs[name].shape


def test_names_come_in_an_order_of_computation_their_own_where_it_is_free() -> None:
    assert in_order({"d": ["b", "c"], "b": ["a"], "c": ["a"], "a": ["image"]}) == ["a", "b", "c", "d"]
    assert in_order({"c": [], "b": [], "a": []}) == ["c", "b", "a"]
    rng = Random(3)
    for _ in range(100):
        names = [f"n{i}" for i in range(12)]
        inputs = {n: rng.sample(names[:i], min(i, rng.randint(0, 3))) for i, n in enumerate(names)}
        shuffled = dict(rng.sample(sorted(inputs.items()), len(inputs)))
        order = in_order(shuffled)
        assert sorted(order) == sorted(names)
        assert all(order.index(source) < order.index(n) for n in names for source in inputs[n])


@pytest.mark.parametrize(
    ("inputs", "cycle"),
    [({"a": ["a"]}, "a → a"), ({"a": ["c"], "b": ["a"], "c": ["b"], "d": []}, "a cycle: ")],
)
def test_a_cycle_is_an_error_that_names_it(inputs: dict[str, list[str]], cycle: str) -> None:
    with pytest.raises(NetworkError, match=cycle) as refusal:
        in_order(inputs)
    assert "d" not in str(refusal.value)


# -- evaluation ----------------------------------------------------------------------------------------------------


def test_evaluation_takes_every_symbol_of_the_network_also_where_the_total_lacks_it() -> None:
    net = vgg("D")
    assert net.evaluate("params", X=224, N=8) == net.evaluate("params") == 138357544
    assert net.evaluate("macs", X=224, N=1) == 15470264320


@pytest.mark.parametrize(
    ("values", "error", "said"),
    [
        ({"X": 224}, SymbolError, "no value for N: every symbol needs one"),
        ({}, SymbolError, "no value for N, X"),
        ({"X": 224, "N": 1, "Y": 3}, SymbolError, "there is no symbol Y: the symbols are N, X"),
        ({"x": 224, "N": 1}, SymbolError, r"there is no symbol x.*did you mean X\?"),
        ({"X": 31, "N": 1}, DomainError, "X = 31 is outside the domain X ≥ 32: an output of at least 1"),
        ({"X": 224.5, "N": 1}, DomainError, "X = 224.5 is a fraction: X is a positive integer"),
        ({"X": Fraction(1, 2), "N": 1}, DomainError, "X = 1/2 is a fraction"),
        ({"X": 0, "N": 1}, DomainError, "X = 0 is below 1"),
        ({"X": 224, "N": -1}, DomainError, "N = -1 is below 1"),
        ({"X": True, "N": 1}, DomainError, "X = True is not a number"),
        ({"X": "many", "N": 1}, DomainError, "X = 'many' is not a number"),
        ({"X": None, "N": 1}, DomainError, "X = None is not a number"),
        ({"X": float("nan"), "N": 1}, DomainError, "X = nan is not a number"),
        ({"X": float("inf"), "N": 1}, DomainError, "X = inf is not a number"),
    ],
)
def test_evaluation_names_what_is_wrong(values: dict[str, Any], error: type[SymconvError], said: str) -> None:
    with pytest.raises(error, match=said):
        vgg("D").evaluate("macs", **values)


def test_values_stay_integers_of_any_size() -> None:
    x = 32 * 10**30
    assert vgg("D").evaluate("macs", X=x, N=1) == 15346630656 // 224**2 * x**2 + 123633664
    assert type(vgg("D").evaluate("macs", X=224.0, N="1")) is int


# -- substitution --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["alexnet", "vgg16_bn", "resnet18", "squeezenet1_1", "googlenet", "mobilenet_v2"])
def test_substitution_is_building_at_numbers(name: str) -> None:
    net = TORCHVISION[name]()
    for x in (63, 97, 224):
        assert_same_figures(net.substitute(X=x, N=2), rebuilt(net, image=(2, 3, x, x)))
    partial = rebuilt(net, image=(2, 3, "X", "X"))
    assert_same_figures(net.substitute(N=2), partial)


def test_substitution_takes_what_evaluation_takes() -> None:
    wanted = small().substitute(X=64)
    for value in (64.0, "64", sympy.Integer(64), Fraction(64)):
        assert_same_figures(small().substitute(X=value), wanted)
    for value, error in ((True, DomainError), (64.5, DomainError), ("x", DomainError), (1, DomainError)):
        with pytest.raises(error):
            small().substitute(X=value)
    with pytest.raises(SymbolError, match="there is no symbol Z"):
        small().substitute(Z=3)


def test_a_multiple_of_32_makes_a_polynomial_without_a_floor() -> None:
    q = sc.size_of(sc.symbol("q", "count"))
    for value in (32 * q, sc.sympy_bridge.to_sympy(32 * q)):
        net = vgg("D", original_head=True).substitute(X=value)
        for metric in ("macs", "params", "ops", "full", "activations"):
            total = net.total(metric)
            assert not total.has(sympy.floor)
            assert total.is_polynomial(*total.free_symbols)
        assert str(net.domain) == "everywhere"
        assert net.evaluate("macs", q=7, N=1) == 15470264320
        assert net.evaluate("params", q=7) == 138357544
    shifted = vgg("D").substitute(X=32 * q - 64)
    assert str(shifted.domain) == "q ≥ 3"


def test_an_expression_outside_the_domain_is_an_error_and_one_partly_inside_a_condition() -> None:
    with pytest.raises(ShapeError, match="never holds"):
        small().substitute(X=2 - sc.size_of(sc.symbol("q", "count")))
    halved = small().substitute(X=sc.H // 2)
    assert str(halved.domain) == "H ≥ 4"


def test_symbols_in_fields_are_those_of_the_numbers_put_in_their_place() -> None:
    net = Network("general")
    net.input("image", "N", "C", "H", "W")
    conv = Conv(sc.C_out, (sc.K, 3), sc.S, (sc.P, (1, 0)), sc.D, sc.g)
    net.add("conv", conv)
    net.add("norm", BatchNorm())
    net.add("pool", AvgPool(sc.K, 1, (sc.P, sc.P)))
    rng, legal = Random(5), 0
    for _ in range(200):
        at = {"N": 2, "C": 6, "H": rng.randint(1, 20), "W": rng.randint(1, 20), "C_out": rng.choice([6, 12, 7])}
        at |= {"K": rng.randint(1, 5), "S": rng.randint(1, 3), "P": rng.randint(0, 3), "D": rng.randint(1, 2)}
        at["g"] = rng.choice([1, 2, 3, 4])
        numbers = Network("numbers")
        numbers.input("image", *(at[n] for n in ("N", "C", "H", "W")))
        k, s, p, d, g, c = (at[n] for n in ("K", "S", "P", "D", "g", "C_out"))
        try:
            numbers.add("conv", Conv(c, (k, 3), s, (p, (1, 0)), d, g))
            numbers.add("norm", BatchNorm())
            numbers.add("pool", AvgPool(k, 1, (p, p)))
        except ShapeError:
            with pytest.raises(DomainError):
                net.at(at)
            continue
        legal += 1
        values = net.at(at)
        assert tuple(evaluate(size, values) for size in net.output.shape) == numbers.output.shape
        for metric in ALL_METRICS:
            assert net.evaluate(metric, **at) == numbers.evaluate(metric)
    assert legal >= 40


# -- random networks -----------------------------------------------------------------------------------------------


def random_network(rng: Random, x: Size | str, y: Size | str, n: Size | str) -> Network:
    """A network with branches that are joined again; the same for the same state of the generator."""
    net = Network("random")
    last, channels = net.input("image", n, 3, x, y), 3
    for i in range(rng.randint(2, 6)):
        match rng.randrange(6):
            case 0:
                channels = rng.randint(1, 8)
                last = net.add(f"conv{i}", Conv(channels, rng.randint(1, 3), rng.randint(1, 2), 1), last)
            case 1:
                last = net.add(f"pool{i}", MaxPool(rng.randint(1, 3), 2, 0, 1, rng.random() < 0.5), last)
            case 2:
                left = net.add(f"left{i}", Conv(channels, 3, 2, 1), last)
                right = net.add(f"right{i}", Conv(channels, 1, 2), last)
                last = net.add(f"add{i}", Add(), left, right)
            case 3:
                left = net.add(f"left{i}", Conv(5, 3, 1, 1), last)
                last, channels = net.add(f"concat{i}", Concat(), left, last, left), channels + 10
            case 4:
                down = net.add(f"down{i}", MaxPool(2), last)
                up = net.add(f"up{i}", rng.choice([Upsample(2), ConvTranspose(channels, 2, 2)]), down)
                last = net.add(f"join{i}", Add(), up, last)
            case 5:
                gate = net.add(f"squeeze{i}", GlobalAvgPool(), last)
                gate = net.add(f"excite{i}", Conv(channels, 1), gate)
                last = net.add(f"mul{i}", Mul(), gate, last)
    net.add("flatten", Flatten(), last)
    net.add("fc", Linear(4))
    return net


def test_a_random_network_in_symbols_has_the_figures_of_the_one_on_numbers() -> None:
    legal = illegal = 0
    for seed in range(120):
        net = random_network(Random(seed), "H", "W", "N")
        sizes = Random(-seed)
        for _ in range(6):
            h, w, n = sizes.randint(1, 40), sizes.randint(1, 40), sizes.randint(1, 3)
            try:
                numbers = random_network(Random(seed), h, w, n)
            except ShapeError:
                illegal += 1
                with pytest.raises(DomainError):
                    net.at({"H": h, "W": w, "N": n})
                continue
            legal += 1
            for metric in ALL_METRICS:
                assert net.evaluate(metric, H=h, W=w, N=n) == numbers.evaluate(metric), (seed, h, w)
            values = net.at({"H": h, "W": w, "N": n})
            shapes = [tuple(evaluate(size, values) for size in node.out.shape) for node in net.nodes]
            assert shapes == [node.out.shape for node in numbers.nodes]
    assert min(legal, illegal) >= 100


# -- U-Net ---------------------------------------------------------------------------------------------------------


def test_the_padded_u_net_wants_multiples_of_16() -> None:
    net = unet(axes=("H", "W"))
    assert sorted(line for line, _ in net.domain.lines()) == ["H ≡ 0 (mod 16)", "W ≡ 0 (mod 16)"]
    assert str(net.output) == "N×2×H×W"
    for h, w in ((16, 16), (48, 32)):
        net.at({"H": h, "W": w})
    for h, w in ((24, 32), (32, 8), (0, 16)):
        with pytest.raises(DomainError):
            net.at({"H": h, "W": w})


def test_the_unpadded_u_net_is_the_published_one() -> None:
    # Ronneberger et al., figure 1 and section 2: a 572×572 tile gives 388×388.
    net = unet(padded=False)
    assert str(net.output) == "N×2×(16·⌊(X + 4)/16⌋ − 188)²"
    assert str(net.domain) == "X ≥ 188"
    assert net.substitute(X=572).output.spatial == (388, 388)


# -- errors change nothing -----------------------------------------------------------------------------------------


@layer("test_unruly")
class Unruly(Layer):
    """A user's layer that fails in one of its rules."""

    where: str = ""

    def output(self, image: Tensor) -> Tensor:
        sc.require(at_least(image.spatial[0], 1000), "the image to be huge")
        if self.where == "output":
            raise ZeroDivisionError("output")
        return image

    def parameters(self, image: Tensor) -> tuple[Parameter, ...]:
        if self.where == "parameters":
            raise KeyError("parameters")
        return (weight("weight", image.channels),)

    def work(self, image: Tensor, out: Tensor) -> Count:
        if self.where == "work":
            raise ValueError("work")
        return Count(max=out.elements)


del LAYERS["test_unruly"]


def snapshot(net: Network) -> tuple[Any, ...]:
    return (
        net.nodes, dict(net.inputs), str(net.domain), net.domain.conditions, net.output, dict(net.symbols),
        {n: dict(d) for n, d in net.graph.nodes(data=True)},
        {(a, b): dict(d) for a, b, d in net.graph.edges(data=True)},
        [net.cost(metric) for metric in ALL_METRICS],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda net: net.add("conv", ReLU()), NetworkError),
        (lambda net: net.add("", ReLU()), NetworkError),
        (lambda net: net.add("new", ReLU(), "nowhere"), NetworkError),
        (lambda net: net.add("new", Conv(8), "conv", "pool"), ShapeError),
        (lambda net: net.add("new", Conv(8, (3, 3, 3))), ShapeError),
        (lambda net: net.add("new", Conv(8, groups=3)), ShapeError),
        (lambda net: net.add("new", Add(), "conv", "image"), ShapeError),
        (lambda net: net.add("new", Conv(9, 3), "conv", shares="conv"), ShapeError),
        (lambda net: net.add("new", Conv(9, 3), "conv", shares="nowhere"), NetworkError),
        (lambda net: net.add("new", Conv(8, net.symbol("X", "kernel"))), SymbolError),
        (lambda net: net.add("new", Unruly("output")), ZeroDivisionError),
        (lambda net: net.add("new", Unruly("parameters")), KeyError),
        (lambda net: net.add("new", Unruly("work")), ValueError),
        (lambda net: net.input("image", "N"), NetworkError),
        (lambda net: net.input("other", "N", 0), ShapeError),
        (lambda net: net.input("other", "N", 1.5), ShapeError),
        (lambda net: net.input("other", "N", 1 - net.symbols["X"]), ShapeError),
        (lambda net: net.input("other", net.symbol("X", "kernel")), SymbolError),
        (lambda net: net.require(at_least(1, net.symbols["X"]), "pool"), ShapeError),
        (lambda net: net.evaluate("macs", X=1, N=1), DomainError),
        (lambda net: net.substitute(X=1), DomainError),
        (lambda net: net.cost("nothing"), SymconvError),
    ],
)
def test_an_error_leaves_the_network_as_it_was(spoil: Callable[[Network], object], error: type[Exception]) -> None:
    net = small()
    before = snapshot(net)
    with pytest.raises(error):
        spoil(net)
    assert snapshot(net) == before
    net.add("after", ReLU())
    assert net.node("after").inputs == ("pool",)


def test_a_condition_may_be_added_in_the_name_of_a_node() -> None:
    net = small()
    net.require(at_least(net.symbols["X"], 64), "pool")
    assert str(net.domain) == "X ≥ 64"
    with pytest.raises(DomainError, match="asked for by pool"):
        net.at({"X": 63})


def test_weights_are_shared_only_where_their_shapes_agree() -> None:
    net = small()
    with pytest.raises(ShapeError, match="again cannot share the weights of conv: their shapes differ"):
        net.add("again", Conv(8, 3, padding=1), shares="conv")
    net.add("again", Conv(8, 3), "image", shares="conv")
    assert net.cost("params") == 8 * 27 + 8


# -- size, order and determinism -----------------------------------------------------------------------------------


def calls_to(build: Callable[[], object]) -> int:
    """How many Python functions are called: work without a clock."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        build()
    finally:
        sys.setprofile(None)
    return calls


def chain(layers: int, kernel: int = 3, padding: int = 1) -> Network:
    net = Network("chain")
    net.input("image", "N", 8, "X", "X")
    for i in range(layers):
        net.add(f"conv{i}", Conv(8, kernel, padding=padding))
    net.cost("macs")
    net.cost("params")
    return net


@pytest.mark.parametrize("padding", [0, 1])
def test_a_chain_grows_linearly(padding: int) -> None:
    chain(10, padding=padding)
    short, long = (calls_to(lambda n=n: chain(n, padding=padding)) for n in (60, 600))
    assert long <= 11 * short


@pytest.mark.heavy
def test_a_chain_of_10000_layers_grows_linearly_and_is_exact() -> None:
    short, long = (calls_to(lambda n=n: chain(n, padding=0)) for n in (1000, 10000))
    assert long <= 11 * short
    net = chain(10000, padding=0)
    x = 30000
    assert net.evaluate("macs", X=x, N=1) == sum(9 * 64 * (x - 2 * i) ** 2 for i in range(1, 10001))
    assert str(net.domain) == "X ≥ 20001"


def test_a_layer_is_added_without_a_look_at_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    def nodes(net: Network) -> tuple[Node, ...]:
        looks.append(net.size)
        return tuple(net._nodes.values())

    monkeypatch.setattr(Network, "nodes", property(nodes))
    chain(100)
    assert looks == [100, 100]  # once for each of two totals


def deep(blocks: int) -> Network:
    return resnet((3, 8, blocks, 3))


def test_a_residual_network_grows_linearly() -> None:
    deep(2)
    short, long = (calls_to(lambda n=n: deep(n).cost("macs")) for n in (4, 104))
    per_block = calls_to(lambda: deep(5).cost("macs")) - short
    assert long - short <= 110 * per_block
    net = deep(36)
    assert sum(isinstance(node.layer, Conv) for node in net.nodes) == 155
    assert len(net.nodes) >= 515


def test_ten_thousand_layers_have_few_terms() -> None:
    net = chain(300, padding=0)
    assert str(net.output) == "N×8×(X − 600)²"
    assert len(net.cost("macs").terms) == 3
    x = 900
    assert net.evaluate("macs", X=x, N=1) == sum(9 * 64 * (x - 2 * i) ** 2 for i in range(1, 301))


DESCRIBE = """
import networks
for build in (networks.squeezenet, networks.unet, lambda: networks.unet(False), networks.googlenet):
    net = build()
    print(net.domain, net.symbols, net.count(), [net.cost(m) for m in ("macs", "params", "full", "activations")])
    print([(n.name, n.out, n.layer) for n in net.nodes], net.total("macs"), list(net.graph.edges(data=True)))
"""


def test_the_output_is_the_same_on_every_run_and_every_hash_seed() -> None:
    here = Path(__file__).parent
    path = os.pathsep.join([str(here), str(here.parent), os.environ.get("PYTHONPATH", "")])
    said = {
        subprocess.run(
            [sys.executable, "-c", DESCRIBE], capture_output=True, text=True, check=True, encoding="utf-8",
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
        ).stdout
        for seed in ("0", "12345")
    }  # fmt: skip
    assert len(said) == 1
    assert "⌊" in said.pop()


def test_a_network_says_what_it_is() -> None:
    assert repr(small()) == "Network('small', 2 layers)"
    assert list(small().symbols) == ["N", "X"]
    assert small().output == small().node("pool").out


def test_a_total_of_a_kind_a_stage_or_a_layer_alone() -> None:
    net = sc.load("vgg16")
    convolutions = "N·(7077888·⌊X/16⌋² + 5898240·⌊X/8⌋² + 1474560·⌊X/4⌋² + 221184·⌊X/2⌋² + 38592·X²)"
    assert str(net.cost("macs", only="conv")) == convolutions
    assert net.total("params", only="stage5") == 3 * (512 * 512 * 9 + 512)
    assert net.total("params", only="head/fc3") == 4096 * 1000 + 1000
    with pytest.raises(NetworkError, match="no layer, stage or kind convs"):
        net.cost("macs", only="convs")


def test_of_a_choice_that_nothing_decides_the_larger_side_counts() -> None:
    """4·9·C·N·X² macs on one side, 27·8·N·X² on the other: the larger of 36·C and 216."""
    net = Network("choice")
    net.input("image", "N", 3, "X", "X")
    net.input("wide", "N", net.symbol("C", "channels"), "X", "X")
    flag = sc.size_of(sc.symbol("if[a]", "padding", "choice"))
    net.add("one", Conv(4, 3, padding=1, bias=False), "wide", times=flag)
    net.add("other", Conv(8, 3, padding=1, bias=False), "image", times=1 - flag)
    net.add("both", Conv(1, 1, bias=False), "image")
    assert str(net.costs("macs")["one"]) == "36·N·C·if[a]·X²"
    net.choices[flag] = "the choice"
    for c in range(1, 12):
        assert evaluate_cost(net.cost("macs"), net.at({"C": c, "N": 2, "X": 5})) == (max(36 * c, 216) + 3) * 2 * 25
    assert net.cost("macs", only="both") == product(3, sc.N, sc.X, sc.X)
    assert evaluate_cost(net.cost("params"), net.at({"C": 7})) == 36 * 7 + 216 + 3


def test_a_choice_whose_sides_are_no_whole_sizes_is_left_as_it_is() -> None:
    net = Network("choice")
    net.input("image", "N", 3, "X", "X")
    flag = sc.size_of(sc.symbol("if[a]", "padding", "choice"))
    net.add("one", Conv(4, 3, padding=1, bias=False), "image", times=flag)
    net.choices[flag] = "the choice"
    half = Convention("half", weights={"mac": Fraction(1, 8)})
    assert str(net.cost(half)) == "(27/2)·N·if[a]·X²"
    assert str(net.cost("macs")) == "108·N·X²"


def test_a_path_may_be_said_with_dots_where_nothing_else_is_called_that() -> None:
    net = Network()
    net.input("image", "N", 3, "X", "X")
    net.add("layer1/0/conv", Conv(8, 3, bias=False))
    net.add("layer1/1/conv", Conv(8, 1, bias=False))
    net.add("layer2.0", Conv(2, 1, bias=False))
    said = {
        "layer1.0.conv": "layer1/0/conv", "layer1.0": "layer1/0", "layer2.0": "layer2.0", "layer3.0": "layer3.0",
        "layer1/0": "layer1/0",
    }  # fmt: skip
    assert {name: net.spelled(name) for name in said} == said
    for name in ("a", "layer1.1", "z"):
        net.add(name, ReLU())
    assert {name: net.spelled(name) for name in said} == said
    assert net.spelled("layer1.1") == "layer1.1"
    assert net.cost("params", only="layer1.0") == 8 * 3 * 9
    assert net.cost("params", only="layer1") == net.cost("params", only="layer1/") == 8 * 3 * 9 + 8 * 8
    assert net.cost("params", only="conv") == 8 * 3 * 9 + 8 * 8 + 16
    with pytest.raises(NetworkError, match=r"no layer, stage or kind layer1/2\. did you mean layer"):
        net.cost("params", only="layer1/2")


def test_an_edge_says_at_which_places_among_the_inputs_it_ends() -> None:
    net = Network()
    net.input("image", "N", 3, "X", "X")
    net.add("conv", Conv(3, 3, padding=1), "image")
    net.add("cat", Concat(), "image", "conv", "image")
    assert net.graph.edges["image", "cat"]["positions"] == (0, 2)
    assert net.graph.edges["conv", "cat"]["positions"] == (1,)
    before = net.graph
    net.add("last", ReLU())
    assert net.graph is before
    assert list(net.graph) == ["image", "conv", "cat", "last"]
    assert net.graph.nodes["image"]["count"] == Count()
    assert net.graph.nodes["last"]["node"] is net.node("last")


def test_a_repeated_block_unrolled_has_each_round_by_itself() -> None:
    net = Network()
    net.input("image", "N", 8, "X", "X")
    net.repeat("stage", 3, lambda i: net.add("conv", Conv(8, 3, bias=False)))
    alone = net.unrolled()
    assert [node.name for node in alone.nodes] == ["stage/0/conv", "stage/1/conv", "stage/2/conv"]
    assert not any(node.rounds for node in alone.nodes)
    for x in range(7, 12):
        expected = sum(8 * 8 * 9 * (x - 2 * k) ** 2 for k in (1, 2, 3))
        assert alone.evaluate("macs", X=x, N=1) == net.evaluate("macs", X=x, N=1) == expected


def test_what_works_in_training_only_is_in_no_count_and_makes_no_output() -> None:
    net = Network()
    net.input("image", "N", 3, "X", "X")
    net.add("conv", Conv(8, 1, bias=False))
    net.add("aux", Conv(5, 1, bias=False), "conv", training=True)
    assert net.count()["mac"] == product(24, sc.N, sc.X, sc.X)
    assert str(net.output) == "N×8×X²"


@pytest.mark.parametrize("given", [3.5, None, 7, object()])
def test_the_shape_of_an_input_is_a_list_of_numbers(given: object) -> None:
    net = Network()
    net.input("image", "N", 3, "X", "X")
    with pytest.raises(ShapeError, match="a shape of 4 extents is wanted"):
        net.bind({"image": given})
