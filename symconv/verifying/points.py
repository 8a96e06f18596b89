"""Where a model is run: points that show something, inside of what the closed form and the file allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from itertools import product as combinations
from math import prod
from typing import Any, Final

from symconv.errors import ExtentError, SymconvError
from symconv.extent import Function, Size, symbols_of, terms_of
from symconv.network import Network
from symconv.readers.onnx.load import Reading
from symconv.symbols import Symbol
from symconv.values import evaluate

#: Points that are chosen where none is given.
CHOSEN: Final = 4

#: Combinations that are looked at for them.
TRIED: Final = 1 << 12

#: Elements of an input at most, where points are chosen.
LARGE: Final = 1 << 22

Point = Mapping[str, int]


def chosen(reading: Reading) -> list[dict[str, int]]:
    """The size of the file, the least legal one, odd ones, H ≠ W, N = 2, as far as the file runs there."""
    symbols = inner_symbols(reading)
    if not symbols:
        return [{}]
    options = [_options(reading, s) for s in symbols]
    base = {s.name: o[0] for s, o in zip(symbols, options)}
    alone = [[v for v in o if runs(reading, {**base, s.name: v})] or o for s, o in zip(symbols, options)]
    candidates = [base]
    moving = [(s.name, o) for s, o in zip(symbols, alone) if len(o) > 1][::-1]
    for k in range(1, max(len(o) for o in alone)):  # no two symbols alike
        candidates.append({**base, **{name: o[(k + i) % len(o)] for i, (name, o) in enumerate(moving)}})
    candidates += [{**base, s.name: v} for s, o in zip(symbols, alone) for v in o]
    candidates += [dict(zip(base, values)) for values in islice(combinations(*options), TRIED)]
    out: list[dict[str, int]] = []
    for point in candidates:
        if len(out) < CHOSEN and point not in out and runs(reading, point):
            out.append(point)
    return out or [base]


def inner_symbols(reading: Reading) -> list[Symbol]:
    """The symbols of the inputs' shapes and elements."""
    net = reading.network
    sizes = [x for t in net.inputs.values() for x in t.shape] + [x for e in net.elements.values() for x in e]
    return sorted({s for x in sizes for s in symbols_of(x)}, key=lambda s: s.key)


def values_at(reading: Reading, point: Point) -> dict[Symbol, Any]:
    """The values of the symbols at a point, those that no cost has among them.

    Raises DomainError outside the domain.
    """
    net = reading.network
    known = net.at({name: v for name, v in point.items() if name in net.symbols})
    return {**known, **{s: point[s.name] for s in inner_symbols(reading) if s.name in point}}


def shape_at(shape: Sequence[Size], at: Mapping[Symbol, Any]) -> tuple[int, ...] | None:
    """A shape in numbers, or None where it has a symbol without a value."""
    try:
        return tuple(evaluate(x, at) for x in shape)
    except (KeyError, ExtentError):
        return None


def baked(reading: Reading, at: Mapping[Symbol, Any]) -> str:
    """Why the file does not run here, or mixes samples: a number of its export that is another one here."""
    for (extent, number), node in reading.baked.items():
        here = shape_at((extent,), at)
        if here is not None and here != (number,):
            return f"{node} has {number} baked in, in the place of {extent} = {here[0]}"
    return ""


def runs(reading: Reading, point: Point) -> bool:
    """Whether a point is legal, the file's own one, and small enough to be chosen."""
    try:
        at = values_at(reading, point)
    except SymconvError:
        return False
    shapes = [shape_at(t.shape, at) for t in reading.network.inputs.values()]
    return all(shape is not None and prod(shape) <= LARGE for shape in shapes) and not baked(reading, at)


def _options(reading: Reading, s: Symbol) -> list[int]:
    """Values of a symbol to try: those of the file, small ones, and numbers that a choice compares it with."""
    net = reading.network
    usual, least = net.usual.get(s.name), max(net.domain.least(s), s.least)
    if s.name == "N":
        tried = [usual or 1, 2, 3, 1]
    else:
        file = [] if usual is None else [usual, usual + 1, usual - 1, usual - 2, usual - 3]
        tried = [*file[:1], least, *file[1:2], 2 * least + 3, 33, least + 1, 65, 256, *file[2:], 512, 576]
    found = [v for v in (*_compared_with(net, s), *tried) if v in net.domain.sizes(s)]
    return list(dict.fromkeys(found)) or [least]


def _compared_with(net: Network, s: Symbol) -> list[int]:
    """The numbers that choices compare a symbol with, and half of them: 16000 and 8000 of a sampling rate."""
    atoms = [a for node in net.nodes if node.times != 1 for m in terms_of(node.times) for a in m]
    sides = [a.arguments for a in atoms if isinstance(a, Function) and a.name in ("equals", "reaches")]
    numbers = [y for pair in sides for x, y in (pair, pair[::-1]) if isinstance(y, int) and symbols_of(x) == {s}]
    return [v for n in dict.fromkeys(numbers) for v in (n, n // 2)]
