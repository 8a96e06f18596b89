"""Elements that move between channels and positions, moved one by one."""

from __future__ import annotations

from itertools import product

import pytest

import symconv as sc
from layers.cases import counted, one_layer, reads
from symconv.errors import DomainError, ShapeError
from symconv.layers import ChannelShuffle, Conv, PixelShuffle, PixelUnshuffle

SIZES = [(r, c, h, w) for r in (1, 2, 3) for c in (1, 4, 9, 18) for h, w in ((1, 2), (6, 3))]


def spread(r: int, channels: int, height: int, width: int) -> dict[tuple[int, ...], tuple[int, ...]]:
    """Where each element goes in a pixel shuffle (Shi et al. 2016, eq. 4): channel c·r² + i·r + j to row h·r + i."""
    return {
        (c, h, w): (c // (r * r), h * r + c % (r * r) // r, w * r + c % r)
        for c, h, w in product(range(channels), range(height), range(width))
    }


def box(places: list[tuple[int, ...]]) -> tuple[int, ...]:
    """The extents of a box that these places fill."""
    extents = tuple(1 + max(axis) for axis in zip(*places))
    assert sorted(places) == list(product(*map(range, extents)))
    return extents


@pytest.mark.parametrize(("r", "c", "h", "w"), SIZES)
def test_a_pixel_shuffle_moves_every_element_to_a_place_of_its_own(r: int, c: int, h: int, w: int) -> None:
    values = {"N": 2, "C_in": c, "H": h, "W": w}
    on_symbols = one_layer(PixelShuffle(sc.S), "N", sc.C_in, "H", "W")
    if c % (r * r):
        with pytest.raises(ShapeError, match="square of the factor divides the channels"):
            one_layer(PixelShuffle(r), 2, c, h, w)
        with pytest.raises(DomainError):
            on_symbols.at({**values, "S": r})
        return
    moves = spread(r, c, h, w)
    out = (2, *box(list(moves.values())))
    net = one_layer(PixelShuffle(r), 2, c, h, w)
    assert counted(net, {}) == (out, {})
    assert counted(on_symbols, {**values, "S": r}) == (out, {})
    node = net.node("layer")
    reaches = node.layer.reach(*node.tensors, node.out) or ()
    for (_, *source), (_, *place) in moves.items():
        assert [reads(reach, j) for reach, j in zip(reaches, place, strict=True)] == [[i] for i in source]
    back = PixelUnshuffle(r)
    net.add("back", back)
    assert net.output == net.tensor("input")
    for axis, reach in enumerate(back.reach(node.out, node.tensors[0]) or ()):
        gathered = {i: {p[1 + axis] for s, p in moves.items() if s[1 + axis] == i} for i in range((h, w)[axis])}
        assert all(reads(reach, i) == sorted(found) for i, found in gathered.items())


def test_a_pixel_unshuffle_asks_for_whole_blocks() -> None:
    net = one_layer(PixelUnshuffle(sc.S), "N", 3, "H", "W")
    assert str(net.output) == "N×3·S²×H/S×W/S"
    assert str(net.domain) == "S divides H, S divides W"
    with pytest.raises(ShapeError, match="the factor divides the extents"):
        one_layer(PixelUnshuffle(2), 1, 3, 4, 5)
    back = one_layer(PixelUnshuffle(2), "N", 3, "X", "X")
    back.add("shuffle", PixelShuffle(2))
    assert str(back.output) == "N×3×X²"
    assert str(back.domain) == "X ≡ 0 (mod 2)"


def test_pixels_lie_in_a_plane() -> None:
    for shape in ((1, 4), (1, 4, 6), (1, 8, 4, 4, 4)):
        for layer in (PixelShuffle(2), PixelUnshuffle(2)):
            with pytest.raises(ShapeError, match="batch × channels × height × width"):
                one_layer(layer, *shape)


@pytest.mark.parametrize("shape", [(2, 6), (2, 6, 5), (2, 6, 5, 4), (2, 6, 2, 3, 4)])
def test_a_channel_shuffle_keeps_every_shape(shape: tuple[int, ...]) -> None:
    for g in (1, 2, 3, 6):
        assert counted(one_layer(ChannelShuffle(g), *shape), {}) == (shape, {})
    with pytest.raises(ShapeError, match="groups divide the channels"):
        one_layer(ChannelShuffle(4), *shape)


def test_groups_in_symbols_divide_the_channels() -> None:
    net = one_layer(ChannelShuffle(sc.g), "N", sc.C_in, "X", "X")
    assert str(net.domain) == "g divides C_in"


def test_what_is_moved_is_a_copy_and_has_elements_of_its_own() -> None:
    for layer in (PixelShuffle(2), PixelUnshuffle(1), ChannelShuffle(2)):
        assert str(one_layer(layer, "N", 4, "X", "X").cost("activations")) == "4·N·X²"


def test_super_resolution_reads_what_its_convolutions_read() -> None:
    net = one_layer(Conv(64, 5, padding=2), "N", 1, "X", "X")
    net.add("conv2", Conv(9, 3, padding=1))
    net.add("shuffle", PixelShuffle(3))
    assert str(net.output) == "N×1×(3·X)²"
    field = sc.metrics.receptive_field(net, "shuffle")
    assert field is not None
    assert [axis.size for axis in field] == [7, 7]
