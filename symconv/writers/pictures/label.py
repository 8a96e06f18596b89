"""Labels: what stands in the boxes and clusters of a picture, on its edges, and its legend, as Graphviz's HTML-like
labels.

A stranger's text comes in by `said` alone, which shows it as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape

import graphviz

from symconv.block import Rounds
from symconv.extent import Extent, symbols_of
from symconv.network import Network
from symconv.notation import ASCII, PRODUCT, Style
from symconv.tensor import Tensor
from symconv.writers.layers import said_of
from symconv.writers.pictures.boxes import Box, Group, Picture, counted, everything
from symconv.writers.pictures.colour import Theme
from symconv.writers.pictures.shares import Shares
from symconv.writers.wording import TIED, called, described, kind_of, kinds, lines, percent, plain, seen, value

#: The size of letters. It is 14 pixels: Graphviz measures letters in whole ones, and at 10 points takes text for 4%
#: narrower than a browser sets it.
POINTS = "10.5"
#: Characters a line of the legend, and cells of its scale.
LEGEND, CELLS = 72, 24
#: The size of letters beside an edge, and the shapes that one edge is labelled with.
SMALL, SHAPES = "9", 3
#: Characters of a shape from which on it takes several lines.
FLOW = 30

#: A line of a label: pieces of HTML.
Row = list[str]


def said(text: str) -> str:
    """Text in an HTML-like label.

    >>> said("<B>&")
    '&lt;B&gt;&amp;'
    """
    shown = escape("".join(map(seen, text.replace(TIED, " "))))
    # Graphviz puts the names of node and graph for these even here, unless they are in two pieces.
    return re.sub(r"\\(?=[NGETHL])", rf'<FONT POINT-SIZE="{POINTS}">\\</FONT>', shown)


def html(rows: Iterable[Row]) -> str:
    """A label of some lines."""
    return f"<{'<BR/>'.join('  '.join(filter(None, row)) for row in rows)}>"


def bare(row: Row) -> str:
    """The text of a line without its tags, an entity as one character."""
    return re.sub("&[^;]*;", "?", re.sub("<[^>]*>", "", "  ".join(row)))


def hint(text: str) -> str:
    """A tooltip: Graphviz reads entities in it, and its own escapes once or twice, so a backslash is a set minus."""
    return str(graphviz.nohtml(escape(plain(text, 400)).replace("\\", "∖")))


class Labels:
    """The labels of one picture, in lines of about `width` characters."""

    def __init__(
        self,
        network: Network,
        drawn: Picture,
        shares: Shares,
        values: Mapping[str, int],
        style: Style,
        theme: Theme,
        width: int,
    ) -> None:
        self.network, self.shares, self.values = network, shares, values
        self.read = {source for source, _ in drawn.edges}
        self.items = tuple(everything(drawn.items))
        self.style, self.theme, self.width = style, theme, width
        self.arrow, self.dots = ("->", "...") if style is ASCII else ("→", "…")

    # -- boxes

    def box(self, box: Box) -> list[Row]:
        """The lines of a box: what it is, what it costs; what comes out where no edge says it."""
        title, text = self._title(box), self._what(box)
        if out := self._out(box):
            text = f"{text} {self.arrow}{TIED}{out}".lstrip() if box.nodes else out
        costs = self._costs(box)
        below = [", ".join(cost + tail for cost, tail in costs)] if costs else []
        if costs and len(below[0]) > self.width:
            below = [line for cost, tail in costs for line in lines(cost, self.width, tail)]
        first, *more = _evenly(text, self.width, len(bare([title])) + 2, max(map(len, below), default=0))
        return [[title, said(first)], *([said(line)] for line in (*more, *below))]

    def group(self, group: Group) -> list[Row]:
        """The line of a cluster: its name, how often it stands there, its share."""
        share = self.shares.of(group)
        return [[self._title(group), said(percent(share)) if share else ""]]

    def _title(self, item: Box | Group) -> str:
        named = plain(item.title, 28)
        if item.last not in ("", item.title):
            named += self.dots + plain(_tail(item.title, item.last), 28)
        times = [f"{self.style.by}{item.times}"] if item.times > 1 else []
        if item.rounds is not None:
            many, number = self._rounds(item.rounds)
            unnamed = item.title == item.rounds.index.name
            named = number if unnamed else named
            times.append(many if unnamed or not _moves(item) else f"{many}, {number}")
        return " ".join([*([f"<B>{said(named)}</B>"] if named else []), *map(said, times)])

    def _rounds(self, rounds: Rounds) -> tuple[str, str]:
        """How often a block stands there, ×(n − 1), and what counts its rounds, i = 1 … n − 1."""
        line = said_of(rounds)
        many, _, number = (line.ascii if self.style is ASCII else line.text).partition(", ")
        return f"{many}, one set of weights" if rounds.tied else many, number

    def _what(self, box: Box) -> str:
        if not box.nodes:
            return ""
        if box.whole:
            return kinds(((node, box.within(node)) for node in box.nodes), self.style)
        first, *joined = box.nodes
        text = " + ".join([described(first, self.style), *(kind_of(node.layer) for node in joined)])
        # An `add` that is called add says so once.
        if text == box.title or text.startswith(f"{box.title} + "):
            text = text[len(box.title) :].lstrip()
        shared = next((node.shares for node in box.nodes if node.shares), "")
        return f"{text}, weights of {plain(shared)}" if shared else text

    def _out(self, box: Box) -> str:
        """The shapes of what nothing reads, so that no edge has them."""
        if not box.nodes:
            return "" if box.key in self.read else self._shapes([self.network.inputs[box.key]], batch=True)
        after = self.network.graph.successors
        return self._shapes([node.out for node in box.nodes if not any(True for _ in after(node.name))])

    def _shapes(self, tensors: Sequence[Tensor], batch: bool = False) -> str:
        shapes = [t.text(self.style, batch or t.rank < 2).replace(" ", TIED) for t in tensors[:SHAPES]]
        more = f" and {len(tensors) - SHAPES} more" if len(tensors) > SHAPES else ""
        return ", ".join(shapes) + more

    # -- edges

    def flow(self, source: Box, tensors: Sequence[Tensor]) -> str:
        """The shapes of what flows from a box to another, an input's with its batch."""
        return self._shapes(tensors, batch=not source.nodes).replace(TIED, " ")

    def beside(self, flow: str) -> str:
        """What stands beside an edge, as a label: a long shape in several lines, broken before its ×."""
        broken = [""]
        for part in re.split("(?=×)", flow):
            if broken[-1] and len(broken[-1] + part) > FLOW:
                broken.append("")
            broken[-1] += part
        return f'<<FONT POINT-SIZE="{SMALL}">{"<BR/>".join(map(said, broken))}</FONT>>'

    def _costs(self, box: Box) -> list[tuple[str, str]]:
        """Each cost that is not zero, and its unit, the coloured one's with its share; `3 × …` for each of three."""
        times, share = self.shares.times[box.key], self.shares.of(box)
        each = f"{times}{TIED}{self.style.by}{TIED}" if times > 1 else ""
        costs = []
        for metric, by_box in self.shares.costs.items():
            tail = TIED + called(metric)
            if share and metric == self.shares.coloured:
                tail += f"{TIED}({percent(share).replace(' ', TIED)})"
            if by_box[box.key]:
                costs.append((each + value(by_box[box.key], self.style, PRODUCT), tail))
        return costs

    # -- tooltips and the legend

    def names(self, box: Box) -> str:
        """The full names of what is drawn as one box."""
        names = [node.name for node in box.nodes] or [box.key]
        shown = ", ".join(plain(name, 80) for name in names[:4]) + (f", {len(names) - 4} more" if names[4:] else "")
        return shown + (f" (and {box.times - 1} equal behind it)" if box.times > 1 else "")

    def legend(self) -> str:
        """The network's name, its totals, and what the colours mean."""
        rows = [f"<B>{said(plain(self.network.name, 80))}</B>{said(_at(self.values))}"]
        for metric, total in self.shares.totals.items():
            text = f"{called(metric)}: {value(total, self.style, exact=True)}"
            rows += map(said, lines(text, LEGEND, most=8))
        rows.append(self._scale())
        if any(item.rounds is not None for item in self.items):
            rows.append(
                said(f"{self.style.by}n: a block of n rounds, drawn in round i; shares are those of all rounds")
            )
        if any(times > 1 for times in self.shares.times.values()):
            rows.append(said(f"n {self.style.by}: each of n equal ones in a row, with the share of all n"))
        cells = "".join(f"<TR><TD>{row}</TD></TR>" for row in rows) + '<TR><TD HEIGHT="4"></TD></TR>'
        return f'<<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="1">{cells}</TABLE>>'

    def _scale(self) -> str:
        name = called(self.shares.coloured)
        if not self.shares.known:
            return said(f"not coloured: no legal sizes are known at which to take shares of {name}")
        if not self.shares.by_box:
            return said(f"not coloured: no {name}")
        meaning = f"share of {name}{_at({**self.values, **self.shares.chosen})}"
        shades = (self.theme.shade(i / (CELLS - 1)) for i in range(CELLS))
        cells = "".join(f'<TD BGCOLOR="{shade}" WIDTH="6" HEIGHT="10" FIXEDSIZE="TRUE"></TD>' for shade in shades)
        return (
            '<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>'
            f'<TD>{said(meaning)}: {said(percent(0))} </TD><TD CELLPADDING="2"><TABLE BORDER="1" CELLBORDER="0" '
            f'COLOR="{self.theme.line}" CELLSPACING="0" CELLPADDING="0"><TR>{cells}</TR></TABLE></TD>'
            f"<TD> {said(percent(self.shares.most))}</TD></TR></TABLE>"
        )


