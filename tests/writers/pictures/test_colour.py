"""The ramp tells the share: on a screen, in greyscale, and to every kind of colour vision."""

from __future__ import annotations

from itertools import pairwise

import pytest

from symconv.writers.pictures.colour import LIGHT, contrast

STEPS = [i / 100 for i in range(101)]

# Machado, Oliveira, Fernandes, A Physiologically-based Model for Simulation of Color Vision Deficiency, 2009: the
# matrices of severity 1.0, on linear RGB.
VISION = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def rgb(colour: str) -> tuple[float, float, float]:
    r, g, b = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return r, g, b


def grey(r: float, g: float, b: float) -> float:
    """Luma as of Rec. 601, which printers and screens make grey by."""
    return 0.299 * r + 0.587 * g + 0.114 * b


def test_nothing_is_white_and_the_greatest_share_is_saturated() -> None:
    assert LIGHT.shade(0) == "#ffffff"
    r, _, b = rgb(LIGHT.shade(1))
    assert b - r > 0.4
    assert (LIGHT.shade(-1), LIGHT.shade(2)) == (LIGHT.shade(0), LIGHT.shade(1))


def test_a_greater_share_is_darker_in_greyscale() -> None:
    greys = [grey(*rgb(LIGHT.shade(part))) for part in STEPS]
    assert all(after < before for before, after in pairwise(greys))
    assert greys[0] - greys[-1] > 0.4


@pytest.mark.parametrize("deficiency", VISION)
def test_a_greater_share_is_darker_to_every_colour_vision(deficiency: str) -> None:
    seen = []
    for part in STEPS:
        linear = [c**2.2 for c in rgb(LIGHT.shade(part))]
        out = [sum(m * c for m, c in zip(row, linear)) for row in VISION[deficiency]]
        seen.append(0.2126 * out[0] + 0.7152 * out[1] + 0.0722 * out[2])
    assert all(after < before for before, after in pairwise(seen[::2]))


def test_text_is_legible_on_every_shade() -> None:
    # 4.5 is what WCAG 2 asks of text.
    assert all(contrast(LIGHT.text_on(LIGHT.shade(part)), LIGHT.shade(part)) > 4.5 for part in STEPS)


def test_contrast_is_that_of_the_standard() -> None:
    # From the tables of WebAIM's contrast checker.
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#ffffff", "#0000ff") == pytest.approx(8.59, abs=0.01)
