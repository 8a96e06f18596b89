"""Diagrams: a network as Graphviz's DOT text, or as the picture that Graphviz makes of it.

A box carries a layer's name, its kind and what is telling of its fields, the shape of its output, and its costs: as
formulas, or as figures where the symbols have values. A cost that is zero is left out. Its colour is its share of a
metric, with a legend that says at which sizes. Stages are clusters; what repeats is drawn once, as ×n.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod
from pathlib import Path
from typing import Any, Literal, TypeAlias

import graphviz

from symconv.count import Convention
from symconv.errors import OutputError, SymconvError
from symconv.network import Network
from symconv.notation import TEXT, Style
from symconv.symbols import Symbol
from symconv.values import evaluate
from symconv.writers.colour import LIGHT, Theme
from symconv.writers.folding import Box, Group, Item, Picture, picture
from symconv.writers.label import POINTS, Labels, bare, hint, html
from symconv.writers.layout import layout
from symconv.writers.render import render, save
from symconv.writers.shares import Shares, shares_of
from symconv.writers.wording import plain

Direction: TypeAlias = Literal["TB", "LR"]

FONT = "DejaVu Sans,Verdana,Arial,Helvetica,sans-serif"
#: Characters a line of a box: from left to right, from top to bottom, and there where nothing branches.
SLIM, NARROW, WIDE = 28, 44, 72


def dot(
    network: Network,
    metric: str | Convention = "macs",
    values: Mapping[str, int] | None = None,
    style: Style = TEXT,
    fold: bool = True,
    direction: Direction = "TB",
    depth: int | None = None,
    reference: Mapping[str, int] | None = None,
    theme: Theme = LIGHT,
) -> str:
    """A diagram of a network in DOT, the same text on every run.

    Parameters
    ----------
    network
        The network; the parts of its nodes' names become clusters.
    metric
        What the colours show the share of, and what is written beside macs and params.
    values
        Numbers for some or all symbols, by name; costs and shapes are then figures, or formulas in what is left.
    style
        TEXT or ASCII.
    fold
        Whether activations and norms join the layer before them, and equal neighbours are drawn once, as ×n. What such
        a box writes is for one of them, `3 × …`; its share, and so its colour, is that of all three.
    direction
        Top to bottom or left to right.
    depth
        Levels of clusters: everything deeper is one box. None for all.
    reference
        The sizes at which shares are taken of costs that are formulas; what is left out is chosen (X = 224, N = 1), and
        the legend says it.
    theme
        The colours.

    Raises
    ------
    SymconvError
        For an unknown metric, a depth below 1, an unknown symbol, a value outside the domain.

    Examples
    --------
    >>> from symconv.layers import Conv
    >>> net = Network()
    >>> _ = net.input("image", "N", 3, "X", "X"), net.add("conv", Conv(64, padding=1))
    >>> "n0 -> n1" in dot(net)
    True
    >>> "1728·N·X² MACs" in dot(net), "86.70 M MACs" in dot(net, values={"X": 224, "N": 1})
    (True, True)
    """
    if depth is not None and depth < 1:
        raise SymconvError(f"a depth of {depth}: at least 1 is wanted, or none for every level")
    if direction not in ("TB", "LR"):
        raise SymconvError(f"the direction {direction!r}: TB (top to bottom) and LR (left to right) are known")
    if values:
        network = network.substitute(**values)
    drawn = picture(network, fold, depth)
    shares = shares_of(network, drawn, metric, reference)
    column = direction == "TB" and drawn.chain
    width = WIDE if column else SLIM if direction == "LR" else NARROW
    labels = Labels(network, shares, values or {}, style, theme, width)
    graph = _graph(direction, theme, labels.legend())
    if column:
        # Equal widths for a column of boxes, by a bound on the width of a character, as the font is not read here.
        longest = max((len(bare(row)) for box, _ in drawn.boxes() for row in labels.box(box)), default=0)
        graph.attr("node", width=f"{longest * 0.09 + 0.24:.2f}")
    _Writer(drawn, shares, labels, theme).write(graph, _points(network, shares))
    return str(graph.source)


def draw(network: Network, path: Path | str, metric: str | Convention = "macs", **options: Any) -> None:
    """Write the diagram of `dot` to a file of the format that its name ends in: .dot, .svg, .png or .pdf.

    Raises OutputError for another ending, where there is no Graphviz, or where the file cannot be written; whatever
    `dot` raises.
    """
    path = Path(path)
    suffix = path.suffix.removeprefix(".").lower()
    if not suffix:
        raise OutputError(f"{path.name!r} has no ending that names a format: .dot, .svg, .png and .pdf are known")
    save(render(dot(network, metric, **options), suffix), path)


def _graph(direction: str, theme: Theme, legend: str) -> Any:
    graph = graphviz.Digraph("network")
    graph.attr(
        rankdir=direction, bgcolor=theme.ground, fontname=FONT, fontsize=POINTS, fontcolor=theme.ink, nodesep="0.25",
        ranksep="0.2", pad="0.2", labelloc="t", charset="UTF-8", label=legend,
    )  # fmt: skip
    graph.attr(
        "node", shape="box", style="filled", fillcolor=theme.ground, color=theme.line, fontcolor=theme.ink,
        fontname=FONT, fontsize=POINTS, margin="0.12,0.05", height="0", penwidth="0.8",
    )  # fmt: skip
    graph.attr("edge", color=theme.line, arrowsize="0.6", fontname=FONT, fontsize=POINTS, penwidth="0.8")
    return graph


def _points(network: Network, shares: Shares) -> dict[str, int]:
    """How many points the output of each node or input has along its spatial axes, where that is known."""
    if not shares.known:
        return {}
    first: dict[Symbol, int] = {r.index: r.index.begin for node in network.nodes for r in node.rounds}
    tensors = {**network.inputs, **{node.name: node.out for node in network.nodes}}
    return {
        name: int(prod(evaluate(size, {**shares.at, **first}) for size in tensor.spatial))
        for name, tensor in tensors.items()
        if tensor.spatial
    }


class _Writer:
    """A picture on its way to DOT: identifiers of our own, so that no name is ever read as DOT."""

    def __init__(self, drawn: Picture, shares: Shares, labels: Labels, theme: Theme) -> None:
        self.picture, self.shares, self.labels, self.theme = drawn, shares, labels, theme
        self.boxes = {box.key: box for box, _ in drawn.boxes()}
        self.ids = {key: f"n{i}" for i, key in enumerate(self.boxes)}
        self.clusters = 0

    def write(self, graph: Any, points: Mapping[str, int]) -> None:
        """Boxes and clusters, then the edges; `points` are those of a node's output, by its name."""
        self._items(graph, self.picture.items)
        last = {key: box.nodes[-1].name if box.nodes else key for key, box in self.boxes.items()}
        plan = layout(list(self.boxes), self.picture.edges, lambda key: points.get(last[key]))
        graph.attr("graph", **plan.settings)
        for wire in plan.wires:
            ends = (wire.head, wire.tail) if wire.attributes.get("dir") == "back" else (wire.tail, wire.head)
            said = " to ".join(plain(self.boxes[key].title, 80) for key in ends)
            graph.edge(self.ids[wire.tail], self.ids[wire.head], tooltip=hint(said), **wire.attributes)

    def _items(self, graph: Any, items: Iterable[Item]) -> None:
        for item in items:
            if isinstance(item, Group):
                self._cluster(graph, item)
            else:
                self._box(graph, item)

    def _cluster(self, graph: Any, group: Group) -> None:
        self.clusters += 1
        with graph.subgraph(name=f"cluster_{self.clusters}") as cluster:
            cluster.attr(
                label=html(self.labels.group(group)), labeljust="l", style="rounded,filled",
                fillcolor=self.theme.group, color=self.theme.line, penwidth="0.6", margin="10",
                tooltip=hint("/".join(group.path) or "repeated"),
            )  # fmt: skip
            self._items(cluster, group.items)

    def _box(self, graph: Any, box: Box) -> None:
        most = self.shares.most
        shade = self.theme.shade(float(self.shares.of(box) / most)) if most else self.theme.ground
        graph.node(
            self.ids[box.key], label=html(self.labels.box(box)), fillcolor=shade,
            fontcolor=self.theme.text_on(shade) if most else None, tooltip=hint(self.labels.names(box)),
            style=None if box.nodes else "rounded,filled",
        )  # fmt: skip
