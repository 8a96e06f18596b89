"""Parameters: trainable, frozen, and buffers apart; a tensor that several nodes share is counted once."""

from __future__ import annotations

from symconv.cost import ZERO, Cost, total_of
from symconv.layer import BUFFER, FROZEN, TRAINABLE
from symconv.network import Node, metric


def _kept(node: Node, kind: str) -> Cost:
    return ZERO if node.shares else total_of(p.elements for p in node.parameters if p.kind == kind)


@metric("params", "elements", "trainable weights and biases")
def trainable(node: Node) -> Cost:
    """Trainable weights and biases, in elements."""
    return _kept(node, TRAINABLE)


@metric("frozen", "elements", "weights that training leaves as they are")
def frozen(node: Node) -> Cost:
    """Weights that training leaves as they are, in elements."""
    return _kept(node, FROZEN)


@metric("buffers", "elements", "what a layer keeps besides weights, such as running means")
def buffers(node: Node) -> Cost:
    """Running means and variances and the like, in elements."""
    return _kept(node, BUFFER)
