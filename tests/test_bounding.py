"""What sizes are at least."""

import pytest
from test_extent import H, P, S, X, w
from test_powers import I, n, q

from symconv.bounding import lower_bound
from symconv.extent import Size, size_of
from symconv.extremes import gcd, largest, smallest
from symconv.powers import power
from symconv.recurrence import iterated_window
from symconv.rounding import ceiling
from symconv.symbols import index


@pytest.mark.parametrize(
    ("size", "bound"),
    [
        (X, 1), (P, 0), (w, 0), (X + P + 3, 4), (X * P, 0), (2 * X * H - 5, -3), (X // 2, 0), ((X + 7) // 4, 2),
        (X - 1, 0), (X - 2, -1), (-X, None), (X - H, None), (X // S, 0), (largest(X, 5), 5), (smallest(X + 2, 5), 3),
        (gcd(X, 6), 1), ((X - 3) // 2, -1), (-(X // 2), None), (7, 7), (largest(X - 9, 3), 3),
    ],
)  # fmt: skip
def test_no_value_falls_below_the_bound(size: Size, bound: int | None) -> None:
    assert lower_bound(size) == bound


@pytest.mark.parametrize(
    ("size", "least"),
    [
        (n - 1 - I, 0),
        (n - I, 1),
        (3 * n - 2 * I, 3),
        (n * q - I * q, 1),
        (I - n, None),
        (size_of(index("i", 2, 9)), 2),
        (8 - size_of(index("i", 2, 9)), 0),
        (size_of(index("j", 0, I + 1)) * -1 + I, 0),
        (n - 1 - size_of(index("j", 0, I + 1)), 0),
        (power(2, n + 2), 8),
        (power(2, n - I), 2),
        (iterated_window(X, 1, 2, I), 1),
        (ceiling(3 * w, 2), 1),
    ],
)
def test_the_bounds_of_a_round_bound_what_is_made_of_it(size: Size, least: int | None) -> None:
    assert lower_bound(size) == least
