"""Folding draws what is equal once, and loses nothing."""

from __future__ import annotations

from collections.abc import Callable

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from networks import densenet, googlenet, mobilenet_v2

from symconv import Network, load
from symconv.cost import Cost, total_of
from symconv.layers import Add, BatchNorm, Concat, Conv, Flatten, Linear, MaxPool, ReLU
from symconv.writers.pictures.boxes import Box, Group, Picture, paths
from symconv.writers.pictures.folding import picture
from writers.networks import inception, resnet, unet, vgg16


def shown(drawn: Picture) -> list[tuple[str, int]]:
    """The full names of the boxes, `first…last` for a repeat, with how often each stands there."""
    return [("/".join(box.path) + (f"…{box.last}" if box.last else ""), times) for box, times in drawn.boxes()]


def total(net: Network, drawn: Picture, metric: str) -> Cost:
    costs = net.costs(metric)
    return total_of(costs[node.name] * times for box, times in drawn.boxes() for node in box.nodes)


def chain(*layers: object, path: str = "") -> Network:
    net = Network()
    net.input("image", "N", 8, "X", "X")
    for i, layer in enumerate(layers):
        net.add(f"{path}l{i}", layer)  # type: ignore[arg-type]
    return net


def test_vgg_is_drawn_with_its_activations_in_their_layers_and_its_equal_layers_once() -> None:
    assert shown(picture(vgg16())) == [
        ("image", 1),
        ("stage1/conv1", 1),
        ("stage1/conv2", 1),
        ("stage1/pool", 1),
        ("stage2/conv1", 1),
        ("stage2/conv2", 1),
        ("stage2/pool", 1),
        ("stage3/conv1", 1),
        ("stage3/conv2…conv3", 2),
        ("stage3/pool", 1),
        ("stage4/conv1", 1),
        ("stage4/conv2…conv3", 2),
        ("stage4/pool", 1),
        ("stage5/conv1…conv3", 3),
        ("stage5/pool", 1),
        ("head/flatten", 1),
        ("head/fc1", 1),
        ("head/fc2", 1),
        ("head/fc3", 1),
    ]


def test_equal_blocks_of_a_stage_are_one_group() -> None:
    stages = {item.title: item for item in picture(resnet()).items if isinstance(item, Group)}
    folded = {name: [(i.title, i.last, i.times) for i in stages[name].items] for name in stages if "stage" in name}
    assert folded == {
        "stage1": [("block0", "", 1), ("block1", "block2", 2)],
        "stage2": [("block0", "", 1), ("block1", "block3", 3)],
        "stage3": [("block0", "", 1), ("block1", "block5", 5)],
        "stage4": [("block0", "", 1), ("block1", "block2", 2)],
    }


def test_a_pattern_without_a_path_of_its_own_repeats_too() -> None:
    net = Network()
    last = net.input("image", "N", 8, "X", "X")
    for i in range(4):
        net.add(f"conv{i}a", Conv(8, padding=1), last)
        net.add(f"conv{i}b", Conv(8, 1))
        last = net.add(f"add{i}", Add(), f"conv{i}b", last)
    drawn = picture(net)
    (group,) = (item for item in drawn.items if isinstance(item, Group))
    assert (group.path, group.title, group.last, group.times) == ((), "conv0a", "add3", 4)
    assert drawn.edges == (("image", "conv0a"), ("conv0a", "conv0b"), ("conv0b", "add0"), ("image", "add0"))


def test_repeats_within_repeats_multiply() -> None:
    net = Network()
    net.input("image", "N", 8, "X", "X")
    for block in range(3):
        for i in range(2):
            net.add(f"b{block}/conv{i}", Conv(8, padding=1))
        net.add(f"b{block}/last", Conv(8, 1))
    assert shown(picture(net)) == [("image", 1), ("b0/conv0…conv1", 6), ("b0/last", 3)]


