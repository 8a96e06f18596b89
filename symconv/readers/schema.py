"""What a spec may say, as pydantic models: one source for reading it, for its faults, and for its JSON Schema."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from symconv.errors import near
from symconv.layer import LAYERS
from symconv.readers.document import Document
from symconv.readers.expression import FUNCTIONS, NAME_LENGTH, is_name
from symconv.readers.faults import Faults, Place, faults_of
from symconv.readers.fields import first_field, model_of
from symconv.readers.names import plainly, refusal, shown
from symconv.symbols import ROLES

#: Layers: words of the paper's notation, or one kind with its fields; each is looked at where it is built.
Items = list[Any]
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


def _setting(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | Fraction | str):
        words = "{shown}, where a number or an expression is accepted"
        raise PydanticCustomError("setting", words, {"shown": shown(value)})
    return value


_SETTING_SCHEMA: Final = {"anyOf": [{"type": "number"}, {"type": "string"}]}
Setting = Annotated[Any, BeforeValidator(_setting), WithJsonSchema(_SETTING_SCHEMA)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Hidden(_Model):
    """The layers that the paper's notation does not show."""

    conv: Items = Field(default=[], description="after each conv<K>-<C>")
    FC: Items = Field(default=[], description="after each FC-<C> but the last")


def _argument(value: Any) -> Any:
    if value is not None and not isinstance(value, bool | int | Fraction | str | list):
        words = "{shown}, where a number, an expression, true, false or layers are accepted"
        raise PydanticCustomError("argument", words, {"shown": shown(value)})
    return value


_ARGUMENT_SCHEMA: Final = {"anyOf": [{"type": kind} for kind in ("number", "string", "boolean", "null", "array")]}
Argument = Annotated[Any, BeforeValidator(_argument), WithJsonSchema(_ARGUMENT_SCHEMA)]


class Block(_Model):
    """Layers with arguments, which are called by the block's name as a layer is."""

    description: str | None = None
    with_: dict[str, Argument] = Field(
        default={}, alias="with", description="its arguments with their defaults; one without a default must be given"
    )
    input: list[int | str] | None = Field(
        None, description="names for the extents of what comes in, [N, C, H, W]; _ for one without a name"
    )
    inputs: dict[str, list[int | str]] | None = Field(None, description="several inputs by name")
    let: dict[str, Setting] = Field(default={}, description="integers derived from the arguments, by name")
    layers: Items = Field(description="the layers in order; `input` is what comes in")


class Variant(_Model):
    """A network of the family."""

    description: str | None = None
    column: str | None = Field(None, description="the column of the table; the variant's own name where not given")
    head: Items | None = Field(None, description="in place of the table's rows from the first FC on")
    hidden: Hidden | None = Field(None, description="in place of the spec's")
    set: dict[str, Argument] = Field(
        default={}, description="numbers or expressions in place of the spec's symbols and arguments"
    )
    usual: dict[str, int] = Field(default={}, description="in place of the spec's usual values, each by itself")
    published: dict[str, Any] = Field(default={}, description="figures that others published, with their source")


class SpecModel(_Model):
    """An architecture: its input, its symbols, and its layers as a list or as the paper's table."""

    name: str | None = None
    description: str | None = None
    paper: str | dict[str, Any] | None = Field(None, description="where the architecture was published")
    input: list[int | str] | None = Field(None, description="the input's shape: batch, channels, extents")
    inputs: dict[str, list[int | str]] | None = Field(None, description="several inputs by name")
    symbols: dict[str, Role] = Field(default={}, description="the spec's own symbols and what they stand for")
    with_: dict[str, Argument] = Field(
        default={}, alias="with", description="what variants may set besides symbols: flags, numbers, layers"
    )
    let: dict[str, Setting] = Field(default={}, description="integers derived from the symbols, by name")
    blocks: dict[str, Block] = Field(default={}, description="layers with arguments, called by name as a layer is")
    usual: dict[str, int] = Field(default={}, description="the values at which figures are usually given")
    layers: Items | None = Field(None, description="the layers in order")
    output: str | None = Field(None, description="the layer that the network ends with, where it is not the last one")
    table: str | None = Field(None, description="a network a column in the paper's notation, cells apart by |")
    hidden: Hidden = Hidden()
    published: dict[str, Any] = Field(default={}, description="figures that others published, with their source")
    claims: list[str] = Field(default=[], description="comparisons of figures, such as params(linear) > params(conv)")
    variants: dict[str, Variant] = Field(default={}, description="the networks of the family by name")


