"""Lists of layers that are one block with other numbers: which ones, and its arguments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from symconv.extent import Extent, Size, symbols_of
from symconv.layer import LAYERS
from symconv.readers.expression import FUNCTIONS, is_name
from symconv.readers.meaning import word_of
from symconv.readers.schema import CALL, ENTRIES
from symconv.symbols import Index
from symconv.writers.specs.columns import Column, Run, Unfit, Where, aligned, every, signature, values
from symconv.writers.specs.layout import Value
from symconv.writers.specs.tree import Entry

Given = Size | Fraction | bool

#: Of all entries of lists that are one block this share is in each.
ALIKE: Final = Fraction(3, 5)

#: Arguments of a block at most.
MOST: Final = 10

#: Entries that a block has to save.
SAVED: Final = 3

#: Fields that are widths, of which one may be a multiple of another.
_WIDTHS: Final = frozenset(("channels", "groups", "hidden", "shape", "heads", "size", "value_size", "beside", "length"))

#: Names of lists, and what one of them is called.
_PLURALS: Final = dict.fromkeys(("", "h", "features", "blocks"), "block") | {"layers": "layer", "stages": "stage"}


@dataclass(eq=False)
class Argument:
    """An argument of a block: its value in each list, where it has one there."""

    name: str
    field: str
    given: dict[int, Given]
    flag: bool = False
    default: Given | None = None


@dataclass(eq=False)
class Template:
    """A block: its columns, its arguments, and where they stand."""

    name: str
    runs: list[Run]
    columns: list[Column]
    arguments: list[Argument] = field(default_factory=list)
    holes: dict[tuple[Column, Where], str] = field(default_factory=dict)
    #: The names that stand for something in some lists only, and what is said in their place.
    aliases: dict[str, str] = field(default_factory=dict)

    def arguments_of(self, number: int, other: int | None = None) -> dict[str, Given]:
        """The arguments of one list, those apart that are the defaults; one that has no value there is another's."""
        out: dict[str, Given] = {}
        for argument in self.arguments:
            value = argument.given.get(number, argument.given.get(number if other is None else other))
            if value is None and argument.default is None:
                value = next(iter(argument.given.values()))
            if value is not None and not _same(value, argument.default):
                out[argument.name] = value
        return out

    def changed(self, first: int, number: int) -> dict[str, Given]:
        """The arguments that a first round has otherwise."""
        out = {}
        for argument in self.arguments:
            value, usual = argument.given.get(first), argument.given.get(number)
            if usual is None:
                usual = value if value is not None else argument.default
            if value is not None and not _same(value, usual):
                out[argument.name] = value
        return out


def _same(a: Given | None, b: Given | None) -> bool:
    return type(a) is type(b) and a == b


class Folding:
    """Finds the blocks of a tree of entries, those inside of others first."""

    def __init__(
        self,
        names: set[str],
        fields: Callable[[Entry], Mapping[str, Any]],
        mark: Callable[[Template], None],
        body: Callable[[Template], Value],
    ) -> None:
        self.fields, self.mark, self.body = fields, mark, body
        #: What a block or an argument cannot be called: symbols, and words that fields have.
        self.taken = set(names)
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
            return False
        weights = [e.weight + sum(f.weight for f in e.first or ()) for e in places.values()]
        return sum(weights) - max(e.weight for e in group) - len(places) - 2 >= (0 if apart else SAVED)

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
        self.mark(template)
        self._flags(template)
        self._sizes(template)
        if len(template.arguments) > MOST:
            raise Unfit
        self.bodies[template] = self.body(template)
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
        name = self._free(template, [word if not word[:1].isdigit() else f"with_{word}"])
        template.arguments.append(Argument(name, "", {k: k in there for k in lists}, True, False))
        return name

    def _sizes(self, template: Template) -> None:
        """An argument for each size that is another one in other lists, or speaks of the round."""
        for column in every(template.columns):
            said = {k: dict(self._said(e)) for k, e in column.entries.items()}
            for where in next(iter(said.values())):
                given = {k: own[where] for k, own in said.items()}
                sizes = list(given.values())
                if all(_same(v, sizes[0]) for v in sizes) and not _moving(sizes[0]):
                    continue
                if len({type(v) is bool for v in sizes}) > 1:
                    raise Unfit
                template.holes[column, where] = self._argument(template, column, _word(where[0]), given)
        for argument in template.arguments:
            if argument.field not in _WIDTHS and not argument.flag:
                usual = [v for v in argument.given.values() if not isinstance(v, Extent)]
                most = max(usual, key=lambda v: (sum(_same(v, o) for o in usual), -usual.index(v)), default=None)
                if most is not None and 2 * sum(_same(most, v) for v in usual) >= len(argument.given):
                    argument.default = most

    def _said(self, entry: Entry) -> Iterator[tuple[Where, Given]]:
        for key, value in self.fields(entry).items():
            yield from (((key, steps), size) for steps, size in values(value))

    def _argument(self, template: Template, column: Column, key: str, given: dict[int, Given]) -> str:
        for argument in template.arguments:
            if argument.flag or not _kin(argument.field, key):
                continue
            common = given.keys() & argument.given.keys()
            if not common:
                continue
            if all(_same(given[k], argument.given[k]) for k in common):
                argument.given.update(given)
                return argument.name
            if common != given.keys() or key not in _WIDTHS:
                continue
            for many in (2, 3, 4, 6, 8):
                if all(given[k] == many * argument.given[k] for k in common):
                    return f"{many}*{argument.name}"
        own = re.sub(r"\W", "_", column.one.path.rpartition("/")[2])
        name = self._free(template, [key, f"{own}_{key}" if not own[:1].isdigit() else f"{key}_{own}"])
        template.arguments.append(Argument(name, key, dict(given)))
        return name

    # -- names ------------------------------------------------------------------------------------------------------

    def _free(self, template: Template, wanted: list[str]) -> str:
        taken = {a.name for a in template.arguments} | self.taken | CALL | set(FUNCTIONS)
        for name in (*wanted, *(f"{wanted[-1]}_{n}" for n in range(2, 1000))):
            if name not in taken and is_name(name) and name not in LAYERS:
                return name
        raise Unfit

    def _called(self, group: list[Entry]) -> str:
        """A name for the block that these are: layer of layer1 and layer2."""
        words: list[str] = []
        for entry in group:
            *_, around, last = ["", *entry.path.split("/")]
            stem = re.sub(r"[\W\d]+$", "", last).rstrip("_") or re.sub(r"[\W\d]+$", "", around).rstrip("_")
            words.append(_PLURALS.get(stem, stem))
        word = max(dict.fromkeys(words), key=words.count)
        word = re.sub(r"\W", "_", word) or "block"
        known = {*LAYERS, *ENTRIES, *FUNCTIONS, *self.taken, "input", "join"}
        for name in (word, f"{word}_block", *(f"{word}_{n}" for n in range(2, 1000))):
            if name not in known and is_name(name) and word_of(name) is None:
                return name
        raise Unfit


def _word(key: str) -> str:
    """What a key speaks of: a field, an argument of a block inside, the rounds of a repeat, the shape of a tensor."""
    what, _, name = key.rpartition(" ")
    return "shape" if what == "parameters" else "rounds" if key == "repeat" else name


def _kin(one: str, other: str) -> bool:
    return one == other or (one in _WIDTHS and other in _WIDTHS)


def _moving(value: Given) -> bool:
    """Whether a size speaks of a round."""
    return isinstance(value, Extent) and any(isinstance(s, Index) for s in symbols_of(value))


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
