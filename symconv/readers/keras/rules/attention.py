"""Attention: dot-product and additive, with heads or without."""

from __future__ import annotations

from typing import Any

from symconv.condition import equal
from symconv.domain import require
from symconv.layers import Einsum, Product, Reduce, ScaledDotProduct, Softmax
from symconv.readers.keras.call import Call
from symconv.readers.keras.registry import counted
from symconv.readers.keras.rules.activation import softmax
from symconv.readers.keras.rules.merging import merged
from symconv.readers.keras.rules.products import attended
from symconv.readers.keras.value import Value

PRODUCTS = "projections; then T·S·(d + e) macs a head, and a softmax of S scores for each token and head"


@counted(PRODUCTS, "MultiHeadAttention", "GroupedQueryAttention")
def _multi_head(call: Call) -> Any:
    op = call.op
    query, value = call.value("query"), call.value("value")
    key = call.get("key") if isinstance(call.arguments.get("key"), Value) else value
    gate = getattr(op, "_gate_dense", None)
    gated = call.apply(gate, query, part="gate") if gate is not None else None
    q = call.apply(op._query_dense, query, part="query")
    k = call.apply(op._key_dense, key, part="key")
    v = call.apply(op._value_dense, value, part="value")
    masks = (op._sliding_window if hasattr(op, "_sliding_window") else op.sliding_window,)
    causal = bool(call.arguments.get("use_causal_mask")) and masks == (None,)
    if q.rank == 4:
        scored = _causal(call, q, k, v) if causal else attended(call, q, k, v)
        n, t, heads, _ = q.shape
        places: tuple[Any, ...] = (n, heads, t, k.shape[1])
    else:
        scored, places = _over_axes(call, q, k, v)
    if gated is not None:
        scored = merged(call, "mul", [scored, gated])
    made = call.apply(op._output_dense, scored, part="attention_output")
    if call.arguments.get("return_attention_scores"):
        return made, call.move("scores", places, scored)
    return made


def _causal(call: Call, q: Value, k: Value, v: Value) -> Value:
    """The heads side by side in one axis, so that the scores behind the mask are counted apart."""
    n, t, heads, d = q.shape
    _, s, groups, e = v.shape
    side = [
        call.look("heads", (n, extent, many * width), x)
        for x, extent, many, width in ((q, t, heads, d), (k, s, groups, d), (v, s, groups, e))
    ]  # fmt: skip
    made = call.add(ScaledDotProduct(heads, groups, causal=True), *side)
    return call.look("heads", (n, t, heads, e), made)


def _over_axes(call: Call, q: Value, k: Value, v: Value) -> tuple[Value, tuple[Any, ...]]:
    """Attention over several axes, or over some of them, by the equations that Keras has made of them."""
    op = call.op
    scores = call.add(Einsum(op._dot_product_equation), k, call.pointwise("mul", q, 1.0))
    axes = tuple(range(scores.rank - len(op._attention_axes), scores.rank))
    return call.add(Einsum(op._combine_equation), softmax(call, scores, axes), v), scores.shape


@counted("T·S·d macs of scores, or their sums of d tanh; a softmax; T·S·e macs", "Attention", "AdditiveAttention")
def _attention(call: Call) -> Any:
    op = call.op
    given = [v for v in call.values() if isinstance(v, Value)]
    query, value = given[0], given[1]
    key = given[2] if len(given) > 2 else value
    require(equal(key.shape[-2], value.shape[-2]), "a value for each key")
    weights = call.weights
    if call.kind == "Attention" and op.score_mode == "dot":
        scores = call.add(Product(transpose_right=True), query, key, weights=weights)
        if op.scale is not None:
            scores = call.pointwise("mul", scores, 1.0)
    else:
        t, s, d = query.shape[-2], key.shape[-2], query.shape[-1]
        rows = call.look("expand", (*query.shape[:-2], t, 1, d), query)
        columns = call.look("expand", (*key.shape[:-2], 1, s, d), key)
        both = merged(call, "add", [rows, columns])
        if call.kind == "Attention" and op.scale is not None:
            both = call.pointwise("mul", both, 1.0)
        both = call.pointwise("tanh", both)
        if call.kind == "AdditiveAttention" and op.scale is not None:
            both = call.pointwise("mul", both, 1.0)
        scores = call.add(Reduce("sum", (both.rank - 1,)), both, weights=weights)
        if call.kind == "Attention":
            scores = call.pointwise("mul", scores, 1.0)
    shares = call.add(Softmax(scores.rank - 1), scores)
    made = call.add(Product(), shares, value)
    return (made, shares) if call.arguments.get("return_attention_scores") else made
