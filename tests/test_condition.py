"""A condition by itself: what it says at numbers and in rounds, and every form of it, against plain integers."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from itertools import product
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from symconv.block import Rounds
from symconv.condition import (
    ROUNDS,
    WRITTEN_OUT,
    Condition,
    at_least,
    differs,
    divides,
    ends_suffice,
    equal,
    follows,
    solved,
)
from symconv.errors import ExtentError
from symconv.extent import size_of
from symconv.extremes import equals, largest, reaches, smallest
from symconv.notation import ASCII
from symconv.powers import power
from symconv.rounding import floor
from symconv.sizes import EVERY, NONE, Undecided
from symconv.symbols import index, symbol

ROLE = {"X": "extent", "H": "extent", "N": "batch", "P": "padding", "g": "groups", "n": "count", "w": "multiplier"}
SYMBOL = {name: symbol(name, role) for name, role in ROLE.items()}
X, H, N, P, g, n, w = (size_of(s) for s in SYMBOL.values())

#: Both sides of a condition, of whatever X, H, N, P, g are: sizes or numbers.
Sides = Callable[[Any], tuple[Any, Any]]


class UnevenError(Exception):
    """An exact quotient that does not come out even, so that the condition has no value."""


def even(a: int, b: int) -> int:
    if a % b:
        raise UnevenError
    return a // b


ON_SIZES = SimpleNamespace(X=X, H=H, N=N, P=P, g=g, max=largest, min=smallest, exact=lambda a, b: floor(a, b, True))


def on_numbers(**at: int) -> SimpleNamespace:
    return SimpleNamespace(max=max, min=min, exact=even, **at)


MAKE = {"≥": at_least, "=": equal, "≠": differs, "|": divides}
TRUE: dict[str, Callable[[int, int], bool]] = {
    "≥": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
    "≠": lambda a, b: a != b,
    "|": lambda a, b: a >= 1 and b % a == 0,
}


# -- at numbers ------------------------------------------------------------------------------------------------------


def test_a_relation_is_what_its_sign_says() -> None:
    x = SYMBOL["X"]
    for a, b in product(range(-3, 5), range(-3, 5)):
        for sign, make in MAKE.items():
            assert make(X + a - 1, X + b - 1).holds({x: 1}) is TRUE[sign](a, b), (sign, a, b)


def test_each_form_of_a_condition_has_its_sign() -> None:
    made = at_least(X, H), equal(X, H), differs(X, H), divides(X, H)
    assert [c.text() for c in made] == ["X ≥ H", "X = H", "X ≠ H", "X divides H"]
    assert [c.text(ASCII) for c in made] == ["X >= H", "X = H", "X != H", "X divides H"]


def test_a_condition_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        at_least(X, 3).left = H  # type: ignore[misc]


@pytest.mark.parametrize("sign", MAKE)
def test_a_condition_where_something_runs_holds_where_it_runs_no_times(sign: str) -> None:
    for times, a, b in product(range(4), range(1, 6), range(6)):
        condition = MAKE[sign](X, P).where(n - 1)
        at = {SYMBOL["X"]: a, SYMBOL["P"]: b, SYMBOL["n"]: times + 1}
        assert condition.holds(at) is (times == 0 or TRUE[sign](a, b)), (sign, times, a, b)


def test_a_divisor_that_may_be_0_is_asked_for_only_where_something_runs() -> None:
    condition = divides(P, X).where(n - 1)
    for times, a, b in product(range(4), range(6), range(1, 6)):
        at = {SYMBOL["P"]: a, SYMBOL["X"]: b, SYMBOL["n"]: times + 1}
        assert condition.holds(at) is (times == 0 or (a >= 1 and b % a == 0)), (times, a, b)


def test_what_runs_where_something_is_true_asks_for_it_there() -> None:
    once, twice = divides(H, N).where(reaches(X, 3)), divides(H, N).where(2 * reaches(X, 3))
    assert once.text() == "H divides N·[X ≥ 3]"
    assert twice.text() == "H divides N·min(1, 2·[X ≥ 3])"
    assert divides(H, N).where(equals(X, 3)).text() == "H divides N·[X = 3]"
    for x, h, many in product(range(1, 6), range(1, 5), range(1, 5)):
        at = {SYMBOL["X"]: x, SYMBOL["H"]: h, SYMBOL["N"]: many}
        assert once.holds(at) is twice.holds(at) is (x < 3 or many % h == 0)


# -- in rounds -------------------------------------------------------------------------------------------------------

I = index("i", 1, n)  # noqa: E741
J = index("j", 0, size_of(I) + P)
i, j = size_of(I), size_of(J)
OUTER, INNER = Rounds("outer", I, "image"), Rounds("inner", J, "image")

#: Both sides in round i and j, on sizes and on numbers.
IN_ROUNDS: list[tuple[str, Callable[..., tuple[Any, Any]]]] = [
    ("≥", lambda x, i, j: (x + 2 * j, 3 * i)),
    ("≥", lambda x, i, j: (x, i * j)),
    ("≥", lambda x, i, j: (x * x, j)),
    ("≥", lambda x, i, j: (i, x)),
    ("=", lambda x, i, j: (x * i, 2 * i)),
    ("=", lambda x, i, j: (x * j, j)),
    ("≠", lambda x, i, j: (x + i, 70)),
    ("≠", lambda x, i, j: (2 * x, 3 * j)),
    ("|", lambda x, i, j: (3, x * i)),
    ("|", lambda x, i, j: (x, i * i + i)),
    ("|", lambda x, i, j: (x, 6 * j + 6)),
    ("|", lambda x, i, j: (2, x)),
]


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("case", range(len(IN_ROUNDS)))
def test_in_rounds_it_holds_where_it_holds_in_each(case: int, nested: bool) -> None:
    sign, sides = IN_ROUNDS[case]
    many = [1, 2, 3, 9] if nested else [1, 2, 3, WRITTEN_OUT, WRITTEN_OUT + 1, WRITTEN_OUT + 2, 140]
    rounds = (OUTER, INNER) if nested else (OUTER,)
    for values in product((1, 2, 3, 5, 64, 69, 70, 150), many, (0, 1, 3) if nested else (2,)):
        x, end, more = values
        at = {SYMBOL["X"]: x, SYMBOL["n"]: end, SYMBOL["P"]: more}
        condition = Condition(MAKE[sign](X, X).relation, *sides(X, i, j if nested else P), rounds=rounds)
        met = [(a, b) for a in range(1, end) for b in (range(a + more) if nested else (more,))]
        assert condition.holds(at) is all(TRUE[sign](*sides(x, a, b)) for a, b in met), (condition.text(), at)


FIRST = index("i", 0, n)
k = size_of(FIRST)


@pytest.mark.parametrize("rounds", [5, 63, 64, 65, 100, 101, 300])
@pytest.mark.parametrize(
    "condition",
    [
        differs(k, 100),
        differs(3 * k, 7 * n),
        differs(2 * k, n),
        differs(power(2, k), 2**80),
        at_least(100, k),
        at_least(2 * k + 200, n),
        at_least(n - k, 1),
        at_least(2**70, power(2, k)),
        equal(k * k, k * k),
        equal(k * (k - 1), 0),
        divides(7, 7 * k + 14),
        divides(101, k * k + k + 1),
    ],
    ids=lambda condition: condition.text(),
)
def test_it_holds_in_all_rounds_where_it_does_in_each(condition: Condition, rounds: int) -> None:
    at = {SYMBOL["n"]: rounds}
    there = replace(condition, rounds=(Rounds("block", FIRST, "before"),))
    each = [condition.holds({**at, FIRST: i}) for i in range(rounds)]
    assert there.holds(at) is all(each)


def test_a_divisor_of_a_polynomial_is_looked_at_for_as_many_rounds_as_it_is_large() -> None:
    """Of the products of three numbers in a row 6 divides each; of i³ + 5·i + 1 a divisor of 70 none until the last."""
    rounds = (Rounds("block", index("i", 0, n), "image"),)
    k = size_of(rounds[0].index)
    for divisor, sides in product((65, 66, 70, 97), (lambda i: i**3 + i, lambda i: i * i + 7 * i, lambda i: i**2 - i)):
        for begun in (0, 1, 40):
            condition = Condition("divides", X, sides(k) * H, rounds=rounds)
            at = {SYMBOL["X"]: divisor, SYMBOL["n"]: 300, SYMBOL["H"]: divisor * begun + (begun > 0)}
            expected = all(sides(a) * at[SYMBOL["H"]] % divisor == 0 for a in range(300))
            assert condition.holds(at) is expected, (divisor, begun)


def test_a_divisor_of_what_moves_in_long_steps_is_looked_at_in_every_round() -> None:
    """⌊i/40⌋ is even in the first 40 rounds, and odd in the next ones."""
    rounds = (Rounds("block", index("i", 0, n), "image"),)
    condition = Condition("divides", 2, size_of(rounds[0].index) // 40 + 2 * X, rounds=rounds)
    assert condition.holds({SYMBOL["X"]: 1, SYMBOL["n"]: 40})
    assert not condition.holds({SYMBOL["X"]: 1, SYMBOL["n"]: 100})


def test_so_many_rounds_are_looked_at_and_no_more() -> None:
    """i·⌊i/2⌋ is at least −1 in each round, and not monotone in form, so every round is looked at."""
    rounds = (Rounds("block", index("i", 0, n), "image"),)
    k = size_of(rounds[0].index)
    condition = Condition("at least", k * (k // 2) + X, 0, rounds=rounds)
    assert condition.holds({SYMBOL["X"]: 1, SYMBOL["n"]: 1000}, [1000])
    with pytest.raises(ExtentError, match=f"more than {ROUNDS:,} rounds"):
        condition.holds({SYMBOL["X"]: 1, SYMBOL["n"]: 1000}, [999])


def test_sizes_take_the_place_of_symbols_in_the_ends_of_rounds_too() -> None:
    """Outer rounds from 1 below n, inner ones below i + P, with n = 2·X and P = g."""
    sign, sides = "≥", lambda x, a, b: (x + 3, a + b)
    condition = Condition(at_least(X, X).relation, *sides(H, i, j), rounds=(OUTER, INNER))
    turned = condition.substitute({SYMBOL["n"]: 2 * X, SYMBOL["P"]: g, SYMBOL["H"]: X * X})
    assert {s.name for s in turned.symbols} == {"X", "g"}
    assert turned.text() == "X² + 3 ≥ i + j for 1 ≤ i < 2·X for 0 ≤ j < g + i"
    for x, more in product(range(1, 5), range(1, 6)):
        expected = all(TRUE[sign](*sides(x * x, a, b)) for a in range(1, 2 * x) for b in range(a + more))
        assert turned.holds({SYMBOL["X"]: x, SYMBOL["g"]: more}) is expected


def test_the_rounds_are_said_behind_it() -> None:
    inner = Rounds("inner", index("j", 0, n - 1), "image")
    assert at_least(X, i).text() == "X ≥ i"
    assert Condition("at least", X, i, rounds=(OUTER,)).text() == "X ≥ i for 1 ≤ i < n"
    assert Condition("at least", X, i, rounds=(OUTER,)).text(ASCII) == "X >= i for 1 <= i < n"
    assert Condition("at least", X, 3, rounds=(OUTER,)).text() == "X ≥ 3 where n ≥ 2"
    assert Condition("at least", X, 3, rounds=(OUTER, inner)).text() == "X ≥ 3 where n ≥ 2 where n − 1 ≥ 1"
    assert Condition("at least", X, 3, rounds=(inner,)).text(ASCII) == "X >= 3 where n - 1 >= 1"
    certain = Rounds("block", index("i", 0, n), "image")
    assert Condition("at least", X, 3, rounds=(certain,)).text() == "X ≥ 3"


def test_a_condition_of_one_round_is_proven_of_all_or_not() -> None:
    assert Condition("at least", i, 1, rounds=(OUTER,)).proven
    assert not Condition("at least", i, 2, rounds=(OUTER,)).proven
    assert not at_least(X * H, N + 5).proven
    assert at_least(X, i).at(I, 4) == at_least(X, 4)


@pytest.mark.parametrize(
    ("left", "right", "enough"),
    [
        (X + 3 * i, 5, True),
        (X, H, True),
        (X * i, H * i + 2, True),
        (power(2, i) * X, H, True),
        (i * i, X, False),
        (i * power(2, i), X, False),
        (i + power(2, i), X, False),
        (i // 2, X, False),
        (X + i * (i // 3), X, False),
        (smallest(i, X), 3, False),
    ],
)
def test_the_ends_are_enough_for_what_is_affine_in_the_index_or_in_one_power(
    left: Any, right: Any, enough: bool
) -> None:
    assert ends_suffice(at_least(left, right), I) is enough


# -- what follows, what is solved ------------------------------------------------------------------------------------


def test_what_follows_from_another_condition_holds_where_that_does() -> None:
    rng, met = Random(5), {True: 0, False: 0}
    sizes = [X, 2 * X, X + H, X // 2, H - X, 3, X * H, X + 5, 2]
    for _ in range(3_000):
        one, other = (MAKE[rng.choice("≥=≠||")](rng.choice(sizes), rng.choice(sizes)) for _ in range(2))
        found = follows(one, other)
        met[found] += 1
        if found:
            for x, h in product(range(1, 9), range(1, 9)):
                at = {SYMBOL["X"]: x, SYMBOL["H"]: h}
                assert one.holds(at) or not other.holds(at), (one, other)
    assert min(met.values()) > 30


def test_a_weaker_bound_a_divisor_of_a_divisor_and_the_same_condition_follow() -> None:
    assert follows(at_least(X, 3), at_least(X, 4))
    assert follows(at_least(X, 3), at_least(X, 3))
    assert not follows(at_least(X, 4), at_least(X, 3))
    assert follows(divides(4, X), divides(8, X))
    assert follows(divides(4, X), divides(8, X + 4))
    assert not follows(divides(8, X), divides(4, X))
    assert not follows(divides(4, X), divides(8, X + 2))
    assert not follows(divides(4, X), divides(6, X))
    assert follows(divides(g, X), divides(g, X))
    assert not follows(divides(g, X), divides(g, H))
    assert not follows(divides(4, X), divides(g, X))
    assert not follows(equal(X, 3), at_least(X, 3))
    assert not follows(equal(2, X * H), equal(4, X * H))
    assert not follows(differs(2, X * H), differs(4, X * H))
    once = Condition("at least", X, 3, rounds=(OUTER,))
    assert not follows(at_least(X, 3), once)
    assert follows(once, once)


SOLVED: list[tuple[str, Sides]] = [
    ("≥", lambda o: (o.X, 5)),
    ("≥", lambda o: (9, 2 * o.X)),
    ("≥", lambda o: (3 * (o.X // 2), o.X + 4)),
    ("=", lambda o: (2 * (o.X // 2), o.X)),
    ("=", lambda o: (o.X // 3, 2)),
    ("≠", lambda o: (o.X, 4)),
    ("≠", lambda o: (3 * (o.X // 3), o.X)),
    ("|", lambda o: (4, o.X + 2)),
    ("|", lambda o: (3, o.X // 2)),
]


@pytest.mark.parametrize("case", range(len(SOLVED)))
def test_the_sizes_of_one_symbol_are_those_at_which_it_holds(case: int) -> None:
    sign, sides = SOLVED[case]
    found, sizes = solved(MAKE[sign](*sides(ON_SIZES)))
    assert found is SYMBOL["X"]
    assert list(sizes.members(40)) == [x for x in range(1, 40) if TRUE[sign](*sides(on_numbers(X=x)))]


@pytest.mark.parametrize(
    ("condition", "sizes"),
    [
        (at_least(X + H, 2), EVERY),
        (at_least(X + H, 1), EVERY),
        (at_least(P, X + P), NONE),
        (at_least(2, X + H + 1), NONE),
        (equal(X + H, H + X), EVERY),
        (equal(2 * X, 2 * H + 1), NONE),
        (differs(2 * X, 2 * H + 1), EVERY),
        (differs(X + H, H + X), NONE),
        (divides(0, X), NONE),
        (divides(-2, X), NONE),
        (divides(3, 6 * X), EVERY),
        (divides(2, 6 * X + 1), NONE),
        (divides(g, 4 * g * X), EVERY),
    ],
)
def test_what_holds_for_all_symbols_or_none_is_known_to(condition: Condition, sizes: object) -> None:
    assert solved(condition)[1] == sizes


def test_the_rest_is_undecided() -> None:
    for condition in (
        at_least(X + H, 3),
        at_least(2, X + H),
        equal(X, H),
        differs(X, H),
        divides(P, X),
        divides(2, X + H),
    ):
        with pytest.raises(Undecided):
            solved(condition)
