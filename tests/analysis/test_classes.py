"""Residue classes against direct evaluation, derivatives against interpolation, differences against subtraction."""

from __future__ import annotations

from typing import Any

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import symconv as sc
from analysis.networks import resnet50, vgg
from analysis.recipes import Recipe, recipes
from symconv.analysis.classes import on_class, period, polynomial_on
from symconv.analysis.rates import derivative, difference, steps
from symconv.asked import as_cost
from symconv.cost import Cost, cost_symbols, evaluate_cost, product
from symconv.errors import ExtentError, SymbolError
from symconv.evaluation import evaluate_by_name
from symconv.extent import size_of
from symconv.powers import power
from symconv.sizes import Undecided
from symconv.symbols import NONNEGATIVE, POSITIVE, symbol
from symconv.sympy_bridge import to_sympy

X, N, H, S, P = sc.X, sc.N, sc.H, sc.S, sc.P


@given(recipes, st.integers(1, 15), st.data())
@settings(max_examples=100, deadline=None)
def test_the_cost_on_a_class_has_the_values_of_the_cost(recipe: Recipe, modulus: int, data: st.DataObject) -> None:
    if not cost_symbols(recipe.cost):
        return
    remainder = data.draw(st.integers(0, modulus - 1))
    on = on_class(recipe.cost, "X", modulus, remainder)
    for q in range(0 if remainder else 1, 12):
        at = dict.fromkeys(cost_symbols(on), q)
        assert evaluate_cost(on, at) == recipe(modulus * q + remainder)


def polynomials(expression: Any, of: Any) -> dict[int, Cost]:
    """The cost on every class of its period, by remainder."""
    cost = as_cost(expression)
    modulus = period(cost, of)
    return {r: on_class(cost, of, modulus, r) for r in range(modulus)}


@given(recipes)
@settings(max_examples=60, deadline=None)
def test_over_the_period_every_class_is_a_polynomial_without_floors(recipe: Recipe) -> None:
    if not cost_symbols(recipe.cost):
        return
    modulus = period(recipe.cost, X)
    assert recipe.period % modulus == 0
    found = polynomials(recipe.cost, "X")
    assert list(found) == list(range(modulus))
    for r, on in found.items():
        assert to_sympy(on).is_polynomial()
        for q in (1, 2, 30):
            assert evaluate_cost(on, dict.fromkeys(cost_symbols(on), q)) == recipe(modulus * q + r)


@given(recipes)
@settings(max_examples=60, deadline=None)
def test_the_difference_is_what_one_more_costs(recipe: Recipe) -> None:
    if not cost_symbols(recipe.cost):
        return
    more = difference(recipe.cost, "X")
    for x in range(1, 40):
        assert evaluate_cost(more, {symbol("X"): x}) == recipe(x + 1) - recipe(x)


@given(recipes, st.data())
@settings(max_examples=40, deadline=None)
def test_the_derivative_is_that_of_the_polynomial_through_the_class(recipe: Recipe, data: st.DataObject) -> None:
    if not cost_symbols(recipe.cost):
        return
    r = data.draw(st.integers(0, recipe.period - 1))
    x = to_sympy(X)
    sizes = [r + recipe.period * q for q in range(1, 6)]
    through = sympy.interpolate([(v, recipe(v)) for v in sizes], x)
    assert sympy.expand(derivative(recipe.cost, "X", recipe.period, r) - sympy.diff(through, x)) == 0
    assert sympy.expand(to_sympy(polynomial_on(recipe.cost, "X", recipe.period, r)) - through) == 0


def test_vgg_d_is_a_polynomial_in_q_at_32_q() -> None:
    net = vgg("D")
    macs = on_class(net.cost("macs"), "X", 32)
    assert str(macs) == "N·(315293696·q² + 20873216)"
    assert not to_sympy(macs).atoms(sympy.floor)
    assert evaluate_by_name(macs, q=7, N=1) == 15470264320 == net.evaluate("macs", X=224, N=1)
    assert period(net.cost("macs"), "X") == 32


