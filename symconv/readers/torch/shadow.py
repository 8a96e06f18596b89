"""Python numbers that carry extents: a program's own arithmetic on sizes builds its own expression.

A Shadow is the integer that a size is in this run, and the size itself; a Ratio is a float with the fraction that it
is meant to be. What they are compared with decides a path.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from symconv.condition import differs
from symconv.errors import SymconvError
from symconv.extent import Extent, Size
from symconv.extremes import gcd
from symconv.readers.torch.certainty import Certain, meant, of_negative, of_product, of_quotient, of_sum
from symconv.readers.torch.path import EQUAL, LESS, LESS_OR_EQUAL, Path
from symconv.readers.torch.quotients import lowest, root_of
from symconv.rounding import floor

Binary = Callable[[Any, Any], Any]
OfPath = Callable[[Any, Any, Path], Any]


def plain(x: Any) -> Any:
    """The number without what it carries."""
    return int.__add__(x, 0) if isinstance(x, int) else float.__add__(x, 0.0)


def size_in(x: Any) -> Size:
    """The size that an integer carries, or the integer itself."""
    return x.size if isinstance(x, Shadow) else int(x)


def shadow(size: Size, path: Path) -> int:
    """The integer that a size is in this run, with the size where that is not a number."""
    return Shadow(path.value(size), size, path) if isinstance(size, Extent) else size


def boxed(x: Any) -> Any:
    """Numbers, lists of them or an array as an array of objects, which keep what they carry."""
    if isinstance(x, np.ndarray):
        return x
    if isinstance(x, list | tuple):
        parts = [boxed(v) for v in x]
        made = np.empty((len(parts), *(parts[0].shape if parts else ())), dtype=object)
        for i, part in enumerate(parts):
            made[i] = part if part.shape else part.item()
        return made
    made = np.empty((), dtype=object)
    made[()] = x
    return made


# -- arithmetic --------------------------------------------------------------------------------------------------------


def _operation(own: Binary, whole: OfPath, ratios: OfPath) -> tuple[Any, Any]:
    """An operation of two numbers of which one carries a size, as the method of the left one and of the right one.

    `whole` does it with integers, `ratios` where one is a float, `own` is Python's, where one is no finite number.
    """

    def apply(a: Any, b: Any) -> Any:
        if not isinstance(a, int | float) or not isinstance(b, int | float):
            return NotImplemented
        path = (a if isinstance(a, Carrying) else b).path  # type: ignore[union-attr]
        if isinstance(a, int) and isinstance(b, int):
            return whole(a, b, path)
        first, second = Ratio.of(a, path), Ratio.of(b, path)
        if first is None or second is None:
            return own(plain(a), plain(b))
        return ratios(first, second, path)

    return apply, lambda a, b: apply(b, a)


def _of_sizes(own: Binary) -> OfPath:
    def made(a: Any, b: Any, path: Path) -> Any:
        value, size = own(plain(a), plain(b)), path.said(own(size_in(a), size_in(b)))
        return Shadow(value, size, path) if isinstance(size, Extent) else value

    return made


def _sum(own: Binary) -> OfPath:
    def made(a: Ratio, b: Ratio, path: Path) -> Any:
        certain = of_sum(a.certain, b.certain if own is operator.add else of_negative(b.certain), a.whole, b.whole)
        over = own(a.over * b.under, b.over * a.under)
        if isinstance(over, int) and certain & Certain.DYADIC != Certain.DYADIC:
            settled(a, _ROUNDED)
            settled(b, _ROUNDED)
        return Ratio.made(over, a.under * b.under, own(plain(a), plain(b)), path, certain)

    return made


def _product(a: Ratio, b: Ratio, path: Path) -> Any:
    number = b.number if a.whole else a.number if b.whole else None
    certain = of_product(a.certain, b.certain, a.power or b.power, number)
    return Ratio.made(a.over * b.over, a.under * b.under, plain(a) * plain(b), path, certain)


def _quotient(a: Any, b: Any, path: Path) -> Any:
    value = plain(a) / plain(b)
    first, second = Ratio.of(a, path), Ratio.of(b, path)
    assert first is not None
    assert second is not None
    dyadic = isinstance(second.over, int) and not second.over & (second.over - 1)
    certain = of_quotient(first.certain, second.certain, second.power, dyadic)
    return Ratio.made(first.over * second.under, first.under * second.over, value, path, certain)


def _floor(a: Any, b: Any, path: Path) -> Any:
    """⌊a/b⌋; a divisor below 0 turns both signs, and one that is not known to be positive is a condition."""
    below = plain(b)
    if below == 0:
        raise ZeroDivisionError("integer division or modulo by zero")
    over, under = size_in(a), size_in(b)
    if below < 0:
        over, under = -over, -under
    if isinstance(under, Extent):
        path.decide(LESS, 0, under, True, "a divisor of at least 1")
    value = plain(a) // below
    try:
        size = path.said(floor(over, under))
    except SymconvError:
        path.pin(over, "a division")
        path.pin(under, "a division")
        return value
    return Shadow(value, size, path) if isinstance(size, Extent) else value


def _floor_as_float(a: Any, b: Any, path: Path) -> Any:
    return _as_float(math.floor(_quotient(a, b, path)), path)


def _rest(a: Any, b: Any, *path: Path) -> Any:
    return a - b * (a // b)


def _both(a: Any, b: Any, *path: Path) -> Any:
    quotient = a // b
    return quotient, a - b * quotient


def _power(a: Any, b: Any, modulo: Any = None) -> Any:
    """A product where the exponent is a small integer, a root where it is one half; else both are pinned."""
    if modulo is None and type(b) is int and 0 <= b <= 8:
        return math.prod([a] * b)
    if modulo is None and not isinstance(b, Carrying) and b == 0.5:
        return root(a)
    return pow(settled(a, _POWER), settled(b, _POWER), modulo)


def _compared(relation: str, a: Any, b: Any, path: Path) -> Any:
    if not isinstance(a, int | float) or not isinstance(b, int | float):
        return NotImplemented
    if isinstance(a, float) or isinstance(b, float):
        first, second = Ratio.of(a, path), Ratio.of(b, path)
        x, y = plain(a), plain(b)
        outcome = x < y if relation == LESS else x <= y if relation == LESS_OR_EQUAL else x == y
        if first is None or second is None:
            return outcome
        left, right = first.over * second.under, second.over * first.under
        if left == right and first.certain & second.certain & Certain.DYADIC != Certain.DYADIC:
            settled(a, _ROUNDED)
            settled(b, _ROUNDED)
        return path.decide(relation, left, right, outcome)
    return path.decide(relation, size_in(a), size_in(b))


_ROUNDED: Final = "a float that is rounded"
_POWER: Final = "a power or an exponent"
_BITS: Final = "an operation on bits"


class Carrying:
    """A number that carries a size: its comparisons are choices of the program, which its path decides."""

    path: Path

    def __array_ufunc__(self, ufunc: Any, method: str, *given: Any, **named: Any) -> Any:
        """A function of NumPy's keeps sizes where Python has the same, or works on objects; others take numbers."""
        if any(isinstance(x, np.ndarray) for x in given):
            return getattr(ufunc, method)(*(boxed(x) if isinstance(x, Carrying) else x for x in given), **named)
        ours = _UFUNCS.get(ufunc.__name__)
        if ours is not None and method == "__call__" and not named and all(isinstance(x, int | float) for x in given):
            return ours(*given)
        said = f"a number that numpy.{ufunc.__name__} takes"
        return getattr(ufunc, method)(*(settled(x, said) for x in given), **named)

    __add__, __radd__ = _operation(operator.add, _of_sizes(operator.add), _sum(operator.add))
    __sub__, __rsub__ = _operation(operator.sub, _of_sizes(operator.sub), _sum(operator.sub))
    __mul__, __rmul__ = _operation(operator.mul, _of_sizes(operator.mul), _product)
    __truediv__, __rtruediv__ = _operation(operator.truediv, _quotient, _quotient)
    __floordiv__, __rfloordiv__ = _operation(operator.floordiv, _floor, _floor_as_float)
    __mod__, __rmod__ = _operation(operator.mod, _rest, _rest)
    __divmod__, __rdivmod__ = _operation(divmod, _both, _both)

    def __pow__(self, other: Any, modulo: Any = None) -> Any:
        return _power(self, other, modulo)

    def __rpow__(self, other: Any, modulo: Any = None) -> Any:
        return _power(other, self, modulo)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return -self if self < 0 else self  # type: ignore[operator]

    def __float__(self) -> float:
        """What C code asks for, such as NumPy's: a float that carries nothing."""
        return float(settled(self, "a float that carries no size"))

    def __repr__(self) -> str:
        return repr(plain(self))

    def __format__(self, spec: str) -> str:
        return format(plain(self), spec)

    def __reduce__(self) -> Any:
        return type(plain(self)), (plain(self),)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    def __eq__(self, other: Any) -> Any:
        return _compared(EQUAL, self, other, self.path)

    def __ne__(self, other: Any) -> Any:
        found = _compared(EQUAL, self, other, self.path)
        return found if found is NotImplemented else not found

    def __lt__(self, other: Any) -> Any:
        return _compared(LESS, self, other, self.path)

    def __le__(self, other: Any) -> Any:
        return _compared(LESS_OR_EQUAL, self, other, self.path)

    def __gt__(self, other: Any) -> Any:
        return _compared(LESS, other, self, self.path)

    def __ge__(self, other: Any) -> Any:
        return _compared(LESS_OR_EQUAL, other, self, self.path)


