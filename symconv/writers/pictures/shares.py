"""Shares: what the boxes of a picture cost, and the part of the network's total that this is.

A share of a formula is a number at some size only. Which one is a choice, usual sizes moved to the nearest that the
domain allows, so whoever shows the share says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Final

from symconv.cost import Cost, cost_symbols, evaluate_cost, settled, total_of
from symconv.count import Convention
from symconv.domain import Domain
from symconv.errors import DomainError
from symconv.extent import Extent, Size, symbols_of
from symconv.network import METRICS, Metric, Network, Node
from symconv.symbols import FIELD, Index, Symbol
from symconv.writers.pictures.boxes import Box, Group, Item, Picture


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


def metric_of(metric: str | Convention) -> Metric:
    """A metric by its name, or a convention as one."""
    if isinstance(metric, str):
        return METRICS[metric]
    return Metric(metric.name, "operations", metric.description, lambda node: metric(node.count))


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


# -- the reference -------------------------------------------------------------------------------------------------

#: What a symbol is taken to be that stands for an extent of the input, a batch, or in a layer's field of this name.
USUAL: Final[dict[str, int]] = {
    "batch": 1, "extent": 224, "sequence": 512, "kernel": 3, "channels": 64, "stride": 1, "dilation": 1, "groups": 1,
    "padding": 1, "rounds": 4, "hidden": 256, "vocabulary": 1000,
}  # fmt: skip
#: How far from the usual size a legal one is looked for.
FAR: Final = 4096


def reference(
    network: Network, symbols: Iterable[Symbol], given: Mapping[str, int] | None = None
) -> dict[Symbol, int] | None:
    """A size for each of some symbols of a network: the one given by name, else the legal one nearest to the usual.

    The usual one is the network's own where it says one. None where no sizes are found that the domain allows
    together. A given name that is not among the symbols is passed over, as long as the network has it.

    Raises SymbolError for a name that the network does not have, DomainError for a given size outside the domain.

    >>> from symconv.layers import MaxPool
    >>> from symconv.symbols import symbol
    >>> net = Network()
    >>> _ = net.input("image", "N", 3, "X", "X"), net.add("pool", MaxPool(2))
    >>> reference(net, [symbol("X"), symbol("N")], {"N": 8})
    {N: 8, X: 224}
    """
    at: dict[Symbol, int] = network.at(given or {})
    usual = _usual(network)
    for s in sorted(set(symbols) - at.keys(), key=lambda s: s.key):
        at[s] = _legal(network.domain, s, network.usual.get(s.name) or usual.get(s, max(s.least, 1)))
    free = [s for s in at if s.name not in (given or {}) and s.name not in network.usual]
    return at if _together(network.domain, at, free) else None


def _together(domain: Domain, at: dict[Symbol, int], free: Iterable[Symbol]) -> bool:
    """Whether the domain allows the sizes; else one that is free takes the size of another if that is allowed."""

    def allowed() -> bool:
        try:
            domain.check(at)
        except DomainError:
            return False
        return True

    if allowed():
        return True
    for s in free:
        before = at[s]
        for size in sorted(set(at.values())):
            at[s] = size
            if allowed():
                return True
        at[s] = before
    return False


def _usual(network: Network) -> dict[Symbol, int]:
    """The usual size of every symbol, by the first place where it is met; the field's own by their roles."""
    found: dict[Symbol, int] = {}

    def meet(size: Size, role: str) -> None:
        for s in symbols_of(size) if isinstance(size, Extent) else ():
            known = FIELD.get(s.name, role) if not s.scope else role
            if known in USUAL and s.integral and not isinstance(s, Index):
                found.setdefault(s, USUAL[known])

    for node in network.nodes:
        for r in node.rounds:
            meet(r.index.end, "rounds")
    for tensor in network.inputs.values():
        for axis, size in enumerate(tensor.shape):
            meet(size, ("batch", "channels")[axis] if axis < 2 else "extent")
    for node in network.nodes:
        for name, size, _ in node.layer.field_sizes():
            meet(size, name)
    return found


def _legal(domain: Domain, symbol: Symbol, usual: int) -> int:
    sizes = domain.sizes(symbol)
    near = (*range(usual, usual + FAR), *range(usual - 1, 0, -1))
    return next((size for size in near if size in sizes), usual)
