"""The fields of layers as pydantic models: what a spec may say of a layer, checked, read and described by one source.

The models are made from the layers' own dataclasses, so a new layer, a user's too, can be said in a spec at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING
from fractions import Fraction
from typing import Annotated, Any, Final, get_type_hints

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema, create_model
from pydantic_core import PydanticCustomError, PydanticUndefined

from symconv.errors import ExpressionError
from symconv.extent import Size
from symconv.layer import Layer, Range, layer_class, layer_fields, ranges
from symconv.readers.expression import parse, parse_rational

#: What every layer of a spec may say besides its own fields.
COMMON: Final = ("name", "from", "shares")


class Entry(BaseModel):
    """What every layer of a spec may say: its name, the layers it stands behind, the layer whose weights it shares."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str | None = Field(None, description="the layer's name; kind and number where it is not given")
    from_: str | list[str] | None = Field(
        None, alias="from", description="the layers that it stands behind; the one before it where it is not given"
    )
    shares: str | None = Field(None, description="the layer whose weights this one uses too")


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
        annotation = size_type(limits[f.name]) if f.name in limits else _plain(hints[f.name])
        required = f.default is MISSING
        fields[f.name] = (annotation, PydanticUndefined if required else f.default)
    summary = (cls.__doc__ or cls.__name__).splitlines()[0]
    return create_model(cls.__name__, __base__=Entry, __doc__=summary, **fields)


def _plain(hint: Any) -> Any:
    return (
        Annotated[float, BeforeValidator(lambda v: float(v) if isinstance(v, Fraction | int) else v)]
        if (hint is float)
        else hint
    )


def first_field(cls: type[Layer]) -> str | None:
    """The field that `conv: 64` or `linear: 10` gives, or None of a layer without fields."""
    fields = layer_fields(cls)
    return fields[0].name if fields else None


def size_type(limits: Range) -> Any:
    """The pydantic type of a field of sizes: numbers in its range, or expressions in the spec's symbols."""

    def read(value: Any, info: ValidationInfo) -> Any:
        return None if value is None else _read(value, limits, (info.context or {}).get("names", {}))

    return Annotated[Any, BeforeValidator(read), WithJsonSchema(_schema(limits))]


def _schema(limits: Range) -> dict[str, Any]:
    number = (
        {"type": "number", "exclusiveMinimum": 0} if limits.rational else {"type": "integer", "minimum": limits.least}
    )
    one: list[dict[str, Any]] = [number, {"type": "string", "description": "an expression in the spec's symbols"}]
    if not limits.per_axis:
        return {"anyOf": one}
    pair = [{"type": "array", "items": {"anyOf": one}, "minItems": 2, "maxItems": 2}] if limits.pairs else []
    words = [{"enum": list(limits.words)}] if limits.words else []
    return {"anyOf": [*words, *one, {"type": "array", "items": {"anyOf": [*one, *pair]}, "minItems": 1}]}


def _read(value: Any, limits: Range, names: Mapping[str, Size]) -> Any:
    if isinstance(value, list) and limits.per_axis:
        return tuple(_axis(v, limits, names) for v in value)
    return _one(value, limits, names)


def _axis(value: Any, limits: Range, names: Mapping[str, Size]) -> Any:
    if isinstance(value, list) and limits.pairs and len(value) == 2:
        return tuple(_one(v, limits, names) for v in value)
    return _one(value, limits, names)


def _one(value: Any, limits: Range, names: Mapping[str, Size]) -> Any:
    if isinstance(value, str):
        if value in limits.words:
            return value
        value = expression(value, names, limits.rational)
    if isinstance(value, bool) or isinstance(value, list | dict) or value is None:
        raise _refused(value, limits)
    if isinstance(value, Fraction) and value.denominator == 1:
        value = int(value)
    if isinstance(value, Fraction) and (not limits.rational or value <= 0):
        raise _refused(value, limits)
    if isinstance(value, int) and value < limits.least:
        raise _refused(value, limits)
    return value


def expression(text: str, names: Mapping[str, Size], rational: bool = False) -> Size | Fraction:
    """An expression in a spec.

    Raises pydantic's own error, with the column in its context, for anything that is not arithmetic on the names.
    """
    try:
        return parse_rational(text, names) if rational else parse(text, names)
    except ExpressionError as error:
        context = {"said": str(error), "column": error.column}
        raise PydanticCustomError("expression", "{said}", context) from None


def _refused(value: Any, limits: Range) -> PydanticCustomError:
    words = "".join(f", {w}" for w in limits.words)
    lists = ", or a list with one for each axis" if limits.per_axis else ""
    number = "a positive number" if limits.rational else f"a whole number from {limits.least} on"
    shown = {True: "true", False: "false", None: "nothing"}[value] if isinstance(value, bool | None) else value
    accepted = f"{number}, an expression{words}{lists}"
    return PydanticCustomError(
        "size", "{shown} where {accepted} is accepted", {"shown": str(shown), "accepted": accepted}
    )


def layer_of(kind: str, given: Mapping[str, Any], names: Mapping[str, Size]) -> tuple[Layer, Entry]:
    """The layer that a spec describes, and what it says of its place.

    Raises pydantic's ValidationError with every field that is wrong, ShapeError for an unknown kind or fields that do
    not go together.
    """
    cls = layer_class(kind)
    entry = model_of(cls).model_validate(given, context={"names": names})
    return cls(**{f.name: getattr(entry, f.name) for f in layer_fields(cls)}), entry
