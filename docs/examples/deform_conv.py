"""Deformable convolution (Dai et al., Deformable Convolutional Networks, 2017): a layer of one's own."""

from symconv import Axes, Count, Layer, Padding, Positive, Tensor, layer, product
from symconv.layer import Parameter
from symconv.layers import Conv


@layer("deform_conv")
class DeformConv(Layer):
    """K×K convolution whose taps are moved by offsets that a second K×K convolution predicts.

    shape  M = ⌊(X + 2·P − K)/S⌋ + 1
    work   K²·C_in·(C_out + 2·K²)·M² macs; a bilinear sample, 4 muls and 3 adds, for each of K²·C_in·M² taps
    space  the weights of both convolutions
    """

    channels: Positive
    kernel: Positive = 3
    stride: Axes = 1
    padding: Padding = 0

    def convs(self) -> tuple[Conv, Conv]:
        window = self.kernel, self.stride, self.padding
        return Conv(self.channels, *window), Conv(2 * self.kernel * self.kernel, *window)

    def output(self, image: Tensor) -> Tensor:
        return self.convs()[0].output(image)

    def parameters(self, image: Tensor) -> tuple[Parameter, ...]:
        names = "weight", "bias", "offset.weight", "offset.bias"
        kept = [p for conv in self.convs() for p in conv.parameters(image)]
        return tuple(Parameter(name, p.shape) for name, p in zip(names, kept))

    def work(self, image: Tensor, out: Tensor) -> Count:
        main, offset = self.convs()
        taps = product(self.kernel, self.kernel, image.channels, image.batch, *out.spatial)
        offsets = image.like(image.batch, offset.channels, *out.spatial)
        return main.work(image, out) + offset.work(image, offsets) + Count(mul=taps * 4, add=taps * 3)
