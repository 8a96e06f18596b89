"""A network again with sizes in place of symbols, or other layers: rules run anew, rounds that are none are gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from symconv.block import Rounds
from symconv.condition import at_least
from symconv.errors import NetworkError, ShapeError
from symconv.extent import Size, size_of, symbols_of
from symconv.layer import Layer
from symconv.node import Block, Node, by_rounds
from symconv.symbols import Symbol, index
from symconv.tensor import Tensor
from symconv.values import substitute

if TYPE_CHECKING:
    from symconv.network import Network

#: Layers of an unrolled network at most.
MOST: Final = 100_000


#: The layers that stand in the place of a node's, each with what its name ends in; the last one has the node's name.
Edit = Callable[[Node], tuple[tuple[str, Layer], ...]]


class CarriedError(NetworkError):
    """Other layers change a shape that goes from round to round of a block."""


def rebuilt(old: Network, values: Mapping[Symbol, Size], unroll: bool = False, edit: Edit | None = None) -> Network:
    """The network with sizes in place of symbols; with `unroll` every round by itself, with `edit` other layers.

    Raises ShapeError where no value is left or shapes do not fit, NetworkError where the rounds to unroll are no number
    or too many, CarriedError where an edit changes what goes from round to round.
    """
    new = type(old)(old.name, old.description)
    for name, tensor in old.inputs.items():
        new.input(name, *tensor.substitute(values).shape, dtype=tensor.dtype)
    _Rebuild(old, new, unroll, edit).nodes(old.nodes, _Place(dict(values)))
    for condition in old.required:
        new.ask(condition.substitute(values), old.in_training(condition.node))
    new.resume(old)
    new.usual = {name: value for name, value in old.usual.items() if name in new.symbols}
    new.claims = old.claims
    new.notes, new.modules = old.notes, old.modules
    new.choices = {flag: node for flag, node in old.choices.items() if not symbols_of(flag) & values.keys()}
    new.elements = {name: tuple(substitute(size, values) for size in sizes) for name, sizes in old.elements.items()}
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
    def __init__(self, old: Network, new: Network, unroll: bool, edit: Edit | None) -> None:
        self.old, self.new, self.unroll, self.edit = old, new, unroll, edit
        #: The blocks that were built round by round, by the node or block that ends them.
        self.ending: dict[str, list[Block]] = {}
        for block in old.blocks.values():
            last = old.last_of(block.result)
            if last in old.inputs or all(r.name != block.name for r in old.node(last).rounds):
                self.ending.setdefault(block.result, []).append(block)

    def nodes(self, nodes: tuple[Node, ...], place: _Place) -> None:
        """The nodes of one round of the block at a depth."""
        for rounds, inside in by_rounds(nodes, place.depth):
            if rounds is None:
                self._node(inside[0], place)
            else:
                self._block(rounds, inside, place)

    def _node(self, node: Node, place: _Place) -> None:
        name = place.called(node.name)
        sources = tuple(map(place.reads, node.inputs))
        tensors = tuple(self._tensor(node, k, place) for k in range(len(sources)))
        shares = place.sharing(node, self.old.node(node.shares) if node.shares else None)
        layers = (("", node.layer),) if self.edit is None else self.edit(node)
        for suffix, layer in layers:
            made, of = layer.substitute(place.values), shares and shares + suffix
            times = substitute(node.times, place.values)
            kept = node.stated and layer == node.layer
            stated = tuple(p.substitute(place.values) for p in node.parameters) if kept else None
            self.new.place(name + suffix, made, sources, tensors, of, place.rounds, node.training, stated, times)
            sources, tensors = (name + suffix,), (self.new.node(name + suffix).out,)
        if self.new.size > MOST:
            raise NetworkError(f"unrolled, {self.old.name} has more than {MOST:,} layers")
        self._ended(node.name, place)

    def _tensor(self, node: Node, k: int, place: _Place) -> Tensor:
        """What a node reads: the tensor that it read, or, where an edit has changed its source, what that gives now."""
        read = node.tensors[k].substitute(place.values)
        if self.edit is None:
            return read
        before = self.old.tensor(node.inputs[k]).substitute(place.values)
        now = self.new.tensor(place.reads(node.inputs[k]))
        return read if now == before else now if read == before or not place.rounds else self._carried(node.name)

    def _carried(self, name: str) -> Tensor:
        raise CarriedError(f"{name}: the edit changes a shape that goes from round to round of a repeated block")

    def _behind(self, block: Block, rounds: Rounds, place: _Place, within: _Place) -> Tensor:
        """The tensor behind a block in terms of its index: as it was, or, the same in all rounds, as it is now."""
        out = block.out.substitute(place.values)
        if self.edit is None:
            return out
        source = self.old.tensor(rounds.source).substitute(place.values)
        result = self.old.tensor(self.old.last_of(block.result)).substitute(within.values)
        into, now = self.new.tensor(place.reads(rounds.source)), self.new.tensor(within.called(block.result))
        if (into, now) == (source, result):
            return out
        return now if source == result and into == now else self._carried(block.name)

    def _block(self, rounds: Rounds, nodes: tuple[Node, ...], place: _Place) -> None:
        """All rounds of a repeated block, in terms of their index or one by one."""
        block, of = self.old.blocks[rounds.name], rounds.index
        moved, end = place.called(block.name), substitute(of.end, place.values)
        if self.unroll and not isinstance(end, int):
            raise NetworkError(f"{block.name} has {end} rounds, and a number of them can be unrolled")
        result, out = place.reads(rounds.source), block.out.substitute(place.values)
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
            if self.edit is not None:
                out = self.new.tensor(result)
        else:
            turned = replace(rounds, name=moved, index=index(of.name, of.begin, end, of.scope), source=result)
            inner = {**place.values, of: size_of(turned.index)}
            around = (*place.rounds, turned)
            place_in = _Place(inner, place.names, place.carried, around, place.depth + 1, place.tied)
            if self._rounds(nodes, place_in, turned):
                result = place.called(block.result)
                out = self._behind(block, rounds, place, place_in)
        self.new.ask_count(moved, end, place.rounds)
        self.new.blocks[moved] = Block(moved, result, out, place.rounds)
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
            out = block.out.substitute(place.values) if self.edit is None else self.new.tensor(place.called(name))
            self.new.blocks[moved] = Block(moved, place.called(name), out, place.rounds)
            self._ended(block.name, place)
