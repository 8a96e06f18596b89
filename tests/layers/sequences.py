"""The layers of transformers written out plainly on numbers that count what is done to them.

A row is a list of numbers, a sequence a list of rows, a batch a list of sequences. A function is its paper's formula,
evaluated step by step: its value can be compared with a framework's, its tally with the count that a layer's rule
gives. Weights are plain numbers, made by a seed. A mask chooses, and is not counted, but what it makes useless is.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

from layers.scalars import FUNCTIONS, Scalar, added, normalised, softmax

Row = list[Scalar]
Rows = list[Row]
Matrix = list[list[float]]


def number(tally: Counter[str], value: float) -> Scalar:
    return Scalar(value, tally)


def drawn_rows(r: Random, tally: Counter[str], rows: int, width: int) -> Rows:
    return [[number(tally, r.uniform(-1, 1)) for _ in range(width)] for _ in range(rows)]


def drawn(r: Random, *shape: int) -> list:
    """Weights: nested lists of numbers."""
    return [drawn(r, *shape[1:]) if len(shape) > 1 else r.uniform(-1, 1) for _ in range(shape[0])]


def values(nested: object) -> object:
    """The plain numbers in nested lists."""
    return [values(n) for n in nested] if isinstance(nested, list) else getattr(nested, "value", nested)


# -- sums of products ----------------------------------------------------------------------------------------------


def dot(
    left: Sequence[Scalar], right: Sequence[Scalar | float], bias: float | None = None, masked: bool = False
) -> Scalar:
    """One output of a linear map, or of a product of two inputs."""
    tally, total = left[0].tally, 0.0
    for i, (a, b) in enumerate(zip(left, right, strict=True)):
        tally["mac"] += 1
        tally["masked"] += masked
        tally["channel_add"] += i > 0
        tally["plane"] += bias is not None
        total += a.value * (b.value if isinstance(b, Scalar) else b)
    if bias is None:
        return Scalar(total, tally)
    tally["add"] += 1
    return Scalar(total + bias, tally)


def linear(rows: Rows, weights: Matrix, biases: list[float] | None = None) -> Rows:
    return [[dot(row, w, biases[i] if biases is not None else None) for i, w in enumerate(weights)] for row in rows]


def matmul(left: Rows, right: Rows) -> Rows:
    return [[dot(row, column) for column in map(list, zip(*right, strict=True))] for row in left]


# -- attention -----------------------------------------------------------------------------------------------------


def heads_of(rows: Rows, heads: int) -> list[Rows]:
    """The rows of each head, which stand side by side."""
    width = len(rows[0]) // heads
    return [[row[h * width : (h + 1) * width] for row in rows] for h in range(heads)]


def attended(
    q: Rows, k: Rows, v: Rows, heads: int, kv_heads: int, causal: bool, scaled: bool, bias: list[Matrix] | None = None
) -> Rows:
    """softmax(q·k/√d)·v of each head, side by side; the queries are the last of the keys' tokens where causal."""
    queries, keys, held = heads_of(q, heads), heads_of(k, kv_heads), heads_of(v, kv_heads)
    out: Rows = [[] for _ in q]
    for h in range(heads):
        group = h * kv_heads // heads
        for t, query in enumerate(queries[h]):
            hidden = [causal and s > t + len(k) - len(q) for s in range(len(k))]
            scores = [dot(query, key, masked=hid) for key, hid in zip(keys[group], hidden, strict=True)]
            if scaled:
                scores = [x * (1 / math.sqrt(len(query))) for x in scores]
            if bias is not None:
                scores = [x + bias[h][t][s] for s, x in enumerate(scores)]
            for s, hid in enumerate(hidden):
                if hid:
                    scores[s] = number(query[0].tally, -math.inf)
            shares = softmax(scores)
            for column in map(list, zip(*held[group], strict=True)):
                out[t].append(dot(shares, column))
                query[0].tally["masked"] += sum(hidden)
    return out


