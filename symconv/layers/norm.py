"""Normalisations, as inference does them."""

from __future__ import annotations

from symconv.condition import divides
from symconv.cost import Cost, product
from symconv.count import Count
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.extent import Size
from symconv.layer import BUFFER, Layer, Parameter, Reach, image_of_symbols, layer, s, weight
from symconv.layers.features import CHANNELS, features_axis, tokens_of_symbols
from symconv.layers.window import spatial_rank
from symconv.ranges import Positive
from symconv.tensor import Tensor


def _scales(affine: bool, *shape: Size) -> tuple[Parameter, ...]:
    """Scales and shifts, where there are any."""
    return (weight("weight", *shape), weight("bias", *shape)) if affine else ()


@layer("batch_norm")
class BatchNorm(Layer):
    """Normalises each channel by its running mean and variance, then scales and shifts it.

    work   one mul and one add an element: in inference statistics, scale and shift are two constants a channel
    space  C scales and C shifts (with `affine`); buffers: C means, C variances and a counter of batches;
           with `frozen` means, variances, scales and shifts are four buffers of C, and nothing is counted
    """

    affine: bool = True
    frozen: bool = False

    def parameters(self, image: Tensor) -> tuple[Parameter, ...]:
        c = image.channels
        kept = (Parameter("running_mean", (c,), BUFFER), Parameter("running_var", (c,), BUFFER))
        if self.frozen:
            return (Parameter("weight", (c,), BUFFER), Parameter("bias", (c,), BUFFER), *kept)
        return (*_scales(self.affine, c), *kept, Parameter("num_batches_tracked", (), BUFFER))

    def work(self, image: Tensor, out: Tensor) -> Count:
        return Count(mul=out.elements, add=out.elements)


def _normalised(elements: Cost, rows: Cost, affine: bool) -> Count:
    """`rows` groups of elements, each centred and divided by its own standard deviation.

    A row of n: n − 1 adds and a division for the mean, n subtractions, n squares, n − 1 adds and a division for the
    variance, an add of ε, a square root, a division and n muls by its inverse; then n muls and n adds where `affine`.
    """
    count = Count(add=elements * 3 - rows, mul=elements * 2, div=rows * 3, sqrt=rows)
    return count + Count(mul=elements, add=elements) if affine else count


class _RowNorm(Layer):
    """A norm of rows: over the last axes, or over the channels of each position."""

    axes: Positive
    over: str
    affine: bool

    def row(self, image: Tensor) -> tuple[Size, ...]:
        """The extents of a row."""
        if self.over == CHANNELS:
            return (image.channels,)
        features_axis(image, self.over, self.kind)
        if not isinstance(self.axes, int) or self.axes > image.rank - 1:
            raise ShapeError(f"{self.kind} over {self.axes} axes of an input of {image.rank} axes")
        return image.shape[-self.axes :]

    def rows(self, image: Tensor) -> Cost:
        """How many rows there are."""
        if self.over == CHANNELS:
            return product(image.batch, *image.spatial)
        return product(*image.shape[: image.rank - len(self.row(image))])

    def output(self, image: Tensor) -> Tensor:
        self.row(image)
        return image

    def reach(self, image: Tensor, out: Tensor) -> tuple[Reach, ...] | None:
        return super().reach(image, out) if self.over == CHANNELS or not image.spatial else None

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(), (tokens_of_symbols(),)


@layer("layer_norm")
class LayerNorm(_RowNorm):
    """Normalises over the last `axes` axes, or over the channels of each position with `over: channels`.

    work   for each of R rows of n elements 3·n − 1 adds, 2·n muls, 3 divs, 1 sqrt; then n muls and n adds
    space  n scales and n shifts (with `affine`)
    """

    axes: Positive = 1
    over: str = "last"
    affine: bool = True

    def parameters(self, image: Tensor) -> tuple[Parameter, ...]:
        row = self.row(image)
        return _scales(self.affine, *row)

    def work(self, image: Tensor, out: Tensor) -> Count:
        return _normalised(image.elements, self.rows(image), self.affine)


