"""A block taken n times in closed form is, at every n, the blocks one behind the other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from symconv import Network
from symconv.errors import DomainError, NetworkError, ShapeError, SymbolError
from symconv.extent import Size
from symconv.layers import (
    Add,
    AvgPool,
    BatchNorm,
    Concat,
    Conv,
    GlobalAvgPool,
    Linear,
    MaxPool,
    Mul,
    ReLU,
    Sigmoid,
    Upsample,
)

METRICS = ("params", "macs", "ops", "activations", "buffers")

#: A move of a block: it adds layers behind `at`, given the channels there, and says what the next stands behind.
Move = Callable[[Network, str, Size, str], str]


def same(net: Network, at: str, c: Size, name: str) -> str:
    return net.add(name, Conv(c, padding=1), at)


def doubled(net: Network, at: str, c: Size, name: str) -> str:
    return net.add(name, Conv(2 * c, padding=1, bias=False), at)


def settled(net: Network, at: str, c: Size, name: str) -> str:
    return net.add(name, Conv(6, 1), at)


def dense(net: Network, at: str, c: Size, name: str) -> str:
    new = net.add(name, Conv(3, padding=1), at)
    return net.add(f"{name}_concat", Concat(), at, new)


def halved(net: Network, at: str, c: Size, name: str) -> str:
    return net.add(name, MaxPool(2), at)


def strided(net: Network, at: str, c: Size, name: str) -> str:
    return net.add(name, Conv(c, stride=2, padding=1), at)


def third(net: Network, at: str, c: Size, name: str) -> str:
    return net.add(name, AvgPool(3), at)


def cropped(net: Network, at: str, c: Size, name: str) -> str:
    return net.add(name, Conv(c), at)


def grown(net: Network, at: str, c: Size, name: str) -> str:
    return net.add(name, Upsample(2), at)


def residual(net: Network, at: str, c: Size, name: str) -> str:
    net.add(f"{name}_bn", BatchNorm(), at)
    net.add(f"{name}_relu", ReLU())
    new = net.add(name, Conv(c, padding=1))
    return net.add(f"{name}_add", Add(), at, new)


def excited(net: Network, at: str, c: Size, name: str) -> str:
    net.add(f"{name}_pool", GlobalAvgPool(), at)
    net.add(f"{name}_conv", Conv(c, 1))
    gate = net.add(f"{name}_gate", Sigmoid())
    return net.add(name, Mul(), at, gate)


def thinned(net: Network, at: str, c: Size, name: str) -> str:
    return net.add(name, Conv(c // 2 + 3, 1), at)


MOVES: tuple[Move, ...] = (
    same, doubled, settled, dense, halved, strided, third, cropped, grown, residual, excited, thinned,
)  # fmt: skip


def block(net: Network, moves: list[Move], source: str) -> Callable[[Size], object]:
    """One round of the moves behind what `source` is in it."""

    def body(_: Size) -> None:
        at = source
        for number, move in enumerate(moves):
            at = move(net, at, net.reading(at).channels, f"{move.__name__}{number}")

    return body


def folded(moves: list[Move], count: object, apart: bool = False) -> Network:
    """A convolution, the moves `count` times, a classifier."""
    net = Network("folded")
    net.input("image", "N", 3, "X", "X")
    net.add("stem", Conv(4, padding=1))
    n = net.symbol("n", "count") if count == "n" else count
    net.repeat("block", n, block(net, moves, "stem"), first_apart=apart)
    net.add("pool", GlobalAvgPool())
    net.add("head", Conv(5, 1))
    return net


def unrolled(moves: list[Move], count: int) -> Network:
    """The same with every round written down."""
    net = Network("unrolled")
    net.input("image", "N", 3, "X", "X")
    at = net.add("stem", Conv(4, padding=1))
    for i in range(count):
        for number, move in enumerate(moves):
            at = move(net, at, net.tensor(at).channels, f"block/{i}/{move.__name__}{number}")
    net.add("pool", GlobalAvgPool(), at)
    net.add("head", Conv(5, 1))
    return net


def value(net: Network, metric: str, x: int) -> object:
    try:
        return net.evaluate(metric, X=x, N=2)
    except (DomainError, ShapeError):
        return "outside"


def agree(moves: list[Move], count: int, x: int, apart: bool) -> None:
    try:
        plain = unrolled(moves, count)
        wanted = [value(plain, m, x) for m in METRICS]
    except ShapeError:
        wanted = ["outside"] * len(METRICS)
    family = folded(moves, "n", apart)
    for net in (family, folded(moves, count, apart)):
        try:
            member = net.substitute(n=count) if net is family else net
            found = [value(member, m, x) for m in METRICS]
        except (ShapeError, DomainError):
            found = ["outside"] * len(METRICS)
        assert found == wanted, (found, wanted)
    if "outside" in wanted:
        with pytest.raises((DomainError, ShapeError)):
            family.evaluate("macs", X=x, N=2, n=count)
        return
    assert [family.evaluate(m, X=x, N=2, n=count) for m in METRICS] == wanted
    written = family.substitute(n=count).unrolled()
    assert {n: str(c) for n, c in written.substitute(X=x, N=2).costs("macs").items()} == {
        n: str(c) for n, c in plain.substitute(X=x, N=2).costs("macs").items()
    }


MOVED = st.lists(st.sampled_from(MOVES), min_size=1, max_size=4)


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(MOVED, st.integers(1, 6), st.integers(1, 70), st.booleans())
def test_a_random_block_n_times_is_the_rounds_one_behind_the_other(
    moves: list[Move], count: int, x: int, apart: bool
) -> None:
    assume(sum(m in (grown, doubled) for m in moves) <= 2)
    try:
        folded(moves, "n", apart)
    except ShapeError as error:
        assume("cannot be solved" not in str(error))  # a clear error instead of an answer; counted below
        raise
    agree(moves, count, x, apart)


def pyramid(net: Network, step: int) -> Callable[[Size], object]:
    def body(i: Size) -> None:
        net.add("conv", Conv(6 + step * i, padding=1))
        net.add("relu", ReLU())

    return body


@pytest.mark.parametrize("count", [1, 2, 3, 7])
@pytest.mark.parametrize("step", [1, 5])
def test_layers_that_depend_on_the_number_of_the_round(count: int, step: int) -> None:
    family = Network("pyramid")
    family.input("image", "N", 3, "X", "X")
    family.repeat("stage", family.symbol("n", "count"), pyramid(family, step))
    plain = Network("plain")
    plain.input("image", "N", 3, "X", "X")
    for i in range(count):
        plain.add(f"conv{i}", Conv(6 + step * i, padding=1))
    for metric in ("params", "macs"):
        assert family.evaluate(metric, n=count, X=9, N=2) == plain.evaluate(metric, X=9, N=2)
    assert str(family.substitute(n=count).output) == str(plain.output)


def inner_and_outer(net: Network, outer: object, inner: object) -> None:
    """A dense stage inside of a stage that halves: the inner rounds begin where the outer one is."""
    net.input("image", "N", 3, "X", "X")
    net.add("stem", Conv(4, padding=1))

    def dense_layer(_: Size) -> None:
        source = "stem" if "outer/" not in current[0] else current[0]
        net.add("new", Conv(2, padding=1), source)
        net.add("concat", Concat(), source, "new")

    def stage(_: Size) -> None:
        pool = net.add("pool", MaxPool(2))
        current[0] = pool
        net.repeat("dense", inner, dense_layer)

    current = [""]
    net.repeat("outer", outer, stage)


@pytest.mark.parametrize(("outer", "inner"), [(1, 1), (1, 3), (2, 1), (3, 2), (2, 5)])
@pytest.mark.parametrize("x", [8, 15, 64])
def test_a_repeat_inside_of_a_repeat(outer: int, inner: int, x: int) -> None:
    family = Network("family")
    inner_and_outer(family, family.symbol("n", "count"), family.symbol("m", "count"))
    plain = Network("plain")
    plain.input("image", "N", 3, "X", "X")
    at = plain.add("stem", Conv(4, padding=1))
    for i in range(outer):
        at = plain.add(f"pool{i}", MaxPool(2), at)
        for j in range(inner):
            new = plain.add(f"new{i}_{j}", Conv(2, padding=1), at)
            at = plain.add(f"concat{i}_{j}", Concat(), at, new)
    for metric in METRICS:
        wanted = plain.evaluate(metric, X=x, N=2)
        assert family.evaluate(metric, n=outer, m=inner, X=x, N=2) == wanted
        assert family.substitute(n=outer).evaluate(metric, m=inner, X=x, N=2) == wanted
        assert family.substitute(m=inner, n=outer).unrolled().evaluate(metric, X=x, N=2) == wanted
    assert str(family.substitute(m=inner, n=outer).output) == str(plain.output)


def test_tied_rounds_have_their_weights_once_and_their_work_each() -> None:
    net = Network("tied")
    net.input("tokens", "N", "T", 8)
    net.repeat("layer", net.symbol("n", "count"), lambda i: net.add("fc", Linear(8)), tied=True)
    assert str(net.cost("params")) == "72"
    assert str(net.cost("macs")) == "64·N·n·T"
    assert net.substitute(n=5).evaluate("params") == 72


def test_a_time_does_not_depend_on_the_number_of_rounds_as_none_is_unrolled() -> None:
    def steps(count: int) -> int:
        calls = 0

        def body(_: Size) -> None:
            nonlocal calls
            calls += 1
            net.add("conv", Conv(4, padding=1))

        net = Network("deep")
        net.input("image", "N", 3, "X", "X")
        net.repeat("stage", count, body)
        assert net.evaluate("params") == 3 * 4 * 9 + 4 + (count - 1) * (4 * 4 * 9 + 4)
        return calls

    assert steps(10) == steps(10**6) == steps(10**18)


def test_what_training_alone_needs_has_params_and_no_work_and_asks_nothing_of_inference() -> None:
    net = Network("aux")
    net.input("image", "N", 3, "X", "X")
    net.add("stem", Conv(4, padding=1))
    net.add("aux_pool", AvgPool(5, 3), "stem", training=True)
    net.add("aux_conv", Conv(7, 5), "aux_pool")
    net.add("head", Conv(5, 1), "stem")
    assert net.node("aux_conv").training
    assert net.evaluate("params") == (27 * 4 + 4) + (25 * 4 * 7 + 7) + (4 * 5 + 5)
    assert str(net.cost("macs")) == "128·N·X²"
    assert str(net.domain) == "everywhere"
    assert str(net.training_domain) == "X ≥ 17"
    assert str(net.output) == "N×5×X²"
    assert str(net.substitute(X=20).cost("macs")) == "51200·N"


@pytest.mark.parametrize("count", [0, -1, True, 1.5, "n"])
def test_a_count_that_is_none_is_refused_and_leaves_the_network_as_it_was(count: object) -> None:
    net = Network("bad")
    net.input("image", "N", 3, "X", "X")
    with pytest.raises(ShapeError):
        net.repeat("stage", count, lambda i: net.add("conv", Conv(4, padding=1)))
    assert not net.nodes
    assert net.add("conv", Conv(4)) == "conv"


def test_an_extent_that_cannot_be_solved_is_named_and_a_number_of_rounds_is_written_out() -> None:
    def body(net: Network) -> Callable[[Size], object]:
        def one(_: Size) -> None:
            net.add("up", Upsample(2))
            net.add("pool", AvgPool(3))

        return one

    net = Network("wild")
    net.input("image", "N", 3, "X", "X")
    with pytest.raises(ShapeError, match=r"stage: a round makes ⌊2·x2/3⌋ of the extent x2 on axis 2, X in the first"):
        net.repeat("stage", net.symbol("n", "count"), body(net))
    net.repeat("stage", 3, body(net))
    for x in (9, 10, 23):
        out = x
        for _ in range(3):
            out = 2 * out // 3
        assert str(net.substitute(X=x).output) == f"N×3×{out}×{out}"


def test_a_node_inside_of_a_block_is_not_read_from_outside() -> None:
    net = Network("inside")
    net.input("image", "N", 3, "X", "X")
    net.repeat("stage", net.symbol("n", "count"), lambda i: net.add("conv", Conv(3, padding=1)))
    with pytest.raises(NetworkError, match="stage/i/conv is inside of a repeated block"):
        net.add("relu", ReLU(), "stage/i/conv")
    net.add("relu", ReLU(), "stage")
    assert list(net.graph.edges) == [("image", "stage/i/conv"), ("stage/i/conv", "relu")]


# -- what an attack brought up ----------------------------------------------------------------------------------------


def state(net: Network) -> tuple[object, ...]:
    """All that an error must leave as it was."""
    domains = str(net.domain), str(net.training_domain)
    return (
        dict(net.inputs),
        net.nodes,
        dict(net.blocks),
        domains,
        sorted(net.symbols),
        list(net.graph.edges),
        net.output,
    )


def image(channels: object = 8) -> Network:
    net = Network("attacked")
    net.input("image", "N", channels, "X", "X")
    return net


def test_a_repeat_that_begins_with_a_repeat_goes_on_from_the_round_before() -> None:
    net = image()

    def dense(_: Size) -> None:
        net.add("new", Conv(2, padding=1), "image")
        net.add("concat", Concat(), "image", "new")

    def outer(_: Size) -> None:
        net.repeat("dense", 3, dense, "image")
        net.add("end", Conv(16, padding=1))

    net.repeat("outer", net.symbol("n", "count"), outer)
    weights = [sum(2 * (9 * (c + 2 * j) + 1) for j in range(3)) + 16 * (9 * (c + 6) + 1) for c in (8, 16, 16)]
    assert net.evaluate("params", n=3) == sum(weights)
    assert net.substitute(n=3).unrolled().evaluate("params") == sum(weights)


def test_what_add_returns_is_that_layer_though_one_inside_has_such_a_name() -> None:
    net = image()

    def outer(_: Size) -> None:
        first = net.add("end", Conv(9, padding=1), "image")
        with net.inside("outer"), net.inside("0"):
            net.add("end", Conv(5, padding=1))
        net.add("last", Conv(8, padding=1), first)

    net.repeat("outer", 1, outer)
    assert net.node("outer/0/last").inputs == ("outer/0/end",)


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_tied_rounds_have_one_set_of_weights_wherever_they_are_written(count: int, apart: bool) -> None:
    net = image()
    n = net.symbol("n", "count")

    def outer(_: Size) -> None:
        net.repeat("inner", n, lambda j: net.add("conv", Conv(8, padding=1)))
        net.add("bn", BatchNorm())

    net.repeat("outer", n, outer, tied=True, first_apart=apart)
    for metric, wanted in (("params", count * 584 + 16), ("buffers", 17)):
        assert net.evaluate(metric, n=count) == wanted
        assert net.substitute(n=count).evaluate(metric) == wanted
        assert net.substitute(n=count).unrolled().evaluate(metric) == wanted
    assert net.evaluate("macs", n=count, N=1, X=3) == count * count * 576 * 9


def test_tied_rounds_whose_weights_differ_are_refused() -> None:
    net = image()
    n = net.symbol("n", "count")
    with pytest.raises(ShapeError, match="s is tied, and its weights have 8·i \\+ 8 in round i"):
        net.repeat("s", n, lambda i: net.add("conv", Conv(8 + 8 * i, padding=1)), tied=True)
    with pytest.raises(ShapeError, match="s/i/conv cannot share the weights of s/0/conv"):
        net.repeat("s", n, lambda i: net.add("conv", Conv(16, padding=1)), tied=True)
    assert not net.nodes


def test_weights_inside_of_a_repeat_are_not_shared_from_outside() -> None:
    net = image()
    net.repeat("s", net.symbol("n", "count"), lambda i: net.add("conv", Conv(8, padding=1)))
    with pytest.raises(NetworkError, match="s/i/conv has weights of its own in each round of s"):
        net.add("again", Conv(8, padding=1), "s", shares="s/i/conv")


def test_the_index_of_a_round_has_no_value_outside_of_it() -> None:
    net = image()
    found: list[Size] = []

    def body(i: Size) -> None:
        found.append(i)
        net.add("conv", Conv(8, padding=1))

    net.repeat("s", net.symbol("n", "count"), body)
    with pytest.raises(SymbolError, match="i is the number of a round"):
        net.add("after", Conv(8 + found[0]))


def test_an_error_in_a_body_or_in_a_block_leaves_the_network_as_it_was() -> None:
    net = image()
    n = net.symbol("n", "count")
    net.add("stem", Conv(8, padding=1))
    before = state(net)

    def body(_: Size) -> None:
        net.add("conv", Conv(9))
        net.input("other", "N", 9, "X", "X")

    with pytest.raises(NetworkError, match="the input other is inside of a block"):
        net.repeat("s", n, body)
    assert state(net) == before
    with pytest.raises(NetworkError, match="the input other"), net.inside("s"):
        body(0)
    assert state(net) == before


def test_behind_a_repeat_that_works_in_training_only_stands_what_does_so_too() -> None:
    net = image()
    net.add("stem", Conv(8, padding=1))
    net.repeat("aux", net.symbol("n", "count"), lambda i: net.add("conv", Conv(8, padding=1), training=True))
    net.add("head", Conv(3))
    assert net.node("head").training
    assert str(net.cost("macs")) == "576·N·X²"
    assert str(net.output) == "N×8×X²"


def test_no_two_layers_have_one_name_when_rounds_are_written_out() -> None:
    net = image()
    net.repeat("s", net.symbol("n", "count"), lambda i: net.add("conv", Conv(8, padding=1)))
    net.add("s/1/conv", Conv(8, padding=1), "s")
    with pytest.raises(NetworkError, match="the name s/1/conv is taken"):
        net.substitute(n=3).unrolled()


def test_rounds_that_no_value_leaves_possible_are_none() -> None:
    net = image("C")

    def body(_: Size) -> None:
        net.add("conv", Conv(net.reading("image").channels // 2, 1, bias=False), "image")

    net.repeat("s", net.symbol("n", "count"), body, first_apart=True)
    two = net.substitute(C=2)
    assert str(two.domain) == "n = 1"
    assert two.evaluate("params", n=1) == 2 == net.evaluate("params", C=2, n=1)
    with pytest.raises(DomainError):
        two.evaluate("params", n=2)


def test_rounds_that_nest_floors_are_written_out_up_to_a_number() -> None:
    net = image()

    def body(_: Size) -> None:
        net.add("up", Upsample(2))
        net.add("pool", AvgPool(3))

    with pytest.raises(ShapeError, match="at most 32 rounds are written out"):
        net.repeat("s", 1000, body)
    assert not net.nodes


@pytest.mark.parametrize("inner", ["settled", "grown"])
def test_tied_rounds_whose_rounds_inside_have_other_weights_are_refused(inner: str) -> None:
    net = image()
    n, m = net.symbol("n", "count"), net.symbol("m", "count")

    def outer(i: Size) -> None:
        count = m if inner == "settled" else i + 1
        net.repeat("inner", count, lambda j: net.add("conv", Conv(9 if inner == "settled" else 8, padding=1)))

    with pytest.raises(ShapeError, match=r"tied rounds share one set of weights|is tied, and its weights have"):
        net.repeat("outer", n, outer, tied=True, first_apart=True)
