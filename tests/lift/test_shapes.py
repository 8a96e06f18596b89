"""Stated shapes said again in what enters: whatever was split and merged, the numbers come back, and so do others."""

from __future__ import annotations

import itertools
import random
from math import prod

from hypothesis import given
from hypothesis import strategies as st

from symconv.extent import size_of, symbols_of
from symconv.lift.equations import Equations, Origin
from symconv.lift.shapes import Reading, entering, said
from symconv.symbols import symbol
from symconv.values import substitute

N, T = size_of(symbol("N")), size_of(symbol("T"))
AT = {symbol("N"): 11, symbol("T"): 6720}


def reading(known: Equations, *shapes):
    inputs = [tuple(known.atom(x, Origin("in", "channels")) if isinstance(x, int) else x for x in s) for s in shapes]
    return Reading(known, "view", inputs, list(shapes), AT)


def checked(known, read, found, out):
    """In numbers it is what was stated, and the recipe says of the inputs what the atoms say."""
    assert tuple(known.value(known.resolve(f.size)) for f in found) == out
    axes = [(k, axis, x) for k, shape in enumerate(read.inputs) for axis, x in enumerate(shape)]
    given_ = {s: x for k, axis, x in axes for s in symbols_of(entering(k, axis))}
    for f in found:
        assert known.resolve(substitute(f.recipe, given_)) == known.resolve(f.size)


def test_heads_and_back():
    known = Equations()
    read = reading(known, (N, T, 768))
    found = said(read, "reshape", (N, T, 12, 64))
    checked(known, read, found, (N, T, 12, 64))
    heads, size = found[2].size, found[3].size
    assert known.resolve(read.inputs[0][2]) == heads * size
    back = Reading(known, "back", [tuple(f.size for f in found)], [(N, T, 12, 64)], AT)
    assert said(back, "reshape", (N, T, 768))[2].size == heads * size


def test_a_coefficient_beside_the_batch_is_an_atom_too():
    known = Equations()
    read = reading(known, (197, N, 768))
    found = said(read, "reshape", (197, 12 * N, 64))
    checked(known, read, found, (197, 12 * N, 64))
    assert known.atoms_of(found[1].size)


def test_a_half_and_its_other_part():
    known = Equations()
    read = reading(known, (N, T, 128))
    (half,) = [said(read, "slice", (N, T, 64))[2].size]
    assert known.resolve(read.inputs[0][2]) == 2 * half
    read = reading(known, (N, T, 100))
    first, second = said(read, "slice", (N, T, 30))[2].size, said(read, "slice", (N, T, 70))[2].size
    assert known.resolve(first + second - read.inputs[0][2]) == 0


def test_rows_of_a_table_have_its_width():
    known = Equations()
    table = (known.atom(169, Origin("bias", "rows")), known.atom(3, Origin("bias", "heads")))
    read = Reading(known, "index", [], [], AT, kept=[(table, (169, 3))])
    assert [f.size for f in said(read, "index", (2401, 3))][1] == table[1]


def test_what_is_guessed_is_said():
    known = Equations()
    read = reading(known, (N, 48, 48))
    said(read, "some_operation", (N, 48))
    assert read.guessed == ["view: the shape that some_operation makes"]


@given(st.integers(0, 10**6))
def test_random_views_and_their_inverse(seed):
    rng = random.Random(seed)
    factors = [rng.choice([2, 3, 5, 7, 4]) for _ in range(rng.randint(2, 5))]

    def grouped():
        cuts = sorted(rng.sample(range(1, len(factors)), rng.randint(0, len(factors) - 1)))
        ends = [0, *cuts, len(factors)]
        shape = [prod(factors[a:b]) for a, b in itertools.pairwise(ends)]
        if rng.random() < 0.3:
            shape.insert(rng.randrange(len(shape) + 1), 1)
        return (N, *shape)

    known = Equations()
    first, second = grouped(), grouped()
    read = reading(known, first)
    found = said(read, "reshape", second)
    checked(known, read, found, second)
    back = Reading(known, "back", [tuple(f.size for f in found)], [second], AT, splits=read.splits)
    again = said(back, "reshape", first)
    assert tuple(known.value(known.resolve(f.size)) for f in again) == first
    if not read.guessed and not back.guessed and not known.unsolved:
        whole = [known.resolve(prod((f.size for f in s), start=1)) for s in (found, again)]
        assert whole[0] == whole[1]
