"""Upsampling by copies or by interpolation."""

from __future__ import annotations

from fractions import Fraction

from symconv.count import NOTHING, Count
from symconv.errors import ShapeError
from symconv.extent import Size
from symconv.layer import Layer, Reach, image_of_symbols, layer, s
from symconv.layers.window import per_axis, positive, spatial_rank
from symconv.powers import power
from symconv.ranges import Axes, Natural, Scale, Shape, one_of
from symconv.rounding import floor
from symconv.tensor import Tensor


@layer("upsample")
class Upsample(Layer):
    """Resizes by an integer or rational `scale`, to a `size`, or to the extents of a second input.

    shape  M = ⌊u·X/d⌋ for the scale u/d, the size, or the second input's
    work   nearest: none, a copy; linear: 2ʳ − 1 interpolations an output over r axes, each 2 adds and a mul

    Output j stands at j·d/u of the input for nearest, rounded down, and at (j + ½)·d/u − ½ for linear. A scale written
    1.5 is exactly 3/2: frameworks that multiply floats differ where the float's product falls below an integer.
    """

    arity = (1, 2)
    shape_only = (1,)
    scale: Scale | None = None
    size: Axes | None = None
    mode: str = "nearest"

    def output(self, *inputs: Tensor) -> Tensor:
        image = inputs[0]
        if (self.scale is not None) + (self.size is not None) + len(inputs) != 2:
            raise ShapeError("upsample takes either a scale or a size, or a second input whose extents it resizes to")
        one_of(self.mode, ("nearest", "linear"), "upsample: mode")
        rank = spatial_rank(image)
        if len(inputs) == 2:
            if inputs[1].rank != image.rank:
                raise ShapeError(f"upsample of {image} to the extents of {inputs[1]}")
            return image.like(*image.shape[:2], *inputs[1].spatial)
        if self.size is not None:
            return image.like(*image.shape[:2], *per_axis(self.size, rank, "size"))
        return image.like(
            *image.shape[:2], *(positive(_scaled(x, f)) for x, f in zip(image.spatial, self._scales(rank)))
        )

    def _scales(self, rank: int) -> tuple[Size | Fraction, ...]:
        scale = self.scale if self.scale is not None else 1
        scales = scale if isinstance(scale, tuple) else (scale,) * rank
        if len(scales) != rank:
            raise ShapeError(f"scale is given for {len(scales)} axes, and the input has {rank} spatial axes")
        return scales

    def work(self, *tensors: Tensor) -> Count:
        if self.mode == "nearest":
            return NOTHING
        out = tensors[-1]
        steps = 2 ** len(out.spatial) - 1
        return Count(add=out.elements * (2 * steps), mul=out.elements * steps)

    def reach(self, *tensors: Tensor) -> tuple[Reach, ...] | None:
        scales = self._scales(len(tensors[-1].spatial))
        if self.scale is None or not all(isinstance(f, int | Fraction) for f in scales):
            return None
        return tuple(self._reach(Fraction(f)) for f in scales if isinstance(f, int | Fraction))

    def _reach(self, scale: Fraction) -> Reach:
        """⌊j·d/u⌋, or the elements on both sides of (j + ½)·d/u − ½, as bounds between which they are the integers."""
        u, d = scale.numerator, scale.denominator
        if self.mode == "nearest":
            return Reach(2 - Fraction(1, u), Fraction(d, u), 1 - Fraction(1, u))
        return Reach(3 - Fraction(1, u), Fraction(d, u), Fraction(3, 2) - Fraction(d + 1, 2 * u))

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(scale=s("S")), (image_of_symbols(),)


def _scaled(x: Size, factor: Size | Fraction) -> Size:
    return factor.numerator * x // factor.denominator if isinstance(factor, Fraction) else floor(factor * x, 1)


@layer("resample")
class Resample(Layer):
    """Reads the first input between its elements, at places that a second one or a rule gives, into a `shape`.

    shape  the one given
    work   nearest: none; linear over r `axes`: 2ʳ − 1 interpolations an output, each 2 adds and a mul; cubic: 4ʳ taps
           an output, a mul and an add each; a mean or a maximum of `samples` such reads an output
    """

    mode: str
    shape: Shape
    axes: Natural = 2
    samples: Natural = 1
    arity = (1, None)
    windowed = False

    def output(self, *inputs: Tensor) -> Tensor:
        one_of(self.mode, ("nearest", "linear", "cubic"), "resample: mode")
        return inputs[0].like(*self.shape)

    def work(self, *tensors: Tensor) -> Count:
        reads = tensors[-1].elements * self.samples
        between = reads - tensors[-1].elements
        if self.mode == "nearest":
            return Count(add=between)
        if self.mode == "cubic":
            taps = power(4, self.axes)
            return Count(mul=reads * taps, add=reads * (taps - 1) + between)
        steps = power(2, self.axes) - 1
        return Count(add=reads * (2 * steps) + between, mul=reads * steps)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls("linear", (s("N"), s("C_in"), s("M"), s("M"))), (image_of_symbols(),)
