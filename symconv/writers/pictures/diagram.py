"""Diagrams: a network as Graphviz's DOT text, or as the picture that Graphviz makes of it.

A box carries a layer's name, its kind and what is telling of its fields, and its costs: as formulas, or as figures
where the symbols have values. A cost that is zero is left out. Its colour is its share of a metric, with a legend that
says at which sizes. An edge carries the shape of what flows along it. Stages are clusters; what repeats is drawn once,
as ×n.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any, Literal, TypeAlias

from symconv.count import Convention
from symconv.errors import OutputError, SymconvError
from symconv.network import Network
from symconv.notation import TEXT, Style
from symconv.symbols import Symbol
from symconv.values import evaluate
from symconv.writers.pictures.arranging import DRAWN, arranged
from symconv.writers.pictures.boxes import paths
from symconv.writers.pictures.colour import LIGHT, Theme
from symconv.writers.pictures.drawing import Drawing
from symconv.writers.pictures.folding import picture
from symconv.writers.pictures.label import Labels
from symconv.writers.pictures.layout import layout
from symconv.writers.pictures.links import Links
from symconv.writers.pictures.render import render
from symconv.writers.pictures.shares import Shares, shares_of
from symconv.writers.saving import save

Direction: TypeAlias = Literal["TB", "LR"]

#: Characters a line of a box: from left to right, from top to bottom, and there where nothing branches.
SLIM, NARROW, WIDE = 28, 44, 72


def dot(network: Network, metric: str | Convention = "macs", **options: Any) -> str:
    """A diagram of a network in DOT, the same text on every run; the options and errors are those of `drawing`.

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
    return drawing(network, metric, **options).source()


def draw(network: Network, path: Path | str, metric: str | Convention = "macs", **options: Any) -> None:
    """Write the diagram of `dot` to a file of the format that its name ends in: .dot, .svg, .png or .pdf.

    The options are those of `drawing`. Raises OutputError for another ending, where there is no Graphviz, or where the
    file cannot be written; whatever `drawing` raises.
    """
    path = Path(path)
    suffix = path.suffix.removeprefix(".").lower()
    if not suffix:
        raise OutputError(f"{path.name!r} has no ending that names a format: .dot, .svg, .png and .pdf are known")
    save(drawn(network, suffix, metric, **options), path)


def drawn(network: Network, suffix: str, metric: str | Convention = "macs", **options: Any) -> bytes:
    """The diagram of `dot` as the bytes of a file: "dot", "svg", "png" or "pdf"; raises as `draw`."""
    made = drawing(network, metric, **options)
    return render(made.source(), suffix) if suffix not in DRAWN else arranged(made, suffix)


def drawing(
    network: Network,
    metric: str | Convention = "macs",
    values: Mapping[str, int] | None = None,
    style: Style = TEXT,
    fold: bool = True,
    direction: Direction = "TB",
    depth: int | None = None,
    reference: Mapping[str, int] | None = None,
    theme: Theme = LIGHT,
    links: Mapping[str, str] | None = None,
    columns: int | None = None,
    legend: bool = True,
) -> Drawing:
    """A diagram of a network, on its way to DOT or to a file.

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
    links
        Links of http or https by the names of layers and stages; `*` has that of all others, {name} in it is the name.
    columns
        A drawn picture is set in so many columns, or rows from left to right, where it can be cut. None sets a long one
        in as many as make its letters largest on a page.
    legend
        The network's name, its totals and what the colours mean. Without it there are no colours and no shares either:
        whoever shows the picture says them.

    Raises
    ------
    SymconvError
        For an unknown metric, a depth below 1, an unknown symbol, a value outside the domain, a link of another scheme.
    """
    if depth is not None and depth < 1:
        raise SymconvError(f"a depth of {depth}: at least 1 is wanted, or none for every level")
    if columns is not None and columns < 1:
        raise SymconvError(f"{columns} columns: at least 1 is wanted, or none for as many as fit")
    if direction not in ("TB", "LR"):
        raise SymconvError(f"the direction {direction!r}: TB (top to bottom) and LR (left to right) are known")
    if values:
        network = network.substitute(**values)
    shown = picture(network, fold, depth)
    shares = shares_of(network, shown, metric, reference)
    shares = shares if legend else replace(shares, by_box={})
    width = WIDE if direction == "TB" and shown.chain else SLIM if direction == "LR" else NARROW
    labels = Labels(network, shown, shares, values or {}, style, theme, width)
    last = {box.key: box.nodes[-1].name if box.nodes else box.key for box, _ in shown.boxes()}
    points = _points(network, shares)
    plan = layout(list(last), shown.edges, lambda key: points.get(last[key]))
    return Drawing(shown, plan, shares, labels, theme, direction, _links(network, links or {}), columns, legend)


def _links(network: Network, links: Mapping[str, str]) -> Links:
    found = Links(links)
    parts = [path[:k] for path in paths(network.graph).values() for k in range(1, len(path) + 1)]
    found.refuse_unknown([*network.graph, *map("/".join, parts)])
    return found


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
