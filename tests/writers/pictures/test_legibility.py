"""Drawn diagrams are read without effort: no text is clipped, lies on another or is crossed by a line."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from amounts import but_long

from symconv import Network, load
from symconv.layers import Add, Concat, Conv, ReLU
from symconv.notation import ASCII
from symconv.writers.pictures.colour import DARK, THEMES
from symconv.writers.pictures.diagram import drawn
from symconv.writers.pictures.render import FONTS
from writers.networks import inception, resnet, unet, vgg16

AT = {"X": 224, "N": 1}
SVG = "{http://www.w3.org/2000/svg}"
Point = tuple[float, float]
Area = tuple[float, float, float, float]

# -- reading an SVG ----------------------------------------------------------------------------------------------------


def advances(face: str) -> Callable[[str], float]:
    """The width of a text in ems, by a TrueType font's own tables."""
    font = (FONTS / face).read_bytes()
    rows = range(12, 12 + 16 * struct.unpack(">H", font[4:6])[0], 16)
    tables = {font[at : at + 4]: struct.unpack(">I", font[at + 8 : at + 12])[0] for at in rows}
    (em,) = struct.unpack(">H", font[tables[b"head"] + 18 : tables[b"head"] + 20])
    (metrics,) = struct.unpack(">H", font[tables[b"hhea"] + 34 : tables[b"hhea"] + 36])
    widths = struct.unpack(f">{2 * metrics}H", font[tables[b"hmtx"] : tables[b"hmtx"] + 4 * metrics])[::2]
    cmap = tables[b"cmap"]
    (count,) = struct.unpack(">H", font[cmap + 2 : cmap + 4])
    offsets = [struct.unpack(">I", font[cmap + 8 + 8 * i : cmap + 12 + 8 * i])[0] for i in range(count)]
    table = next(cmap + o for o in offsets if font[cmap + o : cmap + o + 2] == b"\x00\x04")
    (twice,) = struct.unpack(">H", font[table + 6 : table + 8])

    def column(i: int, sign: str = "H") -> tuple[int, ...]:
        at = table + 14 + i * twice + (2 if i else 0)
        return struct.unpack(f">{twice // 2}{sign}", font[at : at + twice])

    ends, starts, deltas, ranges = column(0), column(1), column(2, "h"), column(3)

    def glyph(c: int) -> int:
        i = next(i for i, end in enumerate(ends) if end >= c)
        if starts[i] > c:
            return 0
        if not ranges[i]:
            return (c + deltas[i]) % 65536
        at = table + 16 + 3 * twice + 2 * i + ranges[i] + 2 * (c - starts[i])
        return int(struct.unpack(">H", font[at : at + 2])[0])

    return lambda text: sum(widths[min(glyph(ord(c)), metrics - 1)] for c in text) / em


PLAIN, BOLD = advances("DejaVuSans.ttf"), advances("DejaVuSans-Bold.ttf")


def outline(element: ElementTree.Element) -> Area:
    numbers = [float(n) for n in re.findall(r"-?[\d.]+", element.get("points") or element.get("d") or "")]
    return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])


def within(inner: Area, outer: Area, slack: float = 0.6) -> bool:
    return (
        inner[0] >= outer[0] - slack and inner[1] >= outer[1] - slack
        and inner[2] <= outer[2] + slack and inner[3] <= outer[3] + slack
    )  # fmt: skip


def apart(one: Area, other: Area) -> bool:
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@dataclass
class Seen:
    """What an SVG of ours shows: texts by where they stand, the outlines of boxes and clusters, lines by number."""

    canvas: Area = (0, 0, 0, 0)
    boxes: list[Area] = field(default_factory=list)
    clusters: list[Area] = field(default_factory=list)
    covers: list[Area] = field(default_factory=list)
    titles: list[tuple[str, Area]] = field(default_factory=list)
    labels: list[tuple[int, str, Area]] = field(default_factory=list)
    texts: list[tuple[str, Area]] = field(default_factory=list)
    lines: dict[int, list[Point]] = field(default_factory=dict)


def texts_of(group: ElementTree.Element) -> Iterator[tuple[str, Area]]:
    for text in group.iter(f"{SVG}text"):
        x, y, size = float(text.get("x", "")), float(text.get("y", "")), float(text.get("font-size", ""))
        said = "".join(text.itertext())
        # The font sets these as one letter each.
        joined = said.replace("fi", "ﬁ").replace("fl", "ﬂ")
        measure = BOLD if text.get("font-weight") == "bold" else PLAIN
        wide = measure(joined.rstrip()) * size
        lead = measure(joined[: len(joined) - len(joined.lstrip())]) * size
        assert text.get("text-anchor") == "start"
        # From a capital's height above the line to what hangs below it.
        yield said, (x + lead, y - 0.76 * size, x + wide, y + 0.24 * size)


