"""A page stands by itself: no script but its own, nothing that is loaded, names as text, figures without a script."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command import run

from symconv import Network, load
from symconv.errors import CallError, DomainError, OutputError, SymbolError, SymconvError
from symconv.layers import Conv, GlobalAvgPool, Linear
from symconv.writers.page import Report, report
from writers.page.reading import Page

#: What a stranger may call things.
HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a\" onload='alert(1)' b=\"",
    "javascript:alert(1)",
    "back\\slash\\u003c",
    "<!--<script>",
    "\u202egnp.exe",
    "שלום עולם",
    "🧠\u200d🔥",
    "]]>&lt;b&gt;",
    "__proto__",
    "constructor",
    "x" * 10_000,
)


def hostile() -> Network:
    """A network whose every name is a stranger's."""
    net = Network(HOSTILE[0])
    net.description = HOSTILE[1]
    net.input("image", 1, 8, net.symbol(HOSTILE[0], "extent"), net.symbol(HOSTILE[10], "extent"))
    for number, name in enumerate(HOSTILE):
        net.add(f"{name}/{number}", Conv(8, padding=1))
        net.modules[f"{name}/{number}"] = HOSTILE[-1 - number]
    return net


def test_nothing_runs_but_the_one_script_and_nothing_is_loaded() -> None:
    page = Page(report(load("vgg16"), load("resnet50")).html())
    (policy,) = (a["content"] for tag, a in page.tags if tag == "meta" and a.get("http-equiv"))
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for text, kind in ((page.scripts[""], "script-src"), (page.style, "style-src")):
        assert f"{kind} 'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in policy
    assert sorted(page.scripts) == ["", "application/json"]
    assert not {"link", "iframe", "img", "object", "embed", "base", "form", "audio", "video"} & {
        t for t, _ in page.tags
    }
    attributes = {name for _, attrs in page.tags for name in attrs}
    assert not attributes & {"src", "srcset", "action", "style", "xlink:href", "formaction", "srcdoc"}
    assert not [name for name in attributes if name.startswith("on")]
    assert {a["href"] for tag, a in page.tags if "href" in a} == {"#main"}


def test_strangers_names_are_text() -> None:
    text = Report((hostile(),)).html()
    page = Page(text)
    assert text.count("<script") == text.count("</script>") == 2
    assert not {"img", "b"} & {tag for tag, _ in page.tags}
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert "alert(1)" not in page.scripts[""]
    data = page.data
    assert data["models"][0]["name"] == HOSTILE[0]
    assert data["controls"][0]["name"] == HOSTILE[0]
    assert data["models"][0]["layers"][1]["name"] == f"{HOSTILE[1]}/1"
    assert "\u202e" not in text
    assert "x" * 200 not in page.scripts["application/json"] + "".join(page.texts)


def test_figures_at_the_usual_sizes_are_there_without_a_script() -> None:
    texts = Page(report(load("vgg16"), load("resnet50")).html()).texts
    # Published: 15.47 and 4.09 GMACs, 138,357,544 and 25,557,032 parameters.
    for figure in (15_470_264_320, 138_357_544, 4_089_184_256, 25_557_032):
        assert f"{figure:,}".replace(",", "\u202f") in texts
    assert "at X = 224, N = 1" in texts


def test_a_page_without_symbols_has_its_figures() -> None:
    net = Network("fixed")
    net.input("image", 1, 3, 8, 8)
    net.add("conv", Conv(2, padding=1))
    net.add("pool", GlobalAvgPool())
    page = Page(report(net).html())
    assert page.data["controls"] == []
    assert f"{3 * 9 * 2 * 64:,}".replace(",", "\u202f") in page.texts


