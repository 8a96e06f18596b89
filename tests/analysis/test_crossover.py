"""Crossovers against every value by itself, on costs written down here and on networks of the zoo."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symconv as sc
from symconv.analysis.crossover import crossover
from symconv.cost import evaluate_cost, product
from symconv.errors import DomainError, SymbolError
from symconv.extent import size_of
from symconv.symbols import symbol

N, K, T, X, C_IN, C_OUT, M = (symbol(name) for name in ("N", "K", "T", "X", "C_in", "C_out", "M"))
n, k, t, x, c_in, c_out, m = map(size_of, (N, K, T, X, C_IN, C_OUT, M))


def test_depthwise_separable_against_standard() -> None:
    separable = product(k, k, c_in, m, m) + product(c_in, c_out, m, m)
    standard = product(k, k, c_in, c_out, m, m)
    for kernel in range(1, 12):
        found = crossover(separable, standard, "C_out", K=kernel)
        for c in range(1, 200):
            ours, theirs = kernel**2 + c, kernel**2 * c  # 1/C_out + 1/K² against 1
            assert (c in found.less, c in found.equal, c in found.more) == (
                ours < theirs,
                ours == theirs,
                ours > theirs,
            )
    assert crossover(separable, standard, "K", C_out=1).less.empty


def test_attention_against_an_mlp_in_t() -> None:
    for d in (1, 7, 64, 768):
        found = crossover(product(n, d, t) * (product(t) * 2 + 4 * d), product(n, d, d, t) * 8, "T")
        assert (found.less.greatest or 0, found.equal.greatest, found.more.least) == (2 * d - 1, 2 * d, 2 * d + 1)


def test_a_bottleneck_against_two_convolutions() -> None:
    bottleneck = product(m, m) * (product(256, c_in) * 2 + 9 * product(c_in, c_in))
    two = product(m, m) * (2 * 9 * 64 * 64)
    found = crossover(bottleneck, two, "C_in")
    expected = [c for c in range(1, 500) if 512 * c + 9 * c * c < 2 * 9 * 64 * 64]
    assert list(found.less.members(500)) == expected


@settings(max_examples=100, deadline=None)
@given(
    st.tuples(*(st.integers(1, 9) for _ in range(4))),
    st.tuples(*(st.integers(1, 9) for _ in range(4))),
    st.integers(0, 300),
)
def test_every_value_says_the_same(p: tuple[int, ...], q: tuple[int, ...], c: int) -> None:
    a = product(n, (x + p[0]) // p[1], (x + p[2]) // p[1]) * p[3]
    b = product(n, (x + q[0]) // q[1], x) * q[3] - product(n) * c
    found = crossover(a, b, "X")
    for v in range(1, 250):
        one, other = (evaluate_cost(cost, {X: v, N: 1}) for cost in (a, b))
        assert (v in found.less, v in found.equal, v in found.more) == (one < other, one == other, one > other)


def test_two_networks_of_the_zoo() -> None:
    a, b = sc.load("resnet50").cost("activations"), sc.load("vgg16").cost("activations")
    found = crossover(a, b, "X")
    for v in range(32, 300):
        one, other = (evaluate_cost(cost, {X: v, N: 1}) for cost in (a, b))
        assert (v in found.less, v in found.more) == (one < other, one > other)


def test_what_cannot_be_asked() -> None:
    with pytest.raises(SymbolError, match="neither cost has a symbol Y"):
        crossover(product(x), product(x, x), "Y")
    with pytest.raises(SymbolError, match="no value for K"):
        crossover(product(x), product(k), "X")
    with pytest.raises(SymbolError, match="takes no value"):
        crossover(product(x), product(k), "X", X=3)
    with pytest.raises(DomainError, match="K = 0"):
        crossover(product(x), product(k), "X", K=0)
