"""Where a cost is at most zero, of costs that are no polynomial on few classes: beside every size by itself."""

from __future__ import annotations

from math import gcd
from operator import eq, ge, gt, le, lt

import pytest

from symconv.analysis.signs import at_most_zero, rises, where
from symconv.cost import product
from symconv.extent import size_of
from symconv.extremes import gcd as gcd_of
from symconv.extremes import largest, smallest
from symconv.powers import power
from symconv.sizes import Undecided
from symconv.symbols import symbol

X, W = symbol("X"), symbol("w", "multiplier")
x, w = size_of(X), size_of(W)
STOP = 600


@pytest.mark.parametrize(
    ("cost", "plain"),
    [
        (product(5000) - product(largest(x, 17), x), lambda v: 5000 - max(v, 17) * v),  # falls
        (-product(largest(x, 17)), lambda v: -max(v, 17)),  # falls, and is good from the first on
        (product(gcd_of(x, 12)) - product(x) - 3, lambda v: gcd(v, 12) - v - 3),
        (product(x) - product(gcd_of(x, 12)) - 30, lambda v: v - gcd(v, 12) - 30),
        (product(x, x // 10007) - 7, lambda v: v * (v // 10007) - 7),
        (product(smallest(x, 100)) - 40, lambda v: min(v, 100) - 40),
    ],
)
def test_what_no_few_classes_decide_is_decided_by_its_growth_or_by_looking(cost, plain):
    for relation, holds in {"<=": le, "<": lt, ">=": ge, ">": gt, "=": eq}.items():
        region = where(cost, relation, X)
        assert [v for v in range(1, STOP) if v in region] == [v for v in range(1, STOP) if holds(plain(v), 0)]


def test_what_never_gets_there_is_nowhere_however_far_one_looks():
    never = at_most_zero(product(50) - product(smallest(x // 10007, 9)), X)
    assert never.empty
    always = at_most_zero(product(smallest(x // 10007, 9)) - 50, X)
    assert (always.least, always.unbounded) == (1, True)


@pytest.mark.parametrize(
    ("cost", "of", "why"),
    [
        (product(w) - 3, W, "w is a .*: sizes are integers"),
        (product(gcd_of(x, 12)) - 5, X, "its bounds do not settle on one side"),
        (product(x) - product(gcd_of(x, 10**6 + 3)), X, "its sign is only known from X = .* on"),
        (product(power(2, x)) - product(x, x, x), X, "no polynomial"),
    ],
)
def test_what_is_not_decided_says_how_far_it_got(cost, of, why):
    with pytest.raises(Undecided, match=why):
        at_most_zero(cost, of)


@pytest.mark.parametrize(
    ("size", "plain"),
    [
        (largest(x // 3, 5), lambda v: max(v // 3, 5)),
        (power(2, x), lambda v: 2**v),
        ((2 * (x // 3) + 1) // 2, lambda v: (2 * (v // 3) + 1) // 2),
        (smallest(x, 7) * 2 - 1, lambda v: 2 * min(v, 7) - 1),
    ],
)
def test_what_is_said_to_rise_never_falls(size, plain):
    assert rises(product(size), X)
    figures = [plain(v) for v in range(1, 60)]
    assert figures == sorted(figures)


@pytest.mark.parametrize("size", [100 // x, 7 - x // 2, gcd_of(x, 6), (x // 2) * (x // 3) + 1])
def test_what_falls_somewhere_or_is_not_followed_is_not_said_to_rise(size):
    assert not rises(product(size), X)
