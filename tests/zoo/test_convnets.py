"""From LeNet-5 to DenseNet: images that are no squares, what is legal, and siblings that no spec lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import pytest

from symconv import parse_spec
from symconv.cost import exact_rational, total_of
from symconv.errors import DomainError
from symconv.evaluation import evaluate_by_name
from symconv.extent import Floor, symbols_of
from symconv.readers.catalogue import load
from zoo.figures import RECTANGLE, assert_equals, is_legal, measured, sibling, sizes_of, text_of

#: The networks of this file: spec, variant (none where it is the spec itself), file and entry of the measured figures.
NETWORKS: tuple[tuple[str, str | None, str, str], ...] = (
    ("lenet5", None, "papers", "lenet5"),
    ("zfnet", None, "papers", "zfnet"),
    ("nin", None, "papers", "nin cifar10"),
    ("nin", "nin_imagenet", "papers", "nin imagenet"),
    *(("vgg", f"vgg{d}{bn}", "torchvision_more", f"vgg{d}{bn}") for d in (11, 13, 16, 19) for bn in ("", "_bn")),
    ("googlenet", None, "torchvision_more", "googlenet"),
    ("googlenet", "googlenet_with_heads", "torchvision_more", "googlenet with auxiliary heads"),
    ("inception_v3", None, "torchvision_more", "inception_v3"),
    ("inception_v3", "inception_v3_without_head", "torchvision_more", "inception_v3 without auxiliary head"),
    *(("resnet", f"resnet{d}", "torchvision_more", f"resnet{d}") for d in (18, 34, 50, 101, 152)),
    *(("resnet", f"wide_resnet{d}_2", "torchvision_more", f"wide_resnet{d}_2") for d in (50, 101)),
    *(("resnet", f"resnext{d}", "torchvision_more", f"resnext{d}") for d in ("50_32x4d", "101_32x8d", "101_64x4d")),
    *(("seresnet", f"legacy_seresnet{d}", "timm", f"legacy_seresnet{d}") for d in (18, 50, 101, 152)),
    *(("seresnet", f"seresnet{d}", "timm", f"seresnet{d}") for d in (18, 50, 101)),
    *(("densenet", f"densenet{d}", "torchvision_more", f"densenet{d}") for d in (121, 161, 169, 201)),
    *(("squeezenet", f"squeezenet1_{v}", "torchvision_more", f"squeezenet1_{v}") for v in (0, 1)),
    ("xception", None, "timm", "legacy_xception"),
)
IDS = [variant or family for family, variant, _, _ in NETWORKS]
every_network = pytest.mark.parametrize(("family", "variant", "file", "entry"), NETWORKS, ids=IDS)


# -- every network -----------------------------------------------------------------------------------------------------


@every_network
def test_images_that_are_no_squares_cost_what_was_measured(
    family: str, variant: str | None, file: str, entry: str
) -> None:
    figures = {place: at for place, at in measured(entry, file)["at"].items() if "H" in place}
    if not figures:
        pytest.skip("no such image was measured")
    net = parse_spec(text_of(family, RECTANGLE)).network(variant)
    for place, at in figures.items():
        assert net.evaluate("macs", **sizes_of(place)) == at["macs"], place


@every_network
def test_the_domain_begins_at_the_least_image_that_the_framework_takes(
    family: str, variant: str | None, file: str, entry: str
) -> None:
    least = measured(entry, file).get("least")
    if least is None:
        pytest.skip("the least image was not looked for")
    net = load(variant or family)
    assert [X for X in range(1, least + 80) if is_legal(net, X)] == list(range(least, least + 80))


#: What torchvision runs as functions, of which a count of its modules' outputs knows nothing: kinds, and single layers.
FUNCTIONS: Mapping[str, Sequence[str]] = {
    "vgg": (),
    "resnet": ("add",),
    "squeezenet": ("concat",),
    "googlenet": ("concat", "relu"),
    "densenet": ("concat", "features/relu2", "classifier/global_avg_pool1"),
}


@pytest.mark.parametrize(
    ("family", "variant", "file", "entry"), [n for n in NETWORKS if n[0] in FUNCTIONS], ids=lambda value: str(value)
)
def test_activations_are_the_outputs_of_the_frameworks_modules(
    family: str, variant: str | None, file: str, entry: str
) -> None:
    net = load(variant or family)
    apart = FUNCTIONS[family]
    costs = net.costs("activations")
    modules = total_of(
        costs[node.name] for node in net.nodes if node.name not in apart and node.layer.kind not in apart
    )
    for place, at in measured(entry, file)["at"].items():
        if "X" in (sizes := sizes_of(place)):
            assert evaluate_by_name(modules, **sizes) == at["activations"], place


# -- LeNet-5 and ZFNet -------------------------------------------------------------------------------------------------


def slid(x: int, *windows: tuple[int, int, int, bool]) -> list[int]:
    """The extents behind windows of kernel, stride, padding and ceil, one after the other, while there is one."""
    out: list[int] = []
    for kernel, stride, padding, ceil in windows:
        ends = range(kernel, x + 2 * padding + (stride if ceil else 1), stride)
        x = sum(end - kernel < x + padding for end in ends)  # no window begins behind the image
        out.append(x)
    return out


LENET5 = (5, 1, 0, False), (2, 2, 0, False), (5, 1, 0, False), (2, 2, 0, False), (5, 1, 0, False)
ZFNET = (7, 2, 1, False), (3, 2, 0, True), (5, 2, 0, False), (3, 2, 0, True), (3, 2, 0, False)


@pytest.mark.parametrize(("name", "windows", "grid"), [("lenet5", LENET5, 1), ("zfnet", ZFNET, 6)])
def test_a_head_of_a_fixed_width_takes_the_images_that_leave_its_grid(
    name: str, windows: tuple[tuple[int, int, int, bool], ...], grid: int
) -> None:
    net = load(name)
    assert [X for X in range(1, 400) if is_legal(net, X)] == [X for X in range(1, 400) if slid(X, *windows)[-1] == grid]


def test_zfnet_has_the_extents_of_its_figure() -> None:
    net = load("zfnet").substitute(X=224)
    extents = [node.out.shape[-1] for node in net.nodes if node.layer.kind in ("conv", "max_pool")]
    assert extents == [110, 55, 26, 13, 13, 13, 13, 6]


# -- VGG ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", [False, True])
def test_a_vgg_that_nobody_lists(norm: bool) -> None:
    after = "[batch_norm, relu]" if norm else "[relu]"
    net = parse_spec(
        f"""
