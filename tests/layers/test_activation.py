"""Activations against their formulas, evaluated on numbers that count what is done to them."""

from __future__ import annotations

from collections import Counter
from math import prod

import pytest

import symconv as sc
from layers.cases import counted, one_layer, params
from layers.scalars import FUNCTIONS, scalars, softmax
from symconv import Layer
from symconv.errors import ShapeError
from symconv.layers import (
    ELU,
    GELU,
    Buffer,
    Dropout,
    HardSigmoid,
    HardSwish,
    Identity,
    LeakyReLU,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)  # fmt: skip

BY_NAME: dict[str, Layer] = {
    "relu": ReLU(), "relu6": ReLU6(), "leaky_relu": LeakyReLU(), "prelu": PReLU(), "elu": ELU(), "sigmoid": Sigmoid(),
    "tanh": Tanh(), "silu": SiLU(), "hard_sigmoid": HardSigmoid(), "hard_swish": HardSwish(), "softplus": Softplus(),
    "mish": Mish(), "gelu": GELU(), "gelu_tanh": GELU(approximate=True),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (2, 7), (3,)])
def test_every_activation_does_to_each_element_what_its_formula_does(name: str, shape: tuple[int, ...]) -> None:
    row, tally = scalars([i - 2.5 for i in range(prod(shape))])
    for x in row:
        FUNCTIONS[name](x)
    names = [f"A{i}" for i in range(len(shape))]
    assert counted(one_layer(BY_NAME[name], *shape), {}) == (shape, dict(tally))
    assert counted(one_layer(BY_NAME[name], *names), dict(zip(names, shape))) == (shape, dict(tally))


@pytest.mark.parametrize("axis", range(-4, 4))
def test_softmax_does_to_each_row_what_its_formula_does(axis: int) -> None:
    shape = (2, 3, 4, 5)
    length = shape[axis]
    whole: Counter[str] = Counter()
    for _ in range(prod(shape) // length):
        row, tally = scalars([float(i) for i in range(length)])
        softmax(row)
        whole.update(tally)
    values = dict(zip(("N", "C", "H", "W"), shape))
    assert counted(one_layer(Softmax(axis), *shape), {}) == (shape, dict(whole))
    assert counted(one_layer(Softmax(axis), "N", "C", "H", "W"), values) == (shape, dict(whole))


@pytest.mark.parametrize("axis", [4, -5, 100])
def test_softmax_over_an_axis_that_is_not_there_is_an_error(axis: int) -> None:
    with pytest.raises(ShapeError, match=f"softmax over axis {axis} of an input of 4 axes"):
        one_layer(Softmax(axis), 1, 2, 3, 4)


def test_dropout_and_identity_do_nothing_in_inference() -> None:
    for layer in (Dropout(), Identity()):
        net = one_layer(layer, "N", sc.C_in, "X", "X")
        assert not net.count()
        assert net.output == net.tensor("input")
        assert net.cost("params") == 0


def test_a_buffer_does_nothing_and_keeps_its_elements_beside_the_weights() -> None:
    net = one_layer(Buffer(2 * sc.T), "N", "T", sc.C_in)
    assert not net.count()
    assert net.output == net.tensor("input")
    assert (net.cost("params"), net.cost("activations"), str(net.cost("buffers"))) == (0, 0, "2·T")


def test_prelu_keeps_one_weight_or_one_for_each_channel() -> None:
    assert params(one_layer(PReLU(), 2, 5, 3, 3), {}) == 1
    assert params(one_layer(PReLU(per_channel=True), 2, 5, 3, 3), {}) == 5
