"""Matrix products, Einstein sums and attention of keras.ops."""

from __future__ import annotations

import string

from symconv.condition import divides, equal
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.layers import Einsum, HeadAttention, Product
from symconv.readers.keras.call import Call, variables
from symconv.readers.keras.registry import OPS, counted
from symconv.readers.keras.value import Constant, Value


def contracted(call: Call, equation: str, operands: list[Value | Constant]) -> Value:
    """An Einstein sum of values and constants."""
    read = [x for x in operands if isinstance(x, Value)]
    beside = tuple(x.shape for x in operands if isinstance(x, Constant))
    places = tuple(i for i, x in enumerate(operands) if isinstance(x, Constant))
    return call.add(Einsum(equation, beside, places), *read, weights=variables(operands))


def matmul(call: Call, left: Value | Constant, right: Value | Constant) -> Value:
    """A matrix product of values and constants."""
    read = [x for x in (left, right) if isinstance(x, Value)]
    kept = variables((left, right))
    layer = Product(
        left.shape if isinstance(left, Constant) else None, right.shape if isinstance(right, Constant) else None
    )
    return call.add(layer, *read, weights=kept)


@counted("C macs an output of rows and columns of C elements", "Matmul", domain=OPS)
def _matmul(call: Call) -> Value:
    return matmul(call, *(call.operand(x) for x in list(call.arguments.values())[:2]))


@counted("C macs an output", "Dot", "Vdot", "Inner", "Outer", "Tensordot", domain=OPS)
def _dot(call: Call) -> Value:
    left, right = (call.operand(x) for x in list(call.arguments.values())[:2])
    a, b = len(left.shape), len(right.shape)
    if call.kind in ("Dot", "Inner") and (a == 0 or b == 0):
        return call.pointwise("mul", left, right)
    first, second = list(string.ascii_lowercase[:a]), list(string.ascii_uppercase[:b])
    summed: list[tuple[int, int]] = []
    if call.kind == "Tensordot":
        axes = call.get("axes", 2)
        if isinstance(axes, int):
            summed = [(a - axes + i, i) for i in range(axes)]
        else:
            lefts, rights = (call.axes(x, rank) for x, rank in zip(axes, (a, b)))
            summed = list(zip(lefts, rights))
    elif call.kind == "Dot":
        summed = [(a - 1, max(b - 2, 0))]
    elif call.kind == "Inner":
        summed = [(a - 1, b - 1)]
    elif call.kind == "Vdot":
        if a != 1 or b != 1:
            raise ShapeError("vdot of tensors of several axes")
        summed = [(0, 0)]
    elif a > 1 or b > 1:
        raise ShapeError("outer of tensors of several axes")
    for i, j in summed:
        second[j] = first[i]
    gone = {first[i] for i, _ in summed}
    out = [x for x in [*first, *second] if x not in gone]
    return contracted(call, f"{''.join(first)},{''.join(second)}->{''.join(out)}", [left, right])


@counted("a mac for each value of all letters of a contraction", "Einsum", domain=OPS)
def _einsum(call: Call) -> Value:
    operands = [x for x in call.args if not isinstance(x, str)]
    return contracted(call, str(call.op.subscripts), [call.operand(x) for x in operands])


@counted("T·S·(d + e) macs a head, and a softmax of S scores a token", "DotProductAttention", domain=OPS)
def _attention(call: Call) -> Value:
    query, key, value = (call.value(name) for name in ("query", "key", "value"))
    bias = call.get("bias")
    return attended(call, query, key, value, bias is not None)


def attended(call: Call, query: Value, key: Value, value: Value, biased: bool = False) -> Value:
    """softmax(q·k)·v of batch × tokens × heads × features; groups of heads may share keys and values."""
    n, t, heads, d = query.shape
    _, s, groups, e = value.shape
    require(equal(key.shape[1], s), "a value for each key")
    require(equal(key.shape[3], d), "queries and keys of one width")
    require(equal(key.shape[0], n), "keys of the queries' batch")
    if groups != heads:
        require(divides(groups, heads), "heads of keys and values divide the heads of the queries")
    layer = HeadAttention((n, t, heads, e), n, heads, t, s, d, e, biased)
    return call.add(layer, query, key, value)
