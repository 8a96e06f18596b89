"""The one convolution that a node is to the input: its receptive field, total stride and effective padding.

A layer's output at j reads its input from S·j − P on, R elements of it. Behind one another, (R₁, S₁, P₁) then
(R₂, S₂, P₂) is (R₁ + S₁·(R₂ − 1), S₁·S₂, P₁ + S₁·P₂). Source: Araujo, Norris, Sim, Computing Receptive Fields of
Convolutional Neural Networks, Distill 2019.

A transposed convolution or an upsampling has a stride below 1, and reads differently at different j: then the first and
the last element read are kept for each j of one period, and nothing is rounded on the way.

Behind n rounds of stride 1, each (R₁, 1, P₁), a repeated block is (1 + n·(R₁ − 1), 1, n·P₁), n a number or a symbol.
Rounds of another stride are put behind one another, where their number is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, gcd, lcm, prod
from typing import Final

from symconv.block import Rounds
from symconv.extent import Extent, Size, size_of, symbols_of
from symconv.extremes import largest, smallest
from symconv.layer import Reach
from symconv.network import Network, Node
from symconv.node import by_rounds
from symconv.solve import never_below
from symconv.symbols import Symbol

Part = Size | Fraction

#: The longest period of outputs that is looked through.
LONGEST: Final = 4096


@dataclass(frozen=True)
class ReceptiveField:
    """Along one axis: an output at j depends on the input from stride·j − padding on, at most `size` elements of it.

    Both may be fractions after a transposed convolution or an upsampling: then from the next whole number on.
    """

    size: Size
    stride: Part
    padding: Part


def receptive_field(network: Network, name: str, source: str | None = None) -> tuple[ReceptiveField, ...] | None:
    """(R, S, P) of a node for each spatial axis of an input, the first one where no other is named.

    Of a node inside a repeated block that of round i, in terms of i.

    None where a node on the way has no fixed window: a fully connected layer, a global or adaptive pool, a norm over
    positions, paths of different strides, symbols in a stride below 1, a symbolic number of rounds of another stride
    than 1; and where the network has no input. Where paths of one stride meet, the window covers both. Behind a
    transposed convolution with dilation the size is an upper bound.

    Raises NetworkError for an unknown node.

    >>> from symconv.layers import Conv, MaxPool
    >>> net = Network()
    >>> _ = net.input("image", "N", 3, "X", "X"), net.add("conv", Conv(8, 7, 2, 3)), net.add("pool", MaxPool(3, 2, 1))
    >>> receptive_field(net, "pool")[0]
    ReceptiveField(size=11, stride=4, padding=5)
    """
    start = source or next(iter(network.inputs), None)
    network.tensor(name)
    if start is None:
        return None
    found: _Found = {start: tuple(_ITSELF for _ in network.tensor(start).spatial)}
    try:
        _read(network, network.nodes, 0, found, name)
    except _Symbolic:
        if name not in network.blocks and network.node(name).rounds:
            return None
        written = _written_out(network)
        return None if written is None else receptive_field(written, name, source)
    axes = found.get(_named(network, name, found))
    fields = [_field(axis) for axis in axes] if axes is not None else [None]
    return None if None in fields else tuple(f for f in fields if f is not None)


# -- repeated blocks ---------------------------------------------------------------------------------------------------

#: What each node or block reads of the input, by its name; None where that is no window.
_Found = dict[str, "tuple[_Reading, ...] | None"]

#: Layers of a network that is written out round by round for its receptive fields, at most.
WRITTEN_OUT: Final = 10_000


class _Symbolic(Exception):  # noqa: N818  (control flow: a block whose rounds have no closed form here)
    """A block of which the rounds are not of stride 1, or not alike, or read more than the round before."""


def _named(network: Network, name: str, found: _Found) -> str:
    """The node or the repeated block that a name stands for, the name of what ends a stage or a block included."""
    while name not in found and name in network.blocks:
        name = network.blocks[name].result
    return name


def _read(network: Network, nodes: Sequence[Node], depth: int, found: _Found, last: str) -> None:
    """Find out what the nodes of one round at a depth read, up to the one called `last`."""
    for block, inside in by_rounds(nodes, depth):
        if _named(network, last, found) in found:
            return
        if block is not None:
            _read_block(network, block, inside, depth + 1, found)
            continue
        (node,) = inside
        names = [_named(network, s, found) for s in node.inputs]
        reaching = [found[s] for i, s in enumerate(names) if s in found and i not in node.layer.shape_only]
        if reaching:
            found[node.name] = _through(node, reaching)


def _read_block(network: Network, block: Rounds, nodes: Sequence[Node], depth: int, found: _Found) -> None:
    """All rounds of a block: what one round reads of the round before, then how that goes on."""
    inside = {node.name for node in nodes}
    outside = {s for node in nodes for s in node.inputs if s != block.source} - inside
    reading = {_named(network, s, found) for s in outside if not s.startswith(f"{block.name}/")} & found.keys()
    source = _named(network, block.source, found)
    if reading - {source}:
        raise _Symbolic
    if source not in found:
        return
    before = found[source]
    one: _Found = {block.source: None if before is None else tuple(_ITSELF for _ in before)}
    _read(network, nodes, depth, one, "")
    through = one.get(_named(network, network.blocks[block.name].result, one))
    if before is None or through is None:
        found.update(dict.fromkeys((*inside, block.name)))
        return
    if not all(r.period == 1 and r.advance == 1 and block.index not in _symbols(r) for r in through):
        raise _Symbolic
    number = size_of(block.index) - block.index.begin
    entering = tuple(_after_rounds(b, r, number) for b, r in zip(before, through))
    for name in one.keys() - {block.source}:
        found[name] = _behind(entering, one[name])
    found[block.name] = tuple(_after_rounds(b, r, block.count) for b, r in zip(before, through))


def _after_rounds(before: _Reading, round_: _Reading, n: Size) -> _Reading:
    """What the output of n rounds of stride 1 reads."""
    (first,), (end,) = round_.first, round_.last
    if first is None or end is None:
        raise _Symbolic
    passed = _after(before, _Reading(1, (first * n,), (end * n,)))
    if passed is None:
        raise _Symbolic
    return passed


def _behind(entering: Sequence[_Reading], inside: tuple[_Reading, ...] | None) -> tuple[_Reading, ...] | None:
    """What a node inside of a round reads, given what it reads of what enters the round."""
    if inside is None or len(inside) != len(entering):
        return None
    passed = [_after(e, r) for e, r in zip(entering, inside)]
    return None if None in passed else tuple(r for r in passed if r is not None)


def _symbols(reading: _Reading) -> set[Symbol]:
    sizes = (reading.advance, *reading.first, *reading.last)
    return {s for size in sizes if isinstance(size, Extent) for s in symbols_of(size)}


def _written_out(network: Network) -> Network | None:
    """The network with every round by itself, where their number is one and it is not too long."""
    layers = 0
    for node in network.nodes:
        rounds = [r.count for r in node.rounds]
        if not all(isinstance(n, int) for n in rounds):
            return None
        layers += prod(n for n in rounds if isinstance(n, int))
    return network.unrolled() if layers <= WRITTEN_OUT else None


# -- one node ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Reading:
    """The output at j = q·n + r, 0 ≤ r < q, reads the input from first[r] + advance·n to last[r] + advance·n.

    q is the number of entries; None stands at an output that reads nothing, between the taps of a transposed
    convolution.
    """

    advance: Size
    first: tuple[Size | None, ...]
    last: tuple[Size | None, ...]

    @property
    def period(self) -> int:
        return len(self.first)

    def at(self, j: Size) -> tuple[Size | None, Size | None]:
        """The first and the last element that the output at j reads."""
        if self.period == 1:
            n, r = j, 0
        else:
            assert isinstance(j, int)
            n, r = divmod(j, self.period)
        first, last = self.first[r], self.last[r]
        if first is None or last is None:
            return None, None
        return first + self.advance * n, last + self.advance * n


_ITSELF: Final = _Reading(1, (0,), (0,))


def _reading(reach: Reach) -> _Reading | None:
    size, stride, padding = reach.size, reach.stride, reach.padding
    if not any(isinstance(p, Fraction) for p in (size, stride, padding)):
        return _Reading(stride, (-padding,), (size - 1 - padding,))  # type: ignore[arg-type, operator]
    if not all(isinstance(p, int | Fraction) for p in (size, stride, padding)):
        return None
    step = Fraction(stride)  # type: ignore[arg-type]
    begins = [step * r - padding for r in range(step.denominator)]  # type: ignore[operator]
    bounds = [(ceil(b), floor(b + size - 1)) for b in begins]  # type: ignore[operator]
    return _Reading(
        step.numerator,
        tuple(a if a <= z else None for a, z in bounds),
        tuple(z if a <= z else None for a, z in bounds),
    )


def _through(node: Node, reaching: list[tuple[_Reading, ...] | None]) -> tuple[_Reading, ...] | None:
    own = node.layer.reach(*node.tensors, node.out)
    known = [r for r in reaching if r is not None]
    if own is None or len(known) < len(reaching) or any(len(r) != len(own) for r in known):
        return None
    axes = []
    for i, reach in enumerate(own):
        together, last = _together([r[i] for r in known]), _reading(reach)
        passed = _after(together, last) if together is not None and last is not None else None
        if passed is None:
            return None
        axes.append(passed)
    return tuple(axes)


def _after(first: _Reading, last: _Reading) -> _Reading | None:
    """What outputs read of the input of `first` through `last`."""
    if first.period == 1:
        turns, advance = 1, first.advance * last.advance
    elif isinstance(last.advance, int):
        turns = first.period // gcd(first.period, last.advance)
        advance = first.advance * (last.advance * turns // first.period)
    else:
        return None
    if last.period * turns > LONGEST:
        return None
    bounds = []
    for j in range(last.period * turns):
        low, high = last.at(j)
        if first.period == 1 and low is not None and high is not None:
            bounds.append((first.at(low)[0], first.at(high)[1]))
        elif isinstance(low, int) and isinstance(high, int):
            bounds.append(_between(first, low, high))
        elif low is None:
            bounds.append((None, None))
        else:
            return None
    return _Reading(advance, tuple(a for a, _ in bounds), tuple(z for _, z in bounds))


def _between(first: _Reading, low: int, high: int) -> tuple[Size | None, Size | None]:
    """What the outputs of `first` from low to high read, those apart that read nothing."""
    while low < high and first.at(low)[0] is None:
        low += 1
    while low < high and first.at(high)[0] is None:
        high -= 1
    return first.at(low)[0], first.at(high)[1]


def _together(paths: list[_Reading]) -> _Reading | None:
    """The window that covers those of several paths, which need one stride."""
    head = paths[0]
    if all(p == head for p in paths):
        return head
    if any(p.advance * head.period != head.advance * p.period for p in paths):
        return None
    period = lcm(*(p.period for p in paths))
    if period > LONGEST:
        return None
    bounds = [[p.at(j) for p in paths] for j in range(period)]
    return _Reading(
        head.advance * (period // head.period),
        tuple(_outermost((a for a, _ in b), -1) for b in bounds),
        tuple(_outermost((z for _, z in b), 1) for b in bounds),
    )


def _outermost(sizes: Iterable[Size | None], sign: int) -> Size | None:
    """The largest of some sizes, or for −1 the smallest; those that another exceeds at every input are dropped."""
    kept: list[Size] = []
    for size in dict.fromkeys(s for s in sizes if s is not None):
        if not any(never_below(sign * k, sign * size) for k in kept):
            kept = [k for k in kept if not never_below(sign * size, sign * k)] + [size]
    return (largest if sign > 0 else smallest)(*kept) if kept else None


def _field(axis: _Reading) -> ReceptiveField | None:
    known = [(j, a, z) for j, (a, z) in enumerate(zip(axis.first, axis.last)) if a is not None and z is not None]
    if not known:
        return None
    size = _outermost((z - a + 1 for _, a, z in known), 1)
    assert size is not None
    if axis.period == 1:
        return ReceptiveField(size, axis.advance, -known[0][1])
    if not isinstance(axis.advance, int):
        return None
    stride = Fraction(axis.advance, axis.period)
    if stride.denominator == 1:
        begin = _outermost((a - int(stride) * j for j, a, _ in known), -1)
        assert begin is not None
        return ReceptiveField(size, int(stride), -begin)
    if not all(isinstance(a, int) for _, a, _ in known):
        return None
    padding = max(stride * j - a for j, a, _ in known if isinstance(a, int))
    return ReceptiveField(size, stride, _whole(padding))


def _whole(part: Fraction) -> Part:
    return int(part) if part.denominator == 1 else part
