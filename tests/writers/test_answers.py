"""The sheets of growth and of the three conclusions."""

from __future__ import annotations

import json

import pytest
from command import SPECS

import symconv as sc
from symconv.asked import as_cost
from symconv.errors import DomainError, SymbolError
from symconv.notation import ASCII, TEXT
from symconv.readers.expression import parse
from symconv.writers.answers import growth_sheet
from symconv.writers.claims import claims_sheet
from symconv.writers.formats.latex import to_latex
from symconv.writers.formats.programs import to_csv, to_json
from symconv.writers.formats.terminal import text
from symconv.writers.sheet import Sheet, plain, set_cell, set_fact
from writers.markup import ascii_value


def spec(name: str) -> sc.Network:
    return sc.parse_spec(SPECS[name]).network()


def facts(sheet: Sheet) -> dict[str, str]:
    return {label: set_fact(cell, TEXT) for label, cell in sheet.facts}


def test_growth_has_leading_terms_order_degrees_and_bounds() -> None:
    sheet = growth_sheet(sc.load("vgg16"))
    assert sheet.title == "growth of the MACs of vgg16"
    found = facts(sheet)
    assert found["grows"] == "305856·N·X²"
    assert found["order"] == "O(N·X²)"
    assert (found["degree in N"], found["degree in X"]) == ("1", "2")
    assert list(found) == ["MACs", "grows", "order", "degree in N", "degree in X", "at least", "at most"]


@pytest.mark.parametrize(("per", "said"), [("N*X", "infinity"), ("7*N*X^2", "~")])
def test_a_limit_is_ascii_in_a_pipe_and_of_known_signs_in_latex(per: str, said: str) -> None:
    net = sc.load("vgg16")
    sheet = growth_sheet(net, per=as_cost(parse(per, net.symbols)))
    assert text(sheet).isascii()
    assert said in text(sheet)
    assert to_latex(sheet).isascii()


@pytest.mark.parametrize("name", ["vgg16", "alexnet", "unet", "three", "one", "two", "valid"])
def test_the_bounds_that_are_printed_hold_at_every_size_tried(name: str) -> None:
    net = sc.load(name) if name in ("vgg16", "alexnet") else spec(name)
    cells = dict(growth_sheet(net).facts)
    least = dict.fromkeys(net.symbols, 1)
    for size in (16, 32, 48, 63, 64, 112, 224, 304):
        at = {**least, **{s: size for s in ("X", "L") if s in net.symbols}, **({"T": 5} if "T" in net.symbols else {})}
        try:
            value = net.evaluate("macs", **at)
        except DomainError:
            continue
        assert ascii_value(plain(cells["at least"]), at) <= value <= ascii_value(plain(cells["at most"]), at)


def test_growth_in_one_symbol_leaves_the_others_in_the_coefficient() -> None:
    sheet = growth_sheet(sc.load("vgg16"), by=["X"])
    assert sheet.title == "growth of the MACs of vgg16 in X"
    assert facts(sheet)["order"] == "O(X²)"
    with pytest.raises(SymbolError, match="Y"):
        growth_sheet(sc.load("vgg16"), by=["Y"])


def test_a_total_of_zero_and_one_of_a_number_grow_not_at_all() -> None:
    assert facts(growth_sheet(spec("bare"))) == {
        "MACs": "0", "grows": "0", "order": "O(0)", "at least": "0", "at most": "0",
    }  # fmt: skip
    assert facts(growth_sheet(sc.load("vgg16"), "params"))["order"] == "O(1)"


def test_what_is_not_decided_is_said_and_the_rest_is_shown() -> None:
    sheet = growth_sheet(spec("symbols"))
    assert facts(sheet)["grows"].startswith("between ")
    data = json.loads(to_json(sheet))
    assert data["metric"] == "macs"
    assert data["facts"]["MACs"] == data["total"]


def test_the_three_conclusions_of_column_d() -> None:
    sheet = claims_sheet(sc.load("vgg/D"), {})
    assert sheet.title == "the article's three conclusions on vgg/D at X=224, N=1"
    assert [[set_cell(cell, ASCII) for cell in row] for row in sheet.tables[0].rows] == [
        ["one_order", "no", "21.3", "stage1/conv1"],
        ["doubling", "no", "1 to 21.3",
         "stage1/conv2, stage3/conv3, stage4/conv3, stage5/conv1, stage5/conv2, stage5/conv3"],
        ["fc_over_conv", "yes", "1.74 to 43.6", ""],
    ]  # fmt: skip
    assert sheet.notes[0].startswith(
        "one_order asks whether the convolutions' MACs are of one order of magnitude: the "
    )
    assert to_csv(sheet).splitlines()[0] == "claim,holds,ratio,except"


def test_the_ratios_in_json_are_exact() -> None:
    data = json.loads(to_json(claims_sheet(sc.load("vgg/D"), {})))
    first = data["findings"][0]
    assert first["ratios"][0] == {"layer": "stage1/conv2", "to": "stage1/conv1", "ratio": "64/3"}
    assert first["layers"]["stage1/conv1"] == 86704128
    assert first["exceptions"] == {"stage1/conv1": 86704128}


def test_values_take_the_place_of_the_usual_ones_and_the_rest_stays_usual() -> None:
    net = sc.load("alexnet")
    assert "at X=256, N=1" in claims_sheet(net, {"X": 256}).title
    assert claims_sheet(spec("two"), {}).title == "the article's three conclusions on two"
    data = json.loads(to_json(claims_sheet(spec("two"), {})))
    assert data["findings"][0]["times"] == "N*X^2"
    with pytest.raises(DomainError):
        claims_sheet(net, {"X": 3})


def test_a_network_with_nothing_to_compare_says_so() -> None:
    for name in ("bare", "nothing"):
        sheet = claims_sheet(spec(name), {})
        assert [row[1] for row in sheet.tables[0].rows] == ["nothing to compare"] * 3
        assert "no convolutions, and two are wanted." in text(sheet)