class Shadow(Carrying, int):
    """An integer that carries the size that it is."""

    size: Extent

    def __new__(cls, value: int, size: Extent, path: Path) -> Shadow:
        made = int.__new__(cls, value)
        made.size, made.path = size, path
        return made

    __hash__ = int.__hash__

    def __rshift__(self, other: Any) -> Any:
        return self // (1 << other) if type(other) is int else self._fixed() >> settled(other, _BITS)

    def __rrshift__(self, other: Any) -> Any:
        return settled(other, _BITS) >> self._fixed()

    def __lshift__(self, other: Any) -> Any:
        return self * (1 << other) if type(other) is int else self._fixed() << settled(other, _BITS)

    def __rlshift__(self, other: Any) -> Any:
        return settled(other, _BITS) << self._fixed()

    def __and__(self, other: Any) -> Any:
        if type(other) is int and other >= 0 and not other & (other + 1):
            return self % (other + 1)
        return self._fixed() & settled(other, _BITS)

    __rand__ = __and__

    def __or__(self, other: Any) -> Any:
        return self._fixed() | settled(other, _BITS)

    __ror__ = __or__

    def __xor__(self, other: Any) -> Any:
        return self._fixed() ^ settled(other, _BITS)

    __rxor__ = __xor__

    def __invert__(self) -> Any:
        return -self - 1

    def bit_length(self) -> int:
        return int.bit_length(self._fixed())

    def bit_count(self) -> int:
        return int.bit_count(self._fixed())

    def _fixed(self) -> int:
        return self.path.pin(self.size, _BITS)

    def __neg__(self) -> Any:
        return Shadow(-plain(self), -self.size, self.path)

    def __trunc__(self) -> Any:
        return self

    def __floor__(self) -> Any:
        return self

    def __ceil__(self) -> Any:
        return self

    def __round__(self, digits: Any = None) -> Any:
        return self if digits is None or digits >= 0 else round(settled(self, _ROUNDED), digits)

    def __bool__(self) -> bool:
        return not self.path.decide(EQUAL, self.size, 0)

    def __int__(self) -> int:
        return plain(self)


