"""Linear maps: the fully connected layer, the product of two inputs, a weight or a bias for each feature."""

from __future__ import annotations

from typing import ClassVar

from symconv.condition import equal
from symconv.cost import Cost, product
from symconv.count import Count
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.layer import Layer, Parameter, layer, s, weight
from symconv.layers.broadcasting import broadcast
from symconv.layers.features import LAST, features_axis, tokens_of_symbols
from symconv.ranges import Positive
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
    windowed = False

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

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(s("C_out")), (Tensor((s("N"), s("C_in"))),)


def products(macs: Cost, outputs: Cost) -> Count:
    """`outputs` sums of products, `macs` products in all; without weights, so without a bias."""
    return Count(mac=macs, channel_add=macs - outputs)


@layer("matmul")
class MatMul(Layer):
    """The matrix product of two inputs over their last two axes, for each entry of the axes before.

    shape  …×T×C and …×C×K make …×T×K; with `transpose` the second is …×K×C. A leading extent of 1 is repeated.
    work   C macs an output
    """

    arity = (2, 2)
    transpose: bool = False
    windowed = False

    def output(self, left: Tensor, right: Tensor) -> Tensor:
        if left.rank != right.rank or left.rank < 2:
            raise ShapeError(f"matmul of {left} and {right}: two inputs with the same number of axes are wanted")
        inner, columns = right.shape[-2:]
        if self.transpose:
            inner, columns = columns, inner
        require(equal(left.shape[-1], inner), "matmul of rows and columns of one length")
        leading = broadcast([left.shape[:-2], right.shape[:-2]], "matmul")
        return left.like(*leading, left.shape[-2], columns)

    def work(self, left: Tensor, right: Tensor, out: Tensor) -> Count:
        return products(product(*out.shape, left.shape[-1]), out.elements)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(), (tokens_of_symbols(), Tensor((s("N"), s("C_in"), s("C_out"))))


class _Featurewise(Layer):
    """One operation with a weight of its own for each feature; the subclass says which."""

    over: str
    operation: ClassVar[str]
    tensor: ClassVar[str]

    def output(self, image: Tensor) -> Tensor:
        features_axis(image, self.over, self.kind)
        return image

    def parameters(self, image: Tensor) -> tuple[Parameter, ...]:
        return (weight(self.tensor, image.shape[features_axis(image, self.over, self.kind)]),)

    def work(self, image: Tensor, out: Tensor) -> Count:
        return Count({self.operation: out.elements})

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(), (tokens_of_symbols(),)


@layer("layer_scale")
class LayerScale(_Featurewise):
    """Multiplies each feature by a weight of its own, of the last axis or of the channels with `over: channels`.

    work   one mul an element
    space  C weights

    Source: Touvron et al., Going deeper with Image Transformers, arXiv:2103.17239.
    """

    over: str = LAST
    operation, tensor = "mul", "weight"


@layer("bias")
class Bias(_Featurewise):
    """Adds a weight of its own to each feature, of the last axis or of the channels with `over: channels`.

    It stands behind a linear layer that shares its weights and has biases of its own.

    work   one add an element
    space  C weights
    """

    over: str = LAST
    operation, tensor = "add", "bias"
