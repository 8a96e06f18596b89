"""Diagrams say what a network is, show where its cost lies, and let no name break them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pygraphviz
import pytest

from symconv import Convention, Count, Layer, Network, layer
from symconv.errors import DomainError, OutputError, SymbolError, SymconvError
from symconv.layer import LAYERS
from symconv.layers import Add, BatchNorm, Concat, Conv, ConvTranspose, Flatten, Linear, MaxPool, ReLU
from symconv.notation import ASCII
from symconv.writers.pictures.diagram import dot, draw, drawn
from symconv.writers.pictures.render import render
from writers.networks import inception, resnet, unet, vgg16

AT = {"X": 224, "N": 1}
SVG = "{http://www.w3.org/2000/svg}"


# -- reading a diagram back ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """A box as DOT has it: its lines without tags, its colour, its tooltip."""

    lines: list[str]
    colour: str
    tooltip: str


def bare(label: str) -> list[str]:
    text = label.replace("<BR/>", "\n")
    text = re.sub("<[^>]*>", "", text)
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#x27;", "'"), ("&amp;", "&")):
        text = text.replace(entity, sign)
    return text.replace("\u202f", ",").split("\n")


def boxes(source: str) -> list[Drawn]:
    graph = pygraphviz.AGraph(string=source)
    return [
        Drawn(bare(n.attr["label"]), n.attr["fillcolor"] or graph.node_attr["fillcolor"], n.attr["tooltip"])
        for n in graph.nodes()
    ]


def box(source: str, title: str) -> list[str]:
    (found,) = (b.lines for b in boxes(source) if b.lines[0].split("  ")[0] == title)
    return found


def flows(source: str) -> list[str]:
    """What stands on the edges that are seen, in their order."""
    graph = pygraphviz.AGraph(string=source)
    found = sorted((int(e.attr["id"][1:]), e.attr["label"]) for e in graph.edges() if e.attr["style"] != "invis")
    return ["".join(bare(label)) for _, label in found]


def legend(source: str) -> str:
    graph = pygraphviz.AGraph(string=source)
    return " ".join(" ".join(bare(graph.graph_attr["label"].replace("</TR>", "<BR/>"))).split())


def clusters(source: str) -> list[tuple[str, str, int]]:
    """Title, title of the cluster around, and the number of boxes of every cluster."""

    def walk(graph: Any, around: str) -> Iterator[tuple[str, str, int]]:
        for part in graph.subgraphs():
            title = bare(part.graph_attr["label"])[0].split("  ")[0]
            yield title, around, len(part.nodes())
            yield from walk(part, title)

    return list(walk(pygraphviz.AGraph(string=source), ""))


def edges(source: str) -> set[tuple[str, str]]:
    """The edges that are seen, in the direction of the data, by the first word of each box."""
    graph = pygraphviz.AGraph(string=source)
    title = {n: bare(n.attr["label"])[0].split("  ")[0] for n in graph.nodes()}
    seen = [e for e in graph.edges() if e.attr["style"] != "invis"]
    return {(title[b], title[a]) if e.attr["dir"] == "back" else (title[a], title[b]) for e in seen for a, b in [e]}


def grey(colour: str) -> float:
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.299 * r + 0.587 * g + 0.114 * b


# -- what boxes say ------------------------------------------------------------------------------------------------


def test_a_box_carries_name_kind_shape_and_costs_as_formulas() -> None:
    source = dot(vgg16())
    assert boxes(source)[0].lines == ["image"]
    assert boxes(source)[1].lines == [
        "conv1  conv 3×3, 64, padding 1 + relu",
        "1728·N·X² MACs (0.6 %), 1,792 params",
    ]
    assert boxes(source)[3].lines == ["pool  max pool 2×2"]
    assert box(source, "fc1") == [
        "fc1  linear 4096 + relu + dropout",
        "2097152·N·⌊X/32⌋² MACs (0.7 %), (2097152·⌊X/32⌋² + 4096) params",
    ]
    assert box(source, "flatten") == ["flatten"]
    assert box(source, "fc3")[0] == "fc3  linear 1000 + softmax → 1000"


def test_edges_carry_the_shapes_of_what_flows() -> None:
    assert flows(dot(vgg16()))[:5] == ["N×3×X²", "64×X²", "64×X²", "64×⌊X/2⌋²", "128×⌊X/2⌋²"]
    assert flows(dot(vgg16(), values=AT))[-4:] == ["512×7×7", "25088", "4096", "4096"]
    assert flows(dot(resnet(), style=ASCII))[:2] == ["Nx3xX^2", "64xceil(X/2)^2"]
    # As the reader sees it: the last round's, where a block makes more in each round.
    net = Network()
    net.input("image", "N", 8, "X", "X")

    def dense(i: object) -> str:
        net.add("new", Conv(4, padding=1))
        return net.add("join", Concat(), "image", "new")

    net.repeat("dense", net.symbol("n", "count"), dense, "image")
    net.add("out", Conv(8, 1))
    assert flows(dot(net))[-1] == "(4·n + 8)×X²"


def test_with_values_the_formulas_are_figures() -> None:
    # 224·224·3·3·3·64 and 14·14·3·3·512·512 multiply–accumulates: the article.
    source = dot(vgg16(), values=AT)
    assert box(source, "conv1…3 ×3") == [
        "conv1…3 ×3  conv 3×3, 512, padding 1 + relu",
        "3 × 462.4 M MACs (9.0 %), 3 × 2,359,808 params",
    ]
    assert boxes(source)[1].lines[1] == "86.70 M MACs (0.6 %), 1,792 params"
    assert box(source, "fc3")[1] == "4,096,000 MACs (<0.1 %), 4,097,000 params"


def test_values_for_some_symbols_leave_formulas_in_the_others() -> None:
    source = dot(vgg16(), values={"X": 224})
    assert boxes(source)[1].lines[1] == "86704128·N MACs (0.6 %), 1,792 params"
    assert "VGG-16 at X = 224 " in legend(source)
    assert "share of MACs at X = 224, N = 1:" in legend(source)


def test_the_legend_says_the_totals_and_what_the_colours_mean() -> None:
    assert legend(dot(vgg16(), values=AT)).startswith(
        "VGG-16 at X = 224, N = 1 MACs: 15,470,264,320 params: 138,357,544 "
        "share of MACs at X = 224, N = 1: 0 % 23.9 % n ×: each of n equal ones in a row, with the share of all n"
    )
    formulas = legend(dot(vgg16(), fold=False))
    assert "N·(2097152·⌊X/32⌋² + 7077888·⌊X/16⌋² + 5898240·⌊X/8⌋²" in formulas
    assert "share of MACs at X = 224, N = 1: 0 % 12.0 %" in formulas
    assert "n ×" not in formulas


def test_another_metric_is_coloured_and_written() -> None:
    source = dot(vgg16(), "params", values=AT)
    assert "share of params at X = 224, N = 1: 0 % 74.3 %" in legend(source)  # 102764544 of 138357544
    assert box(source, "fc1")[1] == "102.8 M MACs, 102.8 M params (74.3 %)"
    made = dot(vgg16(), "activations", values=AT)
    assert boxes(made)[3].lines[1].startswith("802,816 activations (")  # 64·112², and no MACs or params
    doubled = Convention("bytes", weights={"mac": 2})
    assert "173.4 M bytes (0.6 %), 86.70 M MACs, 1,792 params" in boxes(dot(vgg16(), doubled, values=AT))[1].lines[1]


def test_the_sizes_of_the_shares_can_be_given() -> None:
    source = dot(vgg16(), reference={"X": 32})
    assert "share of MACs at X = 32, N = 1:" in legend(source)
    assert "1728·N·X² MACs (0.5 %)" in boxes(source)[1].lines[1]  # 32²·1728 of 313478144 + 2097152 + 20873216


def test_what_cannot_be_shared_out_is_said() -> None:
    assert "not coloured: no frozen" in legend(dot(vgg16(), "frozen"))
    net = Network()
    net.input("a", "N", 8, "H", "H")
    net.input("b", "N", 8, "W", "W")
    net.add("pool", MaxPool(2), "a")
    net.add("add", Add(), "pool", "b")
    net.add("conv", Conv(8))
    source = dot(net)
    assert "not coloured: no legal sizes are known at which to take shares of MACs" in legend(source)
    assert {b.colour for b in boxes(source)} == {"white"}


def test_ascii_has_no_sign_beyond_ascii() -> None:
    source = dot(resnet(), style=ASCII)
    assert source.isascii()
    assert "block1...3 x3" in {title for title, _, _ in clusters(source)}
    assert boxes(source)[1].lines[-2:] == ["9408*N*ceil(X/2)^2 MACs (2.9 %)", "9,536 params"]


def test_a_long_formula_does_not_widen_its_box() -> None:
    net = Network()
    last = net.input("image", "N", 8, *[net.symbol("X")] * 2)
    for i in range(40):
        last = net.add(f"stage/conv{i}", Conv(8 + i, stride=2, padding=1), last)
    (_, stage) = boxes(dot(net, depth=1))
    assert max(map(len, stage.lines)) <= 76
    assert any("more terms) MACs (100.0 %)" in line for line in stage.lines)


def test_shared_weights_are_said_and_counted_once() -> None:
    net = Network()
    net.input("image", "N", 8, "X", "X")
    net.add("a", Conv(8, padding=1))
    net.add("b", Conv(8, padding=1), shares="a")
    assert box(dot(net), "b") == [
        "b  conv 3×3, 8, padding 1, weights of a → 8×X²",
        "576·N·X² MACs (50.0 %)",
    ]


def test_a_box_with_several_exits_has_an_edge_with_their_shapes() -> None:
    source = dot(unet(), depth=1)
    stage = box(source, "encoder")
    assert "512×⌊X/8⌋², 256×⌊X/4⌋², 128×⌊X/2⌋² and 1 more" in flows(source)
    # 640 + 36928 + 73856 + 147584 + 295168 + 590080 + 1180160 + 2359808
    assert stage[-1] == "4,684,224 params"


def test_each_exit_of_a_box_is_on_the_edge_that_it_leaves_by() -> None:
    net = Network()
    net.input("image", "N", 8, "X", "X")
    net.add("body/fine", Conv(4, padding=1))
    net.add("body/coarse", Conv(6, stride=2, padding=1))
    net.add("a", Conv(4, 1), "body/fine")
    net.add("b", Conv(4, 1), "body/coarse")
    assert flows(dot(net, depth=1)) == ["N×8×X²", "4×X²", "6×⌈X/2⌉²"]


def test_what_nothing_reads_is_said_in_the_box() -> None:
    net = Network()
    net.input("image", "N", 8, "X", "X")
    net.add("body/fine", Conv(4, padding=1))
    net.add("body/coarse", Conv(6, stride=2, padding=1))
    net.add("a", Conv(4, 1), "body/fine")
    assert "→ 6×⌈X/2⌉²" in " ".join(box(dot(net, depth=1), "body"))


def test_layers_of_a_block_that_is_one_box_are_counted_in_all_rounds() -> None:
    first, *_ = box(dot(repeated(), depth=1), "stage")
    assert first.startswith("stage  2·n conv, n batch norm, n relu, n add")
    assert box(dot(repeated(3), depth=1), "stage")[0].startswith("stage  6 conv, 3 batch norm, 3 relu, 3 add")


# -- clusters, edges, colours --------------------------------------------------------------------------------------


def test_stages_are_clusters_one_in_the_other() -> None:
    found = clusters(dot(resnet((1, 2, 1, 1))))
    assert ("stage2", "", 9) in found
    assert ("block0", "stage2", 5) in found
    assert [title for title, around, _ in found if not around] == [
        "stem",
        "stage1/block0",
        "stage2",
        "stage3/block0",
        "stage4/block0",
        "head",
    ]


def test_a_path_within_a_stage_that_holds_one_box_is_that_box() -> None:
    net = resnet((1, 2, 1, 1))
    found = [" ".join(b.lines) for b in boxes(dot(net)) if b.lines[0].startswith("down  ")]
    assert [re.sub(r"\D*1×1, (\d+).*", r"\1", line) for line in found] == ["256", "512", "1024", "2048"]
    assert all("batch norm" in line for line in found)
    assert ("down", "block0", 2) in clusters(dot(net, fold=False))


def test_edges_follow_the_data() -> None:
    assert edges(dot(inception())) >= {("image", "reduce"), ("reduce", "conv"), ("conv", "concat"), ("concat", "pool")}
    net = unet()
    names = {n: n.rpartition("/")[2] for n in net.graph}
    assert edges(dot(net, fold=False)) == {(names[a], names[b]) for a, b in net.graph.edges}


def test_a_folded_block_keeps_its_connection_around() -> None:
    source = dot(resnet())
    assert ("block1…5 ×5", "stage3", 4) in clusters(source)
    graph = pygraphviz.AGraph(string=source)
    ends = [
        (graph.get_node(a), graph.get_node(b)) for a, b in graph.edges() if graph.get_edge(a, b).attr["style"] == ""
    ]
    into = {b.attr["tooltip"]: sum(1 for _, c in ends if c == b) for _, b in ends}
    assert into["stage3/block1/add, stage3/block1/relu"] == 2


def test_a_greater_share_is_darker_and_none_is_white() -> None:
    source = dot(vgg16(), values=AT)
    drawn = [
        (float(m[1]), grey(b.colour)) for b in boxes(source) if (m := re.search(r"\(<?(\S+) %\)", " ".join(b.lines)))
    ]
    known = sorted(drawn, key=lambda pair: (pair[0], -pair[1]))
    assert len(known) > 8
    assert all(a[1] >= b[1] for a, b in pairwise(known))
    assert known[0][1] > known[-1][1] + 90
    assert {b.colour for b in boxes(source) if "MACs" not in " ".join(b.lines)} <= {"white", "#ffffff"}


def test_depth_cuts_and_direction_turns() -> None:
    source = dot(vgg16(), depth=1, direction="LR", values=AT)
    assert [b.lines[0].split("  ")[0] for b in boxes(source)] == ["image", *(f"stage{i}" for i in range(1, 6)), "head"]
    assert "rankdir=LR" in source
    assert clusters(source) == []
    assert " ".join(box(source, "stage3")[:-2]) == "stage3  3 conv, 3 relu, max pool"


def test_a_folded_diagram_sums_to_the_network() -> None:
    # Published: 15470264320 multiply–accumulates and 138357544 parameters; figures above ten million have four digits.
    macs = params = 0.0
    for b in boxes(dot(vgg16(), values=AT)):
        for times, digits, prefix, unit in re.findall(
            r"(?:(\d+) × )?([\d.,]+) ?([MG]?) (MACs|params)", " ".join(b.lines)
        ):
            value = int(times or 1) * float(digits.replace(",", "")) * {"": 1, "M": 1e6, "G": 1e9}[prefix]
            macs, params = (macs + value, params) if unit == "MACs" else (macs, params + value)
    assert macs == pytest.approx(15_470_264_320, rel=5e-4)
    assert params == pytest.approx(138_357_544, rel=5e-4)


def test_an_own_layer_is_drawn_like_any_other() -> None:
    @layer("octave_conv")
    class Octave(Layer):
        ratios: tuple[float, ...] = (0.5,)
        names: Any = None

        def work(self, image: Any, out: Any) -> Count:
            return Count(mac=out.elements * 9)

    try:
        net = Network()
        net.input("image", "N", 8, "X", "X")
        net.add("a", Octave((0.25,), names=["<b>", {"unhashable": 1}]))
        net.add("b", Octave())
        assert boxes(dot(net))[1].lines == [
            "a  octave conv ratios 0.25, names ['<b>', {'unhas…le': 1}]",
            "72·N·X² MACs (50.0 %)",
        ]
    finally:
        del LAYERS["octave_conv"]


# -- names from strangers ------------------------------------------------------------------------------------------

HOSTILE = {
    'a"b': 'a"b',
    "back\\slash": "back\\slash",
    "\\N\\G\\E\\T\\H\\L": "\\N\\G\\E\\T\\H\\L",
    "\\n\\l\\r\\": "\\n\\l\\r\\",
    '\\"': '\\"',
    "<script>alert(1)": "<script>alert(1)",
    "<b>&<i>": "<b>&<i>",
    "<>": "<>",
    "&lt;&amp;&#92;N": "&lt;&amp;&#92;N",
    "line\nbreak\ttab": "line\\nbreak\\ttab",
    "nul\0 \x1b[31m": "nul\\x00 \\x1b[31m",
    "\ud800\ufffe": "\\ud800\\ufffe",
    "evil\u202etxt": "evil\\u202etxt",
    "שלום": "שלום",
    "👩\u200d👧": "👩\u200d👧",
    "javascript:alert(1)": "javascript:alert(1)",
    "{a|b}<port>:n": "{a|b}<port>:n",
    "]; x [URL=evil": "]; x [URL=evil",
    "x" * 10_000: "x" * 18 + "…" + "x" * 9,
    "node": "node",
}


def hostile() -> Network:
    net = Network('<img src=x onerror="alert(1)">\\G&amp;' + "y" * 10_000)
    net.input("in<put>\\N", 1, 8, 16, 16)
    for i, name in enumerate(HOSTILE):
        net.add(f"<a href='javascript:x'>\\N{i % 2}\n/{name}", Conv(8 + i % 3, padding=1))
    return net


def node_texts(svg: ElementTree.Element, kind: str) -> list[str]:
    return [
        "".join("".join(t.itertext()) for t in g.iter(f"{SVG}text"))
        for g in svg.iter(f"{SVG}g")
        if g.get("class") == kind
    ]


def test_names_from_strangers_are_shown_as_text() -> None:
    svg = ElementTree.fromstring(drawn(hostile(), "svg", fold=False))
    shown = [text.split("\u00a0")[0].rstrip() for text in node_texts(svg, "node")]
    assert shown[0] == "in<put>\\N"
    assert sorted(shown[1:]) == sorted(HOSTILE.values())
    stages = [text.split("\u00a0")[0].rstrip() for kind in ("cluster", "node title") for text in node_texts(svg, kind)]
    assert sorted(filter(None, stages)) == ["<a href='javascript:x'>\\N0\\n", "<a href='javascript:x'>\\N1\\n"]
    texts = [t.text or "" for t in svg.iter(f"{SVG}text")]
    assert texts[0].startswith('<img src=x onerror="alert(1)">')
    assert max(map(len, texts)) < 120


def test_an_svg_has_no_element_or_attribute_from_a_name() -> None:
    svg = ElementTree.fromstring(drawn(hostile(), "svg"))
    known = {"svg", "g", "title", "polygon", "path", "text", "a", "polyline", "ellipse"}
    assert {element.tag.removeprefix(SVG) for element in svg.iter()} <= known
    attributes = {name.rpartition("}")[2] for element in svg.iter() for name in element.attrib}
    assert not {name for name in attributes if name.startswith("on") or name in ("href", "style", "src")}


def test_tooltips_hold_whole_names_as_text() -> None:
    svg = ElementTree.fromstring(drawn(hostile(), "svg", fold=False))
    titles = {a.get("{http://www.w3.org/1999/xlink}title") for a in svg.iter(f"{SVG}a")}
    assert "<a href='javascript:x'>∖N1∖n/<script>alert(1)" in titles
    assert "<a href='javascript:x'>∖N0∖n/∖N∖G∖E∖T∖H∖L" in titles
    assert max(len(title or "") for title in titles) < 200


def test_a_stranger_cannot_nest_without_end() -> None:
    net = Network()
    net.input("image", 1, 8, 4, 4)
    net.add("a/" * 5000 + "conv", Conv(8, padding=1))
    assert len(clusters(dot(net, fold=False))) == 8
    assert len(clusters(dot(net))) <= 8
    assert render(dot(net), "svg")


# -- repeated blocks ---------------------------------------------------------------------------------------------------


def repeated(count: object = None, first_apart: bool = True) -> Network:
    """A stage of n rounds: each adds two convolutions to what enters it."""
    net = Network("repeated")
    net.input("image", "N", 3, "X", "X")
    net.add("stem", Conv(8, padding=1))

    def body(i: object) -> str:
        net.add("main/conv1/conv", Conv(4, 1))
        net.add("main/conv1/bn", BatchNorm())
        net.add("main/relu", ReLU())
        net.add("main/conv2", Conv(8, padding=1))
        return net.add("join", Add(), "stem", "main/conv2")

    net.repeat("stage", net.symbol("n", "count") if count is None else count, body, "stem", first_apart=first_apart)
    net.add("out", Conv(8, 1))
    return net


def test_a_repeated_block_is_a_cluster_that_says_how_often_it_stands_there() -> None:
    assert clusters(dot(repeated())) == [
        ("stage", "", 6),
        ("i = 0", "stage", 3),
        ("main", "i = 0", 2),
        ("i = 1 … n − 1 ×(n − 1)", "stage", 3),
        ("main", "i = 1 … n − 1 ×(n − 1)", 2),
    ]
    assert clusters(dot(repeated(first_apart=False)))[0] == ("stage ×n", "", 3)
    assert clusters(dot(repeated(7), style=ASCII))[3][0] == "i = 1 .. 6 x6"


def test_the_size_of_a_picture_does_not_grow_with_the_rounds() -> None:
    drawn = [len(boxes(dot(repeated(n)))) for n in (None, 5, 1_000_000)]
    assert drawn == [9, 9, 9]
    assert len(boxes(dot(repeated(5).unrolled(), fold=False))) == 1 + 1 + 5 * 5 + 1


def test_a_round_reads_what_the_round_before_gives_and_what_follows_reads_the_last() -> None:
    net = repeated()
    source = dot(net, fold=False)
    graph = pygraphviz.AGraph(string=source)
    names = {n: n.attr["tooltip"] for n in graph.nodes()}
    found = {(names[a], names[b]) for a, b in graph.edges() if graph.get_edge(a, b).attr["style"] != "invis"}
    assert {
        ("stem", "stage/0/main/conv1/conv"),
        ("stem", "stage/0/join"),
        ("stage/0/join", "stage/i/main/conv1/conv"),
        ("stage/0/join", "stage/i/join"),
        ("stage/i/join", "out"),
    } <= found


def test_costs_in_a_block_are_of_one_round_and_shares_of_all() -> None:
    net = repeated(11)
    source = dot(net, values={"X": 8, "N": 1})
    inside = [b.lines for b in boxes(source) if b.lines[0].startswith("conv2")]
    whole = 8 * 8 * (27 * 8 + 11 * (8 * 4 + 9 * 4 * 8) + 64)
    first, others = (round(1000 * 64 * 9 * 4 * 8 * n / whole) / 10 for n in (1, 10))
    assert inside[0][-1].startswith(f"18,432 MACs ({first} %)")
    assert inside[1][-1].startswith(f"18,432 MACs ({others} %)")
    assert "×n: a block of n rounds, drawn in round i; shares are those of all rounds" in legend(source)


def test_what_depends_on_the_round_says_so_in_the_heading() -> None:
    net = Network()
    net.input("image", "N", 8, "X", "X")

    def dense(i: object) -> str:
        net.add("new", Conv(4, padding=1))
        return net.add("join", Concat(), "image", "new")

    net.repeat("dense", net.symbol("n", "count"), dense, "image")
    source = dot(net)
    assert clusters(source) == [("dense ×n, i = 0 … n − 1", "", 2)]
    assert box(source, "join") == ["join  concat → (4·i + 12)×X²"]
    assert dot(net, values={"n": 3, "X": 8, "N": 1})


def test_blocks_within_blocks_are_clusters_within_clusters() -> None:
    net = Network()
    net.input("image", "N", 8, "X", "X")
    n, m = net.symbol("n", "count"), net.symbol("m", "count")
    net.repeat("a", n, lambda i: net.repeat("b", m, lambda j: net.add("conv", Conv(8, padding=1))))
    assert clusters(dot(net)) == [("a ×n", "", 1), ("b ×m", "a ×n", 1)]
    assert clusters(dot(net, depth=1)) == []
    assert box(dot(net, depth=1), "a")[-1] == "576·N·m·n·X² MACs (100.0 %), 584·m·n params"
    assert box(dot(net, depth=2), "i = 0 … n − 1 ×n")[-1] == "576·N·m·X² MACs (100.0 %), 584·m params"


# -- large ones, and again ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fold", [True, False])
def test_a_thousand_layers_are_drawn(fold: bool) -> None:
    net = Network()
    net.input("image", "N", 8, "X", "X")
    for i in range(1000):
        net.add(f"stage{i // 50}/conv{i}", Conv(8 + i % 7, padding=1))
    source = dot(net, fold=fold)
    assert len(boxes(source)) == (1001 if not fold else len(boxes(source)))
    assert len(render(source, "svg")) > 10_000


@pytest.mark.heavy
def test_two_thousand_branching_layers_are_drawn() -> None:
    net = Network()
    last = net.input("image", "N", 8, "X", "X")
    for i in range(700):
        net.add(f"block{i}/a", Conv(8 + i % 7, padding=1), last)
        net.add(f"block{i}/b", Conv(8, padding=1))
        last = net.add(f"block{i}/add", Add(), f"block{i}/b", last) if i else f"block{i}/b"
    assert len(render(dot(net, fold=False), "svg")) > 100_000


def test_the_text_is_the_same_on_every_run() -> None:
    program = (
        "from writers.networks import *; from symconv.writers.pictures.diagram import dot\n"
        "for build in (vgg16, resnet, unet, inception): print(dot(build()), dot(build(), values={'X': 224}))"
    )
    here = Path(__file__).parents[2]
    runs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join((str(here), str(here.parent)))},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(runs) == 1
    assert runs.pop().decode().startswith(dot(vgg16())[:2000])


# -- files and faults ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "begin"),
    [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("dot", b"digraph"), ("SVG", b"<?xml")],
)
def test_the_ending_of_the_path_is_the_format(suffix: str, begin: bytes, tmp_path: Path) -> None:
    draw(inception(), tmp_path / f"a.{suffix}", values=AT)
    assert (tmp_path / f"a.{suffix}").read_bytes().startswith(begin)


@pytest.mark.parametrize(
    ("name", "said"), [("a", "no ending"), ("a.gif", "dot, svg, png, pdf are known"), (".svg", "no ending")]
)
def test_an_unknown_ending_is_an_error_and_the_old_file_stays(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"old")
    with pytest.raises(OutputError, match=said):
        draw(inception(), tmp_path / name)
    assert (tmp_path / name).read_bytes() == b"old"


def test_what_cannot_be_drawn_is_said() -> None:
    with pytest.raises(SymconvError, match="a depth of 0: at least 1"):
        dot(vgg16(), depth=0)
    with pytest.raises(SymconvError, match="the direction 'down'"):
        dot(vgg16(), direction="down")  # type: ignore[arg-type]
    with pytest.raises(SymconvError, match="unknown metric 'mac'"):
        dot(vgg16(), "mac")
    with pytest.raises(SymbolError, match="no symbol Y"):
        dot(vgg16(), values={"Y": 1})
    with pytest.raises(DomainError, match="X = 16"):
        dot(vgg16(), values={"X": 16})


def test_a_network_without_layers_is_drawn() -> None:
    net = Network()
    net.input("image", "N", 3, "X", "X")
    assert [b.lines for b in boxes(dot(net))] == [["image  N×3×X²"]]
    assert drawn(net, "svg")
    assert drawn(Network(), "svg")
    assert render(dot(Network()), "svg")


def test_extents_of_one_and_vectors_have_shapes_too() -> None:
    net = Network()
    net.input("words", "T")
    net.add("up", ConvTranspose(3, 2, 2), net.input("row", "N", 2, "X"))
    net.add("flat", Flatten())
    net.add("fc", Linear(1))
    source = dot(net)
    assert boxes(source)[0].lines == ["words  T"]
    assert flows(source) == ["N×2×X", "3×2·X", "6·X"]
    assert boxes(source)[-1].lines[0] == "fc  linear 1 → 1"
