"""A network as entries of lists of layers: layers, stages, repeats, each with what it stands behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from symconv.block import Rounds
from symconv.condition import Condition
from symconv.count import NOTHING
from symconv.layers import Look
from symconv.network import Network
from symconv.node import Node


@dataclass(eq=False)
class Entry:
    """One entry of a list of layers: a layer, a stage, or a repeat, which may have a first round of its own.

    `source` is what a stage or a repeat stands behind, `sources` what a layer does, by whole names.
    """

    path: str
    node: Node | None = None
    layers: list[Entry] = field(default_factory=list)
    rounds: Rounds | None = None
    first: list[Entry] | None = None
    sources: tuple[str, ...] = ()
    source: str = ""
    #: What a repeat carries from round to round; of a stage, what it stands behind.
    carried: str = ""
    #: Whether it stands behind the one before it, so that nothing need be said.
    implied: bool = True
    #: What is asked for in each round, besides what layers ask for.
    required: list[Condition] = field(default_factory=list)
    #: What a block of the spec makes of it: the block and the numbers of the calls, that of its first round too.
    call: tuple[object, int, int | None] | None = None

    @property
    def inside(self) -> str:
        """The path of what is inside; of a repeat, of its rounds but the first."""
        return f"{self.path}/{self.rounds.index.name}/" if self.rounds is not None else f"{self.path}/"

    @property
    def weight(self) -> int:
        """The entries that it is, with those inside."""
        return 1 + sum(e.weight for e in self.layers)

    def leaves(self) -> Iterator[Node]:
        """The layers inside, in order, those of its first round too."""
        if self.node is not None:
            yield self.node
        for entry in (*(self.first or ()), *self.layers):
            yield from entry.leaves()


class Tree:
    """The entries of a network."""

    def __init__(self, net: Network) -> None:
        self.net = net
        self.repeats = {r.name for node in net.nodes for r in node.rounds}
        #: The views that are put in where a layer reads another shape than its source has, with their sources.
        self.views: dict[str, str] = {}
        self.entries = self._grown(self._fitted(self._ordered()), 0, "")
        #: By node or repeat the stages that it ends, the outermost first.
        self.ended: dict[str, list[Entry]] = {}
        self._runs: dict[str, int] = {}
        last = next(reversed(net.inputs), "")
        self._place(self.entries, last)

    def require(self, condition: Condition) -> None:
        """Let a condition be said in its rounds."""

        def within(entries: list[Entry]) -> Iterator[Entry]:
            for entry in entries:
                yield entry
                yield from within(entry.layers)

        if condition.rounds:
            name = condition.rounds[-1].name
            next(e for e in within(self.entries) if e.rounds is not None and e.path == name).required.append(condition)

    def target(self, name: str) -> str:
        """What a name among a node's inputs is: a node, an input, or a repeat, which stands for its last round."""
        while name in self.net.blocks and name not in self.repeats:
            name = self.net.blocks[name].result
        return name

    def _ordered(self) -> list[Node]:
        """The nodes, each behind what it reads: a reader may have put one in between later on."""
        place = {node.name: i for i, node in enumerate(self.net.nodes)}
        out: list[Node] = []
        seen: set[str] = set()
        for node in self.net.nodes:
            waiting = [node]
            while waiting:
                one = waiting[-1]
                first = [self.net.last_of(s) for s in (*one.inputs, one.shares) if s]
                before = [s for s in first if s not in seen and place.get(s, -1) > place[node.name]]
                if before and len(waiting) <= len(place):
                    waiting.append(self.net.node(before[0]))
                    continue
                waiting.pop()
                if one.name not in seen:
                    seen.add(one.name)
                    out.append(one)
        return out

    def _fitted(self, nodes: list[Node]) -> list[Node]:
        """The nodes, with a view before one that reads a tensor in another shape than that of its source.

        A reader that made one network of several runs of a module may leave such ones.
        """
        out: list[Node] = []
        for node in nodes:
            inputs = list(node.inputs)
            for k, (source, read) in enumerate(zip(node.inputs, node.tensors)):
                last = self.net.last_of(source)
                there = self.net.node(last) if last not in self.net.inputs else None
                plain = there is None or (not there.rounds and all(source != r.source for r in node.rounds))
                if plain and self.net.tensor(source).shape != read.shape and not self._carried(node, source):
                    name = f"{node.name}_input{k + 1}"
                    while name in self.net or name in self.views:
                        name += "_"
                    view = Look("reshape", read.shape)
                    out.append(Node(name, view, (source,), (self.net.tensor(source),), read, (), NOTHING))
                    self.views[name], inputs[k] = source, name
            out.append(replace(node, inputs=tuple(inputs)) if tuple(inputs) != node.inputs else node)
        return out

    def _carried(self, node: Node, source: str) -> bool:
        return any(self.net.last_of(source) == self.net.last_of(r.source) for r in node.rounds)

    # -- from paths to entries --------------------------------------------------------------------------------------

    def _grown(self, nodes: Sequence[Node], depth: int, prefix: str) -> list[Entry]:
        """The entries of the nodes of one round of the block at a depth."""
        flat: list[Entry] = []
        at = 0
        while at < len(nodes):
            node = nodes[at]
            if len(node.rounds) == depth:
                flat.append(Entry(node.name, node))
                at += 1
                continue
            around, stop = node.rounds[: depth + 1], at
            while stop < len(nodes) and nodes[stop].rounds[: depth + 1] == around:
                stop += 1
            rounds = around[-1]
            entry = Entry(rounds.name, rounds=rounds)
            entry.layers = self._grown(nodes[at:stop], depth + 1, entry.inside)
            apart: list[Entry] = []
            for number in reversed(range(rounds.index.begin)):
                own: list[Entry] = []
                while flat and flat[-1].path.startswith(f"{rounds.name}/{number}/"):
                    own.insert(0, flat.pop())
                apart = own or apart
            if apart:
                entry.first = self._staged(apart, f"{rounds.name}/0/")
            flat.append(entry)
            at = stop
        return self._staged(flat, prefix)

    def _staged(self, flat: list[Entry], prefix: str) -> list[Entry]:
        """Entries whose paths go on together as stages."""
        out: list[Entry] = []
        at = 0
        while at < len(flat):
            part, more, _ = flat[at].path[len(prefix) :].partition("/")
            stop = at + 1
            path = f"{prefix}{part}"
            while more and stop < len(flat) and flat[stop].path.startswith(f"{path}/"):
                stop += 1
            if stop - at == 1:
                out.append(flat[at])
            else:
                inner = self._staged(flat[at:stop], f"{path}/")
                only = inner[0] if len(inner) == 1 else None
                if only is not None and only.node is None and only.rounds is None:
                    out.append(only)
                else:
                    out.append(Entry(path, layers=inner))
            at = stop
        return out

    # -- what each stands behind ------------------------------------------------------------------------------------

    def _place(self, entries: Iterable[Entry], last: str) -> str:
        """Say of each entry what it stands behind; the last one's name is returned."""
        for entry in entries:
            if entry.node is not None:
                entry.sources = tuple(map(self.target, entry.node.inputs))
                entry.implied = entry.sources == (last,)
                last = entry.node.name
            elif entry.rounds is None:
                entry.source = self._lead(entry.layers, last)
                entry.implied = entry.source == last
                entry.carried = entry.source
                last = self._place(entry.layers, entry.source)
                self._runs[entry.path] = self._runs.get(entry.path, 0) + 1
                self.ended.setdefault(last, []).insert(0, entry)
            else:
                entry.source = self._before(entry, last)
                entry.implied = entry.source == last
                if entry.first is not None:
                    self._place(entry.first, entry.source)
                entry.carried = self.target(entry.rounds.source)
                self._place(entry.layers, entry.carried)
                last = entry.path
        return last

    def _lead(self, entries: list[Entry], last: str) -> str:
        """What a stage stands behind: what its first layer does, where that is one."""
        first = entries[0]
        if first.node is not None:
            return self.target(first.node.inputs[0]) if len(first.node.inputs) == 1 else last
        return self._lead(first.layers, last) if first.rounds is None else self._before(first, last)

    def _before(self, entry: Entry, last: str) -> str:
        """What a repeat stands behind: what goes from round to round, in the first round."""
        assert entry.rounds is not None
        if entry.first is None:
            return self.target(entry.rounds.source)
        own = f"{entry.path}/0/"
        nodes = [node for e in entry.first for node in e.leaves()]
        read = [self.target(s) for node in nodes for s in node.inputs]
        outside = [s for s in read if not s.startswith(own)]
        return last if last in outside or not outside else outside[0]

    def once(self, entry: Entry) -> bool:
        """Whether a stage is in one piece, so that its name says what ends it."""
        return self._runs.get(entry.path) == 1
