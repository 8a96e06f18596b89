"""The table of a network's layers: in groups by their paths, a repeated block once with how often it stands there."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from symconv.block import Rounds
from symconv.cost import Cost, Number, cost_symbols, evaluate_cost
from symconv.count import Convention
from symconv.errors import SymconvError
from symconv.network import Network, Node
from symconv.notation import ASCII, LATEX, PRODUCT, TEXT, Style
from symconv.setting import set_size
from symconv.writers.sheet import Big, Cell, Column, Heading, Math, Name, Share, Table
from symconv.writers.wording import TIED, called, described

#: What the heading or the row of layers that work in training only says.
TRAINING: Final = "in training only"


def label(metric: str | Convention) -> str:
    """How a metric is called in a heading."""
    return called(metric_name(metric))


def metric_name(metric: str | Convention) -> str:
    """The name of a metric."""
    return metric.name if isinstance(metric, Convention) else metric


def counted(number: int, what: str) -> str:
    """`1 layer`, `2 layers`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


# -- groups ------------------------------------------------------------------------------------------------------------


def group_of(net: Network, node: Node) -> str:
    """The path that a node's row stands under: the round of a block that it is in, else its stage.

    `layer1/0/main/conv1` stands under layer1/0, where rounds are told by their numbers or their index, the innermost of
    the network's own blocks first, and `stem/conv1/bn` under stem.
    """
    parts = node.name.split("/")
    letters = {r.index.name for r in node.rounds}
    rounds = [k for k in range(1, len(parts) - 1) if parts[k].isdigit() or parts[k] in letters]
    known = [k for k in rounds if "/".join(parts[:k]) in net.blocks]
    if rounds:
        return "/".join(parts[: (known[-1] if known else rounds[0]) + 1])
    return "/".join(parts[: min(len(parts) - 1, _shared(net) + 1)])


def _shared(net: Network) -> int:
    """How many parts the paths of all nodes have in common."""
    paths = [node.name.split("/")[:-1] for node in net.nodes]
    first, last = min(paths), max(paths)
    return next((i for i, (a, b) in enumerate(zip(first, last)) if a != b), min(len(first), len(last)))


def rounds_of(node: Node, path: str) -> Rounds | None:
    """The rounds of a node of which a path is the path of one."""
    return next((r for r in node.rounds if f"{r.name}/{r.index.name}" == path), None)


def said_of(rounds: Rounds) -> Math:
    """How often a block stands there, and what counts its rounds: ×(n − 1), i = 1 … n − 1."""

    def text(style: Style) -> str:
        times, last = set_size(rounds.count, style), set_size(rounds.index.end - 1, style)
        i = style.symbol(rounds.index.name).text
        if style is LATEX:
            return rf"\times {style.within(times, PRODUCT)},\ {i} = {rounds.index.begin} \ldots {last.text}"
        dots, by = ("..", "x") if style is ASCII else ("…", "×")
        return f"{by}{style.within(times, PRODUCT)}, {i} = {rounds.index.begin} {dots} {last.text}"

    tied = ", one set of weights" if rounds.tied else ""
    latex_tied = rf",\ \text{{one set of weights}}" if rounds.tied else ""
    return Math(text(TEXT) + tied, text(LATEX) + latex_tied, text(ASCII) + tied)


def heading(net: Network, node: Node, path: str) -> Heading:
    """The heading over the rows of a path."""
    inside = [n for n in net.nodes if n.name.startswith(path + "/")]
    rounds = rounds_of(node, path)
    note: Math | str = said_of(rounds) if rounds is not None else ""
    if all(n.training for n in inside):
        note = Math(*(f"{part}, {TRAINING}" if part else part for part in (note.text, note.latex, note.ascii))) if isinstance(note, Math) else TRAINING  # fmt: skip
    return Heading(path, note)
