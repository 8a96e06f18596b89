"""Powers among sizes, and the index of a round."""

import pickle
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from math import prod
from random import Random
from typing import Any

import pytest
from amounts import many
from sympy import isprime

from symconv.bounding import lower_bound
from symconv.equality import Answer, compare
from symconv.errors import ExtentError
from symconv.extent import Extent, Monomial, Power, Size, size_of, symbols_of
from symconv.extremes import largest
from symconv.powers import (
    BASE,
    BITS,
    bare,
    collected,
    integer,
    lifted,
    owes,
    owing,
    per,
    power,
    settled,
    shifted,
    split,
)
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
OF = index("i", 0, n)
I = size_of(OF)  # noqa: E741

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


@pytest.mark.parametrize("count", [300, pytest.param(many(800), marks=pytest.mark.heavy)])
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
        (power(2, n - 1) + power(2, n), "3·2^(n − 1)"),
        (power(2, n - 1) * q + power(2, n) * q, "3·2^(n − 1)·q"),
        (power(2, n - 1) * q + power(3, n) - power(2, n) * q, "3^n − 2^(n − 1)·q"),
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
        (lambda: substitute(power(2, n - 5), {SYMBOL["n"]: 2}), "is not a whole number at n = 2"),
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


# -- products of powers ----------------------------------------------------------------------------------------------


def of_product(monomial: Monomial, at: dict[Any, int]) -> Any:
    """The value of a product of atoms, 1 of an empty one."""
    return evaluate(Extent({monomial: 1}), at)


def random_product(rng: Random) -> Monomial:
    """A product as it stands in a size: one power of each base, its exponent at least 0 for all values below."""
    exponents = [n, I, n - I, m, n + m, n - I - 1, 2 * n - I, n - 1]
    powers = {base: Power(base, rng.choice(exponents)) for base in rng.sample([2, 3, 5], rng.randint(0, 3))}  # type: ignore[arg-type]
    plain = [SYMBOL[name] for name in sorted(rng.choice(["", "X", "q", "Xq", "XX"]))]
    return (*plain, *(powers[base] for base in sorted(powers)))


def random_point(rng: Random) -> dict[Any, int]:
    rounds = rng.randint(1, 7)
    names = {name: rng.randint(1, 9) for name in ("X", "q", "m", "P")}
    return {**{SYMBOL[name]: v for name, v in names.items()}, SYMBOL["n"]: rounds, OF: rng.randrange(rounds)}


def test_a_product_keeps_its_value_however_its_powers_are_gathered() -> None:
    rng, met = Random(3), Counter[str]()
    for _ in range(1_500):
        one, other, c, s = random_product(rng), random_product(rng), rng.randint(-12, 12), rng.randint(1, 24)
        points = [random_point(rng) for _ in range(3)]
        whole, number = collected((*one, *other))
        plain, rest = bare(one)
        owed, k = owing(plain, c * rest)
        lower, lifted_c = lifted(one, c, s)
        lowest, largest_c = lifted(one, c, s, True)
        quotient = per((*one, *other), other)
        others, exponents = split((*one, *other))
        for at in points:
            value = of_product(one, at)
            assert of_product(whole, at) * number == value * of_product(other, at)
            assert of_product(plain, at) * rest == value
            assert of_product(owed, at) * k == c * value
            assert of_product(lower, at) * lifted_c == of_product(lowest, at) * largest_c == c * value
            powers = [Fraction(base) ** evaluate(e, at) for base, e in exponents.items()]
            assert of_product(others, at) * prod(powers) == value * of_product(other, at)
            if quotient is not None:
                found, times = quotient
                assert of_product(found, at) * times * of_product(other, at) == value * of_product(other, at)
                assert of_product(found, at).denominator == 1
                met["a quotient"] += 1
        assert len({a.base for a in whole if isinstance(a, Power)}) == sum(isinstance(a, Power) for a in whole)
        assert all(not a.exponent.terms.get((), 0) for a in plain if isinstance(a, Power))
        met["lifted"] += lifted_c != c
        met["lifted more"] += abs(largest_c) > abs(lifted_c)
    assert min(met.values()) > 300, met


