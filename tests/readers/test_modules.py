"""Layers under the names that their own framework gives them, so that they can be joined with its profiles."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from command import run

import symconv as sc
from symconv.writers.formats.programs import to_csv, to_json
from symconv.writers.network import network_sheet


def by_layer(net: sc.Network) -> list[dict[str, str]]:
    sheet = network_sheet(net, every=True)
    rows = list(csv.DictReader(io.StringIO(to_csv(sheet))))
    assert [layer["module"] for layer in json.loads(to_json(sheet))["layers"]] == [row["module"] for row in rows]
    assert len(rows) == len(net.nodes)
    return rows


def kept(modules: dict[str, Any], name: str) -> int:
    return sum(p.numel() for p in modules[name].parameters(recurse=False))


@pytest.mark.torch
@pytest.mark.parametrize("name", ["resnet50", "googlenet", "densenet121", "mobilenet_v3_small"])
def test_every_layer_of_torch_is_one_of_the_named_modules_and_keeps_what_it_keeps(name: str) -> None:
    from symconv.readers.torch.named import named

    modules = dict(named(f"torchvision:{name}").module.named_modules())
    rows = by_layer(sc.load(f"torchvision:{name}"))
    assert {row["module"] for row in rows} <= modules.keys()
    params: dict[str, int] = {}
    for row in rows:
        params[row["module"]] = params.get(row["module"], 0) + int(row["params"])
    assert {m: n for m, n in params.items() if n} == {m: n for m in modules if (n := kept(modules, m))}


@pytest.mark.torch
def test_an_operator_has_the_module_that_it_ran_in_and_a_second_call_that_of_the_first() -> None:
    from torch import nn

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU())

        def forward(self, x: Any) -> Any:
            return self.inner(self.inner(x)) + x.relu()

    import torch

    net = sc.load(Twice(), inputs=torch.zeros(1, 3, 8, 8))
    assert [net.modules[node.name] for node in net.nodes] == ["inner.0", "inner.1", "inner.0", "inner.1", "", ""]
    assert net.substitute(N=1).modules == net.modules


@pytest.mark.torch
def test_a_layer_of_keras_has_its_name_below_those_of_the_models_around_it() -> None:
    from readers.keras.witness import keras
    from symconv.readers.keras import read_keras

    x = keras.Input((8, 8, 3))
    block = keras.Sequential([keras.layers.Conv2D(4, 3, name="conv"), keras.layers.ReLU(name="act")], name="block")
    out = keras.layers.Dense(2, name="fc")(keras.layers.Flatten(name="flat")(block(x)))
    net = read_keras(keras.Model(x, out))
    found = {row["module"] for row in by_layer(net)}
    assert found == {"block/conv", "block/act", "flat", "fc"}


def test_a_layer_of_onnx_has_the_name_of_its_node_in_the_file(tmp_path: Path) -> None:
    from readers.onnx.graphs import model, saved
    from readers.onnx.test_reader import helper, np

    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], name="/layer1/layer1.0/conv1/Conv"),
        helper.make_node("Relu", ["a"], ["b"], name="/layer1/layer1.0/conv1/Conv"),  # a name may be there twice
        helper.make_node("Relu", ["b"], ["y"]),
    ]
    made = model(nodes, [("x", (1, 3, 8, 8))], weights={"w": np.zeros((4, 3, 1, 1), np.float32)})
    rows = by_layer(sc.load(saved(made, tmp_path / "m.onnx")))
    assert [row["module"] for row in rows] == ["/layer1/layer1.0/conv1/Conv"] * 2 + ["y"]


def test_a_spec_has_names_of_its_own() -> None:
    done = run("show", "vgg16", "--format", "csv")
    assert done.out.splitlines()[0] == "name,kind,output,params,macs,figure,share"
    assert "module" not in json.loads(run("show", "vgg16", "--format", "json").out)["layers"][0]
