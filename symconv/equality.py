"""Are two sizes equal? Always, on some sizes only, never, or it cannot be decided.

The answer for one symbol is the exact set of sizes (`symconv.solve`); for all sizes of any symbols there is a basis
(`symconv.windows`).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from math import gcd

from symconv.bounding import at_least
from symconv.errors import ExtentError
from symconv.extent import Extent, Size, symbols_of
from symconv.sizes import EVERY, NONE, Sizes, Undecided
from symconv.solve import zero
from symconv.symbols import Symbol, in_order
from symconv.values import evaluate
from symconv.windows import canonical


class Answer(Enum):
    """Whether two sizes are equal."""

    ALWAYS = "always"
    SOMETIMES = "on some sizes"
    NEVER = "never"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Verdict:
    """The answer; on SOMETIMES the symbol and its sizes, on UNDECIDED the reason."""

    answer: Answer
    symbol: Symbol | None = None
    sizes: Sizes = EVERY
    reason: str = ""

    def __str__(self) -> str:
        if self.answer is Answer.SOMETIMES and self.symbol is not None:
            return self.sizes.described(self.symbol.name)
        return self.answer.value + (f": {self.reason}" if self.reason else "")


def compare(left: Size, right: Size) -> Verdict:
    """For which sizes is left = right?

    >>> from symconv.extent import size_of
    >>> from symconv.symbols import symbol
    >>> x, n = size_of(symbol("X")), size_of(symbol("N"))
    >>> [str(compare(a, b)) for a, b in ((x // 2 + (x + 1) // 2, x), (2 * (x // 2), x), (2 * n * x, 2 * x + 1))]
    ['always', 'X ≡ 0 (mod 2)', 'never']
    """
    if left == right:
        return Verdict(Answer.ALWAYS)
    h = left - right
    if isinstance(h, int):
        return Verdict(Answer.NEVER if h else Answer.ALWAYS, sizes=NONE if h else EVERY)
    if h.integral and h.terms.get((), 0) % gcd(*(c for m, c in h.terms.items() if m)):
        return Verdict(Answer.NEVER, sizes=NONE)
    if any(at_least(e, 1) for e in (h, -h)):
        return Verdict(Answer.NEVER, sizes=NONE)
    try:
        with suppress(Undecided):
            if not _differs(h) and _vanishes(h):
                return Verdict(Answer.ALWAYS)
        sizes = zero(h)
    except Undecided as why:
        return Verdict(Answer.UNDECIDED, reason=str(why))
    if sizes.all:
        return Verdict(Answer.ALWAYS)
    if sizes.empty:
        return Verdict(Answer.NEVER, sizes=NONE)
    (symbol,) = symbols_of(h)
    return Verdict(Answer.SOMETIMES, symbol, sizes)


def _differs(h: Extent) -> bool:
    """Whether a few values show that h is not zero everywhere, which saves the canonical form."""
    symbols = in_order(symbols_of(h))
    if any(not s.integral for s in symbols):
        return False
    for probe in (1, 2, 3, 5, 8, 13, 64):
        try:
            if evaluate(h, {s: probe + 7 * i for i, s in enumerate(symbols)}):
                return True
        except ExtentError:  # a value outside the domain of a quotient proves nothing
            continue
    return False


def _vanishes(h: Extent) -> bool:
    """Whether h is shown to be zero everywhere; False proves nothing."""
    try:
        return not canonical(h)
    except Undecided:
        return False
