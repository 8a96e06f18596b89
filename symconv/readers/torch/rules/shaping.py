"""The same elements in another shape or order, parts of them, and tensors put together: none computes."""

from __future__ import annotations

from symconv.condition import at_least, equal
from symconv.domain import require
from symconv.extent import Extent, Size
from symconv.extremes import largest, smallest
from symconv.layers import Concat, Transpose
from symconv.readers.torch.held import Held
from symconv.readers.torch.operator import Operator, product
from symconv.readers.torch.path import LESS, LESS_OR_EQUAL
from symconv.readers.torch.registry import shape_only
from symconv.rounding import ceiling

#: Ends of slices from here on stand for the end of the axis.
FAR = 1 << 40


@shape_only(
    "the same elements in another shape", "view", "reshape", "_unsafe_view", "view_as", "reshape_as", "_reshape_alias"
)
def _reshape(op: Operator) -> Held:
    x = op.tensor("self")
    if isinstance(op.get("other"), Held):
        wanted = op.tensor("other").shape
    elif op.get("size", "shape") is None:  # a view as another type
        return op.look("view", tuple(_as_type(op, x)), x)
    else:
        wanted = op.sizes("size", "shape")
        own = x.shape[len(x.shape) - len(wanted) :]
        if op.tracer.put_into is not None and tuple(map(op.at, own)) == wanted:  # torch leaves axes of 1 out
            wanted = own
    return op.look("reshape", op.reshaped(x.shape, wanted), x)


