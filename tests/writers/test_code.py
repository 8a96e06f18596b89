"""Closed forms as functions in C, Python and JavaScript: each is run, and gives what SymPy or plain loops give."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import gcd, prod
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
import sympy
from command import ROOT, run
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from witness.rounds import Arithmetic, added, random_terms, random_values

import symconv as sc
from symconv.block import Rounds
from symconv.condition import differs
from symconv.cost import Cost, explicit, power_cost, product_of, total_of
from symconv.cost import product as cost_product
from symconv.domain import Domain
from symconv.errors import CallError, SymconvError
from symconv.extent import Size, size_of
from symconv.extremes import apply
from symconv.network import METRICS, Network
from symconv.powers import power
from symconv.rounding import ceiling, floor
from symconv.symbols import Symbol, index, symbol
from symconv.values import summed
from symconv.writers.code import LANGUAGES, code, function_of
from symconv.writers.code.c import HELPERS
from symconv.writers.code.names import Names
from writers.programs import (
    OUTSIDE,
    WIDE,
    Called,
    compiled,
    needs_c,
    needs_node,
    node,
    rows_of,
    run_c,
    run_node,
    run_python,
)

LARGEST: Final = 2**63 - 1


def exactly(expression: sympy.Expr, at: Mapping[str, Any]) -> int:
    """SymPy's own value of an expression."""
    numbers = {s: sympy.Rational(str(at[s.name])) for s in expression.free_symbols}
    value = expression.xreplace(numbers).doit()
    assert value.is_Integer, value
    return int(value)


def called(net: Network, metric: str, to: str, points: Sequence[Mapping[str, Any]]) -> Called:
    """The function of a network, to be called at these points."""
    text = code(net, metric, to, name="f")
    return Called(text, "f", rows_of(list(net.symbols), points))


def written(name: str, symbols: Sequence[Symbol], cost: Cost, to: str, domain: Domain | None = None) -> str:
    """The function of a cost by itself."""
    names = Names()
    function, left = function_of(names.fresh(name), symbols, cost, domain or Domain(), names)
    assert not left
    return LANGUAGES[to](function, names)


# -- what SymPy says ---------------------------------------------------------------------------------------------------


def sizes(seed: int, most: int) -> list[int]:
    """1,000 sizes from 1 on: the least, primes, odd ones, powers of two and their neighbours, and others."""
    rng = Random(seed)
    special = [1, 2, 3, 5, 7, 31, 33, 97, 223, 224, 225, 257, 509, 511, 512, 513, 521, 997, 1009, 1023, 1024]
    known = [n for n in special if n <= most]
    return known + [rng.randint(1, most) for _ in range(1000 - len(known))]


BIG: Final = {
    "resnet50": [{"X": x, "N": n} for x, n in zip(sizes(1, 2000), sizes(2, 64))],
    "gpt2": [{"T": t, "N": n} for t, n in zip(sizes(3, 1024), sizes(4, 64))],
}


@needs_c
def test_in_c_the_macs_of_resnet50_and_gpt2_are_sympys_at_1000_sizes_each(tmp_path: Path) -> None:
    nets = {name: sc.load(name) for name in BIG}
    functions = [
        Called(code(net, to="c"), f"{name}_macs", rows_of(list(net.symbols), BIG[name])) for name, net in nets.items()
    ]
    for (name, net), found in zip(nets.items(), run_c(functions, tmp_path)):
        assert len(found) == 1000
        assert found == [exactly(net.total("macs"), at) for at in BIG[name]]


@needs_node
def test_in_javascript_and_python_they_are_so_too(tmp_path: Path) -> None:
    nets = {name: sc.load(name) for name in BIG}
    in_js = run_node([
        Called(code(net, to="js"), f"{name}_macs", rows_of(list(net.symbols), BIG[name])) for name, net in nets.items()
    ], tmp_path)  # fmt: skip
    for (name, net), found in zip(nets.items(), in_js):
        assert found == [exactly(net.total("macs"), at) for at in BIG[name]]
        assert found == run_python(called(net, "macs", "python", BIG[name]))


#: Legal values for the symbols of families, where 64 for each of them is outside of the domain.
LEGAL: Final[dict[str, dict[str, Any]]] = {
    "LLaMA": {"N": 3, "T": 17, "L": 5, "V": 1001, "d": 96, "f": 101, "h": 12, "g": 4},
    "Mixtral": {"N": 3, "T": 17, "L": 5, "V": 1001, "d": 96, "f": 101, "h": 12, "g": 4, "E": 8, "k": 3},
    "RegNet": {"N": 2, "X": 97, "g": 4, "n1": 1, "n2": 3, "n3": 2, "n4": 5, "w1": 8, "w2": 24, "w3": 40, "w4": 64},
    "MaxViT": {"N": 2, "X": 221, "h": 4, "n1": 1, "n2": 3, "n3": 2, "n4": 5},
    "Mixer": {"N": 2, "X": 96, "P": 8, "L": 3, "d": 10},
    "ViT": {"N": 2, "X": 96, "P": 8, "L": 3, "d": 12, "h": 4, "f": 7},
}
FRACTIONS: Final = (Fraction(1), Fraction(7, 5), Fraction(9, 20))


