"""Sheets as Markdown and LaTeX: cells that agree, mathematics that closes, a stranger's text that stays text."""

from __future__ import annotations

import pytest

import symconv as sc
from symconv.notation import ASCII, TEXT
from symconv.writers.latex import to_latex
from symconv.writers.markdown import to_markdown
from symconv.writers.sheet import Column, Math, Name, Share, Sheet, Table
from writers.markup import latex_faults, latex_value, markdown_faults, markdown_tables
from writers.test_sheet import HOSTILE, sheet_of


@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: repr(t[:20]))
def test_a_strangers_text_breaks_no_table_and_no_mathematics(text: str) -> None:
    sheet = sheet_of(text)
    assert not latex_faults(to_latex(sheet))
    for style in (TEXT, ASCII):
        out = to_markdown(sheet, style)
        assert not markdown_faults(out)
        assert [len(row) for row in markdown_tables(out)[0]] == [3, 3, 3, 3]


def test_the_checker_of_latex_sees_what_tex_would() -> None:
    table = "\\begin{tabular}{lr}\n"
    bad = {
        "{": "brace", "}": "brace", "$x": "open $", "a_b": "outside", "50%": "bare %", "#1": "bare #",
        r"$\left( x$": "without", r"$\right) x$": "without", r"\foo": "unknown", r"\input{x}": "unknown",
        table + r"a \\" + "\n\\end{tabular}": "cells", table + "a & b & c \\\\\n\\end{tabular}": "cells",
        r"\begin{description}": "open", r"\end{tabular}": "without", "a & b": "outside", "\x1b": "control",
        table + "a & b \\\\ [2pt]\n\\end{tabular}": "option",
    }  # fmt: skip
    for document, said in bad.items():
        assert any(said in fault for fault in latex_faults(document)), (document, latex_faults(document))
    assert not latex_faults(
        "% x_1\n" + table + "a\\_b & $\\left\\lfloor \\frac{X}{2} \\right\\rfloor^{2}$ \\\\\n\\end{tabular}\n"
    )


def test_the_checker_of_markdown_sees_what_a_renderer_would() -> None:
    bad = {"| a | b |\n| --- |": "cells", "$x": "open", "<script>": "HTML", "a | b": "bare", "a\n# b": "heading"}
    for document, said in bad.items():
        assert any(said in fault for fault in markdown_faults(document)), document
    assert not markdown_faults("# a\n\n| a\\|b | $x$ |\n| --- | ---: |\n")


def test_formulas_are_mathematics_and_words_are_words() -> None:
    ceiling = sc.product(sc.N, 64, -((-sc.X) // 2))
    table = Table(
        [Column("name"), Column("n", True)], [[Name("a_1"), ceiling], [Name("s/b", "s"), sc.product(1234567)]]
    )
    sheet = Sheet("t_1 · x²", [("total", ceiling), ("domain", Math("X ≥ 3", r"X \geq 3", "X >= 3"))], [table])
    markdown = to_markdown(sheet)
    assert markdown.splitlines() == [
        r"# t\_1 · x²",
        "",
        r"- **total** $64 \cdot N \cdot \left\lceil \frac{X}{2} \right\rceil$",
        r"- **domain** $X \geq 3$",
        "",
        "| name | n |",
        "| --- | ---: |",
        r"| a\_1 | $64 \cdot N \cdot \left\lceil \frac{X}{2} \right\rceil$ |",
        "| s/b | 1\u202f234\u202f567 |",
    ]
    assert to_markdown(sheet, ASCII).isascii()
    latex = to_latex(sheet)
    assert latex.isascii()
    assert latex.splitlines() == [
        "% t_1 * x^2",
        r"% \usepackage{amsmath,booktabs}",
        r"\begin{description}",
        r"  \item[total] $64 \cdot N \cdot \lceil X/2 \rceil$",
        r"  \item[domain] $X \geq 3$",
        r"\end{description}",
        r"\begin{tabular}{lr}",
        r"  \toprule",
        r"  name & n \\",
        r"  \midrule",
        r"  a\_1 & $64 \cdot N \cdot \lceil X/2 \rceil$ \\",
        r"  s/b & 1\,234\,567 \\",
        r"  \bottomrule",
        r"\end{tabular}",
    ]


def test_every_mathematical_sign_of_a_text_has_its_command_in_latex() -> None:
    text = 'M = ⌊(X + 2·P)/S⌋ × 3, ≥ ≤ ≡ → − – … ½ √ Σ Φ α β γ ε π σ ˣ ʳ ⁻¹ ₂ ⌈x⌉ 50% <a> | " ` 1\u202f000 a\u00a0b'
    latex = to_latex(Sheet("t", notes=[text]))
    assert latex.isascii()
    assert not latex_faults(latex)


def test_a_share_and_an_empty_cell_are_plain() -> None:
    from fractions import Fraction

    table = Table([Column("a"), Column("b")], [[Share(Fraction(1, 2000)), None]])
    assert "| \\<0.1 % |  |" in to_markdown(Sheet("t", tables=[table]))
    assert r"\textless{}0.1 \% &  \\" in to_latex(Sheet("t", tables=[table]))


@pytest.mark.parametrize("name", ["vgg16", "alexnet", "vgg/D"])
def test_latex_says_the_same_number_as_the_network(name: str) -> None:
    net = sc.load(name)
    from symconv.writers.sheet import set_cell

    for metric in ("macs", "flops", "full", "params", "activations"):
        from symconv.notation import LATEX

        formula = set_cell(net.cost(metric), LATEX).replace("\u202f", "")
        for x in (64, 97, 224):
            assert latex_value(formula, {"X": x, "N": 3}) == net.evaluate(metric, X=x, N=3)
