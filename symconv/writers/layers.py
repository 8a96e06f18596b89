"""The table of a network's layers: in groups by their paths, a repeated block once with how often it stands there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from symconv.block import Rounds
from symconv.cost import Cost
from symconv.count import Convention
from symconv.network import Network, Node
from symconv.notation import ASCII, ATOM, LATEX, TEXT, Style
from symconv.setting import set_size
from symconv.writers.sheet import Heading, Math, Table
from symconv.writers.wording import TIED, called, described

#: What is said of layers that work in training only.
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


def groups(net: Network) -> dict[str, str]:
    """The path that each node's row stands under: the round of a block that it is in, else its stage.

    `layer1/0/main/conv1` stands under layer1/0, where rounds are told by their numbers or their index, the innermost of
    the network's own blocks first, and `stem/conv1/bn` under stem.

    >>> from symconv.readers.catalogue import load
    >>> list(dict.fromkeys(groups(load("resnet")).values()))[:4]
    ['stem', 'layer1/0', 'layer1/i', 'layer2/0']
    """
    paths = [node.name.split("/")[:-1] for node in net.nodes]
    first, last = min(paths, default=[]), max(paths, default=[])
    shared = next((i for i, (a, b) in enumerate(zip(first, last)) if a != b), min(len(first), len(last)))
    return {node.name: _group(net, node, path, shared) for node, path in zip(net.nodes, paths)}


def _group(net: Network, node: Node, path: list[str], shared: int) -> str:
    letters = {r.index.name for r in node.rounds}
    rounds = [k for k in range(1, len(path)) if path[k].isdigit() or path[k] in letters]
    own = [k for k in rounds if "/".join(path[:k]) in net.blocks]
    last = own[-1] if own else rounds[0] if rounds else min(shared, max(len(path) - 1, 0))
    return "/".join(path[: last + 1])


def rounds_of(node: Node, path: str) -> Rounds | None:
    """The rounds of a node of which a path is the path of one."""
    return next((r for r in node.rounds if f"{r.name}/{r.index.name}" == path), None)


def said_of(rounds: Rounds) -> Math:
    """How often a block stands there, and what counts its rounds.

    >>> from symconv.readers.catalogue import load
    >>> said_of(load("resnet").node("layer1/i/main/conv1/conv").rounds[0]).text
    '×(n1 − 1), i = 1 … n1 − 1'
    """

    def text(style: Style) -> str:
        index = rounds.index
        times = style.within(set_size(rounds.count, style), ATOM)
        begin, last = (set_size(size, style).text for size in (index.begin, index.end - 1))
        i = style.symbol(index.name).text
        if style is LATEX:
            return rf"\times {times},\ {i} = {begin} \ldots {last}"
        return f"{'x' if style is ASCII else '×'}{times}, {i} = {begin} {'..' if style is ASCII else '…'} {last}"

    return Math.of(text)


def headings(net: Network, paths: Mapping[str, str]) -> dict[str, Heading]:
    """The heading over the rows of each path."""
    nodes: dict[str, list[Node]] = {}
    for node in net.nodes:
        nodes.setdefault(paths[node.name], []).append(node)
    found = {}
    for path, inside in nodes.items():
        rounds = rounds_of(inside[0], path)
        notes: list[Math | str] = [] if rounds is None else [said_of(rounds)]
        notes += ["one set of weights"] if rounds is not None and rounds.tied else []
        notes += [TRAINING] if all(n.training for n in inside) else []
        found[path] = Heading(path, tuple(notes))
    return found


# -- what is equal -----------------------------------------------------------------------------------------------------


def folded(net: Network, paths: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """By path the paths of the run that it stands in, of blocks numbered one after the other in which all is equal."""
    inside: dict[str, list[Any]] = {}
    for node in net.nodes:
        path = paths[node.name]
        kept = tuple((p.name, p.shape, p.kind) for p in node.parameters)
        said = node.name[len(path) :], node.layer, node.tensors, node.out, kept, node.rounds, node.times, node.training
        inside.setdefault(path, []).append(said)
    runs: list[list[str]] = []
    for path, what in inside.items():
        stem, _, number = path.rpartition("/")
        last = runs[-1][-1] if runs else ""
        numbered = number.isascii() and number.isdigit() and len(number) < 10  # as for a stranger's names
        follows = numbered and last == f"{stem}/{int(number) - 1}".lstrip("/") and inside[last] == what
        if follows:
            runs[-1].append(path)
        else:
            runs.append([path])
    return {path: tuple(run) for run in runs if len(run) > 1 for path in run}


def group_rows(net: Network, nodes: Iterable[Node], table: Table) -> dict[str, str]:
    """Give a table of these nodes the headings of its groups; the path that each stands under."""
    paths = groups(net)
    found = headings(net, paths)
    before = ""
    for number, node in enumerate(nodes):
        path = paths[node.name]
        if path and path != before:
            table.groups[number] = found[path]
        before = path
    return paths


def short(total: Cost) -> Cost | None:
    """A total; none where it is long, as it stands above the table."""
    return total if len(total.terms) < 4 else None


def kind_of(node: Node) -> Math:
    """A layer's kind and its telling fields."""
    return Math(described(node, TEXT).replace(TIED, " "), ascii=described(node, ASCII).replace(TIED, " "))
