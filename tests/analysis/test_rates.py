"""Rates against brute force: every size by itself, polynomials by interpolation, layers one by one."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symconv as sc
from symconv.analysis.rates import change, elasticities, elasticity, jumps, steps
from symconv.cost import Cost, cost_symbols, evaluate_cost, product
from symconv.errors import DomainError, ExtentError, SymbolError
from symconv.extent import Size, size_of
from symconv.extremes import gcd, largest
from symconv.sizes import Undecided
from symconv.symbols import symbol

X, W = symbol("X"), symbol("w", "multiplier")
x, n = size_of(X), size_of(symbol("N"))


@st.composite
def sizes_of_x(draw: st.DrawFn) -> Size:
    inner = (draw(st.integers(1, 3)) * x + draw(st.integers(-9, 20))) // draw(st.sampled_from([1, 2, 3, 4, 6]))
    return (inner + draw(st.integers(-3, 3))) // draw(st.sampled_from([1, 1, 2, 4])) if draw(st.booleans()) else inner


@st.composite
def costs(draw: st.DrawFn) -> Cost:
    total = product(draw(st.integers(-50, 50)))
    for _ in range(draw(st.integers(1, 3))):
        factors = draw(st.lists(st.one_of(sizes_of_x(), st.just(gcd(x, 4))), min_size=1, max_size=3))
        total = total + product(*factors) * Fraction(draw(st.integers(-9, 9)), draw(st.integers(1, 4)))
    return total + product(x) * 0


@settings(max_examples=150)
@given(costs())
def test_steps_are_the_difference_at_every_size(cost: Cost) -> None:
    if X not in cost_symbols(cost):
        return
    found = steps(cost, "X")
    for v in range(1, 120):
        (step,) = [s for s in found if v % s.modulus in s.residues]
        expected = evaluate_cost(cost, {X: v + 1}) - evaluate_cost(cost, {X: v})
        assert evaluate_cost(step.change, {X: v}) == expected
    assert len({s.change for s in found}) == len(found)


@settings(max_examples=150)
@given(costs(), st.integers(1, 60), st.integers(1, 80))
def test_jumps_are_all_changes_of_a_range(cost: Cost, start: int, length: int) -> None:
    if X not in cost_symbols(cost):
        return
    found = jumps(cost, "X", range(start, start + length))
    values = {v: evaluate_cost(cost, {X: v}) for v in range(start, start + length + 1)}
    expected = [(v, values[v], values[v + 1]) for v in range(start, start + length) if values[v] != values[v + 1]]
    assert [(j.at, j.before, j.after) for j in found] == expected


def slope(f: Any, at: int, period: int, degree: int) -> Fraction:
    """f′ at a point of the polynomial through the points at, at + period, …: Lagrange's, differentiated."""
    places = [at + k * period for k in range(degree + 1)]
    total = Fraction(0)
    for i, a in enumerate(places):
        others = places[:i] + places[i + 1 :]
        below = Fraction(1)
        for o in others:
            below *= a - o
        above = Fraction(0)
        for j in range(len(others)):
            term = Fraction(1)
            for k, o in enumerate(others):
                if k != j:
                    term *= at - o
            above += term
        total += f(a) * above / below
    return total


@settings(max_examples=100)
@given(costs(), st.integers(1, 200))
def test_elasticity_is_that_of_the_polynomial_through_the_sizes_of_the_class(cost: Cost, v: int) -> None:
    if X not in cost_symbols(cost):
        return
    total = Fraction(evaluate_cost(cost, {X: v}))
    if not total:
        with pytest.raises(Undecided):
            elasticity(cost, "X", X=v)
        return
    expected = v * slope(lambda a: Fraction(evaluate_cost(cost, {X: a})), v, 96, 3) / total
    assert elasticity(cost, "X", X=v) == expected


def test_resnet_from_224_to_225() -> None:
    net = sc.load("resnet50")
    found = change(net, "X", X=224, N=1)
    assert (found.before, found.after) == (4_089_184_256, 4_626_713_792)
    assert found.relative is not None
    assert round(float(found.relative), 4) == 0.1315
    (jump,) = jumps(net.cost("macs"), "X", range(224, 225), N=1)
    assert jump.change == found.after - found.before