#: Families whose closed forms and domains differ most in what they are made of.
VARIED: Final = ("alexnet", "densenet", "efficientnet", "gpt", "llama", "maxvit", "mixer", "regnet", "seresnet", "unet")
EVERY: Final = tuple(path.stem for path in sorted((ROOT / "specs").glob("*.yaml")))


def net_of(family: str) -> Network:
    """A network of a bundled family: its symbols free, the first column of a table."""
    spec = sc.read_spec(ROOT / "specs" / f"{family}.yaml")
    return spec.network(spec.variants[0] if spec.table else None)


def points(net: Network, seed: int) -> list[dict[str, Any]]:
    """A few legal values of the symbols."""
    rng, found = Random(seed), list[dict[str, Any]]()
    for _ in range(3000):
        at: dict[str, Any] = {}
        for name, extent in net.symbols.items():
            ((own,),) = extent.terms
            images = [224, 225, 97, 256, 188 + 16 * rng.randint(0, 9), rng.randint(1, 300), 33]
            others = [1, 2, 3, 4, 6, 8, 12, 16, 24, 48, 96, rng.randint(1, 99)]
            whole = images if name in ("X", "H", "W") else others
            at[name] = rng.choice(whole) if getattr(own, "integral", True) else rng.choice(FRACTIONS)
        if net.domain.allows({s: at[s.name] for s in known(net)}):
            found.append(at)
        if len(found) == 3:
            return found
    return found or [LEGAL[net.name]]


def known(net: Network) -> list[Symbol]:
    """The symbols of a network."""
    return [s for extent in net.symbols.values() for (s,) in extent.terms if isinstance(s, Symbol)]


@needs_c
@needs_node
@pytest.mark.parametrize(
    ("families", "metrics"),
    [(VARIED, ("macs", "params")), pytest.param(EVERY, tuple(METRICS), marks=pytest.mark.heavy)],
    ids=["varied", "all"],
)
def test_a_bundled_family_is_what_sympy_says_in_all_languages(
    families: tuple[str, ...], metrics: tuple[str, ...], tmp_path: Path
) -> None:
    functions: dict[str, list[Called]] = {"c": [], "js": [], "python": []}
    wanted = []
    for k, (net, metric) in enumerate(product(map(net_of, families), metrics)):
        where = points(net, k)
        total = net.total(metric)
        wanted.append([exactly(total, at) for at in where])
        for to in functions:
            name = f"f{k}"
            functions[to].append(Called(code(net, metric, to, name), name, rows_of(list(net.symbols), where)))
    assert run_c(functions["c"], tmp_path) == wanted
    assert run_node(functions["js"], tmp_path) == wanted
    assert [run_python(f) for f in functions["python"]] == wanted


# -- floors, functions, powers and sums --------------------------------------------------------------------------------

A, B, C = (symbol(name, "padding", "test") for name in "abc")


@dataclass(frozen=True)
class Form:
    """A random size, and the value that Python's own integers give it."""

    size: Size
    value: Callable[[Mapping[Symbol, int]], int]


def _leaf(which: Symbol) -> Form:
    return Form(size_of(which), lambda at: at[which])


