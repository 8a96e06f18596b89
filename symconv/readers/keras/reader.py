"""Reader: a graph of Keras operations walked in order; each one's rule says what it makes, and the network grows by it.

A nested model is walked below its own name; a layer with a `call` of its own is called, with symbols for shapes, and
what it calls is read as if it stood in the graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from symconv.condition import Condition
from symconv.errors import ModelError, SymconvError
from symconv.extent import Extent, Size, size_of, symbols_of
from symconv.layer import Layer, Parameter
from symconv.layers import Look, Move
from symconv.network import Network
from symconv.readers.growth import BROKEN, Growth, broken
from symconv.readers.keras.call import Call
from symconv.readers.keras.inferring import opaque
from symconv.readers.keras.parts import expandable, graph_of, kinds_of, packed
from symconv.readers.keras.registry import rule_of
from symconv.readers.keras.tracing import traced
from symconv.readers.keras.value import Constant, Shadow, Value
from symconv.symbols import Symbol, symbol


class Reader(Growth):
    """One reading of a model, at one way to free its static axes."""

    def __init__(self, model: Any, net: Network, witness: dict[Symbol, int]) -> None:
        super().__init__(net, witness)
        #: By the identity of a variable what kind of parameter it is; a model's own variables alone are any.
        self.kinds = kinds_of(model)
        #: Symbols of axes that the model leaves open.
        self.open: frozenset[Symbol] = frozenset()
        #: Whether code of the model's own was run, which may have made numbers of extents.
        self.ran = False
        self._owner: dict[int, str] = {}
        self._groups: dict[tuple[int, ...], str] = {}
        self._inside: list[str] = []
        #: The layers that are read, each by the names of those around it and its own, the innermost last.
        self._layers: list[str] = [""]
        self._last: Value | None = None

    # -- graphs ------------------------------------------------------------------------------------------------------

    def graph(self, model: Any, given: Sequence[Any], prefix: str) -> Any:
        """What a functional model makes of values, in the structure of its outputs."""
        from keras import tree

        made: dict[int, Any] = {id(kt): v for kt, v in zip(model.inputs, given)}
        alike = all(isinstance(v, Value) and self.agrees(v.shape, kt.shape) for kt, v in zip(model.inputs, given))
        nodes = model._nodes_by_depth
        for depth in sorted(nodes, reverse=True):
            for node in nodes[depth]:
                if node.is_input or any(id(x) not in made for x in node.input_tensors):
                    continue
                args, kwargs = node.arguments.fill_in(made)
                outputs = tree.flatten(self.apply(node.operation, args, kwargs, prefix))
                if len(outputs) != len(node.outputs):
                    said = f"{len(outputs)} outputs are read, and Keras has {len(node.outputs)}"
                    raise ModelError(f"layer {node.operation.name} ({type(node.operation).__name__}): {said}")
                for kt, value in zip(node.outputs, outputs):
                    if alike and isinstance(value, Value):
                        self.check(node.operation, value, kt.shape)
                    made[id(kt)] = value
        missing = [kt for kt in model.outputs if id(kt) not in made]
        if missing:
            raise ModelError(f"{model.name}: its output {missing[0].name} follows from no input")
        return tree.pack_sequence_as(model._outputs_struct, [made[id(kt)] for kt in model.outputs])

    def check(self, op: Any, value: Value, shape: Sequence[int | None]) -> None:
        """That a shape is the one which Keras has found, where it has.

        Raises ModelError where it is another one.
        """
        if not self.agrees(value.shape, shape):
            said = tuple(self.at(x) for x in value.shape)
            raise ModelError(
                f"layer {op.name} ({type(op).__name__}): read as {value.tensor}, {said} at the model's own sizes, "
                f"where Keras has {tuple(shape)}"
            )

    def agrees(self, shape: Sequence[Size], known: Sequence[int | None]) -> bool:
        """Whether a shape is this one at the model's own sizes; None stands for any extent."""
        if len(shape) != len(known):
            return False
        return all(k is None or self.at(x) in (k, None) or not self.told(x) for x, k in zip(shape, known))

    def told(self, size: Size) -> bool:
        """Whether the model says what a size is; of an axis that it leaves open nothing is known."""
        return isinstance(size, int) or all(s in self.witness and s not in self.open for s in symbols_of(size))

    def apply(self, op: Any, args: Sequence[Any], kwargs: Mapping[str, Any], prefix: str, part: str = "") -> Any:
        """What one operation makes of values, in the structure that Keras has.

        Raises ModelError where it cannot follow its inputs, naming it.
        """
        name = self.named(prefix + (part or str(op.name)))
        self._inside.append(name)
        self._layers.append(self._layers[-1] if part else f"{self._layers[-1]}/{op.name}".lstrip("/"))
        try:
            with self.asking(name):
                args, kwargs = self._with_values(tuple(args), dict(kwargs), prefix)
                made = self._outputs(op, name, tuple(args), dict(kwargs))
                return self._leftover(op, name, made)
        except ModelError:
            raise
        except SymconvError as error:
            raise ModelError(f"layer {name} ({type(op).__name__}): {error}") from None
        except BROKEN as error:
            raise ModelError(f"layer {name} ({type(op).__name__}) cannot be read: {broken(error)}") from None
        finally:
            self._inside.pop()
            self._layers.pop()

    def _with_values(self, args: Any, kwargs: Any, prefix: str) -> tuple[Any, Any]:
        """The arguments, constants among them as values where there are no others."""
        from keras import tree

        if any(isinstance(x, Value) for x in tree.flatten((args, kwargs))):
            return args, kwargs

        def value(x: Any) -> Any:
            return self.as_value(x, prefix) if isinstance(x, Constant) else x

        return tree.map_structure(value, args), tree.map_structure(value, kwargs)

    def as_value(self, constant: Constant, prefix: str) -> Value:
        """A constant as a node that makes it of nothing, keeping its variables."""
        called = str(getattr(constant.variables[0], "name", "constant")) if constant.variables else "constant"
        dtype = constant.tensor.dtype
        layer = Look("weights", constant.shape, dtype)
        return self.place(self.named(prefix + called), layer, (), constant.variables, dtype)

    def made(self, operation: str, shape: Sequence[Size], dtype: str, prefix: str) -> Value:
        """A tensor that a model's own code makes of nothing: zeros, a range, random numbers."""
        return self.place(self.named(prefix + operation), Move(operation, tuple(shape), dtype), (), (), dtype)

    def _outputs(self, op: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        from keras import tree

        rule = rule_of(op)
        if rule is not None:
            return rule.run(Call(self, op, name, args, kwargs))
        graph = graph_of(op)
        if graph is not None:
            return self.graph(graph, tree.flatten(args[0] if args else kwargs), f"{name}/")
        if expandable(op):
            return traced(self, op, name, args, kwargs)
        call = Call(self, op, name, args, kwargs)
        self.note(name, f"{call.kind} has no rule: its cost is a named unknown")
        return opaque(call)

    def _leftover(self, op: Any, name: str, made: Any) -> Any:
        """What an operation makes, and beside it those of its variables that no node has kept."""
        from keras import tree

        rest = [v for v in getattr(op, "weights", ()) if id(v) in self.kinds and id(v) not in self._owner]
        values = [v for v in tree.flatten(made) if isinstance(v, Value)]
        if not rest or not values:
            return made
        value = values[0]
        kept = self.place(
            self.named(f"{name}/weights"),
            Look("weights", value.shape, value.dtype),
            (value,),
            rest,
            value.dtype,
        )
        return tree.map_structure(lambda v: kept if v is value else v, made)

    def unused(self, model: Any) -> None:
        """Keep the model's variables that no operation has read with the last node, and say so."""
        rest = [v for v in model.weights if id(v) in self.kinds and id(v) not in self._owner]
        if rest and self._last is not None:
            name, last = self.named("unused"), self._last
            self.place(name, Look("weights", last.shape, last.dtype), (last,), rest, last.dtype)
            paths = ", ".join(str(v.path) for v in rest[:6]) + (" and more" if len(rest) > 6 else "")
            self.note(name, f"no operation that was read uses the weights {paths}")

    def whole(self, model: Any, given: Sequence[Any], values: Sequence[Value]) -> Any:
        """What a model with a `call` of its own makes of its inputs, which are arguments or stand in them."""
        arguments: dict[str, Any] = {}
        with self.asking(model.name):
            for one, value in zip(given, values):
                if one.name == one.argument:
                    arguments[one.argument] = value
                else:
                    arguments.setdefault(one.argument, []).append(value)
            built = getattr(model, "_build_shapes_dict", None) or {}
            for argument, parts in arguments.items():
                if isinstance(parts, list):
                    shapes = built.get(f"{argument}_shape", next(iter(built.values()), None))
                    arguments[argument] = packed(shapes, parts)
            return traced(self, model, "", (), arguments)

    def mark(self) -> Any:
        """What `undo` goes back to."""
        return self.net.mark(), set(self._names), dict(self._owner), dict(self._groups), self._last

    def undo(self, mark: Any) -> None:
        """Back to where `mark` was taken."""
        net, self._names, self._owner, self._groups, self._last = mark
        self.net.undo(net)

    # -- what rules ask for ------------------------------------------------------------------------------------------

    def place(
        self, name: str, layer: Layer, values: Sequence[Value], variables: Sequence[Any], dtype: str, times: Size = 1
    ) -> Value:
        """Add a layer to the network; variables that a node before has are shared with it."""
        name = name if name not in self.net else self.named(name)
        self._names.add(name)
        mine = [v for v in variables if id(v) in self.kinds]
        key = tuple(id(v) for v in mine)
        shares = self._groups.get(key, "") if key else ""
        kept = mine if shares else [v for v in mine if id(v) not in self._owner]
        stated = tuple(Parameter(str(v.name), tuple(map(int, v.shape)), self.kinds[id(v)]) for v in kept)
        sources, tensors = tuple(v.node for v in values), tuple(v.tensor for v in values)
        self.net.place(name, layer, sources, tensors, shares, (), False, stated, self.times * times)
        self.net.modules[name] = self._layers[-1]
        for v in kept:
            self._owner.setdefault(id(v), name)
        if key and len(kept) == len(mine):
            self._groups.setdefault(key, name)
        out = self.net.node(name).out
        self._last = Value(name, out).typed(dtype)
        return self._last

    def shadow(self, size: Size) -> int:
        """A size for a model's own code.

        Raises ModelError where its value at the sizes that are tried cannot be told.
        """
        number = self.at(size)
        if number is None:
            raise ModelError(f"the extent {size} has no value at the sizes that are tried")
        return Shadow.of(size, number, self._decided)

    def _decided(self, condition: Condition) -> None:
        """A model's own code compared two extents: what it found is asked for."""
        if not condition.proven:
            self.net.ask(replace(condition, reason="a choice of the model's code", node=self._inside[-1]))

    def unknown_extent(self, name: str, axis: int) -> Extent:
        """The named unknown for an extent that depends on values, or of which nothing is known."""
        return size_of(symbol(f"dim{axis}[{name}]", "padding", self.net.name))

    def described(self, op: Any) -> str:
        """The configuration of an operation, so that equal ones share an unknown."""
        try:
            config = {k: v for k, v in op.get_config().items() if k != "name"}
        except Exception:  # a layer of the user's, whose configuration may raise anything
            return str(op.name)
        return repr(sorted(config.items(), key=lambda item: str(item[0])))
