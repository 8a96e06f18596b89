"""Arranging: a drawing made into a file, with the words beside its lines where they are read best.

Graphviz lays out boxes, clusters and lines, without a word on the lines, so that these stay short and straight. A long
picture is set in columns (`wrapping`), the words find places (`placing`), and Graphviz draws all of it as it stands,
with its engine nop2. Where some words find no place the layout is made again with more room between the boxes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from symconv.writers.pictures.drawing import Attributes, Drawing
from symconv.writers.pictures.placing import SPOTS, Placed, place
from symconv.writers.pictures.render import render
from symconv.writers.pictures.scene import Area, Cluster, Line, Point, Scene
from symconv.writers.pictures.wrapping import wrapped

#: The formats that are drawn, and not only written.
DRAWN: Final = ("svg", "png", "pdf")
#: Points in an inch, Graphviz's unit of sizes.
INCH: Final = 72.0
#: Inches between two ranks of boxes and between boxes of a rank; the most between ranks from left to right.
RANKS, BOXES, MOST = 0.185, 0.25, 1.8
#: How often a layout is made, and how much wider the distances are each time, where words find no place.
TRIES, MORE_RANKS, MORE_BOXES = 5, 1.5, 2.25
#: Edges from which on there is one layout, the second, and places that are then tried for each label.
MANY, FEW = 600, 24
#: The part of a line's height that letters take.
INK = 0.92

Sizes = Mapping[str, tuple[float, float]]


def arranged(drawing: Drawing, suffix: str) -> bytes:
    """The drawing as a file of a format; raises as `render`."""
    sizes = _sizes(drawing)
    best: tuple[tuple[int, int], Attributes] | None = None
    for room in _rooms(drawing, sizes):
        scene = _scene(json.loads(render(drawing.source(flows=False, more={"": room}), "json0")))
        scene = wrapped(scene, drawing.tails, drawing.columns, drawing.direction == "LR")
        placed = place(scene, sizes, FEW if len(sizes) >= MANY else len(SPOTS))
        left = len(sizes) - len(placed.labels), len(placed.crowded)
        if best is None or left < best[0]:
            best = left, _attributes(scene, placed)
        if not placed.crowded:
            break
    assert best is not None
    return render(drawing.source(flows=False, more=best[1]), suffix, engine="nop2")


def _rooms(drawing: Drawing, sizes: Sizes) -> Iterator[dict[str, str]]:
    """Distances between boxes, more from time to time; from left to right the words stand between the ranks."""
    ranks, boxes = RANKS, BOXES
    if drawing.direction == "LR":
        ranks = max(ranks, min(MOST, max((wide for wide, _ in sizes.values()), default=0.0) / INCH + 0.3))
    many = len(sizes) >= MANY
    for number in range(many, 2 if many else TRIES):
        yield {
            "ranksep": f"{ranks * MORE_RANKS**number:.2f}",
            "nodesep": f"{boxes * MORE_BOXES**number:.2f}",
        }


def _sizes(drawing: Drawing) -> Sizes:
    """The width and height of what is written on each edge, in points, as Graphviz measures it."""
    if not drawing.flows:
        return {}
    measured = {o["name"]: o for o in json.loads(render(drawing.texts(), "json0"))["objects"]}
    sizes = {}
    for number, text in enumerate(dict.fromkeys(drawing.flows.values())):
        found = measured[f"t{number}"]
        sizes[text] = float(found["width"]) * INCH, float(found["height"]) * INCH * INK
    return {name: sizes[text] for name, text in drawing.flows.items()}


def _scene(laid: Mapping[str, Any]) -> Scene:
    """Where things are, from what Graphviz says as JSON."""
    boxes: dict[str, Area] = {}
    clusters: dict[str, Cluster] = {}
    for item in laid.get("objects", ()):
        if "pos" in item:
            boxes[item["name"]] = _middle(item["pos"], float(item["width"]) * INCH, float(item["height"]) * INCH)
        elif "bb" in item:
            clusters[item["name"]] = Cluster(Area(*_numbers(item["bb"])), _title(item))
    # Lines that are not seen have held the boxes in their places by now.
    seen = [e for e in laid.get("edges", ()) if "pos" in e and e.get("style") != "invis"]
    return Scene(boxes, clusters, {e["id"]: _line(e["pos"]) for e in seen}, _title(laid))


def _attributes(scene: Scene, placed: Placed) -> dict[str, dict[str, str]]:
    """Where things are, as Graphviz's attributes."""
    found = {name: {"pos": _point(box), **_size(box, "width", "height")} for name, box in scene.boxes.items()}
    for name, line in scene.lines.items():
        label = {"lp": _point(placed.labels[name])} if name in placed.labels else {}
        found[name] = {"pos": _spline(line), **label}
    for name, cluster in scene.clusters.items():
        found[name] = {"bb": _bounds(cluster.area)}
        if (title := placed.titles.get(name)) is None:
            continue
        if name in placed.crossed:
            # Graphviz draws lines over titles, so this title becomes a box, and boxes are drawn last.
            found[name] |= {"label": ""}
            found[f"title_{name}"] = {"pos": _point(title), **_size(title, "width", "height")}
        else:
            found[name] |= {"lp": _point(title), **_size(title, "lwidth", "lheight")}
    found[""] = {"bb": _bounds(Area.over([scene.area, *placed.labels.values()])), "outputorder": "edgesfirst"}
    if scene.legend:
        found[""] |= {"lp": _point(scene.legend), **_size(scene.legend, "lwidth", "lheight")}
    return found


# -- Graphviz's way to write places -----------------------------------------------------------------------------------


def _numbers(text: str) -> list[float]:
    return [float(number) for number in text.split(",")]


def _middle(position: str, wide: float, high: float) -> Area:
    x, y = _numbers(position)
    return Area.around(x, y, wide, high)


def _title(item: Mapping[str, Any]) -> Area | None:
    if not item.get("lp"):
        return None
    return _middle(item["lp"], float(item["lwidth"]) * INCH, float(item["lheight"]) * INCH)


def _line(position: str) -> Line:
    """`e,x,y` and `s,x,y` before the points of the curve are the tips of its arrows."""
    points: dict[str, list[Point]] = {"s": [], "e": [], "": []}
    for part in position.split(";")[0].split():
        mark = part[0] if part[0] in "se" else ""
        x, y = _numbers(part[2:] if mark else part)
        points[mark].append((x, y))
    start, end = (points[mark][0] if points[mark] else None for mark in "se")
    return Line(tuple(points[""]), start, end)


def _spline(line: Line) -> str:
    tips = [f"{mark},{x:.2f},{y:.2f}" for mark, tip in (("s", line.start), ("e", line.end)) if tip for x, y in [tip]]
    return " ".join([*tips, *(f"{x:.2f},{y:.2f}" for x, y in line.curve)])


def _point(area: Area) -> str:
    x, y = area.middle
    return f"{x:.2f},{y:.2f}"


def _size(area: Area, wide: str, high: str) -> dict[str, str]:
    return {wide: f"{(area.right - area.left) / INCH:.4f}", high: f"{(area.top - area.bottom) / INCH:.4f}"}


def _bounds(area: Area) -> str:
    return ",".join(f"{number:.2f}" for number in area)
