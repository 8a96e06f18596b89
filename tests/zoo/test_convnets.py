"""The convolutional networks from LeNet-5 to DenseNet: siblings that nobody lists, rectangles, and what is legal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from symconv import Network, parse_spec
from symconv.cost import cost_of, exact_rational
from symconv.errors import DomainError
from symconv.readers.catalogue import bundled, load
from symconv.symbols import FIELD

ROOT = Path(__file__).parents[2]

#: The networks of this file: their spec, their variant (none where it is the spec itself), their entry in a truth file.
NETWORKS: tuple[tuple[str, str | None, str], ...] = (
    ("lenet5", None, "papers:lenet5"),
    ("zfnet", None, "papers:zfnet"),
    ("nin", None, "papers:nin cifar10"),
    ("nin", "nin_imagenet", "papers:nin imagenet"),
    *(("vgg", f"vgg{d}{bn}", f"torchvision_more:vgg{d}{bn}") for d in (11, 13, 16, 19) for bn in ("", "_bn")),
    ("googlenet", None, "torchvision_more:googlenet"),
    ("googlenet", "googlenet_with_heads", "torchvision_more:googlenet with auxiliary heads"),
    ("inception_v3", None, "torchvision_more:inception_v3"),
    ("inception_v3", "inception_v3_without_head", "torchvision_more:inception_v3 without auxiliary head"),
    *(("resnet", f"resnet{d}", f"torchvision_more:resnet{d}") for d in (18, 34, 50, 101, 152)),
    *(("resnet", f"wide_resnet{d}_2", f"torchvision_more:wide_resnet{d}_2") for d in (50, 101)),
    *(("resnet", f"resnext{d}", f"torchvision_more:resnext{d}") for d in ("50_32x4d", "101_32x8d", "101_64x4d")),
    *(("seresnet", f"legacy_seresnet{d}", f"timm:legacy_seresnet{d}") for d in (18, 50, 101, 152)),
    *(("seresnet", f"seresnet{d}", f"timm:seresnet{d}") for d in (18, 50, 101)),
    *(("densenet", f"densenet{d}", f"torchvision_more:densenet{d}") for d in (121, 161, 169, 201)),
    *(("squeezenet", f"squeezenet1_{v}", f"torchvision_more:squeezenet1_{v}") for v in (0, 1)),
    ("xception", None, "timm:legacy_xception"),
)


@cache
def truth(key: str) -> dict[str, Any]:
    file, _, name = key.partition(":")
    entry: dict[str, Any] = json.loads((ROOT / "tests" / "truth" / f"{file}.json").read_text("utf-8"))[name]
    return entry


def text_of(family: str, **replaced: str) -> str:
    """The text of a bundled spec; each replacement has to find something."""
    return replacing((ROOT / "specs" / f"{family}.yaml").read_text("utf-8"), replaced)


def replacing(text: str, replaced: Mapping[str, str]) -> str:
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    return text


def sibling(family: str, replaced: Mapping[str, str] | None = None, **values: Any) -> Network:
    """A member of a family that its spec does not list."""
    text = replacing(text_of(family), {**(replaced or {}), "\nvariants:\n": f"\nvariants:\n  sibling: {{set: {json.dumps(values)}}}\n"})
    return parse_spec(text).network("sibling")


def rectangular(family: str, variant: str | None) -> Network:
    """The network on images of H×W."""
    replaced = {"input: [N, 3, X, X]": "input: [N, 3, H, W]", "usual: {X: ": "usual: {H: "}
    return parse_spec(replacing(text_of(family), replaced)).network(variant)


def at(place: str) -> dict[str, int]:
    return {name: int(value) for name, value in (part.split("=") for part in place.split(","))}


def equals(net: Network, key: str) -> None:
    """A network has the params and buffers of an entry, and its MACs at each square size."""
    entry = truth(key)
    assert (net.evaluate("params"), net.evaluate("buffers")) == (entry["params"], entry["buffers"])
    for place, figures in entry["at"].items():
        if "X" in at(place):
            assert net.evaluate("macs", **at(place)) == figures["macs"], place


# -- every network here ------------------------------------------------------------------------------------------------


RECTANGLES = [n for n in NETWORKS if any("H=" in place for place in truth(n[2])["at"])]


@pytest.mark.parametrize(("family", "variant", "key"), RECTANGLES, ids=[n[2] for n in RECTANGLES])
def test_images_that_are_no_squares_cost_what_was_measured(family: str, variant: str | None, key: str) -> None:
    net = rectangular(family, variant)
    for place, figures in truth(key)["at"].items():
        values = at(place)
        values = {"H": values.get("X"), "W": values.get("X"), **values}
        assert net.evaluate("macs", H=values["H"], W=values["W"], N=values["N"]) == figures["macs"], place


LEAST = [n for n in NETWORKS if "least" in truth(n[2])]


@pytest.mark.parametrize(("family", "variant", "key"), LEAST, ids=[n[2] for n in LEAST])
def test_the_domain_begins_at_the_least_image_that_the_framework_takes(
    family: str, variant: str | None, key: str
) -> None:
    net, least = load(variant or family), truth(key)["least"]
    ((x, sizes),) = [(s, net.domain.sizes(s)) for s in net.at({"X": least})]
    assert [X for X in range(1, least + 71) if X in sizes] == list(range(least, least + 71))
    if least > 1:
        with pytest.raises(DomainError):
            net.evaluate("macs", X=least - 1, N=1)


def slid(x: int, *windows: tuple[int, int, int, bool]) -> list[int]:
    """The extents behind windows of kernel, stride, padding and ceil; ends where one is below 1."""
    out = [x]
    for kernel, stride, padding, ceil in windows:
        over = out[-1] + 2 * padding - kernel
        m = (-(-over // stride) if ceil else over // stride) + 1
        m -= ceil and (m - 1) * stride >= out[-1] + padding  # no window begins behind the image
        if m < 1:
            return []
        out.append(m)
    return out


@pytest.mark.parametrize(
    ("name", "last", "windows"),
    [
        ("lenet5", 1, [(5, 1, 0, False), (2, 2, 0, False), (5, 1, 0, False), (2, 2, 0, False), (5, 1, 0, False)]),
        ("zfnet", 6, [(7, 2, 1, False), (3, 2, 0, True), (5, 2, 0, False), (3, 2, 0, True), (3, 2, 0, False)]),
    ],
)
def test_a_head_of_fixed_width_takes_images_that_leave_its_grid(
    name: str, last: int, windows: list[tuple[int, int, int, bool]]
) -> None:
    net = load(name)
    sizes = net.domain.sizes(next(iter(net.at({"X": net.usual["X"]}))))
    legal = [X for X in range(1, 400) if slid(X, *windows)[-1:] == [last]]
    assert [X for X in range(1, 400) if X in sizes] == legal


def test_zfnet_has_the_extents_of_its_figure() -> None:
    net = load("zfnet")
    extents = [node.out.at(net.at({"X": 224, "N": 1})) for node in net.nodes if node.layer.kind in ("conv", "max_pool")]
    assert [shape[-1] for shape in extents] == [110, 55, 26, 13, 13, 13, 13, 6]


#: What torchvision has as functions, which its count of modules' outputs leaves out.
FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "vgg": (),
    "resnet": ("add",),
    "squeezenet": ("concat",),
    "googlenet": ("concat", "relu"),
    "densenet": ("concat", "features/relu2", "classifier/global_avg_pool1"),
}


@pytest.mark.parametrize(
    ("family", "variant", "key"),
    [n for n in NETWORKS if n[0] in FUNCTIONS and n[1] != "googlenet_with_heads"],
)
def test_activations_are_those_of_the_frameworks_modules(family: str, variant: str | None, key: str) -> None:
    net = load(variant or family)
    apart = [node.name for node in net.nodes if {node.name, node.layer.kind} & set(FUNCTIONS[family])]
    costs = net.costs("activations")
    for place, figures in truth(key)["at"].items():
        if "X" in at(place):
            values = at(place)
            counted = net.evaluate("activations", **values) - sum(evaluated(costs[n], values, net) for n in apart)
            assert counted == figures["activations"], place


def evaluated(cost: Any, values: Mapping[str, int], net: Network) -> int:
    from symconv.cost import evaluate_cost

    return int(evaluate_cost(cost, net.at(values)))
