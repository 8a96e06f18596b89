"""The styles of documents: what is set in MathML, LaTeX and Typst has the value of what is meant, by two ways to it."""

from __future__ import annotations

import re
from random import Random
from xml.etree import ElementTree

import pytest
from test_extent import random_extents, random_values
from witness.printed import printed_value
from witness.programs import NoValueError, run

import symconv as sc
from symconv.cost import product
from symconv.extent import size_of
from symconv.formula import set_cost
from symconv.notation import ASCII, LATEX, LATEX_INLINE, MATHML, TEXT, TYPST, TYPST_INLINE
from symconv.readers.catalogue import families, networks
from symconv.setting import set_size
from symconv.symbols import symbol
from symconv.writers.formats.mathematics import parts, set_math
from symconv.writers.network import domain_line, network_facts
from symconv.writers.sheet import Math
from writers.markup import html_faults, mathml_value
from writers.papers import needs_typst, typst_pages


def flat(row: str) -> str:
    return row.replace("<mrow>", "").replace("</mrow>", "")


@pytest.mark.parametrize("count", [200, pytest.param(5_000, marks=pytest.mark.heavy)])
def test_a_size_set_in_any_style_has_its_value(count: int) -> None:
    rng, met = Random(count), 0
    for names, program, size in random_extents(rng, count):
        mathml, inline = set_size(size, MATHML).text, set_size(size, LATEX_INLINE).text
        typst, typst_inline = set_size(size, TYPST).text, set_size(size, TYPST_INLINE).text
        assert not html_faults(f"<math><mrow>{mathml}</mrow></math>")
        for _ in range(2):
            values = random_values(rng, names)
            try:
                expected = run(program, values)
            except NoValueError:
                continue
            met += 1
            assert mathml_value(mathml, values) == expected  # type: ignore[arg-type]
            one = inline.replace(r"\lfloor", "floor(").replace(r"\lceil", "ceil(")
            one = re.sub(r"\\r(?:floor|ceil)", ")", one)
            assert printed_value(one, "latex", values) == expected, inline
            for text in (typst, typst_inline.replace(r"\/", "/")):
                assert printed_value(text.replace(" dot ", "*"), "ascii", values) == expected, text
    assert met > count / 2


@pytest.mark.parametrize("name", ["resnet", "vgg16", "gpt", "llama", "swin", "mobilenetv2", "densenet"])
def test_what_is_read_from_latex_is_what_is_set_at_once(name: str) -> None:
    net = sc.load(name)
    for metric in ("macs", "params", "full"):
        cost = net.cost(metric)
        read = set_math(Math("?", set_cost(cost, LATEX).text), MATHML)
        assert flat(read) == flat(set_cost(cost, MATHML).text)


def test_every_sentence_of_a_bundled_network_is_read() -> None:
    for spec in families():
        net = spec.network(networks(spec)[0][1])
        for _, cell in network_facts(net):
            if isinstance(cell, Math) and cell.latex:
                for style in (MATHML, TYPST):
                    assert set_math(cell, style) != style.words(cell.text), cell.latex
                assert not html_faults(f"<math><mrow>{set_math(cell, MATHML)}</mrow></math>")


def test_a_sentence_that_is_none_of_ours_is_words() -> None:
    for latex in (r"\input{x}", r"\left(x", "x}", r"\text{\href{x}{y}}", r"\frac{a}"):
        assert set_math(Math("a <b>", latex), MATHML) == "<mtext>a &lt;b&gt;</mtext>"
    assert set_math(Math('a "b'), TYPST) == r'"a \"b"'


def test_a_sentence_has_parts_where_its_text_and_its_latex_have() -> None:
    assert [p.latex for p in parts(domain_line(sc.load("vgg16")))] == [r"X \geq 32", r"N \geq 1"]
    whole = Math("max(a, b)", r"\max\left(a, b\right)")
    assert parts(whole) == [whole]


def test_names_in_every_style() -> None:
    shown = {
        "X": ("X", "<mi>X</mi>", "X"),
        "C_in": (r"C_{\mathrm{in}}", "<msub><mi>C</mi><mi>in</mi></msub>", 'C_"in"'),
        "n1": ("n_{1}", "<msub><mi>n</mi><mn>1</mn></msub>", "n_1"),
        "alpha": (r"\alpha", "<mi>α</mi>", "α"),
        "x1_2": (r"x_{\mathrm{1,2}}", "<msub><mi>x</mi><mi>1,2</mi></msub>", 'x_"1,2"'),
        "hidden": (r"\mathrm{hidden}", "<mi>hidden</mi>", '"hidden"'),
        "<b>": (r"\text{\textless{}b\textgreater{}}", "<mi>&lt;b&gt;</mi>", '"<b>"'),
        'a"b\\': (r"\text{a''b\textbackslash{}}", "<mi>a&quot;b\\</mi>", r'"a\"b\\"'),
        "\u202ex": (r"\text{\textbackslash{}u202ex}", "<mi>\\u202ex</mi>", r'"\\u202ex"'),
        "é": (r"\text{\'{e}}", "<mi>é</mi>", "é"),
        "😀": (r"\text{\textbackslash{}U0001f600}", '<mi mathvariant="normal">😀</mi>', '"😀"'),
        "_": (r"\mathrm{\_}", '<mi mathvariant="normal">_</mi>', '"_"'),
        "a_": (r"\mathrm{a\_}", "<mi>a_</mi>", '"a_"'),
    }  # fmt: skip
    for name, (latex, mathml, typst) in shown.items():
        found = tuple(style.symbol(name).text for style in (LATEX, MATHML, TYPST))
        assert found == (latex, mathml, typst), name
        ElementTree.fromstring(f"<mrow>{mathml}</mrow>")


def test_powers_sums_and_functions() -> None:
    c = size_of(symbol("C_in"))
    for style, wanted in ((TYPST, "sum_(i=0)^(n) X"), (MATHML, "munderover")):
        i, begin, end, x = style.symbol("i"), style.number(0), style.symbol("n"), style.symbol("X")
        text = style.sigma(i, begin, end, end, x).text
        assert wanted in text
        assert style is TYPST or not html_faults(f"<math><mrow>{text}</mrow></math>")
    assert set_cost(product(c, c, sc.X // 3), TYPST).text == 'C_"in"^2 dot floor(X/3)'
    squared = set_cost(product(c, c, sc.X // 3), MATHML).text
    assert squared.startswith("<msubsup><mi>C</mi><mi>in</mi><mn>2</mn></msubsup>")
    assert TYPST.function("make_divisible", [TYPST.symbol("w")]).text == 'op("make_divisible")(w)'
    assert TYPST.truth("≥", [TYPST.symbol("X"), TYPST.number(7)]).text == "[X >= 7]"
    assert ASCII.words("a") == TEXT.words("a") == "a"


@needs_typst
@pytest.mark.heavy
def test_typst_sets_every_bundled_total() -> None:
    costs = [
        spec.network(v).cost(metric) for spec in families() for _, v in networks(spec) for metric in ("macs", "params")
    ]
    assert typst_pages(*(f"$ {set_cost(cost, style).text} $" for cost in costs for style in (TYPST, TYPST_INLINE))) > 5
