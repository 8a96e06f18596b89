"""Attention against its formula, worked out step by step on numbers that count what is done to them."""

from __future__ import annotations

from collections import Counter
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import strategies as st

import symconv as sc
from layers import sequences as by_hand
from layers.cases import assert_shares, check_each, counted, one_layer, params
from symconv import Layer, Network
from symconv.cost import product as product_of
from symconv.errors import DomainError, ShapeError
from symconv.layers import Attention, MatMul, RelativeBias, Rotary, ScaledDotProduct, WindowAttention

Shape = tuple[int, ...]


def behind(layer: Layer, *shapes: Any) -> Network:
    """A network of one layer behind several inputs."""
    net = Network("several inputs")
    names = [net.input(f"input{i}", *shape) for i, shape in enumerate(shapes)]
    net.add("layer", layer, *names)
    return net


def assert_counts(layer: Layer, shapes: list[Shape], out: Shape, tally: Counter[str]) -> None:
    """On numbers, and on a symbol for every extent of every input."""
    expected = out, {name: n for name, n in tally.items() if n}
    assert counted(behind(layer, *shapes), {}) == expected
    names = [[f"{letter}{axis}" for axis in range(len(shape))] for letter, shape in zip("ABDE", shapes)]
    values = {name: size for row, shape in zip(names, shapes) for name, size in zip(row, shape)}
    assert counted(behind(layer, *names), values) == expected


# -- with projections ----------------------------------------------------------------------------------------------


@st.composite
def attentions(draw: st.DrawFn) -> dict[str, Any]:
    kv_heads, head = draw(st.integers(1, 2)), draw(st.integers(1, 3))
    heads = kv_heads * draw(st.integers(1, 3))
    rotary = draw(st.booleans())
    head *= 1 + rotary
    own = draw(st.booleans())
    return {
        "batch": draw(st.integers(1, 2)),
        "tokens": draw(st.integers(1, 4)),
        "memory": draw(st.none() | st.integers(1, 4)),
        "width": heads * head if not own else draw(st.integers(1, 5)),
        "memory_width": draw(st.integers(1, 4)),
        "heads": heads,
        "kv_heads": kv_heads if kv_heads < heads or draw(st.booleans()) else None,
        "head_size": head if own else None,
        "bias": draw(st.booleans()),
        "out_bias": draw(st.booleans()),
        "causal": draw(st.booleans()),
        "scaled": draw(st.booleans()),
        "rotary": rotary,
        "qk_norm": draw(st.sampled_from(["none", "layer_norm", "rms_norm"])),
        "score_bias": draw(st.booleans()),
    }


FIELDS = ("heads", "kv_heads", "head_size", "bias", "out_bias", "causal", "scaled", "rotary", "qk_norm", "score_bias")


def traits(case: dict[str, Any]) -> set[str]:
    named = {name for name in FIELDS if case[name] and case[name] != "none"}
    return named | ({"cross"} if case["memory"] else set())


