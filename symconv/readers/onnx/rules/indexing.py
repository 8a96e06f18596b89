"""Elements by their places: lookups, scatters; none computes. Searches by value compare."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from symconv.condition import at_least
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.extent import Extent, Size
from symconv.layers import Embedding
from symconv.readers.onnx.operator import Operator, is_weight
from symconv.readers.onnx.registry import MICROSOFT, counted, shape_only, unknown
from symconv.readers.onnx.rules.reshaping import reshaped
from symconv.readers.onnx.rules.shaping import matched
from symconv.readers.onnx.value import FOLLOWED, Value, is_float


@shape_only("rows by their numbers", "Gather")
def _gather(op: Operator) -> Value:
    x, where = op.value(0), op.value(1)
    shape, places = op.shape(0), op.shape(1)
    axis = op.axis(0, len(shape))
    made = (*shape[:axis], *places, *shape[axis + 1 :])
    if x.data is not None and where.data is not None and None not in (where.elements or ()):
        if any(not isinstance(i, int) for i in where.elements or ()):
            return _unknown_data(made, x.dtype)
        index = np.array(where.elements, dtype=np.int64).reshape(where.data.shape)
        if index.size and (index.max(initial=0) >= x.data.shape[axis] or index.min(initial=0) < -x.data.shape[axis]):
            raise ShapeError(f"a place outside of an axis of {x.data.shape[axis]}")
        if prod(e for e in made if isinstance(e, int)) <= FOLLOWED:
            return x.holding(np.asarray(np.take(x.data, index, axis=axis), dtype=object))
    if x.data is not None and not where.node and where.data is None and not where.constant:
        return _unknown_data(made, x.dtype)
    if x.node and len(shape) == 1 and _in_order(where) and op.reader.at(shape[0]) == len(where.elements or ()):
        return reshaped(op, x, tuple(places))
    if where.data is not None:
        for i in where.elements or ():
            if isinstance(i, int) and not isinstance(shape[axis], int):
                require(at_least(shape[axis], i + 1 if i >= 0 else -i), "a place on the axis")
    if not x.node and is_weight(x) and where.node and axis == 0 and len(shape) == 2 and is_float(x.dtype):
        rows, columns = shape
        return op.add(Embedding(rows, columns), where, weights=(x,), dtype=x.dtype)
    if len(where.elements or (0, 0)) == 1 and x.node:
        return op.look("select", made, x)
    return op.move("gather", made, x, where, dtype=x.dtype)


def _in_order(where: Value) -> bool:
    """Whether places are 0, 1, 2, …: all elements, as a strided view has them."""
    return where.data is not None and all(i == k for k, i in enumerate(where.elements or ()))


def _unknown_data(shape: tuple[Size, ...], dtype: str) -> Value:
    """Small data of which nothing is known: extents made from it are named unknowns."""
    numbers = tuple(e for e in shape if isinstance(e, int))
    if len(numbers) < len(shape) or prod(numbers) > FOLLOWED:
        return Value(shape, dtype)
    return Value(shape, dtype, np.empty(numbers, dtype=object))


@shape_only("elements by their places", "GatherElements")
def _gather_elements(op: Operator) -> Value:
    shape, places = op.shape(0), op.shape(1)
    if len(shape) != len(places):
        raise ShapeError(f"{op.kind} of {len(shape)} axes by places of {len(places)}")
    axis, made = op.axis(0, len(shape)), list(places)
    for i, (own, many) in enumerate(zip(shape, places)):
        if i != axis and op.reader.was(own, many):
            made[i] = own  # all of it, baked in
            op.reader.read_again(op.name, own, many)
        elif i != axis:
            require(at_least(own, many), "places on the axes beside")
    return op.move("gather", tuple(made), op.value(0), op.value(1), dtype=op.value(0).dtype)


@shape_only("slices by their places", "GatherND")
def _gather_nd(op: Operator) -> Value:
    shape, places = op.shape(0), op.shape(1)
    batch = op.integer("batch_dims")
    depth = places[-1]
    if not isinstance(depth, int):
        raise ShapeError("how many axes a place of GatherND names is not known")
    if not 1 <= depth <= len(shape) - batch:
        raise ShapeError(
            f"places of {depth} axes in an input of {len(shape)}, the first {batch} of them taken together"
        )
    made = (*places[:-1], *shape[batch + depth :])
    return op.move("gather", made, op.value(0), op.value(1), dtype=op.value(0).dtype)


@shape_only("the input with other elements at some places", "ScatterElements", "Scatter")
def _scatter_elements(op: Operator) -> Value:
    matched(op, op.shape(1), op.shape(2))
    if len(op.shape(0)) != len(op.shape(1)):
        raise ShapeError(f"{op.kind} into {len(op.shape(0))} axes by places of {len(op.shape(1))}")
    return _scattered(op)


@shape_only("the input with other slices at some places", "ScatterND")
def _scatter_nd(op: Operator) -> Value:
    shape, (*places, depth) = op.shape(0), op.shape(1)
    if isinstance(depth, int):
        matched(op, (*places, *shape[depth:]), op.shape(2))
    require(at_least(len(shape), depth), "places on axes that are there")
    return _scattered(op)


@shape_only("a part of a cache written anew", "TensorScatter")
def _tensor_scatter(op: Operator) -> Value:
    shape, written = list(op.shape(0)), list(op.shape(1))
    axis = op.axis(-2, len(shape))
    require(at_least(shape.pop(axis), written.pop(axis)), "a cache that what is written fits into")
    matched(op, shape, written)
    return op.move("scatter", op.shape(0), *op.inputs)


def _scattered(op: Operator) -> Value:
    x, places, updates = op.value(0), op.value(1), op.value(2)
    reduction = op.word("reduction", "none")
    if reduction in ("add", "mul", "max", "min") and any(v.node for v in (x, places, updates)):
        updates = op.pointwise(reduction, updates, _like(updates))
    return op.move("scatter", op.shape(0), x, places, updates, dtype=x.dtype)


def _like(value: Value) -> Value:
    """A scalar beside a tensor, so that an operation is counted once for each of that one's elements."""
    return Value((), value.dtype, constant=True)


