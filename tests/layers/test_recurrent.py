"""Recurrent layers against cells that run step by step on numbers that count what is done to them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import pytest
from hypothesis import strategies as st

import symconv as sc
from layers.cases import assert_shares, check_each, counted, one_layer, params
from layers.cells import Stack, run
from layers.scalars import Scalar
from symconv import Layer, Network
from symconv.errors import DomainError, ShapeError
from symconv.layers import GRU, LSTM, RNN, Conv, Squeeze, Transpose

KINDS: dict[str, type[Layer]] = {"lstm": LSTM, "gru": GRU, "rnn": RNN}


@dataclass(frozen=True)
class Case:
    """A stack behind a sequence of this shape."""

    stack: Stack
    shape: tuple[int, int, int]
    last: bool


def layer_of(stack: Stack, last: bool = False, **symbols: Any) -> Layer:
    """The layer that is such a stack, some of its sizes symbols."""
    fields = {"hidden": stack.hidden, "layers": stack.layers}
    if stack.projection is not None:
        fields["projection"] = stack.projection
    words = {"nonlinearity": stack.nonlinearity} if stack.kind == "rnn" else {}
    given: dict[str, Any] = {**fields, **symbols, **words}
    return KINDS[stack.kind](**given, bidirectional=stack.bidirectional, bias=stack.bias, last=last)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    kind = draw(st.sampled_from(sorted(KINDS)))
    hidden = draw(st.integers(1, 3))
    projected = kind == "lstm" and hidden > 1 and draw(st.booleans())
    stack = Stack(
        kind,
        hidden,
        draw(st.integers(1, 4)),
        draw(st.booleans()),
        draw(st.booleans()),
        draw(st.integers(1, hidden - 1)) if projected else None,
        draw(st.sampled_from(["tanh", "relu"])) if kind == "rnn" else "tanh",
    )
    return Case(stack, (draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 3))), draw(st.booleans()))


def zeros(shape: tuple[int, ...]) -> Any:
    """Nested lists of small numbers."""
    return [zeros(shape[1:]) for _ in range(shape[0])] if shape else 0.125


def counted_by_running(case: Case) -> tuple[tuple[int, ...], dict[str, int]]:
    """The output's shape and the operations, sequence by sequence."""
    batch, time, features = case.shape
    weights = {name: zeros(shape) for name, shape in case.stack.shapes(features).items()}
    whole: Counter[str] = Counter()
    outputs = []
    for _sequence in range(batch):
        tally: Counter[str] = Counter()
        steps = [[Scalar(0.5, tally) for _ in range(features)] for _ in range(time)]
        outputs.append(run(case.stack, weights, steps, case.last))
        whole.update(tally)
    width = len(outputs[0][0])
    shape = (batch, width) if case.last else (batch, len(outputs[0]), width)
    return shape, dict(whole)


def check(case: Case) -> None:
    expected = counted_by_running(case)
    kept = sum(prod(shape) for shape in case.stack.shapes(case.shape[2]).values())
    on_numbers = one_layer(layer_of(case.stack, case.last), *case.shape)
    assert counted(on_numbers, {}) == expected
    assert params(on_numbers, {}) == kept
    values = dict(zip(("N", "T", "C_in"), case.shape, strict=True))
    on_extents = one_layer(layer_of(case.stack, case.last), "N", "T", sc.C_in)
    assert counted(on_extents, values) == expected
    assert params(on_extents, values) == kept

    net = Network("all symbols")
    sizes: dict[str, Any] = {"hidden": net.symbol("h", "channels"), "layers": net.symbol("n", "count")}
    values |= {"h": case.stack.hidden, "n": case.stack.layers}
    if case.stack.projection is not None:
        sizes["projection"] = net.symbol("p", "channels")
        values["p"] = case.stack.projection
    net.input("input", "N", "T", sc.C_in)
    net.add("layer", layer_of(case.stack, case.last, **sizes))
    assert counted(net, values) == expected
    assert params(net, values) == kept
    substituted = net.substitute(n=case.stack.layers)
    assert counted(substituted, {name: v for name, v in values.items() if name != "n"}) == expected


def traits(case: Case) -> set[str]:
    found = {case.stack.kind, f"{case.stack.layers} layers"}
    flags = {"both": case.stack.bidirectional, "bias": case.stack.bias, "last": case.last}
    return found | {name for name, there in flags.items() if there} | ({"p"} if case.stack.projection else set())


