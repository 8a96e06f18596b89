"""What sizes are at least."""

from random import Random

import pytest
from test_extent import H, P, S, X, w
from test_powers import I, n, q
from test_solve import draw, on_x
from witness.programs import run

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


@pytest.mark.parametrize(
    ("size", "bound"),
    [
        (X - 4 * (X // 4), 0), (X + 80 - 160 * ((X + 80) // 160), 0), (H * X - 3 * H * (X // 3), None),
        (2 * X - 4 * ((X + 1) // 4), 0), (X - 3 * (X // 4), None), (X * X - 2 * ((X * X + 5) // 2), -5),
    ],
)  # fmt: skip
def test_a_multiple_of_a_quotient_is_at_most_what_is_divided(size: Size, bound: int | None) -> None:
    assert lower_bound(size) == bound


def test_no_value_of_a_random_size_falls_below_its_bound() -> None:
    rng, tight = Random(3), 0
    for _ in range(1500):
        program = draw(rng, linear=rng.random() < 0.7, functions=("max", "min") if rng.random() < 0.3 else ())
        bound = lower_bound(on_x(program))
        if bound is not None:
            least = min(run(program, {"X": v}) for v in range(1, 130))
            assert bound <= least, (program, bound, least)
            tight += bound == least
    assert tight >= 800
