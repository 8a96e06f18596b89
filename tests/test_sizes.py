"""Sets of sizes against Python's own sets."""

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symconv.sizes import EVERY, NONE, Run, Sizes, Undecided, at_least, congruent, exactly, joined, normal

STOP = 300


def members(sizes: Sizes) -> set[int]:
    return set(sizes.members(STOP))


@st.composite
def runs(draw: st.DrawFn, low: int, high: int) -> list[Run]:
    pairs = draw(st.lists(st.tuples(st.integers(low, high), st.integers(low, high)), max_size=4))
    return joined([(min(a, b), max(a, b)) for a, b in pairs])


@st.composite
def random_sizes(draw: st.DrawFn) -> tuple[Sizes, set[int]]:
    """A set in normal form, and its members below STOP found from the definition."""
    start, period = draw(st.integers(1, 40)), draw(st.integers(1, 24))
    early = draw(runs(1, start)) if start > 1 else []
    late = draw(runs(0, period))
    inside = {x for x in range(1, start) if any(a <= x < b for a, b in early)}
    inside |= {x for x in range(start, STOP) if any(a <= x % period < b for a, b in late)}
    return normal(early, start, period, late), inside


@given(random_sizes())
def test_the_normal_form_keeps_the_members(given_: tuple[Sizes, set[int]]) -> None:
    sizes, expected = given_
    assert members(sizes) == expected
    assert sizes.least == min(expected, default=None)
    assert sizes.empty == (not expected)
    assert sizes.all == (len(expected) == STOP - 1)
    assert sizes.finite == (not any(x > STOP - 25 for x in expected))
    assert 0 not in sizes
    assert -3 not in sizes


@given(random_sizes(), random_sizes())
def test_intersection_and_union_are_those_of_sets(one: tuple[Sizes, set[int]], other: tuple[Sizes, set[int]]) -> None:
    (a, left), (b, right) = one, other
    assert members(a & b) == left & right
    assert members(b & a) == left & right
    assert members(a | b) == left | right


@given(random_sizes(), random_sizes())
def test_equal_sets_are_equal_in_form(one: tuple[Sizes, set[int]], other: tuple[Sizes, set[int]]) -> None:
    (a, left), (b, right) = one, other
    assert (a == b) == (left == right)  # both are periodic long before STOP, which is more than two common periods
    assert a & b == b & a
    assert a | b == b | a
    assert a & a == a | a == a
    assert (a & b) & a == a & b
    assert (a | b) & a == a


@given(random_sizes())
def test_every_and_none_are_neutral(given_: tuple[Sizes, set[int]]) -> None:
    sizes, _ = given_
    assert sizes & EVERY == sizes | NONE == sizes
    assert sizes & NONE == NONE
    assert sizes | EVERY == EVERY


@pytest.mark.parametrize(
    ("sizes", "text", "plain"),
    [
        (EVERY, "X ≥ 1", "X >= 1"),
        (NONE, "no X", "no X"),
        (at_least(32), "X ≥ 32", "X >= 32"),
        (at_least(-5), "X ≥ 1", "X >= 1"),
        (congruent(2, 0), "X ≡ 0 (mod 2)", "X = 0 (mod 2)"),
        (congruent(16, 0) & at_least(32), "X ≥ 32, X ≡ 0 (mod 16)", "X >= 32, X = 0 (mod 16)"),
        (congruent(4, 0, 1), "X mod 4 in 0…1", "X mod 4 in 0..1"),
        (congruent(6, 1, 4), "X ≡ 1 (mod 3)", "X = 1 (mod 3)"),
        (exactly(9), "X = 9", "X = 9"),
        (exactly(1, 3), "X = 1 or X = 3", "X = 1 or X = 3"),
        (exactly(4, 5, 6), "X in 4…6", "X in 4..6"),
        (exactly(0, -2), "no X", "no X"),
        (exactly(1) | at_least(5), "X = 1 or X ≥ 5", "X = 1 or X >= 5"),
    ],
)
def test_sets_in_words(sizes: Sizes, text: str, plain: str) -> None:
    assert repr(sizes) == text
    assert sizes.described("X", ascii_only=True) == plain
    assert sizes.described("H", ascii_only=True) == plain.replace("X", "H")


def test_the_words_hold_the_members() -> None:
    """`X ≥ 33, X ≡ 0 (mod 16)` would be a true condition with a least member that is not 33."""
    sizes = congruent(16, 0) & at_least(33)
    assert sizes.least == 48
    assert repr(sizes) == "X ≥ 48, X ≡ 0 (mod 16)"


def test_the_chinese_remainder() -> None:
    both = congruent(7, 3) & congruent(11, 5) & congruent(13, 8)
    assert both.period == 7 * 11 * 13
    assert both.least == next(x for x in range(1, 1002) if (x % 7, x % 11, x % 13) == (3, 5, 8))
    assert congruent(4, 1) & congruent(6, 4) == NONE


def test_far_bounds_and_long_periods_cost_nothing() -> None:
    sizes = congruent(2, 0) & at_least(10**12 + 1)
    assert sizes.least == 10**12 + 2
    assert repr(sizes) == "X ≥ 1000000000002, X ≡ 0 (mod 2)"
    prime = 10**18 + 9
    assert repr(congruent(prime, 7) & at_least(8)) == f"X ≥ {prime + 7}, X ≡ 7 (mod {prime})"
    assert congruent(prime, 7).period == prime
    assert congruent(2**61, *range(3)).least == 1
    assert exactly(32) & ~at_least(2**60) == exactly(32)
    crossed = congruent(2**20, 5) & congruent(3**10, 7)
    assert (crossed.period, crossed.least) == (2**20 * 3**10, pow(2**20, -1, 3**10) * 2 % 3**10 * 2**20 + 5)


@pytest.mark.parametrize(
    "step",
    [
        lambda: congruent(2**20, *range(0, 2**18, 2)) & congruent(3**9, 7),
        lambda: congruent(2, 0) | at_least(10**9),
    ],
)
def test_more_runs_than_the_budget_are_undecided(step: Callable[[], Sizes]) -> None:
    with pytest.raises(Undecided, match="more than 65536"):
        step()


def test_a_single_run_far_out_is_found_by_its_least_member() -> None:
    rng = Random(2)
    for _ in range(200):
        period, residue, bound = rng.randint(1, 500), rng.randint(0, 499), rng.randint(1, 10**6)
        sizes = congruent(period, residue) & at_least(bound)
        assert sizes.least == next(x for x in range(bound, bound + period) if x % period == residue % period)
