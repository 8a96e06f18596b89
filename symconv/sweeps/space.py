"""A design space: the metrics of a network at the points of a grid that are legal and keep their budgets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from math import ceil, floor, prod
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from symconv.cost import Cost, cost_symbols, evaluate_cost
from symconv.domain import Domain
from symconv.errors import DomainError, SymconvError
from symconv.network import Network
from symconv.readers.budget import Budget, read_budgets
from symconv.sweeps.arrays import divided, refuse
from symconv.sweeps.grid import Box, Grid, fits, grid_of
from symconv.sweeps.legal import legality
from symconv.sweeps.machine import Machine
from symconv.sweeps.program import Program, Value
from symconv.symbols import Symbol

Array = NDArray[Any]
Columns = dict[str, Array]

#: Points of a part, which is worked out and written as one.
PART: Final = 1 << 18

#: What becomes of points outside the domain.
ERROR, LEAVE_OUT = "error", "leave out"


class DesignSpace:
    """The points of a design space, in the order of its grid, part by part; made by `design_space`."""

    def __init__(
        self, name: str, grid: Grid, costs: Mapping[str, Cost], shown: Sequence[str], budgets: Sequence[Budget],
        domain: Domain, illegal: str,
    ) -> None:  # fmt: skip
        self.name, self.grid, self.costs, self.budgets = name, grid, dict(costs), tuple(budgets)
        self.metrics = tuple(shown)
        self.domain, self.illegal = domain, illegal
        program = Program(grid)
        self._values: dict[str, Value] = {metric: program.cost(cost) for metric, cost in costs.items()}
        known = {*grid.fixed, *(axis.symbol for axis in grid.axes)}
        self._legal = legality(program, domain.conditions, known)
        self._program = program
        self.boxes = grid.boxes()
        self._together: int = max(1, PART // max(1, prod(cut.stop - cut.start for cut in self.boxes[0])))

    @cached_property
    def _machine(self) -> Machine:
        """Each process makes its own."""
        return Machine(self._program, [*(v.op for v in self._values.values()), *self._legal])

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "_machine"}

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the axes, then of the metrics."""
        return (*(axis.symbol.name for axis in self.grid.axes), *self.metrics)

    @property
    def fingerprint(self) -> str:
        """The same for the same question, on every machine."""
        whole = sha256()
        for line in (self.name, self.metrics, self.illegal, tuple(map(str, self.budgets)), PART):
            whole.update(repr(line).encode())
        whole.update(repr([(s.key, v) for s, v in self.grid.fixed.items()]).encode())
        for axis in self.grid.axes:
            over = axis.over if isinstance(axis.over, range) else axis.over.tolist()
            whole.update(repr((axis.symbol.key, axis.under, over)).encode())
        whole.update(repr([tuple(op) for op in self._program.ops]).encode())
        whole.update(repr([table.values.tolist() for table in self._program.tables]).encode())
        return whole.hexdigest()

    # -- parts -----------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        """The number of parts."""
        return -(-len(self.boxes) // self._together)

    def part(self, i: int, written: bool = False) -> Columns:
        """The points of a part by columns: those that are legal and keep the budgets.

        Values of a rational symbol are exact, or, `written`, the decimals that they are, else texts p/q.

        Raises DomainError at a point outside the domain, where such points are not left out; ExtentError where there
        is no value.
        """
        found = [self._in(box) for box in self.boxes[i * self._together : (i + 1) * self._together]]
        columns = {name: _joined([some[name] for some in found]) for name in self.columns}
        for axis in self.grid.axes:
            if axis.under != 1:
                columns[axis.symbol.name] = (axis.written if written else axis.exact)[columns[axis.symbol.name]]
        return columns

    def parts(self) -> Iterator[Columns]:
        """All parts."""
        return (self.part(i) for i in range(len(self)))

    def table(self) -> Columns:
        """All points by columns, in memory."""
        found = list(self.parts())
        return {name: _joined([columns[name] for columns in found]) for name in self.columns}

    def _in(self, box: Box) -> Columns:
        results = self._machine.run(box)
        shape = tuple(cut.stop - cut.start for cut in box)
        numbers = dict(zip(self._values, results))
        kept = np.ones(shape, dtype=bool)
        for where in results[len(numbers) :]:
            kept &= where > 0
        failed = self._machine.failed(box)
        if not kept.all() and self.illegal == ERROR:
            self._refuse(box, ~kept)
        if failed.any() and (failed & kept).any():
            self._refuse(box, failed & kept)
        for budget in self.budgets:
            kept &= _keeps(budget, numbers[budget.metric], self._values[budget.metric].under)
        columns: Columns = {}
        every = bool(kept.all())
        places = None if every else np.nonzero(kept)
        for k, axis in enumerate(self.grid.axes):
            along = axis.part(box[k]) if axis.under == 1 else np.arange(box[k].start, box[k].stop)
            if places is not None:
                columns[axis.symbol.name] = along[places[k]]
            else:
                wide = along.reshape(tuple(-1 if j == k else 1 for j in range(len(shape))))
                columns[axis.symbol.name] = np.broadcast_to(wide, shape).ravel()
        for metric in self.metrics:
            full = np.broadcast_to(numbers[metric], shape)
            values = full.flatten() if places is None else full[places]
            under = self._values[metric].under
            columns[metric] = values if under == 1 else divided(values, under)
        return columns

    def _refuse(self, box: Box, where: Array) -> None:
        """Raise what is wrong at the first of the marked points."""
        refuse(self.grid, box, where, self._asked)

    def _asked(self, at: Mapping[Symbol, Any]) -> None:
        self.domain.check(at)
        for cost in self.costs.values():
            evaluate_cost(cost, at)

    # -- what a column holds ---------------------------------------------------------------------------------------

    def bounds(self, metric: str) -> tuple[int, int]:
        """What the values of a metric lie between, known before any is worked out."""
        value = self._values[metric]
        low, high = self._program.ops[value.op].bounds
        return low // value.under, -(-high // value.under)


def _joined(arrays: Sequence[Array]) -> Array:
    """Arrays in a row; of Python's integers where one is."""
    if len({a.dtype for a in arrays}) > 1:
        arrays = [a.astype(object) for a in arrays]
    return np.concatenate(arrays)


def _keeps(budget: Budget, numbers: Array, under: int) -> Array:
    """Where whole numbers over a number keep a budget."""
    figure = Fraction(budget.figure) * under
    if budget.relation == "=":
        if figure.denominator != 1:
            return np.zeros(numbers.shape, dtype=bool)
        return _compared(np.equal, numbers, int(figure))
    if budget.relation in ("<=", ">"):
        return _compared(np.less_equal if budget.relation == "<=" else np.greater, numbers, floor(figure))
    return _compared(np.less if budget.relation == "<" else np.greater_equal, numbers, ceil(figure))


def _compared(relation: Any, numbers: Array, figure: int) -> Array:
    """A comparison with a number of any size."""
    if numbers.dtype != object and not fits(figure, figure):
        return np.full(numbers.shape, bool(relation(0, 1 if figure > 0 else -1)))
    found: Array = relation(numbers, figure).astype(bool)
    return found


def design_space(
    network: Network, metrics: str | Iterable[str] = "macs", given: Mapping[str, Any] | None = None, /, *,
    where: str | Budget | Iterable[str | Budget] = (), illegal: str = ERROR, **values: Any,
) -> DesignSpace:  # fmt: skip
    """The metrics of a network over a grid of its symbols, at the points that are legal and keep the budgets.

    A symbol takes a number, or a range, a sequence or a 1-D array for an axis; a rational one takes fractions. A point
    outside the domain is an error, or not there with `illegal="leave out"`. They are `given`, or words of the call.

    Raises ExpressionError for what is no budget, SymbolError for an unknown or a missing name, DomainError for a value
    that a symbol cannot have or an axis without values.

    >>> from symconv.readers import load
    >>> space = design_space(load("resnet"), ["macs", "params"], where="macs <= 1.2G",
    ...     X=range(96, 225, 32), w=[64, 96], n1=2, n2=2, n3=2, n4=2, N=1)
    >>> {name: space.table()[name].tolist() for name in ("X", "w", "macs")}
    {'X': [96, 96, 128, 160], 'w': [64, 96, 64, 64], 'macs': [431882240, 730333184, 766197760, 1196032000]}
    """
    if illegal not in (ERROR, LEAVE_OUT):
        raise SymconvError(f"illegal={illegal!r}: {ERROR!r} or {LEAVE_OUT!r} is wanted")
    shown = list(dict.fromkeys([metrics] if isinstance(metrics, str) else metrics))
    if not shown:
        raise SymconvError("no metric: at least one is wanted, such as macs")
    budgets = read_budgets(where) if where else []
    costs = {metric: network.cost(metric) for metric in dict.fromkeys([*shown, *(b.metric for b in budgets)])}
    symbols: set[Symbol] = {s for cost in costs.values() for s in cost_symbols(cost)}
    every = [m[0] for size in network.symbols.values() for m in size.terms]
    grid = grid_of(symbols, {**(given or {}), **values}, (s for s in every if isinstance(s, Symbol)))
    read = symbols.union(*(c.symbols for c in network.domain.conditions))
    unread = [axis.symbol.name for axis in grid.axes if axis.symbol not in read]
    if unread:
        what = f"{', '.join(costs)} of {network.name} {'do' if len(costs) > 1 else 'does'}"
        raise DomainError(f"{what} not depend on {', '.join(unread)}: give it one value")
    return DesignSpace(network.name, grid, costs, shown, budgets, network.domain, illegal)
