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

from symconv.errors import ShapeError
from symconv.layer import LAYERS, layer_class
from symconv.readers.fields import first_field
from symconv.readers.names import miss, plainly, refusal, shown

_CONV = re.compile(r"conv([0-9]{1,30})-([0-9]{1,30})", re.IGNORECASE)
_FC = re.compile(r"fc-([0-9]{1,30})", re.IGNORECASE)
_OTHER = re.compile(r"([a-z][a-z0-9_-]*?)(?:-([0-9]{1,30}))?", re.IGNORECASE)

#: The networks of a table at most: a row of one cell stands in every column.
COLUMNS = 100


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
            long = f"conv: {{channels: {channels}, kernel: {kernel}, padding: …}}"
            raise ShapeError(f"{text}: the notation's padding (K − 1)/2 wants an odd kernel; else write {long}")
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
            raise ShapeError(f"{text}: {kind} has no fields, so no number stands behind it")
    hint = miss(text, [*LAYERS, "conv3-64", "maxpool", "LRN", "FC-4096", "soft-max"])
    known = "is neither a layer nor a word such as conv3-64, maxpool, FC-4096, soft-max"
    raise ShapeError(f"{shown(text)} {known}{f'; {hint}' if hint else ''}")


def is_fc(item: Any) -> bool:
    """Whether it is a word FC-<C>."""
    return isinstance(item, str) and _FC.fullmatch(item) is not None


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


#: What is wrong with a row, and the cell where it shows.
Complaint = tuple[str, Cell]


class TableError(ShapeError):
    """A table that cannot be read, with what is wrong and where, line and column of its text counted from 0."""

    def __init__(self, wrong: list[Complaint]) -> None:
        super().__init__("; ".join(message for message, _ in wrong))
        self.wrong = wrong


def read_table(text: str) -> Table:
    """A table with a network a column; a row of one cell spans them all, an empty cell leaves a column out.

    Raises TableError with every row that has another number of cells, and names of columns that are none.

    >>> table = read_table("A | B\\nconv3-64 | conv3-64\\n | conv3-64\\nmaxpool")
    >>> [cell.text for cell in table.columns["B"]]
    ['conv3-64', 'conv3-64', 'maxpool']
    """
    header: list[Cell] = []
    columns: dict[str, list[Cell]] = {}
    wrong: list[Complaint] = []
    for number, line in enumerate(text.splitlines()):
        if not line.strip(" \t-+|"):
            continue
        cells = _cells(line, number)
        if not header:
            header = cells
            _check_header(header)
            columns = {name.text: [] for name in header}
        elif len(cells) == 1:
            for column in columns.values():
                column.append(cells[0])
        elif len(cells) != len(header):
            width = "1 column" if len(header) == 1 else f"{len(header)} columns"
            words = f"{len(cells)} cells in a table of {width}: one for each, or a single one for all, is accepted"
            wrong.append((words, cells[min(len(cells), len(header) + 1) - 1]))
        else:
            for name, cell in zip(columns, cells):
                if cell.text:
                    columns[name].append(cell)
    if not header:
        raise TableError(
            [("an empty table, where a first row with the names of the columns is wanted", Cell("", 0, 0))]
        )
    if wrong:
        raise TableError(wrong)
    return Table(columns)


def _check_header(header: list[Cell]) -> None:
    if len(header) > COLUMNS:
        raise TableError([(f"{len(header):,} columns, where at most {COLUMNS} are accepted", header[0])])
    if len(header) > 1 and not (header[0].text and header[-1].text):
        raise TableError([("a column without a name: a row neither begins nor ends with |", header[0])])
    wrong: list[Complaint] = []
    for i, cell in enumerate(header):
        if not cell.text or refusal(cell.text):
            wrong.append((refusal(cell.text) if cell.text else "a column without a name", cell))
        elif any(other.text == cell.text for other in header[:i]):
            wrong.append((f"a second column {plainly(cell.text)}, where each has a name of its own", cell))
    if wrong:
        raise TableError(wrong)


def _cells(line: str, number: int) -> list[Cell]:
    out, at = [], 0
    for part in line.split("|"):
        out.append(Cell(part.strip(), number, at + len(part) - len(part.lstrip())))
        at += len(part) + 1
    return out
