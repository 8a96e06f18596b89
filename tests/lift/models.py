"""The networks that families are lifted from, and their published siblings, by name: modules without weights.

    module, inputs = model("resnet50")          # on the meta device, in eval mode; {"x": a tensor}
    MODELS["resnet50"].settings                 # {"n": (3, 4, 6, 3), "w": 64}: what a lift should find
    MODELS["resnet50"].at({"N": 2, "X": 131})   # inputs of other sizes

torchvision and transformers are imported where a model of theirs is built, and nothing is downloaded. Of the language
models ids alone are given: a mask, or use_cache=False, would make transformers look at values.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import torch
from torch import nn
from torch.nn import functional

Size = Mapping[str, int]
#: Sizes that figures are measured at, where a model has symbols for them: odd, prime and with several samples.
IMAGES: Final = ({"N": 1, "X": 224}, {"N": 2, "X": 131}, {"N": 1, "X": 257})
TOKENS: Final = ({"N": 1, "T": 128}, {"N": 2, "T": 37}, {"N": 1, "T": 509})


@dataclass(frozen=True)
class Model:
    """One network: where it is from, how it is built, at which sizes it runs, and its place in its family."""

    name: str
    source: str
    build: Callable[[], nn.Module]
    #: The first is that of the example; those of one model differ in what it has symbols for.
    sizes: tuple[Size, ...] = IMAGES
    #: The depths n, the width w and what else tells it from its siblings, in the words of its paper.
    settings: dict[str, Any] = field(default_factory=dict)
    #: The name of the forward's parameter.
    takes: str = "x"
    channels: int = 3

    def at(self, size: Size) -> dict[str, torch.Tensor]:
        """Inputs of a size, on the meta device; ids are whole numbers on the CPU."""
        if "T" in size:
            return {self.takes: torch.ones((size["N"], size["T"]), dtype=torch.int64)}
        return {self.takes: torch.empty((size["N"], self.channels, size["X"], size["X"]), device="meta")}

    def made(self) -> nn.Module:
        """The module, on the meta device and in eval mode; the random state is as before."""
        state = torch.random.get_rng_state()
        try:
            with torch.device("meta"):
                return self.build().eval()
        finally:
            torch.random.set_rng_state(state)


def model(name: str) -> tuple[nn.Module, dict[str, torch.Tensor]]:
    """A module and its example inputs by the forward's names."""
    return MODELS[name].made(), MODELS[name].at(MODELS[name].sizes[0])


@cache
def torchvision() -> Any:
    """torchvision's models, also where its compiled operators are missing."""
    from symconv.readers.torch.named import torchvision as package

    return package().models


