"""A torch module run on the meta device: the shape of every tensor, the macs of every operator by torch's counter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from symconv.cost import Cost, evaluate_cost
from symconv.errors import DomainError, ExtentError, ModelError
from symconv.evaluation import resolve
from symconv.layers import Unknown
from symconv.network import Network
from symconv.readers.torch.checking import Formulas, beside, held_back
from symconv.readers.torch.copying import Before
from symconv.readers.torch.load import Reading
from symconv.readers.torch.path import THE_MODULE
from symconv.readers.torch.trace import Plain, run_plain
from symconv.readers.torch.tracer import Made
from symconv.symbols import Symbol
from symconv.verifying.report import CHOSEN, Disagreement, Each, Point, Report, written


class Counting(Plain):
    """A plain run, each operator of which is counted by torch's own formulas."""

    def __init__(self, net: Network, path: Any) -> None:
        super().__init__(net, path)
        #: The macs of each operator, in the order of what was made.
        self.macs: list[int] = []

    def _computed(self, func: Any, name: str, in_place: bool, called: Any) -> Any:
        with FlopCounterMode(display=False) as counter:
            # Torch itself, but for what it does not do on the meta device.
            found = super()._computed(func, name if name == "_grouped_mm" else "", in_place, called)
        self._last = int(counter.get_total_flops()) // 2
        return found

    def _note(self, made: Made) -> None:
        super()._note(made)
        self.macs.append(self._last)


def verify_torch(reading: Reading, at: Sequence[Mapping[str, int]] = (), each: Each = iter) -> Report:
    """Run a module at these values of its symbols, and compare; at sizes that it was not read at where none are given.

    Raises DomainError for a point outside the domain.
    """
    net = reading.network
    for given in at:
        net.at(given)
    points = [dict(values) for values in at] or _chosen(reading)
    ran = tuple(_compared(reading, dict(values)) for values in each(points[: len(at) or CHOSEN]))
    return Report(net, ran, f"torch {torch.__version__.partition('+')[0]}, on the meta device")


def _chosen(reading: Reading) -> list[dict[str, int]]:
    """The example's own size, and sizes at which it was not traced."""
    usual = {s.name: reading.network.usual.get(s.name, v) for s, v in reading.regimes.ways[0].at.items()}
    others = held_back(reading.traced, reading.regimes.symbols)
    return [usual, *(p for p in ({s.name: v for s, v in point.items()} for point in others) if p != usual)]


def _compared(reading: Reading, values: dict[str, int]) -> Point:
    point = Point(values)
    symbols = reading.regimes.symbols
    try:
        named = resolve({*reading.network.known_symbols, *symbols}, values, complete=False)
        reading.network.domain.check(named)
        missing = [s.name for s in symbols if s not in named]
        if missing:
            raise DomainError(f"a run needs a value of {', '.join(missing)}")
        at = {s: int(named[s]) for s in symbols}
        with Before(reading.module).again():
            run = run_plain(reading.module, reading.call, reading.shapes, at, Counting)
    except (DomainError, ModelError) as error:
        point.failed = str(error)
        return point
    macs = {id(m): n for m, n in zip(run.made, run.macs)}
    for call, ran, formulas in beside(reading.regimes.at, run, at):
        names = [m.operator for m in ran]
        alike = next((f for f in formulas if [m.operator for m in f.made] == names), None)
        if alike is None:
            point.wrong.append(_other_operators(call or THE_MODULE, ran, formulas[0].made if formulas else []))
            continue
        for made, there in zip(alike.made, ran):
            _operator(alike, made, there, macs[id(there)], at, point)
    return point


def _other_operators(call: str, ran: Sequence[Made], traced: Sequence[Made]) -> Disagreement:
    if len(ran) != len(traced):
        return Disagreement(call, "the number of operators", str(len(ran)), str(len(traced)), "the traced ones")
    there, formula = next((a.operator, b.operator) for a, b in zip(ran, traced) if a.operator != b.operator)
    return Disagreement(call, "an operator", there, formula, "the traced one")


def _operator(formulas: Formulas, made: Made, there: Made, macs: int, at: Mapping[Symbol, int], point: Point) -> None:
    """Compare the shapes that an operator made, and its macs."""
    way, numbers = formulas.way, formulas.numbers
    where = f"{(made.where or THE_MODULE).replace('/', '.')} ({made.operator.removeprefix('aten.')})"
    for shape, ran in zip(made.shapes, there.shapes):
        if not numbers.known(shape):
            point.unseen += 1
        elif tuple(map(numbers, shape)) == ran:
            point.tensors += 1
        else:
            formula = " × ".join(map(str, shape)) or "scalar"
            closed = written(tuple(map(numbers, shape)))
            point.wrong.append(Disagreement(where, "the shape", written(ran), closed, formula))  # type: ignore[arg-type]
    nodes = [way.net.node(n) for n in made.nodes]
    if any(isinstance(n.layer, Unknown) for n in nodes):
        point.unseen += 1
        return
    costs: list[Cost] = [n.count["mac"] for n in nodes]
    try:
        closed_macs = sum(int(evaluate_cost(c, {**way.path.witness, **at})) for c in costs)
    except (ExtentError, KeyError):
        point.unseen += 1
        return
    if macs == closed_macs:
        point.operators += bool(macs)
        point.macs += macs
    elif not macs:  # torch's counter has no formula, as for recurrent layers
        point.unseen += 1
    else:
        formula = " + ".join(str(c) for c in costs) or "0"
        point.wrong.append(Disagreement(where, "the number of macs", f"{macs:,}", f"{closed_macs:,}", formula))
