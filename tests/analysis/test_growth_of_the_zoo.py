"""Every bundled network with a free X: its bounds hold at every legal size, and its growth is what differences say."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import factorial
from typing import Any

import pytest

import symconv as sc
from symconv.analysis.classes import period
from symconv.cost import cost_symbols, evaluate_cost
from symconv.readers.catalogue import bundled
from symconv.symbols import Symbol, symbol

X, N = symbol("X"), symbol("N")
LAST = 1024

#: Every bundled network and family.
NAMES = [name for name, _ in bundled()]

#: Values for the symbols of a family, besides X and N.
FIXED = {"w": 32, "d": 48, "g": 8, "h": 4, "P": 14, "c": 24, "C": 24, "f": 96, "L": 3}
RATIONAL_AT = Fraction(3, 4)


def fixed(net: sc.Network) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, size in net.symbols.items():
        if name not in ("X", "N"):
            ((known,),) = size.terms
            integral = isinstance(known, Symbol) and known.integral
            out[name] = FIXED.get(name, 2 if name.startswith("n") else 16) if integral else RATIONAL_AT
    return out


def legal(net: sc.Network) -> list[int]:
    sizes = net.domain.sizes(X)
    return [x for x in range(1, LAST + 1) if x in sizes]


@pytest.mark.parametrize("name", NAMES)
def test_bounds_and_growth(name: str) -> None:
    net = sc.load(name)
    total = net.cost("macs")
    if X not in cost_symbols(total):
        pytest.skip("its macs do not depend on X")
    values = fixed(net)
    others = {s: values.get(s.name, 1) for s in cost_symbols(total) if s is not X}
    narrow = net.substitute(**values) if values else net
    low, high = sc.bounds(total)
    sizes = legal(narrow)
    assert sizes
    for x in sizes:
        at = {**others, X: x}
        assert evaluate_cost(low, at) <= evaluate_cost(total, at) <= evaluate_cost(high, at), (name, x)
    if narrow.domain.sizes(X).finite:
        return
    closed = narrow.cost("macs")
    degree, step = sc.order(closed, "X"), period(closed, "X")
    rest = {s: others.get(s, 1) for s in cost_symbols(closed)}
    leading = evaluate_cost(sc.leading(closed, ["X"]), {**rest, X: 1})
    for first in (sizes[0] + 64 * step, sizes[0] + 64 * step + step // 2):
        row = [Fraction(evaluate_cost(total, {**others, X: first + j * step})) for j in range(degree + 3)]
        for _ in range(degree):
            row = [b - a for a, b in pairwise(row)]
        assert row == [row[0]] * 3
        assert row[0] / (factorial(degree) * step**degree) == leading


@pytest.mark.parametrize(("name", "degree"), [("resnet50", 2), ("vgg16", 2), ("swin_t", 2), ("vit", 4), ("mixer", 2)])
def test_a_cnn_grows_with_the_square_and_attention_over_pixels_with_the_fourth_power(name: str, degree: int) -> None:
    net = sc.load(name)
    assert sc.order(net.cost("macs"), "X") == degree
