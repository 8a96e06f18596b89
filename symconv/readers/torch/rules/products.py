"""Linear layers, matrix products and Einstein sums."""

from __future__ import annotations

from symconv.condition import equal
from symconv.domain import require
from symconv.layers import Einsum, Linear, Product
from symconv.readers.torch.held import Held
from symconv.readers.torch.operator import Operator
from symconv.readers.torch.registry import counted

MACS = "C macs an output of rows and columns of length C"


def multiplied(op: Operator, left: Held, right: Held, bias: Held | None = None, *, turned: bool = False) -> Held:
    """A matrix product; `turned` swaps the last two axes of the right one. A weight on the right is a linear layer."""
    if not left.constant and right.constant and len(right.shape) == 2:
        columns, rows = right.shape if turned else (right.shape[1], right.shape[0])
        op.same(left.shape[-1], rows, f"{op.name} of rows and columns of one length")
        return op.add(Linear(columns, bias is not None), left, weights=[right, bias])
    layer = Product(
        left.shape if left.constant else None, right.shape if right.constant else None, False, turned, bias is not None
    )
    read = [v for v in (left, right) if not v.constant]
    return op.add(layer, *read, weights=[*(v for v in (left, right) if v.constant), bias])


@counted(f"{MACS}; an add an output with a bias", "linear")
def _linear(op: Operator) -> Held:
    x, weight, bias = op.tensor("input"), op.tensor("weight"), op.get("bias")
    if len(weight.shape) == 1:
        return multiplied(op, x, weight, bias)
    return multiplied(op, x, weight, bias, turned=True)


@counted(MACS, "matmul", "mm", "bmm", "mv", "dot", "vdot", "inner", "__matmul__", "linalg_matmul", "linalg_vecdot")
def _matmul(op: Operator) -> Held:
    left, right = op.tensor("self", "x"), op.tensor("other", "mat2", "vec", "tensor", "y")
    return multiplied(op, left, right, turned=op.name == "inner" and len(right.shape) > 1)


@counted(f"{MACS}; an add an output", "addmm", "baddbmm", "addmv", "addbmm")
def _addmm(op: Operator) -> Held:
    bias, left, right = op.tensor("self"), op.tensor("mat1", "batch1", "mat"), op.tensor("mat2", "batch2", "vec")
    if bias.constant:
        return multiplied(op, left, right, bias)
    return op.pointwise("add", multiplied(op, left, right), bias)


@counted("a mac for each value of all letters of a contraction, from left to right", "einsum")
def _einsum(op: Operator) -> Held:
    return contracted(op, str(op.get("equation")), list(op.get("tensors")))


def contracted(op: Operator, equation: str, values: list[Held]) -> Held:
    """An Einstein sum of tensors, weights among them."""
    constants = [i for i, v in enumerate(values) if v.constant]
    layer = Einsum(equation, tuple(values[i].shape for i in constants), tuple(constants))
    return op.add(layer, *(v for v in values if not v.constant), weights=[values[i] for i in constants])


_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@counted("a mac for each value of all axes of both", "tensordot")
def _tensordot(op: Operator) -> Held:
    a, b = op.tensor("self"), op.tensor("other")
    over_a, over_b = ([int(x) for x in op.get(n)] for n in ("dims_self", "dims_other"))
    first = list(_LETTERS[: len(a.shape)])
    second = list(_LETTERS[len(a.shape) : len(a.shape) + len(b.shape)])
    for i, j in zip(over_a, over_b):
        second[j] = first[i]
    kept = [x for i, x in enumerate(first) if i not in [k % len(first) for k in over_a]]
    kept += [x for j, x in enumerate(second) if j not in [k % len(second) for k in over_b]]
    return contracted(op, f"{''.join(first)},{''.join(second)}->{''.join(kept)}", [a, b])


@counted("a mul an element of the product", "outer", "ger", "kron")
def _outer(op: Operator) -> Held:
    a, b = op.tensor("self"), op.tensor("vec2", "other")
    return contracted(op, "i,j->ij", [a, b])


@counted("a mac for each pair of features, and an add with a bias", "bilinear")
def _bilinear(op: Operator) -> Held:
    a, b, weight, bias = op.tensor("input1"), op.tensor("input2"), op.tensor("weight"), op.get("bias")
    made = contracted(op, "...i,oij,...j->...o", [a, weight, b])
    return op.pointwise("add", made, bias) if bias is not None else made


@counted("rows of n: n sub, n mul, n add and a sqrt a pair", "cdist", "_cdist_forward")
def _cdist(op: Operator) -> Held:
    a, b = op.tensor("x1"), op.tensor("x2")
    require(equal(a.shape[-1], b.shape[-1]), "points of as many coordinates")
    shape = (*op.broadcast(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-2])
    return op.unknown(shape, a, b)


@counted(f"{MACS}; rows of each group by their own matrix", "_grouped_mm", "grouped_mm")
def _grouped(op: Operator) -> Held:
    left, right, bias = op.tensor("self"), op.tensor("mat2"), op.get("bias")
    if len(left.shape) == 2 and len(right.shape) == 3:
        op.same(left.shape[-1], right.shape[-2], "rows and columns of one length")
        layer = Product(None, right.shape[1:], False, False, bias is not None)
        own = op.tracer.node_of(left)
        return op.add(layer, own, weights=[right, bias])
    return multiplied(op, left, right, bias)