def rotated(row: Row, position: int) -> Row:
    """The features of one head, feature i with feature i + d/2, by angles that fall with i."""
    half = len(row) // 2
    out: Row = [*row]
    for i in range(half):
        angle = position / 10000 ** (i / half)
        x, y, cos, sin = row[i], row[i + half], math.cos(angle), math.sin(angle)
        out[i], out[i + half] = x * cos - y * sin, y * cos + x * sin
    return out


def rotated_heads(rows: Rows, heads: int, size: int | None = None) -> Rows:
    """The heads of each token, side by side, or the first features of each head."""
    out: Rows = [[] for _ in rows]
    for of_head in heads_of(rows, heads):
        for t, row in enumerate(of_head):
            turned = len(row) if size is None else size
            out[t] += rotated(row[:turned], t) + row[turned:]
    return out


def normalised_heads(rows: Rows, heads: int, norm: Callable[[Row], Row]) -> Rows:
    out: Rows = [[] for _ in rows]
    for of_head in heads_of(rows, heads):
        for t, row in enumerate(of_head):
            out[t] += norm(row)
    return out


# -- norms of transformers -----------------------------------------------------------------------------------------


def rms_normalised(row: Row, affine: bool, epsilon: float = 1e-5) -> Row:
    """Zhang and Sennrich, arXiv:1910.07467; scales of 2."""
    mean = added([x * x for x in row]) / len(row)
    inverse = 1 / (mean + epsilon).sqrt()
    out = [x * inverse for x in row]
    return [2.0 * x for x in out] if affine else out


def layer_normalised(row: Row) -> Row:
    return normalised(row, affine=True)


def global_response(channels: Rows, gamma: float, beta: float, epsilon: float = 1e-6) -> Rows:
    """Algorithm 1 of Woo et al., arXiv:2301.00808: the positions of each channel."""
    norms = [added([x * x for x in channel]).sqrt() for channel in channels]
    mean = added(norms) / len(norms) + epsilon
    shares = [norm / mean for norm in norms]
    return [[gamma * (x * share) + beta + x for x in channel] for channel, share in zip(channels, shares, strict=True)]


# -- feed-forward --------------------------------------------------------------------------------------------------


def mlp(rows: Rows, up: Matrix, down: Matrix, activation: str, biases: tuple[list[float], list[float]] | None) -> Rows:
    first, second = biases or (None, None)
    hidden = [[FUNCTIONS[activation](x) for x in row] for row in linear(rows, up, first)]
    return linear(hidden, down, second)


def gated_mlp(
    rows: Rows,
    gate: Matrix,
    up: Matrix,
    down: Matrix,
    activation: str,
    biases: tuple[list[float], list[float], list[float]] | None = None,
) -> Rows:
    first, second, third = biases or (None, None, None)
    gates = [[FUNCTIONS[activation](x) for x in row] for row in linear(rows, gate, first)]
    ups = linear(rows, up, second)
    hidden = [[a * b for a, b in zip(g, u, strict=True)] for g, u in zip(gates, ups, strict=True)]
    return linear(hidden, down, third)


def top(scores: Row, k: int) -> list[int]:
    """The places of the k greatest, each found by walking through what is left."""
    left, found = list(range(len(scores))), []
    for _ in range(k):
        best = left[0]
        for i in left[1:]:
            scores[best].max(scores[i])
            if scores[i].value > scores[best].value:
                best = i
        left.remove(best)
        found.append(best)
    return found


def mixture(rows: Rows, router: Matrix, experts: Sequence[Callable[[Rows], Rows]], k: int) -> Rows:
    """Jiang et al., arXiv:2401.04088, §2.1: Σ Softmax(TopK(x·W))ᵢ · Eᵢ(x)."""
    out: Rows = []
    for row, scores in zip(rows, linear(rows, router), strict=True):
        chosen = top(scores, k)
        shares = softmax([scores[i] for i in chosen])
        parts = [[x * share for x in experts[i]([row])[0]] for i, share in zip(chosen, shares, strict=True)]
        out.append([added(column) for column in map(list, zip(*parts, strict=True))])
    return out
