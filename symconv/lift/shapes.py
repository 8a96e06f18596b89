"""Shapes that a layer states as they are, a view's, a copy's, said again in the extents of what it reads.

A foreign model's view says 197×12×64, and what it means is T×h×d of a T×(h·d) that came in. `said` finds that by the
numbers: axes go through, are multiplied, split into factors, or come from a table. Each extent is found twice: as a
*recipe* in the extents of the inputs (`entering(k, axis)`) and in atoms, by which a shape is made anew where the inputs
are others, and resolved, in atoms alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import combinations
from math import prod
from operator import mul
from typing import Final, NamedTuple

from symconv.errors import ExtentError
from symconv.extent import Extent, Size, size_of, symbols_of, terms_of
from symconv.lift.equations import Equations, Origin
from symconv.rounding import floor
from symconv.symbols import Symbol, symbol
from symconv.tensor import Tensor
from symconv.values import evaluate

#: Whom the extents of a layer's inputs belong to.
ENTERING: Final = " what enters a layer"

#: Factors of one extent that are put together in any way, at most.
FACTORS: Final = 8

#: Operations of views and copies by what they do to axes.
REGROUPED: Final = {"reshape", "view", "flatten", "unflatten", "squeeze", "unsqueeze", "identity", "write", "heads"}
SELECTED: Final = {"select", "unbind", "step", "last"}
REPEATED: Final = {"expand", "repeat", "tile", "broadcast", "batch"}
LOOKED_UP: Final = {"index", "embedding", "gather", "lookup", "index_select", "bag"}
ALONG: Final = {"slice", "split", "chunk", "narrow", "roll", "copy", "reverse", "scatter", "memory", "state", "dropout"}
PADDED: Final = {"pad", "crop"}
RESIZED: Final = {"resample", "resize"}
JOINED: Final = {"concat", "cat"}
NEW: Final = {"parameter", "constant", "weights", "fill", "zeros", "places", "range", "mask", "zero_point", "unused"}


def entering(number: int, axis: int) -> Size:
    """The extent of an axis of an input, for recipes."""
    return size_of(symbol(f"in{number}_{axis}", "extent", ENTERING))


def as_entering(number: int, tensor: Tensor) -> Tensor:
    """An input whose extents are those that enter; those of 1 stay."""
    return tensor.like(*(entering(number, axis) if x != 1 else 1 for axis, x in enumerate(tensor.shape)))


def entered(size: Size) -> bool:
    """Whether a recipe is in what enters."""
    return any(s.scope == ENTERING for s in symbols_of(size))


class Said(NamedTuple):
    """One extent: as a recipe in the inputs' extents and atoms, and in atoms alone."""

    recipe: Size
    size: Size


@dataclass
class Reading:
    """A layer that is read: what comes in in atoms, and in numbers as it was; numbers for the network's symbols."""

    equations: Equations
    node: str
    inputs: Sequence[tuple[Size, ...]]
    before: Sequence[tuple[Size, ...]]
    at: Mapping[Symbol, int]
    #: Shapes of what the layer keeps, in atoms and in numbers.
    kept: Sequence[tuple[tuple[Size, ...], tuple[Size, ...]]] = ()
    #: What was split into what: the same extent is split the same way again.
    splits: dict[tuple[tuple[Size, ...], tuple[Size, ...]], tuple[Size, ...]] = field(default_factory=dict)
    #: What had to be guessed, in words.
    guessed: list[str] = field(default_factory=list)

    def new(self, x: Size, what: str) -> Said:
        """A new atom for an extent that comes from nowhere; an extent in the network's symbols stays."""
        if isinstance(x, int) and x > 1:
            atom = self.equations.atom(x, Origin(self.node, what))
            return Said(atom, atom)
        return Said(x, x)

    def through(self, number: int, axis: int) -> Said:
        """The extent of an axis of an input."""
        return Said(entering(number, axis), self.inputs[number][axis])

    def number(self, x: Size) -> int:
        return int(evaluate(x, self.at))


