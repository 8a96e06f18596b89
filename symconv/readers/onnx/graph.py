"""Reader: an ONNX graph walked in order; each node's rule says what its outputs are, and the network grows by it.

What depends on no input is a constant, worked out when the model is loaded; what is known without running (shapes, and
arithmetic on them) is data; everything else is a node of the network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from symconv.errors import ModelError, SymconvError
from symconv.extent import Extent, Size, size_of, symbols_of
from symconv.layer import BUFFER, TRAINABLE, Layer, Parameter
from symconv.layers import Unknown
from symconv.network import Network, in_order
from symconv.readers.growth import BROKEN, Growth, broken
from symconv.readers.onnx.choices import Choices, Conflict
from symconv.readers.onnx.constants import tensor_value
from symconv.readers.onnx.operator import Operator, RanklessError, parameter, type_name
from symconv.readers.onnx.registry import rule_of
from symconv.readers.onnx.value import Origin, Value
from symconv.readers.registry import SHAPE_ONLY
from symconv.symbols import Symbol, symbol
from symconv.tensor import Tensor

#: Nodes that are read, those of functions that are, each time they are called, and functions inside of one another.
MOST: Final = 100_000
CALLED: Final = 10_000
DEEP: Final = 64

#: torch's words for the tensors that a module keeps.
_KINDS: Final = {"PARAMETER": TRAINABLE, "BUFFER": BUFFER, "CONSTANT_TENSOR": BUFFER}


class GraphError(ModelError):
    """A graph that is none, whatever its axes are."""


@dataclass
class Scope:
    """The names of a graph, of the graph around it, and the attributes that a function was called with."""

    values: dict[str, Value | None] = field(default_factory=dict)
    outer: Scope | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)
    prefix: str = ""
    depth: int = 0

    def find(self, name: str) -> Value | None:
        """What a name stands for.

        Raises KeyError for one that stands for nothing.
        """
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            scope = scope.outer
        raise KeyError(name)

    def knows(self, name: str) -> bool:
        """Whether a name stands for something."""
        return name in self.values or (self.outer is not None and self.outer.knows(name))


class Reader(Growth):
    """One reading of a model, at one way to free its static axes."""

    def __init__(self, model: Any, net: Network, witness: dict[Symbol, int], choices: Choices) -> None:
        super().__init__(net, witness)
        self.model, self.choices = model, choices
        self.functions = {(f.domain, f.name, getattr(f, "overload", "")): f for f in model.functions}
        self.shapes = {
            v.name: v.type for v in (*model.graph.value_info, *model.graph.output) if v.type.HasField("tensor_type")
        }
        #: By a tensor of the main graph the nodes that read it.
        self.consumers: dict[str, list[Any]] = {}
        for node in model.graph.node:
            for name in node.input:
                self.consumers.setdefault(name, []).append(node)
        #: By a tensor of the file whether it is a parameter or a buffer, where its exporter says so.
        self.kinds = {v.name: kind for v in (*model.graph.value_info, *model.graph.input) if (kind := _kind(v))}
        #: The batch axis that was exported static: each tensor has it once, so that samples do not mix.
        self.batch: Symbol | None = None
        #: What the exporter baked in and is read again: an extent and the number in its place, and the node with it.
        self.baked: dict[tuple[Extent, int], str] = {}
        #: The factors of an extent in the order in which a reshape put them together.
        self.factors: dict[Size, tuple[tuple[Size, int], ...]] = {}
        #: Every name of the main graph, for those who compare it with a run.
        self.tensors: dict[str, Value] = {}
        #: By the first output of an operator the nodes of the network that it became.
        self.parts: dict[str, tuple[str, ...]] = {}
        #: By a name of a graph inside of the main one what it is, and how often that runs.
        self.inner: dict[str, list[tuple[Size, Value]]] = {}
        self._placed: list[str] = []
        self._owned: set[str] = set()
        self._counted: set[str] = set()
        self._free: dict[str, Extent] = {}
        self._nodes = self._called = 0

    # -- graphs ------------------------------------------------------------------------------------------------------

    def run(self, graph: Any, scope: Scope) -> list[Value]:
        """Run all nodes of a graph whose inputs are in the scope; its outputs.

        Raises ModelError for a missing input, a cycle and a node that cannot follow its inputs.
        """
        for tensor in graph.initializer:
            if tensor.name not in scope.values:
                scope.values[tensor.name] = tensor_value(tensor, kind=self.kinds.get(tensor.name, ""))
        for sparse in graph.sparse_initializer:
            dims = tuple(sparse.dims)
            origin = Origin(sparse.values.name, dims, type_name(sparse.values.data_type))
            scope.values[sparse.values.name] = Value(dims, origin.dtype, origins=(origin,), constant=True)
        self._nodes_of(graph.node, scope)
        return [self._output(o.name, scope) for o in graph.output]

    def _output(self, name: str, scope: Scope) -> Value:
        found = scope.find(name) if scope.knows(name) else None
        if found is None:
            raise GraphError(f"the output {name} is computed by no node")
        return found

    def _nodes_of(self, nodes: Iterable[Any], scope: Scope) -> None:
        for node in _sorted(list(nodes), scope):
            self._nodes += 1
            self._called += bool(scope.depth)
            if self._nodes > MOST or self._called > CALLED:
                raise GraphError(f"more than {MOST:,} nodes, or {CALLED:,} of functions each time they are called")
            self._node(node, scope)

    def _node(self, node: Any, scope: Scope) -> None:
        own = node.name or next((o for o in node.output if o), "") or node.op_type
        name, placed = self.named(scope.prefix + own, node.op_type), len(self._placed)
        inputs: list[Value | None] = []
        for i in node.input:
            try:
                inputs.append(scope.find(i) if i else None)
            except KeyError:
                raise GraphError(f"node {name} ({node.op_type}): its input {i} is there nowhere") from None
        try:
            outputs = self._outputs(node, name, inputs, scope)
        except (ModelError, Conflict):
            raise
        except SymconvError as error:
            raise ModelError(f"node {name} ({node.op_type}): {error}") from None
        except BROKEN as error:
            what = f"its attributes or inputs do not fit: {broken(error)}"
            raise ModelError(f"node {name} ({node.op_type}): {what}") from None
        for part in self._placed[placed:]:
            self.net.modules.setdefault(part, _label(node))
        first = next((o for o in node.output if o), "")
        if not scope.prefix:
            before = self.parts.get(first, ()) if scope.outer is not None else ()
            own = [part for part in self._placed[placed:] if part not in self._owned]
            self._owned.update(own)
            self.parts[first] = (*before, *own)
        for output, value in zip(node.output, outputs):
            if output:
                if value is not None and not value.name:
                    value.name = output
                scope.values[output] = value
                if scope.outer is None and value is not None:
                    self.tensors[output] = value
                if scope.outer is not None and value is not None and not scope.prefix:
                    self.inner.setdefault(output, []).append((self.times, value))

    def _outputs(self, node: Any, name: str, inputs: list[Value | None], scope: Scope) -> list[Value | None]:
        function = self.functions.get((node.domain, node.op_type, getattr(node, "overload", "")))
        domain = "" if node.domain == "ai.onnx" else node.domain
        if function is not None:
            return self._call(function, node, name, inputs, scope)
        rule = rule_of(domain, node.op_type)
        op = Operator(self, node, name, inputs, scope.versions.get(domain, 1), scope)
        if rule is None:
            return self._without_rule(op)
        try:
            with self.asking(name):
                made = rule.run(op)
        except RanklessError as why:
            return self._without_rank(op, rule.state == SHAPE_ONLY, str(why))
        return list(made) if isinstance(made, list | tuple) else [made]

    def _call(
        self, function: Any, node: Any, name: str, inputs: list[Value | None], scope: Scope
    ) -> list[Value | None]:
        if scope.depth >= DEEP:
            raise GraphError(f"node {name} ({node.op_type}): functions call one another more than {DEEP} deep")
        attributes = {a.name: a for a in function.attribute_proto}
        for a in node.attribute:
            handed = scope.attributes.get(a.ref_attr_name) if a.ref_attr_name else a
            if handed is not None:
                attributes[a.name] = handed
        versions = {o.domain: o.version for o in function.opset_import} or scope.versions
        inner = Scope({}, None, attributes, versions, f"{name}/", scope.depth + 1)
        inner.outer = Scope()  # nothing of the caller's names, and not the main graph
        for formal, value in zip(function.input, [*inputs, *[None] * len(function.input)]):
            inner.values[formal] = value
        self._nodes_of(function.node, inner)
        return [self._output(o, inner) for o in function.output]

    # -- what rules ask for ------------------------------------------------------------------------------------------

    def place(self, name: str, layer: Layer, read: list[Value], stated: tuple[Parameter, ...], dtype: str) -> Value:
        """Add a layer to the network."""
        sources = tuple(v.node for v in read)
        tensors = tuple(self.net.tensor(v.node) if v.shape is None else Tensor(v.shape, v.dtype) for v in read)
        name = self.named(name, layer.kind) if name in self.net else name
        self.net.place(name, layer, sources, tensors, "", (), False, stated, self.times)
        self._placed.append(name)
        out = self.net.node(name).out
        self._samples_apart(name, out)
        return Value(out.shape, dtype or out.dtype, node=name)

    def _samples_apart(self, name: str, out: Tensor) -> None:
        """That samples do not mix: the batch is a factor of the elements once.

        Raises Conflict where it is there twice, so that some baked-in shape was read wrongly.
        """
        if self.batch is None or not self.choices.open:
            return
        n = 0
        for x in out.shape:
            if isinstance(x, Extent) and self.batch in symbols_of(x):
                n += 1
                if any(m.count(self.batch) != 1 for m in x.terms):
                    raise Conflict(f"{name}: {out} mixes samples")
        if n > 1:
            raise Conflict(f"{name}: {out} mixes samples")

    def kept(self, values: Iterable[Value | None], kind: str) -> tuple[Parameter, ...]:
        """The tensors of the file that values are made of, each the first time that it is used."""
        found = []
        for value in values:
            for origin in value.origins if value is not None and not value.node else ():
                if origin.name not in self._counted and not origin.literal:
                    self._counted.add(origin.name)
                    found.append(parameter(origin, kind))
        return tuple(found)

    @property
    def freed(self) -> bool:
        """Whether axes that are static in the file are symbols here."""
        return self.choices.freed

    def is_freed(self, size: Size) -> bool:
        """Whether a size has a symbol in place of a static extent."""
        return isinstance(size, Extent) and not symbols_of(size).isdisjoint(self.choices.symbols)

    def was(self, extent: Size, number: Size) -> bool:
        """Whether an extent was this number in the file, and has a symbol in its place here."""
        return isinstance(number, int) and self.is_freed(extent) and self.at(extent) == number

    def unknown_extent(self, node: str, what: str) -> Extent:
        """The named unknown for an extent that depends on values."""
        label, k = f"{what}[{node}]", 2
        while label in self._free:
            label, k = f"{what}[{node} {k}]", k + 1
        self._free[label] = size_of(symbol(label, "padding", self.net.name))
        return self._free[label]

    def product(self, extents: Iterable[Size]) -> Size:
        """The number of elements of some axes, whose factors are kept for when it is taken apart again."""
        parts = list(extents)
        size: Size = 1
        for x in parts:
            size = size * x
        if isinstance(size, Extent) and len(parts) > 1:
            factors = [f for x in parts for f in self.factors.get(x, ((x, self.at(x) or 1),)) if f[0] != 1]
            self.factors[size] = tuple(factors)
        return size

    def mark(self) -> Any:
        """What `undo` goes back to."""
        inner = {name: list(found) for name, found in self.inner.items()}
        read = dict(self.parts), inner, list(self._placed), set(self._owned)
        return self.net.mark(), set(self._names), set(self._counted), self._nodes, read

    def undo(self, mark: Any) -> None:
        """Back to where `mark` was taken."""
        before, self._names, self._counted, self._nodes, read = mark
        self.parts, self.inner, self._placed, self._owned = read
        self.net.undo(before)

    def read_again(self, node: str, extent: Size, number: Size) -> None:
        """That a node of the file has a number in the place of an extent."""
        if isinstance(extent, Extent) and isinstance(number, int) and number > 0:
            self.baked.setdefault((extent, number), node)

    # -- operators without a rule ------------------------------------------------------------------------------------

    def _without_rule(self, op: Operator) -> list[Value | None]:
        kind = f"{op.node.domain}.{op.kind}" if op.node.domain else op.kind
        self.note(op.name, f"{kind} has no rule: its cost and its extents are named unknowns")
        return self._opaque(op, "")

    def _without_rank(self, op: Operator, free: bool, why: str) -> list[Value | None]:
        self.note(op.name, f"{why}: what follows is a named unknown")
        return self._opaque(op, "" if not free else "free")

    def _opaque(self, op: Operator, free: str) -> list[Value | None]:
        """Outputs of which the file says at most the number of axes."""
        read = [v for v in op.inputs if v is not None]
        cost = 0 if free else self.unknown_cost(_kind_of(op), tuple(v.shape for v in read), op.describe())
        made: list[Value | None] = []
        for i, output in enumerate(op.node.output):
            hint = self.shapes.get(output)
            dtype = (
                type_name(hint.tensor_type.elem_type) if hint is not None and hint.tensor_type.elem_type else "float32"
            )
            ranked = hint is not None and hint.tensor_type.HasField("shape")
            rank = len(hint.tensor_type.shape.dim) if hint is not None and ranked else None
            shape = tuple(op.free(f"dim{k}") for k in range(rank)) if rank is not None else (op.free("elements"),)
            layer = Unknown(_kind_of(op), shape, dtype, cost=cost if i == 0 else 0)
            weights = tuple(v for v in read if not v.node) if i == 0 else ()
            value = op.add(layer, *(v for v in read if v.node), weights=weights, dtype=dtype)
            if rank is None:
                value.shape = None
            made.append(value)
        return made


def _sorted(nodes: list[Any], scope: Scope) -> list[Any]:
    """The nodes in an order of computation, that of the file where it is one.

    Raises ModelError for a cycle, and for a name that two nodes compute.
    """
    maker: dict[str, int] = {}
    for i, node in enumerate(nodes):
        for output in node.output:
            if output:
                if output in maker:
                    raise GraphError(f"two nodes compute {output}: {_label(nodes[maker[output]])} and {_label(node)}")
                maker[output] = i
    if all(maker.get(name, -1) < i for i, node in enumerate(nodes) for name in node.input):
        return nodes
    inputs = {
        str(i): [str(maker[name]) for name in node.input if name in maker and not scope.knows(name)]
        for i, node in enumerate(nodes)
    }
    try:
        return [nodes[int(i)] for i in in_order(inputs)]
    except SymconvError as error:
        ways = str(error).partition(": ")[2].split(" → ")
        raise GraphError(f"a cycle: {' → '.join(_label(nodes[int(i)]) for i in ways)}") from None


def _kind(value: Any) -> str:
    """What torch's exporter says that a tensor was."""
    said = (p.value for p in value.metadata_props if p.key == "pkg.torch.export.graph_signature.InputSpec.kind")
    return _KINDS.get(next(said, ""), "")


def _kind_of(op: Operator) -> str:
    """An operator's name, with its domain where ONNX has another one of that name."""
    own = op.node.domain in ("", "ai.onnx") or rule_of("", op.kind) is None
    return op.kind if own else f"{op.node.domain}.{op.kind}"


def _label(node: Any) -> str:
    return node.name or next(iter(node.output), "") or str(node.op_type)
