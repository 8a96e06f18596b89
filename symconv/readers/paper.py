"""The paper's own notation: `conv3-64`, `maxpool`, `LRN`, `FC-4096`, `soft-max`, and a table with a column a network.

`conv<K>-<C>` is a convolution of K×K kernels to C channels with stride 1 and padding (K − 1)/2, so that the extent
stays; `FC-<C>` is a fully connected layer of C outputs on the flattened input; any other layer is written by its kind,
with a number for its first field (`adaptive-avgpool-7`). Source of the notation: Simonyan, Zisserman, Very Deep
Convolutional Networks for Large-Scale Image Recognition, 2014, Table 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from symconv.errors import ShapeError, near
from symconv.layer import LAYERS, layer_class
from symconv.readers.fields import first_field

_CONV = re.compile(r"conv(\d+)-(\d+)", re.IGNORECASE)
_FC = re.compile(r"fc-(\d+)", re.IGNORECASE)
_OTHER = re.compile(r"([a-z][a-z0-9_-]*?)(?:-(\d+))?", re.IGNORECASE)


@dataclass(frozen=True)
class Word:
    """A word of the notation: the layer that it means, and whether the paper's hidden layers follow it."""

    kind: str
    fields: dict[str, Any]
    hidden: str = ""


def read_word(text: str) -> Word:
    """The layer that a word of the notation means.

    Raises ShapeError for a word that is none, with the nearest that is known.

    >>> read_word("conv3-64")
    Word(kind='conv', fields={'channels': 64, 'kernel': 3, 'padding': 1}, hidden='conv')
    """
    if match := _CONV.fullmatch(text):
        kernel, channels = int(match[1]), int(match[2])
        if kernel % 2 == 0:
            raise ShapeError(
                f"{text}: the padding (K − 1)/2 of the notation wants an odd kernel; write conv: {{…}} instead"
            )
        return Word("conv", {"channels": channels, "kernel": kernel, "padding": (kernel - 1) // 2}, "conv")
    if match := _FC.fullmatch(text):
        return Word("linear", {"channels": int(match[1])}, "FC")
    if match := _OTHER.fullmatch(text):
        kind, number = _kind(match[1]), match[2]
        if kind is not None:
            first = first_field(layer_class(kind))
            if number is None:
                return Word(kind, {})
            if first is not None:
                return Word(kind, {first: int(number)})
    hint = near(text, [*LAYERS, "conv3-64", "maxpool", "LRN", "FC-4096", "soft-max"])
    raise ShapeError(
        f"{text!r} is neither a layer nor a word such as conv3-64, maxpool, FC-4096, soft-max. {hint}".strip()
    )


def _kind(text: str) -> str | None:
    """The kind that a word names, whatever its capitals and hyphens: soft-max, maxpool, LRN."""
    wanted = _bare(text)
    return next((kind for kind in LAYERS if _bare(kind) == wanted), None)


def _bare(text: str) -> str:
    return text.lower().replace("-", "").replace("_", "")


@dataclass(frozen=True)
class Cell:
    """A word in a table, with its place in the table's text: line and column from 0."""

    text: str
    line: int
    column: int


@dataclass(frozen=True)
class Table:
    """A table of networks: the names of its columns, and the words of each, from top to bottom."""

    columns: dict[str, list[Cell]]


def read_table(text: str) -> Table:
    """A table with a network a column; a row of one cell spans them all, an empty cell leaves a column out.

    Raises TableError, with the line, where a row has as many cells as there are not columns.

    >>> table = read_table("A | B\\nconv3-64 | conv3-64\\n | conv3-64\\nmaxpool")
    >>> [cell.text for cell in table.columns["B"]]
    ['conv3-64', 'conv3-64', 'maxpool']
    """
    names: list[str] = []
    columns: dict[str, list[Cell]] = {}
    for number, line in enumerate(text.splitlines()):
        if not line.strip(" -+|"):
            continue
        cells = _cells(line, number)
        if not names:
            names = [c.text for c in cells]
            columns = {name: [] for name in names}
            if len(columns) < len(names) or not all(names):
                raise TableError("the first row names the columns, each with a name of its own", number, 0)
        elif len(cells) == 1:
            for column in columns.values():
                column.append(cells[0])
        elif len(cells) != len(names):
            raise TableError(
                f"{len(cells)} cells in a table of {len(names)} columns, where one would span all", number, 0
            )
        else:
            for name, cell in zip(names, cells):
                if cell.text:
                    columns[name].append(cell)
    if not names:
        raise TableError("an empty table: a first row with the names of the columns is wanted", 0, 0)
    return Table(columns)


class TableError(ShapeError):
    """A table that cannot be read; line and column of its text count from 0."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line, self.column = line, column


def _cells(line: str, number: int) -> list[Cell]:
    out, at = [], 0
    for part in line.split("|"):
        out.append(Cell(part.strip(), number, at + len(part) - len(part.lstrip())))
        at += len(part) + 1
    return out