@shape_only("elements around the image, or off it", "Pad")
def _pad(op: Operator) -> Value:
    x, shape = op.value(0), op.shape(0)
    said = op.integers("pads") or op.integers("paddings")
    pads: list[Any] | None = list(said) if said or op.has("pads") else op.data(1)
    rank = len(shape)
    axes = [op.place(a, rank) for a in (op.numbers(3) or range(rank))]
    if pads is None:
        made = [op.free(f"dim{i}") if i in axes else e for i, e in enumerate(shape)]
        return op.move("pad", tuple(made), x)
    if len(pads) != 2 * len(axes):
        raise ShapeError(f"{len(pads)} paddings for {len(axes)} axes: a begin and an end for each are wanted")
    out = list(shape)
    for k, axis in enumerate(axes):
        begin, end = pads[k], pads[k + len(axes)]
        if not isinstance(begin, int | Extent) or not isinstance(end, int | Extent):
            out[axis] = op.free(f"dim{axis}")
            continue
        if op.word("mode", "constant") == "reflect":
            for width in (begin, end):
                if width != 0:
                    require(at_least(shape[axis], width + 1), "elements to be reflected, the outermost apart")
        out[axis] = out[axis] + begin + end
        if isinstance(out[axis], int) and out[axis] < 0:  # type: ignore[operator]
            raise ShapeError(f"a pad that leaves {out[axis]} of axis {axis}")
        if (isinstance(begin, int) and begin < 0) or (isinstance(end, int) and end < 0):
            require(at_least(out[axis], 0), "a pad below 0 that leaves something")
    made_shape = tuple(out)
    if (
        x.data is not None
        and all(isinstance(p, int) and p >= 0 for p in pads)
        and op.word("mode", "constant") == "constant"
    ):
        fill = op.data(2)
        numbers = tuple(e for e in made_shape if isinstance(e, int))
        if prod(numbers) <= FOLLOWED:
            data = np.full(numbers, fill[0] if fill else 0, dtype=object)
            inside = [slice(None)] * rank
            for k, axis in enumerate(axes):
                inside[axis] = slice(pads[k], pads[k] + x.data.shape[axis])
            data[tuple(inside)] = x.data
            return Value(made_shape, x.dtype, data)
    return op.move("pad", made_shape, x)


@shape_only("one at a place, zero elsewhere", "OneHot")
def _one_hot(op: Operator) -> Value:
    shape, depth = op.shape(0), op.data(1)
    many = depth[0] if depth is not None and depth[0] is not None else op.free("depth")
    axis = op.axis(-1, len(shape), beyond=0) if op.integer("axis", -1) not in (-1, len(shape)) else len(shape)
    if op.integer("axis", -1) < -1:
        axis = op.place(op.integer("axis"), len(shape) + 1)
    size = int(many) if isinstance(many, float) else many
    made = (*shape[:axis], size, *shape[axis:])
    return op.move("one_hot", made, op.value(0), dtype=op.value(2).dtype)


@shape_only("parts of a sequence in reverse", "ReverseSequence")
def _reverse(op: Operator) -> Value:
    matched(op, op.shape(1), op.shape(0)[op.axis(1, 2, "batch_axis") :][:1])
    return op.move("reverse", op.shape(0), op.value(0))


