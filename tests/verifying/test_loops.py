"""The loops of layers beside NumPy: the shapes that it makes, those that it refuses, and plain counts."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from symconv import Network
from symconv.count import Count
from symconv.errors import SymconvError
from symconv.layer import weight
from symconv.layers import (
    GRU,
    LSTM,
    Attention,
    ChannelShuffle,
    ClassToken,
    Concat,
    Conv,
    ConvTranspose,
    Crop,
    Einsum,
    Embedding,
    Flatten,
    GatedMLP,
    GlobalMaxPool,
    GroupNorm,
    HeadAttention,
    Image,
    MatMul,
    Maximum,
    Mean,
    MixtureOfExperts,
    Pad,
    PatchMerging,
    PixelShuffle,
    PixelUnshuffle,
    Pointwise,
    PositionEmbedding,
    Product,
    Recurrent,
    Reduce,
    RelativeBias,
    Reshape,
    Rotary,
    ScaledDotProduct,
    Select,
    Slice,
    Softmax,
    Split,
    Squeeze,
    Tokens,
    Transpose,
    Unflatten,
    Unsqueeze,
    Upsample,
    WindowAttention,
)
from symconv.verifying import verify
from symconv.verifying.loops import WALKS, Illegal


def network(layer, *shapes):
    net = Network("net")
    names = [net.input(f"in{i}", *shape) for i, shape in enumerate(shapes)]
    net.add("layer", layer, *names)
    return net


def walked(layer, *shapes):
    return WALKS[layer.kind](layer, *shapes)


def agrees(layer, *shapes):
    """The run of one layer at these numbers, which the closed form agrees with."""
    (point,) = verify(network(layer, *shapes), [{}]).points
    assert (point.wrong, point.unseen, point.failed, point.tensors) == ([], 0, "", 1)
    return point


# -- shapes that NumPy makes -----------------------------------------------------------------------------------------


def cell(a, r):
    n, c, h, w = a.shape
    return a.reshape(n, c, h // r, r, w // r, r)


SHAPES = {
    "flatten": (Flatten(1, 2), lambda a: a.reshape(a.shape[0], -1, a.shape[-1]), [(2, 3, 4, 5)]),
    "flatten all": (Flatten(0), lambda a: a.ravel(), [(2, 3, 4)]),
    "reshape": (Reshape((0, -1, 2)), lambda a: a.reshape(a.shape[0], -1, 2), [(3, 4, 5)]),
    "reshape without a rest": (Reshape((5, 12)), lambda a: a.reshape(5, 12), [(3, 4, 5)]),
    "unflatten": (Unflatten(-1, (2, -1)), lambda a: a.reshape(3, 2, -1), [(3, 8)]),
    "transpose": (Transpose((0, -1, 1)), lambda a: a.transpose(0, 2, 1), [(2, 3, 4)]),
    "squeeze": (Squeeze(-2), lambda a: a.squeeze(-2), [(2, 1, 4)]),
    "unsqueeze": (Unsqueeze(-1), lambda a: a[..., None], [(2, 3)]),
    "unsqueeze in front": (Unsqueeze(0), lambda a: a[None], [(2, 3)]),
    "mean": (Mean((1, -1)), lambda a: a.mean((1, -1)), [(2, 3, 4)]),
    "reduce": (Reduce("max", (0,), True), lambda a: a.max(0, keepdims=True), [(2, 3, 4)]),
    "slice": (Slice(1, 1, -1, 2), lambda a: a[:, 1:-1:2], [(2, 9)]),
    "slice from the end": (Slice(-1, -3), lambda a: a[:, -3:], [(2, 9)]),
    "split": (Split(3, 2, 1), lambda a: np.split(a, 3, 1)[2], [(2, 9)]),
    "select": (Select(1, -1), lambda a: a[:, -1], [(2, 9, 4)]),
    "pad": (Pad(((1, 2), (0, 3))), lambda a: np.pad(a, ((0, 0), (0, 0), (1, 2), (0, 3))), [(1, 2, 3, 4)]),
    "crop": (Crop(((1, 2), (0, 3))), lambda a: a[:, :, 1:-2, :-3], [(1, 2, 5, 4)]),
    "crop to another": (Crop(), lambda a, b: a[:, :, : b.shape[2], : b.shape[3]], [(1, 2, 5, 4), (1, 7, 3, 4)]),
    "concat": (Concat(-1), lambda a, b: np.concatenate([a, b], -1), [(2, 3), (2, 5)]),
    "elementwise": (Pointwise("add", ((3, 1),)), lambda a, b: a + b + np.zeros((3, 1)), [(2, 1, 4), (4,)]),
    "upsample": (Upsample(2), lambda a: a.repeat(2, 2).repeat(2, 3), [(1, 2, 3, 4)]),
    "upsample by a half": (Upsample(Fraction(1, 2)), lambda a: a[:, :, :-1:2, ::2], [(1, 2, 5, 4)]),
    "upsample to a size": (Upsample(size=(7, 3)), lambda a: np.resize(a, (1, 2, 7, 3)), [(1, 2, 5, 4)]),
    "upsample to another": (Upsample(), lambda a, b: np.resize(a, (1, 2, 7, 3)), [(1, 2, 5, 4), (1, 9, 7, 3)]),
    "pixel_shuffle": (PixelShuffle(2), lambda a: a[:, ::4].repeat(2, 2).repeat(2, 3), [(2, 8, 3, 4)]),
    "pixel_unshuffle": (
        PixelUnshuffle(2),
        lambda a: cell(a, 2).transpose(0, 1, 3, 5, 2, 4).reshape(a.shape[0], -1, a.shape[2] // 2, a.shape[3] // 2),
        [(2, 3, 4, 6)],
    ),
    "image": (Image((2, 3)), lambda a: a.transpose(0, 2, 1).reshape(1, 5, 2, 3), [(1, 6, 5)]),
    "image like another": (Image(), lambda a, b: a.transpose(0, 2, 1).reshape(1, 5, 2, 3), [(1, 6, 5), (1, 7, 2, 3)]),
    "patch_merging": (PatchMerging(2), lambda a: np.concatenate([a[:, i::2, j::2] for i in (0, 1) for j in (0, 1)], -1),
                      [(1, 4, 6, 3)]),
    "tokens": (Tokens(), lambda a: a.reshape(2, 3, -1).transpose(0, 2, 1), [(2, 3, 4, 5)]),
    "channel_shuffle": (ChannelShuffle(2), lambda a: a.reshape(1, 2, 3, 4, 4).swapaxes(1, 2).reshape(1, 6, 4, 4),
                        [(1, 6, 4, 4)]),
    "maximum": (Maximum(), np.maximum, [(2, 3), (2, 3)]),
    "global_max_pool": (GlobalMaxPool(), lambda a: a.max((2, 3), keepdims=True), [(2, 3, 4, 5)]),
    "class_token": (ClassToken(2), lambda a: np.concatenate([np.zeros((2, 2, 4)), a], 1), [(2, 3, 4)]),
    "embedding": (Embedding(7, 3), lambda a: np.zeros((7, 3))[a.astype(int)], [(2, 5)]),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_a_layer_that_moves_elements_leaves_the_shape_that_numpy_leaves(name):
    layer, by_numpy, shapes = SHAPES[name]
    assert walked(layer, *shapes).shape == by_numpy(*map(np.zeros, shapes)).shape
    agrees(layer, *shapes)


# -- shapes that are none --------------------------------------------------------------------------------------------

NONE = {
    "flatten backwards": (Flatten(2, 1), [(2, 3, 4)], "an axis in front of itself"),
    "flatten beyond": (Flatten(1, 3), [(2, 3, 4)], "axis 3 of 3 axes"),
    "reshape": (Reshape((4, -1)), [(3, 5)], "15 elements in 4 equal parts"),
    "reshape to fewer": (Reshape((2, 2)), [(3, 5)], "15 elements in 4 places"),
    "transpose": (Transpose((0, 1, 1)), [(2, 3, 4)], "not each axis once"),
    "squeeze": (Squeeze(1), [(2, 3)], "an axis of 3 elements cannot be left out"),
    "slice": (Slice(0, 4, 4), [(9,)], "a slice without elements"),
    "split": (Split(2, 2, 0), [(4,)], "part 2 of 2"),
    "split unequally": (Split(2, 1, 0), [(5,)], "5 elements in 2 equal parts"),
    "select": (Select(0, 4), [(4,)], "place 4 of 4"),
    "select before": (Select(0, -5), [(4,)], "place -5 of 4"),
    "softmax": (Softmax(2), [(3, 4)], "axis 2 of 2 axes"),
    "group_norm": (GroupNorm(3), [(1, 4, 2)], "4 channels in 3 equal parts"),
    "channel_shuffle": (ChannelShuffle(3), [(1, 4, 2, 2)], "4 channels in 3 equal parts"),
    "conv": (Conv(4, 3), [(1, 2, 5, 2)], "no output position"),
    "conv of groups": (Conv(4, 1, groups=2), [(1, 3, 5, 5)], "3 input channels in 2 equal parts"),
    "conv of other axes": (Conv(4, (3, 3)), [(1, 2, 5)], "2 values for 1 axes"),
    "pad": (Pad(-2), [(1, 1, 4, 9)], "no output position"),
    "crop": (Crop(), [(1, 1, 4, 9), (1, 1, 5, 9)], "a crop to larger extents"),
    "upsample": (Upsample(Fraction(1, 3)), [(1, 1, 2, 9)], "no output position"),
    "image": (Image((2, 2)), [(1, 5, 3)], "5 tokens at 4 positions"),
    "image without": (Image(), [(1, 5, 3)], "an image without a size"),
    "elementwise": (Pointwise("add"), [(2, 3), (2, 4)], "extents 3 and 4 in one place"),
    "concat": (Concat(0), [(2, 3), (2, 4)], "inputs of other extents side by side"),
    "product": (Product(), [(2, 3), (4, 5)], "rows of 3 and columns of 4"),
    "product of a scalar": (Product(left=()), [(2, 3)], "a product of a scalar"),
    "einsum": (Einsum("ij,jk->ik"), [(2, 3), (4, 5)], "j has 3 and 4 elements"),
    "einsum of one": (Einsum("ij,jk->ik"), [(2, 3)], "1 operands of ij,jk->ik"),
    "einsum of axes": (Einsum("ij->i"), [(2, 3, 4)], "ij for 3 axes"),
    "einsum of few axes": (Einsum("...ij->i"), [(2,)], "…ij for 1 axes"),
    "experts": (MixtureOfExperts(2, 3, 4), [(1, 2, 4)], "3 of 2 experts"),
    "rotary": (Rotary(2), [(1, 5, 6)], "3 of 3 features in pairs"),
    "rotary of more": (Rotary(2, 4), [(1, 5, 4)], "4 of 2 features in pairs"),
    "positions": (PositionEmbedding(4), [(1, 5, 6)], "5 tokens and 4 positions"),
    "windows": (WindowAttention(1, 2, pad=False), [(1, 3, 4, 2)], r"windows of \(2, 2\) in an image of \(3, 4\)"),
    "attention": (Attention(1), [(1, 5, 4), (1, 6, 4), (1, 7, 4)], "another number of keys than of values"),
    "scores": (ScaledDotProduct(1), [(1, 5, 4), (1, 6, 3), (1, 6, 4)], "keys of another size"),
}  # fmt: skip


@pytest.mark.parametrize("name", NONE)
def test_where_there_is_no_output_loops_and_rule_say_so_and_a_rule_that_does_not_is_found(name, monkeypatch):
    layer, shapes, why = NONE[name]
    with pytest.raises(Illegal, match=why):
        walked(layer, *shapes)
    with pytest.raises(SymconvError):
        network(layer, *shapes)
    monkeypatch.setattr(type(layer), "output", lambda self, *inputs: inputs[0])  # a rule that asks for nothing
    monkeypatch.setattr(type(layer), "work", lambda self, *tensors: Count())
    monkeypatch.setattr(type(layer), "parameters", lambda self, *inputs: ())
    (point,) = verify(network(layer, *shapes), [{}]).points
    assert re.match(f"none, {why}", point.wrong[0].run)


@pytest.mark.parametrize(
    ("layer", "shapes", "macs"),
    [
        (Einsum("ij,jk->ik"), [(2, 3), (3, 4)], 24),
        (Product(right=(3, 4)), [(2, 3)], 24),
        (MatMul(), [(2, 3), (3, 4)], 24),
        (HeadAttention((1, 1)), [(1, 1)], 2),
        (GRU(1, bias=False), [(1, 1, 1)], 6),
        (MixtureOfExperts(2, 1, 1), [(1, 1, 1)], 2 + 3),
    ],
)
def test_a_mac_too_many_and_a_weight_too_many_are_found(layer, shapes, macs, monkeypatch):
    right, kept = type(layer).work, type(layer).parameters
    monkeypatch.setattr(type(layer), "work", lambda self, *tensors: right(self, *tensors) + Count(mac=1))
    monkeypatch.setattr(type(layer), "parameters", lambda self, *inputs: (*kept(self, *inputs), weight("more", 1)))
    (point,) = verify(network(layer, *shapes), [{}]).points
    assert [(w.what, w.run, w.closed) for w in point.wrong[:1]] == [("the number of macs", str(macs), str(macs + 1))]
    params = {w.what: (int(w.run), int(w.closed)) for w in point.wrong}["the number of parameters"]
    assert params[1] - params[0] == 1


# -- products, added up one by one -----------------------------------------------------------------------------------


def summed(equation, *shapes):
    """The macs of a contraction of one or two operands, and its shape, by NumPy; a loop over all letters counts."""
    terms = equation.split("->")[0].split(",")
    extents = {x: n for term, shape in zip(terms, shapes) for x, n in zip(term, shape)}
    made = np.einsum(equation, *map(np.ones, shapes))
    rounds = sum(1 for _ in product(*map(range, extents.values())))
    return made.shape, rounds if len(terms) > 1 and int(made.sum()) and int(made.max()) > 1 else 0


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk->ik", [(2, 3), (3, 4)]),
        ("ij,jk", [(2, 3), (3, 4)]),
        ("bij,bjk->bik", [(5, 2, 3), (5, 3, 4)]),
        ("i,j->ij", [(2,), (3,)]),
        ("i,i->", [(4,), (4,)]),
        ("ij->ji", [(2, 3)]),
        ("ij->i", [(2, 3)]),
        ("ba", [(2, 3)]),
    ],
)
def test_einstein_sums_are_numpys(equation, shapes):
    out = walked(Einsum(equation), *shapes)
    assert (out.shape, out.macs) == summed(equation, *shapes)
    assert agrees(Einsum(equation), *shapes).macs == out.macs


@pytest.mark.parametrize(
    ("equation", "shapes", "macs"),
    [
        ("...ij,...jk->...ik", [(5, 2, 3), (5, 3, 4)], 5 * 2 * 3 * 4),
        ("...ij,jk->...ik", [(6, 5, 2, 3), (3, 4)], 6 * 5 * 2 * 3 * 4),
        ("...j,...j", [(5, 3), (2, 5, 3)], 2 * 5 * 3),
        ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 5)], 2 * 3 * 4 + 2 * 4 * 5),
        ("bi,i,i->b", [(2, 3), (3,), (3,)], 2 * 3),  # the first two are multiplied, element by element
        ("ij,jk->ik", [(2, 1), (3, 4)], 2 * 3 * 4),
    ],
)
def test_longer_einstein_sums_go_from_left_to_right(equation, shapes, macs):
    out = walked(Einsum(equation), *shapes)
    assert (out.shape, out.macs) == (np.einsum(equation, *map(np.zeros, shapes)).shape, macs)
    assert agrees(Einsum(equation), *shapes).macs == macs


def test_a_constant_stands_at_its_place_in_an_einstein_sum():
    layer = Einsum("ij,jk,kl->il", beside=((3, 4),), positions=(1,))
    assert agrees(layer, (2, 3), (4, 5)).macs == 2 * 3 * 4 + 2 * 4 * 5


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((2, 3), (3, 4)), ((3,), (3, 4)), ((2, 3), (3,)), ((3,), (3,)), ((5, 2, 3), (3,)), ((3,), (5, 3, 2)),
        ((6, 1, 2, 3), (5, 3, 4)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("constant", ["", "left", "right"])
@pytest.mark.parametrize("turned", [False, True])
def test_products_are_numpys_matmul(left, right, constant, turned):
    made = np.matmul(np.ones(left), np.ones(right))
    macs = int(made.sum())  # a sum of ones counts its terms
    swapped = {"left": _swapped(left) if turned else left, "right": _swapped(right) if turned else right}
    layer = Product(
        transpose_left=turned, transpose_right=turned, **({constant: swapped[constant]} if constant else {})
    )
    inputs = [shape for side, shape in swapped.items() if side != constant]
    out = walked(layer, *inputs)
    assert (out.shape, out.macs) == (made.shape, macs)
    assert agrees(layer, *inputs).macs == macs


def _swapped(shape):
    return (*shape[:-2], *shape[-2:][::-1])


# -- layers of sequences, their matrices one by one ------------------------------------------------------------------


def matrices(*pairs):
    """The macs of matrix products rows × columns, and the weights of the columns, by NumPy."""
    made = [np.matmul(np.ones(a), np.ones(b)) for a, b in pairs]
    return sum(int(m.sum()) for m in made), sum(int(np.ones(b).size) for _, b in pairs)


def test_gated_mlps_are_three_matrices():
    macs, weights = matrices(((10, 4), (4, 7)), ((10, 4), (4, 7)), ((10, 7), (7, 3)))
    point = agrees(GatedMLP(7, bias=True, channels=3), (2, 5, 4))
    assert (point.macs, point.params) == (macs, weights + 7 + 7 + 3)


@pytest.mark.parametrize("turned", [False, True])
def test_matrix_products_of_two_inputs(turned):
    made = np.matmul(np.ones((5, 2, 3)), np.ones((5, 3, 4)))
    point = agrees(MatMul(turned), (5, 2, 3), (5, 4, 3) if turned else (5, 3, 4))
    assert point.macs == int(made.sum())
    assert walked(MatMul(), (5, 2, 3), (5, 3, 4)).shape == made.shape


@pytest.mark.parametrize(("directions", "projection"), [(1, None), (2, None), (1, 2), (2, 2)])
def test_lstms_are_a_matrix_of_the_input_and_one_of_the_state_in_each_step(directions, projection):
    n, t, c, hidden = 2, 5, 3, 4
    state = projection or hidden
    macs = weights = 0
    for features in (c, directions * state):  # two layers
        some, kept = matrices(((n * t, features), (features, 4 * hidden)), ((n * t, state), (state, 4 * hidden)))
        last, small = matrices(((n * t, hidden), (hidden, projection))) if projection else (0, 0)
        macs, weights = macs + directions * (some + last), weights + directions * (kept + small + 2 * 4 * hidden)
    layer = LSTM(hidden, 2, directions == 2, projection)
    point = agrees(layer, (n, t, c))
    assert (point.macs, point.params) == (macs, weights)
    assert walked(layer, (n, t, c)).shape == (n, t, directions * state)


@pytest.mark.parametrize("first", [False, True])
def test_directions_with_an_axis_of_their_own(first):
    n, t, c, hidden = 2, 5, 3, 4
    some, kept = matrices(((n * t, c), (c, 3 * hidden)), ((n * t, hidden), (hidden, 3 * hidden)))
    layer, rows = Recurrent("gru", hidden, 2, batch_first=first), (n, t, c) if first else (t, n, c)
    point = agrees(layer, rows)
    assert (point.macs, point.params) == (2 * some, 2 * (kept + 2 * 3 * hidden))
    assert walked(layer, rows).shape == ((n, t, 2, hidden) if first else (t, 2, n, hidden))
    assert walked(GRU(hidden, last=True), (n, t, c)).shape == (n, hidden)


def test_transposed_convolutions_that_keep_a_stride_for_each_element():
    layer = ConvTranspose(3, 4, stride=3, padding="same", output_padding=1, bias=False)
    macs, weights = matrices(((2 * 5 * 6, 4), (4, 3 * 4 * 4)))  # each element opens its kernels
    point = agrees(layer, (2, 4, 5, 6))
    assert (point.macs, point.params) == (macs, weights)
    assert walked(layer, (2, 4, 5, 6)).shape == (2, 3, 5 * 3 + 1, 6 * 3 + 1)


def test_windows_attend_among_their_positions_those_that_fill_the_last_ones_too():
    heads, c, size, relative = 2, 4, (2, 3), 3 * 5 * 2
    windows = 2 * 3  # of 3×7 positions, filled up to 4×9
    qkv, weights = matrices(*[((windows * 6, c), (c, c))] * 4)
    scores, _ = matrices(
        ((windows * heads, 6, 2), (windows * heads, 2, 6)), ((windows * heads, 6, 6), (windows * heads, 6, 2))
    )
    point = agrees(WindowAttention(heads, size), (1, 3, 7, c))
    assert (point.macs, point.params) == (qkv + scores, weights + 4 * c + relative)


@pytest.mark.parametrize(("gated", "bias"), [(True, True), (True, False), (False, True), (False, False)])
def test_experts_are_matrices_of_which_a_token_uses_some(gated, bias):
    tokens, experts, top, hidden, c = 10, 5, 2, 7, 4
    router, table = matrices(((tokens, c), (c, experts)))
    once, expert = matrices(*[((tokens, c), (c, hidden))] * (1 + gated), ((tokens, hidden), (hidden, c)))
    point = agrees(MixtureOfExperts(experts, top, hidden, gated=gated, bias=bias), (2, 5, c))
    biases = hidden * (1 + gated) + c if bias else 0
    assert (point.macs, point.params) == (router + top * once, table + experts * (expert + biases))


@pytest.mark.parametrize("norm", ["none", "rms_norm", "layer_norm"])
def test_attention_with_fewer_keys_and_norms_of_its_heads(norm):
    heads, kept, size, c, t, memory = 4, 2, 3, 8, 5, 6
    layer = Attention(heads, kv_heads=kept, head_size=size, bias=False, qk_norm=norm, out_bias=False)
    macs, weights = matrices(((t, c), (c, heads * size)), *[((memory, c), (c, kept * size))] * 2)
    scores, _ = matrices(((heads, t, size), (heads, size, memory)), ((heads, t, memory), (heads, memory, size)))
    last, out = matrices(((t, heads * size), (heads * size, c)))
    point = agrees(layer, (1, t, c), (1, memory, c))
    norms = {"none": 0, "rms_norm": size + size, "layer_norm": 4 * size}[norm]
    assert (point.macs, point.params) == (macs + scores + last, weights + out + norms)


def test_heads_of_stated_extents_score_and_weigh():
    layer = HeadAttention((2, 5, 12), samples=2, heads=4, queries=5, keys=6, size=2, value_size=3)
    macs, _ = matrices(((2, 4, 5, 2), (2, 4, 2, 6)), ((2, 4, 5, 6), (2, 4, 6, 3)))
    assert agrees(layer, (2, 5, 8)).macs == macs


@pytest.mark.parametrize(("inputs", "pairs"), [([(1, 5, 4)], (5, 5)), ([(1, 5, 4), (1, 7, 4)], (5, 7))])
def test_relative_biases_are_looked_up_for_each_pair_in_a_table_of_buckets(inputs, pairs):
    table = np.zeros((3, 8))
    out = walked(RelativeBias(3, buckets=8), *inputs)
    assert (out.shape, out.weights) == (table[:, np.zeros(pairs, int)][None].shape, table.size)
    agrees(RelativeBias(3, buckets=8), *inputs)
