"""Positions inside attention: rotations of queries and keys, and biases of the scores by distance."""

from __future__ import annotations

from symconv.condition import at_least, divides
from symconv.cost import product
from symconv.count import Count
from symconv.domain import require
from symconv.layer import Layer, Parameter, layer, weight
from symconv.layers.features import letter, sequence, tokens_of_symbols
from symconv.ranges import Positive
from symconv.rounding import floor
from symconv.tensor import Tensor


@layer("rotary")
class Rotary(Layer):
    """Turns each pair of a head's features by an angle that its position says: (x·cos − y·sin, y·cos + x·sin).

    The heads stand side by side in the last axis; with `size` only so many features of each are turned. Sines and
    cosines are constants.

    work   2 muls and an add for each feature that is turned

    Source: Su et al., RoFormer, arXiv:2104.09864, section 3.4.2.
    """

    heads: Positive = 1
    size: Positive | None = None
    windowed = False

    def output(self, tokens: Tensor) -> Tensor:
        _, _, width = sequence(tokens, self.kind)
        require(divides(self.heads, width), "heads divide the width")
        head = floor(width, self.heads, exact=True)
        if self.size is not None:
            require(at_least(head, self.size), "rotary positions of a part of each head")
        require(divides(2, head if self.size is None else self.size), "rotary positions of pairs of features")
        return tokens

    def work(self, tokens: Tensor, out: Tensor) -> Count:
        turned = tokens.elements if self.size is None else product(*tokens.shape[:-1], self.heads, self.size)
        return Count(mul=turned * 2, add=turned)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(letter("h", cls.kind)), (tokens_of_symbols(),)


@layer("relative_bias")
class RelativeBias(Layer):
    """A bias for each head and pair of tokens, looked up by the bucket of their distance: T5's.

    It goes into an attention with `score_bias` as the last input, of as many layers as share it. A second input is the
    memory, whose S tokens are the other side of the pairs.

    shape  1×h×T×S
    work   none: a lookup, of buckets that are known beforehand
    space  B·h weights, for B `buckets`

    Source: Raffel et al., Exploring the Limits of Transfer Learning, arXiv:1910.10683, section 2.1.
    """

    arity = (1, 2)
    shape_only = (0, 1)
    heads: Positive
    buckets: Positive = 32
    windowed = False

    def output(self, *inputs: Tensor) -> Tensor:
        leading, t, _ = sequence(inputs[0], self.kind)
        _, memory, _ = sequence(inputs[-1], self.kind)
        return inputs[0].like(*[1] * len(leading), self.heads, t, memory)

    def parameters(self, *inputs: Tensor) -> tuple[Parameter, ...]:
        return (weight("weight", self.buckets, self.heads),)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(letter("h", cls.kind), letter("B", cls.kind)), (tokens_of_symbols(),)
