"""What a spec may say, as pydantic models: one source for reading it, for what is wrong with it, and for its JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from symconv.errors import Fault, SpecError, near
from symconv.layer import LAYERS
from symconv.readers.document import Document
from symconv.readers.fields import first_field, model_of
from symconv.symbols import ROLES

#: A place in a file: keys and positions from the top.
Place = tuple[str | int, ...]

#: Layers: words of the paper's notation, or one kind with its fields.
Items = list[str | dict[str, Any]]
Role = Literal[
    "extent",
    "batch",
    "sequence",
    "kernel",
    "stride",
    "dilation",
    "groups",
    "channels",
    "count",
    "padding",
    "multiplier",
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Hidden(_Model):
    """The layers that the paper's notation does not show."""

    conv: Items = Field(default=[], description="after each conv<K>-<C>")
    FC: Items = Field(default=[], description="after each FC-<C> but the last")


class Variant(_Model):
    """A network of the family."""

    description: str | None = None
    column: str | None = Field(None, description="the column of the table; the variant's own name where not given")
    head: Items | None = Field(None, description="in place of the table's rows from the first FC on")
    hidden: Hidden | None = Field(None, description="in place of the spec's")
    set: dict[str, int | str] = Field(default={}, description="numbers or expressions in place of the spec's symbols")
    published: dict[str, Any] = Field(default={}, description="figures that others published, with their source")


class SpecModel(_Model):
    """An architecture: its input, its symbols, and its layers as a list or as the paper's table."""

    name: str | None = None
    description: str | None = None
    paper: str | dict[str, Any] | None = Field(None, description="where the architecture was published")
    input: list[int | str] | None = Field(None, description="the input's shape: batch, channels, extents")
    inputs: dict[str, list[int | str]] | None = Field(None, description="several inputs by name")
    symbols: dict[str, Role] = Field(default={}, description="the spec's own symbols and what they stand for")
    usual: dict[str, int] = Field(default={}, description="the values at which figures are usually given")
    layers: Items | None = Field(None, description="the layers in order")
    table: str | None = Field(None, description="a network a column in the paper's notation, cells apart by |")
    hidden: Hidden = Hidden()
    published: dict[str, Any] = Field(default={}, description="figures that others published, with their source")
    variants: dict[str, Variant] = Field(default={}, description="the networks of the family by name")


def schema() -> dict[str, Any]:
    """The JSON Schema of a spec, made from the models that read it, for editors to complete and check by."""
    root = SpecModel.model_json_schema(by_alias=True)
    definitions = root.setdefault("$defs", {})
    choices: list[dict[str, Any]] = [
        {"type": "string", "description": "a word of the paper's notation, or a layer without fields"},
        {
            "type": "object",
            "properties": {"stage": {"type": "string"}, "layers": {"$ref": "#/$defs/Layers"}},
            "required": ["stage", "layers"],
            "additionalProperties": False,
        },
    ]
    for kind, cls in sorted(LAYERS.items()):
        own = model_of(cls).model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
        definitions.update(own.pop("$defs", {}))
        definitions[kind] = own
        first = first_field(cls)
        short = [own["properties"][first]] if first else []
        fields = {"anyOf": [{"$ref": f"#/$defs/{kind}"}, {"type": "null"}, *short]}
        choices.append(
            {"type": "object", "properties": {kind: fields}, "required": [kind], "additionalProperties": False}
        )
    definitions["Layers"] = {"type": "array", "items": {"anyOf": choices}}
    for model, names in (("root", ("layers",)), ("Hidden", ("conv", "FC")), ("Variant", ("head",))):
        properties = root["properties"] if model == "root" else definitions[model]["properties"]
        for name in names:
            about = properties[name].get("description", "")
            properties[name] = {"$ref": "#/$defs/Layers", "description": about}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "symconv spec", **root}


# -- what is wrong with a file -------------------------------------------------------------------------------------


