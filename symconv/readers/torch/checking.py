"""The second witness: plain runs at sizes that were not traced, in which every shape has to be the formula's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product as combinations
from typing import Any, Final

from symconv.cost import Cost, Number, cost_symbols, evaluate_cost
from symconv.errors import ExtentError, ModelError
from symconv.extent import Extent, Size, symbols_of
from symconv.node import METRICS
from symconv.readers.torch.copying import Before
from symconv.readers.torch.example import Example
from symconv.readers.torch.path import THE_MODULE
from symconv.readers.torch.trace import Plain, Traced, run_plain
from symconv.readers.torch.tracer import Ends, Made, Tracer
from symconv.symbols import Symbol
from symconv.values import evaluate

#: Runs beside the one that was traced.
RUNS: Final = 3

#: Numbers that are tried, one after the other, for a legal one.
TRIED: Final = 640


class Disagreement(ModelError):  # noqa: N818  (an answer, more than an error)
    """A plain run that shows other shapes than the formulas have."""


class Changing(ModelError):  # noqa: N818  (an answer, more than an error)
    """A module that does not do the same in two calls."""


Ways = Callable[[str, Mapping[Symbol, int]], Sequence[Traced]]


def checked(
    module: Any,
    call: Example,
    shapes: Sequence[tuple[Size, ...]],
    traced: Traced,
    ways: Ways,
    before: Before,
) -> list[dict[Symbol, int]]:
    """Compare every shape of plain runs with the formulas; the points of these runs.

    `ways` are the runs whose formulas may say what a call does at a point. Raises Disagreement for the first shape that
    differs, naming its module.
    """
    symbols = symbols_in_shapes(shapes)
    points = held_back(traced, symbols)
    own = {s: traced.path.witness[s] for s in symbols}
    for at in points or [own]:
        try:
            run = _checked_at(module, call, shapes, at, ways, before)
            formula = _macs(traced.net.cost("macs"), at)
            if formula != run:
                raise Disagreement(f"{run} MACs run at {said(at)}, and {formula} by the formula")
        except Disagreement as error:
            if at is not own:
                _checked_again(module, call, shapes, own, ways, before)
            raise Changing(f"{error}: the module changes from call to call") if at is own else error from None
    return points


def _checked_at(
    module: Any, call: Example, shapes: Sequence[tuple[Size, ...]], at: dict[Symbol, int], ways: Ways, before: Before
) -> Number:
    """The macs of what runs at a point, by the formulas of the runs that say what each call does there."""
    with before.again():
        run = run_plain(module, call, shapes, at, Plain)
    made = compare(ways, run, at)
    return sum(_macs(METRICS["macs"].of(way.net.node(name)), at) for way, m in made for name in m.nodes)


def _macs(cost: Cost, at: Mapping[Symbol, int]) -> Number:
    """A cost at a point, each size that is not known taken as 1."""
    return evaluate_cost(cost, {**dict.fromkeys(cost_symbols(cost), 1), **at})


def _checked_again(
    module: Any, call: Example, shapes: Sequence[tuple[Size, ...]], own: dict[Symbol, int], ways: Ways, before: Before
) -> None:
    """Whether a second run at the traced size shows what the first one did.

    Raises Changing where it does not.
    """
    try:
        _checked_at(module, call, shapes, own, ways, before)
    except Disagreement as error:
        raise Changing(f"{error}: the module changes from call to call") from None


def symbols_in_shapes(shapes: Sequence[tuple[Size, ...]]) -> list[Symbol]:
    """The symbols of the inputs."""
    return sorted(
        {s for shape in shapes for x in shape if isinstance(x, Extent) for s in symbols_of(x)}, key=lambda s: s.key
    )


class Numbers:
    """What sizes of a trace are at a point; −1 where a quotient does not come out even there."""

    def __init__(self, traced: Traced, at: Mapping[Symbol, int]) -> None:
        self._at = {**traced.path.witness, **at}
        self._values: dict[Size, int] = {}
        self._unknown = {s for s in traced.path.witness if s not in at}

    def __call__(self, size: Size) -> int:
        if isinstance(size, int):
            return size
        found = self._values.get(size)
        if found is None:
            try:
                found = evaluate(size, self._at)
            except ExtentError:
                found = -1
            self._values[size] = found
        return found

    def of(self, cost: Cost) -> Number:
        """What a cost is at the point."""
        try:
            return evaluate_cost(cost, {**dict.fromkeys(cost_symbols(cost), 1), **self._at})
        except ExtentError:
            return -1

    def known(self, shape: tuple[Size, ...]) -> bool:
        """Whether no extent depends on values that another run need not have."""
        return not self._unknown or not any(isinstance(x, Extent) and symbols_of(x) & self._unknown for x in shape)


def said(at: Mapping[Symbol, int]) -> str:
    """A point in words."""
    return ", ".join(f"{s.name} = {v}" for s, v in sorted(at.items(), key=lambda item: item[0].key))


@dataclass(frozen=True)
class Formulas:
    """What one of the runs that formulas are of has of a call, and what its sizes are at a point."""

    way: Traced
    numbers: Numbers
    made: Sequence[Made]


def _by_call(made: Sequence[Made]) -> dict[str, list[Made]]:
    """The operators by the call of a module that they ran in, those apart that torch may leave out."""
    found: dict[str, list[Made]] = {}
    for m in made:
        if not m.quiet:
            found.setdefault(m.where, []).append(m)
    return found


def beside(ways: Ways, run: Tracer, at: Mapping[Symbol, int]) -> Iterator[tuple[str, list[Made], list[Formulas]]]:
    """By call the operators that ran at a point, and what each of the ways that it may go there has in their place.

    A call that only the formulas have is there as well, with none that ran.
    """
    known: dict[int, tuple[Numbers, dict[str, list[Made]]]] = {}
    ran = _by_call(run.made)
    for call in dict.fromkeys([*ran, *run.ends, *(m.where for way in ways("", at) for m in way.tracer.made)]):
        found = []
        for way in ways(call, at):
            if id(way) not in known:
                known[id(way)] = Numbers(way, at), _by_call(way.tracer.made)
            numbers, grouped = known[id(way)]
            found.append(Formulas(way, numbers, grouped.get(call, [])))
        yield call, ran.get(call, []), found


def compare(ways: Ways, run: Tracer, at: Mapping[Symbol, int]) -> list[tuple[Traced, Made]]:
    """Whether a run made the shapes at a point that the formulas say, of the ways that a call may go there.

    The operators of the formulas, each with the run that it is of. Raises Disagreement where the shapes are others.
    """
    same: list[tuple[Traced, Made]] = []
    for call, ran, formulas in beside(ways, run, at):
        wrong = ""
        for f in formulas:
            wrong = _wrong(f.made, ran, f.numbers, at)
            wrong = wrong or _other_ends(f.way.tracer.ends.get(call), run.ends.get(call), f.numbers, at)
            if not wrong:
                same += [(f.way, m) for m in f.made]
                break
        if wrong:
            raise Disagreement(f"{call or THE_MODULE}: {wrong}")
    return same


def _other_ends(traced: Ends | None, ran: Ends | None, numbers: Numbers, at: Mapping[Symbol, int]) -> str:
    """What goes into a call, or comes out of it, otherwise than the formulas say; nothing where it does not."""
    if traced is None or ran is None:
        return ""
    for shape, extents in zip(traced.shapes, ran.shapes):
        if numbers.known(shape) and tuple(map(numbers, shape)) != extents:
            there, formula = ("×".join(map(str, x)) for x in (extents, shape))
            return f"it takes or makes {there} at {said(at)}, not {formula}"
    return ""


def _wrong(formulas: Sequence[Made], ran: Sequence[Made], numbers: Numbers, at: Mapping[Symbol, int]) -> str:
    """What a call did otherwise than the formulas say; nothing where it did not."""
    for made, there in zip(formulas, ran):
        if made.operator != there.operator:
            return f"it does {there.operator} at {said(at)}, and {made.operator} where it was traced"
        for shape, extents in zip(made.shapes, there.shapes):
            if numbers.known(shape) and tuple(map(numbers, shape)) != extents:
                ran_as, formula = ("×".join(map(str, x)) for x in (extents, shape))
                return f"{made.operator} makes {ran_as} at {said(at)}, not {formula}"
    if len(formulas) != len(ran):
        return f"{len(ran)} operators run at {said(at)}, and {len(formulas)} where it was traced"
    return ""


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
    yield {s: _from(3 if s in batch else v + 13 + 16 * i) for i, (s, v) in enumerate(witness.items())}
    yield {s: _from(1) for s in witness}
    yield {s: _from(2 if s in batch else max(2 * v // 3 - 7 * i, 1) | 1) for i, (s, v) in enumerate(witness.items())}
    yield {s: _from(5 if s in batch else v + 32 * (i + 1)) for i, (s, v) in enumerate(witness.items())}
    yield {s: _from(4 if s in batch else v + 1) for s, v in witness.items()}
    for samples in (3, 1, 5, 4):
        yield {s: iter([samples if s in batch else v]) for s, v in witness.items()}


def _from(start: int) -> Iterator[int]:
    return iter(range(start, start + TRIED))


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
