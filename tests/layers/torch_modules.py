"""Our layers as PyTorch's own modules, to compare with; importing this needs PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from symconv import Layer  # noqa: E402
from symconv import layers as ours  # noqa: E402

META = torch.device("meta")


def empty(shape: Sequence[int]) -> torch.Tensor:
    """A tensor without data."""
    return torch.empty(tuple(shape), device=META)


class _Function(nn.Module):
    """A function as a module without weights."""

    def __init__(self, function: Callable[..., torch.Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return self.function(*inputs)


def _by_rank(name: str, rank: int) -> Any:
    return getattr(nn, f"{name}{rank}d")


def _margins(amount: Any, rank: int, sign: int = 1) -> list[int]:
    """torch's order: the last axis first, begin before end."""
    sides = [(a, a) if isinstance(a, int) else a for a in (amount if isinstance(amount, tuple) else (amount,) * rank)]
    return [sign * n for side in reversed(sides) for n in side]


def _center(image: torch.Tensor, to: torch.Tensor) -> torch.Tensor:
    for axis in range(2, image.dim()):
        image = image.narrow(axis, (image.shape[axis] - to.shape[axis]) // 2, to.shape[axis])
    return image


def module_of(layer: Layer, shape: Sequence[int]) -> nn.Module:
    """The module that torch has for a layer behind an input of this shape, on the meta device."""
    with META:
        return _module(layer, shape)


def _module(layer: Layer, shape: Sequence[int]) -> nn.Module:
    rank = len(shape) - 2
    match layer:
        case ours.Conv():
            return _by_rank("Conv", rank)(
                shape[1], layer.channels, layer.kernel, layer.stride, layer.padding, layer.dilation, layer.groups,
                layer.bias,
            )  # fmt: skip
        case ours.DepthwiseConv():
            return _by_rank("Conv", rank)(
                shape[1], shape[1] * layer.multiplier, layer.kernel, layer.stride, layer.padding, layer.dilation,
                shape[1], layer.bias,
            )  # fmt: skip
        case ours.ConvTranspose():
            return _by_rank("ConvTranspose", rank)(
                shape[1], layer.channels, layer.kernel, layer.stride, layer.padding, layer.output_padding,
                layer.groups, layer.bias, layer.dilation,
            )  # fmt: skip
        case ours.MaxPool():
            return _by_rank("MaxPool", rank)(
                layer.kernel, layer.stride, layer.padding, layer.dilation, ceil_mode=layer.ceil
            )
        case ours.AvgPool():
            return _by_rank("AvgPool", rank)(layer.kernel, layer.stride, layer.padding, layer.ceil)
        case ours.AdaptiveAvgPool():
            return _by_rank("AdaptiveAvgPool", rank)(layer.size)
        case ours.AdaptiveMaxPool():
            return _by_rank("AdaptiveMaxPool", rank)(layer.size)
        case ours.GlobalAvgPool():
            return _by_rank("AdaptiveAvgPool", rank)(1)
        case ours.GlobalMaxPool():
            return _by_rank("AdaptiveMaxPool", rank)(1)
        case ours.Linear():
            return nn.Linear(shape[-1], layer.channels, layer.bias)
        case ours.BatchNorm():
            return _by_rank("BatchNorm", max(rank, 1))(shape[1], affine=layer.affine).eval()
        case ours.GroupNorm():
            return nn.GroupNorm(layer.groups, shape[1], affine=layer.affine)
        case ours.InstanceNorm():
            return _by_rank("InstanceNorm", rank)(shape[1], affine=layer.affine)
        case ours.LayerNorm():
            return nn.LayerNorm(tuple(shape[-layer.axes :]), elementwise_affine=layer.affine)
        case ours.LocalResponseNorm():
            return nn.LocalResponseNorm(layer.size)
        case ours.Upsample():
            mode = {"nearest": "nearest", "linear": {1: "linear", 2: "bilinear", 3: "trilinear"}[rank]}[layer.mode]
            scale = layer.scale if layer.scale is None else tuple(map(float, layer._scales(rank)))
            return nn.Upsample(layer.size, scale, mode)
        case ours.Pad():
            return _Function(lambda x: functional.pad(x, _margins(layer.amount, rank)))
        case ours.Crop(amount=None):
            return _Function(_center)
        case ours.Crop():
            return _Function(lambda x: functional.pad(x, _margins(layer.amount, rank, -1)))
        case ours.Flatten():
            return nn.Flatten(layer.start, layer.end)
        case ours.Reshape():
            sizes = [shape[i] if x == 0 else x for i, x in enumerate(layer.shape)]
            return _Function(lambda x: x.reshape(sizes))
        case ours.Unflatten():
            return _Function(lambda x: x.unflatten(layer.axis, layer.sizes))
        case ours.Transpose():
            return _Function(lambda x: x.permute(layer.axes))
        case ours.Squeeze():
            return _Function(lambda x: x.squeeze(layer.axis))
        case ours.Unsqueeze():
            return _Function(lambda x: x.unsqueeze(layer.axis))
        case ours.Slice():
            place = [slice(None)] * (layer.axis % len(shape))
            return _Function(lambda x: x[(*place, slice(layer.begin, layer.end, layer.step))])
        case ours.Split():
            axis = layer.axis % len(shape)
            return _Function(lambda x: x.unflatten(axis, (layer.parts, -1)).select(axis, layer.index))
        case ours.Select():
            return _Function(lambda x: x.select(layer.axis, layer.index))
        case ours.PixelShuffle():
            return nn.PixelShuffle(layer.factor)
        case ours.PixelUnshuffle():
            return nn.PixelUnshuffle(layer.factor)
        case ours.ChannelShuffle():
            return _Function(lambda x: x.unflatten(1, (layer.groups, -1)).transpose(1, 2).flatten(1, 2))
        case ours.Mean():
            return _Function(lambda x: x.mean(layer.axes, keepdim=layer.keep))
        case ours.Sub():
            return _Function(lambda a, b: a - b)
        case ours.Maximum():
            return _Function(torch.maximum)
        case ours.Concat():
            return _Function(lambda *x: torch.cat(x, layer.axis))
        case ours.Add():
            return _Function(lambda *x: sum(x[1:], x[0]))
        case ours.Mul():
            return _Function(lambda a, b: a * b)
        case ours.Softmax():
            return nn.Softmax(layer.axis)
        case ours.PReLU():
            return nn.PReLU(shape[1] if layer.per_channel else 1)
        case ours.GELU():
            return nn.GELU("tanh" if layer.approximate else "none")
    return PLAIN[layer.kind]()


#: Modules without settings.
PLAIN: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU, "relu6": nn.ReLU6, "leaky_relu": nn.LeakyReLU, "elu": nn.ELU, "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh, "silu": nn.SiLU, "hard_sigmoid": nn.Hardsigmoid, "hard_swish": nn.Hardswish,
    "softplus": nn.Softplus, "mish": nn.Mish, "dropout": nn.Dropout, "identity": nn.Identity,
}  # fmt: skip


def macs_of(module: nn.Module, *inputs: torch.Tensor) -> tuple[torch.Tensor, int]:
    """The output, and torch's own count of flops / 2: convolutions and matrix products."""
    with FlopCounterMode(display=False) as counter:
        out = module(*inputs)
    flops = counter.get_total_flops()
    assert flops % 2 == 0
    return out, flops // 2


def trainable_of(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def buffers_of(module: nn.Module) -> int:
    return sum(b.numel() for b in module.buffers())
