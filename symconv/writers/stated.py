"""What the docstring of a layer states: its summary, and the rules of its shape, work and space."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import cleandoc

from symconv.layer import Layer
from symconv.network import Node


def summary(layer: Layer) -> str:
    """The first line of a layer's docstring."""
    lines = _lines(layer)
    return lines[0] if lines else layer.kind


def _lines(layer: Layer) -> list[str]:
    """The lines of a layer's docstring; none where it has only the one that a dataclass makes itself."""
    doc = cleandoc(type(layer).__doc__ or "")
    return [] if doc.startswith(f"{type(layer).__name__}(") else doc.splitlines()


def rule_of(layer: Layer) -> list[str]:
    """What a layer's docstring states of the shape, the work and the space; else its summary."""
    stated: list[str] = []
    open_line = False
    for line in _lines(layer):
        if line.split()[:1] and line.split()[0] in ("shape", "work", "space"):
            stated.append(" ".join(line.split()))
            open_line = True
        elif open_line and line.startswith(" "):
            stated[-1] += " " + " ".join(line.split())
        else:
            open_line = False
    return stated or [summary(layer)]


def rules_of(nodes: Iterable[Node]) -> list[str]:
    """The rule behind each kind of layer."""
    kinds = {node.layer.kind: node.layer for node in nodes}
    return [f"{kind}: {line}" for kind, layer in kinds.items() for line in rule_of(layer)]