def flattened(path: str, pieces: int = 24) -> list[Point]:
    """The points of a path of cubic curves, by Bernstein's polynomials."""
    numbers = [float(n) for n in re.findall(r"-?[\d.]+", path)]
    points = list(zip(numbers[::2], numbers[1::2]))
    out = [points[0]]
    for i in range(1, len(points) - 2, 3):
        four = (points[i - 1], *points[i : i + 3])
        for k in range(1, pieces + 1):
            t = k / pieces
            parts = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            x, y = (sum(w * p[axis] for w, p in zip(parts, four)) for axis in (0, 1))
            out.append((x, y))
    return out


def seen(data: bytes) -> Seen:
    svg = ElementTree.fromstring(data)
    found = Seen()
    (found.canvas,) = (outline(g[1]) for g in svg if g.get("class") == "graph")
    for group in svg.iter(f"{SVG}g"):
        kind = group.get("class", "")
        if kind in ("node", "cluster", "node title"):
            around = next(outline(e) for e in group.iter() if e.tag in (f"{SVG}polygon", f"{SVG}path"))
            assert within(around, found.canvas)
            texts = list(texts_of(group))
            assert all(within(area, around, 1.0) for _, area in texts), texts
            if kind == "node":
                found.boxes.append(around)
            else:
                found.titles += texts
                (found.clusters if kind == "cluster" else found.covers).append(around)
            found.texts += texts
        elif kind == "edge":
            number = len(found.lines)
            found.lines[number] = flattened(next(group.iter(f"{SVG}path")).get("d", ""))
            found.labels += [(number, said, area) for said, area in texts_of(group)]
            found.texts += texts_of(group)
    assert all(within(area, found.canvas) for _, area in found.texts)
    return found


def legend(data: bytes) -> list[tuple[str, Area]]:
    """The texts of the legend, which stand in the picture itself."""
    (graph,) = (g for g in ElementTree.fromstring(data) if g.get("class") == "graph")
    around = ElementTree.Element("legend")
    around.extend(text for text in graph if text.tag == f"{SVG}text")
    return list(texts_of(around))


def crosses(line: list[Point], area: Area, margin: float = 0.8) -> bool:
    """Whether a line passes through an area, by points along it."""
    x0, y0, x1, y1 = area[0] + margin, area[1] + margin, area[2] - margin, area[3] - margin
    for (ax, ay), (bx, by) in pairwise(line):
        if max(ax, bx) >= x0 and min(ax, bx) <= x1 and max(ay, by) >= y0 and min(ay, by) <= y1:
            points = ((ax + (bx - ax) * k / 16, ay + (by - ay) * k / 16) for k in range(17))
            if any(x0 <= x <= x1 and y0 <= y <= y1 for x, y in points):
                return True
    return False


def faults(found: Seen, covered: bool = True) -> list[str]:
    """All that keeps a picture from being read. Titles drawn as boxes cover the lines behind them."""
    # Lines of one label stand close: what counts is that no letter of one lies on a letter of another.
    thin = [(said, (x0 + 0.3, y0 + 1.2, x1 - 0.3, y1 - 1.2)) for said, (x0, y0, x1, y1) in found.texts]
    out = [f"{a} lies on {b}" for (a, one), (b, two) in combinations(thin, 2) if not apart(one, two)]
    for _, said, area in found.labels:
        out += [f"{said} lies on a box" for box in found.boxes if not apart(area, box)]
        out += [f"{said} is crossed" for line in found.lines.values() if crosses(line, area)]
    out += [f"an edge without a shape: {n}" for n in found.lines.keys() - {n for n, _, _ in found.labels}]
    return out


# -- pictures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "options"),
    [
        (vgg16, {}),
        (vgg16, {"values": AT}),
        (vgg16, {"fold": False, "style": ASCII}),
        (vgg16, {"depth": 1, "direction": "LR"}),
        (vgg16, {"direction": "LR", "columns": 3}),
        (vgg16, {"columns": 2, "theme": DARK}),
        (resnet, {}),
        (resnet, {"columns": 3}),
        (resnet, {"depth": 2, "values": AT}),
        (unet, {"values": AT}),
        (unet, {"direction": "LR"}),
        (inception, {}),
    ],
)
def test_no_text_is_clipped_overlaps_or_is_crossed(build: Callable[[], Network], options: dict[str, Any]) -> None:
    found = seen(drawn(build(), "svg", **options))
    assert len(found.texts) > 10
    assert faults(found) == []


MODELS = ["vgg16", "resnet50", "googlenet", "unet", "vit_b_16", "densenet121", "mobilenet_v3_small", "gpt", "bert"]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("theme", but_long(THEMES, ["dark"]))
def test_bundled_models_are_read_at_every_depth(model: str, theme: str) -> None:
    for depth in (1, 2, 3, None):
        assert faults(seen(drawn(load(model), "svg", depth=depth, theme=THEMES[theme]))) == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_figures_are_read_at_three_depths_in_both_themes(depth: int, theme: str) -> None:
    found = seen(drawn(load("resnet50"), "svg", values=AT, depth=depth, theme=THEMES[theme]))
    assert faults(found) == []
    said = " ".join(text for text, _ in found.texts)
    assert "X" not in re.sub(r"X = 224", "", said)


