"""Ratios and limits against exact quotients at sizes that grow without end."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import symconv as sc
from symconv.analysis.limits import Limit, limit, ratio
from symconv.cost import Cost, cost_symbols, evaluate_cost, product
from symconv.errors import ExtentError, SymbolError
from symconv.extent import size_of
from symconv.rounding import floor
from symconv.sizes import Undecided
from symconv.symbols import symbol

X, C = symbol("X"), symbol("C_out")
x, c, n, k = size_of(X), size_of(C), size_of(symbol("N")), size_of(symbol("K"))


@st.composite
def costs(draw: st.DrawFn) -> Cost:
    total = product(draw(st.integers(1, 50)))
    for _ in range(draw(st.integers(1, 3))):
        factors = [
            (draw(st.integers(1, 3)) * x + draw(st.integers(0, 9))) // draw(st.integers(1, 9))
            for _ in range(draw(st.integers(0, 3)))
        ]
        total = total + product(*factors, *draw(st.sampled_from([(), (c,)]))) * draw(st.integers(1, 9))
    return total


@given(costs(), costs())
def test_the_quotient_comes_ever_nearer_to_its_limit(a: Cost, b: Cost) -> None:
    if X not in cost_symbols(a) | cost_symbols(b):
        return
    found = limit(a, b, "X")
    for channels in (1, 7):
        gaps = []
        for size in (10**6 + 1, 10**12 + 39, 10**24 + 7):
            at = {X: size, C: channels}
            quotient = Fraction(evaluate_cost(a, at)) / Fraction(evaluate_cost(b, at))
            if found.infinite:
                gaps.append(1 / quotient)
                continue
            wanted = sum(
                (
                    Fraction(evaluate_cost(over, at)) / Fraction(evaluate_cost(under, at))
                    for over, under in found.value.quotients
                ),
                Fraction(0),
            )
            gaps.append(abs(quotient - wanted))
        assert gaps[2] < Fraction(1, 10**6)


@given(costs(), costs(), st.integers(1, 99), st.integers(1, 9))
def test_a_ratio_is_the_quotient_at_every_size(a: Cost, b: Cost, size: int, channels: int) -> None:
    at = {X: size, C: channels}
    found = ratio(a, b)
    value = sum(
        (Fraction(evaluate_cost(over, at)) / Fraction(evaluate_cost(under, at)) for over, under in found.quotients),
        Fraction(0),
    )
    assert value == Fraction(evaluate_cost(a, at)) / Fraction(evaluate_cost(b, at))


def test_what_both_share_is_cancelled() -> None:
    assert str(ratio(product(n, k, k, x), product(n, c, x))) == "K²/C_out"
    assert str(ratio(product(n, 6, x), product(4, n, c, k))) == "3·X/(2·K·C_out)"
    assert str(ratio(product(n, x + 1), product(n))) == "X + 1"
    assert ratio(product(6), product(4)).number == Fraction(3, 2)
    assert str(ratio(product(n) * 0, product(n))) == "0"


def test_the_cost_of_a_pixel() -> None:
    for name in ("vgg16", "resnet50", "alexnet", "mobilenet_v2"):
        net = sc.load(name)
        found = limit(net.cost("macs"), product(net.symbols["N"], net.symbols["X"], net.symbols["X"]), "X")
        assert isinstance(found, Limit)
        size = 32 * 10**7
        near = Fraction(net.evaluate("macs", X=size, N=1), size * size)
        assert found.value.number is not None
        assert abs(near / found.value.number - 1) < Fraction(1, 10**5)


def test_exact_quotients_have_limits_too() -> None:
    """C_in/g, the channels of a group, is the number of channels over that of groups."""
    c_in, g = size_of(symbol("C_in")), size_of(symbol("g"))
    group = floor(c_in, g, exact=True)
    grouped, whole = product(n, group) + product(n), product(n, c_in) * 3
    assert str(limit(grouped, whole, "C_in")) == "1/(3·g)"
    assert str(limit(whole, grouped, "C_in")) == "3·g"
    assert str(limit(product(n, group, c_in), whole, "C_in")) == "∞"
    assert str(limit(grouped + whole, product(group), "C_in")) == "N + 3·N·g"
    assert str(limit(product(n, group), product(c, group), "g")) == "N/C_out"


def test_where_there_is_none_it_is_said() -> None:
    with pytest.raises(Undecided, match="no limit"):
        limit(product(x, x - 2 * (x // 2)), product(x), "X")
    with pytest.raises(SymbolError):
        limit(product(n), product(x), "Q")
    with pytest.raises(ExtentError, match="is 0"):
        limit(product(x), product(0), "X")
    with pytest.raises(ExtentError, match="is 0"):
        ratio(product(x), product(0))
