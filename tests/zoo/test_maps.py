"""Networks whose output is a map, a picture or a line of text: siblings that no spec lists, and what is legal."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from symconv import Network, parse_spec
from symconv.cost import evaluate_cost
from symconv.readers.catalogue import load
from symconv.symbols import symbol
from zoo.figures import RECTANGLE, activations, assert_equals, is_legal, measured, sibling, sizes_of, text_of

# -- segmentation and pyramids on a ResNet -----------------------------------------------------------------------------

DEPTHS: Final = {"50": (3, 4, 6, 3), "101": (3, 4, 23, 3)}


def depths(resnet: str) -> dict[str, int]:
    return dict(zip(("n1", "n2", "n3", "n4"), DEPTHS[resnet]))


@pytest.mark.parametrize("resnet", DEPTHS)
@pytest.mark.parametrize("family", ["fcn", "deeplabv3"])
def test_a_segmentation_network_is_a_value_of_its_family_for_squares_and_rectangles(family: str, resnet: str) -> None:
    entry = f"{family}_resnet{resnet}"
    assert_equals(load(family), entry, **depths(resnet))
    assert_equals(sibling(family, RECTANGLE, **depths(resnet)), entry)


@pytest.mark.parametrize("family", ["fcn", "deeplabv3"])
def test_the_auxiliary_head_works_in_inference_and_can_be_left_out(family: str) -> None:
    entry = f"{family}_resnet50 without auxiliary head"
    net = sibling(family, aux=False, **depths("50"))
    assert_equals(net, entry)
    whole = load(f"{family}_resnet50")
    head = whole.cost("macs", only="aux_classifier")
    assert str(head) == "2364672·N·⌈X/8⌉²"
    assert whole.cost("macs") == net.cost("macs") + head


def test_fcn_costs_at_the_size_of_its_weights_what_torchvision_publishes() -> None:
    macs = load("fcn_resnet50").evaluate("macs", X=520, N=1)
    assert (macs, round(macs / 10**9, 3)) == (152716512000, 152.717)


@pytest.mark.parametrize("norm", ["BatchNorm2d", "FrozenBatchNorm2d"])
def test_a_pyramid_is_a_value_of_its_family_for_squares_and_rectangles(norm: str) -> None:
    entry, frozen = f"resnet50_fpn {norm}", norm.startswith("Frozen")
    assert_equals(sibling("fpn", frozen=frozen), entry, **depths("50"))
    assert_equals(sibling("fpn", RECTANGLE, frozen=frozen, **depths("50")), entry)


def test_a_pyramid_has_maps_of_five_scales() -> None:
    net = load("resnet50_fpn")
    maps = [str(net.node(f"p{i}").out) for i in range(2, 7)]
    assert maps == [f"N×256×⌈X/{side}⌉²" for side in (4, 8, 16, 32, 64)]


@pytest.mark.parametrize("name", ["fcn_resnet50", "fcn_resnet101", "deeplabv3_resnet50", "deeplabv3_resnet101"])
def test_a_segmentation_network_takes_every_image_and_gives_each_pixel_its_classes(name: str) -> None:
    net = load(name)
    assert all(is_legal(net, X) for X in range(1, 80))
    assert str(net.output) == "N×21×X²"


# -- U-Net -------------------------------------------------------------------------------------------------------------


def unet(depth: int, replaced: dict[str, str] | None = None, **values: Any) -> Network:
    """A U-Net of another depth: one level inside the other, from the bottom up."""
    inner: dict[str, Any] = {"pair": {"name": "bottom", "width": f"{2**depth}*w"}}
    for level in reversed(range(depth)):
        inner = {"level": {"name": f"level{level + 1}", "width": f"{2**level}*w", "below": [inner]}}
    layers = [inner, {"conv": {"name": "last", "channels": "classes", "kernel": 1}}]
    text = text_of("unet", {"\nusual: ": "\n# usual: ", **(replaced or {})})
    written = json.dumps({"sibling": {"set": values}})
    head = text[: text.index("\nlayers:\n")]
    return parse_spec(f"{head}\nlayers: {json.dumps(layers)}\nvariants: {written}\n").network("sibling")


@pytest.mark.parametrize(
    ("entry", "depth", "values"),
    [
        ("unet", 4, {}),
        ("unet padded=True", 4, {"padding": 1}),
        ("unet channels=3 classes=1 padded=True", 4, {"channels": 3, "classes": 1, "padding": 1}),
        ("unet channels=3 classes=5 width=12 depth=2", 2, {"channels": 3, "classes": 5, "w": 12}),
        ("unet width=10 depth=3 padded=True", 3, {"w": 10, "padding": 1}),
    ],
)
def test_a_u_net_of_any_depth_takes_the_images_that_the_framework_takes(
    entry: str, depth: int, values: dict[str, int]
) -> None:
    net, figures = unet(depth, **values), measured(entry, "papers")
    assert_equals(net, entry, "papers")
    assert_equals(unet(depth, {"channels, X, X]": "channels, H, W]"}, **values), entry, "papers")
    if "legal" in figures:
        assert [X for X in range(1, figures["legal_to"] + 1) if is_legal(net, X)] == figures["legal"]


def test_the_domain_of_the_u_net_says_which_images_are_legal() -> None:
    assert str(load("unet").domain) == "X ≥ 188, X ≡ 12 (mod 16)"
    assert str(load("unet_padded").domain) == "X ≡ 0 (mod 16)"


def test_the_u_net_of_the_paper_makes_388_of_572() -> None:
    net = load("unet").substitute(X=572)
    assert str(net.output) == "N×2×388×388"


def test_on_its_legal_images_the_u_net_is_a_polynomial() -> None:
    net = load("unet")
    q = net.symbol("q", "count")
    on_class = net.substitute(X=16 * q + 12)
    assert str(on_class.output) == "N×2×(16·q − 172)²"
    assert on_class.evaluate("macs", q=35, N=1) == measured("unet", "papers")["at"]["X=572,N=1"]["macs"]
    assert "⌊" not in str(on_class.cost("macs"))


# -- DCGAN and CRNN ----------------------------------------------------------------------------------------------------


def test_a_generator_of_other_widths_and_colours() -> None:
    assert_equals(sibling("dcgan_generator", w=10, colours=1), "dcgan generator width=10", "papers")


def test_a_crnn_of_other_widths_and_signs() -> None:
    assert_equals(sibling("crnn", hidden=96, classes=11), "crnn hidden=96 classes=11", "papers")


@pytest.mark.parametrize("name", ["crnn", "crnn_padded"])
def test_a_crnn_takes_the_heights_that_leave_one_row(name: str) -> None:
    heights = load(name).domain.sizes(symbol("H"))
    assert [H for H in range(1, 80) if H in heights] == list(range(32, 48))


def test_a_discriminator_says_one_number_of_an_image_of_64_and_a_map_of_larger_ones() -> None:
    net = load("dcgan_discriminator")
    assert [X for X in range(1, 70) if is_legal(net, X)] == list(range(64, 70))
    assert str(net.substitute(X=64).output) == "N×1×1×1"


# -- activations -------------------------------------------------------------------------------------------------------

#: What the framework runs as functions, of which a count of its modules' outputs knows nothing.
FUNCTIONS: Final = {
    "fcn_resnet50": ("fcn_resnet50", "torchvision_more", ("add", "upsample")),
    "deeplabv3_resnet50": ("deeplabv3_resnet50", "torchvision_more", ("add", "concat", "upsample")),
    "unet": ("unet", "papers", ("crop", "concat")),
    "unet_padded": ("unet padded=True", "papers", ("crop", "concat")),
    "dcgan_generator": ("dcgan generator", "papers", ()),
    "dcgan_discriminator": ("dcgan discriminator", "papers", ()),
    "crnn": ("crnn", "papers", ()),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_activations_are_the_outputs_of_the_frameworks_modules(name: str) -> None:
    entry, file, functions = FUNCTIONS[name]
    net = load(name)
    for place, figures in measured(entry, file)["at"].items():
        sizes = sizes_of(place)
        if sizes.keys() <= net.symbols.keys():
            assert activations(net, functions, **sizes) == figures["activations"], place


def test_the_pyramids_last_module_hands_all_its_maps_on_and_makes_the_coarsest() -> None:
    net = load("resnet50_fpn")
    for place, figures in measured("resnet50_fpn FrozenBatchNorm2d")["at"].items():
        if "X" in (sizes := sizes_of(place)):
            handed_on = sum(evaluate_cost(net.node(f"p{i}").out.elements, net.at(sizes)) for i in range(2, 6))
            assert activations(net, ("add", "upsample"), **sizes) + handed_on == figures["activations"], place
