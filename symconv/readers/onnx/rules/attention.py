"""Attention, whole, as ONNX has it and as runtimes fuse it; rotary positions."""

from __future__ import annotations

from symconv.condition import at_least, divides, equal
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.extent import Extent, Size
from symconv.layers import HeadAttention, Linear
from symconv.readers.onnx.operator import Operator, is_weight
from symconv.readers.onnx.registry import MICROSOFT, counted, unknown
from symconv.readers.onnx.rules.products import contracted
from symconv.readers.onnx.rules.shaping import matched
from symconv.readers.onnx.value import Value
from symconv.rounding import floor

PRODUCTS = "T·S·h·(d + e) macs, also where causal; a softmax of S scores a query and head, 1 mul a score"

PREVIEW = "ai.onnx.preview"


def _part(width: Size, heads: Size) -> Size:
    if not isinstance(heads, int) or heads < 1:
        raise ShapeError(f"{heads} heads")
    require(divides(heads, width), "heads divide the width")
    return floor(width, heads, exact=True)


def attended(
    op: Operator,
    shape: tuple[Size, ...],
    *read: Value | None,
    samples: Size,
    heads: Size,
    queries: Size,
    keys: Size,
    size: Size,
    value_size: Size,
    bias: bool = False,
) -> Value:
    """softmax(q·k/√d)·v of heads, with an output of a shape."""
    values = [v for v in read if v is not None and v.node]
    layer = HeadAttention(shape, samples, heads, queries, keys, size, value_size, bias)
    kept = tuple(v for v in read if v is not None and is_weight(v))
    return op.add(layer, *values, weights=kept, dtype=values[0].dtype if values else "float32")


def _heads_of(op: Operator, i: int, heads: int) -> tuple[Size, Size, Size, Size]:
    """Batch, heads, tokens and features a head of input i, packed in three axes or apart in four."""
    shape = op.shape(i)
    if len(shape) == 4:
        return shape[0], shape[1], shape[2], shape[3]
    if len(shape) != 3:
        raise ShapeError(f"{op.kind} of an input of {len(shape)} axes: three or four are wanted")
    return shape[0], heads, shape[1], _part(shape[2], heads)


@counted(PRODUCTS, "Attention")
def _attention(op: Operator) -> list[Value | None]:
    n, h, t, d = _heads_of(op, 0, op.integer("q_num_heads"))
    samples, g, s, width = _heads_of(op, 1, op.integer("kv_num_heads"))
    further, groups, tokens, e = _heads_of(op, 2, op.integer("kv_num_heads"))
    require(equal(d, width), "queries and keys of one width")
    require(equal(s, tokens), "as many keys as values")
    for a, b in ((n, samples), (n, further), (g, groups)):
        require(equal(a, b), "queries, keys and values of the same samples and heads")
    past, past_value, mask = op.given(4), op.given(5), op.given(3)
    if past is not None and past_value is not None:
        (earlier,) = op.shape_of(past)[2:3]
        matched(op, (n, g, earlier, d), op.shape_of(past))
        matched(op, (n, g, earlier, e), op.shape_of(past_value))
        s = s + earlier
    if mask is not None:
        *before, columns = op.shape_of(mask)
        if op.version >= 24:
            require(at_least(s, columns), "a mask for no more than the keys")
            columns = 1
        for x, extent in zip((columns, *reversed(before)), (s, t, h, n)):
            if x != 1:
                require(equal(x, extent), "a mask for each query, head and sample, or for all")
    shape = (n, h, t, e) if len(op.shape(0)) == 4 else (n, t, h * e)
    made = attended(
        op, shape, *op.inputs, samples=n, heads=h, queries=t, keys=s, size=d, value_size=e,
        bias=mask is not None and mask.dtype != "bool",
    )  # fmt: skip
    rest: list[Value | None] = [
        op.move("memory", (n, g, s, d), op.value(1), past, dtype=op.value(1).dtype) if op.wants(1) else None,
        op.move("memory", (n, g, s, e), op.value(2), past_value, dtype=op.value(2).dtype) if op.wants(2) else None,
        op.move("scores", (n, h, t, s), made) if op.wants(3) else None,
    ]
    return [made, *rest]


@unknown("as attention, and what its graphs do with scores and probabilities", "FlexAttention", domain=PREVIEW)
def _flex_attention(op: Operator) -> Value:
    n, h, t, d = op.shape(0)
    _, _, s, e = op.shape(2)
    made = attended(op, (n, h, t, e), *op.inputs, samples=n, heads=h, queries=t, keys=s, size=d, value_size=e)
    if op.has("score_mod") or op.has("prob_mod"):
        made = op.unknown((n, h, t, e), made)
    return made


@counted("a state of d·e a head: d·e macs to write and d·e to read a token, d·e more with a delta", "LinearAttention")
def _linear_attention(op: Operator) -> list[Value | None]:
    heads, groups, update = op.integer("q_num_heads"), op.integer("kv_num_heads"), op.word("update_rule", "gated_delta")
    n, t, width = op.shape(0)
    d, e = _part(width, heads), _part(op.shape(2)[-1], groups)
    shared = _part(heads, groups)
    queries = op.look("heads", (n, t, groups, shared, d), op.value(0))
    keys, values = (op.look("heads", (n, t, groups, w), op.value(i)) for i, w in ((1, d), (2, e)))
    state = op.given(3) or op.move("fill", (n, groups, d, e), dtype=values.dtype)
    if "gated" in update:
        decay = op.pointwise("exp", op.value(4))
        with op.reader.running(t):
            one = op.look("slice", (n, groups, d if op.shape(4)[-1] == groups * d else 1, 1), decay)
            state = op.pointwise("mul", state, one)
    if "delta" in update:
        rate = op.look("heads", (n, t, op.shape(5)[-1], 1), op.value(5))
        values = op.pointwise("sub", values, contracted(op, "ntgd,ngde->ntge", keys, state))
        values = op.pointwise("mul", values, rate)
    state = contracted(op, "ntgd,ntge->ngde", keys, values)
    made = op.pointwise("mul", contracted(op, "ntgsd,ngde->ntgse", queries, state), Value((), constant=True))
    return [op.look("packed", (n, t, heads * e), made), state]


