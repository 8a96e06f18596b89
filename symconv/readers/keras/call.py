"""Call: one operation of Keras while its rule runs: its arguments by name, its configuration, and what it makes."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from symconv.condition import equal
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.extent import Extent, Size
from symconv.layer import Layer
from symconv.layers import Look, Move, Pointwise, Unknown
from symconv.layers.channels_last import turned
from symconv.readers.keras.value import Constant, Shadow, Value, size_of_int
from symconv.tensor import Tensor

if TYPE_CHECKING:
    from symconv.readers.keras.reader import Reader


class Call:
    """A layer or an operation, called on values of the network."""

    def __init__(self, reader: Reader, op: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.reader, self.op, self.name = reader, op, name
        self.kind: str = type(op).__name__
        self.args, self.kwargs = args, kwargs
        self.arguments = _bound(op, args, kwargs)
        self._made = 0

    # -- arguments ---------------------------------------------------------------------------------------------------

    def get(self, name: str, default: Any = None) -> Any:
        """An argument of the call, else what the operation was made with, else the default."""
        if name in self.arguments:
            return self.arguments[name]
        return getattr(self.op, name, default)

    def value(self, name: str = "") -> Value:
        """An argument that is a tensor, the first one where none is named.

        Raises ShapeError for an argument that is no tensor that depends on the inputs.
        """
        found = self.arguments[name] if name else next(iter(self.arguments.values()), None)
        if isinstance(found, list | tuple) and len(found) == 1:
            found = found[0]
        if not isinstance(found, Value):
            raise ShapeError(f"{self.kind}: one tensor is wanted{f' as {name}' if name else ''}, not {found!r}")
        return found

    def values(self, name: str = "") -> list[Value | Constant]:
        """The tensors of an argument that is a list of them, the first argument where none is named."""
        found = self.arguments[name] if name else next(iter(self.arguments.values()), ())
        return [self.operand(x) for x in (found if isinstance(found, list | tuple) else [found])]

    def operand(self, given: Any) -> Value | Constant:
        """An argument as a value, or as the constant that it is."""
        if isinstance(given, Value | Constant):
            return given
        if isinstance(given, bool | int | float | complex):
            return Constant(Tensor((), "float32" if isinstance(given, float) else "int32"))
        shape = getattr(given, "shape", None)
        if shape is None and isinstance(given, list | tuple):
            import numpy as np

            shape = np.shape([int(x) if isinstance(x, Shadow) else x for x in given])
        if shape is None:
            raise ShapeError(f"{self.kind}: {given!r} is no tensor")
        dtype = str(getattr(given, "dtype", "float32")).rpartition(".")[2]
        return Constant(Tensor(tuple(size_of_int(x) for x in shape), dtype), (given,))

    @property
    def weights(self) -> list[Any]:
        """The variables that the layer itself and its parts keep."""
        return list(getattr(self.op, "weights", ()))

    @property
    def last(self) -> bool:
        """Whether the channels stand last; where nothing is said as Keras is set."""
        form = self.get("data_format")
        if form is None:
            from keras import config

            form = config.image_data_format()
        return bool(form == "channels_last")

    # -- what it makes -----------------------------------------------------------------------------------------------

    def add(
        self,
        layer: Layer,
        *values: Value,
        weights: Sequence[Any] = (),
        dtype: str = "",
        part: str = "",
        times: Size = 1,
    ) -> Value:
        """Add a layer that reads values and keeps variables of the model; `part` names it below the operation."""
        suffix = f"/{part}" if part else f":{self._made}" if self._made else ""
        self._made += not part
        return self.reader.place(self.name + suffix, layer, values, weights, dtype or _dtype(values), times)

    def image(self, layer: Layer, value: Value, weights: Sequence[Any] = (), part: str = "") -> Value:
        """Add a layer of images, whose channels stand where the operation says."""
        return self.add(turned(layer, self.last), value, weights=weights, part=part)

    def pointwise(self, operation: str, *given: Any, dtype: str = "") -> Value:
        """An operation on the elements in the same places of values and constants, of variables among them."""
        operands, read, kept = self._operands(given)
        beside = tuple(x.shape for x in operands if isinstance(x, Constant))
        made = dtype or _dtype(read)
        return self.add(Pointwise(operation, beside, made), *read, weights=kept, dtype=made)

    def move(self, operation: str, shape: Sequence[Size], *given: Any, dtype: str = "") -> Value:
        """Elements put into a tensor of a shape."""
        return self._moved(Move, operation, shape, given, dtype)

    def look(self, operation: str, shape: Sequence[Size], *given: Any, dtype: str = "") -> Value:
        """The same elements in another shape."""
        return self._moved(Look, operation, shape, given, dtype)

    def _moved(self, cls: type[Move], operation: str, shape: Sequence[Size], given: Sequence[Any], dtype: str) -> Value:
        _, read, kept = self._operands(given)
        made = dtype or _dtype(read)
        return self.add(cls(operation, tuple(shape), made), *read, weights=kept, dtype=made)

    def unknown(self, shape: Sequence[Size], *given: Any, dtype: str = "", what: str = "") -> Value:
        """What an operation without a count makes."""
        operands, read, kept = self._operands(given)
        kind, made = what or self.kind, dtype or _dtype(read)
        cost = self.reader.unknown_cost(kind, tuple(x.shape for x in operands), self.reader.described(self.op))
        return self.add(Unknown(kind, tuple(shape), made, cost=cost), *read, weights=kept or self.weights, dtype=made)

    def _operands(self, given: Iterable[Any]) -> tuple[list[Value | Constant], list[Value], list[Any]]:
        """Arguments as values and constants, the values among them, and the variables that the constants hold."""
        operands = [self.operand(x) for x in given]
        return operands, [x for x in operands if isinstance(x, Value)], variables(operands)

    def apply(self, op: Any, *args: Any, part: str = "", **kwargs: Any) -> Any:
        """What another operation, a part of this one, makes of values."""
        return self.reader.apply(op, args, kwargs, f"{self.name}/", part)

    # -- checks ------------------------------------------------------------------------------------------------------

    def axis(self, axis: Any, rank: int) -> int:
        """An axis from 0 on.

        Raises ShapeError where there is none.
        """
        place: int = operator.index(axis)
        if not -rank <= place < rank:
            raise ShapeError(f"{self.kind}: axis {place} of an input of {rank} axes")
        return place % rank

    def axes(self, axes: Any, rank: int) -> tuple[int, ...]:
        """Axes from 0 on, all of them for None."""
        if axes is None:
            return tuple(range(rank))
        given = axes if isinstance(axes, list | tuple) else [axes]
        return tuple(self.axis(a, rank) for a in given)

    def fits(self, extent: Size, wanted: Size, what: str) -> None:
        """Require an extent of the input to be that of a weight."""
        require(equal(extent, wanted), what)


def variables(operands: Iterable[Value | Constant]) -> list[Any]:
    """The variables that constants among operands hold."""
    return [v for x in operands if isinstance(x, Constant) for v in x.variables]


def _dtype(values: Sequence[Value]) -> str:
    return values[0].dtype if values else "float32"


def _bound(op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments by the names that `call` has for them."""
    try:
        bound = inspect.signature(op.call).bind(*args, **kwargs).arguments
    except (TypeError, ValueError):
        return {**{f"argument {i}": a for i, a in enumerate(args)}, **kwargs}
    out: dict[str, Any] = {}
    for name, given in bound.items():
        kind = inspect.signature(op.call).parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            out.update(given)
        else:
            out[name] = given
    return out


def whole(size: Any) -> Size:
    """An argument that is an extent: a number, a shadow, or a size.

    Raises ShapeError for anything else.
    """
    if isinstance(size, Extent):
        return size
    if isinstance(size, bool) or not hasattr(size, "__index__"):
        raise ShapeError(f"{size!r} is no extent")
    return size_of_int(size if isinstance(size, Shadow) else size.__index__())


def once(values: Sequence[Any]) -> Any:
    """One value where all axes have the same, as a spec would say it."""
    alike = len(values) > 0 and all(v == values[0] for v in values) and not isinstance(values[0], tuple)
    return values[0] if alike else tuple(values)


def each(given: Any, rank: int) -> tuple[int, ...]:
    """A number for each axis, given once or for each."""
    return (given,) * rank if isinstance(given, int) else tuple(given)