def said(reading: Reading, operation: str, out: tuple[Size, ...]) -> tuple[Said, ...]:
    """The shape `out`, as it was stated, in what comes in."""
    if operation in REGROUPED and reading.inputs:
        return _regrouped(reading, out)
    if operation in NEW or not (reading.inputs or reading.kept):
        return _new(reading, operation, out)
    if operation in LOOKED_UP:
        return _looked_up(reading, operation, out)
    if not reading.inputs:
        return _new(reading, operation, out)
    first = reading.before[0]
    if operation in SELECTED and len(out) == len(first) - 1:
        return _selected(reading, out)
    if operation in REPEATED:
        return _repeated(reading, out)
    if operation in JOINED and len(out) == len(first):
        return _joined(reading, out)
    if operation in RESIZED and len(out) == len(first):
        return tuple(_resized(reading, axis, x) for axis, x in enumerate(out))
    if (operation in ALONG or operation in PADDED) and len(out) == len(first):
        return _along(reading, operation, out)
    return _by_number(reading, operation, out)


def _new(reading: Reading, operation: str, out: tuple[Size, ...]) -> tuple[Said, ...]:
    """A new tensor: that of a weight of the same shape, else of numbers of its own."""
    for size, before in reading.kept:
        if before == out:
            return tuple(Said(x, x) for x in size)
    return tuple(reading.new(x, f"{operation}[{axis}]") for axis, x in enumerate(out))


def _looked_up(reading: Reading, operation: str, out: tuple[Size, ...]) -> tuple[Said, ...]:
    """Rows of a table: the last axes are a row's, the others the indices'."""
    tables = [(size, before) for size, before in reading.kept if before]
    sources: list[tuple[Sequence[Size], Sequence[Size], int | None]] = [(s, b, None) for s, b in tables]
    sources += [(s, b, k) for k, (s, b) in enumerate(zip(reading.inputs, reading.before)) if b]
    found: list[Said | None] = [None] * len(out)
    for size, before, k in sources:
        back = 1
        while back < len(before) + (k is not None) and back <= len(out):
            axis, own = len(out) - back, len(before) - back
            if own < 0 or before[own] != out[axis] or found[axis] is not None:
                break
            found[axis] = Said(size[own], size[own]) if k is None else reading.through(k, own)
            back += 1
    for k, before in enumerate(reading.before):
        for axis, x in enumerate(before[: len(out)]):
            if found[axis] is None and out[axis] == x:
                found[axis] = reading.through(k, axis)
    return tuple(f or reading.new(x, f"{operation}[{axis}]") for axis, (f, x) in enumerate(zip(found, out)))


def _selected(reading: Reading, out: tuple[Size, ...]) -> tuple[Said, ...]:
    """One place of an axis, which is gone."""
    before = reading.before[0]
    places = [a for a in range(len(before)) if (*before[:a], *before[a + 1 :]) == out]
    sizes = {tuple(x for i, x in enumerate(reading.inputs[0]) if i != a) for a in places}
    if not places:
        return _by_number(reading, "select", out)
    if len(sizes) > 1:
        reading.guessed.append(f"{reading.node}: which of {len(places)} equal axes is gone")
    return tuple(reading.through(0, a) for a in range(len(before)) if a != places[0])


def _repeated(reading: Reading, out: tuple[Size, ...]) -> tuple[Said, ...]:
    """Axes of 1 repeated, and new ones in front."""
    before = reading.before[0]
    shift = len(out) - len(before)
    found = []
    for axis, x in enumerate(out):
        own = axis - shift
        if own >= 0 and before[own] == x:
            found.append(reading.through(0, own))
        elif own >= 0 and isinstance(x, int) and isinstance(y := before[own], int) and y > 1:
            times = x // y
            found.append(Said(times * entering(0, own), times * reading.inputs[0][own]))
        else:
            others = [
                reading.through(k, len(b) - len(out) + axis)
                for k, b in enumerate(reading.before[1:], 1)
                if len(b) - len(out) + axis >= 0 and b[len(b) - len(out) + axis] == x
            ]
            found.append(others[0] if others else reading.new(x, f"repeated[{axis}]"))
    return tuple(found)


