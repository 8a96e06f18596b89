"""From MobileNet to MaxViT: families in multipliers, siblings that no spec lists, rectangles, and what is legal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import ceil
from typing import Any, Final

import pytest

from symconv import parse_spec
from symconv.cost import evaluate_cost, total_of
from symconv.readers.catalogue import load
from symconv.sympy_bridge import to_sympy
from zoo.figures import RECTANGLE, activations, assert_equals, is_legal, measured, sibling, sizes_of, text_of

#: The networks of this file: the spec's file, the variant, and the entry of the measured figures.
V1: Final = (("", "1.0"), ("_0_75", "0.75"), ("_0_5", "0.5"), ("_0_25", "0.25"))
V2: Final = (("", ""), ("_0_5", " width=0.5"), ("_0_75", " width=0.75"), ("_1_4", " width=1.4"))
NETWORKS: Final[tuple[tuple[str, str, str], ...]] = (
    *(("mobilenet_v1", f"mobilenet_v1{name}", f"mobilenetv1 width={width}") for name, width in V1),
    *(("mobilenet_v2", f"mobilenet_v2{name}", f"mobilenet_v2{width}") for name, width in V2),
    *(
        (family, name, name)
        for family, names in (
            ("mobilenet_v3", ("mobilenet_v3_large", "mobilenet_v3_small")),
            ("shufflenet_v2", tuple(f"shufflenet_v2_x{x}" for x in ("0_5", "1_0", "1_5", "2_0"))),
            ("mnasnet", tuple(f"mnasnet{x}" for x in ("0_5", "0_75", "1_0", "1_3"))),
            ("efficientnet", tuple(f"efficientnet_b{b}" for b in range(8))),
            ("efficientnet_v2", tuple(f"efficientnet_v2_{size}" for size in "sml")),
            ("regnet", tuple(f"regnet_y_{x}" for x in ("400mf", "800mf", "1_6gf", "3_2gf", "8gf"))),
            ("regnet", tuple(f"regnet_x_{x}" for x in ("400mf", "800mf", "1_6gf"))),
            ("convnext", tuple(f"convnext_{size}" for size in ("tiny", "small", "base", "large"))),
            ("maxvit", ("maxvit_t",)),
        )
        for name in names
    ),
)
every_network = pytest.mark.parametrize(("family", "variant", "entry"), NETWORKS, ids=[n[1] for n in NETWORKS])


def file_of(entry: str) -> str:
    return "timm" if entry.startswith("mobilenetv1") else "torchvision_more"


def numbered(**lists: Sequence[int]) -> dict[str, Any]:
    """n=(3, 4) as n1=3, n2=4."""
    return {f"{name}{i}": v for name, values in lists.items() for i, v in enumerate(values, start=1)}


# -- every network -----------------------------------------------------------------------------------------------------


@every_network
def test_images_that_are_no_squares_cost_what_was_measured(family: str, variant: str, entry: str) -> None:
    if not any("H" in place for place in measured(entry, file_of(entry))["at"]):
        pytest.skip("no such image was measured")
    net = parse_spec(text_of(family, RECTANGLE)).network(variant)
    assert_equals(net, entry, file_of(entry))


@every_network
def test_the_domain_begins_at_the_least_image_that_the_framework_takes(family: str, variant: str, entry: str) -> None:
    least = measured(entry, file_of(entry)).get("least")
    if least is None:
        pytest.skip("the least image was not looked for")
    net = load(variant)
    assert [X for X in range(1, least + 80) if is_legal(net, X)] == list(range(least, least + 80))


#: What torchvision runs as functions, of which a count of its modules' outputs knows nothing. Where an addition follows
#: a stochastic depth, which is a module, the one is counted for the other.
FUNCTIONS: Final[Mapping[str, Sequence[str]]] = {
    "mobilenet_v2": ("add", "global_avg_pool"),
    "mobilenet_v3": ("add", "mul"),
    "shufflenet_v2": ("split", "concat", "channel_shuffle", "global_avg_pool"),
    "mnasnet": ("add", "global_avg_pool"),
    "efficientnet": ("mul",),
    "efficientnet_v2": ("mul",),
    "regnet": ("add", "mul"),
}


@pytest.mark.parametrize(
    ("family", "variant", "entry"), [n for n in NETWORKS if n[0] in FUNCTIONS], ids=lambda value: str(value)
)
def test_activations_are_the_outputs_of_the_frameworks_modules(family: str, variant: str, entry: str) -> None:
    net = load(variant)
    for place, at in measured(entry)["at"].items():
        if "X" in (sizes := sizes_of(place)):
            assert activations(net, FUNCTIONS[family], **sizes) == at["activations"], place


def test_the_activations_of_convnext_are_those_of_its_modules_permutations_among_them() -> None:
    net = load("convnext_tiny").unrolled()
    outs = total_of(node.out.elements for node in net.nodes if node.layer.kind != "layer_scale")
    for place, at in measured("convnext_tiny")["at"].items():
        if "X" in (sizes := sizes_of(place)):
            assert evaluate_cost(outs, net.at(sizes)) == at["activations"], place


# -- MobileNets and MNASNet: families in the width ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "entry", "w"),
    [
        *(("mobilenetv1", f"mobilenetv1 width={w}", w) for w in ("1.0", "0.75", "0.5", "0.25")),
        ("mobilenetv2", "mobilenet_v2", "1"),
        *(("mobilenetv2", f"mobilenet_v2 width={w}", w) for w in ("0.35", "0.5", "0.75", "1.4")),
        ("mobilenetv3", "mobilenet_v3_large", "1"),
        *(("mobilenetv3", f"mobilenet_v3_large width={w}", w) for w in ("0.75", "1.3")),
        *(("mnasnet", f"mnasnet{w.replace('.', '_')}", w) for w in ("0.5", "0.75", "1.0", "1.3")),
        ("mnasnet", "mnasnet alpha=0.6", "0.6"),
    ],
)
def test_a_width_is_a_value_of_the_family(family: str, entry: str, w: str) -> None:
    net = load(family)
    assert_equals(net, entry, file_of(entry), w=w)
    assert_equals(net.substitute(w=w), entry, file_of(entry))


@pytest.mark.parametrize(
    ("entry", "w"),
    [("mobilenet_v3_small", 1), ("mobilenet_v3_small width=0.75", "3/4"), ("mobilenet_v3_small width=1.3", "13/10")],
)
def test_the_small_mobilenet_v3_is_a_family_in_its_width_too(entry: str, w: str) -> None:
    assert_equals(sibling("mobilenet_v3", small=True), entry, w=w)
    assert_equals(sibling("mobilenet_v3", small=True, w=w), entry)


def test_a_mobilenet_v3_with_a_tail_of_half_the_channels() -> None:
    assert_equals(sibling("mobilenet_v3", w=1, tail=2), "mobilenet_v3_large reduced_tail")


@pytest.mark.parametrize(
    ("name", "millions"),
    [("mobilenet_v1", "4.2"), ("mobilenet_v1_0_75", "2.6"), ("mobilenet_v1_0_5", "1.3"), ("mobilenet_v1_0_25", "0.5")],
)
def test_the_params_of_mobilenet_v1_are_those_of_table_6(name: str, millions: str) -> None:
    assert f"{int(load(name).evaluate('params')) / 10**6:.1f}" == millions


#: For w and X the millions of macs, rounded down, in the README of TensorFlow's models, research/slim/nets/mobilenet.
RELEASED: Final = {
    ("1.4", 224): 582, ("1.3", 224): 509, ("1", 192): 221, ("1", 160): 154, ("1", 128): 99, ("1", 96): 56,
    ("0.75", 224): 209, ("0.75", 192): 153, ("0.75", 160): 107, ("0.75", 128): 69, ("0.75", 96): 39,
    ("0.5", 224): 97, ("0.5", 192): 71, ("0.5", 160): 50, ("0.5", 128): 32, ("0.5", 96): 18,
    ("0.35", 224): 59, ("0.35", 192): 43, ("0.35", 160): 30, ("0.35", 128): 20, ("0.35", 96): 11,
}  # fmt: skip


def test_mobilenet_v2_costs_at_each_width_and_image_what_its_authors_print() -> None:
    family = load("mobilenetv2")
    for (w, X), millions in RELEASED.items():
        assert int(family.evaluate("macs", w=w, X=X, N=1)) // 10**6 == millions, (w, X)


@pytest.mark.parametrize(("X", "millions"), [(224, 569), (192, 418), (160, 290), (128, 186)])
def test_mobilenet_v1_costs_at_each_image_what_table_7_prints(X: int, millions: int) -> None:
    assert abs(Fraction(load("mobilenet_v1").evaluate("macs", X=X, N=1)) / 10**6 - millions) < 1


# -- EfficientNet: a family in width and depth -------------------------------------------------------------------------

SCALES: Final = (
    ("efficientnet_b0", "1", "1"), ("efficientnet_b1", "1", "1.1"), ("efficientnet_b2", "1.1", "1.2"),
    ("efficientnet_b3", "1.2", "1.4"), ("efficientnet_b4", "1.4", "1.8"), ("efficientnet_b5", "1.6", "2.2"),
    ("efficientnet_b6", "1.8", "2.6"), ("efficientnet_b7", "2", "3.1"),
    ("efficientnet_b0 width=0.9 depth=1.3", "0.9", "1.3"), ("efficientnet_b0 width=0.5 depth=0.5", "0.5", "0.5"),
    ("efficientnet_b0 width=1.25 depth=2.0", "1.25", "2"),
)  # fmt: skip


@pytest.mark.parametrize(("entry", "w", "d"), SCALES)
def test_efficientnets_are_values_of_the_family(entry: str, w: str, d: str) -> None:
    family = load("efficientnet")
    assert_equals(family, entry, w=w, d=d)
    assert_equals(family.substitute(w=w, d=d), entry)


def rounded(v: Fraction) -> int:
    """To a multiple of 8, as the code of the paper rounds: never down by more than a tenth."""
    new = max(8, int(v + 4) // 8 * 8)
    return new + 8 if new < Fraction(9, 10) * v else new


def efficientnet_layers(w: Fraction, d: Fraction) -> Iterator[tuple[int, int, int, int]]:
    """Kernel area, input channels a filter, filters, and how often the image was halved: Table 1, layer by layer."""
    rows = [(1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3)]
    rows += [(6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)]
    channels, halved = rounded(32 * w), 1
    yield 9, 3, channels, halved
    for t, kernel, stride, wide, n in rows:
        out = rounded(wide * w)
        for i in range(ceil(n * d)):
            inside = t * channels
            if t > 1:
                yield 1, channels, inside, halved
            halved += i == 0 and stride == 2
            yield kernel**2, 1, inside, halved
            yield 1, inside, channels // 4, -1
            yield 1, channels // 4, inside, -1
            yield 1, inside, out, halved
            channels = out
    yield 1, channels, 4 * channels, halved
    yield 1, 4 * channels, 1000, -1


@pytest.mark.parametrize("w", [Fraction(1, 4), Fraction(7, 10), Fraction(1), Fraction(19, 16), Fraction(8, 3)])
@pytest.mark.parametrize("d", [Fraction(1, 3), Fraction(3, 2), Fraction(31, 10), Fraction(12)])
def test_an_efficientnet_at_any_rationals_is_counted_layer_by_layer(w: Fraction, d: Fraction) -> None:
    family = load("efficientnet")
    layers = list(efficientnet_layers(w, d))
    biases = sum(filters for *_, filters, halved in layers if halved < 0)
    norms = sum(2 * filters for *_, filters, halved in layers if halved >= 0)
    weights = sum(area * planes * filters for area, planes, filters, _ in layers)
    assert family.evaluate("params", w=w, d=d) == weights + biases + norms
    for X in (1, 97, 224):
        extents = {-1: 1, **{h: -(-X // 2**h) for h in range(6)}}
        macs = sum(area * planes * filters * extents[halved] ** 2 for area, planes, filters, halved in layers)
        assert family.evaluate("macs", w=w, d=d, X=X, N=2) == 2 * macs


def test_an_efficientnet_v2_is_a_value_of_its_family() -> None:
    depths, widths = (3, 5, 5, 7, 14, 18, 5), (24, 48, 80, 160, 176, 304, 512)
    assert_equals(load("efficientnetv2"), "efficientnet_v2_m", **numbered(n=depths, c=widths))


# -- ShuffleNet, RegNet, ConvNeXt: families in depths and widths -------------------------------------------------------


@pytest.mark.parametrize(("c", "size"), [(24, "0_5"), (58, "1_0"), (88, "1_5")])
def test_shufflenets_are_values_of_the_family(c: int, size: str) -> None:
    assert_equals(load("shufflenetv2"), f"shufflenet_v2_x{size}", n2=4, n3=8, n4=4, c=c)


def test_a_shufflenet_that_nobody_lists() -> None:
    family = sibling("shufflenet_v2", stem=12, last=200)
    assert_equals(family, "shufflenet_v2 [2, 5, 3]", n2=2, n3=5, n4=3, c=18)
    assert_equals(family.substitute(n2=2, n3=5, n4=3, c=18), "shufflenet_v2 [2, 5, 3]")


def test_a_regnet_is_a_value_of_the_family() -> None:
    values = numbered(n=(1, 3, 6, 6), w=(48, 104, 208, 440))
    assert_equals(load("regnet"), "regnet_y_400mf", **values, g=8)
    assert_equals(load("regnet").substitute(**values, g=8), "regnet_y_400mf")


def test_a_regnet_that_nobody_lists_and_one_of_three_stages() -> None:
    x = "regnet {'depth': 13, 'w_0': 40, 'w_a': 30.0, 'w_m': 2.1, 'group_width': 16, 'se_ratio': None}"
    assert_equals(sibling("regnet", se=False, g=16), x, **numbered(n=(1, 2, 5, 5), w=(48, 80, 176, 368)))
    y = "regnet {'depth': 9, 'w_0': 32, 'w_a': 20.5, 'w_m': 2.3, 'group_width': 8, 'se_ratio': 0.25}"
    fourth = "  - block: {name: block4, width: w4, repeat: n4, first: {stride: 2, project: true}}\n"
    assert_equals(sibling("regnet", {fourth: ""}, g=8), y, **numbered(n=(1, 3, 5), w=(32, 72, 168)))


@pytest.mark.parametrize(
    ("entry", "n", "w"),
    [
        ("convnext_tiny", (3, 3, 9, 3), 96),
        ("convnext_small", (3, 3, 27, 3), 96),
        ("convnext_base", (3, 3, 27, 3), 128),
        ("convnext_large", (3, 3, 27, 3), 192),
        ("convnext [1, 5, 2, 2] [64, 128, 256, 512]", (1, 5, 2, 2), 64),
    ],
)
def test_convnexts_are_values_of_the_family(entry: str, n: tuple[int, ...], w: int) -> None:
    family, values = load("convnext"), numbered(n=n) | {"w": w}
    assert_equals(family, entry, **values)
    assert_equals(family.substitute(**values), entry)


def test_a_convnext_of_widths_that_do_not_double() -> None:
    family = sibling("convnext", w=24, w2=40, w3=88, w4=96)
    assert_equals(family, "convnext [2, 1, 4, 3] [24, 40, 88, 96]", **numbered(n=(2, 1, 4, 3)))


def test_the_params_of_convnext_are_a_polynomial() -> None:
    net = load("convnext")
    *depths, w = (to_sympy(net.symbols[name]) for name in ("n1", "n2", "n3", "n4", "w"))
    widths = [w, 2 * w, 4 * w, 8 * w]
    blocks = sum(n * (8 * c**2 + 58 * c) for n, c in zip(depths, widths))
    between = sum(2 * c + 4 * c * 2 * c + 2 * c for c in widths[:3])
    stem, head = 49 * w + 2 * w, 2 * widths[3] + 1000 * widths[3] + 1000
    assert (net.total("params") - stem - blocks - between - head).expand() == 0


# -- MaxViT ------------------------------------------------------------------------------------------------------------


def test_maxvit_takes_images_whose_stages_windows_divide() -> None:
    net = load("maxvit_t")
    windows = [X for X in range(1, 700) if all(-(-X // 2**i) % 7 == 0 for i in (2, 3, 4, 5))]
    assert [X for X in range(1, 700) if is_legal(net, X)] == windows
    assert {224, 448} <= set(windows)


def test_maxvit_is_the_same_network_for_larger_images() -> None:
    assert_equals(load("maxvit_t"), "maxvit_t X=448")
    assert_equals(load("maxvit"), "maxvit_t", **numbered(n=(2, 2, 5, 2)), h=2)
