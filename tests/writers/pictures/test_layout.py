"""Networks have the shape that people draw."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from networks import densenet, googlenet, mobilenet_v2

from symconv import Network
from symconv.cost import as_number, product
from symconv.writers.pictures.folding import picture
from symconv.writers.pictures.layout import Layout, layout
from writers.networks import inception, resnet, unet, vgg16


def laid_out(net: Network) -> Layout:
    net = net.substitute(X=224, N=1)
    drawn = picture(net)
    points = {name: as_number(product(*net.tensor(name).spatial)) for name in net.graph if net.tensor(name).spatial}
    last = {box.key: box.nodes[-1].name if box.nodes else box.key for box, _ in drawn.boxes()}
    return layout(list(last), drawn.edges, lambda key: int(points[last[key]]) if last[key] in points else None)


def test_a_unet_is_a_u_with_its_connections_across() -> None:
    plan = laid_out(unet())
    back = {(wire.head, wire.tail) for wire in plan.wires if wire.attributes.get("dir") == "back"}
    across = {(wire.tail, wire.head) for wire in plan.wires if wire.attributes.get("minlen") == "0"}
    assert across == {(f"encoder/level{i}/conv2", f"decoder/level{i}/concat") for i in (1, 2, 3, 4)}
    assert {("bottom/conv2", "decoder/level4/up"), ("decoder/level1/conv2", "out")} <= back
    assert not any(name.startswith("encoder") for edge in back for name in edge)


@pytest.mark.parametrize("build", [vgg16, resnet, inception, googlenet, mobilenet_v2, densenet])
def test_a_classifier_is_no_u(build: Callable[[], Network]) -> None:
    assert not any("dir" in wire.attributes for wire in laid_out(build()).wires)


@pytest.mark.parametrize("build", [vgg16, resnet, inception, unet, densenet])
def test_every_connection_is_there_once_in_its_direction(build: Callable[[], Network]) -> None:
    net = build()
    seen = [w for w in laid_out(net).wires if w.attributes.get("style") != "invis"]
    ends = [(w.head, w.tail) if w.attributes.get("dir") == "back" else (w.tail, w.head) for w in seen]
    assert sorted(ends) == sorted(picture(net).edges)


def test_modules_hang_on_a_straight_trunk() -> None:
    unseen = {(w.tail, w.head) for w in laid_out(inception()).wires if w.attributes.get("style") == "invis"}
    assert unseen == {("image", "3a/concat"), ("3a/concat", "3b/concat")}
    assert not any("style" in w.attributes for w in laid_out(vgg16()).wires)


def test_boxes_that_are_no_order_of_computation_are_laid_out_as_they_are() -> None:
    plan = layout("ab", [("a", "b"), ("b", "a")], lambda key: None)
    assert [(w.tail, w.head) for w in plan.wires] == [("a", "b"), ("b", "a")]


def test_boxes_without_edges_are_held_by_the_trunk_alone() -> None:
    assert [wire.attributes for wire in layout("ab", [], lambda key: 1).wires] == [{"style": "invis"}]
    assert layout("", [], lambda key: 1).wires == ()
