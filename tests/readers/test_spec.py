"""A spec becomes the network that it describes: branches by name, symbols of its own, variants, names, any size."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from symconv.condition import DIVIDES
from symconv.errors import DomainError, SpecError, SymbolError, SymconvError
from symconv.extent import size_of
from symconv.network import Network
from symconv.readers.spec import parse_spec, read_spec
from symconv.symbols import symbol
from symconv.values import evaluate

SPECS = Path(__file__).parents[1] / "specs"
HEAD = "input: [N, 3, X, X]\n"


def network(text: str, variant: str | None = None) -> Network:
    return parse_spec(text, "net.yaml").network(variant)


def spec(name: str) -> Network:
    return read_spec(SPECS / f"{name}.yaml").network()


# --- what a spec becomes


def unet_extents(x: int, pad: int) -> list[list[int]]:
    """The extents of the 19 convolutions of a U-Net from its innermost rules: downwards, bottom, upwards, map."""
    down: list[list[int]] = []
    for level in range(5):
        x = x if level == 0 else x // 2
        down.append([x := x - 2 + 2 * pad, x := x - 2 + 2 * pad])
    up = []
    for _ in range(4):
        x = 2 * x
        up.append([x := x - 2 + 2 * pad, x := x - 2 + 2 * pad])
    return [*down, *up, [x]]


def unet_channels() -> list[list[tuple[int, int]]]:
    """(C_in, C_out) of the same convolutions."""
    down = [[(1, 64), (64, 64)]] + [[(c, 2 * c), (2 * c, 2 * c)] for c in (64, 128, 256, 512)]
    up = [[(2 * c, c), (c, c)] for c in (512, 256, 128, 64)]
    return [*down, *up, [(64, 2)]]


@pytest.mark.parametrize(
    ("name", "pad", "x"), [("unet", 1, 512), ("unet", 1, 48), ("unet_unpadded", 0, 572), ("unet_unpadded", 0, 188)]
)
def test_a_u_net_has_the_extents_and_the_work_of_its_convolutions(name: str, pad: int, x: int) -> None:
    net = spec(name)
    extents, channels = unet_extents(x, pad), unet_channels()
    macs = params = 0
    for i, (row, pairs) in enumerate(zip(extents, channels)):
        k = 1 if i == 9 else 3
        for m, (c_in, c_out) in zip(row, pairs):
            macs += k * k * c_in * c_out * m * m
            params += k * k * c_in * c_out + c_out
    for i, c in enumerate((512, 256, 128, 64)):  # the up-convolution in front of each pair of the way up
        macs += 4 * 2 * c * c * extents[4 + i][-1] ** 2
        params += 4 * 2 * c * c + c
    assert net.evaluate("macs", X=x, N=1) == macs
    assert net.cost("params") == net.evaluate("params") == params


def test_the_padded_u_net_asks_for_a_multiple_of_16_and_keeps_the_extent() -> None:
    net = spec("unet")
    assert str(net.domain) == "X ≡ 0 (mod 16)"
    assert str(net.output) == "N×2×X²"
    assert "up1/concat1" in {c.node for c in net.domain.conditions}
    with pytest.raises(DomainError, match="X = 100 is outside the domain X ≡ 0"):
        net.evaluate("macs", X=100, N=1)


def test_the_u_net_of_the_paper_makes_388_of_572() -> None:
    net = spec("unet_unpadded")
    assert str(net.output) == "N×2×(16·⌊(X + 4)/16⌋ − 188)²"
    assert str(net.domain) == "X ≥ 188"
    at = {symbol("X"): 572, symbol("N"): 1}
    assert [evaluate(size, at) for size in net.output.shape] == [1, 2, 388, 388]


def test_branches_are_joined_by_name_within_a_stage_across_stages_and_forwards() -> None:
    net = spec("residual")
    inputs = {node.name: node.inputs for node in net.nodes}
    assert inputs["block1/sum"] == ("block1/second", "stem")
    assert inputs["block2/first"] == inputs["block2/shortcut"] == ("block1/sum",)
    assert inputs["block3/sum"] == ("block3/second", "block2/sum")
    names = [node.name for node in net.nodes]
    assert all(
        names.index(source) < names.index(name) for name in names for source in inputs[name] if source != "image"
    )


def test_shared_weights_are_counted_once_and_their_work_twice() -> None:
    net = spec("residual")
    convs = 27 * 16 + 2 * 9 * 16 * 16 + 9 * 16 * 32 + 9 * 32 * 32 + 16 * 32 + 9 * 32 * 32
    assert net.cost("params") == convs + 32 * 10 + 10
    macs = (27 * 16 + 2 * 9 * 16 * 16) * 32**2 + (9 * 16 * 32 + 16 * 32 + 3 * 9 * 32 * 32) * 16**2 + 320
    assert net.evaluate("macs", X=32, N=1) == macs


def test_a_padding_of_half_a_kernel_makes_the_kernel_odd_by_the_domain_with_the_node_that_asked() -> None:
    net = network(
        HEAD + "symbols: {K: kernel}\nlayers: [{conv: {channels: 8, kernel: K, padding: (K - 1)/2, name: keeps}}]\n"
    )
    assert "K ≡ 1 (mod 2)" in str(net.domain)
    (condition,) = [c for c in net.domain.conditions if c.relation == DIVIDES]
    assert (condition.node, condition.reason) == ("keeps", "(K - 1)/2 is whole")
    with pytest.raises(
        DomainError, match=r"K = 4 is outside the domain K ≡ 1 \(mod 2\): .*is whole, asked for by keeps"
    ):
        net.evaluate("macs", X=9, N=1, K=4)
    for k in (1, 3, 5):
        assert net.evaluate("macs", X=9, N=1, K=k) == k * k * 3 * 8 * 81


def test_a_padding_of_half_an_odd_kernel_keeps_the_extent_in_print() -> None:
    assert str(spec("any_kernel").node("keeps").out) == "N×64×X²"


def test_a_variant_puts_numbers_and_expressions_in_place_of_symbols() -> None:
    read = read_spec(SPECS / "any_kernel.yaml")
    five = read.network("five")
    assert str(five.output) == "N×64×X²"
    assert five.cost("params") == 25 * (3 * 64 + 64 * 6 + 64 * 64) + 64 + 6 + 64 + 64 * 64 + 64
    assert set(five.symbols) == {"N", "X"}
    assert set(read.network("doubled").symbols) == {"C", "N", "X"}
    assert str(read.network("doubled").node("keeps").out) == "N×64×X²"
    assert read.network().name == "any-kernel"
    with pytest.raises(SpecError) as caught:
        read.network("even")
    assert {fault.message for fault in caught.value.faults} == {"padding: (K - 1)/2 is no whole number, but 3/2"}
    assert len(caught.value.faults) == 4


def test_an_input_called_k_or_n_is_the_networks_own_and_evaluated_by_its_name() -> None:
    net = network("input: [N, 3, K, K]\nlayers: [{conv: {channels: 8, kernel: 3}}]\n")
    assert net.symbols["K"] != size_of(symbol("K"))
    assert net.symbols["N"] == size_of(symbol("N"))
    assert net.evaluate("macs", K=5, N=2) == 2 * 27 * 8 * 9
    other = network("input: [batch, 3, N, N]\nlayers: [{conv: {channels: 8, kernel: 3}}]\n")
    assert other.evaluate("macs", batch=2, N=5) == 2 * 27 * 8 * 9
    with pytest.raises(SymbolError, match="there is no symbol X"):
        net.evaluate("macs", X=5, N=2)


def test_a_kernel_symbol_stands_beside_an_input_of_its_own_dimensions() -> None:
    net = network("input: [N, 3, H, K2]\nsymbols: {K: kernel}\nlayers: [{conv: {channels: 8, kernel: [K, 1]}}]\n")
    assert net.symbols["K"] == size_of(symbol("K"))
    assert net.evaluate("macs", N=1, H=10, K2=4, K=3) == 3 * 3 * 8 * 8 * 4


@pytest.mark.parametrize(
    "name", ["values", "lambda", "class", "None", "print", "ΔX", "ширина", "שלום", "metric", "self"]
)
def test_a_symbol_may_have_any_name_that_is_none_of_the_functions(name: str) -> None:
    net = network(f"input: [N, 3, {name}, 5]\nlayers: [{{conv: {{channels: 8, kernel: [{name}, 1]}}}}]\n")
    assert net.evaluate("macs", **{name: 4, "N": 1}) == 4 * 3 * 8 * 5


def test_an_expression_in_a_shape_frees_the_totals_of_floors() -> None:
    net = network(
        "input: [N, 3, 32*q, 32*q]\nlayers: [conv3-8, maxpool, maxpool, maxpool, maxpool, maxpool, conv3-8]\n"
    )
    assert str(net.cost("macs")) == "221760·N·q²"
    assert net.evaluate("macs", q=7, N=1) == 27 * 8 * 224**2 + 9 * 64 * 7**2


def test_what_the_expression_of_a_shape_requires_is_in_the_domain() -> None:
    net = network("input: [N, 3, X/2, X - 5]\nlayers: [relu]\n")
    assert {c.node for c in net.domain.conditions} == {"image"}
    with pytest.raises(DomainError):
        net.evaluate("ops", X=7, N=1)
    with pytest.raises(DomainError):
        net.evaluate("ops", X=4, N=1)
    assert net.evaluate("ops", X=6, N=1) == 9


def test_several_inputs_have_names_and_the_first_layer_stands_behind_the_last() -> None:
    text = "inputs: {left: [N, 3, X, X], right: [N, 5, X, X]}\nlayers: [relu, {concat: {from: [left, relu1]}}]\n"
    net = network(text)
    assert str(net.output) == "N×8×X²"
    assert net.node("relu1").inputs == ("right",)
    assert list(net.inputs) == ["left", "right"]


def test_names_that_are_not_given_are_the_kind_and_the_next_free_number() -> None:
    net = network(
        HEAD
        + "layers: [{relu: {name: conv2}}, conv3-4, conv3-4, maxpool, {batch_norm: }, {relu: {name: a/conv1}},"
        + " {stage: a, layers: [conv3-4]}]\n"
    )
    assert [node.name for node in net.nodes] == ["conv2", "conv1", "conv3", "pool1", "bn1", "a/conv1", "a/conv2"]


@pytest.mark.parametrize(
    "name",
    ["🙂", "réseau", "שלום", "层1", "a b", "layer2.0.conv1", "stage1/conv1", "->", "a'b\"c", "<b>&amp;", "x" * 200],
)
def test_a_name_may_have_any_characters_that_can_be_seen(name: str) -> None:
    quoted = name.replace("'", "''")
    net = network(HEAD + f"layers: [{{relu: {{name: '{quoted}'}}}}, {{add: {{from: ['{quoted}', image]}}}}]\n")
    assert net.node("add1").inputs == (name, "image")


def test_hidden_layers_stand_behind_each_word_of_the_notation_but_the_last_fc_and_never_behind_themselves() -> None:
    hidden = "hidden: {conv: [batch_norm, conv1-4], FC: [{stage: s, layers: [relu, FC-7]}]}\n"
    net = network(HEAD + "layers: [conv3-4, {conv: 4}, FC-5, FC-6]\n" + hidden)
    assert [node.name for node in net.nodes] == [
        "conv1", "bn1", "conv2", "conv3", "flatten1", "fc1", "s/relu1", "s/fc1", "fc2",
    ]  # fmt: skip


def test_large_numbers_stay_exact() -> None:
    net = network(
        HEAD
        + f"layers: [{{conv: {{channels: {'9' * 30}, kernel: 1, stride: {10**29}}}}},"
        + " {conv: {channels: 10^15·10^15, kernel: 1}}]\n"
    )
    wide = 10**30 - 1
    assert net.cost("params") == 3 * wide + wide + wide * 10**30 + 10**30
    assert net.evaluate("macs", X=10**29, N=1) == 3 * wide + wide * 10**30


def test_a_variant_may_have_usual_values_of_its_own() -> None:
    text = "usual: {X: 224, N: 1}\nlayers: [conv3-64]\nvariants: {a: {}, b: {usual: {X: 240}}, c: {usual: {Y: 3}}}\n"
    assert [network(HEAD + text, name).usual for name in (None, "a", "b")] == [
        {"X": 224, "N": 1},
        {"X": 224, "N": 1},
        {"X": 240, "N": 1},
    ]
    with pytest.raises(SpecError, match=r"^net.yaml:4:53: Y is no symbol of the spec"):
        network(HEAD + text, "c")


def test_an_unknown_variant_is_said_with_the_nearest_and_a_table_of_several_wants_one() -> None:
    read = parse_spec(HEAD + "layers: [relu]\nvariants: {small: {}, large: {}}\n", "net.yaml")
    with pytest.raises(SymconvError, match=r"^net.yaml has no variant smal: did you mean small\?$"):
        read.network("smal")
    read = parse_spec(HEAD + "table: |\n  A | B\n  relu\n", "net.yaml")
    with pytest.raises(SymconvError, match=r"^net.yaml has several networks, name one of them: A, B$"):
        read.network()
    assert parse_spec(HEAD + "table: |\n  A\n  relu\n", "net.yaml").network().name == "net/A"


# --- size


@pytest.mark.parametrize(
    "layers",
    [
        lambda n: "conv3-64, " * n,
        lambda n: "".join(f"{{conv: {{channels: 8, kernel: 3, padding: 1, name: c{i}}}}}, " for i in range(n)),
        lambda n: "".join(
            f"{{add: {{from: [{f'a{i - 1}' if i else 'image'}, image], name: a{i}}}}}, " for i in range(n)
        ),
        lambda n: "".join(f"{{stage: s{i}, layers: [relu]}}, " for i in range(n)),
        lambda n: "".join(
            f"{{relu: {{name: r{n - i}, from: {f'r{n - i - 1}' if i < n - 1 else 'image'}}}}}, " for i in range(n)
        ),
    ],
    ids=["words", "named", "residual", "stages", "backwards"],
)
def test_reading_takes_steps_in_proportion_to_the_layers(layers: Callable[[int], str]) -> None:
    """Counted as calls of functions, so that no clock is asked."""

    def calls(n: int) -> int:
        text, count = f"{HEAD}layers: [{layers(n)}]\n", 0

        def counted(_frame: object, event: str, _argument: object) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        before = sys.getprofile()
        sys.setprofile(counted)
        try:
            network(text)
        finally:
            sys.setprofile(before)
        return count

    calls(10)
    assert calls(800) < 4.4 * calls(200)


def test_five_thousand_layers_are_read() -> None:
    text = HEAD + "layers: [" + "conv3-8, " * 5000 + "]\n"
    net = network(text)
    assert len(net.nodes) == 5000
    assert net.evaluate("macs", X=2, N=1) == 4 * (216 + 4999 * 576)
