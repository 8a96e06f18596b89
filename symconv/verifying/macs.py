"""The multiply–accumulates of one operator from the shapes that a run had, by counting what it multiplies.

This is the witness: it shares nothing with the rules of symconv's layers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any, Final

Shape = tuple[int, ...]
Count = Callable[[Any, Sequence[Shape], Sequence[Shape]], "int | None"]


def _attribute(node: Any, name: str, default: Any) -> Any:
    for a in node.attribute:
        if a.name == name:
            return a.i if a.type == 2 else a.s.decode() if a.type == 3 else tuple(a.ints)
    return default


def _conv(weights: int) -> Count:
    return lambda node, inputs, outputs: prod(outputs[0]) * prod(inputs[weights][1:])


def _transposed(node: Any, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
    return prod(inputs[0]) * prod(inputs[1][1:])


def _matmul(left: int) -> Count:
    return lambda node, inputs, outputs: prod(outputs[0]) * inputs[left][-1]


def _fused_matmul(node: Any, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int | None:
    if _attribute(node, "transBatchA", 0) or _attribute(node, "transBatchB", 0):
        return None
    return prod(outputs[0]) * inputs[0][-2 if _attribute(node, "transA", 0) and len(inputs[0]) > 1 else -1]


def _gemm(node: Any, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
    return prod(outputs[0]) * inputs[0][0 if _attribute(node, "transA", 0) else 1]


def _recurrent(node: Any, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
    first, second, _ = inputs[0]
    return first * second * (prod(inputs[1]) + prod(inputs[2]))


def _einsum(node: Any, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int | None:
    """Operands are taken in from left to right; what no later one and not the output has is summed at once."""
    left, _, out = _attribute(node, "equation", "").replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) < 2 or "." in left or any(len(set(t)) != len(t) for t in terms):
        return None
    extents: dict[str, int] = {}
    for term, shape in zip(terms, inputs):
        for letter, extent in zip(term, shape):
            extents[letter] = max(extents.get(letter, 1), extent)
    done, held = 0, set(terms[0])
    for k, term in enumerate(terms[1:], 2):
        held |= set(term)
        needed = set(out).union(*terms[k:])
        if held - needed:
            done += prod(extents[x] for x in held)
        held &= needed
    return done


def _attention(node: Any, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int | None:
    q, k, v = inputs[:3]
    past = inputs[4][2] if len(inputs) > 4 and inputs[4] else 0
    if len(q) == 4:
        n, h, t, d = q
        return n * h * t * (k[2] + past) * (d + v[3])
    h, g = int(_attribute(node, "q_num_heads", 0)), int(_attribute(node, "kv_num_heads", 0))
    n, t, width = q
    return n * h * t * (k[1] + past) * (width // h + v[2] // g)


def _projected_attention(earlier: int) -> Count:
    """com.microsoft's Attention: x·w first, whose columns are those of the queries, keys and values."""

    def count(node: Any, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        n, t, width = inputs[0]
        values = outputs[0][-1]
        queries = (inputs[1][1] - values) // 2
        past = inputs[earlier][3] if len(inputs) > earlier and inputs[earlier] else 0
        return n * t * width * inputs[1][1] + n * t * (t + past) * (queries + values)

    return count


def _many_heads(node: Any, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int | None:
    """com.microsoft's MultiHeadAttention: the queries' rows with all keys of their head, and the values' columns."""
    q = inputs[0]
    if len(q) == 5:  # queries, keys, values beside one another in each head
        n, t, heads, _, d = q
        return n * heads * t * t * 2 * d
    n, t, width = q
    k = inputs[1] if len(inputs) > 1 else ()
    if not k:
        return None
    past = inputs[6][2] if len(inputs) > 6 and inputs[6] else 0
    keys = k[2] if len(k) == 4 and len(inputs) > 2 and inputs[2] else k[1]
    return n * t * (keys + past) * (width + outputs[0][-1])


def _shared_heads(node: Any, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int | None:
    """com.microsoft's GroupQueryAttention, whose keys are those of the cache that it hands on."""
    if len(outputs) < 2 or not outputs[1]:
        return None
    n, t, width = outputs[0]
    return n * t * outputs[1][2] * 2 * width


def _affine_grid(node: Any, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
    """At each place of r axes a matrix of r × (r + 1) by that place and a 1."""
    return prod(outputs[0]) * (outputs[0][-1] + 1)


#: By operator: its macs from the shapes of its inputs and outputs; an input that is left out has an empty shape.
_COUNTS: Final[Mapping[str, Count]] = {
    "Conv": _conv(1), "ConvInteger": _conv(1), "FusedConv": _conv(1), "QLinearConv": _conv(3), "DeformConv": _conv(1),
    "ConvTranspose": _transposed, "MatMul": _matmul(0), "MatMulInteger": _matmul(0), "QLinearMatMul": _matmul(0),
    "Gemm": _gemm, "FusedGemm": _gemm, "QGemm": _gemm, "DynamicQuantizeMatMul": _matmul(0),
    "MatMulIntegerToFloat": _matmul(0), "MatMulNBits": _matmul(0), "FusedMatMul": _fused_matmul,
    "LSTM": _recurrent, "GRU": _recurrent, "RNN": _recurrent, "DynamicQuantizeLSTM": _recurrent, "Einsum": _einsum,
    "Attention": _attention, "MultiHeadAttention": _many_heads, "GroupQueryAttention": _shared_heads,
    "QAttention": _projected_attention(8), "AffineGrid": _affine_grid,
}  # fmt: skip

#: The operators that are counted here.
COUNTED: Final = frozenset(_COUNTS)


def macs_of(node: Any, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int | None:
    """The macs of an operator of `COUNTED`, or None where they are not to be had from these shapes."""
    if (node.domain, node.op_type) == ("com.microsoft", "Attention"):
        return _projected_attention(4)(node, inputs, outputs)
    return _COUNTS[node.op_type](node, inputs, outputs)
