"""Every bundled architecture equals, to the unit, the figures that were measured on the framework's own model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from symconv import Network
from symconv.readers.catalogue import bundled, load, published

TRUTH = Path(__file__).parent / "truth"

#: The zoo's names of models that a truth file calls otherwise.
CALLED: dict[str, str] = {
    "bert-base-uncased masked LM": "bert-base-masked-lm",
    "bert-base-uncased": "bert-base",
    "bert-large-uncased": "bert-large",
    "crnn joined=False": "crnn_without_join",
    "crnn padded=True": "crnn_padded",
    "dcgan discriminator": "dcgan_discriminator",
    "dcgan generator as printed": "dcgan_generator_as_printed",
    "dcgan generator": "dcgan_generator",
    "googlenet with auxiliary heads": "googlenet_with_heads",
    "inception_v3 without auxiliary head": "inception_v3_without_head",
    "legacy_xception": "xception",
    "lstm language model large": "lstm_lm_large",
    "lstm language model medium": "lstm_lm_medium",
    "mobilenet_v2 width=0.5": "mobilenet_v2_0_5",
    "mobilenet_v2 width=0.75": "mobilenet_v2_0_75",
    "mobilenet_v2 width=1.4": "mobilenet_v2_1_4",
    "mobilenetv1 width=0.25": "mobilenet_v1_0_25",
    "mobilenetv1 width=0.5": "mobilenet_v1_0_5",
    "mobilenetv1 width=0.75": "mobilenet_v1_0_75",
    "mobilenetv1 width=1.0": "mobilenet_v1",
    "nin cifar10": "nin",
    "nin imagenet": "nin_imagenet",
    "resnet50_fpn BatchNorm2d": "resnet50_fpn_batch_norm",
    "resnet50_fpn FrozenBatchNorm2d": "resnet50_fpn",
    "transformer base": "transformer_base",
    "transformer big": "transformer_big",
    "unet padded=True": "unet_padded",
    "vit_h_14 X=224": "vit_h_14",
    "vit_h_14": "vit_h_14_518",
}


@cache
def measured() -> dict[str, dict[str, Any]]:
    """The figures of all truth files, by the zoo's name of the model and the file."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(TRUTH.glob("*.json")):
        for name, entry in json.loads(file.read_text("utf-8")).items():
            if isinstance(entry, dict) and "params" in entry and "at" in entry:
                found[f"{file.stem}:{name}"] = entry
    return found


@cache
def network(name: str) -> Network:
    return load(name)


def cases() -> Iterator[tuple[str, str]]:
    names = {name for name, _ in bundled()}
    for key in measured():
        name = CALLED.get(key, CALLED.get(key.partition(":")[2], key.partition(":")[2]))
        if name in names:
            yield name, key


@pytest.mark.parametrize(("name", "key"), list(cases()))
def test_params_and_macs_are_those_that_were_measured(name: str, key: str) -> None:
    entry, net = measured()[key], network(name)
    assert net.evaluate("params") == entry["params"]
    if "buffers" in entry:
        assert net.evaluate("buffers") == entry["buffers"]
    for place, figures in entry["at"].items():
        values = {symbol: int(value) for symbol, value in (part.split("=") for part in place.split(","))}
        if {"H", "W"} <= values.keys() and "X" in net.symbols:
            continue  # the bundled specs take square images; rectangles are in test_specs_against_torch
        assert net.evaluate("macs", **{n: v for n, v in values.items() if n in net.symbols}) == figures["macs"], place


@pytest.mark.parametrize("name", [name for name, spec in bundled() if published(spec, name)])
def test_what_a_spec_calls_published_is_what_it_costs(name: str) -> None:
    spec = next(spec for known, spec in bundled() if known == name)
    figures, net = published(spec, name), network(name)
    assert figures.get("source")
    if "params" in figures:
        assert net.evaluate("params") == figures["params"]
    if "gmacs" in figures:
        at = {n: v for n, v in net.usual.items() if n in net.symbols}
        assert round(net.evaluate("macs", **at) / 10**9, 3) == pytest.approx(figures["gmacs"], abs=0.00051)


def test_every_model_of_torchvision_that_was_measured_first_is_compared() -> None:
    wanted = {name for name in json.loads((TRUTH / "torchvision.json").read_text("utf-8")) if not name.startswith("_")}
    assert wanted <= {name for name, key in cases() if key.startswith("torchvision:")}


def test_every_network_without_symbols_of_its_family_has_a_measured_or_published_figure() -> None:
    """A network of LeNet's time, of a figure in a paper, or a whole family has none; each of them is named here."""
    compared = {name for name, _ in cases()} | {name for name, spec in bundled() if published(spec, name)}
    families = {spec.name.lower() for _, spec in bundled() if spec.variants and not spec.table}
    assert {name for name, _ in bundled()} - compared - families == set()


@pytest.mark.parametrize("file", sorted(TRUTH.glob("*.json")), ids=lambda file: file.stem)
def test_every_figure_of_a_truth_file_names_its_source(file: Path) -> None:
    entries = json.loads(file.read_text("utf-8"))
    if not entries.get("_source"):
        assert all(entry["source"] for name, entry in entries.items() if not name.startswith("_"))