class Ratio(Carrying, float):
    """A float that is over/under, two sizes of which the second is positive, until it is rounded to an integer."""

    over: Size
    under: Size
    certain: Certain

    @staticmethod
    def made(over: Size, under: Size, value: float, path: Path, certain: Certain) -> Any:
        """The ratio in lowest terms; the plain float where no symbol is left in it.

        As a float h·(32/h) is 32 at some sizes and just below it at others, so symbols that it may depend on are left.
        """
        if path.value(under) < 0:
            over, under = -over, -under
        if isinstance(under, Extent):
            path.decide(LESS, 0, under, True, "a divisor of at least 1")
        lower = lowest(over, under)
        if any(isinstance(x, Extent) for x in lower):
            over, under = lower
        elif not isinstance(under, Extent) or value == 0 or certain & Certain.DYADIC == Certain.DYADIC:
            return value
        ratio = float.__new__(Ratio, value)
        ratio.over, ratio.under, ratio.path, ratio.certain = over, under, path, certain
        return ratio

    @staticmethod
    def of(x: Any, path: Path) -> Ratio | None:
        """A number as a ratio; None of a float that is not finite."""
        if isinstance(x, Ratio):
            return x
        if not math.isfinite(plain(x)):
            return None
        ratio = float.__new__(Ratio, plain(x))
        ratio.path = path
        if isinstance(x, int):
            ratio.over, ratio.under, ratio.certain = size_in(x), 1, Certain.EXACT
        else:
            fraction, ratio.certain = meant(float(x))
            ratio.over, ratio.under = fraction.numerator, fraction.denominator
        return ratio

    @property
    def whole(self) -> bool:
        """Whether the float is an integer, exactly."""
        return self.under == 1 and self.certain == Certain.EXACT

    @property
    def power(self) -> bool:
        """Whether it is a power of 2."""
        numbers = self.over, self.under
        return all(isinstance(n, int) and n > 0 and not n & (n - 1) for n in numbers)

    @property
    def number(self) -> float | None:
        """The float where it carries no size."""
        return plain(self) if isinstance(self.over, int) and isinstance(self.under, int) else None

    __hash__ = float.__hash__

    def __neg__(self) -> Any:
        return Ratio.made(-self.over, self.under, -plain(self), self.path, of_negative(self.certain))

    def _rounded(self, size: Size, wanted: int, needs: Certain, apart: Size) -> Any:
        """The size as an integer where the float says so too, at all sizes: a condition where that is not certain.

        `apart` is 0 where the fraction is one that a float just beside it rounds otherwise.
        """
        sure = self.certain & needs == needs
        if self.path.value(size) == wanted and (sure or self.path.value(apart)):
            if not sure:
                self.path.require(differs(apart, 0), _ROUNDED)
            return shadow(size, self.path)
        self.path.pin(self.over, _ROUNDED)
        self.path.pin(self.under, _ROUNDED)
        return wanted

    def __floor__(self) -> Any:
        size = floor(self.over, self.under)
        return self._rounded(size, math.floor(plain(self)), Certain.FLOOR, self.over - self.under * size)

    def __ceil__(self) -> Any:
        size = -floor(-self.over, self.under)
        return self._rounded(size, math.ceil(plain(self)), Certain.CEILING, self.over - self.under * size)

    def __trunc__(self) -> Any:
        return math.ceil(self) if self < 0 else math.floor(self)

    def __round__(self, digits: Any = None) -> Any:
        """To the nearest integer, halves to the even one."""
        if digits:
            return round(settled(self, _ROUNDED), digits)
        size = floor(2 * self.over + self.under, 2 * self.under)
        halves = 2 * self.over + self.under - 2 * self.under * size
        if self.path.decide(EQUAL, halves, 0, reason="a half that is rounded") and self.path.decide(
            EQUAL, size - 2 * floor(size, 2), 1, reason="a half that is rounded"
        ):
            size = size - 1
        return self._rounded(size, round(plain(self)), Certain.DYADIC, halves)

    def is_integer(self) -> bool:
        return self.path.decide(EQUAL, self.over - self.under * floor(self.over, self.under), 0)

    def __bool__(self) -> bool:
        return not self.path.decide(EQUAL, self.over, 0)


