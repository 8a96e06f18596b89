"""Recurrent layers and attention: the macs of their matrix products, against a run or by hand."""

from __future__ import annotations

from typing import Any

import pytest

from readers.keras.witness import assert_exact, functional, keras
from symconv.readers.keras import read_keras

pytestmark = pytest.mark.torch
L = keras.layers

ROWS = [[(1, 7, 5)], [(2, 9, 5)]]


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_an_lstm_and_a_gru_count_the_elements_of_both_kernels_a_step(
    sequences: bool, backwards: bool, bias: bool
) -> None:
    for kind, gates in ((L.LSTM, 4), (L.GRU, 3), (L.SimpleRNN, 1)):
        layer = kind(6, return_sequences=sequences, go_backwards=backwards, use_bias=bias)
        kernels = gates * 6 * (5 + 6)
        assert_exact(functional(layer, [(None, 5)]), ROWS, macs=lambda x, k=kernels: x[0] * x[1] * k)


@pytest.mark.parametrize("kind", [L.LSTM, L.GRU, L.SimpleRNN])
def test_an_unrolled_layer_counts_what_torch_counts(kind: Any) -> None:
    """Otherwise Keras runs a step once more than there are, to see what it makes."""
    for time in (4, 7):
        layer = kind(6, unroll=True, return_sequences=True)
        assert_exact(functional(layer, [(time, 5)]), [[(1, time, 5)], [(3, time, 5)]])


@pytest.mark.parametrize("mode", ["concat", "sum", "ave", "mul"])
def test_both_directions_are_counted(mode: str) -> None:
    layer = L.Bidirectional(L.LSTM(6, return_sequences=True), merge_mode=mode)
    assert_exact(functional(layer, [(None, 5)]), ROWS)


def test_directions_that_are_not_put_together_are_two_outputs() -> None:
    model = functional(L.Bidirectional(L.GRU(6), merge_mode=None), [(None, 5)])
    assert_exact(model, ROWS, macs=lambda x: 2 * x[0] * x[1] * 3 * 6 * 11)


def test_states_are_handed_from_a_layer_to_the_next() -> None:
    def build(x: Any) -> Any:
        _, *states = L.LSTM(4, return_state=True)(x)
        return L.LSTM(4, return_sequences=True)(x, initial_state=states)

    assert_exact(functional(build, [(None, 5)]), ROWS)


def test_other_activations_are_counted_as_such() -> None:
    net = read_keras(functional(L.LSTM(6, activation="relu", recurrent_activation="hard_sigmoid"), [(None, 5)]))
    plain = read_keras(functional(L.LSTM(6), [(None, 5)]))
    assert net.count()["exp"] == 0
    assert plain.count()["exp"] * 8 == net.count()["max"] * 3
    assert net.cost("macs") == plain.cost("macs")


def test_cells_run_as_often_as_there_are_steps() -> None:
    model = functional(L.RNN([L.LSTMCell(6), L.GRUCell(3)], return_sequences=True), [(None, 5)])
    step = 4 * 6 * (5 + 6) + 3 * 3 * (6 + 3)
    assert_exact(model, ROWS, macs=lambda x: x[0] * x[1] * step)


