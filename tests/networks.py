"""Test networks, built layer by layer in Python after their papers and torchvision's source.

Names follow torchvision's networks; nothing here reads a spec, so that specs can be tested against these.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from symconv import Network
from symconv.layers import (
    AdaptiveAvgPool,
    Add,
    AvgPool,
    BatchNorm,
    Concat,
    Conv,
    ConvTranspose,
    Crop,
    Dropout,
    Flatten,
    GlobalAvgPool,
    Linear,
    LocalResponseNorm,
    MaxPool,
    ReLU,
    ReLU6,
)

#: Measured figures, with their source in the file itself.
TRUTH: dict[str, Any] = json.loads((Path(__file__).parent / "truth" / "torchvision.json").read_text("utf-8"))

#: Table 1 of Simonyan and Zisserman, arXiv:1409.1556: channels of a 3×3 convolution, 1×1 where negative; "M" pools.
VGG: dict[str, list[int | str]] = {
    "A": [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    "A-LRN": [64, "LRN", "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    "B": [64, 64, "M", 128, 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    "C": [64, 64, "M", 128, 128, "M", 256, 256, -256, "M", 512, 512, -512, "M", 512, 512, -512, "M"],
    "D": [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"],
    "E": [64, 64, "M", 128, 128, "M", *[256] * 4, "M", *[512] * 4, "M", *[512] * 4, "M"],
}


def image(name: str, *spatial: str) -> Network:
    """A network with an RGB image of N×3×X², or of the spatial extents named."""
    net = Network(name)
    net.input("image", "N", 3, *(spatial or ("X", "X")))
    return net


def vgg(column: str = "D", original_head: bool = False, norm: bool = False, name: str = "vgg") -> Network:
    """VGG: torchvision's with its 7×7 adaptive pool, or the paper's, whose head takes what the features leave."""
    net = image(name)
    for i, entry in enumerate(VGG[column]):
        if entry == "M":
            net.add(f"features/pool{i}", MaxPool(2))
        elif entry == "LRN":
            net.add(f"features/lrn{i}", LocalResponseNorm())
        else:
            channels = int(entry)
            kernel = 3 if channels > 0 else 1
            net.add(f"features/conv{i}", Conv(abs(channels), kernel, padding=kernel // 2))
            if norm:
                net.add(f"features/norm{i}", BatchNorm())
            net.add(f"features/relu{i}", ReLU())
    if not original_head:
        net.add("avgpool", AdaptiveAvgPool(7))
    net.add("flatten", Flatten())
    for i in (1, 2):
        net.add(f"classifier/fc{i}", Linear(4096))
        net.add(f"classifier/relu{i}", ReLU())
        net.add(f"classifier/dropout{i}", Dropout())
    net.add("classifier/fc3", Linear(1000))
    return net


def alexnet() -> Network:
    """torchvision's AlexNet (Krizhevsky, arXiv:1404.5997)."""
    net = image("alexnet")
    for i, (channels, kernel, stride, padding) in enumerate(
        [(64, 11, 4, 2), (192, 5, 1, 2), (384, 3, 1, 1), (256, 3, 1, 1), (256, 3, 1, 1)]
    ):
        net.add(f"features/conv{i}", Conv(channels, kernel, stride, padding))
        net.add(f"features/relu{i}", ReLU())
        if i in (0, 1, 4):
            net.add(f"features/pool{i}", MaxPool(3, 2))
    net.add("avgpool", AdaptiveAvgPool(6))
    net.add("flatten", Flatten())
    for i in (1, 2):
        net.add(f"classifier/dropout{i}", Dropout())
        net.add(f"classifier/fc{i}", Linear(4096))
        net.add(f"classifier/relu{i}", ReLU())
    net.add("classifier/fc3", Linear(1000))
    return net


def resnet(blocks: Sequence[int] = (3, 4, 6, 3), bottleneck: bool = True, groups: int = 1, width: int = 64) -> Network:
    """torchvision's ResNet and, with groups, ResNeXt (He et al., arXiv:1512.03385; Xie et al., arXiv:1611.05431)."""
    net = image("resnet")
    _conv_norm(net, "stem/conv", 64, 7, 2, padding=3)
    net.add("stem/relu", ReLU())
    last = net.add("stem/pool", MaxPool(3, 2, 1))
    channels = 64
    for stage, depth in enumerate(blocks):
        planes = 64 * 2**stage
        inner = planes * width // 64 * groups
        out = planes * 4 if bottleneck else planes
        for block in range(depth):
            path = f"stage{stage + 1}/block{block}"
            stride = 2 if stage and not block else 1
            shortcut = last
            if stride > 1 or channels != out:
                shortcut = _conv_norm(net, f"{path}/down", out, 1, stride, after=last)
            if bottleneck:
                _conv_norm(net, f"{path}/conv1", inner, 1, after=last)
                net.add(f"{path}/relu1", ReLU())
                _conv_norm(net, f"{path}/conv2", inner, 3, stride, padding=1, groups=groups)
                net.add(f"{path}/relu2", ReLU())
                end = _conv_norm(net, f"{path}/conv3", out, 1)
            else:
                _conv_norm(net, f"{path}/conv1", out, 3, stride, padding=1, after=last)
                net.add(f"{path}/relu1", ReLU())
                end = _conv_norm(net, f"{path}/conv2", out, 3, padding=1)
            net.add(f"{path}/add", Add(), end, shortcut)
            last = net.add(f"{path}/relu", ReLU())
            channels = out
    net.add("avgpool", GlobalAvgPool())
    net.add("flatten", Flatten())
    net.add("fc", Linear(1000))
    return net