@shape_only("entries that a condition keeps", "Compress")
def _compress(op: Operator) -> Value:
    shape, chosen = op.shape(0), op.data(1)
    many = (
        sum(bool(x) for x in chosen) if chosen is not None and not any(isinstance(x, Extent) for x in chosen) else None
    )
    size: Size = op.free("kept") if many is None else many
    if not op.has("axis"):
        return op.move("compress", (size,), op.value(0), op.value(1), dtype=op.value(0).dtype)
    axis = op.axis(0, len(shape))
    return op.move(
        "compress", (*shape[:axis], size, *shape[axis + 1 :]), op.value(0), op.value(1), dtype=op.value(0).dtype
    )


@shape_only("a pooling undone: elements at the places of the largest", "MaxUnpool")
def _unpool(op: Operator) -> Value:
    matched(op, op.shape(0), op.shape(1))
    if op.given(2) is not None:
        from symconv.readers.onnx.rules.sources import shape_from

        return op.move("unpool", shape_from(op, 2), op.value(0), op.value(1), dtype=op.value(0).dtype)
    n, c, *image = op.shape(0)
    kernel, rank = op.integers("kernel_shape"), len(image)
    strides, pads = op.integers("strides") or (1,) * rank, op.integers("pads") or (0,) * (2 * rank)
    made = [(x - 1) * strides[i] + kernel[i] - pads[i] - pads[i + rank] for i, x in enumerate(image)]
    return op.move("unpool", (n, c, *made), op.value(0), op.value(1), dtype=op.value(0).dtype)


# -- searches by value -----------------------------------------------------------------------------------------------


@unknown("the largest k: how many comparisons depends on the algorithm", "TopK")
def _top_k(op: Operator) -> list[Value | None]:
    shape = op.shape(0)
    axis = op.axis(-1, len(shape))
    if op.has("k"):
        many: Size = op.integer("k")
    else:
        k = op.data(1)
        many = k[0] if k is not None and isinstance(k[0], int | Extent) else op.free("k")
    require(at_least(shape[axis], many), "as many elements as are chosen")
    made = (*shape[:axis], many, *shape[axis + 1 :])
    x = op.value(0)
    if not x.node:
        return [op.move("top_k", made, x), op.move("top_k", made, x, dtype="int64")]
    values = op.search("top_k", made, x)
    return [values, op.move("top_k", made, values, dtype="int64")]


@unknown("places that are not zero: how many there are depends on the values", "NonZero")
def _nonzero(op: Operator) -> Value:
    shape, x = op.shape(0), op.value(0)
    if x.data is not None and not any(e is None or isinstance(e, Extent) for e in x.elements or ()):
        found = np.array(np.nonzero(x.data.astype(bool)), dtype=object)
        return Value(tuple(found.shape), "int64", found)
    return op.move("nonzero", (len(shape), op.free("found")), x, dtype="int64")


@unknown("different elements, sorted: comparisons depend on the algorithm", "Unique")
def _unique(op: Operator) -> list[Value | None]:
    x, many = op.value(0), op.free("unique")
    shape = op.shape(0)
    if op.has("axis"):
        axis = op.axis(0, len(shape))
        made, length = (*shape[:axis], many, *shape[axis + 1 :]), shape[axis]
    else:
        made, length = (many,), op.reader.product(shape)
    first = op.search("unique", made, x)
    rest = [op.move("unique", (n,), first, dtype="int64") for n in (many, length, many)]
    return [first, *rest]


@unknown("boxes that do not overlap: how many there are depends on the values", "NonMaxSuppression")
def _nms(op: Operator) -> Value:
    return op.search("nms", (op.free("selected"), 3), op.value(0), op.value(1), dtype="int64")


shape_only("slices by their places", "GatherND", domain=MICROSOFT)(_gather_nd)
shape_only("zeros below or above a diagonal", "Trilu", domain=MICROSOFT)(
    lambda op: op.move("trilu", op.shape(0), op.value(0))
)
unknown("different elements, sorted", "Unique", domain=MICROSOFT)(_unique)


@shape_only("windows that slide over an axis, side by side", "UnfoldTensor", domain=MICROSOFT)
def _unfold(op: Operator) -> Value:
    shape = op.shape(0)
    axis, size, step = op.axis(-1, len(shape), "dim"), op.integer("size", 1), op.integer("step", 1)
    require(at_least(shape[axis], size), "a window that fits")
    made = (*shape[:axis], (shape[axis] - size) // step + 1, *shape[axis + 1 :], size)
    return op.move("unfold", made, op.value(0))


@counted("sums along an axis: 1 add (mul) an element", "CumSum", "CumProd")
def _cumulative(op: Operator) -> Value:
    operation = "add" if op.kind == "CumSum" else "mul"
    x = op.value(0)
    if x.loaded:
        return op.constant(op.shape(0), x.dtype, x)
    return op.pointwise(operation, x, _like(x))