def _joined(reading: Reading, out: tuple[Size, ...]) -> tuple[Said, ...]:
    """Side by side with constants along the axis that grows."""
    found = []
    for axis, x in enumerate(out):
        same = [k for k, b in enumerate(reading.before) if len(b) == len(out)]
        if all(reading.before[k][axis] == x for k in same):
            found.append(reading.through(0, axis))
            continue
        rest = x - sum((reading.before[k][axis] for k in same), 0)
        more = reading.new(rest, f"joined[{axis}]") if isinstance(rest, int) and rest > 1 else Said(rest, rest)
        recipe: Size = sum((entering(k, axis) for k in same), 0)
        size: Size = sum((reading.inputs[k][axis] for k in same), 0)
        found.append(Said(recipe + more.recipe, size + more.size))
    return tuple(found)


def _along(reading: Reading, operation: str, out: tuple[Size, ...]) -> tuple[Said, ...]:
    """The same axes, some of them longer or shorter."""
    found = []
    for axis, (x, y) in enumerate(zip(reading.before[0], out)):
        found.append(reading.through(0, axis) if x == y else _part(reading, operation, axis, y))
    return tuple(found)


def _resized(reading: Reading, axis: int, out: Size) -> Said:
    """An axis as it was, a whole number of times as long, or of a length of its own."""
    before = reading.before[0][axis]
    if before == out:
        return reading.through(0, axis)
    times = reading.number(out) // max(reading.number(before), 1)
    if times >= 2 and times * before == out:
        return Said(times * entering(0, axis), times * reading.inputs[0][axis])
    return Said(out, out)


