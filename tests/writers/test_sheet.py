"""Cells in every style, and sheets as JSON and CSV: nothing lost, nothing that runs, numbers exact."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction

import pytest

import symconv as sc
from symconv.notation import ASCII, LATEX, TEXT
from symconv.tensor import Tensor
from symconv.writers.formats.programs import to_csv, to_json
from symconv.writers.sheet import (
    Big,
    Cell,
    Column,
    Heading,
    Math,
    Name,
    Rule,
    Share,
    Sheet,
    Table,
    in_style,
    plain,
    set_cell,
    set_fact,
)

HOSTILE = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "a\rb\nc\td",
    "\u202eevil\u202c",
    "\x9b31m",
    "a\u2028b",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "a|b",
    "$x$ \\input{x} % # & ~ ^ _ {",
    "[2pt] * ` \" '",
    "😀🏳️‍🌈",
    "שלום عربى",
    "x" * 10_000,
    "",
    "| --- |",
    "![x](javascript:1) [y](z) **b** `c`",
]


def sheet_of(text: str) -> Sheet:
    """A sheet in which a stranger's text stands everywhere."""
    columns = [Column("name"), Column(text, True), Column("n", True, "n")]
    table = Table(
        columns,
        [[Name(text), text, 1], [Name("s/" + text, "s"), Math(text), 2]],
        ["total", text, 3],
        {1: Heading(text)},
    )
    return Sheet(text, [(text, text), ("size", 3 * sc.X)], [table], [text])


# -- cells -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "text", "ascii", "latex"),
    [
        (138357544, "138\u202f357\u202f544", "138,357,544", "138\u202f357\u202f544"),
        (None, "", "", ""),
        (sc.product(3, sc.X // 2), "3·⌊X/2⌋", "3*floor(X/2)", r"3 \cdot \left\lfloor \frac{X}{2} \right\rfloor"),
        (sc.product(4096), "4096", "4,096", "4096"),
        (sc.product(0), "", "", ""),
        (Fraction(23, 5), "23/5", "23/5", r"\frac{23}{5}"),
        (Share(Fraction(1, 3)), "33.3 %", "33.3 %", "33.3 %"),
        (Share(Fraction(0)), "", "", ""),
        (Big(15470264320), "15.47 G", "15.47 G", "15.47 G"),
        (Big(0), "", "", ""),
        (Big(Fraction(2, 5)), "0.4", "0.4", "0.4"),
        (Big(Fraction(10**9, 3)), "333.3 M", "333.3 M", "333.3 M"),
        (Tensor((sc.N, sc.C_in, sc.X, sc.X)), "C_in×X²", "C_in x X^2", r"C_{\mathrm{in}} \times X^{2}"),
        (Tensor((sc.N, 7)), "7", "7", "7"),
        (Name("a/b", "a"), "a/b", "a/b", "a/b"),
        (Math("X ≥ 3", r"X \geq 3", "X >= 3"), "X ≥ 3", "X >= 3", r"X \geq 3"),
        (Math("⌊X/2⌋² …"), "⌊X/2⌋² …", "floor(X/2)^2 ...", "⌊X/2⌋² …"),
    ],
)  # fmt: skip
def test_a_cell_is_set_in_each_style(cell: Cell, text: str, ascii: str, latex: str) -> None:
    shown = [set_cell(cell, style).replace("4\u202f096", "4096") for style in (TEXT, ASCII, LATEX)]
    assert shown == [text, ascii, latex]


def test_a_zero_is_said_where_it_stands_alone() -> None:
    for cell in (sc.product(0), Rule(sc.product(0)), Big(0), Share(Fraction(0)), 0):
        assert set_fact(cell, TEXT) == "0"
    assert set_fact(None, TEXT) == set_fact("", TEXT) == ""


def test_the_rule_takes_shared_factors_out_and_a_cost_does_not() -> None:
    cost = sc.product(sc.K, sc.C_in) + sc.product(sc.C_in) + sc.product(sc.K, sc.C_out)
    assert set_cell(Rule(cost), TEXT) == "(C_in + C_out)·K + C_in"
    assert set_cell(cost, TEXT) == "K·C_in + K·C_out + C_in"


def test_every_sign_of_our_own_has_an_ascii_form() -> None:
    ours = "·×−–…≥≤≡→½⌊⌋⌈⌉√ΣΦαβγεπσˣʳ⁻\u202f\u00a0⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉"
    assert in_style(ours, ASCII).isascii()
    for kind, layer in sc_layers().items():
        doc = " ".join((layer.__doc__ or "").split())
        assert in_style(doc, ASCII).isascii(), (kind, {c for c in in_style(doc, ASCII) if ord(c) > 127})


def sc_layers() -> dict[str, type]:
    from symconv.layer import LAYERS

    return {kind: layer for kind, layer in LAYERS.items() if layer.__module__.startswith("symconv.layers")}


@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: repr(t[:20]))
def test_no_style_lets_a_control_character_through(text: str) -> None:
    for style in (TEXT, ASCII, LATEX):
        shown = set_cell(text, style) + set_cell(Name(text), style) + set_cell(Math(text), style)
        assert not [
            c for c in shown if ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u2028\u2029\u202a\u202b\u202d\u202e"
        ]


