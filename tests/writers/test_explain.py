"""What stands behind a term, a layer, a stage, the domain: as `show` prints it, so it can be asked for."""

from __future__ import annotations

import json

import pytest
from command import SPECS

import symconv as sc
from symconv.cost import Cost
from symconv.errors import SymconvError
from symconv.formula import in_front, ordered_terms, set_cost
from symconv.layer import Layer, layer
from symconv.notation import ASCII, TEXT
from symconv.writers.explain import explain_sheet
from symconv.writers.formats.programs import to_json
from symconv.writers.formats.terminal import text
from symconv.writers.sheet import Sheet, set_cell


def spec(name: str) -> sc.Network:
    return sc.parse_spec(SPECS[name]).network()


def layers(sheet: Sheet) -> list[str]:
    return [set_cell(row[0], TEXT) for row in sheet.tables[0].rows]


def facts(sheet: Sheet) -> dict[str, str]:
    return {label: set_cell(cell, TEXT) for label, cell in sheet.facts}


# -- a term ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["alexnet", "vgg16", "vgg/D", "unet", "three", "two", "shared", "valid", "one", "symbols"]
)
@pytest.mark.parametrize("metric", ["macs", "ops", "params", "activations", "full"])
def test_every_term_that_is_printed_can_be_asked_for_and_its_parts_add_up(name: str, metric: str) -> None:
    net = sc.load(name) if name in ("alexnet", "vgg16", "vgg/D") else spec(name)
    total = net.cost(metric)
    front, rest = in_front(total)
    for cost in (total, rest):
        for factors, coefficient in ordered_terms(cost):
            for style in (TEXT, ASCII):
                asked = set_cost(Cost({factors: coefficient}), style).text
                sheet = explain_sheet(net, asked, metric)
                assert set_cost(Cost({factors: coefficient}), style).text in sheet.title
                together = sheet.facts[0][1]
                assert isinstance(together, Cost)
                whole = (
                    Cost({factors: coefficient}) * Cost({front: 1})
                    if cost is rest and front
                    else Cost({factors: coefficient})
                )
                assert together == whole, (asked, together)
                assert sum((row[-1] for row in sheet.tables[0].rows), Cost({})) == whole  # type: ignore[misc]
                assert not any("coefficient" in note for note in sheet.notes)


def test_the_layers_behind_a_term_are_those_that_have_it() -> None:
    net = sc.load("vgg16")
    assert layers(explain_sheet(net, "38592·X²")) == ["stage1/conv1", "stage1/conv2"]
    for text_ in ("X²", "X^2", "N·X²", "N*X^2", "38592 X²", "38592·N·X²", "2·19296·X²"):
        assert layers(explain_sheet(net, text_)) == ["stage1/conv1", "stage1/conv2"]
    assert layers(explain_sheet(net, "123633664")) == ["head/fc1", "head/fc2", "head/fc3"]
    assert layers(explain_sheet(net, "N")) == ["head/fc1", "head/fc2", "head/fc3"]


def test_a_term_of_alexnet_with_a_whole_floor_inside() -> None:
    net = sc.load("alexnet")
    for text_ in ("2138112·⌊(X − 15)/16⌋²", "⌊(X − 15)/16⌋²", "floor((X - 15)/16)^2", "N*floor((X-15)/16)^2"):
        assert layers(explain_sheet(net, text_)) == ["features/conv3", "features/conv4", "features/conv5"]


def test_a_wrong_coefficient_is_said() -> None:
    net = sc.load("vgg16")
    assert "The total has the coefficient 38592 there, not 7." in explain_sheet(net, "7·X²").notes
    assert not any("coefficient" in n for n in explain_sheet(net, "X²").notes)


def test_a_term_of_a_total_that_is_shorter_expanded_is_found_in_the_layers_expanded_costs() -> None:
    net = sc.Network("valid")
    net.input("image", "N", 3, "X", "X")
    for i in range(6):
        net.add(f"c{i}", sc.layers.Conv(8))
    assert len(net.cost("macs").terms) == 3
    for factors, coefficient in ordered_terms(net.cost("macs")):
        sheet = explain_sheet(net, set_cost(Cost({factors: coefficient}), TEXT).text)
        assert len(layers(sheet)) == 6
        assert sheet.facts[0][1] == Cost({factors: coefficient})
        assert "The layers' own products are expanded here, as the total is." in sheet.notes


