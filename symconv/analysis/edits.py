"""What if: a network with other fields in some of its layers, or its convolutions taken apart, beside what it was.

A field is named by the layers that have it: `conv1.kernel`, `conv*.padding`, `layer4/*/conv.groups`. A pattern with a
slash is of whole paths, another of the last part of a path, or of a kind of layer. The edited network is built anew, so
its shapes, its costs and its domain are those of its layers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, Final

from symconv.cost import Cost
from symconv.count import Convention
from symconv.domain import Domain, asking
from symconv.errors import CallError, ExpressionError, NetworkError, ShapeError, near
from symconv.extent import Extent
from symconv.layer import Layer, layer_fields
from symconv.layers.channels_last import TURNED, turned
from symconv.layers.conv import Conv, DepthwiseConv
from symconv.network import Network
from symconv.node import Node
from symconv.readers.call import fields
from symconv.readers.expression import names_in
from symconv.readers.fields import field_value
from symconv.rebuild import CarriedError, rebuilt
from symconv.symbols import FIELD, ROLES

#: What the depthwise half of a convolution is called behind its name.
DEPTHWISE: Final = "_depthwise"


@dataclass(frozen=True)
class Edited:
    """A layer that is another one now: the fields that changed, or the two that stand in its place."""

    name: str
    before: Layer
    after: tuple[Layer, ...]

    @property
    def said(self) -> str:
        """`kernel 3 → K`."""
        if len(self.after) > 1:
            return "depthwise, then pointwise"
        (after,) = self.after
        pairs = ((f.name, getattr(self.before, f.name), getattr(after, f.name)) for f in layer_fields(type(after)))
        return ", ".join(f"{name} {_written(a)} → {_written(b)}" for name, a, b in pairs if a != b)


def _written(value: Any) -> str:
    return "×".join(map(_written, value)) if isinstance(value, tuple) else str(value)


@dataclass(frozen=True)
class WhatIf:
    """A network before and after its edits, and the layers that were changed, by their names before."""

    before: Network
    after: Network
    edited: tuple[Edited, ...]

    def difference(self, metric: str | Convention = "macs") -> Cost:
        """What it costs more after the edits, in closed form."""
        return self.after.cost(metric) - self.before.cost(metric)

    def costs_after(self, metric: str | Convention = "macs") -> dict[str, Cost]:
        """What stands in the place of each edited layer costs now, by the layer's name."""
        now = self.after.costs(metric)
        halves = {e.name for e in self.edited if len(e.after) > 1}
        return {e.name: now[e.name] + now[e.name + DEPTHWISE] if e.name in halves else now[e.name] for e in self.edited}


def whatif(
    network: Network, changes: Mapping[str, Any] | None = None, /, *, separable: str | Iterable[str] = (),
) -> WhatIf:  # fmt: skip
    """The network with other values in the fields that are named, or with convolutions taken apart.

    A value is a number, an extent, or a text as a spec has it: a name that the network does not have is a new symbol.
    `separable` are patterns of convolutions, K×K with K > 1 and of one group, that become a depthwise and a pointwise
    one; the bias goes to the second. Only the fields that are named change: with another kernel, a padding that was to
    keep the size keeps it no more unless it is changed with it.

    Where a shape changes that goes from round to round of a repeated block, the rounds are by themselves in both.

    Raises NetworkError for a pattern that no layer fits, ShapeError for a field that these layers do not have, a value
    that it cannot have, or shapes that do not fit any more.

    >>> from symconv.readers import load
    >>> found = whatif(load("alexnet"), {"conv2.groups": 2})
    >>> found.difference("params"), found.edited[0].said
    (−153600, 'groups 1 → 2')
    >>> whatif(load("alexnet"), separable="conv3").difference("macs")
    −588096·N·⌊(X − 15)/16⌋²
    """
    wanted = dict(changes or {})
    patterns = [separable] if isinstance(separable, str) else list(separable)
    if not wanted and not patterns:
        raise CallError("nothing is edited: a field such as conv1.kernel and its value are wanted")
    try:
        return _edited(network, wanted, patterns)
    except CarriedError as error:
        try:
            whole = network.unrolled()
        except NetworkError:
            raise error from None
        return _edited(whole, wanted, patterns)


