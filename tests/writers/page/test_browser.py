"""The page in a browser: what it shows equals Python's to the unit, at once, for a keyboard and a screen reader too."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from symconv import Network, load
from symconv.errors import DomainError
from symconv.layers import Conv
from symconv.notation import TEXT
from symconv.writers.page import METRICS, Report
from symconv.writers.wording import figure, percent
from writers.page.showing import Shown, by_sympy
from writers.page.steps import STEPS
from writers.page.test_page import HOSTILE, hostile

pytestmark = pytest.mark.page
AXE = Path(__file__).parents[3] / "page" / "node_modules" / "axe-core" / "axe.min.js"


# -- figures -----------------------------------------------------------------------------------------------------------


def test_three_models_equal_sympy_at_random_sizes(shown: Any) -> None:
    nets = [load("vgg16"), load("resnet50"), load("vit_b_16")]
    page = shown(*nets)
    rng = random.Random(10)
    sizes = [{"X": 224, "N": rng.randint(1, 10**6)} for _ in range(3)]
    sizes += [{"X": rng.randint(32, 5000), "N": rng.randint(1, 512)} for _ in range(5)]
    sizes += [{"X": 10**18 + 9, "N": 10**12 + 39}, {"X": 32, "N": 1}]
    last = [by_sympy(net, {"X": 224, "N": 1}) for net in nets]
    for at in sizes:
        page.set(**at)
        for number, net in enumerate(nets):
            try:
                net.at(at)
                last[number] = by_sympy(net, at)
                said = ""
            except DomainError as refused:
                said = str(refused)
            assert page.fault(number) == said
        assert page.totals() == last


@pytest.mark.parametrize("name", ["vgg16", "resnet50", "vit_b_16", "unet"])
def test_every_layer_equals_python(shown: Any, name: str) -> None:
    net = load(name)
    page = shown(net)
    at = {"X": {"unet": 700, "vit_b_16": 224}.get(name, 181), "N": 3}
    page.set(**at)
    values = net.at(at)
    from symconv.cost import evaluate_cost

    costs = {metric: {n: evaluate_cost(c, values) for n, c in net.costs(metric).items()} for metric in METRICS}
    whole = sum(costs["macs"].values())
    rows = page.page.locator("#model-0 .layers tbody tr").all()
    assert len(rows) == len(net.nodes)
    for row, node in zip(rows, net.nodes):
        found = row.locator("td.figure").all_text_contents()
        wanted = [costs[metric][node.name] for metric in METRICS]
        assert found == [figure(value, TEXT) if value else "" for value in wanted], node.name
        share = row.locator("td.share").text_content().strip()
        assert share == (percent(Fraction(wanted[0]) / Fraction(whole)) if wanted[0] else "")


def test_a_family_in_depth_and_width(shown: Any) -> None:
    net = load("resnet")
    page = shown(net)
    named = {"X": 224, "N": 1, "n1": 3, "n2": 4, "n3": 6, "n4": 3, "w": 64}
    page.set(**named)
    # ResNet-50's and ResNet-152's published parameters; Wide ResNet-50-2's.
    assert page.totals()[0][1] == "25557032"
    page.set(n2=8, n3=36)
    assert page.totals()[0][1] == "60192808"
    page.set(n2=4, n3=6, w=128)
    assert page.totals()[0][1] == "68883240"
    assert page.totals() == [by_sympy(net, {**named, "w": 128})]


def test_multipliers_are_fractions(shown: Any) -> None:
    page = shown(load("efficientnet"))
    for written in ("11/10", "1.1", " 1.10 "):
        page.set(X=240, d=written, w="1")
        # Published for EfficientNet-B1.
        assert page.totals()[0][1] == "7794184"


def test_sliders_move_everything(shown: Any) -> None:
    net = load("resnet50")
    page = shown(net)
    boxes = "#model-0 g[data-box] > polygon, #model-0 g[data-box] > path"
    colours = "(shapes) => shapes.map((shape) => getComputedStyle(shape).fill)"
    before = page.page.eval_on_selector_all(boxes, colours)
    slider = page.page.get_by_role("slider", name="X")
    slider.focus()
    for _ in range(30):
        page.page.keyboard.press("ArrowLeft")
    page.settle()
    assert page.page.locator("#box-0").input_value() == "194"
    assert page.totals() == [by_sympy(net, {"X": 194, "N": 1})]
    page.set(X=1)
    assert page.page.eval_on_selector_all(boxes, colours) != before
    page.page.locator("#reset").click()
    page.settle()
    assert page.page.eval_on_selector_all(boxes, colours) == before


# -- the domain --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["31", "0", "-7", "3/2", "0.5", "", "abc", "it's", "2,5", "X", "1/0", "²"])
def test_what_is_outside_of_the_domain_is_said_in_pythons_words_and_the_last_figures_stay(
    shown: Any, typed: str
) -> None:
    net = load("vgg16")
    with pytest.raises(DomainError) as refused:
        net.at({"X": Fraction(typed) if typed in ("3/2", "0.5") else typed})
    page = shown(net)
    good = page.totals()
    page.set(X=typed)
    assert page.fault(0).replace(f"'{typed}'", typed) == str(refused.value).replace(f"'{typed}'", typed)
    assert page.totals() == good
    assert page.page.locator("#box-0").get_attribute("aria-invalid") == "true"
    page.set(X=225)
    assert page.fault(0) == ""
    assert page.totals() == [by_sympy(net, {"X": 225, "N": 1})]


def test_one_model_outside_of_its_domain_does_not_stop_another(shown: Any) -> None:
    nets = load("vgg16"), load("unet")
    page = shown(*nets)
    page.set(X=225)
    assert page.totals()[0] == by_sympy(nets[0], {"X": 225, "N": 1})
    assert page.fault(0) == ""
    with pytest.raises(DomainError) as refused:
        nets[1].at({"X": 225})
    assert page.fault(1) == str(refused.value)
    assert page.totals()[1] == by_sympy(nets[1], {"X": 572, "N": 1})


# -- speed -------------------------------------------------------------------------------------------------------------


def test_a_page_follows_a_slider_step_by_step(shown: Any) -> None:
    """That every step is painted is told here; how soon, by `python -m tests.benchmarks.page`."""
    nets = load("vgg16"), load("resnet50"), load("vit_b_16")
    page = shown(*nets)
    assert len(page.page.evaluate(STEPS)) == 100
    assert page.totals()[:2] == [by_sympy(net, {"X": 324, "N": 1}) for net in nets[:2]]


# -- strangers ---------------------------------------------------------------------------------------------------------


def test_names_from_strangers_are_shown_and_run_nothing(shown: Any) -> None:
    page = shown(hostile(), load("vgg16"))
    page.set(X=64)
    text = page.page.locator("body").inner_text()
    for name in (*HOSTILE[:5], HOSTILE[7], HOSTILE[8], HOSTILE[10], HOSTILE[11]):
        assert name in text, name
    assert page.page.locator("img, iframe, object, embed").count() == 0
    assert page.page.locator("script").count() == 2
    hrefs = page.page.eval_on_selector_all("a", "(links) => links.map((a) => a.getAttribute('href'))")
    assert [href for href in hrefs if not href.startswith("#")] == []


def test_the_policy_forbids_to_load_and_to_run_anything_else(browser: Any, tmp_path: Path) -> None:
    page = Shown(browser, tmp_path / "page.html", Report((load("vgg16"),)))
    refused = page.page.evaluate(
        """async () => {
          const found = [];
          document.addEventListener("securitypolicyviolation", (event) => found.push(event.effectiveDirective));
          const add = (tag, values) => document.body.appendChild(Object.assign(document.createElement(tag), values));
          add("img", { src: "other.png" });
          add("iframe", { src: "other.html" });
          add("link", { rel: "stylesheet", href: "other.css" });
          add("script", { textContent: "window.ran = 1" });
          add("script", { src: "other.js" });
          add("style", { textContent: "body { color: red }" });
          add("form", { action: "other.html" }).submit();
          await fetch("other.json").catch(() => 0);
          const wait = () => new Promise((done) => setTimeout(done, 50));
          for (let i = 0; i < 200 && found.length < 8; i++) await wait();
          await wait();
          return [found.sort(), window.ran ?? 0];
        }"""
    )
    scripts, styles = 2 * ["script-src-elem"], 2 * ["style-src-elem"]
    assert refused == [["connect-src", "form-action", "frame-src", "img-src", *scripts, *styles], 0]
    page.context.close()


# -- models of others --------------------------------------------------------------------------------------------------


def test_a_page_of_an_onnx_model(shown: Any, tmp_path: Path) -> None:
    from onnx import TensorProto, helper, save

    node = helper.make_node
    weight = helper.make_tensor("w", TensorProto.FLOAT, [8, 3, 3, 3], [0.0] * 216)
    graph = helper.make_graph(
        [
            node("Conv", ["image", "w"], ["c"], name="/stem/conv", strides=[2, 2], pads=[1, 1, 1, 1]),
            node("MyOp", ["c"], ["m"], name="/head/odd", domain="own"),
        ],
        "small",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, "X", "X"])],
        [helper.make_tensor_value_info("m", TensorProto.FLOAT, ["N", 8, "A", "B"])],
        [weight],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    save(helper.make_model(graph, opset_imports=opsets), tmp_path / "small.onnx")
    net = load(tmp_path / "small.onnx")
    page = shown(net)
    page.set(X=37, N=2)
    # 216 macs at each of 19² points of two images; what MyOp costs is a control of its own.
    assert page.totals()[0][0] == str(216 * 19 * 19 * 2)
    (unknown,) = (name for name in net.symbols if name.startswith("cost["))
    page.set(**{unknown: 1000})
    assert page.totals()[0][0] == str(216 * 19 * 19 * 2 + 1000)
    assert "MyOp has no count" in page.page.locator("#model-0").inner_text()


@pytest.mark.torch
def test_a_page_of_a_torch_module(shown: Any) -> None:
    from symconv.readers.torch.named import torchvision

    nets = [load(torchvision().models.resnet18(), inputs=_image(), square=True), load("resnet18")]
    page = shown(*nets)
    for x in (224, 97, 33):
        page.set(X=x, N=2)
        totals = page.totals()
        assert totals == [by_sympy(net, {"X": x, "N": 2}) for net in nets]
        assert totals[0][:2] == totals[1][:2]


def _image() -> Any:
    import torch

    return torch.empty(1, 3, 224, 224, device="meta")


# -- people ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440, 2000])
def test_an_accessibility_checker_finds_nothing(browser: Any, tmp_path: Path, scheme: str, width: int) -> None:
    options = {"bypass_csp": True, "color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    page = Shown(browser, tmp_path / "page.html", Report((load("vgg16"), load("resnet"))), **options)
    page.page.add_script_tag(path=str(AXE))
    found = page.page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")["violations"]
    assert [(v["id"], v["impact"], [n["target"] for n in v["nodes"]][:3]) for v in found] == []
    page.context.close()


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_nothing_is_wider_than_the_screen(shown: Any, width: int) -> None:
    nets = load("vgg16"), load("resnet"), load("gpt")
    page = shown(*nets, options={"viewport": {"width": width, "height": 740}})
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_keyboard_alone_reaches_everything(shown: Any) -> None:
    page = shown(load("vgg16"), load("resnet50"))
    reached = set()
    for _ in range(80):
        page.page.keyboard.press("Tab")
        reached.add(
            page.page.evaluate(
                "(() => { const e = document.activeElement; return e.id || e.getAttribute('role') || e.className; })()"
            )
        )
    for wanted in ("box-0", "slider-0", "box-1", "reset", "copy", "plot-x", "plot-y", "plot-from", "plot-to", "tab-0"):
        assert wanted in reached, wanted
    assert {"filter-0", "formulas-0"} <= reached
    page.page.locator("#tab-0").focus()
    page.page.keyboard.press("ArrowRight")
    page.settle()
    assert page.page.locator("#tab-1").get_attribute("aria-selected") == "true"


def test_a_table_is_sorted_and_filtered(shown: Any) -> None:
    page = shown(load("resnet50"))
    rows = "#model-0 .layers tbody tr:visible"
    names = page.page.locator(f"{rows} th").all_text_contents()
    page.page.locator("#filter-0").fill("conv 7×7")
    page.settle()
    assert len(page.page.locator(rows).all()) == 1
    page.page.locator("#filter-0").fill("")
    head = page.page.locator("#model-0 th[aria-sort] button").nth(4)
    assert "params" in head.text_content()
    for _ in range(2):
        head.click()
        page.settle()
        if page.page.locator("#model-0 th[aria-sort=descending]").count():
            break
    # The 3×3 convolution of two equal blocks, which stand there once: more than the 2,049,000 of the head.
    first = page.page.locator(rows).first.locator("td.figure").nth(1).text_content()
    assert first.replace("\u202f", "") == f"{2 * 9 * 512 * 512}"
    for _ in range(2):
        if page.page.locator("#model-0 th[aria-sort=descending], #model-0 th[aria-sort=ascending]").count():
            head.click()
            page.settle()
    assert page.page.locator(f"{rows} th").all_text_contents() == names


def test_a_printer_gets_all_models(browser: Any, tmp_path: Path) -> None:
    page = Shown(browser, tmp_path / "page.html", Report((load("vgg16"), load("resnet50"))))
    page.set(X=97)
    page.page.emulate_media(media="print")
    page.settle()
    made = page.page.pdf(format="A4", path=str(tmp_path / "page.pdf"))
    assert made.startswith(b"%PDF-")
    visible = page.page.locator("article.model:visible").count()
    assert visible == 2
    page.close()


def test_500_layers_are_shown_and_follow(shown: Any) -> None:
    net = Network("deep")
    net.input("image", "N", 8, "X", "X")
    for number in range(500):
        net.add(f"stage{number // 50}/conv{number}", Conv(8, padding=1))
    page = shown(net)
    page.set(X=33)
    assert page.totals() == [by_sympy(net, {"X": 33, "N": 1})]
    assert page.page.locator("#model-0 .layers tbody tr").count() == 500


def test_without_a_script_the_figures_stand_there(browser: Any, tmp_path: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    path = tmp_path / "page.html"
    Report((load("vgg16"),)).save(path)
    opened = context.new_page()
    opened.goto(f"file://{path}")
    text = opened.locator("body").inner_text()
    assert "15\u202f470\u202f264\u202f320" in text
    assert "need JavaScript" in text
    context.close()
