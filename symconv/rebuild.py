"""A network again with sizes in place of symbols: all rules run anew, and rounds that are none or one are gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from symconv.block import Rounds
from symconv.condition import at_least
from symconv.errors import NetworkError, ShapeError
from symconv.extent import Size, size_of
from symconv.node import Block, Node
from symconv.symbols import Symbol, index
from symconv.values import substitute

if TYPE_CHECKING:
    from symconv.network import Network

#: Layers of an unrolled network at most.
MOST: Final = 100_000


def rebuilt(old: Network, values: Mapping[Symbol, Size], unroll: bool = False) -> Network:
    """The network with sizes in place of symbols; with `unroll` every round by itself.

    Raises ShapeError where no value is left, NetworkError where the rounds to unroll are no number or too many.
    """
    new = type(old)(old.name, old.description)
    for name, tensor in old.inputs.items():
        new.input(name, *tensor.substitute(values).shape, dtype=tensor.dtype)
    _Rebuild(old, new, unroll).nodes(old.nodes, _Place(dict(values)))
    for condition in old.required:
        new.ask(condition.substitute(values), old.in_training(condition.node))
    new.resume(old)
    new.usual = {name: value for name, value in old.usual.items() if name in new.symbols}
    return new


@dataclass(frozen=True)
class _Place:
    """Where nodes are added: the sizes for symbols, the new names of what is called otherwise, the rounds around.

    `tied` has the path of each round that shares weights, and of the first one whose weights these are.
    """

    values: Mapping[Symbol, Size]
    names: Mapping[str, str] = field(default_factory=dict)
    carried: Mapping[str, str] = field(default_factory=dict)
    rounds: tuple[Rounds, ...] = ()
    depth: int = 0
    tied: tuple[tuple[str, str], ...] = ()

    def called(self, name: str) -> str:
        """The new name."""
        return self.names.get(name, name)

    def reads(self, name: str) -> str:
        """The new name of what is read: of what a block stands behind it is the round before."""
        return self.carried.get(name, self.called(name))

    def sharing(self, node: Node, of: Node | None) -> str:
        """The new name of the node whose weights this one shares; empty where it keeps its own."""
        if of is None:
            name = first = self.called(node.name)
            for path, of_first in reversed(self.tied):
                if first.startswith(path):
                    first = of_first + first[len(path) :]
            return first if node.parameters and first != name else ""
        name = of.name
        for back, r in enumerate(reversed(of.rounds), 1):
            number = self.values.get((r if r in node.rounds else node.rounds[-back]).index)
            inside = f"{r.name}/{r.index.name}/"
            if isinstance(number, int):
                name = f"{r.name}/{number}/{name[len(inside) :]}"
        return name


class _Rebuild:
    def __init__(self, old: Network, new: Network, unroll: bool) -> None:
        self.old, self.new, self.unroll = old, new, unroll
        #: The blocks that were built round by round, by the node or block that ends them.
        self.ending: dict[str, list[Block]] = {}
        for block in old.blocks.values():
            last = old.last_of(block.result)
            if last in old.inputs or all(r.name != block.name for r in old.node(last).rounds):
                self.ending.setdefault(block.result, []).append(block)

    def nodes(self, nodes: tuple[Node, ...], place: _Place) -> None:
        """The nodes of one round of the block at a depth."""
        at = 0
        while at < len(nodes):
            node = nodes[at]
            if len(node.rounds) == place.depth:
                self._node(node, place)
                at += 1
                continue
            around = node.rounds[: place.depth + 1]
            stop = at
            while stop < len(nodes) and nodes[stop].rounds[: place.depth + 1] == around:
                stop += 1
            self._block(nodes[at:stop], place)
            at = stop

    def _node(self, node: Node, place: _Place) -> None:
        self.new.place(
            place.called(node.name),
            node.layer.substitute(place.values),
            tuple(map(place.reads, node.inputs)),
            tuple(t.substitute(place.values) for t in node.tensors),
            place.sharing(node, self.old.node(node.shares) if node.shares else None),
            place.rounds,
            node.training,
        )
        if self.new.size > MOST:
            raise NetworkError(f"unrolled, {self.old.name} has more than {MOST:,} layers")
        self._ended(node.name, place)

    def _block(self, nodes: tuple[Node, ...], place: _Place) -> None:
        """All rounds of a repeated block, in terms of their index or one by one."""
        rounds = nodes[0].rounds[place.depth]
        block, of = self.old.blocks[rounds.name], rounds.index
        moved, end = place.called(block.name), substitute(of.end, place.values)
        if self.unroll and not isinstance(end, int):
            raise NetworkError(f"{block.name} has {end} rounds, and a number of them can be unrolled")
        result = place.reads(rounds.source)
        if isinstance(end, int) and (self.unroll or end - of.begin <= 1):
            inside = f"{block.name}/{of.name}/"
            within = [*(n.name for n in nodes), *(b for b in self.old.blocks if b.startswith(inside))]
            for i in range(of.begin, end):
                own = {n: f"{moved}/{i}/{place.called(n)[len(f'{moved}/{of.name}/') :]}" for n in within}
                names, carried = {**place.names, **own}, {**place.carried, rounds.source: result}
                ties = ((f"{moved}/{i}/", f"{moved}/0/"),) if rounds.tied and i else ()
                values, depth = {**place.values, of: i}, place.depth + 1
                self.nodes(nodes, _Place(values, names, carried, place.rounds, depth, (*place.tied, *ties)))
                result = own.get(block.result, block.result)
        else:
            turned = replace(rounds, name=moved, index=index(of.name, of.begin, end, of.scope), source=result)
            inner = {**place.values, of: size_of(turned.index)}
            around = (*place.rounds, turned)
            place_in = _Place(inner, place.names, place.carried, around, place.depth + 1, place.tied)
            if self._rounds(nodes, place_in, turned):
                result = place.called(block.result)
        self.new.ask_count(moved, end, place.rounds)
        self.new.blocks[moved] = Block(moved, result, block.out.substitute(place.values), place.rounds)
        self._ended(block.name, place)

    def _rounds(self, nodes: tuple[Node, ...], within: _Place, rounds: Rounds) -> bool:
        """The rounds in terms of their index; False where there are none, as none is possible."""
        mark = self.new.mark()
        try:
            self.nodes(nodes, within)
        except ShapeError as error:
            if rounds.certain:
                raise
            self.new.undo(mark)
            none = replace(at_least(rounds.index.begin, rounds.index.end), reason=str(error), node=rounds.name)
            self.new.ask(replace(none, rounds=within.rounds[:-1]))
            return False
        return True

    def _ended(self, name: str, place: _Place) -> None:
        """The blocks that end with this node or block."""
        for block in self.ending.get(name, ()):
            moved = place.called(block.name)
            out = block.out.substitute(place.values)
            self.new.blocks[moved] = Block(moved, place.called(name), out, place.rounds)
            self._ended(block.name, place)
