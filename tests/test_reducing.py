"""Conditions in their shortest form: it says what the condition says, at every point of a grid of plain integers."""

from itertools import product

import pytest
from test_condition import MAKE, ON_SIZES, SYMBOL, TRUE, Sides, UnevenError, on_numbers

from symconv.condition import Condition
from symconv.reducing import balanced, parts, reduced


def check_the_same(relation: str, sides: Sides, conditions: list[Condition], most: int = 7) -> int:
    """All of the conditions together hold exactly where the numbers say so; how many points were looked at."""
    used = {s.name for c in conditions for s in c.symbols} | {s.name for s in MAKE[relation](*sides(ON_SIZES)).symbols}
    names = sorted(used)
    met = 0
    for values in product(*(range(SYMBOL[name].least, most + 1) for name in names)):
        at = dict.fromkeys("XHNPg", 1) | dict(zip(names, values))
        try:
            left, right = sides(on_numbers(**at))
        except UnevenError:
            continue
        by_symbol = {SYMBOL[name]: value for name, value in at.items()}
        expected = TRUE[relation](left, right)
        assert all(c.holds(by_symbol) for c in conditions) is expected, (conditions, at)
        met += 1
    return met


FORMS: list[tuple[str, Sides, str]] = [
    # a floor in a bound is peeled off, and what is inside of it too
    ("≥", lambda o: ((o.X + 3) // 4 + 2, 5), "X ≥ 9"),
    ("≥", lambda o: (((o.X + o.P) // 2 + 1) // 3, 2), "X + P ≥ 10"),
    ("≥", lambda o: ((o.X + o.H) // o.g, 2), "H + X ≥ 2·g"),
    ("≥", lambda o: (o.X // 2 + o.H, 3), "2·H + X ≥ 6"),
    ("≥", lambda o: (2 * (o.X // 2), 4), "2·⌊X/2⌋ ≥ 4"),
    ("≥", lambda o: (5, o.X // 2), "5 ≥ ⌊X/2⌋"),
    ("≥", lambda o: (o.X // 2 + o.H // 3, 4), "⌊H/3⌋ + ⌊X/2⌋ ≥ 4"),
    ("≥", lambda o: (o.H * (o.X // 2), 6), "H·⌊X/2⌋ ≥ 6"),
    ("≥", lambda o: (o.exact(o.X, 2) + 1, 3), "(X + 2)/2 ≥ 3"),
    # a factor of at least 1 is left out, one that may be 0 is not
    ("≥", lambda o: (o.X * o.H * o.X, 2 * o.X * o.X), "H ≥ 2"),
    ("≥", lambda o: (o.X * o.H, o.X * o.P + o.X), "H ≥ P + 1"),
    ("≥", lambda o: (o.P * o.H, 2 * o.P), "P·H ≥ 2·P"),
    ("≠", lambda o: (o.X * o.H, 2 * o.X), "H ≠ 2"),
    ("≠", lambda o: (o.P * o.H, 2 * o.P), "P·H ≠ 2·P"),
    ("≠", lambda o: (o.X // 2, 3), "⌊X/2⌋ ≠ 3"),
    ("=", lambda o: (o.X * o.H, 3 * o.X), "H = 3"),
    ("≥", lambda o: (o.X * o.H, 0), "X·H ≥ 0"),
    # the least and the largest of some sizes
    ("=", lambda o: (o.min(5, o.X), 5), "X ≥ 5"),
    ("=", lambda o: (5, o.max(5, o.X)), "5 ≥ X"),
    ("=", lambda o: (o.min(o.H, o.X, o.N), o.N), "min(X, H) ≥ N"),
    ("=", lambda o: (o.max(o.H, o.X, o.N), o.N), "N ≥ max(X, H)"),
    ("=", lambda o: (o.min(4, o.X), 3), "min(4, X) = 3"),
    ("=", lambda o: (2 * o.min(4, o.X), 8), "X ≥ 4"),
    ("=", lambda o: (o.min(4, o.X) + o.min(3, o.H), 7), "min(3, H) + min(4, X) = 7"),
    # a divisor
    ("|", lambda o: (1, o.X + o.P), "1 divides X + P"),
    ("|", lambda o: (4, 6 * o.X), "2 divides X"),
    ("|", lambda o: (4, 5 * o.X + 8), "4 divides X"),
    ("|", lambda o: (6, 3 * o.X + 9 * o.H), "2 divides H + X"),
    ("|", lambda o: (2, o.exact(o.X, 3)), "6 divides X"),
    ("|", lambda o: (2, o.exact(o.X, 3) + o.H), "6 divides 3·H + X"),
    ("|", lambda o: (2 * o.g, 2 * o.X), "g divides X"),
    ("|", lambda o: (4 * o.g * o.H, 6 * o.X * o.H), "2·g divides 3·X"),
    ("|", lambda o: (o.P * o.g, o.P * o.X), "P·g divides P·X"),
    ("|", lambda o: (o.g, 3 * o.g * o.X + 2 * o.g), "1 divides 0"),
    ("|", lambda o: (o.g + o.H, o.g * o.X + o.H * o.X), "H + g divides X·H + g·X"),
    ("|", lambda o: (o.g + o.H, o.g + o.H), "1 divides 0"),
    ("|", lambda o: (o.P, 3 * o.P), "P divides 3·P"),
]


@pytest.mark.parametrize("case", range(len(FORMS)))
def test_what_is_reduced_says_the_same_and_is_shorter(case: int) -> None:
    sign, sides, text = FORMS[case]
    condition = reduced(MAKE[sign](*sides(ON_SIZES)))
    assert check_the_same(sign, sides, [condition], 13) > 3
    assert condition.text() == text


PARTS: list[tuple[str, Sides, list[str]]] = [
    ("≥", lambda o: (o.min(o.X, o.H) + o.N, 4), ["X + N ≥ 4", "H + N ≥ 4"]),
    ("≥", lambda o: (7, o.max(o.X, 2 * o.H) + o.N), ["7 ≥ X + N", "7 ≥ 2·H + N"]),
    ("≥", lambda o: (2 * o.min(o.X, o.H), 5), ["2·X ≥ 5", "2·H ≥ 5"]),
    ("≥", lambda o: (o.max(o.X, o.H), 4), []),
    ("≥", lambda o: (4, o.min(o.X, o.H)), []),
    ("≥", lambda o: (o.N * (o.X // 2), 1), ["N ≥ 1", "X ≥ 2"]),
    ("≥", lambda o: (3 * o.P * (o.X // 4), 3), ["P ≥ 1", "X ≥ 4"]),
    ("≥", lambda o: (3 * o.P * (o.X // 4), 4), []),
    ("≥", lambda o: (o.P * (o.X // 4), 0), []),
    ("≥", lambda o: (o.P * o.P, 1), ["P ≥ 1"]),
    ("≥", lambda o: (o.X, 3), []),
    ("≥", lambda o: ((o.X - 5) * o.P, 1), []),
    ("=", lambda o: (o.H * o.X, 6 * (o.H // 2) * (o.X // 3)), ["X = 3·⌊X/3⌋", "H = 2·⌊H/2⌋"]),
    ("=", lambda o: (16 * (o.H // 4) * (o.X // 4), o.H * o.X), ["X = 4·⌊X/4⌋", "H = 4·⌊H/4⌋"]),
    ("=", lambda o: (o.H * o.X, 5 * (o.H // 2) * (o.X // 3)), []),
    ("=", lambda o: (o.H * o.X, 12 * (o.H // 2) * (o.X // 3)), []),
    ("=", lambda o: (o.H * o.X, 4 * (o.H // 2) * ((o.X + 1) // 2)), []),
    ("=", lambda o: (o.H * o.X, 4 * (o.H // 2) * (o.N // 2)), []),
    ("=", lambda o: (o.H * o.X, 6 * (o.H // 2) * (o.H // 2) * (o.X // 3)), []),
    ("=", lambda o: (o.H * o.X, 7 * (o.H // 2) * (o.X // 3)), []),
    ("=", lambda o: (o.H * o.X, 2 * (o.H // 2) * o.min(o.X, 5)), []),
    ("=", lambda o: (o.P * o.X, 2 * o.P * (o.X // 2)), []),  # 0 = 0, whatever X is
    ("=", lambda o: (o.X // 3 * o.H, 2 * (o.X // 3) * (o.H // 2)), []),
    ("=", lambda o: (o.X * o.H, 6), []),
    ("≠", lambda o: (o.min(o.X, o.H), 4), []),
]


@pytest.mark.parametrize("case", range(len(PARTS)))
def test_the_parts_say_together_what_the_whole_says(case: int) -> None:
    sign, sides, texts = PARTS[case]
    condition = MAKE[sign](*sides(ON_SIZES))
    found = parts(condition)
    assert [balanced(part).text() for part in found] == texts
    assert check_the_same(sign, sides, list(found or [condition]), 9) > 4


BALANCED: list[tuple[str, Sides, str]] = [
    ("=", lambda o: (o.X + 2 * o.P - o.N + 1, o.X), "2·P + 1 = N"),
    ("=", lambda o: (5, o.X), "5 = X"),
    ("=", lambda o: (12 * o.N, 4 * o.N * (o.X // 2)), "⌊X/2⌋ = 3"),
    ("=", lambda o: (6 * o.X + 4, 2 * o.X + 12), "X = 2"),
    ("=", lambda o: (o.P * o.X, o.P * o.H), "P·X = P·H"),
    ("=", lambda o: (o.X, 0), "X = 0"),
    ("≠", lambda o: (o.X * o.H, 4 * o.X), "H ≠ 4"),
    ("≠", lambda o: (o.X + o.H, o.X + 3), "H ≠ 3"),
    ("≥", lambda o: (o.X + o.H, o.X + 3), "H ≥ 3"),
    ("≥", lambda o: (o.X + 3 * o.H + 2, o.H), "2·H + X + 2 ≥ 0"),
    ("≥", lambda o: (o.X + 3, 2 * o.X), "3 ≥ X"),
    ("≥", lambda o: (o.X + 3, 9), "X ≥ 6"),
    ("≥", lambda o: (3 * o.X, 7), "3·X ≥ 7"),
    ("|", lambda o: (o.X, o.X + 2), "X divides X + 2"),
]


@pytest.mark.parametrize("case", range(len(BALANCED)))
def test_what_both_sides_share_goes_and_what_is_said_stays(case: int) -> None:
    sign, sides, text = BALANCED[case]
    condition = balanced(MAKE[sign](*sides(ON_SIZES)))
    check_the_same(sign, sides, [condition], 9)
    assert condition.text() == text
