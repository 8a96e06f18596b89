"""Several lists of layers side by side: a column for each entry, in the lists that have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from symconv.extent import Extent, Size
from symconv.layer import Parameter, layer_fields, ranges
from symconv.node import Node
from symconv.writers.specs.tree import Entry

#: Where a size stands in what an entry says: its field, and the steps inside of it.
Where = tuple[str, tuple[int, ...]]


class Unfit(Exception):  # noqa: N818  (an answer: these lists are no one block)
    """Lists that cannot be one block."""


@dataclass(frozen=True)
class Run:
    """One list of layers: its entries, the path of what is inside, and what it stands behind."""

    entries: list[Entry]
    prefix: str
    source: str


@dataclass(eq=False)
class Column:
    """The entries of several lists that are one entry of a block, by the number of the list."""

    entries: dict[int, Entry]
    inner: list[Column] = field(default_factory=list)
    first: list[Column] | None = None
    #: Where it is not in all lists: the condition on which it is there.
    when: str = ""
    #: Whether its name is said also where it is not there, and stands for what it would stand behind.
    alias: bool = False
    #: The stage that is said around such a one, where its name has one: skip of skip/project.
    around: str = ""
    #: Whether it follows such a one, so that what it stands behind has to be said.
    after: bool = False

    @property
    def one(self) -> Entry:
        """One of its entries."""
        return next(iter(self.entries.values()))


def columns_of(entries: Sequence[Entry]) -> list[Column]:
    """The columns of one list."""
    return [_column(dict(enumerate([entry]))) for entry in entries]


def opened(column: Column) -> None:
    """Let a call of a block be the stage that it is."""
    for entry in column.entries.values():
        entry.call = None
    column.inner = _column(column.entries).inner


def _column(entries: dict[int, Entry]) -> Column:
    """A column with what is inside of its entries side by side."""
    made = Column(entries)
    one = made.one
    if one.call is None and one.node is None:
        made.inner = aligned({k: e.layers for k, e in entries.items()}, {k: e.inside for k, e in entries.items()})
        if one.first is not None:
            firsts = {k: e.first or [] for k, e in entries.items()}
            made.first = aligned(firsts, {k: f"{e.path}/0/" for k, e in entries.items()})
    return made


def signature(entry: Entry, prefix: str) -> tuple[Any, ...]:
    """What two entries have in common that can be one: the kind, the name, and all that is no size."""
    name = entry.path[len(prefix) :]
    if entry.node is None:
        return "", name
    return entry.node.layer.kind, name, static(entry.node), len(entry.sources)


def static(node: Node) -> tuple[Any, ...]:
    """What a layer says that is no size, and the form of its sizes."""
    layer = node.layer
    sizes = ranges(type(layer))
    own = [_form(getattr(layer, f.name), f.name in sizes) for f in layer_fields(type(layer))]
    kept = stated(node)
    about = None if kept is None else tuple((p.name, p.kind, len(p.shape), p.active is None) for p in kept)
    return (*own, about, bool(node.shares), node.training)


def _form(value: Any, size: bool) -> Any:
    if isinstance(value, tuple):
        return tuple(_form(v, size) for v in value)
    if isinstance(value, bool) or (size and isinstance(value, int | Extent | Fraction)):
        return type(value) is bool
    return repr(value)


def stated(node: Node) -> tuple[Parameter, ...] | None:
    """What a layer keeps, where that is not what its rule gives, names apart."""
    if not node.stated:
        return None
    own = [(p.shape, p.kind, p.active) for p in node.layer.parameters(*node.tensors)]
    kept = [(p.shape, p.kind, p.active) for p in node.parameters]
    if own == kept or (not node.shares and len(own) == len(kept) and all(kept.count(p) == own.count(p) for p in own)):
        return None
    return node.parameters


def aligned(lists: Mapping[int, Sequence[Entry]], prefixes: Mapping[int, str]) -> list[Column]:
    """The columns of several lists, entries of one signature in one.

    Raises Unfit where the lists have them in another order, or blocks stand beside what are none.
    """
    columns: list[dict[int, Entry]] = []
    signatures: list[tuple[Any, ...]] = []
    for number, entries in lists.items():
        at = 0
        for entry in entries:
            own = signature(entry, prefixes[number])
            if own in signatures:
                place = signatures.index(own)
                if place < at:
                    raise Unfit
                columns[place][number] = entry
                at = place + 1
            else:
                if any(s[1] == own[1] for s in signatures):
                    raise Unfit  # another layer of the same name
                columns.insert(at, {number: entry})
                signatures.insert(at, own)
                at += 1
    for entries_of in columns:
        calls = {e.call and id(e.call[0]) for e in entries_of.values()}
        kinds = {(e.rounds is None, e.rounds is not None and e.rounds.tied) for e in entries_of.values()}
        firsts = {e.first is None for e in entries_of.values()}
        if len(calls) > 1 or len(kinds) > 1 or (calls == {None} and len(firsts) > 1):
            raise Unfit
    return [_column(dict(sorted(column.items()))) for column in columns]


def every(columns: Sequence[Column]) -> Iterator[Column]:
    """All columns, with those inside."""
    for column in columns:
        yield column
        yield from every(column.first or ())
        yield from every(column.inner)


def values(value: Any, steps: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Size | Fraction | bool]]:
    """The numbers, sizes and flags inside of what a field is, each with the steps to it."""
    if isinstance(value, tuple):
        for i, inner in enumerate(value):
            yield from values(inner, (*steps, i))
    elif isinstance(value, int | Extent | Fraction):
        yield steps, value
