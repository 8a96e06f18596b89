"""The rows of a network's table: its layers, or what stands at a level of their paths; equal blocks stand once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from symconv.block import Rounds, over
from symconv.cost import Cost, product, settled, total_of
from symconv.formula import set_cost
from symconv.layers import Look, Transpose
from symconv.network import Network, Node
from symconv.notation import ASCII, ATOM, LATEX, Style
from symconv.tensor import Tensor
from symconv.writers.layers import TRAINING, folded, groups, headings, kind_of
from symconv.writers.pictures.boxes import paths as parts_of
from symconv.writers.sheet import Cell, Heading, Math, Name


@dataclass(frozen=True)
class Row:
    """A row: its name, the layers that it is about, what stands before their costs, and the heading that it is under.

    `rounds` are the repeated blocks that it is inside of: its figures are those of all their rounds.
    """

    name: Name
    nodes: tuple[Node, ...]
    lead: tuple[Cell, ...]
    under: Heading | None = None
    rounds: tuple[Rounds, ...] = ()


def layer_rows(net: Network, costs: Mapping[str, Cost], every: bool, flat: bool) -> list[Row]:
    """A row a layer, those without cost, parameters or a new shape left out unless `every` is set.

    They stand under their stages and blocks, of equal numbered blocks the first one alone; `flat`, or for a program,
    each layer by itself with its whole path.
    """
    paths = groups(net)
    over_them = headings(net, paths)
    alike = {} if every or flat else folded(net, paths)
    out = []
    for node in net.nodes:
        path = paths[node.name]
        run = alike.get(path, (path,))
        if run[0] != path or not (every or costs[node.name] or node.parameters or _reshapes(node)):
            continue
        nodes = tuple(net.node(p + node.name[len(path) :]) for p in run) if len(run) > 1 else (node,)
        under = None if flat or not path else over_them[path]
        kind = kind_of(node)
        if node.training and (under is None or TRAINING not in under.notes):
            kind = Math(f"{kind.text}, {TRAINING}", ascii=f"{kind.ascii}, {TRAINING}")
        if under is not None and len(run) > 1:
            under = replace(under, notes=(_run(run), *under.notes))
        name = Name(node.name, said=times_of(node.rounds)) if flat else Name(node.name, path)
        out.append(Row(name, nodes, (kind, node.out), under, node.rounds))
    return out


def _reshapes(node: Node) -> bool:
    """Whether a layer makes another shape; what a foreign model does to look at one otherwise is not told."""
    looked = isinstance(node.layer, Look | Transpose)
    return not looked and (len(node.tensors) != 1 or node.out.shape != node.tensors[0].shape)


# -- stages ------------------------------------------------------------------------------------------------------------


def stage_rows(net: Network, depth: int, every: bool, flat: bool) -> list[Row]:
    """A row for all that is below a path of `depth` parts, with how many layers that is and what comes out of it.

    >>> from symconv.readers.catalogue import load
    >>> [row.name.path for row in stage_rows(load("resnet"), 1, every=False, flat=False)]
    ['stem', 'layer1', 'layer2', 'layer3', 'layer4', 'head']
    """
    inside: dict[str, list[Node]] = {}
    place: dict[str, str] = {}
    mark = "/" if any("/" in node.name for node in net.nodes) else "."
    parts = parts_of(node.name for node in net.nodes)
    leaves = {node.name for node in net.nodes if len(parts[node.name]) <= depth}
    for node in net.nodes:
        path = mark.join(parts[node.name][:depth])
        # A name may be the prefix of another: `stage1` beside `stage1/conv`.
        place[node.name] = path if node.name in leaves or path not in leaves else f"{path}/"
        inside.setdefault(place[node.name], []).append(node)
    above = _above(net, place)
    over_them = headings(net, above)
    alike = {} if every or flat else folded(net, place)
    out = []
    for path, nodes in inside.items():
        run = alike.get(path, (path,))
        if run[0] != path:
            continue
        around = tuple(r for r in nodes[0].rounds if f"{path}/".startswith(f"{r.name}/{r.index.name}/"))
        under = None if flat or not above[nodes[0].name] else over_them[above[nodes[0].name]]
        unsaid = [r for r in around if under is None or not f"{under.name}/".startswith(f"{r.name}/{r.index.name}/")]
        said = _run(run, last=run[-1].rpartition("/")[2]) if len(run) > 1 else times_of(unsaid)
        if all(n.training for n in nodes) and (under is None or TRAINING not in under.notes):
            said = Math(f"{said.text}, {TRAINING}", ascii=f"{said.ascii}, {TRAINING}") if said else Math(TRAINING)
        name = Name(path, under.name if under is not None else "", said)
        together = tuple(n for p in run for n in inside[p])
        out.append(Row(name, together, (layers_in(together), _out(net, nodes, around)), under, around))
    return out


def _above(net: Network, place: Mapping[str, str]) -> dict[str, str]:
    """By node the path that the row at its place stands under: that of its stage or block, else the one above it."""
    grouped = groups(net)
    out = {}
    for name, path in place.items():
        stage, parent = grouped[name], path.rstrip("/").rpartition("/")[0]
        out[name] = stage if path.startswith(f"{stage}/") and path.rstrip("/") != stage else parent
    return out


def layers_in(nodes: Sequence[Node]) -> Cost:
    """How many layers there are, in all rounds."""
    return settled(total_of(over(product(1), node.rounds) for node in nodes))


def _out(net: Network, nodes: Sequence[Node], around: Sequence[Rounds]) -> Tensor:
    """What comes out of the last of some layers, behind all rounds of the blocks that are inside of them."""
    last = next((n for n in reversed(nodes) if not n.training), nodes[-1])
    within = [r for r in last.rounds if r not in around]
    return net.blocks[within[0].name].out if within else last.out


# -- how often ---------------------------------------------------------------------------------------------------------


def times_of(rounds: Sequence[Rounds]) -> Math | None:
    """`×3`: how often it runs that stands in these rounds."""
    if not rounds:
        return None
    many = settled(over(product(1), rounds))

    def text(style: Style) -> str:
        sign = r"\times " if style is LATEX else "x" if style is ASCII else "×"
        return sign + style.within(set_cost(many, style), ATOM)

    return Math.of(text)


def _run(run: Sequence[str], last: str = "") -> Math:
    """`… layer3/5  ×5`: equal blocks numbered one after the other, of which the first one is there."""
    last = last or run[-1]
    return Math(f"… {last}  ×{len(run)}", rf"\ldots {last}\ \times {len(run)}", f".. {last}  x{len(run)}")