def _conv_norm(
    net: Network, name: str, channels: int, kernel: int, stride: int = 1, *,
    padding: int = 0, groups: int = 1, after: str | None = None,
) -> str:  # fmt: skip
    """A convolution without bias and its batch norm; the norm's name."""
    conv = Conv(channels, kernel, stride, padding, groups=groups, bias=False)
    net.add(name, conv, *([after] if after else []))
    return net.add(f"{name}_norm", BatchNorm())


def squeezenet(version: str = "1_1") -> Network:
    """torchvision's SqueezeNet (Iandola et al., arXiv:1602.07360), pools in ceil mode."""
    net = image("squeezenet")
    first, pools = ((96, 7), (0, 3, 7)) if version == "1_0" else ((64, 3), (0, 2, 4))
    net.add("conv", Conv(first[0], first[1], 2))
    last = net.add("relu", ReLU())
    for i in range(9):
        if i in pools:
            last = net.add(f"pool{i}", MaxPool(3, 2, ceil=True), last)
        if i < 8:
            squeeze = 16 * (i // 2 + 1)
            net.add(f"fire{i}/squeeze", Conv(squeeze, 1), last)
            squeezed = net.add(f"fire{i}/relu", ReLU())
            sides = []
            for kernel in (1, 3):
                net.add(f"fire{i}/expand{kernel}", Conv(4 * squeeze, kernel, padding=kernel // 2), squeezed)
                sides.append(net.add(f"fire{i}/relu{kernel}", ReLU()))
            last = net.add(f"fire{i}/concat", Concat(), *sides)
    net.add("classifier/dropout", Dropout(), last)
    net.add("classifier/conv", Conv(1000, 1))
    net.add("classifier/relu", ReLU())
    net.add("avgpool", AdaptiveAvgPool(1))
    net.add("flatten", Flatten())
    return net


#: GoogLeNet's inception blocks: 1×1 | 1×1, 3×3 | 1×1, 3×3 | pool, 1×1; "M2" and "M3" are pools (torchvision's source).
_INCEPTION: list[tuple[int, ...] | int] = [
    (64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64), 3,
    (192, 96, 208, 16, 48, 64), (160, 112, 224, 24, 64, 64), (128, 128, 256, 24, 64, 64), (112, 144, 288, 32, 64, 64),
    (256, 160, 320, 32, 128, 128), 2,
    (256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128),
]  # fmt: skip


def googlenet() -> Network:
    """torchvision's GoogLeNet without its auxiliary heads (Szegedy et al., arXiv:1409.4842), pools in ceil mode."""
    net = image("googlenet")

    def conv(name: str, channels: int, kernel: int, stride: int = 1, after: str | None = None) -> str:
        _conv_norm(net, name, channels, kernel, stride, padding=kernel // 2, after=after)
        return net.add(f"{name}_relu", ReLU())

    conv("conv1", 64, 7, 2)
    net.add("pool1", MaxPool(3, 2, ceil=True))
    conv("conv2", 64, 1)
    conv("conv3", 192, 3)
    last = net.add("pool2", MaxPool(3, 2, ceil=True))
    for i, block in enumerate(_INCEPTION):
        if isinstance(block, int):
            last = net.add(f"inception{i}/pool", MaxPool(block, 2, ceil=True))
            continue
        one, three_in, three, five_in, five, pooled = block
        path = f"inception{i}"
        conv(f"{path}/b2a", three_in, 1, after=last)
        branches = [conv(f"{path}/b2b", three, 3)]
        conv(f"{path}/b3a", five_in, 1, after=last)
        branches.append(conv(f"{path}/b3b", five, 3))
        net.add(f"{path}/pool", MaxPool(3, 1, 1, ceil=True), last)
        branches.append(conv(f"{path}/b4", pooled, 1))
        branches.insert(0, conv(f"{path}/b1", one, 1, after=last))
        last = net.add(f"{path}/concat", Concat(), *branches)
    net.add("avgpool", AdaptiveAvgPool(1))
    net.add("flatten", Flatten())
    net.add("dropout", Dropout())
    net.add("fc", Linear(1000))
    return net


def mobilenet_v2() -> Network:
    """torchvision's MobileNetV2 (Sandler et al., arXiv:1801.04381): depthwise convolutions in inverted residuals."""
    net = image("mobilenet_v2")

    def conv(name: str, channels: int, kernel: int, stride: int = 1, groups: int = 1) -> str:
        _conv_norm(net, name, channels, kernel, stride, padding=kernel // 2, groups=groups)
        return net.add(f"{name}_relu", ReLU6())

    last, channels = conv("stem", 32, 3, 2), 32
    table = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    for stage, (expand, out, depth, first_stride) in enumerate(table):
        for block in range(depth):
            path = f"stage{stage}/block{block}"
            stride = first_stride if not block else 1
            inner = channels * expand
            if expand > 1:
                conv(f"{path}/expand", inner, 1)
            conv(f"{path}/depthwise", inner, 3, stride, groups=inner)
            end = _conv_norm(net, f"{path}/project", out, 1)
            last = net.add(f"{path}/add", Add(), last, end) if stride == 1 and channels == out else end
            channels = out
    conv("head", 1280, 1)
    net.add("avgpool", AdaptiveAvgPool(1))
    net.add("flatten", Flatten())
    net.add("dropout", Dropout())
    net.add("fc", Linear(1000))
    return net


def densenet(blocks: Sequence[int] = (6, 12, 24, 16), growth: int = 32) -> Network:
    """torchvision's DenseNet (Huang et al., arXiv:1608.06993)."""
    net = image("densenet")
    net.add("stem/conv", Conv(2 * growth, 7, 2, 3, bias=False))
    net.add("stem/norm", BatchNorm())
    net.add("stem/relu", ReLU())
    last, channels = net.add("stem/pool", MaxPool(3, 2, 1)), 2 * growth
    for stage, depth in enumerate(blocks):
        for i in range(depth):
            path = f"stage{stage}/layer{i}"
            net.add(f"{path}/norm1", BatchNorm(), last)
            net.add(f"{path}/relu1", ReLU())
            net.add(f"{path}/conv1", Conv(4 * growth, 1, bias=False))
            net.add(f"{path}/norm2", BatchNorm())
            net.add(f"{path}/relu2", ReLU())
            new = net.add(f"{path}/conv2", Conv(growth, 3, padding=1, bias=False))
            last = net.add(f"{path}/concat", Concat(), last, new)
            channels += growth
        net.add(f"stage{stage}/norm", BatchNorm())
        if stage < len(blocks) - 1:
            channels //= 2
            net.add(f"stage{stage}/relu", ReLU())
            net.add(f"stage{stage}/conv", Conv(channels, 1, bias=False))
            last = net.add(f"stage{stage}/pool", AvgPool(2))
    net.add("relu", ReLU())
    net.add("avgpool", AdaptiveAvgPool(1))
    net.add("flatten", Flatten())
    net.add("fc", Linear(1000))
    return net


def unet(padded: bool = True, depth: int = 4, width: int = 64, classes: int = 2, axes: tuple[str, str] = ("X", "X"),
         channels: int = 1) -> Network:  # fmt: skip
    """U-Net (Ronneberger et al., arXiv:1505.04597): unpadded convolutions and crops as published, or padded by 1."""
    net = Network("unet")
    net.input("image", "N", channels, *axes)
    margin = 1 if padded else 0

    def pair(path: str, out: int) -> str:
        for i in (1, 2):
            net.add(f"{path}/conv{i}", Conv(out, 3, padding=margin))
            last = net.add(f"{path}/relu{i}", ReLU())
        return last

    skips = []
    for level in range(depth):
        skips.append(pair(f"down{level}", width * 2**level))
        net.add(f"down{level}/pool", MaxPool(2))
    pair("bottom", width * 2**depth)
    for level in reversed(range(depth)):
        up = net.add(f"up{level}/up", ConvTranspose(width * 2**level, 2, 2))
        skip = skips[level] if padded else net.add(f"up{level}/crop", Crop(), skips[level], up)
        net.add(f"up{level}/concat", Concat(), skip, up)
        pair(f"up{level}", width * 2**level)
    net.add("out", Conv(classes, 1))
    return net


#: torchvision's networks by their names in the truth file.
TORCHVISION = {
    "alexnet": alexnet,
    "vgg11": lambda: vgg("A"),
    "vgg13": lambda: vgg("B"),
    "vgg16": lambda: vgg("D"),
    "vgg19": lambda: vgg("E"),
    "vgg16_bn": lambda: vgg("D", norm=True),
    "resnet18": lambda: resnet((2, 2, 2, 2), bottleneck=False),
    "resnet34": lambda: resnet((3, 4, 6, 3), bottleneck=False),
    "resnet50": resnet,
    "resnet101": lambda: resnet((3, 4, 23, 3)),
    "resnet152": lambda: resnet((3, 8, 36, 3)),
    "resnext50_32x4d": lambda: resnet(groups=32, width=4),
    "squeezenet1_0": lambda: squeezenet("1_0"),
    "squeezenet1_1": squeezenet,
    "googlenet": googlenet,
    "mobilenet_v2": mobilenet_v2,
    "densenet121": densenet,
}
