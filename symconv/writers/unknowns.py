"""What is not known of a network, or was taken for granted, in words."""

from __future__ import annotations

from collections.abc import Iterator

from symconv.layers import Unknown
from symconv.network import Network

#: Nodes that a line names.
NAMED = 3


def unknown_lines(net: Network) -> Iterator[str]:
    """A line for each kind of operator whose cost is a named unknown, in every total."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for node in net.nodes:
        if isinstance(node.layer, Unknown) and node.layer.cost != 0:
            nodes, symbols = found.setdefault(node.layer.operation, ([], []))
            nodes.append(node.name)
            symbols.append(str(node.layer.cost))
    for operation, (nodes, symbols) in found.items():
        which = ", ".join(dict.fromkeys(symbols))
        yield f"warning: {operation} has no count ({_some(nodes)}): {which} in every total stands for it"


def granted_lines(net: Network) -> list[str]:
    """What a reader took for granted, each with the nodes that it is about."""
    return [f"taken for granted: {text}" + (f" ({_some(nodes)})" if nodes else "") for text, nodes in net.notes.items()]


def _some(nodes: list[str]) -> str:
    more = f", and {len(nodes) - NAMED} more" if len(nodes) > NAMED else ""
    return ", ".join(nodes[:NAMED]) + more