@pytest.mark.parametrize(
    ("name", "symbol", "to", "values"),
    [
        ("resnet50", "X", None, {"X": 224, "N": 2}),
        ("vgg16", "X", 33, {"X": 32, "N": 1}),
        ("resnet", "n3", 23, {"X": 97, "N": 1, "n1": 3, "n2": 4, "n3": 6, "n4": 3, "w": 64}),
        ("efficientnet", "w", "1.1", {"X": 224, "N": 1, "w": 1, "d": 1}),
        ("efficientnet", "d", 2, {"X": 131, "N": 1, "w": 1, "d": 1}),
        ("vit_b_16", "X", 240, {"X": 224, "N": 1}),
        ("gpt", "T", 9, {"N": 1, "T": 7, "L": 3, "d": 12, "h": 3, "V": 11, "T_max": 16}),
    ],
)
@pytest.mark.parametrize("metric", ["macs", "params", "activations"])
def test_carriers_add_up_to_the_change(name: str, symbol: str, to: Any, values: dict[str, Any], metric: str) -> None:
    net = sc.load(name)
    if symbol not in {s.name for s in cost_symbols(net.cost(metric))}:
        with pytest.raises(SymbolError, match=symbol):
            change(net, symbol, metric, to=to, **values)
        return
    found = change(net, symbol, metric, to=to, **values)
    goal = values[symbol] + 1 if to is None else to
    before = net.evaluate(metric, **values)
    after = net.evaluate(metric, **{**values, symbol: goal})
    assert (found.before, found.after) == (before, after)
    assert sum(Fraction(c.change) for c in found.carriers) == after - before
    assert all(c.change for c in found.carriers)
    if before != after:
        assert sum(c.share for c in found.carriers if c.share is not None) == 1


def test_every_symbol_has_its_rate() -> None:
    values = {"N": 1, "T": 16, "L": 12, "d": 768, "h": 12, "V": 50257, "T_max": 1024}
    net = sc.load("gpt")
    found = {str(r.symbol): r for r in elasticities(net, "macs", **values)}
    assert set(found) == {"N", "T", "L", "d", "V"}
    total = net.evaluate("macs", **values)
    assert found["N"].elasticity == 1
    assert found["T"].elasticity == Fraction(768 * 16 * (4 * 12 * 16 + 12 * 12 * 768 + 50257), total)
    assert found["T"].next == Fraction(net.evaluate("macs", **{**values, "T": 17}), total) - 1
    assert found["d"].next is None  # 12 heads do not divide 769
    w = {str(r.symbol): r for r in elasticities(sc.load("efficientnet"), "macs", X=224, N=1, w=1, d=1)}["w"]
    assert w.elasticity is None
    assert "steps" in w.reason


def test_where_there_is_no_polynomial_it_is_said() -> None:
    with pytest.raises(Undecided):
        steps(product(largest(x, 9), x), "X")
    with pytest.raises(Undecided, match="residue classes"):
        steps(product(x // 8191), "X")
    assert [j.at for j in jumps(product(largest(x, 9)), "X", range(1, 12))] == [9, 10, 11]


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: steps(product(x), "Q"), SymbolError, "no symbol Q"),
        (lambda: jumps(product(x), "X", range(9, 3)), DomainError, "empty"),
        (lambda: jumps(product(x), "X", range(3, 9, 2)), DomainError, "no run"),
        (lambda: jumps(product(x), "X", range(9)), DomainError, "X = 0 is below 1"),
        (lambda: jumps(product(x, n), "X", range(1, 9)), SymbolError, "no value for N"),
        (lambda: jumps(product(x), "X", range(1, 9), X=3), SymbolError, "takes no value"),
        (lambda: elasticity(product(x), "X", X=1.5), DomainError, "X = 1.5 is a fraction"),
        (lambda: change(sc.load("vgg16"), "X", X=32, N=1, to=31), DomainError, "X = 31 is outside"),
        (lambda: change(sc.load("vgg16"), "X", N=1), SymbolError, "no value for X"),
        (lambda: change(sc.load("vgg16"), "X", "params", X=32, N=1), SymbolError, "no symbol X"),
        (lambda: elasticities(sc.load("vgg16"), X=32), SymbolError, "no value for N"),
        (lambda: jumps(product(size_of(W)), "w", range(1, 9)), ExtentError, "rational"),
    ],
)
def test_bad_input(call: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call()
