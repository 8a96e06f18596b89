"""Placing: where the words beside lines stand, on a picture whose boxes and lines are laid out.

Graphviz lays out boxes, lines and clusters; it keeps no line off a cluster's title, and for a label on a line it makes
room as for a box. Here a title moves along its cluster's upper edge to where no line crosses it, and each label takes
the first free place beside its line: off boxes, titles, other labels and all lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from symconv.writers.pictures.scene import Area, Cluster, Line, Point, Scene

#: What a text keeps from its line, and from everything else.
BESIDE, APART = 4.0, 1.0
#: What the box of a title that lines cross takes beside the title, on either side.
COVER = 3.0
#: The side of a cell of the grid of obstacles; steps of a title.
CELL, STEP = 64.0, 6.0
#: The length of all lines from which on nothing between them can be read, and no label is placed.
ENDLESS = 1e7
#: Lines through a label from which on one place is as bad as another.
WORST = 8
#: Where along its line a label is tried.
ALONG: Final = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82, 0.1, 0.9)
#: On which side of that point, and what this costs in parts of a line: right, left, at the corners, above, below.
SIDES: Final = (
    (0.0, 1, 0), (0.01, -1, 0), (0.1, 1, 1), (0.1, 1, -1), (0.1, -1, 1), (0.1, -1, -1), (0.12, 0, 1), (0.12, 0, -1),
)  # fmt: skip
#: All of these places, the best first: where along the line, and how far across and up.
SPOTS: Final = [
    (part, dx, dy)
    for _, part, dx, dy in sorted(
        ((abs(part - 0.5) + cost, part, dx, dy) for part in ALONG for cost, dx, dy in SIDES), key=lambda spot: spot[0]
    )
]


@dataclass
class _Grid:
    """Obstacles by the cells that they lie in: areas, and straight pieces of lines."""

    areas: dict[tuple[int, int], list[Area]] = field(default_factory=dict)
    pieces: dict[tuple[int, int], list[tuple[Point, Point]]] = field(default_factory=dict)

    def add(self, area: Area) -> None:
        for cell in _cells(area):
            self.areas.setdefault(cell, []).append(area)

    def draw(self, corners: Sequence[Point]) -> None:
        for a, b in pairwise(corners):
            area = Area(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
            for cell in _cells(area):
                self.pieces.setdefault(cell, []).append((a, b))

    def taken(self, area: Area) -> bool:
        """Whether an area has something else in it."""
        return any(area.meets(other) for cell in _cells(area) for other in self.areas.get(cell, ()))

    def crossed(self, area: Area, most: int = WORST) -> int:
        """How many lines' pieces pass through an area; more than `most` are not counted on."""
        number = 0
        for cell in _cells(area):
            for a, b in self.pieces.get(cell, ()):
                number += area.crossed(a, b)
                if number > most:
                    return number
        return number


def _cells(area: Area) -> Iterator[tuple[int, int]]:
    for x in range(int(area.left // CELL), int(area.right // CELL) + 1):
        for y in range(int(area.bottom // CELL), int(area.top // CELL) + 1):
            yield x, y


@dataclass(frozen=True)
class Placed:
    """The areas of the titles and labels by their names; the titles that lines cross, and the lines whose labels found
    no free place."""

    titles: Mapping[str, Area]
    labels: Mapping[str, Area]
    crossed: frozenset[str]
    crowded: tuple[str, ...]


def place(scene: Scene, sizes: Mapping[str, tuple[float, float]], tries: int = len(SPOTS)) -> Placed:
    """Places for the titles of clusters, and for the labels of lines, whose `sizes` are given by the lines' names.

    So many places are tried for each label, unless one is free.

    A label without a place that is free of lines takes one where the fewest pass; without one that is free of texts and
    boxes it is left out. Either is told as crowded.

    >>> boxes = {"a": Area(-20, 40, 20, 60), "b": Area(-20, -20, 20, 0)}
    >>> scene = Scene(boxes, {}, {"ab": Line(((0, 40), (0, 30), (0, 10), (0, 0)))})
    >>> place(scene, {"ab": (30, 10)}).labels
    {'ab': Area(left=4.0, bottom=15.0, right=34.0, top=25.0)}
    """
    lines = scene.lines
    if sum(line.length for line in lines.values()) > ENDLESS:
        return Placed({name: c.title for name, c in scene.clusters.items() if c.title}, {}, frozenset(), tuple(sizes))
    grid, borders = _Grid(), _Grid()
    for box in scene.boxes.values():
        grid.add(box)
    if scene.legend:
        grid.add(scene.legend)
    for line in lines.values():
        grid.draw(line.corners)
    titles = {name: _title(c, c.title, grid) for name, c in scene.clusters.items() if c.title}
    crossed = frozenset(name for name, title in titles.items() if grid.crossed(title))
    for name, title in titles.items():
        wider = COVER if name in crossed else 0.0
        grid.add(title._replace(left=title.left - wider, right=title.right + wider))
    for cluster in scene.clusters.values():
        left, bottom, right, top = cluster.area
        borders.draw([(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)])
    labels: dict[str, Area] = {}
    crowded = []
    # Short lines have the fewest places, so they choose first.
    for name in sorted(lines.keys() & sizes.keys(), key=lambda n: (round(lines[n].length, 3), n)):
        through, area = _best(_beside(lines[name], *sizes[name], tries), grid, borders)
        if area is None or through:
            crowded.append(name)
        if area is not None:
            labels[name] = area
            grid.add(area)
    return Placed(titles, labels, crossed, tuple(crowded))


def _title(cluster: Cluster, title: Area, grid: _Grid) -> Area:
    """The title's area, moved to the right as far as it has to be for no line to cross it."""
    margin = title.left - cluster.area.left
    steps = int(max(0.0, cluster.area.right - margin - title.right) // STEP)
    for k in range(steps + 1):
        moved = title.moved(k * STEP, 0.0)
        if not grid.crossed(moved.grown(APART)) and not grid.taken(moved):
            return moved
    return title


def _best(areas: Iterable[Area], grid: _Grid, borders: _Grid) -> tuple[int, Area | None]:
    """The place that is free of boxes and texts, and that the fewest lines pass through; of these one off borders.

    With it, how many pass; none where boxes and texts are everywhere.
    """
    best: tuple[int, int, int] | None = None
    found: Area | None = None
    for number, area in enumerate(areas):
        if grid.taken(area.grown(APART)):
            continue
        lines = grid.crossed(area, best[0] if best else WORST)
        if best is not None and lines > best[0]:
            continue
        cost = lines, borders.crossed(area), number
        if best is None or cost < best:
            best, found = cost, area
        if not any(best[:2]):
            break
    return (best[0] if best else 0), found


def _beside(line: Line, wide: float, high: float, tries: int) -> Iterator[Area]:
    """Places beside a line, the best first."""
    across, over = wide / 2 + BESIDE, high / 2 + BESIDE
    points: dict[float, Point] = {}
    for part, dx, dy in SPOTS[:tries]:
        if part not in points:
            points[part] = line.at(part)
        x, y = points[part]
        yield Area.around(x + dx * across, y + dy * over, wide, high)
