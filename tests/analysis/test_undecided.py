"""Questions about sizes that have no exact answer say which part of them has none; those beside them are answered."""

from __future__ import annotations

import math

import pytest

import symconv as sc
from symconv.analysis.budget import within
from symconv.analysis.classes import on_class, period, polynomial_on
from symconv.analysis.comparisons import check_claim
from symconv.analysis.edits import whatif
from symconv.analysis.legal import legal
from symconv.analysis.regions import Piece, Region
from symconv.condition import divides
from symconv.cost import cost_symbols, evaluate_cost
from symconv.errors import CallError, ExpressionError, ExtentError, ShapeError, SymbolError, SymconvError
from symconv.extent import size_of
from symconv.extremes import gcd, largest
from symconv.layers import Conv, Flatten, GlobalAvgPool, Linear
from symconv.powers import power
from symconv.sizes import Undecided
from symconv.symbols import symbol

X, K, S, W = size_of(symbol("X")), sc.K, sc.S, size_of(symbol("w", "multiplier"))


@pytest.mark.parametrize(
    ("ask", "error", "why"),
    [
        (lambda: on_class(X + W, "w", 2), ExtentError, "w is a .*: only integers have residue classes"),
        (lambda: on_class(X, "X", 0), ExtentError, "a remainder from 0 to the modulus − 1 is wanted"),
        (lambda: on_class(X, "X", 3, 3), ExtentError, "a remainder from 0 to the modulus − 1 is wanted"),
        (lambda: on_class(X, "X", 3, 1, "X"), SymbolError, "has a symbol X of its own"),
        (lambda: period(X * W, "w"), ExtentError, "w is a .*: only integers have residue classes"),
        (lambda: period(largest(X, K), "X"), Undecided, "is no polynomial in X on any residue class"),
        (lambda: period(power(2, X), "X"), Undecided, "is no polynomial in X on any residue class"),
        (lambda: period((X // K) * X // 2, "X"), Undecided, "X"),
        (lambda: period(gcd(X, K), "X"), Undecided, "is no polynomial in X"),
        (lambda: polynomial_on(power(2, X), "X", 2), Undecided, r"on X = 2·q \+ 0 the cost is no polynomial"),
    ],
)
def test_a_cost_that_is_no_polynomial_on_classes_says_why(ask, error, why):
    with pytest.raises(error, match=why):
        ask()


@pytest.mark.parametrize(
    ("size", "plain", "expected"),
    [
        (X // 4 + K // 7, lambda x, k: x // 4 + k // 7, 4),  # what does not move has no period
        (gcd(X, 12) * K, lambda x, k: math.gcd(x, 12) * k, 12),
        ((X // 2 + K) // 3, lambda x, k: (x // 2 + k) // 3, 6),
    ],
)
def test_on_the_classes_of_a_period_second_differences_are_nothing(size, plain, expected):
    found = period(size, "X")
    assert found == expected
    for r in range(1, found + 1):
        a, b, c = (plain(r + k * found, 5) for k in range(3))
        assert a - 2 * b + c == 0
    on = on_class(size, "X", found, 1)
    assert [evaluate_cost(on, {s: q if s.name == "q" else 5 for s in cost_symbols(on)}) for q in range(5)] == [
        plain(found * q + 1, 5) for q in range(5)
    ]


def features(least: int = 1) -> sc.Network:
    """A fully connected layer behind a view that wants X² to be a multiple of 7: looked at value by value."""
    net = sc.Network("features")
    net.input("image", 1, 1, "X", "X")
    net.add("conv", Conv(4, least, padding=0))
    net.add("linear", GlobalAvgPool())
    net.add("flat", Flatten())
    net.add("out", Linear(3))
    net.require(divides(7, sc.X * sc.X + sc.X + 1), "conv")
    return net


def test_a_condition_that_no_rule_decides_is_looked_at_value_by_value():
    net = features(3)
    good = [x for x in range(3, 400) if (x * x + x + 1) % 7 == 0]
    allowed = legal(net, symbol("X"))
    assert list(allowed.members(Region((Piece(1, 400),)))) == good
    assert list(allowed.within(Region((Piece(1, 400),))).members()) == good
    if allowed.open:
        with pytest.raises(Undecided, match="is looked at value by value, and X may be beyond"):
            allowed.within(Region((Piece(1, None),)))


@pytest.mark.parametrize(
    ("changes", "error", "why"),
    [
        ({}, CallError, "nothing is edited"),
        ({"kernel": 3}, CallError, "kernel: a layer and its field are wanted"),
        ({".kernel": 3}, CallError, "a layer and its field are wanted"),
        ({"conv.": 3}, CallError, "a layer and its field are wanted"),
        ({"conv.kernels": 3}, SymconvError, "kernel"),
        ({"cnv.kernel": 3}, SymconvError, "no layer of features is called cnv. did you mean conv"),
        ({"conv.kernel": "3 +"}, (ExpressionError, ShapeError), "conv.kernel|expected|3"),
        ({"conv.kernel": 0}, ShapeError, "conv.kernel"),
    ],
)
def test_an_edit_that_is_none_says_why(changes, error, why):
    with pytest.raises(error, match=why):
        whatif(features(), changes)


def test_an_edit_by_an_extent_is_the_network_of_that_extent():
    net = sc.Network("small")
    net.input("image", 1, 3, 32, 32)
    net.add("conv", Conv(8, 3))
    k = net.symbol("k", "kernel")
    after = whatif(net, {"conv.kernel": k}).after
    for given in (1, 3, 5, 32):
        assert after.evaluate("macs", k=given) == 8 * 3 * given**2 * (32 - given + 1) ** 2


@pytest.mark.parametrize(
    ("budget", "of", "values", "error", "why"),
    [
        ("params <= 10", "Y", {}, SymbolError, "features has no symbol Y: X"),
        ("params <= 10", "X", {"X": 3}, SymbolError, "X is asked for, so it takes no value"),
        ("params <= 10", "X", {}, SymbolError, "params of features does not depend on X"),
    ],
)
def test_a_budget_that_says_nothing_of_the_symbol_is_refused(budget, of, values, error, why):
    with pytest.raises(error, match=why):
        within(features(), [budget], of, **values)


def test_a_claim_on_a_value_by_value_domain_has_the_counterexamples_of_a_loop():
    """4·(X − 2)²·9 macs of the convolution and 12 of the last layer, at the X that the condition allows."""
    net = features(3)
    plain = {x: 36 * (x - 2) ** 2 + 12 for x in range(3, 300) if (x * x + x + 1) % 7 == 0}
    verdict = check_claim(net, "macs(conv) + macs(linear) > 3000")
    assert not verdict.holds
    assert [(e.at, e.left) for e in verdict.counterexamples] == [(x, c) for x, c in plain.items() if c <= 3000][:3]


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        ("buffers = 0", True),
        ("buffers < 0", False),
        ("buffers >= macs(flat)", True),
        ("2*buffers + params > 1000", False),
    ],
)
def test_a_figure_of_nothing_is_0(claim, holds):
    """The network has no buffer, and 4·9 + 4 + 15 parameters."""
    assert check_claim(features(3), claim, X=9).holds is holds


@pytest.mark.parametrize("claim", ["macs/buffers > 1", "macs > params/buffers", "macs/(buffers*params) = 1"])
def test_what_divides_by_a_figure_of_nothing_is_refused(claim):
    with pytest.raises(Undecided, match="divides by what is not shown to be positive"):
        check_claim(features(3), claim, X=9)
