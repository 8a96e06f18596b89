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
from symconv.extent import Extent, Floor, Size, from_terms, size_of
from symconv.extremes import gcd
from symconv.readers.torch.certainty import Certain, meant, of_negative, of_product, of_quotient, of_sum
from symconv.readers.torch.path import EQUAL, LESS, LESS_OR_EQUAL, Path
from symconv.rounding import floor


def plain(x: Any) -> Any:
    """The number without what it carries."""
    return int.__add__(x, 0) if isinstance(x, int) else float.__add__(x, 0.0)


def size_in(x: Any) -> Size:
    """The size that an integer carries, or the integer itself."""
    return x.size if isinstance(x, Shadow) else int(x)


def shadow(size: Size, path: Path) -> int:
    """The integer that a size is in this run, with the size where that is not a number."""
    return Shadow(path.value(size), size, path) if isinstance(size, Extent) else size


class _Ordered:
    """The comparisons of a shadow: each one is a choice of the program, which its path decides."""

    path: Path

    def __array_ufunc__(self, ufunc: Any, method: str, *given: Any, **named: Any) -> Any:
        """A function of NumPy's keeps sizes where Python has the same, or works on objects; others take numbers."""
        if any(isinstance(x, np.ndarray) for x in given):
            return getattr(ufunc, method)(*(_boxed(x) if isinstance(x, _Ordered) else x for x in given), **named)
        ours = _UFUNCS.get(ufunc.__name__)
        if ours is not None and method == "__call__" and not named and all(isinstance(x, int | float) for x in given):
            return ours(*given)
        said = f"a number that numpy.{ufunc.__name__} takes"
        return getattr(ufunc, method)(*(settled(x, said) for x in given), **named)

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


