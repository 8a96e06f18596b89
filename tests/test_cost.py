"""Cost: an exact polynomial that keeps its factors whole."""

import pickle
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_extent import SIZE, at, on_sizes, random_case, random_values
from witness.programs import NoValueError, run

import symconv as sc
from symconv.cost import (
    ZERO,
    Cost,
    as_number,
    cost_of,
    cost_symbols,
    evaluate_cost,
    product,
    shortest,
    substitute_cost,
    total_of,
)
from symconv.errors import ExtentError
from symconv.extent import size_of
from symconv.symbols import symbol

X, H, P, S = (SIZE[name] for name in "XHPS")
N, K, C_in, C_out = sc.N, sc.K, sc.C_in, sc.C_out
NAMES = "XHPQSw"


def random_cost(rng: Random) -> tuple[Cost, list[tuple[Fraction, list[Any]]]]:
    """A cost, and the terms of which it was made, as programs on numbers."""
    total, made = ZERO, []
    for _ in range(rng.randint(1, 4)):
        c = Fraction(rng.randint(-9, 9), rng.choice([1, 1, 2, 3, 7]))
        programs = []
        for _ in range(rng.randint(0, 3)):
            names, program = random_case(rng)
            if on_sizes(program, names) is not None:
                programs.append(program)
        sizes = [on_sizes(program, NAMES) for program in programs]
        total = total + product(*(s for s in sizes if s is not None)) * c
        made.append((c, programs))
    return total, made


def value(made: list[tuple[Fraction, list[Any]]], values: dict[str, Any]) -> Fraction:
    total = Fraction(0)
    for c, programs in made:
        for program in programs:
            c *= run(program, values)
        total += c
    return total


@given(st.integers(0, 10**9))
def test_a_cost_has_the_value_of_its_terms_and_its_arithmetic_that_of_numbers(seed: int) -> None:
    rng = Random(seed)
    (a, one), (b, other) = random_cost(rng), random_cost(rng)
    factor = rng.choice([3, -2, Fraction(5, 7)])
    for _ in range(4):
        values = random_values(rng, NAMES)
        point = at(values)
        try:
            u, v = value(one, values), value(other, values)
        except NoValueError:
            continue
        assert evaluate_cost(a, point) == u
        assert evaluate_cost(a + b, point) == u + v
        assert evaluate_cost(a - b, point) == u - v
        assert evaluate_cost(a * b, point) == u * v
        assert evaluate_cost(a * factor, point) == evaluate_cost(factor * a, point) == u * factor
        assert evaluate_cost(-a, point) == -u
        assert evaluate_cost(a + 5, point) == evaluate_cost(5 + a, point) == u + 5
        assert evaluate_cost(a * (X - 2), point) == evaluate_cost((X - 2) * a, point) == u * (values["X"] - 2)
        assert evaluate_cost(total_of([a, b, a]), point) == 2 * u + v
        assert evaluate_cost(cost_of(a.expanded()), point) == u
        assert evaluate_cost(shortest(a), point) == u
        result = evaluate_cost(a, point)
        assert type(result) is (int if u.denominator == 1 else Fraction)


@given(st.integers(0, 10**9))
def test_the_laws_of_arithmetic_hold_in_form(seed: int) -> None:
    rng = Random(seed)
    a, b, c = (random_cost(rng)[0] for _ in range(3))
    if sum(len(cost.terms) for cost in (a, b, c)) > 9 or any(len(f) > 4 for cost in (a, b, c) for f in cost.terms):
        return
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a * b == b * a
    assert (a + b) * c == a * c + b * c
    assert a - a == ZERO == 0
    assert not (a - a)
    assert a * 1 == a + 0 == a
    assert (a == a * 2) == (a == 0)
    assert hash(a + b) == hash(b + a)
    assert pickle.loads(pickle.dumps(a)) == a


