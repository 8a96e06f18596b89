"""Layers of sequences, N×T×C: linear layers, MLPs, attention, experts, recurrent cells, tables of tokens."""

from __future__ import annotations

from typing import Any

from symconv.verifying.loops.images import cells
from symconv.verifying.loops.table import Illegal, Shape, Walked, features_axis, per_axis, placed, rounds, shared, walks

# -- linear layers ---------------------------------------------------------------------------------------------------


@walks("linear")
def linear(given: Any, rows: Shape) -> Walked:
    """Each row times each column of weights."""
    features, out = rows[-1], given.channels
    weights = rounds(out, features) + (out if given.bias else 0)
    return Walked((*rows[:-1], out), rounds(*rows[:-1], out, features), weights)


@walks("mlp")
def mlp(given: Any, rows: Shape) -> Walked:
    """To the hidden features and on to the output's."""
    axis = features_axis(given.over)
    features, hidden = rows[axis], given.hidden
    out = features if given.channels is None else given.channels
    once = rounds(hidden, features) + rounds(out, hidden)
    weights = once + (hidden + out if given.bias else 0)
    return Walked(placed(rows, axis, out), rounds(*placed(rows, axis), once), weights)


@walks("gated_mlp")
def gated_mlp(given: Any, rows: Shape) -> Walked:
    """Twice to the hidden features, a gate and what it lets through, and on to the output's."""
    axis = features_axis(given.over)
    features, hidden = rows[axis], given.hidden
    out = features if given.channels is None else given.channels
    once = 2 * rounds(hidden, features) + rounds(out, hidden)
    weights = once + (2 * hidden + out if given.bias else 0)
    return Walked(placed(rows, axis, out), rounds(*placed(rows, axis), once), weights)


@walks("mixture_of_experts")
def mixture_of_experts(given: Any, rows: Shape) -> Walked:
    """A router, and the experts that it picks for a token."""
    features, hidden = rows[-1], given.hidden
    if given.top_k > given.experts:
        raise Illegal(f"{given.top_k} of {given.experts} experts")
    matrices = 3 if given.gated else 2
    expert, router = rounds(matrices, features, hidden), rounds(features, given.experts)
    biases = (matrices - 1) * hidden + features if given.bias else 0
    macs = rounds(*rows[:-1], router) + rounds(*rows[:-1], given.top_k, expert)
    return Walked(rows, macs, router + rounds(given.experts, expert + biases))


# -- attention -------------------------------------------------------------------------------------------------------


def _scores_and_values(batch: int, heads: int, queries: int, keys: int, size: int, value_size: int) -> int:
    """Each query of a head with each key, feature by feature, and each score with its value's features."""
    return rounds(batch, heads, queries, keys, size) + rounds(batch, heads, queries, keys, value_size)


@walks("scaled_dot_product")
def scaled_dot_product(given: Any, query: Shape, key: Shape, value: Shape, bias: Shape | None = None) -> Walked:
    """Attention between queries, keys and values whose heads stand side by side."""
    kept = given.heads if given.kv_heads is None else given.kv_heads
    shared(given.heads, kept, "heads")
    size, value_size = shared(query[-1], given.heads, "features"), shared(value[-1], kept, "features")
    if shared(key[-1], kept, "features") != size or key[-2] != value[-2]:
        raise Illegal("keys of another size, or of another number than values")
    macs = _scores_and_values(rounds(*query[:-2]), given.heads, query[-2], key[-2], size, value_size)
    return Walked((*query[:-1], rounds(given.heads, value_size)), macs)


@walks("attention")
def attention(given: Any, *inputs: Shape) -> Walked:
    """Attention with the layers that make its queries, keys and values, and one that takes the heads together."""
    read = inputs[:-1] if given.score_bias else inputs
    query = read[0]
    key = read[1] if len(read) > 1 else query
    value = read[2] if len(read) > 2 else key
    heads = given.heads
    kept = heads if given.kv_heads is None else given.kv_heads
    shared(heads, kept, "heads")
    size = shared(query[-1], heads, "features") if given.head_size is None else given.head_size
    if key[-2] != value[-2]:
        raise Illegal("another number of keys than of values")
    projections = [(query, query[-1], heads * size), (key, key[-1], kept * size), (value, value[-1], kept * size)]
    macs = sum(rounds(*rows[:-1], features, out) for rows, features, out in projections)
    macs += _scores_and_values(rounds(*query[:-2]), heads, query[-2], key[-2], size, size)
    macs += rounds(*query[:-1], heads * size, query[-1])
    weights = sum(features * out for _, features, out in projections) + heads * size * query[-1]
    weights += sum(out for *_, out in projections) if given.bias else 0
    weights += query[-1] if given.out_bias else 0
    weights += {"none": 0, "rms_norm": 2 * size, "layer_norm": 2 * (size + size)}[given.qk_norm]
    return Walked(query, macs, weights)


