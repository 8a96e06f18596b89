"""A grid: symbols with values of their own, the others fixed, cut into boxes that fit the cache."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, lcm, prod
from typing import TYPE_CHECKING, Any, Final

from symconv.cost import Number, plain_number
from symconv.errors import DomainError, SymbolError
from symconv.evaluation import checked, resolve
from symconv.symbols import RATIONAL, Symbol, by_name

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Points of a box: what a dozen arrays of 8 bytes a point leave of a core's cache.
BOX: Final = 1 << 14

INT64: Final = (-(1 << 63), (1 << 63) - 1)

Box = tuple[slice, ...]


@dataclass(frozen=True)
class Axis:
    """The values of one symbol: whole numbers over a common `under`, a range where they have a step."""

    symbol: Symbol
    over: range | NDArray[Any]
    under: int = 1

    def __len__(self) -> int:
        return len(self.over)

    def part(self, cut: slice) -> NDArray[Any]:
        """The numbers above `under` in a slice, int64 where they fit, else Python's."""
        import numpy as np

        if isinstance(self.over, range):
            some = self.over[cut]
            if fits(*ends(some)):
                return np.arange(some.start, some.stop, some.step, dtype=np.int64)
            return np.array(list(some), dtype=object)
        return self.over[cut]

    def value(self, i: int) -> Number:
        """The exact value at a position."""
        return plain_number(Fraction(int(self.over[i]), self.under))

    def values(self) -> list[Number]:
        """The exact values."""
        return [self.value(i) for i in range(len(self))]

    @cached_property
    def exact(self) -> NDArray[Any]:
        """The exact values as an array of Python's numbers."""
        return objects(self.values())

    @cached_property
    def written(self) -> NDArray[Any]:
        """The values as they are written: the decimals that they are, p/q where one is none."""
        import numpy as np

        exact = self.values()
        decimals = list(map(_decimal, exact))
        return objects(list(map(str, exact))) if None in decimals else np.array(decimals)

    def bounds(self, cut: slice = slice(None)) -> tuple[int, int]:
        """The least and the greatest number above `under`, in a slice."""
        return ends(self.over[cut])


def _decimal(value: Number) -> float | None:
    """The float that is written as a number is; None where there is none."""
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if Fraction(repr(found)) == value else None


def objects(values: Sequence[Any]) -> NDArray[Any]:
    """A row of Python's own objects."""
    import numpy as np

    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def ends(numbers: Any) -> tuple[int, int]:
    """The least and the greatest of a range or an array that is not empty."""
    if isinstance(numbers, range):
        return min(numbers[0], numbers[-1]), max(numbers[0], numbers[-1])
    return int(numbers.min()), int(numbers.max())


def fits(low: int, high: int) -> bool:
    """Whether all between the two are 64-bit integers."""
    return INT64[0] <= low and high <= INT64[1]


@dataclass(frozen=True)
class Grid:
    """Axes in their order, and the exact values of the symbols that have one value."""

    axes: tuple[Axis, ...]
    fixed: Mapping[Symbol, Number]

    @property
    def shape(self) -> tuple[int, ...]:
        """An extent per axis."""
        return tuple(map(len, self.axes))

    @property
    def size(self) -> int:
        """The number of points."""
        return prod(self.shape)

    def boxes(self) -> Boxes:
        """Boxes of about so many points as stay in the cache, that cover the grid in the order of its points."""
        return Boxes(self.shape, BOX)

    def at(self, where: Sequence[int]) -> dict[Symbol, Number]:
        """The exact values of all symbols at one point."""
        return {**self.fixed, **{axis.symbol: axis.value(i) for axis, i in zip(self.axes, where)}}


