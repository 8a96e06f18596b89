"""For which sizes is an extent of one symbol at least zero, or zero? Decided exactly, or said to be undecided.

A linear extent h satisfies h(x + D) = h(x) + A, D the common period of its floors, and between two jumps of the floors
it is affine; so the jumps of one period (A = 0), or up to the number beyond which the rise has won, decide. A product
of floors is an ordinary polynomial in q on each class x = D·q + r, whose signs follow from its differences.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from math import comb, lcm
from typing import Final

from symconv.bounding import at_least
from symconv.extent import Extent, Floor, Function, Size, size_of, symbols_of, terms_of
from symconv.sizes import EVERY, NONE, Run, Sizes, Undecided, joined, normal
from symconv.symbols import POSITIVE, Symbol
from symconv.windows import Windows, on_class, windows

#: Jumps looked at before an answer is given up.
BUDGET: Final = 1 << 18

#: Maxima and minima in one size, each of which is looked at case by case.
CASES: Final = 6


# -- the sizes where it is at least zero ---------------------------------------------------------------------------


def nonnegative(size: Size) -> Sizes:
    """The x ≥ 1 with size(x) ≥ 0, of a size with at most one symbol.

    Raises Undecided outside what can be decided.

    >>> from symconv.symbols import symbol
    >>> x = size_of(symbol("X"))
    >>> nonnegative((x + 2) // 4 - 8)
    X ≥ 30
    >>> nonnegative(x - 2 * (x // 2) - 1)
    X ≡ 1 (mod 2)
    """
    if isinstance(size, int):
        return EVERY if size >= 0 else NONE
    quick = _one_window(size)
    if quick is not None:
        return quick
    _one_symbol(size)
    cases = _cases(size)
    return _joined(cases, nonnegative) if cases else _signs(windows(size), strict=False)


def zero(size: Size) -> Sizes:
    """The x ≥ 1 with size(x) = 0, of a size with at most one symbol.

    >>> from symconv.symbols import symbol
    >>> x = size_of(symbol("X"))
    >>> zero(2 * (x // 2) - x), zero(x // 2 - x // 3), zero(2 * (x // 2) - x // 3 - 5)
    (X ≡ 0 (mod 2), X = 1 or X = 3, X = 9)
    """
    if isinstance(size, int):
        return NONE if size else EVERY
    _one_symbol(size)
    cases = _cases(size)
    return _joined(cases, zero) if cases else _signs(windows(size), strict=True)


def never_below(a: Size, b: Size) -> bool:
    """Whether a ≥ b is shown for all sizes."""
    try:
        return at_least(a, b) or nonnegative(a - b).all
    except Undecided:
        return False


def _cases(size: Size) -> list[tuple[list[Size], Size]]:
    """Without one max or min: for each of its arguments what is at least 0 where it is the one, and the size there."""
    found = dict.fromkeys(a for m in terms_of(size) for a in m if isinstance(a, Function) and a.name in ("max", "min"))
    if not found:
        return []
    if len(found) > CASES:
        raise Undecided(f"more than {CASES} maxima and minima")
    atom = next(iter(found))
    sign = 1 if atom.name == "max" else -1
    out = []
    for a in atom.arguments:
        there: Size = 0
        for m, c in terms_of(size).items():
            term: Size = c
            for factor in m:
                term = term * (a if factor == atom else size_of(factor))
            there = there + term
        out.append(([sign * (a - b) for b in atom.arguments if b is not a], there))
    return out


def _joined(cases: list[tuple[list[Size], Size]], decide: Callable[[Size], Sizes]) -> Sizes:
    """The sizes of all cases, each where it is the one."""
    found = NONE
    for where, size in cases:
        here = decide(size)
        for bound in where:
            here = here & nonnegative(bound)
        found = found | here
    return found


def _one_symbol(size: Size) -> Symbol:
    symbols = symbols_of(size)
    if len(symbols) != 1:
        raise Undecided("a condition on several symbols")
    (x,) = symbols
    if x.kind != POSITIVE:
        raise Undecided(f"{x} is a {x.kind}")
    return x


def _one_window(size: Extent) -> Sizes | None:
    """The common case c·⌊(x + b)/s⌋ + k ≥ 0, c > 0: x ≥ s·⌈−k/c⌉ − b."""
    k = size.terms.get((), 0)
    others = [(m, c) for m, c in size.terms.items() if m]
    if len(others) != 1 or len(others[0][0]) != 1 or others[0][1] < 1:
        return None
    (((atom,), c),) = others
    if isinstance(atom, Symbol):
        return Sizes(start=max(1, -(k // c))) if atom.kind == POSITIVE else None
    if isinstance(atom, Floor) and isinstance(atom.under, int):
        shift = atom.over.terms.get((), 0)
        inner = atom.over - shift
        if isinstance(inner, Extent) and len(inner.terms) == 1:
            ((monomial, n),) = inner.terms.items()
            a = monomial[0]
            if n == 1 and len(monomial) == 1 and isinstance(a, Symbol) and a.kind == POSITIVE:
                return Sizes(start=max(1, atom.under * -(k // c) - shift))
    return None


def _signs(h: Windows, strict: bool) -> Sizes:
    if not h:
        return EVERY
    if set(h) == {()}:
        return EVERY if h[()] >= 0 and not strict else NONE
    return _linear(h, strict) if all(len(m) <= 1 for m in h) else _polynomial(h, strict)


def _linear(h: Windows, strict: bool) -> Sizes:
    k = h.get((), 0)
    terms = [(c, m[0][1], m[0][2]) for m, c in h.items() if m]
    period = lcm(*(s for _, s, _ in terms))
    rise = sum(c * (period // s) for c, s, _ in terms)
    if rise == 0:
        late = _runs(terms, k, 0, period, strict)
        return normal([], 1, period, late)
    # The envelope u − (s − 1)/s ≤ ⌊u⌋ ≤ u: beyond `stop` the rise has decided the sign.
    middle = period * k + sum(c * (period // s) * b for c, s, b in terms)
    slack = [sum(c * (period // s) * (s - 1) for c, s, _ in terms if c * sign > 0) for sign in (1, -1)]
    stop = max(1, *(-(middle - bound) // rise for bound in slack)) + 2
    low = max(1, min(-(middle - bound) // rise for bound in slack) - 1)
    first = [(1, low)] if low > 1 and not strict and rise < 0 else []
    early = joined([*first, *_runs(terms, k, low, stop, strict)])
    return normal(early, stop, 1, [(0, 1)] if rise > 0 and not strict else [])


def _runs(terms: Sequence[tuple[int, int, int]], k: int, low: int, high: int, strict: bool) -> list[Run]:
    """The maximal runs in [low, high) where k + Σ c·⌊(x + b)/s⌋ is ≥ 0 (or = 0), affine between the jumps."""
    if sum((high - low) // s + 1 for _, s, _ in terms if s > 1) > BUDGET:
        raise Undecided("too many jumps")
    slope = sum(c for c, s, _ in terms if s == 1)
    step: dict[int, int] = {low: 0, high: 0}
    for c, s, b in terms:
        if s > 1:
            for v in range(low + 1 + (-b - low - 1) % s, high, s):
                step[v] = step.get(v, 0) + c
    cuts, runs = sorted(step), []
    value = k + sum(c * ((low + b) // s) for c, s, b in terms)
    for a, z in pairwise(cuts):
        value += step[a]
        runs += _affine(value, slope, a, z, strict)
        value += slope * (z - a)
    return joined(runs)


def _affine(value: int, slope: int, a: int, z: int, strict: bool) -> list[Run]:
    """Where value + slope·(x − a) is ≥ 0 (or = 0) in [a, z)."""
    if slope == 0:
        return [(a, z)] if value == 0 or (value > 0 and not strict) else []
    if strict:
        q, r = divmod(-value, slope)
        return [(a + q, a + q + 1)] if r == 0 and 0 <= q < z - a else []
    if slope > 0:
        return [(max(a, a - value // slope), z)]
    return [(a, min(z, a + value // -slope + 1))] if value >= 0 else []


# -- products: a polynomial on each class --------------------------------------------------------------------------


def _polynomial(h: Windows, strict: bool) -> Sizes:
    period = lcm(*(s for m in h for _, s, _ in m))
    if period * len(h) > BUDGET >> 4:
        raise Undecided(f"{period} residue classes")
    early: list[Run] = []
    late: list[Run] = []
    bounds: list[tuple[int, list[tuple[int, int | None, int]]]] = []
    stop = 1
    for r in range(period):
        signs = polynomial_signs(on_class(h, period, r))
        bounds.append((r, signs))
        stop = max(stop, period * signs[-1][0] + r)
    if stop > BUDGET * period:
        raise Undecided("too many sizes")
    for r, signs in bounds:
        for a, b, sign in signs:
            if sign == 0 or (sign > 0 and not strict):
                if b is None:
                    late.append((r, r + 1))
                last = (stop - 1 - r) // period + 1 if b is None else b
                if last - a > BUDGET:
                    raise Undecided("too many sizes")
                early += [(period * q + r, period * q + r + 1) for q in range(a, last) if 1 <= period * q + r < stop]
    return normal(joined(early), stop, period, joined(late))


def polynomial_signs(p: Sequence[int | Fraction]) -> list[tuple[int, int | None, int]]:
    """The signs of a polynomial over the integers q ≥ 0: intervals [a, b) with a sign, the last one open.

    By differences: where p(q + 1) − p(q) keeps its sign, p is monotone on the integers, and bisection finds where its
    own sign changes.

    >>> polynomial_signs([-6, 1])
    [(0, 6, -1), (6, 7, 0), (7, None, 1)]
    """
    if len(p) == 1:
        return [(0, None, _sign(p[0]))]
    out: list[tuple[int, int | None, int]] = []
    for a, b, direction in polynomial_signs(_difference(p)):
        out += _monotone(p, a, b if b is None else b + 1, direction)
    return _merged(out)


def _sign(v: Fraction | int) -> int:
    return (v > 0) - (v < 0)


def _value(p: Sequence[int | Fraction], q: int) -> int | Fraction:
    total: int | Fraction = 0
    for c in reversed(p):
        total = total * q + c
    return total


def _difference(p: Sequence[int | Fraction]) -> list[int | Fraction]:
    """p(q + 1) − p(q), one degree lower."""
    out: list[int | Fraction] = [0] * (len(p) - 1)
    for n, c in enumerate(p):
        for i in range(n):
            out[i] += c * comb(n, i)
    while len(out) > 1 and not out[-1]:
        out.pop()
    return out


def _monotone(p: Sequence[int | Fraction], a: int, b: int | None, direction: int) -> list[tuple[int, int | None, int]]:
    """The signs over [a, b), where p rises, falls or (direction 0) stays."""
    if direction == 0:
        return [(a, b, _sign(_value(p, a)))]

    def first(wanted: int) -> int | None:
        """The least q in [a, b) where direction·sign ≥ wanted; None where there is none below b."""
        low, width = a, 1
        if direction * _sign(_value(p, low)) >= wanted:
            return low
        high = low + width
        while direction * _sign(_value(p, high if b is None else min(high, b - 1))) < wanted:
            if b is not None and high >= b - 1:
                return None
            low, width = high, width * 2
            high = low + width
        high = high if b is None else min(high, b - 1)
        while high - low > 1:
            mid = (low + high) // 2
            if direction * _sign(_value(p, mid)) >= wanted:
                high = mid
            else:
                low = mid
        return high

    at_zero, beyond = first(0), first(1)
    cuts = [a, b if at_zero is None else at_zero, b if beyond is None else beyond, b]
    out: list[tuple[int, int | None, int]] = []
    for low, high, sign in zip(cuts, cuts[1:], (-direction, 0, direction)):
        if low is not None and (high is None or low < high):
            out.append((low, high, sign))
    return out


def _merged(parts: list[tuple[int, int | None, int]]) -> list[tuple[int, int | None, int]]:
    """Neighbours of one sign made one, overlaps of one number dropped."""
    out: list[tuple[int, int | None, int]] = []
    for a, b, sign in parts:
        if out:
            end = out[-1][1]
            assert end is not None
            a = max(a, end)
            if b is not None and a >= b:
                continue
            if out[-1][2] == sign:
                out[-1] = (out[-1][0], b, sign)
                continue
        out.append((a, b, sign))
    return out
