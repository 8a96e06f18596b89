"""Attention, whole."""

from __future__ import annotations

from symconv.condition import equal
from symconv.domain import require
from symconv.extent import Size
from symconv.layers import HeadAttention
from symconv.readers.torch.held import Held
from symconv.readers.torch.operator import Operator, product
from symconv.readers.torch.registry import counted

WORK = "N·h·T·S·(d + e) macs, also where causal; a softmax of S scores a query and head, 1 mul a score"


@counted(
    WORK,
    "scaled_dot_product_attention", "_scaled_dot_product_flash_attention", "_scaled_dot_product_efficient_attention",
    "_scaled_dot_product_cudnn_attention", "_scaled_dot_product_flash_attention_for_cpu",
    "_scaled_dot_product_attention_math",
)  # fmt: skip
def _attention(op: Operator) -> list[Held]:
    q, k, v, mask = op.tensor("query"), op.tensor("key"), op.tensor("value"), op.get("attn_mask", "attn_bias")
    t, d = q.shape[-2:]
    s, e = k.shape[-2], v.shape[-1]
    require(equal(d, k.shape[-1]), "queries and keys of one width")
    require(equal(s, v.shape[-2]), "a value for each key")
    leading = q.shape[:-2]
    if not op.get("enable_gqa", default=False):
        leading = op.broadcast(leading, k.shape[:-2], v.shape[:-2])
    scores = (*leading, t, s)
    if mask is not None:
        op.broadcast(mask.shape, scores)
    heads: Size = leading[-1] if leading else 1
    samples = product(leading[:-1])
    layer = HeadAttention(
        (*leading, t, e), samples, heads, t, s, d, e,
        bias=mask is not None and mask.dtype != "bool", causal=bool(op.get("is_causal", default=False)) and t == s,
    )  # fmt: skip
    read = [x for x in (q, k, v) if not x.constant] or [op.node_of(q)]
    made = op.add(layer, *read, *([mask] if mask is not None and not mask.constant else []), weights=[q, k, v, mask])
    return [made, *(op.fresh(tuple(shape), dtype) for shape, dtype in op.outs[1:])]
