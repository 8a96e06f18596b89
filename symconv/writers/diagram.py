"""Diagrams: a network as Graphviz's DOT text, or as the picture that Graphviz makes of it.

A box carries a layer's name, its kind and what is telling of its fields, the shape of its output, and its costs: as
formulas, or as figures where the symbols have values. A cost that is zero is left out. Its colour is its share of a
metric, with a legend that says at which sizes. Stages are clusters; what repeats is drawn once, as ×n.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from math import prod
from pathlib import Path
from typing import Any, Literal, TypeAlias

import graphviz

from symconv.cost import Cost, Number, cost_symbols, evaluate_cost, total_of
from symconv.count import Convention
from symconv.errors import OutputError, SymconvError
from symconv.extent import evaluate, symbols_of
from symconv.network import Network
from symconv.notation import ASCII, TEXT, Style
from symconv.symbols import Symbol
from symconv.writers.colour import LIGHT, Theme
from symconv.writers.folding import Box, Group, Item, Picture, picture
from symconv.writers.layout import wires
from symconv.writers.reference import reference_of
from symconv.writers.render import render, save
from symconv.writers.wording import TIED, amount, described, kind_of, kinds, lines, percent, plain, value

Direction: TypeAlias = Literal["TB", "LR"]

FONT = "DejaVu Sans,Verdana,Arial,Helvetica,sans-serif"
UNITS = {"macs": "MACs", "flops": "FLOPs", "ops": "operations", "full": "operations (full count)"}
# Characters a line: of a box in a picture that branches, of one in a chain, and of the legend.
NARROW, WIDE, LEGEND = 44, 72, 72
STEPS = 24


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
        Whether activations and norms join the layer before them, and equal neighbours are drawn once, as ×n. A folded
        box says `3 × …`: what it writes is for one of them, and its colour is the share of all three.
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
    >>> print(*(line for line in dot(net).splitlines() if "->" in line))
        n0 -> n1
    >>> "1728·N·X² MACs" in dot(net), "86.70 M MACs" in dot(net, values={"X": 224, "N": 1})
    (True, True)
    """
    if depth is not None and depth < 1:
        raise SymconvError(f"a depth of {depth}: at least 1 is wanted, or none for every level")
    if direction not in ("TB", "LR"):
        raise SymconvError(f"the direction {direction!r}: TB (top to bottom) and LR (left to right) are known")
    if values:
        network = network.substitute(**values)
    figures = _figures(network, metric, reference)
    return _Drawing(network, picture(network, fold, depth), figures, values or {}, style, direction, theme).source()


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


# -- costs ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Figures:
    """The costs by node of each metric that is written, the first of which is coloured, and the sizes of the shares.

    `at` is None where no legal sizes are known.
    """

    costs: Mapping[str, Mapping[str, Cost]]
    at: Mapping[Symbol, int] | None
    coloured: str

    def of(self, metric: str, box: Box) -> Cost:
        costs = self.costs[metric]
        return total_of(costs[node.name] for node in box.nodes)

    def number(self, box: Box) -> Number:
        """The coloured metric of a box in numbers."""
        return evaluate_cost(self.of(self.coloured, box), self.at or {})


def _figures(network: Network, metric: str | Convention, reference: Mapping[str, int] | None) -> _Figures:
    coloured = metric if isinstance(metric, str) else metric.name
    wanted: dict[str, str | Convention] = {"macs": "macs", "params": "params"}
    if coloured not in wanted:
        wanted = {coloured: metric, **wanted}
    elif isinstance(metric, Convention):
        wanted[coloured] = metric
    costs = {name: network.costs(m) for name, m in wanted.items()}
    symbols = {s for cost in costs[coloured].values() for s in cost_symbols(cost)}
    return _Figures(costs, reference_of(network, symbols, reference or {}), coloured)


def _unit(metric: str) -> str:
    return UNITS.get(metric, plain(metric))


# -- the picture ---------------------------------------------------------------------------------------------------


