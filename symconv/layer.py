"""Layer: the interface of every layer, its field types, and the registry.

A layer is a frozen dataclass whose fields are its hyper-parameters. It knows shapes, weights and work; never a file
format, never a writer. Registering a class makes it known to every reader, table, picture, schema and rule page.

A user's own layer is the same thing in a file of theirs:

    from symconv import Count, Layer, Positive, Tensor, layer

    @layer("scale")
    class Scale(Layer):
        \"\"\"Multiplies every channel by a weight of its own.\"\"\"
        def parameters(self, image): return (weight("weight", image.channels),)
        def work(self, image, out): return Count(mul=out.elements)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar, Final, TypeVar, dataclass_transform, get_args, get_type_hints

from symconv.condition import at_least
from symconv.cost import Cost
from symconv.count import NOTHING, Count
from symconv.domain import require
from symconv.errors import ShapeError, near
from symconv.extent import Extent, Size, size_of
from symconv.ranges import Range, converted
from symconv.symbols import FIELD, Symbol, symbol
from symconv.tensor import Tensor
from symconv.values import substitute

# -- parameters ----------------------------------------------------------------------------------------------------

TRAINABLE, FROZEN, BUFFER = "trainable", "frozen", "buffer"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A tensor that a layer keeps: trainable, frozen, or a buffer such as a running mean.

    `active` says of how many entries of the first axis one token makes use, such as 2 of 8 experts; None for all.
    """

    name: str
    shape: tuple[Size, ...]
    kind: str = TRAINABLE
    active: Size | None = None

    @property
    def elements(self) -> Cost:
        """The number of elements."""
        return Tensor(self.shape).elements

    @property
    def active_elements(self) -> Cost:
        """The number of elements that one token makes use of."""
        return self.elements if self.active is None else Tensor((self.active, *self.shape[1:])).elements

    def substitute(self, values: Mapping[Symbol, Size]) -> Parameter:
        """Sizes in place of symbols."""
        active = None if self.active is None else substitute(self.active, values)
        return replace(self, shape=tuple(substitute(x, values) for x in self.shape), active=active)


def weight(name: str, *shape: Size) -> Parameter:
    """A trainable parameter."""
    return Parameter(name, shape)


# -- the layer -----------------------------------------------------------------------------------------------------


#: The field's letters for fields of these names.
LETTERS: Final = {"channels": "C_out", "kernel": "K", "stride": "S", "padding": "P", "dilation": "D", "groups": "g"}


class Layer:
    """A layer: the shape that it makes of its inputs' shapes, its weights and its work.

    Subclasses are made by `@layer(kind)`. All three rules are plain arithmetic on sizes; what they need of their inputs
    they state with `symconv.domain.require`.
    """

    kind: ClassVar[str] = ""
    #: How many inputs: the least and the greatest number, None for any.
    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    #: Whether the output is the input's own elements in another shape, so that no new ones are made.
    view: ClassVar[bool] = False
    #: Whether an output reads a window of the input that is the same at every place, as `reach` says.
    windowed: ClassVar[bool] = True
    #: The positions of inputs that only lend their shape.
    shape_only: ClassVar[tuple[int, ...]] = ()

    # A rule names its tensors: `output(image)`, `output(query, key)`. `*Any, **Any` lets every such signature override.

    def output(self, *inputs: Any, **_: Any) -> Tensor:
        """The output's shape; the first input's where a layer does not say otherwise."""
        first: Tensor = inputs[0]
        return first

    def parameters(self, *inputs: Any, **_: Any) -> tuple[Parameter, ...]:
        """The tensors that the layer keeps."""
        return ()

    def work(self, *tensors: Any, **_: Any) -> Count:
        """The primitive operations; the output stands after the inputs."""
        return NOTHING

    def reach(self, *tensors: Any, **_: Any) -> tuple[Reach, ...] | None:
        """For each spatial axis the window of the input that an output reads; None where there is no fixed one."""
        return tuple(Reach() for _ in tensors[-1].spatial) if self.windowed else None

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        """An instance in the field's letters and its inputs, from which the rule page is derived.

        A size without a letter and without a default is a symbol of its field's name. Raises ShapeError where a field
        without a default is no size: such a layer says its general instance itself.
        """
        given: dict[str, Any] = {}
        for f in layer_fields(cls):
            if f.name in ranges(cls) and (f.name in LETTERS or f.default is MISSING):
                letter = LETTERS.get(f.name, f.name)
                given[f.name] = size_of(symbol(letter, FIELD.get(letter, "count"), cls.kind))
            elif f.default is MISSING:
                raise ShapeError(f"{cls.kind}: {f.name} has no default and is no size, so `general` has to be given")
        return cls(**given), tuple(image_of_symbols() for _ in range(cls.arity[0]))

    def __post_init__(self) -> None:
        cls = type(self)
        for name, limits in ranges(cls).items():
            value = getattr(self, name)
            if type(value) is int and value >= limits.least and not limits.shapes:
                continue
            if value is not None or getattr(cls, name, MISSING) is not None:
                object.__setattr__(self, name, converted(value, limits, f"{self.kind}: {name}"))
        for name, wanted in _plain(cls).items():
            value = getattr(self, name)
            if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
                raise ShapeError(f"{self.kind}: {name} = {value!r}: accepted is {_PLAIN[wanted]}")

    def field_sizes(self) -> Iterator[tuple[str, Size, Range]]:
        """Every size in the fields, with the name of its field and its range."""
        for name, limits in ranges(type(self)).items():
            for size in _flat(getattr(self, name)):
                yield name, size, limits

    def require_fields(self) -> None:
        """State that symbolic fields are in their range."""
        for name, size, limits in self.field_sizes():
            if isinstance(size, Extent) and size.integral and not limits.signed:
                require(at_least(size, limits.least), f"{name} of at least {limits.least}")

    def substitute(self, values: Mapping[Symbol, Size]) -> Layer:
        """The layer with sizes in place of symbols."""
        changed = {name: _mapped(getattr(self, name), values) for name in ranges(type(self))}
        given = {f.name: getattr(self, f.name) for f in layer_fields(type(self))}
        return type(self)(**{**given, **changed})