@pytest.mark.parametrize("asked", ["X³", "X", "⌊X/3⌋²", "0", "X² + X", "38592·X² + 221184·⌊X/2⌋²", "N²"])
def test_a_term_that_no_layer_has_is_an_error_that_lists_the_terms(asked: str) -> None:
    with pytest.raises(
        SymconvError, match=r"no layer of vgg16 has a term in .*: the terms of its MACs are 7077888·N·⌊X/16⌋²"
    ):
        explain_sheet(sc.load("vgg16"), asked)


def test_a_total_of_zero_has_no_terms() -> None:
    with pytest.raises(SymconvError, match="its MACs are 0"):
        explain_sheet(spec("bare"), "X²")


def test_the_rules_of_the_layers_behind_a_term_stand_below_it_once_a_kind() -> None:
    notes = explain_sheet(sc.load("vgg16"), "X²", "ops").notes
    assert [n for n in notes if n.startswith("conv: ")] == [
        "conv: shape M = ⌊(X + 2·P − D·(K − 1) − 1)/S⌋ + 1",
        "conv: work K²·(C_in/g)·C_out·M² macs, padding taps counted; M²·C_out adds with a bias",
        "conv: space K²·(C_in/g)·C_out weights, C_out biases",
    ]
    assert [n for n in notes if n.startswith("relu: ")] == ["relu: max(x, 0): one max an element."]


# -- a name that is none -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("stage1/cnv1", r"did you mean stage1/conv1\?"),
        ("stage9", r"did you mean stage\d\?"),
        ("hed", r"did you mean head\?"),
        ("Q²", "the stages are head, stage1"),
        ("(X", "no term"),
        ("", "no term"),
        ("/", "no term"),
        ("X=3", "no term"),
        ("__import__('os').system('true')", "no term"),
        ("9" * 31, "no term"),
    ],
)
def test_a_near_miss_is_suggested_and_anything_else_is_no_term(asked: str, said: str) -> None:
    with pytest.raises(SymconvError, match=said):
        explain_sheet(sc.load("vgg16"), asked)


def test_a_near_miss_is_suggested_where_there_are_no_stages_too() -> None:
    with pytest.raises(SymconvError, match=r"did you mean add1\?"):
        explain_sheet(spec("two"), "ad1")


# -- a layer, a stage, an input ----------------------------------------------------------------------------------------


def test_a_layer_has_its_shapes_weights_costs_and_window() -> None:
    sheet = explain_sheet(sc.load("alexnet"), "features/conv2")
    assert sheet.title.startswith("features/conv2 in alexnet · K×K cross-correlation")
    assert facts(sheet) == {
        "layer": "conv 5×5, 192, padding 2",
        "from features/pool1": "64×⌊(X − 7)/8⌋²",
        "output": "192×⌊(X − 7)/8⌋²",
        "trainable weight": "192×64×5×5",
        "trainable bias": "192",
        "MACs": "307200·N·⌊(X − 7)/8⌋²",
        "params": "307\u202f392",
        "activations": "192·N·⌊(X − 7)/8⌋²",
        "to the input": "receptive field 51, stride 8, padding 18",
    }
    assert layers(sheet) == ["mac", "add", "plane", "channel_add"]


def test_a_layer_says_what_it_shares_asks_for_and_counts_in_another_metric() -> None:
    assert (
        facts(explain_sheet(spec("shared"), "block/b"))["shares"] == "the weights of block/a, which are counted there"
    )
    assert facts(explain_sheet(sc.load("alexnet"), "features/pool3"))["asks for"] == "X ≥ 63"
    assert facts(explain_sheet(sc.load("alexnet"), "features/relu1", "ops"))["ops"] == "64·N·⌊(X − 3)/4⌋²"
    assert facts(explain_sheet(spec("shared"), "block/bn1"))["buffers"] == "17"
    one = facts(explain_sheet(spec("three"), "conv1"))
    assert one["to the input"] == "receptive field 7, stride 2, padding 3"  # the last of three axes, two of them alike
    data = json.loads(to_json(explain_sheet(spec("three"), "conv1")))
    assert data["facts"]["to the input"] == [
        "receptive field 3, stride 1, padding 1",
        "receptive field 7, stride 2, padding 3",
    ]


