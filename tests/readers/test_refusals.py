"""Claims, budgets, fields and conditions that are none: each is refused in words that say what is accepted."""

from __future__ import annotations

from fractions import Fraction

import pytest

import symconv as sc
from symconv.errors import ExpressionError, ShapeError, SpecError, SymconvError
from symconv.extent import size_of
from symconv.layers import Conv, MaxPool, Upsample
from symconv.readers.budget import read_budget, read_budgets
from symconv.readers.claim import read_claim
from symconv.readers.expression import parse, parse_rational, value_of
from symconv.readers.fields import field_value
from symconv.readers.spec import parse_spec
from symconv.symbols import symbol

X, W = size_of(symbol("X")), size_of(symbol("w", "multiplier"))
NAMES = {"X": X, "w": W, "q": Fraction(3, 4)}


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("macs <= 4.1e9", 4_100_000_000),
        ("params<26M", 26 * 10**6),
        ("params ≥ 1_000_000", 10**6),
        ("params == 2.5k", 2500),
        ("ops > 3T", 3 * 10**12),
    ],
)
def test_a_budget_is_exact_and_holds_where_its_relation_does(text, figure):
    budget = read_budget(text)
    assert budget.figure == figure
    held = [budget.holds(figure + d) for d in (-1, 0, 1)]
    wanted = {"<=": [1, 1, 0], "<": [1, 0, 0], ">=": [0, 1, 1], ">": [0, 0, 1], "=": [0, 1, 0]}[budget.relation]
    assert held == [bool(x) for x in wanted]
    assert read_budgets([text, budget]) == [budget, budget] == read_budgets(str(budget)) * 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("macs", "is no budget: a metric, one of <= or <"),
        ("macs <= -1", "is no budget"),
        ("macs <= 1e999", "is no budget"),
        ("macs <= 1" + " " * 300 + "x", "is no budget"),
        ("mac <= 1", "unknown metric 'mac': known are macs, .* did you mean macs"),
    ],
)
def test_what_is_no_budget_is_refused(text, why):
    with pytest.raises(ExpressionError, match=why):
        read_budgets(text)


def test_no_budget_at_all_is_refused():
    with pytest.raises(SymconvError, match="no budget: at least one is wanted"):
        read_budgets([])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("params", "has no relation"),
        ("1 < params < 2", "has 2 relations"),
        ("params > paramz", "paramz is neither a metric nor a symbol of the network: .* did you mean params"),
        ("last(parms, conv) > 1", "unknown metric 'parms'"),
        ("params > 1/0", "a division by zero"),
        ("params(conv) >", "an empty expression"),
        ("params > " + "1 +" * 2000 + "1", "a claim of 6010 characters"),
    ],
)
def test_what_is_no_claim_is_refused(text, why):
    with pytest.raises(ExpressionError, match=why):
        read_claim(text, {"X": X})


def test_figures_of_a_claim_that_are_the_same_are_one_and_a_count_needs_no_metric():
    claim = read_claim("params(conv) + params(conv) ≥ X*params('a b') + count(macs, conv)", {"X": X})
    assert [(t.metric, t.pattern, t.choice) for t in claim.terms.values()][:2] == [
        ("params", "conv", "sum"), ("params", "a b", "sum"),
    ]  # fmt: skip
    assert (claim.relation, len(claim.terms)) == (">=", 3)


@pytest.mark.parametrize(
    ("cls", "name", "value", "why"),
    [
        (Conv, "kernl", 3, "Conv has no field kernl: its fields are .* did you mean kernel"),
        (Conv, "kernel", 0, "kernel=0"),
        (Conv, "kernel", "1 +", "the end where a number or a name is wanted"),
        (Conv, "kernel", "3*w", "is not always a whole number"),
        (Conv, "bias", 3, "bias=3"),
        (MaxPool, "ceil", "yes", "ceil='yes'"),
        (MaxPool, "kernel", [2, [3]], "kernel="),
        (Upsample, "scale", 0, "scale=0"),
    ],
)
def test_a_field_refuses_what_it_cannot_have(cls, name, value, why):
    with pytest.raises(ShapeError, match=why):
        field_value(cls, name, value, NAMES)


