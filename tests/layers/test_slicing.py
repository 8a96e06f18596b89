"""Pads and crops, slices, splits and selections: which elements of an axis are left."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from witness.chains import Pad as PadWitness
from witness.chains import walk

import symconv as sc
from layers.cases import assert_shares, check_each, counted, one_layer, reads
from symconv import Network
from symconv.errors import DomainError, ShapeError
from symconv.layers import Crop, Pad, Select, Slice, Split

Case = tuple[int, tuple[int, int]]


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
    assert str(net.domain) == "X + 2·P ≥ 2·K + 1"
    assert net.substitute(X=9, P=0, K=2).output.shape[2:] == (5, 5)


def test_pads_and_crops_need_spatial_axes() -> None:
    for layer in (Pad(1), Crop(1)):
        with pytest.raises(ShapeError, match="batch × channels × extents"):
            one_layer(layer, "N", 3)


# -- slices --------------------------------------------------------------------------------------------------------

Cut = tuple[int, int, int | None, int]


def left(cut: Cut) -> list[int]:
    """The elements that Python's own slice leaves; none where a bound is not on the axis."""
    x, begin, end, step = cut
    stop = x if end is None else end + x if end < 0 else end
    on_axis = -x <= begin < x and 0 < stop <= x
    return list(range(x)[begin:end:step]) if on_axis else []


def check_slice(cut: Cut) -> None:
    x, begin, end, step = cut
    kept = left(cut)
    layer = Slice(2, begin, end, step)
    may_hold = kept or end is None or (end != 0 and (begin < 0) != (end < 0))
    on_extents = one_layer(layer, 1, 2, "X", 3) if may_hold else None
    net = Network("bounds in symbols")
    net.input("input", 1, 2, "X")
    b, e, s = net.symbol("b", "padding"), net.symbol("e"), net.symbol("s", "stride")
    net.add("slice", Slice(2, b, e, s))
    values = {"X": x, "b": begin % x, "e": x if end is None else end % x or x, "s": step}
    if not kept:
        with pytest.raises(ShapeError, match="slice"):
            one_layer(layer, 1, 2, x, 3)
        if on_extents is not None:
            with pytest.raises(DomainError, match="slice"):
                on_extents.at({"X": x})
        return
    assert counted(one_layer(layer, 1, 2, x, 3), {}) == ((1, 2, len(kept), 3), {})
    assert on_extents is not None
    assert counted(on_extents, {"X": x}) == ((1, 2, len(kept), 3), {})
    assert counted(net, values) == ((1, 2, len(kept)), {})
    node = one_layer(layer, 1, 2, x, 3).node("layer")
    along, beside = layer.reach(*node.tensors, node.out) or ()
    assert [reads(along, j) for j in range(len(kept))] == [[i] for i in kept]
    assert [reads(beside, j) for j in range(3)] == [[0], [1], [2]]


def test_a_slice_leaves_what_python_s_leaves() -> None:
    place = st.integers(-9, 9)
    cuts = st.tuples(st.integers(1, 8), place, st.none() | place, st.integers(1, 4))
    names = {True: {"legal"}, False: {"not on the axis"}}
    seen = check_each(
        cuts, check_slice, lambda c: names[bool(left(c))] | ({"from the end"} if c[1] < 0 else set()), 300
    )
    assert_shares(seen, "legal", "not on the axis", "from the end")


def test_bounds_in_symbols_go_to_the_domain() -> None:
    net = Network()
    k = net.symbol("k", "padding")
    net.input("tokens", "N", "T", 64)
    net.add("slice", Slice(1, k, -1))
    assert str(net.output) == "N×(T − k − 1)×64"
    assert str(net.domain) == "T ≥ k + 2"
    net.add("rest", Slice(1, -2), "tokens")
    assert str(net.output) == "N×2×64"
    with pytest.raises(DomainError, match="slice"):
        net.at({"T": 8, "k": 7})


def test_an_expression_below_zero_counts_from_the_end() -> None:
    net = Network()
    k = net.symbol("k", "count")
    net.input("tokens", "N", "T", 64)
    net.add("last", Slice(1, -k))
    assert str(net.output) == "N×k×64"
    assert str(net.domain) == "T ≥ k"


def test_every_second_element_is_the_ceiling_of_half() -> None:
    net = Network("focus")
    net.input("image", "N", 3, "X", "X")
    for name, begin in (("even", 0), ("odd", 1)):
        net.add(name, Slice(2, begin, step=2), "image")
    assert str(net.tensor("even")) == "N×3×⌈X/2⌉×X"
    assert str(net.tensor("odd")) == "N×3×⌊X/2⌋×X"


# -- splits and selections -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", range(1, 9))
@pytest.mark.parametrize("parts", range(1, 6))
def test_the_parts_of_a_split_are_all_of_its_axis(x: int, parts: int) -> None:
    if x % parts:
        with pytest.raises(ShapeError, match="a split into equal parts"):
            one_layer(Split(parts, 0, 2), 1, 2, x)
        with pytest.raises(DomainError, match="equal parts"):
            one_layer(Split(parts, 0, 2), 1, 2, "X").at({"X": x})
        return
    met = []
    for index in range(parts):
        net = one_layer(Split(parts, index, 2), 1, 2, "X")
        shape, _ = counted(net, {"X": x})
        layer = net.substitute(X=x).node("layer")
        (along,) = layer.layer.reach(*layer.tensors, layer.out) or ()
        met += [i for j in range(shape[2]) for i in reads(along, j)]
    assert met == list(range(x))
    with pytest.raises(ShapeError, match="a part that is there"):
        one_layer(Split(parts, parts, 2), 1, 2, x)


def test_a_split_into_symbols_asks_for_divisibility() -> None:
    net = one_layer(Split(sc.g, 1), "N", sc.C_in, "X", "X")
    assert str(net.output) == "N×C_in/g×X²"
    assert str(net.domain) == "g ≥ 2, g divides C_in"


def test_parts_of_a_tensor_make_no_new_elements() -> None:
    for layer in (Split(2, 0), Slice(1, 0, 4), Select(1, 0)):
        assert one_layer(layer, "N", 8, "X").cost("activations") == 0


@pytest.mark.parametrize("axis", range(-3, 3))
@pytest.mark.parametrize("index", range(-4, 4))
def test_a_selection_drops_its_axis(axis: int, index: int) -> None:
    shape = (2, 3, 4)
    if index in range(-shape[axis], shape[axis]):
        kept = tuple(x for i, x in enumerate(shape) if i != axis % 3)
        assert counted(one_layer(Select(axis, index), *shape), {}) == (kept, {})
        values = dict(zip("ABC", shape, strict=True))
        assert counted(one_layer(Select(axis, index), *"ABC"), values) == (kept, {})
    else:
        with pytest.raises(ShapeError, match="a place on the axis"):
            one_layer(Select(axis, index), *shape)


@pytest.mark.parametrize(
    ("layer", "said"), [(Slice(3), "slice of"), (Split(1, 0, -4), "split of"), (Select(3, 0), "select of")]
)
def test_an_axis_that_is_not_there_is_an_error(layer: sc.Layer, said: str) -> None:
    with pytest.raises(ShapeError, match=rf"{said} axis -?\d of an input of 3 axes"):
        one_layer(layer, 1, 2, 3)
