"""Questions that have no answer, and roles of a family that are none: each says why."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

import symconv as sc
from symconv.analysis import claims, rates
from symconv.analysis.limits import limit
from symconv.errors import CallError, DomainError, ExtentError, SymbolError, SymconvError
from symconv.extent import size_of
from symconv.lift import lift
from symconv.readers.expression import parse
from symconv.sizes import Undecided
from symconv.symbols import symbol

X, W = size_of(symbol("X")), size_of(symbol("w", "multiplier"))
P = size_of(symbol("P", "padding"))


@pytest.mark.parametrize(
    ("ask", "error", "why"),
    [
        (lambda: rates.difference(64 * W, "w"), ExtentError, "w is a .*: a difference is over integers"),
        (lambda: rates.steps(64 * W, "w"), ExtentError, "nothing steps there|only integers"),
        (lambda: rates.jumps(64 * W, "w", range(1, 5)), ExtentError, "nothing steps there"),
        (lambda: rates.jumps(X, "X", range(5, 5)), DomainError, "is empty"),
        (lambda: rates.jumps(X, "X", range(1, 9, 2)), DomainError, "is no run of sizes"),
        (lambda: rates.jumps(X, "X", range(1, 10**30)), DomainError, f"{10**30 - 1:,} sizes are more than"),
        (lambda: rates.jumps(X, "X", range(1, 5), X=3), SymbolError, "it was given 3"),
        (lambda: rates.elasticity(P, "P", P=0), Undecided, "the total is 0 at P = 0"),
        (lambda: rates.steps((X + 10006) // 10007, "X"), Undecided, "10007 residue classes of X, more than"),
    ],
)
def test_a_rate_that_is_none_says_why(ask, error, why):
    with pytest.raises(error, match=why):
        ask()


def test_steps_and_jumps_of_a_ceiling_are_those_of_plain_integers():
    size, values = (X + 6) // 7, range(1, 50)
    plain = [(x, -(-x // 7), -(-(x + 1) // 7)) for x in values if -(-x // 7) != -(-(x + 1) // 7)]
    assert [(j.at, j.before, j.after) for j in rates.jumps(size, "X", values)] == plain
    assert all(j.relative == Fraction(j.after - j.before, j.before) for j in rates.jumps(size, "X", values))
    changes = {r: s.change for s in rates.steps(size, "X") for r in s.residues}
    assert changes == {r: -(-(r + 71) // 7) - -(-(r + 70) // 7) for r in range(7)}


def test_a_claim_of_an_unknown_name_or_of_one_that_is_taken_is_refused():
    net = sc.parse_spec("input: [N, 3, X, X]\nlayers: [{conv: 8}, {conv: 16}]").network()
    with pytest.raises(SymconvError, match=r"unknown claim 'dubling': known are .* did you mean doubling"):
        claims.check(net, "dubling")
    with pytest.raises(SymconvError, match=r"doubling exists already, in symconv\.analysis\.claims"):
        claims.claim("doubling", "another")(lambda network, at: None)
    assert claims.claim("doubling", claims.CLAIMS["doubling"].sentence)(claims.doubling) is claims.doubling


SMALL = """
name: small
input: [N, 3, X, X]
layers: [{conv: {name: a, channels: 8}}, {conv: {name: b, channels: 16}}, {conv: {name: c, channels: 8}}]
"""


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"rounding": "v -> make_divisible(v, 8)", "level": "role"}, "a rule for rounding is for one width"),
        ({"level": "layer"}, "the level layer is none of"),
        ({"untie": ["w w=a.channels"]}, "w w is no name for a symbol here"),
        ({"untie": ["a.channels", "u=a.channels"]}, "a.channels is untied twice, by u=a.channels too"),
        ({"untie": ["d.channels"]}, "there is no role d.channels"),
        ({"rounding": "v + 1"}, "the rule 'v .* is none: accepted is"),
    ],
)
def test_what_is_said_of_a_family_has_to_fit_it(said, why):
    with pytest.raises(CallError, match=why):
        lift(sc.parse_spec(SMALL).network(), **said)


def test_a_sibling_has_the_inner_widths_of_the_family_at_its_values():
    family = lift(sc.parse_spec(SMALL).network())
    with pytest.raises(CallError, match="the family has no symbol q, only"):
        family.sibling(q=3)
    wide = family.sibling(w=2 * family.plan.usual["w"])
    widths = [3, 16, 32, 8]  # what goes out is not a width to choose
    weights = sum(9 * a * b + b for a, b in pairwise(widths))
    assert wide.evaluate("params") == weights


def test_the_words_of_steps_limits_and_of_what_stands_below_a_floor():
    step = next(s for s in rates.steps(X // 3, "X") if s.change)
    assert (step.where, step.change) == ("X ≡ 2 (mod 3)", 1)
    assert [s.where for s in rates.steps(5 * X, "X")] == ["every X"]
    nothing, half = limit(X, X * X, "X"), limit(X * X, 2 * X * X + X, "X")
    assert (nothing.value.number, nothing.text(), half.value.number) == (0, "0", Fraction(1, 2))
    assert (limit(X * P, X, "X").value.number, limit(X * X, X, "X").text()) == (None, "∞")
    with pytest.raises(SymbolError, match="neither cost depends on"):
        limit(P, P, "X")
    below = parse("floor(8*w)", {"w": W})
    with pytest.raises(Undecided, match=r"w stands below .*, which steps"):
        rates.elasticity(below, "w", w=Fraction(1, 2))
