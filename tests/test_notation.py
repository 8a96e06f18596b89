"""How formulas are set: what is printed has the value of what is meant."""

import re
from collections import Counter
from fractions import Fraction
from random import Random

import pytest
from amounts import many
from test_extent import ROLE, SIZE, SYMBOL, at, on_sizes, random_case, random_values
from witness.printed import printed_value
from witness.programs import NoValueError, run

import symconv as sc
from symconv.condition import at_least, differs
from symconv.cost import evaluate_cost, product
from symconv.extent import Extent, Size, size_of
from symconv.extremes import largest
from symconv.formula import set_cost
from symconv.notation import ASCII, LATEX, LATEX_INLINE, POWER, PRODUCT, SUM, TEXT, Piece, Style, latex_escape
from symconv.rounding import floor
from symconv.setting import set_size
from symconv.symbols import symbol
from symconv.values import evaluate

STYLES = {"text": TEXT, "ascii": ASCII, "latex": LATEX}
X, H, P, S, w = (SIZE[name] for name in ("X", "H", "P", "S", "w"))


def texts(size: Size) -> dict[str, str]:
    return {name: set_size(size, style).text for name, style in STYLES.items()}


@pytest.mark.parametrize("count", [400, pytest.param(many(2_000), marks=pytest.mark.heavy)])
def test_a_printed_size_has_its_value(count: int) -> None:
    rng, met = Random(count), Counter[str]()
    for _ in range(count):
        names, program = random_case(rng)
        size = on_sizes(program, names)
        if size is None or len(str(size)) > 400:
            continue
        printed = texts(size)
        for _ in range(4):
            values = random_values(rng, names)
            try:
                expected = run(program, values)
            except NoValueError:
                continue
            for style, text in printed.items():
                assert printed_value(text, style, values) == expected, (text, program, values)
            met["points"] += 1
        for sign in ("⌊", "⌈", "max", "/(", "²", "−"):
            met[sign] += sign in printed["text"]
    assert met["points"] > 2 * count
    assert all(met[sign] > count / 100 for sign in ("⌊", "⌈", "max", "/(", "²", "−")), met


@pytest.mark.parametrize("count", [300, pytest.param(many(1_000), marks=pytest.mark.heavy)])
def test_a_printed_cost_has_its_value(count: int) -> None:
    rng = Random(count + 1)
    points = 0
    for _ in range(count):
        names, total = "XHP", product(0)
        for _ in range(rng.randint(1, 4)):
            factors = [on_sizes(program, names) for names, program in (random_case(rng) for _ in range(2))]
            kept = [f for f in factors if isinstance(f, Extent) and len(str(f)) < 60]
            total = total + product(rng.randint(-9, 9), *rng.choices([X, H, P, X - 2], k=2), *kept) * Fraction(
                rng.randint(1, 5), rng.randint(1, 3)
            )
        for grouped in (False, True):
            printed = {name: set_cost(total, style, grouped).text for name, style in STYLES.items()}
            for _ in range(2):
                values = random_values(rng, "XHPQSw")
                try:
                    expected = evaluate_cost(total, at(values))
                except sc.SymconvError:
                    continue
                for style, text in printed.items():
                    assert printed_value(text, style, values) == expected, (text, names, values)
                points += 1
    assert points > 2 * count


