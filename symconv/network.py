"""Network: layers as nodes of a directed acyclic graph; shapes flow in as nodes are added, totals flow out.

A node's name is a path, `stage2/conv1`; the tree of names is the hierarchy by which tables group and pictures cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from symconv.cost import Cost, Number, cost_symbols, evaluate_cost, shortest, total_of
from symconv.count import CONVENTIONS, Convention, Count, sum_of
from symconv.domain import Condition, Domain, asking, at_least, require
from symconv.errors import NetworkError, ShapeError, SymbolError, SymconvError, near
from symconv.evaluation import resolve
from symconv.extent import Extent, Size, size_of, symbols_of
from symconv.layer import Layer, Parameter, as_size
from symconv.symbols import FIELD, Symbol, by_name, dimension, symbol
from symconv.sympy_bridge import to_sympy
from symconv.tensor import Tensor

if TYPE_CHECKING:
    import networkx as nx
    import sympy


@dataclass(frozen=True, slots=True)
class Node:
    """A layer in its place: what comes in, what goes out, what it keeps and does."""

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    tensors: tuple[Tensor, ...]
    out: Tensor
    parameters: tuple[Parameter, ...]
    count: Count
    shares: str = ""


@dataclass(frozen=True)
class Metric:
    """What is summed over a network: a cost for each node."""

    name: str
    unit: str
    description: str
    of: Callable[[Node], Cost] = field(repr=False)


#: Every metric by its name: the conventions of `symconv.count`, and what `symconv.metrics` adds.
METRICS: Final[dict[str, Metric]] = {}


def metric(name: str, unit: str, description: str) -> Callable[[Callable[[Node], Cost]], Callable[[Node], Cost]]:
    """Register a metric: a function of a node."""

    def register(of: Callable[[Node], Cost]) -> Callable[[Node], Cost]:
        METRICS[name] = Metric(name, unit, description, of)
        return of

    return register


def _by_convention(convention: Convention) -> Metric:
    return Metric(convention.name, "operations", convention.description, lambda node: convention(node.count))


METRICS.update({c.name: _by_convention(c) for c in CONVENTIONS.values()})


class Network:
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

    def __init__(self, name: str = "network", description: str = "") -> None:
        self.name, self.description = name, description
        self.inputs: dict[str, Tensor] = {}
        self.domain = Domain()
        #: The values at which figures of this network are usually given, such as X = 224.
        self.usual: dict[str, int] = {}
        self._nodes: dict[str, Node] = {}
        self._names: list[str] = []
        self._equal: dict[tuple[Layer, tuple[Tensor, ...]], Node] = {}
        self._last = ""
        self._graph: nx.DiGraph[str] | None = None
        self._known: frozenset[Symbol] = frozenset()
        self._costs: dict[str, Cost] = {}

    # -- building ---------------------------------------------------------------------------------------------------

    def symbol(self, name: str, role: str | None = None) -> Extent:
        """A symbol of this network: the field's where the name has the field's role, else the network's own.

        Without a role a name of the field has its role, and any other is an extent of this network.
        """
        return size_of(symbol(name, role or FIELD.get(name, "extent"), self.name))

    def input(self, name: str, *shape: Any, dtype: str = "float32") -> str:
        """Add an input of this shape; a text is a symbol, and a dimension's own name belongs to this network.

        Returns the input's name. Raises NetworkError where the name is taken, ShapeError for an impossible shape,
        SymbolError for a second symbol of a name.
        """
        sizes = tuple(self._dimension(d) for d in shape)
        self._claim(name)
        with self.domain.undone_on_error(), asking(self.domain, name):
            for size in sizes:
                if isinstance(size, int) and size < 1:
                    raise ShapeError(f"input {name}: an extent of {size} is below 1")
                require(at_least(size, 1), "an extent of at least 1")
            known = self._known_with(sizes)
        self._known = known
        self.inputs[name] = Tensor(sizes, dtype)
        self._names.append(name)
        self._last = name
        return name

    def _dimension(self, given: Any) -> Size:
        if not isinstance(given, str):
            return as_size(given)
        if not given.isidentifier():
            raise ShapeError(f"{given!r} is no name of a dimension: a number, an extent, or a name such as X is wanted")
        return size_of(dimension(given, self.name))

    def add(self, name: str, layer: Layer, *inputs: str, shares: str = "") -> str:
        """Add a layer behind the nodes named, or behind the last one added; its output shape is then known.

        `shares` names a node whose weights this one uses too: they are counted once.

        Returns the node's name. Raises NetworkError where a name is taken or unknown, ShapeError where the layer cannot
        follow its inputs, SymbolError for a second symbol of a name; the network is then as it was.
        """
        self._claim(name)
        sources = inputs or ((self._last,) if self._last else ())
        tensors = tuple(self.tensor(source) for source in sources)
        least, most = layer.arity
        if len(tensors) < least or (most is not None and len(tensors) > most):
            wanted = str(least) if most == least else f"{least} or more" if most is None else f"{least} to {most}"
            raise ShapeError(f"{layer.kind} takes {wanted} input{'s' if wanted != '1' else ''}, not {len(tensors)}")
        with self.domain.undone_on_error(), asking(self.domain, name):
            node = self._run(name, layer, sources, tensors, shares)
            if shares:
                self._check_shared(name, node.parameters, shares)
            known = self._known_with((*(size for _, size, _ in layer.field_sizes()), *node.out.shape))
        self._known = known
        with suppress(TypeError):  # a user's layer may have a field without a hash
            self._equal.setdefault((layer, tensors), node)
        self._nodes[name] = node
        self._names.append(name)
        self._last = name
        self._costs.clear()
        return name

    def _run(self, name: str, layer: Layer, sources: tuple[str, ...], tensors: tuple[Tensor, ...], shares: str) -> Node:
        """Run the rules of a layer; an equal layer behind equal tensors asks for nothing new, and they need not run."""
        with suppress(TypeError):
            if (layer, tensors) in self._equal:
                return replace(self._equal[layer, tensors], name=name, inputs=sources, shares=shares)
        layer.require_fields()
        out = layer.output(*tensors)
        return Node(name, layer, sources, tensors, out, layer.parameters(*tensors), layer.work(*tensors, out), shares)

    def require(self, condition: Condition, node: str) -> None:
        """Add a condition to the domain in the name of a node.

        Raises ShapeError where it can never hold.
        """
        self.domain.require(replace(condition, node=node))

    def _check_shared(self, name: str, parameters: tuple[Parameter, ...], shares: str) -> None:
        other = self.node(shares)
        shapes = [(p.shape, p.kind) for p in parameters], [(p.shape, p.kind) for p in other.parameters]
        if shapes[0] != shapes[1]:
            raise ShapeError(f"{name} cannot share the weights of {shares}: their shapes differ")

    def _claim(self, name: str) -> None:
        if name in self._nodes or name in self.inputs:
            raise NetworkError(f"the name {name} is taken")
        if not name or name != name.strip() or "//" in name or name.startswith("/") or name.endswith("/"):
            raise NetworkError(f"{name!r} is no name for a node: a path such as stage1/conv2 is wanted")

    def _known_with(self, sizes: Iterable[Any]) -> frozenset[Symbol]:
        """The symbols of the network and of these sizes; two of one name could never be told apart."""
        new = {s for size in sizes if isinstance(size, Extent) for s in symbols_of(size)} - self._known
        names = {s.name for s in self._known}
        for s in sorted(new, key=lambda s: s.key):
            if s.name in names:
                raise SymbolError(f"the network has another symbol {s.name} already: call one of the two otherwise")
            names.add(s.name)
        return self._known | new if new else self._known

    # -- looking ----------------------------------------------------------------------------------------------------

    @property
    def graph(self) -> nx.DiGraph[str]:
        """The networkx graph: nodes have `layer`, `shape`, `count`, `node`, edges their `positions` among the inputs.

        It follows what is added; networkx is imported when it is first asked for.
        """
        import networkx as nx

        if self._graph is None:
            self._graph = nx.DiGraph()
        graph = self._graph
        for name in self._names[len(graph) :]:
            node = self._nodes.get(name)
            count = Count() if node is None else node.count
            graph.add_node(name, layer=node and node.layer, shape=self.tensor(name).shape, count=count, node=node)
            for position, source in enumerate(node.inputs if node is not None else ()):
                before = graph.get_edge_data(source, name, {"positions": ()})["positions"]
                graph.add_edge(source, name, positions=(*before, position))
        return graph

    def __contains__(self, name: str) -> bool:
        """Whether a node or an input has this name."""
        return name in self._nodes or name in self.inputs

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes in the order in which they were added, which is an order of computation."""
        return tuple(self._nodes.values())

    @property
    def output(self) -> Tensor:
        """The tensor of the last node."""
        return self.tensor(self._last)

    def node(self, name: str) -> Node:
        """The node of this name.

        Raises NetworkError for an unknown one, with the nearest that is known.
        """
        if name not in self._nodes:
            raise NetworkError(f"there is no node {name}. {near(name, self._nodes)}".rstrip())
        return self._nodes[name]

    def tensor(self, name: str) -> Tensor:
        """The output of a node, or an input.

        Raises NetworkError for an unknown name.
        """
        return self.inputs[name] if name in self.inputs else self.node(name).out

    @property
    def symbols(self) -> dict[str, Extent]:
        """Every symbol of the network by its name, to differentiate by, to solve for, to substitute."""
        return {name: size_of(s) for name, s in by_name(self._known).items()}

    # -- totals -----------------------------------------------------------------------------------------------------

    def costs(self, metric: str | Convention = "macs") -> dict[str, Cost]:
        """The cost of every node, by name; weights that two nodes share are with the first of them.

        Raises SymconvError for an unknown metric.
        """
        of = _metric(metric).of
        return {node.name: of(node) for node in self.nodes}

    def cost(self, metric: str | Convention = "macs", only: str | None = None) -> Cost:
        """The total in our own form, which prints collected by extent; `only` a kind of layer, a stage or a layer.

        Raises SymconvError for an unknown metric, NetworkError where the network has nothing of that name.
        """
        if only is not None:
            costs, chosen = self.costs(metric), self._chosen(only)
            return shortest(total_of(costs[node.name] for node in chosen))
        if isinstance(metric, Convention):
            return shortest(total_of(self.costs(metric).values()))
        if metric not in self._costs:
            self._costs[metric] = shortest(total_of(self.costs(metric).values()))
        return self._costs[metric]

    def _chosen(self, only: str) -> list[Node]:
        """The layers of a kind, in a stage, or of a name."""
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
        """All primitive operations."""
        return sum_of(node.count for node in self.nodes).map(shortest)

    def evaluate(self, metric: str | Convention = "macs", /, **values: Any) -> Number:
        """The exact total at these values of the symbols, the domain checked.

        Every symbol that the total has needs a value; a value may be given for every symbol of the network.

        Raises SymbolError for an unknown or a missing name, DomainError outside the domain.
        """
        at = self.at(values)
        cost = self.cost(metric)
        missing = sorted(s.name for s in cost_symbols(cost) - at.keys())
        if missing:
            resolve(cost_symbols(cost), {s.name: v for s, v in at.items() if s in cost_symbols(cost)})
        return evaluate_cost(cost, at)

    def at(self, values: Mapping[str, Any]) -> dict[Symbol, Any]:
        """The values of the network's symbols by name, checked against the domain; some may be left out.

        Raises SymbolError for an unknown name, DomainError outside the domain.
        """
        at = resolve(self._known, values, complete=False)
        self.domain.check(at)
        return at

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
        new = Network(self.name, self.description)
        for name, tensor in self.inputs.items():
            new.input(name, *tensor.substitute(mapping).shape, dtype=tensor.dtype)
        for node in self.nodes:
            new.add(node.name, node.layer.substitute(mapping), *node.inputs, shares=node.shares)
        return new

    def __repr__(self) -> str:
        return f"Network({self.name!r}, {len(self._nodes)} layers)"


def _size_or_value(value: Any) -> Any:
    """A SymPy expression as a size; anything else as it is."""
    return as_size(value) if hasattr(value, "free_symbols") and value.free_symbols else value


def _metric(metric: str | Convention) -> Metric:
    if isinstance(metric, Convention):
        return _by_convention(metric)
    if metric not in METRICS:
        raise SymconvError(
            f"unknown metric {metric!r}: known are {', '.join(METRICS)}. {near(metric, METRICS)}".rstrip()
        )
    return METRICS[metric]


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
