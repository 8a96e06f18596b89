"""How a network is built: nodes are added one by one, in blocks or not, and every shape is known at once.

What goes wrong leaves the network as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from symconv.block import Rounds, bound
from symconv.condition import Condition, at_least
from symconv.cost import Cost
from symconv.domain import Domain, asking, require
from symconv.errors import NetworkError, ShapeError, SymbolError
from symconv.extent import Extent, Size, size_of, symbols_of
from symconv.layer import Layer, Parameter
from symconv.naming import Frame, Naming
from symconv.node import Block, Node
from symconv.ranges import as_size
from symconv.sharing import check_shared, check_tied, first_of_tied
from symconv.symbols import FIELD, Index, Symbol, dimension, in_order, symbol
from symconv.tensor import Tensor


class Building(Naming):
    """A network while it is built: its inputs, its nodes, its blocks, and what they ask for."""

    def __init__(self, name: str = "network", description: str = "") -> None:
        super().__init__()
        self.name, self.description = name, description
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
        self._equal: dict[tuple[Layer, tuple[Tensor, ...], tuple[Rounds, ...], bool, Size], Node] = {}
        #: What was asked for beside the rules of layers, such as divisions that come out even.
        self.required: list[Condition] = []
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
            if not shares and made.parameters:
                shares = first_of_tied(name, rounds, self._frames, self._nodes.values())
            node = replace(
                made, name=name, inputs=sources, shares=shares, rounds=rounds, training=training, times=times
            )
            if shares:
                check_shared(node, self.node(shares))
            check_tied(node)
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
        with self._within(Frame(f"{full}/", self._rounds)), self.undone_on_error():
            yield
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

    @property
    def known_symbols(self) -> frozenset[Symbol]:
        """The symbols of shapes, fields and repetitions."""
        return self._known

    def require(self, condition: Condition, node: str) -> None:
        """Add a condition to the domain in the name of a node.

        Raises ShapeError where it can never hold.
        """
        self.ask(replace(condition, node=node, rounds=self._rounds), self.in_training(node))

    def ask(self, condition: Condition, training: bool = False) -> None:
        """Add a condition that names its node and its rounds, and keep it for when the network is built again."""
        (self.training_domain if training else self.domain).require(condition)
        self.required.append(condition)

    def _sharing(self, shares: str) -> str:
        """The whole path of the node whose weights are shared, which has one set of them for each round here."""
        full = self._find(shares) if shares else ""
        if full in self._nodes:
            others = [r for r in self._nodes[full].rounds if not r.tied and r not in self._rounds]
            if others:
                raise NetworkError(f"{full} has weights of its own in each round of {others[0].name}: none are shared")
        return full

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
