"""One expression over a grid, as an array."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symconv.asked import as_cost
from symconv.cost import Number, cost_symbols, evaluate_cost, plain_number
from symconv.errors import ExtentError
from symconv.sweeps.grid import Box, Grid, fits, grid_of, objects
from symconv.sweeps.machine import Machine
from symconv.sweeps.program import Program

Array = NDArray[Any]


def sweep(expression: Any, /, **values: Any) -> Array:
    """The exact values of an expression over a grid: an array with an axis for every symbol that is given many values.

    Each symbol takes a number, or a range, a sequence or a 1-D array; the axes are in the order that they are given in.
    The array is int64 where all values are 64-bit integers, else of Python's integers, and of Fractions where a value
    is no whole number. What may be too large is known from bounds before it is worked out: nothing wraps or rounds.

    Raises SymbolError for an unknown or a missing name, DomainError for a value that a symbol cannot have or an axis
    without values, ExtentError where there is no value, naming the point.

    >>> from symconv.readers import load
    >>> macs = load("resnet50").cost("macs")
    >>> sweep(macs, X=range(224, 227), N=[1, 2])
    array([[4089184256, 8178368512],
           [4626713792, 9253427584],
           [4626713792, 9253427584]])
    >>> sweep(macs, X=[1, 10**8], N=1)
    array([25502912, 814560000000002048000], dtype=object)
    """
    cost = as_cost(expression)
    grid = grid_of(cost_symbols(cost), values)
    program = Program(grid)
    value = program.cost(cost)
    machine = Machine(program, [value.op])
    return filled(grid, machine, value.under, lambda at: evaluate_cost(cost, at))


def filled(grid: Grid, machine: Machine, under: int, exact: Callable[[Any], Any]) -> Array:
    """The first output of a machine over its whole grid, divided by `under`.

    Raises what `exact` raises at the first point without a value.
    """
    narrow = machine.fits
    out: Array = np.empty(grid.shape, dtype=np.int64 if narrow else object)
    for box in grid.boxes():
        numbers = machine.run(box)[0]
        refuse(grid, box, machine.failed(box), exact)
        if under != 1:
            numbers = divided(numbers, under)
            if numbers.dtype == object and out.dtype != object:
                out = out.astype(object)
        index: tuple[Any, ...] = (*box, ...)  # `...`: a grid without axes takes a number, not an array of one in itself
        out[index] = numbers
    return out if narrow else _narrowed(out)


def refuse(grid: Grid, box: Box, where: Array, exact: Callable[[Any], Any]) -> None:
    """Raise what evaluating says at the first of the points of a box that are marked."""
    if where.any():
        first = np.unravel_index(int(where.argmax()), where.shape)
        at = grid.at([cut.start + int(i) for cut, i in zip(box, first)])
        exact(at)
        named = ", ".join(f"{s.name} = {v}" for s, v in at.items())
        raise ExtentError(f"there is no value at {named}")


def exact_number(value: Any) -> Number:
    """An element of an array as one of Python's own numbers."""
    return value if isinstance(value, Fraction) else int(value)


def divided(numbers: Array, under: int) -> Array:
    """Whole numbers over a number: whole where all are, else Python's integers and Fractions."""
    whole = numbers // under
    if np.array_equal(whole * under, numbers):
        return whole
    exact: Iterable[Fraction] = (Fraction(int(n), under) for n in numbers.ravel())
    flat = list(map(plain_number, exact))
    return objects(flat).reshape(numbers.shape)


def _narrowed(out: Array) -> Array:
    """An array of Python's integers as int64 where that holds them all."""
    if not out.size or not all(type(v) is int for v in out.flat):
        return out
    return out.astype(np.int64) if fits(int(out.min()), int(out.max())) else out
