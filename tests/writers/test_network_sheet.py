"""The sheet of a network: totals, layers, figures, domain; in the table what matters, in JSON everything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction

import pytest
from command import SPECS

import symconv as sc
from symconv.count import Convention
from symconv.layer import FROZEN, Parameter
from symconv.layers import Conv, ReLU
from symconv.notation import ASCII, TEXT
from symconv.writers.figures import figures_at
from symconv.writers.formats.programs import to_json
from symconv.writers.formats.terminal import text
from symconv.writers.network import domain_line, network_sheet
from symconv.writers.sheet import Big, Name, Share, Sheet, set_cell
from writers.markup import ascii_value


def spec(name: str) -> sc.Network:
    return sc.parse_spec(SPECS[name]).network()


def facts(sheet: Sheet) -> dict[str, str]:
    return {label: set_cell(cell, ASCII) for label, cell in sheet.facts}


def column(sheet: Sheet, heading: str) -> list[object]:
    (table,) = sheet.tables
    index = [c.heading for c in table.columns].index(heading)
    return [row[index] for row in table.rows]


def headings(sheet: Sheet) -> list[str]:
    return [c.heading for c in sheet.tables[0].columns]


def test_the_facts_are_the_totals_how_they_grow_and_where_they_hold() -> None:
    assert facts(network_sheet(sc.load("vgg/D"))) == {
        "MACs": "N*(2097152*floor(X/32)^2 + 7077888*floor(X/16)^2 + 5898240*floor(X/8)^2 + 1474560*floor(X/4)^2"
        " + 221184*floor(X/2)^2 + 38592*X^2 + 20873216)",
        "params": "2097152*floor(X/32)^2 + 35597096",
        "grows": "307904*N*X^2",
        "domain": "X >= 32, N >= 1",
    }


def test_buffers_and_frozen_weights_are_said_where_there_are_any() -> None:
    assert "buffers" not in facts(network_sheet(sc.load("vgg16")))
    assert facts(network_sheet(spec("shared")))["buffers"] == "17"
    net = sc.Network("frozen")
    net.input("image", "N", 3, "X", "X")

    class Held(ReLU):
        def parameters(self, *inputs: sc.Tensor, **_: object) -> tuple[Parameter, ...]:
            return (Parameter("table", (3, 5), FROZEN),)

    net.add("held", Held())
    sheet = network_sheet(net)
    assert facts(sheet)["frozen"] == "15"
    assert [set_cell(cell, ASCII) for cell in column(sheet, "layer")] == ["held"]  # type: ignore[arg-type]


@pytest.mark.parametrize("metric", ["params", "buffers", "frozen", "activations", "macs", "ops"])
def test_a_metric_stands_once_whatever_it_is(metric: str) -> None:
    sheet = network_sheet(spec("shared"), metric)
    assert len(headings(sheet)) == len(set(headings(sheet)))
    keys = [c.key for c in sheet.tables[0].columns]
    assert len(keys) == len(set(keys))
    labels = [label for label, _ in sheet.facts]
    assert len(labels) == len(set(labels))


def test_layers_without_cost_or_a_new_shape_are_counted_and_shown_where_they_are_asked_for() -> None:
    net = sc.load("vgg16")
    sheet = network_sheet(net)
    assert len(sheet.tables[0].rows) == 23
    assert sheet.notes == ["17 layers without MACs, params or a new shape are not shown: --all shows them"]
    assert len(network_sheet(net, every=True).tables[0].rows) == len(net.nodes) == 40
    assert network_sheet(net, every=True).notes == []
    assert network_sheet(net, "params").notes == [
        "17 layers without params or a new shape are not shown: --all shows them"
    ]
    one = network_sheet(spec("nothing"))
    assert one.notes == ["1 layer without MACs, params or a new shape is not shown: --all shows it"]
    assert one.tables[0].total is not None
    assert one.tables[0].total[1] == "1 layer"


def test_figures_stand_at_the_usual_values_and_add_up() -> None:
    net = sc.load("alexnet")
    sheet = network_sheet(net, every=True)
    figures = [cell.value for cell in column(sheet, "MACs at X=224, N=1") if isinstance(cell, Big)]
    assert sum(figures) == net.evaluate("macs", X=224, N=1) == 714188480
    shares = [cell.value for cell in column(sheet, "share") if isinstance(cell, Share)]
    assert sum(shares) == 1
    assert shares[0] == Fraction(70276800, 714188480)


def test_figures_stand_at_other_values_where_they_are_given() -> None:
    net = sc.load("alexnet")
    assert "MACs at X=256, N=2" in headings(network_sheet(net, at={"X": 256, "N": 2}))
    assert not any("at" in h for h in headings(network_sheet(net, at={"X": 256})))
    numbers = network_sheet(net.substitute(X=224, N=1))
    assert headings(numbers) == ["layer", "kind", "output", "params", "MACs", "share"]
    rest = network_sheet(net.substitute(X=224), at={"N": 1})
    assert headings(rest) == ["layer", "kind", "output", "params", "MACs", "MACs at N=1", "share"]


@pytest.mark.parametrize(
    ("usual", "wanted"),
    [({"X": 64}, {"X": 64}), ({"X": 8}, {}), ({"X": 64, "Q": 3}, {"X": 64}), ({"X": 0}, {}), ({}, {})],
)
def test_usual_values_that_do_not_fit_the_network_give_no_figures(usual: Mapping[str, int], wanted: object) -> None:
    net = spec("unet")
    net.usual = dict(usual)
    assert figures_at(net, None) == wanted
    network_sheet(net)


def test_a_network_without_macs_has_zeros_and_no_shares() -> None:
    sheet = network_sheet(spec("bare"))
    assert headings(sheet) == ["layer", "kind", "output", "params", "MACs"]
    assert " MACs    0\n params  0\n" in text(sheet)
    assert " MACs    0\n" in text(network_sheet(spec("nothing")))
    assert "domain  no symbols" in text(network_sheet(spec("nothing")))


def test_stages_group_rows_and_names_without_one_stand_alone() -> None:
    net = sc.Network("mixed")
    net.input("image", "N", 3, "X", "X")
    for name in ("a/x", "a/y", "alone", "a/z", "b/c/d"):
        net.add(name, Conv(3, padding=1))
    (table,) = network_sheet(net).tables
    assert {number: heading.name for number, heading in table.groups.items()} == {0: "a", 3: "a", 4: "b"}
    names = [row[0] for row in table.rows]
    assert [n.shown for n in names if isinstance(n, Name)] == ["  x", "  y", "alone", "  z", "  c/d"]


def test_the_description_stands_in_the_title() -> None:
    assert network_sheet(sc.load("vgg/D")).title.startswith("vgg/D · N images of X×X RGB · Table 1")
    assert network_sheet(spec("unet")).title == "unet"


# -- where it holds ----------------------------------------------------------------------------------------------------


def test_the_domain_has_every_symbol_and_every_condition_in_every_style() -> None:
    line = domain_line(spec("symbols"))
    assert line.text.startswith("K ≡ 1 (mod 2), G divides C, ")
    assert ", X + 2·P ≥ K, " in line.text
    assert line.text.endswith("N ≥ 1, S ≥ 1, P ≥ 0, C ≥ 1, G ≥ 1, X ≥ 1")
    assert line.ascii.startswith("K = 1 (mod 2), G divides C, ")
    assert ", X + 2*P >= K, " in line.ascii
    assert line.latex.startswith(r"K \equiv 1 \pmod{2},\ G \mid C,\ ")
    assert r",\ X + 2 \cdot P \geq K,\ " in line.latex
    assert line.latex.endswith(r"N \geq 1,\ S \geq 1,\ P \geq 0,\ C \geq 1,\ G \geq 1,\ X \geq 1")
    assert len(line.text.split(", ")) == len(line.ascii.split(", ")) == len(line.latex.split(r",\ "))
    assert domain_line(spec("unet")).latex == r"X \equiv 0 \pmod{16},\ N \geq 1"


def test_a_domain_of_classes_and_runs_is_set_in_latex_too() -> None:
    from symconv.extent import size_of
    from symconv.symbols import symbol

    def line(*conditions: sc.Condition) -> str:
        net = sc.Network("d")
        net.input("image", "N", 1, "X")
        for condition in conditions:
            net.require(condition, "n")
        return domain_line(net).latex

    x = size_of(symbol("X"))
    assert line(sc.equal(x // 32, 7)) == r"X \in 224 \ldots 255,\ N \geq 1"
    assert line(sc.equal(x, 7)) == r"X = 7,\ N \geq 1"
    assert line(sc.equal(x - 4 * (x // 4), 3), sc.at_least(x, 20)) == r"X \geq 23, X \equiv 3 \pmod{4},\ N \geq 1"
    assert r"X \bmod 4 \in 0 \ldots 1," in line(sc.at_least(1, x - 4 * (x // 4)))


def test_a_multiplier_is_any_number_above_zero() -> None:
    net = sc.parse_spec(
        "input: [N, 3, X, X]\nsymbols: {w: multiplier}\nlayers: [{conv: {channels: floor(64*w) + 1}}]"
    ).network()
    assert domain_line(net).text.split(", ")[-1] == "w > 0"
    assert domain_line(net).latex.endswith("w > 0")


# -- for programs ------------------------------------------------------------------------------------------------------


def test_json_has_every_layer_with_every_metric() -> None:
    net = spec("shared")
    data = json.loads(to_json(network_sheet(net)))
    assert data["inputs"] == {"image": ["N", 8, "X", "X"]}
    assert data["symbols"] == ["N", "X"]
    totals = {"macs", "flops", "ops", "full", "causal", "params", "frozen", "buffers", "activations"}
    assert set(data["totals"]) == totals
    second = data["layers"][2]
    assert second["name"] == "block/b"
    assert second["shares"] == "block/a"
    assert second["costs"]["params"] == 0
    assert second["output"] == ["N", 8, "X", "X"]
    assert second["inputs"] == ["block/bn1"]
    assert data["primitives"].keys() == set(net.count().operations)


def test_json_of_a_convention_called_like_a_key_loses_nothing() -> None:
    net = spec("two")
    data = json.loads(to_json(network_sheet(net, Convention("name", "", {"mac": Fraction(1, 3)}))))
    assert data["metric"] == "name"
    assert [layer["name"] for layer in data["layers"]] == ["a", "b", "add1", "mul1"]
    assert ascii_value(data["totals"]["name"], {"N": 1, "X": 4}) == Fraction(288 * 16, 3)
    assert data["layers"][0]["costs"]["name"] == "72*N*X^2"


def test_figures_in_json_are_exact() -> None:
    net = sc.load("alexnet")
    third = Convention("third", "", {"mac": Fraction(1, 7)})
    data = json.loads(to_json(network_sheet(net, third)))
    assert data["figures"] == {"at": {"X": 224, "N": 1}, "total": "714188480/7" if 714188480 % 7 else 714188480 // 7}
    assert sum(Fraction(layer["figure"]) for layer in data["layers"]) == Fraction(714188480, 7)
    assert json.loads(to_json(network_sheet(spec("two"))))["figures"] is None


def test_kinds_have_plain_spaces_in_every_style() -> None:
    for cell in column(network_sheet(sc.load("alexnet"), every=True), "kind"):
        for style in (TEXT, ASCII):
            assert "\u00a0" not in set_cell(cell, style)  # type: ignore[arg-type]
