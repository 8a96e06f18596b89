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
NETWORKS = [name for name, _ in sc.bundled()]


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
    assert max(len(line) for line in text.splitlines() if not line.startswith("description")) <= 125
    return text


@pytest.mark.parametrize("name", NETWORKS)
def test_what_comes_with_symconv_is_read_back_as_it_was(name: str) -> None:
    same(sc.load(name))


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


ODD = [
    "a: b",
    "# no",
    "it's",
    'say "yes"',
    "[x]",
    "{y}",
    "true",
    "0",
    "-",
    "&a",
    "*a",
    "!t",
    "%d",
    "@",
    "a, b",
    "naïve 🙂",
    "null",
]


def test_odd_names_are_read_back_as_they_were() -> None:
    net = sc.Network("odd: {name}")
    net.input("the, input", "N", 8, "X", "X")
    for name in ODD:
        net.add(name, sc.layers.Conv(8, padding=1), "the, input")
        net.add(f"stage #1/{name}", sc.layers.ReLU())
    text = same(net)
    again = sc.parse_spec(text).network()
    assert [node.name for node in again.nodes] == [node.name for node in net.nodes]
    assert again.name == net.name


def test_names_that_no_spec_can_give_are_others_and_no_layer_is_lost() -> None:
    net = sc.Network("net")
    net.input("image", "N", 8, "X", "X")
    for name in ("a\x00b", "a\nb", "x / y", "l" * 300, "\u202e"):
        net.add(name, sc.layers.Conv(8, padding=1))
    again = sc.parse_spec(sc.spec(net)).network()
    assert len(again.nodes) == 5
    assert again.cost("params") == net.cost("params")


def test_a_first_round_with_other_layers_a_table_and_a_repeat_are_said() -> None:
    net = sc.Network("family")
    n = net.symbol("n", "count")
    net.input("image", "N", 8, "X", "X")

    def body(i: object) -> None:
        net.add("conv", sc.layers.Conv(8, padding=1), "image")
        net.add("join", sc.layers.Add(), "conv", "image") if i != 0 else net.add("relu", sc.layers.ReLU())

    net.repeat("rounds", n, body, "image", first_apart=True)
    net.add("table", sc.layers.Look("parameter", (1, 8)), alone=True, stated=(sc.weight("w", 1, 8),))
    net.end_with("rounds")
    text = same(net)
    assert "output: rounds" in text
    assert "parameters: {w: [1, 8]}" in text


def test_a_name_with_a_slash_is_one_from_the_top() -> None:
    net = sc.Network("net")
    net.input("image", "N", 8, "X", "X")
    net.add("conv1", sc.layers.Conv(4))
    net.add("stage/conv1", sc.layers.Conv(6))
    net.add("stage/join", sc.layers.Conv(3), "conv1")
    assert 'from: "/conv1"' in same(net)


def test_a_choice_that_nothing_decides_is_refused() -> None:
    net = sc.load("lenet5")
    net.choices[net.symbol("flag", "padding")] = "conv1"
    with pytest.raises(sc.SymconvError, match="which no spec can say"):
        sc.spec(net)


@pytest.mark.torch
@pytest.mark.parametrize("name", ["resnet18", "vit_b_16", "swin_t", "densenet121"])
def test_torchvisions_networks_are_read_back_as_they_were(name: str) -> None:
    pytest.importorskip("torch")
    from symconv.readers.torch.named import torchvision

    torchvision()
    same(sc.load(f"torchvision:{name}"))
