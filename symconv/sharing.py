"""Weights that several nodes share: by name, or as the tied rounds of a block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symconv.block import Rounds, anywhere
from symconv.errors import ShapeError
from symconv.extent import Extent, symbols_of
from symconv.naming import Frame
from symconv.node import Node


def check_shared(node: Node, other: Node) -> None:
    """Raises ShapeError where a node cannot share the weights of another one."""
    shapes = [(p.shape, p.kind) for p in node.parameters], [(p.shape, p.kind) for p in other.parameters]
    if shapes[0] != shapes[1]:
        raise ShapeError(f"{node.name} cannot share the weights of {other.name}: their shapes differ")


def first_of_tied(name: str, rounds: tuple[Rounds, ...], frames: Sequence[Frame], nodes: Iterable[Node]) -> str:
    """The node of the first round whose weights a node of a tied one shares; empty where it keeps its own.

    Raises ShapeError where the first round has no such node.
    """
    own = first = anywhere(name, rounds)
    for frame in reversed(frames):
        if frame.tied:
            first = anywhere(frame.tied, frame.rounds) + first[len(anywhere(frame.prefix, frame.rounds)) :]
    if first == own:
        return ""
    found = next((n for n in nodes if anywhere(n.name, n.rounds) == first), None)
    if found is None:
        raise ShapeError(f"{name}: tied rounds share one set of weights, and the first one has no such layer")
    tied = {frame.rounds[-1] for frame in frames if frame.tied and frame.rounds}
    spans = [[(r.index.begin, r.index.end) for r in its if r not in tied] for its in (rounds, found.rounds)]
    if spans[0] != spans[1]:
        raise ShapeError(f"{name}: tied rounds share one set of weights, and the rounds inside of the first are others")
    return found.name


def check_tied(node: Node) -> None:
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