def test_metrics_and_sizes_are_chosen() -> None:
    data = Page(Report((load("vgg16"),), ("params", "flops"), {"X": 97}).html()).data
    assert [m["name"] for m in data["metrics"]] == ["params", "flops"]
    assert data["controls"][0]["start"] == "97"


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"networks": ()}, CallError, "needs a network"),
        ({"metrics": ()}, CallError, "and a metric"),
        ({"metrics": ("macs", "macs")}, CallError, "once: macs, macs"),
        ({"metrics": ("mac",)}, SymconvError, "unknown metric"),
        ({"at": {"X": 31}}, DomainError, "X = 31 is outside the domain X ≥ 32"),
        ({"at": {"Q": 31}}, SymbolError, "has a symbol Q: X, N"),
        ({"depth": 0}, SymconvError, "a depth of 0"),
    ],
)
def test_what_is_wrong_with_a_call_is_said(given: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        Report(**{"networks": (load("vgg16"),), **given}).html()


def test_a_page_is_the_same_with_every_seed() -> None:
    program = (
        "import hashlib, symconv as sc; nets = map(sc.load, ('resnet', 'unet', 'gpt'));"
        "print(hashlib.sha256(sc.report(*nets).html().encode()).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(found) == 1


def test_vgg_fits_in_a_mail(tmp_path: Path) -> None:
    report(load("vgg16")).save(tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size < 1_500_000


def test_500_layers_fit_too() -> None:
    net = Network("deep")
    net.input("image", "N", 8, "X", "X")
    for number in range(500):
        net.add(f"stage{number // 50}/conv{number}", Conv(8, padding=1))
    assert len(report(net).html()) < 1_500_000


# -- the command -------------------------------------------------------------------------------------------------------


def test_the_command_writes_a_page(tmp_path: Path) -> None:
    done = run("report", "vgg16", "resnet50", "-o", str(tmp_path / "r.html"), "--at", "X=97", "-m", "macs")
    assert done.err == f"wrote {tmp_path / 'r.html'}\n"
    assert Page((tmp_path / "r.html").read_text()).data["controls"][0]["start"] == "97"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["vgg16", "-o", "r.pdf"], 2, "a page is written as .html"),
        (["vgg16"], 2, "--output"),
        (["-o", "r.html"], 2, "MODEL"),
        (["vgg17", "-o", "r.html"], 1, "no model vgg17"),
        (["vgg16", "-o", "r.html", "--at", "X=31"], 1, "X = 31 is outside the domain"),
        (["vgg16", "-o", "r.html", "--at", "Q=31"], 2, "Q"),
        (["vgg16", "resnet50", "-o", "r.html", "--at", "Q=31"], 2, "none of the networks has a symbol Q: N, X"),
        (["vgg16", "-o", "r.html", "--at", "X=32q"], 2, "figures need a whole number"),
        (["vgg16", "-o", "r.html", "--at", f"N={10**33}"], 2, "a number of 34 digits: at most 30 are accepted"),
        (["vgg16", "-o", "r.html", "-m", "mac"], 2, "unknown metric mac"),
        (["vgg16", "-o", "r.html", "-m", "macs", "-m", "macs"], 2, "once"),
        (["vgg16", "-o", "r.html", "--depth", "0"], 2, "depth"),
        (["vgg16", "-o", "none/r.html"], 1, "there is no directory"),
    ],
)
def test_a_bad_call_is_answered_and_the_old_page_stays(
    words: list[str], code: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    old = tmp_path / "r.html"
    old.write_text("old")
    done = run("report", *words)
    assert done.code == code
    assert said in done.err
    assert "Traceback" not in done.err
    assert old.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]


def test_a_full_disk_leaves_the_old_page() -> None:
    """/dev/full takes nothing; a disk that fills up is in tests/writers/test_saving.py."""
    with pytest.raises(OutputError, match="No space left"):
        report(load("vgg16")).save("/dev/full")


def test_the_diagram_has_its_boxes_and_no_colours_of_its_own() -> None:
    text = report(load("resnet50")).html()
    svg = re.search("<svg.*?</svg>", text, re.DOTALL)
    assert svg is not None
    assert not re.search(r"fill=|stroke=|style=|id=|href", svg[0])
    boxes = set(re.findall(r'data-box="(\w+)"', svg[0]))
    data = Page(text).data["models"][0]
    assert boxes == set(data["boxes"])
    drawn = [n for box in data["boxes"].values() for n in box]
    assert len(drawn) == len(set(drawn))
    assert set(drawn) == set(range(len(data["layers"])))


def test_boxes_and_their_times_make_up_the_whole() -> None:
    for name in ("resnet50", "vgg16", "googlenet", "resnet", "vit_b_16"):
        net = load(name)
        data = Page(report(net).html()).data["models"][0]
        costs = list(net.costs("params").values())
        whole = sum((costs[n] for box in data["boxes"].values() for n in box), start=costs[0] * 0)
        assert (whole - net.cost("params")).expanded() == {}


def test_a_linear_layer_shows_features() -> None:
    net = Network("fc")
    net.input("features", "N", 12)
    net.add("fc", Linear(5))
    (layer,) = Page(report(net).html()).data["models"][0]["layers"]
    assert layer["output"] == {"formula": "5", "extents": ["5"]}