@pytest.mark.parametrize(
    "net",
    [
        chain(Conv(8, padding=1), Conv(8, padding=1, bias=False)),
        chain(Conv(8), Conv(8)),  # on other extents
        chain(MaxPool(2), Conv(8, padding=1), MaxPool(2), Conv(8, padding=1)),
        inception(),
    ],
)
def test_layers_that_cost_differently_or_stand_side_by_side_are_not_folded(net: Network) -> None:
    assert all(times == 1 for _, times in picture(net).boxes())


def test_a_connection_out_of_the_middle_keeps_a_run_apart() -> None:
    net = Network()
    net.input("image", "N", 8, "X", "X")
    for i in range(4):
        net.add(f"conv{i}", Conv(8, padding=1))
    net.add("concat", Concat(), "conv3", "conv1")
    assert shown(picture(net)) == [("image", 1), ("conv0…conv1", 2), ("conv2…conv3", 2), ("concat", 1)]
    assert ("conv0", "concat") in picture(net).edges


def test_dense_connections_are_all_drawn() -> None:
    net = Network()
    names = [net.input("image", "N", 8, "X", "X")]
    for i in range(5):
        total = net.add(f"add{i}", Add(), *names) if i else names[0]
        names.append(net.add(f"conv{i}", Conv(8, padding=1), total))
    assert all(times == 1 for _, times in picture(net).boxes())


def test_blocks_that_are_wired_otherwise_are_not_equal() -> None:
    net = Network()
    last = net.input("image", "N", 8, "X", "X")
    for i, swapped in enumerate((False, True)):
        a = net.add(f"b{i}/a", Conv(8, padding=1), last)
        b = net.add(f"b{i}/b", Conv(8, padding=1), last if swapped else a)
        last = net.add(f"b{i}/add", Add(), a, b)
    assert all(times == 1 for _, times in picture(net).boxes())


def test_the_first_of_layers_that_share_weights_stands_alone() -> None:
    net = Network()
    net.input("image", "N", 8, "X", "X")
    net.add("a", Conv(8, padding=1))
    net.add("b", Conv(8, padding=1), shares="a")
    net.add("c", Conv(8, padding=1), shares="a")
    drawn = picture(net)
    assert shown(drawn) == [("image", 1), ("a", 1), ("b…c", 2)]
    assert total(net, drawn, "params") == net.cost("params") == 8 * 8 * 9 + 8


@pytest.mark.parametrize(
    ("layer", "joins"),
    [
        (ReLU(), True),
        (BatchNorm(), True),
        (MaxPool(3, 1, 1), False),  # keeps the shape, but looks around
        (MaxPool(2), False),
        (Conv(8, 1), False),
        (Flatten(), False),
    ],
)
def test_a_layer_joins_the_one_before_where_it_keeps_the_shape_point_by_point(layer: object, joins: bool) -> None:
    drawn = [box for box, _ in picture(chain(Conv(8, padding=1, bias=False), layer)).boxes()]
    assert [len(box.nodes) for box in drawn] == ([0, 2] if joins else [0, 1, 1])


def test_a_layer_does_not_join_one_that_others_read_too_or_of_another_path() -> None:
    net = Network()
    net.input("image", "N", 8, "X", "X")
    net.add("a/conv", Conv(8, padding=1))
    net.add("b/relu", ReLU())
    net.add("b/relu2", ReLU(), "b/relu")
    net.add("b/add", Add(), "b/relu2", "b/relu")
    assert [len(box.nodes) for box, _ in picture(net).boxes()] == [0, 1, 1, 1, 1]


@pytest.mark.parametrize(
    "build", [vgg16, resnet, lambda: resnet(mark="."), unet, inception, googlenet, mobilenet_v2, densenet]
)
def test_the_boxes_sum_to_the_network(build: Callable[[], Network]) -> None:
    net = build()
    for fold in (True, False):
        for depth in (None, 1, 2):
            drawn = picture(net, fold, depth)
            for metric in ("macs", "params", "activations"):
                assert total(net, drawn, metric) == net.cost(metric)
            assert sum(len(box.nodes) * times for box, times in drawn.boxes()) == len(net.nodes)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.booleans()), min_size=1, max_size=12))
