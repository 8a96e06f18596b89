"""The fields of layers as pydantic models: what a spec may say of a layer, checked, read and described by one source.

The models are made from the layers' own dataclasses, so a new layer, a user's too, can be said in a spec at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING
from fractions import Fraction
from typing import Annotated, Any, Final, get_type_hints

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    create_model,
)
from pydantic_core import PydanticCustomError, PydanticUndefined

from symconv.errors import ExpressionError, ShapeError, near
from symconv.extent import Extent, Size
from symconv.layer import BUFFER, FROZEN, TRAINABLE, Layer, Parameter, layer_class, layer_fields, ranges
from symconv.ranges import Range
from symconv.readers.expression import is_name, parse, parse_rational
from symconv.readers.names import shown

#: What the names of a spec stand for.
Names = Mapping[str, Size | Fraction]

#: The way from a field to a part of its value.
Steps = tuple[int | str, ...]

#: What a tensor that a layer keeps may be.
KINDS: Final = (TRAINABLE, FROZEN, BUFFER)

#: What every layer of a spec may say besides its own fields.
COMMON: Final = ("name", "from", "shares", "training", "parameters", "times")


def _stated(value: Any, info: ValidationInfo) -> Any:
    """The tensors that a layer is said to keep: a shape, or a map of a shape and a kind, by name."""
    if value is None:
        return None
    if not isinstance(value, dict):
        words = "{shown}, where a map of names to shapes is accepted"
        raise PydanticCustomError("size", words, {"shown": shown(value), "steps": ()})
    names = (info.context or {}).get("names", {})
    return tuple(_parameter(name, given, names) for name, given in value.items())


def _parameter(name: str, given: Any, names: Names) -> Parameter:
    about = given if isinstance(given, dict) else {"shape": given}
    shape, kind, active = about.get("shape"), about.get("kind", TRAINABLE), about.get("active")
    wrong = [key for key in about if key not in ("shape", "kind", "active")]
    if wrong or not isinstance(shape, list) or kind not in KINDS:
        words = "{shown}, where a shape is accepted, or a map of shape, kind ({kinds}) and active"
        about_it = {"shown": f"{shown(name)}: {shown(given)}", "kinds": ", ".join(KINDS), "steps": (name,)}
        raise PydanticCustomError("size", words, about_it)
    steps = (name, "shape") if isinstance(given, dict) else (name,)
    sizes = tuple(_one(size, Range(0), names, steps=(*steps, i)) for i, size in enumerate(shape))
    return Parameter(name, sizes, kind, None if active is None else _one(active, Range(0), names, steps=steps))


def _times(value: Any, info: ValidationInfo) -> Any:
    return _one(value, Range(0), (info.context or {}).get("names", {}))


_SIZE_SCHEMA: Final[dict[str, Any]] = {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string"}]}
_SHAPE_SCHEMA: Final[dict[str, Any]] = {"type": "array", "items": _SIZE_SCHEMA}
_STATED_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": {
        "anyOf": [
            _SHAPE_SCHEMA,
            {
                "type": "object",
                "properties": {"shape": _SHAPE_SCHEMA, "kind": {"enum": list(KINDS)}, "active": _SIZE_SCHEMA},
                "required": ["shape"],
                "additionalProperties": False,
            },
        ]
    },
}
Stated = Annotated[Any, BeforeValidator(_stated), WithJsonSchema(_STATED_SCHEMA)]
Times = Annotated[Any, BeforeValidator(_times), WithJsonSchema(_SIZE_SCHEMA)]


class Entry(BaseModel):
    """What every layer of a spec may say: its name, the layers it stands behind, the layer whose weights it shares."""

    model_config = ConfigDict(extra="forbid", strict=True, protected_namespaces=())

    name: str | None = Field(None, description="the layer's name; kind and number where it is not given")
    from_: str | list[str] | None = Field(
        None, alias="from", description="the layers that it stands behind; the one before it where it is not given"
    )
    shares: str | None = Field(None, description="the layer whose weights this one uses too")
    training: bool = Field(False, description="it works in training only: inference does none of its work")
    parameters: Stated = Field(None, description="the tensors that it keeps, by name, in place of its rule's")
    times: Times = Field(1, description="how often it runs")


_MODELS: Final[dict[type[Layer], type[Entry]]] = {}


def model_of(cls: type[Layer]) -> type[Entry]:
    """The pydantic model of a layer's fields."""
    if cls not in _MODELS:
        _MODELS[cls] = _made(cls)
    return _MODELS[cls]


