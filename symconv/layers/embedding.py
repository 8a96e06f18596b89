"""Where sequences begin: tables of tokens and positions, class tokens, an image's patches as tokens and back."""

from __future__ import annotations

from functools import reduce
from operator import mul

from symconv.condition import at_least, equal
from symconv.count import NOTHING, Count
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.extent import Size
from symconv.layer import Layer, Parameter, Reach, image_of_symbols, layer, s, weight
from symconv.layers.features import LAST, features_axis, letter, sequence, tokens_of_symbols
from symconv.layers.window import per_axis, spatial_rank
from symconv.ranges import Axes, Positive
from symconv.rounding import ceiling
from symconv.tensor import Tensor


@layer("embedding")
class Embedding(Layer):
    """The row of a table for each id: V tokens of C features each.

    shape  N×T ids make N×T×C
    work   none: a lookup; with `scaled` a mul an element, by √C (Vaswani et al., arXiv:1706.03762, section 3.4)
    space  V·C weights

    A head that shares the table is a linear layer of V outputs without a bias.
    """

    vocabulary: Positive
    channels: Positive
    scaled: bool = False
    windowed = False

    def output(self, ids: Tensor) -> Tensor:
        return Tensor((*ids.shape, self.channels))

    def parameters(self, ids: Tensor) -> tuple[Parameter, ...]:
        return (weight("weight", self.vocabulary, self.channels),)

    def work(self, ids: Tensor, out: Tensor) -> Count:
        return Count(mul=out.elements) if self.scaled else NOTHING

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(letter("V", cls.kind), s("C_out")), (Tensor((s("N"), s("T")), "int64"),)


@layer("position_embedding")
class PositionEmbedding(Layer):
    """Adds to each token a row for its position: learned, or constants such as sines (`learned: false`).

    work   one add an element
    space  L·C weights, for `length` L, which is at least T, or for T where it is not given; none of constants
    """

    length: Positive | None = None
    learned: bool = True

    def output(self, tokens: Tensor) -> Tensor:
        _, t, _ = sequence(tokens, self.kind)
        if self.length is not None:
            require(at_least(self.length, t), "positions for all tokens")
        return tokens

    def parameters(self, tokens: Tensor) -> tuple[Parameter, ...]:
        _, t, c = sequence(tokens, self.kind)
        return (weight("weight", t if self.length is None else self.length, c),) if self.learned else ()

    def work(self, tokens: Tensor, out: Tensor) -> Count:
        return Count(add=out.elements)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(letter("L", cls.kind)), (tokens_of_symbols(),)


@layer("class_token")
class ClassToken(Layer):
    """Puts learned tokens in front of the others: one, or `tokens` of them.

    shape  T + 1 tokens
    work   none: a copy
    space  C weights a token
    """

    tokens: Positive = 1

    def output(self, rest: Tensor) -> Tensor:
        leading, t, c = sequence(rest, self.kind)
        return rest.like(*leading, t + self.tokens, c)

    def parameters(self, rest: Tensor) -> tuple[Parameter, ...]:
        return (weight("weight", self.tokens, rest.shape[-1]),)

    def reach(self, rest: Tensor, out: Tensor) -> tuple[Reach, ...] | None:
        return super().reach(rest, out) if rest.rank == 3 else None

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(), (tokens_of_symbols(),)


@layer("tokens")
class Tokens(Layer):
    """An image as a sequence: its positions are the tokens, its channels their features.

    shape  N×C×X² makes N×X²×C, X² tokens in one axis
    work   none: the same elements in another shape
    """

    view = True
    windowed = False

    def output(self, image: Tensor) -> Tensor:
        spatial_rank(image)
        return image.like(image.batch, reduce(mul, image.spatial), image.channels)


@layer("image")
class Image(Layer):
    """A sequence as an image: of a `size`, one number for a square, or with the extents of a second input.

    shape  N×T×C makes N×C×H×W, where T = H·W
    work   none: the same elements in another shape
    """

    arity = (1, 2)
    shape_only = (1,)
    view = True
    size: Axes | None = None
    windowed = False

    def output(self, *inputs: Tensor) -> Tensor:
        tokens = inputs[0]
        if (self.size is None) != (len(inputs) == 2):
            raise ShapeError("image takes either a size, or a second input whose extents it has")
        if tokens.rank != 3:
            raise ShapeError(f"image of {tokens}: batch × tokens × features are wanted")
        extents = per_axis(self.size, _rank(self.size), "size") if self.size is not None else inputs[1].spatial
        if not extents:
            raise ShapeError(f"image with the extents of {inputs[1]}, which has none")
        batch, t, features = tokens.shape
        require(equal(t, reduce(mul, extents)), "as many tokens as the image has positions")
        return tokens.like(batch, features, *extents)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls((s("H"), s("W"))), (Tensor((s("N"), s("H") * s("W"), s("C_in"))),)


def _rank(size: Size | tuple[Size, ...]) -> int:
    return len(size) if isinstance(size, tuple) else 2


@layer("patch_merging")
class PatchMerging(Layer):
    """Puts the features of each S×S neighbourhood side by side; an extent that S does not divide is padded up.

    shape  M = ⌈X/S⌉, S²·C features
    work   none: a copy

    Swin's merging is this, a layer norm and a linear layer without a bias behind one another (Liu et al.,
    arXiv:2103.14030, section 3.1).
    """

    size: Axes = 2
    over: str = LAST

    def output(self, image: Tensor) -> Tensor:
        axis, rank = features_axis(image, self.over, self.kind), spatial_rank(image)
        sides = per_axis(self.size, rank, "size")
        first = 2 if axis == 1 else 1
        shape = list(image.with_axis(axis, image.shape[axis] * reduce(mul, sides)).shape)
        shape[first : first + rank] = [ceiling(x, side) for x, side in zip(image.shape[first:], sides)]
        return image.like(*shape)

    def reach(self, image: Tensor, out: Tensor) -> tuple[Reach, ...] | None:
        if self.over == LAST:
            return None
        return tuple(Reach(side, side) for side in per_axis(self.size, len(image.spatial), "size"))

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(s("S"), "channels"), (image_of_symbols(),)