class Shadow(_Ordered, int):
    """An integer that carries the size that it is."""

    size: Extent
    path: Path

    def __new__(cls, value: int, size: Extent, path: Path) -> Shadow:
        made = int.__new__(cls, value)
        made.size, made.path = size, path
        return made

    __hash__ = int.__hash__

    def _binary(self, other: Any, whole: Any, name: str, turned: bool) -> Any:
        if not isinstance(other, int | float):
            return NotImplemented
        if isinstance(other, float):
            first, second = (Ratio.of(other, self.path), Ratio.of(self, self.path))
            if first is None or second is None:
                mine, its = float(plain(self)), plain(other)
                return getattr(its, f"__{name}__")(mine) if turned else getattr(mine, f"__{name}__")(its)
            return getattr(*((first, f"__{name}__") if turned else (second, f"__{name}__")))(
                second if turned else first
            )
        a, b = (other, self) if turned else (self, other)
        value = whole(plain(a), plain(b))
        size = self.path.said(whole(size_in(a), size_in(b)))
        return Shadow(value, size, self.path) if isinstance(size, Extent) else value

    def __add__(self, other: Any) -> Any:
        return self._binary(other, lambda a, b: a + b, "add", False)

    def __radd__(self, other: Any) -> Any:
        return self._binary(other, lambda a, b: a + b, "add", True)

    def __sub__(self, other: Any) -> Any:
        return self._binary(other, lambda a, b: a - b, "sub", False)

    def __rsub__(self, other: Any) -> Any:
        return self._binary(other, lambda a, b: a - b, "sub", True)

    def __mul__(self, other: Any) -> Any:
        return self._binary(other, lambda a, b: a * b, "mul", False)

    def __rmul__(self, other: Any) -> Any:
        return self._binary(other, lambda a, b: a * b, "mul", True)

    def _divided(self, a: Any, b: Any) -> Any:
        """⌊a/b⌋; a divisor below 0 turns both signs, and one that is not known to be positive is a condition."""
        below = plain(b)
        if below == 0:
            raise ZeroDivisionError("integer division or modulo by zero")
        over, under = size_in(a), size_in(b)
        if below < 0:
            over, under, below = -over, -under, -below
        if isinstance(under, Extent):
            self.path.decide(LESS, 0, under, True, "a divisor of at least 1")
        value = plain(a) // plain(b)
        try:
            size = self.path.said(floor(over, under))
        except SymconvError:
            self.path.pin(over, "a division")
            self.path.pin(under, "a division")
            return value
        return Shadow(value, size, self.path) if isinstance(size, Extent) else value

    def __floordiv__(self, other: Any) -> Any:
        if isinstance(other, float):
            return self._binary(other, None, "floordiv", False)
        return self._divided(self, other) if isinstance(other, int) else NotImplemented

    def __rfloordiv__(self, other: Any) -> Any:
        if isinstance(other, float):
            return self._binary(other, None, "floordiv", True)
        return self._divided(other, self) if isinstance(other, int) else NotImplemented

    def __mod__(self, other: Any) -> Any:
        if isinstance(other, float):
            return self._binary(other, None, "mod", False)
        return self - other * self._divided(self, other) if isinstance(other, int) else NotImplemented

    def __rmod__(self, other: Any) -> Any:
        if isinstance(other, float):
            return self._binary(other, None, "mod", True)
        return other - self * self._divided(other, self) if isinstance(other, int) else NotImplemented

    def __divmod__(self, other: Any) -> Any:
        quotient = self // other
        return quotient, self - other * quotient

    def __rdivmod__(self, other: Any) -> Any:
        quotient = other // self
        return quotient, other - self * quotient

    def __truediv__(self, other: Any) -> Any:
        return _quotient(self, other, self.path)

    def __rtruediv__(self, other: Any) -> Any:
        return _quotient(other, self, self.path)

    def __pow__(self, other: Any, modulo: Any = None) -> Any:
        if modulo is None and type(other) is int and 0 <= other <= 8:
            made: Any = 1
            for _ in range(other):
                made = made * self
            return made
        if modulo is None and other == 0.5:
            return root(self)
        return pow(settled(self, _POWER), settled(other, _POWER), modulo)

    def __rpow__(self, other: Any, modulo: Any = None) -> Any:
        return pow(settled(other, _POWER), settled(self, _POWER), modulo)

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

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return -self if self < 0 else self

    def __trunc__(self) -> Any:
        return self

    def __floor__(self) -> Any:
        return self

    def __ceil__(self) -> Any:
        return self

    def __round__(self, digits: Any = None) -> Any:
        return self

    def __bool__(self) -> bool:
        return not self.path.decide(EQUAL, self.size, 0)

    def __int__(self) -> int:
        return plain(self)

    def __float__(self) -> float:
        return float(plain(self))

    def __repr__(self) -> str:
        return int.__repr__(self)

    def __str__(self) -> str:
        return int.__repr__(self)

    def __format__(self, spec: str) -> str:
        return format(plain(self), spec)

    def __reduce__(self) -> Any:
        return int, (plain(self),)

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    def __copy__(self) -> Any:
        return self


def _compared(relation: str, a: Any, b: Any, path: Path) -> Any:
    if not isinstance(a, int | float) or not isinstance(b, int | float):
        return NotImplemented
    if isinstance(a, float) or isinstance(b, float):
        first, second = Ratio.of(a, path), Ratio.of(b, path)
        x, y = plain(a), plain(b)
        outcome = x < y if relation == LESS else x <= y if relation == LESS_OR_EQUAL else x == y
        if first is None or second is None:
            return outcome
        return path.decide(relation, first.over * second.under, second.over * first.under, outcome)
    return path.decide(relation, size_in(a), size_in(b))


def _quotient(a: Any, b: Any, path: Path) -> Any:
    if not isinstance(a, int | float) or not isinstance(b, int | float):
        return NotImplemented
    value = plain(a) / plain(b)
    first, second = Ratio.of(a, path), Ratio.of(b, path)
    if first is None or second is None:
        return value
    dyadic = isinstance(second.over, int) and not second.over & (second.over - 1)
    certain = of_quotient(first.certain, second.certain, second.power, dyadic)
    return Ratio.made(first.over * second.under, first.under * second.over, value, path, certain)


_ROUNDED: Final = "a float that is rounded"
_POWER: Final = "a power or an exponent"
_BITS: Final = "an operation on bits"


