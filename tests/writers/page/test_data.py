"""A page's programs have the values that SymPy's totals have, refuse what the domain refuses and in its words."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symconv import Network, load
from symconv.errors import DomainError, SymconvError
from symconv.layers import Add, Conv, ConvTranspose, MaxPool, Unknown
from symconv.readers import bundled
from symconv.writers.page.data import Contents
from writers.page.reading import Broken, ratio, run, tree

METRICS = ("macs", "params", "activations")


@pytest.fixture(autouse=True)
def _undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Diagrams have tests of their own."""
    monkeypatch.setattr("symconv.writers.page.data.Picture", lambda *given: type("", (), {"svg": "", "boxes": {}}))


def told(*networks: Network, at: dict[str, Any] | None = None) -> Any:
    return Contents(networks, METRICS, at or {}, None).data()


def values(data: Any, model: Any, at: dict[str, Any]) -> list[Fraction]:
    """The totals that a page shows at these sizes."""
    controls = {i: Fraction(at[c["name"]]) for i, c in enumerate(data["controls"]) if c["name"] in at}
    slots = run(model, controls, model["totals"])
    return [ratio(value, slots) for value in model["totals"]["values"]]


def layers(data: Any, model: Any, at: dict[str, Any]) -> list[list[Fraction]]:
    """What every layer costs, metric by metric."""
    controls = {i: Fraction(at[c["name"]]) for i, c in enumerate(data["controls"]) if c["name"] in at}
    slots = run(model, controls, model["parts"])
    return [[ratio(c["value"], slots) if c else Fraction(0) for c in layer["costs"]] for layer in model["layers"]]


def refusal(net: Network, at: dict[str, Any]) -> str | None:
    """What the domain says of these sizes; nothing where it allows them."""
    try:
        net.at(at)
    except DomainError as refused:
        return str(refused)
    return None


