"""Numbers as products of primes."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1 << 12)
def primes(n: int, most: int) -> tuple[tuple[tuple[int, int], ...], int]:
    """The primes of n ≥ 1 with their exponents, found by division by numbers up to `most`, and what is left of n.

    >>> primes(360, 360), primes(4 * 10_007, 1_000), primes(4 * 10_007 * 10_009, 1_000)
    ((((2, 3), (3, 2), (5, 1)), 1), (((2, 2), (10007, 1)), 1), (((2, 2),), 100160063))
    """
    out, p = [], 2
    while n > 1 and p <= most:
        if p * p > n:
            p = n
        k = 0
        while n % p == 0:
            n, k = n // p, k + 1
        if k:
            out.append((p, k))
        p += 1
    return tuple(out), n
