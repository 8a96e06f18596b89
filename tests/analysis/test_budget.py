"""Budgets: the largest value against trying every one, figures by the network itself, and every bad input."""

from __future__ import annotations

import pytest

import symconv as sc
from symconv.analysis.budget import check_budgets, largest_within, within
from symconv.errors import DomainError, ExpressionError, SymbolError, SymconvError
from symconv.readers.budget import Budget, read_budget


def tried(name: str, budgets: list[tuple[str, int]], symbol: str, stop: int, **values: int) -> list[int]:
    """The values below `stop` that keep all budgets of the form metric ≤ figure, each evaluated by itself."""
    net = sc.load(name)
    kept = []
    for v in range(1, stop):
        try:
            at = {**values, symbol: v}
            if all(net.evaluate(metric, **at) <= figure for metric, figure in budgets):
                kept.append(v)
        except DomainError:
            pass
    return kept


WIDE = {"N": 1, "X": 97, "n1": 3, "n2": 4, "n3": 6, "n4": 3}


@pytest.mark.parametrize(
    ("name", "budgets", "symbol", "stop", "values"),
    [
        ("vgg16", [("macs", 15 * 10**9), ("activations", 20 * 10**6)], "X", 300, {"N": 1}),
        ("vgg16", [("macs", 10**8)], "X", 100, {"N": 1}),
        ("resnet50", [("macs", 41 * 10**8)], "X", 300, {"N": 1}),
        ("alexnet", [("macs", 10**9)], "X", 400, {"N": 2}),
        ("swin_t", [("macs", 10**10)], "X", 400, {"N": 1}),
        ("mobilenet_v2", [("macs", 10**9), ("params", 10**7)], "X", 500, {"N": 1}),
        ("resnet", [("macs", 8 * 10**9), ("params", 10**8)], "w", 200, WIDE),
        ("resnet", [("params", 5 * 10**7)], "n3", 60, {"n1": 3, "n2": 4, "n4": 3, "w": 64}),
        ("gpt2", [("macs", 10**10)], "T", 1100, {"N": 1}),
    ],
)  # fmt: skip
def test_the_largest_is_the_last_that_fits(
    name: str, budgets: list[tuple[str, int]], symbol: str, stop: int, values: dict[str, int]
) -> None:
    fits = tried(name, budgets, symbol, stop, **(values if "N" in values else {**values, "N": 1, "X": 64}))
    found = within(sc.load(name), [f"{m} <= {f}" for m, f in budgets], symbol, **values)
    assert list(found.region.members(stop)) == fits
    if not fits:
        assert not found.feasible
    elif fits[-1] < stop - 64:
        assert found.greatest == fits[-1]


def test_the_next_value_breaks_a_budget() -> None:
    net = sc.load("resnet50")
    found = within(net, ["macs <= 4.1e9", "activations <= 20M"], "X", N=1)
    assert found.greatest is not None
    assert found.next is not None
    assert found.figures(found.greatest)["macs"] == net.evaluate("macs", X=found.greatest, N=1) <= 4_100_000_000
    assert any(not b.budget.holds(found.figures(found.next)[b.budget.metric]) for b in found.bounds)


def test_infeasible_says_why() -> None:
    net = sc.load("vgg16")
    assert "at X = 32, the least of the domain" in within(net, ["macs <= 1e6"], "X", N=1).reason
    both = within(net, ["macs <= 1e9", "macs >= 2e9"], "X", N=1)
    assert both.reason.endswith("no X keeps both")
    assert "138357544 at every X" in within(net, ["macs <= 1e12", "params <= 1M"], "X", N=1).reason
    with pytest.raises(SymconvError, match="infeasible"):
        largest_within(net, "macs <= 1e6", "X", N=1)
    with pytest.raises(SymconvError, match="no largest X"):
        largest_within(net, "macs >= 1e9", "X", N=1)


def test_equal_and_strict() -> None:
    net = sc.load("vgg16")
    value = net.evaluate("macs", X=224, N=1)
    assert within(net, [f"macs = {value}"], "X", N=1).greatest == 224
    assert largest_within(net, f"macs <= {value}", "X", N=1) == 224
    assert largest_within(net, f"macs < {value}", "X", N=1) == 223


def test_a_check_has_the_figures() -> None:
    done = check_budgets(sc.load("resnet50"), ["macs <= 4.1e9", "params < 25557032"], X=224, N=1)
    assert [(c.value, c.holds) for c in done] == [(4_089_184_256, True), (25_557_032, False)]


@pytest.mark.parametrize(
    ("text", "figure"),
    [("macs<=4.1e9", 4_100_000_000), ("macs ≤ 25_000_000", 25_000_000), ("macs <= 1.5k", 1500), ("macs<=0.1G", 10**8)],
)
def test_figures_are_exact(text: str, figure: int) -> None:
    assert read_budget(text) == Budget("macs", "<=", figure)


@pytest.mark.parametrize(
    "text",
    [
        "macs <= " + "9" * 300,
        "",
        "macs",
        "macs <=",
        "macs <= x",
        "macs <= -1",
        "4 >= macs",
        "macz <= 1",
        "macs <= 1e999",
        "macs != 3",
    ],
)
def test_what_is_no_budget_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        read_budget(text)


def test_what_cannot_be_asked_names_the_symbol() -> None:
    net = sc.load("vgg16")
    with pytest.raises(SymbolError, match="no symbol Y"):
        within(net, ["macs <= 1e9"], "Y", N=1)
    with pytest.raises(SymbolError, match="no value for N"):
        within(net, ["macs <= 1e9"], "X")
    with pytest.raises(SymbolError, match="params of vgg16 does not depend on X"):
        within(net, ["params <= 1e9"], "X", N=1)
    with pytest.raises(SymbolError, match="takes no value"):
        within(net, ["macs <= 1e9"], "X", N=1, X=3)
    with pytest.raises(SymconvError, match="at least one"):
        within(net, [], "X", N=1)
    with pytest.raises(SymconvError, match="d is a positive rational"):
        within(sc.load("efficientnet"), ["macs <= 1e9"], "d", N=1, w=1, X=224)
    with pytest.raises(DomainError, match="X = 3 is outside"):
        check_budgets(net, ["macs <= 1e9"], X=3, N=1)


SPEC = """
name: padded
input: [N, 3, X, X]
symbols: {P: padding}
layers:
  - conv: {channels: 8, kernel: 9, padding: P, stride: 3}
  - max_pool: 2
"""


def test_a_padding_may_be_0_and_its_domain_is_looked_at() -> None:
    net = sc.parse_spec(SPEC).network()
    for x, figure in ((5, 10**6), (12, 10**6), (40, 10**5), (5, 1)):
        fits = []
        for p in range(200):
            try:
                if net.evaluate("macs", N=1, X=x, P=p) <= figure:
                    fits.append(p)
            except DomainError:
                pass
        found = within(net, [f"macs <= {figure}"], "P", N=1, X=x)
        assert list(found.region.members(200)) == fits
        assert found.feasible == bool(fits)
