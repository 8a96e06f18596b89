"""Convolutions: standard, grouped, depthwise, transposed; 1-D, 2-D, 3-D by the rank of the input."""

from __future__ import annotations

from fractions import Fraction

from symconv.condition import divides
from symconv.cost import Cost, product
from symconv.count import Count
from symconv.domain import require
from symconv.extent import Size
from symconv.extremes import largest
from symconv.layer import Layer, Parameter, Reach, layer, weight
from symconv.layers.window import Window, per_axis, positive, slid, windows_of
from symconv.ranges import Axes, NaturalAxes, Padding, Positive
from symconv.rounding import floor
from symconv.tensor import Tensor


@layer("conv")
class Conv(Layer):
    """K×K cross-correlation of C_in channels with C_out kernels in g groups.

    shape  M = ⌊(X + 2·P − D·(K − 1) − 1)/S⌋ + 1
    work   K²·(C_in/g)·C_out·M² macs, padding taps counted; M²·C_out adds with a bias
    space  K²·(C_in/g)·C_out weights, C_out biases

    For the article's full count an output also books its C_in/g kernel planes, one bias each, and C_in/g − 1 additions
    of the channels.
    """

    channels: Positive
    kernel: Axes = 3
    stride: Axes = 1
    padding: Padding = 0
    dilation: Axes = 1
    groups: Positive = 1
    bias: bool = True

    def windows(self, image: Tensor) -> tuple[Window, ...]:
        """The window along each spatial axis."""
        return windows_of(image, self.kernel, self.stride, self.padding, self.dilation)

    def planes(self, image: Tensor) -> Size:
        """C_in/g, the input channels that an output sees."""
        return floor(image.channels, self.groups, exact=True)

    def output(self, image: Tensor) -> Tensor:
        require(divides(self.groups, image.channels), "groups divide the input channels")
        require(divides(self.groups, self.channels), "groups divide the output channels")
        return image.like(image.batch, self.channels, *slid(image, self.windows(image)))

    def parameters(self, image: Tensor) -> tuple[Parameter, ...]:
        kernel = (w.kernel for w in self.windows(image))
        weights = weight("weight", self.channels, self.planes(image), *kernel)
        return (weights, weight("bias", self.channels)) if self.bias else (weights,)

    def work(self, image: Tensor, out: Tensor) -> Count:
        planes = self.planes(image)
        taps = product(planes, *(w.kernel for w in self.windows(image)))
        return _counted(taps * out.elements, planes, out, self.bias)

    def reach(self, image: Tensor, out: Tensor) -> tuple[Reach, ...]:
        return tuple(w.reach(x) for w, x in zip(self.windows(image), image.spatial))


def _counted(macs: Cost, planes: Size, out: Tensor, bias: bool) -> Count:
    """Macs, the additions of the channels, and with a bias one add an output and one booking a plane."""
    added = Count(mac=macs, channel_add=product(planes - 1) * out.elements)
    return added if not bias else Count(added.operations, add=out.elements, plane=product(planes) * out.elements)


@layer("depthwise_conv")
class DepthwiseConv(Layer):
    """K×K convolution of each channel by itself, `multiplier` outputs a channel.

    shape  M = ⌊(X + 2·P − D·(K − 1) − 1)/S⌋ + 1, C_out = multiplier·C_in
    work   K²·C_out·M² macs; M²·C_out adds with a bias
    space  K²·C_out weights, C_out biases
    """

    kernel: Axes = 3
    stride: Axes = 1
    padding: Padding = 0
    dilation: Axes = 1
    multiplier: Positive = 1
    bias: bool = True

    def grouped(self, image: Tensor) -> Conv:
        """The same as a convolution with a group for each channel."""
        channels = self.multiplier * image.channels
        return Conv(channels, self.kernel, self.stride, self.padding, self.dilation, image.channels, self.bias)

    def output(self, image: Tensor) -> Tensor:
        return self.grouped(image).output(image)

    def parameters(self, image: Tensor) -> tuple[Parameter, ...]:
        return self.grouped(image).parameters(image)

    def work(self, image: Tensor, out: Tensor) -> Count:
        return self.grouped(image).work(image, out)

    def reach(self, image: Tensor, out: Tensor) -> tuple[Reach, ...]:
        return self.grouped(image).reach(image, out)


@layer("conv_transpose")
class ConvTranspose(Layer):
    """Transposed K×K convolution (fractionally strided): every input point adds C_out kernels to the output.

    shape  M = S·(X − 1) − 2·P + D·(K − 1) + 1 + output padding; S·X + output padding with "same" padding
    work   K²·C_in·(C_out/g) macs an input point, before cropping; M²·C_out adds with a bias
    space  K²·C_in·(C_out/g) weights, C_out biases
    """

    channels: Positive
    kernel: Axes = 3
    stride: Axes = 1
    padding: Padding = 0
    output_padding: NaturalAxes = 0
    dilation: Axes = 1
    groups: Positive = 1
    bias: bool = True

    def output(self, image: Tensor) -> Tensor:
        require(divides(self.groups, image.channels), "groups divide the input channels")
        require(divides(self.groups, self.channels), "groups divide the output channels")
        extra = per_axis(self.output_padding, len(image.spatial), "output_padding")
        extents = [
            (w.stride * x if w.same else w.stride * (x - 1) - w.begin - w.end + w.span) + e
            for x, w, e in zip(image.spatial, self.windows(image), extra)
        ]
        return image.like(image.batch, self.channels, *map(positive, extents))

    def windows(self, image: Tensor) -> tuple[Window, ...]:
        """The window along each spatial axis, of the convolution that this transposes."""
        return windows_of(image, self.kernel, self.stride, self.padding, self.dilation)

    def parameters(self, image: Tensor) -> tuple[Parameter, ...]:
        kernel = (w.kernel for w in self.windows(image))
        weights = weight("weight", image.channels, floor(self.channels, self.groups, exact=True), *kernel)
        return (weights, weight("bias", self.channels)) if self.bias else (weights,)

    def work(self, image: Tensor, out: Tensor) -> Count:
        taps = product(floor(self.channels, self.groups, exact=True), *(w.kernel for w in self.windows(image)))
        planes = floor(image.channels, self.groups, exact=True)
        return _counted(taps * image.elements, planes, out, self.bias)

    def reach(self, image: Tensor, out: Tensor) -> tuple[Reach, ...] | None:
        reaches = []
        for w in self.windows(image):
            numbers = w.span, w.stride, largest(w.span - w.stride, 0) // 2 if w.same else w.begin
            if not all(isinstance(n, int) for n in numbers):
                return None
            span, stride, begin = (int(n) for n in numbers if isinstance(n, int))
            size = Fraction(span - 1, stride) + 1
            reaches.append(Reach(size, Fraction(1, stride), Fraction(span - 1 - begin, stride)))
        return tuple(reaches)
