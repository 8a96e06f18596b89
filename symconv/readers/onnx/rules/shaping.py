"""Shapes as data; axes put in, left out, in another order; copies along axes, and inputs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from math import prod
from operator import mul
from typing import Any

import numpy as np

from symconv.condition import at_least, divides, equal
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.extent import Extent, Size, size_of, symbols_of
from symconv.layers import Transpose
from symconv.readers.onnx.operator import Operator, is_weight
from symconv.readers.onnx.registry import MICROSOFT, counted, shape_only
from symconv.readers.onnx.rules.reshaping import viewed
from symconv.readers.onnx.rules.sources import shape_from
from symconv.readers.onnx.value import FOLLOWED, Value, known
from symconv.rounding import floor


@shape_only("a shape as data", "Shape")
def _shape(op: Operator) -> Value:
    shape = op.shape(0)
    start, end = op.integer("start"), op.attribute("end")
    return known(list(shape[slice(start, end)]), "int64")


@shape_only("a number of elements as data", "Size")
def _size(op: Operator) -> Value:
    return known(reduce(mul, op.shape(0), 1), "int64")


@shape_only("the input itself", "Identity", "Dropout", "OptionalGetElement")
def _identity(op: Operator) -> list[Value | None]:
    x = op.value(0)
    if op.kind == "Dropout" and op.wants(1):
        mask = op.move("fill", op.shape(0), x, dtype="bool" if op.version >= 12 else x.dtype)
        return [same(op, x), mask]
    return [same(op, x)]


def same(op: Operator, x: Value) -> Value:
    """The value again: a node where it is one, so that its name is there."""
    if x.items is not None or not x.node or x.shape is None or x.data is not None:
        return replace(x, name="")
    return op.look("identity", op.shape_of(x), x)


@shape_only("axes of extent 1 left out", "Squeeze")
def _squeeze(op: Operator) -> Value:
    shape = op.shape(0)
    axes = op.numbers(1, "axes")
    if axes is None:
        gone = {i for i, x in enumerate(shape) if x == 1 or (isinstance(x, Extent) and _is_one(op, x))}
    else:
        gone = {op.place(a, len(shape)) for a in axes}
        for i in gone:
            require(equal(shape[i], 1), "an extent of 1 to squeeze")
    return viewed(op, op.value(0), tuple(x for i, x in enumerate(shape) if i not in gone), "squeeze")


def _is_one(op: Operator, x: Extent) -> bool:
    """Whether an extent without a number is 1 in the file, which is then a condition."""
    if op.reader.was(x, 1):
        require(equal(x, 1), "an extent of 1, which a squeeze leaves out")
        return True
    if not op.reader.is_freed(x):
        one = equal(x, 1)
        if op.reader.net.domain.implies(one) or op.reader.choices.take(("squeeze", op.name), 2):
            require(one, "an extent of 1, which a squeeze leaves out")
            return True
        require(at_least(x, 2), "an extent that a squeeze keeps")
    return False


@shape_only("axes of extent 1 put in", "Unsqueeze")
def _unsqueeze(op: Operator) -> Value:
    shape = list(op.shape(0))
    axes = op.numbers(1, "axes", ()) or ()
    rank = len(shape) + len(axes)
    places = sorted(op.place(a, rank) for a in axes)
    if len(set(places)) < len(places):
        raise ShapeError(f"unsqueeze at {axes}: one of them comes twice")
    for at in places:
        shape.insert(at, 1)
    return viewed(op, op.value(0), tuple(shape), "unsqueeze")


@shape_only("the axes in another order", "Transpose")
def _transpose(op: Operator) -> Value:
    x, shape = op.value(0), op.shape(0)
    order = op.integers("perm") or tuple(reversed(range(len(shape))))
    if sorted(order) != list(range(len(shape))):
        raise ShapeError(f"transpose of {len(shape)} axes in the order {order}")
    moved = tuple(shape[i] for i in order)
    if x.data is not None:
        return x.holding(x.data.transpose(order))
    if not x.node:
        return op.look("transpose", moved, x)
    return op.add(Transpose(order), x, dtype=x.dtype) if order else op.look("transpose", moved, x)


@shape_only("copies along axes of extent 1", "Expand")
def _expand(op: Operator) -> Value:
    x, shape = op.value(0), op.shape(0)
    target = shape_from(op, 1)
    rank = max(len(shape), len(target))
    own, wanted = (1,) * (rank - len(shape)) + shape, (1,) * (rank - len(target)) + target
    if op.reader.batch is not None and all(b in (1, a) for a, b in zip(own, wanted)):
        samples = size_of(op.reader.batch)
        if _for_each(op, samples, own, x):
            op.reader.read_again(op.name, samples, 1)
            return copied(op, "expand", (samples, *own[1:]), x)
    made: list[Size] = []
    for k, (a, b) in enumerate(zip(own, wanted)):
        if a == b or b == 1:
            made.append(a)
        elif a == 1:
            made.append(op.meant(b, k - rank))
        elif op.reader.was(a, b):
            made.append(a)  # its own extent, baked in
        else:
            require(equal(a, b), "an expansion of an extent of 1, or to what it is")
            made.append(a)
    return copied(op, "expand", tuple(made), x)


def _for_each(op: Operator, samples: Size, shape: tuple[Size, ...], x: Value) -> bool:
    """Whether an expansion that copies nothing was one to the samples: of a weight, in a model exported with one."""
    weight = not x.node and is_weight(x) and [o.name for o in x.origins] == [x.name]
    one = weight and op.reader.was(samples, 1) and len(shape) > 1 and shape[0] == 1
    return one and not op.reader.choices.take(("sample", x.name), 2)


def copied(op: Operator, operation: str, shape: tuple[Size, ...], x: Value) -> Value:
    """Elements copied into a shape that theirs is broadcast to, their data as well."""
    numbers = [e for e in shape if isinstance(e, int)]
    if x.data is not None and len(numbers) == len(shape) and prod(numbers) <= FOLLOWED:
        return x.holding(np.broadcast_to(x.data, tuple(numbers)).copy())
    return op.move(operation, shape, x)


@shape_only("copies along axes", "Tile")
def _tile(op: Operator) -> Value:
    x, shape = op.value(0), op.shape(0)
    if op.version < 6:
        tiles, axis = op.data(1), op.data(2)
        if not tiles or not axis:
            return op.move("tile", tuple(op.free(f"dim{i}") for i in range(len(shape))), x)
        made = tuple(e * (tiles[0] if i == axis[0] else 1) for i, e in enumerate(shape))
        return op.move("tile", made, x)
    repeats = shape_from(op, 1)
    if len(repeats) != len(shape):
        raise ShapeError(f"{len(repeats)} repeats for {len(shape)} axes: one for each is wanted")
    made = tuple(extent * many for extent, many in zip(shape, repeats))
    numbers = [e for e in (*made, *repeats) if isinstance(e, int)]
    if x.data is not None and len(numbers) == 2 * len(made) and prod(numbers[: len(made)]) <= FOLLOWED:
        return x.holding(np.tile(x.data, tuple(numbers[len(made) :])))
    return op.move("tile", made, x)


@shape_only("channels into positions", "DepthToSpace")
def _depth_to_space(op: Operator) -> Value:
    n, c, *image = op.shape(0)
    side = op.integer("blocksize", 1)
    require(divides(side * side, c), "blocks divide the channels")
    shape = (n, floor(c, side * side, exact=True), *(x * side for x in image))
    return op.look("depth_to_space", shape, op.value(0))


@shape_only("positions into channels", "SpaceToDepth")
def _space_to_depth(op: Operator) -> Value:
    n, c, *image = op.shape(0)
    side = op.integer("blocksize", 1)
    for x in image:
        require(divides(side, x), "blocks divide the extents")
    shape = (n, c * side * side, *(floor(x, side, exact=True) for x in image))
    return op.look("space_to_depth", shape, op.value(0))


@shape_only("the inputs side by side along an axis", "Concat")
def _concat(op: Operator) -> Value:
    return joined(op, [x for x in op.inputs if x is not None], op.integer("axis", 1))


def joined(op: Operator, values: list[Value], axis: int) -> Value:
    """Values side by side along an axis."""
    shapes = [op.shape_of(x) for x in values]
    if not shapes:
        raise ShapeError("a concat of nothing")
    rank = len(shapes[0])
    axis = op.place(axis, rank)
    if any(len(shape) != rank for shape in shapes):
        raise ShapeError(f"concat of inputs with {', '.join(str(len(s)) for s in shapes)} axes")
    made: list[Size] = []
    for i in range(rank):
        extents = [shape[i] for shape in shapes]
        made.append(sum(extents[1:], extents[0]) if i == axis else agreed(op, extents))
    if all(x.data is not None for x in values):
        data = np.concatenate([x.data for x in values if x.data is not None], axis=axis)
        if data.size <= FOLLOWED:
            origins = tuple(dict.fromkeys(o for x in values for o in x.origins))
            return Value(tuple(data.shape), values[0].dtype, data, origins=origins)
    return op.move("concat", tuple(made), *values)


def agreed(op: Operator, extents: list[Size]) -> Size:
    """Extents that have to be equal, as one; 1 beside a batch that was exported as 1 stands for that."""
    reader = op.reader
    batch = [x for x in extents if isinstance(x, Extent) and reader.batch is not None and reader.batch in symbols_of(x)]
    first: Size = batch[0] if batch else extents[0]
    for x in extents:
        if batch and isinstance(x, int) and reader.at(first) == x:
            reader.note(op.name, "a constant of the exported batch is taken to have an entry for each sample")
            reader.read_again(op.name, first, x)
            continue
        require(equal(first, x), f"{op.kind} of equal extents")
    return first


def matched(op: Operator, shape: Sequence[Size], other: Sequence[Size]) -> None:
    """Ask for two shapes, or parts of such, that are equal."""
    if len(shape) != len(other):
        raise ShapeError(f"{op.kind} of tensors with {len(shape)} and {len(other)} axes, which fit one another")
    for a, b in zip(shape, other):
        agreed(op, [a, b])


@shape_only("parts along an axis", "Split")
def _split(op: Operator) -> list[Value | None]:
    x, shape = op.value(0), op.shape(0)
    axis = op.axis(0, len(shape))
    extent = shape[axis]
    given: tuple[Size, ...] | None = op.integers("split") if op.has("split") else None
    if given is None and op.given(1) is not None:
        data = op.data(1)
        given = tuple(data) if data is not None and None not in data else None
        if given is None:
            given = tuple(op.free(f"part{k}") for k in range(op.outputs))
    if given is None:
        many = op.integer("num_outputs", op.outputs)
        if op.has("num_outputs"):
            size = (extent + many - 1) // many
            require(at_least(extent, size * (many - 1)), "as many parts as outputs")
            given = (*(size for _ in range(many - 1)), extent - size * (many - 1))
        else:
            require(divides(many, extent), "a split into equal parts")
            given = (floor(extent, many, exact=True),) * many
    else:
        require(equal(sum(given, 0), extent), "parts that make the axis")
    out: list[Value | None] = []
    start = 0
    numeric = all(isinstance(p, int) for p in given)
    for i, part in enumerate(given):
        made = (*shape[:axis], part, *shape[axis + 1 :])
        if x.data is not None and numeric and isinstance(part, int):
            index: list[Any] = [slice(None)] * len(shape)
            index[axis] = slice(start, start + part)
            out.append(Value(made, x.dtype, x.data[tuple(index)]))
            start += part
        else:
            out.append(op.look("split", made, x) if i < op.outputs else None)
    return out


@shape_only("zeros below or above a diagonal", "Trilu")
def _trilu(op: Operator) -> Value:
    return op.move("trilu", op.shape(0), op.value(0))


@shape_only("a pad or a crop to extents", "CenterCropPad")
def _center_crop_pad(op: Operator) -> Value:
    shape, target = list(op.shape(0)), shape_from(op, 1)
    axes = [op.place(a, len(shape)) for a in (op.integers("axes") or range(len(shape)))]
    for axis, x in zip(axes, target):
        shape[axis] = x
    return op.move("crop", tuple(shape), op.value(0))


@counted("blocks added up: 1 add an element of the input", "Col2Im")
def _col2im(op: Operator) -> Value:
    shape, image, block = op.shape(0), shape_from(op, 1), shape_from(op, 2)
    columns = reduce(mul, block, 1)
    require(divides(columns, shape[1]), "blocks divide the channels")
    summed = op.pointwise("add", op.value(0))
    return op.look("fold", (shape[0], floor(shape[1], columns, exact=True), *image), summed)


@shape_only("an axis of extent 1 put in", "ExpandDims", domain=MICROSOFT)
def _expand_dims(op: Operator) -> Value:
    shape = list(op.shape(0))
    places = op.numbers(1) or (0,)
    shape.insert(op.place(places[0], len(shape) + 1), 1)
    return viewed(op, op.value(0), tuple(shape), "unsqueeze")
