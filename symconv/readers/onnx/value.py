"""Value: what an ONNX name stands for, as far as it is known without running: shape, type, and small data in symbols.

Integers are sizes, so that arithmetic on shapes is the arithmetic of extents; floats are exact fractions of sizes
(`Ratio`) or Python floats; None is an element that is not known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from symconv.bounding import at_least
from symconv.extent import Extent, Size
from symconv.extremes import equals, largest, reaches, smallest
from symconv.rounding import floor

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Elements of a tensor whose data is followed, at most.
FOLLOWED: Final = 1 << 13

#: ONNX's element types by their numbers, in NumPy's words where it has them.
TYPES: Final = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool",
    10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 16: "bfloat16",
    17: "float8e4m3fn", 18: "float8e4m3fnuz", 19: "float8e5m2", 20: "float8e5m2fnuz", 21: "uint4", 22: "int4",
    23: "float4e2m1", 24: "float8e8m0", 25: "uint2", 26: "int2",
}  # fmt: skip


def is_float(dtype: str) -> bool:
    """Whether elements are floats of any width."""
    return dtype.startswith(("float", "bfloat"))


@dataclass(frozen=True)
class Origin:
    """A tensor of the file that a constant is made from; `made` where it was filled, not stored."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    made: bool = False
    kind: str = ""  # a parameter or a buffer, where that is known: a buffer is a scale of quantised weights
    literal: bool = False  # a number in the graph, such as an epsilon

    @property
    def elements(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)


@dataclass(eq=False)
class Value:
    """A tensor: of a node of the network, a constant of the file, or data that is known without running.

    `shape` is None where not even the number of axes is known. `items` are those of a sequence, None of a tensor.
    """

    shape: tuple[Size, ...] | None
    dtype: str = "float32"
    data: NDArray[Any] | None = None
    node: str = ""
    origins: tuple[Origin, ...] = ()
    items: list[Value] | None = None
    name: str = ""
    #: Whether it is worked out when the model is loaded, since it depends on no input.
    constant: bool = field(default=False)

    @property
    def rank(self) -> int | None:
        """The number of axes."""
        return None if self.shape is None else len(self.shape)

    @property
    def elements(self) -> list[Any] | None:
        """The known data, flat."""
        return None if self.data is None else list(self.data.ravel())

    @property
    def loaded(self) -> bool:
        """Whether it is no node's, with numbers for extents, so that what is made of it is worked out at loading."""
        return not self.node and self.shape is not None and in_numbers(self.shape)

    def holding(self, data: NDArray[Any]) -> Value:
        """Data that is made of this value's by moving elements."""
        return Value(tuple(data.shape), self.dtype, data, origins=self.origins, constant=self.constant)


def in_numbers(*shapes: tuple[Size, ...]) -> bool:
    """Whether all extents are numbers."""
    return all(isinstance(x, int) for shape in shapes for x in shape)


