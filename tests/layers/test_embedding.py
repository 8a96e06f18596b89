"""Where sequences begin: lookups, positions, class tokens, patches; and weights that two ends share."""

from __future__ import annotations

from typing import Any

import pytest

import symconv as sc
from layers.cases import counted, one_layer, params
from symconv import Layer, Network
from symconv.errors import DomainError, ShapeError
from symconv.layers import (
    ClassToken,
    Conv,
    Embedding,
    Image,
    LayerNorm,
    Linear,
    PatchMerging,
    PositionEmbedding,
    Tokens,
)  # fmt: skip


def test_an_embedding_is_a_lookup_with_weights() -> None:
    net = Network()
    net.input("ids", "N", "T", dtype="int64")
    net.add("embedding", Embedding(net.symbol("V", "count"), net.symbol("d", "channels")))
    at = {"N": 2, "T": 5, "V": 11, "d": 3}
    assert counted(net, at) == ((2, 5, 3), {})
    assert params(net, at) == 33
    assert (net.tensor("ids").dtype, net.output.dtype) == ("int64", "float32")
    scaled = one_layer(Embedding(11, 3, scaled=True), 2, 5)
    assert counted(scaled, {}) == ((2, 5, 3), {"mul": 2 * 5 * 3})


def test_a_head_shares_the_table_of_its_embedding() -> None:
    net = Network("tied")
    v, d = net.symbol("V", "count"), net.symbol("d", "channels")
    net.input("ids", "N", "T", dtype="int64")
    net.add("wte", Embedding(v, d))
    net.add("head", Linear(v, bias=False), shares="wte")
    assert str(net.cost("params")) == "V·d"
    assert str(net.cost("active_params")) == "V·d"
    assert net.evaluate("macs", N=2, T=5, V=11, d=3) == 2 * 5 * 11 * 3
    on_numbers = net.substitute(V=50257, d=768)
    assert on_numbers.cost("params") == 50257 * 768
    for head in (Linear(v), Linear(v + 1, bias=False), Linear(d, bias=False)):
        with pytest.raises(ShapeError, match="cannot share the weights of wte: their shapes differ"):
            net.add("other", head, "wte", shares="wte")


def test_positions_are_added_and_are_enough() -> None:
    net = one_layer(PositionEmbedding(1024), "N", "T", 8)
    assert counted(net, {"N": 2, "T": 5}) == ((2, 5, 8), {"add": 2 * 5 * 8})
    assert params(net, {"N": 2, "T": 5}) == 1024 * 8
    assert str(net.domain) == "T in 1…1024"
    with pytest.raises(DomainError, match="positions for all tokens"):
        net.at({"T": 1025})
    with pytest.raises(ShapeError, match="positions for all tokens"):
        one_layer(PositionEmbedding(4), 1, 5, 8)


def test_positions_are_as_many_as_the_tokens_or_constants() -> None:
    assert str(one_layer(PositionEmbedding(), "N", "T", 8).cost("params")) == "8·T"
    sines = one_layer(PositionEmbedding(learned=False), "N", "T", 8)
    assert sines.cost("params") == sines.cost("buffers") == 0
    assert sines.count() == one_layer(PositionEmbedding(), "N", "T", 8).count()


@pytest.mark.parametrize("tokens", [1, 2])
def test_class_tokens_stand_in_front_of_the_others(tokens: int) -> None:
    net = one_layer(ClassToken(tokens), "N", "T", 8)
    assert counted(net, {"N": 2, "T": 5}) == ((2, 5 + tokens, 8), {})
    assert params(net, {}) == tokens * 8


@pytest.mark.parametrize(("shape", "tokens"), [((2, 3, 4, 5), 20), ((2, 3, 7), 7), ((1, 2, 2, 3, 4), 24)])
def test_an_image_is_a_sequence_and_back(shape: tuple[int, ...], tokens: int) -> None:
    assert counted(one_layer(Tokens(), *shape), {}) == ((shape[0], tokens, shape[1]), {})
    net = one_layer(Tokens(), *shape)
    net.add("image", Image(), "layer", "input")
    assert counted(net, {}) == (shape, {})
    net.add("same", Image(shape[2:]), "layer")
    assert net.output.shape == shape
    assert net.cost("activations") == 0


def test_an_image_of_symbols_goes_to_tokens_and_back() -> None:
    net = one_layer(Tokens(), "N", "C", "H", "W")
    net.add("image", Image(), "layer", "input")
    assert net.output == net.tensor("input")
    assert str(net.domain) == "everywhere"


@pytest.mark.parametrize(
    ("layer", "shape", "said"),
    [
        (Image(3), (1, 10, 4), "as many tokens as the image has positions"),
        (Image(), (1, 9, 4), "either a size, or a second input"),
        (Image(3), (9, 4), "batch × tokens × features"),
        (Tokens(), (9, 4), "batch × channels × extents"),
        (ClassToken(), (9, 4), "batch × tokens × features"),
        (PositionEmbedding(), (9, 4), "batch × tokens × features"),
        (PatchMerging(), (9, 4), "batch × channels × extents"),
    ],
)
def test_what_is_no_sequence_or_no_image_is_an_error(layer: Layer, shape: tuple[int, ...], said: str) -> None:
    with pytest.raises(ShapeError, match=said):
        one_layer(layer, *shape)


@pytest.mark.parametrize(("height", "width", "side"), [(4, 6, 2), (5, 7, 2), (3, 8, 3), (1, 1, 2)])
def test_patches_are_merged_and_the_last_ones_padded(height: int, width: int, side: int) -> None:
    def met(extent: int) -> int:
        return len({place // side for place in range(extent)})

    expected = (2, met(height), met(width), 4 * side**2)
    assert counted(one_layer(PatchMerging(side), 2, height, width, 4), {}) == (expected, {})
    first = one_layer(PatchMerging(side, "channels"), 2, 4, "H", "W")
    assert counted(first, {"H": height, "W": width}) == ((2, 4 * side**2, *expected[1:3]), {})


def vit(patch: int, width: int, depth: int, hidden: int, classes: int = 1000) -> Network:
    """An image's patches, a class token, positions, `depth` blocks, and a head on the class token."""
    net = Network("vit")
    net.input("image", "N", 3, "X", "X")
    net.add("patches", Conv(width, patch, patch))
    net.add("tokens", Tokens())
    net.add("class", ClassToken())
    last: Any = net.add("positions", PositionEmbedding())
    for i in range(depth):
        net.add(f"block{i}/norm1", LayerNorm(), last)
        net.add(f"block{i}/attention", sc.layers.Attention(width // 64))
        middle = net.add(f"block{i}/add1", sc.layers.Add(), last, f"block{i}/attention")
        net.add(f"block{i}/norm2", LayerNorm())
        net.add(f"block{i}/mlp", sc.layers.MLP(hidden))
        last = net.add(f"block{i}/add2", sc.layers.Add(), middle, f"block{i}/mlp")
    net.add("norm", LayerNorm())
    net.add("first", sc.layers.Select(1, 0))
    net.add("head", Linear(classes))
    return net


def test_a_vit_of_these_layers_has_torchvision_s_figures() -> None:
    """vit_b_16: 86567656 weights, 17563828224 macs at X = 224."""
    net = vit(16, 768, 12, 3072)
    assert net.evaluate("params", X=224) == 86567656
    assert net.evaluate("macs", X=224, N=1) == 17563828224