def _as_float(x: Any, path: Path) -> Any:
    return Ratio.made(size_in(x), 1, float(plain(x)), path, Certain.EXACT)


def as_float(x: Any) -> Any:
    """A number as a float, with its size."""
    return _as_float(x, x.path) if isinstance(x, Shadow) else x if isinstance(x, Ratio) else float(x)


def as_whole(x: Any) -> Any:
    """A number as an integer, with its size: what `int` does."""
    return x if isinstance(x, Shadow) else x.__trunc__() if isinstance(x, Ratio) else int(x)


def settled(x: Any, reason: str) -> Any:
    """A number without what it carries, which is a condition where its size is not a number."""
    if isinstance(x, Shadow):
        return x.path.pin(x.size, reason)
    if isinstance(x, Ratio):
        x.path.pin(x.over, reason)
        x.path.pin(x.under, reason)
        return plain(x)
    return x


def divisor(*given: Any) -> Any:
    """The greatest common divisor, with its size."""
    path = next(x.path for x in given if isinstance(x, Shadow))
    return shadow(gcd(*map(size_in, given)), path)


def root(x: Any) -> Any:
    """The square root: that of a size times itself is the size; any other pins its argument."""
    ratio = Ratio.of(x, x.path)
    assert ratio is not None  # of a size
    over, under = root_of(ratio.over), root_of(ratio.under)
    value = math.sqrt(float(plain(x)))
    if over is not None and under is not None:
        certain = Certain.DYADIC if ratio.certain == Certain.EXACT else Certain.NOTHING
        over, under = _absolute(over, ratio.path), _absolute(under, ratio.path)
        return Ratio.made(over, under, value, ratio.path, certain)
    ratio.path.pin(ratio.over, "a square root")
    ratio.path.pin(ratio.under, "a square root")
    return value


def _absolute(size: Size, path: Path) -> Size:
    """A size or its negative, whichever is not below 0."""
    return -size if path.decide(LESS, size, 0, reason="a square root") else size


#: By a function of NumPy's the one of Python's that does the same.
_UFUNCS: Final[dict[str, Callable[..., Any]]] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "floor_divide": operator.floordiv,
    "divide": operator.truediv, "remainder": operator.mod, "negative": operator.neg, "absolute": abs, "rint": round,
    "floor": lambda x: as_float(math.floor(x)), "ceil": lambda x: as_float(math.ceil(x)),
    "trunc": lambda x: as_float(math.trunc(x)), "sqrt": root, "maximum": lambda a, b: b if a < b else a,
    "minimum": lambda a, b: a if a < b else b, "equal": operator.eq, "not_equal": operator.ne, "less": operator.lt,
    "less_equal": operator.le, "greater": operator.gt, "greater_equal": operator.ge,
}  # fmt: skip
