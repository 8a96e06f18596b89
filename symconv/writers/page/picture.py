"""The diagram of a network for a page: SVG that the page colours, with the boxes by their names.

Of what Graphviz draws the places and texts stay. Colours and widths of lines are the page's, by classes; there are no
identifiers, so that several pictures stand on one page, no links and no styles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any, Final
from xml.etree import ElementTree

from symconv.count import Convention
from symconv.network import Network
from symconv.writers.pictures.arranging import arranged
from symconv.writers.pictures.diagram import drawing
from symconv.writers.pictures.drawing import FONT, Drawing
from symconv.writers.pictures.folding import readable
from symconv.writers.pictures.label import POINTS

#: The attributes that say where a thing is.
_PLACED: Final = ("points", "d", "cx", "cy", "rx", "ry", "x", "y", "text-anchor", "font-weight")
_TITLE: Final = "{http://www.w3.org/1999/xlink}title"
_SHAPES: Final = ("polygon", "polyline", "path", "ellipse")
#: Pixels in a point.
PIXELS: Final = 4 / 3


class Picture:
    """The diagram of a network: its SVG, and the layers that every box stands for, by data-box."""

    def __init__(self, network: Network, metric: str | Convention, depth: int | None) -> None:
        depth = readable(network) if depth is None else depth
        drawn = drawing(network, metric, depth=depth, legend=False)
        place = {node.name: number for number, node in enumerate(network.nodes)}
        self.boxes = {
            drawn.ids[key]: [place[node.name] for node in nodes] for key, nodes in drawn.picture.nodes.items()
        }
        self.svg = _inline(drawn)


def _inline(drawn: Drawing) -> str:
    root = ElementTree.fromstring(arranged(drawn, "svg"))
    _, _, wide, high = (float(n) for n in root.attrib["viewBox"].split())
    body = "".join(_groups(root))
    return (
        f'<svg viewBox="{root.attrib["viewBox"]}" width="{wide * PIXELS:.0f}" height="{high * PIXELS:.0f}" '
        f'font-family="{FONT}" font-size="{POINTS}" xml:space="preserve">{body}</svg>'
    )


def _groups(root: ElementTree.Element) -> Iterator[str]:
    """The picture in a group that moves it, without its ground."""
    whole = next(child for child in root if _tag(child) == "g")
    yield f'<g transform="{whole.attrib["transform"]}">'
    for child in whole:
        kind = child.attrib.get("class", "")
        if _tag(child) == "g" and kind:
            yield _group(child, kind.split())
    yield "</g>"


def _group(group: ElementTree.Element, kinds: list[str]) -> str:
    """A box, a cluster or an edge, with what a pointer on it is told."""
    name, told = "", ""
    for inside in group.iter():
        if _tag(inside) == "title":
            name = name or inside.text or ""
        told = told or inside.attrib.get(_TITLE, "")
    kind = "caption" if "title" in kinds else {"node": "box"}.get(kinds[0], kinds[0])
    named = f' data-box="{escape(name)}"' if kind == "box" else ""
    hint = f"<title>{escape(told)}</title>" if told and kind != "caption" else ""
    return f'<g class="{kind}"{named}>{hint}{"".join(_shapes(group))}</g>'


def _shapes(group: ElementTree.Element) -> Iterable[str]:
    for shape in group.iter():
        tag = _tag(shape)
        if tag == "text":
            size = shape.attrib.get("font-size", "")
            small = "" if not size or float(size) == float(POINTS) else f' font-size="{escape(size)}"'
            yield f"<text{_placed(shape)}{small}>{escape(shape.text or '')}</text>"
        elif tag in _SHAPES:
            yield f"<{tag}{_placed(shape)}/>"


def _placed(shape: ElementTree.Element) -> str:
    found: list[tuple[str, Any]] = [(name, shape.attrib[name]) for name in _PLACED if name in shape.attrib]
    return "".join(f' {name}="{escape(value)}"' for name, value in found)


def _tag(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]
