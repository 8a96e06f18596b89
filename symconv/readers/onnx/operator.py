"""Operator: one node of an ONNX graph while its rule runs: its inputs, its attributes, and what it makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from symconv.errors import ShapeError
from symconv.extent import Extent, Size
from symconv.layer import BUFFER, TRAINABLE, Layer, Parameter
from symconv.layers import Look, Move, Pointwise, Search, Unknown
from symconv.readers.onnx.value import TYPES, Origin, Value, in_numbers, is_float

if TYPE_CHECKING:
    from symconv.readers.onnx.graph import Reader


#: Operators whose inputs have equal extents, but for axes of 1 and the one along which they are put.
_TOGETHER = frozenset({"Add", "Sub", "Mul", "Div", "Pow", "Where", "Max", "Min", "PRelu", "Concat"})


class RanklessError(ShapeError):
    """An input of which not even the number of axes is known."""


class Operator:
    """A node, its attributes by name, its inputs as values; an output that is not used has an empty name."""

    def __init__(self, reader: Reader, node: Any, name: str, inputs: list[Value | None], version: int, scope: Any):
        self.reader, self.node, self.name, self.inputs, self.version, self.scope = (
            reader, node, name, inputs, version, scope,
        )  # fmt: skip
        self.kind: str = node.op_type
        self.attributes = {a.name: a for a in node.attribute}
        self._made = 0

    @property
    def outputs(self) -> int:
        """How many outputs the node names."""
        return len(self.node.output)

    def wants(self, i: int) -> bool:
        """Whether output i is used."""
        return i < len(self.node.output) and bool(self.node.output[i])

    def meant(self, number: Size, place: int) -> Size:
        """An extent of the first output, by its place from the last one; a number of the export may mean another one.

        That is the extent, as large when exported, of what the output is put together with next.
        """
        if isinstance(number, int) and number > 1 and self.reader.freed:
            for shape in self._met():
                extent = shape[place] if len(shape) >= -place else 1
                if self.reader.was(extent, number):
                    self.reader.read_again(self.name, extent, number)
                    return extent
        return number

    def _met(self) -> Iterator[tuple[Size, ...]]:
        """The shapes of tensors that the first output is put together with; 1 along the axis that it is put along."""
        own = self.node.output[0]
        for node in self.reader.consumers.get(own, ()):
            if node.op_type not in _TOGETHER:
                continue
            along = next((a.i for a in node.attribute if a.name == "axis"), None)
            for other in node.input:
                value = self.scope.find(other) if other != own and self.scope.knows(other) else None
                if value is not None and value.shape is not None:
                    at = None if along is None else along % len(value.shape)
                    yield tuple(1 if i == at else x for i, x in enumerate(value.shape))

    # -- attributes and inputs ---------------------------------------------------------------------------------------

    def has(self, name: str) -> bool:
        """Whether an attribute is there; one that a function was not handed is not."""
        a = self.attributes.get(name)
        return a is not None and (not a.ref_attr_name or a.ref_attr_name in self.scope.attributes)

    def attribute(self, name: str, default: Any = None) -> Any:
        """The value of an attribute, which a function may have handed on."""
        a = self.attributes.get(name)
        if a is None:
            return default
        if a.ref_attr_name:
            a = self.scope.attributes.get(a.ref_attr_name)
            if a is None:
                return default
        return attribute_value(a)

    def integers(self, name: str, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """An attribute of integers."""
        found = self.attribute(name, default)
        return tuple(int(x) for x in (found if isinstance(found, tuple | list) else (found,)))

    def integer(self, name: str, default: int = 0) -> int:
        """An attribute that is an integer."""
        return int(self.attribute(name, default))

    def word(self, name: str, default: str = "") -> str:
        """An attribute that is a word."""
        found = self.attribute(name, default)
        return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)

    def given(self, i: int) -> Value | None:
        """Input i, or None where it is left out."""
        return self.inputs[i] if i < len(self.inputs) else None

    def value(self, i: int) -> Value:
        """Input i.

        Raises ShapeError where it is left out.
        """
        found = self.given(i)
        if found is None:
            raise ShapeError(f"{self.kind} without its input {i}")
        return found

    def shape(self, i: int) -> tuple[Size, ...]:
        """The shape of input i.

        Raises RanklessError where its number of axes is not known.
        """
        return self.shape_of(self.value(i))

    def shape_of(self, value: Value) -> tuple[Size, ...]:
        """The shape of a value.

        Raises RanklessError where its number of axes is not known.
        """
        if value.shape is None:
            raise RanklessError(f"{self.kind}: the number of axes of its input {value.name} is not known")
        return value.shape

    def data(self, i: int) -> list[Any] | None:
        """The elements of input i, flat, where they are known."""
        value = self.given(i)
        return None if value is None else value.elements

    def numbers(self, i: int, name: str = "", default: tuple[int, ...] | None = None) -> tuple[int, ...] | None:
        """Integers that older versions have as an attribute and newer ones as input i.

        Raises ShapeError where they are not known.
        """
        if name and self.has(name):
            return self.integers(name)
        value = self.given(i)
        if value is None:
            return default
        if value.data is None or any(not isinstance(x, int) for x in value.elements or ()):
            raise RanklessError(f"{self.kind}: its input {value.name or i} is no constant")
        return tuple(int(x) for x in value.elements or ())

    def axis(self, default: int, rank: int, name: str = "axis", beyond: int = 0) -> int:
        """An axis from 0 on.

        Raises ShapeError where there is none.
        """
        return self.place(self.integer(name, default), rank, beyond)

    def place(self, axis: int, rank: int, beyond: int = 0) -> int:
        """An axis from 0 on; `beyond` axes may follow the last one."""
        if not -rank - beyond <= axis < rank + beyond:
            raise ShapeError(f"{self.kind}: axis {axis} of an input of {rank} axes")
        return axis + rank + beyond if axis < 0 else axis

    # -- what it makes -----------------------------------------------------------------------------------------------

    def add(
        self,
        layer: Layer,
        *values: Value | None,
        weights: tuple[Value | None, ...] = (),
        buffers: tuple[Value | None, ...] = (),
        dtype: str = "",
        frozen: bool = False,
    ) -> Value:
        """Add a layer that reads `values`, and keeps those of `weights` and `buffers` that the file holds."""
        read = [v for v in values if v is not None]
        stated = self.reader.kept(weights, TRAINABLE) + self.reader.kept(buffers, BUFFER)
        suffix = f":{self._made}" if self._made else ""
        self._made += 1
        return self.reader.place(self.name + suffix, layer, read, stated, dtype)

    def pointwise(
        self,
        operation: str,
        *values: Value | None,
        dtype: str = "",
        weights: bool = True,
        buffers: tuple[Value | None, ...] = (),
    ) -> Value:
        """An operation on the elements in the same places of values, constants among them, by tables of the file."""
        read = [v for v in values if v is not None]
        for v in read:
            self.shape_of(v)
        constants = [v for v in read if not v.node]
        # What keeps no data of its own has its shape beside the inputs; positions do not matter to the cost.
        layer = Pointwise(operation, tuple(self.shape_of(v) for v in constants), dtype or read[0].dtype)
        kept = tuple(v for v in constants if weights and is_weight(v))
        inputs = (v for v in read if v.node)
        return self.add(layer, *inputs, weights=kept, buffers=buffers, dtype=dtype or read[0].dtype)

    def move(self, operation: str, shape: tuple[Size, ...], *values: Value | None, dtype: str = "") -> Value:
        """Elements put into a tensor of a shape."""
        return self._moved(Move, operation, shape, values, dtype)

    def look(self, operation: str, shape: tuple[Size, ...], value: Value, dtype: str = "") -> Value:
        """The same elements in another shape."""
        return self._moved(Look, operation, shape, (value,), dtype)

    def _moved(
        self, cls: type[Move], operation: str, shape: tuple[Size, ...], values: tuple[Value | None, ...], dtype: str
    ) -> Value:
        read = [v for v in values if v is not None]
        dtype = dtype or (read[0].dtype if read else "float32")
        if all(not v.node for v in read) and in_numbers(shape):
            return self.constant(shape, dtype, *read)
        layer = cls(operation, shape, dtype)
        kept = tuple(v for v in read if not v.node and is_weight(v))
        return self.add(layer, *(v for v in read if v.node), weights=kept, dtype=dtype)

    def constant(self, shape: tuple[Size, ...], dtype: str, *made_of: Value | None) -> Value:
        """A tensor that is worked out when the model is loaded, of the tensors of the file that it is made of."""
        return Value(shape, dtype, origins=origins_of(*made_of), constant=True)

    def search(self, operation: str, shape: tuple[Size, ...], *values: Value | None, dtype: str = "") -> Value:
        """Elements chosen by their values, by comparisons whose number is not known."""
        read = [v for v in values if v is not None]
        symbol = self.reader.unknown_cost(self.kind, tuple(v.shape for v in read), self.describe())
        layer = Search(operation, shape, dtype or read[0].dtype, comparisons=symbol)
        return self.add(layer, *(v for v in read if v.node), dtype=dtype or read[0].dtype)

    def unknown(self, shape: tuple[Size, ...], *values: Value | None, dtype: str = "") -> Value:
        """What an operator without a count makes."""
        read = [v for v in values if v is not None]
        symbol = self.reader.unknown_cost(self.kind, tuple(v.shape for v in read), self.describe())
        made = dtype or (read[0].dtype if read else "float32")
        kept = tuple(v for v in read if not v.node)
        return self.add(
            Unknown(self.kind, shape, made, cost=symbol), *(v for v in read if v.node), weights=kept, dtype=made
        )

    def free(self, what: str) -> Extent:
        """An extent that depends on values: a named unknown."""
        return self.reader.unknown_extent(self.name, what)

    def describe(self) -> str:
        """The attributes, so that equal operators share an unknown."""
        return repr(sorted((a.name, a.SerializeToString(deterministic=True)) for a in self.node.attribute))


#: By the number of an attribute's type the field that holds it, from 6 on a list.
_HELD: Final = dict(enumerate(("f", "i", "s", "t", "g", "floats", "ints", "strings", "tensors", "graphs"), 1))


def attribute_value(a: Any) -> Any:
    """What an attribute holds."""
    if a.type in _HELD:
        found = getattr(a, _HELD[a.type])
        return found if a.type <= 5 else tuple(found)
    for name in ("ints", "floats", "strings"):  # files from before attributes had a type
        if len(getattr(a, name)):
            return tuple(getattr(a, name))
    if a.HasField("t"):
        return a.t
    if a.HasField("g"):
        return a.g
    return a.s if a.s else a.f if a.f else a.i


def is_weight(value: Value) -> bool:
    """Whether a constant beside a tensor is a weight: floats of the file, more than one, not filled in."""
    return any(o.kind == TRAINABLE or (is_float(o.dtype) and o.elements > 1 and not o.made) for o in value.origins)


def origins_of(*values: Value | None) -> tuple[Origin, ...]:
    """The tensors of the file that a constant is made of; what small integers are scaled by is no weight."""
    found = dict.fromkeys(o for v in values if v is not None for o in v.origins)
    if not any(o.dtype in _SMALL for o in found):
        return tuple(found)
    return tuple(o if o.dtype in _SMALL and o.elements > 1 else replace(o, kind=BUFFER) for o in found)


_SMALL = frozenset({"int8", "uint8", "int4", "uint4", "int2", "uint2"})


def is_literal(value: Value | None) -> bool:
    """Whether a value is a number of the graph, or copies of one: zeros in the place of a bias that is not there."""
    return value is not None and not value.node and all(o.literal for o in value.origins)


def parameter(origin: Origin, kind: str) -> Parameter:
    """A tensor of the file as what a layer keeps."""
    whole = origin.dtype in ("int64", "bool", "string")
    return Parameter(origin.name, origin.shape, origin.kind or (BUFFER if whole else kind))


def type_name(number: int) -> str:
    """ONNX's element type by its number.

    Raises ShapeError for one that is not known.
    """
    if number not in TYPES:
        raise ShapeError(f"element type {number} is none that ONNX has")
    return TYPES[number]
