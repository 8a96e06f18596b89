"""Colour: a share as the lightness of one hue, from that of the page to saturated.

One hue whose lightness falls evenly in a perceptual space keeps its order in greyscale and for every kind of colour
vision. Source: Ottosson, A perceptual color space for image processing (OKLab), 2020; contrast as in WCAG 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin

Linear = tuple[float, float, float]


@dataclass(frozen=True)
class Theme:
    """The colours of a picture. A ramp goes from `lightness` at share 0 to `saturated`, both in OKLab."""

    ground: str
    ink: str
    paper: str
    line: str
    group: str
    light: float
    saturated: float
    chroma: float
    hue: float

    def shade(self, part: float) -> str:
        """The colour of a part of the greatest share, 0 to 1.

        >>> LIGHT.shade(0), LIGHT.shade(1)
        ('#ffffff', '#5896d9')
        """
        part = min(max(part, 0.0), 1.0)
        lightness = self.light + (self.saturated - self.light) * part
        turn, chroma = radians(self.hue), self.chroma * part
        return _hex(_linear(lightness, chroma * cos(turn), chroma * sin(turn)))

    def text_on(self, shade: str) -> str:
        """Ink or paper, whichever is read better on a shade."""
        return max((self.ink, self.paper), key=lambda text: contrast(text, shade))


#: For paper and a white page.
LIGHT = Theme(
    ground="white", ink="#111111", paper="#ffffff", line="#666666", group="#f4f4f4",
    light=1.0, saturated=0.66, chroma=0.12, hue=252,
)  # fmt: skip

#: For a dark page: a greater share is lighter.
DARK = Theme(
    ground="#121212", ink="#ffffff", paper="#000000", line="#9a9a9a", group="#1e1e1e",
    light=0.1822, saturated=0.55, chroma=0.13, hue=252,
)  # fmt: skip

#: The themes by their names.
THEMES = {"light": LIGHT, "dark": DARK}


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21.

    >>> round(contrast("#000000", "#ffffff"))
    21
    """
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """The share of white's light that a colour has, which is what is left of it in greyscale."""
    r, g, b = (_decoded(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _linear(lightness: float, a: float, b: float) -> Linear:
    """OKLab to linear sRGB."""
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _hex(colour: Linear) -> str:
    return "#" + "".join(f"{round(255 * _encoded(min(max(c, 0.0), 1.0))):02x}" for c in colour)


def _encoded(c: float) -> float:
    return 12.92 * c if c <= 0.0031308 else 1.055 * float(c ** (1 / 2.4)) - 0.055


def _decoded(c: float) -> float:
    return c / 12.92 if c <= 0.04045 else float(((c + 0.055) / 1.055) ** 2.4)