def sizes_near(net: Network, start: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    found = {}
    for name in net.symbols:
        usual = start[name]
        found[name] = rng.choice((usual, usual, 2 * usual, max(1, usual + rng.randint(-7, 7)), rng.randint(1, 400)))
    return found


@pytest.mark.parametrize("name", [name for name, _ in bundled()])
def test_totals_and_layers_equal_sympys_at_random_sizes(name: str) -> None:
    net = load(name)
    data = told(net)
    (model,) = data["models"]
    assert model["unchecked"] == []
    rng = random.Random(name)
    start = {c["name"]: int(c["start"]) for c in data["controls"]}
    totals = {metric: net.total(metric) for metric in METRICS}
    for at in [start, *(sizes_near(net, start, rng) for _ in range(4))]:
        if (refused := refusal(net, at)) is not None:
            with pytest.raises(Broken) as found:
                values(data, model, at)
            assert refused.endswith(str(found.value).split(": ", 1)[1])
            continue
        wanted = [int(total.subs({s: at[s.name] for s in total.free_symbols}).doit()) for total in totals.values()]
        assert values(data, model, at) == wanted
        if not net.choices:
            assert [sum(of) for of in zip(*layers(data, model, at))] == wanted


def test_multipliers_are_fractions() -> None:
    net = load("efficientnet")
    data = told(net)
    at = {"X": 240, "N": 1, "d": Fraction(11, 10), "w": 1}
    # Published for EfficientNet-B1.
    assert values(data, data["models"][0], at)[1] == 7_794_184
    sliders = {c["name"]: (c["slider"], c["per"]) for c in data["controls"]}
    assert sliders["d"] == sliders["w"] == ((1, 40, 1), 20)
    assert sliders["X"] == ((1, 4 * 224, 1), 1)


def test_a_width_in_channels_and_a_multiplier_are_two_controls() -> None:
    data = told(load("resnet"), load("efficientnet"))
    labels = {c["label"]: c["start"] for c in data["controls"]}
    assert labels["w of resnet"] == "64"
    assert labels["w of EfficientNet"] == "1"
    assert {c["name"] for c in data["controls"]} == {"X", "N", "n1", "n2", "n3", "n4", "w", "d"}
    assert len(labels) == 9


def test_equally_named_symbols_are_one_control() -> None:
    data = told(load("vgg16"), load("resnet50"), load("vit_b_16"))
    assert [c["name"] for c in data["controls"]] == ["X", "N"]
    assert [[p["control"] for p in m["parameters"]] for m in data["models"]] == [[1, 0]] * 3
    assert data["controls"][0]["start"] == "224"
    # ViT-B/16 wants X in 224…239; the others go on.
    assert data["controls"][0]["slider"] == (1, 896, 1)


def test_a_symbol_of_the_model_is_not_taken_for_the_fields() -> None:
    # P is the side of a patch in ViT, and the field's padding elsewhere.
    roles = {c["name"]: c["role"] for c in told(load("vit"))["controls"]}
    assert (roles["X"], roles["N"], roles["P"], roles["L"]) == ("extent", "batch", "", "")


def test_a_page_starts_where_most_networks_are_legal() -> None:
    # U-Net's usual 572 suits MobileNet too, whose 224 does not suit U-Net.
    assert told(load("mobilenet_v2"), load("unet"))["controls"][0]["start"] == "572"
    assert told(load("vgg16"), load("resnet50"), at={"X": 97})["controls"][0]["start"] == "97"
    with pytest.raises(DomainError, match="X = 31"):
        told(load("vgg16"), at={"X": 31})


def test_a_slider_goes_over_legal_sizes() -> None:
    # U-Net wants X = 188, 204, …
    assert told(load("unet"))["controls"][0]["slider"] == (188, 4 * 572, 16)
    assert told(load("vgg16"))["controls"][0]["slider"] == (32, 896, 1)
    assert told(load("bert-base"))["controls"][0]["slider"] == (1, 512, 1)
    assert told(load("vgg16"))["controls"][1]["slider"] == (1, 9, 1)
    net = Network("padded")
    net.input("image", 1, 3, 8, 8)
    net.add("conv", Conv(2, padding=net.symbol("P", "padding")))
    assert told(net)["controls"][0]["slider"] == (0, 8, 1)


def test_what_is_said_outside_of_the_domain_is_said_of_the_symbols_in_question() -> None:
    net = load("gpt")
    data = told(net)
    (model,) = data["models"]
    at = {c["name"]: int(c["start"]) for c in data["controls"]} | {"T": 9, "T_max": 8}
    with pytest.raises(Broken) as found:
        values(data, model, at)
    with pytest.raises(DomainError) as refused:
        net.at(at)
    names = [data["controls"][i]["name"] for i in json.loads(str(found.value).split(": ")[0])]
    said = ", ".join(f"{name} = {at[name]}" for name in names)
    assert str(refused.value) == said + str(found.value).split(": ", 1)[1]


def test_layers_show_what_comes_out_and_how_often_they_run() -> None:
    data = told(load("resnet"))
    (model,) = data["models"]
    at = {"X": 225, "N": 2, "w": 64, "n1": 3, "n2": 4, "n3": 6, "n4": 3}
    by_name = {layer["name"]: layer for layer in model["layers"]}
    inner = by_name["layer1/i/main/conv1/conv"]
    assert inner["times"] == "×(n1 − 1)"
    slots = run(model, {i: Fraction(at[c["name"]]) for i, c in enumerate(data["controls"])}, model["parts"])
    assert [tree(extent, slots) for extent in inner["output"]["extents"]] == [64, 57, 57]
    assert by_name["stem/conv1/conv"]["output"]["formula"] == "64×⌈X/2⌉²"
    assert by_name["stem/conv1/conv"]["costs"][0]["formula"] == "9408·N·⌈X/2⌉²"


def test_unknown_operators_are_a_control_of_their_own() -> None:
    net = Network("with an unknown")
    net.input("features", "N", 8)
    net.add("odd", Unknown("MyOp", (net.symbols["N"], 8), cost=net.symbol("cost[MyOp]", "padding")))
    data = told(net)
    (control,) = (c for c in data["controls"] if c["name"] == "cost[MyOp]")
    assert (control["start"], control["slider"]) == ("0", None)
    (model,) = data["models"]
    assert [values(data, model, {"N": 1, "cost[MyOp]": cost})[0] for cost in (0, 5)] == [0, 5]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_random_networks_agree_at_random_sizes(data: st.DataObject) -> None:
    net = Network("random")
    net.input("image", "N", 4, "X", "X")
    last = "image"
    for number in range(data.draw(st.integers(1, 5))):
        kind = data.draw(st.sampled_from(("conv", "pool", "up", "down and up")))
        name = f"n{number}"
        if kind == "conv":
            net.add(name, Conv(4, data.draw(st.integers(1, 5)), data.draw(st.integers(1, 3)), 2))
        elif kind == "pool":
            net.add(name, MaxPool(data.draw(st.integers(1, 3)), ceil=data.draw(st.booleans())))
        elif kind == "up":
            net.add(name, ConvTranspose(4, 2, 2))
        else:
            net.add(f"{name}/down", MaxPool(2), last)
            net.add(f"{name}/up", ConvTranspose(4, 2, 2))
            try:
                net.add(name, Add(), f"{name}/up", last)
            except SymconvError:
                return
        last = name
    x, n = data.draw(st.integers(1, 300)), data.draw(st.integers(1, 3))
    page = told(net)
    at = {"X": x, "N": n}
    if (refused := refusal(net, at)) is None:
        assert values(page, page["models"][0], at) == [net.evaluate(metric, **at) for metric in METRICS]
        return
    with pytest.raises(Broken) as found:
        values(page, page["models"][0], at)
    assert refused.endswith(str(found.value).split(": ", 1)[1])
