"""Networks that pictures and tables are tested on."""

from __future__ import annotations

from collections.abc import Sequence

from symconv import Network
from symconv.layers import (
    Add,
    BatchNorm,
    Concat,
    Conv,
    ConvTranspose,
    Dropout,
    Flatten,
    GlobalAvgPool,
    Linear,
    MaxPool,
    ReLU,
    Softmax,
)


def vgg16() -> Network:
    """Column D of the article's Table 1, with the original head."""
    net = Network("VGG-16")
    net.input("image", "N", 3, "X", "X")
    for i, channels in enumerate([(64,) * 2, (128,) * 2, (256,) * 3, (512,) * 3, (512,) * 3], 1):
        for j, c in enumerate(channels, 1):
            net.add(f"stage{i}/conv{j}", Conv(c, 3, padding=1))
            net.add(f"stage{i}/relu{j}", ReLU())
        net.add(f"stage{i}/pool", MaxPool(2))
    net.add("head/flatten", Flatten())
    for j in (1, 2):
        net.add(f"head/fc{j}", Linear(4096))
        net.add(f"head/relu{j}", ReLU())
        net.add(f"head/drop{j}", Dropout())
    net.add("head/fc3", Linear(1000))
    net.add("head/softmax", Softmax())
    return net


def resnet(blocks: Sequence[int] = (3, 4, 6, 3), mark: str = "/") -> Network:
    """A bottleneck ResNet, ResNet-50 where nothing else is said; `mark` parts its names."""
    net = Network("ResNet")
    last = net.input("image", "N", 3, "X", "X")

    def conv(name: str, channels: int, kernel: int, stride: int, source: str, relu: bool = True) -> str:
        net.add(f"{name}conv".replace("/", mark), Conv(channels, kernel, stride, kernel // 2, bias=False), source)
        out = net.add(f"{name}bn".replace("/", mark), BatchNorm())
        return net.add(f"{name}relu".replace("/", mark), ReLU()) if relu else out

    last = conv("stem/", 64, 7, 2, last)
    last = net.add(f"stem{mark}pool", MaxPool(3, 2, 1))
    for i, (number, width) in enumerate(zip(blocks, (64, 128, 256, 512)), 1):
        for b in range(number):
            block, stride = f"stage{i}/block{b}/", 2 if b == 0 and i > 1 else 1
            body = conv(f"{block}1_", width, 1, 1, last)
            body = conv(f"{block}2_", width, 3, stride, body)
            body = conv(f"{block}3_", 4 * width, 1, 1, body, relu=False)
            short = conv(f"{block}down/", 4 * width, 1, stride, last, relu=False) if b == 0 else last
            net.add(f"{block}add".replace("/", mark), Add(), body, short)
            last = net.add(f"{block}relu".replace("/", mark), ReLU())
    net.add(f"head{mark}pool", GlobalAvgPool(), last)
    net.add(f"head{mark}flatten", Flatten())
    net.add(f"head{mark}fc", Linear(1000))
    return net


def unet(widths: Sequence[int] = (64, 128, 256, 512), bottom: int = 1024) -> Network:
    """A U-Net with padded convolutions and concatenations."""
    net = Network("U-Net")
    net.input("image", "N", 1, "X", "X")

    def double(path: str, channels: int) -> str:
        for j in (1, 2):
            net.add(f"{path}/conv{j}", Conv(channels, 3, padding=1))
            last = net.add(f"{path}/relu{j}", ReLU())
        return last

    skips = []
    for i, c in enumerate(widths, 1):
        skips.append(double(f"encoder/level{i}", c))
        net.add(f"encoder/level{i}/pool", MaxPool(2))
    double("bottom", bottom)
    for i, c in reversed(list(enumerate(widths, 1))):
        up = net.add(f"decoder/level{i}/up", ConvTranspose(c, 2, 2))
        net.add(f"decoder/level{i}/concat", Concat(), skips[i - 1], up)
        double(f"decoder/level{i}", c)
    net.add("out", Conv(2, 1))
    return net


def inception() -> Network:
    """Two modules of four branches and a concatenation."""
    net = Network("Inception")
    last = net.input("image", "N", 192, "X", "X")
    for m in ("3a", "3b"):
        one = net.add(f"{m}/1x1/conv", Conv(64, 1), last)
        net.add(f"{m}/3x3/reduce", Conv(96, 1), last)
        three = net.add(f"{m}/3x3/conv", Conv(128, 3, padding=1))
        net.add(f"{m}/5x5/reduce", Conv(16, 1), last)
        five = net.add(f"{m}/5x5/conv", Conv(32, 5, padding=2))
        net.add(f"{m}/pool/pool", MaxPool(3, 1, 1), last)
        pool = net.add(f"{m}/pool/conv", Conv(32, 1))
        last = net.add(f"{m}/concat", Concat(), one, three, five, pool)
    return net
