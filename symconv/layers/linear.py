"""The fully connected layer."""

from __future__ import annotations

from symconv.cost import product
from symconv.count import Count
from symconv.errors import ShapeError
from symconv.layer import Layer, Parameter, Positive, Reach, layer, s, weight
from symconv.tensor import Tensor


@layer("linear")
class Linear(Layer):
    """Every output is a weighted sum of all C_in features of the last axis: the article's 1×1 convolution on a 1×1 map.

    shape  the last axis becomes C_out
    work   C_in·C_out macs a row; C_out adds with a bias
    space  C_in·C_out weights, C_out biases
    """

    channels: Positive
    bias: bool = True

    def output(self, rows: Tensor) -> Tensor:
        if not rows.shape:
            raise ShapeError("a linear layer of a scalar: an input with an axis of features is wanted")
        return rows.like(*rows.shape[:-1], self.channels)

    def parameters(self, rows: Tensor) -> tuple[Parameter, ...]:
        weights = weight("weight", self.channels, rows.shape[-1])
        return (weights, weight("bias", self.channels)) if self.bias else (weights,)

    def work(self, rows: Tensor, out: Tensor) -> Count:
        planes = rows.shape[-1]
        count = Count(mac=product(planes) * out.elements, channel_add=product(planes - 1) * out.elements)
        if not self.bias:
            return count
        return count + Count(add=out.elements, plane=product(planes) * out.elements)

    def reach(self, rows: Tensor, out: Tensor) -> tuple[Reach, ...] | None:
        return None

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(s("C_out")), (Tensor((s("N"), s("C_in"))),)
