"""Blocks and repeats in specs: at numbers a family is the network with every call written down."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symconv import Network
from symconv.errors import DomainError, ShapeError, SpecError
from symconv.readers.spec import parse_spec

BLOCKS = """
blocks:
  conv_bn:
    with: {c: , k: 3, s: 1, act: relu}
    layers:
      - conv: {channels: c, kernel: k, stride: s, padding: (k - 1)/2, bias: false}
      - batch_norm
      - act
  residual:
    with: {c: , s: 1, project: false, act: relu}
    layers:
      - branches:
          main: [conv_bn: {c: c, s: s, act: act}, conv: {channels: c, padding: 1}]
          skip: [{when: project, layers: [conv: {channels: c, kernel: 1, stride: s}]}]
        join: add
      - act
  dense:
    with: {c: , s: 1, project: false, act: sigmoid}
    input: [_, held, _, _]
    let: {inner: 2*c + held}
    layers:
      - branches:
          old: []
          new: [conv: {channels: inner, kernel: 1}, act, conv: {channels: c, padding: 1}]
  excited:
    with: {c: , s: 1, project: false, act: [sigmoid, dropout]}
    input: [N, held, H, W]
    layers:
      - branches:
          map: []
          gate: [global_avg_pool, conv: {channels: held, kernel: 1}, act]
        join: mul
      - conv_bn: {c: c}
  halved:
    with: {c: , s: 2, project: false, act: gelu}
    layers:
      - residual: {c: c, s: s, project: true, act: act}
      - {when: s != 1, layers: [], else: [max_pool: 2]}
  twice:
    with: {c: , s: 1, project: false, act: relu}
    layers:
      - residual: {c: c, s: s, project: true, repeat: 2, first: {act: [gelu]}}
"""

HEAD = "input: [N, 3, X, X]\nsymbols: {n1: count, n2: count, w: channels}\n" + BLOCKS

CALLS = st.tuples(
    st.sampled_from(["residual", "dense", "excited", "halved", "twice"]),
    st.sampled_from(["w", "2*w", "5"]),
    st.sampled_from(["1", "2"]),
    st.booleans(),
)


def arguments(call: tuple[str, str, str, bool], first: bool) -> dict[str, Any]:
    kind, width, stride, apart = call
    given: dict[str, Any] = {"c": width}
    if kind == "residual" and first:  # the first round changes the channels, so it projects
        given |= {"project": True, "s": int(stride)}
    elif apart and first:
        given |= {"act": "tanh"}
    return given


def family(calls: list[tuple[str, str, str, bool]]) -> str:
    layers: list[Any] = ["conv3-4"]
    for number, call in enumerate(calls):
        rest, first = arguments(call, first=False), arguments(call, first=True)
        changed = {key: value for key, value in first.items() if rest.get(key) != value}
        given: dict[str, Any] = {**rest, "name": f"stage{number}", "repeat": f"n{number + 1}"}
        layers.append({call[0]: {**given, "first": changed} if changed else given})
    return HEAD + yaml.safe_dump({"layers": [*layers, "global_avg_pool", "flatten", {"linear": 10}]})


def written(calls: list[tuple[str, str, str, bool]], counts: tuple[int, ...]) -> str:
    layers: list[Any] = ["conv3-4"]
    for number, (call, count) in enumerate(zip(calls, counts)):
        for i in range(count):
            layers.append({call[0]: {**arguments(call, first=i == 0), "name": f"stage{number}_{i}"}})
    return HEAD + yaml.safe_dump({"layers": [*layers, "global_avg_pool", "flatten", {"linear": 10}]})


def figures(net: Network, **at: int) -> dict[str, Any]:
    known = {name: value for name, value in at.items() if name in net.symbols}
    return {metric: net.evaluate(metric, **known) for metric in ("params", "macs", "ops", "activations", "buffers")}


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(CALLS, min_size=1, max_size=2), st.tuples(st.integers(1, 4), st.integers(1, 3)), st.integers(1, 40),
    st.integers(1, 6),
)  # fmt: skip
def test_a_family_at_numbers_is_every_call_written_down(
    calls: list[tuple[str, str, str, bool]], counts: tuple[int, int], x: int, w: int
) -> None:
    net = parse_spec(family(calls)).network()
    plain = parse_spec(written(calls, counts)).network()
    at = {"X": x, "N": 2, "w": w}
    depth = {f"n{i + 1}": counts[i] for i in range(len(calls))}
    try:
        wanted = figures(plain, **at)
    except (DomainError, ShapeError):
        with pytest.raises((DomainError, ShapeError)):
            figures(net, **at, **depth)
        return
    assert figures(net, **at, **depth) == wanted
    assert figures(net.substitute(**depth), **at) == wanted
    assert figures(net.substitute(**depth).unrolled(), **at) == wanted


def test_a_name_of_an_argument_stands_for_flags_words_and_lists() -> None:
    net = parse_spec(
        """
