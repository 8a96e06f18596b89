"""In a notebook a network, a layer, a count and a domain are shown as tables, formulas and pictures."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import symconv as sc
from symconv.layers import Add, Conv, MaxPool
from symconv.writers.notebook import bundle
from symconv.writers.pictures.render import render
from writers.test_view import Parts

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "notebook.ipynb"


def html(thing: Any) -> str:
    made = thing._repr_mimebundle_()
    assert made["text/plain"] == repr(thing)
    return str(made["text/html"])


def words(page: str) -> str:
    return " ".join(" ".join(Parts(page).texts).replace("\u202f", ",").split())


@pytest.fixture(scope="module")
def executed() -> Any:
    """The notebook of the docs, run from its first cell to its last."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    made = nbformat.read(EXAMPLE, as_version=4)
    client = nbclient.NotebookClient(made, timeout=120, resources={"metadata": {"path": str(EXAMPLE.parent)}})
    before = dict(os.environ)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(Path(sc.__file__).parents[1]), *sys.path]))
    try:
        client.execute()
    finally:
        os.environ.clear()
        os.environ.update(before)
    return made


def test_every_cell_of_the_example_shows_something_rich(executed: Any) -> None:
    cells = [cell for cell in executed.cells if cell.cell_type == "code"]
    assert len(cells) == 8
    kinds = []
    for cell in cells:
        (output,) = cell.outputs
        assert output.output_type == "execute_result"
        kinds.append(max(output.data, key=["text/plain", "text/latex", "text/html"].index))
    assert kinds == ["text/html"] * 8
    network, total, side, *_ = (cell.outputs[0].data for cell in cells)
    assert "25,557,032" in words(network["text/html"])
    assert "<svg" in network["text/html"]
    assert total["text/latex"].startswith(r"$\displaystyle N \cdot \left(14417920")
    assert side["text/latex"] == r"$\displaystyle \left\lceil \frac{X}{32} \right\rceil$"


def test_the_example_becomes_a_page(executed: Any) -> None:
    nbconvert = pytest.importorskip("nbconvert")
    page, _ = nbconvert.HTMLExporter(embed_images=True).from_notebook_node(executed)
    assert page.count('class="symconv') >= 8
    assert page.count("<svg") == 1
    assert "data-symconv=" in page
    assert "What if? resnet" in page


def test_a_network_is_its_totals_its_stages_and_its_picture() -> None:
    page = html(sc.load("resnet50"))
    said = words(page)
    assert "all layers" in said
    assert {"stem", "layer1", "layer4", "head"} <= set(said.split())
    svg = page[page.index("<svg") : page.index("</svg>") + 6]
    ElementTree.fromstring(svg.replace("xlink:", ""))
    assert " id=" not in svg
    short = html(sc.load("alexnet"))
    assert "<summary>" not in short


def test_a_network_of_nothing_is_shown() -> None:
    assert "network" in html(sc.Network())
    net = sc.Network("one")
    net.input("image", "N", 3, "X", "X")
    assert "one" in html(net)


def test_without_graphviz_the_table_is_there_and_why_there_is_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any, **__: Any) -> bytes:
        raise sc.SymconvError("drawing needs Graphviz and there is none")

    monkeypatch.setattr("symconv.writers.notebook.drawn", none)
    page = html(sc.load("alexnet"))
    assert "no picture: drawing needs Graphviz and there is none" in words(page)
    assert "<table" in page
    assert render("digraph { a }", "svg")


def test_a_layer_is_its_rule() -> None:
    said = words(html(Conv(64, 3, padding=1)))
    assert "cross-correlation" in said
    # K²·C_in·C_out for K = 3, C_out = 64, without the bias: 576·C_in.
    assert "576" in said
    assert "max" in words(html(MaxPool(2)))
    assert "add" in words(html(Add()))


def test_a_layer_in_its_place_has_the_shapes_that_reach_it() -> None:
    said = words(html(sc.load("vgg16").node("stage1/conv2")))
    assert said.startswith("stage1/conv2 · conv")
    # 3·3·64·64 macs a point.
    assert "36,864" in said or "36864" in said


def test_a_count_is_a_table_of_operations_with_its_conventions() -> None:
    said = words(html(sc.load("vgg16").node("stage1/conv1").count))
    assert "mac" in said.split()
    assert "MACs" in said
    assert "FLOPs" in said
    assert "no arithmetic" in words(html(sc.Count()))


def test_a_domain_says_who_asks() -> None:
    said = words(html(sc.load("vgg16").domain))
    assert "32" in said
    assert "stage5/pool1" in said
    assert "beyond positive sizes" in words(html(sc.Network().domain))


def test_formulas_are_latex() -> None:
    made = bundle(sc.load("vgg16").cost("params"))
    assert (made["text/plain"], made["text/latex"]) == ("138357544", r"$\displaystyle 138357544$")
    assert "138" in made["text/html"]
    side = bundle(sc.X // 2)
    assert side["text/latex"] == r"$\displaystyle \left\lfloor \frac{X}{2} \right\rfloor$"
    assert "<mfrac><mi>X</mi><mn>2</mn></mfrac>" in side["text/html"]


def test_names_from_strangers_are_text() -> None:
    net = sc.Network("<script>alert(1)</script>")
    net.input("image", 1, 8, 16, 16)
    net.add("<img src=x onerror=alert(1)>/javascript:x\\\"'", Conv(8, padding=1))
    for page in (html(net), html(net.nodes[0]), html(net.domain)):
        tags = Parts(page).tags
        assert not {tag for tag, _ in tags} & {"script", "img", "iframe"}
        assert not [name for _, attrs in tags for name in attrs if name.startswith("on") or name == "href"]