def test_a_layer_that_reads_one_input_twice_says_so() -> None:
    data = json.loads(to_json(explain_sheet(spec("two"), "mul1")))
    assert data["facts"]["from add1"] == ["8 x X^2", "8 x X^2"]


def test_a_stage_adds_its_layers_up() -> None:
    net = sc.load("vgg16")
    for asked in ("stage2", "stage2/"):
        sheet = explain_sheet(net, asked)
        assert facts(sheet) == {"params": "221\u202f440", "MACs": "221184·N·⌊X/2⌋²"}
        assert len(layers(sheet)) == 5
    assert list(facts(explain_sheet(net, "stage5"))) == ["params", "MACs", "asks for"]
    assert list(facts(explain_sheet(net, "stage2", "params"))) == ["params"]


def test_an_input_is_shown_with_who_reads_it() -> None:
    assert facts(explain_sheet(spec("two"), "left")) == {"shape": "N×3×X×X", "read by": "a"}


def test_a_layer_without_a_docstring_has_its_kind_for_a_summary() -> None:
    from symconv.layer import LAYERS

    try:

        @layer("mute")
        class Mute(Layer):
            def work(self, *tensors: sc.Tensor, **_: object) -> sc.Count:
                return sc.Count(add=tensors[-1].elements)

        @layer("blank")
        class Blank(Layer):
            """"""

        net = sc.Network("quiet")
        net.input("image", "N", 3, "X", "X")
        net.add("a", Mute())
        net.add("b", Blank())
        assert explain_sheet(net, "a").title == "a in quiet · mute"
        assert explain_sheet(net, "b").title == "b in quiet · blank"
        assert explain_sheet(net, "3·N·X²", "ops").notes == ["mute: mute"]
    finally:
        LAYERS.pop("mute", None)
        LAYERS.pop("blank", None)


def test_a_rule_of_several_lines_is_read_whole() -> None:
    notes = explain_sheet(sc.load("alexnet"), "features/pool1").notes
    assert notes[0] == (
        "max_pool: shape M = ⌊(X + 2·P − D·(K − 1) − 1)/S⌋ + 1; S is K where it is not given; "
        "with `ceil` M = ⌊(X + S − 1 + min(P, S + 2·P − D·(K − 1) − 1))/S⌋, and no window starts behind the input"
    )


# -- the domain --------------------------------------------------------------------------------------------------------


def test_the_domain_has_its_least_values_and_who_asked_for_each_condition() -> None:
    sheet = explain_sheet(sc.load("alexnet"))
    assert facts(sheet) == {"domain": "X ≥ 63, N ≥ 1", "least N": "1", "least X": "63"}
    assert [[set_cell(cell, TEXT) for cell in row] for row in sheet.tables[0].rows] == [
        ["X ≥ 63", "features/pool3", "an output of at least 1"]
    ]
    assert facts(explain_sheet(spec("unet")))["least X"] == "16"


def test_a_least_value_that_depends_on_other_symbols_is_not_made_up() -> None:
    found = facts(explain_sheet(spec("symbols")))
    assert found["least X"] == "depends on other symbols"
    assert found["least N"] == "1"


def test_least_values_are_legal_and_one_less_is_not() -> None:
    for name in ("alexnet", "vgg16", "unet", "one", "three", "valid", "bare"):
        net = sc.load(name) if name in ("alexnet", "vgg16") else spec(name)
        least = {
            label[6:]: int(value) for label, value in facts(explain_sheet(net)).items() if label.startswith("least ")
        }
        net.evaluate("macs", **least)
        for symbol in least:
            with pytest.raises(sc.errors.DomainError):
                net.evaluate("macs", **{**least, symbol: least[symbol] - 1})


def test_a_network_without_conditions_says_so() -> None:
    assert "No layer asks for anything beyond positive sizes." in text(explain_sheet(spec("two")))