def test_a_recurrent_layer_counts_what_its_cells_do() -> None:
    seen = check_each(cases(), check, traits, 150)
    assert_shares(seen, *KINDS, "both", "bias", "last", "1 layers", "4 layers")
    assert_shares(seen, "p", least=0.05)


@pytest.mark.heavy
def test_a_recurrent_layer_counts_what_its_cells_do_in_many_cases() -> None:
    check_each(cases(), check, traits, 2000)


def test_the_macs_of_a_stack_are_a_closed_form_in_its_depth() -> None:
    net = Network("language model")
    h, n = net.symbol("h", "channels"), net.symbol("n", "count")
    net.input("sequence", "N", "T", h)
    net.add("lstm", LSTM(h, n))
    for depth, width in ((1, 7), (2, 650), (1_000_000, 1500)):
        at = {"n": depth, "h": width, "T": 35, "N": 20}
        assert net.evaluate("params", n=depth, h=width) == depth * (8 * width * width + 8 * width)
        assert net.evaluate("macs", **at) == 35 * 20 * depth * 8 * width * width
        assert net.evaluate("flops", **at) == 2 * net.evaluate("macs", **at)


def test_two_layers_that_read_one_another_are_a_stack_of_two() -> None:
    for kind in KINDS.values():
        whole, parts = Network(), Network()
        for net in (whole, parts):
            net.input("sequence", "N", "T", 5)
        whole.add("both", kind(hidden=4, layers=2, bidirectional=True))  # type: ignore[call-arg]
        for name in ("lower", "upper"):
            parts.add(name, kind(hidden=4, bidirectional=True))  # type: ignore[call-arg]
        for metric in ("macs", "ops", "full", "params"):
            at = {} if metric == "params" else {"N": 3, "T": 7}
            assert whole.evaluate(metric, **at) == parts.evaluate(metric, **at)


def test_the_last_state_costs_as_much_as_the_sequence() -> None:
    net = one_layer(LSTM(8, bidirectional=True, last=True), "N", "T", 3)
    assert str(net.output) == "N×16"
    assert net.cost("ops") == one_layer(LSTM(8, bidirectional=True), "N", "T", 3).cost("ops")
    assert net.cost("activations") == one_layer(LSTM(16, last=True), "N", "T", 3).cost("activations")


def test_a_projection_has_fewer_features_than_are_hidden() -> None:
    for projection in (4, 5):
        with pytest.raises(ShapeError, match="a projection to fewer features than are hidden"):
            one_layer(LSTM(4, projection=projection), 1, 2, 3)
    net = Network()
    h, p = net.symbol("h", "channels"), net.symbol("p", "channels")
    net.input("sequence", "N", "T", 3)
    net.add("lstm", LSTM(h, projection=p))
    assert str(net.domain) == "h ≥ p + 1"
    with pytest.raises(DomainError, match="projection"):
        net.at({"h": 4, "p": 4})


def test_what_is_no_sequence_or_no_setting_is_an_error() -> None:
    for kind in KINDS.values():
        with pytest.raises(ShapeError, match="batch × time × features is wanted, and this one is N×3×X²"):
            one_layer(kind(hidden=4), "N", 3, "X", "X")  # type: ignore[call-arg]
        for wrong in ({"hidden": 0}, {"hidden": 4, "layers": 0}, {"hidden": 4, "layers": -1}):
            with pytest.raises(ShapeError, match="below 1"):
                kind(**wrong)
    with pytest.raises(ShapeError, match="accepted are tanh and relu"):
        one_layer(RNN(4, nonlinearity="selu"), 1, 2, 3)


def test_a_recurrence_has_no_fixed_receptive_field() -> None:
    net = one_layer(GRU(4), "N", "T", 3)
    assert sc.metrics.receptive_field(net, "layer") is None


def test_columns_of_an_image_are_a_sequence() -> None:
    net = Network("crnn")
    net.input("image", "N", 1, 32, "W")
    net.add("conv", Conv(64, (32, 3), padding=((0, 0), (1, 1))))
    net.add("squeeze", Squeeze(2))
    net.add("time", Transpose((0, 2, 1)))
    net.add("lstm", LSTM(256, 2, bidirectional=True))
    assert str(net.output) == "N×W×512"
    assert net.evaluate("macs", W=100, N=1) == 100 * (64 * 32 * 3 + 8 * 256 * (64 + 256) + 8 * 256 * (512 + 256))


def test_stacks_that_differ_in_a_field_are_different_layers() -> None:
    stack = Stack("lstm", 2)
    assert layer_of(stack) == layer_of(stack) != layer_of(replace(stack, bias=False))