def _made(cls: type[Layer]) -> type[Entry]:
    hints = get_type_hints(cls)
    limits = ranges(cls)
    fields: dict[str, Any] = {}
    for f in layer_fields(cls):
        annotation = (
            size_type(limits[f.name], optional=f.default is None) if f.name in limits else _plain(hints[f.name])
        )
        default = PydanticUndefined if f.default is MISSING else f.default
        fields[_inner(f.name)] = (annotation, Field(default, alias=f.name))
    summary = (cls.__doc__ or cls.__name__).splitlines()[0]
    return create_model(cls.__name__, __base__=Entry, __doc__=summary, **fields)


def _inner(name: str) -> str:
    """The name inside the model, which has attributes of its own; a spec says the alias."""
    return f"field_{name}"


def _plain(hint: Any) -> Any:
    return Annotated[float, BeforeValidator(_float)] if hint is float else hint


def _float(value: Any) -> Any:
    return float(value) if isinstance(value, Fraction | int) and not isinstance(value, bool) else value


def first_field(cls: type[Layer]) -> str | None:
    """The field that `conv: 64` or `linear: 10` gives, or None of a layer without fields."""
    fields = layer_fields(cls)
    return fields[0].name if fields else None


def size_type(limits: Range, optional: bool = False) -> Any:
    """The pydantic type of a field of sizes: numbers in its range, or expressions in the spec's symbols."""

    def read(value: Any, info: ValidationInfo) -> Any:
        if value is None and optional:
            return None
        return _read(value, limits, (info.context or {}).get("names", {}))

    return Annotated[Any, BeforeValidator(read), WithJsonSchema(_schema(limits, optional))]


def _schema(limits: Range, optional: bool) -> dict[str, Any]:
    least = {} if limits.signed else {"minimum": limits.least}
    number = {"type": "number", "exclusiveMinimum": 0} if limits.rational else {"type": "integer", **least}
    one: list[dict[str, Any]] = [number, {"type": "string", "description": "an expression in the spec's symbols"}]
    absent = [{"type": "null"}] if optional else []
    if limits.shapes:
        extents = {"type": "array", "items": {"anyOf": one}}
        return {"anyOf": [extents, {"type": "array", "items": extents}, *absent]}
    if not limits.per_axis:
        return {"anyOf": [*one, *absent]}
    pair = [{"type": "array", "items": {"anyOf": one}, "minItems": 2, "maxItems": 2}] if limits.pairs else []
    words = [{"enum": list(limits.words)}] if limits.words else []
    axes = {"type": "array", "items": {"anyOf": [*one, *pair]}, "minItems": 1}
    return {"anyOf": [*words, *one, axes, *absent]}


def _read(value: Any, limits: Range, names: Names) -> Any:
    if isinstance(value, str) and value in limits.words:
        return value
    if limits.shapes and isinstance(value, list):
        return tuple(_shape(v, limits, names, (i,)) for i, v in enumerate(value))
    whole = [*limits.words, *(["a list with one for each axis"] if limits.per_axis else [])]
    if isinstance(value, list) and limits.per_axis and value:
        return tuple(_axis(v, limits, names, (i,)) for i, v in enumerate(value))
    return _one(value, limits, names, whole)


