"""Small constructors of networks with random configurations, for lifting one member and predicting others.

    one = CONSTRUCTORS["bottlenecks"]
    config = one.configurations(random.Random(7))           # {"n": (3, 2, 4), "w": 24, "classes": 37, …}
    other = one.sibling(random.Random(8), config)           # other n and w, all else the same
    changed(config, other)                                  # {"n": ((3, 2, 4), (1, 6, 2)), "w": (24, 40)}
    module, inputs = one.made(config), one.at(config, one.sizes(config)[0])

`n` is how often the block of each stage is taken, `w` the one width to which all widths are proportional, by ratios
that whole numbers say in the configuration; the rest is constant in a family: classes, the size of a head, patches. A
member has two blocks a stage or more (a U-Net three levels), so that a regular one is seen, and a sibling one or more
(a U-Net two levels). Numbers of classes, words, places, patches and hidden units are no multiples of w and no parts
of it, so that a number tells what it is. Random numbers come from the caller's generator alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from .models import Resized, UNet

Config = Mapping[str, Any]


@dataclass(frozen=True)
class Constructor:
    """A function from configurations to modules."""

    name: str
    build: Callable[..., nn.Module]
    #: What is constant in a family, drawn for a width.
    constants: Callable[[Random], dict[str, Any]]
    #: The least and the most stages, and w is a multiple of this.
    stages: tuple[int, int] = (1, 1)
    unit: int = 8
    #: The least and the most blocks of a stage of a member, and of a sibling.
    least: int = 2
    most: int = 5
    range: tuple[int, int] = (1, 8)
    #: The greatest multiple of the unit that is a width.
    widest: int = 8

    def configurations(self, rng: Random) -> dict[str, Any]:
        """A random member."""
        stages = rng.randint(*self.stages)
        while True:
            config: dict[str, Any] = {"n": tuple(rng.randint(self.least, self.most) for _ in range(stages))}
            config |= {"w": self.unit * rng.randint(2, self.widest), **self.constants(rng)}
            if self._apart(config):
                return config

    def sibling(self, rng: Random, config: Config) -> dict[str, Any]:
        """Another member of the same family, of other depths and another width."""
        while True:
            n = tuple(rng.randint(*self.range) for _ in config["n"])
            other = {**config, "n": n, "w": self.unit * rng.randint(1, 2 * self.widest)}
            if n != config["n"] and other["w"] != config["w"]:
                return other

    def made(self, config: Config) -> nn.Module:
        """The module of a configuration, on the meta device and in eval mode; the random state is as before."""
        state = torch.random.get_rng_state()
        try:
            with torch.device("meta"):
                return self.build(**config).eval()
        finally:
            torch.random.set_rng_state(state)

    def sizes(self, config: Config) -> tuple[dict[str, int], ...]:
        """Two sizes of inputs that every member takes."""
        if "V" in config:
            return {"N": 1, "T": 48}, {"N": 2, "T": 31}
        if "P" in config:
            X = config["P"] * config["patches"]
            return {"N": 1, "X": X}, {"N": 2, "X": X}
        if "kind" in config and config["kind"] != "resized":
            return {"N": 1, "X": 256}, {"N": 2, "X": 96}
        return {"N": 1, "X": 224}, {"N": 2, "X": 97}

    def at(self, config: Config, size: Mapping[str, int]) -> dict[str, Tensor]:
        """Inputs of a size by the forward's names; images are on the meta device."""
        if "T" in size:
            return {"ids": torch.ones((size["N"], size["T"]), dtype=torch.int64)}
        return {"x": torch.empty((size["N"], config.get("channels", 3), size["X"], size["X"]), device="meta")}

    @staticmethod
    def _apart(config: Config) -> bool:
        w = config["w"]
        numbers = [config[key] for key in ("classes", "V", "positions", "hidden") if config.get(key)]
        if "patches" in config:
            numbers += [config["patches"] ** 2, config["patches"] ** 2 + 1]
        clash = any(c % w == 0 or w % c == 0 for c in numbers)
        return not clash and len(set(numbers)) == len(numbers)


def changed(config: Config, other: Config) -> dict[str, tuple[Any, Any]]:
    """What two members of a family differ in, by name."""
    return {key: (value, other[key]) for key, value in config.items() if value != other[key]}


