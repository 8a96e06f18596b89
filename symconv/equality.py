"""Are two sizes equal? Always, on some sizes only, never, or it cannot be decided.

The answer for one symbol is the exact set of sizes (`symconv.solve`). For all sizes of any symbols there is a basis: by
Hermite's identity Σ_{j<p} ⌊(x + r + j·n)/(p·n)⌋ = ⌊(x + r)/n⌋ the windows whose leading base-p digit of b mod p^e is
p − 1 (p^e the power of the prime p in s) are combinations of the others, and what is left is independent; so a size
with at most one window of each symbol in a product is zero everywhere exactly if nothing is left of it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from math import gcd
from typing import Final

from symconv.bounding import lower_bound
from symconv.errors import ExtentError
from symconv.extent import Extent, Size, symbols_of
from symconv.sizes import EVERY, NONE, Sizes, Undecided
from symconv.solve import Window, Windows, windows, zero
from symconv.symbols import Symbol
from symconv.values import evaluate

#: Trial division goes so far: any divisor up to 2³² is factored.
FACTORED: Final = 1 << 16


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
    if any((lower_bound(e) or 0) > 0 for e in (h, -h)):
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
    symbols = sorted(symbols_of(h), key=lambda s: s.key)
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


def canonical(size: Size) -> Windows:
    """The combination of independent windows; empty exactly if the size is zero everywhere.

    Raises Undecided where two windows of one symbol stand in a product, where a divisor is too large to be factored, or
    as `symconv.solve.windows`.
    """
    h = windows(size)
    if any(len({w[0] for w in m}) < len(m) for m in h):
        raise Undecided("two floors of one symbol in a product")
    total: Windows = {}
    for monomial, c in h.items():
        term: Windows = {(): c}
        for w in monomial:
            grown: Windows = {}
            for m, d in term.items():
                for n, e in _basis(w).items():
                    k = tuple(sorted(m + n, key=lambda w: (w[0].key, w[1], w[2])))
                    grown[k] = grown.get(k, 0) + d * e
            term = grown
        for m, d in term.items():
            total[m] = total.get(m, 0) + d
    return {m: c for m, c in total.items() if c}


@lru_cache(maxsize=1 << 16)
def _basis(window: Window) -> Windows:
    x, s, b = window
    q, b = divmod(b, s)
    for p, power in _prime_powers(s):
        if b % power // (power // p) == p - 1:  # the leading digit: the parent minus the siblings
            n = s // p
            parts = [(_basis((x, n, b % n)), 1)]
            parts += [(_basis((x, s, b % n + j * n)), -1) for j in range(p) if b % n + j * n != b]
            total: Windows = {(): q} if q else {}
            for part, sign in parts:
                for m, c in part.items():
                    total[m] = total.get(m, 0) + sign * c
            return {m: c for m, c in total.items() if c}
    return {((x, s, b),): 1} | ({(): q} if q else {})


@lru_cache(maxsize=1 << 12)
def _prime_powers(n: int) -> tuple[tuple[int, int], ...]:
    out, p = [], 2
    while n > 1:
        if p > FACTORED:
            raise Undecided(f"a divisor with the unknown factors of {n}")
        if p * p > n:
            p = n
        power = 1
        while n % p == 0:
            n, power = n // p, power * p
        if power > 1:
            out.append((p, power))
        p += 1
    return tuple(out)