def test_a_field_takes_what_a_spec_would_say():
    assert field_value(Conv, "kernel", [3, "X + 1"], NAMES) == (3, X + 1)
    assert field_value(Conv, "padding", [[1, 2], 0], NAMES) == ((1, 2), 0)
    assert field_value(MaxPool, "stride", None, NAMES) is None
    assert field_value(Upsample, "scale", "q", NAMES) == Fraction(3, 4)
    assert field_value(Upsample, "scale", Fraction(4, 2), NAMES) == 2
    assert field_value(Conv, "bias", False, NAMES) is False


@pytest.mark.parametrize(
    ("text", "why", "column"),
    [
        ("3/2", "3/2 is no whole number", 1),
        ("6/4", "6/4 is no whole number, but 3/2", 1),
        ("(2*X + 1)/2", "is never a whole number", 1),
        ("w/2", "is not always a whole number", 1),
        ("X/(1 - 1)", "a division by zero", 2),
        ("floor(X, 2)", "floor takes one argument", 1),
        ("1 + gcd(X)", "gcd takes two whole arguments", 5),
        ("max(X)", "max takes two or more whole arguments", 1),
        ("make_divisible(w, 8, 9)", "make_divisible takes a size and a divisor", 1),
        ("make_divisible(w, 0)", "a whole divisor of at least 1", 1),
        ("2^(-1)", "an exponent is a plain whole number", 3),
        ("X^X", "an exponent is a plain whole number, or its base is one", 3),
        ("2^(-X)", "is never 0 or more", 3),
        ("whole(3/2)", "no whole number", 1),
    ],
)
def test_an_expression_that_is_none_says_where(text, why, column):
    with pytest.raises(ExpressionError, match=why) as caught:
        parse(text, NAMES)
    assert caught.value.column == column


@pytest.mark.parametrize(
    "text", ["7//2", "-7//2", "7 % 3", "-7 % 3", "6/-4", "2^3 * 3/4", "(1/3) / (2/9)", "1.5 + 1/2", "5 - -3"]
)
def test_numbers_are_what_python_makes_of_them(text):
    import re

    plain = re.sub(r"(\d+(\.\d+)?)", r"Fraction('\1')", text.replace("^", "**"))
    wanted = eval(plain, {"Fraction": Fraction})
    assert parse_rational(text, {}) == value_of(text, {}) == wanted


HEAD = "name: net\ninput: [N, 3, X, X]\n"

SPECS = {
    "when": ("layers:\n  - {when: 3, layers: [relu]}\n", 4, "when: 3"),
    "when with no list": ("layers:\n  - {when: true, layers: relu}\n", 4, "a list is accepted"),
    "require": ("layers:\n  - require: X\n  - relu\n", 4, "where A >= B or .* is accepted"),
    "require no size": ("with: {f: true}\nlayers:\n  - require: f >= 2\n  - relu\n", 5, "where sizes are compared"),
    "require never": ("layers:\n  - require: [2 >= 3]\n  - relu\n", 4, "never holds|2 ≥ 3"),
    "flag": ("layers:\n  - {stage: a, training: 3, layers: [relu]}\n", 4, "training: 3, where true or false"),
    "stage": ("layers:\n  - {stage: [a], layers: [relu]}\n", 4, "where a name is accepted"),
    "stage from": ("layers:\n  - relu\n  - {stage: a, from: nope, layers: [relu]}\n", 5, "there is no layer nope"),
    "stage from a map": ("layers:\n  - relu\n  - {stage: a, from: {x: 1}, layers: [relu]}\n", 5, "from: a map"),
    "branches": ("layers:\n  - branches: [relu]\n", 4, "a map of two or more names to lists of layers"),
    "from nothing": ("layers:\n  - relu: {from: []}\n", 4, "an empty list, where at least one layer"),
    "block arguments": ("blocks: {b: {layers: [relu]}}\nlayers:\n  - b: 3\n", 5, "b has no arguments, and this is 3"),
    "symbol twice": ("symbols: {K: kernel}\nwith: {K: 3}\nlayers: [relu]\n", 4, "K is a symbol already"),
    "let twice": ("symbols: {K: kernel}\nlet: {K: 3}\nlayers: [relu]\n", 4, "K is a symbol or an argument already"),
    "claims": ("claims: ['params >']\nlayers: [relu]\n", 3, "an empty expression"),
    "stated": ("layers:\n  - relu: {parameters: 3}\n", 4, "parameters"),
    "no whole number": ("layers:\n  - conv: X/0\n", 4, "a division by zero"),
    "let of a list": ("let: {k: {a: 1}}\nlayers: [relu]\n", 3, "a map"),
}


