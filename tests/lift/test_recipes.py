"""Layers that state a shape, said in what comes in: attention of heads, copies side by side, resized images."""

from __future__ import annotations

import pytest

import symconv as sc
from symconv.layers import Concat, Conv, HeadAttention, Linear, Move, ReLU, Reshape, Unflatten
from symconv.lift import lift
from symconv.lift.recipes import as_concat
from symconv.lift.wiring import wired


def heads(batch="N", heads=4, size=8, value_size=8, keys=20, flat=False, rank=4, samples="N"):
    """Queries, keys and values as inputs, and the attention of a foreign model beside its figures."""
    net = sc.Network("attention")
    lead = (batch, heads) if rank == 4 else (batch,)
    q = net.input("q", *lead, 10, size)
    k = net.input("k", *lead, keys, size)
    v = net.input("v", *lead, keys, value_size)
    n = net.tensor(q).shape[0]
    shape = (n, 10, heads * value_size) if flat else (*net.tensor(q).shape[:-1], value_size)
    layer = HeadAttention(shape, n if samples == "N" else samples, heads, 10, keys, size, value_size)
    net.add("attention", layer, q, k, v)
    return net


@pytest.mark.parametrize(
    ("given", "guessed"),
    [
        ({}, []),
        ({"size": 6, "value_size": 5}, []),
        ({"flat": True}, ["attention: the shape that head_attention makes"]),
        ({"rank": 3}, ["attention: the heads of its attention"]),
        ({"samples": 3}, ["attention: the samples of its attention"]),
    ],
)
def test_attention_of_heads_is_said_in_its_queries_keys_and_values(given, guessed):
    net = heads(**given)
    made = wired(net)
    assert made.unknown == guessed
    step = made.steps[-1]
    assert tuple(map(made.equations.value, step.out)) == net.nodes[-1].out.shape


def test_attention_of_other_operands_is_a_guess_and_said():
    net = sc.Network("packed")
    net.input("qkv", "N", 10, 96)
    net.add("attention", HeadAttention((sc.N, 10, 32), sc.N, 4, 10, 10, 8, 8))
    made = wired(net)
    assert "attention: attention of operands that are not three tensors of three axes" in made.unknown
    assert tuple(map(made.equations.value, made.steps[-1].out)) == (sc.N, 10, 32)


@pytest.mark.parametrize(
    ("shapes", "out", "expected"),
    [
        ([("N", 8), ("N", 6)], ("N", 14), Concat(1)),
        ([("N", 8, 3), ("M", 8, 3)], ("N+M", 8, 3), Concat(0)),
        ([("N", 8), ("N", 6)], ("N", 15), None),  # a constant beside them
        ([("N", 8), (6,)], ("N", 14), None),
        ([("N", 8)], ("N", 14), None),
    ],
)
def test_a_copy_side_by_side_is_a_concatenation_where_the_extents_add_up(shapes, out, expected):
    net = sc.Network("copies")
    names = [net.input(f"x{k}", *shape) for k, shape in enumerate(shapes)]
    first = [net.tensor(name).shape[0] for name in names]
    made = tuple(sum(first[1:], first[0]) if x == "N+M" else first[0] if x == "N" else x for x in out)
    net.add("copy", Move("concat", made), *names)
    assert as_concat(net.nodes[0]) == expected


def split(width: int, parts: int) -> sc.Network:
    """Blocks whose features are taken apart and put together again: a layer that states the sizes."""
    net = sc.Network("split")
    last = net.input("rows", "N", 12)
    last = net.add("first", Linear(width), last)
    for k in range(4):
        net.add(f"block{k}/linear", Linear(width), last)
        net.add(f"block{k}/apart", Unflatten(1, (parts, width // parts)))
        net.add(f"block{k}/relu", ReLU())
        last = net.add(f"block{k}/back", Reshape((sc.N, width)))
    net.add("last", Linear(5))
    return net


@pytest.mark.parametrize("width", [16, 64, 96])
def test_features_taken_apart_and_put_together_follow_the_width(width):
    family = lift(split(32, 4))
    found = family.against(split(width, 4))
    assert found.exact, (found.reason, found.refuted, found.uneven, found.differing)
    sibling = family.sibling(**found.values)
    weights = 12 * width + width + 4 * (width * width + width) + 5 * width + 5
    assert sibling.evaluate("params") == weights


def grown(width: int, constant: int) -> sc.Network:
    """A convolution of an image beside constants: a copy that has more channels than it reads."""
    net = sc.Network("beside")
    net.input("image", "N", 3, "X", "X")
    for k in range(3):
        net.add(f"block{k}/conv", Conv(width, 3, padding=1))
        n, _, x, y = net.tensor(f"block{k}/conv").shape
        net.add(f"block{k}/beside", Move("concat", (n, width + constant, x, y)))
    net.add("last", Conv(4, 1))
    return net


def test_constants_beside_an_image_are_as_many_in_a_wider_sibling():
    family = lift(grown(16, 2))
    wide = family.sibling(w=32).evaluate("params")
    blocks = [3, *[34] * 3]
    assert wide == sum(9 * a * 32 + 32 for a in blocks[:3]) + 34 * 4 + 4
