"""The normal form of floors: what is shown, and what fractions, zeros and signs forbid."""

from collections.abc import Callable
from fractions import Fraction
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from test_extent import SYMBOL, H, P, S, X, at, on_sizes, random_case, random_values, w

from symconv.errors import ExtentError
from symconv.extent import Extent, Floor, Size, size_of, symbols_of
from symconv.extremes import largest, smallest
from symconv.powers import power
from symconv.rounding import ceiling, floor
from symconv.symbols import index, symbol
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


#: What is written, and the form that is shown: short by hand, and of the same values by the test below.
FORMS: list[tuple[Callable[[Any], Any], str]] = [
    (lambda o: o.X // 3 - (o.X + 3) // 6, "⌊X/3⌋ − ⌊(X + 3)/6⌋"),
    (lambda o: 2 * ((o.X + 3) // 6) - 2 * (o.X // 3) + o.H, "2·⌊(X + 3)/6⌋ + H − 2·⌊X/3⌋"),
    (lambda o: o.X // 3 - (o.X + 1) // 6, "⌊X/3⌋ − ⌊(X + 1)/6⌋"),
    (lambda o: o.X // 3 - o.X // 6, "⌊X/3⌋ − ⌊X/6⌋"),
    (lambda o: (o.X + 2) // 3 - (o.X + 5) // 6, "⌈X/3⌉ − ⌈X/6⌉"),
    (lambda o: o.X - o.X // 2, "⌈X/2⌉"),
    (lambda o: o.X + 1 - (o.X + 1) // 2, "⌊(X + 2)/2⌋"),
    (lambda o: 3 * o.X - 2 * (o.X // 2), "3·X − 2·⌊X/2⌋"),
    (lambda o: o.X // 4 - o.X // 6, "⌊X/4⌋ − ⌊X/6⌋"),
    (lambda o: o.exact(o.X, 3) - o.X // 6, "X/3 − ⌊X/6⌋"),
    (lambda o: o.X // 3 - o.exact(o.X, 6), "⌊X/3⌋ − X/6"),
    (lambda o: o.X // 3 * o.H - o.X // 6, "H·⌊X/3⌋ − ⌊X/6⌋"),
    (lambda o: o.X // 3 - o.X // 6 * o.H, "⌊X/3⌋ − H·⌊X/6⌋"),
    (lambda o: o.max(o.X, 3) // 4, "⌊X/4⌋"),
    (lambda o: o.min(o.X, 3) // 4, "0"),
    (lambda o: (2 * o.max(o.X, 3) + 1) // 8, "⌊X/4⌋"),
    (lambda o: (o.max(o.X, 3) + 1) // 4, "⌊(max(3, X) + 1)/4⌋"),
    (lambda o: (-o.max(o.X, 3)) // 4, "−⌈max(3, X)/4⌉"),
    (lambda o: (o.max(o.X, 3) * o.H) // 4, "⌊H·max(3, X)/4⌋"),
    (lambda o: (o.H + o.max(o.X, 4)) // 8, "⌊(max(4, X) + H)/8⌋"),
    (lambda o: (o.H * o.X + o.P) // o.H, "⌊P/H⌋ + X"),
    (lambda o: (6 * o.H * o.X + o.P) // (3 * o.H), "⌊P/(3·H)⌋ + 2·X"),
    (lambda o: (6 * o.H * o.X + 5 * o.H + o.P) // (3 * o.H), "⌊(5·H + P)/(3·H)⌋ + 2·X"),
    (lambda o: (o.H * o.H * o.X + o.H) // (o.H * o.H), "⌊1/H⌋ + X"),
    (lambda o: (2 * o.H * o.X + 4 * o.H) // (6 * o.S * o.H), "⌊(X + 2)/(3·S)⌋"),
    (lambda o: (2 * o.X + 3) // (4 * o.S), "⌊(2·X + 3)/(4·S)⌋"),
    (lambda o: (4 * o.X + 6) // (4 * o.S), "⌊(2·X + 3)/(2·S)⌋"),
    (lambda o: (o.X + o.S - 1) // o.S, "⌊(X − 1)/S⌋ + 1"),
    (lambda o: (o.X // o.S + 3) // 2, "⌊(X + 3·S)/(2·S)⌋"),
    (lambda o: (o.X // o.S + o.P) // o.S, "⌊(S·P + X)/S²⌋"),
    (lambda o: (-(o.X // o.S)) // 2, "⌊X/(2·S)⌋ − ⌊X/S⌋"),
    (lambda o: (o.P - o.X // 3) // o.S, "⌊(3·P − X + 2)/(3·S)⌋"),
    (lambda o: (2 * (o.X // 3)) // o.S, "⌊2·⌊X/3⌋/S⌋"),
    (lambda o: (o.X // 2 + o.H // 2) // 3, "⌊(⌊X/2⌋ + ⌊H/2⌋)/3⌋"),
    (lambda o: (3 * (o.X // 2)) // 4, "⌊X/2⌋ − ⌊(X + 6)/8⌋"),
    (lambda o: (9 * (o.X // 2)) // 10, "⌊X/2⌋ − ⌊(X + 18)/20⌋"),
    (lambda o: (8 * (o.X // 2)) // 9, "⌊X/2⌋ − ⌊(X + 16)/18⌋"),
    (lambda o: (o.X // 2 * o.H) // 3, "⌊H·⌊X/2⌋/3⌋"),
    (lambda o: (o.X - o.H) // 2, "⌊(X − H)/2⌋"),
    (lambda o: (o.H - o.X) // 2, "⌊(H − X)/2⌋"),
    (lambda o: (o.H - o.X) // 4, "⌊(H − X)/4⌋"),
    (lambda o: (o.X - 2 * o.H) // 4, "⌊(X − 2·H)/4⌋"),
    (lambda o: (2 * o.H - o.X + 1) // 4, "⌊(2·H − X + 1)/4⌋"),
    (lambda o: o.exact(o.H - o.X, 4), "(H − X)/4"),
    (lambda o: o.exact(3 - o.X, 4), "−(X + 1)/4 + 1"),
    (lambda o: o.exact(o.exact(o.X, 2), 3), "X/6"),
    (lambda o: o.exact(o.X // 2, 3), "⌊X/6⌋"),
    (lambda o: o.exact(o.X, 2) // 3, "⌊X/6⌋"),
    (lambda o: 4 * o.exact(o.X, 2), "2·X"),
    (lambda o: 3 * o.exact(o.X, 2), "3·(X/2)"),
    (lambda o: o.H * o.exact(o.X, o.H), "X"),
    (lambda o: 2 * o.H * o.exact(o.X, 4 * o.H), "2·H·(X/(4·H))"),
    (lambda o: o.exact(o.X * o.H, o.exact(o.X, 2)), "2·H"),
    (lambda o: o.exact(3 * o.X * o.H + 6 * o.X, o.exact(3 * o.X, o.S)), "S·H + 2·S"),
    (lambda o: o.exact(o.X * o.H + o.X, o.exact(3 * o.X, o.S)), "(X·H + X)/(3·X/S)"),
    (lambda o: o.exact(o.H, o.exact(o.X, 2)), "H/(X/2)"),
    (lambda o: o.exact(o.X, o.S) // o.H, "⌊X/(S·H)⌋"),
    (lambda o: o.w * o.X // 1, "⌊w·X⌋"),
    (lambda o: o.w * o.X // 2 // 3, "⌊w·X/6⌋"),
    (lambda o: (o.w * o.X // 2 + 1) // 3, "⌊(w·X + 2)/6⌋"),
    (lambda o: (4 * o.w * o.X + 6 * o.X) // 8, "⌊(2·w·X + 3·X)/4⌋"),
    (lambda o: (o.w * 4 + 6) // 2, "⌊2·w + 3⌋"),
    (lambda o: (o.w * 4 + 3) // 2, "⌊(4·w + 3)/2⌋"),
    (lambda o: o.ceil(o.w * o.X, 2), "⌈w·X/2⌉"),
    (lambda o: o.ceil(o.w * o.X, 2) // 3, "⌊⌈w·X/2⌉/3⌋"),
    (lambda o: o.ceil(o.w * o.X + 3, 2) + 1, "⌈(w·X − 1)/2⌉ + 3"),
    (lambda o: o.ceil(o.X, 7), "⌈X/7⌉"),
    (lambda o: o.ceil(o.w * o.X // 1, 2), "⌊(w·X + 1)/2⌋"),
    (lambda o: (o.power(2, o.n) + o.X) // 4, "⌊(2^n + X)/4⌋"),
    (lambda o: (o.power(2, o.n) * o.X + 2) // 4, "⌈2^(n − 1)·X/2⌉"),
    (lambda o: (o.power(4, o.n) * 3 + 5) // 8, "⌈3·4^(n − 1)/2⌉"),
    (lambda o: (o.power(2, o.n) * 6 + 4 * o.X) // 8, "⌊(3·2^(n − 1) + X)/2⌋"),
    (lambda o: (o.power(2, o.n) * o.X + o.power(3, o.n)) // 4, "⌊(2^n·X + 3^n)/4⌋"),
    (lambda o: (o.power(2, o.n) - o.X) // 4, "⌊(2^n − X)/4⌋"),
    (lambda o: o.X // o.power(2, o.n), "⌊X/2^n⌋"),
    (lambda o: (o.X + o.power(2, o.n)) // o.power(2, o.n), "⌊X/2^n⌋ + 1"),
    (lambda o: (o.X - 1) // o.power(2, o.i), "⌊(X − 1)/2^i⌋"),
    (lambda o: (3 * o.power(2, o.n) + o.X) // o.power(2, o.i), "3·2^(n − i) + ⌊X/2^i⌋"),
    (lambda o: (o.power(2, o.n) * o.H) // (2 * o.power(2, o.n)), "⌊H/2⌋"),
    (lambda o: (5 * o.power(2, o.n)) // (2 * o.power(2, o.i)), "5·2^(n − i − 1)"),
    (lambda o: (4 * o.X + 3) // (6 * o.power(2, o.n)), "⌊X/(3·2^(n − 1))⌋"),
    (lambda o: (o.X * o.H) // (o.H * o.power(2, o.n)), "⌊X/2^n⌋"),
    (lambda o: (o.X * o.H + o.H) // (o.H * o.S * o.power(2, o.n)), "⌊(X + 1)/(2^n·S)⌋"),
    (lambda o: (o.X // o.power(2, o.n) + 1) // 2, "⌊(2^n + X)/2^(n + 1)⌋"),
    (lambda o: (o.X // 2 + o.P) // o.power(2, o.n), "⌊(X + 2·P)/2^(n + 1)⌋"),
    (lambda o: (o.P - o.X // 2) // o.power(2, o.n), "⌊(2·P − X + 1)/2^(n + 1)⌋"),
    (lambda o: o.X // (o.P * o.power(2, o.n)), "⌊X/(2^n·P)⌋"),
    (lambda o: o.power(2, o.n) * o.exact(o.X, o.power(2, o.i)), "2^(n − i)·X"),
    (lambda o: o.power(2, o.i) * o.exact(o.X, o.power(2, o.n)), "2^i·(X/2^n)"),
    (lambda o: (o.power(2, o.i) * o.X) // o.power(2, o.n), "⌊X/2^(n − i)⌋"),
    (lambda o: (o.power(6, o.i) * o.X) // o.power(2, o.n), "⌊3^i·X/2^(n − i)⌋"),
    (lambda o: (o.power(6, o.i) * o.X) // o.power(6, o.n), "⌊X/6^(n − i)⌋"),
    (lambda o: (2 * o.power(2, o.n) - 1) // o.power(2, o.n), "1"),
    (lambda o: (o.power(2, o.n) - 1) // o.power(2, o.n), "0"),
    (lambda o: o.power(3, o.n) // o.power(2, o.n), "⌊3^n/2^n⌋"),
    (lambda o: (o.X % 4 + 4 * (o.H // 3)) // 4, "⌊H/3⌋"),
    (lambda o: 5 // o.X, "⌊5/X⌋"),
    (lambda o: (5 + o.P) // o.P, "⌊(P + 5)/P⌋"),
    (lambda o: 0 * o.X // o.P, "0"),
    (lambda o: 0 // (o.P * o.power(2, o.n)), "0"),
    (lambda o: (2 * (o.X // 3) - 2 * ((o.X + 3) // 6)) // 2, "⌊X/6⌋"),
    (lambda o: (2 * ((o.X + 3) // 6) - 2 * (o.X // 3)) // 2, "⌊(X + 3)/6⌋ − ⌊X/3⌋"),
    (lambda o: (2 * o.H * (o.X // 3) - 2 * o.H * ((o.X + 3) // 6)) // 2, "H·⌊X/3⌋ − H·⌊(X + 3)/6⌋"),
    (lambda o: (6 * (o.X // 3) - 6 * ((o.X + 3) // 6)) // 2, "3·⌊X/6⌋"),
    (lambda o: (6 * (o.X // 3) - 2 * ((o.X + 3) // 6)) // 2, "3·⌊X/3⌋ − ⌊(X + 3)/6⌋"),
    (lambda o: (o.X // 3 + o.X // 3 % 2) // 2, "⌊(X + 3)/6⌋"),
    (lambda o: (o.X + o.X % 2) // 2, "⌈X/2⌉"),
    (lambda o: (o.X // 5 + o.X // 5 % 2 + 2 * o.H) // 2, "⌊(X + 5)/10⌋ + H"),
    (lambda o: (2 * o.exact(o.X, 3) - 2 * (o.X // 6)) // 2, "X/3 − ⌊X/6⌋"),
    (lambda o: (2 * (o.X // 3) - 2 * o.exact(o.X, 6)) // 2, "⌊X/3⌋ − X/6"),
    (lambda o: (2 * (o.X // 3) - 2 * (o.X // 7)) // 2, "⌊X/3⌋ − ⌊X/7⌋"),
    (lambda o: (2 * (o.X // 2) - 2 * (o.X // 5)) // 2, "⌊X/2⌋ − ⌊X/5⌋"),
    (lambda o: (2 * (o.X // 3) - 2 * ((o.X + 1) // 6)) // 2, "⌊X/3⌋ − ⌊(X + 1)/6⌋"),
    (lambda o: (2 * (o.X // 3) - 2 * ((o.X + o.H) // 6)) // 2, "⌊X/3⌋ − ⌊(H + X)/6⌋"),
    (lambda o: (2 * (o.X // 2) - 2 * (o.X // 6)) // 2, "⌊X/2⌋ − ⌊X/6⌋"),
    (lambda o: (2 * (o.X // 2) + 3) // 5, "⌊(X + 2)/10⌋ + ⌊(X + 8)/10⌋"),
    (lambda o: (2 * (o.X // 2) + 4) // 5, "⌊(X + 4)/10⌋ + ⌊(X + 8)/10⌋"),
    (lambda o: (3 * (o.X // 2) + 5) // 7, "⌊(X + 2)/14⌋ + ⌊(X + 8)/14⌋ + ⌊(X + 12)/14⌋"),
    (lambda o: (o.w * o.X // 2 + o.P) // o.S, "⌊(w·X + 2·P)/(2·S)⌋"),
    (lambda o: (o.P - o.w * o.X // 2) // o.S, "⌊(P − ⌊w·X/2⌋)/S⌋"),
    (lambda o: (o.X // 2 * o.H + o.X // 2) // (o.X // 2 * o.S), "⌊(H·⌊X/2⌋ + ⌊X/2⌋)/(S·⌊X/2⌋)⌋"),
    (lambda o: 5 * o.exact(o.power(2, o.n) * o.X, 3), "3·2^(n − 1)·X + 2^(n − 1)·X/3"),
    (lambda o: -2 * o.exact(o.power(2, o.n) * o.X, 3), "2·(2^(n − 1)·X/3) − 2^n·X"),
    (lambda o: 2 * o.exact(o.power(2, o.n) * o.X, 3), "2^(n − 1)·X + 2^(n − 1)·X/3"),
    (lambda o: 6 * o.exact(o.power(2, o.n) * o.X, 3), "2·2^n·X"),
    (lambda o: (o.power(2, o.n) * o.X + 3) // o.power(2, o.n), "⌊3/2^n⌋ + X"),
    (lambda o: (8 * o.power(2, o.i) * o.H + 4 * o.X + 2) // (8 * o.power(2, o.i)), "⌊X/2^(i + 1)⌋ + H"),
    (lambda o: (3 * (o.X // 2)) // o.power(2, o.n), "⌊3·⌊X/2⌋/2^n⌋"),
    (lambda o: (o.H + 3 * (o.X // 2)) // o.power(2, o.n), "⌊(3·⌊X/2⌋ + H)/2^n⌋"),
    (lambda o: (o.H + 3 * (o.X // 2)) // o.S, "⌊(3·⌊X/2⌋ + H)/S⌋"),
    (lambda o: (2 * o.X * o.H + o.H * o.P + 3 * o.S * o.H) // (2 * o.H * o.S), "⌊(2·X + P + 3·S)/(2·S)⌋"),
]
COUNT = symbol("n", "count", "forms")
ROUND = index("i", 0, size_of(COUNT), "forms")
ON_SIZES = SimpleNamespace(
    X=X, H=H, P=P, S=S, w=w, n=size_of(COUNT), i=size_of(ROUND), max=largest, min=smallest, power=power, ceil=ceiling,
    exact=lambda a, b: floor(a, b, exact=True),
)  # fmt: skip


class UnevenError(Exception):
    """An exact quotient that does not come out even, so that there is no value."""


def even(a: Any, b: Any) -> Any:
    if a % b:
        raise UnevenError
    return a // b


@pytest.mark.parametrize(("rule", "text"), FORMS, ids=[text for _, text in FORMS])
def test_a_form_that_is_shown_has_the_values_of_what_was_written(rule: Callable[[Any], Any], text: str) -> None:
    size = rule(ON_SIZES)
    assert str(size) == text
    rng, met = Random(text), 0
    for _ in range(400):
        n, values = rng.randint(1, 5), {**random_values(rng, "Pw"), **{name: rng.randint(1, 40) for name in "XHS"}}
        i = rng.randrange(n)
        numbers = SimpleNamespace(
            **values, n=n, i=i, max=max, min=min, exact=even, power=pow, ceil=lambda a, b: -(-a // b)
        )
        try:
            expected = rule(numbers)
        except (UnevenError, ZeroDivisionError):
            continue
        assert evaluate(size, {**{SYMBOL[name]: v for name, v in values.items()}, COUNT: n, ROUND: i}) == expected
        met += 1
        if met == 40:
            break
    assert met > 2