def objects(elements: Sequence[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Elements of any kind as an array of them."""
    array = np.empty(len(elements), dtype=object)
    for i, x in enumerate(elements):
        array[i] = x
    return array.reshape(shape)


def known(data: Any, dtype: str) -> Value:
    """A value whose elements are known, sizes, booleans, floats: those of a list, or one without axes."""
    array = objects(data, (len(data),)) if isinstance(data, list | tuple) else objects([data], ())
    return Value(tuple(array.shape), dtype, array)


# -- arithmetic of elements ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ratio:
    """A fraction of sizes, over a number: what becomes of a size that is cast to float and scaled."""

    over: Extent
    under: int = 1


Element = Any


def _parts(x: Element) -> tuple[Size, int] | None:
    """An element as a size over a number; None where it is not exact."""
    if isinstance(x, bool | np.bool_):
        return int(x), 1
    if isinstance(x, int | Extent):
        return x, 1
    if isinstance(x, Ratio):
        return x.over, x.under
    if isinstance(x, float) and math.isfinite(x):
        f = Fraction(x)
        return f.numerator, f.denominator
    return None


def _ratio(over: Size, under: int) -> Element:
    if under < 0:
        over, under = -over, -under
    if isinstance(over, int):
        return over / under
    g = math.gcd(under, *over.terms.values())
    if g > 1:
        over, under = Extent({m: c // g for m, c in over.terms.items()}), under // g
    return over if under == 1 else Ratio(over, under)


def symbolic(*elements: Element) -> bool:
    """Whether one of the elements is in symbols."""
    return any(isinstance(x, Extent | Ratio) for x in elements)


def add(a: Element, b: Element) -> Element:
    """a + b."""
    if isinstance(a, int | Extent) and isinstance(b, int | Extent):
        return a + b
    if not symbolic(a, b):
        return a + b
    p, q = _parts(a), _parts(b)
    return None if p is None or q is None else _ratio(p[0] * q[1] + q[0] * p[1], p[1] * q[1])


def subtract(a: Element, b: Element) -> Element:
    """a − b."""
    return add(a, negate(b))


def negate(a: Element) -> Element:
    """−a."""
    return Ratio(-a.over, a.under) if isinstance(a, Ratio) else -a


def multiply(a: Element, b: Element) -> Element:
    """a·b; a float that scales a size is the fraction that it was meant to be, where float32 cannot tell."""
    if isinstance(a, int | Extent) and isinstance(b, int | Extent):
        return a * b
    if not symbolic(a, b):
        return a * b
    a, b = (_meant(x) if isinstance(x, float) else x for x in (a, b))
    p, q = _parts_of(a), _parts_of(b)
    return None if p is None or q is None else _ratio(p[0] * q[0], p[1] * q[1])


def _parts_of(x: Element) -> tuple[Size, int] | None:
    return (x.numerator, x.denominator) if isinstance(x, Fraction) else _parts(x)


def divide(a: Element, b: Element, whole: bool) -> Element:
    """a/b; of integers towards zero."""
    if whole:
        if isinstance(a, int) and isinstance(b, int):
            return None if b == 0 else (abs(a) // abs(b)) * (1 if (a < 0) == (b < 0) else -1)
        return floor(a, b) if isinstance(a, int | Extent) and isinstance(b, int | Extent) and at_least(b, 1) else None
    if not symbolic(a, b):
        return None if b == 0 else a / b
    if isinstance(b, float):
        b = _meant(b)
    p, q = _parts_of(a), _parts_of(b)
    if p is None or q is None or not isinstance(q[0], int) or q[0] == 0:
        return None
    return _ratio(p[0] * q[1], p[1] * q[0])


def round_down(x: Element) -> Element:
    """⌊x⌋, still as a float's value."""
    if isinstance(x, Ratio):
        return floor(x.over, x.under)
    return x if isinstance(x, int | Extent) or not math.isfinite(x) else float(math.floor(x))


def round_up(x: Element) -> Element:
    """⌈x⌉."""
    if isinstance(x, Ratio):
        return -floor(-x.over, x.under)
    return x if isinstance(x, int | Extent) or not math.isfinite(x) else float(math.ceil(x))


def to_integer(x: Element) -> Element:
    """x towards zero, as a cast does it."""
    if isinstance(x, Ratio):
        return floor(x.over, x.under) if at_least(x.over, 0) else None
    if isinstance(x, Extent):
        return x
    if isinstance(x, float):
        return int(x) if math.isfinite(x) else None
    return int(x) if x is not None else None


def to_float(x: Element) -> Element:
    """x as a float."""
    return x if isinstance(x, Extent | Ratio) or x is None else float(x)


def choose(better: str, a: Element, b: Element) -> Element:
    """The larger or the smaller of two."""
    if not symbolic(a, b):
        return (max if better == "max" else min)(a, b)
    if isinstance(a, float) and a.is_integer():
        a = int(a)
    if isinstance(b, float) and b.is_integer():
        b = int(b)
    if not all(isinstance(x, int | Extent) for x in (a, b)):
        return None
    return (largest if better == "max" else smallest)(a, b)


def same(a: Element, b: Element) -> Element:
    """Whether a = b: a boolean, or Iverson's bracket where symbols decide."""
    if not symbolic(a, b):
        return a == b
    return _decided(equals, a, b)


def least(a: Element, b: Element) -> Element:
    """Whether a ≥ b."""
    if not symbolic(a, b):
        return a >= b
    return _decided(reaches, a, b)


def _decided(test: Callable[[Size, Size], Size], a: Element, b: Element) -> Element:
    p, q = _parts(a), _parts(b)
    if p is None or q is None:
        return None
    found = test(p[0] * q[1], q[0] * p[1])
    return bool(found) if isinstance(found, int) else found


def opposite(x: Element) -> Element:
    """Not x, of a boolean or a bracket."""
    return 1 - x if isinstance(x, Extent) else not x


def both(a: Element, b: Element) -> Element:
    """a and b."""
    if symbolic(a, b):
        return False if a is False or b is False else int(a) * b if not isinstance(a, Extent) else a * _number(b)
    return bool(a and b)


def either(a: Element, b: Element) -> Element:
    """a or b."""
    if symbolic(a, b):
        return True if a is True or b is True else opposite(both(opposite(a), opposite(b)))
    return bool(a or b)


def _number(x: Element) -> Size:
    return x if isinstance(x, Extent) else int(x)


# -- a float that scales a size ------------------------------------------------------------------------------------

#: Extents at which a float32 product is compared with the fraction that is taken for it.
TRIED: Final = 1 << 14


@lru_cache(maxsize=1 << 10)
def _meant(scale: float) -> Fraction:
    """The fraction p/q whose floor the float32 product has at every extent that is tried; else the float itself.

    A scale of 0.7 is stored as 0.699999988, and 10·0.699999988 in float32 is 7: runtimes that multiply in float32 and
    round down give ⌊7·x/10⌋.
    """
    exact = Fraction(scale)
    xs = np.arange(1, TRIED, dtype=np.int64)
    single = np.float32(scale)
    if not 2**-20 < scale < 2**20:
        return exact
    got = np.floor(xs.astype(np.float32) * single).astype(np.int64)
    for most in (1, 10, 100, 1000, 10000):
        nice = exact.limit_denominator(most)
        near = nice > 0 and np.float32(nice.numerator / nice.denominator) == single
        if near and np.array_equal(got, xs * nice.numerator // nice.denominator):
            return nice
    return exact