def worked_out(case: dict[str, Any]) -> tuple[Counter[str], int]:
    """What is done, and how many weights there are."""
    r, tally = Random(0), Counter[str]()
    heads, kv_heads, width = case["heads"], case["kv_heads"] or case["heads"], case["width"]
    head = case["head_size"] or width // heads
    memory_width = case["memory_width"] if case["memory"] else width
    tokens, memory = case["tokens"], case["memory"] or case["tokens"]
    weights = {
        "q": by_hand.drawn(r, heads * head, width),
        "k": by_hand.drawn(r, kv_heads * head, memory_width),
        "v": by_hand.drawn(r, kv_heads * head, memory_width),
        "out": by_hand.drawn(r, width, heads * head),
    }
    biases = {
        part: by_hand.drawn(r, len(w)) for part, w in weights.items() if case["out_bias" if part == "out" else "bias"]
    }
    norm = {
        "layer_norm": by_hand.layer_normalised,
        "rms_norm": lambda row: by_hand.rms_normalised(row, affine=True),
    }.get(case["qk_norm"])
    kept = sum(len(w) * len(w[0]) for w in weights.values()) + sum(map(len, biases.values()))
    kept += {"none": 0, "layer_norm": 4, "rms_norm": 2}[case["qk_norm"]] * head
    table = by_hand.drawn(r, heads, tokens, memory) if case["score_bias"] else None
    for _ in range(case["batch"]):
        x = by_hand.drawn_rows(r, tally, tokens, width)
        m = by_hand.drawn_rows(r, tally, memory, memory_width) if case["memory"] else x
        q, k, v = (by_hand.linear(rows, weights[p], biases.get(p)) for p, rows in (("q", x), ("k", m), ("v", m)))
        if norm:
            q, k = by_hand.normalised_heads(q, heads, norm), by_hand.normalised_heads(k, kv_heads, norm)
        if case["rotary"]:
            q, k = by_hand.rotated_heads(q, heads), by_hand.rotated_heads(k, kv_heads)
        mixed = by_hand.attended(q, k, v, heads, kv_heads, case["causal"], case["scaled"], table)
        by_hand.linear(mixed, weights["out"], biases.get("out"))
    return tally, kept


def check_attention(case: dict[str, Any]) -> None:
    tokens, memory = case["tokens"], case["memory"] or case["tokens"]
    layer = Attention(**{name: case[name] for name in FIELDS})
    shapes: list[Shape] = [(case["batch"], tokens, case["width"])]
    if case["memory"]:
        shapes.append((case["batch"], memory, case["memory_width"]))
    if case["score_bias"]:
        shapes.append((1, case["heads"], tokens, memory))
    if case["causal"] and memory < tokens:
        with pytest.raises(ShapeError, match="a memory that the queries end"):
            behind(layer, *shapes)
        return
    tally, kept = worked_out(case)
    net = behind(layer, *shapes)
    assert counted(net, {}) == (shapes[0], {name: n for name, n in tally.items() if n})
    assert params(net, {}) == kept
    symbols = [["N", "T", "C"], ["N", "S", "D"]][: 1 + bool(case["memory"])]
    at = {"N": case["batch"], "T": tokens, "C": case["width"]}
    if case["memory"]:
        at |= {"S": memory, "D": case["memory_width"]}
    if case["score_bias"]:
        symbols.append([1, case["heads"], "T", "S" if case["memory"] else "T"])  # type: ignore[list-item]
    general = behind(layer, *symbols)
    assert counted(general, at) == counted(net, {})
    assert params(general, at) == kept


def test_attention_does_what_its_formula_does() -> None:
    seen = check_each(attentions(), check_attention, traits, 150)
    assert_shares(seen, *FIELDS, "cross")


def test_attention_in_symbols_for_its_fields_is_that_of_numbers() -> None:
    net = Network("grouped")
    h, g, d = (net.symbol(name, "count") for name in ("h", "g_kv", "d"))
    net.input("x", "N", "T", "C")
    net.add("attention", Attention(h, g, d, rotary=True, qk_norm="rms_norm", causal=True))
    assert str(net.domain) == "d ≡ 0 (mod 2), g_kv divides h"
    at = {"N": 2, "T": 5, "C": 7, "h": 6, "g_kv": 3, "d": 4}
    on_numbers = one_layer(Attention(6, 3, 4, rotary=True, qk_norm="rms_norm", causal=True), 2, 5, 7)
    assert counted(net, at) == counted(on_numbers, {})
    assert params(net, at) == params(on_numbers, {})
    with pytest.raises(DomainError, match="g_kv divides h"):
        net.at(at | {"g_kv": 4})


