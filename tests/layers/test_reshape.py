"""Flattening, padding and cropping."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from witness.chains import Pad as PadWitness
from witness.chains import walk

import symconv as sc
from layers.cases import assert_shares, check_each, counted, one_layer
from symconv import Network
from symconv.errors import DomainError, ShapeError
from symconv.layers import Crop, Flatten, Pad

Case = tuple[int, tuple[int, int]]


@pytest.mark.parametrize(
    ("start", "shape"),
    [(1, (2, 60)), (0, (120,)), (2, (2, 3, 20)), (3, (2, 3, 4, 5)), (-1, (2, 3, 4, 5)), (-2, (2, 3, 20))],
)
def test_flatten_makes_one_axis_of_all_from_its_start(start: int, shape: tuple[int, ...]) -> None:
    net = one_layer(Flatten(start), 2, 3, 4, 5)
    assert counted(net, {}) == (shape, {})
    values = {"N": 2, "C": 3, "H": 4, "W": 5}
    assert counted(one_layer(Flatten(start), *values), values) == (shape, {})


@pytest.mark.parametrize("start", [4, -5])
def test_flatten_from_an_axis_that_is_not_there_is_an_error(start: int) -> None:
    with pytest.raises(ShapeError, match=f"flatten from axis {start} of an input of 4 axes"):
        one_layer(Flatten(start), 2, 3, 4, 5)


def check(case: Case) -> None:
    x, (begin, end) = case
    # What is taken off is taken first: -3 and +4 is no way to make two elements of one.
    left = walk(PadWitness(min(begin, 0), min(end, 0)), x)
    padded = walk(PadWitness(max(begin, 0), max(end, 0)), left) if left else 0
    on_extents = one_layer(Pad(((begin, end),)), 1, 1, "X")
    cropped = one_layer(Crop(((-begin, -end),)), 1, 1, "X") if begin <= 0 >= end else None
    if padded:
        assert counted(one_layer(Pad(((begin, end),)), 1, 1, x), {}) == ((1, 1, padded), {})
        assert counted(on_extents, {"X": x}) == ((1, 1, padded), {})
        assert cropped is None or counted(cropped, {"X": x}) == ((1, 1, padded), {})
    else:
        for layer in (Pad(((begin, end),)), Crop(((-begin, -end),))):
            with pytest.raises(ShapeError, match="an output of at least 1"):
                one_layer(layer, 1, 1, x)
        with pytest.raises(DomainError):
            on_extents.at({"X": x})


def test_pads_and_crops_are_what_walking_finds() -> None:
    margin = st.integers(-5, 5)
    cases = st.tuples(st.integers(1, 9), st.tuples(margin, margin))
    seen = check_each(cases, check, lambda c: {"crop"} if min(c[1]) < 0 else {"pad"}, 200)
    assert_shares(seen, "crop", "pad")


def test_a_crop_to_a_second_input_takes_its_extents() -> None:
    net = Network()
    net.input("large", "N", 64, "H", "W")
    net.input("small", "N", 128, "X", "X")
    net.add("crop", Crop(), "large", "small")
    assert str(net.output) == "N×64×X²"
    net.at({"H": 9, "W": 8, "X": 8})
    with pytest.raises(DomainError, match="crop"):
        net.at({"H": 7, "W": 8, "X": 8})


def test_a_crop_that_is_larger_than_its_input_is_an_error() -> None:
    with pytest.raises(ShapeError, match="an output of at least 1"):
        one_layer(Crop(3), "N", 3, 6, 7)
    net = Network()
    net.input("large", "N", 64, 4, 4)
    net.input("small", "N", 64, 5, 4)
    with pytest.raises(ShapeError, match="not larger"):
        net.add("crop", Crop(), "large", "small")


def test_a_crop_takes_an_amount_or_a_second_input() -> None:
    with pytest.raises(ShapeError, match="either an amount, or a second input"):
        one_layer(Crop(), 1, 2, 3)
    net = Network()
    net.input("a", 1, 2, 3)
    net.input("b", 1, 2, 3)
    with pytest.raises(ShapeError, match="either an amount, or a second input"):
        net.add("crop", Crop(1), "a", "b")
    net.input("c", 1, 2)
    with pytest.raises(ShapeError):
        net.add("crop", Crop(), "a", "c")


def test_margins_in_symbols_need_no_sign() -> None:
    net = one_layer(Pad(sc.P - sc.K), "N", 3, "X", "X")
    assert str(net.domain) == "2·min(0, P − K) + X ≥ 1"
    assert net.substitute(X=9, P=0, K=2).output.shape[2:] == (5, 5)


def test_pads_and_crops_need_spatial_axes() -> None:
    for layer in (Pad(1), Crop(1)):
        with pytest.raises(ShapeError, match="batch × channels × extents"):
            one_layer(layer, "N", 3)
