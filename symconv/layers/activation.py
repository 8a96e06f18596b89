"""Activations, and the layers that do nothing in inference.

A change of sign is free, and a constant such as 1/√2 is known beforehand.
"""

from __future__ import annotations

from typing import ClassVar

from symconv.cost import product
from symconv.count import NOTHING, Count
from symconv.errors import ShapeError
from symconv.extent import Size, size_of
from symconv.layer import BUFFER, LAYERS, Layer, Parameter, Reach, layer, s, weight
from symconv.ranges import Positive, one_of
from symconv.symbols import symbol
from symconv.tensor import Tensor


class _Activation(Layer):
    """A function of each element by itself; the subclass says which operations one takes."""

    operations: ClassVar[Count] = NOTHING

    def work(self, image: Tensor, out: Tensor) -> Count:
        return self.operations * out.elements


@layer("relu")
class ReLU(_Activation):
    """max(x, 0): one max an element."""

    operations = Count(max=1)


@layer("relu6")
class ReLU6(_Activation):
    """min(max(x, 0), 6): two max an element."""

    operations = Count(max=2)


@layer("leaky_relu")
class LeakyReLU(_Activation):
    """max(x, a·x): one mul and one max an element."""

    operations = Count(mul=1, max=1)


@layer("prelu")
class PReLU(_Activation):
    """max(x, a·x) with a trained a, one for all channels or one for each.

    work   one mul and one max an element
    space  1 weight, or C with `per_channel`
    """

    per_channel: bool = False
    operations = Count(mul=1, max=1)

    def parameters(self, image: Tensor) -> tuple[Parameter, ...]:
        return (weight("weight", image.channels if self.per_channel else 1),)


@layer("elu")
class ELU(_Activation):
    """x, or a·(eˣ − 1) below 0: one max, one exp, one add, one mul an element."""

    operations = Count(max=1, exp=1, add=1, mul=1)


@layer("sigmoid")
class Sigmoid(_Activation):
    """1/(1 + e⁻ˣ): one exp, one add, one div an element."""

    operations = Count(exp=1, add=1, div=1)


@layer("tanh")
class Tanh(_Activation):
    """tanh x: one tanh an element."""

    operations = Count(tanh=1)


@layer("silu")
class SiLU(_Activation):
    """x/(1 + e⁻ˣ), also called swish: one exp, one add, one div an element."""

    operations = Count(exp=1, add=1, div=1)


@layer("hard_sigmoid")
class HardSigmoid(_Activation):
    """min(max(x + 3, 0), 6)/6: one add, two max, one div an element."""

    operations = Count(add=1, max=2, div=1)


@layer("hard_swish")
class HardSwish(_Activation):
    """x·min(max(x + 3, 0), 6)/6: one add, two max, one mul, one div an element."""

    operations = Count(add=1, max=2, mul=1, div=1)


@layer("softplus")
class Softplus(_Activation):
    """log(1 + eˣ): one exp, one add, one log an element."""

    operations = Count(exp=1, add=1, log=1)


@layer("mish")
class Mish(_Activation):
    """x·tanh(log(1 + eˣ)): one exp, one add, one log, one tanh, one mul an element."""

    operations = Count(exp=1, add=1, log=1, tanh=1, mul=1)


@layer("gelu")
class GELU(_Activation):
    """x·Φ(x), exactly by the error function or by its tanh approximation.

    work   exact: ½·x·(1 + erf(x/√2)), 3 muls, an erf, an add an element;
           tanh: ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), 6 muls, a tanh, 2 adds
    """

    approximate: bool = False

    def work(self, image: Tensor, out: Tensor) -> Count:
        e = out.elements
        return Count(mul=e * 6, tanh=e, add=e * 2) if self.approximate else Count(mul=e * 3, erf=e, add=e)


def activation(name: str, kind: str) -> Layer:
    """The activation of this name inside a layer of this kind; `gelu_tanh` is the approximate GELU.

    Raises ShapeError for another name, with the nearest that is known.
    """
    known = {k: cls for k, cls in LAYERS.items() if issubclass(cls, _Activation) and cls is not PReLU}
    one_of(name, sorted([*known, "gelu_tanh"]), f"{kind}: activation")
    return GELU(approximate=True) if name == "gelu_tanh" else known[name]()


@layer("softmax")
class Softmax(Layer):
    """eˣ over the sum of eˣ along an axis, the largest x subtracted first.

    work   a row of n: n − 1 max, n subtractions, n exps, n − 1 adds, n divs
    """

    axis: int = 1

    def output(self, image: Tensor) -> Tensor:
        self._rows(image)
        return image

    def _rows(self, image: Tensor) -> tuple[Size, ...]:
        if not -image.rank <= self.axis < image.rank:
            raise ShapeError(f"softmax over axis {self.axis} of an input of {image.rank} axes")
        return image.with_axis(self.axis % image.rank).shape

    def reach(self, image: Tensor, out: Tensor) -> tuple[Reach, ...] | None:
        return None if self.axis % image.rank > 1 else super().reach(image, out)

    def work(self, image: Tensor, out: Tensor) -> Count:
        e, rows = out.elements, product(*self._rows(image))
        return Count(max=e - rows, add=e * 2 - rows, exp=e, div=e)


@layer("dropout")
class Dropout(Layer):
    """Drops elements in training; in inference it hands its input on, without work."""


@layer("identity")
class Identity(Layer):
    """Hands its input on, without work."""


@layer("buffer")
class Buffer(Layer):
    """Hands its input on, and keeps constants beside the weights: position ids, the frequencies of rotary positions.

    work   none
    space  a buffer of `elements`
    """

    elements: Positive
    view = True

    def parameters(self, image: Tensor) -> tuple[Parameter, ...]:
        return (Parameter("buffer", (self.elements,), BUFFER),)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(size_of(symbol("B", "count", cls.kind))), (Tensor((s("N"), s("T"), s("C_in"))),)
