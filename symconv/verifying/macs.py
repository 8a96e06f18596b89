"""The multiply–accumulates of one operator from the shapes that a run had, by counting what it multiplies.

This is the witness: it shares nothing with the rules of symconv's layers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any, Final

Shape = tuple[int, ...]


def _attribute(node: Any, name: str, default: Any) -> Any:
    for a in node.attribute:
        if a.name == name:
            return a.i if a.type == 2 else a.s.decode() if a.type == 3 else tuple(a.ints)
    return default


def _conv(weights: int) -> Callable[..., int]:
    return lambda node, inputs, outputs: prod(outputs[0]) * prod(inputs[weights][1:])


def _transposed(node: Any, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
    return prod(inputs[0]) * prod(inputs[1][1:])


def _matmul(left: int) -> Callable[..., int]:
    return lambda node, inputs, outputs: prod(outputs[0]) * inputs[left][-1]


def _gemm(node: Any, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
    return prod(outputs[0]) * inputs[0][0 if _attribute(node, "transA", 0) else 1]


def _recurrent(node: Any, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
    first, second, _ = inputs[0]
    return first * second * (prod(inputs[1]) + prod(inputs[2]))


def _einsum(node: Any, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int | None:
    equation = _attribute(node, "equation", "").replace(" ", "")
    terms = equation.partition("->")[0].split(",")
    if len(terms) != 2 or "." in equation:
        return None
    extents: dict[str, int] = {}
    for term, shape in zip(terms, inputs):
        for letter, extent in zip(term, shape):
            extents[letter] = max(extents.get(letter, 1), extent)
    out = equation.partition("->")[2]
    summed = [x for x in extents if x not in out]
    return prod(extents.values()) if summed else 0


def _attention(node: Any, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int | None:
    q, k, v = inputs[:3]
    past = inputs[4][2] if len(inputs) > 4 and inputs[4] else 0
    if len(q) == 4:
        n, h, t, d = q
        return n * h * t * (k[2] + past) * (d + v[3])
    h, g = int(_attribute(node, "q_num_heads", 0)), int(_attribute(node, "kv_num_heads", 0))
    n, t, width = q
    return n * h * t * (k[1] + past) * (width // h + v[2] // g)


#: By operator: its macs from the shapes of its inputs and outputs; an input that is left out has an empty shape.
COUNTS: Final[Mapping[str, Callable[..., int | None]]] = {
    "Conv": _conv(1), "ConvInteger": _conv(1), "FusedConv": _conv(1), "QLinearConv": _conv(3),
    "ConvTranspose": _transposed, "MatMul": _matmul(0), "MatMulInteger": _matmul(0), "QLinearMatMul": _matmul(0),
    "Gemm": _gemm, "FusedGemm": _gemm, "DynamicQuantizeMatMul": _matmul(0), "MatMulIntegerToFloat": _matmul(0),
    "MatMulNBits": _matmul(0), "LSTM": _recurrent, "GRU": _recurrent, "RNN": _recurrent,
    "DynamicQuantizeLSTM": _recurrent, "Einsum": _einsum, "Attention": _attention,
}  # fmt: skip


def macs_of(node: Any, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int | None:
    """The macs of an operator, or None of one that is not counted here."""
    if node.domain == "com.microsoft" and node.op_type == "Attention":
        return None
    count = COUNTS.get(node.op_type)
    if count is None:
        return None
    if node.op_type in ("FusedMatMul",):
        return None
    return count(node, inputs, outputs)