def test_the_rule_of_attention_is_the_one_that_everyone_writes() -> None:
    net = Network()
    net.input("x", "N", "T", sc.C_in)
    net.add("attention", Attention(net.symbol("h", "count")))
    n, t, c = (net.symbols[name] for name in ("N", "T", "C_in"))
    assert net.cost("macs") == product_of(n, t, c, 4 * c + 2 * t)
    assert net.evaluate("macs", N=1, T=197, C_in=768) == 4 * 197 * 768**2 + 2 * 197**2 * 768
    assert net.evaluate("params", C_in=768) == 4 * 768**2 + 4 * 768


def test_values_of_a_third_input_have_a_width_of_their_own() -> None:
    net = behind(Attention(2), (1, 3, 8), (1, 5, 6), (1, 5, 7))
    assert net.evaluate("params") == 8 * 8 + 8 * 6 + 8 * 7 + 8 * 8 + 4 * 8
    assert net.evaluate("macs") == 3 * 8 * 8 + 5 * 6 * 8 + 5 * 7 * 8 + 3 * 8 * 8 + 2 * 3 * 5 * 8


@pytest.mark.parametrize(
    ("layer", "shapes", "said"),
    [
        (Attention(3), [(1, 5, 8)], "heads divide the width: 3 divides 8 never holds"),
        (Attention(4, 3), [(1, 5, 8)], "heads of keys and values divide the heads of the queries"),
        (Attention(2), [(5, 8)], "batch × tokens × features"),
        (Attention(2), [(1, 5, 8), (2, 5, 8)], "keys of the queries' batch"),
        (Attention(2), [(1, 5, 8), (5, 8)], "a memory of batch × tokens × features"),
        (Attention(2), [(1, 5, 8), (1, 4, 8), (1, 5, 8)], "a value for each key"),
        (Attention(2), [(1, 5, 8)] * 4, "a bias only with score_bias"),
        (Attention(2, score_bias=True), [(1, 5, 8)], "a last input of heads × tokens × memory"),
        (Attention(2, score_bias=True), [(1, 5, 8), (1, 3, 5, 5)], "a bias of the scores with their extents"),
        (Attention(2, score_bias=True), [(1, 5, 8), (2, 5, 5)], "the scores are 1×2×5×5"),
        (Attention(2, rotary=True), [(1, 5, 6)], "pairs of features"),
        (Attention(2, qk_norm="rmsnorm"), [(1, 5, 8)], "did you mean rms_norm"),
        (Attention(2, causal=True), [(1, 5, 8), (1, 3, 8)], "a memory that the queries end"),
    ],
)
def test_what_attention_cannot_follow_is_an_error(layer: Layer, shapes: list[Shape], said: str) -> None:
    with pytest.raises(ShapeError, match=said):
        behind(layer, *shapes)


def test_the_causal_count_leaves_the_upper_triangle_out() -> None:
    net = one_layer(Attention(4, causal=True), 2, 7, 8)
    pairs = sum(1 for t, s in product(range(7), repeat=2) if s <= t)
    projections = 4 * 2 * 7 * 8 * 8
    assert net.evaluate("macs") == projections + 2 * 2 * 7 * 7 * 8
    assert net.evaluate("causal") == projections + 2 * 2 * pairs * 8
    free = one_layer(Attention(4), 2, 7, 8)
    assert free.evaluate("causal") == free.evaluate("macs") == net.evaluate("macs")
    assert free.evaluate("ops") == net.evaluate("ops")


# -- without weights -----------------------------------------------------------------------------------------------


@st.composite
def dot_products(draw: st.DrawFn) -> dict[str, Any]:
    kv_heads, head = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    heads = kv_heads * draw(st.integers(1, 2))
    shared = draw(st.booleans())
    return {
        "batch": draw(st.integers(1, 2)), "tokens": draw(st.integers(1, 4)), "memory": draw(st.integers(1, 5)),
        "heads": heads, "kv_heads": kv_heads if shared else None, "head": head, "value": draw(st.integers(1, 3)),
        "causal": draw(st.booleans()), "scaled": draw(st.booleans()), "bias": draw(st.booleans()),
    }  # fmt: skip