class Ratio(_Ordered, float):
    """A float that is over/under, two sizes of which the second is positive, until it is rounded to an integer."""

    over: Size
    under: Size
    path: Path
    certain: Certain

    @staticmethod
    def made(over: Size, under: Size, value: float, path: Path, certain: Certain) -> Any:
        """The ratio in lowest terms; the plain float where no symbol is left in it."""
        if path.value(under) < 0:
            over, under = -over, -under
        if isinstance(under, Extent):
            path.decide(LESS, 0, under, True, "a divisor of at least 1")
        over, under = _lowest(over, under)
        if isinstance(over, int) and isinstance(under, int):
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

    def _number(self) -> float | None:
        """The float where it carries no size."""
        return plain(self) if isinstance(self.over, int) and isinstance(self.under, int) else None

    __hash__ = float.__hash__

    def _with(self, other: Any, name: str, turned: bool) -> Any:
        if not isinstance(other, int | float):
            return NotImplemented
        x, y = (plain(other), plain(self)) if turned else (plain(self), plain(other))
        value = {"add": lambda: x + y, "sub": lambda: x - y, "mul": lambda: x * y}[name]()
        second = Ratio.of(other, self.path)
        if second is None:
            return value
        a, b = (second, self) if turned else (self, second)
        if name == "mul":
            number = b._number() if a.whole else a._number() if b.whole else None
            certain = of_product(a.certain, b.certain, a.power or b.power, number)
            return Ratio.made(a.over * b.over, a.under * b.under, value, self.path, certain)
        first, last = a.over * b.under, b.over * a.under
        certain = of_sum(a.certain, b.certain if name == "add" else of_negative(b.certain), a.whole, b.whole)
        over = first + last if name == "add" else first - last
        return Ratio.made(over, a.under * b.under, value, self.path, certain)

    def __add__(self, other: Any) -> Any:
        return self._with(other, "add", False)

    def __radd__(self, other: Any) -> Any:
        return self._with(other, "add", True)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, "sub", False)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, "sub", True)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, "mul", False)

    def __rmul__(self, other: Any) -> Any:
        return self._with(other, "mul", True)

    def __truediv__(self, other: Any) -> Any:
        return _quotient(self, other, self.path)

    def __rtruediv__(self, other: Any) -> Any:
        return _quotient(other, self, self.path)

    def _floored(self, a: Any, b: Any) -> Any:
        quotient = _quotient(a, b, self.path)
        return quotient if quotient is NotImplemented else _as_float(math.floor(quotient), self.path)

    def __floordiv__(self, other: Any) -> Any:
        return self._floored(self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._floored(other, self)

    def __mod__(self, other: Any) -> Any:
        return self - other * (self // other)

    def __rmod__(self, other: Any) -> Any:
        return other - self * (other // self)

    def __neg__(self) -> Any:
        return Ratio.made(-self.over, self.under, -plain(self), self.path, of_negative(self.certain))

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return -self if self < 0 else self

    def __pow__(self, other: Any, modulo: Any = None) -> Any:
        if other == 0.5:
            return root(self)
        if type(other) is int and 0 <= other <= 4:
            made: Any = 1
            for _ in range(other):
                made = made * self
            return made
        return float(settled(self, _POWER) ** settled(other, _POWER))

    def __rpow__(self, other: Any, modulo: Any = None) -> Any:
        return settled(other, _POWER) ** settled(self, _POWER)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

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

    def __float__(self) -> float:
        return plain(self)

    def __repr__(self) -> str:
        return float.__repr__(self)

    def __reduce__(self) -> Any:
        return float, (plain(self),)


def _as_float(x: Any, path: Path) -> Any:
    return Ratio.made(size_in(x), 1, float(plain(x)), path, Certain.EXACT)


def as_float(x: Any) -> Any:
    """A number as a float, with its size."""
    return _as_float(x, x.path) if isinstance(x, Shadow) else x if isinstance(x, Ratio) else float(x)


def as_whole(x: Any) -> Any:
    """A number as an integer, with its size: what `int` does."""
    return x if isinstance(x, Shadow) else x.__trunc__() if isinstance(x, Ratio) else int(x)


def _lowest(over: Size, under: Size) -> tuple[Size, Size]:
    """A fraction of sizes without the number, or the product of symbols, that divides both."""
    if under == 1 or over == 0:
        return over, 1 if over == 0 else under
    whole = quotient(over, under)
    if whole is not None:
        return whole, 1
    below = under.terms.values() if isinstance(under, Extent) else [under]
    above = over.terms.values() if isinstance(over, Extent) else [over]
    g = math.gcd(*below, *above)
    if g > 1:
        over, under = _divided(over, g), _divided(under, g)
    return over, under


def _divided(size: Size, g: int) -> Size:
    return from_terms({m: c // g for m, c in size.terms.items()}) if isinstance(size, Extent) else size // g


def quotient(over: Size, under: Size) -> Size | None:
    """over/under where that is a polynomial in the atoms, by long division; else None."""
    if isinstance(over, int) and isinstance(under, int):
        return over // under if under and over % under == 0 else None
    if isinstance(under, int):
        assert isinstance(over, Extent)
        return _divided(over, under) if under and all(c % under == 0 for c in over.terms.values()) else None
    if over == 0:
        return 0
    if isinstance(over, int):
        return None
    lead = max(under.terms, key=lambda m: (len(m), tuple(a.key for a in m)))
    found: Size = 0
    rest: Size = over
    while isinstance(rest, Extent):
        m = max(rest.terms, key=lambda m: (len(m), tuple(a.key for a in m)))
        left, c = list(m), rest.terms[m]
        for a in lead:
            if a not in left:
                return None
            left.remove(a)
        if c % under.terms[lead]:
            return None
        step = from_terms({tuple(left): c // under.terms[lead]})
        found, rest = found + step, rest - step * under
    return found if rest == 0 else None


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
    ratio = x if isinstance(x, Ratio) else Ratio.of(x, x.path) if isinstance(x, Shadow) else None
    if ratio is None:
        return math.sqrt(plain(x))
    over, under = _root_of(ratio.over), _root_of(ratio.under)
    value = math.sqrt(float(plain(x)))
    if over is not None and under is not None:
        certain = Certain.DYADIC if ratio.certain == Certain.EXACT else Certain.NOTHING
        return Ratio.made(over, under, value, ratio.path, certain)
    ratio.path.pin(ratio.over, "a square root")
    ratio.path.pin(ratio.under, "a square root")
    return value


def _root_of(size: Size) -> Size | None:
    """The root of a number or a monomial that is a square; else None."""
    if isinstance(size, int):
        return math.isqrt(size) if size >= 0 and math.isqrt(size) ** 2 == size else None
    if len(size.terms) != 1:
        return _root_of_sum(size)
    ((m, c),) = size.terms.items()
    half = math.isqrt(c) if c > 0 else 0
    if half * half != c or m[::2] != m[1::2]:
        return None
    made: Size = half
    for a in m[::2]:
        made = made * size_of(a)
    return made


def _root_of_sum(size: Extent) -> Size | None:
    """The root of the square of an atom and a number, such as ⌊X/16⌋² + 2·⌊X/16⌋ + 1; else None."""
    atoms = {a for m in size.terms for a in m}
    if len(atoms) != 1:
        return None
    (atom,) = atoms
    c, b, a = (size.terms.get((atom,) * k, 0) for k in range(3))
    if a <= 0 or c < 0:
        return None
    p, q = math.isqrt(a), math.isqrt(c)
    for sign in (1, -1):
        made = p * size_of(atom) + sign * q
        positive = sign > 0 or (isinstance(atom, Floor) and (atom.least or 0) >= q)
        if made * made == size and positive and b == 2 * p * q * sign:
            return made
    return None


def _boxed(x: Any) -> Any:
    made = np.empty((), dtype=object)
    made[()] = x
    return made


#: By a function of NumPy's the one of Python's that does the same.
_UFUNCS: Final[dict[str, Callable[..., Any]]] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "floor_divide": operator.floordiv,
    "divide": operator.truediv, "remainder": operator.mod, "negative": operator.neg, "absolute": abs, "rint": round,
    "floor": lambda x: as_float(math.floor(x)), "ceil": lambda x: as_float(math.ceil(x)),
    "trunc": lambda x: as_float(math.trunc(x)), "sqrt": root, "maximum": lambda a, b: b if a < b else a,
    "minimum": lambda a, b: a if a < b else b, "equal": operator.eq, "not_equal": operator.ne, "less": operator.lt,
    "less_equal": operator.le, "greater": operator.gt, "greater_equal": operator.ge,
}  # fmt: skip