#: What a call of a block may say besides the block's arguments.
CALL: Final = frozenset(("name", "from", "repeat", "first", "round", "tied", "training"))

#: The keys of the entries of a list of layers that are no layers.
ENTRIES: Final = ("stage", "repeat", "branches", "when", "layers", "require")

#: Of each pair a spec has one.
EITHER: Final = (("input", "inputs", "such as input: [N, 3, X, X]"), ("layers", "table", "such as layers: [conv3-64]"))


def schema() -> dict[str, Any]:
    """The JSON Schema of a spec, made from the models that read it, for editors to complete and check by."""
    root = SpecModel.model_json_schema(by_alias=True)
    definitions = root.setdefault("$defs", {})
    kinds = []
    for kind, cls in sorted(LAYERS.items()):
        own = model_of(cls).model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
        definitions.update(own.pop("$defs", {}))
        definitions[kind] = own
        first = first_field(cls)
        short = [own["properties"][first]] if first else []
        fields = {"anyOf": [{"$ref": f"#/$defs/{kind}"}, {"type": "null"}, *short]}
        kinds.append(
            {"type": "object", "properties": {kind: fields}, "required": [kind], "additionalProperties": False}
        )
    definitions["Layers"] = _layers("Layers", kinds)
    definitions["Called"] = _layers("Called", [_CALLED])
    placed = (("Hidden", ("conv", "FC")), ("Variant", ("head",)), ("Block", ("layers",)))
    for model, names in placed:
        properties = definitions[model]["properties"]
        for name in names:
            about = properties[name].get("description", "")
            properties[name] = {"$ref": f"#/$defs/{'Called' if model == 'Block' else 'Layers'}", "description": about}
    root["properties"]["layers"] = {"type": "array", "description": root["properties"]["layers"]["description"]}
    own_names = {"anyOf": [{"required": ["blocks"]}, {"required": ["with"]}]}
    lists: list[dict[str, Any]] = [{"properties": {"layers": {"$ref": f"#/$defs/{n}"}}} for n in ("Called", "Layers")]
    setting = {"properties": {"set": {"additionalProperties": _SETTING_SCHEMA}}}
    lists[1]["properties"]["variants"] = {"additionalProperties": setting}
    either: list[dict[str, Any]] = [{"oneOf": [{"required": [a]}, {"required": [b]}]} for a, b, _ in EITHER]
    root["allOf"] = [*either, {"if": own_names, "then": lists[0], "else": lists[1]}]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "symconv spec", **root}


#: A layer or a block whose fields may be arguments, in a spec that has some.
_CALLED: Final = {
    "type": "object",
    "description": "a layer, or a block of the spec with its arguments",
    "minProperties": 1,
    "maxProperties": 1,
    "propertyNames": {"not": {"enum": list(ENTRIES)}},
}


def _layers(name: str, kinds: list[dict[str, Any]]) -> dict[str, Any]:
    """A list of layers: what every such list may have, and these kinds."""
    text, flag = {"type": "string"}, {"anyOf": [{"type": "boolean"}, {"type": "string"}]}
    layers = {"$ref": f"#/$defs/{name}"}
    count = {"anyOf": [{"type": "integer", "minimum": 1}, text]}
    common = {"from": text, "training": flag}
    rounds = {"repeat": count, "first": layers, "round": text, "tied": flag}
    repeated = {**rounds, "stage": text, "layers": layers, **common}
    branches = {
        "branches": {"type": "object", "minProperties": 2, "additionalProperties": layers},
        "join": {"anyOf": [text, {"type": "object", "minProperties": 1, "maxProperties": 1}]},
        "name": text,
        **common,
    }
    choices = [
        {"type": "string", "description": "a word of the paper's notation, or a layer without fields"},
        _entry("a stage", {"stage": text, "layers": layers, **common}, "stage", "layers"),
        _entry("layers, taken several times", repeated, "repeat", "layers"),
        _entry("lists of layers behind one layer, and what joins them", branches, "branches"),
        _entry("what must hold of sizes", {"require": {"anyOf": [text, {"type": "array", "items": text}]}}, "require"),
        _entry("layers on a condition", {"when": flag, "layers": layers, "else": layers}, "when", "layers"),
        *kinds,
    ]
    return {"type": "array", "items": {"anyOf": choices}}


def _entry(description: str, properties: dict[str, Any], *required: str) -> dict[str, Any]:
    """An entry of a list of layers that is no layer."""
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


# -- what is wrong with the form -----------------------------------------------------------------------------------


