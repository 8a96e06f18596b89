"""Where a model is run: points that show something, inside of what the closed form and the file allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from itertools import product as combinations
from math import prod
from typing import TYPE_CHECKING, Any, Final

from symconv.cost import evaluate_cost
from symconv.errors import ExtentError, SymconvError
from symconv.evaluation import resolve
from symconv.extent import Function, Size, symbols_of, terms_of
from symconv.network import Network
from symconv.symbols import Symbol
from symconv.values import evaluate

if TYPE_CHECKING:
    from symconv.readers.onnx.load import Reading

#: Points that are wanted where all runs are long.
FEW: Final = 2

#: Combinations of values that are looked at.
TRIED: Final = 1 << 12

#: Sizes that are tried for all symbols at once.
EQUAL: Final = 1 << 10

#: Elements of an input and of any tensor, and macs of a run, at most, where points are chosen.
LARGE: Final = 1 << 22
HUGE: Final = 1 << 26
LONG: Final = 1 << 34

Point = Mapping[str, Any]


def chosen(reading: Reading) -> Iterator[dict[str, int]]:
    """The size of the file, the least legal one, odd ones, H ≠ W, N = 2, and on: where a file runs, and is done soon.

    Where hardly a run is short, the shortest ones.
    """
    symbols = inner_symbols(reading.network)
    if not symbols:
        yield {}
        return
    batch = batch_of(reading.network)
    options = {s.name: _options(reading, s, s.name == batch) for s in symbols}
    shapes = list(dict.fromkeys(v.shape for v in reading.tensors.values() if v.shape))
    seen: list[dict[str, int]] = []
    longer: dict[int, dict[str, int]] = {}
    for point in _candidates(reading, options, batch):
        at = None if point in seen else _legal(reading, point)
        if at is None or max((prod(shape_at(shape, at) or ()) for shape in shapes), default=0) > HUGE:
            continue
        macs = _macs(reading, at)
        if macs <= LONG:
            seen.append(point)
            yield point
        else:
            longer.setdefault(macs, point)
    if len(seen) < FEW:
        yield from (longer[macs] for macs in sorted(longer)[: FEW - len(seen)])
    if not seen and not longer:
        yield {name: values[0] for name, values in options.items()}


def _candidates(reading: Reading, options: Mapping[str, list[int]], batch: str) -> Iterator[dict[str, int]]:
    """Points to look at, those that show most before the others."""
    base = {name: values[0] for name, values in options.items()}
    yield base
    alone = {name: [v for v in o if runs(reading, {**base, name: v})] or o for name, o in options.items()}
    moving = [name for name in reversed(alone) if len(alone[name]) > 1 and name != batch]
    for k in range(1, max(len(o) for o in alone.values())):  # no two symbols alike
        point = {**base, **{name: alone[name][(k + i) % len(alone[name])] for i, name in enumerate(moving)}}
        yield point if batch not in alone else {**point, batch: alone[batch][k % len(alone[batch])]}
    for name, values in alone.items():
        yield from ({**base, name: v} for v in values)
    for size in range(1, EQUAL + 1):  # sizes that are legal together only
        samples = alone.get(batch, [1])
        yield {name: samples[size % len(samples)] if name == batch else size for name in base}
    yield from (dict(zip(base, values)) for values in islice(combinations(*options.values()), TRIED))


def batch_of(net: Network) -> str:
    """The symbol that is the first axis, and no other one, of the first input with several."""
    for tensor in net.inputs.values():
        if tensor.rank > 1:
            first, *others = tensor.shape
            alone = len(symbols_of(first)) == 1 and not any(symbols_of(first) & symbols_of(x) for x in others)
            return next(iter(symbols_of(first))).name if alone else ""
    return ""


def _macs(reading: Reading, at: Mapping[Symbol, Any]) -> int:
    """The macs of a run; 0 where values decide them."""
    try:
        return int(evaluate_cost(reading.network.cost("macs"), at))
    except (KeyError, ExtentError):
        return 0


def inner_symbols(net: Network) -> list[Symbol]:
    """The symbols of the inputs' shapes and elements."""
    sizes = [x for t in net.inputs.values() for x in t.shape] + [x for e in net.elements.values() for x in e]
    return sorted({s for x in sizes for s in symbols_of(x)}, key=lambda s: s.key)


def values_at(net: Network, point: Point) -> dict[Symbol, Any]:
    """The values of the symbols at a point, those that no cost has among them.

    Raises DomainError outside the domain.
    """
    at = resolve({*net.known_symbols, *inner_symbols(net)}, point, complete=False)
    net.domain.check(at)
    return at


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
    """Whether a point is legal, the file's own one, and its inputs are small enough to be chosen."""
    return _legal(reading, point) is not None


def _legal(reading: Reading, point: Point) -> dict[Symbol, Any] | None:
    """The values of the symbols at a point where the file runs, on inputs that are not too large; else None."""
    try:
        at = values_at(reading.network, point)
    except SymconvError:
        return None
    shapes = [shape_at(t.shape, at) for t in reading.network.inputs.values()]
    small = all(shape is not None and prod(shape) <= LARGE for shape in shapes)
    return at if small and not baked(reading, at) else None


def _options(reading: Reading, s: Symbol, batch: bool) -> list[int]:
    """Values of a symbol to try: those of the file, small ones, and numbers that a choice compares it with."""
    net = reading.network
    usual, least = net.usual.get(s.name), max(net.domain.least(s), s.least)
    if batch:
        few = [v for v in dict.fromkeys((usual or 1, 2, 3)) if v in net.domain.sizes(s)]
        if few:
            return few
    beside = [] if usual is None else [usual + 1, usual - 1, usual - 2, usual - 3]
    tried = [*([] if usual is None else [usual]), least, *beside[:1], 2 * least + 3, 33, least + 1, 65, 256]
    tried += [*beside[1:], 512, 576]
    found = [v for v in (*_compared_with(net, s), *tried) if v in net.domain.sizes(s)]
    return list(dict.fromkeys(found)) or [least]


def _compared_with(net: Network, s: Symbol) -> list[int]:
    """The numbers that choices compare a symbol with, and half of them: 16000 and 8000 of a sampling rate."""
    atoms = [a for node in net.nodes if node.times != 1 for m in terms_of(node.times) for a in m]
    sides = [a.arguments for a in atoms if isinstance(a, Function) and a.name in ("equals", "reaches")]
    numbers = [y for pair in sides for x, y in (pair, pair[::-1]) if isinstance(y, int) and symbols_of(x) == {s}]
    return [v for n in dict.fromkeys(numbers) for v in (n, n // 2)]
