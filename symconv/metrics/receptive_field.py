"""The one convolution that a node is to the input: its receptive field, total stride and effective padding.

A layer's output at j reads its input from S·j − P on, R elements of it. Behind one another, (R₁, S₁, P₁) then
(R₂, S₂, P₂) is (R₁ + S₁·(R₂ − 1), S₁·S₂, P₁ + S₁·P₂). Source: Araujo, Norris, Sim, Computing Receptive Fields of
Convolutional Neural Networks, Distill 2019.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from symconv.extent import Size
from symconv.layer import Reach
from symconv.network import Network, Node

Part = Size | Fraction


@dataclass(frozen=True)
class ReceptiveField:
    """Along one axis: an output at j depends on the input from stride·j − padding on, at most `size` elements of it.

    A stride below 1 (after a transposed convolution or an upsampling) is a Fraction; the size is then the widest one.
    """

    size: Size
    stride: Part
    padding: Part


def receptive_field(network: Network, name: str, source: str | None = None) -> tuple[ReceptiveField, ...] | None:
    """(R, S, P) of a node for each spatial axis of an input, the first one where no other is named.

    None where a node on the way has no fixed window: a fully connected layer, a global or adaptive pool, paths of
    different strides, symbols in a stride below 1. Where paths of one stride meet, the window covers both.

    Raises NetworkError for an unknown node.

    >>> from symconv.layers import Conv, MaxPool
    >>> net = Network()
    >>> _ = net.input("image", "N", 3, "X", "X"), net.add("conv", Conv(8, 7, 2, 3)), net.add("pool", MaxPool(3, 2, 1))
    >>> receptive_field(net, "pool")[0]
    ReceptiveField(size=11, stride=4, padding=5)
    """
    start = source or next(iter(network.inputs))
    rank = len(network.tensor(start).spatial)
    found: dict[str, tuple[Reach, ...] | None] = {start: tuple(Reach() for _ in range(rank))}
    network.tensor(name)
    for node in network.nodes:
        reaching = [found[s] for s in node.inputs if s in found]
        if reaching:
            found[node.name] = _through(node, reaching)
        if node.name == name:
            break
    reach = found.get(name)
    if reach is None:
        return None
    return tuple(
        ReceptiveField(floor(r.size) if isinstance(r.size, Fraction) else r.size, _whole(r.stride), _whole(r.padding))
        for r in reach
    )


def _whole(part: Part) -> Part:
    return int(part) if isinstance(part, Fraction) and part.denominator == 1 else part


def _through(node: Node, reaching: list[tuple[Reach, ...] | None]) -> tuple[Reach, ...] | None:
    own = node.layer.reach(*node.tensors, node.out)
    known = [r for r in reaching if r is not None]
    if own is None or len(known) < len(reaching) or any(len(r) != len(own) for r in known):
        return None
    axes = []
    for i, last in enumerate(own):
        together = _together([r[i] for r in known])
        passed = _after(together, last) if together is not None else None
        if passed is None:
            return None
        axes.append(passed)
    return tuple(axes)


def _after(first: Reach, last: Reach) -> Reach | None:
    parts = (first.size, first.stride, first.padding, last.size, last.stride, last.padding)
    if any(isinstance(p, Fraction) for p in parts) and not all(isinstance(p, int | Fraction) for p in parts):
        return None
    return Reach(
        first.size + first.stride * (last.size - 1),  # type: ignore[operator]
        first.stride * last.stride,  # type: ignore[operator]
        first.padding + first.stride * last.padding,  # type: ignore[operator]
    )


def _together(paths: list[Reach]) -> Reach | None:
    """The window that covers those of several paths, which need one stride."""
    first = paths[0]
    if all(p == first for p in paths):
        return first
    numbers = all(isinstance(v, int | Fraction) for p in paths for v in (p.size, p.stride, p.padding))
    if not numbers or any(p.stride != first.stride for p in paths):
        return None
    begin = min(-Fraction(p.padding) for p in paths)  # type: ignore[arg-type]
    end = max(Fraction(p.size) - Fraction(p.padding) for p in paths)  # type: ignore[arg-type]
    return Reach(end - begin, first.stride, -begin)
