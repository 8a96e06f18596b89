"""Wrapping: a long picture in columns side by side, as a newspaper sets a long text.

A picture that runs downwards is cut between two of its outermost boxes and clusters, where everything that passes comes
from one box. What passes a cut goes down below its column, up between the two, and into the next from above.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil
from typing import Final, TypeAlias

from symconv.writers.pictures.scene import Area, Cluster, Line, Point, Scene, bow_at, bows

#: Points between columns; the radius of a turn; what lines keep from the boxes above and below.
GUTTER, TURN, LANE = 36.0, 8.0, 10.0
#: The height from which on a picture is wrapped by itself, and the sides of the page that it is made to fit best.
TALL: Final = 4000.0
PAGE: Final = (510.0, 757.0)

#: The two parts of each line that passes a cut.
_Halves: TypeAlias = Mapping[str, tuple[list[Point], list[Point]]]


@dataclass(frozen=True)
class _Cut:
    """A height at which a picture may be cut, and the lines that pass it."""

    at: float
    lines: tuple[str, ...]


def wrapped(scene: Scene, tails: Mapping[str, str], columns: int | None = None, across: bool = False) -> Scene:
    """The scene in at most so many columns; without a number as many as make letters largest on a page, if it is tall.

    `tails` has the box that each line comes from. With `across` the picture runs from left to right, and is set in
    rows. The scene itself where there is no place to cut it.

    >>> boxes = {"a": Area(0.0, 80.0, 40.0, 100.0), "b": Area(0.0, 0.0, 40.0, 20.0)}
    >>> scene = Scene(boxes, {}, {"ab": Line(((20, 80), (20, 60), (20, 40), (20, 20)))})
    >>> wrapped(scene, {"ab": "a"}, 2).boxes["b"]
    Area(left=76.0, bottom=80.0, right=116.0, top=100.0)
    """
    body = replace(scene, legend=None)
    body = _turned(body) if across else body
    whole = body.area
    if columns is None:
        columns = _fitting(whole)
    if columns < 2 or not (cuts := _cuts(body, tails)):
        return scene
    body = _set(body, _chosen(cuts, whole, columns))
    body = _turned(body) if across else body
    return replace(body, legend=scene.legend and _over(scene.legend, body.area))


def _over(legend: Area, whole: Area) -> Area:
    """The legend over the middle of all."""
    return legend.moved(whole.middle[0] - legend.middle[0], whole.top - legend.bottom)


def _fitting(whole: Area) -> int:
    """The number of columns with which a page has the largest letters."""
    wide, high = whole.right - whole.left, whole.top - whole.bottom
    if high <= TALL:
        return 1

    def scale(n: int) -> float:
        sides = n * wide + (n - 1) * GUTTER, high / n
        return max(min(page / side for page, side in zip(turned, sides)) for turned in (PAGE, PAGE[::-1]))

    return max(range(1, ceil(high / wide) + 2), key=scale)


# -- cuts --------------------------------------------------------------------------------------------------------------


def _cuts(scene: Scene, tails: Mapping[str, str]) -> list[_Cut]:
    """Where the picture may be cut, from the top: no box or cluster there, and all lines from one box downwards."""
    spans = sorted((a.bottom, a.top) for a in (*scene.boxes.values(), *(c.area for c in scene.clusters.values())))
    gaps, upper = [], spans[0][1]
    for bottom, top in spans[1:]:
        if bottom > upper:
            gaps.append((upper, bottom))
        upper = max(upper, top)
    seen = scene.lines
    waiting = sorted(seen, key=lambda name: seen[name].area.top)
    under: list[str] = []
    cuts = []
    for low, high in reversed(gaps):
        at = (low + high) / 2
        while waiting and seen[waiting[-1]].area.top > at:
            under.append(waiting.pop())
        under = [name for name in under if seen[name].area.bottom < at]
        passing = tuple(under)
        once = all(sum((a[1] > at) != (b[1] > at) for a, b in pairwise(seen[name].corners)) == 1 for name in passing)
        if once and len({tails.get(name) for name in passing}) == 1:
            cuts.append(_Cut(at, passing))
    return cuts


def _chosen(cuts: Sequence[_Cut], whole: Area, columns: int) -> list[_Cut]:
    """The cuts by which the longest of so many columns is as short as can be."""
    heights = [whole.top, *(c.at for c in cuts), whole.bottom]
    least = (whole.top - whole.bottom) / columns
    lengths = sorted({a - b for i, a in enumerate(heights) for b in heights[i + 1 :] if a - b >= least - 0.01})
    low, high = 0, len(lengths) - 1
    while low < high:
        middle = (low + high) // 2
        if len(_packed(cuts, whole, lengths[middle])) < columns:
            high = middle
        else:
            low = middle + 1
    return _packed(cuts, whole, lengths[low])


def _packed(cuts: Sequence[_Cut], whole: Area, length: float) -> list[_Cut]:
    """The fewest cuts that leave no column longer than `length`, where that can be."""
    chosen: list[_Cut] = []
    top, last = whole.top, None
    for cut in (*cuts, _Cut(whole.bottom, ())):
        if top - cut.at > length + 0.01 and last is not None:
            chosen.append(last)
            top = last.at
        last = cut
    return chosen


# -- columns -----------------------------------------------------------------------------------------------------------


def _set(scene: Scene, cuts: Sequence[_Cut]) -> Scene:
    """The scene in columns."""
    bounds = [cut.at for cut in cuts]

    def column(y: float) -> int:
        return sum(y < at for at in bounds)

    boxes = {name: (column(box.middle[1]), box) for name, box in scene.boxes.items()}
    clusters = {name: (column(c.area.middle[1]), c) for name, c in scene.clusters.items()}
    passing = {name for cut in cuts for name in cut.lines}
    lines = {name: (column(line.area.middle[1]), line) for name, line in scene.lines.items() if name not in passing}
    placed = [*boxes.values(), *((n, c.area) for n, c in clusters.values()), *((n, a.area) for n, a in lines.values())]
    halves = [{name: _halves(scene.lines[name].curve, cut.at) for name in cut.lines} for cut in cuts]
    columns = [Area.over(area for n, area in placed if n == number) for number in range(len(bounds) + 1)]
    for number, parts in enumerate(halves):
        columns[number] = _widened(columns[number], [parts[_trunk(parts)][0]])
        columns[number + 1] = _widened(columns[number + 1], [lower for _, lower in parts.values()])
    shifts: list[Point] = []
    left = columns[0].left
    for area in columns:
        shifts.append((left - area.left, columns[0].top - area.top))
        left += area.right - area.left + GUTTER
    moved = [area.moved(*shift) for area, shift in zip(columns, shifts)]
    drawn = {name: line.moved(*shifts[n]) for name, (n, line) in lines.items()}
    for number, parts in enumerate(halves):
        drawn |= _led(scene.lines, parts, shifts[number : number + 2], moved[number : number + 2])
    return Scene(
        {name: box.moved(*shifts[n]) for name, (n, box) in boxes.items()},
        {
            name: Cluster(c.area.moved(*shifts[n]), c.title and c.title.moved(*shifts[n]))
            for name, (n, c) in clusters.items()
        },
        {name: drawn[name] for name in scene.lines},
    )


def _widened(column: Area, curves: Iterable[Sequence[Point]]) -> Area:
    """The column, as wide as the parts of lines that lead out of it and into it, so that none is in another column."""
    sides = [x for curve in curves for x, _ in Line(tuple(curve)).corners]
    return column._replace(left=min(column.left, *sides), right=max(column.right, *sides))


def _trunk(parts: _Halves) -> str:
    """Of the lines that pass a cut the one that is drawn above it: the straightest there."""
    return min(parts, key=lambda name: abs(parts[name][0][-1][0] - parts[name][0][0][0]))


def _led(
    lines: Mapping[str, Line], parts: _Halves, shifts: Sequence[Point], columns: Sequence[Area]
) -> dict[str, Line]:
    """The lines that pass a cut: one to below its column, up through the gutter, into the next column from above.

    The others, which come from the same box, leave that one above the next column.
    """
    (x, y), (u, v) = shifts
    trunk = _trunk(parts)
    upper = [(p[0] + x, p[1] + y) for p in parts[trunk][0]]
    gutter = (columns[0].right + columns[1].left) / 2
    low = min(columns[0].bottom - LANE, upper[-1][1])
    found = {}
    for name, (_, below) in parts.items():
        line = lines[name]
        lower = [(p[0] + u, p[1] + v) for p in below]
        high = max(columns[1].top + LANE, lower[0][1])
        corners = [(gutter, high), (lower[0][0], high), lower[0]]
        if name == trunk:
            corners = [upper[-1], (upper[-1][0], low), (gutter, low), *corners]
        begin = upper if name == trunk else corners[:1]
        led = (*begin, *_rounded(corners))
        end = line.end and (line.end[0] + u, line.end[1] + v)
        start = line.start and (line.start[0] + x, line.start[1] + y) if name == trunk else None
        whole = Line((*led, *lower[1:]), start, end)
        found[name] = whole if name == trunk else replace(whole, shared=Line(led).length / whole.length)
    return found


def _halves(curve: Sequence[Point], at: float) -> tuple[list[Point], list[Point]]:
    """A chain of curves in two, where it passes a height (de Casteljau)."""
    first: list[Point] = [curve[0]]
    chain = bows(curve)
    for number, bow in enumerate(chain):
        if bow[3][1] > at:
            first += bow[1:]
            continue
        low, high = 0.0, 1.0
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if bow_at(bow, middle)[1] > at else (low, middle)
        a, b, c, d = bow
        ab, bc, cd = (_between(p, q, low) for p, q in ((a, b), (b, c), (c, d)))
        abc, bcd = _between(ab, bc, low), _between(bc, cd, low)
        point = _between(abc, bcd, low)
        rest = [p for later in chain[number + 1 :] for p in later[1:]]
        return [*first, ab, abc, point], [point, bcd, cd, d, *rest]
    return first, [curve[-1]]


def _between(a: Point, b: Point, t: float) -> Point:
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t


def _rounded(corners: Sequence[Point]) -> list[Point]:
    """The points of a chain of curves along straight pieces with round turns, without the first."""
    out: list[Point] = []
    at = corners[0]
    for before, corner, after in zip(corners, corners[1:], corners[2:]):
        into, out_of = _toward(corner, before), _toward(corner, after)
        out += [*_straight(at, into), corner, corner, out_of]
        at = out_of
    return [*out, *_straight(at, corners[-1])]


def _toward(corner: Point, other: Point) -> Point:
    """The point where a turn at a corner begins."""
    far = abs(other[0] - corner[0]) + abs(other[1] - corner[1])
    return _between(corner, other, min(TURN / far, 0.5)) if far else corner


def _straight(a: Point, b: Point) -> list[Point]:
    return [_between(a, b, 1 / 3), _between(a, b, 2 / 3), b]


# -- from left to right ------------------------------------------------------------------------------------------------


def _turned(scene: Scene) -> Scene:
    """The scene about the falling diagonal: left is up, and below is right. Twice, it is as it was."""

    def point(p: Point) -> Point:
        return -p[1], -p[0]

    def area(a: Area) -> Area:
        return Area(-a.top, -a.right, -a.bottom, -a.left)

    return Scene(
        {name: area(box) for name, box in scene.boxes.items()},
        {name: Cluster(area(c.area), c.title and area(c.title)) for name, c in scene.clusters.items()},
        {name: line.mapped(point) for name, line in scene.lines.items()},
    )
