"""How a network is built: nodes are added one by one, in blocks or not, and every shape is known at once.

What goes wrong leaves the network as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from symconv.block import Rounds, anywhere, bound
from symconv.condition import Condition, at_least
from symconv.cost import Cost
from symconv.domain import Domain, Undoable, asking, require
from symconv.errors import NetworkError, ShapeError, SymbolError, near
from symconv.extent import Extent, Size, size_of, symbols_of
from symconv.layer import Layer, Parameter, as_size
from symconv.node import Block, Node
from symconv.symbols import FIELD, Index, Symbol, dimension, in_order, symbol
from symconv.tensor import Tensor


@dataclass(frozen=True)
class Frame:
    """What stands around the nodes that are being added: their path, their rounds, and what `sources` are in a round.

    `tied` is the path of the round whose weights these share.
    """

    prefix: str
    rounds: tuple[Rounds, ...] = ()
    sources: tuple[str, ...] = ()
    carried: str = ""
    state: Tensor | None = None
    tied: str = ""


class Building(Undoable):
    """A network while it is built: its inputs, its nodes, its blocks, and what they ask for."""

    def __init__(self, name: str = "network", description: str = "") -> None:
        self.name, self.description = name, description
        self.inputs: dict[str, Tensor] = {}
        self.domain = Domain()
        #: What the layers ask for that work in training only.
        self.training_domain = Domain()
        #: The values at which figures of this network are usually given, such as X = 224.
        self.usual: dict[str, int] = {}
        #: What its spec claims of it, as `params(linear) > params(conv)`.
        self.claims: tuple[str, ...] = ()
        #: What was taken for granted when a foreign model was read, each with the nodes that it is said of.
        self.notes: dict[str, list[str]] = {}
        #: By node the name that a foreign model gives it: of its module in torch, of its layer in Keras, of its node in
        #: ONNX; empty where it was read from none.
        self.modules: dict[str, str] = {}
        #: Symbols that say which side of a choice is taken where nothing decides it, 1 for the first; with its node.
        self.choices: dict[Extent, str] = {}
        #: By input the symbols that stand for its elements, where sizes depend on them.
        self.elements: dict[str, tuple[Size, ...]] = {}
        #: The blocks by name; behind a repeated one stands what follows its last round.
        self.blocks: dict[str, Block] = {}
        self._nodes: dict[str, Node] = {}
        self._names: list[str] = []
        self._frames: list[Frame] = [Frame("")]
        self._equal: dict[tuple[Layer, tuple[Tensor, ...], tuple[Rounds, ...], bool, Size], Node] = {}
        #: What was asked for beside the rules of layers, such as divisions that come out even.
        self.required: list[Condition] = []
        self._last = self._result = ""
        self._graph: Any = None
        self._known: frozenset[Symbol] = frozenset()
        #: The last symbol of each name; one of the network where it is known.
        self._named: dict[str, Symbol] = {}
        self._costs: dict[str, Cost] = {}

    # -- adding -----------------------------------------------------------------------------------------------------

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
        if len(self._frames) > 1:
            raise NetworkError(f"the input {name} is inside of a block: an input stands outside of all blocks")
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

    def add(
        self,
        name: str,
        layer: Layer,
        *inputs: str,
        shares: str = "",
        training: bool = False,
        stated: tuple[Parameter, ...] | None = None,
        times: Size = 1,
        alone: bool = False,
    ) -> str:
        """Add a layer behind the nodes named, or behind the last one added; its output shape is then known.

        `shares` names a node whose weights this one uses too: they are counted once. `training` says that it works in
        training only, as what stands behind it then does. `stated` and `times` are as for `place`, and a layer `alone`
        stands behind nothing.

        Returns the node's name. Raises NetworkError where a name is taken or unknown, ShapeError where the layer cannot
        follow its inputs, SymbolError for a second symbol of a name; the network is then as it was.
        """
        name = self._claimed(name)
        read = [self._read(source) for source in inputs or ((self._last,) if self._last and not alone else ())]
        sources, tensors = tuple(s for s, _ in read), tuple(t for _, t in read)
        training = training or any(map(self.in_training, sources))
        shared = self._sharing(shares)
        return self.place(name, layer, sources, tensors, shared, self._rounds, training, stated, times)

    def place(
        self,
        name: str,
        layer: Layer,
        sources: tuple[str, ...],
        tensors: tuple[Tensor, ...],
        shares: str,
        rounds: tuple[Rounds, ...],
        training: bool,
        stated: tuple[Parameter, ...] | None = None,
        times: Size = 1,
    ) -> str:
        """Add a layer whose inputs' tensors are known, under its whole path.

        `stated` are the tensors that it keeps where they are not those of its rule, `times` says how often it runs.
        """
        if name in self:
            raise NetworkError(f"the name {name} is taken")
        least, most = layer.arity
        if len(tensors) < least or (most is not None and len(tensors) > most):
            wanted = str(least) if most == least else f"{least} or more" if most is None else f"{least} to {most}"
            raise ShapeError(f"{layer.kind} takes {wanted} input{'s' if wanted != '1' else ''}, not {len(tensors)}")
        domain = self.training_domain if training else self.domain
        with domain.undone_on_error(), asking(domain, name, rounds, times):
            made = self._run(layer, tensors, rounds, training, times)
            if stated is not None:
                made = replace(made, parameters=stated, stated=True)
            shares = shares or (self._first_of_tied(name, rounds) if made.parameters else "")
            node = replace(
                made, name=name, inputs=sources, shares=shares, rounds=rounds, training=training, times=times
            )
            if shares:
                self._check_shared(name, node.parameters, shares)
            self._check_tied(node)
            known = self._known_with((times, *(size for _, size, _ in layer.field_sizes()), *node.out.shape), rounds)
        self._known = known
        self._nodes[name] = node
        self._names.append(name)
        self._last = name
        self._result = self._result if training else name
        self._costs.clear()
        return name

    def _run(
        self, layer: Layer, tensors: tuple[Tensor, ...], rounds: tuple[Rounds, ...], training: bool, times: Size
    ) -> Node:
        """Run the rules of a layer; an equal layer behind equal tensors asks for nothing new, and they need not run."""
        key = layer, tensors, tuple(r for r in rounds if not r.certain), training, times
        with suppress(TypeError):  # a user's layer may have a field without a hash
            if key in self._equal:
                return self._equal[key]
        layer.require_fields()
        out = layer.output(*tensors)
        node = Node("", layer, (), tensors, out, layer.parameters(*tensors), layer.work(*tensors, out))
        with suppress(TypeError):
            self._equal[key] = node
        return node

    def ask_count(self, name: str, count: Size, rounds: tuple[Rounds, ...]) -> None:
        """Ask for a round or more, in the name of a block."""
        known = self._known_with([count], rounds)
        with asking(self.domain, name, rounds):
            require(at_least(count, 1), "one round or more")
        self._known = known

    @contextmanager
    def inside(self, name: str, source: str = "") -> Iterator[None]:
        """While this is entered, names are below `name`, and the last node is `source` where one is named.

        Afterwards the name stands for the last node that was added.
        """
        full = self._claimed(name)
        self._last = self._read(source or self._last)[0]
        before = self._last
        self._frames.append(Frame(f"{full}/", self._rounds))
        try:
            with self.undone_on_error():
                yield
        finally:
            self._frames.pop()
        if self._last != before:
            self.blocks[full] = Block(full, self._last, self._read(self._last)[1], self._rounds)
            trained = self.in_training(self._last)
            self._last, self._result = full, self._result if trained else full

    def run_times(self, times: Mapping[str, Size]) -> None:
        """How often nodes run, which turned out when they were there already."""
        for name, many in times.items():
            self._nodes[name] = replace(self._nodes[name], times=many)
        self._costs.clear()

    def rename(self, names: Mapping[str, str], further: Mapping[str, tuple[Parameter, ...]]) -> None:
        """Other names for nodes that were placed, and parameters that they keep besides; by the names from before.

        A reader knows how a module is to be called when all of it was read.
        """

        def renamed(name: str) -> str:
            return names.get(name, name)

        for domain in (self.domain, self.training_domain):
            domain.rename(names)
        self.required = [replace(c, node=renamed(c.node)) for c in self.required]
        self._nodes = {
            renamed(name): replace(
                node,
                name=renamed(name),
                inputs=tuple(map(renamed, node.inputs)),
                parameters=(*node.parameters, *further.get(name, ())),
                shares=renamed(node.shares),
            )
            for name, node in self._nodes.items()
        }
        self._names = list(map(renamed, self._names))
        self._last, self._result = renamed(self._last), renamed(self._result)
        self._graph = None
        self._costs.clear()

    def end(self, name: str) -> None:
        """Let what follows stand behind a node, or a round end with it, in place of the last one added."""
        self._last = self._read(name)[0]

    def end_with(self, name: str) -> None:
        """Let a node's output be the network's, in place of that of the last one added."""
        self._result = self._read(name)[0]

    @property
    def result(self) -> str:
        """The node whose output is the network's."""
        return self._result

    @property
    def known_symbols(self) -> frozenset[Symbol]:
        """The symbols of shapes, fields and repetitions."""
        return self._known

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

    def require(self, condition: Condition, node: str) -> None:
        """Add a condition to the domain in the name of a node.

        Raises ShapeError where it can never hold.
        """
        self.ask(replace(condition, node=node, rounds=self._rounds), self.in_training(node))

    def ask(self, condition: Condition, training: bool = False) -> None:
        """Add a condition that names its node and its rounds, and keep it for when the network is built again."""
        (self.training_domain if training else self.domain).require(condition)
        self.required.append(condition)

    def in_training(self, name: str) -> bool:
        """Whether a node works in training only, or what ends a block."""
        name = self.last_of(name)
        return name in self._nodes and self._nodes[name].training

    def _sharing(self, shares: str) -> str:
        """The whole path of the node whose weights are shared, which has one set of them for each round here."""
        full = self._find(shares) if shares else ""
        if full in self._nodes:
            others = [r for r in self._nodes[full].rounds if not r.tied and r not in self._rounds]
            if others:
                raise NetworkError(f"{full} has weights of its own in each round of {others[0].name}: none are shared")
        return full

    def _check_shared(self, name: str, parameters: tuple[Parameter, ...], shares: str) -> None:
        other = self.node(shares)
        shapes = [(p.shape, p.kind) for p in parameters], [(p.shape, p.kind) for p in other.parameters]
        if shapes[0] != shapes[1]:
            raise ShapeError(f"{name} cannot share the weights of {shares}: their shapes differ")

    def _first_of_tied(self, name: str, rounds: tuple[Rounds, ...]) -> str:
        """The node of the first round whose weights a node of a tied one shares; empty where it keeps its own.

        Raises ShapeError where the first round has no such node.
        """
        own = first = anywhere(name, rounds)
        for frame in reversed(self._frames):
            if frame.tied:
                first = anywhere(frame.tied, frame.rounds) + first[len(anywhere(frame.prefix, frame.rounds)) :]
        if first == own:
            return ""
        found = next((n for n in self._nodes.values() if anywhere(n.name, n.rounds) == first), None)
        if found is None:
            raise ShapeError(f"{name}: tied rounds share one set of weights, and the first one has no such layer")
        tied = {frame.rounds[-1] for frame in self._frames if frame.tied and frame.rounds}
        spans = [[(r.index.begin, r.index.end) for r in its if r not in tied] for its in (rounds, found.rounds)]
        if spans[0] != spans[1]:
            raise ShapeError(
                f"{name}: tied rounds share one set of weights, and the rounds inside of the first are others"
            )
        return found.name

    def _check_tied(self, node: Node) -> None:
        """Tied rounds have one set of weights: no shape of them and no number of rounds inside depends on the round.

        Raises ShapeError where it does.
        """
        shapes = [x for p in node.parameters for x in p.shape] if not node.shares else []
        for depth, tied in enumerate(node.rounds if shapes else ()):
            sizes = [*shapes, *(r.index.end for r in node.rounds[depth + 1 :])]
            moving = [x for x in sizes if isinstance(x, Extent) and tied.index in symbols_of(x)]
            if tied.tied and moving:
                said = f"{tied.name} is tied, and its weights have {moving[0]} in round {tied.index}"
                raise ShapeError(f"{node.name}: {said}, another size in each")

    # -- names ------------------------------------------------------------------------------------------------------

    def _claimed(self, name: str) -> str:
        """The whole path of a new name."""
        if not name or name != name.strip() or "//" in name or name.startswith("/") or name.endswith("/"):
            raise NetworkError(f"{name!r} is no name for a node: a path such as stage1/conv2 is wanted")
        full = self._frames[-1].prefix + name
        if full in self:
            raise NetworkError(f"the name {full} is taken")
        return full

    def _find(self, name: str) -> str:
        """The whole path of a name, said from where nodes are being added: the nearest outwards; /conv1 is whole.

        So is what `add` returned for a layer of a block around.
        """
        if name.startswith("/"):
            return name[1:]
        if name in self and any(frame.prefix and name.startswith(frame.prefix) for frame in self._frames):
            return name
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
            if frame.state is not None and full in (*frame.sources, frame.carried):
                return frame.carried, frame.state
        tensor = self.tensor(full)
        there = self._nodes.get(full) or self.blocks.get(full)
        around = there.rounds if there is not None else ()
        if around != self._rounds[: len(around)]:
            raise NetworkError(f"{full} is inside of a repeated block: what follows stands behind {around[-1].name}")
        return full, tensor

    def _known_with(self, sizes: Iterable[Any], rounds: tuple[Rounds, ...] = ()) -> frozenset[Symbol]:
        """The symbols of the network and of these sizes; two of one name could never be told apart.

        Raises SymbolError for these, and for the index of a round outside of it.
        """
        new = {s for size in sizes if isinstance(size, Extent) for s in symbols_of(size)} - self._known
        outside = [s for s in new if isinstance(s, Index) and all(s is not r.index for r in rounds)]
        if outside:
            raise SymbolError(f"{outside[0]} is the number of a round, and has no value outside of its block")
        new = {s for s in new if not bound(s)}
        found: dict[str, Symbol] = {}
        for s in in_order(new):
            if s.name in found or self._named.get(s.name) in self._known:
                raise SymbolError(f"the network has another symbol {s.name} already: call one of the two otherwise")
            found[s.name] = s
        self._named |= found
        return self._known | new if new else self._known

    def __contains__(self, name: str) -> bool:
        """Whether a node, a block or an input has this name."""
        return name in self._nodes or name in self.inputs or name in self.blocks

    def last_of(self, name: str) -> str:
        """The node that ends a repeated block; any other name as it is."""
        while name in self.blocks:
            name = self.blocks[name].result
        return name

    @property
    def size(self) -> int:
        """The number of nodes."""
        return len(self._nodes)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes in the order in which they were added, which is an order of computation."""
        return tuple(self._nodes.values())

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

    def resume(self, other: Building) -> None:
        """Stand where another network of the same names stands: what is added next is behind its last node."""
        self._last, self._result = other._last, other._result

    # -- undoing ----------------------------------------------------------------------------------------------------

    def mark(self) -> tuple[Any, ...]:
        """What `undo` goes back to."""
        lengths = len(self._names), len(self._equal), len(self.blocks), len(self.required)
        return *lengths, self._known, (self._last, self._result), (self.domain.mark(), self.training_domain.mark())

    def undo(self, mark: tuple[Any, ...]) -> None:
        """Back to where `mark` was taken."""
        names, equal, blocks, required, self._known, (self._last, self._result), asked = mark
        del self.required[required:]
        for name in self._names[names:]:
            self._nodes.pop(name, None)
            self.inputs.pop(name, None)
        del self._names[names:]
        for key in list(self._equal)[equal:]:
            del self._equal[key]
        for name in list(self.blocks)[blocks:]:
            del self.blocks[name]
        for domain, before in zip((self.domain, self.training_domain), asked):
            domain.undo(before)
        self._graph = None
        self._costs.clear()
