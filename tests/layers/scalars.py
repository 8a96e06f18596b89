"""Numbers that count what is done to them, and the functions of the field written out plainly on them.

A function here is its formula from the paper, evaluated step by step on one number or one row of numbers. Its value can
be compared with a framework's, its tally with the count that a layer's rule gives. Constants are known beforehand and a
change of sign is free, so neither is counted.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import product


class Scalar:
    """A number that books every operation on it in a tally."""

    def __init__(self, value: float, tally: Counter[str]) -> None:
        self.value, self.tally = value, tally

    def _made(self, operation: str, value: float) -> Scalar:
        self.tally[operation] += 1
        return Scalar(value, self.tally)

    def __add__(self, other: Scalar | float) -> Scalar:
        return self._made("add", self.value + _value(other))

    __radd__ = __add__

    def __sub__(self, other: Scalar | float) -> Scalar:
        return self._made("add", self.value - _value(other))

    def __mul__(self, other: Scalar | float) -> Scalar:
        return self._made("mul", self.value * _value(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Scalar | float) -> Scalar:
        return self._made("div", self.value / _value(other))

    def __rtruediv__(self, other: float) -> Scalar:
        return self._made("div", other / self.value)

    def __neg__(self) -> Scalar:
        return Scalar(-self.value, self.tally)

    def __pow__(self, exponent: float) -> Scalar:
        return self._made("pow", self.value**exponent)

    def max(self, other: Scalar | float) -> Scalar:
        return self._made("max", max(self.value, _value(other)))

    def min(self, other: Scalar | float) -> Scalar:
        return self._made("max", min(self.value, _value(other)))

    def positive(self) -> bool:
        """One comparison."""
        self.tally["max"] += 1
        return self.value > 0

    def exp(self) -> Scalar:
        return self._made("exp", math.exp(self.value))

    def log(self) -> Scalar:
        return self._made("log", math.log(self.value))

    def sqrt(self) -> Scalar:
        return self._made("sqrt", math.sqrt(self.value))

    def tanh(self) -> Scalar:
        return self._made("tanh", math.tanh(self.value))

    def erf(self) -> Scalar:
        return self._made("erf", math.erf(self.value))


def _value(x: Scalar | float) -> float:
    return x.value if isinstance(x, Scalar) else x


def scalars(values: Sequence[float]) -> tuple[list[Scalar], Counter[str]]:
    """Numbers with one fresh tally."""
    tally: Counter[str] = Counter()
    return [Scalar(v, tally) for v in values], tally


# -- functions of one number ---------------------------------------------------------------------------------------


def relu(x: Scalar) -> Scalar:
    return x.max(0)


def relu6(x: Scalar) -> Scalar:
    return x.max(0).min(6)


def leaky_relu(x: Scalar) -> Scalar:
    return x.max(x * 0.01)


def prelu(x: Scalar) -> Scalar:
    return x.max(x * 0.25)


def elu(x: Scalar) -> Scalar:
    below = 1.0 * (x.exp() - 1)
    return x if x.positive() else below


def sigmoid(x: Scalar) -> Scalar:
    return 1 / (1 + (-x).exp())


def tanh(x: Scalar) -> Scalar:
    return x.tanh()


def silu(x: Scalar) -> Scalar:
    return x / (1 + (-x).exp())


def hard_sigmoid(x: Scalar) -> Scalar:
    return (x + 3).max(0).min(6) / 6


def hard_swish(x: Scalar) -> Scalar:
    return x * (x + 3).max(0).min(6) / 6


def softplus(x: Scalar) -> Scalar:
    return (1 + x.exp()).log()


def mish(x: Scalar) -> Scalar:
    return x * (1 + x.exp()).log().tanh()


def gelu(x: Scalar) -> Scalar:
    """Hendrycks and Gimpel, arXiv:1606.08415."""
    return 0.5 * x * (1 + (x * (1 / math.sqrt(2))).erf())


def gelu_tanh(x: Scalar) -> Scalar:
    """The same paper's approximation."""
    return 0.5 * x * (1 + (math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x))).tanh())


FUNCTIONS: dict[str, Callable[[Scalar], Scalar]] = {
    f.__name__: f
    for f in (relu, relu6, leaky_relu, prelu, elu, sigmoid, tanh, silu, hard_sigmoid, hard_swish, softplus, mish, gelu,
              gelu_tanh)
}  # fmt: skip


# -- functions of a row --------------------------------------------------------------------------------------------


def added(row: Sequence[Scalar]) -> Scalar:
    """The first stands, each further one is added."""
    total = row[0]
    for x in row[1:]:
        total = total + x
    return total


def softmax(row: Sequence[Scalar]) -> list[Scalar]:
    greatest = row[0]
    for x in row[1:]:
        greatest = greatest.max(x)
    powers = [(x - greatest).exp() for x in row]
    total = added(powers)
    return [p / total for p in powers]


def normalised(row: Sequence[Scalar], affine: bool, epsilon: float = 1e-5) -> list[Scalar]:
    """Layer normalisation of one row (Ba, Kiros, Hinton, arXiv:1607.06450); scales of 2 and shifts of 3."""
    n = len(row)
    mean = added(row) / n
    centred = [x - mean for x in row]
    variance = added([c * c for c in centred]) / n
    inverse = 1 / (variance + epsilon).sqrt()
    out = [c * inverse for c in centred]
    return [2.0 * x + 3.0 for x in out] if affine else out


def batch_norm(x: Scalar) -> Scalar:
    """In inference: scale and shift of the channel, folded with its mean and variance (Ioffe and Szegedy, §3.1)."""
    scale, shift = 1.5, -0.25
    return scale * x + shift


def local_response_norm(
    channels: Sequence[Scalar], size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 2.0
) -> list[Scalar]:
    """Krizhevsky et al. 2012, §3.3, with α over the window's size as frameworks have it; zeros beside the channels."""
    squares = [x * x for x in channels]
    nothing = [Scalar(0, channels[0].tally)] * size
    padded = [*nothing, *squares, *nothing]
    out = []
    for i, x in enumerate(channels):
        window = padded[size + i - size // 2 : size + i - size // 2 + size]
        out.append(x / (k + (alpha / size) * added(window)) ** beta)
    return out


def interpolated(grid: dict[tuple[int, ...], Scalar], corner: Sequence[int], shares: Sequence[float]) -> Scalar:
    """Multilinear interpolation between the corners of a cell, one axis after the other: a + t·(b − a)."""
    values = {bits: grid[tuple(c + b for c, b in zip(corner, bits))] for bits in product((0, 1), repeat=len(corner))}
    for share in shares:
        values = {
            bits[1:]: values[bits] + share * (values[1, *bits[1:]] - values[bits]) for bits in values if not bits[0]
        }
    return values[()]