@dataclass(frozen=True)
class Reach:
    """An output at j reads the input's elements from stride·j − padding to stride·j − padding + size − 1.

    With a stride below 1 these bounds are fractions, and the elements are the whole numbers between them.
    """

    size: Size | Fraction = 1
    stride: Size | Fraction = 1
    padding: Size | Fraction = 0


def image_of_symbols(rank: int = 2) -> Tensor:
    """N×C_in×X², the input of the rule page."""
    return Tensor((s("N"), s("C_in"), *[s("X")] * rank))


def s(name: str) -> Extent:
    """One of the field's symbols as an extent."""
    return size_of(symbol(name))


def layer_fields(cls: type[Layer]) -> tuple[Any, ...]:
    """The dataclass fields of a layer class."""
    return fields(cls) if is_dataclass(cls) else ()


_RANGES: Final[dict[type[Layer], dict[str, Range]]] = {}


def ranges(cls: type[Layer]) -> dict[str, Range]:
    """The fields of sizes of a layer class, each with its range."""
    if cls not in _RANGES:
        hints = get_type_hints(cls, include_extras=True)
        found = {}
        for f in layer_fields(cls):
            for part in (hints[f.name], *get_args(hints[f.name])):
                limits = [m for m in getattr(part, "__metadata__", ()) if isinstance(m, Range)]
                if limits:
                    found[f.name] = limits[0]
        _RANGES[cls] = found
    return _RANGES[cls]


#: The fields that are no sizes, and what they take.
_PLAIN: Final[dict[type, str]] = {bool: "true or false", int: "a whole number", str: "a word"}


_PLAIN_FIELDS: Final[dict[type[Layer], dict[str, type]]] = {}


def _plain(cls: type[Layer]) -> dict[str, type]:
    if cls not in _PLAIN_FIELDS:
        hints = get_type_hints(cls)
        _PLAIN_FIELDS[cls] = {f.name: hints[f.name] for f in layer_fields(cls) if hints[f.name] in (bool, int, str)}
    return _PLAIN_FIELDS[cls]


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple):
        for v in value:
            yield from _flat(v)
    elif value is not None and not isinstance(value, str):
        yield value


def _mapped(value: Any, values: Mapping[Symbol, Size]) -> Any:
    if isinstance(value, tuple):
        return tuple(_mapped(v, values) for v in value)
    return substitute(value, values) if isinstance(value, Extent) else value


# -- the registry --------------------------------------------------------------------------------------------------

#: Every kind of layer by its name; filled when the layers are imported.
LAYERS: Final[dict[str, type[Layer]]] = {}

L = TypeVar("L", bound=Layer)


@dataclass_transform(frozen_default=True)
def layer(kind: str) -> Callable[[type[L]], type[L]]:
    """Make a class a frozen dataclass and register it under the name by which specs call it.

    Raises ShapeError where the name is taken by another class.
    """

    def register(cls: type[L]) -> type[L]:
        made = dataclass(frozen=True, repr=False)(cls)
        made.kind = kind
        setattr(made, "__repr__", _repr)  # noqa: B010  (a dataclass's own repr shows the defaults too)
        known = LAYERS.get(kind)
        if known is not None and (known.__module__, known.__qualname__) != (made.__module__, made.__qualname__):
            raise ShapeError(f"a layer called {kind} exists already, in {known.__module__}")
        LAYERS[kind] = made
        return made

    return register


def _repr(self: Layer) -> str:
    """`conv(channels=64, kernel=3)`: the fields that differ from their defaults."""
    shown = [
        f"{f.name}={getattr(self, f.name)!r}"
        for f in layer_fields(type(self))
        if f.default is MISSING or getattr(self, f.name) != f.default
    ]
    return f"{self.kind}({', '.join(shown)})"


def layer_class(kind: str) -> type[Layer]:
    """The layer of a kind.

    Raises ShapeError for an unknown one, with the nearest that is known.
    """
    if kind not in LAYERS:
        raise ShapeError(f"unknown layer {kind!r}. {near(kind, LAYERS) or 'Known are ' + ', '.join(sorted(LAYERS))}")
    return LAYERS[kind]
