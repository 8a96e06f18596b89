"""A what-if view evaluates the closed forms in the page: figures equal SymPy's, faults are said, names are text."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from symconv import Network, load, view
from symconv.errors import DomainError, OutputError, SymbolError, SymconvError
from symconv.layers import Conv, Flatten, GlobalAvgPool, Linear

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="no node here: what the script of a view does is left out")

#: As much of a page as the script of a view touches.
PAGE = """
const element = (extra = {}) => ({
  listeners: {}, dataset: {}, textContent: "", classes: new Set(), properties: {},
  addEventListener(kind, f) { this.listeners[kind] = f; },
  ...extra,
});
const styled = () => { const e = element(); e.style = { setProperty: (k, v) => { e.properties[k] = v; } }; return e; };
const labels = sizes.map((value, k) => {
  const box = element({ value }), slider = sliders[k] ? element({ value }) : null;
  return { box, slider, querySelector: (s) => (s === ".box" ? box : slider) };
});
const rows = metrics_.map(() => { const c = [element(), element(), element()]; return { children: c }; });
const bars = stages_.map(styled);
const fault = element();
const root = element({
  querySelectorAll: (s) => ({ label: labels, "[data-metric]": rows, ".stages .share": bars })[s],
  querySelector: () => fault,
});
root.classList = { add: (c) => root.classes.add(c), remove: (c) => root.classes.delete(c) };
globalThis.document = { querySelectorAll: () => [root] };
"""
ASK = """
const out = [];
for (const values of asked) {
  values.forEach((value, k) => { labels[k].box.value = value; });
  labels[0].box.listeners.input();
  out.push({
    figures: rows.map((r) => r.children[1].textContent), about: rows.map((r) => r.children[2].textContent),
    bars: bars.map((b) => b.textContent), fault: fault.textContent, stale: root.classes.has("stale"),
  });
}
console.log(JSON.stringify(out));
"""


class Parts(HTMLParser):
    """The tags of a page, its texts, its script."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.inside = ""
        self.script = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside = tag

    def handle_data(self, data: str) -> None:
        if self.inside == "script":
            self.script += data
        elif self.inside != "style":
            self.texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""


def symbols(page: str) -> list[str]:
    return [str(attrs["aria-label"]) for tag, attrs in Parts(page).tags if tag == "input" and attrs["class"] == "box"]


