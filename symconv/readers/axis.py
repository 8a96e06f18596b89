"""The axis of a sweep as it is written: X=32..1024:32, w=64,96, w=1/4..2:1/4."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from symconv.errors import CallError
from symconv.readers.call import pairs
from symconv.readers.names import plainly

#: Values of an axis that are not in one row of whole numbers.
MOST: Final = 1_000_000

_NUMBER: Final = r"[0-9]{1,30}(?:/[0-9]{1,30}|\.[0-9]{1,30})?"
_STEPS: Final = re.compile(rf"\s*({_NUMBER})\s*\.\.\s*({_NUMBER})\s*(?::\s*({_NUMBER})\s*)?", re.ASCII)
_SINGLE: Final = re.compile(rf"\s*({_NUMBER})\s*", re.ASCII)

Values = range | list[int | Fraction]


def read_axes(texts: Sequence[str]) -> dict[str, Values]:
    """By symbol its values, in the order of the call: numbers, and `first..last:step` with both ends, between commas.

    Raises CallError for anything else, for a range that is reversed, and for a symbol that comes twice.

    >>> read_axes(["X=32..64:16", "w=64,96..128:16"])
    {'X': range(32, 65, 16), 'w': [64, 96, 112, 128]}
    >>> read_axes(["w=1/4..1:1/4"])
    {'w': [Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), 1]}
    """
    wanted = "a symbol and its values are wanted, such as X=32..1024:32 or w=64,96,128"
    return {name: _values(f"{name}={written}", written) for name, written in pairs("--over", texts, wanted).items()}


def _values(text: str, written: str) -> Values:
    parts = [_part(text, part) for part in written.split(",")]
    if len(parts) == 1:
        return parts[0]
    if sum(len(part[: MOST + 1]) for part in parts) > MOST:
        raise _fault(text, f"more than {MOST:,} values that are in no one row")
    return [value for part in parts for value in part]


def _part(text: str, part: str) -> Values:
    single = _SINGLE.fullmatch(part)
    if single is not None:
        return [_exact(text, single[1])]
    steps = _STEPS.fullmatch(part)
    if steps is None:
        shown = plainly(part.strip())
        raise _fault(text, f"{shown} is neither a number nor a range such as 32..1024:32")
    first, last, step = (_exact(text, number or "1") for number in steps.groups())
    if last < first:
        raise _fault(text, f"the range {part.strip()} is reversed, so it is empty")
    if step == 0:
        raise _fault(text, f"the step of {part.strip()} is 0")
    if isinstance(first, int) and isinstance(step, int):
        return range(first, int(last // 1) + 1, step)
    if (last - first) / step >= MOST:
        raise _fault(text, f"more than {MOST:,} values that are not whole")
    values = (first + k * step for k in range(int((last - first) // step) + 1))
    return [int(v) if v.denominator == 1 else v for v in values]


def _exact(text: str, number: str) -> int | Fraction:
    try:
        value = Fraction(number)
    except ZeroDivisionError:
        raise _fault(text, f"{number} divides by 0") from None
    return int(value) if value.denominator == 1 else value


def _fault(text: str, what: str) -> CallError:
    return CallError(f"--over {plainly(text)}: {what}")
