"""What the YAML parser says of a text that is none, in the words of its reader and with what would be accepted."""

from __future__ import annotations

import re
from typing import TypeAlias

from symconv.errors import Fault

MAX_DEPTH = 64

Position: TypeAlias = "tuple[int, int]"

TOO_DEEP = f"lists and maps are nested too deeply; at most {MAX_DEPTH} levels are accepted"
TAG = ("tags such as '!name' are not supported", "remove it, or put the text in quotes")
_SYNTAX = [  # (what libyaml or PyYAML's own parser says, what we say, what would be accepted)
    ("simple key .*expected ':'", "this is neither 'key: value' nor a list entry '- value'", "write one of the two"),
    ("mapping values", "a ':' gives a value where none can be given", "align keys; put a text with ': ' in quotes"),
    ("sequence entries", "a list entry '- ' cannot start here", "start it on a line of its own"),
    ("mapping keys", "a '? ' cannot start here", "put a text that starts with '?' in quotes"),
    ("any token", "{found} cannot start a value", "put the text in quotes"),
    ("tab character", "a tab stands where a space is expected", "indent with spaces only"),
    ("block mapping.*expected", "{found} stands where the next key is expected{begun}", "align the keys of one map"),
    ("block .*expected .*(-|end)", "{found} stands where the next '- ' is expected{begun}", "align the list's entries"),
    ("flow sequence.*expected", "{found} stands where ',' or ']' is expected{begun}", "close the list with ']'"),
    ("flow mapping.*expected", "{found} stands where ',' or '}}' is expected{begun}", "close the map with '}}'"),
    ("node.*expected", "{found} stands where a value is expected", "put a text with special characters in quotes"),
    ("document start", "{found} stands after the end of the document", "a file holds one map"),
    ("quoted scalar.*(end of stream|document)", "this text has no closing quote", "close it with the same quote"),
    ("quoted scalar", "this escape is not known in a text in double quotes", "double the backslash"),
    ("(anchor|alias).*expected", "{found} stands where a name is expected", "put a text with '&' or '*' in quotes"),
    ("block scalar", "{found} stands where the line of a '|' or '>' ends", "start the text on the next line"),
    ("unexpected ':'", "a ':' stands inside a text", "put the text in quotes"),
    ("nesting", TOO_DEEP, ""),
    ("tag", *TAG),
]


def syntax_fault(error: Exception, text: str, lines: list[str], file: str) -> Fault:
    """What is wrong with a text, at its place in it."""
    began = getattr(error, "context_mark", None)
    mark = getattr(error, "problem_mark", None) or began
    if mark is None:
        return Fault("this is not YAML", file, hint="put texts with special characters in quotes")
    if mark.index < len(text) and (tab := re.match(r" *\t", lines[mark.line])):
        return Fault("this line is indented with a tab", file, mark.line + 1, tab.end(), "indent with spaces only")
    place = line_and_column(text, mark.index)
    begun = f" for what begins on line {began.line + 1}" if began and began.line + 1 < place[0] else ""
    word = re.match(r"\S+|[ \t]", text[mark.index : mark.index + 40])
    found = quoted(word[0]) if word else f"the end of the {'line' if mark.index < len(text) else 'file'}"
    said = f"{getattr(error, 'context', None)} {getattr(error, 'problem', None)}"
    for pattern, message, hint in _SYNTAX:
        if re.search(pattern, said):
            words = (each.format(found=found, begun=begun) for each in (message, hint))
            if began and "closing quote" in message:
                place = (began.line + 1, began.column + 1)
            return Fault(next(words), file, *place, next(words))
    return Fault(f"this is not YAML: {quoted(said)}", file, *place)


def line_and_column(text: str, index: int | None = None) -> Position:
    """Line and column, from 1, of a character, or of the end."""
    lines = (text[:index] + "|").splitlines()
    return len(lines), len(lines[-1])


def quoted(text: str) -> str:
    """A piece of a text, for a message."""
    return repr(text if len(text) <= 40 else text[:39] + "…")
