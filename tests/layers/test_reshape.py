"""The same elements in another shape: flattened, reshaped, transposed."""

from __future__ import annotations

from itertools import product
from math import prod

import pytest
from hypothesis import strategies as st

import symconv as sc
from layers.cases import assert_shares, check_each, counted, one_layer
from symconv import Layer, Network
from symconv.errors import DomainError, ShapeError
from symconv.layers import Flatten, Reshape, Squeeze, Transpose, Unflatten, Unsqueeze

Shape = tuple[int, ...]


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


def test_flatten_may_end_before_the_last_axis() -> None:
    assert counted(one_layer(Flatten(1, 2), 2, 3, 4, 5), {}) == ((2, 12, 5), {})
    assert str(one_layer(Flatten(0, -3), "N", 3, "H", "W").output) == "3·N×H×W"
    assert one_layer(Flatten(2, 2), 2, 3, 4, 5).output.shape == (2, 3, 4, 5)
    with pytest.raises(ShapeError, match="flatten from axis 2 to axis 1, which stands before it"):
        one_layer(Flatten(2, 1), 2, 3, 4, 5)
    with pytest.raises(ShapeError, match="flatten to axis 4 of an input of 4 axes"):
        one_layer(Flatten(1, 4), 2, 3, 4, 5)


# -- reshape -------------------------------------------------------------------------------------------------------


def filled(given: Shape, shape: Shape) -> Shape | None:
    """The shape given with every number tried for −1; None where none has the input's elements."""
    whole, kept = prod(shape), [shape[i] if x == 0 else x for i, x in enumerate(given)]
    if -1 not in kept:
        return tuple(kept) if prod(kept) == whole else None
    for m in range(1, whole + 1):
        tried = tuple(m if x == -1 else x for x in kept)
        if prod(tried) == whole:
            return tried
    return None


@st.composite
def reshapes(draw: st.DrawFn) -> tuple[Shape, Shape]:
    """A shape and one to reshape to, mostly of as many elements."""
    shape = tuple(draw(st.lists(st.integers(1, 6), min_size=1, max_size=4)))
    rest, given = prod(shape), []
    while len(given) < 3 and draw(st.booleans()):
        x = draw(st.sampled_from([d for d in range(1, rest + 1) if rest % d == 0]) | st.integers(1, 6))
        given.append(x)
        rest = rest // x if rest % x == 0 else rest
    given.append(draw(st.sampled_from([-1, rest])))
    if len(given) <= len(shape) and draw(st.booleans()):
        given[0] = 0
    return shape, tuple(given)


def check(case: tuple[Shape, Shape]) -> None:
    shape, given = case
    expected = filled(given, shape)
    names = [f"A{i}" for i in range(len(shape))]
    values = dict(zip(names, shape, strict=True))
    if expected is None:
        with pytest.raises(ShapeError, match="reshape"):
            one_layer(Reshape(given), *shape)
        try:
            on_symbols = one_layer(Reshape(given), *names)
        except ShapeError:
            return
        with pytest.raises(DomainError, match="reshape"):
            on_symbols.at(values)
        return
    assert counted(one_layer(Reshape(given), *shape), {}) == (expected, {})
    assert counted(one_layer(Reshape(given), *names), values) == (expected, {})
    # The shape given in symbols of its own.
    net = Network("all symbols")
    net.input("input", *names)
    kept = {f"B{i}": x for i, x in enumerate(given) if x > 0}
    sizes = [net.symbol(f"B{i}") if x > 0 else x for i, x in enumerate(given)]
    net.add("layer", Reshape(tuple(sizes)))
    assert counted(net, values | kept) == (expected, {})


def test_a_reshape_keeps_all_elements() -> None:
    def traits(case: tuple[Shape, Shape]) -> set[str]:
        shape, given = case
        legal = filled(given, shape) is not None
        return {"legal" if legal else "other"} | {n for n, x in (("infers", -1), ("keeps", 0)) if x in given}

    assert_shares(check_each(reshapes(), check, traits, 300), "legal", "other", "infers", "keeps")


