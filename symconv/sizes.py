"""Sizes: a set of positive integers that is periodic from some number on.

The sizes at which a layer fits, two extents agree or a budget holds are such sets: lower bounds, congruences, finitely
many exceptions, and every intersection of these. Runs are half-open intervals [a, b).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import lcm

from symconv.errors import SymconvError
from symconv.primes import primes

Run = tuple[int, int]

#: Runs in one set; more are not worked out.
BUDGET = 1 << 16


class Undecided(SymconvError):  # noqa: N818  (an answer, more than an error)
    """The question is outside what can be decided, or over the budget."""


@dataclass(frozen=True)
class Sizes:
    """The x ≥ 1 in one of the runs `early`, all below `start`; from `start` on those with x mod `period` in `late`.

    >>> at_least(32) & congruent(16, 0)
    X ≥ 32, X ≡ 0 (mod 16)
    >>> (at_least(33) & congruent(16, 0)).least
    48
    """

    early: tuple[Run, ...] = ()
    start: int = 1
    period: int = 1
    late: tuple[Run, ...] = ((0, 1),)

    def __contains__(self, x: int) -> bool:
        if x < 1:
            return False
        runs, v = (self.late, x % self.period) if x >= self.start else (self.early, x)
        return any(a <= v < b for a, b in runs)

    @property
    def empty(self) -> bool:
        return not self.early and not self.late

    @property
    def all(self) -> bool:
        """Whether every positive integer belongs."""
        return self.late == ((0, self.period),) and sum(b - a for a, b in self.early) == self.start - 1

    @property
    def finite(self) -> bool:
        return not self.late

    @property
    def _bound(self) -> bool:
        """Whether the set is all numbers from `start` on."""
        return not self.early and self.period == 1 and bool(self.late)

    @cached_property
    def least(self) -> int | None:
        """The smallest member, or None of an empty set."""
        if self.early:
            return self.early[0][0]
        return min((self._next(a, b) for a, b in self.late), default=None)

    @property
    def greatest(self) -> int | None:
        """The largest member; None of infinitely many, and of an empty set."""
        return self.early[-1][1] - 1 if self.finite and self.early else None

    def _next(self, a: int, b: int) -> int:
        """The smallest x ≥ start with x mod period in [a, b)."""
        r = self.start % self.period
        return self.start if a <= r < b else self.start + (a - r) % self.period

    def members(self, stop: int) -> Iterator[int]:
        """The members below `stop`, in order."""
        return (x for x in range(1, stop) if x in self)

    def __and__(self, other: Sizes) -> Sizes:
        if self._bound and other._bound:
            return self if self.start >= other.start else other
        first, second = (self, other) if self.start >= other.start else (other, self)
        early = [run for a, b in first.early for run in second._between(a, b)]
        long, short = (self, other) if self.period >= other.period else (other, self)
        period = lcm(self.period, other.period)
        late: list[Run] = []
        for a, b in long._over(period):
            late += _repeated(short.late, short.period, a, b)
            if len(late) > BUDGET:
                raise Undecided(f"more than {BUDGET} runs of sizes")
        return normal(joined(early), first.start, period, joined(late))

    def __or__(self, other: Sizes) -> Sizes:
        start, period = max(self.start, other.start), lcm(self.period, other.period)
        return normal(
            joined([*self._below(start), *other._below(start)]),
            start,
            period,
            joined([*self._over(period), *other._over(period)]),
        )

    def __invert__(self) -> Sizes:
        """The positive integers that do not belong."""
        return normal(
            _between_runs(self.early, 1, self.start), self.start, self.period, _between_runs(self.late, 0, self.period)
        )

    def _below(self, stop: int) -> list[Run]:
        """The members below `stop` ≥ start, as runs."""
        return self._between(1, stop)

    def _between(self, low: int, high: int) -> list[Run]:
        """The members in [low, high), as runs."""
        runs = [(max(a, low), min(b, high)) for a, b in self.early]
        return joined([*runs, *_repeated(self.late, self.period, max(low, self.start), high)])

    def _over(self, period: int) -> list[Run]:
        """The residues of a longer period, as runs."""
        return joined(_repeated(self.late, self.period, 0, period))

    def described(self, name: str = "X", ascii_only: bool = False) -> str:
        """The set in words: `X ≥ 32, X ≡ 0 (mod 16)`."""
        ge, equiv, dots = (">=", "=", "..") if ascii_only else ("≥", "≡", "…")
        if self.empty:
            return f"no {name}"
        parts = [_run(a, b, name, dots) for a, b in self.early]
        if self.late:
            least = self._next_all()
            tail = "" if self.late == ((0, self.period),) else _residues(name, equiv, dots, self.period, self.late)
            if not self.early and (least == 1 or (tail and least < self.period + 1 and self.start == 1)):
                parts.append(tail or f"{name} {ge} 1")
            else:
                parts.append(f"{name} {ge} {least}" + (f", {tail}" if tail else ""))
        return " or ".join(parts)

    def _next_all(self) -> int:
        return min(self._next(a, b) for a, b in self.late)

    def __repr__(self) -> str:
        return self.described()


def _run(a: int, b: int, name: str, dots: str) -> str:
    return f"{name} = {a}" if b == a + 1 else f"{name} in {a}{dots}{b - 1}"


def _residues(name: str, equiv: str, dots: str, period: int, late: Sequence[Run]) -> str:
    if len(late) == 1 and late[0][1] == late[0][0] + 1:
        return f"{name} {equiv} {late[0][0]} (mod {period})"
    shown = ", ".join(str(a) if b == a + 1 else f"{a}{dots}{b - 1}" for a, b in late[:8])
    return f"{name} mod {period} in {shown}{', …' if len(late) > 8 else ''}"


def at_least(bound: int) -> Sizes:
    """All x ≥ bound."""
    return Sizes(start=max(1, bound))


def congruent(period: int, *residues: int) -> Sizes:
    """All x with x mod `period` among the residues."""
    return normal((), 1, period, joined([(r % period, r % period + 1) for r in residues]))


def exactly(*members: int) -> Sizes:
    """Just these positive integers."""
    runs = joined([(m, m + 1) for m in members if m >= 1])
    return normal(runs, max(members, default=0) + 1, 1, ())


EVERY, NONE = Sizes(), Sizes(late=())


def joined(runs: Iterable[Run]) -> list[Run]:
    """Sorted runs, those that touch made one."""
    out: list[Run] = []
    for a, b in sorted(r for r in runs if r[0] < r[1]):
        if out and out[-1][1] >= a:
            out[-1] = (out[-1][0], max(b, out[-1][1]))
        else:
            out.append((a, b))
    return out


def _between_runs(runs: Sequence[Run], low: int, high: int) -> list[Run]:
    """What is left of [low, high) without these sorted runs."""
    ends = [low, *(x for run in runs for x in run), high]
    return [(a, b) for a, b in zip(ends[::2], ends[1::2]) if a < b]


def _repeated(late: Sequence[Run], period: int, low: int, high: int) -> list[Run]:
    """The numbers in [low, high) with a residue in `late`, as runs."""
    if not late:
        return []
    if list(late) == [(0, period)]:
        return [(low, high)]
    first, last = low // period, (high - 1) // period
    if (last - first + 1) * len(late) > BUDGET:
        raise Undecided(f"more than {BUDGET} runs of sizes")
    return [(max(a + k * period, low), min(b + k * period, high)) for k in range(first, last + 1) for a, b in late]


def normal(early: Sequence[Run], start: int, period: int, late: Sequence[Run]) -> Sizes:
    """The set in its shortest form: the least period, and the earliest start from which it is periodic."""
    period, late = _least_period(period, late)
    runs = [(max(a, 1), b) for a, b in early if b > 1 and a < b]
    start = max(1, start)
    if not late:
        return Sizes(tuple(runs), runs[-1][1] if runs else 1, 1, ())
    return Sizes(*_earliest(runs, start, period, late), period, tuple(late))


def _earliest(early: list[Run], start: int, period: int, late: Sequence[Run]) -> tuple[tuple[Run, ...], int]:
    """Move the start down over numbers that fit the period; run by run, never number by number."""
    everything = list(late) == [(0, period)]
    while start > 1:
        v = (start - 1) % period
        run = next(((a, b) for a, b in late if a <= v < b), None)
        inside = bool(early) and early[-1][1] == start
        if (run is not None) != inside:
            break
        if run is not None:
            low = max(1, early[-1][0] if everything else max(early[-1][0], start - 1 - (v - run[0])))
            head, _ = early.pop()
            if head < low:
                early.append((head, low))
        else:
            gap = max((b for a, b in late if b <= v), default=0)
            low = max(1, early[-1][1] if early else 1, start - 1 - (v - gap))
        start = low
    return tuple(early), start


def _least_period(period: int, late: Sequence[Run]) -> tuple[int, list[Run]]:
    runs = list(late)
    if not runs or runs == [(0, period)]:
        return 1, [(0, 1)] if runs else []
    for p, _ in primes(period, len(runs))[0]:
        while p <= len(runs) and period % p == 0:  # p equal parts have p runs at least
            n = period // p
            parts = [
                [(max(a, k) - k, min(b, k + n) - k) for a, b in runs if max(a, k) < min(b, k + n)]
                for k in range(0, period, n)
            ]
            if any(part != parts[0] for part in parts):
                break
            period, runs = n, joined(parts[0])
    return period, runs