def _evenly(text: str, width: int, indent: int, least: int) -> list[str]:
    """The text in as few lines as `width` takes, and these no longer than that needs, or than `least`."""
    broken = lines(text, width, indent=indent)
    if len(broken) > 1:
        for narrow in range(max(least, (indent + len(text)) // len(broken), 12), width):
            if len(shorter := lines(text, narrow, indent=indent)) <= len(broken):
                return shorter
    return broken


def _moves(item: Box | Group) -> bool:
    """Whether a shape or a layer in a block depends on the round."""
    if item.rounds is None:
        return False
    nodes = [node for box, _ in counted((item,), 1) for node in box.nodes]
    sizes = [size for node in nodes for tensor in (*node.tensors, node.out) for size in tensor.shape]
    sizes += [size for node in nodes for _, size, _ in node.layer.field_sizes()]
    return any(item.rounds.index in symbols_of(size) for size in sizes if isinstance(size, Extent))


def _at(values: Mapping[str, int]) -> str:
    return " at " + ", ".join(f"{name} = {n}" for name, n in values.items()) if values else ""


def _tail(first: str, last: str) -> str:
    """What is left of `last` where it is `first` with another number: `conv2…4`."""
    stem = first.rstrip("0123456789")
    return last[len(stem) :] if last.startswith(stem) and last[len(stem) :].isdigit() else f" {last}"