def validated(document: Document) -> SpecModel:
    """The spec that a document holds.

    Raises SpecError with everything that is wrong with its form.
    """
    if not isinstance(document.data, dict):
        raise SpecError([fault_at(document, (), "a spec is a map with input and layers (or a table)")])
    faults: list[Fault] = []
    model = None
    try:
        model = SpecModel.model_validate(document.data)
    except ValidationError as error:
        faults += faults_of(document, (), error, SpecModel)
    data = document.data
    if ("input" in data) == ("inputs" in data):
        faults.append(fault_at(document, (), "a spec has either input or inputs", hint="such as input: [N, 3, X, X]"))
    if ("layers" in data) == ("table" in data):
        faults.append(fault_at(document, (), "a spec has either layers or a table"))
    symbols = data.get("symbols")
    for name in symbols if isinstance(symbols, dict) else ():
        if not name.isidentifier():
            faults.append(fault_at(document, ("symbols", name), f"{name!r} is no name for a symbol"))
    if faults or model is None:
        raise SpecError(faults)
    return model


def fault_at(
    document: Document,
    path: Place,
    message: str,
    offset: tuple[int, int] | None = None,
    hint: str = "",
    key: bool = False,
) -> Fault:
    """A fault at a place of a document: at the value, its key, or a line and column (from 0) of its text."""
    place = document.key_position(path) if key else document.position(path)
    if offset is not None:
        place = document.block_position(path, *offset)
    return Fault(message.rstrip(), document.file, *place, hint=hint)


def faults_of(document: Document, base: Place, error: ValidationError, model: type[BaseModel]) -> Iterator[Fault]:
    """pydantic's findings in the words of the spec's reader."""
    seen = set()
    for found in error.errors(include_url=False):
        path = _path_in(document, (*base, *(p for p in found["loc"])))
        if path in seen and found["type"] not in ("missing", "extra_forbidden"):
            continue  # one fault a place: a union reports every alternative
        seen.add(path)
        name, context = str(found["loc"][-1]) if found["loc"] else "", found.get("ctx") or {}
        if found["type"] == "extra_forbidden":
            known = _known(model, found["loc"])
            hint = near(name, known) or f"accepted are {', '.join(known)}"
            yield fault_at(document, path, f"unknown field {name}", hint=hint, key=True)
        elif found["type"] == "missing":
            yield fault_at(document, path, f"the field {name} is missing")
        elif found["type"] == "expression":
            column = int(context["column"]) - 1
            yield fault_at(document, path, f"{name}: {context['said']}", (0, column))
        elif found["type"] == "literal_error":
            accepted = str(context.get("expected", ""))
            value = str(found["input"])
            yield fault_at(
                document, path, f"{name} = {value}: accepted are {accepted}", hint=near(value, accepted.split("'"))
            )
        else:
            message = found["msg"] if found["type"] == "size" else _plainly(found)
            yield fault_at(document, path, f"{name}: {message}")


def _plainly(found: Mapping[str, Any]) -> str:
    wanted = found["msg"].removeprefix("Input should be ")
    return f"{wanted} is wanted, and this is {str(found['input'])[:60]!r}"


def _path_in(document: Document, path: Place) -> Place:
    """The part of pydantic's path that the file has: it also names the alternatives of a union."""
    out: list[str | int] = []
    data: Any = document.data
    for step in path:
        if isinstance(data, dict) and step in data:
            data = data[step]
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            continue
        out.append(step)
    return tuple(out)


def _known(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """The fields that stand beside the one at `loc`."""
    for step in loc[:-1]:
        inner = model.model_fields.get(str(step))
        for candidate in (Hidden, Variant):
            if inner is not None and candidate.__name__ in str(inner.annotation):
                model = candidate
    return [f.alias or name for name, f in model.model_fields.items()]


assert set(ROLES) == set(get_args(Role)), "the roles of a spec are those of symconv.symbols"
