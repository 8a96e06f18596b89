"""A block taken n times in closed form is, at every n, the blocks one behind the other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from symconv import Network
from symconv.errors import DomainError, NetworkError, ShapeError
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


MOVES: tuple[Move, ...] = (
    same, doubled, settled, dense, halved, strided, third, cropped, grown, residual, excited,
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
    assert [family.evaluate(m, **({"X": x, "N": 2, "n": count})) for m in METRICS] == wanted
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
