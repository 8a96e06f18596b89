"""Words find places beside their lines that are free of boxes, titles, lines and each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from symconv.writers.pictures.placing import place
from symconv.writers.pictures.scene import Area, Cluster, Line, Scene

DOWN = Line(((50.0, 100.0), (50.0, 80.0), (50.0, 60.0), (50.0, 40.0)))
BOXES = {"a": Area(0, 100, 100, 120), "b": Area(0, 20, 100, 40)}


def overlap(one: Area, other: Area) -> bool:
    return min(one.right, other.right) > max(one.left, other.left) and min(one.top, other.top) > max(
        one.bottom, other.bottom
    )


def test_a_label_stands_to_the_right_of_the_middle_of_its_line() -> None:
    label = place(Scene(BOXES, {}, {"ab": DOWN}), {"ab": (30, 10)}).labels["ab"]
    assert (label.left, label.bottom) == (54, 65)


def test_a_label_moves_to_the_left_where_a_box_stands_to_the_right() -> None:
    boxes = {**BOXES, "c": Area(52, 45, 90, 95)}
    assert place(Scene(boxes, {}, {"ab": DOWN}), {"ab": (30, 10)}).labels["ab"].right == 46


def test_a_label_without_a_place_is_left_out_and_told() -> None:
    boxes = {**BOXES, "c": Area(51, 30, 200, 110), "d": Area(-100, 30, 49, 110)}
    placed = place(Scene(boxes, {}, {"ab": DOWN}), {"ab": (30, 10)})
    assert (placed.labels, placed.crowded) == ({}, ("ab",))


def test_a_title_moves_along_its_cluster_to_where_no_line_crosses_it() -> None:
    through = Line(((30.0, 200.0), (30.0, 150.0), (30.0, 100.0), (30.0, 50.0)))
    cluster = Cluster(Area(0, 0, 200, 120), Area(10, 105, 60, 117))
    placed = place(Scene({}, {"c": cluster}, {"l": through}), {})
    title = placed.titles["c"]
    assert title.left > 30
    assert (title.bottom, title.top, title.right - title.left) == (105, 117, 50)
    assert placed.crossed == frozenset()


def test_a_title_that_fills_its_cluster_stays_and_is_told() -> None:
    through = Line(((30.0, 200.0), (30.0, 150.0), (30.0, 100.0), (30.0, 50.0)))
    cluster = Cluster(Area(0, 0, 70, 120), Area(10, 105, 60, 117))
    placed = place(Scene({}, {"c": cluster}, {"l": through}), {})
    assert (placed.titles["c"], placed.crossed) == (cluster.title, frozenset({"c"}))


points = st.tuples(st.floats(0, 400), st.floats(0, 400))
areas = st.tuples(st.floats(0, 380), st.floats(0, 380), st.floats(5, 80), st.floats(5, 40)).map(
    lambda a: Area(a[0], a[1], a[0] + a[2], a[1] + a[3])
)


@given(
    st.lists(areas, max_size=6),
    st.lists(st.tuples(points, points, points, points), max_size=8),
    st.tuples(st.floats(4, 90), st.floats(4, 20)),
)
def test_placed_labels_lie_on_nothing(boxes: list[Area], curves: list[tuple], size: tuple[float, float]) -> None:  # type: ignore[type-arg]
    scene = Scene({f"b{i}": box for i, box in enumerate(boxes)}, {}, {f"l{i}": Line(c) for i, c in enumerate(curves)})
    placed = place(scene, dict.fromkeys(scene.lines, size))
    found = list(placed.labels.values())
    assert placed.labels.keys() | set(placed.crowded) == scene.lines.keys()
    assert not [1 for i, one in enumerate(found) for other in found[:i] if overlap(one, other)]
    assert not [1 for one in found for box in boxes if overlap(one, box)]
    # By points along the curves, apart from how the writer looks at them.
    for name, label in placed.labels.items():
        if name in placed.crowded:
            continue
        inner = label.grown(-0.7)
        for line in scene.lines.values():
            a, b, c, d = line.curve
            for k in range(201):
                t = k / 200
                weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
                x, y = (sum(w * p[axis] for w, p in zip(weights, (a, b, c, d))) for axis in (0, 1))
                # The writer takes a curve for eight straight pieces, which a wild one leaves by some points.
                if inner.left + 12 < x < inner.right - 12 and inner.bottom + 6 < y < inner.top - 6:
                    raise AssertionError((name, x, y))
