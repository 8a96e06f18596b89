"""Sweeps of one expression against every point by itself, in Python's integers and Fractions."""

from __future__ import annotations

import itertools
from fractions import Fraction
from math import gcd as integer_gcd
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import symconv as sc
from symconv.cost import Cost, cost_symbols, evaluate_cost, explicit, product
from symconv.errors import DomainError, ExtentError, SymbolError
from symconv.extent import Size, size_of
from symconv.extremes import gcd, largest, make_divisible, smallest
from symconv.powers import power
from symconv.rounding import ceiling, floor
from symconv.sweeps.arrays import sweep
from symconv.sweeps.grid import Boxes, grid_of
from symconv.sweeps.program import ROUNDS, Program
from symconv.symbols import index, symbol
from symconv.values import summed

X, T, N, C, W = symbol("X"), symbol("T"), symbol("N"), symbol("n", "count"), symbol("w", "multiplier")
x, t, b, n, w = map(size_of, (X, T, N, C, W))


@st.composite
def sizes(draw: st.DrawFn, depth: int = 2) -> Size:
    """A size with floors, extremes, powers and multipliers."""
    if not depth:
        return draw(st.sampled_from([x, t, n, x + 3, 2 * x - 1, 5, t - 7, x * t - 4]))
    a, c = draw(sizes(depth=depth - 1)), draw(sizes(depth=depth - 1))
    k = draw(st.integers(1, 12))
    form = draw(st.integers(0, 9))
    if form == 0:
        return a + draw(st.integers(-9, 9)) * c
    if form == 1:
        return a // k
    if form == 2:
        return floor(a, n + k)
    if form == 3:
        return largest(a, c)
    if form == 4:
        return smallest(a, c)
    if form == 5:
        return gcd(x + k, k) if k > 1 else a
    if form == 6:
        return power(draw(st.sampled_from([2, 3])), n)
    if form == 7:
        return make_divisible(k * w, draw(st.integers(1, 3)), draw(st.sampled_from([4, 8, 10])))
    if form == 8:
        return ceiling(k * w + draw(st.integers(0, 3)), draw(st.integers(1, 4)))
    return (k * w * x + 1) // 3


@st.composite
def costs(draw: st.DrawFn) -> Cost:
    total = product(draw(st.integers(-50, 50)))
    for _ in range(draw(st.integers(1, 4))):
        factors = draw(st.lists(sizes(), min_size=1, max_size=3))
        total = total + product(*factors) * Fraction(draw(st.integers(-9, 9)), draw(st.integers(1, 4)))
    return total


AXES: dict[str, st.SearchStrategy[list[Any]]] = {
    "X": st.lists(st.integers(1, 300), min_size=1, max_size=7),
    "T": st.lists(st.one_of(st.integers(1, 60), st.integers(1, 10**12)), min_size=1, max_size=5),
    "n": st.lists(st.integers(1, 20), min_size=1, max_size=4),
    "w": st.lists(st.fractions(Fraction(1, 16), 4, max_denominator=16), min_size=1, max_size=4),
}


@settings(max_examples=400)
@given(costs(), st.data())
def test_every_point_is_what_evaluating_it_says(cost: Cost, data: st.DataObject) -> None:
    names = [s.name for s in cost_symbols(cost)]
    order = data.draw(st.permutations(sorted(names)))
    given_axes = {name: data.draw(AXES[name]) for name in order}
    known = {s.name: s for s in cost_symbols(cost)}
    try:
        expected = [
            evaluate_cost(cost, dict(zip((known[m] for m in order), point)))
            for point in itertools.product(*given_axes.values())
        ]
    except ExtentError:
        with pytest.raises(ExtentError):
            sweep(cost, **given_axes)
        return
    found = sweep(cost, **given_axes)
    assert found.shape == tuple(map(len, given_axes.values()))
    assert [v if isinstance(v, Fraction) else int(v) for v in found.ravel()] == expected
    narrow = all(isinstance(v, int) and -(2**63) <= v < 2**63 for v in expected)
    assert (found.dtype == np.int64) == narrow


