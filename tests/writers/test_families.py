"""A family in symbols on a screen: totals by resolution, repeated blocks once, whatever the width and the format."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from command import ESCAPE, on_terminal
from rich.cells import cell_len
from witness.printed import printed_value

import symconv as sc
from symconv import Network
from symconv.cost import Cost, total_of
from symconv.extent import Size
from symconv.formula import by_resolution, in_front, set_cost
from symconv.layers import Add, Conv, GlobalAvgPool, Linear, ReLU
from symconv.notation import ASCII, LATEX, TEXT, Style
from symconv.readers.expression import parse
from symconv.values import evaluate
from symconv.writers.explain import explain_sheet
from symconv.writers.formats.fitting import shortened
from symconv.writers.formats.latex import to_latex
from symconv.writers.formats.markdown import to_markdown
from symconv.writers.formats.programs import to_csv, to_json
from symconv.writers.formats.terminal import text
from symconv.writers.layers import groups
from symconv.writers.network import domain_line, network_sheet
from symconv.writers.sheet import Heading, Sheet, set_cell
from writers.formats.test_terminal import sent
from writers.markup import latex_faults, markdown_faults

RESNET = (
    "N·(⌈X/32⌉²·(576·n4·w² + 32768·n4·w − 16384·w + 2097152)"
    " + ⌈X/16⌉²·(144·n3·w² + 8192·n3·w + 4096·w + 524288)"
    " + ⌈X/8⌉²·(36·n2·w² + 2048·n2·w + 1024·w + 131072)"
    " + ⌈X/4⌉²·(9·n1·w² + 512·n1·w + 320·w + 16384) + 9408·⌈X/2⌉² + 2048000)"
)
FAMILIES: dict[str, dict[str, int]] = {
    "resnet": {"N": 2, "X": 225, "n1": 2, "n2": 5, "n3": 7, "n4": 2, "w": 48},
    "densenet": {"N": 1, "X": 230, "n1": 4, "n2": 2, "n3": 6, "n4": 3, "g": 8},
    "gpt": {"N": 3, "T": 100, "L": 5, "d": 96, "h": 4, "V": 1000, "T_max": 128, "f": 384},
}


@cache
def load(name: str) -> Network:
    return sc.load(name)


def own(values: Mapping[str, int], net: Network) -> dict[str, int]:
    return {name: value for name, value in values.items() if name in net.symbols}


def staged(rounds: Size | int | None = None, tied: bool = False) -> Network:
    """A strided convolution, n residual rounds of which round i has i + 1 channels in its middle, and a head."""
    net = Network("staged")
    n = net.symbol("n", "count") if rounds is None else rounds
    net.input("image", "N", 3, "X", "X")
    net.add("stem/conv", Conv(8, stride=2, padding=1))
    net.add("stem/relu", ReLU())

    def body(i: Size) -> str:
        net.add("main/conv1", Conv(8 if tied else i + 1, padding=1))
        net.add("main/relu", ReLU())
        net.add("main/conv2", Conv(8, padding=1))
        return net.add("add", Add(), "stem/relu", "main/conv2")

    net.repeat("stage", n, body, "stem/relu", tied=tied)
    net.add("head/pool", GlobalAvgPool())
    net.add("head/fc", Linear(10))
    return net


# -- totals ------------------------------------------------------------------------------------------------------------


def test_the_total_of_resnet_is_collected_by_resolution_the_coarsest_first() -> None:
    assert set_cost(load("resnet").cost("macs"), TEXT).text == RESNET


def test_a_network_with_numbers_prints_a_term_a_resolution() -> None:
    assert set_cost(load("resnet50").cost("macs"), TEXT).text == (
        "N·(14417920·⌈X/32⌉² + 7471104·⌈X/16⌉² + 1310720·⌈X/8⌉² + 245760·⌈X/4⌉² + 9408·⌈X/2⌉² + 2048000)"
    )


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("metric", ["macs", "params", "buffers", "activations"])
def test_what_is_printed_has_the_value_and_is_read_again(name: str, metric: str) -> None:
    net = load(name)
    cost, at = net.cost(metric), own(FAMILIES[name], net)
    value = net.evaluate(metric, **at)
    symbols: dict[Any, int] = {next(iter(next(iter(e.terms)))): at[n] for n, e in net.symbols.items()}
    for style, word in ((TEXT, "text"), (ASCII, "ascii"), (LATEX, "latex")):
        printed = set_cost(cost, style).text
        if style is LATEX:
            printed = re.sub(r"([a-zA-Z])_\{(\d+)\}", r"\1\2", printed)
            printed = re.sub(r"([a-zA-Z])_\{\\mathrm\{(\w+)\}\}", r"\1_\2", printed)
        assert printed_value(printed, word, at) == value
        if style is not LATEX and "/2)·" not in printed and not re.search(r"\(\d+/\d+\)", printed):
            assert evaluate(parse(printed, net.symbols), symbols, {}) == value


@pytest.mark.parametrize("name", ["resnet", "gpt", "resnet50"])
def test_every_group_that_is_printed_can_be_asked_for_and_its_parts_add_up(name: str) -> None:
    net = load(name)
    front, rest = in_front(net.cost("macs"))
    for extents, inside in by_resolution(rest):
        group = inside * Cost({(*front, *extents): 1})
        asked = [group] if len(inside.terms) > 1 and extents else [Cost({f: c}) for f, c in group.terms.items()]
        for one in asked:
            sheet = explain_sheet(net, set_cost(one, TEXT).text)
            assert sheet.facts[0][1] == one
            parts = [row[-1] for row in sheet.tables[0].rows]
            assert total_of(part for part in parts if isinstance(part, Cost)) == one


def test_a_group_is_asked_for_by_its_extents_alone_too() -> None:
    sheet = explain_sheet(load("resnet"), "⌈X/32⌉²")
    assert set_cell(sheet.facts[0][1], TEXT) == "N·⌈X/32⌉²·(576·n4·w² + 32768·n4·w − 16384·w + 2097152)"
    assert [str(row[0]) for row in sheet.tables[0].rows][:2] == ["layer4/0/main/conv2/conv", "layer4/0/main/conv3/conv"]
    assert len(sheet.tables[0].rows) == 6


def test_a_term_that_is_not_there_is_said_with_the_groups() -> None:
    with pytest.raises(sc.SymconvError, match=r"its MACs are N·⌈X/32⌉²·\(576·n4·w² \+ .* 9408·N·⌈X/2⌉², 2048000·N"):
        explain_sheet(load("resnet"), "7·X³")


# -- the table ---------------------------------------------------------------------------------------------------------


def headings(sheet: Sheet) -> list[Heading]:
    return list(sheet.tables[0].groups.values())


def test_a_repeated_block_is_headed_once_with_how_often_it_stands_there() -> None:
    found = {
        h.name: ", ".join(set_cell(note, TEXT) for note in h.notes) for h in headings(network_sheet(load("resnet")))
    }
    assert list(found) == [
        "stem", *(f"layer{k}/{i}" for k in (1, 2, 3, 4) for i in (0, "i")), "head"
    ]  # fmt: skip
    assert found["layer1/0"] == ""
    assert found["layer1/i"] == "×(n1 − 1), i = 1 … n1 − 1"
    fifty = {h.name: h.notes for h in headings(network_sheet(load("resnet50")))}
    assert [set_cell(note, ASCII) for note in fifty["layer3/i"]] == ["x5, i = 1 .. 5"]
    assert ("layers", "175") in [(name, set_cell(x, TEXT)) for name, x in network_sheet(load("resnet50")).facts]
    (note,) = (n for n in network_sheet(load("resnet")).notes if n.startswith("×n"))
    assert note == "×n: a block of n rounds; the outputs are those of round i, the figures those of all rounds"


def test_names_stand_below_their_group_with_what_is_left_of_them() -> None:
    names = [row[0].shown for row in network_sheet(load("resnet")).tables[0].rows[3:6]]  # type: ignore[union-attr]
    assert names == ["  main/conv1/conv", "  main/conv1/bn", "  main/conv2/conv"]


def test_groups_are_rounds_else_the_first_part_in_which_names_differ() -> None:
    net = Network()
    net.input("image", "N", 3, "X", "X")
    for name in ("a/features/0/conv/0", "a/features/0/conv/1", "a/features/1/x", "a/head/fc/y", "a/z", "a/head/s/t/u"):
        net.add(name, Conv(3, padding=1))
    assert list(groups(net).values()) == ["a/features/0"] * 2 + ["a/features/1", "a/head", "a", "a/head"]
    assert list(groups(load("vgg/D")).values())[:2] == ["stage1", "stage1"]


def test_one_set_of_weights_is_said_at_the_heading() -> None:
    (heading,) = (h for h in headings(network_sheet(staged(tied=True))) if h.name == "stage/i")
    assert [set_cell(note, TEXT) for note in heading.notes] == ["×n, i = 0 … n − 1", "one set of weights"]


def test_layers_that_work_in_training_only_are_marked_and_what_they_ask_for_is_said() -> None:
    net = Network("aux")
    net.input("image", "N", 3, "X", "X")
    net.add("body/conv", Conv(8, padding=1))
    net.add("aux/conv", Conv(8, 7), training=True)
    net.add("body/side", Conv(8), "body/conv", training=True)
    net.add("body/out", Conv(4, padding=1), "body/conv")
    sheet = network_sheet(net)
    facts = {label: set_cell(cell, TEXT) for label, cell in sheet.facts}
    assert facts["domain"] == "N ≥ 1, X ≥ 1"
    assert facts["in training"] == "X ≥ 7"
    notes = {h.name: h.notes for h in headings(sheet)}
    assert notes == {"body": (), "aux": ("in training only",)}
    kinds = {set_cell(row[0], TEXT): set_cell(row[1], TEXT) for row in sheet.tables[0].rows}
    assert kinds["body/side"] == "conv 3×3, 8, in training only"
    assert kinds["aux/conv"] == "conv 7×7, 8"
    data = json.loads(to_json(sheet))
    assert {layer["name"]: layer["training"] for layer in data["layers"]} == {
        "body/conv": False,
        "aux/conv": True,
        "body/side": True,
        "body/out": False,
    }
    assert data["conditions in training"] == [
        {"condition": "X >= 7", "node": "aux/conv", "reason": "an output of at least 1"}
    ]
    assert [row["training"] for row in csv.DictReader(io.StringIO(to_csv(sheet)))] == ["no", "yes", "yes", "no"]
    assert "in training" not in {label for label, _ in network_sheet(load("vgg16")).facts}


@pytest.mark.parametrize("width", [80, 100, 130, 160])
@pytest.mark.parametrize("name", ["resnet", "densenet", "gpt"])
def test_a_family_fits_its_window_and_says_what_it_cuts(name: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    out = ESCAPE.sub("", sent(network_sheet(load(name)), width, TEXT, monkeypatch))
    assert max(map(cell_len, out.splitlines())) <= width
    if "…" in re.sub(r"= \d+ … |n1 … n4", "", out):
        assert "… stands for the rest of a long cell" in " ".join(out.split())


@pytest.mark.parametrize("style", [TEXT, ASCII])
def test_in_a_pipe_a_long_formula_does_not_blow_the_table(style: Style) -> None:
    table = text(network_sheet(load("densenet")), style).partition("layer ")[2]
    assert max(map(len, table.splitlines())) < 280
    assert "layer1/i  x(n1 - 1), i = 1 .. n1 - 1" in text(network_sheet(load("resnet")))


@pytest.mark.parametrize(
    ("cell", "width", "wanted"),
    [
        (RESNET, 60, "N·(⌈X/32⌉²·(576·n4·w² + 32768·n4·w − 16384·w + 2097152) + …)"),
        ("9·n1·w² + 36·n2·w² + 144·n3·w²", 24, "9·n1·w² + 36·n2·w² + …"),
        ("9·n1·w² − 36·n2·w² − 144·n3·w²", 24, "9·n1·w² − 36·n2·w² − …"),
        ("conv 3×3, 2·w, stride 2, padding 1, no bias", 24, "conv 3×3, 2·w, …"),
        ("256·N·w·⌈X/4⌉²·(n1 − 1)", 10, "256·N·w·⌈X/4⌉²·(n1 − 1)"),
        ("embedding", 5, "embedding"),
    ],
)
def test_a_cell_is_cut_behind_a_term_or_a_part_or_not_at_all(cell: str, width: int, wanted: str) -> None:
    assert shortened(cell, width) == wanted


# -- every format ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["resnet", "densenet", "gpt"])
def test_documents_head_a_repeated_block_too(name: str) -> None:
    sheet = network_sheet(load(name), every=True)
    latex, markdown = to_latex(sheet), to_markdown(sheet)
    assert not latex_faults(latex)
    assert not markdown_faults(markdown)
    if name == "resnet":
        head = r"$\times \left(n_{1} - 1\right),\ i = 1 \ldots n_{1} - 1$"
        assert rf"\textbf{{layer1/i}} {head}" in latex
        assert f"| **layer1/i** {head} |" in markdown


def test_json_and_csv_have_every_layer_with_its_rounds() -> None:
    net = load("resnet")
    data = json.loads(to_json(network_sheet(net, every=True)))
    layers = {layer["name"]: layer for layer in data["layers"]}
    assert layers["layer1/0/main/conv1/conv"]["rounds"] == []
    assert layers["layer1/i/main/conv1/conv"]["rounds"] == [
        {"name": "layer1", "index": "i", "begin": 1, "end": "n1", "tied": False}
    ]
    assert layers["layer1/i/main/conv1/conv"]["costs"]["macs"] == "256*N*w*ceil(X/4)^2*(n1 - 1)"
    rows = list(csv.DictReader(io.StringIO(to_csv(network_sheet(net, every=True)))))
    assert [row["name"] for row in rows] == list(layers)
    assert rows[-1]["rounds"] == ""
    assert {row["rounds"] for row in rows if row["name"].startswith("layer2/i/")} == {
        "layer2/i x(n2 - 1), i = 1 .. n2 - 1"
    }


# -- what stands behind a layer of a round -----------------------------------------------------------------------------


def explained(net: Network, name: str) -> list[tuple[str, str]]:
    return [(label, set_cell(cell, TEXT)) for label, cell in explain_sheet(net, name).facts]


def test_a_layer_of_a_round_is_explained_with_its_rounds_one_of_them_and_all() -> None:
    said = dict(explained(staged(), "stage/i/main/conv1"))
    assert said["rounds"] == "stage ×n, i = 0 … n − 1"
    assert said["enters round i"] == "8×⌈X/2⌉²"
    assert said["output"] == "(i + 1)×⌈X/2⌉²"
    assert said["MACs in a round"] == "72·N·⌈X/2⌉²·(i + 1)"
    assert said["params in a round"] == "73·(i + 1)"
    net = staged(4).substitute(X=8, N=1)
    assert net.cost("macs", "stage/i/main/conv1") == sc.product(72 * 16 * (1 + 2 + 3 + 4))
    at = {"n": 4, "X": 8, "N": 1}
    assert printed_value(said["MACs"], "text", at) == 72 * 16 * (1 + 2 + 3 + 4)
    assert printed_value(said["params"], "text", at) == 73 * (1 + 2 + 3 + 4)


def test_weights_of_a_tied_block_are_those_of_one_round() -> None:
    said = dict(explained(staged(tied=True), "stage/i/main/conv1"))
    assert said["rounds"] == "stage ×n, i = 0 … n − 1, all with one set of weights"
    assert said["params in a round"] == said["params"] == "584"
    assert said["MACs in a round"] == "576·N·⌈X/2⌉²"
    assert said["MACs"] == "576·N·n·⌈X/2⌉²"


def test_a_block_is_explained_with_what_enters_round_i_and_what_leaves_the_last() -> None:
    said = dict(explained(load("densenet"), "features/denseblock1"))
    assert said["rounds"] == "features/denseblock1 ×n1, i = 0 … n1 − 1"
    assert said["enters round i"] == "(g·i + 2·g)×⌈X/4⌉²"
    assert said["output"] == "(g·n1 + 2·g)×⌈X/4⌉²"
    assert "MACs in a round" in dict(explained(load("densenet"), "features/denseblock1/i"))
    assert "MACs in a round" not in said


def test_a_condition_of_a_round_is_said_with_its_rounds() -> None:
    net = Network("grouped")
    net.input("image", "N", "C", "X", "X")
    n, d = net.symbol("n", "count"), net.symbol("D", "channels")
    net.repeat("block", n, lambda i: net.add("conv", Conv(d, padding=1, groups=i + 1)))
    assert ("asks for", "i + 1 divides D for 1 ≤ i < n") in explained(net, "block/i/conv")
    assert domain_line(net).latex.startswith(r"i + 1 \mid D\text{ for }1 \leq i < n,\ ")
    assert domain_line(net).ascii.startswith("i + 1 divides D for 1 <= i < n, ")


# -- unrolled ----------------------------------------------------------------------------------------------------------


def test_unrolled_every_round_has_its_rows_and_the_totals_stay() -> None:
    net = load("resnet50")
    written = net.unrolled()
    sheet = network_sheet(written, every=True)
    names = [set_cell(row[0], TEXT) for row in sheet.tables[0].rows]
    assert "layer3/5/main/conv2/conv" in names
    assert not any("/i/" in name for name in names)
    assert [h.name for h in headings(sheet)] == [
        "stem", *(f"layer{k}/{i}" for k, n in ((1, 3), (2, 4), (3, 6), (4, 3)) for i in range(n)), "head"
    ]  # fmt: skip
    assert written.cost("macs") == net.cost("macs")


@pytest.mark.parametrize("name", ["resnet", "densenet", "bert", "gpt", "llama"])
def test_the_closed_form_of_a_family_is_one_screen(name: str) -> None:
    """Twenty-four lines of eighty columns hold the whole total, and nothing of it is cut."""
    lines = on_terminal("total", name, "--no-ascii", width=80).splitlines()
    assert sum(-(-max(1, cell_len(ESCAPE.sub("", line))) // 80) for line in lines) < 24
    total = re.sub(r"\s", "", ESCAPE.sub("", "".join(lines)))
    assert total == re.sub(r"\s", "", str(load(name).cost("macs")))