def test_a_cell_of_ones_own_is_read_by_calling_it() -> None:
    class Cell(L.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.state_size = 6

        def build(self, shape: Any) -> None:
            self.kernel = self.add_weight(shape=(shape[-1], 6), name="kernel")
            self.recurrent = self.add_weight(shape=(6, 6), name="recurrent")

        def call(self, x: Any, states: Any) -> Any:
            h = keras.ops.matmul(x, self.kernel) + keras.ops.matmul(states[0], self.recurrent)
            return h, [h]

    model = functional(L.RNN(Cell()), [(None, 5)])
    assert_exact(model, ROWS, macs=lambda x: x[0] * x[1] * 6 * 11)


@pytest.mark.parametrize(("padding", "strides"), [("same", 1), ("valid", 2)])
@pytest.mark.parametrize("first", [False, True])
def test_a_convolutional_lstm_counts_both_convolutions_a_step(padding: str, strides: int, first: bool) -> None:
    form = "channels_first" if first else "channels_last"
    layer = L.ConvLSTM2D(4, 3, padding=padding, strides=strides, data_format=form)
    for h, w in ((7, 9), (8, 11)):
        shape = (5, h, w) if first else (h, w, 5)
        a, b = (h, w) if padding == "same" else ((h - 3) // 2 + 1, (w - 3) // 2 + 1)
        model = functional(layer.__class__.from_config({**layer.get_config(), "name": f"c{h}"}), [(None, *shape)])
        step = a * b * 4 * 4 * 9 * (5 + 4)
        assert_exact(model, [[(1, 3, *shape)], [(2, 4, *shape)]], macs=lambda x, s=step: x[0] * x[1] * s)


def test_a_convolutional_lstm_of_one_and_of_three_axes() -> None:
    one = functional(L.ConvLSTM1D(3, 2, padding="same"), [(None, 6, 5)])
    assert_exact(one, [[(2, 3, 6, 5)]], macs=lambda x: x[0] * x[1] * 6 * 4 * 3 * 2 * (5 + 3))
    three = functional(L.ConvLSTM3D(2, 2, padding="same", return_sequences=True), [(None, 3, 4, 5, 2)])
    assert_exact(three, [[(1, 2, 3, 4, 5, 2)]], macs=lambda x: x[0] * x[1] * 60 * 4 * 2 * 8 * (2 + 2))


PAIR = [(None, 8), (None, 8)], [[(1, 7, 8), (1, 5, 8)], [(2, 9, 8), (2, 4, 8)]]

#: A dropout keeps Keras from torch's fused kernel, which the counter does not see.
ATTENTION = {
    "heads": lambda a, b: L.MultiHeadAttention(2, 3, dropout=0.1)(a, b),
    "width": lambda a, b: L.MultiHeadAttention(2, 3, value_dim=5, output_shape=7, dropout=0.1, use_bias=False)(a, b),
    "key": lambda a, b: L.MultiHeadAttention(2, 3, dropout=0.1)(a, b, key=b),
    "gate": lambda a, b: L.MultiHeadAttention(2, 3, dropout=0.1, use_gate=True)(a, b),
    "scores": lambda a, b: L.MultiHeadAttention(2, 3)(a, b, return_attention_scores=True)[0],
    "grouped": lambda a, b: L.GroupQueryAttention(3, 4, 2, dropout=0.1)(a, b),
    "grouped gate": lambda a, b: L.GroupQueryAttention(3, 4, 2, dropout=0.1, use_gate=True)(a, b),
    "dot": lambda a, b: L.Attention(use_scale=True)([a, b]),
    "dot key": lambda a, b: L.Attention()([a, b, b]),
    "concat": lambda a, b: L.Attention(score_mode="concat", use_scale=True)([a, b]),
    "additive": lambda a, b: L.AdditiveAttention()([a, b]),
    "additive plain": lambda a, b: L.AdditiveAttention(use_scale=False)([a, b]),
}


@pytest.mark.parametrize("build", [pytest.param(build, id=name) for name, build in ATTENTION.items()])
def test_attention_counts_its_projections_and_both_products(build: Any) -> None:
    assert_exact(functional(build, PAIR[0]), PAIR[1])


@pytest.mark.parametrize("axes", [None, (1, 2), (2,)])
def test_attention_over_several_axes(axes: Any) -> None:
    model = functional(lambda a: L.MultiHeadAttention(2, 3, attention_axes=axes)(a, a), [(None, None, 8)])
    assert_exact(model, [[(1, 3, 5, 8)], [(2, 4, 3, 8)]])


def _causal(x: tuple[int, ...]) -> int:
    n, t, c = x
    return n * (4 * t * c * 6 + 2 * t * t * 6)


def test_causal_attention_counts_all_scores_and_those_behind_the_mask_apart() -> None:
    model = functional(lambda a: L.MultiHeadAttention(2, 3)(a, a, use_causal_mask=True), [(None, 8)])
    net = assert_exact(model, [[(1, 7, 8)], [(2, 9, 8)]], macs=_causal)
    masked = 6 * 2 * 7 * 6 // 2
    assert net.evaluate("macs", N=1, T=7) - net.evaluate("causal", N=1, T=7) == masked


def test_the_fused_kernel_of_attention_is_counted_though_torch_does_not() -> None:
    model = functional(lambda a: L.MultiHeadAttention(2, 3)(a, a), [(None, 8)])
    assert_exact(model, [[(1, 7, 8)], [(2, 9, 8)]], macs=_causal)
