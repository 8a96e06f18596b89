"""Scene: where the boxes, lines and clusters of a picture are.

Lengths are in points, y upwards, as Graphviz has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

Point: TypeAlias = tuple[float, float]

#: Straight pieces that a curve is taken for.
PIECES: Final = 8


class Area(NamedTuple):
    """A rectangle: left, bottom, right, top."""

    left: float
    bottom: float
    right: float
    top: float

    @staticmethod
    def around(x: float, y: float, wide: float, high: float) -> Area:
        """The rectangle of a size about its middle."""
        return Area(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)

    @property
    def middle(self) -> Point:
        return (self.left + self.right) / 2, (self.bottom + self.top) / 2

    @staticmethod
    def over(areas: Iterable[Area]) -> Area:
        """The least rectangle that has all of some in it; a point where there is none."""
        left, bottom, right, top = zip(*areas) if (areas := list(areas)) else ((0.0,),) * 4
        return Area(min(left), min(bottom), max(right), max(top))

    def moved(self, x: float, y: float) -> Area:
        """The rectangle elsewhere."""
        return Area(self.left + x, self.bottom + y, self.right + x, self.top + y)

    def grown(self, by: float) -> Area:
        """The rectangle with a margin on every side."""
        return Area(self.left - by, self.bottom - by, self.right + by, self.top + by)

    def meets(self, other: Area) -> bool:
        """Whether the two have a point in common that is not on a border.

        >>> Area(0, 0, 2, 2).meets(Area(1, 1, 3, 3)), Area(0, 0, 2, 2).meets(Area(2, 0, 3, 3))
        (True, False)
        """
        return (
            self.left < other.right and other.left < self.right and self.bottom < other.top and other.bottom < self.top
        )

    def crossed(self, a: Point, b: Point) -> bool:
        """Whether a straight piece passes through it (Liang and Barsky, 1984).

        >>> Area(0, 0, 2, 2).crossed((-1, 1), (3, 1)), Area(0, 0, 2, 2).crossed((-1, 3), (3, 3))
        (True, False)
        """
        (x, y), (u, v) = a, b
        left, bottom, right, top = self
        if (x <= left and u <= left) or (x >= right and u >= right) or (y <= bottom and v <= bottom) or (y >= top <= v):
            return False
        begin, end = 0.0, 1.0
        for at, to, low, high in ((x, u, left, right), (y, v, bottom, top)):
            along = to - at
            if not along:
                if not low < at < high:
                    return False
                continue
            first, last = sorted(((low - at) / along, (high - at) / along))
            begin, end = max(begin, first), min(end, last)
        return begin < end


@dataclass(frozen=True)
class Line:
    """A line from box to box: a chain of cubic Bézier curves, and the tip of an arrow at its start or end.

    `shared` is the part of its length, from its start on, that it has in common with another line.
    """

    curve: tuple[Point, ...]
    start: Point | None = None
    end: Point | None = None
    shared: float = 0.0

    @cached_property
    def corners(self) -> list[Point]:
        """The line as straight pieces, from tip to tip."""
        out = [self.curve[0]]
        for a, b, c, d in bows(self.curve):
            out += [bow_at((a, b, c, d), k / PIECES) for k in range(1, PIECES + 1)]
        return [*([self.start] if self.start else []), *out, *([self.end] if self.end else [])]

    @cached_property
    def length(self) -> float:
        """How long it is."""
        return sum(distance(a, b) for a, b in pairwise(self.corners))

    @cached_property
    def area(self) -> Area:
        """The least rectangle that it lies in."""
        x, y = zip(*self.corners)
        return Area(min(x), min(y), max(x), max(y))

    def at(self, part: float) -> Point:
        """The point behind a part of the length that it has for itself."""
        left = (self.shared + part * (1 - self.shared)) * self.length
        for a, b in pairwise(self.corners):
            piece = distance(a, b)
            if piece and left <= piece:
                return a[0] + (b[0] - a[0]) * left / piece, a[1] + (b[1] - a[1]) * left / piece
            left -= piece
        return self.corners[-1]

    def moved(self, x: float, y: float) -> Line:
        """The line elsewhere."""
        return self.mapped(lambda p: (p[0] + x, p[1] + y))

    def mapped(self, change: Callable[[Point], Point]) -> Line:
        """The line with all of its points changed."""
        start, end = (change(tip) if tip else None for tip in (self.start, self.end))
        return Line(tuple(map(change, self.curve)), start, end, self.shared)


def bows(curve: Sequence[Point]) -> list[tuple[Point, Point, Point, Point]]:
    """The curves of a chain, each by its four points."""
    return [(curve[i], curve[i + 1], curve[i + 2], curve[i + 3]) for i in range(0, len(curve) - 3, 3)]


def bow_at(bow: tuple[Point, Point, Point, Point], t: float) -> Point:
    """The point of one cubic curve at t from 0 to 1."""
    s = 1 - t
    weights = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
    return sum(w * p[0] for w, p in zip(weights, bow)), sum(w * p[1] for w, p in zip(weights, bow))


def distance(a: Point, b: Point) -> float:
    """How far two points are apart."""
    return float(((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2) ** 0.5)


@dataclass(frozen=True)
class Cluster:
    """A cluster: its area, and that of its title if it has one."""

    area: Area
    title: Area | None = None


@dataclass(frozen=True)
class Scene:
    """Boxes, clusters and lines by their names, and the legend."""

    boxes: Mapping[str, Area]
    clusters: Mapping[str, Cluster]
    lines: Mapping[str, Line]
    legend: Area | None = None

    @property
    def area(self) -> Area:
        """The least rectangle that has everything in it."""
        found = [*self.boxes.values(), *(cluster.area for cluster in self.clusters.values())]
        found += [line.area for line in self.lines.values()]
        return Area.over([*found, *([self.legend] if self.legend else [])])
