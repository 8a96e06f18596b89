"""Tensor: a shape of sizes and an element type. No data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from symconv.cost import Cost, product
from symconv.errors import ShapeError
from symconv.extent import Size
from symconv.notation import TEXT, Style
from symconv.setting import set_size
from symconv.symbols import Symbol
from symconv.values import substitute


@dataclass(frozen=True)
class Tensor:
    """A tensor of batch × channels × spatial axes, or batch × features.

    >>> Tensor((1, 3, 224, 224))
    1×3×224×224
    """

    shape: tuple[Size, ...]
    dtype: str = "float32"

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def batch(self) -> Size:
        """The extent of axis 0.

        Raises ShapeError where there is no axis.
        """
        if not self.shape:
            raise ShapeError("a scalar has no batch axis")
        return self.shape[0]

    @property
    def channels(self) -> Size:
        """The extent of axis 1.

        Raises ShapeError where there is no such axis.
        """
        if self.rank < 2:
            raise ShapeError(f"a tensor of shape {self} has no channel axis")
        return self.shape[1]

    @property
    def spatial(self) -> tuple[Size, ...]:
        """The extents after batch and channels."""
        return self.shape[2:]

    @cached_property
    def elements(self) -> Cost:
        """The number of elements."""
        return product(*self.shape)

    def like(self, *shape: Size) -> Tensor:
        """A tensor of the same element type and another shape."""
        return Tensor(shape, self.dtype)

    def with_axis(self, axis: int, *extents: Size) -> Tensor:
        """The tensor with these extents in the place of an axis's; with none the axis is gone."""
        return self.like(*self.shape[:axis], *extents, *self.shape[axis + 1 :])

    def substitute(self, values: Mapping[Symbol, Size]) -> Tensor:
        """Sizes in place of symbols."""
        return self.like(*(substitute(s, values) for s in self.shape))

    def text(self, style: Style = TEXT, batch: bool = True) -> str:
        """`N×64×⌊X/2⌋²`, equal neighbours as powers, a vector of channels as its length; `batch` leaves axis 0 out."""
        shape = self.shape if batch else self.shape[1:]
        sizes, i = [], 0
        while i < len(shape):
            n = 1
            while i > 0 and not isinstance(shape[i], int) and i + n < len(shape) and shape[i + n] == shape[i]:
                n += 1
            piece = set_size(shape[i], style)
            sizes.append(style.power(piece, n).text if n > 1 else style.within(piece, 1))
            i += n
        return style.by.join(sizes) or style.words("scalar")

    def __repr__(self) -> str:
        return self.text()