def test_what_comes_out_of_a_power_is_what_its_number_and_a_divisor_have_in_common() -> None:
    (twos,), (fours,), (fives,) = power(2, n).terms, power(2, n + 2 * m).terms, power(5, m).terms
    assert lifted(twos, 1, 4) == (next(iter((power(2, n - 1)).terms)), 2)
    assert lifted(twos, 2, 4) == (next(iter((power(2, n - 1)).terms)), 4)
    assert lifted(twos, 4, 4) == (twos, 4)
    assert lifted(twos, 1, 3) == (twos, 1)
    assert lifted(twos, 1, 3, True) == (next(iter((power(2, n - 1)).terms)), 2)
    assert lifted(fours, 3, 16) == (next(iter(power(2, n + 2 * m - 3).terms)), 24)
    assert lifted(fives, 1, 10) == (next(iter(power(5, m - 1).terms)), 5)
    assert owes(next(iter(power(2, n - 1).terms)))
    assert not owes(twos)
    assert not owes((SYMBOL["X"],))


def test_a_product_is_divided_only_where_the_quotient_is_shown_to_be_whole() -> None:
    (twos,), (rounds,), (threes,), (more,) = (power(b, e).terms for b, e in ((2, n), (2, I), (3, n), (2, n + 3 * m)))
    x, y = (SYMBOL["X"],), (SYMBOL["q"],)
    assert per((*x, *twos), (*x, *rounds)) == (next(iter(power(2, n - I - 1).terms)), 2)  # i is below n
    assert per((*x, *twos), x) == (twos, 1)
    assert per((*x, *twos), y) is None
    assert per(rounds, twos) is None
    assert per(threes, twos) is None
    assert per(twos, twos) == ((), 1)
    assert per(more, twos) == (next(iter(power(8, m - 1).terms)), 8)


def test_terms_of_one_product_are_put_together_whatever_numbers_their_exponents_have() -> None:
    half, whole = power(2, n - 1) * q, power(2, n) * q
    assert isinstance(half, Extent)
    assert isinstance(whole, Extent)
    (low,), (high,) = half.terms, whole.terms
    assert settled({low: 2, high: 3}) == {high: 4}
    assert settled({low: 1, high: -1}) == {low: -1}
    assert settled({low: 2, high: -1}) == {}
    assert settled({low: 1, (): 5}) == {low: 1, (): 5}
    (open_,) = power(2, m - I).terms  # nothing shows that this exponent is at least 0
    assert settled({open_: 3, low: 2}) == {open_: 3, high: 1}


def test_a_number_in_an_exponent_that_nothing_bounds_stays_there_and_cancels() -> None:
    open_ = m - I  # it may be below 0 where it is not used
    assert str(power(2, open_ + 100)) == "2^(m − i + 100)"
    assert floor(power(2, open_ + 100), power(2, open_)) == 2**100
    assert floor(power(2, open_ + 3) * X, power(2, open_ + 1)) == 4 * X
    assert owing((SYMBOL["X"],), Fraction(1, 3)) == ((SYMBOL["X"],), Fraction(1, 3))


def test_a_size_is_divided_by_a_power_that_divides_each_term() -> None:
    size = power(2, n) * X + 3 * power(2, n + m) * q
    assert isinstance(size, Extent)
    assert shifted(size, 2, I) == power(2, n - I) * X + 3 * power(2, n - I + m) * q
    assert shifted(size, 2, n) == X + 3 * power(2, m) * q
    rng = Random(1)
    for _ in range(30):
        at = random_point(rng)
        assert evaluate(shifted(size, 2, I), at) * 2 ** at[OF] == evaluate(size, at)


def test_the_largest_base_and_the_most_bits_are_taken_and_the_next_are_not() -> None:
    assert str(power(BASE, n)) == "2^(20·n)"
    with pytest.raises(ExtentError, match="a power of 1048577: its base is at most 1,048,576 where the exponent"):
        power(BASE + 1, n)
    assert power(BASE + 1, 2) == (2**20 + 1) ** 2
    assert power(2, BITS) == 2**BITS
    assert power(3, BITS) == 3**BITS
    assert power(7, 5_000) == 7**5_000
    assert power(5, 0) == power(1, 10**9) == 1
    for base, exponent in ((2, BITS + 1), (3, BITS + 1), (7, 5_001), (4, 5_001)):
        with pytest.raises(ExtentError, match="has more than 10,000 bits"):
            power(base, exponent)
    assert power(2, n + BITS) == 2**BITS * power(2, n)
    with pytest.raises(ExtentError, match="has more than 10,000 bits"):
        power(2, n + BITS + 1)
    for number in (2, 12, 97, 720, 1024 * 81, 2 * 3 * 5 * 7 * 11, 1019 * 1021):
        assert evaluate(power(number, n), {SYMBOL["n"]: 3}) == number**3
        assert all(isprime(a.base) for mono in power(number, n).terms for a in mono if isinstance(a, Power))
    assert integer(Fraction(6, 2)) == 3
    with pytest.raises(ExtentError, match="a power whose exponent is below 0"):
        integer(Fraction(1, 2))
