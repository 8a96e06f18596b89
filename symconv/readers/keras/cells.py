"""Keras's recurrent layers: symconv's own, with one bias where Keras has one, and with any activations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symconv.cost import product
from symconv.count import Count
from symconv.layer import Layer, Parameter
from symconv.layers import GRU, LSTM, RNN
from symconv.layers.pointwise import POINTWISE
from symconv.tensor import Tensor


class _Cell(Layer):
    """What the layers of this file share: further inputs are states, and with one bias a sum of each gate is gone."""

    arity = (1, None)
    biases = 1
    windowed = False

    def output(self, *inputs: Any, **_: Any) -> Tensor:
        return super().output(inputs[0])

    def parameters(self, *inputs: Any, **_: Any) -> tuple[Parameter, ...]:
        return super().parameters(inputs[0])

    def work(self, *tensors: Any, **_: Any) -> Count:
        sequence = tensors[0]
        count = super().work(sequence, tensors[-1])
        own: Any = self
        if not own.bias or self.biases == 2:
            return count
        rows = product(own.gates * own.hidden, *sequence.shape[:2])
        return count + Count(add=rows * -1)


@dataclass(frozen=True, repr=False)
class KerasLSTM(_Cell, LSTM):
    __doc__ = LSTM.__doc__
    activation: str = "tanh"
    gate: str = "sigmoid"

    def unit(self) -> Count:
        """Three gates and the activation; c = f·c + i·g; h = o·activation(c)."""
        return POINTWISE[self.gate] * 3 + POINTWISE[self.activation] * 2 + Count(mul=3, add=1)


@dataclass(frozen=True, repr=False)
class KerasGRU(_Cell, GRU):
    __doc__ = GRU.__doc__
    activation: str = "tanh"
    gate: str = "sigmoid"
    biases: int = 2

    def unit(self) -> Count:
        """Two gates; the reset and the activation; (1 − z)·n + z·h."""
        return POINTWISE[self.gate] * 2 + POINTWISE[self.activation] + Count(add=2, mul=3)


@dataclass(frozen=True, repr=False)
class KerasRNN(_Cell, RNN):
    __doc__ = RNN.__doc__
    activation: str = "tanh"

    def unit(self) -> Count:
        """One activation."""
        return POINTWISE[self.activation]
