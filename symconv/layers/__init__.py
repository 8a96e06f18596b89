"""The layers of the field, one family a file; importing this package registers them all."""

from symconv.layers.activation import (
    ELU,
    GELU,
    Buffer,
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
from symconv.layers.attention import Attention, HeadAttention, ScaledDotProduct, WindowAttention
from symconv.layers.contraction import Einsum, Product
from symconv.layers.conv import Conv, ConvTranspose, DepthwiseConv
from symconv.layers.embedding import ClassToken, Embedding, Image, PatchMerging, PositionEmbedding, Tokens
from symconv.layers.join import Add, Concat, Maximum, Mul, Sub
from symconv.layers.linear import Bias, LayerScale, Linear, MatMul
from symconv.layers.mixture import MixtureOfExperts
from symconv.layers.mlp import MLP, GatedMLP
from symconv.layers.movement import Look, Move, Search, Unknown
from symconv.layers.norm import (
    BatchNorm,
    GlobalResponseNorm,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    LocalResponseNorm,
    RMSNorm,
)
from symconv.layers.pointwise import Pointwise
from symconv.layers.pool import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool,
)
from symconv.layers.position import RelativeBias, Rotary
from symconv.layers.recurrent import GRU, LSTM, RNN, Recurrent
from symconv.layers.reduction import Mean, Reduce
from symconv.layers.reshape import Flatten, Reshape, Squeeze, Transpose, Unflatten, Unsqueeze
from symconv.layers.resize import Resample, Upsample
from symconv.layers.shuffle import ChannelShuffle, PixelShuffle, PixelUnshuffle
from symconv.layers.slicing import Crop, Pad, Select, Slice, Split

__all__ = [
    "ELU", "GELU", "GRU", "LSTM", "MLP", "RNN", "AdaptiveAvgPool", "AdaptiveMaxPool", "Add", "Attention", "AvgPool",
    "BatchNorm", "Bias", "Buffer", "ChannelShuffle", "ClassToken", "Concat", "Conv", "ConvTranspose", "Crop",
    "DepthwiseConv", "Dropout", "Einsum", "Embedding", "Flatten", "GatedMLP", "GlobalAvgPool", "GlobalMaxPool",
    "GlobalResponseNorm", "GroupNorm", "HardSigmoid", "HardSwish", "HeadAttention", "Identity", "Image", "InstanceNorm",
    "LayerNorm", "LayerScale", "LeakyReLU", "Linear", "LocalResponseNorm", "Look", "MatMul", "MaxPool", "Maximum",
    "Mean", "Mish", "MixtureOfExperts", "Move", "Mul", "PReLU", "Pad", "PatchMerging", "PixelShuffle", "PixelUnshuffle",
    "Pointwise", "PositionEmbedding", "Product", "RMSNorm", "ReLU", "ReLU6", "Recurrent", "Reduce", "RelativeBias",
    "Resample", "Reshape", "Rotary", "ScaledDotProduct", "Search", "Select", "SiLU", "Sigmoid", "Slice", "Softmax",
    "Softplus", "Split", "Squeeze", "Sub", "Tanh", "Tokens", "Transpose", "Unflatten", "Unknown", "Unsqueeze",
    "Upsample", "WindowAttention",
]  # fmt: skip
