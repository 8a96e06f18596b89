"""Networks for the tests, built in Python from their papers' tables: VGG, AlexNet, ResNet-50."""

from __future__ import annotations

from symconv import Network
from symconv.layers import Add, Conv, Flatten, GlobalAvgPool, Linear, MaxPool, ReLU

#: Table 1 of Simonyan and Zisserman, arXiv:1409.1556: kernel-channels a stage, without LRN, which A-LRN adds to A.
VGG = {
    "A": "3-64 | 3-128 | 3-256 3-256 | 3-512 3-512 | 3-512 3-512",
    "A-LRN": "3-64 | 3-128 | 3-256 3-256 | 3-512 3-512 | 3-512 3-512",
    "B": "3-64 3-64 | 3-128 3-128 | 3-256 3-256 | 3-512 3-512 | 3-512 3-512",
    "C": "3-64 3-64 | 3-128 3-128 | 3-256 3-256 1-256 | 3-512 3-512 1-512 | 3-512 3-512 1-512",
    "D": "3-64 3-64 | 3-128 3-128 | 3-256 3-256 3-256 | 3-512 3-512 3-512 | 3-512 3-512 3-512",
    "E": "3-64 3-64 | 3-128 3-128 | 3-256 3-256 3-256 3-256 | 3-512 3-512 3-512 3-512 | 3-512 3-512 3-512 3-512",
}


def vgg(column: str) -> Network:
    """A column of Table 1 with its original head."""
    net = Network(f"vgg/{column}")
    net.input("image", "N", 3, "X", "X")
    for i, stage in enumerate(VGG[column].split(" | "), 1):
        for j, conv in enumerate(stage.split(), 1):
            kernel, channels = map(int, conv.split("-"))
            net.add(f"stage{i}/conv{j}", Conv(channels, kernel, padding=kernel // 2))
        net.add(f"stage{i}/pool", MaxPool(2))
    net.add("head/flatten", Flatten())
    for i, channels in enumerate((4096, 4096, 1000), 1):
        net.add(f"head/fc{i}", Linear(channels))
    return net


def alexnet() -> Network:
    """torchvision's AlexNet up to its 6×6 pool, which at X = 224 changes nothing."""
    net = Network("alexnet")
    net.input("image", "N", 3, "X", "X")
    net.add("conv1", Conv(64, 11, 4, 2))
    net.add("pool1", MaxPool(3, 2))
    net.add("conv2", Conv(192, 5, padding=2))
    net.add("pool2", MaxPool(3, 2))
    for i, channels in enumerate((384, 256, 256), 3):
        net.add(f"conv{i}", Conv(channels, 3, padding=1))
    net.add("pool3", MaxPool(3, 2))
    net.add("flatten", Flatten())
    for i, channels in enumerate((4096, 4096, 1000), 1):
        net.add(f"fc{i}", Linear(channels))
    return net


def resnet50() -> Network:
    """He et al., arXiv:1512.03385, Table 1, 50 layers, with torchvision's stride in the 3×3 convolution."""
    net = Network("resnet50")
    net.input("image", "N", 3, "X", "X")
    net.add("conv1", Conv(64, 7, 2, 3, bias=False))
    last = net.add("pool1", MaxPool(3, 2, 1))
    for stage, (channels, blocks) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3)), 1):
        for block in range(blocks):
            at, stride = f"layer{stage}/{block}", 2 if stage > 1 and block == 0 else 1
            net.add(f"{at}/conv1", Conv(channels, 1, bias=False), last)
            net.add(f"{at}/conv2", Conv(channels, 3, stride, 1, bias=False))
            net.add(f"{at}/conv3", Conv(4 * channels, 1, bias=False))
            way = last if block else net.add(f"{at}/downsample", Conv(4 * channels, 1, stride, bias=False), last)
            net.add(f"{at}/add", Add(), f"{at}/conv3", way)
            last = net.add(f"{at}/relu", ReLU())
    net.add("pool", GlobalAvgPool())
    net.add("flatten", Flatten())
    net.add("fc", Linear(1000))
    return net
