"""A YAML file that may come from a stranger, read into plain data with positions, safely and within bounds.

Only the parser's events are used: no tag is ever resolved, no object constructed, no alias copied, and
every bound is checked before anything that it bounds is built.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from symconv.errors import Fault, SpecError
from symconv.readers.syntax import MAX_DEPTH, TAG, TOO_DEEP, Position, line_and_column, quoted, syntax_fault

MAX_BYTES = 4_000_000
MAX_NODES = 100_000
MAX_DIGITS = 30
MAX_EXPONENT = 30
MAX_TEXT = 10_000
MAX_BLOCK_TEXT = 100_000
MAX_FAULTS = 20

Data: TypeAlias = "dict[str, Data] | list[Data] | str | int | Fraction | bool | None"
Step: TypeAlias = "str | int"

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Beyond control characters: NEL, LS and PS would make YAML count other lines than an editor does.
_FORBIDDEN = re.compile(r"[^\t\n\r -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_DIRECTIVE = re.compile(r"(?:\A|(?<=[\r\n]))%")
_NUMBER = re.compile(r"[-+]?(?=\.?[0-9])([0-9]*)(?:(\.)([0-9]*))?(?:[eE][-+]?([0-9]+))?")
_BEFORE_VALUE = re.compile(r"(?:&[0-9A-Za-z_-]++(?:[ \t\r\n]++|#[^\r\n]*+)*+)?+")
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(slots=True)
class _Node:
    """A value in the file; the sizes count aliases as if written out, and those of an open node what came before."""

    data: Data
    place: Position
    nodes: int = 1
    characters: int = 0
    height: int = 0
    start: int = 0
    origin: Position = (0, 0)
    style: str = ""
    children: dict[Step, _Node] = field(default_factory=dict)
    keys: dict[Step, Position] = field(default_factory=dict)


@dataclass(slots=True)
class _Open:
    """A list or map that is being read; the key is None where it was refused, and its value is then dropped."""

    node: _Node
    has_key: bool = False
    key: str | None = None
    key_place: Position = (0, 0)


@dataclass(frozen=True)
class Document:
    """The data of a YAML file, and where in the file each part of it stands.

    An alias gives the same object as its anchor, not a copy, so `data` is to be read and not changed.
    """

    data: Data
    file: str
    _root: _Node = field(repr=False, compare=False)
    _text: str = field(repr=False, compare=False)
    _lines: list[str] = field(repr=False, compare=False)

    def position(self, path: tuple[Step, ...]) -> Position:
        """Line and column, from 1, of the value at `path`, or of the nearest value around it that exists."""
        return self._walk(path)[0].place

    def key_position(self, path: tuple[Step, ...]) -> Position:
        """Line and column, from 1, of the key of the value at `path`; of the value itself for a list entry."""
        return self._walk(path)[1]

    def block_position(self, path: tuple[Step, ...], line_offset: int, column_offset: int) -> Position:
        """Line and column, from 1, of a character inside the text at `path`; the offsets count from 0.

        Exact for a literal block (`|`) and for a text on one line without escapes; any other value gives
        its own position. Offsets past the end of a line or of the text give that end.
        """
        node = self._walk(path)[0]
        if not isinstance(node.data, str) or not node.data:
            return node.place
        texts = node.data.removesuffix("\n").split("\n")
        if line_offset >= len(texts):
            line_offset, column_offset = len(texts) - 1, len(texts[-1])
        text = texts[line_offset]
        inside = min(column_offset, len(text))
        before = _BEFORE_VALUE.match(self._text, node.start)
        start = before.end() if before else node.start
        # On from the value's own position: counting from the top would make many look-ups in a large file slow.
        line, column = line_and_column(self._text[node.start : start])
        line, column = node.origin[0] + line - 1, column + (node.origin[1] - 1 if line == 1 else 0)
        if node.style == "|":
            line += 1 + line_offset
            # A source line is the indentation and then the text, whatever the indicator in the header says.
            return line, len(self._lines[line - 1]) - len(text) + inside + 1
        quote = node.style if node.style in ("'", '"') else ""
        if len(texts) == 1 and self._text.startswith(f"{quote}{node.data}{quote}", start):
            return line, column + len(quote) + inside
        return node.place

    def _walk(self, path: tuple[Step, ...]) -> tuple[_Node, Position]:
        node, key = self._root, self._root.place
        for step in path:
            if step not in node.children:
                break
            key = node.keys.get(step, node.children[step].place)
            node = node.children[step]
        return node, key


def read(path: str | Path) -> Document:
    """Read the YAML file at `path`, UTF-8 with or without a byte order mark.

    Raises:
        SpecError: the file cannot be read, is no text, is too large, or `parse` refuses it.
    """
    file = str(path)
    path = Path(path)
    try:
        mode = path.stat().st_mode
        # Before it is opened: opening a pipe would wait for ever, and a device has no end.
        if not stat.S_ISREG(mode):
            what = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
            raise SpecError([Fault(f"this is {what}; a YAML file is expected", file)])
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SpecError([Fault("there is no such file", file)]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not one"
        raise SpecError([Fault(f"the file cannot be read: {reason}", file)]) from None
    if len(raw) > MAX_BYTES:
        raise SpecError([_too_large(file)])
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = line_and_column(raw[: error.start].decode("utf-8").removeprefix("\ufeff"))
        message = f"the byte 0x{raw[error.start]:02X} is not UTF-8 text"
        raise SpecError([Fault(message, file, line, column, "save the file as UTF-8")]) from None
    return parse(text, file)


def parse(text: str, file: str) -> Document:
    """Read a YAML text; `file` is the name that the faults give.

    Raises:
        SpecError: the text is not YAML, has no document or several, uses what is not supported (tags,
            directives, merge keys, keys that are not a plain text), gives a key or an anchor twice, or
            is beyond one of the bounds of this module.
    """
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_BYTES:
        raise SpecError([_too_large(file)])
    if found := _FORBIDDEN.search(text):
        message = f"the character U+{ord(found[0]):04X} cannot stand in a YAML file"
        hint = "is this a text file?" if found[0] == "\0" else "remove it"
        raise SpecError([Fault(message, file, *line_and_column(text, found.start()), hint)])
    # libyaml needs quadratic time for many directives, so not one of them may reach it.
    if found := _DIRECTIVE.search(text):
        message = "a line cannot begin with '%': YAML directives are not supported"
        raise SpecError([Fault(message, file, *line_and_column(text, found.start()), "remove the line or indent it")])
    lines = text.splitlines()
    builder = _Builder(file, line_and_column(text))
    with closing(_events(text, lines, file)) as events:
        try:
            for event in events:
                builder.take(event)
        except SpecError as error:
            raise SpecError([*builder.faults, *error.faults]) from None
    if builder.faults:
        raise SpecError(builder.faults)
    root = builder.root
    if root is None or root.data is None:
        raise SpecError([Fault("the file is empty", file, 1, 1, "a map of keys and values is expected")])
    return Document(root.data, file, root, text, lines)


class _Builder:
    """Builds the tree out of events, one at a time and without recursion."""

    def __init__(self, file: str, end: Position) -> None:
        self.file = file
        self.end = end
        self.faults: list[Fault] = []
        self.root: _Node | None = None
        self._stack: list[_Open] = []
        self._anchors: dict[str, _Node] = {}
        self._nodes = self._characters = self._documents = 0

    def take(self, event: Any) -> None:
        # libyaml counts one line too many at the end of a file whose last line has no line break.
        place = min((event.start_mark.line + 1, event.start_mark.column + 1), self.end)
        if getattr(event, "tag", None):
            self._fault(TAG[0], place, TAG[1])
        match event:
            case yaml.ScalarEvent():
                self._scalar(event, place)
            case yaml.AliasEvent():
                self._alias(str(event.anchor), place)
            case yaml.CollectionStartEvent():
                data: Data = {} if isinstance(event, yaml.MappingStartEvent) else []
                node = _Node(data, place, self._nodes, self._characters, 1)
                self._count(1, 0, 1, place)
                self._declare(event.anchor, node)
                self._stack.append(_Open(node))
            case yaml.CollectionEndEvent():
                node = self._stack.pop().node
                node.nodes, node.characters = self._nodes - node.nodes, self._characters - node.characters
                self._finish(node)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    self._stop("a second document starts here; a file holds one", place)

    def _scalar(self, event: Any, place: Position) -> None:
        text, style = event.value, event.style or ""
        self._count(1, len(text), 0, place)
        opened = self._stack[-1] if self._stack else None
        if opened and isinstance(opened.node.data, dict) and not opened.has_key:
            opened.has_key, opened.key, opened.key_place = True, self._key(event, place), place
        else:
            data = self._value(text, style, place)
            node = _Node(data, place, 1, len(text), start=event.start_mark.index, origin=place, style=style)
            self._declare(event.anchor, node)
            self._finish(node)

    def _alias(self, name: str, place: Position) -> None:
        node = self._anchors.get(name)
        if node is None:
            self._fault(f"there is no anchor {quoted('&' + name)} before this alias", place)
        elif any(opened.node is node for opened in self._stack):
            self._fault(f"the alias {quoted('*' + name)} stands inside of what it refers to", place)
            node = None
        else:
            self._count(node.nodes, node.characters, node.height, place)
        self._finish(replace(node, place=place) if node else _Node(None, place))

    def _finish(self, node: _Node) -> None:
        if not self._stack:
            self.root = node
            return
        opened = self._stack[-1]
        parent = opened.node
        parent.height = max(parent.height, node.height + 1)
        if isinstance(parent.data, list):
            parent.children[len(parent.data)] = node
            parent.data.append(node.data)
        elif isinstance(parent.data, dict) and opened.has_key:
            if opened.key is not None:
                parent.data[opened.key] = node.data
                parent.children[opened.key] = node
                parent.keys[opened.key] = opened.key_place
            opened.has_key = False
        else:
            self._fault("a key must be a single text, not a list, a map or an alias", node.place)
            opened.has_key, opened.key = True, None

    def _key(self, event: Any, place: Position) -> str | None:
        keys = self._stack[-1].node.keys
        if event.anchor:
            self._fault("an anchor cannot stand before a key", place, "put it before the value")
        elif event.style in ("|", ">"):
            self._fault("a key must be a single text on one line", place)
        elif not event.style and not event.value:
            self._fault("a value stands here without its key", place)
        elif not event.style and event.value == "<<":
            self._fault("the merge key '<<' is not supported", place, "use an alias for a whole list or map instead")
        elif event.value in keys:
            message = f"the key {quoted(event.value)} is given twice, first on line {keys[event.value][0]}"
            self._fault(f"{message} and again on line {place[0]}", place)
        else:
            return self._text(event.value, MAX_TEXT, place)
        return None

    def _value(self, text: str, style: str, place: Position) -> Data:
        if not style and text in _WORDS:
            return _WORDS[text]
        if not style and (number := _NUMBER.fullmatch(text)):
            return self._number(number, place)
        return self._text(text, MAX_BLOCK_TEXT if style in ("|", ">") else MAX_TEXT, place)

    def _number(self, number: re.Match[str], place: Position) -> int | Fraction | None:
        whole, point, fraction, exponent = number.groups()
        digits = len(whole) + len(fraction or "")
        if digits > MAX_DIGITS:
            self._fault(f"this number has {digits:,} digits; at most {MAX_DIGITS} are accepted", place)
            return None
        # Its length first: Python itself refuses to convert thousands of digits.
        power = (exponent or "").lstrip("0")
        if len(power) > len(str(MAX_EXPONENT)) or int(power or "0") > MAX_EXPONENT:
            self._fault(f"the exponent of this number is beyond -{MAX_EXPONENT} to {MAX_EXPONENT}", place)
            return None
        return int(number[0]) if point is None and exponent is None else Fraction(number[0])

    def _text(self, text: str, limit: int, place: Position) -> str | None:
        if len(text) > limit:
            self._fault(f"this text has {len(text):,} characters; at most {limit:,} are accepted", place)
            return None
        # An escape such as "\e" or "\r" brings in what the file itself may not hold.
        if found := _FORBIDDEN.search(text) or re.search("\r", text):
            self._fault(f"this text has the control character U+{ord(found[0]):04X}", place, "remove the escape")
            return None
        return text

    def _declare(self, name: str | None, node: _Node) -> None:
        if name in self._anchors:
            message = f"the anchor {quoted('&' + name)} is given twice, first on line {self._anchors[name].place[0]}"
            self._fault(f"{message} and again on line {node.place[0]}", node.place)
        if name:
            self._anchors[name] = node

    def _count(self, nodes: int, characters: int, levels: int, place: Position) -> None:
        self._nodes += nodes
        self._characters += characters
        if self._nodes > MAX_NODES:
            self._stop(f"too many values, aliases written out; at most {MAX_NODES:,} are accepted", place)
        if self._characters > MAX_BYTES:
            self._stop(f"too much text, aliases written out; at most {MAX_BYTES:,} characters are accepted", place)
        if len(self._stack) + levels > MAX_DEPTH:
            self._stop(TOO_DEEP, place)

    def _fault(self, message: str, place: Position, hint: str = "") -> None:
        self.faults.append(Fault(message, self.file, *place, hint))
        if len(self.faults) == MAX_FAULTS:
            self._stop(f"reading stopped after {MAX_FAULTS} faults", place)

    def _stop(self, message: str, place: Position) -> None:
        raise SpecError([Fault(message, self.file, *place)])


def _events(text: str, lines: list[str], file: str) -> Generator[Any, None, None]:
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    # PyYAML's own parser lets an escape such as "\UFFFFFFFF" end in a ValueError or an OverflowError.
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise SpecError([syntax_fault(error, text, lines, file)]) from None


def _too_large(file: str) -> Fault:
    return Fault(f"the file is larger than {MAX_BYTES // 1_000_000} MB, the most that is accepted", file)