def test_heads_and_windows_come_back_together() -> None:
    net = Network("windows")
    n, x, h, m = (net.symbol(name) for name in ("N", "X", "h", "M"))
    c = net.symbol("C", "channels")
    net.input("image", n, x, x, c)
    net.add("tile", Reshape((n, x // m, m, x // m, m, c)))
    assert str(net.domain) == "X ≥ M, M²·⌊X/M⌋² = X²"
    net.add("order", Transpose((0, 1, 3, 2, 4, 5)))
    net.add("windows", Reshape((-1, m * m, c)))
    net.add("heads", Unflatten(2, (h, -1)))
    assert net.output.rank == 4
    at = {"N": 2, "X": 56, "M": 7, "C": 96, "h": 3}
    assert counted(net, at) == ((2 * 64, 49, 3, 32), {})
    with pytest.raises(DomainError):
        net.at({**at, "X": 57})
    with pytest.raises(DomainError, match="heads"):
        net.at({**at, "h": 5})


def test_a_reshape_speaks_only_of_what_changes() -> None:
    net = one_layer(Reshape((0, sc.T, 8, -1)), "N", "T", sc.C_in)
    assert str(net.output) == "N×T×8×C_in/8"
    assert str(net.domain) == "C_in ≡ 0 (mod 8)"
    assert str(one_layer(Reshape((0, -1)), "N", 512, (sc.X // 32), (sc.X // 32)).output) == "N×512·⌊X/32⌋²"


def test_a_shape_that_is_none_is_an_error() -> None:
    for layer, said in [
        (Reshape((-1, 2, -1)), "not for several"),
        (Reshape((2, -2)), "at least 1"),
        (Reshape((2, 3, 4, 0)), "the input has 3 axes"),
        (Reshape((5, -1)), "divide the number of elements"),
        (Reshape((2, 3, 5)), "keeps the number of elements"),
        (Unflatten(1, (-1, -1)), "not for several"),
        (Unflatten(1, (0, 3)), "at least 1"),
        (Unflatten(3, (1, 3)), "axis 3"),
        (Unflatten(1, (2, -1)), "divide the number of elements"),
    ]:  # fmt: skip
        with pytest.raises(ShapeError, match=said):
            one_layer(layer, 2, 3, 4)


# -- other axes ----------------------------------------------------------------------------------------------------


def test_a_transpose_puts_each_axis_where_it_is_named() -> None:
    shape = (2, 3, 4)
    for axes in product(range(-3, 3), repeat=3):
        if len({a % 3 for a in axes}) == 3:
            expected = tuple(shape[a] for a in axes)
            assert counted(one_layer(Transpose(axes), *shape), {}) == (expected, {})
            assert counted(one_layer(Transpose(axes), *"ABC"), dict(zip("ABC", shape))) == (expected, {})
        else:
            with pytest.raises(ShapeError, match="one of them comes twice"):
                one_layer(Transpose(axes), *shape)


def test_a_transpose_names_every_axis_by_a_number() -> None:
    for axes, said in [((0, 1), "each is to be named"), ((0, 1, 3), "axis 3"), ((0, 1, sc.X), "an axis is a number")]:
        with pytest.raises(ShapeError, match=said):
            one_layer(Transpose(axes), 2, 3, 4)


@pytest.mark.parametrize("axis", range(-4, 4))
def test_what_is_unsqueezed_can_be_squeezed(axis: int) -> None:
    net = one_layer(Unsqueeze(axis), "A", "B", "C")
    assert net.output.shape[axis] == 1
    net.add("back", Squeeze(axis))
    assert net.output == net.tensor("input")


def test_only_an_extent_of_1_is_squeezed() -> None:
    with pytest.raises(ShapeError, match="an extent of 1 to squeeze"):
        one_layer(Squeeze(1), 2, 3, 4)
    assert str(one_layer(Squeeze(2), 2, 3, "X").domain) == "X = 1"
    for axis in (4, -5):
        with pytest.raises(ShapeError, match=f"unsqueeze at axis {axis} of an output of 4 axes"):
            one_layer(Unsqueeze(axis), 2, 3, 4)


@pytest.mark.parametrize(
    "layer", [Flatten(), Reshape((0, -1)), Unflatten(1, (3, -1)), Transpose((0, 2, 1)), Squeeze(2), Unsqueeze(2)]
)
def test_the_same_elements_are_no_new_ones(layer: Layer) -> None:
    net = one_layer(layer, "N", 3, 1)
    assert net.cost("activations") == 0
    assert not net.count()


def test_a_transpose_that_leaves_positions_in_place_is_seen_through() -> None:
    net = one_layer(Transpose((1, 0, 2, 3)), 2, 2, "X", "X")
    assert sc.metrics.receptive_field(net, "layer") is not None
    assert sc.metrics.receptive_field(one_layer(Transpose((0, 1, 3, 2)), 2, 2, "X", "X"), "layer") is None
