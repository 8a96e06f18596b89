"""The arguments of a block: sizes that are others in other lists, each once, and what follows from what comes in."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from symconv.errors import SymconvError
from symconv.extent import Extent, Size, symbols_of
from symconv.layer import layer_fields
from symconv.readers.expression import is_name
from symconv.rounding import floor
from symconv.symbols import Index
from symconv.writers.specs.columns import Column, Run, Unfit, Where, every, stated, values
from symconv.writers.specs.tree import Entry

Given = Size | Fraction | bool

#: Fields that are widths, of which one may be a multiple of another.
_WIDTHS: Final = frozenset(("channels", "groups", "hidden", "shape", "heads", "size", "value_size", "beside", "length"))


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
    #: The names of the extents of what comes in, _ for one without a name; None where none has one.
    input: list[str] | None = None
    #: The names that stand for something in some lists only, and what is said in their place.
    aliases: dict[str, str] = field(default_factory=dict)


def fields_of(entry: Entry) -> dict[str, Any]:
    """What an entry says besides its name and what it stands behind, by key: sizes, flags, words, lists of them."""
    if entry.call is not None:
        template, number, first = entry.call
        assert isinstance(template, Template)
        out: dict[str, Any] = {} if entry.rounds is None else {"repeat": entry.rounds.index.end}
        for argument in template.arguments:
            usual = argument.given.get(number, argument.given.get(number if first is None else first))
            usual = argument.default if usual is None else usual
            usual = next(iter(argument.given.values())) if usual is None else usual
            out[f"with {argument.name}"] = usual
            if first is not None:
                out[f"first {argument.name}"] = argument.given.get(first, usual)
        return out
    if entry.rounds is not None:
        return {"repeat": entry.rounds.index.end}
    if entry.node is None:
        return {}
    layer = entry.node.layer
    out = {f.name: getattr(layer, f.name) for f in layer_fields(type(layer))}
    out["times"] = entry.node.times
    for p in stated(entry.node) or ():
        out[f"parameters {p.name}"] = p.shape
        if p.active is not None:
            out[f"active {p.name}"] = p.active
    return out


#: How often one width may be another: of any, and of numbers alone.
_MANY, _FEW = (1, 2, 3, 4, 6, 8, 12, 16, 32, 64), (1, 2, 3, 4, 6, 8)

#: The axes of what comes in that are named, by the number of axes, and their names.
_AXES: Final[dict[int, dict[int, str]]] = {2: {1: "C"}, 3: {2: "C", 1: "T"}, 4: {1: "C", 2: "H", 3: "W"}, 5: {1: "C"}}


@dataclass(eq=False)
class _Size:
    """A size of a block that is another one in other lists: where it stands, and its value in each."""

    key: str
    given: dict[int, Given]
    places: list[tuple[Column, Where]]

    @property
    def text(self) -> int:
        """The characters of its values."""
        return sum(len(str(v)) for v in self.given.values())

    @property
    def moving(self) -> bool:
        """Whether it speaks of a round."""
        return any(map(_moving, self.given.values()))


def find_arguments(
    template: Template,
    free: Callable[[list[str], bool], str],
    taken: Collection[str],
) -> None:
    """Give a block an argument for each size that is another one in other lists, or speaks of the round.

    Raises Unfit where no arguments say it.
    """
    sizes = _gathered(template)
    entering = _entering(template, taken)
    texts: dict[int, str] = {}
    pattern: dict[int, str] = {}
    for size in sizes:
        if size.moving or size.key in _WIDTHS:
            found = _of_incoming(size, entering)
            if found is not None:
                axis, name, texts[id(size)] = found
                pattern[axis] = name
    if pattern:
        template.input = [pattern.get(axis, "_") for axis in range(len(next(iter(entering.shapes.values()))))]
    said = [s for s in sizes if id(s) not in texts]
    bases: list[_Size] = []
    derived: dict[int, tuple[_Size, str]] = {}
    for size in sorted((s for s in said if s.key in _WIDTHS), key=lambda s: (-len(s.given), s.text)):
        found_base = next(((b, form) for b in bases if (form := _ratio(size.given, b.given))), None)
        if found_base is None:
            bases.append(size)
        else:
            derived[id(size)] = found_base
    for size in said:
        if id(size) not in derived:
            own = re.sub(r"\W", "_", size.places[0][0].one.path.rpartition("/")[2])
            flag = isinstance(next(iter(size.given.values())), bool)
            name = free([size.key, f"{own}_{size.key}" if not own[:1].isdigit() else f"{size.key}_{own}"], flag)
            template.arguments.append(Argument(name, size.key, size.given))
            texts[id(size)] = name
    for size in said:
        if id(size) in derived:
            base, form = derived[id(size)]
            texts[id(size)] = form.format(texts[id(base)])
    for size in sizes:
        template.holes.update(dict.fromkeys(size.places, texts[id(size)]))
    _defaults(template)


def _gathered(template: Template) -> list[_Size]:
    """The sizes that are others in other lists, equal ones of one kind together."""
    out: list[_Size] = []
    for column in every(template.columns):
        said = {
            k: {(key, steps): size for key, value in fields_of(e).items() for steps, size in values(value)}
            for k, e in column.entries.items()
        }
        for where in next(iter(said.values())):
            given = {k: own[where] for k, own in said.items()}
            sizes = list(given.values())
            if all(same(v, sizes[0]) for v in sizes) and not _moving(sizes[0]):
                continue
            if len({type(v) is bool for v in sizes}) > 1:
                raise Unfit
            key = _word(where[0])
            for other in out:
                common = given.keys() & other.given.keys()
                if _kin(other.key, key) and common and all(same(given[k], other.given[k]) for k in common):
                    other.given.update(given)
                    other.places.append((column, where))
                    other.key = "channels" if key == "channels" else other.key
                    break
            else:
                out.append(_Size(key, given, [(column, where)]))
    return out


@dataclass(frozen=True)
class _Entering:
    """The shape that comes into each list, and what its axes are called."""

    shapes: dict[int, tuple[Size, ...]]
    names: dict[int, str]


def _entering(template: Template, taken: Collection[str]) -> _Entering:
    shapes: dict[int, tuple[Size, ...]] = {}
    for k, run in enumerate(template.runs):
        shape = next(_read(run.entries, run.source), None)
        if shape is None:
            return _Entering({}, {})
        shapes[k] = shape
    ranks = set(map(len, shapes.values()))
    names = _AXES.get(ranks.pop(), {}) if len(ranks) == 1 else {}
    return _Entering(shapes, {axis: name if name not in taken else f"{name}_in" for axis, name in names.items()})


def _read(entries: list[Entry], source: str) -> Iterator[tuple[Size, ...]]:
    """The shapes in which a source is read."""
    for entry in entries:
        if entry.node is not None:
            yield from (t.shape for s, t in zip(entry.sources, entry.node.tensors) if s == source)
        elif entry.rounds is None:
            yield from _read(entry.layers, source)


def _of_incoming(size: _Size, entering: _Entering) -> tuple[int, str, str] | None:
    """A size in terms of an extent of what comes in: the axis, its name, the expression."""
    for axis, name in entering.names.items():
        extents: dict[int, Given] = {k: shape[axis] for k, shape in entering.shapes.items()}
        form = _ratio(size.given, extents) if is_name(name) else ""
        if form:
            return axis, name, form.format(name)
        more = {v - entering.shapes[k][axis] for k, v in size.given.items() if isinstance(v, int | Extent)}
        if len(more) == 1 and isinstance(rest := more.pop(), int) and rest > 0:
            return axis, name, f"{name} + {rest}"
    return None


def _ratio(given: Mapping[int, Given], base: Mapping[int, Given]) -> str:
    """2*{} or {}/2, as what a width is a multiple or a part of another one in all lists; empty where it is none."""
    flags = any(isinstance(v, bool | Fraction) for v in (*given.values(), *base.values()))
    if flags or not given.keys() <= base.keys():
        return ""
    for many in _MANY if any(isinstance(v, Extent) for v in given.values()) else _FEW:
        if all(v == many * base[k] for k, v in given.items()):
            return f"{many}*{{}}" if many > 1 else "{}"
        if all(v == _part(base[k], many) for k, v in given.items()):
            return f"{{}}/{many}"
    return ""


def _part(size: Given, many: int) -> Given | None:
    """What the reader makes of a part of a size."""
    if not isinstance(size, Extent):
        return size // many if size % many == 0 else None
    try:
        return floor(size, many, exact=True)
    except SymconvError:
        return None


def _defaults(template: Template) -> None:
    """Defaults for what is the same in most lists, widths apart."""
    for argument in template.arguments:
        if argument.field not in _WIDTHS and not argument.flag:
            usual = [v for v in argument.given.values() if not isinstance(v, Extent)]
            most = max(usual, key=lambda v: (sum(same(v, o) for o in usual), -usual.index(v)), default=None)
            if most is not None and 2 * sum(same(most, v) for v in usual) >= len(argument.given):
                argument.default = most


def same(a: Any, b: Any) -> bool:
    """Whether two values are one, a flag and a number apart."""
    return type(a) is type(b) and bool(a == b)


def _word(key: str) -> str:
    """What a key speaks of: a field, an argument of a block inside, the rounds of a repeat, the shape of a tensor."""
    what, _, name = key.rpartition(" ")
    return "shape" if what == "parameters" else "rounds" if key == "repeat" else name


def _kin(one: str, other: str) -> bool:
    return one == other or (one in _WIDTHS and other in _WIDTHS)


def _moving(value: Given) -> bool:
    return isinstance(value, Extent) and any(isinstance(s, Index) for s in symbols_of(value))