@pytest.mark.parametrize("name", SPECS)
def test_a_spec_that_is_none_is_refused_at_its_line(name):
    text, line, why = SPECS[name]
    with pytest.raises(SpecError, match=why) as caught:
        parse_spec(HEAD + text, "net.yaml").network()
    assert [fault.line for fault in caught.value.faults] == [line]


def test_conditions_choose_layers_and_words_are_compared():
    text = HEAD + (
        "with: {act: relu, deep: false, k: 3}\nlayers:\n"
        "  - {when: act == relu, layers: [{conv: {channels: 8, kernel: k}}]}\n"
        "  - {when: not deep, layers: [{linear: 2}], else: [relu]}\n"
        "  - {when: k != 3, layers: [relu], else: [tanh]}\n"
        "  - {when: act != relu, layers: [sigmoid]}\n"
    )
    kinds = [node.layer.kind for node in parse_spec(text, "net.yaml").network().nodes]
    assert kinds == ["conv", "linear", "tanh"]
    assert sc.parse_spec(text).network().evaluate("params", X=9, N=1) == 3 * 8 * 9 + 8 + 7 * 2 + 2


@pytest.mark.parametrize("text", ["require: X >= qq", "require: qq  divides X", "{when: 3 == qq, layers: [relu]}"])
def test_a_wrong_side_of_a_condition_is_said_where_it_stands(text):
    line = f"  - {text}"
    with pytest.raises(SpecError, match="unknown name qq") as caught:
        parse_spec(f"{HEAD}layers:\n{line}\n  - relu\n", "net.yaml").network()
    assert [(fault.line, fault.column) for fault in caught.value.faults] == [(4, line.index("qq") + 1)]


BLOCKS = {
    "two inputs": ("{input: [N, C, X, X], layers: [relu]}", "{from: [one, two]}",
                   "stands behind one layer, and this is 2"),
    "one of two": ("{inputs: {a: [], b: []}, layers: [{add: {from: [a, b]}}]}", "{from: one}",
                   "stands behind 2 layers \\(a, b\\), and this is 1"),
    "rank": ("{input: [N, C, X], layers: [relu]}", "{from: one}", r"takes input as \[N, C, X\], and this is"),
    "extent": ("{input: [_, 5, _, _], layers: [relu]}", "{from: one}", "takes input with 5 on axis 1"),
    "letters": ("{input: [_, C, C, _], layers: [relu]}", "{from: five}", "takes input with C on axis 2"),
    "no size": ("{input: [_, true, _, _], layers: [relu]}", "{from: one}", "true, where .* is accepted"),
}  # fmt: skip


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_behind_other_inputs_than_it_takes_is_refused(name):
    block, call, why = BLOCKS[name]
    text = (
        HEAD.replace("X, X", "4, 4")
        + f"blocks:\n  b: {block}\nlayers:\n"
        + (
            "  - relu: {name: one}\n  - conv: {name: two, channels: 3, padding: 1}\n"
            f"  - conv: {{name: five, channels: 5, padding: 1}}\n  - b: {call}\n"
        )
    )
    with pytest.raises(SpecError, match=why):
        parse_spec(text, "net.yaml").network()
    right = {"two inputs": "{from: one}", "one of two": "{from: [one, two]}", "extent": "{from: five}"}.get(name)
    if right is not None:
        net = parse_spec(text.replace(f"b: {call}", f"b: {right}"), "net.yaml").network()
        assert [tuple(node.out.shape[1:]) for node in net.nodes][-1] == ((5, 4, 4) if name == "extent" else (3, 4, 4))
