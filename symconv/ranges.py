"""What a field of sizes takes, and a value as the sizes that it stands for."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any

from symconv.errors import ShapeError, near
from symconv.extent import Extent, Size, size_of
from symconv.symbols import Symbol
from symconv.sympy_bridge import is_sympys, size_from_sympy


@dataclass(frozen=True)
class Range:
    """What a field of sizes takes: the least value, and whether it may be given once for each spatial axis.

    `pairs` takes (begin, end) for an axis too, `rational` fractions, `signed` numbers below `least`; `words` are the
    names that stand in place of sizes. `shapes` is 1 where a whole shape is taken, of no axis too, and 2 for several.
    """

    least: int
    per_axis: bool = False
    pairs: bool = False
    rational: bool = False
    signed: bool = False
    words: tuple[str, ...] = ()
    shapes: int = 0


#: A size of at least 1; one of at least 0.
Positive = Annotated[Size, Range(1)]
Natural = Annotated[Size, Range(0)]

#: A kernel, stride or dilation: one size for all spatial axes, or one for each; an output padding, which may be 0.
Axes = Annotated[Size | tuple[Size, ...], Range(1, per_axis=True)]
NaturalAxes = Annotated[Size | tuple[Size, ...], Range(0, per_axis=True)]

#: Padding: one size for all sides, one for each axis, a (begin, end) for each axis, "same" (⌈x/S⌉) or "valid" (none).
Padding = Annotated[
    Size | tuple[Size | tuple[Size, Size], ...] | str, Range(0, per_axis=True, pairs=True, words=("same", "valid"))
]

#: Amounts at the begin and end of each axis, which may be negative (a crop is a negative pad).
Margins = Annotated[Size | tuple[Size | tuple[Size, Size], ...], Range(0, per_axis=True, pairs=True, signed=True)]

#: A whole shape, of no axis too; an extent of 0 is an empty tensor's. Several such shapes.
Shape = Annotated[tuple[Size, ...], Range(0, per_axis=True, shapes=1)]
Shapes = Annotated[tuple[tuple[Size, ...], ...], Range(0, per_axis=True, shapes=2)]

#: A positive rational: a scale factor.
Scale = Annotated[Size | Fraction | tuple[Size | Fraction, ...], Range(1, per_axis=True, rational=True)]


def as_size(value: Any) -> Size:
    """An integer, an extent, a symbol or a SymPy expression with integer values, as a size.

    Raises ShapeError for anything else; for a SymPy expression that is no size, SymbolError or ExtentError.
    """
    if isinstance(value, Extent):
        return value
    if isinstance(value, Symbol):
        return size_of(value)
    if is_sympys(value):
        return size_from_sympy(value)
    try:
        if isinstance(value, bool):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise ShapeError(f"{value!r} is neither an integer nor an expression in integer symbols") from None


def converted(value: Any, limits: Range, where: str) -> Any:
    """A value as a field of this range keeps it; `where` names the field.

    Raises ShapeError for what it does not take.
    """
    if isinstance(value, str) and value in limits.words:
        return value
    if limits.shapes:
        return _shaped(value, limits.shapes, limits, where)
    if not isinstance(value, list | tuple):
        return _one(value, limits, where)
    if not limits.per_axis or not value:
        raise ShapeError(f"{where} = {value!r}: {'a size for each axis' if limits.per_axis else 'one size'} is wanted")
    return tuple(_of_axis(v, limits, where) for v in value)


def _shaped(value: Any, depth: int, limits: Range, where: str) -> Any:
    if not depth:
        return _one(value, limits, where)
    if not isinstance(value, list | tuple):
        if limits.shapes > 1:
            raise ShapeError(f"{where} = {value!r}: a list of shapes is wanted")
        value = (value,)
    return tuple(_shaped(v, depth - 1, limits, where) for v in value)


def _of_axis(value: Any, limits: Range, where: str) -> Any:
    if not isinstance(value, list | tuple):
        return _one(value, limits, where)
    if not limits.pairs or len(value) != 2:
        wanted = "one size, or a begin and an end," if limits.pairs else "one size"
        raise ShapeError(f"{where}: {wanted} is wanted for an axis, not {value!r}")
    return tuple(_one(v, limits, where) for v in value)


def _one(value: Any, limits: Range, where: str) -> Size | Fraction:
    if isinstance(value, str):
        if value in limits.words:
            raise ShapeError(f"{where}: {value} is said once, for all axes")
        words = "".join(f", {w}" for w in limits.words)
        raise ShapeError(f"{where} = {value!r}: accepted are sizes{words}. {near(value, limits.words)}".rstrip(" ."))
    if isinstance(value, Fraction) and value.denominator > 1 and limits.rational:
        if value <= 0:
            raise ShapeError(f"{where} = {value} is not positive")
        return value
    if isinstance(value, float) and limits.rational:
        raise ShapeError(f"{where} = {value}: a float is not exact, a Fraction is")
    try:
        size = as_size(int(value) if isinstance(value, Fraction) and value.denominator == 1 else value)
    except ShapeError as error:
        raise ShapeError(f"{where}: {error}") from None
    if isinstance(size, int) and size < limits.least and not limits.signed:
        raise ShapeError(f"{where} = {size} is below {limits.least}")
    if isinstance(size, Extent) and not size.integral and not limits.rational:
        raise ShapeError(f"{where} = {size} is not always a whole number: take the floor of it")
    return size


def one_of(word: str, accepted: Iterable[str], where: str) -> str:
    """The word, which is one of those accepted.

    Raises ShapeError, with the nearest that is known, where it is not.
    """
    known = list(accepted)
    if word not in known:
        listed = f"{', '.join(known[:-1])} and {known[-1]}"
        raise ShapeError(f"{where} = {word!r}: accepted are {listed}. {near(word, known)}".rstrip(" ."))
    return word
