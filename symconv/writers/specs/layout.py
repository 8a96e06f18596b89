"""Maps, lists and texts as YAML that people like to read: what is short on one line, what is long below its key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

#: Characters of a line at most.
WIDTH: Final = 120

#: Entries of a list of layers that stands on one line at most, and its characters.
FEW, SHORT = 4, 72

#: Texts that YAML or the reader would take for something else.
_NUMBER: Final = re.compile(
    r"[-+]?\.?[0-9][0-9_]*(\.[0-9]*)?(e[-+]?[0-9]+)?|0[xob][0-9a-f_]+|[-+]?\.(inf|nan)", re.IGNORECASE
)
_WORDS: Final = frozenset(("", "~", "null", "true", "false", "yes", "no", "on", "off", "<<", "="))
_PLAIN: Final = re.compile(r"[\w(][\w *+/^().%=><!-]*", re.ASCII)
_PLAIN_LINE: Final = re.compile(r"[^\W_][^\n\r\t#]*")


@dataclass
class Map:
    """Keys and values in their order."""

    pairs: list[tuple[str, Value]] = field(default_factory=list)
    #: Whether each pair has a line of its own.
    tall: bool = False


@dataclass
class Seq:
    """A list; one of layers is on one line only where it is short."""

    values: list[Value] = field(default_factory=list)
    layers: bool = False


Value = Map | Seq | str


def scalar(text: str) -> str:
    """A text in a flow: plain where that cannot be taken for anything else, else in quotes.

    >>> scalar("2*w"), scalar("0"), scalar("a, b"), scalar("yes")
    ('2*w', '"0"', '"a, b"', '"yes"')
    """
    plain = _PLAIN.fullmatch(text) and text == text.strip() and text.lower() not in _WORDS
    return text if plain and not _NUMBER.fullmatch(text) else quoted(text)


def line(text: str) -> str:
    """A text of one line that stands behind a key by itself."""
    plain = _PLAIN_LINE.fullmatch(text) and text == text.strip() and ": " not in text and text[-1:] != ":"
    plain = plain and text.isprintable() and not _NUMBER.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else quoted(text)


def quoted(text: str) -> str:
    """A text in double quotes, with nothing invisible in it."""
    escaped = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    inner = "".join(escaped.get(c) or (c if c.isprintable() else _code(c)) for c in text)
    return f'"{inner}"'


def _code(c: str) -> str:
    number = ord(c)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}" if number < 65536 else f"\\U{number:08x}"


def lines(value: Value, indent: int = 0) -> Iterator[str]:
    """The lines of a map or a list at an indentation."""
    space = " " * indent
    if isinstance(value, Map):
        for key, inner in value.pairs:
            yield from _pair(key, inner, indent, len(space))
    elif isinstance(value, Seq):
        for entry in value.values:
            yield from _entry(entry, indent)
    else:
        yield space + value


def _pair(key: str, value: Value, indent: int, used: int) -> Iterator[str]:
    space = " " * indent
    flat = _flat(value)
    if flat is not None and used + len(key) + 2 + len(flat) <= WIDTH:
        yield f"{space}{key}: {flat}".rstrip()
    elif isinstance(value, str):
        yield f"{space}{key}: {value}"
    elif isinstance(value, Seq) and not value.layers:
        yield f"{space}{key}:"
        yield from _wrapped(value, indent + 2)
    else:
        yield f"{space}{key}:"
        yield from lines(value, indent + 2)


def _wrapped(value: Seq, indent: int) -> Iterator[str]:
    """A long list of sizes over several lines."""
    space = " " * indent
    row = "["
    for i, entry in enumerate(value.values):
        piece = (_flat(entry) or "") + ("," if i + 1 < len(value.values) else "]")
        if len(row) > 1 and len(space) + len(row) + 1 + len(piece) > WIDTH:
            yield space + row.rstrip()
            row = " "
        row += piece + " "
    yield space + row.rstrip()


def _entry(entry: Value, indent: int) -> Iterator[str]:
    space = " " * indent
    if isinstance(entry, Map) and not entry.tall and len(entry.pairs) > 1:
        flat = _flat(entry)
        if flat is not None and indent + 2 + len(flat) <= WIDTH:
            yield f"{space}- {flat}"
            return
    first = True
    for text in lines(entry, indent + 2):
        yield f"{space}- {text[indent + 2 :]}" if first else text
        first = False


def _flat(value: Value, inside: bool = False) -> str | None:
    """A value on one line; None where it needs several."""
    if isinstance(value, str):
        return value
    if isinstance(value, Map):
        if value.tall:
            return None
        pairs = [(key, _flat(inner)) for key, inner in value.pairs]
        if any(text is None for _, text in pairs):
            return None
        text = ", ".join(f"{key}: {text}" if text else f"{key}: " for key, text in pairs)
        return text if inside and len(pairs) == 1 else f"{{{text}}}"
    texts = [_flat(entry, inside=True) for entry in value.values]
    if any(text is None for text in texts):
        return None
    joined = f"[{', '.join(text for text in texts if text is not None)}]"
    if value.layers and value.values and (len(texts) > FEW or len(joined) > SHORT):
        return None
    return joined
