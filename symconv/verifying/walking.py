"""A network run as loops: every layer at numbers, every round of a block by itself, beside the closed forms.

Shapes flow from layer to layer out of the loops alone (`symconv.verifying.loops`), so that a wrong rule shows at the
first layer whose shape, multiply–accumulates or parameters it gets wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import islice
from types import SimpleNamespace
from typing import Any, Final

from symconv.block import Rounds
from symconv.cost import Cost, evaluate_cost, total_of
from symconv.errors import DomainError, ExtentError
from symconv.extent import Extent, symbols_of
from symconv.layer import TRAINABLE, Layer
from symconv.layers.channels_last import TURNED
from symconv.network import Network
from symconv.node import Node
from symconv.symbols import Symbol
from symconv.tensor import Tensor
from symconv.values import evaluate
from symconv.verifying.designs import designs
from symconv.verifying.loops import WALKS, Illegal, Shape, Walked
from symconv.verifying.points import shape_at, values_at
from symconv.verifying.report import CHOSEN, Disagreement, Each, Point, Report, written

#: What has run, where loops have.
LOOPS: Final = "loops"

#: The layers of images whose channels stand last, as Keras has them.
LAST: Final = frozenset(TURNED.values())

#: Layers in all their rounds that one run has at most.
MOST: Final = 1 << 15

Values = Mapping[Symbol, Any]

#: By the name of what stands in front of a block the shape that comes from the round before.
Carried = Mapping[str, Shape | None]


def verify_network(net: Network, at: Sequence[Mapping[str, Any]] = (), each: Each = iter) -> Report:
    """Run a network's loops at these values of its symbols, and compare; at values of symconv's own choice where none.

    Raises SymbolError for an unknown symbol, DomainError for a point outside the domain.

    >>> from symconv.readers.catalogue import load
    >>> report = verify_network(load("lenet5"), [{"N": 2, "X": 33}])
    >>> report.by, report.wrong, [(p.tensors, p.operators, p.macs, p.params) for p in report.points]
    ('loops', None, [(12, 5, 850140, 61706)])
    """
    for given in at:
        net.at(given)
    points = [dict(values) for values in at] or list(islice(designs(net), CHOSEN))
    return Report(net, tuple(_compared(net, dict(values)) for values in each(points)), LOOPS)


def _compared(net: Network, values: dict[str, Any]) -> Point:
    point = Point(values)
    try:
        at = values_at(net, values)
        missing = sorted({s.name for s in _needed(net) - at.keys()})
        if missing:
            raise DomainError(f"a run needs a value of {', '.join(missing)}")
    except DomainError as error:
        point.failed = str(error)
        return point
    try:
        _Walk(net, point, at).run()
    except _TooLong:
        return Point(values, failed=f"more than {MOST:,} layers in all rounds, the most that are run one by one")
    return point


def _needed(net: Network) -> set[Symbol]:
    """The symbols without which nothing runs: of inputs, of fields, of how often something runs."""
    indices: set[Symbol] = {r.index for node in net.nodes for r in node.rounds}
    sizes = [x for t in net.inputs.values() for x in t.shape]
    sizes += [x for node in net.nodes for _, x, _ in node.layer.field_sizes() if node.layer.kind in WALKS]
    sizes += [x for node in net.nodes for x in (node.times, *(r.index.end for r in node.rounds))]
    sizes += [x for node in net.nodes if node.stated for p in node.parameters for x in p.shape]
    return {s for x in sizes for s in symbols_of(x)} - indices


class _TooLong(Exception):  # noqa: N818  (an answer, more than an error)
    """More rounds than anybody waits for."""


class _BrokenOff(Exception):  # noqa: N818  (an answer, more than an error)
    """Behind a wrong shape all others are wrong too."""


@dataclass
class _Walk:
    """One run."""

    net: Network
    point: Point
    at: Values
    #: The shape of each tensor so far; None of one that neither loops nor a closed form give here.
    shapes: dict[str, Shape | None] = field(default_factory=dict)
    #: How many layers have run.
    ran: int = 0
    #: What disagreed: a layer is named once, not for each of its rounds.
    told: set[tuple[str, str]] = field(default_factory=set)

    def run(self) -> None:
        """Walk the network from its inputs on; what is summed over all layers at the end."""
        self.trained = self.net.training_domain.allows(self.at)
        for name, tensor in self.net.inputs.items():
            self.shapes[name] = tuple(evaluate(x, self.at) for x in tensor.shape)
        try:
            self._nodes(self.net.nodes, 0, {}, self.at)
        except _BrokenOff:
            return
        if not self.point.unseen and not self.point.wrong and not self.net.choices:
            self._total("macs", self.point.macs)
            if self.trained or not any(node.training for node in self.net.nodes):
                self._total("params", self.point.params)

    def _total(self, metric: str, run: int) -> None:
        """Compare what was added up layer by layer with the closed form of the network."""
        cost = self.net.cost(metric)
        closed = evaluate_cost(cost, self.at)
        if run != closed:
            self._wrong(self.net.name, f"the total of {metric}", f"{run:,}", f"{closed:,}", str(cost))

    # -- blocks -----------------------------------------------------------------------------------------------------

    def _nodes(self, nodes: Sequence[Node], depth: int, carried: Carried, at: Values) -> None:
        """The nodes of one round of the block at a depth; `carried` are the shapes that come from the round before."""
        for rounds, inside in _blocks(nodes, depth):
            if rounds is None:
                self._node(inside[0], carried, at)
                continue
            shape = self._shape(rounds.source, carried)
            for i in range(rounds.index.begin, evaluate(rounds.index.end, at)):
                within = {**at, rounds.index: i}
                self._nodes(inside, depth + 1, {**carried, rounds.source: shape}, within)
                shape = self._shape(self.net.blocks[rounds.name].result, {**carried, rounds.source: shape})
            self.shapes[rounds.name] = shape
            self._behind(rounds, shape, at)

    def _shape(self, name: str, carried: Carried) -> Shape | None:
        """The shape of a tensor, by the name of a node, of an input, or of the block that it ends."""
        while name not in carried and name not in self.shapes:
            name = self.net.blocks[name].result
        return carried[name] if name in carried else self.shapes[name]

    def _behind(self, rounds: Rounds, shape: Shape | None, at: Values) -> None:
        """Compare the shape behind the last round."""
        out = self.net.blocks[rounds.name].out
        closed = shape_at(out.shape, at)
        if closed is not None and shape is not None and closed != shape:
            self._wrong(rounds.name, "the shape behind the last round", written(shape), written(closed), _formula(out))
            raise _BrokenOff

    # -- layers -----------------------------------------------------------------------------------------------------

    def _node(self, node: Node, carried: Carried, at: Values) -> None:
        """Run a layer, and compare."""
        self.ran += 1
        if self.ran > MOST:
            raise _TooLong
        closed = self.shapes[node.name] = shape_at(node.out.shape, at)
        inputs = [shape for name in node.inputs if (shape := self._shape(name, carried)) is not None]
        times = evaluate(node.times, at)
        if not times or (node.training and not self.trained):
            return
        if closed is None or len(inputs) < len(node.inputs) or node.layer.kind not in WALKS:
            self.point.unseen += 1
            return
        where, formula = f"{node.name} ({node.layer.kind})", _formula(node.out)
        round_ = "".join(f" in round {r.index} = {at[r.index]}" for r in node.rounds)
        try:
            walked = _walked(node.layer, inputs, at)
        except Illegal as reason:
            self._wrong(where, f"the shape{round_}", f"none, {reason},", written(closed), formula)
            raise _BrokenOff from None
        self.shapes[node.name] = walked.shape
        if walked.shape != closed:
            self._wrong(where, f"the shape{round_}", written(walked.shape), written(closed), formula)
            raise _BrokenOff
        self.point.tensors += 1
        if self._agrees(where, "the number of macs", round_, walked.macs, node.count["mac"], at) and not node.training:
            self.point.operators += bool(walked.macs)
            self.point.macs += walked.macs * times
        kept = total_of(p.elements for p in node.parameters if p.kind == TRAINABLE)
        weights = evaluate_cost(kept, at) if node.stated else walked.weights
        if self._agrees(where, "the number of parameters", round_, weights, kept, at) and _owns(node, at):
            self.point.params += int(weights)

    def _agrees(self, where: str, what: str, round_: str, run: Any, cost: Cost, at: Values) -> bool:
        """Whether a count is that of the closed form."""
        try:
            closed = evaluate_cost(cost, at)
        except (KeyError, ExtentError):
            self.point.unseen += 1
            return False
        if run != closed and (where, what) not in self.told:
            self.told.add((where, what))
            self._wrong(where, what + round_, f"{run:,}", f"{closed:,}", str(cost))
        return bool(run == closed)

    def _wrong(self, where: str, what: str, run: str, closed: str, formula: str) -> None:
        self.point.wrong.append(Disagreement(where, what, run, closed, formula))


def _blocks(nodes: Sequence[Node], depth: int) -> Iterator[tuple[Rounds | None, Sequence[Node]]]:
    """The nodes at a depth one by one, and those of a repeated block together with its rounds."""
    begin = 0
    while begin < len(nodes):
        rounds = nodes[begin].rounds[depth] if len(nodes[begin].rounds) > depth else None
        end = begin + 1
        while rounds is not None and end < len(nodes) and nodes[end].rounds[depth : depth + 1] == (rounds,):
            end += 1
        yield rounds, nodes[begin:end]
        begin = end


def _owns(node: Node, at: Values) -> bool:
    """Whether the weights of a round are its own: they are not where it shares another node's or the first round's."""
    return not node.shares and all(at[r.index] == r.index.begin for r in node.rounds if r.tied)


def _walked(layer: Layer, inputs: Sequence[Shape], at: Values) -> Walked:
    """What the loops of a layer meet.

    Raises Illegal where there is no output.
    """
    walk, given = WALKS[layer.kind], _numbers(layer, at)
    if type(layer) not in LAST:
        return walk(given, *inputs)
    walked = walk(given, *((shape[0], shape[-1], *shape[1:-1]) for shape in inputs))
    batch, channels, *extents = walked.shape
    return replace(walked, shape=(batch, *extents, channels))


def _numbers(layer: Layer, at: Values) -> Any:
    """The hyper-parameters of a layer in numbers."""
    names = [f.name for f in fields(layer)]  # type: ignore[arg-type]
    return SimpleNamespace(**{name: _number(getattr(layer, name), at) for name in names})


def _number(value: Any, at: Values) -> Any:
    if isinstance(value, tuple):
        return tuple(_number(v, at) for v in value)
    return evaluate(value, at) if isinstance(value, Extent) else value


def _formula(tensor: Tensor) -> str:
    return " × ".join(map(str, tensor.shape)) or "scalar"
