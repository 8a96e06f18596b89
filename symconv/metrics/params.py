"""Parameters: trainable, frozen, and buffers apart; a tensor that several nodes share is counted once."""

from __future__ import annotations

from symconv.cost import ZERO, Cost, total_of
from symconv.layer import BUFFER, FROZEN, TRAINABLE
from symconv.node import Node, metric


def _kept(node: Node, kind: str) -> Cost:
    return ZERO if node.shares else total_of(p.elements for p in node.parameters if p.kind == kind)


@metric("params", "elements", "trainable weights and biases", kept=True)
def trainable(node: Node) -> Cost:
    """Trainable weights and biases, in elements."""
    return _kept(node, TRAINABLE)


@metric("active_params", "elements", "trainable weights that one token makes use of", kept=True)
def active(node: Node) -> Cost:
    """Trainable weights that one token makes use of, in elements: of a mixture of experts those of its top k.

    Of all other layers these are the params, an embedding's whole table among them, as published figures have it.
    """
    return ZERO if node.shares else total_of(p.active_elements for p in node.parameters if p.kind == TRAINABLE)


@metric("frozen", "elements", "weights that training leaves as they are", kept=True)
def frozen(node: Node) -> Cost:
    """Weights that training leaves as they are, in elements."""
    return _kept(node, FROZEN)


@metric("buffers", "elements", "what a layer keeps besides weights, such as running means", kept=True)
def buffers(node: Node) -> Cost:
    """Running means and variances and the like, in elements."""
    return _kept(node, BUFFER)