def check_dot_product(case: dict[str, Any]) -> None:
    r, tally = Random(1), Counter[str]()
    heads, kv_heads = case["heads"], case["kv_heads"] or case["heads"]
    tokens, memory = case["tokens"], max(case["memory"], case["tokens"]) if case["causal"] else case["memory"]
    widths = (heads * case["head"], kv_heads * case["head"], kv_heads * case["value"])
    table = by_hand.drawn(r, heads, tokens, memory) if case["bias"] else None
    for _ in range(case["batch"]):
        q, k, v = (by_hand.drawn_rows(r, tally, n, w) for n, w in zip((tokens, memory, memory), widths))
        out = by_hand.attended(q, k, v, heads, kv_heads, case["causal"], case["scaled"], table)
        assert (len(out), len(out[0])) == (tokens, heads * case["value"])
    layer = ScaledDotProduct(heads, case["kv_heads"], case["causal"], case["scaled"], case["bias"])
    shapes: list[Shape] = [(case["batch"], n, w) for n, w in zip((tokens, memory, memory), widths)]
    if case["bias"]:
        shapes.append((1, heads, tokens, memory))
    expected = (case["batch"], tokens, heads * case["value"])
    assert counted(behind(layer, *shapes), {}) == (expected, {name: n for name, n in tally.items() if n})
    if not case["bias"]:
        assert_counts(layer, shapes, expected, tally)


def test_the_product_of_queries_keys_and_values_does_what_its_formula_does() -> None:
    def shown(case: dict[str, Any]) -> set[str]:
        return {name for name in ("kv_heads", "causal", "scaled", "bias") if case[name]}

    assert_shares(check_each(dot_products(), check_dot_product, shown, 100), "kv_heads", "causal", "scaled", "bias")


def test_projections_around_the_bare_products_are_the_attention() -> None:
    """GPT-2's attention in pieces, and as one layer."""
    pieces = Network()
    pieces.input("x", "N", "T", 12)
    for part in "qkv":
        pieces.add(part, sc.layers.Linear(12), "x")
    pieces.add("mixed", ScaledDotProduct(4, causal=True), "q", "k", "v")
    pieces.add("out", sc.layers.Linear(12))
    whole = one_layer(Attention(4, causal=True), "N", "T", 12)
    assert pieces.count() == whole.count()
    assert pieces.cost("params") == whole.cost("params")


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        ([(1, 5, 8), (1, 5, 8), (1, 4, 8)], "a value for each key"),
        ([(1, 5, 8), (1, 5, 12), (1, 5, 8)], "queries and keys of one width"),
        ([(1, 5, 8), (1, 5, 8), (1, 5, 7)], "heads divide the width of the values"),
        ([(1, 5, 7), (1, 5, 8), (1, 5, 8)], "heads divide the width of the queries"),
        ([(1, 5, 8), (2, 5, 8), (2, 5, 8)], "keys of the queries' batch"),
        ([(1, 5, 8)] * 4, "a bias only with score_bias"),
    ],
)
def test_what_the_products_cannot_follow_is_an_error(shapes: list[Shape], said: str) -> None:
    with pytest.raises(ShapeError, match=said):
        behind(ScaledDotProduct(4), *shapes)


@pytest.mark.parametrize("transpose", [False, True])
@pytest.mark.parametrize(("rows", "inner", "columns"), [(2, 3, 4), (1, 5, 1), (3, 1, 2)])
def test_a_product_of_two_inputs_does_what_its_formula_does(
    rows: int, inner: int, columns: int, transpose: bool
) -> None:
    r, tally = Random(2), Counter[str]()
    for _ in range(2 * 3):
        by_hand.matmul(by_hand.drawn_rows(r, tally, rows, inner), by_hand.drawn_rows(r, tally, inner, columns))
    right = (2, 3, columns, inner) if transpose else (2, 3, inner, columns)
    assert_counts(MatMul(transpose), [(2, 3, rows, inner), right], (2, 3, rows, columns), tally)
    repeated = (1, *right[1:])
    assert counted(behind(MatMul(transpose), (2, 3, rows, inner), repeated), {})[0] == (2, 3, rows, columns)


