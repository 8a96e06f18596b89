"""What arguments of a Keras operation are while it is read: values, constants, sizes that are symbols."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from symconv.condition import Condition, at_least, equal
from symconv.extent import Extent, Size
from symconv.tensor import Tensor


@dataclass(frozen=True)
class Value:
    """A tensor that a node of the network makes, or one of its inputs."""

    node: str
    tensor: Tensor

    @property
    def shape(self) -> tuple[Size, ...]:
        """Its extents, in Keras's own order of the axes."""
        return self.tensor.shape

    @property
    def rank(self) -> int:
        """The number of axes."""
        return self.tensor.rank

    @property
    def dtype(self) -> str:
        """The type of its elements."""
        return self.tensor.dtype

    def typed(self, dtype: str) -> Value:
        """The same elements as those of another type."""
        return Value(self.node, Tensor(self.shape, dtype))


@dataclass(frozen=True)
class Constant:
    """A tensor that depends on no input: a number, an array, or a variable of the model, which it then holds."""

    tensor: Tensor
    variables: tuple[Any, ...] = ()

    @property
    def shape(self) -> tuple[Size, ...]:
        """Its extents."""
        return self.tensor.shape


class Shadow(int):
    """An extent while a model's own code runs: a number, at the sizes that are tried, and what it is in symbols.

    Arithmetic is done on both. A comparison is decided by the number, and `decided` is told what that takes
    for granted.
    """

    extent: Extent
    decided: Callable[[Condition], None]

    @classmethod
    def of(cls, size: Size, number: int, decided: Callable[[Condition], None]) -> int:
        """A size as an int: a shadow where it is an expression in symbols."""
        if not isinstance(size, Extent):
            return size
        made = cls(number)
        made.extent, made.decided = size, decided
        return made

    def _with(self, other: Any, step: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, bool) or not isinstance(other, int):
            return NotImplemented
        return Shadow.of(step(self.extent, size_of_int(other)), step(int(self), int(other)), self.decided)

    def __add__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a + b)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a - b)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a * b)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b - a)

    def __floordiv__(self, other: Any) -> Any:
        return self._divided(other, lambda a, b: a // b)

    def __mod__(self, other: Any) -> Any:
        return self._divided(other, lambda a, b: a % b)

    __radd__ = __add__
    __rmul__ = __mul__

    def _divided(self, other: Any, step: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, int) and int(other) < 1:
            return step(int(self), int(other))
        return self._with(other, step)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b // a)

    def __rmod__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b % a)

    def __neg__(self) -> Any:
        return self._with(-1, lambda a, b: a * b)

    def __pow__(self, exponent: Any, modulo: Any = None) -> Any:
        if modulo is None and type(exponent) is int and exponent >= 0:
            return self._with(exponent, lambda a, b: a**b)
        return pow(int(self), exponent, modulo)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    # -- comparisons --------------------------------------------------------------------------------------------------

    def _compared(self, other: Any) -> int:
        """−1, 0 or 1, the sign of the difference; that it is so is taken for granted."""
        mine, theirs = self.extent, size_of_int(other)
        sign = (int(self) > int(other)) - (int(self) < int(other))
        if sign == 0:
            self.decided(equal(mine, theirs))
        elif sign > 0:
            self.decided(at_least(mine, theirs + 1))
        else:
            self.decided(at_least(theirs, mine + 1))
        return sign

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int) and not isinstance(other, bool) and self._compared(other) == 0

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: int) -> bool:
        return self._compared(other) < 0 if isinstance(other, int) else int(self) < other

    def __le__(self, other: int) -> bool:
        return self._compared(other) <= 0 if isinstance(other, int) else int(self) <= other

    def __gt__(self, other: int) -> bool:
        return self._compared(other) > 0 if isinstance(other, int) else int(self) > other

    def __ge__(self, other: int) -> bool:
        return self._compared(other) >= 0 if isinstance(other, int) else int(self) >= other

    def __bool__(self) -> bool:
        return self._compared(0) != 0

    def __hash__(self) -> int:
        return hash(int(self))


def size_of_int(number: int) -> Size:
    """What an int of a model's code is in symbols."""
    return number.extent if isinstance(number, Shadow) else int(number)