@pytest.mark.parametrize("number", [0, 7, Fraction(5, 2), 2**70, Fraction(2**70, 3)])
def test_what_has_no_symbols_is_one_number(number: int | Fraction) -> None:
    found = sweep(product(1) * number)
    assert (found.shape, found.item(), type(found.item())) == ((), number, type(number))


def test_floor_where_floats_are_wrong() -> None:
    numbers = sc.sweep((x + 6) // 7, X=range(1, 100_001))
    assert numbers.dtype == np.int64
    assert numbers.tolist() == [-(-v // 7) for v in range(1, 100_001)]
    theirs = sympy.floor(sc.to_sympy(x) / 7 + sympy.Rational(6, 7))
    assert sc.sweep(theirs, X=[29, 28, 1]).tolist() == [5, 4, 1]


def test_beyond_64_bits_no_value_wraps() -> None:
    cost = product(x, x, x, 81_460)
    found = sc.sweep(cost, X=[1, 10**5, 10**6, 10**12])
    assert found.tolist() == [81_460 * v**3 for v in (1, 10**5, 10**6, 10**12)]
    assert found.dtype == object
    assert sc.sweep(cost, X=[1, 10**4]).dtype == np.int64
    edge = sc.sweep(product(x) - 1, X=[2**63, 2**63 - 5])
    assert edge.dtype == np.int64
    assert edge.tolist() == [2**63 - 1, 2**63 - 6]


def test_only_the_boxes_that_need_it_leave_64_bits() -> None:
    cost = product(x, x, x, x)
    sizes_ = np.arange(1, 100_001)
    found = sweep(cost, X=sizes_)
    assert found.dtype == object
    assert all(found[v - 1] == v**4 for v in (1, 2, 50_000, 55_108, 55_109, 100_000))


def test_axes_come_in_the_order_in_which_they_are_given_and_numbers_have_none() -> None:
    cost = product(b, x // 2, t)
    assert sweep(cost, T=[1, 2, 3], N=5, X=[4, 9]).tolist() == [[5 * (v // 2) * k for v in (4, 9)] for k in (1, 2, 3)]
    scalar = sweep(cost, T=1, N=5, X=9)
    assert scalar.shape == ()
    assert scalar == 20


def test_fractions_stay_fractions() -> None:
    found = sweep(product(w, x) * Fraction(1, 3), w=["1/2", 0.25, 3], X=[1, 6])
    assert found.tolist() == [[Fraction(1, 6), 1], [Fraction(1, 12), Fraction(1, 2)], [1, 6]]
    assert sweep(product(w, x), w=[Fraction(1, 2)], X=[2, 4]).dtype == np.int64


def test_sums_over_rounds_are_written_out_or_added_up_at_every_point() -> None:
    i = index("i", 0, n)
    cost = explicit(i, [x // power(2, size_of(i)), size_of(i) + 1])

    def brute(v: int, rounds: int) -> int:
        return sum((v // 2**k) * (k + 1) for k in range(rounds))

    assert sweep(cost, X=[1, 7, 224], n=[1, 2, 9]).tolist() == [[brute(v, r) for r in (1, 2, 9)] for v in (1, 7, 224)]
    many = ROUNDS + 7
    assert sweep(cost, X=[1, 7, 224], n=[1, many]).tolist() == [[brute(v, r) for r in (1, many)] for v in (1, 7, 224)]


def test_a_sum_whose_powers_fall_from_round_to_round() -> None:
    i = index("i", 0, n)
    cost = explicit(i, [power(2, n - 1 - size_of(i)), x // (size_of(i) + 1)])
    found = sweep(cost, n=range(1, 40), X=[5, 100])
    expected = [[sum(2 ** (r - 1 - k) * (v // (k + 1)) for k in range(r)) for v in (5, 100)] for r in range(1, 40)]
    assert found.tolist() == expected


def test_an_exact_quotient_that_does_not_come_out_even_names_the_point() -> None:
    cost = product(floor(x, 4, True), t)
    assert sweep(cost, X=[4, 8], T=3).tolist() == [3, 6]
    with pytest.raises(ExtentError, match="4 does not divide 9"):
        sweep(cost, X=[4, 8, 9], T=3)


def test_a_divisor_that_is_not_positive_names_the_point() -> None:
    with pytest.raises(ExtentError, match="a divisor is positive"):
        sweep(product(floor(t, x - 3)), T=range(1, 9), X=range(1, 9))
    assert sweep(product(floor(t, x - 3)), T=[7], X=[4, 5]).tolist() == [[7, 3]]


def test_gcd() -> None:
    found = sweep(product(gcd(x, t)), X=range(1, 30), T=range(1, 30))
    assert found.tolist() == [[integer_gcd(a, c) for c in range(1, 30)] for a in range(1, 30)]


@pytest.mark.parametrize(
    ("values", "error", "said"),
    [
        ({"X": range(1, 9)}, SymbolError, "no value for T"),
        ({"X": 3, "T": 1, "Q": 1}, SymbolError, "no symbol Q"),
        ({"X": range(9, 1), "T": 1}, DomainError, r"X has no values: range\(9, 1\) is empty"),
        ({"X": [], "T": 1}, DomainError, "X has no values"),
        ({"X": np.array([], dtype=int), "T": 1}, DomainError, "X has no values"),
        ({"X": [1, 2.5], "T": 1}, DomainError, "X = 2.5 is a fraction"),
        ({"X": np.array([1.5, 2.0]), "T": 1}, DomainError, "X = 1.5 is a fraction"),
        ({"X": np.array([0, 4]), "T": 1}, DomainError, "X = 0 is below 1"),
        ({"X": range(4), "T": 1}, DomainError, "X = 0 is below 1"),
        ({"X": [3, True], "T": 1}, DomainError, "X = True is not a number"),
        ({"X": np.array([True]), "T": 1}, DomainError, "not a number"),
        ({"X": np.ones((2, 2), dtype=int), "T": 1}, DomainError, "2 dimensions"),
        ({"X": {1, 2}, "T": 1}, DomainError, "no order"),
        ({"X": "many", "T": 1}, DomainError, "not a number"),
        ({"X": [1, None], "T": 1}, DomainError, "not a number"),
        ({"X": float("nan"), "T": 1}, DomainError, "not a number"),
    ],
)
def test_bad_input(values: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        sweep(product(x, t), **values)


@given(st.lists(st.integers(1, 40), max_size=4), st.integers(1, 300))
def test_boxes_cover_every_point_once_in_order(shape: list[int], points: int) -> None:
    boxes = Boxes(tuple(shape), points)
    seen = [p for box in boxes for p in itertools.product(*(range(c.start, c.stop) for c in box))]
    assert seen == list(itertools.product(*map(range, shape)))
    assert all(np.prod([c.stop - c.start for c in box], dtype=int) <= points for box in boxes)


def test_what_does_not_change_along_the_last_axis_is_worked_out_once() -> None:
    net = sc.load("resnet")
    values = {"X": range(32, 64), "w": [64, 128], "n1": range(1, 5), "n2": range(1, 5), "N": 1}
    grid = grid_of(cost_symbols(net.cost("macs")), {**values, "n3": 1, "n4": 1})
    program = Program(grid)
    program.cost(net.cost("macs"))
    along_all = [op for op in program.ops if len(op.axes) == 4]
    assert len(along_all) <= 2


def test_a_point_without_a_value_is_named_and_not_one_without_that_round() -> None:
    """Halving 12 three times fails; halving it once does not, though another point of the grid has more rounds."""
    i = index("i", 0, n)
    step = floor(x, power(2, size_of(i)), exact=True)
    halved = summed(i, [step, step])
    with pytest.raises(ExtentError, match="8 does not divide 12"):
        sweep(halved, n=[1, 4], X=[12])
    assert sweep(halved, n=[1, 3], X=[8, 12]).tolist() == [[64, 144], [84, 189]]