@cache
def transformers() -> Any:
    """transformers, from where SYMCONV_MODELS says, from the venv or from /tmp/hf."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    here = os.path.dirname(os.path.abspath(__file__))
    for place in (os.environ.get("SYMCONV_MODELS"), os.path.join(here, "..", "..", ".venv", "models"), "/tmp/hf"):
        if place and os.path.isdir(os.path.join(place, "transformers")):
            sys.path.append(os.path.abspath(place))
            break
    torchvision()
    import transformers as package

    return package


# -- torchvision -------------------------------------------------------------------------------------------------------


def _spelled(kwargs: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value!r}" for key, value in kwargs.items())


def _torchvision(
    name: str, sizes: tuple[Size, ...] = IMAGES, kwargs: Mapping[str, Any] | None = None, **settings: Any
) -> Model:
    """A model of torchvision; `kwargs` are arguments of its builder."""
    own = {} if kwargs is None else dict(kwargs)
    builder = name.partition(" ")[0]
    source = f"torchvision 0.28.0: {builder}({_spelled(own)})"
    return Model(name, source, lambda: torchvision().get_model(builder, weights=None, **own), sizes, settings)


def _vit(name: str, n: int, w: int, heads: int, P: int, X: int = 224) -> Model:
    own = name if X == 224 else f"{name} X={X}"
    sizes = tuple({"N": N, "X": X} for N in (1, 2, 3))
    settings = {"n": (n,), "w": w, "heads": heads, "P": P, "X": X}
    return _torchvision(own, sizes, {} if X == 224 else {"image_size": X}, **settings)


def _torchvision_models() -> Iterator[Model]:
    for depth, second, third in ((50, 4, 6), (101, 4, 23), (152, 8, 36)):
        yield _torchvision(f"resnet{depth}", n=(3, second, third, 3), w=64, inner=64)
    yield _torchvision("wide_resnet50_2", n=(3, 4, 6, 3), w=64, inner=128)
    yield _torchvision("wide_resnet101_2", n=(3, 4, 23, 3), w=64, inner=128)
    yield _torchvision("resnext50_32x4d", n=(3, 4, 6, 3), w=64, inner=128, groups=32)
    yield _torchvision("resnext101_32x8d", n=(3, 4, 23, 3), w=64, inner=256, groups=32)
    yield _torchvision("resnext101_64x4d", n=(3, 4, 23, 3), w=64, inner=256, groups=64)
    densenets: dict[int, tuple[int, ...]] = {
        121: (6, 12, 24, 16),
        169: (6, 12, 32, 32),
        201: (6, 12, 48, 32),
        161: (6, 12, 36, 24),
    }
    for depth, repeats in densenets.items():
        yield _torchvision(f"densenet{depth}", n=repeats, g=48 if depth == 161 else 32, w=96 if depth == 161 else 64)
    vggs: dict[int, tuple[int, ...]] = {
        11: (1, 1, 2, 2, 2),
        13: (2, 2, 2, 2, 2),
        16: (2, 2, 3, 3, 3),
        19: (2, 2, 4, 4, 4),
    }
    for norm in ("", "_bn"):
        for depth, repeats in vggs.items():
            yield _torchvision(f"vgg{depth}{norm}", n=repeats, w=64)
    for name, third, w in (("tiny", 9, 96), ("small", 27, 96), ("base", 27, 128), ("large", 27, 192)):
        yield _torchvision(f"convnext_{name}", n=(3, 3, third, 3), w=w)
    for name, layers, w, heads in (("b", 12, 768, 12), ("l", 24, 1024, 16)):
        for P in (16, 32):
            yield _vit(f"vit_{name}_{P}", layers, w, heads, P)
    yield _vit("vit_h_14", 32, 1280, 16, 14)
    yield _vit("vit_b_16", 12, 768, 12, 16, 384)
    yield _vit("vit_l_16", 24, 1024, 16, 16, 512)
    yield _vit("vit_h_14", 32, 1280, 16, 14, 518)
    for name, third, w in (("t", 6, 96), ("s", 18, 96), ("b", 18, 128)):
        yield _torchvision(f"swin_{name}", n=(2, 2, third, 2), w=w)
    for width in (0.5, 0.75, 1, 1.4):
        own = "mobilenet_v2" if width == 1 else f"mobilenet_v2 width={width}"
        kwargs = {} if width == 1 else {"width_mult": width}
        yield _torchvision(own, kwargs=kwargs, n=(1, 2, 3, 4, 3, 3, 1), width=width)
    efficient = (
        ((1, 2, 2, 3, 3, 4, 1), 1.0, 256),
        ((2, 3, 3, 4, 4, 5, 2), 1.0, 240),
        ((2, 3, 3, 4, 4, 5, 2), 1.1, 288),
        ((2, 3, 3, 5, 5, 6, 2), 1.2, 300),
        ((2, 4, 4, 6, 6, 8, 2), 1.4, 380),
    )
    for b, (repeats, width, X) in enumerate(efficient):
        # X is the size that the published figures are for.
        sizes = ({"N": 1, "X": 224}, {"N": 2, "X": 131}, {"N": 1, "X": X})
        yield _torchvision(f"efficientnet_b{b}", sizes, n=repeats, width=width)


# -- transformers ------------------------------------------------------------------------------------------------------


def _transformers(name: str, kind: str, config: str, kwargs: Mapping[str, Any], **settings: Any) -> Model:
    """A model of transformers by its configuration; `kwargs` are the configuration's arguments."""
    source = f"transformers 5.24.0: {kind}({config}({_spelled(kwargs)}))"
    return Model(
        name,
        source,
        lambda: getattr(transformers(), kind)(getattr(transformers(), config)(**kwargs)),
        TOKENS,
        settings,
        "input_ids",
    )


def _bert(name: str, n: int, w: int, heads: int) -> Model:
    own = {"hidden_size": w, "num_hidden_layers": n, "num_attention_heads": heads, "intermediate_size": 4 * w}
    return _transformers(name, "BertModel", "BertConfig", own, n=(n,), w=w, heads=heads)


