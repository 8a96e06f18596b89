"""What a size becomes in i rounds of one map: a window, an affine map, an exact quotient."""

from __future__ import annotations

from symconv.errors import ExtentError
from symconv.extent import Extent, Size, size_of, terms_of
from symconv.powers import power
from symconv.rounding import floor, inner_floor


def iterated_window(x: Size, b: int, s: int, i: Size) -> Size:
    """The size after i windows x → ⌊(x + b)/s⌋, which is ⌊(x + b·(s^i − 1)/(s − 1))/s^i⌋.

    The form at i + 1 is the window of the form at i.

    >>> from symconv.symbols import index, symbol
    >>> x, i = size_of(symbol("X")), size_of(index("i", 0, 9))
    >>> iterated_window(x, 1, 2, i), iterated_window((x + 3) // 4, 0, 2, i)
    (⌈X/2^i⌉, ⌊(X + 3)/2^(i + 2)⌋)
    """
    if s < 1:
        raise ExtentError(f"a window with stride {s}: it is at least 1")
    if s == 1:
        return x + b * i
    if isinstance(x, int) and isinstance(i, int):
        for _ in range(i):
            before, x = x, (x + b) // s
            if x == before:
                break
        return x
    over, under = _one_floor(x)
    shrunk = power(s, i)
    return floor((s - 1) * over + under * b * (shrunk - 1), (s - 1) * under * shrunk)


def _one_floor(size: Size) -> tuple[Size, Size]:
    """over, under of a size that is ⌊over/under⌋, its summands outside of the floor taken in."""
    inner = inner_floor(terms_of(size))
    if isinstance(size, Extent) and inner is not None and size.terms[(inner,)] == 1:
        under = inner.under
        if isinstance(under, int) or under.integral:
            return inner.over + under * (size - size_of(inner)), under
    return size, 1


def iterated_affine(c: Size, r: int, b: Size, i: Size) -> Size:
    """The size after i maps c → r·c + b: r^i·c + b·(r^i − 1)/(r − 1), and c + b·i where r is 1.

    >>> from symconv.symbols import index, symbol
    >>> c, i = size_of(symbol("C_in")), size_of(index("i", 0, 9))
    >>> iterated_affine(c, 1, 32, i), iterated_affine(c, 2, 0, i), iterated_affine(c, 2, 3, i)
    (C_in + 32·i, 2^i·C_in, 2^i·C_in + 3·2^i − 3)
    """
    if r < 1:
        raise ExtentError(f"a factor of {r} a round: it is at least 1")
    if r == 1:
        return c + b * i
    grown = power(r, i)
    return grown * c + floor(b * (grown - 1), r - 1, exact=True)


def iterated_quotient(c: Size, s: Size, i: Size) -> Size:
    """The size after i exact quotients c → c/s: c/s^i, which the domain makes whole.

    >>> from symconv.symbols import index, symbol
    >>> iterated_quotient(size_of(symbol("C_in")), 2, size_of(index("i", 0, 9)))
    C_in/2^i
    """
    if not isinstance(s, int) or s < 1:
        raise ExtentError(f"a quotient by {s} a round: a number of at least 1 is wanted")
    return floor(c, power(s, i), exact=True)
