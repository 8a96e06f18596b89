"""The layers of transformers in PyTorch, as their papers' code has them; importing this needs PyTorch.

Each module runs: on the meta device, or, where the data decides what is run, on small tensors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from symconv import layers as ours  # noqa: E402

#: The kinds of layers that are compared with these.
SEQUENCES = {
    "attention", "scaled_dot_product", "window_attention", "matmul", "rotary", "relative_bias", "embedding",
    "position_embedding", "class_token", "tokens", "image", "patch_merging", "mlp", "gated_mlp", "mixture_of_experts",
    "rms_norm", "global_response_norm", "layer_scale",
}  # fmt: skip

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "gelu": functional.gelu,
    "gelu_tanh": lambda x: functional.gelu(x, approximate="tanh"),
    "relu": functional.relu,
    "silu": functional.silu,
}


def products(q: Any, k: Any, v: Any, heads: int, kv_heads: int, causal: bool, scaled: bool, bias: Any = None) -> Any:
    """torch's own attention on heads that stand side by side."""
    q, k, v = (x.unflatten(-1, (n, -1)).transpose(-2, -3) for x, n in ((q, heads), (k, kv_heads), (v, kv_heads)))
    k, v = (x.repeat_interleave(heads // kv_heads, -3) for x in (k, v))
    if causal and q.shape[-2] != k.shape[-2]:  # torch lines up the first tokens, a cache the last
        bias = q.new_zeros(q.shape[-2], k.shape[-2]) if bias is None else bias
        causal = False
    scale = None if scaled else 1.0
    if causal and bias is not None:
        causal = False
    mixed = functional.scaled_dot_product_attention(q, k, v, bias, 0.0, causal, scale=scale)
    return mixed.transpose(-2, -3).flatten(-2)


def rotated(x: Any, heads: int, size: int | None = None) -> Any:
    """Feature i with feature i + d/2 of each head, as LLaMA's code has it."""
    x = x.unflatten(-1, (heads, -1))
    size = x.shape[-1] if size is None else size
    turned, rest = x[..., :size], x[..., size:]
    steps = torch.arange(size // 2, device=x.device, dtype=x.dtype) / (size // 2)
    angles = torch.arange(x.shape[-3], device=x.device, dtype=x.dtype)[:, None, None] / 10000**steps
    cos, sin = torch.cos(angles).repeat(1, 1, 2), torch.sin(angles).repeat(1, 1, 2)
    first, second = turned.chunk(2, -1)
    turned = turned * cos + torch.cat((-second, first), -1) * sin
    return torch.cat((turned, rest), -1).flatten(-2)


class Attention(nn.Module):
    """LLaMA's and Qwen's: projections, norms of heads, rotary positions, groups of heads."""

    def __init__(self, layer: ours.Attention, width: int, memory: int | None = None) -> None:
        super().__init__()
        self.layer, self.heads = layer, layer.heads
        self.kv_heads = layer.kv_heads or layer.heads
        head = layer.head_size or width // layer.heads
        self.q = nn.Linear(width, layer.heads * head, layer.bias)
        self.k, self.v = (nn.Linear(memory or width, self.kv_heads * head, layer.bias) for _ in range(2))
        self.out = nn.Linear(layer.heads * head, width, layer.out_bias)
        kind = {"none": None, "layer_norm": nn.LayerNorm, "rms_norm": nn.RMSNorm}[layer.qk_norm]
        self.norms = nn.ModuleList([kind(head), kind(head)] if kind else [])

    def forward(self, x: Any, *more: Any) -> Any:
        bias = more[-1] if self.layer.score_bias else None
        memory = more[0] if len(more) > self.layer.score_bias else x
        q, k, v = self.q(x), self.k(memory), self.v(memory)
        if self.norms:
            q, k = (
                norm(y.unflatten(-1, (n, -1))).flatten(-2)
                for norm, y, n in zip(self.norms, (q, k), (self.heads, self.kv_heads))
            )
        if self.layer.rotary:
            q, k = rotated(q, self.heads), rotated(k, self.kv_heads)
        mixed = products(q, k, v, self.heads, self.kv_heads, self.layer.causal, self.layer.scaled, bias)
        return self.out(mixed)


class WindowAttention(nn.Module):
    """Swin's on batch × extents × channels: padded, rolled, cut into windows, attended, and all of it back."""

    def __init__(self, layer: ours.WindowAttention, width: int, rank: int) -> None:
        super().__init__()
        self.layer, self.rank = layer, rank
        self.size = layer.size if isinstance(layer.size, tuple) else (layer.size,) * rank
        self.shift = layer.shift if isinstance(layer.shift, tuple) else (layer.shift,) * rank
        self.qkv = nn.Linear(width, 3 * width, layer.bias)
        self.proj = nn.Linear(width, width, layer.out_bias)
        if layer.relative_position:
            places = torch.cartesian_prod(*(torch.arange(n, device="cpu") for n in self.size)).reshape(-1, rank)
            apart = places[:, None] - places[None] + torch.tensor([n - 1 for n in self.size], device="cpu")
            index = torch.zeros(apart.shape[:2], dtype=torch.long, device="cpu")
            for axis, n in enumerate(self.size):
                index = index * (2 * n - 1) + apart[..., axis]
            self.table = nn.Parameter(torch.zeros(int(index.max()) + 1, layer.heads))
            self.register_buffer("index", index)

    def forward(self, image: Any) -> Any:
        x = image.movedim(1, -1) if self.layer.over == "channels" else image
        batch, *extents, width = x.shape
        missing = [-e % n for e, n in zip(extents, self.size)]
        assert self.layer.pad or not any(missing)
        x = functional.pad(x, (0, 0, *(m for n in reversed(missing) for m in (0, n))))
        axes = tuple(range(1, self.rank + 1))
        x = torch.roll(x, tuple(-n for n in self.shift), axes)
        padded = x.shape[1:-1]
        cut = [m for e, n in zip(padded, self.size) for m in ((e // n, n) if self._whole else (n, e // n))]
        windows, inside = (1, 3, 5)[: self.rank], (2, 4, 6)[: self.rank]
        if not self._whole:
            windows, inside = inside, windows
        order = (0, *windows, *inside, 2 * self.rank + 1)
        x = x.reshape(batch, *cut, width).permute(order)
        grouped = x.shape
        x = x.reshape(-1, self._positions, width)
        q, k, v = self.qkv(x).chunk(3, -1)
        bias = None
        if self.layer.relative_position:
            bias = self.table[self.index.to(self.table.device)].permute(2, 0, 1)
        x = self.proj(products(q, k, v, self.layer.heads, self.layer.heads, False, True, bias)).reshape(grouped)
        x = x.permute([order.index(i) for i in range(len(order))]).reshape(batch, *padded, width)
        x = torch.roll(x, self.shift, axes)[(slice(None), *(slice(e) for e in extents))]
        return x.movedim(-1, 1) if self.layer.over == "channels" else x

    @property
    def _whole(self) -> bool:
        return self.layer.partition == "window"

    @property
    def _positions(self) -> int:
        positions = 1
        for n in self.size:
            positions *= n
        return positions


class FeedForward(nn.Module):
    def __init__(self, layer: ours.MLP | ours.GatedMLP, width: int) -> None:
        super().__init__()
        self.layer, gated = layer, isinstance(layer, ours.GatedMLP)
        self.gate = nn.Linear(width, layer.hidden, layer.bias) if gated else None
        self.up = nn.Linear(width, layer.hidden, layer.bias)
        self.down = nn.Linear(layer.hidden, layer.channels or width, layer.bias)

    def forward(self, x: Any) -> Any:
        x = x.movedim(1, -1) if self.layer.over == "channels" else x
        act = ACTIVATIONS[self.layer.activation]
        x = self.down(act(self.up(x)) if self.gate is None else act(self.gate(x)) * self.up(x))
        return x.movedim(-1, 1) if self.layer.over == "channels" else x


class Mixture(nn.Module):
    """Each expert runs on the tokens that chose it, so this needs numbers."""

    def __init__(self, layer: ours.MixtureOfExperts, width: int) -> None:
        super().__init__()
        self.k = layer.top_k
        self.router = nn.Linear(width, layer.experts, bias=False)
        self.experts = nn.ModuleList(FeedForward(layer.expert, width) for _ in range(layer.experts))

    def forward(self, x: Any) -> Any:
        rows = x.flatten(0, -2)
        scores, chosen = self.router(rows).topk(self.k)
        shares, out = scores.softmax(-1), torch.zeros_like(rows)
        for i, expert in enumerate(self.experts):
            token, place = torch.where(chosen == i)
            if len(token):
                out.index_add_(0, token, expert(rows[token]) * shares[token, place, None])
        return out.reshape(x.shape)


class GlobalResponseNorm(nn.Module):
    """Algorithm 1 of arXiv:2301.00808, on batch × extents × channels or channels first."""

    def __init__(self, channels: int, over: str) -> None:
        super().__init__()
        self.over = over
        self.gamma, self.beta = nn.Parameter(torch.zeros(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x: Any) -> Any:
        x = x.movedim(1, -1) if self.over == "channels" else x
        norms = torch.linalg.vector_norm(x, dim=tuple(range(1, x.dim() - 1)), keepdim=True)
        x = self.gamma * (x * (norms / (norms.mean(-1, keepdim=True) + 1e-6))) + self.beta + x
        return x.movedim(-1, 1) if self.over == "channels" else x


class Weighted(nn.Module):
    """One weight, and what is made of it and the inputs."""

    def __init__(self, shape: tuple[int, ...], function: Callable[..., Any]) -> None:
        super().__init__()
        self.weight, self.function = nn.Parameter(torch.zeros(shape)), function

    def forward(self, *inputs: Any) -> Any:
        return self.function(self.weight, *inputs)


class Plain(nn.Module):
    """A function without weights."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Any) -> Any:
        return self.function(*inputs)


def _scaled(weight: Any, x: Any, over: str) -> Any:
    return weight * x if over == "last" else weight.reshape(-1, *[1] * (x.dim() - 2)) * x


def _merged(x: Any, size: int, over: str) -> Any:
    """Liu et al.'s slices, padded."""
    x = x.movedim(1, -1) if over == "channels" else x
    x = functional.pad(x, (0, 0, 0, -x.shape[2] % size, 0, -x.shape[1] % size))
    x = torch.cat([x[:, i::size, j::size] for j in range(size) for i in range(size)], -1)
    return x.movedim(-1, 1) if over == "channels" else x


def twin(layer: Any, *shapes: tuple[int, ...]) -> nn.Module:
    """The module of a layer behind inputs of these shapes."""
    shape = shapes[0]
    match layer:
        case ours.Attention():
            cross = len(shapes) > 1 + layer.score_bias
            return Attention(layer, shape[-1], shapes[1][-1] if cross else None)
        case ours.ScaledDotProduct():
            kv = layer.kv_heads or layer.heads
            return Plain(lambda q, k, v: products(q, k, v, layer.heads, kv, layer.causal, layer.scaled))
        case ours.WindowAttention():
            return WindowAttention(layer, shape[1 if layer.over == "channels" else -1], len(shape) - 2)
        case ours.MatMul():
            return Plain(lambda a, b: a @ (b.transpose(-1, -2) if layer.transpose else b))
        case ours.Rotary():
            return Plain(lambda x: rotated(x, layer.heads, layer.size))
        case ours.RelativeBias():
            memory = shapes[-1][-2]

            def looked_up(weight: Any, *_: Any) -> Any:
                places = torch.zeros(shape[-2], memory, dtype=torch.long, device=weight.device)
                return weight[places].permute(2, 0, 1)[None]

            return Weighted((layer.buckets, layer.heads), looked_up)
        case ours.Embedding():
            return nn.Embedding(layer.vocabulary, layer.channels)
        case ours.PositionEmbedding():
            return Weighted((layer.length or shape[1], shape[2]), lambda w, x: x + w[: x.shape[1]])
        case ours.ClassToken():
            return Weighted((layer.tokens, shape[2]), lambda w, x: torch.cat((w.expand(x.shape[0], *w.shape), x), 1))
        case ours.Tokens():
            return Plain(lambda x: x.flatten(2).transpose(1, 2))
        case ours.Image():
            return Plain(lambda x: x.transpose(1, 2).unflatten(2, layer.size))
        case ours.PatchMerging():
            return Plain(lambda x: _merged(x, layer.size, layer.over))
        case ours.MLP() | ours.GatedMLP():
            return FeedForward(layer, shape[1 if layer.over == "channels" else -1])
        case ours.MixtureOfExperts():
            return Mixture(layer, shape[-1])
        case ours.RMSNorm():
            return nn.RMSNorm(shape[-layer.axes :], elementwise_affine=layer.affine)
        case ours.GlobalResponseNorm():
            return GlobalResponseNorm(shape[1 if layer.over == "channels" else -1], layer.over)
        case ours.LayerScale():
            features = shape[1 if layer.over == "channels" else -1]
            return Weighted((features,), lambda w, x: _scaled(w, x, layer.over))
    raise NotImplementedError(layer.kind)