class Boxes(Sequence[Box]):
    """The boxes of a shape: the first axes at one position, one axis cut, the last axes whole."""

    def __init__(self, shape: tuple[int, ...], points: int) -> None:
        self.shape = shape
        self.cut = next((k for k in range(len(shape)) if prod(shape[k + 1 :]) <= points), 0)
        across = shape[self.cut] if shape else 1
        rows = max(1, min(across, points // max(1, prod(shape[self.cut + 1 :]))))
        self.cuts = ceil(across / rows)
        self.rows = ceil(across / self.cuts)  # cuts of one size, not a full one and a rest
        self.cuts = ceil(across / self.rows)

    def __len__(self) -> int:
        return prod(self.shape[: self.cut]) * self.cuts

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(len(self)))]
        if not 0 <= i < len(self):
            raise IndexError(i)
        if not self.shape:
            return ()
        lead, part = divmod(i, self.cuts)
        places: list[slice] = []
        for n in reversed(self.shape[: self.cut]):
            lead, at = divmod(lead, n)
            places.append(slice(at, at + 1))
        start = part * self.rows
        inner = slice(start, min(start + self.rows, self.shape[self.cut]))
        return (*reversed(places), inner, *(slice(0, n) for n in self.shape[self.cut + 1 :]))

    def __iter__(self) -> Iterator[Box]:
        return (self[i] for i in range(len(self)))


def grid_of(symbols: Iterable[Symbol], values: Mapping[str, Any], extra: Iterable[Symbol] = ()) -> Grid:
    """A grid from values by name: a number, or a range, a sequence or a 1-D array for an axis; axes in their order.

    All `symbols` need a value, those of `extra` may have one.

    Raises SymbolError for an unknown or a missing name, DomainError where an axis is empty or has a value that its
    symbol cannot have.
    """
    wanted = set(symbols)
    known = by_name({*wanted, *extra})
    resolve(known.values(), dict.fromkeys(values, 1), complete=False)
    missing = [s.name for s in by_name(wanted).values() if s.name not in values]
    if missing:
        raise SymbolError(f"no value for {', '.join(missing)}: every symbol needs one, or an axis; none is assumed")
    axes: list[Axis] = []
    fixed: dict[Symbol, Number] = {}
    for name, given in values.items():
        symbol = known[name]
        if _single(given):
            fixed[symbol] = checked(symbol, given)
        else:
            axes.append(axis_of(symbol, given))
    return Grid(tuple(axes), fixed)


def _single(given: Any) -> bool:
    return isinstance(given, str | int | float | Fraction) or not hasattr(given, "__len__") or _dimensions(given) == 0


def _dimensions(given: Any) -> int:
    return int(getattr(given, "ndim", 1))


def axis_of(symbol: Symbol, given: Any) -> Axis:
    """The values of a symbol along an axis.

    Raises DomainError where there are none, or one that the symbol cannot have.
    """
    import numpy as np

    if isinstance(given, set | frozenset | dict):
        raise DomainError(f"{symbol.name}: a {type(given).__name__} has no order, and the points of an axis have one")
    if _dimensions(given) != 1:
        raise DomainError(f"{symbol.name}: the values of an axis are a row, and these have {given.ndim} dimensions")
    if len(given) == 0:
        what = f"{given} is empty" if isinstance(given, range) else "there are none"
        raise DomainError(f"{symbol.name} has no values: {what}")
    if isinstance(given, range):
        for end in ends(given):
            checked(symbol, end)
        return Axis(symbol, given)
    if isinstance(given, np.ndarray) and given.dtype.kind in "iu":
        low, high = ends(given)
        checked(symbol, low), checked(symbol, high)
        return Axis(symbol, given.astype(np.int64 if fits(low, high) else object, copy=False))
    exact = [checked(symbol, value) for value in given]
    under = lcm(*(value.denominator for value in exact)) if symbol.kind == RATIONAL else 1
    over = [value.numerator * (under // value.denominator) for value in exact]
    return Axis(symbol, as_array(over), under)


def as_array(numbers: Sequence[int]) -> np.ndarray[Any, Any]:
    """Whole numbers as an array: int64 where they fit, else Python's."""
    import numpy as np

    return np.array(numbers, dtype=np.int64 if fits(min(numbers), max(numbers)) else object)
