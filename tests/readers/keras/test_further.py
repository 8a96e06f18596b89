"""Layers and operations of Keras in their less usual forms, against a run at two sizes; other work by hand."""

from __future__ import annotations

from typing import Any

import pytest

from readers.keras.witness import assert_exact, functional, keras
from symconv.errors import SymconvError
from symconv.readers.keras import read_keras

pytestmark = pytest.mark.torch
L, ops = keras.layers, keras.ops

IMAGE = [(None, None, 6)], [[(1, 9, 12, 6)], [(2, 13, 8, 6)]]
FIRST = [(6, None, None)], [[(1, 6, 9, 12)], [(2, 6, 13, 8)]]
ROWS = [(None, 6)], [[(1, 11, 6)], [(2, 8, 6)]]
MIDDLE = [(4, 6, 5)], [[(2, 4, 6, 5)]]
FEATURES = [(6,)], [[(1, 6)], [(2, 6)]]
CF = "channels_first"

LAYERS = {
    "upsampled cubic, channels first": (lambda x: L.UpSampling2D(2, CF, "bicubic")(x), FIRST),
    "resized, channels first": (lambda x: L.Resizing(5, 7, "nearest", data_format=CF)(x), FIRST),
    "resized whole": (lambda x: L.Resizing(5, 7, pad_to_aspect_ratio=True)(x), IMAGE),
    "cropped, channels first": (lambda x: L.CenterCrop(5, 6, data_format=CF)(x), FIRST),
    "norm of groups along a middle axis": (lambda x: L.GroupNormalization(1, axis=2)(x), MIDDLE),
    "norm of the batch along a middle axis": (lambda x: L.BatchNormalization(axis=2)(x), MIDDLE),
    "root mean square of several axes": (lambda x: L.RMSNormalization(axis=(2, 3))(x), MIDDLE),
    "flattened row": (lambda x: L.Flatten()(x), ([()], [[(3,)], [(5,)]])),
    "soft capped": (lambda x: L.ReversibleEmbedding(11, 6, False, logit_soft_cap=3.0)(x, reverse=True), ROWS),
    "back to numbers": (
        lambda x: L.Normalization(mean=[1.0] * 6, variance=[2.0] * 6, invert=True)(x), IMAGE,
    ),
    "normalised by one number": (lambda x: L.Normalization(axis=None, mean=1.0, variance=2.0)(x), ROWS),
    "an activation's layer": (lambda x: L.Dense(4, activation=L.LeakyReLU())(x), ROWS),
    "an activation by another name": (lambda x: L.Dense(4, activation="swish")(x), ROWS),
    "an activation of steps": (lambda x: L.Dense(4, activation="selu")(x), ROWS),
    "rows as logarithms": (lambda x: L.Dense(4, activation="log_softmax")(x), ROWS),
    "an activation of one's own": (lambda x: L.Dense(4, activation=lambda y: ops.tanh(y) * y)(x), ROWS),
    "no activation": (lambda x: L.Activation("linear")(x), ROWS),
    "largest value": (lambda x: L.ReLU(max_value=2.0)(x), ROWS),
    "einsum without bias": (lambda x: L.EinsumDense("ab,bc->ac", 4)(x), FEATURES),
    "merged of two ranks": (lambda x: L.Add()([x, L.GlobalAveragePooling2D()(x)]), IMAGE),
    "norm of groups without a scale": (lambda x: L.GroupNormalization(2, scale=False, center=False)(x), IMAGE),
    "sums along a row": (lambda x: ops.cumsum(x), ([()], [[(3,)], [(5,)]])),
    "the number of elements": (lambda x: x * ops.cast(ops.size(x), "float32"), MIDDLE),
    "merged with a number": (lambda x: L.Multiply()([x, ops.ones((1, 1, 6))]), ROWS),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_in_another_form_has_what_its_run_has(name: str) -> None:
    build, (shapes, sizes) = LAYERS[name]
    assert_exact(functional(build, shapes), sizes)


FIXED = [(5, 6)], [[(2, 5, 6)], [(3, 5, 6)]]

SHAPES = {
    "appended": (lambda x: ops.append(x, x, axis=1), FIXED),
    "with a constant": (lambda x: ops.concatenate([x, ops.ones((2, 2, 6))], axis=1), [[(5, 6)], [[(2, 5, 6)]]]),
    "parts between places": (lambda x: ops.split(x, [2, 5], axis=1)[2], ROWS),
    "squeezed of all": (lambda x: ops.squeeze(ops.expand_dims(x, (1, 3))), FIXED),
    "below each other": (lambda x: ops.vstack([x, x]), ROWS),
    "behind each other": (lambda x: ops.dstack([x, x]), ROWS),
    "halves across": (lambda x: ops.hsplit(x[:, :4], 2)[1], ROWS),
    "repeated flat": (lambda x: ops.repeat(x, 2), ROWS),
    "tiled once": (lambda x: ops.tile(x, 2), ROWS),
    "tiled with more axes": (lambda x: ops.tile(x, (2, 1, 1, 3)), ROWS),
    "broadcast": (lambda x: ops.broadcast_to(x[:1, :1], (4, 3, 6)), ROWS),
    "one axis": (lambda x: ops.reshape(x, -1), ROWS),
    "filled like it": (lambda x: ops.full_like(x, 2.0), ROWS),
    "blocks, channels first": (lambda x: ops.depth_to_space(x[:, :4], 2, data_format=CF), FIRST),
    "blocks back, channels first": (lambda x: ops.space_to_depth(x[:, :, :8, :8], 2, data_format=CF), FIRST),
    "at flat places": (lambda x: ops.take(x, [0, 5]), ROWS),
    "along an axis": (lambda x: ops.take_along_axis(x, ops.cast(x * 0, "int32"), axis=1), ROWS),
    "taken to the end": (lambda x: ops.slice(x[:1, :7], (0, 2, 1), (1, 5, 5)), ROWS),
    "put into": (lambda x: ops.slice_update(x, (0, 1, 2), x[:, :2, :3]), ROWS),
    "sums of all": (lambda x: ops.cumsum(x), ROWS),
    "a trace": (lambda x: ops.trace(x[0, :6]), ROWS),
    "between the ends": (lambda x: ops.ptp(x, axis=1), ROWS),
    "in order of size": (lambda x: ops.norm(x, ord=1, axis=-1, keepdims=True), ROWS),
    "the largest as a norm": (lambda x: ops.norm(x, ord=float("inf"), axis=-1), ROWS),
    "a mean by weights": (lambda x: ops.average(x, axis=-1, weights=ops.ones((6,))), ROWS),
    "a mean over no axis": (lambda x: ops.mean(x, axis=()), ROWS),
    "gray": (lambda x: ops.image.rgb_to_grayscale(x[..., :3]), IMAGE),
    "gray, channels first": (lambda x: ops.image.rgb_to_grayscale(x[:, :3], data_format=CF), FIRST),
    "moments": (lambda x: ops.moments(x, axes=[1])[0], ROWS),
    "times a number": (lambda x: ops.dot(x, 2.0), ROWS),
    "inner": (lambda x: ops.inner(x, ops.ones((3, 6))), ROWS),
    "of vectors": (lambda x: ops.vdot(x[0, 0], x[0, 1]), ROWS),
    "outer": (lambda x: ops.outer(x[0, 0], x[0, 1]), ROWS),
    "a type of other bits": (lambda x: ops.view(x, "int32"), ROWS),
    "turned": (lambda x: ops.rot90(x), ROWS),
    "close": (lambda x: ops.isclose(x, x), ROWS),
}  # fmt: skip

#: Products that torch's counter does not see, or that Keras makes of no product.
BY_HAND = {"of vectors": 6, "outer": 0}


@pytest.mark.parametrize("name", SHAPES)
def test_an_operation_in_another_form_has_the_shape_of_its_run(name: str) -> None:
    build, (shapes, sizes) = SHAPES[name]
    by_hand = BY_HAND.get(name)
    assert_exact(functional(build, shapes), sizes, macs=None if by_hand is None else lambda x: by_hand)


#: What torch's backend cannot run, or runs otherwise than Keras says, and its shape at N = 2 and T = 5.
ELSEWHERE = {
    "padded all around": (lambda x: ops.pad(x, 2), (6, 9, 10)),
    "padded by a pair": (lambda x: ops.pad(x, ((1, 2),)), (5, 8, 9)),
    "at every other place from behind": (lambda x: x[:, ::-2], (2, 3, 6)),
    "norm along a middle axis": (lambda x: ops.layer_normalization(x, axis=1), (2, 5, 6)),
    "root mean square along a middle axis": (lambda x: ops.rms_normalization(x, axis=1), (2, 5, 6)),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_an_operation_that_torch_cannot_witness_has_the_shape_that_its_words_say(name: str) -> None:
    build, shape = ELSEWHERE[name]
    assert read_keras(functional(build, ROWS[0])).substitute(N=2, T=5).output.shape == shape


#: Rows of n = 4 to normalise, r of them at N = 3: by hand as the rule says.
NORMS = {
    "shift alone": (L.LayerNormalization(scale=False), (5, 4), 15 * (11 + 8 + 3 + 1 + 4)),
    "scale alone": (L.LayerNormalization(center=False), (5, 4), 15 * (11 + 8 + 3 + 1 + 4)),
    "another axis": (L.LayerNormalization(axis=1, scale=False, center=False), (4, 5), 15 * (11 + 8 + 3 + 1)),
    "another axis, both": (L.LayerNormalization(axis=1), (4, 5), 15 * (11 + 8 + 3 + 1 + 8)),
    "root mean square of another axis": (L.RMSNormalization(axis=1), (4, 5), 15 * (4 + 8 + 2 + 1 + 4)),
}  # fmt: skip


@pytest.mark.parametrize("name", NORMS)
def test_a_norm_of_rows_along_any_axis_does_what_the_rule_says(name: str) -> None:
    layer, shape, by_hand = NORMS[name]
    net = read_keras(functional(layer, [shape]))
    assert net.evaluate("ops", N=3) == by_hand


MISTAKES = {
    "appended flat": (lambda x: ops.append(x, x), "an axis is wanted"),
    "repeated each": (lambda x: ops.repeat(x, [1, 2, 1, 1, 1, 1], axis=2), "a number of its own for each element"),
    "backwards from a place": (lambda x: x[:, 3:1:-1], "only one of a whole axis is read"),
    "outer of matrices": (lambda x: ops.outer(x, x), "outer of tensors of several axes"),
    "vdot of matrices": (lambda x: ops.vdot(x, x), "vdot of tensors of several axes"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_what_is_not_read_is_said_by_name(name: str) -> None:
    build, said = MISTAKES[name]
    with pytest.raises((SymconvError, ValueError), match=said):
        read_keras(functional(build, ROWS[0]))


def test_states_of_both_ways_are_handed_on_and_out() -> None:
    def build(x: Any) -> Any:
        out, *states = L.Bidirectional(L.LSTM(4, return_state=True, return_sequences=True))(x)
        return L.Bidirectional(L.LSTM(4))(out, initial_state=states)

    first, second = 2 * 4 * 4 * (6 + 4), 2 * 4 * 4 * (8 + 4)
    assert_exact(functional(build, ROWS[0]), ROWS[1], macs=lambda x: x[0] * x[1] * (first + second))


def test_directions_apart_with_their_states_are_six_outputs() -> None:
    layer = L.Bidirectional(L.LSTM(4, return_state=True), merge_mode=None)
    model = functional(layer, ROWS[0])
    assert len(model.outputs) == 6
    assert_exact(model, ROWS[1], macs=lambda x: 2 * x[0] * x[1] * 4 * 4 * 10)


def test_a_recurrent_layer_of_ones_own_activation_is_run_by_its_cell() -> None:
    layer = L.GRU(4, activation=lambda x: ops.tanh(x) * 0.5, return_state=True, return_sequences=True)
    assert_exact(functional(lambda x: layer(x)[0], ROWS[0]), ROWS[1], macs=lambda x: x[0] * x[1] * 3 * 4 * 10)


@pytest.mark.parametrize("reset_after", [False, True])
def test_a_gru_that_resets_before_its_product_has_one_bias(reset_after: bool) -> None:
    layer = L.GRU(4, reset_after=reset_after)
    net = assert_exact(functional(layer, ROWS[0]), ROWS[1], macs=lambda x: x[0] * x[1] * 3 * 4 * 10)
    assert net.evaluate("params") == 3 * 4 * 10 + (24 if reset_after else 12)


def test_a_sequence_of_states_of_a_cell_of_given_ones() -> None:
    def build(x: Any, state: Any) -> Any:
        return L.RNN(L.GRUCell(4), return_state=True)(x, initial_state=state)[1]

    sizes = [[(1, 11, 6), (1, 4)], [(2, 8, 6), (2, 4)]]
    assert_exact(functional(build, [(None, 6), (4,)]), sizes, macs=lambda x, s: x[0] * x[1] * 3 * 4 * 10)


def test_attention_scores_are_an_output_of_queries_by_keys() -> None:
    model = functional(lambda a, b: L.Attention()([a, b], return_attention_scores=True)[1], [(None, 8), (None, 8)])
    assert_exact(model, [[(1, 7, 8), (1, 5, 8)], [(2, 9, 8), (2, 4, 8)]])


#: What no rule takes, and what is said.
REFUSED = {
    "matrices side by side along a third axis": (lambda x: ops.dstack([x, x]), [(6,)], "Dstack of tensors of 2 axes"),
    "parts of no number": (lambda x: ops.unstack(x, axis=1)[0], [(None, 6)], "unstack|Unstack|[Cc]annot infer"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_rule_takes_is_refused_with_the_reason(name: str) -> None:
    build, shapes, said = REFUSED[name]
    with pytest.raises((SymconvError, ValueError), match=said):
        read_keras(functional(build, shapes))
