"""The table of a network: its layers, or its stages at a depth of their names, in their order or by what they cost."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from symconv.count import Convention
from symconv.errors import CallError, near
from symconv.network import Network, Node
from symconv.writers.columns import Costs
from symconv.writers.layers import counted, label, metric_name, said_of
from symconv.writers.rows import Row, layer_rows, layers_in, stage_rows
from symconv.writers.sheet import Cell, Column, Heading, Table


@dataclass(frozen=True)
class View:
    """Which rows a table has, and in which order.

    `depth` levels of the names are told apart, all of them without it. `sort` is a column: names from A on, numbers
    from the greatest on, or with `reverse` the other way round. Of a `top` the first rows alone are there, and the sum
    of the others.
    """

    depth: int | None = None
    sort: str = ""
    reverse: bool = False
    top: int | None = None

    @property
    def flat(self) -> bool:
        """Whether rows stand by their costs and not below their stages."""
        return bool(self.sort or self.reverse or self.top)


#: The network's own order, with all of its layers.
WHOLE: Final = View()


def network_table(
    net: Network, metric: str | Convention, values: Mapping[str, int], every: bool, view: View = WHOLE
) -> tuple[Table, int]:
    """The table of a network, figures at `values` beside the formulas; and how many layers are left out of it.

    Raises CallError for a column that there is not, or whose cells have no order.
    """
    costs, rows = Costs(net, metric, values), _rows(net, metric, every, view)
    table = Table([*_first(view), *costs.columns()], total=_total(net, costs, view))
    shown = _chosen(rows, costs, view)
    table.groups = _headings(shown, costs)
    table.rows = [[row.name, *row.lead, *costs.cells(row.nodes)] for row in shown]
    told = {node.name for row in shown for node in row.nodes}
    rest = [node for node in net.nodes if node.name not in told]
    if len(shown) == len(rows):
        return table, len(rest)
    many = len(rest) if view.depth is None else len(rows) - len(shown)
    others = counted(many, "other")
    lead: list[Cell] = [others, None, None] if view.depth is None else [others, layers_in(rest), None]
    table.rows.append([*lead, *costs.sums(rest)])
    return table, 0


def network_records(net: Network, metric: str | Convention, values: Mapping[str, int], view: View = WHOLE) -> Table:
    """The table as a program reads it: every layer, no sum of others, and what is known of each layer besides.

    That is the name that its own framework gives it, the rounds that it stands in and whether it works in training
    only, as far as any layer has them.
    """
    costs, rows = Costs(net, metric, values), _rows(net, metric, True, view)
    more: dict[str, Callable[[Node], str]] = {}
    if view.depth is None and net.modules:
        more["module"] = lambda node: net.modules.get(node.name, "")
    if view.depth is None and any(node.rounds for node in net.nodes):
        more["rounds"] = lambda node: "; ".join(f"{r.name}/{r.index.name} {said_of(r).ascii}" for r in node.rounds)
    if view.depth is None and any(node.training for node in net.nodes):
        more["training"] = lambda node: "yes" if node.training else "no"
    table = Table([*_first(view), *costs.columns(), *(Column(key, key=key) for key in more)])
    for row in _chosen(rows, costs, view):
        said = [of(row.nodes[0]) for of in more.values()]
        table.rows.append([row.name, *row.lead, *costs.cells(row.nodes), *said])
    return table


def _rows(net: Network, metric: str | Convention, every: bool, view: View) -> list[Row]:
    if view.depth is None:
        return layer_rows(net, net.costs(metric), every, view.flat)
    return stage_rows(net, view.depth, every, view.flat)


def _first(view: View) -> list[Column]:
    output = Column("output", key="output", rank=1, short=True)
    if view.depth is None:
        return [Column("layer", key="name"), Column("kind", key="kind", short=True), output]
    return [Column("stage", key="name"), Column("layers", True, "layers", rank=1), output]


def _total(net: Network, costs: Costs, view: View) -> list[Cell]:
    blocks = ", a block's once" if any(node.rounds for node in net.nodes) else ""
    layers: Cell = layers_in(net.nodes) if view.depth else counted(len(net.nodes), "layer") + blocks
    return ["total", layers, None, *costs.end()]


def _headings(rows: Sequence[Row], costs: Costs) -> dict[int, Heading]:
    """The headings by the rows that they stand before, with what the rows below cost together, if they are several."""
    out = {}
    for _, group in groupby(enumerate(rows), key=lambda numbered: numbered[1].under and numbered[1].under.name):
        (number, first), *others = group
        if first.under is not None:
            nodes = [*first.nodes, *(node for _, row in others for node in row.nodes)]
            cells = (None, None, None, *costs.sums(nodes)) if others else ()
            out[number] = replace(first.under, cells=cells)
    return out


# -- in an order -------------------------------------------------------------------------------------------------------


def _chosen(rows: Sequence[Row], costs: Costs, view: View) -> list[Row]:
    """The rows of a view, in its order."""
    if not view.flat:
        return list(rows)
    return _sorted(rows, costs, view)[: view.top]


def _sorted(rows: Sequence[Row], costs: Costs, view: View) -> list[Row]:
    """The rows by a column; those that are equal in the network's order.

    Raises CallError for a column that there is not, or whose cells have no order.
    """
    metric = metric_name(costs.metric)
    keys = dict.fromkeys((metric, label(metric).lower(), "figure", "share"), metric) | {"params": "params"}
    chosen = view.sort.lower() or metric
    if chosen in ("name", "layer", "stage"):
        return sorted(rows, key=lambda row: _natural(row.name.path), reverse=view.reverse)
    if chosen not in keys:
        known = list(dict.fromkeys(("name", "params", metric, "share")))
        raise CallError(
            f"--sort {view.sort}: the columns to sort by are {', '.join(known)}; --metric gives another one. "
            f"{near(chosen, known)}".rstrip()
        )
    return sorted(rows, key=lambda row: costs.number(row.nodes, keys[chosen]), reverse=not view.reverse)


def _natural(path: str) -> list[tuple[int, str]]:
    """A name in the order of people: layer2 before layer10."""
    return [(len(part) if part[:1] in _DIGITS else 0, part) for part in re.findall("[0-9]+|[^0-9]+", path)]


_DIGITS: Final = frozenset("0123456789")