@pytest.mark.parametrize("model", ["light_resnet50", "light_vgg19"])
def test_a_model_from_an_onnx_file_is_read(model: str) -> None:
    """Files that the onnx package ships, with names that say nothing of stages."""
    onnx = pytest.importorskip("onnx")
    path = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light" / f"{model}.onnx"
    net = load(path, square=True)
    for theme in THEMES.values():
        found = seen(drawn(net, "svg", theme=theme))
        assert len(found.boxes) > 10
        assert faults(found) == []


@pytest.mark.long
def test_every_bundled_model_is_read() -> None:
    from symconv import bundled

    wrong = {}
    for model, _ in bundled():
        found = faults(seen(drawn(load(model), "svg")))
        if found:
            wrong[model] = found
    assert wrong == {}


@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("build", [vgg16, resnet, unet])
def test_boxes_do_not_overlap(build: Callable[[], Network], columns: int) -> None:
    found = seen(drawn(build(), "svg", columns=columns)).boxes
    assert all(apart(one, other) for one, other in combinations(found, 2))


def dense(layers: int) -> Network:
    """Each layer reads all before it, so that many lines pass each of them."""
    net = Network()
    read = [net.input("image", "N", 8, "X", "X")]
    for i in range(layers):
        last = net.add(f"concat{i}", Concat(), *read) if i else read[0]
        read.append(net.add(f"conv{i}", Conv(4, padding=1), last))
    return net


@pytest.mark.parametrize("layers", [5, 6, 8])
def test_no_line_of_one_column_passes_through_a_box_of_another(layers: int) -> None:
    found = seen(drawn(dense(layers), "svg", columns=3))
    assert not [(n, box) for n, line in found.lines.items() for box in found.boxes if crosses(line, box, 4)]


def test_a_title_over_a_line_hides_no_border_and_no_shape() -> None:
    net = Network()
    net.input("image", "N", 8, "X", "X")
    for i in range(4):
        net.add(f"a_long_name_of_stage{i}/relu", ReLU())
    net.repeat("stage", net.symbol("n", "count"), lambda i: net.add("conv", Conv(8, padding=1)), first_apart=True)
    found = seen(drawn(net, "svg", fold=False))
    assert found.covers
    for cover in found.covers:
        assert any(within(cover, cluster, -1.0) for cluster in found.clusters)
        assert all(apart(cover, (x0 + 1, y0 + 1, x1 - 1, y1 - 1)) for _, _, (x0, y0, x1, y1) in found.labels)


def test_vgg_with_formulas_fits_a_portrait_page() -> None:
    svg = ElementTree.fromstring(drawn(vgg16(), "svg"))
    wide, high = (float(svg.get(side, "").removesuffix("pt")) for side in ("width", "height"))
    # A4 less margins of 1.5 cm is 510 × 757 points; letters of 10 points are then still of 7.
    assert min(510 / wide, 757 / high) > 0.7


def test_a_legend_of_long_terms_is_no_wider_than_its_lines() -> None:
    texts = [said for said, _ in legend(drawn(load("efficientnet"), "svg", depth=1))]
    assert max(map(len, texts)) <= 2 * 72


def test_a_unet_is_about_as_wide_as_a_page() -> None:
    svg = ElementTree.fromstring(drawn(unet(), "svg", values=AT))
    wide, high = (float(svg.get(side, "").removesuffix("pt")) for side in ("width", "height"))
    assert 0.35 < wide / high < 1


def residual(blocks: int) -> Network:
    """A network of blocks of three layers that are all a little different, so that none is folded."""
    net = Network()
    last = net.input("image", "N", 8, "X", "X")
    for i in range(blocks):
        net.add(f"stage{i // 20}/block{i}/a", Conv(8 + i % 7, padding=1), last)
        net.add(f"stage{i // 20}/block{i}/b", Conv(8, padding=1))
        last = net.add(f"stage{i // 20}/block{i}/add", Add(), f"stage{i // 20}/block{i}/b", last)
    return net


def test_five_hundred_layers_are_read() -> None:
    picture = drawn(residual(166), "svg", fold=False)
    found = seen(picture)
    assert len(found.boxes) == 1 + 3 * 166
    left, top, right, bottom = found.canvas
    # In columns: as one it would be 60 times as high as wide, and a PNG of it would be shrunk.
    assert 0.4 < (right - left) / (bottom - top) < 2.5
    faulty = faults(found)
    assert len(faulty) <= 5, faulty
    assert not any("lies on" in fault for fault in faulty)
