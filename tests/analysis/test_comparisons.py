"""Claims against both sides worked out at every size, layer by layer."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from command import run

import symconv as sc
from symconv.analysis.comparisons import check_claim
from symconv.cost import cost_symbols, evaluate_cost
from symconv.errors import DomainError, ExpressionError, NetworkError, SymbolError, SymconvError
from symconv.layers import Conv
from symconv.readers import bundled
from symconv.sizes import Undecided

SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq,
}  # fmt: skip

#: A claim, and its two sides from the layers' own figures: {metric: [(kind, last part of the name, figure)]}.
Figures = dict[str, list[tuple[str, str, Fraction]]]
SIDES: dict[str, Callable[[Figures], Fraction]] = {
    "macs(conv)": lambda f: sum((v for kind, _, v in f["macs"] if kind == "conv"), Fraction(0)),
    "macs(linear)*40": lambda f: 40 * sum((v for kind, _, v in f["macs"] if kind == "linear"), Fraction(0)),
    "macs": lambda f: sum((v for _, _, v in f["macs"]), Fraction(0)),
    "macs('conv*')/macs": lambda f: (
        sum((v for kind, name, v in f["macs"] if kind == "conv" or name.startswith("conv")), Fraction(0))
        / sum(v for _, _, v in f["macs"])
    ),
    "19/20": lambda f: Fraction(19, 20),
    "largest(macs, conv)": lambda f: max(v for kind, _, v in f["macs"] if kind == "conv"),
    "22*smallest(macs, conv)": lambda f: 22 * min(v for kind, _, v in f["macs"] if kind == "conv"),
    "last(macs, conv)": lambda f: [v for kind, _, v in f["macs"] if kind == "conv"][-1],
    "first(macs, conv) + 5*10^6": lambda f: next(v for kind, _, v in f["macs"] if kind == "conv") + 5 * 10**6,
    "activations": lambda f: sum((v for _, _, v in f["activations"]), Fraction(0)),
    "3*params(linear) - 10^8": lambda f: 3 * sum(v for kind, _, v in f["params"] if kind == "linear") - Fraction(10**8),
}
CLAIMS = [
    "macs(conv) > macs(linear)*40",
    "macs('conv*')/macs >= 19/20",
    "largest(macs, conv) <= 22*smallest(macs, conv)",
    "last(macs, conv) < first(macs, conv) + 5*10^6",
    "activations < 3*params(linear) - 10^8",
    "macs = macs(conv)",
]


@cache
def whole(name: str) -> sc.Network:
    net = sc.load(name)
    return net.unrolled() if any(n.rounds for n in net.nodes) else net


@cache
def figures(name: str, x: int) -> Figures:
    net, found = whole(name), Figures()
    for metric in ("macs", "params", "activations"):
        rows = []
        for node in net.nodes:
            cost = net.costs(metric)[node.name]
            value = evaluate_cost(cost, {s: {"X": x, "N": 1}[s.name] for s in cost_symbols(cost)})
            rows.append((node.layer.kind, node.name.rpartition("/")[2], Fraction(value)))
        found[metric] = rows
    return found


@pytest.mark.parametrize("name", ["vgg16", "alexnet", "resnet18"])
@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_holds_where_both_sides_say_so(name: str, claim: str) -> None:
    net = sc.load(name)
    left, sign, right = next(
        (a, s, b) for s in ("<=", ">=", "<", ">", "=") if s in claim for a, b in [claim.split(f" {s} ")]
    )
    verdict = check_claim(net, claim, N=1)
    least = net.domain.least(next(iter(net.symbols["X"].terms))[0])  # type: ignore[arg-type]
    fails = []
    for x in range(least, 360, 6 if name == "resnet18" else 2):
        of = figures(name, x)
        a, b = SIDES[left](of), SIDES[right](of)
        holds = SIGNS[sign](a, b)
        if verdict.region is None:
            assert verdict.holds == holds
            assert (verdict.left, verdict.right, verdict.whatever) == (None, None, ("X",))
        else:
            assert (x in verdict.region) == holds, x
        if not holds:
            fails.append((x, a, b))
    if verdict.region is not None and fails and name != "resnet18":
        first = verdict.counterexamples[0]
        assert (first.at, first.left, first.right) == fails[0]
        assert not verdict.holds


def padded(kernel: int) -> sc.Network:
    net = sc.Network("padded")
    padding = net.symbol("P", "padding")
    net.input("image", "N", 3, 4, 4)
    net.add("conv", Conv(8, kernel=kernel, padding=padding))
    return net


@pytest.mark.parametrize("claim", ["macs >= 1", "macs > 100000", "macs/P > 100000", "macs = 4704", "macs < 4704"])
def test_a_claim_about_a_padding_speaks_of_its_legal_values(claim: str) -> None:
    """At P = 1 the kernel does not fit, and the formula, which is not meant there, is 0."""
    net = padded(7)
    sign = claim.split()[1]
    verdict = check_claim(net, claim, N=1)
    assert verdict.region is not None
    assert verdict.domain is not None
    kept = []
    for p in range(2, 60):
        left = Fraction(net.evaluate("macs", N=1, P=p), p if "/P" in claim else 1)
        kept += [p] if SIGNS[sign](left, int(claim.split()[2])) else []
    assert list(verdict.region.members(60)) == kept
    assert verdict.domain.least == 2
    assert verdict.holds == (len(kept) == 58)
    assert verdict.holds or [e.at for e in verdict.counterexamples] == [p for p in range(2, 60) if p not in kept][:3]


def test_a_claim_that_divides_by_0_is_refused() -> None:
    with pytest.raises(Undecided, match="divides by 0 at P = 0"):
        check_claim(padded(3), "macs/P > 100000", N=1)


def test_the_first_counterexample_is_found_however_far_it_is() -> None:
    verdict = check_claim(sc.load("vgg16"), "macs <= 1000000000000000", N=1)
    at = [e.at for e in verdict.counterexamples]
    assert at == list(range(at[0], at[0] + 3))
    below, above = (sc.load("vgg16").evaluate("macs", N=1, X=x) for x in (at[0] - 1, at[0]))
    assert below <= 10**15 < above == verdict.counterexamples[0].left


def test_at_a_size_the_figures_are_given() -> None:
    net = sc.load("vgg16")
    verdict = check_claim(net, "macs(conv) > 100*macs(linear)", X=224, N=1)
    assert verdict.holds
    assert (verdict.left, verdict.right) == (net.evaluate("macs", X=224, N=1) - 123_633_664, 12_363_366_400)
    assert not check_claim(net, "macs(conv) > 100*macs(linear)", X=203, N=1).holds
    assert check_claim(net, "count(params, conv) = 13").holds


@pytest.mark.parametrize(
    ("claim", "values", "error", "said"),
    [
        ("macs", {}, ExpressionError, "no relation"),
        ("1 < macs < 2", {}, ExpressionError, "2 relations"),
        ("macs(cnv) > 1", {}, NetworkError, "no layer of vgg16 is called cnv"),
        ("mcs > 1", {}, ExpressionError, "did you mean macs"),
        ("largest(mcs, conv) > 1", {}, ExpressionError, "unknown metric"),
        ("macs > Q", {}, ExpressionError, "Q is neither"),
        ("macs > 1", {}, SymbolError, "no value for N, X"),
        ("macs > 1", {"X": 224.5}, DomainError, "fraction"),
        ("macs > 1", {"X": 31, "N": 1}, DomainError, "outside the domain"),
        ("macs > __import__('os')", {}, ExpressionError, "wanted|accepted|unknown"),
        ("macs/(params - params) > 1", {"X": 32, "N": 1}, SymconvError, "division by zero"),
        ("1/(params(conv) - params) > 1", {"N": 1}, SymconvError, "divides"),
        ("macs > " + "1+" * 600 + "1", {}, ExpressionError, "at most"),
    ],
)
def test_bad_input(claim: str, values: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        check_claim(sc.load("vgg16"), claim, **values)


def test_a_symbol_that_it_does_not_depend_on_is_said() -> None:
    with pytest.raises(SymbolError, match="does not depend on X"):
        check_claim(sc.load("vgg16"), "params > 1", by="X")
    with pytest.raises(Undecided):
        check_claim(sc.load("resnet"), "largest(params, conv) > 1", w=64)


def test_what_specs_claim_is_true() -> None:
    count = 0
    for name, _ in bundled():
        net = sc.load(name)
        for text in net.claims:
            assert check_claim(net, text, **({"X": 224} if name.startswith("vgg/") else {})).holds, (name, text)
            count += 1
    assert count >= 20


def test_a_claim_in_a_spec_is_read_and_checked(tmp_path: Path) -> None:
    spec = tmp_path / "a.yaml"
    spec.write_text(
        "input: [N, 3, X, X]\nlayers: [conv3-8, conv3-16]\nclaims:\n- params > 1000\n- macs(conv) >= macs\n"
    )
    done = run("claims", str(spec))
    assert done.code == 0, done.err
    assert "params > 1000" in done.out
    spec.write_text("input: [N, 3, X, X]\nlayers: [conv3-8, conv3-16]\nclaims:\n- params > 10000\n")
    assert run("claims", str(spec)).code == 1
    spec.write_text("input: [N, 3, X, X]\nlayers: [conv3-8]\nclaims:\n- params > 1\n- parms > 1\n")
    done = run("claims", str(spec))
    assert done.code == 1
    assert "did you mean params" in done.err
    assert ":5:" in done.err


def test_the_command() -> None:
    done = run("claims", "vgg16", "params(linear) > last(params, conv)", "macs(conv) > 100*macs(linear)")
    assert done.code == 1
    assert "X >= 204" in done.out
    assert run("claims", "vgg16", "params > 1").code == 0
    assert run("claims", "vgg16", "params").code == 2
    assert run("claims", "vgg16", "macs > 1", "--at", "X=3").code in (1, 2)
    done = run("claims", "all", "-f", "csv")
    assert done.code == 0
    rows = {line.split(",")[0]: line.split(",")[1:] for line in done.out.splitlines()}
    assert rows["vgg16"] == ["no", "no", "yes"]
    assert rows["alexnet"] == ["yes", "no", "yes"]