@layer("rms_norm")
class RMSNorm(_RowNorm):
    """Divides each row by the root of its mean square: no mean is taken off, nothing is shifted.

    work   for each of R rows of n elements n adds, 2·n muls, 2 divs, 1 sqrt: n squares, n − 1 adds and a division for
           their mean, an add of ε, a square root, a division and n muls by its inverse; then n muls with `affine`
    space  n scales (with `affine`)

    Source: Zhang and Sennrich, Root Mean Square Layer Normalization, arXiv:1910.07467.
    """

    axes: Positive = 1
    over: str = "last"
    affine: bool = True

    def parameters(self, image: Tensor) -> tuple[Parameter, ...]:
        return (weight("weight", *self.row(image)),) if self.affine else ()

    def work(self, image: Tensor, out: Tensor) -> Count:
        e, rows = image.elements, self.rows(image)
        return Count(add=e, mul=e * (3 if self.affine else 2), div=rows * 2, sqrt=rows)


@layer("global_response_norm")
class GlobalResponseNorm(Layer):
    """Scales each channel by G, its norm over all positions, against the mean of all G: γ·x·G/mean(G) + β + x.

    work   for each image C norms, each X² squares, X² − 1 adds and a square root; C − 1 adds and a division for their
           mean, an add of ε, C divisions by it; then 2 muls and 2 adds an element
    space  C scales γ and C shifts β

    Source: Woo et al., ConvNeXt V2, arXiv:2301.00808.
    """

    over: str = "last"
    windowed = False

    def output(self, image: Tensor) -> Tensor:
        spatial_rank(image)
        features_axis(image, self.over, self.kind)
        return image

    def parameters(self, image: Tensor) -> tuple[Parameter, ...]:
        channels = image.shape[features_axis(image, self.over, self.kind)]
        return weight("weight", channels), weight("bias", channels)

    def work(self, image: Tensor, out: Tensor) -> Count:
        e, batch = image.elements, product(image.batch)
        norms = product(image.batch, image.shape[features_axis(image, self.over, self.kind)])
        norm = Count(mul=e, add=e - norms, sqrt=norms)
        relative = Count(add=norms - batch + batch, div=batch + norms)
        return norm + relative + Count(mul=e * 2, add=e * 2)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(over=CHANNELS), (image_of_symbols(),)


@layer("group_norm")
class GroupNorm(Layer):
    """Normalises each of g groups of channels of each image.

    work   for each of N·g rows of n elements 3·n − 1 adds, 2·n muls, 3 divs, 1 sqrt; then n muls and n adds
    space  C scales and C shifts (with `affine`)
    """

    groups: Positive
    affine: bool = True

    def output(self, image: Tensor) -> Tensor:
        require(divides(self.groups, image.channels), "groups divide the channels")
        return image

    def reach(self, image: Tensor, out: Tensor) -> tuple[Reach, ...] | None:
        return None if image.spatial else ()

    def parameters(self, image: Tensor) -> tuple[Parameter, ...]:
        return _scales(self.affine, image.channels)

    def work(self, image: Tensor, out: Tensor) -> Count:
        return _normalised(image.elements, product(image.batch, self.groups), self.affine)


@layer("instance_norm")
class InstanceNorm(Layer):
    """Normalises each channel of each image.

    work   for each of N·C rows of n elements 3·n − 1 adds, 2·n muls, 3 divs, 1 sqrt; n muls and n adds with `affine`
    space  C scales and C shifts (with `affine`)
    """

    affine: bool = False
    windowed = False

    def output(self, image: Tensor) -> Tensor:
        spatial_rank(image)
        return image

    def parameters(self, image: Tensor) -> tuple[Parameter, ...]:
        return _scales(self.affine, image.channels)

    def work(self, image: Tensor, out: Tensor) -> Count:
        return _normalised(image.elements, product(image.batch, image.channels), self.affine)


@layer("lrn")
class LocalResponseNorm(Layer):
    """Divides each element by a power of the sum of squares over `size` neighbouring channels: x/(k + α·Σx²)^β.

    work   an element: 2 muls (its square, α times the sum), `size` adds (the sum over the window, k), a pow and a div;
           channels beside the image counted as zeros
    """

    size: Positive = 5

    def output(self, image: Tensor) -> Tensor:
        spatial_rank(image)
        return image

    def work(self, image: Tensor, out: Tensor) -> Count:
        e = out.elements
        return Count(mul=e * 2, add=product(self.size) * e, pow=e, div=e)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(s("K")), (image_of_symbols(),)
