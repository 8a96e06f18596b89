"""Sheets as Typst: brackets that close, a stranger's text that stays text, tables that Typst sets."""

from __future__ import annotations

import pytest

import symconv as sc
from symconv.notation import TEXT, typst_string
from symconv.writers.formats.paper import fitting_words
from symconv.writers.formats.typst import to_typst, typst_text
from symconv.writers.network import network_sheet
from symconv.writers.sheet import Column, Math, Name, Sheet, Table, in_style
from writers.markup import typst_faults
from writers.papers import needs_typst, typst_pages, typst_words
from writers.test_sheet import HOSTILE, sheet_of

MORE = [
    "// a",
    "/* b */",
    "= c",
    "- d",
    "+ e",
    "1. f",
    "a -- b --- c",
    "https://x.y",
    "...",
    "'a' \"b\"",
    "@ref <l>",
    "\\u{41}",
]


@pytest.mark.parametrize("text", [*HOSTILE, *MORE], ids=lambda t: repr(t[:20]))
def test_a_strangers_text_is_no_code(text: str) -> None:
    assert not typst_faults(to_typst(sheet_of(text)))


@needs_typst
@pytest.mark.parametrize("text", [*HOSTILE, *MORE], ids=lambda t: repr(t[:20]))
def test_typst_reads_a_strangers_text_as_it_was(text: str) -> None:
    wanted = fitting_words(in_style(text, TEXT))
    assert typst_words(f"x{typst_text(text)}x").split() == f"x{wanted}x".split()
    assert typst_pages(to_typst(sheet_of(text)), f"$ {typst_string(text)} $") == 1


def test_the_checker_of_typst_sees_what_the_compiler_would() -> None:
    bad = {
        "$x": "open",
        "[a": "open",
        "a)": "too many",
        "#eval(1)": "code",
        "*a*": "markup",
        "a\x1b": "control",
        "$(x$": "",
    }
    for document, said in bad.items():
        assert any(said in fault for fault in typst_faults(document)), document
    assert not typst_faults("// it's [\n#table(columns: 2, [a\\*], [$x_1^2$])\n")


def test_formulas_are_mathematics_and_words_are_words() -> None:
    table = Table([Column("name"), Column("n", True)], [[Name("a_1"), 64 * ((sc.X + 1) // 2)]], ["total", 1234567])
    sheet = Sheet("t_1", [("domain", Math("X ≥ 3", r"X \geq 3"))], [table], ["a note, 50%"])
    assert to_typst(sheet).splitlines() == [
        "// t_1",
        "/ domain: $X ≥ 3$",
        "",
        "#table(",
        "  columns: (auto, auto,),",
        "  stroke: none, inset: (x: 5pt, y: 2.5pt),",
        "  align: (left, right,),",
        "  table.hline(stroke: 0.8pt),",
        "  table.header([name], [n]),",
        "  table.hline(stroke: 0.5pt),",
        r"  [a\_1], [$64 dot ceil(X\/2)$],",
        "  table.hline(stroke: 0.5pt),",
        "  [total], [1\u202f234\u202f567],",
        "  table.hline(stroke: 0.8pt),",
        ")",
        "",
        "a note, 50%",
    ]


@needs_typst
def test_typst_sets_the_tables_of_networks() -> None:
    sheets = [to_typst(network_sheet(sc.load(name))) for name in ("vgg16", "resnet", "gpt", "crnn")]
    assert not [fault for sheet in sheets for fault in typst_faults(sheet)]
    assert typst_pages(*sheets) >= 4
