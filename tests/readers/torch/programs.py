"""Random modules whose forward computes with sizes in all ways that people's code does, for the tests of the reader."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional


class Does(nn.Module):
    """A function of one tensor as a module."""

    def __init__(self, name, function):
        super().__init__()
        self.name, self.function = name, function

    def forward(self, x):
        return self.function(x)

    def extra_repr(self):
        return self.name


class Same(nn.Module):
    """A convolution that pads as TensorFlow does."""

    def __init__(self, c, kernel, stride):
        super().__init__()
        self.conv, self.kernel, self.stride = nn.Conv2d(c, c, kernel, stride), kernel, stride

    def forward(self, x):
        h, w = x.shape[-2:]
        rows = max((math.ceil(h / self.stride) - 1) * self.stride + self.kernel - h, 0)
        columns = max((-(-w // self.stride) - 1) * self.stride + self.kernel - w, 0)
        return self.conv(functional.pad(x, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2)))


class Padded(nn.Module):
    """Pads to multiples of m, always or where it is needed."""

    def __init__(self, m, asked):
        super().__init__()
        self.m, self.asked = m, asked

    def forward(self, x):
        h, w, m = *x.shape[2:], self.m
        if self.asked and h % m == 0 and w % m == 0:
            return x
        return functional.pad(x, (0, (m - w % m) % m, 0, -h % m))


class Windows(nn.Module):
    """Attention in windows of m×m, padded and cropped again."""

    def __init__(self, c, m):
        super().__init__()
        self.m, self.qkv = m, nn.Linear(c, 3 * c)

    def forward(self, x):
        n, c, h, w = x.shape
        m = self.m
        x = functional.pad(x, (0, (m - w % m) % m, 0, (m - h % m) % m))
        p, q = x.shape[2:]
        y = x.permute(0, 2, 3, 1).view(n, p // m, m, q // m, m, c).transpose(2, 3).reshape(-1, m * m, c)
        y = functional.scaled_dot_product_attention(*self.qkv(y).chunk(3, -1))
        y = y.view(n, p // m, q // m, m, m, c).permute(0, 5, 1, 3, 2, 4).reshape(n, c, p, q)
        return y[:, :, :h, :w]


class IfLarge(nn.Module):
    """A convolution where an axis is long."""

    def __init__(self, c, least, axis):
        super().__init__()
        self.conv, self.least, self.axis = nn.Conv2d(c, c, 3, padding=1), least, axis

    def forward(self, x):
        return self.conv(x) if x.shape[self.axis] > self.least else x


class Either(nn.Module):
    """One of two convolutions with the same output, by functions, so that both are the module's own operators."""

    def __init__(self, c, least, axis, how):
        super().__init__()
        self.small, self.large = nn.Parameter(torch.zeros(c, c, 3, 3)), nn.Parameter(torch.zeros(c, c, 5, 5))
        self.least, self.axis, self.how = least, axis, how

    def forward(self, x):
        long = x.shape[self.axis] > self.least
        if self.how == "kernel":
            return functional.conv2d(x, self.large, padding=2) if long else functional.conv2d(x, self.small, padding=1)
        if self.how == "groups":
            return functional.conv2d(
                x, self.small[:, :1] if long else self.small, padding=1, groups=len(x[0]) if long else 1
            )
        if self.how == "input":
            return x + (functional.conv2d(x[:, :, :1] if long else x, self.small, padding=1)).mean((2, 3), keepdim=True)
        y = functional.conv2d(x, self.small, padding=1)
        return y + functional.conv2d(x, self.small, padding=1) if long else functional.conv2d(y, self.large, padding=2)


class Scaled(nn.Module):
    """Resizes by a float that the module has."""

    def __init__(self, scale):
        super().__init__()
        self.scale = scale

    def forward(self, x, more=1.5):
        rows, columns = (int(self.scale * s) for s in x.shape[2:])
        return functional.interpolate(x, size=(rows + 1, int(more + columns)))


class WhileLarge(nn.Module):
    """Convolutions until an axis is short."""

    def __init__(self, c, most):
        super().__init__()
        self.conv, self.most = nn.Conv2d(c, c, 3, 2, 1), most

    def forward(self, x):
        while x.shape[2] > self.most and x.shape[3] > 1:
            x = self.conv(x)
        return x


