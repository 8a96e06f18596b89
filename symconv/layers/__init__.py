"""The layers of the field, one family a file; importing this package registers them all."""

from symconv.layers.activation import (
    ELU,
    GELU,
    Dropout,
    HardSigmoid,
    HardSwish,
    Identity,
    LeakyReLU,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from symconv.layers.conv import Conv, ConvTranspose, DepthwiseConv
from symconv.layers.join import Add, Concat, Mul
from symconv.layers.linear import Linear
from symconv.layers.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm
from symconv.layers.pool import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool,
)
from symconv.layers.reshape import Crop, Flatten, Pad
from symconv.layers.resize import Upsample

__all__ = [
    "ELU", "GELU", "AdaptiveAvgPool", "AdaptiveMaxPool", "Add", "AvgPool", "BatchNorm", "Concat", "Conv",
    "ConvTranspose", "Crop", "DepthwiseConv", "Dropout", "Flatten", "GlobalAvgPool", "GlobalMaxPool", "GroupNorm",
    "HardSigmoid", "HardSwish", "Identity", "InstanceNorm", "LayerNorm", "LeakyReLU", "Linear", "LocalResponseNorm",
    "MaxPool", "Mish", "Mul", "PReLU", "Pad", "ReLU", "ReLU6", "SiLU", "Sigmoid", "Softmax", "Softplus", "Tanh",
    "Upsample",
]  # fmt: skip