def _binary(of: tuple[str, Form, Form, int]) -> Form:
    kind, a, b, n = of
    sizes: dict[str, Callable[[], Size]] = {
        "+": lambda: a.size + b.size,
        "-": lambda: a.size - n * b.size,
        "*": lambda: a.size * b.size,
        "floor": lambda: floor(a.size - 3 * n, n),
        "ceil": lambda: ceiling(a.size, n),
        "floor of": lambda: floor(a.size - b.size, b.size * b.size + n),
        "max": lambda: apply("max", a.size, b.size, n),
        "min": lambda: apply("min", a.size, b.size),
        "gcd": lambda: apply("gcd", a.size * a.size + 1, n),
        "equals": lambda: apply("equals", a.size, n),
        "reaches": lambda: apply("reaches", a.size, b.size),
        "even": lambda: floor(n * (a.size * a.size + b.size), n, exact=True),
        "divisible": lambda: apply("make_divisible", a.size * a.size + 1, n, n + 1),
    }
    values: dict[str, Callable[[int, int], int]] = {
        "+": lambda x, y: x + y,
        "-": lambda x, y: x - n * y,
        "*": lambda x, y: x * y,
        "floor": lambda x, y: (x - 3 * n) // n,
        "ceil": lambda x, y: -(-x // n),
        "floor of": lambda x, y: (x - y) // (y * y + n),
        "max": lambda x, y: max(x, y, n),
        "min": min,
        "gcd": lambda x, y: gcd(x * x + 1, n),
        "equals": lambda x, y: int(x == n),
        "reaches": lambda x, y: int(x >= y),
        "even": lambda x, y: x * x + y,
        "divisible": lambda x, y: nearest(Fraction(x * x + 1, n), n + 1),
    }
    return Form(sizes[kind](), lambda at: values[kind](a.value(at), b.value(at)))


def nearest(v: Fraction, d: int) -> int:
    """As the code of MobileNet's papers rounds channels."""
    new = max(d, int(v + Fraction(d, 2)) // d * d)
    return new + d if new < Fraction(9, 10) * v else new


KINDS: Final = (
    "+",
    "-",
    "*",
    "floor",
    "ceil",
    "floor of",
    "max",
    "min",
    "gcd",
    "equals",
    "reaches",
    "even",
    "divisible",
)
FORMS: Final = st.recursive(
    st.sampled_from([A, B, C]).map(_leaf),
    lambda inner: st.tuples(st.sampled_from(KINDS), inner, inner, st.integers(1, 9)).map(_binary),
    max_leaves=6,
)
COEFFICIENTS: Final = st.integers(-7, 7).filter(bool)
TERMS: Final = st.lists(st.tuples(COEFFICIENTS, st.lists(FORMS, min_size=1, max_size=2)), min_size=1, max_size=3)
PLACES: Final = st.lists(st.tuples(*[st.integers(0, 40)] * 3), min_size=3, max_size=3)


@needs_c
@needs_node
@settings(
    max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(st.lists(st.tuples(TERMS, PLACES), min_size=30, max_size=30))
def test_random_forms_have_the_values_of_pythons_integers_in_every_language(
    tmp_path_factory: pytest.TempPathFactory, cases: list[Any]
) -> None:
    """Floors of negative numbers too, which C and JavaScript would cut off."""
    folder = tmp_path_factory.mktemp("forms")
    functions: dict[str, list[Called]] = {"c": [], "js": [], "python": []}
    wanted = []
    for k, (terms, places) in enumerate(cases):
        cost = total_of(cost_product(*(f.size for f in forms)) * c for c, forms in terms)
        for to in functions:
            functions[to].append(Called(written(f"f{k}", (A, B, C), cost, to), f"f{k}", places))
        wanted.append([_worth(terms, dict(zip((A, B, C), place))) for place in places])
    in_c = run_c(functions["c"], folder)
    assert all(v in (w, WIDE) for found, right in zip(in_c, wanted) for v, w in zip(found, right))
    assert sum(found.count(WIDE) for found in in_c) < len(cases) / 4  # of three times as many
    assert run_node(functions["js"], folder) == wanted
    assert [run_python(f) for f in functions["python"]] == wanted


def _worth(terms: Any, at: Mapping[Symbol, int]) -> int:
    total = 0
    for c, forms in terms:
        for f in forms:
            c *= f.value(at)
        total += c
    return total


SIZES: Final = Arithmetic(power, lambda a, b: floor(a, b, exact=True), lambda *of: apply("max", *of))
ROLES: Final = {
    "N": "batch",
    "K": "kernel",
    "X": "extent",
    "C": "channels",
    "g": "channels",
    "q": "count",
    "n": "count",
}


@needs_c
@needs_node
@pytest.mark.parametrize("count", [60, pytest.param(600, marks=pytest.mark.heavy)])
def test_sums_over_rounds_are_what_their_rounds_add_up_to(count: int, tmp_path: Path) -> None:
    rng = Random(count)
    symbols = {name: symbol(name, role) for name, role in ROLES.items()}
    at_size = {name: size_of(s) for name, s in symbols.items()}
    i = index("i", 0, at_size["n"])
    functions: dict[str, list[Called]] = {"c": [], "js": [], "python": []}
    wanted, sums = [], 0
    for k in range(count):
        terms = random_terms(rng, closed=False)
        values = [random_values(rng, rounds) for rounds in (1, rng.randint(2, 4), 9)]
        cost = total_of(explicit(i, [f.of(size_of(i), at_size, SIZES) for f in factors]) * c for c, factors in terms)
        sums += "Σ" in repr(cost)
        right = [added(terms, 0, at["n"], at) for at in values]
        wanted.append(right)
        for to in functions:
            rows = [[at[name] for name in symbols] for at in values]
            functions[to].append(Called(written(f"f{k}", list(symbols.values()), cost, to), f"f{k}", rows))
    assert sums > count / 3
    assert [run_python(f) for f in functions["python"]] == wanted
    assert run_node(functions["js"], tmp_path) == wanted
    for found, right in zip(run_c(functions["c"], tmp_path), wanted):
        assert all(v in (w, WIDE) for v, w in zip(found, right)), (found, right)


@needs_c
@needs_node
def test_fractions_on_the_way_are_exact_and_a_total_that_is_none_is_outside(tmp_path: Path) -> None:
    """Multipliers that stand free, and powers whose exponents may be below 0, in sums too."""
    rng, v, w, n = Random(7), symbol("v", "multiplier"), symbol("w", "multiplier"), symbol("n", "padding", "test")
    symbols, i = (A, B, n, v, w), index("i", 0, size_of(n))
    a, b, p, q = map(size_of, (A, B, v, w))
    pool: list[tuple[Cost, Callable[..., Any]]] = [
        (cost_product(p), lambda a, b, n, v, w: v),
        (cost_product(p, q), lambda a, b, n, v, w: v * w),
        (cost_product(a) * Fraction(1, 6), lambda a, b, n, v, w: Fraction(a, 6)),
        (cost_product(p + 2 * a, q), lambda a, b, n, v, w: (v + 2 * a) * w),
        (cost_product(apply("max", p, q, a)), lambda a, b, n, v, w: max(v, w, a)),
        (cost_product(apply("min", 3 * p, q * q)), lambda a, b, n, v, w: min(3 * v, w * w)),
        (cost_product(apply("equals", 2 * p, q)), lambda a, b, n, v, w: int(2 * v == w)),
        (cost_product(apply("reaches", p, q * a)), lambda a, b, n, v, w: int(v >= w * a)),
        (cost_product(floor(p * a - 7, 3)), lambda a, b, n, v, w: (v * a - 7) // 3),
        (cost_product(ceiling(p * a, q)), lambda a, b, n, v, w: -(-v * a // w)),
        (cost_product(floor(a * a, p + q)), lambda a, b, n, v, w: a * a // (v + w)),
        (cost_product(apply("make_divisible", 16 * p, 1, 8)), lambda a, b, n, v, w: nearest(16 * v, 8)),
        (power_cost(2, a - b), lambda a, b, n, v, w: Fraction(2) ** (a - b)),
        (power_cost(3, 1 - b), lambda a, b, n, v, w: Fraction(3) ** (1 - b)),
        (
            explicit(i, [power(2, a - size_of(i)), size_of(i) + 1]),
            lambda a, b, n, v, w: sum(Fraction(2) ** (a - k) * (k + 1) for k in range(n)),
        ),
        (
            explicit(i, [p + size_of(i), floor(a, size_of(i) + 1)]),
            lambda a, b, n, v, w: sum((v + k) * (a // (k + 1)) for k in range(n)),
        ),
        (explicit(i, [floor(p * size_of(i), 2)]), lambda a, b, n, v, w: sum(v * k // 2 for k in range(n))),
    ]
    functions: dict[str, list[Called]] = {"c": [], "js": [], "python": []}
    wanted: list[list[Any]] = []
    for k in range(120):
        chosen = [
            (rng.choice([1, 2, -3, 6, 72]), rng.choices(pool, k=rng.randint(1, 2))) for _ in range(rng.randint(1, 3))
        ]
        cost = total_of(product_of(form for form, _ in forms) * c for c, forms in chosen)
        rows = []
        for _ in range(6):
            halves = [Fraction(rng.randint(1, 9), rng.choice([1, 2, 2, 3])) for _ in range(2)]
            rows.append([rng.randint(0, 6), rng.randint(0, 4), rng.randint(0, 5), *halves])
        exact = [sum(c * prod(of(*row) for _, of in forms) for c, forms in chosen) for row in rows]
        wanted.append([int(t) if t.denominator == 1 else OUTSIDE for t in exact])
        names = Names()
        function, _ = function_of(names.fresh("f"), symbols, cost, Domain(), names, fraction=True)
        assert run_python(Called(LANGUAGES["python"](function, names), "f", rows)) == exact, cost
        for to in functions:
            functions[to].append(Called(written(f"f{k}", symbols, cost, to), f"f{k}", rows))
    assert sum(t != OUTSIDE for right in wanted for t in right) > 200
    assert [run_python(f) for f in functions["python"]] == wanted
    assert run_node(functions["js"], tmp_path) == wanted
    assert run_c(functions["c"], tmp_path) == wanted


# -- 64 bits -----------------------------------------------------------------------------------------------------------


@needs_c
def test_c_refuses_the_first_total_beyond_64_bits_and_no_other(tmp_path: Path) -> None:
    net = sc.load("resnet50")
    total = net.total("macs")
    rows, wanted = list[list[int]](), list[Any]()
    for x in (1, 33, 224, 1009, 10**6 + 3):
        one = exactly(total, {"N": 1, "X": x})
        most = LARGEST // one
        rows += [[most, x], [most + 1, x], [LARGEST, x]]
        wanted += [most * one, WIDE, WIDE]
    low, high = 1, 2**40
    while high - low > 1:
        mid = (low + high) // 2
        low, high = (mid, high) if exactly(total, {"N": 1, "X": mid}) <= LARGEST else (low, mid)
    rows += [[1, low], [1, high], [1, LARGEST], [LARGEST, LARGEST]]
    wanted += [exactly(total, {"N": 1, "X": low}), WIDE, WIDE, WIDE]
    assert run_c([Called(code(net), "resnet50_macs", rows)], tmp_path) == [wanted]


EDGES: Final = sorted(
    {
        s * (b + d)
        for s in (1, -1)
        for b in (0, 1, 3, 2**31, 2**32, 3037000499, 2**62, LARGEST)
        for d in (-1, 0, 1)
        if abs(b + d) <= LARGEST
    }
)
ARITHMETIC: Final[dict[str, Callable[[int, int], int]]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "max": max,
    "min": min,
    "gcd": gcd,
    "equals": lambda a, b: int(a == b),
    "reaches": lambda a, b: int(a >= b),
    "unless_at_least": lambda a, b: int(a < b),
    "unless_equal": lambda a, b: int(a != b),
    "unless_other": lambda a, b: int(a == b),
    "unless_divides": lambda a, b: int(a < 1 or b % a != 0),
    "floor": lambda a, b: a // b,
    "ceil": lambda a, b: -(-a // b),
    "power": lambda a, b: a ** min(b, 99),
}


@needs_c
def test_the_checked_arithmetic_of_c_is_exact_or_refuses_and_never_undefined(tmp_path: Path) -> None:
    assert {*ARITHMETIC, "divisible"} == set(HELPERS)
    calls, wanted = [], []
    for k, (name, of) in enumerate(ARITHMETIC.items()):
        for a, b in product(EDGES, EDGES):
            if (name in ("floor", "ceil", "power") and b < 1) or (name == "power" and not 2 <= a <= 5):
                continue
            value = of(a, b)
            calls.append(f"{{{k}, {a}, {b}}}")
            wanted.append(str(value) if abs(value) <= LARGEST else "wide")
    cases = "".join(f"case {k}: return sc_{name}(a, b);" for k, name in enumerate(ARITHMETIC))
    helpers = "\n".join(text for name, (_, text) in HELPERS.items() if name != "divisible")
    text = f"""
#include <inttypes.h>
#include <stdio.h>
#define SC_WIDE INT64_MIN
{helpers}
static int64_t at(int64_t k, int64_t a, int64_t b) {{ switch (k) {{ {cases} }} return 0; }}
static const int64_t calls[][3] = {{{", ".join(calls)}}};
int main(void) {{
    for (int k = 0; k < {len(calls)}; k++) {{
        const int64_t v = at(calls[k][0], calls[k][1], calls[k][2]);
        if (v == SC_WIDE) printf("wide\\n"); else printf("%" PRId64 "\\n", v);
    }}
    return 0;
}}
"""
    trapped = ("-std=c99", "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error")
    done = subprocess.run([str(compiled(text, tmp_path, *trapped))], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert done.stdout.split() == wanted


@needs_c
@needs_node
def test_a_power_with_a_minus_before_it_is_a_power(tmp_path: Path) -> None:
    a, b = size_of(A), size_of(B)
    cost = cost_product(a, a, b) * -1 + cost_product(b, b) * -3
    rows, wanted = [[2, 3], [5, 0], [0, 7]], [-39, 0, -147]
    found = {to: Called(written("f", (A, B), cost, to), "f", rows) for to in LANGUAGES}
    assert run_python(found["python"]) == wanted
    assert run_c([found["c"]], tmp_path) == run_node([found["js"]], tmp_path) == [wanted]


def test_a_number_that_c_cannot_hold_is_refused_when_it_is_written() -> None:
    for value, fits in ((LARGEST, True), (LARGEST + 1, False), (10**30, False)):
        cost = cost_product(size_of(A)) * value
        if fits:
            assert str(value) in written("f", [A], cost, "c")
        else:
            with pytest.raises(SymconvError, match=f"{value} does not fit the 64 bits"):
                written("f", [A], cost, "c")
        assert run_python(Called(written("f", [A], cost, "python"), "f", [[3]])) == [3 * value]


@needs_c
@needs_node
def test_what_is_wide_on_the_way_is_refused_in_sums_and_conditions_too(tmp_path: Path) -> None:
    n, x = symbol("n", "count"), symbol("X")
    i = index("i", 0, size_of(n))
    domain = Domain()
    domain.require(sc.at_least(size_of(x), power(2, size_of(n))))
    cost = cost_product(summed(i, [floor(size_of(x), power(2, size_of(i)))]))
    rows = [[n, x] for n in (1, 5, 62, 63, 64, 100) for x in (1, 2, 31, 32, 2**62, LARGEST)]
    wanted = [sum(x >> k for k in range(n)) if x >= 2**n else OUTSIDE for n, x in rows]
    found = {to: Called(written("f", (n, x), cost, to, domain), "f", rows) for to in ("c", "js", "python")}
    assert run_python(found["python"]) == wanted
    assert run_node([found["js"]], tmp_path) == [wanted]
    (in_c,) = run_c([found["c"]], tmp_path)
    assert in_c == [WIDE if n >= 63 or (isinstance(w, int) and w > LARGEST) else w for (n, _), w in zip(rows, wanted)]


@needs_c
def test_rounds_beyond_64_bits_are_no_rounds_of_c(tmp_path: Path) -> None:
    n, x = symbol("n", "count"), symbol("X")
    i = index("i", 1, size_of(n) * size_of(n))
    cost = cost_product(summed(i, [floor(size_of(x), size_of(i))]))
    rows = [[1, 7], [3, 7], [2**32, 7]]
    assert run_c([Called(written("f", (n, x), cost, "c"), "f", rows)], tmp_path) == [
        [0, sum(7 // k for k in range(1, 9)), WIDE]
    ]


# -- where it holds ----------------------------------------------------------------------------------------------------

IN_DOMAIN: Final[dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]]] = {
    "alexnet": ([{"N": 1, "X": 63}, {"N": 9, "X": 64}], [{"N": 1, "X": 62}, {"N": 0, "X": 63}, {"N": -1, "X": -63}]),
    "lenet5": ([{"N": 1, "X": 32}, {"N": 1, "X": 35}], [{"N": 1, "X": 31}, {"N": 1, "X": 36}, {"N": 1, "X": 0}]),
    "unet": ([{"N": 1, "X": 188}, {"N": 1, "X": 204}], [{"N": 1, "X": x} for x in (172, 187, 189, 196, 203, -4)]),
    "maxvit_t": ([{"N": 1, "X": x} for x in (221, 224, 445)], [{"N": 1, "X": x} for x in (220, 225, 1, -224)]),
    "gpt2": ([{"N": 1, "T": 1}, {"N": 1, "T": 1024}], [{"N": 1, "T": 1025}, {"N": 1, "T": 0}]),
    "vgg/D": ([{"N": 2, "X": 224}, {"N": 2, "X": 32}], [{"N": 2, "X": 31}, {"N": 0, "X": 32}]),
}


@needs_c
@needs_node
def test_every_language_refuses_what_is_outside_of_the_domain(tmp_path: Path) -> None:
    functions: dict[str, list[Called]] = {"c": [], "js": [], "python": []}
    wanted = []
    for k, (name, (inside, outside)) in enumerate(IN_DOMAIN.items()):
        net = sc.load(name)
        rows = rows_of(list(net.symbols), [*inside, *outside])
        for to in functions:
            functions[to].append(Called(code(net, "macs", to, f"f{k}"), f"f{k}", rows))
        wanted.append([exactly(net.total("macs"), at) for at in inside] + [OUTSIDE] * len(outside))
    assert run_c(functions["c"], tmp_path) == wanted
    assert run_node(functions["js"], tmp_path) == wanted
    assert [run_python(f) for f in functions["python"]] == wanted


@pytest.mark.parametrize("family", VARIED)
def test_a_function_refuses_just_what_the_domain_of_its_network_does(family: str) -> None:
    net, rng = net_of(family), Random(family)
    symbols, rows = known(net), []
    for _ in range(400):
        pool = [0, 1, 2, 3, 4, 8, 12, 24, 221, 224, rng.randint(1, 60), rng.randint(100, 500)]
        values = [rng.choice(pool) for _ in symbols]
        rows.append([v if s.integral else Fraction(v, 20) for v, s in zip(values, symbols)])
    legal = [
        all(v >= s.least if s.integral else v > 0 for v, s in zip(row, symbols))
        and net.domain.allows(dict(zip(symbols, row)))
        for row in rows
    ]
    found = run_python(Called(code(net, to="python", name="f"), "f", rows))
    assert [v != OUTSIDE for v in found] == legal


def test_every_relation_of_a_condition_is_checked_and_in_rounds_too() -> None:
    n, x, y = symbol("n", "padding", "t"), symbol("X"), symbol("y", "count", "t")
    i = index("i", 0, size_of(n))
    j = index("j", 0, size_of(i))
    one, two = (Rounds("block", i, ""),), (Rounds("block", i, ""), Rounds("inner", j, ""))
    a, b = size_of(x), size_of(y)
    free = [sc.at_least(a, b), sc.equal(a, 2 * b), differs(a, b), sc.divides(b, a + 1), sc.at_least(a // b, 2)]
    by_round = [sc.divides(size_of(i) + 1, a), sc.at_least(a // power(2, size_of(i)), b)]
    by_both = [sc.at_least(a, b + size_of(i) * size_of(j)), differs(a + size_of(j), b)]
    cases = [(c, rounds) for c in free for rounds in ((), one, two)]
    cases += [(c, rounds) for c in by_round for rounds in (one, two)] + [(c, two) for c in by_both]
    rows = [list(row) for row in product(range(4), range(1, 9), range(1, 5))]
    for condition, rounds in cases:
        asked, domain = replace(condition, rounds=rounds), Domain()
        domain._leave_open(asked)  # as it is, before it is taken apart or solved
        right = [row[1] if asked.holds(dict(zip((n, x, y), row))) else OUTSIDE for row in rows]
        assert len(set(map(str, right))) > 2
        for to, ran in (("python", run_python),):
            text = written("f", (n, x, y), cost_product(a), to, domain)
            assert ran(Called(text, "f", rows)) == right, text


def test_python_takes_whole_numbers_only() -> None:
    space: dict[str, Any] = {}
    exec(code(sc.load("vgg16"), to="python"), space)
    for wrong in (224.0, "224", None, Fraction(224)):
        with pytest.raises(TypeError):
            space["vgg16_macs"](N=1, X=wrong)
    assert space["vgg16_macs"](N=1, X=10**40) == exactly(sc.load("vgg16").total(), {"N": 1, "X": 10**40})


def test_a_divisor_that_is_not_positive_is_outside_of_the_domain() -> None:
    a, b = size_of(A), size_of(B)
    rows = [[8, k] for k in range(7)]
    for cost, value in (
        (cost_product(floor(a, b - 2)), lambda k: 8 // (k - 2) if k > 2 else OUTSIDE),
        (cost_product(floor(a, b - 2, exact=True)), lambda k: 8 // (k - 2) if k in (3, 4, 6) else OUTSIDE),
        (cost_product(apply("ceil", a, b - 3)), lambda k: -(-8 // (k - 3)) if k > 3 else OUTSIDE),
    ):
        text = written("f", (A, B), cost, "python")
        assert run_python(Called(text, "f", rows)) == [value(k) for k in range(7)], text


# -- fractions, conventions, unknown costs -----------------------------------------------------------------------------


@needs_c
@needs_node
def test_a_multiplier_is_a_fraction(tmp_path: Path) -> None:
    net = sc.load("mobilenetv2")
    widths = (Fraction(7, 5), Fraction(1, 3), Fraction(2))
    at = [{"N": n, "w": w, "X": x} for n, w, x in product((1, 3), widths, (97, 224))]
    wanted = [exactly(net.total("macs"), one) for one in at]
    rows = rows_of(list(net.symbols), at)
    texts = {to: code(net, to=to, name="f") for to in LANGUAGES}
    assert run_python(Called(texts["python"], "f", rows)) == wanted
    assert run_node([Called(texts["js"], "f", rows)], tmp_path) == [wanted]
    # As numerator and denominator, which need not be in lowest terms.
    others = [[1, 14, 10, 97], [1, 0, 1, 97], [1, 1, 0, 97], [1, -1, -1, 97]]
    found = run_c([Called(texts["c"], "f", rows), Called(texts["c"].replace(" f(", " g("), "g", others)], tmp_path)
    assert found == [wanted, [wanted[0], OUTSIDE, OUTSIDE, OUTSIDE]]
    with pytest.raises(TypeError, match="an int or a Fraction"):
        run_python(Called(texts["python"], "f", [[1, 1.4, 97]]))  # type: ignore[list-item]


@needs_c
@needs_node
def test_a_convention_with_fractions_gives_a_fraction(tmp_path: Path) -> None:
    net = sc.load("lenet5")
    energy = sc.read_convention(ROOT / "docs" / "energy.yaml")
    total = net.total(energy)
    value = total.xreplace({s: sympy.Integer({"N": 3, "X": 33}[s.name]) for s in total.free_symbols})
    wanted = Fraction(int(value.p), int(value.q))
    assert wanted.denominator > 1
    assert run_python(Called(code(net, energy, "python", "f"), "f", [[3, 33]])) == [wanted]
    text = code(net, energy, "js", "f") + "\nconsole.log(f(3, 33).join('/'));\n"
    assert Fraction(node(text, tmp_path)) == wanted
    main = "#include <stdio.h>\nint main(void) { int64_t a, b; if (f(3, 33, &a, &b)) return 1;"
    text = code(net, energy, "c", "f") + main + ' printf("%lld/%lld", (long long) a, (long long) b); return 0; }\n'
    done = subprocess.run([str(compiled(text, tmp_path))], capture_output=True, text=True, timeout=60)
    assert Fraction(done.stdout) == wanted


def test_an_unknown_cost_is_a_parameter_that_says_so() -> None:
    net = Network("odd")
    net.input("x", "N", 8)
    net.add("op", sc.layers.Unknown("MyOp", (sc.N, 8), cost=net.symbol("cost[MyOp]", "padding")))
    text = code(net, to="python")
    assert list(net.symbols) == ["N", "cost[MyOp]"]
    assert "cost_MyOp is cost[MyOp]." in text
    assert run_python(Called(text, "odd_macs", [[1, 77], [1, 0], [1, -1]])) == [77, 0, OUTSIDE]


# -- strangers ---------------------------------------------------------------------------------------------------------

HOSTILE: Final = (
    "a b", "int", 'x"); system("touch pwned', "*/ evil(); /*", "//", "\\", "x\\", "\n#define N 3", "\r", "\u2028evil()",
    "\u202e", "λ", "größe", "", "3d", "__proto__", "class", "lambda", "await", "result", "status", "total", "i", "max",
    "ceil_X_2", "index", "whole", "N_2", "sc_mul", "INT64_MAX", "int64_t", "linux", "${evil()}", "`", "'''", '"""',
    "{x}", "%s", "??/", "</script>", "<!--", "\0", "X" * 300, "self", "None", "arguments", "f1", "_", "a-b", "a.b",
)  # fmt: skip


def strange(name: str) -> Network:
    """A network whose name and one of whose dimensions are a stranger's."""
    net = Network(f"net {name}")
    net.input("x", "N", 3, "X", "X")
    net.add("conv", sc.layers.Conv(8, 3, 2, 1))
    net.input("y", size_of(symbol(name, "extent", "a stranger")), 5)
    net.add("linear", sc.layers.Linear(7), "y")
    return net


@needs_c
@needs_node
def test_a_strangers_names_are_names_and_no_code(tmp_path: Path) -> None:
    functions: dict[str, list[Called]] = {"c": [], "js": [], "python": []}
    wanted = []
    for k, name in enumerate(HOSTILE):
        net = strange(name)
        values = {**dict.fromkeys(net.symbols, 5), "N": 3, "X": 33}
        wanted.append([3 * (8 * 3 * 9 * 17 * 17) + 5 * 5 * 7])
        for to in functions:
            text = code(net, to=to, name=f"f{k}")
            assert set(text) <= {"\n", *map(chr, range(32, 127))}
            functions[to].append(Called(text, f"f{k}", rows_of(list(net.symbols), [values])))
    for f in functions["python"]:
        tree = ast.parse(f.text)
        assert {type(one) for one in tree.body} <= {ast.ImportFrom, ast.FunctionDef}
        calls = {ast.unparse(one.func) for one in ast.walk(tree) if isinstance(one, ast.Call)}
        assert calls <= {"index", "ValueError"}
    for f in functions["c"]:
        bare = re.sub(r"/\*.*?\*/", "", f.text, flags=re.DOTALL)
        assert set(re.findall(r"(\w+)\(", bare)) <= {f.name, "if", *(f"sc_{name}" for name in HELPERS)}
        assert set(re.findall(r"#\w+", bare)) <= {"#include", "#ifndef", "#define", "#endif"}
    assert run_c(functions["c"], tmp_path) == wanted
    assert run_node(functions["js"], tmp_path) == wanted
    assert [run_python(f) for f in functions["python"]] == wanted


def test_two_names_that_become_one_stay_two() -> None:
    net = Network("two")
    net.input("x", *(size_of(symbol(name, "extent", "a stranger")) for name in ("a b", "a_b", "a-b")), 3)
    net.add("linear", sc.layers.Linear(2))
    head = next(one for one in ast.parse(code(net, to="python")).body if isinstance(one, ast.FunctionDef))
    assert sorted(a.arg for a in head.args.args) == ["a_b", "a_b_2", "a_b_3"]


# -- files -------------------------------------------------------------------------------------------------------------


@needs_c
def test_what_is_written_for_c_is_cplusplus_too_and_several_files_may_become_one(tmp_path: Path) -> None:
    texts = [code(net, metric) for net in map(net_of, VARIED) for metric in ("macs", "ops")]
    whole = "".join(texts) + "int main(void) { return 0; }\n"
    strict = ("-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only")
    compiled(whole, tmp_path, "-x", "c++", *strict)
    compiled(whole, tmp_path, "-std=c11", "-O2", *strict)


@needs_node
def test_javascript_is_a_script_a_commonjs_module_and_with_one_line_an_es_module(tmp_path: Path) -> None:
    text = code(sc.load("vgg16"), to="js")
    (tmp_path / "vgg.cjs").write_text(text)
    (tmp_path / "vgg.mjs").write_text(f"{text}export {{ vgg16_macs }};\n")
    says, want = "console.log(vgg16_macs(1, 224), vgg16_macs(1n, 224n));", "15470264320n 15470264320n\n"
    assert node(f'const {{ vgg16_macs }} = require("./vgg.cjs");\n{says}', tmp_path) == want
    assert node(f'import {{ vgg16_macs }} from "./vgg.mjs";\n{says}', tmp_path, "a.mjs") == want
    assert node(f'import {{ vgg16_macs }} from "./vgg.cjs";\n{says}', tmp_path, "b.mjs") == want
    in_page = 'require("vm").runInThisContext(require("fs").readFileSync(__dirname + "/vgg.cjs", "utf8"));\n'
    assert node(in_page + says, tmp_path) == want
    tried = """
for (const x of [2 ** 53, 1.5, NaN, Infinity, "224", null, undefined, [224], 224n]) {
  try { vgg16_macs(1, x); console.log("taken"); } catch (e) { console.log(e.name); }
}
"""
    assert node(text + tried, tmp_path).split() == ["RangeError"] * 4 + ["TypeError"] * 4 + ["taken"]


def test_the_same_network_is_the_same_text_under_every_hash_seed() -> None:
    program = """
import hashlib, symconv as sc
for name in ("regnet", "efficientnet", "mixtral", "seresnet", "densenet"):
    net = sc.load(name)
    for to in ("c", "python", "js"):
        print(hashlib.sha256(sc.code(net, "ops", to).encode()).hexdigest())
"""
    found = set()
    for seed in ("0", "1"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", program], env=env, cwd=ROOT, capture_output=True, check=True)
        found.add(done.stdout)
    assert len(found) == 1


def test_the_heading_says_what_it_is_of() -> None:
    text = code(sc.load("resnet50"))
    for said in (
        "The MACs of resnet50, in operations: ",
        "9408*ceil(X/2)^2",
        "Domain: N >= 1, X >= 1.",
        "int resnet50_macs(int64_t N, int64_t X, int64_t *result);",
        f"Written by symconv {sc.__version__}.",
    ):
        assert said in text
    assert sc.code(sc.load("resnet50")) == text


# -- the command -------------------------------------------------------------------------------------------------------


def test_the_command_prints_a_function_or_writes_it_to_a_file(tmp_path: Path) -> None:
    file = tmp_path / "resnet50_macs.c"
    assert run("export", "resnet50", "--to", "c", "-o", str(file)) == (0, "", f"wrote {file}\n")
    assert file.read_text() == run("export", "resnet50", "--to", "c").out == code(sc.load("resnet50"))
    done = run("export", "resnet", "--to", "python", "-m", "params", "--at", "n1=3,n2=4,n3=6,n4=3,w=64")
    assert run_python(Called(done.out, "resnet_params", [[1, 224]])) == [25557032]
    assert "The params of resnet at n1=3, n2=4, n3=6, n4=3, w=64" in done.out
    assert "function vgg_total(N, X)" in run("export", "vgg16", "--to", "js", "--name", "vgg_total").out


def test_a_call_that_is_wrong_says_so_and_leaves_an_older_file(tmp_path: Path) -> None:
    file = tmp_path / "old.c"
    file.write_text("mine")
    calls = {
        ("vgg16", "--to", "rust"): 2,
        ("vgg16",): 2,
        ("nope", "--to", "c"): 1,
        ("vgg16", "--to", "c", "-m", "mac"): 2,
        ("vgg16", "--to", "c", "--at", "Q=1"): 2,
        ("alexnet", "--to", "c", "--at", "X=31"): 1,
        ("vgg16", "--to", "c", "--name", "a b"): 2,
        ("vgg16", "--to", "c", "--name", "int"): 2,
        ("dcgan_generator", "--to", "c", "--at", f"N={10**29}"): 1,
    }
    for words, exit_code in calls.items():
        done = run("export", *words, "-o", str(file))
        assert (done.code, done.out) == (exit_code, ""), (words, done)
        assert "Traceback" not in done.err
        assert done.err.strip()
        assert file.read_text() == "mine"
    assert run("export", "vgg16", "--to", "c", "-o", str(tmp_path / "no" / "x.c")).code == 1
    with pytest.raises(CallError, match="known are"):
        code(sc.load("vgg16"), to="rust")
