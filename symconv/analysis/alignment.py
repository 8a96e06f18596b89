"""Two versions of a network, layer by layer: what stayed, what was added, removed or changed, and what each costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from symconv.cost import ZERO, Cost
from symconv.count import Convention
from symconv.layer import Layer, layer_fields
from symconv.network import Network
from symconv.node import Node

KEPT, CHANGED, ADDED, REMOVED = "kept", "changed", "added", "removed"

#: The order in which they are told.
STATES: Final = (CHANGED, ADDED, REMOVED, KEPT)


@dataclass(frozen=True)
class Aligned:
    """A layer of the first network, of the second, or one of each that belong together, and their costs."""

    state: str
    first: Node | None
    second: Node | None
    before: Cost
    after: Cost

    @property
    def name(self) -> str:
        """Its name, in the second network where it is there."""
        return (self.second or self.first).name  # type: ignore[union-attr]

    @property
    def said(self) -> str:
        """What changed: fields, or shapes where no field did."""
        if self.first is None or self.second is None:
            return (self.second or self.first).layer.kind  # type: ignore[union-attr]
        parts = list(_fields(self.first.layer, self.second.layer))
        if not parts and self.state == CHANGED:
            parts = [f"output {self.first.out} → {self.second.out}"]
        if self.first.name != self.second.name:
            parts.insert(0, f"was {self.first.name}")
        return ", ".join(parts)


def _fields(before: Layer, after: Layer) -> Iterator[str]:
    if type(before) is not type(after):
        yield f"{before.kind} → {after.kind}"
        return
    for f in layer_fields(type(after)):
        a, b = getattr(before, f.name), getattr(after, f.name)
        if a != b:
            yield f"{f.name} {a} → {b}"


def align(first: Network, second: Network, metric: str | Convention = "macs") -> tuple[Aligned, ...]:
    """The layers of two networks in order, each beside the one that it belongs to.

    Layers of one name and kind belong together, as far as their order allows; the others by their kind and fields. The
    differences of all add up to that of the totals.

    Raises SymconvError for an unknown metric.

    >>> from symconv.readers import load
    >>> [(a.name, a.state) for a in align(load("vgg11"), load("vgg13")) if a.second and a.state == "added"]
    [('stage1/conv2', 'added'), ('stage1/relu2', 'added'), ('stage2/conv2', 'added'), ('stage2/relu2', 'added')]
    """
    costs = [network.costs(metric) for network in (first, second)]
    common = {n.name for n in first.nodes} & {n.name for n in second.nodes}
    nodes = [first.nodes, second.nodes]
    keys = [[_key(node, common) for node in some] for some in nodes]
    out: list[Aligned] = []

    def pair(a: Node | None, b: Node | None) -> None:
        before = ZERO if a is None else costs[0][a.name]
        after = ZERO if b is None else costs[1][b.name]
        if a is None or b is None:
            state = ADDED if a is None else REMOVED
        else:
            state = KEPT if a.layer == b.layer and before == after and a.out == b.out else CHANGED
        out.append(Aligned(state, a, b, before, after))

    for _, i, j, k, m in SequenceMatcher(None, keys[0], keys[1], autojunk=False).get_opcodes():
        for a, b in _together(nodes[0][i:j], nodes[1][k:m]):
            pair(a, b)
    return tuple(out)


def _key(node: Node, common: set[str]) -> Any:
    return (node.layer.kind, node.name) if node.name in common else (node.layer.kind, repr(node.layer))


def _together(first: Sequence[Node], second: Sequence[Node]) -> Iterator[tuple[Node | None, Node | None]]:
    """Layers of one stretch: those of a kind in their order, the rest alone."""
    if len(first) == len(second) and all(a.layer.kind == b.layer.kind for a, b in zip(first, second)):
        yield from zip(first, second)
        return
    kinds = SequenceMatcher(None, [n.layer.kind for n in first], [n.layer.kind for n in second], autojunk=False)
    for tag, i, j, k, m in kinds.get_opcodes():
        if tag == "equal":
            yield from zip(first[i:j], second[k:m])
        else:
            yield from ((a, None) for a in first[i:j])
            yield from ((None, b) for b in second[k:m])
