"""Sheets as Markdown and LaTeX: pages that TeX sets, mathematics that closes, a stranger's text that stays text."""

from __future__ import annotations

from pathlib import Path

import pytest

import symconv as sc
from symconv.notation import ASCII, TEXT
from symconv.readers.catalogue import families, networks
from symconv.writers.formats.latex import to_latex
from symconv.writers.formats.markdown import to_markdown
from symconv.writers.network import network_sheet
from symconv.writers.sheet import Column, Heading, Math, Name, Share, Sheet, Table
from writers.markup import latex_faults, latex_value, markdown_faults, markdown_tables
from writers.papers import compiled, needs_tex
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


# -- on paper ----------------------------------------------------------------------------------------------------------


@needs_tex
def test_tex_sets_tables_within_the_page(tmp_path: Path) -> None:
    names = ("vgg16", "resnet50", "resnet", "gpt", "swin", "mobilenetv2", "crnn")
    sheets = [to_latex(network_sheet(sc.load(name))) for name in names]
    assert not [fault for sheet in sheets for fault in latex_faults(sheet)]
    assert max(compiled(tmp_path, *sheets), default=0) <= 1


@needs_tex
def test_tex_sets_a_strangers_text_in_any_script(tmp_path: Path) -> None:
    more = [
        "Ünïcödé ñ ç ø ß Å Ł ő ı",
        "中文 日本 한국",
        "θ λ",
        "e\u0301",
        "−–—…“”’",
        "--all",
        "x" * 60 + " " + "y" * 60,
    ]
    sheets = [to_latex(sheet_of(text)) for text in (*HOSTILE, *more)]
    assert all(sheet.split("\n", 1)[1].isascii() for sheet in sheets)
    compiled(tmp_path, *sheets)


@pytest.mark.heavy
def test_every_bundled_table_is_within_the_page(tmp_path: Path) -> None:
    sheets = [to_latex(network_sheet(spec.network(networks(spec)[0][1]))) for spec in families()]
    assert not [fault for sheet in sheets for fault in latex_faults(sheet)]
    if needs_tex.args[0] is False:
        assert max(compiled(tmp_path, *sheets), default=0) <= 1


def test_a_table_that_does_not_fit_leaves_out_what_says_least_and_says_so() -> None:
    latex = to_latex(network_sheet(sc.load("vgg16")))
    assert "% no room for kind, MACs" in latex.splitlines()
    assert r"  layer & output & params & \shortstack[r]{MACs \\ at X=224, N=1} & share \\" in latex.splitlines()
    long = to_latex(network_sheet(sc.load("resnet50"))).splitlines()
    assert r"\begin{longtable}{llrrr}" in long
    assert r"  \endhead" in long
    assert r"% \usepackage{amsmath,booktabs,longtable}" in long


def test_a_name_in_a_group_is_short_and_the_group_says_what_its_rows_have_together() -> None:
    table = Table(
        [Column("name"), Column("n", True)],
        [[Name("s/a_1", "s"), 1], [Name("s/b", "s"), 2]],
        groups={0: Heading("s", (Math("×2", r"\times 2"),), (None, 3))},
    )
    lines = to_latex(Sheet("t", tables=[table])).splitlines()
    assert [line for line in lines if "&" in line] == [
        r"  name & n \\", r"  \textbf{s} $\times 2$ & 3 \\", r"  \quad a\_1 & 1 \\", r"  \quad b & 2 \\",
    ]  # fmt: skip


def test_markdown_fences_what_github_would_take_for_its_own() -> None:
    net = sc.load("mobilenetv2")
    out = to_markdown(network_sheet(net))
    assert r"\operatorname" not in out
    assert r"$`" in out
    assert not markdown_faults(out)
