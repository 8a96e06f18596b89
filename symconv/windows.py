"""An extent as a polynomial in windows ⌊(x + b)/s⌋ with 0 ≤ b < s, and the basis in which there is one only.

By Hermite's identity Σ_{j<p} ⌊(x + r + j·n)/(p·n)⌋ = ⌊(x + r)/n⌋ the windows whose leading base-p digit of b mod p^e is
p − 1 (p^e the power of the prime p in s) are combinations of the others, and what is left is independent; so a size
with at most one window of each symbol in a product is zero everywhere exactly if nothing is left of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache, reduce
from math import lcm
from typing import Final

from symconv.extent import Atom, Floor, Monomial, Power, Size, size_of, terms_of
from symconv.primes import primes
from symconv.sizes import Undecided
from symconv.symbols import RATIONAL, Symbol

#: A window (x, s, b) is ⌊(x + b)/s⌋ with 0 ≤ b < s; x itself is (x, 1, 0).
Window = tuple[Symbol, int, int]
Windows = dict[tuple[Window, ...], int]

#: The longest period of a floor whose jumps are looked at.
PERIOD: Final = 1 << 14

#: Trial division goes so far: any divisor up to 2³² is factored.
FACTORED: Final = 1 << 16


def windows(size: Size) -> Windows:
    """The size as a polynomial in windows: copies of a floor separated by Hermite's identity, nested floors by jumps.

    Raises Undecided where a floor stands on a product, on several symbols or on a rational one, where a divisor is not
    a number, or over the budget.
    """
    return _sum(reduce(_times, map(_of_atom, m), {(): c}) for m, c in terms_of(size).items())


def _sum(parts: Iterable[Windows]) -> Windows:
    out: Windows = {}
    for part in parts:
        for m, c in part.items():
            out[m] = out.get(m, 0) + c
    return {m: c for m, c in out.items() if c}


def _times(left: Windows, right: Windows) -> Windows:
    out: Windows = {}
    for m, c in left.items():
        for n, d in right.items():
            k = tuple(sorted(m + n, key=_window_key))
            out[k] = out.get(k, 0) + c * d
    return out


def _window_key(w: Window) -> tuple[object, ...]:
    return (w[0].key, w[1], w[2])


def _negative(of: Windows) -> Windows:
    return {m: -c for m, c in of.items()}


@lru_cache(maxsize=1 << 14)
def _of_atom(atom: Atom) -> Windows:
    if isinstance(atom, Symbol):
        if atom.kind == RATIONAL:
            raise Undecided(f"{atom} is not an integer")
        return {((atom, 1, 0),): 1}
    if isinstance(atom, Power):
        raise Undecided(f"{atom} is a power")
    if not isinstance(atom, Floor):
        raise Undecided(f"{atom} is no sum of floors")
    if not isinstance(atom.under, int):
        raise Undecided(f"{atom} has a symbol below")
    over = windows(atom.over)
    if any(len(m) > 1 for m in over):
        raise Undecided(f"{atom} is the floor of a product")
    b = over.pop((), 0)
    if not over:
        return _sum([{(): b // atom.under}])
    if len({m[0][0] for m in over}) > 1:
        raise Undecided(f"{atom} is the floor of a sum over several symbols")
    if len(over) == 1:
        (((x, d, a),),) = over
        n = over[((x, d, a),)]
        if abs(n) <= 1024:
            return _separated(x, d, a, n, b, atom.under)
    return _jumps(over, b, atom.under)


def _window(x: Symbol, s: int, b: int) -> Windows:
    q, b = divmod(b, s)
    return _sum([{((x, s, b),): 1}, {(): q}])


def _separated(x: Symbol, d: int, a: int, n: int, b: int, s: int) -> Windows:
    """⌊(n·⌊(x + a)/d⌋ + b)/s⌋ by Hermite's identity."""
    if n > 0:
        return _sum(_window(x, d * s, a + d * ((b + j * s) // n)) for j in range(n))
    return _negative(_sum(_window(x, d * s, a + d * ((s - 1 - b + j * s) // -n)) for j in range(-n)))


def _jumps(over: Windows, b: int, s: int) -> Windows:
    """⌊(several windows of one symbol + b)/s⌋: each jump within one period is a window."""
    x = next(iter(over))[0][0]
    period = s * lcm(*(m[0][1] for m in over))
    if period > PERIOD:
        raise Undecided(f"a floor with a period of {period}")

    rises = [0] * (period + 1)
    for ((_, d, a),), c in over.items():
        for i in range(d - a, period + 1, d):
            rises[i] += c
    u = b  # every window is 0 at x = 0, since 0 ≤ a < d
    jumps: Windows = {}
    for i in range(1, period + 1):
        before, u = u // s, u + rises[i]
        if u // s != before:
            jumps[((x, period, period - i),)] = u // s - before
    return _sum([jumps, {(): b // s}])


# -- the basis -----------------------------------------------------------------------------------------------------


def canonical(size: Size) -> Windows:
    """The combination of independent windows; empty exactly if the size is zero everywhere.

    Raises Undecided where two windows of one symbol stand in a product, where a divisor is too large to be factored, or
    as `windows`.
    """
    h = windows(size)
    if any(len({w[0] for w in m}) < len(m) for m in h):
        raise Undecided("two floors of one symbol in a product")
    return _sum(reduce(_times, map(_basis, m), {(): c}) for m, c in h.items())


@lru_cache(maxsize=1 << 16)
def _basis(window: Window) -> Windows:
    x, s, b = window
    q, b = divmod(b, s)
    factors, left = primes(s, FACTORED)
    for p, exponent in factors:
        power = p**exponent
        if b % power // (power // p) == p - 1:  # the leading digit: the parent minus the siblings
            n = s // p
            siblings = (b % n + j * n for j in range(p))
            children = (_negative(_basis((x, s, c))) for c in siblings if c != b)
            return _sum([_basis((x, n, b % n)), *children, {(): q}])
    if left > 1:
        raise Undecided(f"a divisor with the unknown factors of {left}")
    return _sum([{((x, s, b),): 1}, {(): q}])


# -- at the sizes of one residue class -----------------------------------------------------------------------------


def polynomial_terms(expanded: Mapping[Monomial, int | Fraction]) -> dict[tuple[Window, ...], int | Fraction]:
    """An expanded cost as a polynomial in windows, for `on_class`."""
    out: dict[tuple[Window, ...], int | Fraction] = {}
    for monomial, c in expanded.items():
        whole: Size = 1
        for a in monomial:
            whole = whole * size_of(a)
        for m, d in windows(whole).items():
            out[m] = out.get(m, 0) + c * d
    return {m: c for m, c in out.items() if c}


def on_class(h: Mapping[tuple[Window, ...], int | Fraction], period: int, r: int) -> list[int | Fraction]:
    """The coefficients in q, lowest first, of h at x = period·q + r; `period` a multiple of every divisor."""
    total: list[int | Fraction] = [0]
    for m, c in h.items():
        p = [c]
        for _, s, b in m:
            constant, linear = (r + b) // s, period // s
            p = [constant * u + linear * v for u, v in zip([*p, 0], [0, *p])]
        total += [0] * (len(p) - len(total))
        for i, v in enumerate(p):
            total[i] += v
    while len(total) > 1 and not total[-1]:
        total.pop()
    return total