input: [N, 3, X, X]
hidden: {{conv: {after}, FC: [relu, dropout]}}
layers: [conv3-8, maxpool, conv3-24, conv3-40, maxpool, conv3-512, adaptive-avgpool-7, FC-4096, FC-4096, FC-7]
"""
    ).network()
    assert_equals(net, f"vgg [8, 'M', 24, 40, 'M', 512] batch_norm={norm}")


# -- ResNet ------------------------------------------------------------------------------------------------------------


def depths(*blocks: int) -> dict[str, int]:
    return {f"n{i}": n for i, n in enumerate(blocks, start=1)}


@pytest.mark.parametrize(
    ("entry", "values"),
    [
        ("resnet [2, 5, 7, 2] {}", {**depths(2, 5, 7, 2), "w": 64}),
        ("resnet [2, 5, 7, 2] {'width_per_group': 96}", {**depths(2, 5, 7, 2), "w": 96}),
        ("resnet [2, 5, 7, 2] {'width_per_group': 128}", {**depths(2, 5, 7, 2), "w": 128}),
        ("resnet [1, 1, 1, 1] {}", {**depths(1, 1, 1, 1), "w": 64}),
        ("resnet50", {**depths(3, 4, 6, 3), "w": 64}),
        ("resnet101", {**depths(3, 4, 23, 3), "w": 64}),
        ("resnet152", {**depths(3, 8, 36, 3), "w": 64}),
        ("wide_resnet50_2", {**depths(3, 4, 6, 3), "w": 128}),
        ("wide_resnet101_2", {**depths(3, 4, 23, 3), "w": 128}),
    ],
)
def test_resnets_are_values_of_the_family(entry: str, values: dict[str, int]) -> None:
    family = load("resnet")
    assert_equals(family, entry, **values)
    assert_equals(family.substitute(**values), entry)


def test_a_resnet_of_grouped_blocks_that_nobody_lists() -> None:
    entry = "resnet [2, 5, 7, 2] {'groups': 32, 'width_per_group': 4}"
    assert_equals(sibling("resnet", **depths(2, 5, 7, 2), w=128, groups=32), entry)
    entry = "resnet [2, 5, 7, 2] {'groups': 32, 'width_per_group': 8}"
    assert_equals(sibling("resnet", **depths(2, 5, 7, 2), w=256, groups=32), entry)
    entry = "resnet [1, 1, 1, 1] {'groups': 3, 'width_per_group': 20, 'num_classes': 10}"
    assert_equals(sibling("resnet", {"linear: 1000": "linear: 10"}, **depths(1, 1, 1, 1), w=60, groups=3), entry)


@pytest.mark.parametrize("blocks", [(1, 1, 1, 1), (4, 1, 2, 3)])
def test_resnets_of_basic_blocks_are_values_of_the_family(blocks: tuple[int, ...]) -> None:
    entry = f"resnet basic {list(blocks)}"
    assert_equals(sibling("resnet", block="basic", project=False, **depths(*blocks), w=64), entry)
    assert_equals(sibling("resnet", block="basic", project=False, w=64), entry, **depths(*blocks))


def test_a_dilated_resnet_costs_what_it_does_without_the_strides() -> None:
    strided = {width: f"out: {width}, groups: groups, first: {{project: true" for width in (1024, 2048)}
    replaced = {f"{call}, stride: 2}}": f"{call}}}" for call in strided.values()}
    entry = "resnet [3, 1, 2, 4] {'replace_stride_with_dilation': [False, True, True]}"
    assert_equals(sibling("resnet", replaced, **depths(3, 1, 2, 4), w=64), entry)


@pytest.mark.parametrize(("blocks", "r"), [((2, 5, 7, 2), 16), ((1, 1, 1, 1), 8)])
def test_an_se_resnet_that_nobody_lists(blocks: tuple[int, ...], r: int) -> None:
    entry = f"legacy_seresnet {list(blocks)} reduction={r}"
    assert_equals(sibling("seresnet", **depths(*blocks), r=r), entry, "timm")
    assert_equals(sibling("seresnet", r=r), entry, "timm", **depths(*blocks))


# -- DenseNet ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "values"),
    [
        ("densenet121", {**depths(6, 12, 24, 16), "g": 32}),
        ("densenet161", {**depths(6, 12, 36, 24), "g": 48}),
        ("densenet169", {**depths(6, 12, 32, 32), "g": 32}),
        ("densenet201", {**depths(6, 12, 48, 32), "g": 32}),
        ("densenet g=12 (2, 3, 5, 1) init=24", {**depths(2, 3, 5, 1), "g": 12}),
        ("densenet g=32 (1, 1, 1, 1) init=64", {**depths(1, 1, 1, 1), "g": 32}),
    ],
)
def test_densenets_are_values_of_the_family(entry: str, values: dict[str, int]) -> None:
    family = load("densenet")
    assert_equals(family, entry, **values)
    assert_equals(family.substitute(**values), entry)


#: As torchvision halves odd channels.
FLOORED = {"channels: C/2": "channels: floor(C/2)"}


def test_a_densenet_that_nobody_lists() -> None:
    entry = "densenet g=17 (3, 2, 4, 2) init=34"
    assert_equals(sibling("densenet", FLOORED, **depths(3, 2, 4, 2), g=17), entry)
    with pytest.raises(DomainError, match="divides"):
        load("densenet").evaluate("params", **depths(3, 2, 4, 2), g=17)
    entry = "densenet g=8 (7, 1, 9, 4) init=10"
    assert_equals(sibling("densenet", FLOORED, **depths(7, 1, 9, 4), g=8, stem="10/8"), entry)
    classes = {"linear: 1000": "linear: 10"}
    assert_equals(sibling("densenet", classes, **depths(2, 3, 2, 3), g=24, neck=2), "densenet g=24 bn_size=2")


def densenet_params(g: int, blocks: Sequence[int]) -> int:
    """Counted layer by layer, after Huang et al., Table 1, with torchvision's batch norms."""
    C = 2 * g
    params = 7 * 7 * 3 * C + 2 * C
    for i, n in enumerate(blocks):
        for _ in range(n):
            params += 2 * C + C * 4 * g + 2 * 4 * g + 9 * 4 * g * g
            C += g
        if i < 3:
            params += 2 * C + C * (C // 2)
            C //= 2
    return params + 2 * C + 1000 * C + 1000


def test_the_params_of_densenet_are_a_polynomial_quadratic_in_the_depths() -> None:
    family = load("densenet")
    monomials = exact_rational(family.cost("params")).expanded()
    for name in ("n1", "n2", "n3", "n4", "g"):
        (symbol,) = symbols_of(family.symbols[name])
        assert max(monomial.count(symbol) for monomial in monomials) == 2
    assert not any(isinstance(atom, Floor) for monomial in monomials for atom in monomial)
    for *blocks, g in product((1, 2, 5), (1, 4), (2, 3), (1, 6), (8, 16, 40)):
        values = {**depths(*blocks), "g": g}
        assert evaluate_by_name(family.cost("params"), **values) == densenet_params(g, blocks), values