class Rounds(nn.Module):
    """A convolution as often as an axis has parts."""

    def __init__(self, c, part):
        super().__init__()
        self.conv, self.part = nn.Conv2d(c, c, 1), part

    def forward(self, x):
        for _ in range(0, x.shape[3], self.part):
            x = self.conv(x)
        return x


class Two(nn.Module):
    """A convolution beside a pooling, added."""

    def __init__(self, c, ceil):
        super().__init__()
        self.conv, self.pool = nn.Conv2d(c, c, 3, 2, 1), nn.AvgPool2d(2, ceil_mode=ceil)

    def forward(self, x):
        return self.conv(x) + self.pool(x)


class Up(nn.Module):
    """Down, up and beside each other, as in a U-Net."""

    def __init__(self, c, how):
        super().__init__()
        self.down, self.up = nn.Conv2d(c, c, 3, 2, 1), nn.ConvTranspose2d(c, c, 2, 2)
        self.mix, self.how = nn.Conv2d(2 * c, c, 3, padding=1), how

    def forward(self, x):
        y = self.down(x)
        if self.how == "size":
            y = functional.interpolate(y, size=x.shape[2:], mode="bilinear")
        elif self.how == "scale":
            y = functional.interpolate(y, scale_factor=2)
        else:
            y = self.up(y)
            rows, columns = x.shape[2] - y.shape[2], x.shape[3] - y.shape[3]
            y = functional.pad(y, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        return self.mix(torch.cat([x, y], 1))


class Places(nn.Module):
    """Adds a table's row for each column, or a grid resized to the image."""

    def __init__(self, c, grid):
        super().__init__()
        self.table = nn.Embedding(200, c)
        self.grid = nn.Parameter(torch.zeros(1, c, grid, grid)) if grid else None

    def forward(self, x):
        if self.grid is None:
            return x + self.table(torch.arange(x.shape[3], device=x.device)).t()[None, :, None, :]
        grid = self.grid
        if grid.shape[2:] != x.shape[2:]:
            grid = functional.interpolate(grid, size=x.shape[2:], mode="bicubic")
        return x + grid


def _zeroed(x):
    y = x.clone()
    y[:, :, :, : y.shape[3] // 2] = 0
    return y


def _put(x, write):
    y = x.clone()
    write(y)
    return y


def _larger(x, m):
    y = x.new_zeros(*x.shape[:2], x.shape[2] + m, x.shape[3])
    y[:, :, : x.shape[2]] = x
    return y


def _every_other_row(x):
    x = x.contiguous()
    n, c, h, w = x.shape
    return x.as_strided((n, c, (h + 1) // 2, w), (x.stride(0), x.stride(1), 2 * x.stride(2), 1))


def functions(c, m):
    """Functions of an image that compute with its sizes, by name."""
    pad = functional.pad
    return {
        "crop": lambda x: x[:, :, : x.shape[2] // m * m, : x.shape[3] - x.shape[3] % m],
        "at most 40": lambda x: x[:, :, :40, :m],
        "all but some": lambda x: x[..., : -(x.shape[3] // 3)] if x.shape[3] > 3 else x[:, None, :, :20][:, 0],
        "first chunk": lambda x: x.chunk(3, 2)[0],
        "last chunk": lambda x: x.chunk(2, 3)[-1],
        "chunks turned": lambda x: torch.cat(x.chunk(2, 3)[::-1], 3),
        "parts": lambda x: torch.cat(x.split(m, 2), 2),
        "middle part": lambda x: x.split(m, 2)[len(x.split(m, 2)) // 2],
        "scaled by 1.5": lambda x: functional.interpolate(x, scale_factor=1.5),
        "scaled by 0.7": lambda x: functional.interpolate(x, scale_factor=0.7, mode="bilinear"),
        "scaled by 0.6": lambda x: functional.interpolate(x, scale_factor=0.6),
        "halved": lambda x: functional.interpolate(x, scale_factor=0.5, recompute_scale_factor=True),
        "resized": lambda x: functional.interpolate(x, size=(x.shape[2] // 2 + 1, x.shape[3] + 1), mode="bilinear"),
        "roll": lambda x: x.roll((x.shape[2] // 2, 1), (2, 3)),
        "adaptive": lambda x: functional.adaptive_avg_pool2d(x, (max(1, x.shape[2] // 4), (x.shape[3] + 2) // 3)),
        "adaptive to 7 rows": lambda x: functional.adaptive_avg_pool2d(x, (7, None)),
        "fold": lambda x: functional.fold(functional.unfold(x, 3, padding=1), x.shape[2:], 3, padding=1),
        "shuffle": lambda x: functional.pixel_shuffle(functional.pixel_unshuffle(x, 2), 2),
        "mean": lambda x: x + x.mean((2, 3), keepdim=True),
        "middle row": lambda x: x + x[:, :, x.shape[2] // 2 : x.shape[2] // 2 + 1],
        "every other row": lambda x: x.index_select(2, torch.arange(0, x.shape[2], 2, device=x.device)),
        "steps": lambda x: x[:, :, 1::2, ::m],
        "from the end": lambda x: x[:, :, -m:, :-1],
        "squared": lambda x: pad(x, (0, max(x.shape[2:]) - x.shape[3], 0, max(*x.shape[2:]) - x.shape[2])),
        "square part": lambda x: x[:, :, : min(x.shape[2], x.shape[3]), : min(x.shape[2:])],
        "ceil": lambda x: x[:, :, : math.ceil(x.shape[2] / m)],
        "int": lambda x: x[:, :, : int(x.shape[2] * 0.5) + 1, : int(x.shape[3] / 1.5) + 1],
        "round": lambda x: x[..., : round(x.shape[3] / 2) + 1],
        "numpy": lambda x: pad(x, (0, int(np.ceil(x.shape[3] / m)) * m - x.shape[3])),
        "divmod": lambda x: pad(x, (divmod(x.shape[3], m)[1], divmod(x.shape[2], m)[0])),
        "unfold": lambda x: x.unfold(2, m, 2).mean(-1),
        "repeat": lambda x: x.repeat(1, 1, 2, 1),
        "interleave": lambda x: x.repeat_interleave(2, 3),
        "top": lambda x: x.topk(min(m, x.shape[2]), 2)[0],
        "tile": lambda x: x.tile((1, 1, 1, 2))[..., : x.shape[3] + 3],
        "thirds": lambda x: x.tensor_split(3, 3)[1],
        "places": lambda x: x[:, :, [0, min(3, x.shape[2] - 1), x.shape[2] - 1]],
        "expand": lambda x: x[:, :, :1].expand(-1, -1, x.shape[3] // 2 + 1, -1),
        "fresh": lambda x: x.new_zeros(x.shape[0], c, x.size(2) + x.size(-1) // 2, x.size(3)) + x[:, :, :1],
        "mask": lambda x: x * torch.ones(x.shape[2:], device=x.device).tril(),
        "tall pool": lambda x: functional.avg_pool2d(x, (x.shape[2] // 2 + 1, 2), 1),
        "whole pool": lambda x: x + functional.avg_pool2d(x, x.shape[2:]),
        "ceil pool": lambda x: functional.max_pool2d(x, 3, 2, 1, ceil_mode=True),
        "gather": lambda x: x.gather(3, x.new_zeros(*x.shape[:3], x.shape[3] // 2 + 1, dtype=torch.long)),
        "numel": lambda x: x.view(x.shape[0], c, x.shape[2], x[0, 0].numel() // x.shape[2]),
        "product": lambda x: x.reshape(x.shape[0], c, 1, math.prod(x.shape[2:])),
        "higher than wide": lambda x: x if x.shape[2] < x.shape[3] else x.transpose(2, 3),
        "zeroed": _zeroed,
        "bits": lambda x: pad(x, (0, x.shape[3] & 1)),
        "power of 2": lambda x: pad(x, (0, 2 ** math.ceil(math.log2(x.shape[3])) - x.shape[3])),
        "float first": lambda x: x[:, :, : int(0.5 * x.shape[2]) + 1, : int(x.shape[3] - 0.25 * x.shape[3])],
        "0.7 first": lambda x: x[..., : int(0.7 * x.shape[3]) + 1],
        "float compared": lambda x: x.transpose(2, 3) if x.shape[2] > 20.5 else x,
        "shape's numel": lambda x: pad(x, (0, x.shape[2:].numel() % m)),
        "shapes put together": lambda x: x.reshape(*x.shape[:2].__add__((1,)), -1),
        "stride": lambda x: pad(x, (0, x.contiguous().stride(1) % m)),
        "every other row by strides": _every_other_row,
        "bytes": lambda x: pad(x, (0, x.nbytes % 3)),
        "put at the begin": lambda x: _put(x, lambda y: y[:, :, :10, :m].zero_()),
        "number put": lambda x: _put(x, lambda y: y.__setitem__((slice(None), 0, slice(20)), 0)),
        "row put": lambda x: _put(x, lambda y: y.__setitem__((..., slice(10), slice(m)), x[:, :, :1, :m])),
        "put into a larger one": lambda x: _larger(x, m),
        "triangle": lambda x: (
            x[:, :, torch.tril_indices(x.shape[2], x.shape[2], -1, device=x.device)[0]] if x.shape[2] < 12 else x
        ),
        "diagonals": lambda x: x.diagonal(1, 2, 3)[:, :, None] if min(x.shape[2:]) > 1 else x,
        "differences": lambda x: x.diff(dim=3),
        "turned": lambda x: torch.rot90(x, 1, (2, 3)),
        "circular": lambda x: pad(x, (0, 1, 1, 0), mode="circular"),
        "unpooled": lambda x: functional.max_unpool2d(*functional.max_pool2d(x, 2, return_indices=True), 2),
        "numpy's product": lambda x: x.reshape(x.shape[0], c, 1, int(np.prod(x.shape[2:]))),
        "sizes in a tensor": lambda x: functional.interpolate(x, size=(torch.tensor(x.shape[2:]) // 2 + 1).tolist()),
        "end in a tensor": lambda x: x[:, :, : torch.tensor(x.shape)[2] // m + 1],
        "unflattened": lambda x: x[..., : x.shape[3] // m * m].unflatten(3, (-1, m)).mean(-1),
        "difference": lambda x: pad(x, (0, abs(x.shape[2] - x.shape[3]))),
    }


class Nested(nn.Module):
    """A program inside of a module, which calls it by what it sees."""

    def __init__(self, inner, how):
        super().__init__()
        self.inner, self.how = inner, how

    def forward(self, x):
        if self.how == "where it is high":
            return self.inner(x) if x.shape[2] > 40 else x
        y = self.inner(x)
        if self.how == "added":
            return x + y if y.shape == x.shape else y
        return self.inner(y) if self.how == "twice" and y.shape[2] % 2 == 0 else y


def program(rng, c, parts=6, nested=True):
    """A module of random parts, some of which are programs of their own."""
    made = []
    for _ in range(rng.randint(1, parts)):
        if nested and rng.random() < 0.25:
            inner = program(rng, c, 3, False)
            made.append(Nested(inner, rng.choice(["plain", "added", "twice", "where it is high"])))
            continue
        m = rng.choice([2, 3, 4, 7])
        known = functions(c, m)
        name = rng.choice(sorted(known))
        kernel, stride, padding = rng.choice([1, 2, 3, 5]), rng.choice([1, 2, 3]), rng.choice([0, 1, 2])
        modules = [
            lambda k=kernel, s=stride, p=padding: nn.Conv2d(c, c, k, s, p),
            lambda k=kernel, s=stride: Same(c, k, s),
            lambda m=m: Padded(m, rng.random() < 0.5),
            lambda m=m: Windows(c, m),
            lambda: IfLarge(c, rng.randint(3, 80), rng.choice([2, 3])),
            lambda: Either(
                c, rng.randint(3, 80), rng.choice([2, 3]), rng.choice(["kernel", "groups", "input", "both"])
            ),
            lambda: Scaled(rng.choice([0.5, 0.75, 1.25])),
            lambda: Two(c, rng.random() < 0.5),
            lambda: Up(c, rng.choice(["size", "scale", "transposed"])),
            lambda: Places(c, rng.choice([0, 7, 16])),
        ]
        if rng.random() < 0.1:
            modules = [lambda: WhileLarge(c, rng.randint(5, 40)), lambda: Rounds(c, rng.choice([8, 16, 32]))]
        made.append(Does(name, known[name]) if rng.random() < 0.6 else rng.choice(modules)())
    return nn.Sequential(*made)
