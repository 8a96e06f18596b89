"""The feed-forward layers of transformers: two linear maps with an activation between, plain or gated."""

from __future__ import annotations

from symconv.count import Count
from symconv.layer import Layer, Parameter, Reach, layer
from symconv.layers.activation import activation
from symconv.layers.features import LAST, features_axis, features_last, letter, named, tokens_of_symbols
from symconv.layers.join import Mul
from symconv.layers.linear import Linear
from symconv.ranges import Positive
from symconv.tensor import Tensor


class _FeedForward(Layer):
    """A map of the features of each position by itself: up to F hidden ones, and down again."""

    hidden: Positive
    activation: str
    bias: bool
    channels: Positive | None
    over: str

    def _axis(self, rows: Tensor) -> int:
        return features_axis(rows, self.over, self.kind)

    def _down(self, rows: Tensor) -> Linear:
        return Linear(rows.shape[self._axis(rows)] if self.channels is None else self.channels, self.bias)

    def output(self, rows: Tensor) -> Tensor:
        activation(self.activation, self.kind)
        return rows.with_axis(self._axis(rows), self._down(rows).channels)

    def reach(self, rows: Tensor, out: Tensor) -> tuple[Reach, ...] | None:
        return None if rows.spatial and self.over == LAST else super().reach(rows, out)

    def parts(self, rows: Tensor) -> tuple[tuple[str, Linear, Tensor], ...]:
        """The linear maps by name, each with what goes into it."""
        x = features_last(rows, self._axis(rows))
        up = Linear(self.hidden, self.bias)
        return ("up", up, x), ("down", self._down(rows), up.output(x))

    def parameters(self, rows: Tensor) -> tuple[Parameter, ...]:
        return tuple(p for part, linear, x in self.parts(rows) for p in named(part, linear.parameters(x)))

    def work(self, rows: Tensor, out: Tensor) -> Count:
        parts = self.parts(rows)
        hidden = parts[-1][2]
        count = activation(self.activation, self.kind).work(hidden, hidden)
        for _, linear, x in parts:
            count += linear.work(x, linear.output(x))
        return count

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(letter("F", cls.kind)), (tokens_of_symbols(),)  # type: ignore[call-arg]


@layer("mlp")
class MLP(_FeedForward):
    """W₂·a(W₁·x): to F hidden features, an activation, and back to as many as the input has (or to `channels`).

    work   2·C·F macs a position; F + C adds with a bias; the activation of F hidden features
    space  2·C·F weights; F + C biases

    Source: Vaswani et al., Attention Is All You Need, arXiv:1706.03762, section 3.3.
    """

    hidden: Positive
    activation: str = "gelu"
    bias: bool = True
    channels: Positive | None = None
    over: str = LAST


@layer("gated_mlp")
class GatedMLP(_FeedForward):
    """W₃·(a(W₁·x)·W₂·x): gate and up to F hidden features, the product of the two, and down again.

    work   3·C·F macs a position; the activation of F gates, F muls; 2·F + C adds with a bias
    space  3·C·F weights; 2·F + C biases (with `bias`)

    Source: Shazeer, GLU Variants Improve Transformer, arXiv:2002.05202.
    """

    hidden: Positive
    activation: str = "silu"
    bias: bool = False
    channels: Positive | None = None
    over: str = LAST

    def parts(self, rows: Tensor) -> tuple[tuple[str, Linear, Tensor], ...]:
        up, down = super().parts(rows)
        return ("gate", *up[1:]), up, down

    def work(self, rows: Tensor, out: Tensor) -> Count:
        hidden = self.parts(rows)[-1][2]
        return super().work(rows, out) + Mul().work(hidden, hidden, hidden)
