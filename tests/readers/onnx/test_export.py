"""torchvision's models exported once, at 224 with one sample, against torch's own counter at other sizes."""

import json
import warnings
from functools import cache
from pathlib import Path

import pytest
from amounts import but_long

import symconv as sc
from symconv.errors import DomainError
from symconv.readers.onnx import read_onnx

TRUTH = {
    name: figures
    for name, figures in json.loads((Path(__file__).parents[2] / "truth" / "torchvision.json").read_text()).items()
    if not name.startswith("_")
}

#: Batch and extents that nothing was measured at before: N = 2 and 3, odd, H ≠ W; the last two inside of what the
#: models with a fixed grid allow.
SIZES = [(2, 131, 197), (1, 256, 161), (3, 227, 227), (2, 225, 226), (2, 224, 224)]


def torchvision():
    """The package, which needs two operators that its CPU build lacks here."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not hasattr(torch.ops.torchvision, "nms"):
            library = torch.library.Library("torchvision", "DEF")
            library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            torchvision.library = library
        import torchvision as found

        return found


def built(name, device):
    import torch

    more = {"init_weights": False} if name == "googlenet" else {}
    with torch.device("meta"):
        model = getattr(torchvision().models, name)(weights=None, **more).eval()
    return model if device == "meta" else model.to_empty(device=device)


#: Siblings of the others.
LONG = {
    "resnet34", "resnet101", "resnet152", "vgg11", "vgg13", "vgg16", "vgg19", "mobilenet_v3_large", "resnext50_32x4d",
    "squeezenet1_0", "densenet121", "googlenet",
}  # fmt: skip
MODELS = but_long(TRUTH, LONG)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Where the files are."""
    return tmp_path_factory.mktemp("exported")


@cache
def exported(name, folder):
    """The file of a model, without its weights; exported once."""
    import torch

    path = folder / f"{name}.onnx"

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            built(name, "cpu"), (torch.zeros(1, 3, 224, 224),), dynamo=True, optimize=False, verbose=False
        )
    program.save(str(path), external_data=True)
    (path.parent / f"{path.name}.data").unlink(missing_ok=True)
    return path


def counted(model, n, h, w):
    """Macs by torch's counter on the meta device."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.zeros(n, 3, h, w, device="meta"))
    return counter.get_total_flops() // 2


@pytest.mark.torch
@pytest.mark.parametrize("name", MODELS)
def test_one_closed_form_has_torchs_figures_at_every_size_of_the_domain(name, folder):
    pytest.importorskip("onnxscript")
    path = exported(name, folder)
    net = read_onnx(path).network
    figures = TRUTH[name]
    assert net.evaluate("params") == figures["params"]
    for at, measured in figures["at"].items():
        given = {k: int(v) for k, v in (part.split("=") for part in at.split(","))}
        assert net.evaluate("macs", N=given["N"], H=given["X"], W=given["X"]) == measured["macs"]
    model, inside = built(name, "meta"), 0
    for n, h, w in SIZES:
        try:
            closed = net.evaluate("macs", N=n, H=h, W=w)
        except DomainError:
            continue
        if name.startswith("vit") and (h, w) != (224, 224):
            continue  # the file runs there, and the module refuses to
        assert closed == counted(model, n, h, w), (n, h, w)
        inside += 1
    assert inside >= (1 if name.startswith("vit") else 3)


#: Those whose spec and file differ in form, since the export fixes a grid that the spec does not.
FIXED = {"vit_b_16", "swin_t", "alexnet", "vgg11", "vgg13", "vgg16", "vgg19", "vgg16_bn"}


@pytest.mark.torch
@pytest.mark.parametrize("name", MODELS)
def test_spec_and_file_give_the_same_closed_form(name, folder):
    pytest.importorskip("onnxscript")
    file = read_onnx(exported(name, folder), square=True).network
    spec = sc.load(name)
    at = {"X": 224} if name in FIXED else {}
    sides = [net.substitute(**{k: v for k, v in at.items() if k in net.symbols}) for net in (file, spec)]
    assert sides[0].cost("macs") == sides[1].cost("macs")
    assert sides[0].evaluate("params") == sides[1].evaluate("params")


#: The sizes that a file of 224 holds for: an adaptive pool that became nothing, the padding of windows, and as many
#: patches as there are places (the module refuses all but 224; the file runs at the others too).
HELD = {"vgg16": range(224, 256), "swin_t": range(224, 228), "vit_b_16": range(224, 240)}


@pytest.mark.torch
@pytest.mark.parametrize("name", HELD)
def test_what_an_export_at_one_size_fixes_is_said(name, folder):
    pytest.importorskip("onnxscript")
    net = read_onnx(exported(name, folder), square=True).network
    legal = []
    for x in range(200, 260):
        try:
            net.at({"N": 1, "X": x})
        except DomainError:
            continue
        legal.append(x)
    assert legal == list(HELD[name])
