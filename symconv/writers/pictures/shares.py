"""Shares: what the boxes of a picture cost, and the part of the network's total that this is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from symconv.cost import Cost, cost_symbols, evaluate_cost, settled, total_of
from symconv.count import Convention
from symconv.extent import Extent, symbols_of
from symconv.network import Metric, Network, Node
from symconv.node import metric_of
from symconv.symbols import Index, Symbol
from symconv.writers.pictures.boxes import Box, Group, Item, Picture
from symconv.writers.pictures.reference import reference


@dataclass(frozen=True)
class Shares:
    """The costs of a picture's boxes: those of `coloured` come with shares.

    `costs` has for each metric the cost of one of each box by its key, of one round inside of a repeated block, `times`
    how often the box stands in the network as a repeat that was folded.
    `at` are the sizes of the shares, `chosen` those among them that the coloured metric has; both are empty where no
    legal ones are known, and then there are no shares.
    """

    coloured: str
    costs: Mapping[str, Mapping[str, Cost]]
    totals: Mapping[str, Cost]
    times: Mapping[str, int]
    at: Mapping[Symbol, int] = field(default_factory=dict)
    chosen: Mapping[str, int] = field(default_factory=dict)
    known: bool = True
    by_box: Mapping[str, Fraction] = field(default_factory=dict)

    @cached_property
    def most(self) -> Fraction:
        """The greatest share of a box."""
        return max(self.by_box.values(), default=Fraction(0))

    def of(self, item: Item) -> Fraction:
        """The share of a box or of all that is in a group, all repeats of it together."""
        if isinstance(item, Group):
            return sum(map(self.of, item.items), Fraction(0))
        return self.by_box.get(item.key, Fraction(0))


def shares_of(
    network: Network, picture: Picture, metric: str | Convention, given: Mapping[str, int] | None = None
) -> Shares:
    """The costs of a picture's boxes, and their shares of `metric` at the reference, `given` in part.

    Raises SymconvError for an unknown metric, and what `reference` raises.
    """
    coloured = metric if isinstance(metric, str) else metric.name
    wanted: dict[str, str | Convention] = {"macs": "macs", "params": "params"}
    wanted = {**wanted, coloured: metric} if coloured in wanted else {coloured: metric, **wanted}
    boxes = [box for box, _ in picture.boxes()]
    costs, totals = {}, {}
    whole: dict[str, Cost] = {}
    for name, of in wanted.items():
        by_node, metric_ = network.costs(of), metric_of(of)
        costs[name] = {box.key: settled(total_of(_in_round(metric_, box, node) for node in box.nodes)) for box in boxes}
        totals[name] = settled(total_of(by_node.values()))
        if name == coloured:
            whole = {box.key: total_of(by_node[node.name] for node in box.nodes) for box in boxes}
    times = {box.key: n for box, n in picture.boxes()}
    bare = Shares(coloured, costs, totals, times)
    symbols = {s for cost in whole.values() for s in cost_symbols(cost)}
    at = reference(network, symbols | _in_shapes(network), given)
    if at is None:
        return replace(bare, known=False)
    # The input's sizes first, its batch last.
    chosen = {s.name: at[s] for s in sorted(symbols, key=lambda s: s.key, reverse=True)}
    numbers = {key: Fraction(evaluate_cost(cost, at)) * times[key] for key, cost in whole.items()}
    total = sum(numbers.values())
    by_box = {key: n / total for key, n in numbers.items()} if total else {}
    return replace(bare, at=at, chosen=chosen, by_box=by_box)


def _in_round(metric: Metric, box: Box, node: Node) -> Cost:
    """The cost of a node in one round of the blocks around its box, in all rounds of those inside of it.

    Weights that nodes share are with the first of them.
    """
    return metric.over(replace(node, rounds=box.within(node)))


def _in_shapes(network: Network) -> set[Symbol]:
    sizes = [size for tensor in network.inputs.values() for size in tensor.shape]
    sizes += [size for node in network.nodes for size in node.out.shape]
    found = {s for size in sizes if isinstance(size, Extent) for s in symbols_of(size)}
    return {s for s in found if not isinstance(s, Index)}