def _gpt2(name: str, kind: str, n: int, w: int, heads: int) -> Model:
    own = {"n_embd": w, "n_layer": n, "n_head": heads}
    return _transformers(name, kind, "GPT2Config", own, n=(n,), w=w, heads=heads)


def _llama(name: str, V: int, n: int, w: int, heads: int, kv: int, inner: int) -> Model:
    own = {
        "vocab_size": V, "hidden_size": w, "num_hidden_layers": n, "num_attention_heads": heads,
        "num_key_value_heads": kv, "intermediate_size": inner,
    }  # fmt: skip
    settings = {"n": (n,), "w": w, "heads": heads, "kv": kv, "inner": inner, "V": V}
    return _transformers(name, "LlamaForCausalLM", "LlamaConfig", own, **settings)


def _transformers_models() -> Iterator[Model]:
    yield _bert("bert-base", 12, 768, 12)
    yield _bert("bert-large", 24, 1024, 16)
    sizes = (
        ("gpt2", 12, 768, 12),
        ("gpt2-medium", 24, 1024, 16),
        ("gpt2-large", 36, 1280, 20),
        ("gpt2-xl", 48, 1600, 25),
    )
    for name, n, w, heads in sizes:
        yield _gpt2(name, "GPT2Model", n, w, heads)
        yield _gpt2(f"{name} head", "GPT2LMHeadModel", n, w, heads)
    yield _llama("llama-7b", 32000, 32, 4096, 32, 32, 11008)
    yield _llama("llama-13b", 32000, 40, 5120, 40, 40, 13824)
    # Grouped heads: LLaMA 2 70B, and 3 8B and 70B.
    yield _llama("llama-2-70b", 32000, 80, 8192, 64, 8, 28672)
    yield _llama("llama-3-8b", 128256, 32, 4096, 32, 8, 14336)
    yield _llama("llama-3-70b", 128256, 80, 8192, 64, 8, 28672)


# -- U-Nets ------------------------------------------------------------------------------------------------------------


class Pair(nn.Sequential):
    """Two 3x3 convolutions that keep the extents, each with its norm and activation."""

    def __init__(self, C: int, K: int, norm: bool = True, between: int = 0) -> None:
        super().__init__()
        between = between or K
        for a, b in ((C, between), (between, K)):
            self.append(nn.Conv2d(a, b, 3, padding=1, bias=not norm))
            if norm:
                self.append(nn.BatchNorm2d(b))
            self.append(nn.ReLU())


def levels(x: torch.Tensor, down: nn.ModuleList, pool: nn.Module) -> list[torch.Tensor]:
    """What each level of a way down makes."""
    kept = []
    for level, block in enumerate(down):
        x = block(pool(x) if level else x)
        kept.append(x)
    return kept