def _shape(value: Any, limits: Range, names: Names, steps: Steps) -> Any:
    if isinstance(value, list):
        return tuple(_shape(v, limits, names, (*steps, i)) for i, v in enumerate(value))
    return _one(value, limits, names, ["a list of extents"], steps)


def _axis(value: Any, limits: Range, names: Names, steps: Steps) -> Any:
    if isinstance(value, list) and limits.pairs and len(value) == 2:
        return tuple(_one(v, limits, names, steps=(*steps, i)) for i, v in enumerate(value))
    return _one(value, limits, names, ["[begin, end]"] if limits.pairs else [], steps)


def _one(value: Any, limits: Range, names: Names, besides: list[str] | None = None, steps: Steps = ()) -> Any:
    """One size, at the steps inside its field; `besides` says what else is accepted in its place."""
    given = value
    if isinstance(value, str):
        value = expression(value, names, limits, steps)
    if isinstance(value, Extent):
        if value.integral or limits.rational:
            return value
        words = "{shown} is not always a whole number: take the floor of it, floor(…)"
        raise PydanticCustomError("size", words, {"shown": shown(given), "steps": steps})
    if isinstance(value, Fraction) and value.denominator == 1:
        value = int(value)
    number = not isinstance(value, bool) and isinstance(value, int | Fraction if limits.rational else int)
    if not number or (value <= 0 if limits.rational else value < limits.least and not limits.signed):
        raise _refused(given, limits, besides or [], steps)
    return value


def expression(text: str, names: Names, limits: Range | None = None, steps: Steps = ()) -> Size | Fraction:
    """An expression in a spec.

    Raises pydantic's own error, with its place and a hint in the context, for anything that is not arithmetic on the
    names.
    """
    try:
        return parse_rational(text, names) if limits is not None and limits.rational else parse(text, names)
    except ExpressionError as error:
        hint = near(text, limits.words) if limits is not None and is_name(text) else ""
        context = {"said": str(error), "column": error.column, "hint": hint, "steps": steps}
        raise PydanticCustomError("expression", "{said}", context) from None


def _refused(value: Any, limits: Range, besides: list[str], steps: Steps) -> PydanticCustomError:
    if limits.rational:
        number = "a positive number"
    else:
        number = "a whole number" if limits.signed else f"a whole number from {limits.least} on"
    *most, last = [number, "an expression", *besides]
    context = {"shown": shown(value), "accepted": f"{', '.join(most)} or {last}", "steps": steps}
    return PydanticCustomError("size", "{shown}, where {accepted} is accepted", context)


def layer_of(kind: str, given: Mapping[str, Any], names: Names) -> tuple[Layer, Entry]:
    """The layer that a spec describes, and what it says of its place.

    Raises pydantic's ValidationError with every field that is wrong, ShapeError for an unknown kind or fields that do
    not go together.
    """
    cls = layer_class(kind)
    entry = model_of(cls).model_validate(given, context={"names": names})
    return cls(**{f.name: getattr(entry, _inner(f.name)) for f in layer_fields(cls)}), entry


def field_value(cls: type[Layer], name: str, value: Any, names: Names) -> Any:
    """What a value stands for in one field of a layer, as a spec would say it.

    Raises ShapeError for a field that the layer does not have, and for a value that the field cannot have.
    """
    known = {f.name: f for f in layer_fields(cls)}
    if name not in known:
        listed, hint = ", ".join(known) or "none", near(name, known)
        raise ShapeError(f"{cls.__name__} has no field {name}: its fields are {listed}{hint and f'. {hint}'}")
    limits = ranges(cls)
    try:
        if name in limits:
            return None if value is None and known[name].default is None else _read(value, limits[name], names)
        return TypeAdapter(_plain(get_type_hints(cls)[name])).validate_python(value, strict=True)
    except PydanticCustomError as error:
        raise ShapeError(f"{name}={shown(value)}: {error.message()}") from None
    except ValidationError as error:
        raise ShapeError(f"{name}={shown(value)}: {error.errors()[0]['msg']}") from None
