"""Linear layers, matrix products and Einstein sums."""

from __future__ import annotations

from symconv.layers import Einsum, Linear, Product
from symconv.readers.torch.held import Held
from symconv.readers.torch.operator import Operator
from symconv.readers.torch.registry import counted, unknown

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


@counted(MACS, "matmul", "mm", "bmm", "mv", "dot", "vdot", "linalg_matmul")
def _matmul(op: Operator) -> Held:
    return multiplied(op, op.tensor("self"), op.tensor("other", "mat2", "vec", "tensor"))


@counted(MACS, "inner")
def _inner(op: Operator) -> Held:
    left, right = op.tensor("self"), op.tensor("other")
    if len(right.shape) < 3:
        return multiplied(op, left, right, turned=len(right.shape) == 2)
    return contracted(op, contraction(left, right, [len(left.shape) - 1], [len(right.shape) - 1]), [left, right])


@counted(MACS, "linalg_vecdot")
def _vecdot(op: Operator) -> Held:
    left, right = op.tensor("x"), op.tensor("y")
    rank = max(len(left.shape), len(right.shape))
    axis = op.axis(rank, "dim", default=-1)
    letters = _LETTERS[:rank]
    sides = ",".join(letters[rank - len(v.shape) :] for v in (left, right))
    return contracted(op, f"{sides}->{letters.replace(letters[axis], '')}", [left, right])


@counted(f"{MACS}; an add an output, none where `beta` is 0; a mul each for `alpha` and `beta`", "addmm", "baddbmm",
         "addmv", "addbmm")  # fmt: skip
def _addmm(op: Operator) -> Held:
    bias, left, right = op.tensor("self"), op.tensor("mat1", "batch1", "mat"), op.tensor("mat2", "batch2", "vec")
    alpha, beta = op.get("alpha", default=1), op.get("beta", default=1)
    if alpha == beta == 1 and bias.constant and op.name != "addbmm":
        return multiplied(op, left, right, bias)
    made = contracted(op, "bij,bjk->ik", [left, right]) if op.name == "addbmm" else multiplied(op, left, right)
    made = made if alpha == 1 else op.pointwise("mul", made, Held((), made.dtype))
    return made if beta == 0 else op.pointwise("add" if beta == 1 else "scale_and_shift", made, bias)


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
    return contracted(op, contraction(a, b, over_a, over_b), [a, b])


def contraction(a: Held, b: Held, over_a: list[int], over_b: list[int]) -> str:
    """The equation of a product that is summed over pairs of axes; what is left of both stands side by side."""
    first = list(_LETTERS[: len(a.shape)])
    second = list(_LETTERS[len(a.shape) : len(a.shape) + len(b.shape)])
    for i, j in zip(over_a, over_b):
        second[j] = first[i]
    summed = {first[i] for i in over_a}
    return f"{''.join(first)},{''.join(second)}->{''.join(x for x in first + second if x not in summed)}"


@counted("a mul an element of the product", "outer", "ger", "kron")
def _outer(op: Operator) -> Held:
    a, b = op.tensor("self"), op.tensor("vec2", "other")
    if op.name != "kron":
        return contracted(op, "i,j->ij", [a, b])
    rank = max(len(a.shape), len(b.shape))
    first, second = (_LETTERS[k * rank : (k + 1) * rank] for k in (0, 1))
    sides = first[rank - len(a.shape) :], second[rank - len(b.shape) :]
    left, right = ((1,) * (rank - len(v.shape)) + v.shape for v in (a, b))
    blocks = "".join(x for pair in zip(first, second) for x in pair if x in sides[0] + sides[1])
    made = contracted(op, f"{','.join(sides)}->{blocks}", [a, b])
    return op.look("reshape", tuple(x * y for x, y in zip(left, right)), made)


@counted("a mac for each pair of features, and an add with a bias", "bilinear")
def _bilinear(op: Operator) -> Held:
    a, b, weight, bias = op.tensor("input1"), op.tensor("input2"), op.tensor("weight"), op.get("bias")
    made = contracted(op, "...i,oij,...j->...o", [a, weight, b])
    return op.pointwise("add", made, bias) if bias is not None else made


@unknown("distances of points, by a formula that their number and the norm choose", "cdist", "_cdist_forward")
def _cdist(op: Operator) -> Held:
    a, b = op.tensor("x1"), op.tensor("x2")
    op.same(a.shape[-1], b.shape[-1], "points of as many coordinates")
    shape = (*op.broadcast(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-2])
    return op.unknown(shape, a, b)


@counted(f"{MACS}; rows of each group by their own matrix", "_grouped_mm")
def _grouped(op: Operator) -> Held:
    left, right, bias = op.tensor("self"), op.tensor("mat2"), op.get("bias")
    if len(left.shape) == 2 and len(right.shape) == 3:
        op.same(left.shape[-1], right.shape[-2], "rows and columns of one length")
        layer = Product(None, right.shape[1:], False, False, bias is not None)
        own = op.node_of(left)
        return op.add(layer, own, weights=[right, bias])
    return multiplied(op, left, right, bias)
