"""torchvision's models from code, each read once at 224 with one sample, against torch's own counter elsewhere."""

import json
from pathlib import Path

import pytest
from amounts import but_long

pytestmark = pytest.mark.torch
pytest.importorskip("torch")

TRUTH = Path(__file__).parents[2] / "truth" / "torchvision.json"
FIGURES = {name: figures for name, figures in json.loads(TRUTH.read_text()).items() if not name.startswith("_")}

#: Sizes that no figure was measured at before: odd, H ≠ W, N = 2 and 3.
SIZES = [(2, 131, 197), (1, 301, 261), (3, 227, 419), (2, 224, 224)]


def at(net, n, h, w):
    return {name: value for name, value in (("N", n), ("H", h), ("W", w)) if name in net.symbols}


def inside(net, n, h, w):
    """Whether a size is one of the network's: it is legal, and axes that are numbers are as they are."""
    fixed = [x for t in net.inputs.values() for x, v in zip(t.shape, (n, 3, h, w)) if isinstance(x, int) and x != v]
    if fixed:
        return False
    try:
        net.at(at(net, n, h, w))
    except Exception:
        return False
    return True


@pytest.mark.parametrize("name", FIGURES)
def test_one_closed_form_has_every_figure(name):
    from readers.torch.modules import image, macs, model
    from symconv.readers.torch import read_torch

    own = model(name, **({"aux_logits": False} if name == "googlenet" else {}))  # as it was measured
    reading = read_torch(own, image(1, 3, 224, 224))
    net, figures = reading.network, FIGURES[name]
    assert net.evaluate("params") == figures["params"] == sum(p.numel() for p in own.parameters())
    assert net.evaluate("buffers") == sum(b.numel() for b in own.buffers())
    assert len(reading.points) >= 3
    measured = 0
    for point, figure in figures["at"].items():
        values = dict(item.split("=") for item in point.split(","))
        n, h, w = int(values["N"]), int(values.get("H", values.get("X"))), int(values.get("W", values.get("X")))
        if inside(net, n, h, w):
            assert net.evaluate("macs", **at(net, n, h, w)) == figure["macs"], point
            measured += 1
    assert measured
    compared = 0
    for n, h, w in SIZES:
        counted = macs(own, image(n, 3, h, w))
        if inside(net, n, h, w):
            assert net.evaluate("macs", **at(net, n, h, w)) == counted, (n, h, w)
            compared += 1
        else:
            assert counted is None or name.startswith(("maxvit", "vit")), (n, h, w)
    assert compared >= (3 if "H" in net.symbols and not name.startswith("maxvit") else 1)


def test_the_same_closed_form_as_the_spec():
    import symconv as sc
    from readers.torch.modules import image, model

    for name in ("vgg16", "resnet50", "mobilenet_v2", "densenet121", "googlenet"):
        net = sc.load(model(name), inputs=image(1, 3, 224, 224), square=True)
        assert net.cost("macs") == sc.load(name).cost("macs"), name
        assert net.evaluate("ops", N=2, X=161) == sc.load(name).evaluate("ops", N=2, X=161), name


