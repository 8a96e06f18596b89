"""The second witness: plain runs at sizes that were not traced, in which every shape has to be the formula's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product as combinations
from typing import Any, Final

from symconv.errors import ExtentError, ModelError
from symconv.extent import Extent, Size, symbols_of
from symconv.readers.torch.copying import as_before
from symconv.readers.torch.example import Example
from symconv.readers.torch.trace import Traced, plain
from symconv.symbols import Symbol
from symconv.values import evaluate

#: Runs beside the one that was traced.
RUNS: Final = 3

#: Numbers below the extents of an example that are tried, one after the other, for a legal one.
TRIED: Final = 80


class Disagreement(ModelError):
    """A plain run that shows other shapes than the formulas have."""


def checked(module: Any, call: Example, shapes: Sequence[tuple[Size, ...]], traced: Traced) -> list[dict[Symbol, int]]:
    """Compare every shape of plain runs with the formulas; the points of these runs.

    Raises Disagreement for the first shape that differs, naming its module.
    """
    points = held_back(traced, symbols_in_shapes(shapes))
    for at in points:
        with as_before(module):
            run = plain(module, call, shapes, at)
        compare(traced, run.made, at)
    return points


def symbols_in_shapes(shapes: Sequence[tuple[Size, ...]]) -> list[Symbol]:
    """The symbols of the inputs."""
    return sorted({s for shape in shapes for x in shape if isinstance(x, Extent) for s in symbols_of(x)}, key=lambda s: s.key)


def compare(traced: Traced, made: list[tuple[str, str, tuple[tuple[Size, ...], ...]]], at: dict[Symbol, int]) -> None:
    """Whether a run made the shapes that the formulas say at a point.

    Raises Disagreement where it did not.
    """
    said = ", ".join(f"{s.name} = {v}" for s, v in sorted(at.items(), key=lambda item: item[0].key))
    values: dict[Size, int] = {}
    whole = {**at, **{s: v for s, v in traced.path.witness.items() if s not in at}}

    def number(size: Size) -> int:
        if isinstance(size, int):
            return size
        if size not in values:
            try:
                values[size] = evaluate(size, whole)
            except ExtentError:
                values[size] = -1
        return values[size]

    unknown = {s for s in traced.path.witness if s not in at}
    for (name, where, shapes), (ran, there, found) in zip(traced.tracer.made, made):
        if name != ran:
            raise Disagreement(f"{there or 'the module'} does {ran} at {said}, and {name} where it was traced")
        for shape, numbers in zip(shapes, found):
            if any(isinstance(x, Extent) and symbols_of(x) & unknown for x in shape):
                continue
            if tuple(map(number, shape)) != numbers:
                formula = "×".join(map(str, shape))
                raise Disagreement(f"{where or 'the module'}: {name} makes {'×'.join(map(str, numbers))} at {said}, not {formula}")
    if len(made) != len(traced.tracer.made):
        raise Disagreement(f"{len(made)} operators run at {said}, and {len(traced.tracer.made)} where it was traced")


def held_back(traced: Traced, symbols: list[Symbol]) -> list[dict[Symbol, int]]:
    """Legal points beside the one that was traced: the least, an odd one with no two extents alike, a greater one."""
    found: list[dict[Symbol, int]] = []
    witness = {s: traced.path.witness[s] for s in symbols}
    for number, wishes in enumerate(_wishes(witness)):
        point = _legal(traced, wishes)
        if point is not None and point not in found and point != witness:
            found.append(point)
        if number >= RUNS and len(found) >= RUNS:
            break
    return found[:RUNS]


def _wishes(witness: dict[Symbol, int]) -> Iterator[dict[Symbol, Iterator[int]]]:
    """For each point the numbers to try for each symbol, the best first."""
    batch = {s for s, v in witness.items() if s.name == "N"}
    yield {s: _from(3 if s in batch else v + 13 + 16 * i, 1) for i, (s, v) in enumerate(witness.items())}
    yield {s: _from(1, 1) for s in witness}
    yield {s: _from(2 if s in batch else max(2 * v // 3 - 7 * i, 1) | 1, 1) for i, (s, v) in enumerate(witness.items())}
    yield {s: _from(5 if s in batch else v + 32 * (i + 1), 1) for i, (s, v) in enumerate(witness.items())}
    yield {s: _from(4 if s in batch else v + 1, 1) for s, v in witness.items()}
    yield {s: iter([3 if s in batch else v]) for s, v in witness.items()}
    yield {s: iter([1 if s in batch else v]) for s, v in witness.items()}


def _from(start: int, step: int) -> Iterator[int]:
    return iter(range(start, start + TRIED * 8, step))


def _legal(traced: Traced, wishes: dict[Symbol, Iterator[int]]) -> dict[Symbol, int] | None:
    """The first legal point along the wishes, each symbol by itself, then together."""
    domain = traced.net.domain
    options: dict[Symbol, list[int]] = {}
    for s, numbers in wishes.items():
        sizes = domain.sizes(s)
        options[s] = [v for v in numbers if v in sizes][:4]
        if not options[s]:
            least = sizes.least
            if least is None:
                return None
            options[s] = [least]
    for values in combinations(*options.values()):
        at = dict(zip(options, values))
        if domain.allows(at):
            return at
    for v in options[next(iter(options))] if options else []:  # extents that have to be equal
        at = {s: v if s.name != "N" else options[s][0] for s in options}
        if all(at[s] in domain.sizes(s) for s in at) and domain.allows(at):
            return at
    return None
