"""Layers that state a shape as it is, with the shape said in what comes in."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any, Final

from symconv.extent import Size
from symconv.layer import Layer
from symconv.layers import Concat, HeadAttention, Move, Resample, Reshape, Unflatten
from symconv.lift.shapes import JOINED, Reading, entering, said
from symconv.node import Node


def recipe(reading: Reading, node: Node, layer: Layer) -> tuple[Layer, tuple[Size, ...]] | None:
    """A layer that states a shape, with the shape in what comes in; None where its rule says it."""
    if isinstance(layer, HeadAttention):
        assert isinstance(node.layer, HeadAttention)
        return _heads(reading, node.layer)
    if not isinstance(layer, Move | Reshape | Resample | Unflatten):
        return None
    operation = layer.operation if isinstance(layer, Move) else "resample" if isinstance(layer, Resample) else "reshape"
    found = said(reading, operation, node.out.shape)
    recipes, sizes = tuple(s.recipe for s in found), tuple(s.size for s in found)
    if isinstance(layer, Unflatten):
        axis, many = layer.axis % node.tensors[0].rank, node.out.rank - node.tensors[0].rank + 1
        return replace(layer, sizes=recipes[axis : axis + many]), sizes
    return replace(layer, shape=recipes), sizes


def _heads(reading: Reading, layer: HeadAttention) -> tuple[Layer, tuple[Size, ...]]:
    """Attention of heads with its extents from queries, keys and values."""
    ranks = [len(b) for b in reading.before[:3]]
    if len(ranks) < 3 or min(ranks) < 3:
        found = said(reading, "head_attention", layer.shape)
        reading.guessed.append(f"{reading.node}: attention of operands that are not three tensors of three axes")
        return replace(layer, shape=tuple(s.recipe for s in found)), tuple(s.size for s in found)
    equations, (q, k, v) = reading.equations, reading.inputs[:3]
    equations.equate(q[-1], k[-1], reading.node)
    equations.equate(k[-2], v[-2], reading.node)
    at = {name: entering(number, ranks[number] + axis) for name, number, axis in _PLACES}
    fields: dict[str, Any] = {n: x for n, x in at.items() if _same(reading, layer, n)}
    if ranks[0] >= 4 and layer.heads == reading.before[0][-3]:
        fields["heads"] = entering(0, ranks[0] - 3)
    lead = reading.before[0][: ranks[0] - (3 if "heads" in fields else 2)]
    if prod(lead, start=1) == layer.samples:
        fields["samples"] = prod((entering(0, a) for a in range(len(lead))), start=1)
    missing = {"queries", "keys", "size", "value_size", "heads", "samples"} - fields.keys()
    if any(getattr(layer, name) != 1 for name in missing):
        reading.guessed.append(f"{reading.node}: the {' and '.join(sorted(missing))} of its attention")
    before = reading.before
    if layer.shape == (*before[0][:-1], before[2][-1]):
        places = [*((0, axis) for axis in range(ranks[0] - 1)), (2, ranks[2] - 1)]
        found = tuple(reading.through(number, axis) for number, axis in places)
    else:
        found = said(reading, "head_attention", layer.shape)
    return replace(layer, shape=tuple(s.recipe for s in found), **fields), tuple(s.size for s in found)


#: Fields of an attention of heads, each with an input and an axis of it from the last one on.
_PLACES: Final = (("queries", 0, -2), ("keys", 1, -2), ("size", 0, -1), ("value_size", 2, -1))


def _same(reading: Reading, layer: HeadAttention, name: str) -> bool:
    number, axis = next((k, a) for n, k, a in _PLACES if n == name)
    return bool(getattr(layer, name) == reading.before[number][axis])


def as_concat(node: Node) -> Concat | None:
    """A copy of tensors side by side as the layer that it is."""
    layer, out = node.layer, node.out.shape
    if not isinstance(layer, Move) or layer.operation not in JOINED or node.parameters or len(node.tensors) < 2:
        return None
    shapes = [t.shape for t in node.tensors]
    if any(len(shape) != len(out) for shape in shapes):
        return None
    for axis, x in enumerate(out):
        rest = [any(s[a] == y for s in shapes) for a, y in enumerate(out) if a != axis]
        if sum((s[axis] for s in shapes), 0) == x and all(rest):
            return Concat(axis)
    return None