#: The other models of torchvision that classify, segment or look at films.
OTHERS = [
    "deeplabv3_mobilenet_v3_large", "fcn_resnet101", "lraspp_mobilenet_v3_large", "efficientnet_v2_s", "mnasnet0_5",
    "regnet_x_400mf", "regnet_y_800mf", "resnext101_32x8d", "shufflenet_v2_x0_5", "wide_resnet50_2", "r3d_18",
    "swin_v2_s", "convnext_small",
    "convnext_base", "convnext_large", "deeplabv3_resnet101", "deeplabv3_resnet50", "densenet161", "densenet169",
    "densenet201", "efficientnet_b1", "efficientnet_b2", "efficientnet_b3", "efficientnet_b4", "efficientnet_b5",
    "efficientnet_b6", "efficientnet_b7", "efficientnet_v2_l", "efficientnet_v2_m", "fcn_resnet50", "inception_v3",
    "maxvit_t", "mc3_18", "mnasnet0_75", "mnasnet1_0", "mnasnet1_3", "r2plus1d_18", "regnet_x_16gf", "regnet_x_1_6gf",
    "regnet_x_32gf", "regnet_x_3_2gf", "regnet_x_800mf", "regnet_x_8gf", "regnet_y_128gf", "regnet_y_16gf",
    "regnet_y_1_6gf", "regnet_y_32gf", "regnet_y_3_2gf", "regnet_y_400mf", "regnet_y_8gf", "resnext101_64x4d",
    "shufflenet_v2_x1_0", "shufflenet_v2_x1_5", "shufflenet_v2_x2_0", "swin_b", "swin_s", "swin_v2_b", "swin_v2_t",
    "vgg11_bn", "vgg13_bn", "vgg19_bn", "vit_b_32", "vit_h_14", "vit_l_16", "vit_l_32", "wide_resnet101_2",
]  # fmt: skip
#: Those of the parts of others.
LONG = {
    "convnext_base", "convnext_large", "deeplabv3_resnet101", "densenet169", "densenet201", "efficientnet_b1",
    "efficientnet_b2", "efficientnet_b3", "efficientnet_b5", "efficientnet_b6", "efficientnet_b7", "efficientnet_v2_l",
    "efficientnet_v2_m", "fcn_resnet50", "mnasnet0_75", "mnasnet1_0", "regnet_x_16gf", "regnet_x_1_6gf",
    "regnet_x_3_2gf", "regnet_x_800mf", "regnet_x_8gf", "regnet_y_16gf", "regnet_y_1_6gf", "regnet_y_32gf",
    "regnet_y_3_2gf", "regnet_y_8gf", "shufflenet_v2_x1_0", "shufflenet_v2_x1_5", "swin_b", "swin_s", "swin_v2_b",
    "swin_v2_s", "vgg13_bn", "vit_l_16", "vit_l_32", "wide_resnet101_2",
}  # fmt: skip
FILMS = ("r3d_18", "mc3_18", "r2plus1d_18")


@pytest.mark.parametrize("name", but_long(OTHERS, LONG))
def test_further_models_at_two_sizes_that_were_held_back(name):
    from readers.torch.modules import image, macs, model
    from symconv.readers.torch import read_torch

    own, film = model(name), name in FILMS
    net = read_torch(own, image(1, 3, 16, 112, 112) if film else image(1, 3, 224, 224)).network
    compared = 0
    for n, h, w in ((2, 161, 293), (1, 259, 134), (3, 224, 224), (5, 224, 224)):
        values = {**at(net, n, h, w), **({"depth": 18} if film else {})}
        counted = macs(own, image(n, 3, 18, h, w) if film else image(n, 3, h, w))
        if film or inside(net, n, h, w):
            assert net.evaluate("macs", **values) == counted, (n, h, w)
            compared += 1
        else:
            assert counted is None, (n, h, w)
    assert compared >= (2 if name.startswith(("vit", "maxvit")) else 4)


DETECTION = [
    "fasterrcnn_resnet50_fpn", "retinanet_resnet50_fpn_v2", "fcos_resnet50_fpn", "ssd300_vgg16",
    "ssdlite320_mobilenet_v3_large",
]  # fmt: skip
HEAVY_DETECTION = [
    "fasterrcnn_mobilenet_v3_large_320_fpn", "fasterrcnn_mobilenet_v3_large_fpn", "fasterrcnn_resnet50_fpn_v2",
    "keypointrcnn_resnet50_fpn", "maskrcnn_resnet50_fpn", "maskrcnn_resnet50_fpn_v2", "retinanet_resnet50_fpn",
]  # fmt: skip


@pytest.mark.parametrize(
    "name", [*DETECTION, *(pytest.param(name, marks=pytest.mark.heavy) for name in HEAVY_DETECTION)]
)
def test_backbones_of_detection(name):
    from readers.torch.modules import image, macs, model
    from symconv.readers.torch import read_torch

    backbone = model(name).backbone
    net = read_torch(backbone, image(1, 3, 320, 320)).network
    for n, h, w in ((2, 321, 431), (1, 289, 384)):
        assert net.evaluate("macs", N=n, H=h, W=w) == macs(backbone, image(n, 3, h, w)), (n, h, w)


def test_no_model_is_left_out():
    from symconv.readers.torch.named import torchvision

    models = torchvision().models
    known = [n for place in (models, models.segmentation) for n in models.list_models(module=place)]
    assert set(known) <= {*FIGURES, *OTHERS}
    assert set(models.list_models(module=models.detection)) == {*DETECTION, *HEAVY_DETECTION}