@walks("window_attention")
def window_attention(given: Any, image: Shape) -> Walked:
    """Attention among the positions of each window, of those too that are only there to fill the last ones."""
    axis = features_axis(given.over)
    features, extents = image[axis], placed(image, axis)[1:]
    size = per_axis(given.size, len(extents))
    if not given.pad and any(x % w for x, w in zip(extents, size)):
        raise Illegal(f"windows of {size} in an image of {extents}")
    head, inside = shared(features, given.heads, "features"), rounds(*size)
    once = 4 * rounds(inside, features, features) + _scores_and_values(1, given.heads, inside, inside, head, head)
    weights = 4 * rounds(features, features)
    weights += 3 * features if given.bias else 0
    weights += features if given.out_bias else 0
    if given.relative_position:  # distances from −(w − 1) to w − 1 along each axis
        weights += rounds(*(range(-(w - 1), w) for w in size), given.heads)
    return Walked(image, rounds(image[0], *cells(extents, size), once), weights)


@walks("head_attention")
def head_attention(given: Any, *inputs: Shape) -> Walked:
    """Attention of heads of which only the extents are given."""
    macs = _scores_and_values(given.samples, given.heads, given.queries, given.keys, given.size, given.value_size)
    return Walked(given.shape, macs)


@walks("rotary")
def rotary(given: Any, rows: Shape) -> Walked:
    """Each head's features, turned in pairs."""
    size = shared(rows[-1], given.heads, "features")
    turned = size if given.size is None else given.size
    if turned % 2 or turned > size:
        raise Illegal(f"{turned} of {size} features in pairs")
    return Walked(rows)


@walks("relative_bias")
def relative_bias(given: Any, rows: Shape, memory: Shape | None = None) -> Walked:
    """A number for each head and pair of tokens, out of a table of buckets."""
    others = rows if memory is None else memory
    return Walked((1, given.heads, rows[-2], others[-2]), 0, rounds(given.heads, given.buckets))


# -- tables and tokens -----------------------------------------------------------------------------------------------


@walks("embedding")
def embedding(given: Any, ids: Shape) -> Walked:
    """The row of a table for each id."""
    return Walked((*ids, given.channels), 0, rounds(given.vocabulary, given.channels))


@walks("position_embedding")
def position_embedding(given: Any, rows: Shape) -> Walked:
    """A row added for each position, of a table that is at least as long."""
    length = rows[-2] if given.length is None else given.length
    if length < rows[-2]:
        raise Illegal(f"{rows[-2]} tokens and {length} positions")
    return Walked(rows, 0, rounds(length, rows[-1]) if given.learned else 0)


@walks("class_token")
def class_token(given: Any, rows: Shape) -> Walked:
    """Learned tokens in front of the others."""
    return Walked(placed(rows, -2, given.tokens + rows[-2]), 0, rounds(given.tokens, rows[-1]))


# -- recurrent layers ------------------------------------------------------------------------------------------------

_GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def _recurrent(gates: int, given: Any, rows: Shape, projection: int | None = None) -> Walked:
    """Step by step: what a gate takes from the input and from the state, each with a bias of its own."""
    batch, steps, features = rows
    state = given.hidden if projection is None else projection
    directions, macs, weights = 2 if given.bidirectional else 1, 0, 0
    for _ in range(given.layers):
        once = rounds(gates, given.hidden, features + state)
        once += 0 if projection is None else rounds(projection, given.hidden)
        macs += rounds(batch, steps, directions, once)
        weights += rounds(directions, once + (2 * rounds(gates, given.hidden) if given.bias else 0))
        features = rounds(directions, state)
    return Walked((batch, features) if given.last else (batch, steps, features), macs, weights)


@walks("lstm")
def lstm(given: Any, rows: Shape) -> Walked:
    """Three gates and what a cell takes in; a state may be made smaller behind them."""
    return _recurrent(_GATES["lstm"], given, rows, given.projection)


@walks("gru")
def gru(given: Any, rows: Shape) -> Walked:
    """Two gates and a new state."""
    return _recurrent(_GATES["gru"], given, rows)


@walks("rnn")
def rnn(given: Any, rows: Shape) -> Walked:
    """A new state."""
    return _recurrent(_GATES["rnn"], given, rows)


@walks("recurrent")
def recurrent(given: Any, rows: Shape, *states: Shape) -> Walked:
    """One layer whose directions have an axis of their own."""
    batch, steps = rows[:2] if given.batch_first else rows[1::-1]
    gates, hidden, directions = _GATES[given.cell], given.hidden, given.directions
    once = rounds(gates, hidden, rows[2] + hidden)
    weights = rounds(directions, once + (2 * rounds(gates, hidden) if given.bias else 0))
    return Walked(
        (*rows[:2], directions, hidden) if given.batch_first else (steps, directions, batch, hidden),
        rounds(batch, steps, directions, once),
        weights,
    )
