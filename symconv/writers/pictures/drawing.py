"""Drawing: a picture as a graph in Graphviz's language, with its places where they are known.

Identifiers are our own, so that no name is ever read as DOT: n3 is a box, e5 an edge, cluster_2 a group. Each may come
with attributes from outside, by its identifier; that of the whole is "".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import graphviz

from symconv.writers.pictures.boxes import Box, Group, Item, Picture
from symconv.writers.pictures.colour import Theme
from symconv.writers.pictures.label import POINTS, Labels, bare, hint, html
from symconv.writers.pictures.layout import Layout, Wire
from symconv.writers.pictures.links import Links
from symconv.writers.pictures.shares import Shares
from symconv.writers.wording import plain

FONT: Final = "DejaVu Sans,Verdana,Arial,Helvetica,sans-serif"
#: Boxes from which on Graphviz is told to look less long for the best places, and how many it may try.
MANY, TRIES = 300, 100

#: Attributes by identifiers.
Attributes = Mapping[str, Mapping[str, str]]


class Drawing:
    """A picture with its labels, colours and layout, on its way to DOT."""

    def __init__(
        self,
        drawn: Picture,
        plan: Layout,
        shares: Shares,
        labels: Labels,
        theme: Theme,
        direction: str,
        links: Links,
        columns: int | None,
        legend: bool = True,
    ) -> None:
        self.picture, self.plan, self.shares, self.labels, self.theme = drawn, plan, shares, labels, theme
        self.direction, self.links, self.columns, self.legend = direction, links, columns, legend
        self.boxes = {box.key: box for box, _ in drawn.boxes()}
        #: What is written in each box, line by line.
        self.rows = {key: labels.box(box) for key, box in self.boxes.items()}
        self.column = direction == "TB" and drawn.chain
        self.ids = {key: f"n{i}" for i, key in enumerate(self.boxes)}
        #: What is written on each edge, and the box that it comes from.
        self.flows: dict[str, str] = {}
        self.tails: dict[str, str] = {}
        for number, wire in enumerate(plan.wires):
            self.tails[f"e{number}"] = self.ids[wire.ends[0]]
            tensors = drawn.flows.get(wire.ends)
            if tensors is not None:
                self.flows[f"e{number}"] = labels.flow(self.boxes[wire.ends[0]], tensors)

    def source(self, flows: bool = True, more: Attributes | None = None) -> str:
        """The graph in DOT, with labels on the edges or without, and with more attributes."""
        return _Writer(self, flows, more or {}).source()

    def texts(self) -> str:
        """A graph of all that is written on edges, each text a node once, by which Graphviz measures them."""
        graph = graphviz.Digraph("texts")
        graph.attr("node", shape="none", margin="0", width="0", height="0", fontname=FONT)
        for number, text in enumerate(dict.fromkeys(self.flows.values())):
            graph.node(f"t{number}", label=self.labels.beside(text))
        return str(graph.source)


class _Writer:
    """One run over a drawing."""

    def __init__(self, drawing: Drawing, flows: bool, more: Attributes) -> None:
        self.drawing, self.flows, self.more = drawing, flows, more
        self.theme, self.labels, self.shares = drawing.theme, drawing.labels, drawing.shares
        self.clusters = 0

    def source(self) -> str:
        graph = self._graph()
        self._items(graph, self.drawing.picture.items)
        for number, wire in enumerate(self.drawing.plan.wires):
            self._edge(graph, f"e{number}", wire)
        return str(graph.source)

    def _graph(self) -> Any:
        theme, drawing = self.theme, self.drawing
        graph = graphviz.Digraph("network")
        settings = {"nodesep": "0.25", "ranksep": "0.2", **drawing.plan.settings, **self.more.get("", {})}
        if drawing.legend:
            settings["label"] = self.labels.legend()
        if len(drawing.boxes) > MANY:
            settings["nslimit"] = f"{TRIES / len(drawing.boxes):.4f}"
        graph.attr(
            "graph", rankdir=drawing.direction, bgcolor=theme.ground, fontname=FONT, fontsize=POINTS,
            fontcolor=theme.ink, pad="0.2", labelloc="t", charset="UTF-8", **settings,
        )  # fmt: skip
        graph.attr(
            "node", shape="box", style="filled", fillcolor=theme.ground, color=theme.line, fontcolor=theme.ink,
            fontname=FONT, fontsize=POINTS, margin="0.12,0.05", height="0", penwidth="0.8",
        )  # fmt: skip
        if drawing.column:
            # Equal widths for a column of boxes, by a bound on the width of a character, as the font is not read here.
            rows = (row for rows in drawing.rows.values() for row in rows)
            graph.attr("node", width=f"{max((len(bare(row)) for row in rows), default=0) * 0.09 + 0.24:.2f}")
        graph.attr(
            "edge", color=theme.line, fontcolor=theme.ink, arrowsize="0.6", fontname=FONT, fontsize=POINTS,
            penwidth="0.8",
        )  # fmt: skip
        return graph

    def _items(self, graph: Any, items: Iterable[Item]) -> None:
        for item in items:
            if isinstance(item, Group):
                self._cluster(graph, item)
            else:
                self._box(graph, item)

    def _cluster(self, graph: Any, group: Group) -> None:
        self.clusters += 1
        name = f"cluster_{self.clusters}"
        with graph.subgraph(name=name) as cluster:
            title = html(self.labels.group(group))
            cluster.attr(
                labeljust="l", style="rounded,filled", fillcolor=self.theme.group, color=self.theme.line,
                penwidth="0.6", margin="10", tooltip=hint("/".join(group.path) or "repeated"), **self._link(group),
                **{"label": title, **self.more.get(name, {})},
            )  # fmt: skip
            if apart := self.more.get(f"title_{name}"):
                colour = self.theme.group
                cluster.node(
                    f"title_{name}", label=title, color=colour, fillcolor=colour, margin="0.04,0",
                    **{"class": "title"}, **apart,
                )  # fmt: skip
            self._items(cluster, group.items)

    def _box(self, graph: Any, box: Box) -> None:
        most = self.shares.most
        shade = self.theme.shade(float(self.shares.of(box) / most)) if most else self.theme.ground
        name = self.drawing.ids[box.key]
        graph.node(
            name, label=html(self.drawing.rows[box.key]), fillcolor=shade,
            fontcolor=self.theme.text_on(shade) if most else None, tooltip=hint(self.labels.names(box)),
            style=None if box.nodes else "rounded,filled", **self._link(box), **self.more.get(name, {}),
        )  # fmt: skip

    def _edge(self, graph: Any, name: str, wire: Wire) -> None:
        boxes, ids = self.drawing.boxes, self.drawing.ids
        flow = self.drawing.flows.get(name)
        attributes = {**wire.attributes, **self.more.get(name, {})}
        if flow is not None:
            ends = " to ".join(plain(boxes[key].title, 80) for key in wire.ends)
            attributes["tooltip"] = hint(f"{ends}: {flow}")
            if self.flows or "lp" in attributes:
                attributes["label"] = self.labels.beside(flow)
        graph.edge(ids[wire.tail], ids[wire.head], id=name, **attributes)

    def _link(self, item: Item) -> dict[str, str]:
        """The link of a box or a cluster, as Graphviz's attributes."""
        names = ["/".join(item.path)] if item.path else []
        if isinstance(item, Box):
            names = [*(node.name for node in item.nodes), item.key, *names]
        found = self.drawing.links.of(names)
        return {"URL": found, "target": "_blank"} if found else {}
