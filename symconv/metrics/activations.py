"""Activations: the elements of every layer's output. A view makes no new elements."""

from __future__ import annotations

from symconv.cost import ZERO, Cost
from symconv.node import Node, metric


@metric("activations", "elements", "the elements of every layer's output, views such as flatten apart")
def activations(node: Node) -> Cost:
    """The elements of the layer's output, or none for a view."""
    return ZERO if node.layer.view else node.out.elements
