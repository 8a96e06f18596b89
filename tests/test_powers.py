"""Powers among sizes, and the index of a round."""

import pickle
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from examples import many

from symconv.bounding import lower_bound
from symconv.equality import Answer, compare
from symconv.errors import ExtentError
from symconv.extent import Extent, Power, Size, size_of, symbols_of
from symconv.extremes import largest
from symconv.powers import power
from symconv.recurrence import iterated_affine, iterated_quotient, iterated_window
from symconv.rounding import floor
from symconv.sizes import Undecided
from symconv.solve import nonnegative
from symconv.symbols import Index, index, symbol
from symconv.values import evaluate, substitute
from symconv.windows import windows

ROLE = {"X": "extent", "q": "count", "n": "count", "m": "count", "P": "padding", "w": "multiplier"}
SYMBOL = {name: symbol(name, role) for name, role in ROLE.items()}
SIZE = {name: size_of(s) for name, s in SYMBOL.items()}
X, q, n, m, P = (SIZE[name] for name in ("X", "q", "n", "m", "P"))
I = size_of(index("i", 0, n))  # noqa: E741

#: A size as its rule: of X, q, n, i, and of what raises a number to a power.
Rule = Callable[[Any, Any, Any, Any, Callable[[int, Any], Any]], Any]


def random_rule(rng: Random, depth: int) -> Rule:
    """A rule that can be run on numbers and on sizes: sums, products, floors by numbers and by powers."""
    if depth == 0:
        k, base = rng.randint(-4, 9), rng.choice([2, 2, 2, 3, 4, 6])
        leaves: list[Rule] = [
            lambda x, q, n, i, p: k,
            lambda x, q, n, i, p: x,
            lambda x, q, n, i, p: q + k,
            lambda x, q, n, i, p: i,
            lambda x, q, n, i, p: p(base, i),
            lambda x, q, n, i, p: p(base, n) * q,
            lambda x, q, n, i, p: p(base, n - i),
            lambda x, q, n, i, p: p(base, n - i - 1),
            lambda x, q, n, i, p: p(base, 2 * i + 1),
            lambda x, q, n, i, p: p(base, n - 1) * x,
        ]
        return rng.choice(leaves)
    a, b = random_rule(rng, rng.randrange(depth)), random_rule(rng, rng.randrange(depth))
    d, base = rng.randint(1, 8), rng.choice([2, 2, 2, 3, 4])
    pool: list[Rule] = [
        lambda *at: a(*at) + b(*at),
        lambda *at: a(*at) - d * b(*at),
        lambda *at: a(*at) * b(*at),
        lambda *at: a(*at) // d,
        lambda x, q, n, i, p: a(x, q, n, i, p) // p(base, i),
        lambda x, q, n, i, p: (a(x, q, n, i, p) + p(base, i) - 1) // (d * p(base, i)),
        lambda x, q, n, i, p: (d * a(x, q, n, i, p) + b(x, q, n, i, p)) // p(base, n - i),
        lambda x, q, n, i, p: a(x, q, n, i, p) // (x * p(base, i)),
    ]
    return rng.choice(pool)


@pytest.mark.parametrize("count", [300, pytest.param(many(1_600), marks=pytest.mark.heavy)])
def test_a_size_with_powers_has_the_values_of_its_rule_at_every_round_and_after_every_substitution(count: int) -> None:
    rng, met = Random(count), 0
    for _ in range(count):
        rule = random_rule(rng, rng.randint(1, 4))
        begin = rng.randint(0, 2)
        of = index("i", begin, n)
        i = size_of(of)
        size = rule(X, q, n, i, power)
        if not isinstance(size, Extent) or len(size.terms) > 60:
            continue
        bound = lower_bound(size)
        for _ in range(4):
            rounds = begin + rng.randint(1, 6)
            k = rng.randrange(begin, rounds)
            x, y = rng.choice([1, 2, 3, rng.randint(1, 300)]), rng.randint(1, 40)
            at = {SYMBOL["X"]: x, SYMBOL["q"]: y, SYMBOL["n"]: rounds, of: k}
            value = rule(x, y, rounds, k, lambda base, e: base**e)
            assert evaluate(size, at) == value, (size, at)
            assert bound is None or value >= bound, (size, at, bound)
            some = {s: v for s, v in at.items() if rng.random() < 0.5}
            assert evaluate(substitute(size, some), at) == value, (size, some)
            if k + 1 < rounds:
                later = substitute(size, {of: i + 1})
                assert evaluate(later, at) == evaluate(size, {**at, of: k + 1}), (size, later)
            met += 1
    assert met > count


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (power(2, n + 3), "8·2^n"),
        (power(2, n) * power(2, n), "4^n"),
        (power(2, n) * power(2, I), "2^(n + i)"),
        (power(4, n - I), "4^(n − i)"),
        (2 * power(2, n - 1), "2^n"),
        (power(2, n) + power(2, n - 1), "3·2^(n − 1)"),
        (power(2, n) - 2 * power(2, n - 1), "0"),
        (power(6, n) * power(6, n), "36^n"),
        (power(2, size_of(index("i", 0, 4)) * -1 + 3), "2^(3 − i)"),
        (power(2, m - I + 3), "2^(m − i + 3)"),
        (power(1, n), "1"),
        (floor(power(2, n) * q, power(2, I)), "2^(n − i)·q"),
        (floor(power(2, n) * q, power(2, I + 1)), "2^(n − i − 1)·q"),
        (floor(power(2, m) * q, power(2, I)), "⌊2^m·q/2^i⌋"),
        (floor(power(2, n) * q, 2), "2^(n − 1)·q"),
        (floor(power(2, n) * q, 4), "⌊2^(n − 1)·q/2⌋"),
        (floor(power(2, I) * X, power(2, n)), "⌊X/2^(n − i)⌋"),
        (floor(power(2, I) * X, 3 * power(2, I)), "⌊X/3⌋"),
        (floor(X + power(2, I) - 1, power(2, I)), "⌈X/2^i⌉"),
        (floor(X - 1, power(2, I)) + 1, "⌈X/2^i⌉"),
        (floor(X - 5, power(2, I)), "⌊(X − 5)/2^i⌋"),
        (floor(4 * X + 2, 8 * power(2, I)), "⌊X/2^(i + 1)⌋"),
        (floor(floor(X + power(2, I) - 1, power(2, I)) + 1, 2), "⌈X/2^(i + 1)⌉"),
        (floor(-1, power(2, I)), "-1"),
        (floor(3, power(2, n)), "⌊3/2^n⌋"),
        (floor(3, power(2, n + 1)), "0"),
        (iterated_window((X + 3) // 4, 1, 2, I), "⌈X/2^(i + 2)⌉"),
        (iterated_affine(q, 1, 32, I), "q + 32·i"),
        (iterated_quotient(q, 2, I), "q/2^i"),
        (power(2, I) * iterated_quotient(q, 2, I), "q"),
    ],
)
def test_a_power_is_shown_in_its_normal_form(size: Size, text: str) -> None:
    assert str(size) == text


