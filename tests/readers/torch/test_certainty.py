"""What is certain of floats, beside floats at many numbers."""

import math
from fractions import Fraction

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

CONSTANTS = [0.1, 0.29, 0.3, 0.35, 0.57, 0.6, 0.7, 1.1, 1.4, 1 / 3, 2 / 3, 1 / 49, 0.123456789012, math.pi, 2.5, -0.7]


@pytest.mark.parametrize("x", CONSTANTS)
def test_multiples(x):
    from symconv.readers.torch.certainty import Certain, meant, of_product

    fraction, certain = meant(x)
    assert float(fraction) == x
    sure = of_product(Certain.EXACT, certain, False, x)
    for n in range(1, 8192, 3):
        if certain == Certain.EXACT or sure & Certain.FLOOR:
            assert math.floor(n * x) == math.floor(n * fraction), n
        if certain == Certain.EXACT or sure & Certain.CEILING:
            assert math.ceil(n * x) == math.ceil(n * fraction), n
        if (n * fraction).denominator > 1:  # only where the fraction is an integer is a float beside it another one
            assert math.floor(n * x) == math.floor(n * fraction)


def test_which_are_not_certain():
    from symconv.readers.torch.certainty import Certain, meant, of_product

    for x, fraction in (
        (0.7, Fraction(7, 10)),
        (0.6, Fraction(3, 5)),
        (1.1, Fraction(11, 10)),
        (0.29, Fraction(29, 100)),
    ):
        sure = of_product(Certain.EXACT, meant(x)[1], False, x)
        below = all(math.floor(n * x) == math.floor(n * fraction) for n in range(1, 8192))
        above = all(math.ceil(n * x) == math.ceil(n * fraction) for n in range(1, 8192))
        assert (bool(sure & Certain.FLOOR), bool(sure & Certain.CEILING)) == (below, above), x
    assert meant(0.375) == (Fraction(3, 8), Certain.EXACT)


NUMBERS = st.integers(1, 300)


@given(NUMBERS, NUMBERS, st.sampled_from(["+", "-", "*", "/"]), st.sampled_from(["+", "-", "*", "/"]), NUMBERS)
def test_what_is_certain_of_two_steps(a, b, first, second, c):
    """(a ∘ b) ∘ c in floats and in fractions: where it is said to be certain, they are rounded alike."""
    from symconv import Network
    from symconv.extent import size_of
    from symconv.readers.torch.certainty import Certain
    from symconv.readers.torch.path import Path
    from symconv.readers.torch.shadow import Ratio, Shadow, as_float
    from symconv.symbols import symbol

    s = symbol("X", scope="floats")
    path = Path(Network("floats"), {s: a})
    x = as_float(Shadow(a, size_of(s), path))
    does = {"+": lambda p, q: p + q, "-": lambda p, q: p - q, "*": lambda p, q: p * q, "/": lambda p, q: p / q}
    made = does[second](does[first](x, b), c)
    exact = does[second](does[first](Fraction(a), b), c)
    if not isinstance(made, Ratio):
        return
    value = float.__add__(made, 0.0)
    assert value == does[second](does[first](float(a), b), c)
    if made.certain & Certain.FLOOR:
        assert math.floor(value) == math.floor(exact)
    if made.certain & Certain.CEILING:
        assert math.ceil(value) == math.ceil(exact)
    if made.certain == Certain.EXACT:
        assert Fraction(value) == exact
    if made.certain & Certain.DYADIC == Certain.DYADIC and exact.denominator & (exact.denominator - 1) == 0:
        assert Fraction(value) == exact
