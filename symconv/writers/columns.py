"""What every table of a network has in its last columns: params, the metric, its figure at some sizes, its share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from symconv.cost import Cost, Number, cost_symbols, evaluate_cost, settled, total_of
from symconv.count import Convention
from symconv.errors import CallError
from symconv.network import Network, Node
from symconv.writers.figures import figures_of
from symconv.writers.layers import label, metric_name, short
from symconv.writers.sheet import Big, Cell, Column, Share
from symconv.writers.wording import assigned, called


class Costs:
    """The costs of a network's layers as the columns of its tables, with figures at `values` where they have some."""

    def __init__(self, net: Network, metric: str | Convention, values: Mapping[str, int]) -> None:
        self.net, self.metric = net, metric
        self.costs, self.params, self.total = net.costs(metric), net.costs("params"), net.cost(metric)
        #: The figure of every layer; none where values for some symbol are missing, or where all are zero.
        self.figures = figures_of(net, self.costs, values)
        self.whole = sum(self.figures.values())
        self.at = assigned(values)
        self._beside = bool(self.figures) and bool(cost_symbols(self.total))
        self._kept = metric != "params"

    def columns(self) -> list[Column]:
        """Params, the metric, its figure and its share, as far as they say something."""
        name = label(self.metric)
        out = [Column("params", True, "params", rank=1, short=True)] if self._kept else []
        out.append(Column(name, True, metric_name(self.metric), rank=0 if self._beside else 3, short=True))
        out += [Column(f"{name} at {self.at}", True, "figure", rank=3)] if self._beside else []
        out += [Column("share", key="share", rank=2)] if self.figures else []
        return out

    def cells(self, nodes: Sequence[Node]) -> list[Cell]:
        """The costs of some layers together."""
        names = [node.name for node in nodes]
        out: list[Cell] = [_sum(self.params[name] for name in names)] if self._kept else []
        out.append(_sum(self.costs[name] for name in names))
        if self.figures:
            value = sum(self.figures[name] for name in names)
            out += [Big(value)] if self._beside else []
            out.append(Share(Fraction(value) / Fraction(self.whole)))
        return out

    def sums(self, nodes: Sequence[Node]) -> list[Cell]:
        """The costs of many layers together: no formula beside a figure, and no long one."""
        cells = [short(c) if isinstance(c, Cost) else c for c in self.cells(nodes)]
        if self._beside:
            cells[1 if self._kept else 0] = None
        return cells

    def end(self) -> list[Cell]:
        """The totals of the network; a long one is left out, as it stands above the table."""
        out: list[Cell] = [short(self.net.cost("params"))] if self._kept else []
        out.append(short(self.total))
        out += [Big(self.whole)] if self._beside else []
        out += [None] if self.figures else []
        return out

    def number(self, nodes: Sequence[Node], key: str) -> Number:
        """What rows are ordered by: the params or the metric of some layers together.

        Raises CallError where that is a formula.
        """
        if key != "params" and self.figures:
            return sum(self.figures[node.name] for node in nodes)
        of = self.params if key == "params" else self.costs
        open_ = sorted({s.name for cost in of.values() for s in cost_symbols(cost)})
        if open_:
            raise CallError(
                f"the {called(key)} of {self.net.name} are formulas in {', '.join(open_)}, which have no order: "
                f"--at gives them values, --at {open_[0]}=…"
            )
        return sum(evaluate_cost(of[node.name], {}) for node in nodes)


def _sum(costs: Iterable[Cost]) -> Cost:
    found = list(costs)
    return found[0] if len(found) == 1 else settled(total_of(found))
