"""The ramp tells the share: on a screen, in greyscale, and to every kind of colour vision."""

from __future__ import annotations

from itertools import pairwise

import pytest

from symconv.writers.pictures.colour import DARK, LIGHT, THEMES, Theme, contrast

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


def test_nothing_is_the_page_and_the_greatest_share_is_saturated() -> None:
    assert LIGHT.shade(0) == "#ffffff"
    assert DARK.shade(0) == DARK.ground
    for theme in THEMES.values():
        r, _, b = rgb(theme.shade(1))
        assert b - r > 0.4
        assert (theme.shade(-1), theme.shade(2)) == (theme.shade(0), theme.shade(1))


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_a_greater_share_stands_out_more_in_greyscale(theme: Theme) -> None:
    greys = [grey(*rgb(theme.shade(part))) for part in STEPS]
    greys = greys if theme is DARK else greys[::-1]
    # A step of a hundredth may be less than one of the 255 of a channel.
    assert all(before <= after for before, after in pairwise(greys))
    assert all(before < after for before, after in pairwise(greys[::2]))
    assert greys[-1] - greys[0] > 0.3


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
@pytest.mark.parametrize("deficiency", VISION)
def test_a_greater_share_stands_out_more_to_every_colour_vision(deficiency: str, theme: Theme) -> None:
    seen = []
    for part in STEPS:
        linear = [c**2.2 for c in rgb(theme.shade(part))]
        out = [sum(m * c for m, c in zip(row, linear)) for row in VISION[deficiency]]
        seen.append(0.2126 * out[0] + 0.7152 * out[1] + 0.0722 * out[2])
    seen = seen if theme is DARK else seen[::-1]
    assert all(before < after for before, after in pairwise(seen[::3]))


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_text_is_legible_on_every_shade_and_on_the_page(theme: Theme) -> None:
    # 4.5 is what WCAG 2 asks of text.
    assert all(contrast(theme.text_on(theme.shade(part)), theme.shade(part)) > 4.5 for part in STEPS)
    assert contrast(theme.ink, theme.group) > 4.5
    assert contrast(theme.ink, theme.shade(0)) > 4.5
    assert contrast(theme.line, theme.group) > 3


def test_contrast_is_that_of_the_standard() -> None:
    # From the tables of WebAIM's contrast checker.
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#ffffff", "#0000ff") == pytest.approx(8.59, abs=0.01)
