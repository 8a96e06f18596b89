"""Reductions over axes, sums along them, and searches."""

from __future__ import annotations

from typing import Final

from symconv.condition import at_least
from symconv.domain import require
from symconv.extent import Size
from symconv.layers import Reduce, Search, Softmax
from symconv.readers.torch.held import Held
from symconv.readers.torch.operator import Operator
from symconv.readers.torch.registry import counted, unknown
from symconv.readers.torch.rules.pointwise import elementwise

_OPERATIONS: Final = {
    "sum": "sum", "mean": "mean", "amax": "max", "amin": "min", "max": "max", "min": "min", "prod": "prod",
    "any": "max", "all": "min", "argmax": "max", "argmin": "min", "logsumexp": "log_sum_exp", "nansum": "sum",
    "nanmean": "mean", "count_nonzero": "sum",
}  # fmt: skip


COMPARISONS: Final = "comparisons, whose number depends on the algorithm and the values"


def over_axes(op: Operator, x: Held) -> tuple[tuple[int, ...], bool, tuple[Size, ...]]:
    """The axes that are reduced, whether they stay as 1, and the shape that is left."""
    axes, keep = op.axes(len(x.shape), "dim"), bool(op.get("keepdim", default=False))
    return axes, keep, tuple(1 if i in axes else e for i, e in enumerate(x.shape) if keep or i not in axes)


def reduced(op: Operator, operation: str, x: Held) -> list[Held]:
    """Over some axes, all where none are said."""
    axes, keep, made = over_axes(op, x)
    for i in axes:
        if not isinstance(x.shape[i], int):
            require(at_least(x.shape[i], 1), "an extent of at least 1 to reduce")
    if x.new and x.whole:
        return [op.fresh(made, dtype) for _, dtype in op.outs]
    if not x.shape:
        return [op.look("identity", (), x)]
    first = op.add(Reduce(operation, axes, keep), op.node_of(x))
    return [first, *(op.move("places", made, first, dtype=dtype) for _, dtype in op.outs[1:])]


def _register(operator: str, operation: str) -> None:
    @counted(f"n elements to one: {operation.replace('_', ' ')}, n − 1 steps", operator)
    def run(op: Operator) -> Held | list[Held]:
        if isinstance(op.get("other"), Held):
            return elementwise(op, operation)
        return reduced(op, operation, op.tensor("self"))


for _operator, _operation in _OPERATIONS.items():
    _register(_operator, _operation)


@counted("rows of n: 3·n − 1 add, 2·n mul, 3 div, and a sqrt", "var", "std", "var_mean", "std_mean")
def _deviation(op: Operator) -> list[Held]:
    made = reduced(op, "standardize", op.tensor("self"))
    return [*made[:1], *(op.look("mean", made[0].shape, made[0]) for _ in op.outs[1:])]


@counted("2·(n − 1) max a row", "aminmax")
def _both_ends(op: Operator) -> list[Held]:
    x = op.tensor("self")
    return [*reduced(op, "min", x)[:1], *reduced(op, "max", x)[:1]]


@counted("1 add or mul an element; of logarithms 1 max, 1 exp, 3 add, 1 log", "cumsum", "cumprod", "logcumsumexp")
def _cumulative(op: Operator) -> Held:
    x = op.tensor("self")
    operation = {"cumsum": "add", "cumprod": "mul", "logcumsumexp": "logaddexp"}[op.name]
    return op.pointwise(operation, x, Held((), x.dtype))


@counted("1 max an element", "cummax", "cummin")
def _running(op: Operator) -> list[Held]:
    x = op.tensor("self")
    first = op.pointwise("max", x, Held((), x.dtype))
    return [first, op.move("places", x.shape, first, dtype="int64")]


@counted("n − 1 add a row, once a round", "diff")
def _diff(op: Operator) -> Held:
    x = op.tensor("self")
    axis, rounds = op.axis(len(x.shape), "dim", default=-1), op.get("n", default=1)
    length = x.shape[axis] + sum((v.shape[axis] for v in (op.get("prepend"), op.get("append")) if v is not None), 0)
    for _ in range(rounds):
        length = length - 1
        x = op.pointwise("sub", op.look("slice", (*x.shape[:axis], length, *x.shape[axis + 1 :]), x))
    return x


def _searched(op: Operator, shape: tuple[Size, ...], x: Held) -> list[Held]:
    if x.new and x.whole:
        return [op.fresh(shape, dtype) for _, dtype in op.outs]
    first = op.add(Search(op.name, shape, op.dtype, comparisons=op.unknown_cost()), op.node_of(x))
    return [first, *(op.move("places", shape, first, dtype=dtype) for _, dtype in op.outs[1:])]


@unknown(COMPARISONS, "sort", "argsort", "msort")
def _sort(op: Operator) -> list[Held]:
    x = op.tensor("self")
    return _searched(op, x.shape, x)


@unknown(COMPARISONS, "topk", "kthvalue", "median", "mode", "nanmedian")
def _top(op: Operator) -> list[Held]:
    x = op.tensor("self")
    if op.name != "topk":
        return _searched(op, over_axes(op, x)[2], x)
    if not x.shape:
        return _searched(op, (), x)
    axis, k = op.axis(len(x.shape), "dim", default=-1), op.get("k")
    require(at_least(x.shape[axis], k), "as many elements as are chosen")
    return _searched(op, (*x.shape[:axis], k, *x.shape[axis + 1 :]), x)


@counted("an add an element", "bincount", "histc")
def _counted(op: Operator) -> Held:
    x = op.tensor("self")
    if x.new:
        return op.fresh(tuple(op.outs[0][0]))
    made = op.pointwise("add", x, Held((), x.dtype))
    return op.move(op.name, tuple(op.outs[0][0]), made)


@counted("an add and a mul, or a max, an element; and their mean or sum", "mse_loss", "l1_loss")
def _loss(op: Operator) -> Held:
    a, b = op.tensor("self"), op.tensor("target")
    if op.name == "mse_loss":
        return _over_all(op, op.pointwise("scale_and_shift", a, b))
    return _over_all(op, op.pointwise("abs", op.pointwise("sub", a, b)))


@unknown("an element by a formula that its size chooses, or with a logarithm", "smooth_l1_loss", "huber_loss", "kl_div")
def _further_loss(op: Operator) -> Held:
    a, b = op.tensor("self"), op.tensor("target")
    return op.unknown(() if op.get("reduction", default=1) else op.broadcast(a.shape, b.shape), a, b)


def _over_all(op: Operator, x: Held) -> Held:
    """The elements of a loss, or their mean or sum, as its `reduction` says."""
    how = op.get("reduction", default=1)
    return op.add(Reduce("mean" if how == 1 else "sum", tuple(range(len(x.shape)))), x) if how and x.shape else x


@counted("a log softmax, and the mean of what is chosen", "cross_entropy_loss", "nll_loss", "nll_loss_nd", "nll_loss2d")
def _cross_entropy(op: Operator) -> Held:
    x, target = op.tensor("self"), op.tensor("target")
    if op.name == "cross_entropy_loss":
        x = op.pointwise("log", op.add(Softmax(1 if len(x.shape) > 1 else 0), x))
    chosen = op.move("gather", target.shape, x, target if not target.constant else None, dtype=x.dtype)
    return _over_all(op, op.pointwise("neg", chosen) if op.get("reduction", default=1) == 0 else chosen)
