"""The normal form of floors: what is shown, and what fractions, zeros and signs forbid."""

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from test_extent import H, P, S, X, at, on_sizes, random_case, random_values, w

from symconv.errors import ExtentError
from symconv.extent import Extent, Floor, Size, size_of, symbols_of
from symconv.rounding import ceiling, floor
from symconv.values import evaluate, substitute


@pytest.mark.parametrize(
    ("size", "text"),
    [
        ((X // 2) // 2, "⌊X/4⌋"),
        ((X + 1) // 2, "⌈X/2⌉"),
        ((X + 3) // 4, "⌈X/4⌉"),
        (((X - 1) // 2 + 1 - 1) // 2 + 1, "⌈X/4⌉"),
        (2 * X // 2, "X"),
        (4 * X // 6, "⌊2·X/3⌋"),
        ((4 * X + 3) // 6, "⌊(2·X + 1)/3⌋"),
        (3 * X // 2, "⌊3·X/2⌋"),
        ((7 * X + 5) // 3, "⌊(7·X + 5)/3⌋"),
        (-X // 2, "⌊(−X)/2⌋"),
        (X - X // 2, "⌈X/2⌉"),
        ((2 * (X // 2) + 3) // 4, "⌊(X + 2)/4⌋"),
        ((3 * (X // 2) + 1) // 4, "⌊X/2⌋ − ⌊(X + 4)/8⌋"),
        (X * 29 // 25, "⌊29·X/25⌋"),
        (X * 29 // 25 * 29 // 25, "⌊29·⌊29·X/25⌋/25⌋"),
        ((X * 29 // 25 + 1) // 2, "⌊(29·X + 25)/50⌋"),
        (2 * (X * 29 // 25) + 7, "2·⌊29·X/25⌋ + 7"),
        (X % 7, "X − 7·⌊X/7⌋"),
        ((X + 2 * P - 3) // S + 1, "⌊(X + 2·P − 3)/S⌋ + 1"),
        (((X + P) // S + P) // S, "⌊(S·P + X + P)/S²⌋"),
        ((H * X + H) // H, "X + 1"),
        (6 * H * X // (4 * H), "⌊3·X/2⌋"),
        ((X // 2 + P) // 3 * 3, "3·⌊(X + 2·P)/6⌋"),
        ((X // 3) * (X // 3) + 2, "⌊X/3⌋² + 2"),
        (ceiling(X, 5), "⌈X/5⌉"),
        (5 // X, "⌊5/X⌋"),
        (floor(H, 4, exact=True), "H/4"),
        (floor(H, 4, exact=True) - 1, "(H − 4)/4"),
        (H - floor(H, 4, exact=True), "3·H/4"),
        (floor(H * X, S, exact=True), "X·H/S"),
    ],
)
def test_the_form_that_is_shown(size: Size, text: str) -> None:
    assert str(size) == text


def test_a_fraction_below_a_floor_is_no_ceiling() -> None:
    """⌊w·X⌋ is not ⌈w·X⌉, and ⌊(w·X + 1)/2⌋ not ⌈w·X/2⌉, where w is a width multiplier such as 3/4."""
    assert str(w * X // 1) == "⌊w·X⌋"
    assert str((w * X + 1) // 2) == "⌊(w·X + 1)/2⌋"
    assert str((X + 1) // 2) == "⌈X/2⌉"
    assert str(X - w * X // 1) == "X − ⌊w·X⌋"
    assert str(w * X // 1 + w) == "⌊w·X⌋ + w"
    assert str(8 * (w * X // 8)) == "8·⌊w·X/8⌋"


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        # ⌊(X − ⌊w·X⌋)/S⌋ must not become ⌊(X − w·X)/S⌋: −⌊v⌋ = ⌈−v⌉ for a fraction v
        (lambda X, S, w: (X - w * X // 1) // S, {"X": 3, "S": 2, "w": Fraction(1, 2)}),
        (lambda X, S, w: (S - w * X // 2) // S, {"X": 3, "S": 2, "w": Fraction(1, 2)}),
        # ⌊⌊X/2⌋/w⌋ must not become ⌊X/(2·w)⌋: floors compose over integer divisors only
        (lambda X, S, w: X // 2 // w, {"X": 3, "S": 1, "w": Fraction(3, 2)}),
        (lambda X, S, w: X // S // w, {"X": 3, "S": 2, "w": Fraction(3, 2)}),
        (lambda X, S, w: X // w // S, {"X": 7, "S": 2, "w": Fraction(3, 2)}),
        (lambda X, S, w: (X + w * X) // w // S, {"X": 7, "S": 2, "w": Fraction(1, 3)}),
    ],
)
def test_fractions_do_not_compose_as_integers_do(rule: Callable[..., Any], values: dict[str, Any]) -> None:
    rng = Random(3)
    size = rule(X, S, w)
    for trial in range(60):
        point = values if trial == 0 else random_values(rng, "XSw")
        assert evaluate(size, at(point)) == rule(*(point[n] for n in "XSw")), point


def test_what_may_be_zero_is_not_cancelled() -> None:
    """P/P is 1 only where P is not 0; a divisor of 0 has no value, and says so."""
    for size in (P // P, P * X // P, (P + X) // P, X // (P * S)):
        with pytest.raises(ExtentError, match="is 0 here"):
            evaluate(size, at({"P": 0, "X": 4, "S": 2}))
        assert isinstance(size, Extent)
    assert evaluate(P * X // P, at({"P": 3, "X": 4})) == 4
    assert X * S // S == X


def test_an_exact_quotient_that_does_not_come_out_even_is_an_error() -> None:
    assert evaluate(floor(X, 4, exact=True), at({"X": 12})) == 3
    with pytest.raises(ExtentError, match="4 does not divide 13 in X/4"):
        evaluate(floor(X, 4, exact=True), at({"X": 13}))


def test_the_normal_form_does_not_depend_on_the_way() -> None:
    """Building a size again from its own terms changes nothing, whatever signs were met on the way."""
    rng, met = Random(11), 0
    for _ in range(1_500):
        names, program = random_case(rng)
        size = on_sizes(program, names)
        if isinstance(size, Extent):
            again = substitute(size, {s: size_of(s) for s in symbols_of(size)})
            assert again == size, (program, size, again)
            assert hash(again) == hash(size)
            met += 1
    assert met > 1_000


def test_coefficients_stay_in_their_half_open_range_when_the_sign_is_turned() -> None:
    for size in ((2 * X - H) // 4, (-2 * X - H) // 4, (2 * X + H + 1) // 4, (X * H - 3 * X) // 6):
        ((atom,),) = [m for m in size.terms if isinstance(m[0], Floor)]
        assert isinstance(atom, Floor)
        assert all(-atom.under < 2 * c <= atom.under for m, c in atom.over.terms.items() if m)
