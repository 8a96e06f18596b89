"""From a network to the text of a spec: head, blocks, layers; what was written is read back before it is given out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from symconv.block import anywhere
from symconv.condition import Condition
from symconv.equality import Answer, compare
from symconv.errors import SymconvError
from symconv.extent import Extent, Size, size_of, symbols_of
from symconv.layer import Layer, layer_fields
from symconv.network import Network
from symconv.node import Node
from symconv.readers.names import MAX_NAME, plainly, refusal
from symconv.readers.spec import parse_spec
from symconv.rebuild import rebuilt
from symconv.symbols import FIELD, ROLES, Symbol, by_name, dimension, symbol
from symconv.values import substitute
from symconv.writers.specs.blocks import Folding
from symconv.writers.specs.columns import Unfit, columns_of
from symconv.writers.specs.expressions import written
from symconv.writers.specs.layout import Map, Seq, Value, line, lines, scalar
from symconv.writers.specs.rendering import Rendering
from symconv.writers.specs.tree import Tree


def spec(net: Network) -> str:
    """A network as a spec, for people to read: repeats, stages, and as a block with arguments what comes several times.

    `parse_spec` reads it back into a network of the same closed forms; names of modules and notes are left out, and a
    name that no spec can give is written as the nearest that one can.

    Raises SymconvError where a spec cannot say a network.

    >>> import symconv as sc
    >>> net = sc.parse_spec("input: [N, 3, X, X]\\nlayers: [conv3-64, relu, maxpool]").network()
    >>> print(spec(net))
    name: spec
    input: [N, 3, X, X]
    <BLANKLINE>
    layers:
      - conv: {channels: 64, padding: 1}
      - relu
      - max_pool
    <BLANKLINE>
    """
    if net.choices:
        flags = ", ".join(map(str, net.choices))
        raise SymconvError(f"{net.name} has a choice that nothing decides ({flags}), which no spec can say")
    net, why = _plainly_named(net), ""
    for fold, explicit in ((True, False), (True, True), (False, False), (False, True)):
        required: tuple[Condition, ...] = ()
        for _ in range(2):  # the second time with what the domain of the first lacks
            try:
                writing = _Writing(net, fold, explicit, required)
                text = writing.text()
            except Unfit:
                break
            why, again = _difference(net, text, writing.tree.views)
            if again is None:
                break
            required = _missing(net, again)
            if not required:
                return text
            why = f"its domain is {again.domain}"
    raise SymconvError(f"{net.name} is nothing that a spec can say: {why}")


class _Writing:
    """The parts of one spec."""

    def __init__(self, net: Network, fold: bool, explicit: bool, required: tuple[Condition, ...]) -> None:
        self.net, self.fold, self.explicit, self.required = net, fold, explicit, required
        self.names: dict[str, Size | Fraction] = dict(net.symbols)
        self.tree = Tree(net)

    def text(self) -> str:
        """The spec."""
        tree = self.tree
        for condition in self.required:
            tree.require(condition)
        rendering = Rendering(tree, self.explicit)
        blocks: list[tuple[str, Value]] = []
        if self.fold:
            words = {w for n in self.net.nodes for w in vars(n.layer).values() if isinstance(w, str)}
            letters = {r.index.name for n in self.net.nodes for r in n.rounds}
            names = {*self.net.symbols, *letters}
            folding = Folding(rendering, names, words)
            blocks = [(t.name, folding.bodies[t]) for t in folding.fold(tree.entries)]
        layers = rendering.top(tree.entries, columns_of(tree.entries))
        plain = [c for c in self.required if not c.rounds]
        if plain:
            layers.values.insert(0, rendering.requirement(plain))
        parts: list[Map] = [Map(list(self._head()), tall=True)]
        if blocks:
            parts.extend(Map([(name, body)], tall=True) for name, body in blocks)
        out = "\n".join(lines(parts[0])) + "\n"
        if blocks:
            bodies = ["\n".join(lines(part, 2)) for part in parts[1:]]
            out += "\nblocks:\n" + "\n\n".join(bodies) + "\n\n"
        else:
            out += "\n"
        layers.layers = True
        out += "layers:\n" + "\n".join(lines(layers, 2)) + "\n"
        result = self.net.result
        if tree.target(result) != _last(tree) and result not in self.net.inputs:
            out += f"output: {scalar(self.net.last_of(result) if result not in tree.repeats else result)}\n"
        if self.net.claims:
            claims = Map([("claims", Seq([scalar(claim) for claim in self.net.claims], True))], tall=True)
            out += "\n".join(lines(claims)) + "\n"
        return out

    def _head(self) -> Iterator[tuple[str, Value]]:
        net = self.net
        yield "name", scalar(net.name)
        if net.description:
            yield "description", line(net.description)
        roles = {s.name: role for s in by_name(net.known_symbols).values() if (role := self._role(s))}
        if roles:
            yield "symbols", Map([(scalar(name), role) for name, role in roles.items()])
        shapes: list[tuple[str, Value]] = [
            (scalar(name), Seq([scalar(written(x, self.names)) if isinstance(x, Extent) else str(x) for x in t.shape]))
            for name, t in net.inputs.items()
        ]
        if list(net.inputs) == ["image"]:
            yield "input", shapes[0][1]
        else:
            yield "inputs", Map(shapes)
        if net.usual:
            yield "usual", Map([(scalar(name), str(value)) for name, value in net.usual.items()])

    def _role(self, s: Symbol) -> str:
        """What a spec has to say that a symbol stands for; empty where the inputs say it."""
        entering = {t for tensor in self.net.inputs.values() for x in tensor.shape for t in _of(x)}
        if s in entering and dimension(s.name, self.net.name) is s:
            return ""
        some = ("count", "channels", "extent", "groups", "padding", "multiplier")
        wanted = [FIELD.get(s.name, ""), *self._uses(s), *some]
        kinds = [role for role in wanted if role and ROLES[role] == s.kind]
        exact = [role for role in kinds if symbol(s.name, role, self.net.name) is s]
        return (exact or kinds)[0]

    def _uses(self, s: Symbol) -> Iterator[str]:
        """The roles of the fields that are the symbol, then of those that have it."""
        found: dict[str, None] = {}
        weaker: dict[str, None] = {}
        for node in self.net.nodes:
            for r in node.rounds:
                if s in symbols_of(r.index.end):
                    found["count"] = None
            for name, size, _ in node.layer.field_sizes():
                if isinstance(size, Extent) and name in ROLES and s in symbols_of(size):
                    (found if size == size_of(s) else weaker)[name] = None
        yield from found
        yield from weaker


def _of(x: Size) -> set[Symbol]:
    return symbols_of(x) if isinstance(x, Extent) else set()


def _last(tree: Tree) -> str:
    """What a spec ends with by itself."""
    for entry in reversed(tree.entries):
        nodes = list(entry.leaves())
        if not all(n.training for n in nodes):
            return entry.path if entry.rounds is not None else _end(entry)
    return next(reversed(tree.net.inputs), "")


def _end(entry: Any) -> str:
    if entry.node is not None or entry.rounds is not None:
        return str(entry.path)
    working = [e for e in entry.layers if not all(n.training for n in e.leaves())]
    return _end(working[-1])


# -- names that a spec can give ------------------------------------------------------------------------------------


def _plainly_named(net: Network) -> Network:
    """The network itself, or one whose nodes have names that a spec can give."""
    wrong = [node.name for node in net.nodes if refusal(node.name)]
    if not wrong:
        return net
    names: dict[str, str] = {}
    taken = {*net.inputs, *net.blocks, *(node.name for node in net.nodes)}
    for name in wrong:
        parts = ("".join(c if c.isprintable() else "_" for c in part).strip() for part in name.split("/"))
        plain = "/".join(part or "_" for part in parts)[-MAX_NAME + 8 :].strip("/ ") or "_"
        numbered = (plain, *(f"{plain}_{n}" for n in range(2, len(taken) + 2)))
        names[name] = next(other for other in numbered if other not in taken)
        taken.add(names[name])
    again = rebuilt(net, {})
    again.rename(names, {})
    blocks = {name: replace(b, result=names.get(b.result, b.result)) for name, b in again.blocks.items()}
    again.blocks.update(blocks)
    return again


# -- read back -----------------------------------------------------------------------------------------------------


def _difference(net: Network, text: str, views: Mapping[str, str]) -> tuple[str, Network | None]:
    """What a spec says otherwise than a network; empty where nothing is, `views` apart."""
    try:
        again = parse_spec(text).network()
    except SymconvError as error:
        return f"its spec is not read: {str(error).splitlines()[0]}", None
    own, other = _said(net, net), _said(again, net)
    for view in views:
        other.pop(view, None)
    for about in other.values():
        about["the input"] = tuple(net.last_of(views.get(s, s)) for s in about["the input"])
    if [str(t) for t in net.inputs.values()] != [str(t) for t in again.inputs.values()]:
        return "the inputs are others", None
    for name, about in own.items():
        if name not in other:
            return f"the layer {plainly(name)} is not there", None
        for key, value in about.items():
            if not _same(value, other[name][key]):
                return f"{key} of {plainly(name)} is {other[name][key]} in place of {value}", None
    extra = next((name for name in other if name not in own), None)
    if extra is not None:
        return f"there is a layer {plainly(extra)} too many", None
    ends = [anywhere(n.name, n.rounds) for net_ in (net, again) for n in [net_.node(net_.last_of(net_.result))]]
    if ends[0] != ends[1]:
        return f"it ends with {ends[1]} in place of {ends[0]}", None
    return "", again


def _said(net: Network, own: Network) -> dict[str, dict[str, Any]]:
    """What a network says of its nodes, in the symbols of `own`, whatever letters the indices have."""
    symbols = {s.name: s for s in own.known_symbols}
    mapping: dict[Symbol, Size] = {
        s: size_of(symbols[s.name]) for s in net.known_symbols if s.name in symbols and symbols[s.name] is not s
    }
    called = {n.name: anywhere(n.name, n.rounds) for n in net.nodes}
    out = {}
    for node in net.nodes:
        indices: dict[Symbol, Size] = dict(mapping)
        for depth, r in enumerate(node.rounds):
            indices[r.index] = size_of(symbol(f"round_{depth}", "count", "a round"))
        out[called[node.name]] = _about(net, node, indices, called)
    return out


def _about(net: Network, node: Node, at: dict[Symbol, Size], called: dict[str, str]) -> dict[str, Any]:
    kept = [
        (repr(tuple(substitute(x, at) for x in p.shape)), p.kind, repr(p.active and substitute(p.active, at)))
        for p in node.parameters
    ]
    return {
        "the layer": node.layer.substitute(at),
        "the output": node.out.substitute(at).shape,
        "the input": tuple(called.get(net.last_of(s), s) for s in node.inputs),
        "what is kept": sorted(kept),
        "the shared layer": called.get(node.shares, node.shares),
        "the rounds": tuple((r.index.begin, repr(r.index.end), r.tied) for r in node.rounds),
        "training": node.training,
        "the number of runs": substitute(node.times, at),
    }


def _same(a: Any, b: Any) -> bool:
    """Whether two values are the same, sizes for all values of their symbols."""
    if a == b:
        return True
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, Layer) and type(a) is type(b):
        return all(_same(getattr(a, f.name), getattr(b, f.name)) for f in layer_fields(type(a)))
    return isinstance(a, Extent) and isinstance(b, Extent) and compare(a, b).answer is Answer.ALWAYS


def _missing(net: Network, again: Network) -> tuple[Condition, ...]:
    """The conditions of a network's domain that the other does not have."""
    known = {c.text() for c in again.domain.conditions}
    if sorted(line for line, _ in net.domain.lines()) == sorted(line for line, _ in again.domain.lines()):
        return ()
    return tuple(c for c in net.domain.conditions if c.text() not in known)