def _as_type(op: Operator, x: Held) -> list[Size]:
    *first, last = x.shape or (1,)
    here, there = op.at(last), op.outs[0][0][-1] if op.outs[0][0] else 1
    if not x.shape:
        return []
    return [*first, last * (there // here) if there >= here else last // (here // there)]


@shape_only("axes made one", "flatten", "ravel")
def _flatten(op: Operator) -> Held:
    x = op.tensor("self")
    rank = len(x.shape)
    if not rank:
        return op.look("flatten", (1,), x)
    a, b = op.axis(rank, "start_dim"), op.axis(rank, "end_dim", default=-1)
    return op.look("flatten", (*x.shape[:a], product(x.shape[a : b + 1]), *x.shape[b + 1 :]), x)


@shape_only("an axis as several", "unflatten")
def _unflatten(op: Operator) -> Held:
    x = op.tensor("self")
    axis = op.axis(len(x.shape), "dim")
    parts = op.reshaped((x.shape[axis],), op.sizes("sizes"))
    return op.look("unflatten", (*x.shape[:axis], *parts, *x.shape[axis + 1 :]), x)


@shape_only("an axis of extent 1 put in", "unsqueeze")
def _unsqueeze(op: Operator) -> Held:
    x = op.tensor("self")
    axis = op.axis(len(x.shape), "dim", beyond=1)
    return op.look("unsqueeze", (*x.shape[:axis], 1, *x.shape[axis:]), x)


@shape_only("axes of extent 1 left out", "squeeze")
def _squeeze(op: Operator) -> Held:
    x = op.tensor("self")
    axes = op.axes(len(x.shape), "dim")
    gone = [i for i in axes if op.is_one(x.shape[i], "an extent of 1, which a squeeze leaves out, or of more")]
    return op.look("squeeze", tuple(e for i, e in enumerate(x.shape) if i not in gone), x)


@shape_only(
    "the axes in another order", "permute", "transpose", "swapaxes", "swapdims", "t", "numpy_T", "mT", "matrix_H",
    "adjoint", "movedim", "moveaxis",
)  # fmt: skip
def _transpose(op: Operator) -> Held:
    x = op.tensor("self")
    rank = len(x.shape)
    order = list(range(rank))
    if op.name == "permute":
        order = [int(d) % rank for d in op.get("dims")]
    elif op.name in ("movedim", "moveaxis"):
        source, target = ([int(d) % rank for d in op.sizes(n)] for n in ("source", "destination"))  # type: ignore[arg-type]
        order = [d for d in order if d not in source]
        for d, s in sorted(zip(target, source)):
            order.insert(d, s)
    elif op.name == "numpy_T":
        order.reverse()
    elif rank > 1:
        a, b = op.get("dim0", "axis0", default=-2), op.get("dim1", "axis1", default=-1)
        order[a], order[b] = order[b], order[a]
    moved = tuple(x.shape[i] for i in order)
    if x.constant or not order:
        return op.look("transpose", moved, x)
    made = op.add(Transpose(tuple(order)), x)
    made.root = x.root or x
    return made


@shape_only("tensors put together along an axis", "cat", "concat", "concatenate")
def _cat(op: Operator) -> Held:
    values = [v for v in op.get("tensors") if not (len(v.shape) == 1 and v.shape[0] == 0)]
    if len(values) == 1:
        return op.look("identity", values[0].shape, values[0])
    return joined(op, values, op.axis(len(values[0].shape), "dim"))


def joined(op: Operator, values: list[Held], axis: int) -> Held:
    """Tensors put together along an axis, their other extents equal."""
    first = values[0].shape
    shape = list(first)
    for other in values[1:]:
        for i, b in enumerate(other.shape):
            shape[i] = shape[i] + b if i == axis else op.same(shape[i], b, f"{op.name} of equal extents")
    if all(v.new for v in values):
        return op.fresh(tuple(shape))
    if any(v.constant for v in values):
        return op.move("cat", tuple(shape), *map(op.node_of, values))
    return op.add(Concat(axis), *values)


@shape_only("tensors put together along a new axis", "stack")
def _stack(op: Operator) -> Held:
    values = list(op.get("tensors"))
    first = values[0].shape
    for other in values[1:]:
        for a, b in zip(first, other.shape):
            op.same(a, b, "stack of equal extents")
    axis = op.axis(len(first), "dim", beyond=1)
    return op.move("stack", (*first[:axis], len(values), *first[axis:]), *values)


@shape_only("tensors of at least so many axes put together along one", "vstack", "hstack", "dstack", "column_stack")
def _side_by_side(op: Operator) -> Held:
    rank = len(op.outs[0][0])
    before = 1 if op.name in ("vstack", "dstack") else 0  # a row, or a column
    values = []
    for v in op.get("tensors"):
        missing = rank - len(v.shape)
        front = min(before, missing) if len(v.shape) < 2 else 0
        values.append(op.look("unsqueeze", (*[1] * front, *v.shape, *[1] * (missing - front)), v) if missing else v)
    return joined(op, values, {"vstack": 0, "hstack": min(1, rank - 1), "dstack": 2, "column_stack": 1}[op.name])


def slice_length(op: Operator, n: Size, start: Size | None, end: Size | None, step: Size = 1) -> Size:
    """The extent of a slice; on which side its ends are, in this run, is a condition."""
    if all(isinstance(v, int) for v in (n, start if start is not None else 0, end if end is not None else 0, step)):
        return len(range(*slice(start, end, step).indices(n)))  # type: ignore[arg-type]
    a = _place(op, start, n, 0)
    b = _place(op, end, n, n)
    if not op.decide(LESS, a, b, "a slice that is not empty"):
        return 0
    return b - a if step == 1 else ceiling(b - a, step)


def _place(op: Operator, at: Size | None, n: Size, none: Size) -> Size:
    if at is None or op.at(at) >= FAR:
        return n if at is not None else none
    if isinstance(at, int) and at == 0:
        return 0
    if op.decide(LESS, at, 0, "a place counted from the end"):
        at = at + n
        return at if op.decide(LESS_OR_EQUAL, 0, at, "a place on the axis") else 0
    return at if op.decide(LESS_OR_EQUAL, at, n, "a place on the axis") else n


@shape_only("a part of an axis", "slice", "narrow", "narrow_copy", "slice_copy")
def _slice(op: Operator) -> Held:
    x = op.tensor("self")
    axis = op.axis(len(x.shape), "dim")
    n, start = x.shape[axis], op.get("start")
    if op.name.startswith("narrow"):
        length = op.get("length")
        begin = int(start.twin) if isinstance(start, Held) else start
        require(at_least(n, begin + length), "a part that is on the axis")
    else:
        length = slice_length(op, n, start, op.get("end"), op.get("step", default=1))
    return op.look("slice", (*x.shape[:axis], length, *x.shape[axis + 1 :]), x)


@shape_only("one place of an axis", "select", "select_copy")
def _select(op: Operator) -> Held:
    x = op.tensor("self")
    axis, index = op.axis(len(x.shape), "dim"), op.get("index", default=0)
    n = x.shape[axis]
    if not isinstance(n, int) or not isinstance(index, int):
        below = op.decide(LESS, index, 0, "a place counted from the end")
        require(at_least(n, -index if below else index + 1), "a place on the axis")
    return op.look("select", (*x.shape[:axis], *x.shape[axis + 1 :]), x)


@shape_only(
    "parts of an axis", "split", "split_with_sizes", "chunk", "tensor_split", "unsafe_split", "unsafe_chunk",
    "split_copy",
)  # fmt: skip
def _split(op: Operator) -> list[Held]:
    x, many = op.tensor("self"), len(op.outs)
    axis = op.axis(len(x.shape), "dim")
    n = x.shape[axis]
    said = op.get("split_size", "split_sizes")
    if isinstance(said, list):
        parts = list(said)
        require(equal(sum(parts, 0), n), "parts that make the axis")
    elif op.name == "tensor_split" and isinstance(op.get("indices"), list):
        ends = [slice_length(op, n, 0, i) for i in op.get("indices")]
        parts = [b - a for a, b in zip([0, *ends], [*ends, n])]
    elif op.name == "tensor_split":
        parts = [ceiling(n - i, many) for i in range(many)]
    else:
        size = said if said is not None else ceiling(n, op.get("chunks"))
        last = n - size * (many - 1)
        parts = [size] * (many - 1) + [last]
        if not isinstance(last, int):
            require(at_least(last, 1), "as many parts as in this run")
        if not isinstance(size - last, int):
            require(at_least(size, last), "as many parts as in this run")
    return [op.look("split", (*x.shape[:axis], part, *x.shape[axis + 1 :]), x) for part in parts]


@shape_only("the places of an axis apart", "unbind", "unbind_copy")
def _unbind(op: Operator) -> list[Held]:
    x, many = op.tensor("self"), len(op.outs)
    axis = op.axis(len(x.shape), "dim")
    op.same(x.shape[axis], many, "as many places as in this run")
    return [op.look("unbind", (*x.shape[:axis], *x.shape[axis + 1 :]), x) for _ in range(many)]


@shape_only("copies along axes of extent 1", "expand", "expand_as", "broadcast_to", "expand_copy")
def _expand(op: Operator) -> Held:
    x = op.tensor("self")
    other = op.get("other")
    wanted = other.shape if isinstance(other, Held) else op.sizes("size")
    into = op.tracer.put_into
    if into is not None and tuple(map(op.at, into.shape)) == wanted:  # torch says the numbers of this run
        wanted = into.shape
    own = (1,) * (len(wanted) - len(x.shape)) + x.shape
    made = tuple(_expanded(op, a, b) for a, b in zip(own, wanted))
    if x.new:
        return op.fresh(made)
    return op.look("expand", made, x)


def _expanded(op: Operator, a: Size, b: Size) -> Size:
    if op.at(b) == -1 or a == b:
        return a
    if a == 1:
        return b
    if op.at(a) == 1 != op.at(b):
        require(equal(a, 1), "an extent of 1 to expand")
        return b
    return op.same(a, b, "an expansion of an extent of 1, or to what it is")


@shape_only("tensors expanded to one shape", "broadcast_tensors")
def _broadcast_tensors(op: Operator) -> list[Held]:
    values = list(op.get("tensors"))
    shape = op.broadcast(*(v.shape for v in values))
    return [op.look("expand", shape, v) if v.shape != shape else v for v in values]


@shape_only("copies along axes", "repeat", "tile")
def _repeat(op: Operator) -> Held:
    x, times = op.tensor("self"), op.sizes("repeats", "dims")
    rank = max(len(times), len(x.shape))
    own, many = (1,) * (rank - len(x.shape)) + x.shape, (1,) * (rank - len(times)) + times
    return op.move("repeat", tuple(a * b for a, b in zip(own, many)), x)


@shape_only("copies of each element", "repeat_interleave")
def _repeat_interleave(op: Operator) -> Held:
    x, repeats = op.get("self"), op.get("repeats")
    if not isinstance(x, Held) or (isinstance(repeats, Held) and op.get("dim") is None):
        read = [v for v in (x, repeats) if isinstance(v, Held)]
        return op.move("repeat", op.in_numbers("how often each element is repeated"), *read)
    if op.get("dim") is None:
        return op.move("repeat", (product(x.shape) * repeats,), x)
    axis = op.axis(len(x.shape), "dim")
    if isinstance(repeats, Held):
        for n in (x.shape[axis], *repeats.shape):
            if isinstance(n, Extent):
                op.tracer.path.pin(n, "how often each element is repeated")
        return op.move("repeat", (*x.shape[:axis], op.outs[0][0][axis], *x.shape[axis + 1 :]), x)
    return op.move("repeat", (*x.shape[:axis], x.shape[axis] * repeats, *x.shape[axis + 1 :]), x)


@shape_only(
    "elements in other places", "roll", "flip", "fliplr", "flipud", "rot90", "tril", "triu", "clone", "copy", "fill",
    "zero", "masked_scatter", "index_fill", "index_copy", "scatter", "diagonal_scatter", "slice_scatter",
    "select_scatter", "contiguous", "permute_copy", "view_copy", "uniform", "normal", "bernoulli", "random",
    "exponential",
)  # fmt: skip
def _same_shape(op: Operator) -> Held:
    x = op.tensor("self")
    if op.name == "copy":
        source = op.tensor("src")
        if not source.constant:  # torch expands a number to the numbers that the extents are in this run
            op.broadcast(x.shape, source.shape)
        return op.move("copy", x.shape, *([] if x.constant else [x]), *([] if source.constant else [source]))
    if op.name == "rot90":
        a, b = (int(d) % len(x.shape) for d in op.get("dims", default=[0, 1]))
        shape = list(x.shape)
        if op.get("k", default=1) % 2:
            shape[a], shape[b] = shape[b], shape[a]
        return op.move("rot90", tuple(shape), x)
    return op.move(op.name, x.shape, *op.tensors())


@shape_only("the parts of images under a window, side by side", "im2col")
def _unfold(op: Operator) -> Held:
    x = op.tensor("self")
    rank = 2
    kernel, stride = op.per_axis("kernel_size", rank), op.per_axis("stride", rank, 1)
    padding, dilation = op.per_axis("padding", rank, 0), op.per_axis("dilation", rank, 1)
    *leading, channels, h, w = x.shape
    places: Size = 1
    for n, k, s, p, d in zip((h, w), kernel, stride, padding, dilation):
        m = (n + 2 * p - d * (k - 1) - 1) // s + 1
        require(at_least(m, 1), "a window on the image")
        places = places * m
    return op.move("im2col", (*leading, channels * product(kernel), places), x)


@shape_only("elements put back to where the largest ones were", "max_unpool2d", "max_unpool3d")
def _unpool(op: Operator) -> Held:
    x, size = op.tensor("self"), op.sizes("output_size")
    return op.move("unpool", (*x.shape[: len(x.shape) - len(size)], *size), x, op.tensor("indices"))


@shape_only("the windows of an axis as a new one", "unfold")
def _windows(op: Operator) -> Held:
    x = op.tensor("self")
    axis = op.axis(len(x.shape), "dimension")
    size, step = op.get("size"), op.get("step")
    many = (x.shape[axis] - size) // step + 1
    require(at_least(many, 1), "a window on the axis")
    return op.look("unfold", (*x.shape[:axis], many, *x.shape[axis + 1 :], size), x)


@shape_only("one of two axes' diagonals", "diagonal", "diag_embed", "diag")
def _diagonal(op: Operator) -> Held:
    x = op.tensor("self")
    offset, rank = op.get("offset", "diagonal", default=0), len(x.shape)
    if op.name == "diag_embed" or (op.name == "diag" and rank == 1):
        return op.move(op.name, _with_diagonal(op, x.shape, offset), x)
    a, b = op.axis(rank, "dim1"), op.axis(rank, "dim2", default=1)
    rows, columns = x.shape[a] + smallest(offset, 0), x.shape[b] - largest(offset, 0)
    rest = [n for i, n in enumerate(x.shape) if i not in (a, b)]
    return op.move(op.name, (*rest, smallest(rows, columns)), x)


def _with_diagonal(op: Operator, shape: tuple[Size, ...], offset: Size) -> tuple[Size, ...]:
    """The shape of matrices whose diagonals are the last axis."""
    rank = len(shape) + 1
    side = shape[-1] + largest(offset, -offset)
    made: list[Size] = list(shape[:-1])
    for axis in sorted((op.axis(rank, "dim1", default=-2), op.axis(rank, "dim2", default=-1))):
        made.insert(axis, side)
    return tuple(made)


@shape_only(
    "real and imaginary parts as an axis, or as one number", "view_as_complex", "view_as_real", "real", "imag", "conj",
    "_conj",
)  # fmt: skip
def _complex(op: Operator) -> Held:
    x = op.tensor("self")
    shape = x.shape[:-1] if op.name == "view_as_complex" else (*x.shape, 2) if op.name == "view_as_real" else x.shape
    return op.look(op.name, shape, x)


@shape_only("complex numbers of their lengths and angles", "polar", "complex")
def _polar(op: Operator) -> Held:
    return op.pointwise("where", *op.tensors())


@shape_only("a view as strides say", "as_strided")
def _as_strided(op: Operator) -> Held:
    x, size, strides = op.tensor("self"), op.sizes("size"), op.sizes("stride")
    last = sum(((n - 1) * stride for n, stride in zip(size, strides)), op.get("storage_offset", default=0))
    require(at_least(product((x.root or x).shape), last + 1), "a view that is inside of the tensor")
    return op.look("as_strided", size, x)
