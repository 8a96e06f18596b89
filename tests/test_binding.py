"""Values of symbols by the shapes of inputs: what follows from them, and what contradicts them."""

from __future__ import annotations

import pytest

import symconv as sc
from symconv.errors import ShapeError


def network(**shapes):
    net = sc.Network("bound")
    for name, shape in shapes.items():
        net.input(name, *shape)
    return net


X, N = sc.X, sc.N


@pytest.mark.parametrize(
    ("shapes", "given", "values"),
    [
        ({"a": ("N", "X")}, {"a": (2, 9)}, {"N": 2, "X": 9}),
        ({"a": (3 * X + 2, "X")}, {"a": (11, 3)}, {"X": 3}),
        ({"a": (N * X, "N")}, {"a": (12, 4)}, {"N": 4, "X": 3}),  # told by what stands behind it
        ({"a": ("X", X // 2)}, {"a": (9, 4)}, {"X": 9}),
        ({"a": ("N",)}, {"a": 5}, {"N": 5}),
        ({"a": (3, 4), "b": ("N",)}, {"b": [7]}, {"N": 7}),  # a has no symbols and may be left out
    ],
)
def test_shapes_say_what_the_symbols_are(shapes, given, values):
    assert network(**shapes).bind(given) == values


@pytest.mark.parametrize(
    ("shapes", "given", "why"),
    [
        ({"image": ("N",)}, {"imag": (1,)}, r"there is no input imag: the inputs are image\. did you mean image"),
        ({}, {"a": (1,)}, r"there is no input a: it has no inputs\."),
        ({"a": ("N", 3)}, {}, "the input a is missing: its shape is wanted"),
        ({"a": ("N", 3)}, {"a": 4}, "a shape of 2 extents is wanted, not 4"),
        ({"a": ("N", 3)}, {"a": (4,)}, "2 extents are wanted, not 1"),
        ({"a": ("N", 3)}, {"a": (4, 3.0)}, r"the input a: 3\.0 is no whole number"),
        ({"a": ("N", 3)}, {"a": (4, 5)}, "a, axis 1 is 3, and 5 is given"),
        ({"a": ("N", "N")}, {"a": (4, 5)}, r"a, axis 1 is N, 4 with N = 4 \(a, axis 0\), and 5 is given"),
        ({"a": (2 * X + 1,)}, {"a": (8,)}, r"a, axis 0 is 2·X \+ 1, which is 8 for no X"),
        ({"a": ("X",)}, {"a": (0,)}, "a, axis 0 is X, which is 0 for no X"),
        ({"a": (N * X, N + X)}, {"a": (12, 7)}, "a, axis 0 is N·X: which values make that 12 cannot be told"),
        ({"a": (X // 2,)}, {"a": (8,)}, "which values make that 8 cannot be told"),
    ],
)
def test_shapes_that_say_nothing_or_contradict_each_other_are_refused_with_the_axis(shapes, given, why):
    with pytest.raises(ShapeError, match=why):
        network(**shapes).bind(given)