def _edited(network: Network, wanted: Mapping[str, Any], patterns: list[str]) -> WhatIf:
    changed: dict[str, Layer] = {}
    names, needed = _names(network, wanted), Domain()
    for key, value in wanted.items():
        pattern, dot, field = key.rpartition(".")
        if not dot or not pattern or not field:
            raise CallError(f"{key}: a layer and its field are wanted, such as conv1.kernel or conv*.groups")
        for node in _having(network, pattern, field):
            known = changed.get(node.name, node.layer)
            with asking(needed, key):
                changed[node.name] = _with(known, field, value, key, names)
    apart = {node.name for pattern in patterns for node in _separable(network, pattern)}

    def edit(node: Node) -> tuple[tuple[str, Layer], ...]:
        layer = changed.get(node.name, node.layer)
        return _halves(layer, node) if node.name in apart and isinstance(layer, Conv) else (("", layer),)

    after = rebuilt(network, {}, edit=edit)
    for condition in needed.conditions:
        after.require(condition, condition.node)
    edited = tuple(
        Edited(node.name, node.layer, tuple(layer for _, layer in edit(node)))
        for node in network.nodes
        if node.name in apart or changed.get(node.name, node.layer) != node.layer
    )
    return WhatIf(network, after, edited)


def _halves(conv: Conv, node: Node) -> tuple[tuple[str, Layer], ...]:
    depthwise = DepthwiseConv(conv.kernel, conv.stride, conv.padding, conv.dilation, 1, False)
    rank = len(node.tensors[0].spatial)
    pointwise = Conv(conv.channels, (1,) * rank if rank > 1 else 1, 1, 0, 1, 1, conv.bias)
    last = isinstance(conv, TURNED[Conv])
    return (DEPTHWISE, turned(depthwise, last)), ("", turned(pointwise, last))


def matching(network: Network, pattern: str) -> list[Node]:
    """The layers that a pattern is of: whole paths where it has a slash, else last parts of paths or a kind.

    Raises NetworkError where there is none.
    """
    found = [node for node in network.nodes if _fits(node, pattern)]
    if not found:
        last = dict.fromkeys(node.name.rpartition("/")[2] for node in network.nodes)
        known = [*dict.fromkeys(node.layer.kind for node in network.nodes), *last]
        raise NetworkError(f"no layer of {network.name} is called {pattern}. {near(pattern, known)}".rstrip())
    return found


def _fits(node: Node, pattern: str) -> bool:
    if "/" in pattern:
        return fnmatchcase(node.name, pattern)
    return node.layer.kind == pattern or fnmatchcase(node.name.rpartition("/")[2], pattern)


def _having(network: Network, pattern: str, field: str) -> list[Node]:
    found = matching(network, pattern)
    having = [node for node in found if any(f.name == field for f in layer_fields(type(node.layer)))]
    if not having:
        field_value(type(found[0].layer), field, 1, {})
    return having


def _separable(network: Network, pattern: str) -> list[Node]:
    found = matching(network, pattern)
    whole = [node for node in found if isinstance(node.layer, Conv) and _is_whole(node.layer)]
    if not whole:
        raise ShapeError(f"no layer that {pattern} names is a K×K convolution of one group with K > 1")
    return whole


def _is_whole(conv: Conv) -> bool:
    kernels = conv.kernel if isinstance(conv.kernel, tuple) else (conv.kernel,)
    return conv.groups == 1 and any(k != 1 for k in kernels)


def _with(layer: Layer, field: str, value: Any, key: str, names: Mapping[str, Any]) -> Layer:
    """The layer with another value in a field."""
    if isinstance(value, Extent):
        made: Any = value
    else:
        given = _given(field, value)
        try:
            made = field_value(type(layer), field, given, names)
        except ShapeError as error:
            raise ShapeError(f"{key}: {error}") from None
    return replace(layer, **{field: made})  # type: ignore[type-var]


def _given(field: str, value: Any) -> Any:
    return fields([f"{field}={value}"])[field] if isinstance(value, str) else value


def _names(network: Network, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The symbols of the network, and new ones for the other names that the values use.

    A name of the field is the field's symbol; another one that is all of a field is a number of that field's kind, a
    padding's where it is one of several.
    """
    uses: dict[str, list[tuple[str, bool]]] = {}
    for key, value in wanted.items():
        field = key.rpartition(".")[2]
        given = _given(field, value)
        for part in given if isinstance(given, list) else [given]:
            if isinstance(part, str):
                with suppress(ExpressionError):  # a word such as same, or what is none of the field's values
                    for name in names_in(part):
                        uses.setdefault(name, []).append((field, part.strip() == name))
    names: dict[str, Any] = dict(network.symbols)
    for name, places in uses.items():
        whole = [field for field, all_of_it in places if all_of_it and field in ROLES]
        role = "padding" if any(field == "padding" for field, _ in places) else whole[0] if whole else "count"
        if name not in names:
            names[name] = network.symbol(name, FIELD.get(name, role))
    return names
