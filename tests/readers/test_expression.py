"""An expression is arithmetic on known names and nothing else: read exactly, bounded, never run."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, gcd
from pathlib import Path
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from symconv.condition import Condition
from symconv.domain import Domain, asking
from symconv.errors import ExpressionError
from symconv.evaluation import evaluate_by_name
from symconv.extent import Extent, Size, size_of, symbols_of
from symconv.readers import expression
from symconv.readers.expression import is_name, names_in, parse, parse_rational
from symconv.symbols import Symbol, symbol
from symconv.values import substitute

NAMES: dict[str, Size | Fraction] = {
    **{name: size_of(symbol(name)) for name in ("X", "N", "K", "P", "C_in")},
    "depth": 3,
    "half": Fraction(1, 2),
    "width": size_of(symbol("width", "multiplier", "a model")),
}


class Asked(Domain):
    """What an expression requires."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Condition] = []

    def require(self, condition: Condition) -> None:
        self.found.append(condition)


def read(text: str) -> tuple[Size, list[Condition]]:
    asked = Asked()
    with asking(asked, "conv1"):
        return parse(text, NAMES), asked.found


def refused(text: str) -> tuple[int, str]:
    """The column and the message."""
    with pytest.raises(ExpressionError) as caught:
        parse(text, NAMES)
    return caught.value.column, str(caught.value)


def outcome(text: str) -> tuple[Size, list[Condition]] | ExpressionError:
    try:
        return read(text)
    except ExpressionError as error:
        return error


# --- what is read


@pytest.mark.parametrize(
    ("text", "values", "value"),
    [
        ("7", {}, 7),
        ("2 + 3*4", {}, 14),
        ("2*(3 + 4) - 1", {}, 13),
        ("-3 + 5", {}, 2),
        ("--3", {}, 3),
        ("- -X", {"X": 4}, 4),
        ("2^10", {}, 1024),
        ("2**10", {}, 1024),
        ("-2^2", {}, -4),
        ("7//2", {}, 3),
        ("-7//2", {}, -4),
        ("7 % 4", {}, 3),
        ("-7 % 4", {}, 1),
        ("3/4*8", {}, 6),
        ("0.5*8", {}, 4),
        ("1.5*X", {"X": 8}, 12),
        ("half*X", {"X": 8}, 4),
        ("2X", {"X": 5}, 10),
        ("2 X", {"X": 5}, 10),
        ("2(X + 1)", {"X": 5}, 12),
        ("(X + 1)(X - 1)", {"X": 5}, 24),
        ("2·X²", {"X": 5}, 50),
        ("2×X − 1", {"X": 5}, 9),
        ("X¹⁰", {"X": 2}, 1024),
        ("⌊(X + 1)/2⌋", {"X": 4}, 2),
        ("⌈X/32⌉", {"X": 33}, 2),
        ("64·⌊X/2⌋²", {"X": 5}, 256),
        ("floor(X/2) + ceil(X/2)", {"X": 5}, 5),
        ("max(X, 3, K)", {"X": 1, "K": 2}, 3),
        ("min(X, K)", {"X": 1, "K": 2}, 1),
        ("gcd(X, 12)", {"X": 8}, 4),
        ("depth*C_in", {"C_in": 5}, 15),
        ("(K - 1)/2", {"K": 7}, 3),
        ("floor(width*32)", {"width": "3/4"}, 24),
        ("X*(X + 1)/2", {"X": 5}, 15),
        ("12/4/3", {}, 1),
        ("\t2 *\n3 ", {}, 6),
        ("9" * 30, {}, int("9" * 30)),
        ("2^N", {"N": 9}, 512),
        ("3·2^(N − P)·X", {"N": 5, "P": 2, "X": 7}, 168),
        ("2^N*X", {"N": 3, "X": 5}, 40),
        ("2**(2*N + 1)", {"N": 2}, 32),
        ("6^depth", {}, 216),
        ("X^(depth)", {"X": 2}, 8),
        ("floor(X/2^P)", {"X": 9, "P": 3}, 1),
        ("⌈X/2^P⌉", {"X": 9, "P": 3}, 2),
        ("ceil(1.4*3)", {}, 5),
        ("ceil(width*5)", {"width": "1/2"}, 3),
        ("⌈width*5⌉", {"width": "6/5"}, 6),
        ("round(width*5)", {"width": "1/2"}, 3),
        ("round(X/4)", {"X": 5}, 1),
        ("make_divisible(0.75*19)", {}, 16),
        ("make_divisible(32*width, 8)", {"width": "1/4"}, 8),
        ("make_divisible(X, 6)", {"X": 21}, 24),
    ],
)
def test_an_expression_has_the_value_of_its_arithmetic(
    text: str, values: Mapping[str, object], value: int | None
) -> None:
    if value is None:
        assert refused(text)[0] == 7  # two names in a row are no product
    else:
        assert evaluate_by_name(read(text)[0], **values) == value


