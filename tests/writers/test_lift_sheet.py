"""What the sheets of a family say: of its symbols, of its roles, of what was not understood."""

from __future__ import annotations

import re

import pytest
from command import ESCAPE, on_terminal

import symconv as sc
from symconv.layers import Conv, Unknown
from symconv.lift import Family, lift
from symconv.notation import LATEX, TEXT
from symconv.writers.formats.terminal import text
from symconv.writers.lift import family_sheet, roles_table, symbols_table
from symconv.writers.members import against_sheet
from symconv.writers.sheet import set_cell
from symconv.writers.siblings import sibling_sheet
from symconv.writers.supposed import described, verdict


def rows(family: Family) -> dict[str, list[str]]:
    """The rows of the symbols by their names."""
    return {row[0]: [set_cell(cell, TEXT) for cell in row[1:]] for row in symbols_table(family).rows}


def test_a_symbol_of_depth_says_what_was_seen_of_its_blocks() -> None:
    family = lift(sc.load("mobilenet_v2"))
    assert rows(family)["n1"] == ["2", "blocks of layer2", "another first, then one witness"]
    assert rows(family)["n3"] == ["4", "blocks of layer4", "another first, then 3 alike"]
    assert rows(lift(sc.load("gpt2")))["n1"] == ["12", "blocks of h", "12 alike"]


def test_a_symbol_of_width_says_whose_it_is_and_how_many_grow_with_it() -> None:
    assert rows(lift(sc.load("gpt2")))["w"] == ["768", "channels of wte", "3 widths grow with it"]


def test_the_symbols_of_the_input_come_last() -> None:
    assert sorted(list(rows(lift(sc.load("vit_b_16"))))[2:]) == ["N", "P", "X"]


def test_the_levels_of_a_unet_are_one_depth() -> None:
    family = lift(sc.load("unet"))
    assert rows(family)["n1"][0::2] == ["4", "4 alike, each 2 times as wide"]
    assert rows(family)["n1"][1].startswith("levels of ")
    assert sum(row[0] == "n1" for row in symbols_table(family).rows) == 1


def test_rows_of_roles_stand_under_what_is_supposed_of_them() -> None:
    table = roles_table(lift(sc.load("densenet121")))
    assert [heading.name for heading in table.groups.values()] == [
        "grows with g", "follows its input", "constant: classes that come out",
    ]  # fmt: skip
    follows = next(row for row in table.rows if "transition" in row[0].path)
    assert [set_cell(cell, TEXT) for cell in follows[1:3]] == ["128, 256, 512", "1/2 of its input"]


def test_numbers_in_the_source_stand_in_the_order_of_those_in_the_family() -> None:
    row = next(r for r in roles_table(lift(sc.load("resnet50"))).rows if "conv3" in r[0].path)
    assert [set_cell(cell, TEXT) for cell in row[1:]] == ["256, 512, 1024, 2048", "4·w, 8·w, 16·w, 32·w", "20 → 4"]
    assert set_cell(row[2], LATEX) == r"4 \cdot w,\ 8 \cdot w,\ 16 \cdot w,\ 32 \cdot w"


def test_a_family_that_was_understood_says_on_what_it_rests() -> None:
    assert verdict(lift(sc.load("resnet50"))) == (
        "exact", "everything was understood; a prediction fails only where a supposition does",
    )  # fmt: skip


def test_a_family_that_was_not_understood_never_says_exact() -> None:
    net = sc.Network("strange")
    net.input("x", "N", 3, 32, 32)
    net.add("a", Conv(8, padding=1))
    net.add("odd", Unknown("MyOp", (net.symbols["N"], 8, 32, 32), cost=net.symbol("cost[MyOp]", "padding")))
    net.add("b", Conv(8, padding=1))
    out = text(family_sheet(lift(net)))
    assert re.search(r"^ NOT exact +not understood: .*MyOp", out, re.MULTILINE)
    assert not re.search(r"^ exact", out, re.MULTILINE)


def test_what_is_said_of_the_family_itself_is_no_proof() -> None:
    assert "that gpt2 itself comes out shows nothing" in text(family_sheet(lift(sc.load("gpt2"))))


def test_a_sibling_rests_on_what_moved_alone() -> None:
    family = lift(sc.load("resnet50"))
    facts = sibling_sheet(family, family.sibling(n3=23), {"n3": "23"}, ("params",)).facts
    said = [cell for name, cell in facts if name == "supposes"]
    assert said == ["n3: more blocks of layer3 are like those seen (another first, then 5 alike)"]
    facts = sibling_sheet(family, family.sibling(n3=2), {"n3": "2"}, ("params",)).facts
    assert not [cell for name, cell in facts if name == "supposes"]


def test_a_network_that_refutes_a_row_of_a_table_says_both_numbers() -> None:
    source, other = (
        sc.parse_spec(f"""
input: [N, 3, X, X]
layers: [conv3-{width}, conv3-{width}, global_avg_pool, flatten, linear: {classes}]
""").network()
        for width, classes in ((4, 10), (8, 7))
    )
    family = lift(source)
    found = family.against(other)
    (table,) = against_sheet(family, found).tables
    (row,) = table.rows
    assert [set_cell(cell, TEXT) for cell in row[1:]] == ["10", "7", "10", "constant: classes that come out"]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_longer_than_the_window(width: int) -> None:
    for words in (
        ["mobilenet_v2"],
        ["bert-base", "--at", "n1=24,w=1024"],
        ["resnet50", "--members", "wide_resnet50_2"],
    ):
        lines = ESCAPE.sub("", on_terminal("lift", *words, width=width, env={"CI": "1"})).splitlines()
        assert max(map(len, lines)) <= width


def test_a_spec_of_the_family_says_what_its_symbols_are() -> None:
    assert described(lift(sc.load("gpt2"))) == "the family of gpt2 · n1 blocks of h, w channels of wte"


def test_the_function_keeps_its_name_beside_the_room() -> None:
    import symconv.lift

    assert sc.lift is symconv.lift is lift
    assert sc.lift(sc.load("gpt2")).sibling(n1=24, w=1024).cost("params") == 354_823_168


def test_a_notebook_shows_the_sheet_of_a_family() -> None:
    shown = lift(sc.load("gpt2"))._repr_mimebundle_()  # type: ignore[attr-defined]
    assert "the family of gpt2" in shown["text/html"]
    assert "blocks of h" in shown["text/html"]