input: [N, 8, X, X]
blocks:
  unit:
    with: {bias: true, pool: max_pool, act: [relu, dropout]}
    layers: [conv: {channels: 8, padding: 1, bias: bias}, pool: 2, act, upsample: {scale: 2}]
layers: [unit, unit: {bias: false, pool: avg_pool, act: sigmoid, name: other}]
"""
    ).network()
    assert [n.layer.kind for n in net.nodes] == [
        "conv", "max_pool", "relu", "dropout", "upsample", "conv", "avg_pool", "sigmoid", "upsample",
    ]  # fmt: skip
    assert net.evaluate("params") == 2 * 576 + 8


def test_a_block_of_several_inputs_names_them_and_reads_what_stands_outside() -> None:
    net = parse_spec(
        """
inputs: {x: [N, T, C], memory: [N, S, C]}
symbols: {n: count}
blocks:
  decoder:
    inputs: {x: [_, t, c], memory: [_, s, c]}
    layers:
      - linear: {name: q, channels: c, from: x}
      - matmul: {from: [q, memory], transpose: true}
      - matmul: {from: [matmul1, memory]}
      - add: {from: [matmul2, x]}
layers: [decoder: {from: [x, memory], repeat: n, name: stack}]
"""
    ).network()
    t, s, c, n = 5, 7, 12, 3
    assert net.evaluate("macs", N=2, T=t, S=s, C=c, n=n) == n * 2 * (t * c * c + 2 * t * s * c)
    assert str(net.output) == "N×T×C"


def test_a_variant_sets_arguments_and_symbols_and_let_follows_them() -> None:
    spec = parse_spec(
        """
input: [N, 3, X, X]
symbols: {w: multiplier}
with: {act: relu, wide: false}
let: {c: "max(8, 8*floor(4*w))"}
layers: [conv: {channels: c, kernel: 1}, act, {when: wide, layers: [conv: {channels: 2*c, kernel: 1}]}]
variants: {small: {set: {w: 0.5}}, wide: {set: {w: 1, wide: true, act: [gelu, dropout]}}}
"""
    )
    assert spec.network("small").evaluate("params") == 3 * 16 + 16
    assert spec.network("wide").evaluate("params") == 3 * 32 + 32 + 32 * 64 + 64
    assert [n.layer.kind for n in spec.network("wide").nodes] == ["conv", "gelu", "dropout", "conv"]
    assert spec.network().substitute(w=2).evaluate("params") == 3 * 64 + 64


def test_training_marks_a_stage_whose_layers_do_no_work_in_inference_and_the_trunk_goes_on() -> None:
    net = parse_spec(
        """
input: [N, 3, X, X]
layers:
  - conv: {channels: 4, kernel: 1}
  - {stage: aux, training: true, layers: [avg_pool: 5, flatten, linear: 10]}
  - conv: {channels: 5, kernel: 1}
"""
    ).network()
    assert [n.name for n in net.nodes if n.training] == ["aux/pool1", "aux/flatten1", "aux/fc1"]
    assert str(net.cost("macs")) == "32·N·X²"
    assert str(net.output) == "N×5×X²"
    assert (str(net.domain), str(net.training_domain)) == ("everywhere", "X ≥ 5")
    assert net.evaluate("params", X=10) == 16 + 25 + 4 * 4 * 10 + 10


def test_what_a_small_file_multiplies_is_bounded() -> None:
    levels = "".join(f"  b{i}: {{layers: [b{i + 1}, b{i + 1}]}}\n" for i in range(25))
    text = f"input: [N, 3, X, X]\nblocks:\n{levels}  b25: {{layers: [relu]}}\nlayers: [b0]\n"
    with pytest.raises(SpecError, match="more than 20,000 layers"):
        parse_spec(text).network()


# -- what the specs of the zoo brought up -----------------------------------------------------------------------------


def test_a_default_in_terms_of_a_symbol_follows_what_a_variant_puts_in_its_place() -> None:
    spec = parse_spec("""
input: [N, T, d]
symbols: {d: channels}
with: {double: 2*d, four: 2*double}
layers: [linear: {channels: four, bias: false}]
variants:
  of_five: {set: {d: 5}}
  of_three: {set: {d: 5, double: 3}}
  of_ten: {set: {d: 5, four: 4*double}}
""")
    assert str(spec.network().cost("params")) == "4·d²"
    assert [spec.network(name).cost("params") for name in ("of_five", "of_three")] == [100, 30]
    assert spec.network("of_ten").cost("params") == 200


def test_an_argument_can_be_an_extent_of_the_input() -> None:
    spec = parse_spec("""
