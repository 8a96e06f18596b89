"""Whole transformers of these layers against the figures measured on the frameworks' own models."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from symconv import Layer, Network
from symconv import layers as of

TRUTH: dict[str, Any] = {}
for file in ("transformers", "torchvision_more"):
    TRUTH |= json.loads((Path(__file__).parents[1] / "truth" / f"{file}.json").read_text(encoding="utf-8"))


class Chain:
    """A network that grows at its end, with additions around branches."""

    def __init__(self, **inputs: list[int | str]) -> None:
        self.net, self.n, self.end = Network(), 0, ""
        for name, shape in inputs.items():
            self.end = self.net.input(name, *shape)

    def add(self, layer: Layer, *inputs: str, shares: str = "") -> str:
        self.n += 1
        self.end = self.net.add(f"{layer.kind}{self.n}", layer, *(inputs or (self.end,)), shares=shares)
        return self.end

    def around(self, *layers: Layer | tuple[Layer, str]) -> str:
        """x + f(x); a layer may come with an input besides."""
        start = self.end
        for one in layers:
            layer, *more = one if isinstance(one, tuple) else (one,)
            self.add(layer, self.end, *more)
        return self.add(of.Add(), start, self.end)


def gpt2(v: int, d: int, depth: int, heads: int, t: int, ff: int) -> Network:
    c = Chain(ids=["N", "T"])
    table = c.add(of.Embedding(v, d))
    c.add(of.PositionEmbedding(t))
    for _ in range(depth):
        c.around(of.LayerNorm(), of.Attention(heads, causal=True))
        c.around(of.LayerNorm(), of.MLP(ff, "gelu_tanh"))
    c.add(of.LayerNorm())
    c.add(of.Linear(v, bias=False), shares=table)
    return c.net


def llama(v: int, d: int, depth: int, h: int, kv: int, ff: int, head: int | None = None, tied: bool = False) -> Network:
    return decoder(
        v, d, depth, of.Attention(h, kv, head, False, False, causal=True, rotary=True), of.GatedMLP(ff), tied
    )


def mixtral(v: int, d: int, depth: int, h: int, kv: int, ff: int, e: int, k: int) -> Network:
    attention = of.Attention(h, kv, None, False, False, causal=True, rotary=True)
    return decoder(v, d, depth, attention, of.MixtureOfExperts(e, k, ff), False)


def decoder(v: int, d: int, depth: int, attention: Layer, mlp: Layer, tied: bool) -> Network:
    c = Chain(ids=["N", "T"])
    table = c.add(of.Embedding(v, d))
    for _ in range(depth):
        c.around(of.RMSNorm(), attention)
        c.around(of.RMSNorm(), mlp)
    c.add(of.RMSNorm())
    c.add(of.Linear(v, bias=False), shares=table if tied else "")
    return c.net


def bert(v: int, d: int, depth: int, heads: int, ff: int, positions: int, types: int) -> Network:
    c = Chain(types=["N", "T"], ids=["N", "T"])
    words = c.add(of.Embedding(v, d), "ids")
    c.add(of.Add(), words, c.add(of.Embedding(types, d), "types"))
    c.add(of.PositionEmbedding(positions))
    c.add(of.LayerNorm())
    for _ in range(depth):
        c.around(of.Attention(heads))
        c.add(of.LayerNorm())
        c.around(of.MLP(ff))
        c.add(of.LayerNorm())
    for layer in (of.Select(1, 0), of.Linear(d), of.Tanh()):
        c.add(layer)
    return c.net


def t5(
    v: int, d: int, head: int, ff: int, encoders: int, decoders: int, heads: int, buckets: int = 32, gated: bool = False
) -> Network:
    plain = {"head_size": head, "bias": False, "out_bias": False, "scaled": False}
    mlp = of.GatedMLP(ff, "gelu_tanh") if gated else of.MLP(ff, "relu", bias=False)
    c = Chain(written=["N", "T"], read=["N", "S"])
    table = c.add(of.Embedding(v, d))
    biased = of.Attention(heads, score_bias=True, **plain)
    bias = c.add(of.RelativeBias(heads, buckets), table)
    c.end = table
    for _ in range(encoders):
        c.around(of.RMSNorm(), (biased, bias))
        c.around(of.RMSNorm(), mlp)
    memory = c.add(of.RMSNorm())
    start = c.add(of.Embedding(v, d), "written", shares=table)
    bias = c.add(of.RelativeBias(heads, buckets), start)
    c.end = start
    causal = of.Attention(heads, score_bias=True, causal=True, **plain)
    for _ in range(decoders):
        c.around(of.RMSNorm(), (causal, bias))
        c.around(of.RMSNorm(), (of.Attention(heads, **plain), memory))
        c.around(of.RMSNorm(), mlp)
    c.add(of.RMSNorm())
    c.add(of.Linear(v, bias=False), shares=table)
    return c.net


def swin(width: int, depths: list[int], heads: list[int], window: list[int]) -> Network:
    c = Chain(image=["N", 3, "H", "W"])
    c.add(of.Conv(width, 4, 4))
    c.add(of.Transpose((0, 2, 3, 1)))
    c.add(of.LayerNorm())
    for stage, (depth, h) in enumerate(zip(depths, heads, strict=True)):
        if stage:
            c.add(of.PatchMerging())
            c.add(of.LayerNorm())
            c.add(of.Linear(width * 2**stage, bias=False))
        for i in range(depth):
            shift = tuple(w // 2 for w in window) if i % 2 else 0
            c.around(of.LayerNorm(), of.WindowAttention(h, tuple(window), shift))
            c.around(of.LayerNorm(), of.MLP(4 * width * 2**stage))
    for layer in (of.LayerNorm(), of.Transpose((0, 3, 1, 2)), of.GlobalAvgPool(), of.Flatten(), of.Linear(1000)):
        c.add(layer)
    return c.net


def maxvit(widths: list[int], depths: list[int]) -> Network:
    c = Chain(image=["N", 3, "H", "W"])
    for layer in (of.Conv(64, 3, 2, 1, bias=False), of.BatchNorm(), of.GELU(), of.Conv(64, 3, 1, 1)):
        c.add(layer)
    before = 64
    for width, depth in zip(widths, depths, strict=True):
        for i in range(depth):
            start, stride = c.end, 1 if i else 2
            c.add(of.BatchNorm())
            for layer in (of.Conv(4 * width, 1, bias=False), of.DepthwiseConv(3, stride, 1, bias=False)):
                for part in (layer, of.BatchNorm(), of.GELU()):
                    c.add(part)
            wide = c.end
            for layer in (of.GlobalAvgPool(), of.Conv(width // 4, 1), of.SiLU(), of.Conv(4 * width, 1), of.Sigmoid()):
                c.add(layer)
            c.add(of.Mul(), wide, c.end)
            branch = c.add(of.Conv(width, 1))
            if not i:
                start = c.add(of.AvgPool(3, 2, 1), start)
            if width != before or not i:
                start = c.add(of.Conv(width, 1), start)
            before = width
            c.add(of.Add(), start, branch)
            for partition in ("window", "grid"):
                windows = of.WindowAttention(width // 32, 7, partition=partition, pad=False, over="channels")
                c.around(of.LayerNorm(over="channels"), windows)
                c.around(of.LayerNorm(over="channels"), of.MLP(4 * width, over="channels"))
    head = (of.GlobalAvgPool(), of.Flatten(), of.LayerNorm(), of.Linear(512), of.Tanh(), of.Linear(1000, bias=False))
    for layer in head:
        c.add(layer)
    return c.net


MODELS: dict[str, Callable[[], Network]] = {
    "gpt2": lambda: gpt2(50257, 768, 12, 12, 1024, 3072),
    "gpt2 V=1001 d=60 L=5 heads=6 T=96 ff=240": lambda: gpt2(1001, 60, 5, 6, 96, 240),
    "gpt2 V=777 d=32 L=2 heads=1 T=50 ff=100": lambda: gpt2(777, 32, 2, 1, 50, 100),
    "llama-3-8b": lambda: llama(128256, 4096, 32, 32, 8, 14336),
    "llama V=1000 d=96 L=3 h=6 kv=2 ff=250": lambda: llama(1000, 96, 3, 6, 2, 250),
    "llama V=501 d=64 L=2 h=8 kv=1 ff=90 tied": lambda: llama(501, 64, 2, 8, 1, 90, tied=True),
    "llama V=300 d=48 L=1 h=4 kv=4 ff=48 head_dim=20": lambda: llama(300, 48, 1, 4, 4, 48, 20),
    "mixtral-8x7b": lambda: mixtral(32000, 4096, 32, 32, 8, 14336, 8, 2),
    "mixtral V=500 d=64 L=2 h=8 kv=4 ff=90 E=5 k=2": lambda: mixtral(500, 64, 2, 8, 4, 90, 5, 2),
    "mixtral V=300 d=40 L=3 h=5 kv=1 ff=64 E=4 k=3": lambda: mixtral(300, 40, 3, 5, 1, 64, 4, 3),
    "bert-base-uncased": lambda: bert(30522, 768, 12, 12, 3072, 512, 2),
    "bert V=997 d=48 L=3 heads=4 ff=100 P=64 types=3": lambda: bert(997, 48, 3, 4, 100, 64, 3),
    "t5-small": lambda: t5(32128, 512, 64, 2048, 6, 6, 8),
    "t5 V=500 d=48 d_kv=10 ff=90 L=3,2 heads=4": lambda: t5(500, 48, 10, 90, 3, 2, 4),
    "t5 gated V=500 d=48 d_kv=10 ff=90 L=3,2 heads=4 buckets=24": lambda: t5(500, 48, 10, 90, 3, 2, 4, 24, True),
    "swin_t": lambda: swin(96, [2, 2, 6, 2], [3, 6, 12, 24], [7, 7]),
    "swin C=32 [1, 2, 2, 4] heads=[1, 2, 4, 8] window=[5, 5]": lambda: swin(32, [1, 2, 2, 4], [1, 2, 4, 8], [5, 5]),
    "swin C=64 [2, 2, 2, 2] heads=[2, 2, 4, 8] window=[4, 8]": lambda: swin(64, [2, 2, 2, 2], [2, 2, 4, 8], [4, 8]),
    "maxvit_t": lambda: maxvit([64, 128, 256, 512], [2, 2, 5, 2]),
    "maxvit_t X=448": lambda: maxvit([64, 128, 256, 512], [2, 2, 5, 2]),
}


def values(at: str) -> dict[str, int]:
    """`X=224,N=1`; a square has both sides."""
    found = {name: int(number) for name, number in (pair.split("=") for pair in at.split(","))}
    side = found.pop("X", None)
    return found if side is None else found | {"H": side, "W": side}


@pytest.mark.parametrize("name", MODELS)
def test_a_transformer_of_these_layers_has_the_measured_figures(name: str) -> None:
    net, truth = MODELS[name](), TRUTH[name]
    assert net.evaluate("params") == truth["params"]
    if name.startswith(("swin", "maxvit")):
        assert net.evaluate("buffers") == truth["buffers"]
    resting = truth.get("resting_params", 0)
    assert net.evaluate("active_params") == truth["params"] - resting
    for at, figures in truth["at"].items():
        assert net.evaluate("macs", **values(at)) == figures["macs"], at