def test_equal_costs_have_equal_hashes_in_whatever_form() -> None:
    whole, wide = product(X - 2, X - 2), product(X, X) - 4 * product(X) + 4
    assert whole == wide
    assert hash(whole) == hash(wide)
    assert whole != wide + 1
    assert whole == product(2 - X, 2 - X)
    assert product(7) == 7
    assert hash(product(7)) == hash(7)
    assert product(0) == 0 == ZERO
    assert hash(ZERO) == hash(0)
    assert len({whole, wide, product(7), product(3) + 4}) == 2
    assert product(X) != "X"


def test_a_factor_stays_whole() -> None:
    assert str(product(N, 64, X - 2, X - 2)) == "64·N·(X − 2)²"
    assert str(product(N, 2 * X - 4, 3)) == "6·N·(X − 2)"
    assert str(product(4 - 2 * X)) == "2·(−X + 2)"
    assert str(product(-X - 3)) == "−(X + 3)"
    assert str(product(N, X // 2) + product(N, (X + 1) // 2 - 1)) == "N·(⌊(X − 1)/2⌋ + ⌊X/2⌋)"
    assert product(5, 7) == 35


def test_coefficients_are_exact_fractions() -> None:
    third = product(X) * Fraction(1, 3)
    assert third + third + third == product(X)
    assert str(third) == "(1/3)·X"
    assert evaluate_cost(third, at({"X": 4})) == Fraction(4, 3)
    assert evaluate_cost(third, at({"X": 6})) == 2
    w = size_of(symbol("w", "multiplier"))
    assert evaluate_cost(product(w, X), at({"w": Fraction(3, 4), "X": 6})) == Fraction(9, 2)
    assert evaluate_cost(product(w, X), at({"w": Fraction(3, 4), "X": 8})) == 6


def test_values_beyond_63_bits_are_exact() -> None:
    cost = product(N, C_in, C_out, K, K, (X - 1) // 2 + 1, (X - 1) // 2 + 1) + 1
    point = {s: 10**9 + i for i, s in enumerate(sorted(cost_symbols(cost), key=lambda s: s.key))}
    expected = 1
    for name in ("N", "C_in", "C_out", "K", "K"):
        expected *= point[symbol(name)]
    expected *= ((point[symbol("X")] + 1) // 2) ** 2
    assert expected > 2**200
    assert evaluate_cost(cost, point) == expected + 1


def test_the_shortest_of_two_forms_is_kept() -> None:
    """A chain of unpadded convolutions has an extent X − 2i for each layer, and three terms when it is expanded."""
    long = total_of(product(N, 9, X - 2 * i, X - 2 * i) for i in range(1, 200))
    assert len(long.terms) == 199
    short = shortest(long)
    assert short == long
    assert len(short.terms) == 3
    assert str(short) == f"N·({9 * 199}·X² − {9 * 4 * sum(range(200))}·X + {9 * 4 * sum(i * i for i in range(200))})"
    whole = product(X - 2, X - 2)
    assert shortest(whole) is whole
    assert shortest(product(X)) == product(X)


@given(st.integers(0, 10**9))
def test_substitution_commutes_with_evaluation(seed: int) -> None:
    rng = Random(seed)
    cost, made = random_cost(rng)
    changed = substitute_cost(cost, {symbol("X"): 32 * H + P})
    for _ in range(3):
        values = random_values(rng, NAMES)
        try:
            expected = value(made, {**values, "X": 32 * values["H"] + values["P"]})
        except NoValueError:
            continue
        assert evaluate_cost(changed, at(values)) == expected


def test_a_cost_without_symbols_is_a_number() -> None:
    assert as_number(product(6) * Fraction(1, 4)) == Fraction(3, 2)
    assert as_number(ZERO) == 0
    with pytest.raises(ExtentError, match="X still has symbols"):
        as_number(product(X))
    assert cost_symbols(product(X, H // S) + product(P)) == {symbol(n) for n in "XHSP"}
