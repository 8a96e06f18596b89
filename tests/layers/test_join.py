"""Addition, multiplication and concatenation."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import strategies as st

import symconv as sc
from layers.cases import assert_shares, check_each, counted
from symconv import Layer, Network
from symconv.errors import DomainError, ShapeError
from symconv.layers import Add, Concat, Conv, Maximum, MaxPool, Mul, Sub

Shapes = tuple[tuple[int, ...], ...]


def joined(layer: Layer, *shapes: tuple[object, ...]) -> Network:
    """A network of one layer behind as many inputs as there are shapes."""
    net = Network("joined")
    names = [net.input(f"input{i}", *shape) for i, shape in enumerate(shapes)]
    net.add("layer", layer, *names)
    return net


@st.composite
def broadcast(draw: st.DrawFn) -> Shapes:
    """Two to four shapes that are one but for extents of 1."""
    whole = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    many = draw(st.integers(2, 4))
    return tuple(tuple(1 if draw(st.booleans()) and draw(st.booleans()) else x for x in whole) for _ in range(many))


def elementwise(shapes: Shapes) -> tuple[tuple[int, ...], int]:
    """The shape and the operations, met one by one: every output element takes one for each input but the first."""
    out = tuple(next((x for x in extents if x > 1), 1) for extents in zip(*shapes, strict=True))
    operations = 0
    for _element in product(*map(range, out)):
        for i, _shape in enumerate(shapes):
            operations += i > 0
    return out, operations


@pytest.mark.parametrize(("layer", "operation"), [(Add(), "add"), (Mul(), "mul"), (Maximum(), "max")])
def test_elementwise_layers_do_one_operation_an_element_and_further_input(layer: Layer, operation: str) -> None:
    def check(shapes: Shapes) -> None:
        out, operations = elementwise(shapes)
        assert counted(joined(layer, *shapes), {}) == (out, {operation: operations})

    seen = check_each(broadcast(), check, lambda s: {"repeated"} if len(set(s)) > 1 else set(), 100)
    assert_shares(seen, "repeated")


def test_a_subtraction_takes_two_inputs_and_adds_once_an_element() -> None:
    for shape in ((2, 3), (2, 3, 4, 4)):
        assert counted(joined(Sub(), shape, shape), {}) == (shape, {"add": elementwise((shape, shape))[1]})
    assert counted(joined(Sub(), (2, 3, 4), (2, 3, 1)), {})[1] == {"add": 24}
    with pytest.raises(ShapeError, match="sub takes 2 inputs, not 3"):
        joined(Sub(), (2, 3), (2, 3), (2, 3))


def test_an_extent_of_1_is_repeated_to_one_in_symbols() -> None:
    net = joined(Mul(), ("N", 64, "H", "W"), ("N", 64, 1, 1))
    assert str(net.output) == "N×64×H×W"
    assert counted(net, {"N": 2, "H": 3, "W": 4})[1] == {"mul": 2 * 64 * 3 * 4}


def test_an_extent_in_symbols_that_may_be_1_has_to_equal_the_other() -> None:
    net = joined(Add(), (1, 1, sc.X), (1, 1, (sc.X + 31) // 32))
    assert str(net.domain) == "X = 1"
    net.at({"X": 1})
    with pytest.raises(DomainError):
        net.at({"X": 20})


def test_channels_that_cannot_be_added_are_an_error() -> None:
    for layer in (Add(), Mul(), Sub(), Maximum()):
        with pytest.raises(ShapeError, match="equal extents: 64 = 32 never holds"):
            joined(layer, ("N", 64, "X", "X"), ("N", 32, "X", "X"))
        with pytest.raises(ShapeError, match="different numbers of axes"):
            joined(layer, ("N", 64, "X", "X"), ("N", 64, "X"))


def test_extents_that_differ_by_an_odd_pixel_are_a_congruence() -> None:
    net = Network()
    net.input("image", "N", 3, "X", "X")
    net.add("a", Conv(8, 2, 2))
    net.add("b", Conv(8, 1, 2), "image")
    net.add("add", Add(), "a", "b")
    assert str(net.domain) == "X ≡ 0 (mod 2)"
    assert {c.node for c in net.domain.conditions} <= {"a", "b", "add"}
    with pytest.raises(DomainError, match="add"):
        net.at({"X": 7})


@pytest.mark.parametrize("axis", [1, 2, 3, -1, -2, -3])
def test_concatenation_adds_up_one_axis_and_computes_nothing(axis: int) -> None:
    whole = [2, 3, 4, 5]
    shapes = []
    for extent in (1, 6, 2):
        shape = list(whole)
        shape[axis] = extent
        shapes.append(tuple(shape))
    out = list(whole)
    out[axis] = 9
    assert counted(joined(Concat(axis), *shapes), {}) == (tuple(out), {})


def test_concatenation_along_a_spatial_axis_is_in_normal_form() -> None:
    net = Network()
    net.input("image", "N", 3, "X")
    net.add("low", MaxPool(2, 2), "image")
    net.add("high", MaxPool(2, 2, ((0, 1),)), "image")
    net.add("both", Concat(2), "low", "high")
    for x in range(2, 40):
        assert net.substitute(X=x).output.shape[2] == x // 2 + (x + 1) // 2 == x


def test_concatenation_wants_equal_extents_beside_its_axis() -> None:
    with pytest.raises(ShapeError, match="concat of equal extents beside axis 1: 4 = 5 never holds"):
        joined(Concat(), ("N", 3, 4), ("N", 3, 5))
    for axis in (3, -4):
        with pytest.raises(ShapeError, match="concat along axis"):
            joined(Concat(axis), ("N", 3, 4), ("N", 3, 4))
    with pytest.raises(ShapeError):
        joined(Concat(), ("N", 3, 4), ("N", 3))


def test_a_join_of_one_input_is_an_error_but_for_concat() -> None:
    with pytest.raises(ShapeError, match="add takes 2 or more inputs, not 1"):
        joined(Add(), (1, 2, 3))
    assert joined(Concat(), (1, 2, 3)).output.shape == (1, 2, 3)
