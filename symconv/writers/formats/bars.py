"""Bars: a share of 1 as a bar of blocks, in a colour that is the stronger the greater it is."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

#: The eighths of a block.
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"

#: From the least to the greatest: one hue that gains lightness and saturation evenly in OKLab, so that its order is
#: kept in greyscale; each has a contrast of 3 or more (WCAG 2) on a black and on a white terminal.
RAMP: Final = ("#5b646f", "#596e87", "#56789f", "#5282b8", "#4c8cd1", "#4495ea")


def bar(share: Fraction, width: int = 10) -> str:
    """A bar of blocks for a share of 1.

    >>> bar(Fraction(1, 2)), bar(Fraction(1, 16), 4)
    ('█████     ', '▎   ')
    """
    full, rest = divmod(round(share * width * 8), 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(width)


def colour(share: Fraction, most: Fraction) -> str:
    """The colour of a bar, by what it is of the greatest.

    >>> colour(Fraction(1, 9), Fraction(1, 3)), colour(Fraction(1, 3), Fraction(1, 3))
    ('#56789f', '#4495ea')
    """
    part = share / most if most else Fraction(0)
    return RAMP[min(int(part * len(RAMP)), len(RAMP) - 1)]