def test_a_product_of_inputs_that_do_not_meet_is_an_error() -> None:
    for shapes in ([(2, 3, 4), (2, 3, 4)], [(2, 3, 4), (4, 3)], [(2, 3, 4), (3, 4, 5)], [(3,), (3,)]):
        with pytest.raises(ShapeError, match="matmul"):
            behind(MatMul(), *shapes)


# -- positions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("heads", "head", "size"), [(1, 2, None), (3, 4, None), (2, 6, 4), (2, 3, 2)])
def test_rotary_positions_do_what_their_formula_does(heads: int, head: int, size: int | None) -> None:
    r, tally = Random(3), Counter[str]()
    for _ in range(2):
        by_hand.rotated_heads(by_hand.drawn_rows(r, tally, 5, heads * head), heads, size)
    assert_counts(Rotary(heads, size), [(2, 5, heads * head)], (2, 5, heads * head), tally)


def test_rotary_positions_turn_pairs() -> None:
    for layer in (Rotary(2), Rotary(2, 1), Rotary(4), Rotary(2, 4)):
        with pytest.raises(ShapeError, match=r"rotary|heads"):
            one_layer(layer, 1, 5, 6)


def test_one_table_of_relative_biases_serves_every_layer() -> None:
    net = Network("T5's encoder")
    net.input("x", "N", "T", 512)
    net.add("bias", RelativeBias(8, 32))
    net.add("first", Attention(8, bias=False, out_bias=False, scaled=False, score_bias=True), "x", "bias")
    net.add("second", Attention(8, bias=False, out_bias=False, scaled=False, score_bias=True), "first", "bias")
    assert net.tensor("bias").shape == (1, 8, net.symbols["T"], net.symbols["T"])
    assert net.cost("params") == 8 * 32 + 2 * 4 * 512**2
    assert not net.node("bias").count
    scores = 3 * 8 * 5 * 5
    assert sc.evaluate(net.node("first").count["add"], N=3, T=5) == scores + 2 * scores - 3 * 8 * 5 - scores + scores


def test_a_relative_bias_over_a_memory_has_a_side_of_its_tokens() -> None:
    net = behind(RelativeBias(8), (2, 5, 16), (2, 7, 24))
    assert net.output.shape == (1, 8, 5, 7)


# -- windows -------------------------------------------------------------------------------------------------------


def windows(extent: int, side: int) -> list[list[int]]:
    """The positions of each window of an axis; the last ones may hang over the end."""
    found, start = [], 0
    while start < extent:
        found.append(list(range(start, start + side)))
        start += side
    return found