@pytest.mark.parametrize(
    ("size", "text", "ascii_", "latex"),
    [
        ((X + 31) // 32, "⌈X/32⌉", "ceil(X/32)", r"\left\lceil \frac{X}{32} \right\rceil"),
        ((X + 3) // 5, "⌊(X + 3)/5⌋", "floor((X + 3)/5)", r"\left\lfloor \frac{X + 3}{5} \right\rfloor"),
        (X * X - 2 * H, "X² − 2·H", "X^2 - 2*H", r"X^{2} - 2 \cdot H"),
        (X**12, "X¹²", "X^12", "X^{12}"),
        ((w * X) // 1, "⌊w·X⌋", "floor(w*X)", r"\left\lfloor w \cdot X \right\rfloor"),
        (floor(X, 4, exact=True), "X/4", "X/4", r"\frac{X}{4}"),
        (floor(X, 4, exact=True) * H, "H·(X/4)", "H*(X/4)", r"H \cdot \frac{X}{4}"),
        (largest(H // 2, P), None, "max(P, floor(H/2))", r"\max\left(P, \left\lfloor \frac{H}{2} \right\rfloor\right)"),
        (-X, "−X", "-X", "-X"),
        (X // (2 * S), "⌊X/(2·S)⌋", "floor(X/(2*S))", r"\left\lfloor \frac{X}{2 \cdot S} \right\rfloor"),
    ],
)
def test_the_same_size_in_three_styles(size: Size, text: str | None, ascii_: str | None, latex: str | None) -> None:
    printed = texts(size)
    for style, expected in (("text", text), ("ascii", ascii_), ("latex", latex)):
        if expected is not None:
            assert printed[style] == expected
    assert printed["ascii"].isascii()
    for values in ({"X": 12, "H": 3, "P": 0, "S": 2, "w": Fraction(5, 7)}, {"X": 40, "H": 9, "P": 7, "S": 5, "w": 2}):
        for style, written in printed.items():
            assert printed_value(written, style, values) == evaluate(size, at(values))


def test_names_in_latex() -> None:
    for name, written in (
        ("X", "X"),
        ("C_in", r"C_{\mathrm{in}}"),
        ("alpha", r"\alpha"),
        ("x1", "x_{1}"),
        ("hidden", r"\mathrm{hidden}"),
        ("d_model_2", r"d_{\mathrm{model\_2}}"),
        ("a_1", "a_{1}"),
    ):
        assert LATEX.symbol(name).text == written


@pytest.mark.parametrize("text", ["50%_#&$", "a\\b", "{x}", "~^"])
def test_text_in_latex_is_shown_as_it_is(text: str) -> None:
    escaped = latex_escape(text)
    assert not re.search(r"(?<!\\)[%_#&$]", escaped)
    assert latex_escape("plain 3×3") == r"plain 3$\times$3"


def test_parentheses_stand_where_they_are_needed() -> None:
    a, b = Piece("a + b", SUM), Piece("c", 9)
    for style, times in ((TEXT, "(a + b)·c"), (ASCII, "(a + b)*c"), (LATEX, r"\left(a + b\right) \cdot c")):
        assert style.product([a, b]).text == times
    assert TEXT.power(a, 2).text == "(a + b)²"
    assert TEXT.sum([(False, b), (True, a)]).text == "c − (a + b)"
    assert TEXT.sum([(True, a)]).text == "−(a + b)"
    assert TEXT.quotient(a, Piece("2·S", PRODUCT)).text == "(a + b)/(2·S)"
    assert TEXT.quotient(a, Piece("S²", POWER)).text == "(a + b)/S²"
    assert TEXT.number(Fraction(-3, 7)).text == "−3/7"
    assert ASCII.number(Fraction(3, 1)).text == "3"


def test_a_symbol_prints_as_its_name_whatever_its_model() -> None:
    for scope in ("", "model a"):
        assert str(size_of(symbol("kernels", "extent", scope))) == "kernels"
    assert set(ROLE) == set(SYMBOL)


@pytest.mark.parametrize(
    ("style", "signs"),
    [(TEXT, ["≥", "≠"]), (ASCII, [">=", "!="]), (LATEX, [r"\geq", r"\neq"]), (LATEX_INLINE, [r"\geq", r"\neq"])],
)
def test_a_condition_has_the_signs_of_its_style(style: Style, signs: list[str]) -> None:
    h, w = size_of(symbol("H")), size_of(symbol("W"))
    assert [c.text(style) for c in (at_least(h, w), differs(h, w))] == [f"H {sign} W" for sign in signs]
