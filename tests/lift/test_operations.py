"""A stated shape by what its operation does to axes: which extents go through, which are new, and what is guessed."""

from __future__ import annotations

import pytest

from symconv.extent import size_of
from symconv.lift.equations import Equations, Origin
from symconv.lift.shapes import Reading, said
from symconv.symbols import symbol

N, X = size_of(symbol("N")), size_of(symbol("X"))
AT = {symbol("N"): 11, symbol("X"): 6720}


def reading(*shapes, kept=()):
    """A layer that reads these shapes and keeps those, with an atom for each number above 1."""
    known = Equations()

    def atoms(shape):
        return tuple(known.atom(x, Origin("in", "channels")) if isinstance(x, int) else x for x in shape)

    inputs, tables = [atoms(s) for s in shapes], [(atoms(s), s) for s in kept]
    return Reading(known, "node", inputs, list(shapes), AT, kept=tables)


@pytest.mark.parametrize(
    ("operation", "shapes", "out", "through"),
    [
        # Of each extent the input and the axis whose extent it is; None is a number or an extent of its own.
        ("select", [(N, 3, 8)], (N, 8), [(0, 0), (0, 2)]),
        ("expand", [(1, 8)], (5, 8), [None, (0, 1)]),
        ("expand", [(1, 8), (5, 8)], (5, 8), [(1, 0), (0, 1)]),
        ("expand", [(8,)], (N, 8), [None, (0, 0)]),
        ("concat", [(N, 8, X)], (N, 10, X), [(0, 0), None, (0, 2)]),
        ("concat", [(N, 8), (N, 6)], (N, 14), [(0, 0), None]),
        ("resize", [(N, 8, X)], (N, 8, 7), [(0, 0), (0, 1), None]),
        ("pad", [(N, 8)], (N, 10), [(0, 0), None]),
        ("slice", [(N, 8, X)], (N, 8, X - 2), [(0, 0), (0, 1), None]),
        ("index", [(9, 8), (N, 5)], (N, 5, 8), [(1, 0), (1, 1), (0, 1)]),
    ],
)  # fmt: skip
def test_an_extent_is_that_of_the_axis_it_comes_from(operation, shapes, out, through):
    read = reading(*shapes)
    found = said(read, operation, out)
    assert tuple(read.equations.value(f.size) for f in found) == out
    for one, place in zip(found, through, strict=True):
        if place is not None:
            assert one.size == read.inputs[place[0]][place[1]]
        else:
            assert one.size not in {x for shape in read.inputs for x in shape if x != 1}
    assert not read.guessed or operation == "pad"


def test_times_as_long_is_times_the_extent_that_enters():
    read = reading((N, 8, X))
    repeated, resized = said(read, "repeat", (N, 24, X))[1], said(read, "resize", (N, 8, 4 * X))[2]
    assert repeated.size == 3 * read.inputs[0][1]
    assert resized.size == 4 * X


def test_what_grows_beside_a_constant_is_the_extent_and_an_extent_of_the_constant():
    read = reading((N, 8))
    grown = said(read, "concat", (N, 13))[1].size
    constant = grown - read.inputs[0][1]
    assert (read.equations.value(constant), len(read.equations.atoms_of(constant))) == (5, 1)
    one_more = said(reading((N, 8)), "concat", (N, 9))[1]
    assert isinstance(one_more.size - 1, type(N))


def test_a_tensor_of_the_shape_of_a_weight_has_its_extents():
    read = reading(kept=[(4, 4), (6, 8)])
    assert [s.size for s in said(read, "constant", (6, 8))] == list(read.kept[1][0])
    fresh = said(read, "constant", (5, 1, 7))
    assert [read.equations.value(s.size) for s in fresh] == [5, 1, 7]
    assert fresh[0].size not in read.kept[0][0] + read.kept[1][0]
    unread = said(read, "some_operation", (6, 8))  # it reads nothing but what it keeps
    assert [s.size for s in unread] == list(read.kept[1][0])


@pytest.mark.parametrize(
    ("operation", "shape", "out", "why"),
    [
        ("select", (N, 8, 8), (N, 8), "node: which of 2 equal axes is gone"),
        ("select", (N, 8, 6), (N, 7), "node: the shape that select makes"),
        ("pad", (N, 8), (N, 10), "node: pad of an extent 8 to 10"),
        ("slice", (N, 8), (N, 10), "node: slice of an extent 8 to 10"),
        ("reshape", (N, 8, 6), (N, 8, 7), "node: the shape that reshape makes"),
    ],
)
def test_an_extent_that_several_axes_or_none_may_be_is_guessed_and_said(operation, shape, out, why):
    read = reading(shape)
    assert tuple(read.equations.value(s.size) for s in said(read, operation, out)) == out
    assert read.guessed == [why]


def test_equal_axes_of_one_extent_leave_no_doubt_which_is_gone():
    known = Equations()
    a = known.atom(8, Origin("in", "channels"))
    read = Reading(known, "node", [(N, a, a)], [(N, 8, 8)], AT)
    assert [s.size for s in said(read, "select", (N, 8))] == [N, a]
    assert not read.guessed


def test_a_part_of_a_sum_of_widths_is_a_piece_of_its_own():
    known = Equations()
    a, b = (known.atom(x, Origin("in", "channels")) for x in (6, 10))
    read = Reading(known, "node", [(N, a + b)], [(N, 16)], AT)
    part = said(read, "slice", (N, 4))[1].size
    assert known.value(part) == 4
    assert known.value(known.resolve(a + b)) == 16
    assert said(read, "slice", (N, 4))[1].size == known.resolve(part)


@pytest.mark.parametrize(("shape", "out"), [((N, 30), (N, 6, 5)), ((N, 12, 10), (N, 8, 15)), ((X, 12), (X, 3, 4))])
def test_what_is_split_twice_is_split_the_same_way(shape, out):
    read = reading(shape)
    first = [s.size for s in said(read, "reshape", out)]
    assert [read.equations.resolve(s.size) for s in said(read, "reshape", out)] == list(
        map(read.equations.resolve, first)
    )
    assert tuple(map(read.equations.value, first)) == out


def test_factors_of_a_multiple_are_taken_one_by_one():
    known = Equations()
    a = known.atom(7, Origin("in", "channels"))
    read = Reading(known, "node", [(N, 12 * a)], [(N, 84)], AT)
    four, rest = (s.size for s in said(read, "reshape", (N, 4, 21))[1:])
    assert (four, rest) == (4, 3 * a)


def test_more_factors_than_are_tried_make_parts_of_their_own_and_an_equation_that_is_kept():
    known = Equations()
    a = known.atom(3, Origin("in", "channels"))
    read = Reading(known, "node", [(N, 2**9 * a)], [(N, 2**9 * 3)], AT)
    parts = [s.size for s in said(read, "reshape", (N, 2**5, 2**4 * 3))[1:]]
    assert tuple(known.value(p) for p in parts) == (2**5, 2**4 * 3)
    assert [str(u) for u in known.unsolved] == [f"node: {2**9 * a} = {parts[0] * parts[1]}"]  # told, not lost
