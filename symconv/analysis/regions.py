"""Regions: exact sets of integers x ≥ 0, such as the sizes at which a budget holds.

A region is pieces one behind the other, each all x in [start, stop) with x mod `period` among its residues; the last
one may be open. So 10⁶ even sizes are one piece, where a set of runs would have 10⁶.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from math import lcm
from typing import Final

from symconv.sizes import Sizes, congruent

#: Pieces that a sentence names.
NAMED: Final = 8


@dataclass(frozen=True)
class Piece:
    """The x in [start, stop), or from start on where stop is None, with x mod `period` among the residues."""

    start: int
    stop: int | None
    period: int = 1
    residues: tuple[int, ...] = (0,)

    def __contains__(self, x: int) -> bool:
        return self.start <= x and (self.stop is None or x < self.stop) and x % self.period in self.residues

    @property
    def least(self) -> int | None:
        """The smallest member."""
        found = min(self.start + (r - self.start) % self.period for r in self.residues)
        return found if self.stop is None or found < self.stop else None

    @property
    def greatest(self) -> int | None:
        """The largest member, None where it is open."""
        if self.stop is None:
            return None
        last = self.stop - 1
        return max(last - (last - r) % self.period for r in self.residues)

    def described(self, name: str) -> str:
        """`32 ≤ X ≤ 221`, `X ≡ 0 (mod 2) in 32 … 220`."""
        least, greatest = self.least, self.greatest
        span = f"{name} ≥ {least}" if greatest is None else f"{least} ≤ {name} ≤ {greatest}"
        if least == greatest:
            return f"{name} = {least}"
        if self.period == 1:
            return span
        if len(self.residues) == 1:
            return f"{span}, {name} ≡ {self.residues[0]} (mod {self.period})"
        shown = ", ".join(map(str, self.residues[:NAMED])) + (", …" if len(self.residues) > NAMED else "")
        return f"{span}, {name} mod {self.period} in {shown}"


@dataclass(frozen=True)
class Region:
    """Pieces that do not overlap, in order.

    >>> Region((Piece(1, 100),)) & Region((Piece(32, None, 16, (0,)),))
    32 ≤ x ≤ 96, x ≡ 0 (mod 16)
    """

    pieces: tuple[Piece, ...] = ()

    def __contains__(self, x: int) -> bool:
        return any(x in piece for piece in self.pieces)

    @property
    def empty(self) -> bool:
        """Whether nothing belongs to it."""
        return not self.pieces

    @property
    def unbounded(self) -> bool:
        """Whether there is no largest member."""
        return bool(self.pieces) and self.pieces[-1].stop is None

    @property
    def least(self) -> int | None:
        """The smallest member, None of an empty region."""
        return self.pieces[0].least if self.pieces else None

    @property
    def greatest(self) -> int | None:
        """The largest member, None of an empty region or an unbounded one."""
        return self.pieces[-1].greatest if self.pieces else None

    def members(self, stop: int | None = None) -> Iterator[int]:
        """The members in order, below `stop` where one is given; without end of an unbounded region."""
        for piece in self.pieces:
            ends = [end for end in (piece.stop, stop) if end is not None]
            every = range(piece.start, min(ends)) if ends else count(piece.start)
            yield from (x for x in every if x % piece.period in piece.residues)

    def __and__(self, other: Region) -> Region:
        out: list[Piece] = []
        i = j = 0
        while i < len(self.pieces) and j < len(other.pieces):
            a, b = self.pieces[i], other.pieces[j]
            stops = [p.stop for p in (a, b) if p.stop is not None]
            stop = min(stops, default=None)
            out += _both(a, b, max(a.start, b.start), stop)
            if stop is None:
                break
            i += a.stop == stop
            j += b.stop == stop
        return region_of(out)

    def described(self, name: str = "x") -> str:
        """The region in words."""
        if self.empty:
            return f"no {name}"
        parts = [piece.described(name) for piece in self.pieces[:NAMED]]
        more = len(self.pieces) - NAMED
        return "; ".join(parts) + (f"; and {more} more stretches" if more > 0 else "")

    def __repr__(self) -> str:
        return self.described()


def _both(a: Piece, b: Piece, start: int, stop: int | None) -> Iterator[Piece]:
    if stop is not None and start >= stop:
        return
    period = lcm(a.period, b.period)
    few, many = sorted((a, b), key=lambda p: len(p.residues) * (period // p.period))
    residues = tuple(
        sorted(
            r + k for k in range(0, period, few.period) for r in few.residues if (r + k) % many.period in many.residues
        )
    )
    if residues:
        yield Piece(start, stop, period, residues)


def region_of(pieces: Iterable[Piece]) -> Region:
    """The region of pieces in order: short ones as plain runs, empty ones left out, and those that touch as one."""
    out: list[Piece] = []
    for piece in pieces:
        for part in _plainer(piece):
            last = out[-1] if out else None
            alike = last is not None and (last.period, last.residues) == (part.period, part.residues)
            if last is not None and alike and last.stop == part.start:
                out[-1] = Piece(last.start, part.stop, part.period, part.residues)
            else:
                out.append(part)
    return Region(tuple(out))


def _plainer(piece: Piece) -> Iterator[Piece]:
    start, stop = max(0, piece.start), piece.stop
    if not piece.residues or (stop is not None and start >= stop):
        return
    if len(piece.residues) == piece.period:
        yield Piece(start, stop)
    elif stop is not None and stop - start <= piece.period:
        chosen = set(piece.residues)
        run: int | None = None
        for x in range(start, stop + 1):
            inside = x < stop and x % piece.period in chosen
            if inside and run is None:
                run = x
            elif not inside and run is not None:
                yield Piece(run, x)
                run = None
    else:
        whole = Piece(start, stop, *least_period(piece.period, piece.residues))
        if whole.least is not None:
            yield whole


def least_period(period: int, residues: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """The least period of numbers with some residues, and their residues modulo that."""
    sizes = congruent(period, *residues)
    return sizes.period, _residues(sizes)


def _residues(sizes: Sizes) -> tuple[int, ...]:
    return tuple(r for a, b in sizes.late for r in range(a, b))


def region_of_sizes(sizes: Sizes) -> Region:
    """The region of a set of sizes."""
    early = [Piece(a, b) for a, b in sizes.early]
    return region_of([*early, Piece(sizes.start, None, sizes.period, _residues(sizes))])