@dataclass(frozen=True)
class Written:
    """An expression as a text, and as Python's own fractions."""

    text: str
    value: Callable[[Mapping[str, int]], Fraction]


def _number(n: int) -> Written:
    return Written(str(n), lambda at: Fraction(n))


def _name(name: str) -> Written:
    return Written(name, lambda at: Fraction(at[name]))


DOES: dict[str, tuple[str, Callable[[Fraction, Fraction], Fraction | int]]] = {
    "+": ("({} + {})", lambda x, y: x + y),
    "-": ("({} - ({}))", lambda x, y: x - y),
    "*": ("({})·({})", lambda x, y: x * y),
    "/": ("(({})/({}))", lambda x, y: x / y),
    "//": ("(({})//({}))", lambda x, y: x // y),
    "%": ("(({}) % ({}))", lambda x, y: x % y),
}


def _binary(sign: str, a: Written, b: Written) -> Written:
    text, does = DOES[sign]
    return Written(text.format(a.text, b.text), lambda at: Fraction(does(a.value(at), b.value(at))))


def _call(name: str, *arguments: Written) -> Written:
    does: dict[str, Callable[..., int | Fraction]] = {
        "floor": floor, "ceil": ceil, "max": max, "min": min, "gcd": lambda x, y: gcd(int(x), int(y)),
    }  # fmt: skip
    text = f"{name}({', '.join(a.text for a in arguments)})"
    return Written(text, lambda at: Fraction(does[name](*(a.value(at) for a in arguments))))


SMALL = st.integers(1, 12).map(_number)
LEAF = SMALL | st.sampled_from(["X", "N", "K"]).map(_name)
#: Divisors are numbers, so that they are positive; gcd takes leaves, so that its arguments are whole and positive.
EXPRESSIONS = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.builds(_binary, st.sampled_from(["+", "-", "*"]), inner, inner),
        st.builds(_binary, st.sampled_from(["/", "//", "%"]), inner, SMALL),
        st.builds(_call, st.sampled_from(["floor", "ceil"]), inner),
        st.builds(_call, st.just("gcd"), LEAF, LEAF),
        st.builds(lambda n, a, b: _call(n, _call("floor", a), _call("ceil", b)), st.sampled_from(["max", "min"]),
                  inner, inner),
    ),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(EXPRESSIONS, st.fixed_dictionaries({name: st.integers(1, 60) for name in ("X", "N", "K")}))
def test_a_random_expression_equals_pythons_fractions_wherever_its_conditions_hold(
    written: Written, at: dict[str, int]
) -> None:
    expected, found = written.value(at), outcome(written.text)
    if isinstance(found, ExpressionError):
        assume("too large" not in str(found))
        assert "whole number" in str(found)
        assert expected.denominator > 1
        return
    size, conditions = found
    named = {symbol(name): value for name, value in at.items()}
    holds = all(condition.holds(named) for condition in conditions)
    assert holds == (expected.denominator == 1)
    if holds:
        used = {s.name for s in symbols_of(size)}
        assert evaluate_by_name(size, **{name: value for name, value in at.items() if name in used}) == expected


