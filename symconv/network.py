"""Network: layers as nodes of a directed acyclic graph; shapes flow in as nodes are added, totals flow out.

A node's name is a path, `stage2/conv1`; the tree of names is the hierarchy by which tables group and pictures cluster.
A block that is repeated has each of its nodes once, `stage2/i/conv1`, with its shapes in round i; its costs are sums over
the rounds, so that no answer depends on how many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from symconv.block import Rounds, Unsolved, bound, count_of, over, solved, state_symbols
from symconv.cost import ZERO, Cost, Number, cost_symbols, evaluate_cost, shortest, total_of
from symconv.count import CONVENTIONS, Convention, Count, sum_of
from symconv.domain import Condition, Domain, Unasked, asking, at_least, require
from symconv.errors import NetworkError, ShapeError, SymbolError, SymconvError, near
from symconv.evaluation import resolve
from symconv.extent import Extent, Size, size_of, symbols_of
from symconv.layer import Layer, Parameter, as_size
from symconv.symbols import FIELD, Symbol, by_name, dimension, index, symbol
from symconv.sympy_bridge import to_sympy
from symconv.tensor import Tensor
from symconv.values import substitute

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
    #: The repeated blocks that it stands in, the outermost first; its shapes and its count are those of one round.
    rounds: tuple[Rounds, ...] = ()
    #: Whether it works in training only: it keeps its parameters, and inference does none of its work.
    training: bool = False


@dataclass(frozen=True)
class Metric:
    """What is summed over a network: a cost for each node, in one round; `kept` is what stays between runs."""

    name: str
    unit: str
    description: str
    of: Callable[[Node], Cost] = field(repr=False)
    kept: bool = False

    def over(self, node: Node) -> Cost:
        """The cost of a node in all its rounds: no work of what is there for training, tied weights once."""
        if node.training and not self.kept:
            return ZERO
        return over(self.of(node), [r for r in node.rounds if not (self.kept and r.tied)])


#: Every metric by its name: the conventions of `symconv.count`, and what `symconv.metrics` adds.
METRICS: Final[dict[str, Metric]] = {}


def metric(
    name: str, unit: str, description: str, kept: bool = False
) -> Callable[[Callable[[Node], Cost]], Callable[[Node], Cost]]:
    """Register a metric: a function of a node; `kept` where it counts what stays between runs, such as weights."""

    def register(of: Callable[[Node], Cost]) -> Callable[[Node], Cost]:
        METRICS[name] = Metric(name, unit, description, of, kept)
        return of

    return register


def _by_convention(convention: Convention) -> Metric:
    return Metric(convention.name, "operations", convention.description, lambda node: convention(node.count))


METRICS.update({c.name: _by_convention(c) for c in CONVENTIONS.values()})


@dataclass(frozen=True)
class _Frame:
    """What stands around the nodes that are being added: their path, their rounds, and what `source` is in a round."""

    prefix: str
    rounds: tuple[Rounds, ...] = ()
    source: str = ""
    carried: str = ""
    state: Tensor | None = None


@dataclass(frozen=True)
class Block:
    """A block as one: the node that ends it, or one of its rounds, and the tensor behind it."""

    name: str
    result: str
    out: Tensor
    rounds: tuple[Rounds, ...]


#: Rounds that are written out where they cannot be solved, and layers of an unrolled network, at most.
UNROLLED: Final = 1_000
MOST: Final = 100_000


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
        #: What the layers ask for that work in training only.
        self.training_domain = Domain()
        #: The values at which figures of this network are usually given, such as X = 224.
        self.usual: dict[str, int] = {}
        #: The blocks by name; behind a repeated one stands what follows its last round.
        self.blocks: dict[str, Block] = {}
        self._nodes: dict[str, Node] = {}
        self._names: list[str] = []
        self._frames: list[_Frame] = [_Frame("")]
        self._equal: dict[tuple[Layer, tuple[Tensor, ...], tuple[Rounds, ...], bool], Node] = {}
        self._required: list[Condition] = []
        self._last = self._result = ""
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
        self._claimed(name)
        with self.domain.undone_on_error(), asking(self.domain, name):
            for size in sizes:
                if isinstance(size, int) and size < 1:
                    raise ShapeError(f"input {name}: an extent of {size} is below 1")
                require(at_least(size, 1), "an extent of at least 1")
            known = self._known_with(sizes)
        self._known = known
        self.inputs[name] = Tensor(sizes, dtype)
        self._names.append(name)
        self._last = self._result = name
        return name

    def _dimension(self, given: Any) -> Size:
        if not isinstance(given, str):
            return as_size(given)
        if not given.isidentifier():
            raise ShapeError(f"{given!r} is no name of a dimension: a number, an extent, or a name such as X is wanted")
        return size_of(dimension(given, self.name))

    def add(self, name: str, layer: Layer, *inputs: str, shares: str = "", training: bool = False) -> str:
        """Add a layer behind the nodes named, or behind the last one added; its output shape is then known.

        `shares` names a node whose weights this one uses too: they are counted once. `training` says that it works in
        training only, as what stands behind it then does.

        Returns the node's name. Raises NetworkError where a name is taken or unknown, ShapeError where the layer cannot
        follow its inputs, SymbolError for a second symbol of a name; the network is then as it was.
        """
        name = self._claimed(name)
        read = [self._read(source) for source in inputs or ((self._last,) if self._last else ())]
        sources, tensors = tuple(s for s, _ in read), tuple(t for _, t in read)
        training = training or any(self._nodes[s].training for s in sources if s in self._nodes)
        return self._put(name, layer, sources, tensors, self._find(shares) if shares else "", self._rounds, training)

    def _put(
        self,
        name: str,
        layer: Layer,
        sources: tuple[str, ...],
        tensors: tuple[Tensor, ...],
        shares: str,
        rounds: tuple[Rounds, ...],
        training: bool,
    ) -> str:
        least, most = layer.arity
        if len(tensors) < least or (most is not None and len(tensors) > most):
            wanted = str(least) if most == least else f"{least} or more" if most is None else f"{least} to {most}"
            raise ShapeError(f"{layer.kind} takes {wanted} input{'s' if wanted != '1' else ''}, not {len(tensors)}")
        domain = self.training_domain if training else self.domain
        with domain.undone_on_error(), asking(domain, name, rounds):
            made = self._run(layer, tensors, rounds, training)
            node = replace(made, name=name, inputs=sources, shares=shares, rounds=rounds, training=training)
            if shares:
                self._check_shared(name, node.parameters, shares)
            known = self._known_with((*(size for _, size, _ in layer.field_sizes()), *node.out.shape))
        self._known = known
        self._nodes[name] = node
        self._names.append(name)
        self._last = name
        self._result = self._result if training else name
        self._costs.clear()
        return name

    def _run(self, layer: Layer, tensors: tuple[Tensor, ...], rounds: tuple[Rounds, ...], training: bool) -> Node:
        """Run the rules of a layer; an equal layer behind equal tensors asks for nothing new, and they need not run."""
        key = layer, tensors, tuple(r for r in rounds if not r.certain), training
        with suppress(TypeError):  # a user's layer may have a field without a hash
            if key in self._equal:
                return self._equal[key]
        layer.require_fields()
        out = layer.output(*tensors)
        node = Node("", layer, (), tensors, out, layer.parameters(*tensors), layer.work(*tensors, out))
        with suppress(TypeError):
            self._equal[key] = node
        return node

    # -- repeated blocks --------------------------------------------------------------------------------------------

    def repeat(
        self,
        name: str,
        count: Any,
        body: Callable[[Size], object],
        source: str = "",
        *,
        first_apart: bool = False,
        tied: bool = False,
    ) -> str:
        """Add a block `count` times, a number or a symbol, one behind the other; the time does not depend on it.

        `body(i)` adds the layers of one round. It is called as often as is needed, with 0 for a first round that stands
        apart (with `first_apart`, or where the extents are settled by it), and with the index of the round for all
        others. What `source` (the last node added where none is named) is called inside is the output of the round
        before. With `tied` all rounds share one set of weights.

        Returns the name, which stands for the output of the last round. Raises ShapeError, and leaves the network as it
        was, for a count below 1, or where the extents that enter round i cannot be solved.

        >>> from symconv.layers import Conv, Linear
        >>> net = Network()
        >>> n, x = net.symbol("n", "count"), net.input("image", "N", 8, "X", "X")
        >>> net.repeat("stage", n, lambda i: net.add("conv", Conv(8, padding=1)))
        'stage'
        >>> net.cost("macs"), net.node("stage/i/conv").out
        (576·N·n·X², N×8×X²)
        """
        full = self._claimed(name)
        count = count_of(as_size(count))
        source, _ = self._read(source or self._last)
        with self._undone_on_error():
            self._ask_count(full, count, self._rounds)
            begin, result = 0, source
            if first_apart or count == 1:
                begin, result = 1, self._once(full, 0, source, result, body)
            out = self._read(result)[1]
            if count != begin:
                result, out = self._several(full, begin, count, source, result, body, tied)
            self.blocks[full] = Block(full, result, out, self._rounds)
        self._last = self._result = full
        return full

    def _ask_count(self, name: str, count: Size, rounds: tuple[Rounds, ...]) -> None:
        known = self._known_with([count])
        with asking(self.domain, name, rounds):
            require(at_least(count, 1), "one round or more")
        self._known = known

    @contextmanager
    def inside(self, name: str, source: str = "") -> Iterator[None]:
        """While this is entered, names are below `name`, and the last node is `source` where one is named.

        Afterwards the name stands for the last node that was added."""
        full = self._claimed(name)
        self._last = self._read(source or self._last)[0]
        before = self._last
        self._frames.append(_Frame(f"{full}/", self._rounds))
        try:
            yield
        finally:
            self._frames.pop()
        if self._last != before:
            self.blocks[full] = Block(full, self._last, self._read(self._last)[1], self._rounds)
            trained = self._last in self._nodes and self._nodes[self._last].training
            self._last, self._result = full, self._result if trained else full

    def end(self, name: str) -> None:
        """Let what follows stand behind a node, or a round end with it, in place of the last one added."""
        self._last = self._read(name)[0]

    def path(self, name: str) -> str:
        """The whole path of a name below which nodes are being added."""
        return self._frames[-1].prefix + name

    def absolute(self, name: str) -> str:
        """The name with its whole path behind a slash, so that it says the same in every block: /stage1/conv2."""
        return f"/{self._find(name)}"

    def knows(self, name: str) -> bool:
        """Whether there is something of this name, said from where nodes are being added."""
        return self._find(name) in self

    def reading(self, name: str) -> Tensor:
        """The tensor that a name is where nodes are being added: inside of a repeated block that of round i.

        Raises NetworkError for an unknown name.
        """
        return self._read(name)[1]

    @property
    def _rounds(self) -> tuple[Rounds, ...]:
        return self._frames[-1].rounds

    def _once(self, full: str, number: int, source: str, carried: str, body: Callable[[Size], object]) -> str:
        """One round by itself; its last node."""
        state = self._read(carried)[1]
        return self._body(_Frame(f"{full}/{number}/", self._rounds, source, carried, state), number, body)

    def _body(self, frame: _Frame, i: Size, body: Callable[[Size], object]) -> str:
        self._frames.append(frame)
        self._last = frame.source
        try:
            body(i)
        finally:
            self._frames.pop()
        if self._last == frame.source:
            raise ShapeError(f"{frame.prefix.rpartition('/')[0].rpartition('/')[0]}: a round without layers")
        return self._last

    def _several(
        self, full: str, begin: int, count: Size, source: str, carried: str, body: Callable[[Size], object], tied: bool
    ) -> tuple[str, Tensor]:
        """The rounds from `begin` on in terms of their index: the node that ends each, and the tensor behind the last."""
        of = index(self._letter(), begin, count, f"{self.name}:{full}")
        rounds = Rounds(full, of, carried, tied)
        entry = self._read(carried)[1]

        def run(state: Tensor) -> tuple[str, Tensor]:
            frame = _Frame(f"{full}/{of.name}/", (*self._rounds, rounds), source, carried, state)
            result = self._body(frame, size_of(of), body)
            self._frames.append(frame)  # what ends a round is read from inside
            out = self._read(result)[1]
            self._frames.pop()
            if out.rank != entry.rank:
                raise ShapeError(f"{full}: a round makes {out} of {state}, and another one cannot follow it")
            return result, out

        mark = self._mark()
        result, out = run(entry)
        if out.shape == entry.shape:
            return result, out
        self._undo(mark)
        state = entry.like(*state_symbols(entry.shape, out.shape, full))
        with self._unasked():
            after = run(state)[1]
        self._undo(mark)
        try:
            shape = solved(entry.shape, state.shape, after.shape, of)
            if shape is None and begin >= 2:
                raise Unsolved(f"a round makes {after} of {state}: what enters round {of} cannot be solved")
        except Unsolved as why:
            if not isinstance(count, int) or count > UNROLLED:
                raise Unsolved(f"{full}: {why}") from None
            for number in range(begin, count):
                carried = self._once(full, number, source, carried, body)
            return carried, self._read(carried)[1]
        if shape is None:
            result = self._once(full, begin, source, carried, body)
            if count == begin + 1:
                return result, self._read(result)[1]
            return self._several(full, begin + 1, count, source, result, body, tied)
        result, _ = run(entry.like(*shape))
        return result, entry.like(*shape).substitute({of: count})

    def _letter(self) -> str:
        """A name for an index that nothing else has."""
        taken = {s.name for s in self._known} | {r.index.name for r in self._rounds}
        letters: list[str] = [*"ijklm", *(f"i{n}" for n in range(len(taken) + 1))]
        return next(letter for letter in letters if letter not in taken)

    @contextmanager
    def _undone_on_error(self) -> Iterator[None]:
        mark = self._mark()
        with self.domain.undone_on_error():
            try:
                yield
            except BaseException:
                self._undo(mark, domain=False)
                raise

    @contextmanager
    def _unasked(self) -> Iterator[None]:
        """While this is entered, what layers ask of symbols that stand for others goes nowhere."""
        domains = self.domain, self.training_domain
        self.domain = self.training_domain = Unasked()
        try:
            yield
        finally:
            self.domain, self.training_domain = domains

    def _mark(self) -> tuple[Any, ...]:
        lengths = len(self._names), len(self._equal), len(self.blocks), len(self._required)
        return *lengths, self._known, (self._last, self._result), (self.domain.mark(), self.training_domain.mark())

    def _undo(self, mark: tuple[Any, ...], domain: bool = True) -> None:
        """Back to where `_mark` was taken."""
        names, equal, repeats, required, self._known, (self._last, self._result), asked = mark
        del self._required[required:]
        for name in self._names[names:]:
            self._nodes.pop(name, None)
            self.inputs.pop(name, None)
        del self._names[names:]
        for key in list(self._equal)[equal:]:
            del self._equal[key]
        for name in list(self.blocks)[repeats:]:
            del self.blocks[name]
        self.training_domain.undo(asked[1])
        if domain:
            self.domain.undo(asked[0])
        self._graph = None
        self._costs.clear()

    def require(self, condition: Condition, node: str) -> None:
        """Add a condition to the domain in the name of a node.

        Raises ShapeError where it can never hold.
        """
        condition = replace(condition, node=node, rounds=self._rounds)
        trained = node in self._nodes and self._nodes[node].training
        (self.training_domain if trained else self.domain).require(condition)
        self._required.append(condition)

    def _check_shared(self, name: str, parameters: tuple[Parameter, ...], shares: str) -> None:
        other = self.node(shares)
        shapes = [(p.shape, p.kind) for p in parameters], [(p.shape, p.kind) for p in other.parameters]
        if shapes[0] != shapes[1]:
            raise ShapeError(f"{name} cannot share the weights of {shares}: their shapes differ")

    def _claimed(self, name: str) -> str:
        """The whole path of a new name."""
        if not name or name != name.strip() or "//" in name or name.startswith("/") or name.endswith("/"):
            raise NetworkError(f"{name!r} is no name for a node: a path such as stage1/conv2 is wanted")
        full = self._frames[-1].prefix + name
        if full in self:
            raise NetworkError(f"the name {full} is taken")
        return full

    def _find(self, name: str) -> str:
        """The whole path of a name, said from where nodes are being added: the nearest one outwards; /conv1 is whole."""
        if name.startswith("/"):
            return name[1:]
        prefix = self._frames[-1].prefix
        while prefix and prefix + name not in self:
            prefix = prefix.rstrip("/").rpartition("/")[0]
            prefix += "/" if prefix else ""
        return prefix + name

    def _read(self, name: str) -> tuple[str, Tensor]:
        """What a name is where nodes are being added: inside a repeated block its source is the round before.

        Raises NetworkError for an unknown name, and for a node inside a repeated block that is read from outside.
        """
        full = self._find(name)
        for frame in reversed(self._frames):
            if frame.state is not None and full in (frame.source, frame.carried):
                return frame.carried, frame.state
        tensor = self.tensor(full)
        around = (
            self._nodes[full].rounds if full in self._nodes else self.blocks[full].rounds if full in self.blocks else ()
        )
        if around != self._rounds[: len(around)]:
            raise NetworkError(f"{full} is inside of a repeated block: what follows stands behind {around[-1].name}")
        return full, tensor

    def _known_with(self, sizes: Iterable[Any]) -> frozenset[Symbol]:
        """The symbols of the network and of these sizes; two of one name could never be told apart."""
        new = {s for size in sizes if isinstance(size, Extent) for s in symbols_of(size)} - self._known
        new = {s for s in new if not bound(s)}
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
                source = self.last_of(source)
                before = graph.get_edge_data(source, name, {"positions": ()})["positions"]
                graph.add_edge(source, name, positions=(*before, position))
        return graph

    def __contains__(self, name: str) -> bool:
        """Whether a node or an input has this name."""
        return name in self._nodes or name in self.inputs or name in self.blocks

    def last_of(self, name: str) -> str:
        """The node that ends a repeated block; any other name as it is."""
        while name in self.blocks:
            name = self.blocks[name].result
        return name

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes in the order in which they were added, which is an order of computation."""
        return tuple(self._nodes.values())

    @property
    def output(self) -> Tensor:
        """The tensor of the last node, those apart that work in training only."""
        return self.tensor(self._result)

    def node(self, name: str) -> Node:
        """The node of this name.

        Raises NetworkError for an unknown one, with the nearest that is known.
        """
        if name not in self._nodes:
            raise NetworkError(f"there is no node {name}. {near(name, self._nodes)}".rstrip())
        return self._nodes[name]

    def tensor(self, name: str) -> Tensor:
        """The output of a node or of a repeated block, or an input.

        Raises NetworkError for an unknown name.
        """
        if name in self.blocks:
            return self.blocks[name].out
        return self.inputs[name] if name in self.inputs else self.node(name).out

    @property
    def symbols(self) -> dict[str, Extent]:
        """Every symbol of the network by its name, to differentiate by, to solve for, to substitute."""
        return {name: size_of(s) for name, s in by_name(self._known).items()}

    # -- totals -----------------------------------------------------------------------------------------------------

    def costs(self, metric: str | Convention = "macs") -> dict[str, Cost]:
        """The cost of every node in all its rounds, by name; weights that nodes share are with the first of them.

        Raises SymconvError for an unknown metric.
        """
        of = _metric(metric).over
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
        """All primitive operations, in all rounds."""
        working = [node for node in self.nodes if not node.training]
        return sum_of(node.count.map(lambda cost, n=node: over(cost, n.rounds)) for node in working).map(shortest)  # type: ignore[misc]

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
        return self._rebuilt(mapping, unroll=False)

    def unrolled(self) -> Network:
        """The network with every round of its repeated blocks by itself, `stage2/0/conv1`, `stage2/1/conv1`, …

        Raises NetworkError where the number of rounds is not a number, or they are more than MOST layers.
        """
        return self._rebuilt({}, unroll=True)

    def _rebuilt(self, values: Mapping[Symbol, Size], unroll: bool) -> Network:
        """All rules run again with sizes in place of symbols; rounds that are none or one are no rounds any more."""
        new = Network(self.name, self.description)
        for name, tensor in self.inputs.items():
            new.input(name, *tensor.substitute(values).shape, dtype=tensor.dtype)
        self._rebuild(new, list(self.nodes), 0, dict(values), {}, (), unroll)
        for condition in self._required:
            asked = condition.substitute(values)
            trained = condition.node in self._nodes and self._nodes[condition.node].training
            (new.training_domain if trained else new.domain).require(asked)
            new._required.append(asked)
        new._last, new._result = self._last, self._result
        return new

    def _rebuild(
        self,
        new: Network,
        nodes: list[Node],
        depth: int,
        values: dict[Symbol, Size],
        names: dict[str, str],
        rounds: tuple[Rounds, ...],
        unroll: bool,
    ) -> None:
        """Add the nodes of one round of the block at a depth; `names` has the new names of what is called otherwise."""
        at = 0
        while at < len(nodes):
            node = nodes[at]
            if len(node.rounds) == depth:
                new._put(
                    names.get(node.name, node.name),
                    node.layer.substitute(values),
                    tuple(names.get(s, s) for s in node.inputs),
                    tuple(t.substitute(values) for t in node.tensors),
                    names.get(node.shares, node.shares),
                    rounds,
                    node.training,
                )
                self._ended(new, node.name, values, names, rounds)
                if len(new._names) > MOST:
                    raise NetworkError(f"unrolled, {self.name} has more than {MOST:,} layers")
                at += 1
                continue
            block = node.rounds[depth]
            stop = at
            while stop < len(nodes) and nodes[stop].rounds[depth : depth + 1] == (block,):
                stop += 1
            self._rebuild_block(new, nodes[at:stop], depth, values, names, rounds, unroll)
            at = stop

    def _rebuild_block(
        self,
        new: Network,
        nodes: list[Node],
        depth: int,
        values: dict[Symbol, Size],
        names: dict[str, str],
        rounds: tuple[Rounds, ...],
        unroll: bool,
    ) -> None:
        block = nodes[0].rounds[depth]
        repeat = self.blocks[block.name]
        of = block.index
        inside = f"{block.name}/{of.name}/"
        within = [r.name for r in self.blocks.values() if r.name.startswith(inside)]
        called = {n: names.get(n, n) for n in (*within, *(node.name for node in nodes))}
        moved = names.get(block.name, block.name)
        end = substitute(of.end, values)
        if unroll and not isinstance(end, int):
            raise NetworkError(f"{block.name} has {end} rounds, and a number of them can be unrolled")
        result = names.get(block.source, block.source)
        if isinstance(end, int) and (unroll or end - of.begin <= 1):
            for i in range(of.begin, end):
                own = {n: f"{moved}/{i}/{old[len(f'{moved}/{of.name}/') :]}" for n, old in called.items()}
                self._rebuild(
                    new, nodes, depth + 1, {**values, of: i}, {**names, **own, block.source: result}, rounds, unroll
                )
                result = own.get(repeat.result, repeat.result)
        else:
            turned = index(of.name, of.begin, end, of.scope)
            again = replace(block, name=moved, index=turned, source=result)
            inner = {**values, of: size_of(turned)}
            self._rebuild(new, nodes, depth + 1, inner, names, (*rounds, again), unroll)
            result = names.get(repeat.result, repeat.result)
        new._ask_count(moved, end, rounds)
        new.blocks[moved] = Block(moved, result, repeat.out.substitute(values), rounds)
        self._ended(new, block.name, values, names, rounds)

    def _ended(
        self,
        new: Network,
        name: str,
        values: Mapping[Symbol, Size],
        names: Mapping[str, str],
        rounds: tuple[Rounds, ...],
    ) -> None:
        """The repeated blocks that end with this node and were built round by round."""
        for repeat in self.blocks.values():
            moved = names.get(repeat.name, repeat.name)
            if repeat.result == name and moved not in new.blocks and not self._indexed(repeat):
                out = repeat.out.substitute(values)
                new.blocks[moved] = Block(moved, names.get(name, name), out, rounds)
                self._ended(new, repeat.name, values, names, rounds)

    def _indexed(self, repeat: Block) -> bool:
        """Whether its last rounds are in terms of an index."""
        node = self._nodes[self.last_of(repeat.result)]
        return any(r.name == repeat.name for r in node.rounds)

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