input: [N, colours, X, X]
with: {colours: 3}
layers: [conv: {channels: 4, kernel: 1, bias: false}]
variants:
  gray: {set: {colours: 1}}
""")
    assert [spec.network(name).cost("params") for name in (None, "gray")] == [12, 4]
    assert list(spec.network().symbols) == ["N", "X"]


NESTED = """
input: [N, 3, X, X]
blocks:
  level:
    with: {below: }
    layers: [conv: {channels: 4, padding: 1}, below]
  around:
    with: {inner: }
    layers: [inner]
"""


def test_a_block_can_stand_inside_itself_where_the_file_says_how_often() -> None:
    net = parse_spec(NESTED + "layers: [level: {below: [level: {below: [around: {inner: [level: {below: relu}]}]}]}]")
    assert sum(node.layer.kind == "conv" for node in net.network().nodes) == 3


def test_a_block_that_calls_itself_through_what_it_hands_on_does_not_end() -> None:
    text = NESTED.replace("layers: [inner]", "layers: [inner]\n  again: {layers: [around: {inner: [again]}]}")
    with pytest.raises(SpecError, match="the block again calls itself: again → around → again"):
        parse_spec(text + "layers: [again]").network()


# -- what an attack brought up ----------------------------------------------------------------------------------------


def kinds(text: str) -> list[str]:
    """The kinds of the layers, in order."""
    return [node.layer.kind for node in parse_spec(text).network().nodes]


def test_a_repeat_that_begins_with_a_repeat_goes_on_from_the_round_before() -> None:
    net = parse_spec(
        """
input: [N, 8, X, X]
symbols: {n: count}
blocks:
  dense: {layers: [{branches: {old: [], new: [conv: {channels: 2, padding: 1}]}}]}
  outer: {layers: [dense: {repeat: 3}, conv: {channels: 16, padding: 1}]}
layers: [outer: {repeat: n}]
"""
    ).network()
    weights = [sum(2 * (9 * (c + 2 * j) + 1) for j in range(3)) + 16 * (9 * (c + 6) + 1) for c in (8, 16, 16)]
    assert net.evaluate("params", n=3) == sum(weights)


def test_what_is_carried_on_cannot_be_what_stays_too() -> None:
    text = """
input: [N, 8, X, X]
symbols: {n: count}
blocks:
  mixed: {inputs: {x: [_, c, _, _], memory: [_, d, _, _]}, layers: [concat: {from: [x, memory]}]}
layers: [relu, mixed: {from: [relu1, relu1], repeat: n}]
"""
    with pytest.raises(SpecError, match="relu1 comes in twice, and what comes in first is the round before"):
        parse_spec(text).network()
    kept = text.replace("layers: [relu,", "layers: [relu, identity,").replace("[relu1, relu1]", "[identity1, relu1]")
    assert str(parse_spec(kept).network().output) == "N×(8·n + 8)×X²"


CALLED = """
input: [N, 8, X, X]
blocks:
  act: {layers: [relu]}
  unit: {with: {act: gelu, relu: relu, tanh: sigmoid}, layers: [act, relu, tanh]}
"""


def test_an_argument_is_called_as_a_block_or_a_layer_is() -> None:
    assert kinds(CALLED + "layers: [unit]") == ["gelu", "relu", "sigmoid"]
    assert kinds(CALLED + "layers: [unit: {act: act, relu: tanh}]") == ["relu", "tanh", "sigmoid"]
    assert kinds("input: [N, 8, X, X]\nwith: {relu: relu}\nlayers: [relu]") == ["relu"]


@pytest.mark.parametrize("given", ["{a: [a]}", "{a: [b], b: [relu, a]}"])
def test_layers_that_stand_inside_of_themselves_are_refused(given: str) -> None:
    with pytest.raises(SpecError, match="these layers stand inside of themselves"):
        parse_spec(f"input: [N, 8, X, X]\nwith: {given}\nlayers: [a]").network()


@pytest.mark.parametrize("join", ["3", "[add]", "{}", "{add: {}, mul: {}}", "null"])
def test_a_join_that_is_none_is_a_fault(join: str) -> None:
    text = f"input: [N, 8, X, X]\nlayers: [{{branches: {{a: [], b: []}}, join: {join}}}]"
    with pytest.raises(SpecError, match="where a layer of several inputs is accepted"):
        parse_spec(text).network()


def test_layers_can_be_there_for_one_word_of_an_argument() -> None:
    unit = "{when: act == relu, layers: [relu6], else: [act]}, {when: act != relu, layers: [tanh]}"
    head = f"input: [N, 8, X, X]\nblocks:\n  unit: {{with: {{act: relu}}, layers: [{unit}]}}\n"
    assert kinds(head + "layers: [unit, unit: {act: gelu}]") == ["relu6", "gelu", "tanh"]
