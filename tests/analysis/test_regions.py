"""Regions against brute force: every x by itself, costs that are not monotone and empty answers among them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symconv.analysis.regions import Piece, Region, region_of, region_of_sizes
from symconv.analysis.signs import at_most_zero, rises
from symconv.cost import Cost, evaluate_cost, product
from symconv.extent import Size, size_of
from symconv.extremes import gcd, largest, smallest
from symconv.powers import power
from symconv.sizes import Undecided, at_least, congruent, exactly
from symconv.symbols import symbol

X, N = symbol("X"), symbol("n", "count")
x, n = size_of(X), size_of(N)
STOP = 400


@st.composite
def sizes_of_x(draw: st.DrawFn) -> Size:
    s, b, c = draw(st.integers(1, 12)), draw(st.integers(-20, 20)), draw(st.integers(1, 3))
    return (c * x + b) // s


@st.composite
def costs(draw: st.DrawFn) -> Cost:
    total = product(draw(st.integers(-2000, 2000)))
    for _ in range(draw(st.integers(1, 4))):
        factors = draw(st.lists(sizes_of_x(), min_size=1, max_size=3))
        c = Fraction(draw(st.integers(-9, 9)), draw(st.integers(1, 4)))
        total = total + product(*factors) * c
    return total


def brute(cost: Cost, strict: bool, least: int = 1) -> list[int]:
    found = []
    for v in range(least, STOP):
        value = evaluate_cost(cost, {X: v})
        if value < 0 if strict else value <= 0:
            found.append(v)
    return found


@settings(max_examples=300, deadline=None)
@given(costs(), st.booleans())
def test_every_size_by_itself_says_the_same(cost: Cost, strict: bool) -> None:
    region = at_most_zero(cost, X, strict)
    expected = brute(cost, strict)
    assert list(region.members(STOP)) == expected
    assert [v for v in range(1, STOP) if v in region] == expected
    if expected:
        assert region.least == expected[0]
    if region.greatest is not None and region.greatest < STOP:
        assert region.greatest == expected[-1]
        assert not region.unbounded


@settings(max_examples=100, deadline=None)
@given(costs(), costs())
def test_two_regions_meet_where_both_hold(a: Cost, b: Cost) -> None:
    both = at_most_zero(a, X) & at_most_zero(b, X)
    assert list(both.members(STOP)) == sorted(set(brute(a, False)) & set(brute(b, False)))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from([largest(x // 2, 17), smallest(3 * x, 100), gcd(x, 12), x // 3, largest(x, x // 2 + 9)]),
        min_size=1,
        max_size=3,
    ),
    st.integers(0, 4000),
    st.integers(-3, 3),
)
def test_max_min_and_gcd_are_bisected_or_looked_at(factors: list[Size], bound: int, c: int) -> None:
    cost = product(*factors) * (c or 1) - bound
    try:
        region = at_most_zero(cost, X)
    except Undecided:
        return
    assert list(region.members(STOP)) == brute(cost, False)


def test_most_of_these_are_decided() -> None:
    for cost in (product(largest(x, 17)) - 50, product(gcd(x, 12), x) - 700, product(largest(x // 2, 9), x) * -1 + 50):
        assert list(at_most_zero(cost, X).members(STOP)) == brute(cost, False)


def test_powers_are_bisected() -> None:
    region = at_most_zero(product(power(2, n), n) - 10**30, N)
    k = region.greatest
    assert k is not None
    assert 2**k * k <= 10**30 < 2 ** (k + 1) * (k + 1)
    assert region.least == 1


def test_a_window_on_which_floats_are_wrong() -> None:
    cost = product((x + 6) // 7) - 14_000
    assert at_most_zero(cost, X).greatest == 98_000
    assert [at_most_zero(product((x + 6) // 7) - k, X).greatest for k in (1, 4, 5)] == [7, 28, 35]


def test_totals_above_an_int64() -> None:
    cost = product(10**12, x // 2, x // 2, x // 2) - 10**60
    last = at_most_zero(cost, X).greatest
    assert last is not None
    assert 10**12 * (last // 2) ** 3 <= 10**60 < 10**12 * ((last + 1) // 2) ** 3


def test_nothing_and_everything() -> None:
    assert at_most_zero(product(x), X).empty
    assert at_most_zero(product(x), X).greatest is None
    assert at_most_zero(-product(x), X) == Region((Piece(1, None),))
    assert at_most_zero(product(5), X).empty
    assert at_most_zero(product(x) - 2 * product(x // 2) - 1, X, strict=True).described("X") == "X ≥ 2, X ≡ 0 (mod 2)"


def test_what_is_not_monotone_is_not_said_to_rise() -> None:
    assert rises(product(x // 2, x) * 3, X)
    assert not rises(product(x) - product(x // 2), X)
    assert not rises(product(gcd(x, 12)), X)
    assert not rises(product(x - 10, x - 10), X)
    assert rises(product(x - 10, x - 10), X, least=10)


@pytest.mark.parametrize(
    "sizes",
    [at_least(32), congruent(16, 0, 3), at_least(33) & congruent(16, 0), exactly(3, 5), at_least(9) | exactly(2)],
)
def test_the_region_of_sizes_has_the_same_members(sizes: object) -> None:
    region = region_of_sizes(sizes)  # type: ignore[arg-type]
    assert [v for v in range(1, 300) if v in region] == [v for v in range(1, 300) if v in sizes]  # type: ignore[operator]


def test_many_even_sizes_are_one_piece() -> None:
    region = Region((Piece(1, 10**12),)) & region_of_sizes(congruent(2, 0))
    assert len(region.pieces) == 1
    assert region.greatest == 10**12 - 2
    assert region_of([Piece(1, 5), Piece(5, 9)]).pieces == (Piece(1, 9),)


def test_a_symbol_that_may_be_0() -> None:
    p = symbol("P")
    cost = product(size_of(p) // 2, 3) - 4
    assert list(at_most_zero(cost, p, least=0).members(50)) == [v for v in range(50) if 3 * (v // 2) - 4 <= 0]