def _one(rng: Random, *values: Any) -> Any:
    return rng.choice(values)


#: Numbers of classes.
PRIMES: Final = (11, 13, 17, 19, 23, 37, 53, 101, 211)


def _classes(rng: Random) -> int:
    return rng.choice(PRIMES)


def _norm(C: int) -> nn.Module:
    return nn.BatchNorm2d(C)


def _head(x: Tensor, last: nn.Module) -> Tensor:
    return last(x.mean((2, 3)))


def _starts(stages: Iterable[int]) -> Iterable[tuple[int, int, int]]:
    """Stage, round and stride of each block: the extents halve where a stage behind the first begins."""
    for stage, rounds in enumerate(stages):
        for i in range(rounds):
            yield stage, i, 2 if stage and not i else 1


# -- residual networks -------------------------------------------------------------------------------------------------


class Gate(nn.Module):
    """Squeeze and excite: channels are weighed by their means, through a layer of C/r."""

    def __init__(self, C: int, r: int, convs: bool = False) -> None:
        super().__init__()
        self.convs = convs
        self.first = nn.Conv2d(C, C // r, 1) if convs else nn.Linear(C, C // r)
        self.second = nn.Conv2d(C // r, C, 1) if convs else nn.Linear(C // r, C)

    def forward(self, x: Tensor) -> Tensor:
        means = x.mean((2, 3), keepdim=self.convs)
        weights = self.second(self.first(means).relu()).sigmoid()
        return x * (weights if self.convs else weights[:, :, None, None])


class Bottleneck(nn.Module):
    """C → inner → inner → expand·inner, with a projection where the shape changes, and a gate."""

    def __init__(self, C: int, inner: int, expand: int, stride: int, r: int = 0, convs: bool = False) -> None:
        super().__init__()
        K = expand * inner
        self.body = nn.Sequential(
            nn.Conv2d(C, inner, 1, bias=False), _norm(inner), nn.ReLU(),
            nn.Conv2d(inner, inner, 3, stride, 1, bias=False), _norm(inner), nn.ReLU(),
            nn.Conv2d(inner, K, 1, bias=False), _norm(K),
        )  # fmt: skip
        self.gate = Gate(K, r, convs) if r else nn.Identity()
        same = C == K and stride == 1
        self.skip = nn.Identity() if same else nn.Sequential(nn.Conv2d(C, K, 1, stride, bias=False), _norm(K))

    def forward(self, x: Tensor) -> Tensor:
        return (self.gate(self.body(x)) + self.skip(x)).relu()


class Bottlenecks(nn.Module):
    """A residual network of bottlenecks: widths double and extents halve a stage."""

    def __init__(
        self, n: tuple[int, ...], w: int, expand: int, classes: int, stem: int = 3, r: int = 0, convs: bool = False
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, w, stem, 2, stem // 2, bias=False), _norm(w), nn.ReLU())
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.stages = nn.ModuleList(nn.Sequential() for _ in n)
        C = w
        for stage, _, stride in _starts(n):
            inner = w * 2**stage
            self.stages[stage].append(Bottleneck(C, inner, expand, stride, r, convs))
            C = expand * inner
        self.last = nn.Linear(C, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.stem(x))
        for stage in self.stages:
            x = stage(x)
        return _head(x, self.last)


class Basic(nn.Module):
    """Norm and activation come before each of two convolutions."""

    def __init__(self, C: int, K: int, stride: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = _norm(C), nn.Conv2d(C, K, 3, stride, 1, bias=False)
        self.norm2, self.conv2 = _norm(K), nn.Conv2d(K, K, 3, 1, 1, bias=False)
        self.skip = nn.Conv2d(C, K, 1, stride, bias=False) if C != K or stride > 1 else None

    def forward(self, x: Tensor) -> Tensor:
        out = self.norm1(x).relu()
        skip = x if self.skip is None else self.skip(out)
        return self.conv2(self.norm2(self.conv1(out)).relu()) + skip


class PreActivation(nn.Module):
    """A pre-activation residual network of basic blocks, as for CIFAR, `wide` times as wide behind its stem."""

    def __init__(self, n: tuple[int, ...], w: int, wide: int, classes: int, channels: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(channels, w, 3, 1, 1, bias=False)
        blocks, C = [], w
        for stage, _, stride in _starts(n):
            K = wide * w * 2**stage
            blocks.append(Basic(C, K, stride))
            C = K
        self.blocks = nn.Sequential(*blocks)
        self.norm, self.last = _norm(C), nn.Linear(C, classes)

    def forward(self, x: Tensor) -> Tensor:
        return _head(self.norm(self.blocks(self.stem(x))).relu(), self.last)


# -- dense, plain, inverted --------------------------------------------------------------------------------------------


class Grown(nn.Module):
    """w maps more, from all maps so far through bottleneck·w."""

    def __init__(self, C: int, w: int, bottleneck: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = _norm(C), nn.Conv2d(C, bottleneck * w, 1, bias=False)
        self.norm2, self.conv2 = _norm(bottleneck * w), nn.Conv2d(bottleneck * w, w, 3, 1, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        new = self.conv1(self.norm1(x).relu())
        return torch.cat([x, self.conv2(self.norm2(new).relu())], 1)


class Dense(nn.Module):
    """A dense network of growth w; a transition halves maps and extents."""

    def __init__(self, n: tuple[int, ...], w: int, first: int, bottleneck: int, classes: int) -> None:
        super().__init__()
        C = first * w
        self.stem = nn.Sequential(nn.Conv2d(3, C, 7, 2, 3, bias=False), _norm(C), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        layers: list[nn.Module] = []
        for stage, i, _ in _starts(n):
            if stage and not i:
                layers += [_norm(C), nn.ReLU(), nn.Conv2d(C, C // 2, 1, bias=False), nn.AvgPool2d(2)]
                C //= 2
            layers.append(Grown(C, w, bottleneck))
            C += w
        self.layers, self.norm, self.last = nn.Sequential(*layers), _norm(C), nn.Linear(C, classes)

    def forward(self, x: Tensor) -> Tensor:
        return _head(self.norm(self.layers(self.stem(x))).relu(), self.last)


class Plain(nn.Module):
    """Stages of 3x3 convolutions, each closed by a max pool; widths double up to `top` times w."""

    def __init__(self, n: tuple[int, ...], w: int, top: int, norm: bool, hidden: int, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        C = 3
        for stage, rounds in enumerate(n):
            K = w * min(2**stage, top)
            for _ in range(rounds):
                layers += [nn.Conv2d(C, K, 3, padding=1), *([_norm(K)] if norm else []), nn.ReLU()]
                C = K
            layers.append(nn.MaxPool2d(2, 2))
        self.features = nn.Sequential(*layers)
        if hidden:
            rest = [nn.Linear(9 * C, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, classes)]
            self.head = nn.Sequential(nn.AdaptiveAvgPool2d(3), nn.Flatten(), *rest)
        else:
            self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(C, classes))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))


class Inverted(nn.Module):
    """C → t·C → depth-wise → K, with a skip where the shape stays."""

    def __init__(self, C: int, K: int, t: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = t * C
        self.body = nn.Sequential(
            nn.Conv2d(C, wide, 1, bias=False), _norm(wide), nn.ReLU6(),
            nn.Conv2d(wide, wide, kernel, stride, kernel // 2, groups=wide, bias=False), _norm(wide), nn.ReLU6(),
            nn.Conv2d(wide, K, 1, bias=False), _norm(K),
        )  # fmt: skip
        self.skips = C == K and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x) if self.skips else self.body(x)


class InvertedResiduals(nn.Module):
    """Inverted residuals: stage s has ratios[s]·w channels, and a last convolution has `end` times w."""

    def __init__(
        self, n: tuple[int, ...], w: int, ratios: tuple[int, ...], t: int, kernel: int, end: int, classes: int
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, w, 3, 2, 1, bias=False), _norm(w), nn.ReLU6())
        blocks, C = [], w
        for stage, i, _ in _starts(n):
            K = ratios[stage] * w
            blocks.append(Inverted(C, K, t, kernel, 1 if i else 2))
            C = K
        self.blocks = nn.Sequential(*blocks)
        self.top = nn.Sequential(nn.Conv2d(C, end * w, 1, bias=False), _norm(end * w), nn.ReLU6())
        self.last = nn.Linear(end * w, classes)

    def forward(self, x: Tensor) -> Tensor:
        return _head(self.top(self.blocks(self.stem(x))), self.last)


class Scaled(nn.Module):
    """ConvNeXt's block: depth-wise 7x7, norm, two linear layers on channels last, a scale a channel."""

    def __init__(self, C: int, ratio: int, kernel: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(C, C, kernel, padding=kernel // 2, groups=C)
        self.norm = nn.LayerNorm(C)
        self.wide, self.narrow = nn.Linear(C, ratio * C), nn.Linear(ratio * C, C)
        self.scale = nn.Parameter(torch.ones(C, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        out = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        out = self.narrow(functional.gelu(self.wide(out))).permute(0, 3, 1, 2)
        return x + self.scale * out


class First(nn.LayerNorm):
    """A layer norm of the channels of images."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    """ConvNeXt: patches of four, and between stages a norm and a convolution that doubles channels."""

    def __init__(self, n: tuple[int, ...], w: int, ratio: int, kernel: int, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, w, 4, 4), First(w)]
        for stage, rounds in enumerate(n):
            C = w * 2**stage
            if stage:
                layers += [First(C // 2), nn.Conv2d(C // 2, C, 2, 2)]
            layers += [Scaled(C, ratio, kernel) for _ in range(rounds)]
        self.layers = nn.Sequential(*layers)
        C = w * 2 ** (len(n) - 1)
        self.norm, self.last = nn.LayerNorm(C), nn.Linear(C, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.norm(self.layers(x).mean((2, 3))))


# -- transformers and mixers -------------------------------------------------------------------------------------------


class EncoderBlock(nn.Module):
    """Attention and MLP, each behind its norm."""

    def __init__(self, w: int, size: int, ratio: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(w), nn.LayerNorm(w)
        self.attention = nn.MultiheadAttention(w, w // size, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(w, ratio * w), nn.GELU(), nn.Linear(ratio * w, w))

    def forward(self, x: Tensor) -> Tensor:
        out = self.norm1(x)
        x = x + self.attention(out, out, out, need_weights=False)[0]
        return x + self.mlp(self.norm2(x))


class ViT(nn.Module):
    """Patches, a class token, a table of places, an encoder; heads of `size` channels."""

    def __init__(
        self, n: tuple[int, ...], w: int, size: int, ratio: int, P: int, patches: int, token: bool, classes: int
    ) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, w, P, P)
        self.token = nn.Parameter(torch.zeros(1, 1, w)) if token else None
        self.places = nn.Parameter(torch.zeros(1, patches**2 + int(token), w))
        self.blocks = nn.Sequential(*(EncoderBlock(w, size, ratio) for _ in range(n[0])))
        self.norm, self.last = nn.LayerNorm(w), nn.Linear(w, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch(x).flatten(2).transpose(1, 2)
        if self.token is not None:
            x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1)
        x = self.norm(self.blocks(x + self.places))
        return self.last(x.mean(1) if self.token is None else x[:, 0])


class DecoderBlock(nn.Module):
    """Causal attention from one fused product, and an MLP."""

    def __init__(self, w: int, size: int, ratio: int, bias: bool) -> None:
        super().__init__()
        self.size = size
        self.norm1, self.norm2 = nn.LayerNorm(w), nn.LayerNorm(w)
        self.qkv, self.out = nn.Linear(w, 3 * w, bias=bias), nn.Linear(w, w, bias=bias)
        self.wide, self.narrow = nn.Linear(w, ratio * w, bias=bias), nn.Linear(ratio * w, w, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        N, T, w = x.shape
        q, k, v = (t.view(N, T, -1, self.size).transpose(1, 2) for t in self.qkv(self.norm1(x)).split(w, 2))
        out = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(out.transpose(1, 2).reshape(N, T, w))
        return x + self.narrow(functional.gelu(self.wide(self.norm2(x))))


class GPT(nn.Module):
    """A decoder with tables of V words and of places; its head is the table of words, or one of its own."""

    def __init__(
        self, n: tuple[int, ...], w: int, size: int, ratio: int, V: int, positions: int, tied: bool, bias: bool
    ) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(V, w), nn.Embedding(positions, w)
        self.blocks = nn.ModuleList(DecoderBlock(w, size, ratio, bias) for _ in range(n[0]))
        self.norm, self.last = nn.LayerNorm(w), nn.Linear(w, V, bias=False)
        if tied:
            self.last.weight = self.words.weight

    def forward(self, ids: Tensor) -> Tensor:
        x = self.words(ids) + self.places(torch.arange(ids.shape[1], device=ids.device))
        for block in self.blocks:
            x = block(x)
        return self.last(self.norm(x))


class RootMean(nn.Module):
    """Divides by the root of the mean square."""

    def __init__(self, C: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(C))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * (x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6))


class Grouped(nn.Module):
    """Attention whose queries share keys and values in groups, with turned places, and a gated MLP."""

    def __init__(self, w: int, size: int, group: int, ratio: int) -> None:
        super().__init__()
        self.size, self.group = size, group
        self.norm1, self.norm2 = RootMean(w), RootMean(w)
        self.q, self.out = nn.Linear(w, w, bias=False), nn.Linear(w, w, bias=False)
        self.k, self.v = nn.Linear(w, w // group, bias=False), nn.Linear(w, w // group, bias=False)
        # The inner width is ratio/2 of w.
        inner = w * ratio // 2
        self.gate, self.wide = nn.Linear(w, inner, bias=False), nn.Linear(w, inner, bias=False)
        self.narrow = nn.Linear(inner, w, bias=False)

    def turned(self, x: Tensor) -> Tensor:
        angles = torch.outer(
            torch.arange(x.shape[2], device=x.device),
            10000.0 ** (-torch.arange(0, self.size, 2, device=x.device) / self.size),
        )
        cos, sin = torch.cat([angles, angles], 1).cos(), torch.cat([angles, angles], 1).sin()
        first, second = x.chunk(2, -1)
        return x * cos + torch.cat([-second, first], -1) * sin

    def forward(self, x: Tensor) -> Tensor:
        N, T, w = x.shape
        out = self.norm1(x)
        q, k, v = (layer(out).view(N, T, -1, self.size).transpose(1, 2) for layer in (self.q, self.k, self.v))
        q, k = self.turned(q), self.turned(k)
        k, v = k.repeat_interleave(self.group, 1), v.repeat_interleave(self.group, 1)
        scores = q @ k.transpose(2, 3) / self.size**0.5
        hidden = torch.ones(T, T, device=x.device).triu(1) * -1e9
        out = ((scores + hidden).softmax(-1) @ v).transpose(1, 2).reshape(N, T, w)
        x = x + self.out(out)
        out = self.norm2(x)
        return x + self.narrow(functional.silu(self.gate(out)) * self.wide(out))


class LLaMA(nn.Module):
    """A decoder with grouped heads, gated MLPs, no biases."""

    def __init__(self, n: tuple[int, ...], w: int, size: int, group: int, ratio: int, V: int) -> None:
        super().__init__()
        self.words = nn.Embedding(V, w)
        self.blocks = nn.ModuleList(Grouped(w, size, group, ratio) for _ in range(n[0]))
        self.norm, self.last = RootMean(w), nn.Linear(w, V, bias=False)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.words(ids)
        for block in self.blocks:
            x = block(x)
        return self.last(self.norm(x))


class Mixing(nn.Module):
    """An MLP across patches, whose width is constant, and one across channels."""

    def __init__(self, w: int, tokens: int, hidden: int, ratio: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(w), nn.LayerNorm(w)
        self.across = nn.Sequential(nn.Linear(tokens, hidden), nn.GELU(), nn.Linear(hidden, tokens))
        self.along = nn.Sequential(nn.Linear(w, ratio * w), nn.GELU(), nn.Linear(ratio * w, w))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.across(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.along(self.norm2(x))


class Mixer(nn.Module):
    """An MLP-Mixer."""

    def __init__(self, n: tuple[int, ...], w: int, hidden: int, ratio: int, P: int, patches: int, classes: int) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, w, P, P)
        self.blocks = nn.Sequential(*(Mixing(w, patches**2, hidden, ratio) for _ in range(n[0])))
        self.norm, self.last = nn.LayerNorm(w), nn.Linear(w, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(self.patch(x).flatten(2).transpose(1, 2))
        return self.last(self.norm(x).mean(1))


def _unet(n: tuple[int, ...], w: int, kind: str, channels: int, classes: int) -> nn.Module:
    if kind == "resized":
        return Resized(n[0], w, channels, classes)
    return UNet(n[0], w, kind == "norm", channels, classes)


_ALL: Final = (
    Constructor(
        "bottlenecks", Bottlenecks,
        lambda rng: {"expand": _one(rng, 2, 3, 4), "classes": _classes(rng), "stem": _one(rng, 3, 7)},
        stages=(2, 4),
    ),
    Constructor(
        "preactivation", PreActivation,
        lambda rng: {"wide": _one(rng, 1, 2, 4), "classes": _classes(rng), "channels": _one(rng, 1, 3)},
        stages=(2, 4), unit=4,
    ),
    # The growth is a multiple of 8: three transitions halve without a rest.
    Constructor(
        "dense", Dense,
        lambda rng: {"first": _one(rng, 1, 2, 3), "bottleneck": _one(rng, 2, 4), "classes": _classes(rng)},
        stages=(2, 4), widest=5,
    ),
    Constructor(
        "plain", Plain,
        lambda rng: {"top": _one(rng, 4, 8), "norm": _one(rng, True, False), "hidden": _one(rng, 0, 67, 131),
                     "classes": _classes(rng)},
        stages=(3, 5),
    ),
    Constructor(
        "vit", ViT,
        lambda rng: {"size": _one(rng, 8, 16), "ratio": _one(rng, 2, 3, 4), "P": _one(rng, 4, 7, 8),
                     "patches": _one(rng, 5, 7, 9, 11), "token": _one(rng, True, True, False),
                     "classes": _classes(rng)},
        unit=16, most=7, range=(1, 16),
    ),
    Constructor(
        "gpt", GPT,
        lambda rng: {"size": _one(rng, 8, 16), "ratio": _one(rng, 2, 3, 4), "V": _one(rng, 1009, 2003, 503),
                     "positions": _one(rng, 61, 127), "tied": _one(rng, True, False), "bias": _one(rng, True, False)},
        unit=16, most=7, range=(1, 16),
    ),
    Constructor(
        "convnext", ConvNeXt,
        lambda rng: {"ratio": _one(rng, 2, 3, 4), "kernel": _one(rng, 5, 7), "classes": _classes(rng)},
        stages=(2, 4),
    ),
    Constructor(
        "mixer", Mixer,
        lambda rng: {"hidden": _one(rng, 29, 43, 71), "ratio": _one(rng, 2, 3, 4), "P": _one(rng, 4, 7, 8),
                     "patches": _one(rng, 5, 7, 9, 11), "classes": _classes(rng)},
        most=7, range=(1, 16),
    ),
    Constructor(
        "inverted", InvertedResiduals,
        lambda rng: {"ratios": _one(rng, (1, 2, 4, 6), (2, 3, 5, 8), (1, 2, 3, 4)), "t": _one(rng, 2, 3, 6),
                     "kernel": _one(rng, 3, 5), "end": _one(rng, 10, 16), "classes": _classes(rng)},
        stages=(2, 4),
    ),
    Constructor(
        "unet", _unet,
        lambda rng: {"kind": _one(rng, "norm", "plain", "resized"), "channels": _one(rng, 1, 3),
                     "classes": _one(rng, 2, 5, 7)},
        unit=4, least=3, range=(2, 5),
    ),
    Constructor(
        "gated", Bottlenecks,
        lambda rng: {"expand": _one(rng, 2, 4), "classes": _classes(rng), "stem": _one(rng, 3, 7),
                     "r": _one(rng, 4, 8), "convs": _one(rng, True, False)},
        stages=(2, 4),
    ),
    Constructor(
        "llama", LLaMA,
        lambda rng: {"size": _one(rng, 8, 16), "group": _one(rng, 2, 3), "ratio": _one(rng, 5, 6, 7),
                     "V": _one(rng, 1009, 2003, 503)},
        unit=96, most=7, range=(1, 16), widest=4,
    ),
)  # fmt: skip

#: Every constructor by its name.
CONSTRUCTORS: Final[dict[str, Constructor]] = {one.name: one for one in _ALL}
