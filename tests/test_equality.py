"""Is one size equal to another: the verdicts against brute force and against an independent decider."""

from collections import Counter
from random import Random
from typing import Any

import pytest
from amounts import many
from hypothesis import given, settings
from hypothesis import strategies as st
from witness.programs import NoValueError, Program, random_program, run

import symconv as sc
from symconv.equality import Answer, Verdict, compare
from symconv.extent import Extent, Size, size_of, symbols_of
from symconv.extremes import gcd, largest, smallest
from symconv.rounding import ceiling
from symconv.sizes import EVERY, NONE, Sizes, Undecided
from symconv.symbols import symbol
from symconv.values import evaluate
from symconv.windows import canonical

X, H, W, P, N = (symbol(name) for name in ("X", "H", "W", "P", "N"))
x = sc.X
ON_SIZES = {"max": largest, "min": smallest, "gcd": gcd}


def solutions(verdict: Verdict) -> Sizes:
    """The sizes of a decided verdict on one symbol."""
    return {Answer.ALWAYS: EVERY, Answer.NEVER: NONE}.get(verdict.answer, verdict.sizes)


def value(size: Size, at: dict[Any, int]) -> Any:
    return size if isinstance(size, int) else evaluate(size, at)


# -- the named cases -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (2 * (x // 2), x, "X ≡ 0 (mod 2)"),
        (x // 2 + (x + 1) // 2, x, "always"),
        ((2 * (x // 2) + 3) // 4, (x + 2) // 4, "always"),
        ((3 * (x // 2) + 1) // 4, x // 2 - (x + 4) // 8, "always"),
        (3 * x // 2, x + x // 2, "always"),
        (7 * ceiling(x // 4, 7), x // 4, "X mod 28 in 0…3"),
        (2 * (x // 2), 4 * ((x + 1) // 4), "X mod 4 in 0…1"),
        (x // 2, x // 3, "X = 1 or X = 3"),
        (2 * (x // 2), x // 3 + 5, "X = 9"),
        ((x // 2) * (x // 2), (x // 2) * ceiling(x, 2), "X = 1 or X ≥ 2, X ≡ 0 (mod 2)"),
        (2 * x, 2 * (x // 2) + 1, "never"),
        (x * x, 2 * x + 3, "X = 3"),
        (x, x + 1, "never"),
        (x // 7, 3, "X in 21…27"),
        (x % 5, 5, "never"),
        (x // (2 ** 20), (x + 2**20 - 1) // 2**20, "X ≡ 0 (mod 1048576)"),
    ],
)  # fmt: skip
def test_the_verdict(left: Size, right: Size, expected: str) -> None:
    assert str(compare(left, right)) == str(compare(right, left)) == expected
    holds = [n for n in range(1, 300) if value(left, {X: n}) == value(right, {X: n})]
    assert list(solutions(compare(left, right)).members(300)) == holds


def test_the_parity_of_a_strided_window_and_its_transposed_one() -> None:
    def transposed(m: Size, output_padding: int) -> Size:
        return 2 * (m - 1) - 2 + 3 + output_padding  # k3 s2 p1

    m = (x + 2 - 3) // 2 + 1
    assert str(compare(transposed(m, 1), x)) == "X ≡ 0 (mod 2)"
    assert str(compare(transposed(m, 0), x)) == "X ≡ 1 (mod 2)"


def test_numbers_are_compared_as_numbers() -> None:
    assert compare(3, 3).answer is Answer.ALWAYS
    assert compare(3, 4).answer is Answer.NEVER


def test_several_symbols_are_equal_always_or_never_or_it_is_undecided() -> None:
    h, w, n = sc.H, sc.W, sc.N
    assert compare(n * (h // 2 + (h + 1) // 2) * (w // 3), n * h * (w // 3)).answer is Answer.ALWAYS
    assert compare(2 * h * w, 2 * n + 1).answer is Answer.NEVER
    assert compare(h + w + 1, w).answer is Answer.NEVER
    undecided = compare(h // 2, w // 2)
    assert undecided.answer is Answer.UNDECIDED
    assert undecided.reason


def test_symbolic_windows_are_the_same_or_undecided() -> None:
    k, s, p = sc.K, sc.S, sc.P
    assert compare((x + 2 * p - k) // s + 1, (x + 2 * p - k + s) // s).answer is Answer.ALWAYS
    assert compare((x + 2 * p - k) // s + 1, (x - 1) // s + 1).answer is Answer.UNDECIDED
    assert compare(x + 2 * p - k + 1, x).answer is Answer.UNDECIDED


def test_a_rational_symbol_is_never_taken_for_an_integer() -> None:
    w = size_of(symbol("w", "multiplier"))
    # 2·w = 1 at w = 1/2, where an argument by divisors would say never.
    assert compare(2 * w, 1).answer is Answer.UNDECIDED
    assert compare((w * x) // 1, w * x).answer is Answer.UNDECIDED
    assert compare(w + x, x).answer is Answer.UNDECIDED


def test_a_padding_may_be_zero() -> None:
    p = sc.P
    assert compare(p, 0).answer is Answer.UNDECIDED
    assert compare(x + p, x).answer is Answer.UNDECIDED
    assert compare(p + 1, 0).answer is Answer.NEVER
    assert compare(p // 2 + (p + 1) // 2, p).answer is Answer.ALWAYS


def test_a_very_large_divisor_is_no_reason_to_wait() -> None:
    prime = 10**18 + 9
    assert str(compare(x // prime, 0)) == f"X in 1…{prime - 1}"
    assert str(compare(prime * (x // prime), x)) == f"X ≡ 0 (mod {prime})"
    assert compare(x // 2**61, x // 2**62 + (x + 2**61) // 2**62).answer is Answer.ALWAYS
    assert compare(x // prime, x // (prime + 2)).answer is Answer.UNDECIDED
    assert str(compare(10**60 * (x // 7), 3 * 10**59 * x - 10**61)) == "X = 60"


def test_what_is_left_of_a_size_that_vanishes_everywhere_is_nothing() -> None:
    rng = Random(5)
    for _ in range(200):
        n, s, b = rng.randint(1, 12), rng.randint(1, 30), rng.randint(-40, 40)
        shares = sum((((x + b) // n + j) // s for j in range(s)), 0)  # Hermite
        assert canonical((x + b) // n - shares) == {}
        assert canonical((x + b) // n - shares + 1) != {}


# -- against brute force and an independent decider -------------------------------------------------------------------


def on_sizes(program: Program) -> Size:
    result: Size = run(program, {"X": x, "H": sc.H, "P": sc.P}, ON_SIZES)
    return result


def rewritten(rng: Random, program: Program) -> Program:
    """Another program with the same value everywhere."""
    k = rng.randint(2, 4)
    match rng.randrange(3):
        case 0:  # Hermite's identity
            total: Program = ("number", 0)
            for j in range(k):
                total = ("+", total, ("//", ("+", program, ("number", j)), ("number", k)))
            return total
        case 1:
            return ("+", ("*", ("number", k), ("//", program, ("number", k))), ("%", program, ("number", k)))
        case _:
            return ("//", ("+", ("*", ("number", k), program), ("number", rng.randrange(k))), ("number", k))


def pair(rng: Random, names: list[str], linear: bool, functions: tuple[str, ...] = ()) -> tuple[Program, Program]:
    """Two programs, often the same function or nearly so."""

    def draw(depth: int) -> Program:
        return random_program(rng, names, depth=depth, linear=linear, functions=functions, largest=rng.choice([4, 12]))

    left = draw(rng.randint(1, 4))
    right = draw(rng.randint(0, 3)) if rng.random() < 0.4 else rewritten(rng, left)
    if rng.random() < 0.3:
        right = ("+", right, (rng.choice(["//", "%", "%"]), draw(rng.randint(0, 1)), ("number", rng.randint(2, 9))))
    return left, right


def check_against_brute_force(count: int, seed: int) -> Counter[Answer]:
    rng, met = Random(seed), Counter[Answer]()
    for _ in range(count):
        names = rng.choice([["X"], ["X"], ["X"], ["X", "H"], ["X", "P"], ["P"]])
        functions = rng.choice([(), (), ("max", "min", "gcd")])
        left, right = pair(rng, names, linear=rng.random() < 0.6, functions=functions)
        try:
            a, b = on_sizes(left), on_sizes(right)
        except sc.SymconvError:
            continue
        verdict = compare(a, b)
        met[verdict.answer] += 1
        for n in [*range(1, 40), *(rng.randint(40, 5000) for _ in range(10))]:
            at = {name: n if i == 0 else rng.randint(0 if name == "P" else 1, 40) for i, name in enumerate(names)}
            if names == ["P"]:
                at = {"P": n - 1}
            try:
                equal = run(left, at) == run(right, at)
            except NoValueError:
                continue
            known = {Answer.ALWAYS: True, Answer.NEVER: False, Answer.UNDECIDED: equal}
            if verdict.answer is Answer.SOMETIMES:
                assert verdict.symbol is not None
                assert (at[verdict.symbol.name] in verdict.sizes) == equal, (str(a), str(b), str(verdict), at)
            else:
                assert known[verdict.answer] == equal, (str(a), str(b), str(verdict), at)
    return met


def test_verdicts_agree_with_brute_force_and_every_kind_occurs() -> None:
    met = check_against_brute_force(1_500, seed=1)
    assert all(met[answer] >= 50 for answer in Answer), met


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(10, 10 + many(1)))
def test_many_verdicts_agree_with_brute_force(seed: int) -> None:
    met = check_against_brute_force(5_000, seed)
    assert all(met[answer] >= 150 for answer in Answer), met


def check_against_isl(count: int, seed: int) -> Counter[str]:
    pytest.importorskip("islpy")
    from witness.presburger import EVERYTHING, periodic, where_equal

    rng, met = Random(seed), Counter[str]()
    for _ in range(count):
        names = rng.choice([["X"], ["X"], ["X"], ["X", "H"]])
        functions = rng.choice([(), (), ("max", "min")])
        left, right = pair(rng, names, linear=True, functions=functions)
        verdict = compare(on_sizes(left), on_sizes(right))
        theirs = where_equal(left, right)
        met[verdict.answer.value] += 1
        if verdict.answer is Answer.ALWAYS:
            assert theirs.is_equal(EVERYTHING), (left, right)
        elif verdict.answer is Answer.NEVER:
            assert theirs.is_empty(), (left, right)
        elif verdict.answer is Answer.SOMETIMES:
            assert verdict.symbol is not None
            s = verdict.sizes
            found = periodic(verdict.symbol.name, s.early, s.start, s.period, s.late)
            assert theirs.is_equal(found), (left, right, str(verdict))
            met["classes" if s.late else "finitely many sizes"] += 1
        elif len(names) == 1 and not functions:
            met["one symbol, undecided"] += 1
    return met


def test_verdicts_agree_with_an_independent_decider() -> None:
    met = check_against_isl(800, seed=2)
    assert min(met[kind] for kind in ("always", "never", "undecided", "classes", "finitely many sizes")) >= 20, met
    # Linear extents of one symbol are closed under every layer: here nothing stays undecided but what is too large.
    assert met["one symbol, undecided"] <= 0.02 * 800, met


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(30, 30 + many(1)))
def test_many_verdicts_agree_with_an_independent_decider(seed: int) -> None:
    check_against_isl(2_500, seed)


@settings(max_examples=60)
@given(st.integers(1, 400), st.integers(-400, 400), st.integers(1, 400), st.integers(-400, 400), st.integers(-9, 9))
def test_two_windows_are_equal_exactly_where_their_values_are(s: int, b: int, t: int, c: int, k: int) -> None:
    left, right = (x + b) // s, (x + c) // t + k
    verdict = compare(left, right)
    assert verdict.answer is not Answer.UNDECIDED
    found = solutions(verdict)
    for n in [*range(1, 60), *range(s * t, s * t + 30), 10**6 + s]:
        assert (n in found) == ((n + b) // s == (n + c) // t + k)


def test_the_sizes_speak_of_the_symbol_of_the_question() -> None:
    verdict = compare(2 * (sc.H // 2), sc.H)
    assert verdict.symbol is H
    assert str(verdict) == "H ≡ 0 (mod 2)"
    assert isinstance(x, Extent)
    assert symbols_of(x) == {X}


def test_over_the_budget_is_undecided_with_a_reason() -> None:
    extent: Size = x
    for _ in range(4):
        extent = extent * 1001 // 1000
    verdict = compare(extent, x + 4)
    assert verdict.answer is Answer.UNDECIDED
    assert "period" in verdict.reason
    with pytest.raises(Undecided):
        canonical(extent)
