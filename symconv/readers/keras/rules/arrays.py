"""Operations of keras.ops that move elements: shapes, axes, parts, copies, lookups. None does arithmetic."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from operator import mul
from typing import Any

from symconv.condition import at_least, divides, equal
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.extent import Size
from symconv.layers import Concat, Identity, Transpose
from symconv.layers.broadcasting import broadcast
from symconv.readers.keras.call import Call, whole
from symconv.readers.keras.inferring import shapes
from symconv.readers.keras.registry import OPS, counted, shape_only
from symconv.readers.keras.rules.reshaping import reshaped
from symconv.readers.keras.tracing import called
from symconv.readers.keras.value import Value
from symconv.rounding import ceiling


@shape_only("the same elements in another shape", "Reshape", domain=OPS)
def _reshape(call: Call) -> Value:
    given = call.op.newshape
    target = given if isinstance(given, tuple | list) else (given,)
    return reshaped(call, call.value(), tuple(-1 if x is None else whole(x) for x in target))


@shape_only("the same elements in one axis", "Ravel", domain=OPS)
def _ravel(call: Call) -> Value:
    value = call.value()
    return call.look("flatten", (reduce(mul, value.shape, 1),), value)


@shape_only("the axes in another order", "Transpose", "Moveaxis", "Swapaxes", domain=OPS)
def _transpose(call: Call) -> Value:
    value = call.value()
    rank, order = value.rank, list(range(value.rank))
    if call.kind == "Transpose":
        axes = call.op.axes
        order = order[::-1] if axes is None else list(call.axes(axes, rank))
    elif call.kind == "Swapaxes":
        a, b = call.axis(call.op.axis1, rank), call.axis(call.op.axis2, rank)
        order[a], order[b] = b, a
    else:
        sources, targets = call.axes(call.op.source, rank), call.axes(call.op.destination, rank)
        order = [i for i in order if i not in sources]
        for target, source in sorted(zip(targets, sources)):
            order.insert(target, source)
    return call.add(Transpose(tuple(order)), value)


@shape_only("an axis of 1 put in", "ExpandDims", domain=OPS)
def _expand(call: Call) -> Value:
    value, axes = call.value(), call.op.axis
    axes = list(axes) if isinstance(axes, tuple | list) else [axes]
    rank = value.rank + len(axes)
    at = {call.axis(a, rank) for a in axes}
    rest = iter(value.shape)
    return call.look("unsqueeze", [1 if i in at else next(rest) for i in range(rank)], value)


@shape_only("axes of 1 left out", "Squeeze", domain=OPS)
def _squeeze(call: Call) -> Value:
    value, axes = call.value(), call.op.axis
    gone = [i for i, x in enumerate(value.shape) if x == 1] if axes is None else call.axes(axes, value.rank)
    for i in gone:
        require(equal(value.shape[i], 1), "an extent of 1 to squeeze")
    return call.look("squeeze", [x for i, x in enumerate(value.shape) if i not in gone], value)


@shape_only("the inputs side by side", "Concatenate", "Append", domain=OPS)
def _concatenate(call: Call) -> Value:
    parts = call.values() if call.kind == "Concatenate" else [call.operand(x) for x in call.arguments.values()]
    found = [p for p in parts if isinstance(p, Value)]
    axis = call.get("axis", 0)
    if axis is None:
        raise ShapeError("append of flattened tensors: an axis is wanted")
    axis = call.axis(axis, found[0].rank)
    if len(found) == len(parts):
        return call.add(Concat(axis), *found)
    for i in range(found[0].rank):
        for p in parts:
            if i != axis:
                require(equal(p.shape[i], found[0].shape[i]), f"concat of equal extents beside axis {axis}")
    shape = list(found[0].shape)
    shape[axis] = reduce(lambda a, b: a + b, (p.shape[axis] for p in parts))
    return call.move("concat", shape, *parts)


@shape_only("the inputs side by side", "Hstack", "Vstack", "Dstack", domain=OPS)
def _stacked(call: Call) -> Value:
    found = [v for v in call.values() if isinstance(v, Value)]
    axis = {"Hstack": 1 if found[0].rank > 1 else 0, "Vstack": 0, "Dstack": 2}[call.kind]
    if found[0].rank <= axis:
        raise ShapeError(f"{call.kind} of tensors of {found[0].rank} axes")
    return call.add(Concat(axis), *found)


@shape_only("the inputs along a new axis", "Stack", domain=OPS)
def _stack(call: Call) -> Value:
    parts = call.values()
    first = next(p for p in parts if isinstance(p, Value))
    for p in parts:
        for a, b in zip(p.shape, first.shape):
            require(equal(a, b), "a stack of equal extents")
    axis = call.axis(call.op.axis, first.rank + 1)
    return call.move("stack", (*first.shape[:axis], len(parts), *first.shape[axis:]), *parts)


@shape_only("parts of an axis", "Split", "ArraySplit", "Unstack", "Hsplit", "Vsplit", "Dsplit", domain=OPS)
def _split(call: Call) -> list[Value]:
    value = call.value()
    named = {"Hsplit": 1, "Vsplit": 0, "Dsplit": 2}.get(call.kind)
    axis = call.axis(call.get("axis", 0) if named is None else named, value.rank)
    before, x, behind = value.shape[:axis], value.shape[axis], value.shape[axis + 1 :]
    if call.kind == "Unstack":
        many = call.op.num if call.op.num is not None else x
        if not isinstance(many, int):
            raise ShapeError(f"unstack of an axis of {x}, whose number of parts depends on it")
        require(equal(x, many), "an axis of as many places as it is taken apart into")
        return [call.look("select", (*before, *behind), value) for _ in range(many)]
    parts = call.get("indices_or_sections")
    if isinstance(parts, int):
        count = int(parts)
        if call.kind != "ArraySplit":
            require(divides(count, x), "a split into equal parts")
            sizes: list[Size] = [x // count] * count
        else:
            sizes = [ceiling(x - i, count) for i in range(count)]
    else:
        places = [0, *(whole(p) for p in parts), x]
        for a, b in pairwise(places):
            require(at_least(b, a), "a split at places in order")
        sizes = [b - a for a, b in pairwise(places)]
    return [call.look("slice", (*before, size, *behind), value) for size in sizes]


@shape_only("copies along axes of 1", "BroadcastTo", domain=OPS)
def _broadcast(call: Call) -> Value:
    value = call.value()
    target = tuple(whole(x) for x in call.op.shape)
    broadcast([value.shape, target], "a broadcast")
    return call.move("broadcast", target, value)


@shape_only("copies side by side", "Tile", "Repeat", domain=OPS)
def _tile(call: Call) -> Value:
    value = call.value()
    if call.kind == "Repeat":
        axis, times = call.op.axis, call.op.repeats
        if not isinstance(times, int):
            raise ShapeError("repeat with a number of its own for each element")
        if axis is None:
            return call.move("repeat", (reduce(mul, value.shape, 1) * whole(times),), value)
        axis = call.axis(axis, value.rank)
        return call.move("repeat", [x * whole(times) if i == axis else x for i, x in enumerate(value.shape)], value)
    given = call.op.repeats
    repeats = [whole(x) for x in (given if isinstance(given, tuple | list) else [given])]
    rank = max(value.rank, len(repeats))
    shape = (*[1] * (rank - value.rank), *value.shape)
    return call.move("tile", [x * r for x, r in zip(shape, [*[1] * (rank - len(repeats)), *repeats])], value)


@shape_only("zeros, or copies, around a tensor", "Pad", domain=OPS)
def _pad(call: Call) -> Value:
    value, given = call.value(), call.op.pad_width
    sides = [tuple(g) if isinstance(g, tuple | list) else (g,) for g in given]
    sides = sides * value.rank if len(sides) == 1 else sides
    shape = [x + whole(s[0]) + whole(s[-1]) for x, s in zip(value.shape, sides)]
    return call.move("pad", shape, value)


@shape_only("the elements in another order", "Flip", "Fliplr", "Flipud", "Roll", "Copy", "StopGradient", "Conjugate",
            "Conj", "Real", "Tril", "Triu", "ConvertToTensor", "Array", domain=OPS)  # fmt: skip
def _same(call: Call) -> Value:
    value = call.value()
    if call.kind in ("StopGradient", "Copy", "ConvertToTensor", "Array"):
        return call.add(Identity(), value)
    return call.move(call.kind.lower(), value.shape, value)


@shape_only("another type", "Cast", "SaturateCast", "View", domain=OPS)
def _cast(call: Call) -> Value:
    value, dtype = call.value(), str(call.get("dtype"))
    if call.kind == "View":
        return call.look("view", shapes(call)[1][0].shape, value, dtype=dtype)
    return call.pointwise("cast", value, dtype=dtype)


@shape_only("constants in the shape of a tensor", "ZerosLike", "OnesLike", "FullLike", "EmptyLike", domain=OPS)
def _like(call: Call) -> Value:
    value = call.value("x")
    return call.move("fill", value.shape, value, dtype=str(call.get("dtype") or value.dtype))


@shape_only("the number of elements or axes", "Size", "Ndim", domain=OPS)
def _size(call: Call) -> Value:
    return call.move("fill", (), call.value(), dtype="int32")


@shape_only("channels over neighbouring positions", "DepthToSpace", "SpaceToDepth", domain=OPS)
def _blocks(call: Call) -> Value:
    value, block, last = call.value(), int(call.op.block_size), call.last
    n, *rest = value.shape
    c, image = (rest[-1], rest[:-1]) if last else (rest[0], rest[1:])
    if call.kind == "DepthToSpace":
        require(divides(block**2, c), "the square of the block divides the channels")
        c, image = c // block**2, [x * block for x in image]
    else:
        for x in image:
            require(divides(block, x), "the block divides the extents")
        c, image = c * block**2, [x // block for x in image]
    return call.move("blocks", (n, *image, c) if last else (n, c, *image), value)


@counted("as its parts: views and transposes", "Rearrange", domain=OPS)
def _rearrange(call: Call) -> Any:
    return called(call.reader, call.op.call, call.name, call.value())


@shape_only("elements put elsewhere, or taken out", "Rot90", "Diag", "Diagflat", "Imag", "MultiHot", "ExtractPatches",
            "Unfold", "PadImages", "CropImages", "ViewAsComplex", "ViewAsReal", "Meshgrid", "UnravelIndex",
            "ExtractSequences", "Full", domain=OPS)  # fmt: skip
def _moved(call: Call) -> Any:
    from keras import tree

    structure, tensors = shapes(call)
    read = [v for v in tree.flatten((call.args, call.kwargs)) if isinstance(v, Value)]
    made = [call.move(call.kind.lower(), t.shape, *read, dtype=t.dtype) for t in tensors]
    return tree.pack_sequence_as(structure, made)
