"""What is wrong with a file, in the words of its reader: where, what was found, what would be accepted, a near miss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from symconv.errors import Fault, SpecError, near
from symconv.readers.document import MAX_FAULTS, Document
from symconv.readers.names import nearest, plainly, shown

#: A place in a file: keys and positions from the top.
Place = tuple[str | int, ...]

#: A line and a column, from 0, inside the text at a place.
Offset = tuple[int, int]

#: The characters of a message at most: sizes in it may be long formulas.
MAX_MESSAGE: Final = 600

#: What pydantic wants, in the words of a file.
_WANTED: Final = {
    "string_type": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a map",
    "model_type": "a map",
    "model_attributes_type": "a map",
    "list_type": "a list",
}


#: What a text is, in a field that does not take any.
_TEXT: Final = {
    "input": "an expression in symbols",
    "inputs": "an expression in symbols",
    "name": "a name",
    "from": "the name of a layer",
    "shares": "the name of a layer",
    "column": "the name of a column",
}


class Faults:
    """The faults of one file, found one by one; reading ends when there are very many."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.found: dict[Fault, None] = {}
        #: The blocks that are being built, the outermost first, with the places where they are called.
        self.chain: list[tuple[str, Place]] = []
        self._said: set[tuple[str, int, int]] = set()

    @contextmanager
    def inside(self, called: str, path: Place) -> Iterator[None]:
        """While this is entered, what is wrong is so inside of a block that is called at a place."""
        self.chain.append((called, path))
        try:
            yield
        finally:
            self.chain.pop()

    def _called(self) -> str:
        """The way from the top to where a fault is."""
        calls = [f"{called}, called in line {self.document.key_position(path)[0]}" for called, path in self.chain]
        return f"in {', in '.join(reversed(calls))}" if calls else ""

    def add(self, path: Place, message: str, offset: Offset | None = None, hint: str = "", key: bool = False) -> None:
        """Add a fault at a place.

        Raises SpecError with all of them where there are too many.
        """
        self.take([fault_at(self.document, path, message, offset, hint, key)])

    def take(self, faults: Iterable[Fault]) -> None:
        """Add faults; raises SpecError as `add`."""
        for fault in faults:
            if self.chain:
                fault = replace(fault, hint="; ".join(part for part in (fault.hint, self._called()) if part))
            said = fault.message, fault.line, fault.column
            if self.chain and said in self._said:
                continue  # a block says what is wrong with it once, not at every call
            self._said.add(said)
            self.found[fault] = None
            if len(self.found) >= MAX_FAULTS:
                place = max((f.line, f.column) for f in self.found)
                last = Fault(f"… and maybe more: reading stopped after {MAX_FAULTS} faults", fault.file, *place)
                raise SpecError([*self.found, last])

    def check(self) -> None:
        """Raises SpecError with all that were found, if any."""
        if self.found:
            raise SpecError(self.found)


def fault_at(
    document: Document, path: Place, message: str, offset: Offset | None = None, hint: str = "", key: bool = False
) -> Fault:
    """A fault at a place of a document: at the value, its key, or a line and column of its text."""
    place = document.key_position(path) if key else document.position(path)
    if offset is not None:
        place = document.block_position(path, *offset)
    return Fault(_bounded(message), document.file, *place, hint=_bounded(hint))


def _bounded(message: str) -> str:
    """On one line, with nothing invisible and of bounded length, whatever another room has put in."""
    message = "".join(c if c.isprintable() else repr(c)[1:-1] for c in message.rstrip())
    return message if len(message) <= MAX_MESSAGE else message[: MAX_MESSAGE - 1] + "…"


def faults_of(
    document: Document, base: Place, error: ValidationError, model: type[BaseModel], offset: Offset | None = None
) -> Iterator[Fault]:
    """pydantic's findings as faults; all alternatives of a union are one fault."""
    findings: dict[Place, list[ErrorDetails]] = {}
    for found in error.errors(include_url=False):
        steps = (found.get("ctx") or {}).get("steps", ())
        findings.setdefault(_path_in(document, (*base, *found["loc"], *steps)), []).append(found)
    # A list with a bad entry is also no text: only the entry is worth a word.
    around = {path[:i] for path in findings for i in range(len(base) + 1, len(path))}
    for path, several in findings.items():
        wanted = [_WANTED[f["type"]] for f in several if f["type"] in _WANTED]
        for found in several:
            if found["type"] not in _WANTED:
                message, column, hint = _said(found, model)
                line, start = offset or (0, 0)
                at = offset if column is None else (line, start + column)
                yield fault_at(document, path, message, at, hint, key=found["type"] == "extra_forbidden")
        if wanted and path not in around:
            value, field = several[0]["input"], _field(several[0], path)
            accepted = " or ".join(dict.fromkeys(wanted))
            if several[0]["loc"]:
                accepted = accepted.replace("a text", _TEXT.get(str(several[0]["loc"][0]), "a text"))
            yield fault_at(document, path, f"{field}{shown(value)}, where {accepted} is accepted", offset)


def _said(found: ErrorDetails, model: type[BaseModel]) -> tuple[str, int | None, str]:
    """The message, the column inside the value where it is known, and a hint."""
    name, context = str(found["loc"][-1]) if found["loc"] else "", found.get("ctx") or {}
    match found["type"]:
        case "extra_forbidden":
            return f"unknown field {plainly(name)}", None, nearest(name, _known(model, found["loc"]), "accepted are")
        case "missing":
            return f"the field {name} is missing", None, ""
        case "literal_error":
            accepted = str(context.get("expected", "")).replace("'", "")
            value = found["input"]
            hint = near(value, accepted.replace(" or ", ", ").split(", ")) if isinstance(value, str) else ""
            return f"{plainly(name)}: {shown(value)}, where one of {accepted} is accepted", None, hint
        case "expression":
            return f"{name}: {context['said']}", int(context["column"]) - 1, str(context["hint"])
        case _:
            return f"{name}: {found['msg']}".removeprefix(": "), None, ""


def _field(found: ErrorDetails, path: Place) -> str:
    name = next((str(step) for step in reversed(path) if isinstance(step, str)), "")
    name = name if name in map(str, found["loc"]) else str(found["loc"][0]) if found["loc"] else ""
    return f"{plainly(name)}: " if name else ""


def _path_in(document: Document, path: Place) -> Place:
    """The part of pydantic's path that the file has: it also names the alternatives of a union."""
    out: list[str | int] = []
    data: Any = document.data
    for step in path:
        inside = step in data if isinstance(data, dict) else isinstance(data, list) and step in range(len(data))
        if not inside:
            continue
        data = data[step]
        out.append(step)
    return tuple(out)


def _known(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """The fields that stand beside the one at `loc`."""
    for step in loc[:-1]:
        inner = model.model_fields.get(str(step))
        model = _model_in(inner.annotation) or model if inner is not None else model
    return [f.alias or name for name, f in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation such as dict[str, Variant] or Hidden | None speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = getattr(annotation, "__args__", ())
    return next((found for found in map(_model_in, inner) if found is not None), None)
