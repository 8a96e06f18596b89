"""What a spec says of layers beyond their rules: tensors, runs, requirements, first rounds, stages by their names."""

from __future__ import annotations

import pytest

import symconv as sc
from symconv.errors import SpecError


def read(text: str) -> sc.Network:
    return sc.parse_spec(text).network()


def test_a_layer_keeps_the_tensors_that_are_stated() -> None:
    net = read("""
input: [N, C, X, X]
layers:
  - relu: {parameters: {table: [C, 3], index: {shape: [49], kind: buffer}, experts: {shape: [8, C], active: 2}}}
""")
    assert [str(net.cost(m)) for m in ("params", "active_params", "buffers", "macs")] == ["11·C", "5·C", "49", "0"]


def test_a_layer_runs_as_often_as_is_said() -> None:
    net = read("input: [N, 3, X, X]\nsymbols: {n: count}\nlayers: [conv: {channels: 8, times: n, padding: 1}]")
    assert (str(net.cost("macs")), str(net.cost("params"))) == ("216·N·n·X²", "224")
    net = read("input: [N, 3, X, X]\nlayers: [conv: {channels: 8, padding: 1, times: 'reaches(X, 7)'}]")
    assert net.evaluate("macs", N=1, X=6) == 0 < net.evaluate("macs", N=1, X=7)


def test_a_layer_without_inputs_stands_behind_nothing() -> None:
    net = read("input: [N, 3]\nlayers: [look: {operation: parameter, shape: [1, 4], from: []}]")
    assert net.nodes[0].inputs == ()


def test_what_is_required_is_in_the_domain() -> None:
    net = read("input: [N, 3, H, W]\nlayers: [require: [H >= 32, 8 divides W, H != W + 1], relu]")
    assert str(net.domain) == "H ≥ 32, W ≡ 0 (mod 8), H ≠ W + 1"
    net = read("""
input: [N, C]
symbols: {n: count}
layers:
  - {stage: rounds, repeat: n, round: i, layers: [{require: i + 1 divides C}, relu]}
""")
    assert str(net.domain) == "i + 1 divides C for 0 ≤ i < n"


def test_a_first_round_has_layers_of_its_own() -> None:
    net = read("""
input: [N, 3, X, X]
symbols: {n: count}
layers:
  - stage: rounds
    repeat: n
    first: [conv: {channels: 8, padding: 1}, relu]
    layers: [conv: {channels: 8, padding: 1}, add: {from: [conv1, input]}]
""")
    assert [node.name for node in net.nodes] == ["rounds/0/conv1", "rounds/0/relu1", "rounds/i/conv1", "rounds/i/add1"]
    assert str(net.cost("params")) == "584·n − 360"


def test_a_stage_stands_for_what_ends_it_or_for_what_it_stands_behind() -> None:
    text = """
input: [N, 8, X, X]
with: {project: true}
layers:
  - conv: {channels: 8, padding: 1}
  - stage: skip
    from: image
    layers: [{when: project, layers: [conv: {channels: 8, kernel: 1}, batch_norm]}]
  - add: {from: [conv1, skip]}
variants: {plain: {set: {project: false}}}
"""
    spec = sc.parse_spec(text)
    assert spec.network().node("add1").inputs == ("conv1", "skip/bn1")
    assert spec.network("plain").node("add1").inputs == ("conv1", "image")


def test_the_network_ends_with_what_is_said() -> None:
    net = read("input: [N, 8]\nlayers: [linear: {name: a, channels: 3}, linear: {name: b, channels: 5}]\noutput: a")
    assert str(net.output) == "N×3"


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ("[relu: {parameters: [3]}]", "parameters: [3], where a map of names to shapes is accepted"),
        ("[relu: {parameters: {a: {kind: odd}}}]", "where a shape is accepted, or a map of shape, kind"),
        ("[relu: {parameters: {a: [-1]}}]", "-1, where a whole number from 0 on or an expression is accepted"),
        ("[relu: {times: -1}]", "times: -1, where a whole number from 0 on or an expression is accepted"),
        ("[{require: X}, relu]", "require: 'X', where A >= B or A == B or A != B or A divides B is accepted"),
        ("[{require: 3 >= 4}, relu]", "never holds"),
        ("[{require: Y >= 4}, relu]", "unknown name Y"),
        ("[{repeat: 3, first: relu, layers: [relu]}]", "where the list of the layers of the first round is accepted"),
        ("[relu]\noutput: x", "output: there is no layer x"),
        ("[conv: {channels: 3, from: []}]", "from: an empty list, where at least one layer is accepted"),
    ],
)
def test_what_is_wrong_is_said(layers: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        read(f"input: [N, 3, X, X]\nlayers: {layers}")
    assert said in str(caught.value)
