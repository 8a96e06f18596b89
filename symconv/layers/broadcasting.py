"""The shape that operands of several shapes have in common."""

from __future__ import annotations

from collections.abc import Sequence

from symconv.condition import equal
from symconv.domain import require
from symconv.extent import Size


def broadcast(shapes: Sequence[tuple[Size, ...]], what: str) -> tuple[Size, ...]:
    """The common shape, by the rule that NumPy and ONNX share: an extent of 1 is repeated to the others'.

    Only the number 1 is: an extent in symbols, which is 1 at some sizes, has to equal the others.

    Raises ShapeError where extents never agree.
    """
    rank = max((len(shape) for shape in shapes), default=0)
    out: list[Size] = []
    for back in range(rank, 0, -1):
        common: Size = 1
        for shape in shapes:
            if back <= len(shape):
                common = _common(common, shape[-back], what)
        out.append(common)
    return tuple(out)


def _common(a: Size, b: Size, what: str) -> Size:
    if b == 1 or a == b:
        return a
    if a == 1:
        return b
    require(equal(a, b), f"{what} of equal extents")
    return b if isinstance(b, int) else a
