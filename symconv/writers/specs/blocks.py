"""Lists of layers that are one block with other numbers: which ones, and its arguments."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from fractions import Fraction
from typing import Any, Final

from symconv.extent import Extent, symbols_of
from symconv.layer import LAYERS
from symconv.readers.expression import FUNCTIONS, is_name
from symconv.readers.meaning import word_of
from symconv.readers.schema import CALL, ENTRIES
from symconv.writers.specs.aliases import mark
from symconv.writers.specs.arguments import Argument, Template, fields_of, find_arguments
from symconv.writers.specs.columns import Column, Run, Unfit, aligned, signature, values
from symconv.writers.specs.layout import Value
from symconv.writers.specs.rendering import Rendering
from symconv.writers.specs.tree import Entry

#: Of all entries of lists that are one block this share is in each.
ALIKE: Final = Fraction(1, 2)

#: Arguments of a block at most.
MOST: Final = 10

#: Entries that a block has to save.
SAVED: Final = 3

#: Names of lists, and what one of them is called.
_PLURALS: Final = dict.fromkeys(("", "h", "features", "blocks"), "block") | {"layers": "layer", "stages": "stage"}


class Folding:
    """Finds the blocks of a tree of entries, those inside of others first."""

    def __init__(self, rendering: Rendering, names: set[str], words: set[str]) -> None:
        self.rendering = rendering
        #: What a block or an argument cannot be called: symbols; a flag, words that fields have.
        self.taken, self.words = set(names), words
        self.templates: list[Template] = []
        #: The layers of each, as they are written; Unfit where they cannot be.
        self.bodies: dict[Template, Value] = {}

    def fold(self, entries: list[Entry]) -> list[Template]:
        """The blocks, each with the entries that call it marked."""
        groups: list[list[Entry]] = []
        for entry in _boxes(entries):
            for group in groups:
                if _alike([*group, entry]):
                    group.append(entry)
                    break
            else:
                groups.append([entry])
        groups.sort(key=lambda g: max(map(_height, g)))
        some = {id(e): i for i, g in enumerate(groups) for e in g if len(g) > 1 or e.first is not None}
        self.written = _written(entries, lambda e: some.get(id(e)))
        for group in groups:
            self._group(group)
        self.written = _written(entries, lambda e: e.call and id(e.call[0]))
        for group in groups:  # those that stay where what is around them is no block
            if all(e.call is None for e in group):
                self._group(group)
        return self.templates

    def _group(self, group: list[Entry]) -> None:
        if not self._worth(group):
            return
        try:
            self._make(group)
        except Unfit:
            exact: dict[tuple[Any, ...], list[Entry]] = {}
            for entry in group:
                exact.setdefault(_shape(entry), []).append(entry)
            if len(exact) > 1:
                for smaller in exact.values():
                    self._group(smaller)

    def _worth(self, group: list[Entry]) -> bool:
        """Whether a block says it in less."""
        places = {self.written[id(e)]: e for e in group}
        apart = [e for e in group if e.first is not None]
        if len(places) == 1 and not apart:
            return any(map(self._moves, group))
        weights = [e.weight + sum(f.weight for f in e.first or ()) for e in places.values()]
        return sum(weights) - max(e.weight for e in group) - len(places) - 2 >= (0 if apart else SAVED)

    def _moves(self, entry: Entry) -> bool:
        """Whether the layers of a repeat are others in each round, which a block says by what comes in."""
        if entry.rounds is None:
            return False
        inside = (value for e in _all(entry.layers) for value in fields_of(e).values())
        return any(entry.rounds.index in symbols_of(x) for v in inside for _, x in values(v) if isinstance(x, Extent))

    def _make(self, group: list[Entry]) -> None:
        if any(e.required for e in _boxes(group)):
            raise Unfit
        runs, calls = [], []
        for entry in group:
            source = entry.carried
            runs.append(Run(entry.layers, entry.inside, source))
            number = len(runs) - 1
            if entry.first is not None:
                runs.append(Run(entry.first, f"{entry.path}/0/", entry.source))
            calls.append((number, number + 1 if entry.first is not None else None))
        columns = aligned({k: r.entries for k, r in enumerate(runs)}, {k: r.prefix for k, r in enumerate(runs)})
        shared = sum(len(c.entries) == len(runs) for c in columns)
        if shared < ALIKE * len(columns):
            raise Unfit
        template = Template(self._called(group), runs, columns)
        mark(template, self.rendering.names)
        self._flags(template)
        find_arguments(template, self._named(template), self.taken)
        if len(template.arguments) > MOST:
            raise Unfit
        self.bodies[template] = self.rendering.block(template)
        self.taken.add(template.name)
        self.templates.append(template)
        for entry, (number, first) in zip(group, calls):
            entry.call = (template, number, first)

    # -- arguments --------------------------------------------------------------------------------------------------

    def _flags(self, template: Template) -> None:
        """A flag for what is not in all lists."""

        def walk(columns: list[Column], lists: frozenset[int]) -> None:
            for column in columns:
                there = frozenset(column.entries)
                if there != lists:
                    column.when = self._flag(template, column, there, lists)
                walk(column.inner, there)
                if column.first is not None:
                    walk(column.first, there)

        walk(template.columns, frozenset(range(len(template.runs))))

    def _flag(self, template: Template, column: Column, there: frozenset[int], lists: frozenset[int]) -> str:
        for argument in (a for a in template.arguments if a.flag):
            own = {k for k in lists if argument.given.get(k)}
            if own == there:
                return argument.name
            if own == lists - there:
                return f"not {argument.name}"
        word = re.sub(r"\W", "_", column.one.path.rpartition("/")[2])
        layer = column.one.node.layer.kind if column.one.node is not None else word
        name = self._free(template, [word if not word[:1].isdigit() else f"with_{layer}"], self.words)
        template.arguments.append(Argument(name, "", {k: k in there for k in lists}, True, False))
        return name

    def _named(self, template: Template) -> Callable[[list[str], bool], str]:
        return lambda wanted, flag: self._free(template, wanted, self.words if flag else ())

    # -- names ------------------------------------------------------------------------------------------------------

    def _free(self, template: Template, wanted: list[str], besides: Collection[str] = ()) -> str:
        taken = {*besides} | {a.name for a in template.arguments} | self.taken | CALL | set(FUNCTIONS)
        for name in (*wanted, *(f"{wanted[-1]}_{n}" for n in range(2, 1000))):
            if name not in taken and is_name(name) and name not in LAYERS:
                return name
        raise Unfit

    def _called(self, group: list[Entry]) -> str:
        """A name for the block that these are: layer of layer1 and layer2."""
        words: list[str] = []
        for entry in group:
            *_, around, last = ["", *entry.path.split("/")]
            stem = re.sub(r"[\W\d]+$", "", last).rstrip("_")
            words.append(_PLURALS.get(stem or around, stem or "block"))
        word = max(dict.fromkeys(words), key=words.count)
        word = re.sub(r"\W", "_", word) or "block"
        known = {*LAYERS, *ENTRIES, *FUNCTIONS, *self.taken, "input", "join"}
        for name in (word, f"{word}_block", *(f"{word}_{n}" for n in range(2, 1000))):
            if name not in known and is_name(name) and word_of(name) is None:
                return name
        raise Unfit


def _boxes(entries: list[Entry]) -> Iterator[Entry]:
    """The stages and repeats, with those inside."""
    for entry in entries:
        if entry.node is None:
            yield entry
            yield from _boxes(entry.first or [])
            yield from _boxes(entry.layers)


def _written(entries: list[Entry], block: Callable[[Entry], Any]) -> dict[int, Any]:
    """Where each stage and repeat is written: in a block once for all lists that it is called for."""
    out: dict[int, Any] = {}

    def walk(inner: list[Entry], around: Any, prefix: str) -> None:
        for entry in inner:
            if entry.node is not None:
                continue
            out[id(entry)] = around, entry.path[len(prefix) :]
            own = block(entry)
            place, path = (around, prefix) if own is None else (own, entry.inside)
            walk(entry.layers, place, path)
            walk(entry.first or [], place, path if own is None else f"{entry.path}/0/")

    walk(entries, None, "")
    return out


def _all(entries: list[Entry]) -> Iterator[Entry]:
    """The entries with those inside."""
    for entry in entries:
        yield entry
        yield from _all(entry.first or [])
        yield from _all(entry.layers)


def _height(entry: Entry) -> int:
    return 0 if entry.node is not None else 1 + max(map(_height, (*entry.layers, *(entry.first or ()))), default=0)


def _alike(group: list[Entry]) -> bool:
    """Whether most of the entries of each are in all of them."""
    new, old = group[-1], group[0]
    lists = [{signature(e, entry.inside) for e in entry.layers} for entry in (old, new)]
    return len(lists[0] & lists[1]) >= ALIKE * len(lists[0] | lists[1])


def _shape(entry: Entry, prefix: str = "") -> tuple[Any, ...]:
    """All signatures inside, and what each layer stands behind."""
    prefix = prefix or entry.inside
    if entry.node is not None:
        behind = tuple(s[len(prefix) :] if s.startswith(prefix) else "" for s in entry.sources)
        return entry.implied, behind
    inner = tuple((signature(e, entry.inside), _shape(e, prefix)) for e in entry.layers)
    own = f"{entry.path}/0/"
    first = tuple((signature(e, own), _shape(e, own)) for e in entry.first or ())
    return entry.call and id(entry.call[0]), entry.rounds is None, inner, first