@pytest.mark.parametrize(
    ("shape", "side", "heads", "bias", "table"),
    [
        ((2, 4, 6, 4), (2, 2), 2, True, True),
        ((1, 5, 7, 2), (3, 3), 1, True, True),
        ((1, 3, 4, 4), (2, 3), 4, False, True),
        ((2, 2, 3, 2), (4, 4), 2, True, False),
        ((1, 7, 4), (3,), 2, True, True),
        ((1, 2, 3, 3, 2), (2, 2, 2), 2, False, True),
    ],
)
def test_attention_in_windows_does_what_attention_in_each_window_does(
    shape: Shape, side: tuple[int, ...], heads: int, bias: bool, table: bool
) -> None:
    r, tally = Random(4), Counter[str]()
    batch, *extents, width = shape
    weights = [by_hand.drawn(r, width, width) for _ in range(4)]
    biases = [by_hand.drawn(r, width) if bias else None for _ in range(4)]
    distances: set[tuple[int, ...]] = set()
    for _ in range(batch):
        for window in product(*(windows(x, w) for x, w in zip(extents, side))):
            places = list(product(*window))
            rows = by_hand.drawn_rows(r, tally, len(places), width)
            q, k, v = (by_hand.linear(rows, w, b) for w, b in list(zip(weights, biases))[:3])
            distances |= {tuple(a - b for a, b in zip(p, o)) for p, o in product(places, repeat=2)}
            of_scores = by_hand.drawn(r, heads, len(places), len(places)) if table else None
            mixed = by_hand.attended(q, k, v, heads, heads, False, True, of_scores)
            by_hand.linear(mixed, weights[3], biases[3])
    layer = WindowAttention(heads, side, bias=bias, out_bias=bias, relative_position=table)
    expected = {name: n for name, n in tally.items() if n}
    assert counted(one_layer(layer, *shape), {}) == (shape, expected)
    first = (batch, width, *extents)
    by_channels = WindowAttention(heads, side, bias=bias, out_bias=bias, relative_position=table, over="channels")
    assert counted(one_layer(by_channels, *first), {}) == (first, expected)
    names = ["N", "Z", "H", "W"][: len(shape) - 1]
    at = dict(zip(names, shape))
    assert counted(one_layer(layer, *names, width), at) == (shape, expected)
    wanted = 4 * width**2 + bias * 4 * width + table * len(distances) * heads
    assert params(one_layer(layer, *shape), {}) == params(one_layer(by_channels, *first), {}) == wanted
    positions = len(places)
    assert one_layer(layer, *shape).cost("buffers") == table * positions**2


def test_windows_in_symbols_are_those_of_numbers() -> None:
    net = Network()
    h, w = net.symbol("h", "count"), net.symbol("w", "count")
    net.input("image", "N", "H", "W", "C")
    net.add("attention", WindowAttention(h, w))
    for height, width, side in [(14, 14, 7), (9, 13, 4), (3, 5, 7)]:
        at = {"N": 2, "H": height, "W": width, "C": 6, "h": 3, "w": side}
        numbers = one_layer(WindowAttention(3, side), 2, height, width, 6)
        assert counted(net, at) == counted(numbers, {})
        assert params(net, at) == params(numbers, {})


def test_windows_without_padding_divide_the_image_and_a_shift_or_a_grid_costs_nothing() -> None:
    net = one_layer(WindowAttention(4, 7, pad=False, partition="grid", over="channels"), "N", 8, "X", "X")
    assert str(net.domain) == "X ≡ 0 (mod 7)"
    plain = one_layer(WindowAttention(4, 7), "N", "X", "X", 8)
    shifted = one_layer(WindowAttention(4, 7, shift=3), "N", "X", "X", 8)
    assert shifted.count() == plain.count()
    assert net.evaluate("macs", N=1, X=14) == plain.evaluate("macs", N=1, X=14)


@pytest.mark.parametrize(
    ("layer", "shape", "said"),
    [
        (WindowAttention(4, 7, pad=False), (1, 15, 14, 8), "windows divide the image"),
        (WindowAttention(3), (1, 14, 14, 8), "heads divide the width"),
        (WindowAttention(4, 7, shift=7), (1, 14, 14, 8), "a shift of less than a window"),
        (WindowAttention(4, partition="stripes"), (1, 14, 14, 8), "accepted are window and grid"),
        (WindowAttention(4, over="chanels"), (1, 14, 14, 8), "did you mean channels"),
        (WindowAttention(4, (7, 7, 7)), (1, 14, 14, 8), "size has 3 sizes"),
        (WindowAttention(4), (1, 8), "batch × channels × extents"),
    ],
)
def test_windows_that_cannot_be_are_an_error(layer: Layer, shape: Shape, said: str) -> None:
    with pytest.raises(ShapeError, match=said):
        one_layer(layer, *shape)
