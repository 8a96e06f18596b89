"""A long picture is cut where one box feeds all that passes, and set in columns that keep what belongs together."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from symconv.writers.pictures.scene import Area, Cluster, Line, Scene, distance
from symconv.writers.pictures.wrapping import PAGE, TALL, wrapped


def chain(heights: list[float], skips: bool = False) -> tuple[Scene, dict[str, str]]:
    """Boxes one below the other, a line from each to the next; with `skips` also to the one after that."""
    boxes, lines, tails, top = {}, {}, {}, 0.0
    for i, high in enumerate(heights):
        boxes[f"n{i}"] = Area(0.0, top - high, 100.0, top)
        top -= high + 20
    names = list(boxes)
    for i, (a, b) in enumerate(pairwise(names)):
        y, z = boxes[a].bottom, boxes[b].top
        lines[f"e{i}"] = Line(((50.0, y), (50.0, y - 5), (50.0, z + 8), (50.0, z + 3)), end=(50.0, z))
        tails[f"e{i}"] = a
    if skips:
        for i, (a, b) in enumerate(zip(names, names[2:])):
            y, z = boxes[a].bottom, boxes[b].top
            lines[f"s{i}"] = Line(((90.0, y), (130.0, y - 5), (130.0, z + 8), (90.0, z)))
            tails[f"s{i}"] = a
    return Scene(boxes, {}, lines, legend=Area(0.0, 5.0, 100.0, 45.0)), tails


def test_two_columns_stand_side_by_side_and_the_line_leads_from_one_to_the_other() -> None:
    scene, tails = chain([40.0] * 4)
    found = wrapped(scene, tails, 2)
    boxes = found.boxes
    assert boxes["n2"].top == boxes["n0"].top
    assert boxes["n2"].left > boxes["n0"].right
    assert boxes["n3"].left == boxes["n2"].left
    line = found.lines["e1"]
    assert line.curve[0] == (50.0, boxes["n1"].bottom)
    assert line.end == (boxes["n2"].left + 50, boxes["n2"].top)
    assert found.legend is not None
    assert found.legend.bottom >= max(x.area.top for x in found.lines.values()) - 1e-6
    assert abs(found.legend.middle[0] - found.area.middle[0]) < 1


def test_what_passes_from_two_boxes_is_not_cut() -> None:
    # From n0 both lines to n1 and n2 come; below n1 there are always some of two boxes.
    scene, tails = chain([40.0] * 5, skips=True)
    boxes = wrapped(scene, tails, 3).boxes
    assert {boxes[name].left for name in ("n1", "n2", "n3", "n4")} == {boxes["n1"].left}
    assert boxes["n1"].left > boxes["n0"].right


def test_clusters_are_not_cut() -> None:
    scene, tails = chain([40.0] * 4)
    whole = Scene(scene.boxes, {"c": Cluster(scene.area.grown(5))}, scene.lines, legend=scene.legend)
    assert wrapped(whole, tails, 2) is whole


def test_a_short_picture_stays_and_a_long_one_fits_the_page_better() -> None:
    scene, tails = chain([40.0] * 4)
    assert wrapped(scene, tails) is scene
    scene, tails = chain([40.0] * 200)
    assert scene.area.top - scene.area.bottom > TALL

    def scale(area: Area) -> float:
        sides = area.right - area.left, area.top - area.bottom
        return max(min(page / side for page, side in zip(p, sides)) for p in (PAGE, PAGE[::-1]))

    assert scale(wrapped(scene, tails).area) > 5 * scale(scene.area)


def test_rows_run_from_left_to_right_and_downwards() -> None:
    scene, tails = chain([40.0] * 4)

    def turned(area: Area) -> Area:
        return Area(-area.top, -area.right, -area.bottom, -area.left)

    lines = {name: line.mapped(lambda p: (-p[1], -p[0])) for name, line in scene.lines.items()}
    across = Scene({n: turned(b) for n, b in scene.boxes.items()}, {}, lines, legend=Area(0, 5, 100, 45))
    found = wrapped(across, tails, 2, across=True).boxes
    assert found["n1"].left > found["n0"].right
    assert found["n2"].left == found["n0"].left
    assert found["n2"].top < found["n0"].bottom


@given(st.lists(st.floats(10, 200), min_size=1, max_size=30), st.integers(1, 6))
def test_nothing_is_lost_and_no_column_is_longer_than_it_must_be(heights: list[float], columns: int) -> None:
    scene, tails = chain(heights)
    found = wrapped(scene, tails, columns)
    assert found.boxes.keys() == scene.boxes.keys()
    assert found.lines.keys() == scene.lines.keys()
    sides = {round(box.left, 6) for box in found.boxes.values()}
    assert len(sides) <= columns
    for name, line in found.lines.items():
        number = int(name[1:])
        a, b = found.boxes[f"n{number}"], found.boxes[f"n{number + 1}"]
        assert distance(line.curve[0], (a.left + 50, a.bottom)) < 1e-6
        assert line.end is not None
        assert distance(line.end, (b.left + 50, b.top)) < 1e-6
    # Every way to cut a chain into as many columns, by counting: none has a shorter longest one.
    longest = max(
        max(b.top for b in inside) - min(b.bottom for b in inside)
        for side in sides
        for inside in [[b for b in found.boxes.values() if round(b.left, 6) == side]]
    )
    assert longest <= least_longest(heights, columns) + 20.1


def least_longest(heights: list[float], columns: int) -> float:
    """The longest part of the best division of boxes 20 apart, by trying each first part."""
    best = {len(heights): 0.0}
    for _ in range(columns):
        best = {
            i: min(
                max(sum(heights[i:j]) + 20 * (j - i - 1), best[j]) for j in range(i + 1, len(heights) + 1) if j in best
            )
            for i in range(len(heights))
        } | {len(heights): 0.0}
    return best[0]


def test_a_line_that_leaves_another_one_is_labelled_where_it_is_alone() -> None:
    boxes = {"a": Area(0, 80, 40, 100), "b": Area(0, 0, 40, 20), "c": Area(60, 0, 100, 20)}
    lines = {
        "ab": Line(((20.0, 80.0), (20.0, 60.0), (20.0, 40.0), (20.0, 20.0))),
        "ac": Line(((30.0, 80.0), (40.0, 60.0), (80.0, 60.0), (80.0, 20.0))),
    }
    found = wrapped(Scene(boxes, {}, lines), {"ab": "a", "ac": "a"}, 2)
    assert found.lines["ab"].shared == 0
    assert 0 < found.lines["ac"].shared < 1
    x, y = found.lines["ac"].at(0.0)
    # At the height of the cut, above the box that it leads to, and no longer in the gutter.
    assert y >= found.boxes["c"].top
    assert x > found.boxes["b"].right
