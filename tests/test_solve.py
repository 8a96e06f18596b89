"""Where a size is at least zero, or zero; and what it is on a residue class."""

from collections import Counter
from fractions import Fraction
from itertools import pairwise
from math import comb, lcm, prod
from random import Random

import pytest
from amounts import many
from hypothesis import given
from hypothesis import strategies as st
from test_extent import ON_SIZES
from witness.programs import NoValueError, Program, random_program, run

import symconv as sc
from symconv.cost import evaluate_cost, product
from symconv.extent import Size, size_of
from symconv.sizes import EVERY, NONE, Undecided
from symconv.solve import nonnegative, polynomial_signs, zero
from symconv.symbols import Symbol, symbol
from symconv.values import evaluate, substitute
from symconv.windows import Windows, on_class, polynomial_terms, windows

X, H, P = symbol("X"), symbol("H"), symbol("P")
x = sc.X


def value_of(h: Windows, at: dict[Symbol, int]) -> int:
    """The value of a polynomial in windows."""
    return sum(c * prod((at[x] + b) // s for x, s, b in m) for m, c in h.items())


def draw(rng: Random, linear: bool, functions: tuple[str, ...] = ()) -> Program:
    depth, largest = rng.randint(1, 5), rng.choice([3, 6, 12, 30])
    return random_program(rng, "X", depth=depth, linear=linear, functions=functions, largest=largest)


def on_x(program: Program) -> Size:
    result: Size = run(program, {"X": x}, ON_SIZES)
    return result


def check_against_brute_force(count: int, seed: int, functions: tuple[str, ...] = ()) -> Counter[str]:
    rng, met = Random(seed), Counter[str]()
    for _ in range(count):
        program = draw(rng, linear=rng.random() < 0.7, functions=functions)
        size = on_x(program)
        if functions and not any(name in str(size) for name in functions):
            continue
        try:
            at_least_zero, roots = nonnegative(size), zero(size)
        except Undecided:
            met["undecided"] += 1
            continue
        met["decided"] += 1
        met["no root"] += roots.empty
        met["finitely many roots"] += roots.finite and not roots.empty
        met["classes"] += bool(roots.late) and not roots.all
        values = {n: run(program, {"X": n}) for n in [*range(1, 120), *(rng.randint(120, 10**7) for _ in range(12))]}
        for n, v in values.items():
            assert (n in at_least_zero) == (v >= 0), (program, size, n, at_least_zero)
            assert (n in roots) == (v == 0), (program, size, n, roots)
        first = next((n for n in range(1, 120) if values[n] >= 0), None)
        assert first is None or at_least_zero.least == first
    return met


def test_the_sets_agree_with_brute_force() -> None:
    met = check_against_brute_force(1_000, seed=1)
    assert met["decided"] >= 850, met
    assert all(met[kind] >= 20 for kind in ("no root", "finitely many roots", "classes")), met


def test_maxima_and_minima_are_decided_case_by_case() -> None:
    met = check_against_brute_force(2_000, seed=2, functions=("max", "min"))
    assert met["decided"] >= 100, met
    assert all(met[kind] >= 5 for kind in ("no root", "finitely many roots", "classes")), met


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(60, 60 + many(1)))
def test_many_sets_agree_with_brute_force(seed: int) -> None:
    check_against_brute_force(5_000, seed)


@pytest.mark.parametrize("count", [300, pytest.param(many(600), marks=pytest.mark.heavy)])
def test_the_sets_agree_with_an_independent_decider(count: int) -> None:
    pytest.importorskip("islpy")
    from witness.presburger import periodic, where_at_least, where_equal

    rng = Random(count)
    decided = 0
    for _ in range(count):
        program = draw(rng, linear=True)
        size = on_x(program)
        try:
            at_least_zero, roots = nonnegative(size), zero(size)
        except Undecided:
            continue
        decided += 1
        for ours, theirs in (
            (at_least_zero, where_at_least(program, ("number", 0))),
            (roots, where_equal(program, ("number", 0))),
        ):
            assert periodic("X", ours.early, ours.start, ours.period, ours.late).is_equal(theirs), (program, ours)
    assert decided > 0.95 * count


@pytest.mark.parametrize(
    ("size", "where_nonnegative", "where_zero"),
    [
        ((x + 2) // 4 - 8, "X ≥ 30", "X in 30…33"),
        (x - 2 * (x // 2) - 1, "X ≡ 1 (mod 2)", "X ≡ 1 (mod 2)"),
        (2 * (x // 2) - x, "X ≡ 0 (mod 2)", "X ≡ 0 (mod 2)"),
        (x // 2 - x // 3 - 1, "X = 2 or X ≥ 4", "X = 2 or X in 4…7 or X = 9"),
        (10 - x, "X in 1…10", "X = 10"),
        (x * x - 50 * x + 600, "X in 1…20 or X ≥ 30", "X = 20 or X = 30"),
        (100 - (x // 3) * (x // 3), "X in 1…32", "X in 30…32"),
        (16 * ((x + 4) // 16) - 189, "X ≥ 188", "no X"),
        ((x + 240) // 320 - 2, "X ≥ 400", "X in 400…719"),
        (5, "X ≥ 1", "no X"),
        (-1, "no X", "no X"),
        (0, "X ≥ 1", "X ≥ 1"),
        (x // 2**20 - 3, f"X ≥ {3 * 2**20}", f"X in {3 * 2**20}…{4 * 2**20 - 1}"),
    ],
)
def test_the_named_sets(size: Size, where_nonnegative: str, where_zero: str) -> None:
    assert repr(nonnegative(size)) == where_nonnegative
    assert repr(zero(size)) == where_zero


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (sc.P - 2, "P is a nonnegative integer"),
        (size_of(symbol("w", "multiplier")) - 2, "w is a positive rational"),
        (x - sc.H, "several symbols"),
        ((x * x) // 3 - 5, "floor of a product"),
        (x // sc.S - 1, "several symbols"),
        (sc.gcd(x, 6) - 2, "no sum of floors"),
        ((1000 * x // 7919 + x // 7907) // 3 - 2, "a floor with a period of"),
    ],
)
def test_what_cannot_be_decided_says_why(size: Size, words: str) -> None:
    for question in (nonnegative, zero):
        with pytest.raises(Undecided, match=words):
            question(size)


def test_a_floor_of_what_cancels_is_a_number() -> None:
    """Two floors whose parts cancel only as windows, under a third."""
    size = ((x // 2 + (x + 1) // 2 - x + 17) * 1 + 3 * x - 3 * (x // 2) - 3 * ((x + 1) // 2)) // 5
    assert windows(size) in ({(): 3}, {((X, 1, 0),): 0} | {(): 3})
    assert nonnegative(size - 3) == EVERY
    assert zero(size) == NONE


# -- windows and residue classes -------------------------------------------------------------------------------------


@given(st.integers(0, 10**9))
def test_a_size_has_the_value_of_its_windows(seed: int) -> None:
    rng = Random(seed)
    program = draw(rng, linear=rng.random() < 0.6)
    try:
        h = windows(on_x(program))
    except Undecided:
        return
    for monomial in h:
        assert all(0 <= b < s for _, s, b in monomial)
    for n in [*range(1, 20), rng.randint(20, 10**9)]:
        assert value_of(h, {X: n}) == run(program, {"X": n})


@given(st.integers(0, 10**9))
def test_on_a_class_every_total_is_a_polynomial_in_q(seed: int) -> None:
    rng = Random(seed)
    total = product(0)
    programs = []
    for _ in range(rng.randint(1, 3)):
        factors = [draw(rng, linear=True) for _ in range(rng.randint(1, 3))]
        c = Fraction(rng.randint(-20, 20), rng.randint(1, 4))
        programs.append((c, factors))
        total = total + product(*map(on_x, factors)) * c
    try:
        terms = polynomial_terms(total.expanded())
    except Undecided:
        return
    period = lcm(*(s for m in terms for _, s, _ in m))
    if period > 10_000:
        return
    for r in rng.sample(range(period), min(period, 6)):
        p = on_class(terms, period, r)
        for q in (0, 1, 2, 5, 1000):
            n = period * q + r
            if n < 1:
                continue
            expected = Fraction(0)
            for c, factors in programs:
                for f in factors:
                    c *= run(f, {"X": n})
                expected += c
            assert sum(c * q**i for i, c in enumerate(p)) == expected
            assert evaluate_cost(total, {X: n}) == expected


def test_the_class_of_a_total_in_two_forms() -> None:
    """(⌊X/2⌋)² + X on X = 2·q + 1 is q² + 2·q + 1."""
    terms = polynomial_terms((product(x // 2, x // 2) + product(x)).expanded())
    assert on_class(terms, 2, 1) == [1, 2, 1]
    assert on_class(terms, 2, 0) == [0, 2, 1]
    assert on_class(terms, 4, 3) == [4, 8, 4]


@given(st.integers(1, 64), st.integers(-70, 70), st.integers(1, 64), st.integers(-70, 70))
def test_substitution_of_a_multiple_removes_a_floor_exactly_where_that_is_right(d: int, b: int, s: int, r: int) -> None:
    """⌊(d·x + r + b)/s⌋ loses its floor exactly if s divides d: only then is it linear in x."""
    floor_of = (x + b) // s
    result = floor_of if isinstance(floor_of, int) else substitute(floor_of, {X: d * x + r})
    has_floor = any(not isinstance(a, type(X)) for m in getattr(result, "terms", {}) for a in m)
    assert has_floor == (d % s != 0)
    for n in (1, 2, 3, 50):
        assert (result if isinstance(result, int) else evaluate(result, {X: n})) == (d * n + r + b) // s


def test_a_multiple_of_32_makes_vggs_extents_polynomials() -> None:
    q = sc.X
    for depth in range(6):
        extent: Size = x
        for _ in range(depth):
            extent = (extent - 2) // 2 + 1
        assert substitute(x if depth == 0 else extent, {X: 32 * q}) == 32 // 2**depth * q
    extent = substitute((x + 2 - 3) // 2 + 1, {X: 32 * q + 1})
    assert extent == 16 * q + 1
    assert str(substitute(x // 64, {X: 32 * q})) == "⌊X/2⌋"


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=5), st.integers(1, 7))
def test_the_signs_of_a_polynomial_over_the_integers(coefficients: list[int], denominator: int) -> None:
    p = [Fraction(c, denominator) for c in coefficients]
    intervals = polynomial_signs(p)
    assert intervals[0][0] == 0
    assert intervals[-1][1] is None
    assert all(left[1] == right[0] for left, right in pairwise(intervals))
    for q in [*range(130), 10**6, 10**12]:
        value = sum(c * q**i for i, c in enumerate(p))
        (sign,) = [s for a, b, s in intervals if a <= q and (b is None or q < b)]
        assert sign == (value > 0) - (value < 0)


def test_binomials_have_their_roots_where_they_have() -> None:
    """C(q, 4)·24 = q(q − 1)(q − 2)(q − 3), zero at 0…3 and positive beyond."""
    assert polynomial_signs([Fraction(c) for c in (0, -6, 11, -6, 1)]) == [(0, 4, 0), (4, None, 1)]
    assert [comb(q, 4) for q in range(5)] == [0, 0, 0, 0, 1]


def test_programs_without_a_value_are_none_of_these() -> None:
    with pytest.raises(NoValueError):
        run(("//", ("number", 1), ("number", 0)), {})
