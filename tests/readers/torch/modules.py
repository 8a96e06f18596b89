"""Modules for the tests of the torch reader, and the figures of torch's own counter at any sizes."""

from __future__ import annotations

import warnings

import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from symconv.readers.torch.building import built
from symconv.readers.torch.named import torchvision


def model(name, **settings):
    """A model of torchvision in eval mode, without the memory of its weights."""
    models = torchvision().models
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for more in ({"weights": None, "weights_backbone": None}, {"weights": None}):
            try:
                return built(lambda more=more: models.get_model(name, **more, **settings)).eval()
            except TypeError:
                continue
    raise AssertionError(name)


def macs(module, *inputs, **named):
    """The macs of one call on the meta device by torch's counter; None where the module fails."""
    own = module.to("meta").requires_grad_(False)
    try:
        with FlopCounterMode(display=False) as counter:
            own(*inputs, **named)
    except Exception:
        return None
    return counter.get_total_flops() // 2


def image(*shape):
    """A tensor without memory."""
    return torch.empty(shape, device="meta")


class Windows(nn.Module):
    """A stride, a ceil pooling, padding to a multiple of 7, windows, attention."""

    def __init__(self):
        super().__init__()
        self.stem, self.qkv, self.out = nn.Conv2d(3, 32, 3, 2, 1), nn.Linear(32, 96), nn.Linear(32, 32)

    def forward(self, x):
        x = functional.max_pool2d(self.stem(x), 3, 2, ceil_mode=True).permute(0, 2, 3, 1)
        x = functional.pad(x, (0, 0, 0, -x.shape[2] % 7, 0, -x.shape[1] % 7))
        n, p, q, c = x.shape
        x = x.view(n, p // 7, 7, q // 7, 7, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, 49, c)
        x = functional.scaled_dot_product_attention(*self.qkv(x).chunk(3, -1))
        return self.out(x)


class PaddedIfNeeded(nn.Module):
    """Pads by a branch, where the windows do not divide the image."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 4, 4)

    def forward(self, x):
        x = self.conv(x)
        h, w = x.shape[-2:]
        if h % 7 or w % 7:
            x = functional.pad(x, (0, -w % 7, 0, -h % 7))
        return torch.relu(x)


class UNet(nn.Module):
    """Two levels; with `crop` what comes up is padded to what went down, else extents have to fit."""

    def __init__(self, fit):
        super().__init__()
        self.fit = fit
        self.first, self.second, self.third = (
            nn.Conv2d(3, 8, 3, 1, 1),
            nn.Conv2d(8, 16, 3, 1, 1),
            nn.Conv2d(16, 32, 3, 1, 1),
        )
        self.up = nn.ModuleList([nn.ConvTranspose2d(32, 16, 2, 2), nn.ConvTranspose2d(16, 8, 2, 2)])
        self.mix = nn.ModuleList([nn.Conv2d(32, 16, 3, 1, 1), nn.Conv2d(16, 8, 3, 1, 1)])

    def forward(self, x):
        a = self.first(x)
        b = self.second(functional.max_pool2d(a, 2))
        y = self.third(functional.max_pool2d(b, 2))
        for up, mix, side in zip(self.up, self.mix, (b, a)):
            y = up(y)
            if self.fit:
                dy, dx = side.shape[2] - y.shape[2], side.shape[3] - y.shape[3]
                y = functional.pad(y, (dx // 2, dx - dx // 2, dy // 2, dy - dy // 2))
            y = mix(torch.cat([side, y], 1))
        return y


class Checked(nn.Module):
    """Raises where the sides are no multiples of 8."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, 2, 1)

    def forward(self, x):
        if x.shape[-1] % 8 or x.shape[-2] % 8:
            raise ValueError("sides of multiples of 8 are wanted")
        return self.conv(x)


class Branching(nn.Module):
    """Small images take another layer of other extents: two regimes that are not one formula."""

    def __init__(self):
        super().__init__()
        self.small, self.large = nn.Conv2d(3, 8, 1), nn.Conv2d(3, 8, 5, 2)

    def forward(self, x):
        return self.large(x) if x.shape[-1] >= 64 else self.small(x)


class SameExtents(nn.Module):
    """Large images take a further layer that keeps their extents: one formula with a term that is there at times."""

    def __init__(self):
        super().__init__()
        self.first, self.further = nn.Conv2d(3, 8, 3, 1, 1), nn.Conv2d(8, 8, 3, 1, 1)

    def forward(self, x):
        x = self.first(x)
        return self.further(x) if x.shape[-1] > 100 else x


class MaskedIfLong(nn.Module):
    """Reads whether a mask that it fills in part holds everywhere: that depends on a size by way of values."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x):
        mask = torch.ones(x.shape[:2], dtype=torch.bool)
        mask[:, 9:] = False
        x = self.linear(x)
        return x if mask.all() else self.linear(x)