def test_any_network_keeps_its_total(steps: list[tuple[int, int, bool]]) -> None:
    """Chains of few layer kinds with connections that reach back at random."""
    net = Network()
    names = [net.input("image", "N", 4, "X", "X")]
    layers = (Conv(4, padding=1), Conv(4, 1), ReLU(), BatchNorm())
    for i, (kind, back, grouped) in enumerate(steps):
        path = f"g{i // 3}/" if grouped else ""
        names.append(net.add(f"{path}l{i}", layers[kind]))
        if back > 2:
            names.append(net.add(f"{path}add{i}", Add(), names[-1], names[max(0, len(names) - back)]))
    drawn = picture(net)
    assert total(net, drawn, "ops") == net.cost("ops")
    assert total(net, drawn, "params") == net.cost("params")
    keys = [box.key for box, _ in drawn.boxes()]
    assert len(set(keys)) == len(keys)
    assert {end for edge in drawn.edges for end in edge} <= set(keys)
    # A chain stays in one piece whatever is folded away.
    assert len(keys) == 1 or {target for _, target in drawn.edges} == set(keys) - {"image"}


def test_a_depth_makes_one_box_of_what_is_below() -> None:
    drawn = picture(resnet(), depth=1)
    assert shown(drawn) == [(name, 1) for name in ("image", "stem", "stage1", "stage2", "stage3", "stage4", "head")]
    assert [len(box.nodes) for box, _ in drawn.boxes()] == [0, 4, 32, 42, 62, 32, 3]
    assert ("stage2/block1…block3", 3) in shown(picture(resnet(), depth=2))


def test_without_folding_each_layer_is_a_box_and_each_connection_an_edge() -> None:
    net = resnet()
    drawn = picture(net, fold=False)
    assert [box.key for box, _ in drawn.boxes()] == list(net.graph.nodes)
    assert set(drawn.edges) == set(net.graph.edges)


def test_a_name_may_be_the_path_of_others() -> None:
    net = Network()
    net.input("a", "N", 8, "X", "X")
    net.add("a/conv", Conv(8, padding=1))
    net.add("a/conv/norm", BatchNorm())
    assert [(type(item), item.title) for item in picture(net).items] == [(Box, "a"), (Group, "a")]
    assert sum(len(box.nodes) for box, _ in picture(net, depth=1).boxes()) == 2


def test_paths_are_parted_by_slashes_or_else_by_dots() -> None:
    assert paths(["a/b.c", "d"]) == {"a/b.c": ("a", "b.c"), "d": ("d",)}
    assert paths(["layer1.0.conv1", "fc"]) == {"layer1.0.conv1": ("layer1", "0", "conv1"), "fc": ("fc",)}
    assert paths(["v1.", "..."]) == {"v1.": ("v1.",), "...": ("...",)}
    assert len(paths(["a/" * 5000 + "b"])["a/" * 5000 + "b"]) == 9


def test_a_thousand_equal_layers_are_one_box_and_unequal_ones_stay() -> None:
    net = Network()
    net.input("rows", "N", 8)
    for i in range(1000):
        net.add(f"fc{i}", Linear(8))
    assert shown(picture(net)) == [("rows", 1), ("fc0…fc999", 1000)]


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("depth", [None, 1, 2])
@pytest.mark.parametrize("name", ["vgg16", "resnet", "googlenet", "densenet121", "vit_b_16", "unet", "resnet50_fpn"])
def test_every_node_belongs_to_one_box(name: str, depth: int | None, fold: bool) -> None:
    net = load(name)
    shown = picture(net, fold, depth)
    names = [node.name for nodes in shown.nodes.values() for node in nodes]
    assert sorted(names) == sorted(node.name for node in net.nodes)
    for box, times in shown.boxes():
        assert len(shown.nodes[box.key]) == times * len(box.nodes)
