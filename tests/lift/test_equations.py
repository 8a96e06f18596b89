"""Equations between atoms: whatever was asked for holds of what is left, and nothing that was not asked for."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symconv.extent import size_of, symbols_of
from symconv.lift.equations import Equations, Origin
from symconv.symbols import symbol
from symconv.values import evaluate, substitute


def atoms(known: Equations, *values: int):
    return [known.atom(v, Origin(f"node{k}", "channels")) for k, v in enumerate(values)]


def test_an_addition_ties_its_operands():
    known = Equations()
    a, b, c = atoms(known, 64, 64, 64)
    known.equate(a, b, "add")
    known.equate(c, b, "add2")
    assert known.resolve(b) == known.resolve(c) == a
    assert not known.unsolved


def test_a_view_makes_a_product_and_a_split_equal_parts():
    known = Equations()
    whole, heads, size, part = atoms(known, 768, 12, 64, 256)
    known.equate(whole, heads * size, "view")
    known.equate(whole, 3 * part, "chunk")
    assert known.value(known.resolve(whole)) == 768
    assert known.value(known.resolve(3 * part - heads * size)) == 0


def test_numbers_bind_and_contradictions_are_kept():
    known = Equations()
    a, b = atoms(known, 32, 48)
    known.equate(a, 32, "table")
    assert known.resolve(a) == 32
    known.equate(b, 32, "nonsense")
    assert [str(u) for u in known.unsolved] == ["nonsense: a00001 = 32"]


def test_what_all_terms_share_goes():
    known = Equations()
    a, b = atoms(known, 8, 8)
    n = size_of(symbol("N"))
    known.equate(n * a + n, n * b + n, "rows")
    assert known.resolve(b) == a


def test_one_is_no_atom_and_equal_sizes_ask_for_nothing():
    known = Equations()
    (a,) = atoms(known, 5)
    assert known.atom(1, Origin("x", "groups")) == 1
    known.equate(a, a, "same")
    known.equate(size_of(symbol("X")), size_of(symbol("X")) + 1, "of the network's symbols alone")
    assert list(known.free()) == list(symbols_of(a))
    assert not known.unsolved


@given(st.integers(0, 10**6))
def test_random_equations_hold_at_the_witness_and_at_any_values_of_the_free_atoms(seed):
    """Equations that are true of hidden numbers: resolved, they are identities in the free atoms."""
    rng = random.Random(seed)
    known = Equations()
    values = [rng.choice([2, 3, 4, 5, 6, 7, 8, 12, 16]) for _ in range(6)]
    sizes = list(atoms(known, *values))
    asked = []
    for _ in range(rng.randint(1, 6)):
        kind = rng.randrange(4)
        if kind == 0:  # a sum
            parts = rng.sample(range(6), 2)
            left, right = sizes[parts[0]] + sizes[parts[1]], None
        elif kind == 1:  # a product
            parts = rng.sample(range(6), 2)
            left, right = sizes[parts[0]] * sizes[parts[1]], None
        elif kind == 2:  # equal ones
            k = rng.randrange(6)
            same = [j for j in range(6) if values[j] == values[k]]
            left, right = sizes[k], sizes[rng.choice(same)]
        else:  # parts
            left, right = rng.randint(2, 4) * sizes[rng.randrange(6)], None
        if right is None:
            value = known.value(left)
            (right,) = [known.atom(value, Origin("made", "channels"))]
        known.equate(left, right, "asked")
        asked.append((left, right))
    assert not known.unsolved
    at = {s: rng.randint(2, 50) for s in known.free()}
    for left, right in asked:
        assert known.value(known.resolve(left)) == known.value(left) == known.value(right)
        sides = [known.resolve(x) for x in (left, right)]
        if all(not symbols_of(x) - at.keys() for x in map(size_or_zero, sides)):
            assert evaluate(sides[0], at) == evaluate(sides[1], at)


def size_or_zero(x):
    return x if not isinstance(x, int) else 0


def test_atoms_that_stand_for_products_keep_the_order_of_their_factors():
    known = Equations()
    whole, heads, size = atoms(known, 64, 8, 8)
    known.equate(whole, heads * size, "view")
    assert substitute(known.resolve(whole), {next(iter(symbols_of(heads))): 3}) == 3 * size


@pytest.mark.parametrize(("left", "right"), [((6, 4), (8, 3)), ((4, 4), (2, 8))])
def test_products_that_cannot_be_told_are_said(left, right):
    """a·b = c·d with no factor in common and no value on both sides has no solution that is an atom's."""
    known = Equations()
    a, b, c, d = atoms(known, *left, *right)
    known.equate(a * b, c * d, "view")
    assert len(known.unsolved) == 1
