"""Runs a program over boxes with NumPy: a fixed list of array operations on a few buffers that stay in the cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from symconv.sweeps.grid import Box
from symconv.sweeps.program import FALLIBLE, Program
from symconv.values import raised

Array = NDArray[Any]
Step = Callable[[], Any]

#: Powers of a number that are 64-bit integers.
POWERS: Final = 64

UFUNCS: Final[dict[str, Any]] = {
    "add": np.add,
    "multiply": np.multiply,
    "floor": np.floor_divide,
    "max": np.maximum,
    "min": np.minimum,
    "gcd": np.gcd,
}


@dataclass
class _Plan:
    """The operations for boxes of one shape and one kind of number, bound to their buffers."""

    shape: tuple[int, ...]
    loads: list[tuple[Array, int, bool]] = field(default_factory=list)  # buffer, axis or table, whether a table
    steps: list[tuple[Any, tuple[Any, ...], Array]] = field(default_factory=list)
    faults: list[Array] = field(default_factory=list)
    results: list[Array] = field(default_factory=list)


class Machine:
    """The values of some operations of a program, box by box.

    >>> from symconv.extent import size_of
    >>> from symconv.sweeps.grid import grid_of
    >>> from symconv.symbols import symbol
    >>> x = symbol("X")
    >>> program = Program(grid_of([x], {"X": range(1, 9)}))
    >>> machine = Machine(program, [program.size((size_of(x) + 6) // 7 * size_of(x)).op])
    >>> machine.run((slice(4, 8),))[0]
    array([ 5,  6,  7, 16])
    """

    def __init__(self, program: Program, outputs: Sequence[int]) -> None:
        self.program, self.outputs = program, outputs
        self.fits = program.fits
        self._plans: dict[tuple[tuple[int, ...], bool], _Plan] = {}

    def run(self, box: Box) -> list[Array]:
        """The values of the outputs in a box, each with the box's number of axes; they are overwritten by the next run.

        The arrays are int64 where all values on the way are, else of Python's integers.
        """
        return self._run(box).results

    def failed(self, box: Box) -> Array:
        """Where in a box that was run last a quotient had no value."""
        plan = self._plan(box)
        where = np.zeros(plan.shape, dtype=bool)
        for fault in plan.faults:
            where |= fault.astype(bool)
        return where

    def _plan(self, box: Box) -> _Plan:
        shape = tuple(cut.stop - cut.start for cut in box)
        narrow = self.fits or self.program.fits_in(box)
        plan = self._plans.get((shape, narrow))
        if plan is None:
            plan = self._plans[shape, narrow] = self._planned(shape, np.int64 if narrow else object)
        return plan

    def _run(self, box: Box) -> _Plan:
        plan = self._plan(box)
        for buffer, number, table in plan.loads:
            if table:
                axes = self.program.tables[number].axes
                buffer[...] = self.program.tables[number].values[tuple(box[k] for k in axes)].reshape(buffer.shape)
            else:
                buffer[...] = self.program.grid.axes[number].part(box[number]).reshape(buffer.shape)
        for ufunc, arguments, out in plan.steps:
            ufunc(*arguments, out=out)
        return plan

    # -- planning --------------------------------------------------------------------------------------------------

    def _planned(self, shape: tuple[int, ...], kind: Any) -> _Plan:
        """Buffers for the operations that the outputs need, each used again after the last use of its value."""
        ops = self.program.ops
        needed = set(self.outputs)
        uses: dict[int, int] = dict.fromkeys(self.outputs, 1)  # an output's buffer is never free
        for i in range(len(ops) - 1, -1, -1):
            if i in needed or (ops[i].kind in FALLIBLE):
                needed.add(i)
                for j in ops[i].of:
                    needed.add(j)
                    uses[j] = uses.get(j, 0) + 1
        plan = _Plan(shape)
        free: dict[tuple[int, ...], list[Array]] = {}
        at: dict[int, Array] = {}
        for i in sorted(needed):
            op = ops[i]
            if op.kind == "constant":
                at[i] = np.array(op.number, dtype=kind)
                continue
            extent = tuple(n if k in op.axes else 1 for k, n in enumerate(shape))
            arguments = tuple(at[j] for j in op.of)
            for j in op.of:
                uses[j] -= 1
                if not uses[j] and ops[j].axes and op.kind not in (*FALLIBLE, "power"):
                    free.setdefault(at[j].shape, []).append(at[j])
            loaded = op.kind in ("axis", "table")
            stack = None if loaded else free.get(extent)  # loads come before all steps: no step has their buffer before
            out = at[i] = stack.pop() if stack else np.empty(extent, dtype=kind)
            if loaded:
                plan.loads.append((out, op.number, op.kind == "table"))
                continue
            self._emit(plan, op.kind, op.number, arguments, out)
        plan.results = [np.broadcast_to(at[i], shape) if ops[i].kind == "constant" else at[i] for i in self.outputs]
        return plan

    def _emit(self, plan: _Plan, kind: str, number: int, arguments: tuple[Array, ...], out: Array) -> None:
        if kind == "floor" and _shift(arguments[1]) is not None:
            plan.steps.append((np.right_shift, (arguments[0], np.array(_shift(arguments[1]), dtype=out.dtype)), out))
        elif kind in UFUNCS:
            plan.steps.append((UFUNCS[kind], arguments, out))
        elif kind == "positive":
            plan.steps.append((_positive, arguments, out))
        elif kind == "power":
            powers = (_powers_of_2 if number == 2 else _Powers(number)) if out.dtype != object else _Raised(number)
            plan.steps.append((powers, arguments, out))
        elif kind == "divisor":
            fault = np.zeros(arguments[0].shape, dtype=bool)
            plan.steps += [(np.less, (arguments[0], 1), fault), (np.maximum, (arguments[0], 1), out)]
            plan.faults.append(fault)
        else:
            fault = np.zeros(out.shape, dtype=bool)
            rest = np.empty_like(out)
            plan.steps += [
                (np.floor_divide, arguments, out),
                (np.remainder, arguments, rest),
                (np.not_equal, (rest, 0), fault),
            ]
            plan.faults.append(fault)


def _shift(divisor: Array) -> int | None:
    """The exponent of a power of two, of a divisor that is a number."""
    if divisor.ndim:
        return None
    number = int(divisor[()])
    return number.bit_length() - 1 if number & (number - 1) == 0 else None


def _positive(a: Array, out: Array) -> None:
    out[...] = a > 0


def _powers_of_2(exponent: Array, out: Array) -> None:
    np.left_shift(1, np.clip(exponent, 0, POWERS - 2, out=out), out=out)


class _Powers:
    """Powers of a number, looked up; an exponent below 0, at points that do not count, is taken for 0."""

    def __init__(self, base: int) -> None:
        powers = [base**k for k in range(POWERS)]
        self.table = np.array([p for p in powers if p < 1 << 63], dtype=np.int64)

    def __call__(self, exponent: Array, out: Array) -> None:
        np.take(self.table, exponent, mode="clip", out=out)


class _Raised:
    """Powers of a number as Python's integers."""

    def __init__(self, base: int) -> None:
        self.base = base

    def __call__(self, exponent: Array, out: Array) -> None:
        flat = [int(raised(self.base, max(0, int(e)))) for e in exponent.ravel()]
        out[...] = np.array(flat, dtype=object).reshape(out.shape)