def validated(document: Document, faults: Faults) -> SpecModel | None:
    """The spec that a document holds, and into `faults` all that is wrong with its form.

    Where that is outside of what layers are built from, the rest is read all the same; else None.
    """
    data = document.data
    if not isinstance(data, dict):
        faults.add((), "a spec is a map with input and layers (or a table)", hint=EITHER[0][2])
        return None
    broken: set[str] = set()
    model = None
    try:
        model = SpecModel.model_validate(data)
    except ValidationError as error:
        faults.take(faults_of(document, (), error, SpecModel))
        broken = {str(found["loc"][0]) for found in error.errors(include_url=False)}
    known = _either(data, broken, faults)
    _names(data, faults)
    if (
        model is None
        and known
        and not broken & {"input", "inputs", "symbols", "with", "let", "blocks", "layers", "table"}
    ):
        model = SpecModel.model_validate({key: value for key, value in data.items() if key not in broken})
    return model if known else None


def _either(data: dict[str, Any], broken: set[str], faults: Faults) -> bool:
    """Whether a spec has one of each pair."""
    complete = True
    for one, other, example in EITHER:
        there = [key for key in (one, other) if key in data]
        if len(there) == 2:
            faults.add((other,), f"{one} and {other}, where one of the two is accepted", key=True)
        elif there and data[there[0]] is None:
            faults.add((there[0],), f"{there[0]} is empty", hint=example, key=True)
        elif not there and not any(near(key, (one, other)) for key in broken - SpecModel.model_fields.keys()):
            faults.add((), f"{one} or {other} is missing", hint=example)
        elif there:
            continue
        complete = False
    return complete


def _names(data: dict[str, Any], faults: Faults) -> None:
    """Names that are none, and what a variant cannot say."""
    name = data.get("name")
    if isinstance(name, str) and refusal(name):
        faults.add(("name",), refusal(name))
    for place in ("inputs", "variants"):
        for name in _map(data, place):
            if refusal(name):
                faults.add((place, name), refusal(name), key=True)
    for named in _named(data):
        for name in _at(data, named):
            if why := _no_symbol(name):
                faults.add((*named, name), why, key=True)
    for name, block in _map(data, "blocks").items():
        if why := _no_block(name):
            faults.add(("blocks", name), why, key=True)
        for key in CALL.intersection(_map(block, "with") if isinstance(block, dict) else ()):
            said = f"{key} is what every call of a block may say, and cannot name an argument too"
            faults.add(("blocks", name, "with", key), said, key=True)
        if isinstance(block, dict) and "input" in block and "inputs" in block:
            faults.add(("blocks", name, "inputs"), "input and inputs, where one of the two is accepted", key=True)
    for name, variant in _map(data, "variants").items():
        for key, value in _map(variant, "set").items() if isinstance(variant, dict) else ():
            if isinstance(value, bool | list) and key not in _map(data, "with"):
                said = f"{plainly(key)}: {shown(value)}, where a number or an expression is accepted"
                faults.add(("variants", name, "set", key), said)
    if "table" not in data:
        for name, variant in _map(data, "variants").items():
            for key in ("column", "head"):
                if isinstance(variant, dict) and variant.get(key) is not None:
                    path: Place = ("variants", name, key)
                    faults.add(path, f"{key} speaks of a table, and this spec has none", key=True)


def _map(data: dict[str, Any], key: str) -> dict[str, Any]:
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def _named(data: dict[str, Any]) -> list[Place]:
    """Where a spec gives names that expressions use."""
    inside = [("blocks", name) for name, block in _map(data, "blocks").items() if isinstance(block, dict)]
    return [("symbols",), ("with",), ("let",), *((*place, key) for place in inside for key in ("with", "let"))]


def _at(data: dict[str, Any], place: Place) -> dict[str, Any]:
    for key in place:
        data = _map(data, str(key))
    return data


def _no_block(name: str) -> str:
    if name in LAYERS:
        return f"{name} is a layer, and cannot name a block too"
    if name in ENTRIES:
        return f"{name} is a key of the lists of layers, and cannot name a block too"
    return refusal(name)


def _no_symbol(name: str) -> str:
    if name in FUNCTIONS:
        return f"{name} is a function of expressions, and cannot name a symbol too"
    if len(name) > NAME_LENGTH:
        return f"a symbol of {len(name):,} characters, where at most {NAME_LENGTH} are accepted"
    wanted = "a letter, then letters, digits and _ are accepted"
    return "" if is_name(name) else f"{plainly(name)} is no name for a symbol: {wanted}"


assert set(ROLES) == set(get_args(Role)), "the roles of a spec are those of symconv.symbols"
