"""Families lifted from exported ONNX graphs, whose names say nothing of modules."""

from __future__ import annotations

import json
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from symconv.lift import lift
from symconv.network import METRICS, Network
from symconv.readers.onnx import read_onnx

pytestmark = [pytest.mark.torch, pytest.mark.heavy]
torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")

from lift.models import MODELS  # noqa: E402

TRUTH: dict[str, Any] = json.loads((Path(__file__).parents[1] / "truth" / "lift.json").read_text("utf-8"))

ROUNDED = "v -> make_divisible(v, 8)"

FAMILIES: list[tuple[str, list[str], dict[str, Any]]] = [
    ("resnet50", ["resnet101"], {}),
    ("vgg16", ["vgg11", "vgg19"], {}),
    ("vit_b_16", ["vit_b_32"], {}),
    ("mobilenet_v2", ["mobilenet_v2 width=1.4"], {"rounding": ROUNDED}),
    ("efficientnet_b1", ["efficientnet_b3"], {"rounding": ROUNDED}),
    ("unet-norm depth=4", ["unet-norm depth=3", "unet-norm depth=5"], {}),
]


@cache
def exported(name: str, folder: Path) -> Network:
    """A model through torch's own export, without its weights."""
    model = MODELS[name]
    with torch.device("meta"):
        module = model.build().eval()
    inputs = {k: torch.zeros(v.shape, dtype=v.dtype) for k, v in model.at(model.sizes[0]).items()}
    path = folder / f"{name.replace('/', '_')}.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module.to_empty(device="cpu"), (), kwargs=inputs, dynamo=True, optimize=False, verbose=False
        )
    program.save(str(path), external_data=True)
    path.with_name(f"{path.name}.data").unlink(missing_ok=True)
    return read_onnx(path, square=True).network


#: Of the same parts as the others, or as what torch says of them (test_models.py).
LONG = {"efficientnet_b1", "vit_b_16", "vgg16", "resnet50"}


@pytest.mark.parametrize(
    ("base", "others", "said"),
    [pytest.param(*f, id=f[0], marks=[pytest.mark.long] if f[0] in LONG else []) for f in FAMILIES],
)
def test_siblings_come_out_of_one_file(base, others, said, tmp_path):
    family = lift(exported(base, tmp_path), **said)
    assert family.exact, family.unknown
    for name in others:
        found = family.against(exported(name, tmp_path))
        assert found.exact, (found.reason, [said for _, said in found.refuted], found.uneven, found.differing)
        made = family.sibling(**found.values)
        assert made.evaluate("params") == TRUTH[name]["params"]
        figures = TRUTH[name]["macs"] if "X" in made.symbols else TRUTH[name]["macs"][:1]
        for measured in figures:
            at = {key: value for key, value in measured.items() if key in made.symbols}
            assert made.evaluate("macs", **at) == measured["macs"], at
        for metric in METRICS:
            assert made.cost(metric) == found.net.cost(metric), metric
