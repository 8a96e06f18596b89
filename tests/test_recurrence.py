"""What a round's map makes of a size when it is taken again and again."""

from random import Random

import pytest
from amounts import many
from test_powers import SYMBOL, X, n, q

from symconv.extent import Size, size_of
from symconv.powers import power
from symconv.recurrence import iterated_affine, iterated_quotient, iterated_window
from symconv.rounding import floor
from symconv.symbols import index
from symconv.values import evaluate, substitute


def random_entry(rng: Random) -> Size:
    """What may enter the first round."""
    b, d = rng.randint(-3, 5), rng.randint(2, 5)
    return rng.choice(
        [X, X + b, (X + b) // d, (X + b) // d + b, 2 * X + b, X // 2 + X // 3, power(2, n) * q, 3 * (X // 4) + 1, 224,
         power(2, n) * q + b, X // 4 * q, 32 * q, power(4, n + 2) * X]
    )  # fmt: skip


@pytest.mark.parametrize("count", [400, pytest.param(many(800), marks=pytest.mark.heavy)])
def test_the_form_after_one_more_round_is_what_the_round_makes_of_the_form(count: int) -> None:
    rng = Random(count)
    for _ in range(count):
        of = index("i", rng.randint(0, 2), n)
        steps = size_of(of) - of.begin
        x, b, s = random_entry(rng), rng.randint(-8, 8), rng.randint(2, 6)
        shrunk = iterated_window(x, b, s, steps)
        assert (shrunk + b) // s == iterated_window(x, b, s, steps + 1), (x, b, s)
        assert substitute(shrunk, {of: size_of(of) + 1}) == iterated_window(x, b, s, steps + 1), (x, b, s)
        assert substitute(shrunk, {of: of.begin}) == x

        r, c = rng.randint(1, 6), rng.choice([rng.randint(-5, 5), q, -q, q * X + 2])
        grown = iterated_affine(x, r, c, steps)
        assert r * grown + c == iterated_affine(x, r, c, steps + 1), (x, r, c)
        assert substitute(grown, {of: size_of(of) + 1}) == iterated_affine(x, r, c, steps + 1), (x, r, c)
        assert substitute(grown, {of: of.begin}) == x

        halved = iterated_quotient(x, s, steps)
        assert floor(halved, s, exact=True) == iterated_quotient(x, s, steps + 1), (x, s)
        assert substitute(halved, {of: of.begin}) == x


@pytest.mark.parametrize("count", [400, pytest.param(many(800), marks=pytest.mark.heavy)])
def test_what_is_repeated_has_the_values_of_the_map_run_again_and_again(count: int) -> None:
    rng = Random(count)
    for _ in range(count):
        b, s, r, c = rng.randint(-8, 8), rng.randint(1, 6), rng.randint(1, 5), rng.randint(-5, 9)
        shrunk, grown = iterated_window(X, b, s, n), iterated_affine(q, r, c, n)
        x, y = rng.randint(1, 2000), rng.randint(1, 50)
        at = {SYMBOL["X"]: x, SYMBOL["q"]: y}
        for rounds in range(1, 9):
            x, y = (x + b) // s, r * y + c
            assert evaluate(shrunk, {**at, SYMBOL["n"]: rounds}) == x, (b, s)
            assert evaluate(grown, {**at, SYMBOL["n"]: rounds}) == y, (r, c)
            assert iterated_window(at[SYMBOL["X"]], b, s, rounds) == x
            assert iterated_affine(at[SYMBOL["q"]], r, c, rounds) == y


def test_a_window_over_a_power_of_any_size_has_its_value() -> None:
    far = {SYMBOL["n"]: 10**18, SYMBOL["X"]: 224, SYMBOL["q"]: 3}
    for b, s in ((0, 2), (1, 2), (-1, 2), (5, 2), (-6, 3), (7, 3), (4, 5), (-9, 5)):
        shrunk, x = iterated_window(X, b, s, n), 224
        for _ in range(200):
            x = (x + b) // s
        assert evaluate(shrunk, far) == x == substitute(shrunk, far) == iterated_window(224, b, s, 10**18)


def test_a_floor_that_enters_is_taken_into_the_floor_of_the_window() -> None:
    """⌊X/4⌋ under x → ⌊(x + 1)/3⌋ is ⌊(⌊X/4⌋ + (3^i − 1)/2)/3^i⌋, and so one floor over 4·3^i."""
    i = size_of(index("i", 0, n))
    assert str(iterated_window(X // 4, 1, 3, i)) == "⌊(2·3^i + X − 2)/(4·3^i)⌋"
    assert str(iterated_window(X // 4 + 2, 0, 3, i)) == "⌊(X + 8)/(4·3^i)⌋"
    assert str(iterated_window(X // q + 2, 0, 3, i)) == "⌊(X + 2·q)/(3^i·q)⌋"
    assert str(iterated_window(3 * (X // 4), 1, 3, i)) == "⌊(3^i + 6·⌊X/4⌋ − 1)/(2·3^i)⌋"