def test_what_symconv_prints_it_reads_again() -> None:
    x, n = size_of(symbol("X")), size_of(symbol("N"))
    for size in (64 * ((x + 1) // 2) ** 2 + 2 * x, -x + 3, (x + 6) // 7 - 1, x * n**3, (x // 2) * (n // 3) - 5):
        assert read(str(size))[0] == size


def test_a_division_that_must_come_out_even_is_a_condition_with_its_text() -> None:
    size, (condition,) = read("(K - 1)/2")
    assert isinstance(size, Extent)
    assert condition.text() == "2 divides K + 1"
    assert condition.reason == "(K - 1)/2 is whole"
    assert read("⌊(K - 1)/2⌋")[1] == [] == read("(4·K - 2)/2")[1]


def test_a_scale_is_a_fraction_and_an_extent_is_not() -> None:
    assert parse_rational("3/2", NAMES) == Fraction(3, 2)
    assert parse_rational("4/2", NAMES) == 2
    assert parse_rational("half", NAMES) == Fraction(1, 2)
    assert refused("3/2") == (1, "3/2 is no whole number")
    assert refused("half + 1") == (1, "half + 1 is no whole number, but 3/2")


def test_the_names_of_an_expression_come_in_order_and_functions_are_none() -> None:
    assert names_in("max(b, a) + b·⌊c/2⌋ + floor(a)") == ["b", "a", "c"]


@pytest.mark.parametrize("text", ["X", "C_in", "λ", "ширина", "שלום", "x2", "_", "名"])
def test_a_name_is_a_letter_then_letters_digits_and_underscores_of_any_script(text: str) -> None:
    assert is_name(text)
    assert parse(f"2·{text}", {text: 3}) == 6


@pytest.mark.parametrize(
    "text", ["", "2x", "a b", "a-b", "a·b", "x²", "🙂", "a/b", "a.b", "max", "x" * 41, "a\u0304", "́"]
)
def test_what_an_expression_could_not_read_is_no_name(text: str) -> None:
    assert not is_name(text)


# --- what is refused


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 1, "an empty expression: accepted are numbers, names"),
        ("  ", 1, "an empty expression"),
        ("X +", 4, "the end where a number or a name is wanted"),
        ("X + )", 5, ") where a number or a name is wanted"),
        ("(X + 1", 7, "the end where ) is wanted"),
        ("X 2", 3, "2 where the expression should end"),
        ("depth X", 7, "X where the expression should end"),
        ("X N", 3, "N where the expression should end"),
        ("1.2.3", 4, "'.' is no arithmetic"),
        ("X.real", 2, "'.' is no arithmetic"),
        ("X[0]", 2, "'[' is no arithmetic"),
        ("X; N", 2, "';' is no arithmetic"),
        ("X = 3", 3, "'=' is no arithmetic"),
        ("X if N else K", 3, "if where the expression should end"),
        ("lambda: 3", 7, "':' is no arithmetic"),
        ("'a'*9", 1, '"\'" is no arithmetic'),
        ("X\u202e+1", 2, "'\\u202e' is no arithmetic"),
        ("1e9", 1, "1e9 is no number here: one in plain digits"),
        ("x", 1, "unknown name x: did you mean X?"),
        ("2 + Kk", 5, "unknown name Kk: did you mean K?"),
        ("zzz", 1, "unknown name zzz: known are X, N, K, P, C_in, depth, half, width"),
        ("exit()", 1, "exit(…) is a call, which never runs: accepted are"),
        ("__import__('os')", 12, '"\'" is no arithmetic'),
        ("open(X)", 1, "open(…) is a call, which never runs"),
        ("X(2)", 1, "X(…) is a call, which never runs"),
        ("max", 1, "max is a function and wants ( behind it"),
        ("floor(X, 2)", 1, "floor takes one argument, as in floor(X/2)"),
        ("floor()", 7, ") where a number or a name is wanted"),
        ("max(X)", 1, "max takes two or more whole arguments, as in max(X, 2)"),
        ("gcd(X, 2, 3)", 1, "gcd takes two whole arguments, as in gcd(X, 2)"),
        ("gcd(X, 0)", 1, "the greatest common divisor of X and 0"),
        ("max(X/2, 1)", 1, "max takes two or more whole arguments"),
        ("1/0", 2, "a division by zero"),
        ("X//0", 2, "division by 0: a divisor of extents is at least 1"),
        ("X % 0", 3, "division by 0"),
        ("⌊X/0⌋", 3, "a division by zero"),
        ("⌊X/2", 5, "the end where ⌋ is wanted"),
        ("⌊X/2⌉", 5, "⌉ where ⌋ is wanted"),
        ("X^N", 3, "an exponent is a plain whole number, or its base is one, as in 2^n"),
        ("2^(N/2)", 3, "an exponent is a plain whole number, or a whole expression over a number: 2^n"),
        ("2^width", 3, "an exponent is a plain whole number, or a whole expression over a number: 2^n"),
        ("2^(-N)", 3, "the exponent −N is never 0 or more"),
        ("2^(3 - 5)", 3, "an exponent is a plain whole number"),
        ("2^(N + 999)", 3, "the expression grows too large"),
        ("2^max", 3, "max is a function and wants ( behind it"),
        ("make_divisible(X, 0)", 1, "make_divisible wants a whole divisor of at least 1"),
        ("make_divisible(X, 8, 1)", 1, "make_divisible takes a size and a divisor, as in make_divisible(32*w, 8)"),
        ("round(X, 2)", 1, "round takes one argument, as in round(X/2)"),
        ("X^-1", 3, "an exponent is a plain whole number"),
        ("X^1.5", 3, "an exponent is a plain whole number"),
        ("2^3^2", 4, "^ where the expression should end"),
        ("X^25", 2, "the exponent 25: at most 24 is accepted"),
        ("X⁹⁹", 2, "the exponent 99: at most 24 is accepted"),
        ("X⁰⁰⁰⁰²", 2, "an exponent of 5 digits: at most 2 are accepted"),
        ("width*32", 1, None),
        ("width/3", 1, "width/3 is not always a whole number: take the floor of it, floor(…)"),
    ],
)
def test_what_is_no_arithmetic_is_refused_at_its_column(text: str, column: int, said: str | None) -> None:
    if said is None:
        assert not isinstance(parse(text, NAMES), int)  # a multiplier is refused where a whole number is wanted
        return
    at, message = refused(text)
    assert (at, said in message) == (column, True), message
    assert len(message) < 300


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("9" * 5000, "an expression of 5000 characters: at most 1000 are accepted"),
        ("9" * 31, "a number of 31 digits: at most 30 are accepted"),
        ("X + 9." + "9" * 40, "a number of 42 digits"),
        ("(" * 20_000 + "X" + ")" * 20_000, "an expression of 40001 characters"),
        ("(" * 400 + "X" + ")" * 400, "parentheses deeper than 50, the most that is accepted"),
        ("⌊" * 400 + "X" + "⌋" * 400, "parentheses deeper than 50"),
        ("max(1," * 100 + "X" + ")" * 100, "parentheses deeper than 50"),
        ("X+" * 600 + "1", "an expression of 1201 characters"),
        ("z" * 500, "a name of 500 characters: at most 40 are accepted"),
        ("(((10^24)^24)^24)^24", "the expression grows too large"),
        ("(X + N + K + P)^24", "the expression grows too large"),
        ("(X^24)^24", "the expression grows too large"),
        ("((X + N)^8 + 1)*((X + K)^8 + 1)*((X + P)^8 + 1)", "the expression grows too large"),
    ],
)
def test_what_is_too_long_too_deep_or_too_large_is_refused_before_it_is_made(text: str, said: str) -> None:
    assert said in refused(text)[1]


