"""From the shapes of inputs to the values of a network's symbols."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from symconv.errors import ExtentError, ShapeError, near
from symconv.extent import Extent, Size, symbols_of
from symconv.symbols import Symbol, in_order
from symconv.tensor import Tensor
from symconv.values import evaluate, substitute


def bound(
    inputs: Mapping[str, Tensor], elements: Mapping[str, tuple[Size, ...]], given: Mapping[str, Any]
) -> dict[Symbol, int]:
    """The value of each symbol in the inputs' shapes and elements.

    `given` has for each input its shape, or for one in `elements` its numbers.

    Raises ShapeError for an input that is missing or unknown, a wrong number of axes, and a contradiction.
    """
    for name in given:
        if name not in inputs:
            known = f"the inputs are {', '.join(inputs)}" if inputs else "it has no inputs"
            raise ShapeError(f"there is no input {name}: {known}. {near(name, inputs)}".rstrip())
    equations: list[tuple[Size, int, str]] = []
    for name, tensor in inputs.items():
        needed = any(isinstance(x, Extent) for x in tensor.shape)
        if name not in given:
            if needed or name in elements:
                what = "number" if name in elements and not tensor.shape else "shape"
                raise ShapeError(f"the input {name} is missing: its {what} is wanted, {tensor}")
            continue
        said = given[name]
        if name in elements and not (isinstance(said, Sequence) and len(said) == 0):
            numbers = [said] if not isinstance(said, Sequence) else list(said)
            if len(numbers) != len(elements[name]):
                raise ShapeError(f"the input {name} holds {len(elements[name])} numbers, and {len(numbers)} are given")
            sizes: Sequence[Size] = elements[name]
        else:
            if not isinstance(said, Iterable) and not (isinstance(said, int) and tensor.rank == 1):
                raise ShapeError(
                    f"the input {name} is {tensor}: a shape of {tensor.rank} extents is wanted, not {said}"
                )
            numbers = list(said) if isinstance(said, Iterable) else [said]
            if len(numbers) != tensor.rank:
                raise ShapeError(f"the input {name} is {tensor}: {tensor.rank} extents are wanted, not {len(numbers)}")
            sizes = tensor.shape
        for axis, (size, number) in enumerate(zip(sizes, numbers)):
            equations.append((size, _whole(number, name), f"{name}, axis {axis}"))
    return _solved(equations)


def _whole(number: Any, name: str) -> int:
    try:
        return operator.index(number)
    except TypeError:
        raise ShapeError(f"the input {name}: {number!r} is no whole number") from None


def _solved(equations: Sequence[tuple[Size, int, str]]) -> dict[Symbol, int]:
    """What symbols have to be: those that stand alone first, then those in linear expressions of one symbol."""
    values: dict[Symbol, int] = {}
    why: dict[Symbol, str] = {}
    left = list(equations)
    while left:
        later = []
        for size, number, where in left:
            rest = substitute(size, values)
            if isinstance(rest, int):
                if rest != number:
                    said = ", ".join(
                        f"{s.name} = {values[s]} ({why[s]})" for s in in_order(symbols_of(size) & values.keys())
                    )
                    raise ShapeError(
                        f"{where} is {size}{f', {rest} with {said}' if said else ''}, and {number} is given"
                    )
                continue
            found = _alone(rest, number)
            if found is None:
                later.append((size, number, where))
                continue
            symbol, value = found
            if value is None or value < symbol.least:
                raise ShapeError(f"{where} is {size}, which is {number} for no {symbol.name}")
            values[symbol], why[symbol] = value, where
        if len(later) == len(left):
            size, number, where = later[0]
            raise ShapeError(f"{where} is {size}: which values make that {number} cannot be told")
        left = later
    for size, number, where in equations:
        try:
            if evaluate(size, values) != number:
                raise ShapeError(f"{where} is {size}, and {number} is given")
        except (ExtentError, KeyError):
            continue
    return values


def _alone(size: Extent, number: int) -> tuple[Symbol, int | None] | None:
    """The symbol of c·s + d and its value there; None as the value where that is no integer."""
    moving = [(m, c) for m, c in size.terms.items() if m]
    if len(moving) != 1 or len(moving[0][0]) != 1 or not isinstance(moving[0][0][0], Symbol):
        return None
    (monomial, c) = moving[0]
    rest = number - size.terms.get((), 0)
    symbol = monomial[0]
    assert isinstance(symbol, Symbol)
    return symbol, rest // c if rest % c == 0 else None
