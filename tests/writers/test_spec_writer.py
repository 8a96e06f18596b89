"""Specs that are written: each is read back into a network of the same closed forms, and is written as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_repeat_fuzz import Family, Maker

import symconv as sc
from symconv.network import METRICS

#: Every network that comes with symconv: families in symbols, and their variants.
NETWORKS = [
    (name, variant) for name, spec in sc.bundled() for variant in (*((None,) if not spec.table else ()), *spec.variants)
]


def same(net: sc.Network) -> str:
    """The spec of a network, which is read back as the same, and written again is the same."""
    text = sc.spec(net)
    again = sc.parse_spec(text).network()
    for metric in METRICS:
        assert str(again.cost(metric)) == str(net.cost(metric)), metric
        if all(s in net.known_symbols for s in again.known_symbols):
            assert again.cost(metric) == net.cost(metric), metric
    assert str(again.domain) == str(net.domain)
    assert str(again.training_domain) == str(net.training_domain)
    assert {s.name: s.kind for s in again.known_symbols} == {s.name: s.kind for s in net.known_symbols}
    assert [str(t) for t in again.inputs.values()] == [str(t) for t in net.inputs.values()]
    assert str(again.output) == str(net.output)
    assert again.usual == net.usual
    shapes = {node.name: str(node.out) for node in again.nodes}
    if not any(node.rounds for node in net.nodes):
        assert {node.name: str(node.out) for node in net.nodes}.items() <= shapes.items()
    assert sc.spec(again) == text
    assert max(map(len, text.splitlines())) <= 130 + len(net.description)
    return text


@pytest.mark.parametrize(("name", "variant"), NETWORKS)
def test_what_comes_with_symconv_is_read_back_as_it_was(name: str, variant: str | None) -> None:
    spec = next(spec for title, spec in sc.bundled() if title == name)
    same(spec.network(variant))


def test_random_blocks_in_blocks_are_read_back_as_they_were() -> None:
    solved = 0
    for seed in range(60):
        make = Maker(seed)
        program, image = make.program(), make.image()
        try:
            net = Family(program, image).net
        except sc.SymconvError:
            continue
        same(net)
        solved += 1
    assert solved > 25


RESNET = """\
blocks:
  conv_block:
    with: {channels: , kernel: 1, stride: 1, padding: 0}
    layers:
      - conv: {name: conv, channels: channels, kernel: kernel, stride: stride, padding: padding, bias: false}
      - batch_norm: {name: bn}

  layer:
    with: {project: false, channels: , stride: 1, conv3_channels: }
    layers:
      - stage: main
        layers:
          - conv_block: {name: conv1, channels: channels}
          - relu
          - conv_block: {name: conv2, channels: channels, kernel: 3, stride: stride, padding: 1}
          - relu
          - conv_block: {name: conv3, channels: conv3_channels}
      - stage: skip
        from: input
        layers:
          - {when: project, layers: [conv_block: {name: project, channels: conv3_channels, stride: stride}]}
      - add: {from: [main, skip]}
      - relu

layers:
  - stage: stem
    layers:
      - conv_block: {name: conv1, channels: 64, kernel: 7, stride: 2, padding: 3}
      - relu
      - max_pool: {kernel: 3, stride: 2, padding: 1}
  - layer: {name: layer1, repeat: n1, channels: w, conv3_channels: 256, first: {project: true}}
"""


def test_stages_that_differ_in_numbers_are_one_block_with_arguments() -> None:
    assert RESNET in sc.spec(sc.load("resnet"))


def test_the_text_is_the_same_in_every_process() -> None:
    code = "import symconv as sc; print(sc.spec(sc.load('resnet')), sc.spec(sc.load('swin')))"
    texts = set()
    for seed in ("0", "1", "77"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(sc.__file__).parents[1])}
        run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        texts.add(run.stdout)
    assert len(texts) == 1


@pytest.mark.torch
@pytest.mark.parametrize("name", ["resnet18", "vit_b_16", "swin_t", "densenet121"])
def test_torchvisions_networks_are_read_back_as_they_were(name: str) -> None:
    pytest.importorskip("torch")
    from symconv.readers.torch.named import torchvision

    torchvision()
    same(sc.load(f"torchvision:{name}"))
