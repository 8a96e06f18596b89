"""Random sums of products of floors of one symbol, as plain Python and as a cost."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import comb, factorial, lcm

from hypothesis import strategies as st

from symconv import X
from symconv.cost import Cost, product


@dataclass(frozen=True)
class Recipe:
    """Σ c·Π⌊(a·x + b)/s⌋, as plain Python and as an extent."""

    terms: tuple[tuple[int, tuple[tuple[int, int, int], ...]], ...]

    def __call__(self, x: int) -> int:
        total = 0
        for c, floors in self.terms:
            for a, b, s in floors:
                c *= (a * x + b) // s
            total += c
        return total

    @property
    def cost(self) -> Cost:
        total = Cost({})
        for c, floors in self.terms:
            total += product(*((a * X + b) // s for a, b, s in floors)) * c
        return total

    @property
    def period(self) -> int:
        return lcm(*(s for _, floors in self.terms for _, _, s in floors))

    def top(self, r: int, degree: int) -> Fraction:
        """The coefficient of x^degree on x ≡ r, by differences; degree at least that of f on the class."""
        d = self.period
        values = [self(r + d * (3 + i)) for i in range(degree + 2)]
        higher = sum((-1) ** (degree + 1 - i) * comb(degree + 1, i) * v for i, v in enumerate(values))
        assert higher == 0
        this = sum((-1) ** (degree - i) * comb(degree, i) * v for i, v in enumerate(values[: degree + 1]))
        return Fraction(this, factorial(degree) * d**degree)


floors = st.tuples(st.integers(1, 3), st.integers(0, 9), st.sampled_from([1, 1, 2, 3, 4, 6]))
recipes = st.builds(
    Recipe,
    st.lists(st.tuples(st.integers(-4, 4), st.lists(floors, max_size=3).map(tuple)), min_size=1, max_size=4).map(tuple),
)