def run(page: str, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the view shows at some sizes, one after the other."""
    found = Parts(page)
    names = symbols(page)
    rows = sum(1 for _, attrs in found.tags if "data-metric" in attrs)
    bars = sum(1 for tag, attrs in found.tags if tag == "td" and attrs.get("class") == "share")
    given = (
        f"const sizes = {json.dumps([''] * len(names))}, sliders = sizes.map(() => true);"
        f"const metrics_ = Array({rows}).fill(0), stages_ = Array({bars}).fill(0);"
        f"const asked = {json.dumps([[str(at[name]) for name in names] for at in asked])};"
    )
    assert NODE is not None
    program = given + PAGE + found.script + ASK
    done = subprocess.run([NODE, "-"], input=program, capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


def sympy_values(net: Network, at: dict[str, Any], metrics: tuple[str, ...]) -> list[str]:
    """The totals by SymPy."""
    out = []
    for metric in metrics:
        total = net.total(metric)
        value = total.subs({s: at[s.name] for s in total.free_symbols}).doit()
        out.append(f"{int(value):,}".replace(",", "\u202f"))
    return out


MACS = ("macs", "params", "activations")


@needs_node
@pytest.mark.parametrize(
    ("model", "sizes"),
    [
        ("resnet50", [{"X": x, "N": n} for x, n in ((1, 1), (31, 2), (97, 1), (224, 3), (225, 1), (10**9 + 7, 10**6))]),
        ("vgg/D", [{"X": x, "N": n} for x, n in ((32, 1), (63, 5), (224, 1), (449, 2))]),
        ("gpt", [{"T": 7, "T_max": 9, "N": 2, "L": 3, "d": 12, "h": 3, "V": 101}]),
        ("efficientnet", [{"X": 224, "N": 1, "d": 1, "w": 1}, {"X": 240, "N": 1, "d": 2, "w": 3}]),
    ],
)
def test_a_view_shows_what_sympy_says(model: str, sizes: list[dict[str, Any]]) -> None:
    net = load(model)
    sizes = [{name: at.get(name, 1) for name in net.symbols} for at in sizes]
    shown = run(view(net).html(), sizes)
    assert [one["fault"] for one in shown] == [""] * len(sizes)
    assert [one["figures"] for one in shown] == [sympy_values(net, at, MACS) for at in sizes]


@needs_node
def test_fractions_and_decimals_are_taken_for_multipliers() -> None:
    net = load("efficientnet")
    first, second, third = run(
        view(net).html(), [{"X": 240, "N": 1, "d": d, "w": 1} for d in ("11/10", "1.1", " 1.10 ")]
    )
    # Published for EfficientNet-B1 at 240: 7,794,184 parameters.
    assert first["figures"] == second["figures"] == third["figures"]
    assert first["figures"][1] == "7\u202f794\u202f184"


@needs_node
def test_bars_are_shares_of_the_first_metric() -> None:
    (shown,) = run(view(load("resnet50")).html(), [{"X": 224, "N": 1}])
    # 118,013,952 of 4,089,184,256 in the stem; the head is 2,048,000.
    assert (shown["bars"][0], shown["bars"][-1]) == ("2.9 %", "0.1 %")
    assert sum(float(bar.split()[0].replace("<", "")) for bar in shown["bars"]) == pytest.approx(100, abs=0.4)
    assert shown["about"][:2] == ["4.089 G", "25.56 M"]


@needs_node
def test_a_share_that_is_next_to_nothing_is_not_none() -> None:
    net = Network()
    net.input("image", "N", 4096, "X", "X")
    net.add("a/conv", Conv(16384, 3, padding=1))
    net.add("b/pool", GlobalAvgPool())
    net.add("b/flat", Flatten())
    net.add("b/fc", Linear(1))
    page = view(net).html()
    # 16384 of 4096·9·16384·X² + 16384.
    (shown,) = run(page, [{"X": 1000, "N": 1}])
    assert shown["bars"] == ["100.0 %", "<0.1 %"]
    assert "&lt;0.1 %</td>" in page


@needs_node
@pytest.mark.parametrize(
    ("value", "said"),
    [("16", "X >= 32"), ("", "a whole number"), ("1.5", "a whole number"), ("-40", "a whole number"), ("x", "number")],
)
def test_what_has_no_figures_is_said_and_the_last_ones_stay(value: str, said: str) -> None:
    good, bad, again = run(view(load("vgg16")).html(), [{"X": x, "N": 1} for x in (224, value, 224)])
    assert said in bad["fault"]
    assert bad["stale"]
    assert bad["figures"] == good["figures"] == again["figures"]
    assert (again["fault"], again["stale"]) == ("", False)


def test_without_a_script_the_figures_at_the_usual_sizes_stand_there() -> None:
    texts = Parts(view(load("vgg16")).html()).texts
    assert "15\u202f470\u202f264\u202f320" in texts
    assert "138\u202f357\u202f544" in texts


def test_a_view_of_chosen_metrics_starts_at_chosen_sizes() -> None:
    page = view(load("vgg16"), "params", "flops", X=32, N=2).html()
    assert re.findall(r'data-metric="(\w+)"', page) == ["params", "flops"]
    assert 'value="32"' in page
    with pytest.raises(DomainError, match="X = 31"):
        view(load("vgg16"), X=31).html()
    with pytest.raises(SymbolError, match="no symbol Y"):
        view(load("vgg16"), Y=31).html()
    with pytest.raises(SymconvError, match="unknown metric"):
        view(load("vgg16"), "mac").html()


def test_names_from_strangers_are_text_and_end_no_script() -> None:
    net = Network("</script><script>alert(1)</script>")
    net.input("image", 1, 8, net.symbol("</script><b>", "extent"), net.symbol("a' onload='x", "extent"))
    net.add("<img src=x onerror=alert(1)>/<!--<script>", Conv(8, padding=1))
    page = view(net).html()
    assert page.count("</script>") == 1
    tags = {tag for tag, _ in Parts(page).tags}
    assert not tags & {"img", "b"}
    assert [tag for tag, _ in Parts(page).tags].count("script") == 1
    assert not [name for _, attrs in Parts(page).tags for name in attrs if name.startswith("on")]
    assert view(Network("x" * 10_000)).html().count("x" * 100) == 0


def test_a_page_loads_nothing_and_an_old_one_stays_where_it_cannot_be_written(tmp_path: Path) -> None:
    view(load("vgg16")).save(tmp_path / "view.html")
    page = (tmp_path / "view.html").read_text()
    assert "default-src 'none'" in page
    assert not re.search(r"(src|href)\s*=\s*[\"']", page)
    with pytest.raises(OutputError, match="no directory"):
        view(load("vgg16")).save(tmp_path / "none" / "view.html")


def test_the_text_is_the_same_twice() -> None:
    assert view(load("resnet")).html() == view(load("resnet")).html()


@needs_node
def test_a_symbol_may_be_called_as_a_place_in_the_script_is() -> None:
    net = Network()
    net.input("image", 1, 8, net.symbol("MARK", "extent"), 16)
    net.add("conv", Conv(8, padding=1))
    good, bad = run(view(net).html(), [{"MARK": 16}, {"MARK": "x"}])
    # 9·8·8 macs a point.
    assert good["figures"][0] == f"{9 * 8 * 8 * 16 * 16:,}".replace(",", "\u202f")
    assert bad["fault"] == "MARK: a whole number is wanted"


def test_a_network_without_symbols_has_its_shares() -> None:
    net = Network()
    net.input("image", 1, 8, 16, 16)
    net.add("a/conv", Conv(8, padding=1))
    net.add("b/conv", Conv(24, padding=1))
    assert [text for text in Parts(view(net).html()).texts if text.endswith(" %")] == ["25.0 %", "75.0 %"]