def test_a_program_reads_whole_numbers_and_formulas() -> None:
    assert plain(sc.product(4096)) == 4096
    assert plain(sc.product(0)) == 0
    assert plain(sc.product(sc.N, 3)) == "3*N"
    assert plain(sc.product(3) * Fraction(1, 2)) == "3/2"
    assert plain(Big(10**30)) == 10**30
    assert plain(Big(Fraction(1, 3))) == "1/3"
    assert plain(Share(Fraction(1, 4))) == 0.25
    assert plain(Name("a/b", "a")) == "a/b"
    assert plain(None) is None


# -- JSON --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: repr(t[:20]))
def test_json_is_ascii_and_gives_a_strangers_text_back_as_it_was(text: str) -> None:
    out = to_json(sheet_of(text))
    assert out.isascii()
    assert not [c for c in out if ord(c) < 32 and c != "\n"]
    data = json.loads(out)
    assert data["title"] == text
    assert data["rows"][0]["name"] == text
    assert data["notes"] == [text]
    assert data["facts"]["size"] == "3*X"


def test_json_keeps_facts_of_one_name_and_those_called_like_its_own_keys() -> None:
    sheet = Sheet("t", [("asks", 1), ("asks", 2), ("asks", 3), ("title", 4), ("rows", 5), ("  at g = 1", 6)])
    data = json.loads(to_json(sheet))
    assert data["facts"] == {"asks": [1, 2, 3], "title": 4, "rows": 5, "at g = 1": 6}
    assert data["title"] == "t"


def test_json_has_large_numbers_whole() -> None:
    huge = 10**40 + 1
    assert json.loads(to_json(Sheet("t", [("a", sc.product(huge)), ("b", Big(huge)), ("c", huge)])))["facts"] == {
        "a": huge, "b": huge, "c": huge,
    }  # fmt: skip


# -- CSV ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: repr(t[:20]))
def test_csv_reads_back_and_runs_nothing_in_a_spreadsheet(text: str) -> None:
    out = to_csv(sheet_of(text))
    rows = list(csv.reader(io.StringIO(out)))
    assert [len(row) for row in rows] == [3, 3, 3]
    for cell in [cell for row in rows for cell in row]:
        assert cell.lstrip()[:1] not in tuple("=+-@"), cell
        assert not [c for c in cell if ord(c) < 32 or 127 <= ord(c) < 160]
    assert [row[2] for row in rows[1:]] == ["1", "2"]


def test_a_formula_with_a_minus_in_front_stays_one_in_csv() -> None:
    table = Table([Column("f")], [[sc.product(-1, sc.X)], [sc.product(sc.X) * Fraction(1, 2)]])
    assert to_csv(Sheet("t", tables=[table])) == "f\n-X\n(1/2)*X\n"


def test_csv_of_facts_alone_and_of_records() -> None:
    assert to_csv(Sheet("t", [(" a", 3 * sc.X), ("b", None)])) == "fact,value\na,3*X\nb,\n"
    sheet = Sheet("t", tables=[Table([Column("x")], [[1]])], records=lambda: Table([Column("y")], [[2]]))
    assert to_csv(sheet) == "y\n2\n"
