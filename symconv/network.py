"""Network: layers as nodes of a directed acyclic graph; shapes flow in as nodes are added, totals flow out.

A node's name is a path, `stage2/conv1`; the tree of names is the hierarchy by which tables group and pictures cluster.
A block that is repeated has each of its nodes once, `stage2/i/conv1`, with its shapes in round i; its costs are sums
over the rounds, so that no answer depends on how many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from symconv.binding import bound
from symconv.cost import (
    Cost,
    Number,
    cost_symbols,
    evaluate_cost,
    product,
    settled,
    substitute_cost,
    total_of,
)
from symconv.count import Convention, Count, sum_of
from symconv.errors import NetworkError, near
from symconv.evaluation import resolve
from symconv.extent import Extent, Size, from_terms, size_of, symbols_of
from symconv.extremes import largest
from symconv.node import METRICS, Metric, Node, metric, metric_of
from symconv.ranges import as_size
from symconv.rebuild import rebuilt
from symconv.repeating import Repeating
from symconv.symbols import Symbol, by_name
from symconv.sympy_bridge import is_sympys, to_sympy
from symconv.tensor import Tensor

if TYPE_CHECKING:
    import networkx as nx
    import sympy

__all__ = ["METRICS", "Metric", "Network", "Node", "in_order", "metric"]


class Network(Repeating):
    """A network, built node by node; every shape is known as soon as its node is there.

    >>> from symconv.layers import Conv, MaxPool
    >>> net = Network("two layers")
    >>> net.input("image", "N", 3, "X", "X")
    'image'
    >>> net.add("conv", Conv(64, kernel=3, padding=1)), net.add("pool", MaxPool(2))
    ('conv', 'pool')
    >>> net.cost("macs"), net.node("pool").out, net.domain
    (1728·N·X², N×64×⌊X/2⌋², X ≥ 2)
    """

    # -- looking ----------------------------------------------------------------------------------------------------

    @property
    def graph(self) -> nx.DiGraph[str]:
        """The networkx graph: nodes have `layer`, `shape`, `count`, `node`, edges their `positions` among the inputs.

        It follows what is added; networkx is imported when it is first asked for.
        """
        import networkx as nx

        if self._graph is None:
            self._graph = nx.DiGraph()
        graph: nx.DiGraph[str] = self._graph
        for name in self._names[len(graph) :]:
            node = self._nodes.get(name)
            count = Count() if node is None else node.count
            graph.add_node(name, layer=node and node.layer, shape=self.tensor(name).shape, count=count, node=node)
            for position, source in enumerate(node.inputs if node is not None else ()):
                source = self.last_of(source)
                before = graph.get_edge_data(source, name, {"positions": ()})["positions"]
                graph.add_edge(source, name, positions=(*before, position))
        return graph

    @property
    def output(self) -> Tensor:
        """The tensor of the last node, those apart that work in training only."""
        return self.tensor(self.result)

    @property
    def symbols(self) -> dict[str, Extent]:
        """Every symbol of the network by its name, to differentiate by, to solve for, to substitute."""
        return {name: size_of(s) for name, s in by_name(self._known).items()}

    # -- totals -----------------------------------------------------------------------------------------------------

    def costs(self, metric: str | Convention = "macs") -> dict[str, Cost]:
        """The cost of every node in all its rounds, by name; weights that nodes share are with the first of them.

        Raises SymconvError for an unknown metric.
        """
        of = metric_of(metric).over
        return {node.name: of(node) for node in self.nodes}

    def cost(self, metric: str | Convention = "macs", only: str | None = None) -> Cost:
        """The total in our own form, which prints collected by extent; `only` a kind of layer, a stage or a layer.

        Raises SymconvError for an unknown metric, NetworkError where the network has nothing of that name.
        """
        if only is not None:
            costs, chosen = self.costs(metric), self._chosen(only)
            return settled(self._larger(total_of(costs[node.name] for node in chosen)))
        if isinstance(metric, Convention):
            return settled(self._larger(total_of(self.costs(metric).values())))
        if metric not in self._costs:
            self._costs[metric] = settled(self._larger(total_of(self.costs(metric).values())))
        return self._costs[metric]

    def _larger(self, cost: Cost) -> Cost:
        """The larger side of each choice that nothing known decides; the layers of both show what stands on each."""
        for flag in self.choices:
            (symbol,) = symbols_of(flag)
            if symbol in cost_symbols(cost):
                sides = [substitute_cost(cost, {symbol: side}).expanded() for side in (1, 0)]
                if all(isinstance(c, int) for side in sides for c in side.values()):
                    cost = product(largest(*(from_terms(dict(side)) for side in sides)))  # type: ignore[arg-type]
        return cost

    def spelled(self, name: str) -> str:
        """A layer or stage by its path; one that is said with dots, layer1.0.conv1 as torch has it, with slashes."""
        path = name.replace(".", "/")
        known = any(n.name == name or n.name.startswith(f"{name}/") for n in self.nodes)
        there = any(n.name == path or n.name.startswith(f"{path}/") for n in self.nodes)
        return path if there and not known else name

    def _chosen(self, only: str) -> list[Node]:
        """The layers of a kind, in a stage, or of a name."""
        only = self.spelled(only)
        stage = only.rstrip("/") + "/"
        found = [n for n in self.nodes if only in (n.layer.kind, n.name) or n.name.startswith(stage)]
        if not found:
            known = dict.fromkeys([*(n.layer.kind for n in self.nodes), *(n.name for n in self.nodes)])
            raise NetworkError(f"{self.name} has no layer, stage or kind {only}. {near(only, known)}".rstrip())
        return found

    def total(self, metric: str | Convention = "macs", only: str | None = None) -> sympy.Expr:
        """The total as a plain SymPy expression in the network's symbols; `only` as for `cost`.

        >>> from symconv.layers import Conv
        >>> net = Network()
        >>> net.input("image", "N", 3, "X", "X"), net.add("conv", Conv(8, stride=2))
        ('image', 'conv')
        >>> net.total("macs")
        216*N*(floor(X/2 + 1/2) - 1)**2
        """
        return to_sympy(self.cost(metric, only))

    def count(self) -> Count:
        """All primitive operations, in all rounds."""
        working = [node for node in self.nodes if not node.training]
        return sum_of(node.count.map(node.whole) for node in working).map(settled)

    def evaluate(self, metric: str | Convention = "macs", /, **values: Any) -> Number:
        """The exact total at these values of the symbols, the domain checked.

        Every symbol that the total has needs a value; a value may be given for every symbol of the network.

        Raises SymbolError for an unknown or a missing name, DomainError outside the domain.
        """
        at, cost = self.at(values), self.cost(metric)
        needed = cost_symbols(cost)
        return evaluate_cost(cost, resolve(needed, {s.name: value for s, value in at.items() if s in needed}))

    def at(self, values: Mapping[str, Any]) -> dict[Symbol, Any]:
        """The values of the network's symbols by name, checked against the domain; some may be left out.

        Raises SymbolError for an unknown name, DomainError outside the domain.
        """
        at = resolve(self._known, values, complete=False)
        self.domain.check(at)
        return at

    def bind(self, given: Mapping[str, Any]) -> dict[str, int]:
        """The values of the symbols at these shapes of the inputs; for a scalar whose value sizes depend on, a number.

        Raises ShapeError for an input that is missing or unknown, a wrong number of axes, and a contradiction.

        >>> net = Network()
        >>> net.input("image", "N", 3, "X", "X")
        'image'
        >>> net.bind({"image": (1, 3, 224, 224)})
        {'N': 1, 'X': 224}
        """
        return {s.name: value for s, value in bound(self.inputs, self.elements, given).items()}

    def substitute(self, /, **values: Any) -> Network:
        """The network with numbers or expressions in place of symbols, its rules run again.

        A number is checked against the domain first. `X=32 * q` makes every total of a network whose extents halve five
        times a polynomial in q.

        Raises SymbolError for an unknown name, DomainError outside the domain, ShapeError where no value is left.
        """
        known = by_name(self._known)
        sizes = {name: v if isinstance(v, Extent) else _size_or_value(v) for name, v in values.items()}
        resolve(known.values(), dict.fromkeys(sizes, 1), complete=False)
        mapping: dict[Symbol, Size] = {known[name]: v for name, v in sizes.items() if isinstance(v, Extent)}
        mapping.update(self.at({name: v for name, v in sizes.items() if not isinstance(v, Extent)}))
        return rebuilt(self, mapping)

    def unrolled(self) -> Network:
        """The network with every round of its repeated blocks by itself, `stage2/0/conv1`, `stage2/1/conv1`, …

        Raises NetworkError where the number of rounds is not a number, or they are more than MOST layers.
        """
        return rebuilt(self, {}, unroll=True)

    def __repr__(self) -> str:
        return f"Network({self.name!r}, {len(self._nodes)} layers)"


def _size_or_value(value: Any) -> Any:
    """A SymPy expression as a size; anything else as it is."""
    return as_size(value) if is_sympys(value) and value.free_symbols else value


def in_order(inputs: Mapping[str, Iterable[str]]) -> list[str]:
    """Names in an order of computation, that of the mapping where it is free.

    Raises NetworkError for a cycle, naming it.
    """
    place = {name: i for i, name in enumerate(inputs)}
    if all(place.get(source, -1) < place[name] for name, sources in inputs.items() for source in sources):
        return list(inputs)
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(inputs)
    graph.add_edges_from((source, name) for name, sources in inputs.items() for source in sources if source in inputs)
    try:
        return list(nx.lexicographical_topological_sort(graph, key=place.__getitem__))
    except nx.NetworkXUnfeasible:
        cycle = [a for a, _ in nx.find_cycle(graph)]
        raise NetworkError(f"a cycle: {' → '.join([*cycle, cycle[0]])}") from None
