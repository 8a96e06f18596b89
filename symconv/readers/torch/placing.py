"""The network of one run while it grows: a node for a layer in the module that runs, each weight at its first use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from symconv.condition import Condition
from symconv.extent import Extent, size_of, symbols_of
from symconv.layer import Layer, Parameter, layer_fields
from symconv.layers import Look
from symconv.network import Network
from symconv.readers.torch.held import Held, Kept
from symconv.readers.torch.ledger import Ledger
from symconv.readers.torch.path import THE_MODULE, Path
from symconv.symbols import symbol
from symconv.tensor import Tensor


class Placing:
    """The nodes that a run has made, and the named unknowns in them."""

    def __init__(self, net: Network, path: Path) -> None:
        self.net, self.path = net, path
        #: By node the call of a module that it was made in, and the word for it.
        self.placed: dict[str, tuple[str, str]] = {}
        #: The parameters and buffers that nodes have, and by node its own.
        self.used: set[str] = set()
        self.kept_by: dict[str, tuple[str, ...]] = {}
        #: The named unknowns for costs, by the operator and what it is asked for.
        self.unknowns: dict[tuple[Any, ...], Extent] = {}
        self._asks: dict[Any, list[Condition]] = {}
        self._sources: dict[str, Held] = {}

    def place(self, word: str, layer: Layer, read: Sequence[Held], weights: Iterable[Held | None], dtype: str) -> Held:
        """Add a layer to the network, in the module that runs."""
        sources = [self.node_of(v) for v in read]
        name = self._unique(word)
        tensors = tuple(Tensor(v.shape, v.dtype) for v in sources)
        kept, domain = self._first_used(weights), self.net.domain
        if isinstance(domain, Ledger):  # an equal layer asks for the same, but is not run again
            domain.asked.clear()
        self._add(name, layer, kept, tuple(v.node for v in sources), tensors)
        if isinstance(domain, Ledger):
            before = self._asks.setdefault((layer, tensors), list(domain.asked))
            for condition in before if not domain.asked else ():
                domain.require(condition)
        self.placed[name] = (self.path.where, word)
        if kept:
            self.kept_by[name] = tuple(k.name for k in kept)
        out = self.net.node(name).out
        return Held(out.shape, dtype or out.dtype, name)

    def node_of(self, held: Held) -> Held:
        """A tensor with a node of its own, a weight or a constant too."""
        if held.node:
            return held
        kept = held.kept
        if kept is None:
            name = self._unique("constant")
            self._add(name, Look("constant", held.shape, held.dtype), [])
            self.placed[name] = (self.path.where, "constant")
            return Held(held.shape, held.dtype, name)
        known = self._sources.get(kept.name)
        if known is None:
            unique = free_name(self.net, kept.name.replace(".", "/"))
            self._add(unique, Look("parameter", held.shape, held.dtype), self._first_used([held]))
            known = self._sources[kept.name] = Held(held.shape, held.dtype, unique)
        return known

    def _add(
        self, name: str, layer: Layer, kept: Sequence[Kept], inputs: tuple[str, ...] = (), read: tuple[Tensor, ...] = ()
    ) -> None:
        self.net.place(name, layer, inputs, read, "", (), False, tuple(map(parameter, kept)))

    def _unique(self, word: str) -> str:
        word = word.strip("_").replace("::", ".") or word
        return free_name(self.net, f"{self.path.where}/{word}" if self.path.where else word)

    def _first_used(self, weights: Iterable[Held | None]) -> list[Kept]:
        """The parameters and buffers among tensors, each the first time that it is used."""
        found = []
        for held in weights:
            kept = held.kept if held is not None else None
            if kept is not None and kept.name not in self.used:
                self.used.add(kept.name)
                found.append(kept)
        return found

    # -- named unknowns ----------------------------------------------------------------------------------------------

    def unknown_extent(self, operator: str, output: int, axis: int, number: int) -> Extent:
        """A named unknown for an extent of what an operator without a rule makes, which is this number in this run."""
        where = self.path.where or THE_MODULE
        said = f"{where}.{operator}.{output}.dim{axis}" if output else f"{where}.{operator}.dim{axis}"
        s = symbol(said, "extent", self.net.name)
        while s in self.path.witness:
            said += "'"
            s = symbol(said, "extent", self.net.name)
        self.path.witness[s] = number
        return size_of(s)

    def unknown_cost(self, operator: str, *asked: Any) -> Extent:
        """The named unknown for what an operator without a count does; the same for the same operator and what it is
        asked for."""
        key = (operator, *asked)
        if key not in self.unknowns:
            n = sum(k[0] == operator for k in self.unknowns) + 1
            said = f"cost[{operator}]" if n == 1 else f"cost[{operator} {n}]"
            self.unknowns[key] = size_of(symbol(said, "padding", self.net.name))
        return self.unknowns[key]

    def adopted(self, layer: Layer, of: Placing) -> Layer:
        """A layer of another run; an unknown cost is this run's for the same operator and what it is asked for."""
        fields = [getattr(layer, f.name) for f in layer_fields(type(layer))]
        known = {
            s: self.unknown_cost(*key) for key, cost in of.unknowns.items() if cost in fields for s in symbols_of(cost)
        }
        return layer.substitute(known) if known else layer


def free_name(net: Network, name: str) -> str:
    """A name that no node has: this one, or with the first free number behind it."""
    unique, k = name, 2
    while unique in net:
        unique, k = f"{name}_{k}", k + 1
    return unique


def parameter(kept: Kept) -> Parameter:
    """A parameter or buffer of a module as what a layer keeps, under its own last name."""
    return Parameter(kept.name.rpartition(".")[2], kept.shape, kept.kind)