@counted("two products and a sum an element that is turned: 2 mul, 1 add", "RotaryEmbedding")
def _rotary(op: Operator) -> Value:
    shape, table, places = op.shape(0), op.shape(1), op.given(3)
    n, t, d = shape[0], shape[-2], shape[-1]
    if len(shape) == 3:
        t, d = shape[1], _part(shape[2], op.integer("num_heads"))
    turned = op.integer("rotary_embedding_dim") or d
    require(at_least(d, turned), "as many features as are turned")
    require(equal(2 * table[-1], turned), "an angle for each two features that are turned")
    matched(op, table, op.shape(2))
    matched(op, (n, t), table[:2] if places is None else op.shape_of(places))
    return op.pointwise("rotate", op.value(0), buffers=(op.value(1), op.value(2)))


@counted("2 mul, 1 add an element", "RotaryEmbedding", domain=MICROSOFT)
def _ms_rotary(op: Operator) -> Value:
    return op.pointwise("rotate", op.value(0), buffers=(op.value(2), op.value(3)))


# -- com.microsoft ---------------------------------------------------------------------------------------------------


@counted(f"a linear layer to queries, keys and values, then {PRODUCTS}", "Attention", "QAttention", domain=MICROSOFT)
def _ms_attention(op: Operator) -> list[Value | None]:
    quantized = op.kind == "QAttention"
    n, t, _ = op.shape(0)
    weights, bias, heads = op.value(1), op.given(2), op.integer("num_heads")
    past = op.given(8 if quantized else 4)
    columns = op.shape_of(weights)[-1]
    sizes = op.integers("qkv_hidden_sizes") or (columns // 3,) * 3
    x = op.value(0)
    scales = tuple(op.given(i) for i in (3, 4, 6, 7)) if quantized else ()
    projected = op.add(
        Linear(columns, bias is not None),
        x,
        weights=(weights, bias),
        buffers=scales,
        dtype="float32" if quantized else x.dtype,
    )
    d, e = _part(sizes[0], heads), _part(sizes[2], heads)
    s = t + op.shape_of(past)[3] if past is not None else t
    relative = op.given(5) if not quantized else None
    made = attended(
        op, (n, t, sizes[2]), projected, past, samples=n, heads=heads, queries=t, keys=s, size=d, value_size=e,
        bias=relative is not None,
    )  # fmt: skip
    return [made, op.move("memory", (2, n, heads, s, d), made) if op.wants(1) else None]


@counted(f"adds for a bias, then {PRODUCTS}", "MultiHeadAttention", domain=MICROSOFT)
def _multi_head(op: Operator) -> list[Value | None]:
    heads = op.integer("num_heads")
    shape = op.shape(0)
    if len(shape) == 5:  # queries, keys and values packed
        n, t, h, _, d = shape
        made = attended(op, (n, t, h * d), op.value(0), samples=n, heads=h, queries=t, keys=t, size=d, value_size=d)
        return [made, None, None]
    n, t, width = shape
    d = _part(width, heads)
    keys, past = op.shape(1), op.given(6)
    if len(keys) == 5:  # packed keys and values
        s, e = keys[1], d
    elif len(keys) == 4:
        s, e = keys[2], op.shape(2)[-1]
    else:
        s, e = keys[1], _part(op.shape(2)[-1], heads)
        if past is not None:
            s = s + op.shape_of(past)[2]
    read = [*op.inputs[:3], *op.inputs[4:8]]
    bias = op.given(3)
    if bias is not None:
        read[0] = op.pointwise("add", op.value(0), _part_of(bias, width))
    made = attended(
        op, (n, t, heads * e), *read, samples=n, heads=heads, queries=t, keys=s, size=d, value_size=e,
        bias=op.given(5) is not None,
    )  # fmt: skip
    present = [op.move("memory", (n, heads, s, w), made) if op.wants(i) else None for i, w in ((1, d), (2, e))]
    return [made, *present]


def _part_of(bias: Value, width: Size) -> Value:
    """The queries' part of a bias; the whole tensor is kept."""
    return Value((width,), bias.dtype, origins=bias.origins, constant=True)


@counted(
    f"rotary positions where asked for, then {PRODUCTS}, groups of heads sharing keys and values",
    "GroupQueryAttention",
    domain=MICROSOFT,
)
def _group_query(op: Operator) -> list[Value | None]:
    heads, groups = op.integer("num_heads"), op.integer("kv_num_heads")
    n, t, width = op.shape(0)
    packed = op.given(1) is None
    d = _part(width, heads + 2 * groups) if packed else _part(width, heads)
    past, total = op.given(3), op.data(6)
    if total is not None and isinstance(total[0], int | Extent):
        s: Size = total[0]
    elif past is not None:
        s = op.shape_of(past)[2] + t
    else:
        s = t
    x = op.value(0)
    if op.integer("do_rotary"):
        x = op.pointwise("rotate", x, buffers=(op.given(7), op.given(8)))
    made = attended(
        op, (n, t, heads * d), x, op.given(1), op.given(2), past, op.given(4), op.given(5), samples=n, heads=heads,
        queries=t, keys=s, size=d, value_size=d,
    )  # fmt: skip
    kept = (n, groups, s, d)
    return [made, *(op.move("memory", kept, made) if op.wants(i) else None for i in (1, 2))]
