"""Compound scaling against every design by itself."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import pytest
from command import run

import symconv as sc
from symconv.analysis.scaling import scaling
from symconv.errors import SymbolError, SymconvError

D = [Fraction(k, 5) for k in range(5, 11)]
W = [Fraction(k, 10) for k in range(10, 16)]
X = range(192, 289, 32)


@pytest.mark.parametrize("budget", ["macs <= 700M", "params <= 9M", "macs <= 1"])
def test_the_best_are_those_that_nothing_within_the_budget_beats(budget: str) -> None:
    net = sc.load("efficientnet")
    metric = budget.split()[0]
    bound = {"700M": 700 * 10**6, "9M": 9 * 10**6, "1": 1}[budget.split()[-1]]
    sizes = [224] if metric == "params" else list(X)
    within = []
    for point in itertools.product(D, W, sizes):
        values: dict[str, Any] = dict(zip("dwX", point))
        try:
            figure = net.evaluate(metric, N=1, **values)
        except SymconvError:
            continue
        if figure <= bound:
            within.append(point)
    best = [p for p in within if not any(q != p and all(a >= b for a, b in zip(q, p)) for q in within)]
    axes: dict[str, Any] = {"d": D, "w": W, "X": 224 if metric == "params" else X}
    found = scaling(net, budget, N=1, **axes)
    assert [({"X": 224} | dict(design.values)) for design in found.best] == [dict(zip("dwX", p)) for p in best]
    assert found.within == len(within)
    for design in found.best:
        assert design.figures[metric] == net.evaluate(metric, N=1, **({"X": 224} | dict(design.values)))


def test_the_rule_is_the_greatest_exponent_that_fits() -> None:
    net = sc.load("efficientnet")
    rule = {"depth": "d", "width": "w", "resolution": "X"}
    found = scaling(net, "macs <= 2e9", rule=rule, N=1, d=[1], w=[1], X=[224])
    assert found.phi is not None
    assert found.rule is not None
    assert net.evaluate("macs", N=1, **found.rule.values) <= 2 * 10**9
    phi = float(found.phi) + 0.1
    more = {
        "d": Fraction(round(100 * 1.2**phi), 100),
        "w": Fraction(round(100 * 1.1**phi), 100),
        "X": round(224 * 1.15**phi),
    }
    assert net.evaluate("macs", N=1, **more) > 2 * 10**9


def test_bad_input() -> None:
    net = sc.load("efficientnet")
    with pytest.raises(SymconvError, match="no budget"):
        scaling(net, [], N=1, d=[1], w=[1], X=[224])
    with pytest.raises(SymconvError, match="nothing is scaled"):
        scaling(net, "macs <= 1e9", N=1, d=1, w=1, X=224)
    with pytest.raises(SymbolError, match="has no q"):
        scaling(net, "macs <= 1e9", rule={"depth": "q", "width": "w", "resolution": "X"}, N=1, d=[1], w=1, X=224)


def test_the_rule_scales_its_own_symbols_alone_and_says_where_none_of_its_designs_fits() -> None:
    words = ("scale", "efficientnet", "--over", "d=1,1.2", "--over", "w=1,1.1", "--over", "X=192..256:32")
    done = run(*words, "macs <= 600M", "--over", "N=1,2", "--rule", "d,w,X")
    assert done.code == 2
    assert "the rule scales d, w, X alone: give N one value" in done.err
    done = run(*words, "macs <= 1M", "--at", "N=1", "--rule", "d,w,X")
    assert "infeasible" in done.out
    done = run(*words, "macs <= 350M", "--at", "N=1", "--rule", "d,w,X")
    assert done.code == 0
    assert "of which none fits" in done.out
    with pytest.raises(SymconvError, match="each a symbol: it was given"):
        scaling(sc.load("efficientnet"), "macs <= 1e9", rule={"depth": "d"}, N=1, d=[1], w=1, X=224)


def test_the_command() -> None:
    words = (
        "scale",
        "efficientnet",
        "macs <= 600M",
        "--over",
        "w=1..1.2:0.1",
        "--over",
        "X=192..256:32",
        "--at",
        "N=1,d=1",
    )
    done = run(*words)
    assert done.code == 0, done.err
    assert "577,969,920" in done.out
    assert run(*words[:2], "macs <= 1", *words[3:]).code == 1
    assert run(*words, "--rule", "d,w").code == 2
    assert run(*words[:3], "--over", "X=9..1", "--at", "N=1,d=1,w=1").code == 2