def test_the_greatest_depth_and_length_are_read() -> None:
    assert parse("(" * 49 + "7" + ")" * 49, {}) == 7
    assert parse("1" + "+1" * 499 + " ", {}) == 500
    assert parse("-" * 998 + "1", {}) == 1


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('touch {file}')",
        "open('{file}', 'w')",
        "().__class__.__base__.__subclasses__()",
        "X.__class__",
        "eval(X)",
        "[open('{file}', 'w') for X in X]",
        "(lambda: open('{file}', 'w'))()",
        "f'{{open(X)}}'",
        "floor.__globals__",
        "max(X, open)",
        "exec (X)",
        "!!python/object/apply:os.system [touch {file}]",
    ],
)
def test_a_call_or_an_attribute_never_runs(text: str, tmp_path: Path) -> None:
    file = tmp_path / "made"
    with pytest.raises(ExpressionError):
        parse(text.format(file=file), {"X": 1})
    assert not file.exists()


def test_no_reader_calls_what_runs_a_text() -> None:
    """Apart from a file of layers, which is read only when the user names it."""
    forbidden = {"eval", "exec", "compile", "__import__", "sympify", "parse_expr", "load", "unsafe_load", "full_load"}
    for file in sorted(Path(expression.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                regular = isinstance(node.func, ast.Attribute) and ast.unparse(node.func) == "re.compile"
                assert called not in forbidden or regular, f"{file.name} calls {called}"


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=40) | st.lists(st.sampled_from([*"XNK+-*/%^(),.·²⌊⌋⌈⌉ 0129", "//", "max(", "floor(", "gcd("]),
                                       max_size=30).map("".join))  # fmt: skip