class UNet(nn.Module):
    """Ronneberger et al. with convolutions that keep the extents: channels double and extents halve `depth` times.

    The way up is a transposed convolution that halves the channels. X is a multiple of 2^depth.
    """

    def __init__(self, depth: int = 4, w: int = 64, norm: bool = True, channels: int = 3, classes: int = 2) -> None:
        super().__init__()
        widths = [w * 2**level for level in range(depth + 1)]
        self.down = nn.ModuleList(Pair(C, K, norm) for C, K in zip([channels, *widths], widths))
        self.pool = nn.MaxPool2d(2)
        back = widths[-2::-1]
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * K, K, 2, 2) for K in back)
        self.join = nn.ModuleList(Pair(2 * K, K, norm) for K in back)
        self.last = nn.Conv2d(w, classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        *kept, x = levels(x, self.down, self.pool)
        for up, join in zip(self.up, self.join):
            x = join(torch.cat([kept.pop(), up(x)], 1))
        return self.last(x)


class Resized(nn.Module):
    """As milesial's Pytorch-UNet, bilinear: resized by two, padded to the skip, the lowest level not doubled."""

    def __init__(self, depth: int = 4, w: int = 64, channels: int = 3, classes: int = 2) -> None:
        super().__init__()
        widths = [w * 2**level for level in range(depth)]
        widths.append(widths[-1])
        self.down = nn.ModuleList(Pair(C, K) for C, K in zip([channels, *widths], widths))
        self.pool = nn.MaxPool2d(2)
        self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
        self.join = nn.ModuleList()
        for level in reversed(range(depth)):
            wide = 2 * widths[level]
            self.join.append(Pair(wide, widths[max(level - 1, 0)], between=wide // 2))
        self.last = nn.Conv2d(w, classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        *kept, x = levels(x, self.down, self.pool)
        for join in self.join:
            skip, x = kept.pop(), self.up(x)
            tall, wide = skip.shape[2] - x.shape[2], skip.shape[3] - x.shape[3]
            x = functional.pad(x, [wide // 2, wide - wide // 2, tall // 2, tall - tall // 2])
            x = join(torch.cat([skip, x], 1))
        return self.last(x)


def _unet(kind: str, depth: int, w: int = 64) -> Model:
    name = f"unet-{kind} depth={depth}" + ("" if w == 64 else f" w={w}")
    makes: dict[str, Callable[[], nn.Module]] = {
        "norm": lambda: UNet(depth, w),
        "plain": lambda: UNet(depth, w, norm=False),
        "resized": lambda: Resized(depth, w),
    }
    words = {"norm": "UNet({}, {})", "plain": "UNet({}, {}, norm=False)", "resized": "Resized({}, {})"}
    sizes: tuple[Size, ...] = ({"N": 1, "X": 224}, {"N": 2, "X": 32 * 3}, {"N": 1, "X": 32 * 11})
    if kind == "resized":
        sizes = ({"N": 1, "X": 224}, {"N": 2, "X": 131}, {"N": 1, "X": 167})
    source = f"tests/lift/models.py: {words[kind].format(depth, w)}"
    return Model(name, source, makes[kind], sizes, {"n": (depth,), "w": w})


def _unets() -> Iterator[Model]:
    for kind in ("norm", "resized", "plain"):
        for depth in (3, 4, 5):
            yield _unet(kind, depth)
        yield _unet(kind, 4, 48)
        yield _unet(kind, 3, 20)


#: Every model by its name, in the order of their families.
MODELS: Final[dict[str, Model]] = {
    one.name: one for one in (*_torchvision_models(), *_transformers_models(), *_unets())
}

#: What must be shown: from one member to others, with what a person has to say about them ("" for nothing).
FAMILIES: Final[tuple[tuple[str, tuple[str, ...], str], ...]] = (
    ("resnet50", ("resnet101", "resnet152"), ""),
    ("resnet50", ("wide_resnet50_2", "wide_resnet101_2"), "the inner width is untied"),
    ("resnext50_32x4d", ("resnext101_32x8d",), "the inner width is untied"),
    ("resnext50_32x4d", ("resnext101_64x4d",), "the inner width and the groups are untied"),
    ("densenet121", ("densenet169", "densenet201", "densenet161"), ""),
    ("vgg16", ("vgg11", "vgg13", "vgg19"), ""),
    ("vgg16_bn", ("vgg11_bn", "vgg13_bn", "vgg19_bn"), ""),
    ("convnext_tiny", ("convnext_small", "convnext_base", "convnext_large"), ""),
    ("vit_b_16", ("vit_l_16", "vit_b_32", "vit_l_32", "vit_b_16 X=384", "vit_l_16 X=512"), ""),
    ("vit_b_16", ("vit_h_14", "vit_h_14 X=518"), "heads of 80 channels, not of 64"),
    ("swin_t", ("swin_s", "swin_b"), ""),
    ("mobilenet_v2", ("mobilenet_v2 width=0.5", "mobilenet_v2 width=0.75", "mobilenet_v2 width=1.4"), "rounded to 8"),
    ("efficientnet_b1", ("efficientnet_b2", "efficientnet_b3", "efficientnet_b4"), "rounded to 8"),
    ("bert-base", ("bert-large",), ""),
    ("gpt2", ("gpt2-medium", "gpt2-large", "gpt2-xl"), ""),
    ("gpt2 head", ("gpt2-medium head", "gpt2-large head", "gpt2-xl head"), ""),
    ("llama-7b", ("llama-13b",), "the MLP is untied"),
    ("llama-3-8b", ("llama-3-70b",), "the MLP and the queries of a group are untied"),
    *(
        (f"unet-{kind} depth=4", tuple(f"unet-{kind} depth={rest}" for rest in ("3", "5", "4 w=48", "3 w=20")), "")
        for kind in ("norm", "resized", "plain")
    ),
)
#: Refused, with the reason: two stages of it are seen once.
REFUSED: Final = (("efficientnet_b0", ("efficientnet_b1", "efficientnet_b2"), "stages 1 and 7 have one block each"),)