def test_an_index_is_one_object_and_comes_back_from_a_pickle() -> None:
    of = index("i", 1, n - 1, "model")
    assert index("i", 1, n - 1, "model") is of
    assert pickle.loads(pickle.dumps(of)) is of
    assert (of.begin, of.end, of.least, of.name, of.scope) == (1, n - 1, 1, "i", "model")
    others = [index("j", 1, n - 1, "model"), index("i", 0, n - 1, "model"), index("i", 1, n, "model"), index("i", 1, 9)]
    assert len({size_of(i) for i in [of, *others]}) == 5
    assert sorted([of, *others], key=lambda s: s.key) == sorted([*others, of], key=lambda s: s.key)


def test_a_power_is_equal_in_form_only_to_itself_and_comes_back_from_a_pickle() -> None:
    for size in (power(2, n), power(3, n - I) * q, iterated_window(X, 3, 3, I), iterated_affine(q, 3, 1, I)):
        assert pickle.loads(pickle.dumps(size)) == size
        assert hash(pickle.loads(pickle.dumps(size))) == hash(size)
    assert power(2, n) != power(3, n)
    assert symbols_of(power(2, n - I)) == {SYMBOL["n"], *symbols_of(I)}
    assert all(isinstance(s, Index) for s in symbols_of(I))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: power(0, n), "a power of 0: its base is at least 1"),
        (lambda: power(2, -1), "2\\^\\(-1\\): an exponent of extents is at least 0"),
        (lambda: power(2, SIZE["w"]), "an exponent of extents is a whole number"),
        (lambda: power(2, 10**6), "2\\^1000000 has more than 10,000 bits"),
        (lambda: power(2, n + 10**6), "2\\^1000000 has more than 10,000 bits"),
        (lambda: power(10**4000, 2), "has more than 10,000 bits"),
        (lambda: substitute(power(2, n), {SYMBOL["n"]: 10**6}), "has more than 10,000 bits"),
        (lambda: evaluate(power(2, n), {SYMBOL["n"]: 10**6}), "has more than 10,000 bits"),
        (lambda: substitute(power(2, n - 5), {SYMBOL["n"]: 2}), "an exponent of extents is at least 0"),
        (lambda: iterated_window(X, 0, 0, n), "a window with stride 0: it is at least 1"),
        (lambda: iterated_affine(X, 0, 1, n), "a factor of 0 a round: it is at least 1"),
        (lambda: iterated_quotient(X, 0, n), "a quotient by 0 a round"),
        (lambda: evaluate(iterated_quotient(q, 2, n), {SYMBOL["q"]: 6, SYMBOL["n"]: 2}), "4 does not divide 6 in q/2"),
    ],
)
def test_what_is_no_power_or_too_large_is_refused(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ExtentError, match=said):
        make()


def test_powers_are_decided_where_the_forms_are_equal_or_a_bound_tells_them_apart_and_nowhere_else() -> None:
    assert compare(power(2, n) * power(2, I), power(2, n + I)).answer is Answer.ALWAYS
    assert compare(power(2, n + 1), 2 * power(2, n) + 1).answer is Answer.NEVER
    assert compare(power(2, n), power(2, n) + X).answer is Answer.NEVER
    assert compare(2 * power(2, n), 2 * X + 1).answer is Answer.NEVER
    for left, right in (
        (power(2, n), n * n),
        (power(2, n), power(3, m)),
        (power(2, n), 8),
        (iterated_window(X, 0, 2, n), X),
    ):
        assert compare(left, right).answer is Answer.UNDECIDED
    with pytest.raises(Undecided, match="is a power"):
        windows(power(2, n))
    with pytest.raises(Undecided):
        nonnegative(power(2, n) - 5)


def test_a_maximum_knows_that_a_round_stands_below_the_number_of_rounds() -> None:
    assert largest(I, n) == n
    assert largest(power(2, n - I), 1) == power(2, n - I)
    assert isinstance(next(iter(power(2, n).terms))[0], Power)