class _Drawing:
    """A picture on its way to DOT."""

    def __init__(
        self,
        network: Network,
        drawn: Picture,
        figures: _Figures,
        values: Mapping[str, int],
        style: Style,
        direction: Direction,
        theme: Theme,
    ) -> None:
        self.network, self.picture, self.figures, self.values = network, drawn, figures, values
        self.style, self.theme = style, theme
        self.arrow = "->" if style is ASCII else "→"
        self.wide = direction == "TB" and drawn.chain
        self.width = WIDE if self.wide else NARROW
        boxes = list(drawn.boxes())
        self.times = {box.key: times for box, times in boxes}
        self.ids = {box.key: f"n{i}" for i, (box, _) in enumerate(boxes)}
        self.outputs = {box.key: box.nodes[-1].out if box.nodes else network.inputs[box.key] for box, _ in boxes}
        self.shares = self._shares(boxes)
        self.most = max(self.shares.values(), default=Fraction(0))
        self.clusters = 0
        self.graph = graphviz.Digraph("network")
        self.graph.attr(
            rankdir=direction, bgcolor=theme.ground, fontname=FONT, fontsize="10", fontcolor=theme.ink,
            nodesep="0.25", ranksep="0.2", pad="0.2", labelloc="t", charset="UTF-8", label=self._legend(),
            tooltip=" ",
        )  # fmt: skip
        self.graph.attr(
            "node", shape="box", style="filled", fillcolor=theme.ground, color=theme.line, fontcolor=theme.ink,
            fontname=FONT, fontsize="10", margin="0.12,0.05", height="0", penwidth="0.8",
        )  # fmt: skip
        if self.wide:
            # Equal widths for a column of boxes, by a bound on the width of a character, as the font is not read here.
            longest = max(len(_bare("  ".join(row))) for box, _ in boxes for row in self._rows(box))
            self.graph.attr("node", width=f"{longest * 0.087 + 0.24:.2f}")
        self.graph.attr("edge", color=theme.line, arrowsize="0.6", fontname=FONT, fontsize="9", penwidth="0.8")

    def source(self) -> str:
        self._items(self.graph, self.picture.items)
        for wire in wires(list(self.ids), self.picture.edges, self._points):
            self.graph.edge(self.ids[wire.tail], self.ids[wire.head], **wire.attributes)
        return str(self.graph.source)

    def _points(self, key: str) -> int | None:
        """How many points the output of a box has along its spatial axes."""
        tensor = self.outputs[key]
        at = self.figures.at
        if at is None or not tensor.spatial or any(s not in at for size in tensor.spatial for s in symbols_of(size)):
            return None
        return prod(evaluate(size, at) for size in tensor.spatial)

    # -- shares

    def _shares(self, boxes: Iterable[tuple[Box, int]]) -> dict[str, Fraction]:
        if self.figures.at is None:
            return {}
        costs = {box.key: Fraction(self.figures.number(box) * times) for box, times in boxes}
        total = sum(costs.values())
        return {key: cost / total for key, cost in costs.items()} if total else {}

    def _share_of(self, item: Item, times: int = 1) -> Fraction:
        if isinstance(item, Box):
            return self.shares.get(item.key, Fraction(0))
        return sum((self._share_of(i) for i in item.items), Fraction(0))

    # -- boxes and clusters

    def _items(self, graph: Any, items: Iterable[Item]) -> None:
        for item in items:
            if isinstance(item, Group):
                self._cluster(graph, item)
            else:
                self._box(graph, item)

    def _cluster(self, graph: Any, group: Group) -> None:
        self.clusters += 1
        label = self._title(group.title, group.last, group.times)
        share = self._share_of(group)
        said = _said(percent(share)) if share else ""
        name = f"cluster_{self.clusters}"
        with graph.subgraph(name=name) as cluster:
            cluster.attr(
                label=_html([[label, said]]) if label or said else "", labeljust="l", style="rounded,filled",
                fillcolor=self.theme.group, color=self.theme.line, penwidth="0.6", margin="10",
                tooltip=_tooltip("/".join(group.path) or "a repeated pattern"),
            )  # fmt: skip
            self._items(cluster, group.items)

    def _box(self, graph: Any, box: Box) -> None:
        shade = self.theme.shade(float(self.shares[box.key] / self.most)) if self.shares else self.theme.ground
        special = {} if box.nodes else {"style": "rounded,filled"}
        graph.node(
            self.ids[box.key], label=_html(self._rows(box)), fillcolor=shade, fontcolor=self.theme.text_on(shade),
            tooltip=_tooltip(self._names(box)), **special,
        )  # fmt: skip

    def _rows(self, box: Box) -> list[list[str]]:
        """The lines of a box: what it is, what comes out, what it costs."""
        title, text = self._title(box.title, box.last, box.times), self._what(box)
        if box.nodes:
            text = f"{text} {self.arrow}{TIED}{self._shape(box)}".lstrip()
        else:
            text = self._shape(box)
        first, *more = lines(text, self.width, indent=len(_bare(title)) + 2)
        costs = self._costs(box)
        together = ", ".join(costs)
        if len(together) <= self.width:
            more += [together] if together else []
        else:
            more += [line for cost in costs for line in lines(cost, self.width)]
        return [[title, _said(first)], *([_said(line)] for line in more)]

    def _title(self, first: str, last: str, times: int) -> str:
        dots = " ... " if self.style is ASCII else " … "
        named = plain(first, 28) + (dots + plain(last, 28) if last and last != first else "")
        return (f"<B>{_said(named)}</B>" if named else "") + (_said(f" {self.style.by}{times}") if times > 1 else "")

    def _what(self, box: Box) -> str:
        if not box.nodes:
            return ""
        if box.whole:
            return kinds(box.nodes, self.style)
        first, *joined = box.nodes
        text = " + ".join([described(first, self.style), *(kind_of(node.layer) for node in joined)])
        if text == box.title:
            return ""
        shared = [node.shares for node in box.nodes if node.shares]
        return f"{text}, weights of {plain(shared[0])}" if shared else text

    def _shape(self, box: Box) -> str:
        out = self.outputs[box.key]
        return out.text(self.style, batch=not box.nodes or out.rank < 2).replace(" ", TIED)

    def _costs(self, box: Box) -> list[str]:
        """Each cost that is not zero with its unit, the coloured one with its share."""
        said = []
        for metric in self.figures.costs:
            cost = self.figures.of(metric, box)
            if cost:
                text = amount(cost, _unit(metric), self.style, self.times[box.key])
                share = self.shares.get(box.key) if metric == self.figures.coloured else None
                said.append(f"{text} ({percent(share).replace(' ', TIED)})" if share else text)
        return said

    def _names(self, box: Box) -> str:
        names = [box.key] if not box.nodes else [node.name for node in box.nodes]
        shown = ", ".join(plain(name, 80) for name in names[:4]) + (f", {len(names) - 4} more" if names[4:] else "")
        return shown + (f" (and {box.times - 1} equal behind it)" if box.times > 1 else "")

    # -- legend

    def _legend(self) -> str:
        """The network's name, its totals, and what the colours mean."""
        rows = [f"<B>{_said(plain(self.network.name, 80))}</B>{_said(self._at(self.values))}"]
        for metric, costs in self.figures.costs.items():
            rows += map(_said, lines(f"{_unit(metric)}: {value(total_of(costs.values()), self.style)}", LEGEND))
        rows.append(self._scale())
        if any(times > 1 for times in self.times.values()):
            rows.append(_said(f"2 {self.style.by} …: each of 2 equal ones in a row, coloured by the share of both"))
        cells = "".join(f"<TR><TD>{row}</TD></TR>" for row in rows)
        return f'<<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="1">{cells}</TABLE>>'

    def _scale(self) -> str:
        unit = _unit(self.figures.coloured)
        if self.figures.at is None:
            return _said(f"not coloured: no legal sizes are known at which to take shares of {unit}")
        if not self.shares:
            return _said(f"not coloured: no {unit}")
        # The input's sizes first, its batch last.
        symbols = {s.name: n for s, n in sorted(self.figures.at.items(), key=lambda item: item[0].key, reverse=True)}
        meaning = _said(f"share of {unit}" + self._at(self.values or symbols))
        steps = "".join(
            f'<TD BGCOLOR="{self.theme.shade(i / (STEPS - 1))}" WIDTH="6" HEIGHT="10" FIXEDSIZE="TRUE"></TD>'
            for i in range(STEPS)
        )
        return (
            '<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>'
            f'<TD>{meaning}: {_said(percent(0))} </TD><TD CELLPADDING="2"><TABLE BORDER="1" COLOR="{self.theme.line}" '
            f'CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>{steps}</TR></TABLE></TD>'
            f"<TD> {_said(percent(self.most))}</TD></TR></TABLE>"
        )

    def _at(self, values: Mapping[str, int]) -> str:
        return " at " + ", ".join(f"{name} = {n}" for name, n in values.items()) if values else ""


def _said(text: str) -> str:
    return escape(text)


def _bare(html: str) -> str:
    """The text of a label without its tags, an entity as one character."""
    return re.sub("&[^;]*;", "?", re.sub("<[^>]*>", "", html))


def _html(rows: Iterable[Iterable[str]]) -> str:
    return f"<{'<BR/>'.join('  '.join(filter(None, row)) for row in rows)}>"


def _tooltip(text: str) -> str:
    # Graphviz reads escapes in it, and entities too.
    return str(graphviz.escape(plain(text, 400).replace("&", "&amp;")))
