"""The layers of transformers against PyTorch: shapes, weights, buffers, macs; and the formulas that count, by value."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from layers import sequences as by_hand  # noqa: E402
from layers import torch_sequences as theirs  # noqa: E402
from layers.test_attention import behind  # noqa: E402
from layers.torch_modules import META, buffers_of, empty, macs_of, trainable_of  # noqa: E402
from symconv import Layer  # noqa: E402
from symconv.layers import (  # noqa: E402
    MLP,
    Attention,
    ClassToken,
    Embedding,
    GatedMLP,
    GlobalResponseNorm,
    Image,
    LayerScale,
    MatMul,
    MixtureOfExperts,
    PatchMerging,
    PositionEmbedding,
    RelativeBias,
    RMSNorm,
    Rotary,
    ScaledDotProduct,
    Tokens,
    WindowAttention,
)  # fmt: skip

pytestmark = pytest.mark.torch

Shape = tuple[int, ...]
Drawn = tuple[Layer, list[Shape]]
MANY = 60


def flag(r: Random) -> bool:
    return r.random() < 0.5


def sequence(r: Random, width: int) -> Shape:
    return (r.randint(1, 3), r.randint(1, 9), width)


def attention(r: Random) -> Drawn:
    kv_heads, head, own = r.randint(1, 3), 2 * r.randint(1, 3), flag(r)
    heads = kv_heads * r.randint(1, 3)
    shapes = [sequence(r, r.randint(1, 9) if own else heads * head)]
    cross = flag(r)
    if cross:
        shapes.append((shapes[0][0], r.randint(shapes[0][1], 12), r.randint(1, 9)))
    bias = flag(r)
    if bias:
        shapes.append((1, heads, shapes[0][1], shapes[-1][1]))
    norm = r.choice(["none", "layer_norm", "rms_norm"])
    layer = Attention(heads, kv_heads, head if own else None, flag(r), flag(r), flag(r), flag(r), flag(r), norm, bias)
    return layer, shapes


def dot_product(r: Random) -> Drawn:
    kv_heads, heads = r.randint(1, 3), r.randint(1, 3)
    heads *= kv_heads
    head, value, (batch, tokens, _) = r.randint(1, 4), r.randint(1, 4), sequence(r, 1)
    memory = r.randint(tokens, 12)
    shapes = [(batch, tokens, heads * head), (batch, memory, kv_heads * head), (batch, memory, kv_heads * value)]
    return ScaledDotProduct(heads, kv_heads, flag(r), flag(r)), shapes


def windows(r: Random) -> Drawn:
    rank, heads, over, pad = r.randint(1, 3), r.randint(1, 3), r.choice(["last", "channels"]), flag(r)
    size = tuple(r.randint(1, 3) for _ in range(rank))
    shift = tuple(r.randrange(n) for n in size)
    extents = tuple(n * r.randint(1, 3) + (r.randrange(n) if pad else 0) for n in size)
    width, batch = heads * r.randint(1, 4), r.randint(1, 2)
    partition = r.choice(["window", "grid"])
    layer = WindowAttention(heads, size, shift, partition, pad, flag(r), flag(r), flag(r), over)
    return layer, [(batch, *extents, width) if over == "last" else (batch, width, *extents)]


def matrices(r: Random) -> Drawn:
    leading, (a, b, c) = tuple(r.randint(1, 3) for _ in range(r.randint(0, 2))), (r.randint(1, 5) for _ in range(3))
    transpose = flag(r)
    other = tuple(r.choice([1, x]) for x in leading)
    return MatMul(transpose), [(*leading, a, b), (*other, c, b) if transpose else (*other, b, c)]


def positions(r: Random) -> Drawn:
    heads, head = r.randint(1, 3), 2 * r.randint(1, 4)
    shape = sequence(r, heads * head)
    memory = (shape[0], r.randint(1, 9), 4)
    bias: Drawn = RelativeBias(heads, r.randint(1, 40)), [shape, memory] if flag(r) else [shape]
    learned: Drawn = PositionEmbedding(r.choice([None, r.randint(shape[1], 12)])), [shape]
    rotary: Drawn = Rotary(heads, r.choice([None, 2 * r.randint(1, head // 2)])), [shape]
    return r.choice([bias, learned, rotary, (ClassToken(r.randint(1, 3)), [shape])])


def patches(r: Random) -> Drawn:
    image = (r.randint(1, 3), r.randint(1, 5), r.randint(1, 9), r.randint(1, 9))
    tokens = (image[0], image[2] * image[3], image[1])
    merging = PatchMerging(r.randint(1, 4), r.choice(["last", "channels"]))
    return r.choice([(Tokens(), [image]), (Image(image[2:]), [tokens]), (merging, [image])])


def feed_forward(r: Random) -> Drawn:
    shape = tuple(r.randint(1, 5) for _ in range(r.randint(2, 4)))
    act, over = r.choice(sorted(theirs.ACTIVATIONS)), r.choice(["last", "channels"])
    return r.choice([MLP, GatedMLP])(r.randint(1, 9), act, flag(r), r.choice([None, r.randint(1, 9)]), over), [shape]


def norm(r: Random) -> Drawn:
    shape = tuple(r.randint(1, 5) for _ in range(r.randint(3, 4)))
    over = r.choice(["last", "channels"])
    rms = RMSNorm(r.randint(1, len(shape) - 1), affine=flag(r))
    return r.choice([rms, GlobalResponseNorm(over), LayerScale(over)]), [shape]


def lookup(r: Random) -> Drawn:
    return Embedding(r.randint(1, 50), r.randint(1, 9)), [(r.randint(1, 3), r.randint(1, 9))]


def mixture(r: Random) -> Drawn:
    experts, gated = r.randint(1, 6), flag(r)
    act = r.choice(["silu", "relu"])
    layer = MixtureOfExperts(experts, r.randint(1, experts), r.randint(1, 6), gated, act, flag(r))
    return layer, [sequence(r, r.randint(1, 6))]


DRAWS = [attention, dot_product, windows, matrices, positions, patches, feed_forward, norm, lookup, mixture]


@pytest.mark.parametrize("draw", DRAWS)
def test_shapes_weights_and_macs_are_torch_s(draw: Any) -> None:
    r = Random(draw.__name__)
    for _ in range(MANY):
        layer, shapes = draw(r)
        inputs = [empty(shape) for shape in shapes]
        if isinstance(layer, MixtureOfExperts):
            inputs = [torch.rand(shape) for shape in shapes]
            module = theirs.twin(layer, *shapes)
        else:
            with META:
                module = theirs.twin(layer, *shapes)
        if isinstance(layer, Embedding):
            inputs = [torch.zeros(shapes[0], dtype=torch.long, device=META)]
        out, macs = macs_of(module, *inputs)
        net = behind(layer, *shapes)
        said = f"{layer} on {shapes}"
        assert net.output.shape == tuple(out.shape), said
        assert net.evaluate("params") == trainable_of(module), said
        assert net.evaluate("buffers") == buffers_of(module), said
        assert net.evaluate("macs") == macs, said


def test_every_kind_of_these_is_compared() -> None:
    drawn = {draw(Random(seed))[0].kind for seed in range(MANY) for draw in DRAWS}
    assert drawn == theirs.SEQUENCES


@pytest.mark.parametrize(("tokens", "width", "heads"), [(7, 12, 3), (5, 8, 1), (13, 64, 8)])
@pytest.mark.parametrize("bias", [True, False])
def test_attention_is_torch_s_module(tokens: int, width: int, heads: int, bias: bool) -> None:
    with META:
        module = nn.MultiheadAttention(width, heads, bias=bias, batch_first=True)
    x = empty((2, tokens, width))
    out, macs = macs_of(lambda y: module(y, y, y, need_weights=False)[0], x)
    net = behind(Attention(heads, bias=bias, out_bias=bias), (2, tokens, width))
    assert (net.output.shape, net.evaluate("macs")) == (tuple(out.shape), macs)
    assert net.evaluate("params") == trainable_of(module)


def test_cross_attention_is_torch_s_module() -> None:
    with META:
        module = nn.MultiheadAttention(8, 2, kdim=6, vdim=7, batch_first=True)
    inputs = empty((2, 5, 8)), empty((2, 9, 6)), empty((2, 9, 7))
    out, macs = macs_of(lambda q, k, v: module(q, k, v, need_weights=False)[0], *inputs)
    net = behind(Attention(2), *(tuple(x.shape) for x in inputs))
    assert (net.output.shape, net.evaluate("macs")) == (tuple(out.shape), macs)
    assert net.evaluate("params") == trainable_of(module)


def test_an_encoder_layer_is_torch_s() -> None:
    """The Transformer of 2017: attention and an MLP, each added to its input and normalised."""
    from symconv import Network
    from symconv.layers import Add, LayerNorm

    with META:
        module = nn.TransformerEncoderLayer(24, 4, 96, batch_first=True)
    _, macs = macs_of(module, empty((2, 7, 24)))
    net = Network()
    net.input("x", 2, 7, 24)
    net.add("attention", Attention(4))
    net.add("add1", Add(), "x", "attention")
    net.add("norm1", LayerNorm())
    net.add("mlp", MLP(96, "relu"))
    net.add("add2", Add(), "norm1", "mlp")
    net.add("norm2", LayerNorm())
    assert net.evaluate("params") == trainable_of(module)
    assert net.evaluate("macs") == macs


# -- the formulas that count are the functions of the field --------------------------------------------------------


def tensor(nested: Any) -> Any:
    return torch.tensor(by_hand.values(nested), dtype=torch.float64)


def assert_same(mine: Any, yours: Any) -> None:
    torch.testing.assert_close(tensor(mine), yours)


@pytest.mark.parametrize(("heads", "kv_heads", "memory"), [(1, 1, 5), (4, 2, 7), (3, 1, 5), (2, 2, 6)])
@pytest.mark.parametrize("causal", [False, True])
def test_the_attention_that_is_counted_has_torch_s_values(heads: int, kv_heads: int, memory: int, causal: bool) -> None:
    r, tally, tokens, head = Random(0), Counter[str](), 5, 4
    q = by_hand.drawn_rows(r, tally, tokens, heads * head)
    k, v = (by_hand.drawn_rows(r, tally, memory, kv_heads * head) for _ in range(2))
    bias = by_hand.drawn(r, heads, tokens, memory)
    mask = tensor(bias)
    if causal:
        behind_them = torch.ones(tokens, memory, dtype=torch.bool).tril(memory - tokens)
        mask = mask.masked_fill(~behind_them, float("-inf"))
    split = [tensor(x).unflatten(-1, (n, -1)).transpose(0, 1) for x, n in ((q, heads), (k, kv_heads), (v, kv_heads))]
    wanted = functional.scaled_dot_product_attention(*split, attn_mask=mask, enable_gqa=True)
    mixed = by_hand.attended(q, k, v, heads, kv_heads, causal, True, bias)
    assert_same(mixed, wanted.transpose(0, 1).flatten(1))


def test_the_norms_that_are_counted_have_torch_s_values() -> None:
    r, tally = Random(1), Counter[str]()
    (row,) = by_hand.drawn_rows(r, tally, 1, 6)
    weight = torch.full((6,), 2.0, dtype=torch.float64)
    assert_same(by_hand.rms_normalised(row, affine=True), functional.rms_norm(tensor(row), (6,), weight, 1e-5))
    channels = by_hand.drawn_rows(r, tally, 3, 8)
    module = theirs.GlobalResponseNorm(3, "channels").double()
    nn.init.constant_(module.gamma, 1.5)
    nn.init.constant_(module.beta, 0.25)
    with torch.no_grad():
        assert_same(by_hand.global_response(channels, 1.5, 0.25), module(tensor(channels)[None])[0])


def test_the_rotation_that_is_counted_has_llama_s_values() -> None:
    r, tally = Random(2), Counter[str]()
    rows = by_hand.drawn_rows(r, tally, 5, 12)
    assert_same(by_hand.rotated_heads(rows, 2), theirs.rotated(tensor(rows), 2))
    assert_same(by_hand.rotated_heads(rows, 2, 4), theirs.rotated(tensor(rows), 2, 4))


@pytest.mark.parametrize("k", [1, 2, 4])
def test_the_feed_forward_layers_that_are_counted_have_torch_s_values(k: int) -> None:
    r, tally = Random(3), Counter[str]()
    rows = by_hand.drawn_rows(r, tally, 6, 3)
    module = theirs.Mixture(MixtureOfExperts(4, k, 5), 3).double()
    weights = [
        [by_hand.values(w.tolist()) for w in (e.gate.weight, e.up.weight, e.down.weight)] for e in module.experts
    ]
    experts = [lambda some, w=w: by_hand.gated_mlp(some, *w, "silu") for w in weights]
    mixed = by_hand.mixture(rows, module.router.weight.tolist(), experts, k)
    with torch.no_grad():
        assert_same(mixed, module(tensor(rows)))
        plain = theirs.FeedForward(MLP(5, "gelu", True), 3).double()
        up, down = plain.up, plain.down
        biases = up.bias.tolist(), down.bias.tolist()
        assert_same(by_hand.mlp(rows, up.weight.tolist(), down.weight.tolist(), "gelu", biases), plain(tensor(rows)))
