"""New tensors: constants, positions, random numbers; nothing is computed from an input."""

from __future__ import annotations

from typing import Any

from symconv.condition import at_least
from symconv.domain import require
from symconv.extent import Extent, Size
from symconv.readers.torch.held import Held
from symconv.readers.torch.operator import Operator, product
from symconv.readers.torch.quotients import quotient
from symconv.readers.torch.registry import counted, shape_only, unknown
from symconv.readers.torch.shadow import Ratio, settled
from symconv.rounding import ceiling, floor


@shape_only(
    "a new tensor", "zeros", "ones", "empty", "full", "rand", "randn", "randint", "new_zeros", "new_ones", "new_empty",
    "new_full", "scalar_tensor", "eye", "randperm", "tril_indices", "triu_indices", "empty_strided",
    "new_empty_strided", "bartlett_window", "hann_window", "hamming_window", "blackman_window", "kaiser_window",
    "empty_permuted",
)  # fmt: skip
def _new(op: Operator) -> Held:
    if op.name == "eye":
        return op.fresh((op.get("n"), op.get("m", default=op.get("n"))))
    if op.name == "randperm":
        return op.fresh((op.get("n"),))
    if op.name.endswith("_window"):
        return op.fresh((op.get("window_length"),))
    if op.name.endswith("_indices"):
        return op.fresh(_of_triangle(op))
    return op.fresh(op.sizes("size"))


def _of_triangle(op: Operator) -> tuple[Size, ...]:
    """The shape of the places of a matrix on one side of a diagonal."""
    rows, columns, offset = op.get("row"), op.get("col"), op.get("offset", default=0)
    if rows != columns or not isinstance(offset, int):
        return op.in_numbers("places of a triangle")
    below = offset if op.name == "tril_indices" else -offset
    most = max(-below, below + 1)
    require(at_least(rows, most), "a diagonal inside of the matrix")
    side = rows + below if below <= 0 else rows - below - 1
    half = side * (side + 1) // 2
    return 2, half if below <= 0 else rows * rows - half


@shape_only(
    "a new tensor of another one's shape",
    *(f"{k}_like" for k in ("zeros", "ones", "empty", "full", "rand", "randn", "randint")),
)
def _like(op: Operator) -> Held:
    return op.fresh(op.tensor("self").shape)


#: Floats that are multiples of one part in so many are added without a loss.
FINEST = 1 << 10


def _fine(x: Any) -> tuple[Size, int] | None:
    """A number as over/under, where floats add and divide it without a loss."""
    if isinstance(x, Ratio):
        over, under = x.over, x.under
    elif isinstance(x, float):
        over, under = x.as_integer_ratio()
    else:
        over, under = x, 1
    dyadic = isinstance(under, int) and under & (under - 1) == 0 and under <= FINEST
    return (over, under) if dyadic and isinstance(under, int) and isinstance(over, int | Extent) else None


@shape_only("numbers at equal steps", "arange", "linspace", "logspace", "range")
def _arange(op: Operator) -> Held:
    if op.name in ("linspace", "logspace"):
        return op.fresh((op.get("steps"),))
    start, end, step = op.get("start", default=0), op.get("end"), op.get("step", default=1)
    if isinstance(step, int) and step < 0 and all(isinstance(x, int | Extent) for x in (start, end)):
        start, end, step = end, start, -step
    if op.name == "range" and all(isinstance(x, int | Extent) for x in (start, end, step)):  # to its end
        return op.fresh((floor(end - start, step) + 1,))
    if all(isinstance(x, int | Extent) for x in (start, end)) and isinstance(step, int) and step > 0:
        return op.fresh((ceiling(end - start, step),))
    if all(isinstance(x, int | Extent) for x in (start, end, step)) and op.at(step) > 0:
        many = quotient(end - start, step)
        return op.fresh((ceiling(end - start, step) if many is None else many,))
    first, last, each = (_fine(x) for x in (start, end, step))
    if first is not None and last is not None and each is not None and op.at(each[0]) > 0:
        apart = last[0] * first[1] - first[0] * last[1]
        return op.fresh((ceiling(apart * each[1], first[1] * last[1] * each[0]),))
    for x in (start, end, step):
        settled(x, "an end of positions that is a float")
    return op.fresh(op.in_numbers("positions at steps of a size"))


@shape_only("coordinates of a grid", "meshgrid", "cartesian_prod")
def _meshgrid(op: Operator) -> list[Held]:
    values = list(op.get("tensors"))
    extents = [product(v.shape) for v in values]
    if op.name == "cartesian_prod":
        shape = (product(extents), len(values))
        return [op.move("product", shape if len(values) > 1 else shape[:1], *values)]
    if op.get("indexing", default="ij") == "xy" and len(extents) > 1:
        extents[0], extents[1] = extents[1], extents[0]
    return [op.move("meshgrid", tuple(extents), v) for v in values]


@unknown(
    "a Fourier transform",
    *(f"fft_{way}fft{axes}" for way in ("", "i", "r", "ir") for axes in ("", "2", "n")),
)  # fmt: skip
def _fft(op: Operator) -> Held:
    x, said, sizes = op.tensor("self"), op.get("dim"), op.get("n", "s")
    rank, shape = len(x.shape), list(x.shape)
    many = {"t": 1, "2": 2, "n": rank}[op.name[-1]]
    given = range(rank - many, rank) if said is None else said if isinstance(said, list) else [said]
    axes = [int(d) % rank for d in given]
    for axis, n in zip(axes, sizes if isinstance(sizes, list) else [sizes]) if sizes is not None else ():
        shape[axis] = n
    last = axes[-1]
    if "irfft" in op.name and sizes is None:
        shape[last] = 2 * (shape[last] - 1)
    elif "_rfft" in op.name:
        shape[last] = shape[last] // 2 + 1
    return op.unknown(tuple(shape), x)


@unknown("Fourier transforms of the frames of a signal", "stft")
def _stft(op: Operator) -> Held:
    x = op.tensor("self")
    n = op.get("n_fft")
    hop = op.get("hop_length", default=n // 4)
    length = x.shape[-1]
    bins = n // 2 + 1 if op.get("onesided", default=True) else n
    frames = (length - n) // hop + 1
    shape: tuple[Size, ...] = (*x.shape[:-1], bins, frames)
    return op.unknown(shape if op.get("return_complex", default=True) else (*shape, 2), x)


@counted("an add an element of the distances", "histogram")
def _histogram(op: Operator) -> list[Held]:
    return [op.move("histogram", tuple(shape), *op.tensors(), dtype=dtype) for shape, dtype in op.outs]