def test_resnet50_on_its_classes() -> None:
    """224 = 32·7 and 225 = 32·7 + 1; the derivative at 32·q is twice the leading coefficient."""
    net = resnet50()
    macs = net.cost("macs")
    assert evaluate_by_name(on_class(macs, "X", 32), q=7, N=1) == 4089184256
    assert evaluate_by_name(on_class(macs, "X", 32, 1), q=7, N=1) == net.evaluate("macs", X=225, N=1)
    n, x = to_sympy(N), to_sympy(X)
    assert derivative(macs, "X", 32) == 2 * 81456 * n * x
    assert len(polynomials(to_sympy(macs), x)) == 32


def test_q_has_the_values_that_make_the_class_whole() -> None:
    """X ≥ 1: X = 2·q needs q ≥ 1, X = 2·q + 1 takes q = 0; P ≥ 0: P = 2·q takes q = 0."""
    kinds = [next(iter(cost_symbols(on_class(e, e, 2, r)))).kind for e, r in ((X, 0), (X, 1), (P, 0))]
    assert kinds == [POSITIVE, NONNEGATIVE, NONNEGATIVE]


def test_other_symbols_and_nested_floors_do_not_spoil_a_period() -> None:
    nested = (3 * (X // 2) + 1) // 4
    assert period(nested, "X") == 8
    assert period(X * H // 4, "X") == 4
    assert period((X + 2 * H) // 6 + H // 35, "X") == 6
    assert period(X // 6 + X // 4, "X") == 12
    assert str(on_class(X * H // 4, "X", 4, 1)) == "q·H + ⌊H/4⌋"
    for r, on in polynomials(nested, "X").items():
        for q in range(1, 5):
            assert evaluate_by_name(on, q=q) == (3 * ((8 * q + r) // 2) + 1) // 4


def test_a_partial_modulus_leaves_the_floors_that_it_must() -> None:
    assert str(on_class(X // 4 + X // 2, "X", 2)) == "⌊3·q/2⌋"
    with pytest.raises(Undecided, match="no polynomial"):
        derivative(X // 4, "X", 2)


def test_what_has_no_classes_is_refused() -> None:
    for size in (X // S, sc.largest(X, H), H // X):
        with pytest.raises(Undecided, match="on any residue class"):
            period(size, "X")
    with pytest.raises(Undecided, match="5040 residue classes of X, more than 4096"):
        steps(X // 5040, "X")
    with pytest.raises(ExtentError, match="remainder"):
        on_class(X // 2, "X", 2, 2)
    with pytest.raises(ExtentError, match="remainder"):
        on_class(X // 2, "X", 0)
    with pytest.raises(SymbolError, match="choose another name"):
        on_class(X * N, "X", 2, quotient="N")
    with pytest.raises(SymbolError, match="no symbol Y"):
        difference(product(X), "Y")
    w = sc.size_of(symbol("w", "multiplier"))
    for ask in (lambda: on_class(w * X, "w", 2), lambda: period(w * X, "w"), lambda: difference(w * X, "w")):
        with pytest.raises(ExtentError, match="rational"):
            ask()


def test_a_name_that_the_expression_has_is_no_trap_for_the_derivative() -> None:
    q = sc.size_of(symbol("q", "extent"))
    assert derivative(product(X, X, q), "X", 2) == 2 * to_sympy(X) * to_sympy(q)


def test_floors_that_would_cancel_only_after_expansion_are_gone_too() -> None:
    half = X // 2
    cost = product(X, X + 1, half) - product(X, X + 1, X + half)
    assert all(to_sympy(on).is_polynomial() for on in polynomials(cost, "X").values())


def test_a_power_is_a_factor_on_the_classes_of_another_symbol_and_has_none_of_its_own() -> None:
    n = size_of(symbol("n", "count"))
    cost = product(size_of(symbol("X")) // 2, power(2, n))
    assert str(on_class(cost, "X", 2)) == "2^n·q"
    assert str(on_class(cost, "n", 2)) == "4^q·⌊X/2⌋"
    assert period(cost, "X") == 2
    assert difference(product(power(2, n)), "n") == product(power(2, n))
    with pytest.raises(Undecided, match=r"^2\^n is no polynomial in n on any residue class$"):
        period(cost, "n")
