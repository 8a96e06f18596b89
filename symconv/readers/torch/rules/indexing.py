"""Elements by their places: lookups, paddings, tables, and what is put onto others."""

from __future__ import annotations

from symconv.condition import at_least
from symconv.domain import require
from symconv.extent import Extent, Size
from symconv.layers import Embedding, Pad
from symconv.readers.torch.held import Held
from symconv.readers.torch.operator import Operator, product
from symconv.readers.torch.registry import counted, shape_only, unknown


@shape_only("elements at places of several axes", "index", "_unsafe_index", "_unsafe_masked_index")
def _index(op: Operator) -> Held:
    x, indices = op.tensor("self"), op.get("indices")
    places = [i for i, v in enumerate(indices) if v is not None]
    if any(indices[i].dtype in ("bool", "uint8") for i in places):
        return _masked(op, x, indices, places)
    shape = op.broadcast(*(indices[i].shape for i in places))
    rest = [n for i, n in enumerate(x.shape) if i not in places]
    together = places[-1] - places[0] == len(places) - 1
    first = places[0] if together else 0
    made = (*rest[:first], *shape, *rest[first:])
    return op.move("index", made, x, *(indices[i] for i in places))


def _masked(op: Operator, x: Held, indices: list[Held | None], places: list[int]) -> Held:
    """Elements where a mask holds: how many depends on its values."""
    if len(places) > 1:
        return op.move("index", op.in_numbers("how many elements a mask chooses"), x)
    axis, mask = places[0], indices[places[0]]
    assert mask is not None
    behind = axis + len(mask.shape)
    for own, s in zip(x.shape[axis:behind], mask.shape):
        for extent in (s, own):
            if isinstance(extent, Extent):
                op.tracer.path.pin(extent, "how many elements a mask chooses")
    return op.move("index", (*x.shape[:axis], op.outs[0][0][axis], *x.shape[behind:]), x)


@shape_only("places of one axis", "index_select", "take_along_dim")
def _index_select(op: Operator) -> Held:
    x, index = op.tensor("self"), op.tensor("index", "indices")
    axis = op.axis(len(x.shape), "dim")
    shape: tuple[Size, ...] = (product(index.shape),)
    if op.name == "index_select":
        return op.move("index_select", (*x.shape[:axis], *shape, *x.shape[axis + 1 :]), x, index)
    if op.get("dim") is not None:
        before, behind = ((v.shape[:axis], v.shape[axis + 1 :]) for v in (x, index))
        shape = (*op.broadcast(before[0], behind[0]), index.shape[axis], *op.broadcast(before[1], behind[1]))
    return op.move("gather", shape, x, index)


@shape_only("elements at the places that an index says", "gather", "take")
def _gather(op: Operator) -> Held:
    return op.move("gather", op.tensor("index").shape, op.tensor("self"), op.tensor("index"))


#: By a reduction what is done to an element that is put onto another one.
_ONTO = {"sum": "add", "mean": "add", "prod": "mul", "amax": "max", "amin": "min"}


@counted(
    "1 add, mul or max an element that is put onto another one; a div an output for a mean",
    "index_add", "scatter_add", "scatter_reduce", "index_reduce", "index_put", "_unsafe_index_put",
)  # fmt: skip
def _put_onto(op: Operator) -> Held:
    x, source, how = op.tensor("self"), op.get("src", "source", "values"), op.get("reduce", default="sum")
    if "index_put" in op.name and not op.get("accumulate", default=False):
        return op.move("index_put", x.shape, *op.tensors())
    places = [v for v in op.tensors() if v is not x and v is not source]
    put = op.pointwise(_ONTO[how], source, Held((), x.dtype))
    made = op.move(op.name, x.shape, x, *places, put)
    return op.pointwise("div", made) if how == "mean" else made


@shape_only("a row of a table for each index", "embedding")
def _embedding(op: Operator) -> Held:
    table, ids = op.tensor("weight"), op.tensor("indices")
    shape = (*ids.shape, table.shape[1])
    if ids.constant:
        if table.new:
            return op.fresh(shape)
        return op.move("embedding", shape, table)
    if not table.constant:
        return op.move("embedding", shape, table, ids)
    size, width = table.shape
    return op.add(Embedding(size, width), ids, weights=[table])