def _part(reading: Reading, operation: str, axis: int, out: Size) -> Said:
    """A part of an axis: a half or a third of it, what is beside another part, or a number of its own."""
    equations, whole = reading.equations, reading.equations.resolve(reading.inputs[0][axis])
    if not equations.atoms_of(whole):
        return Said(out, out)
    was = reading.before[0][axis]
    if isinstance(out, Extent) or out == 0:
        return Said(out, out)
    if not isinstance(was, int) or operation in PADDED or out > was:
        reading.guessed.append(f"{reading.node}: {operation} of an extent {was} to {out}")
        return reading.new(out, f"{operation}[{axis}]")
    key = ((whole,), (was, out))
    if key in reading.splits:
        (part,) = reading.splits[key]
        return Said(part, part)
    if was % out == 0:
        try:
            part = floor(whole, was // out, exact=True)
        except ExtentError:
            part = 0
        if isinstance(part, int) or any(not isinstance(a, Symbol) for m in part.terms for a in m):
            part = equations.atom(out, Origin(reading.node, f"part[{axis}]"))
            equations.equate(whole, (was // out) * part, reading.node)
            part = equations.resolve(part)
    else:
        other = reading.splits.get(((whole,), (was, was - out)))
        part = whole - other[0] if other else equations.atom(out, Origin(reading.node, f"piece[{axis}]"))
    reading.splits[key] = (part,)
    return Said(part, part)


def _by_number(reading: Reading, operation: str, out: tuple[Size, ...]) -> tuple[Said, ...]:
    """An operation that is not known here: an extent is what has the same number, at its axis first."""
    found = []
    doubtful = False
    for axis, x in enumerate(out):
        places = [(k, axis) for k, b in enumerate(reading.before) if axis < len(b) and b[axis] == x]
        places += [(k, a) for k, b in enumerate(reading.before) for a, y in enumerate(b) if y == x]
        sizes = dict.fromkeys(reading.inputs[k][a] for k, a in places)
        doubtful = doubtful or (x != 1 and (len(sizes) > 1 or (not sizes and _atoms_in(reading))))
        found.append(reading.through(*places[0]) if places and x != 1 else reading.new(x, f"{operation}[{axis}]"))
    if doubtful:
        reading.guessed.append(f"{reading.node}: the shape that {operation} makes")
    return tuple(found)


def _atoms_in(reading: Reading) -> bool:
    return any(reading.equations.atoms_of(x) for shape in reading.inputs for x in shape)


# -- the same elements in other axes -------------------------------------------------------------------------------


def _regrouped(reading: Reading, out: tuple[Size, ...]) -> tuple[Said, ...]:
    """Axes multiplied and split, row by row; those of 1 may stand anywhere."""
    before = reading.before[0]
    ins = [a for a, x in enumerate(before) if x != 1]
    outs = [a for a, x in enumerate(out) if x != 1]
    found: list[Said] = [Said(1, 1)] * len(out)
    i = j = 0
    while i < len(ins) or j < len(outs):
        some, others = ins[i : i + 1], outs[j : j + 1]
        left = prod(reading.number(before[a]) for a in some)
        right = prod(reading.number(out[a]) for a in others)
        i, j = i + len(some), j + len(others)
        while left != right:
            if (left < right and i < len(ins)) or j >= len(outs):
                if i >= len(ins):
                    return _by_number(reading, "reshape", out)
                left *= reading.number(before[ins[i]])
                some.append(ins[i])
                i += 1
            else:
                right *= reading.number(out[outs[j]])
                others.append(outs[j])
                j += 1
        for axis, one in zip(others, _group(reading, some, tuple(out[a] for a in others))):
            found[axis] = one
    return tuple(found)


def _group(reading: Reading, axes: list[int], out: tuple[Size, ...]) -> list[Said]:
    """Neighbouring axes, as many elements, in other extents."""
    before = tuple(reading.before[0][a] for a in axes)
    if before == out:
        return [reading.through(0, a) for a in axes]
    sizes = tuple(reading.equations.resolve(reading.inputs[0][a]) for a in axes)
    if len(out) == 1:
        whole = reduce(mul, sizes, 1)
        reading.splits.setdefault(((whole,), before), sizes)
        return [Said(reduce(mul, (entering(0, a) for a in axes), 1), whole)]
    if not any(reading.equations.atoms_of(x) for x in sizes) and before == tuple(sizes):
        return [Said(x, x) for x in out]
    if known := reading.splits.get((sizes, out)):
        return [Said(x, x) for x in map(reading.equations.resolve, known)]
    parts = _factored(reading, sizes, out)
    if parts is None:
        parts = [_part_of_view(reading, x, f"view[{k}]") for k, x in enumerate(out)]
        reading.equations.equate(reduce(mul, sizes, 1), reduce(mul, parts, 1), reading.node)
        parts = [reading.equations.resolve(x) for x in parts]
    for key in (sizes, tuple(map(reading.equations.resolve, sizes))):
        reading.splits[key, out] = tuple(parts)
    return [Said(x, x) for x in parts]


def _part_of_view(reading: Reading, x: Size, what: str) -> Size:
    """A new extent of a view: an atom for a number, and for the number in 12·N."""
    if isinstance(x, Extent) and len(x.terms) == 1:
        ((m, c),) = x.terms.items()
        return reading.new(c, what).size * Extent({m: 1})
    return reading.new(x, what).size


def _factored(reading: Reading, sizes: tuple[Size, ...], out: tuple[Size, ...]) -> list[Size] | None:
    """The extents wanted as products of the factors of what is there, the first that fit."""
    pool: list[tuple[Size, Size]] = []
    for x in sizes:
        pool += [(f, reading.equations.value(f)) for f in _factors(x)]
    if len(pool) > FACTORS:
        return None
    found: list[Size] = []
    for wanted in out:
        taken = next(
            (
                chosen
                for many in range(1, len(pool) + 1)
                for chosen in combinations(range(len(pool)), many)
                if reduce(mul, (pool[k][1] for k in chosen), 1) == wanted
            ),
            None,
        )
        if taken is None:
            return None
        found.append(reduce(mul, (pool[k][0] for k in taken), 1))
        pool = [f for k, f in enumerate(pool) if k not in taken]
    return found if not pool else None


def _factors(size: Size) -> list[Size]:
    if isinstance(size, Extent) and len(size.terms) > 1:
        return [size]
    factors: list[Size] = []
    for m, c in terms_of(size).items():
        d = 2
        while c > 1:
            while c % d == 0:
                factors.append(d)
                c //= d
            d = d + 1 if d * d <= c else max(c, d + 1)
        factors += [size_of(a) for a in m]
    return factors
