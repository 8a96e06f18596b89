"""The value of a formula as it is printed: text, ASCII or LaTeX, read back with fractions.

Only what the tests themselves have printed is read: the text is turned into Python and evaluated.
"""

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_TEXT = {"⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", "·": "*", "−": "-"}
_LATEX = {
    r"\left\lfloor": "floor(", r"\right\rfloor": ")", r"\left\lceil": "ceil(", r"\right\rceil": ")", r"\cdot": "*",
    r"\left(": "(", r"\right)": ")", r"\max": "max", r"\min": "min", r"\gcd": "gcd",
}  # fmt: skip
_FUNCTIONS: Mapping[str, Any] = {
    "floor": lambda v: Fraction(math.floor(v)),
    "ceil": lambda v: Fraction(math.ceil(v)),
    "max": max,
    "min": min,
    "gcd": lambda a, b: Fraction(math.gcd(int(a), int(b))),
}


def printed_value(text: str, style: str, at: Mapping[str, int | Fraction]) -> Fraction:
    """The value at these values of the symbols; `style` is text, ascii or latex."""
    if style == "latex":
        for sign, word in _LATEX.items():
            text = text.replace(sign, word)
        text = re.sub(r"\^\{(\d+)\}", r"**\1", text)
        while r"\frac" in text:
            start = text.rindex(r"\frac{")
            over, middle = _braced(text, start + len(r"\frac"))
            under, end = _braced(text, middle)
            text = f"{text[:start]}(({over})/({under})){text[end:]}"
    elif style == "text":
        text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda m: "**" + m[0].translate(_RAISED), text)
        for sign, word in _TEXT.items():
            text = text.replace(sign, word)
    else:
        text = text.replace("^", "**")
    text = re.sub(r"(?<!\*\*)(?<![\w.])(\d+)(?!\d)", r"F(\1)", text)
    names = {name: Fraction(value) for name, value in at.items()}
    value: Fraction = eval(text, {"__builtins__": {}, "F": Fraction, **_FUNCTIONS, **names})
    return value


def _braced(text: str, start: int) -> tuple[str, int]:
    """What stands in the braces that open at `start`, and where they have closed."""
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] == "{") - (text[i] == "}")
        if depth == 0:
            return text[start + 1 : i], i + 1
    raise ValueError(text)