def test_an_arbitrary_text_is_a_size_or_an_error_with_a_column_of_the_text(text: str) -> None:
    found = outcome(text)
    if isinstance(found, ExpressionError):
        assert 1 <= found.column <= len(text) + 1
        assert len(str(found)) < 400
    else:
        assert isinstance(found[0], int | Extent)


def test_an_exponent_that_may_be_below_zero_is_a_condition() -> None:
    size, asked = read("2^(N - P)")
    assert str(size) == "2^(N − P)"
    assert [c.text() for c in asked if c.right == 0] == ["N − P ≥ 0"]


@pytest.mark.parametrize("text", ["2^N", "4^(N − 1)", "3·2^(K + N)", "⌈X/2^N⌉", "⌊(X − 5)/2^N⌋", "⌈3·width⌉"])
def test_a_power_and_a_ceiling_are_read_as_they_are_printed(text: str) -> None:
    size = parse(text, NAMES)
    assert str(size) == text
    assert parse(str(size), NAMES) == size


def rounded_in_mobilenets_code(v: Fraction, d: int) -> Fraction:
    """The function _make_divisible of MobileNet's authors, on fractions instead of floats."""
    new = max(Fraction(d), Fraction(int(v + Fraction(d, 2)) // d * d))
    return new + d if new < Fraction(9, 10) * v else new


@pytest.mark.parametrize("count", [500, pytest.param(20_000, marks=pytest.mark.heavy)])
def test_make_divisible_rounds_as_the_code_of_the_papers_does(count: int) -> None:
    rng = Random(count)
    for _ in range(count):
        v, d = Fraction(rng.randint(1, 5000), rng.randint(1, 60)), rng.randint(1, 24)
        expected = rounded_in_mobilenets_code(v, d)
        assert parse(f"make_divisible({v}, {d})", {}) == expected
        c, width = rng.randint(1, 1280), Fraction(rng.randint(1, 40), rng.randint(1, 20))
        size = parse(f"make_divisible({c}*width, {d})", NAMES)
        of = {"width": width} if isinstance(size, Extent) else {}
        assert evaluate_by_name(size, **of) == rounded_in_mobilenets_code(c * width, d), (c, d, width)
        at: dict[Symbol, Size | Fraction] = dict.fromkeys(symbols_of(size), width)
        assert substitute(size, at) == rounded_in_mobilenets_code(c * width, d), (c, d, width)


def test_make_divisible_of_every_width_of_the_papers() -> None:
    for width in (Fraction(1, 4), Fraction(7, 20), Fraction(1, 2), Fraction(3, 4), Fraction(1), Fraction(7, 5)):
        for channels in (8, 16, 24, 32, 40, 64, 80, 96, 112, 160, 192, 320, 1280):
            # The authors' code, with its floats.
            v = channels * float(width)
            new = max(8, int(v + 4) // 8 * 8)
            new += 8 * (new < 0.9 * v)
            assert parse(f"make_divisible({channels}*{width})", {}) == new


@pytest.mark.parametrize("text", ["1e3", "2*1e3", "2.5E4", "0x10", "X + 0b1"])
def test_a_number_is_written_in_plain_digits(text: str) -> None:
    names: dict[str, Size | Fraction] = {name: size_of(symbol(name)) for name in ("X", "N")}
    with pytest.raises(ExpressionError, match="plain digits"):
        parse(text, names)
    names = {"e": names["X"], "e3": names["N"], "x10": 1}
    assert parse("2e + 3·e3 + 10x10", names) == 2 * names["e"] + 3 * names["e3"] + 10