@counted(
    "1 add an element of the rows, or 1 max; for a mean 1 div an element of the bags",
    "embedding_bag", "_embedding_bag", "_embedding_bag_forward_only",
)  # fmt: skip
def _embedding_bag(op: Operator) -> list[Held]:
    table, ids, offsets = op.tensor("weight"), op.tensor("indices"), op.get("offsets")
    bags = offsets.shape[0] if offsets is not None else ids.shape[0]
    rows = op.add(Embedding(table.shape[0], table.shape[1]), op.node_of(ids), weights=[table])
    mode = op.get("mode", default=0)  # a sum, a mean, a maximum
    rows = op.pointwise("max" if mode == 2 else "add", rows, Held((), rows.dtype))
    first = op.move("bag", (bags, table.shape[1]), rows)
    first = op.pointwise("div", first) if mode == 1 else first
    made = [first]
    for (shape, dtype), likely in zip(op.outs[1:], (ids.shape[0], bags, bags)):
        fits = len(shape) == 1 and op.at(likely) == shape[0]
        made.append(op.fresh((likely,) if fits else tuple(shape), dtype))
    return made


@shape_only(
    "elements put around a tensor",
    "pad",
    "constant_pad_nd",
    *(f"{kind}_pad{r}d" for kind in ("reflection", "replication") for r in (1, 2, 3)),
)
def _pad(op: Operator) -> Held:
    x, amount = op.tensor("self"), op.sizes("pad", "padding")
    shape = list(x.shape)
    for i in range(len(amount) // 2):
        shape[-1 - i] = shape[-1 - i] + amount[2 * i] + amount[2 * i + 1]
    mode = op.get("mode", default="constant")
    least = 0 if (mode == "constant" and "pad_nd" in op.name) or (op.name == "pad" and mode == "constant") else None
    if least is None:
        for i in range(len(amount) // 2):
            side = x.shape[-1 - i]
            for a in amount[2 * i : 2 * i + 2]:
                bound = a + 1 if "refle" in op.name or mode == "reflect" else a if mode == "circular" else 0
                if isinstance(side, Extent) or isinstance(a, Extent):
                    require(at_least(side, bound), "a side longer than its padding")
    if x.new:
        return op.fresh(tuple(shape))
    margins = _margins(x, amount)
    if margins is not None and not x.constant:
        return op.add(Pad(margins), x)
    return op.move("pad", tuple(shape), x)


def _margins(x: Held, amount: tuple[Size, ...]) -> tuple[tuple[Size, Size], ...] | None:
    """The amounts at the begin and end of each spatial axis; None where others are padded."""
    spatial = len(x.shape) - 2
    if spatial < 1 or len(amount) // 2 > spatial:
        return None
    sides: list[tuple[Size, Size]] = [(0, 0)] * spatial
    for i in range(len(amount) // 2):
        sides[-1 - i] = amount[2 * i], amount[2 * i + 1]
    return tuple(sides)


@shape_only("1 at the place of each class, else 0", "one_hot")
def _one_hot(op: Operator) -> Held:
    x = op.tensor("self")
    classes = op.get("num_classes", default=-1)
    return op.move("one_hot", (*x.shape, op.outs[0][0][-1] if classes == -1 else classes), x)


@unknown("comparisons with the boundaries, a logarithm of them each", "bucketize", "searchsorted")
def _bucketize(op: Operator) -> Held:
    x = op.tensor("self")
    if x.new:
        return op.fresh(x.shape)
    return op.unknown(x.shape, x)


@shape_only(
    "the places where values hold", "nonzero", "argwhere", "masked_select", "_unique2", "unique_consecutive",
    "unique_dim",
)  # fmt: skip
def _where_values(op: Operator) -> list[Held]:
    op.in_numbers("how many places there are, which values say")
    return [op.move(op.name, tuple(shape), *op.tensors(), dtype=dtype) for shape, dtype in op.outs]


@unknown("comparisons of boxes, whose number depends on values", "torchvision::nms")
def _nms(op: Operator) -> Held:
    return op.unknown(tuple(op.outs[0][0]), *op.tensors())
