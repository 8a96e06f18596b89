"""Growth against limits and bounds that brute force finds, and against the article's own simplification."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import gcd

import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import symconv as sc
from analysis.networks import resnet50, vgg
from analysis.recipes import Recipe, recipes
from symconv.analysis.growth import bounds, growth, leading, order
from symconv.cost import Cost, evaluate_cost, product
from symconv.count import CONVENTIONS
from symconv.errors import ExtentError, SymbolError, SymconvError
from symconv.layers import Conv
from symconv.notation import ASCII, LATEX
from symconv.sizes import Undecided
from symconv.symbols import symbol
from symconv.sympy_bridge import to_sympy
from symconv.tensor import Tensor

X, N, K, C_in, C_out, M, S, H, g = (sc.X, sc.N, sc.K, sc.C_in, sc.C_out, sc.M, sc.S, sc.H, sc.g)


def full_count(conv: Conv) -> Cost:
    """The article's count of a convolution onto an M×M map."""
    return CONVENTIONS["full"](conv.work(Tensor((1, C_in, X, X)), Tensor((1, C_out, M, M))))


# -- the article and the networks ----------------------------------------------------------------------------------


def test_the_articles_full_count_simplifies_to_its_leading_term() -> None:
    found = growth(full_count(Conv(C_out, K)))
    assert found.text() == "K²·C_in·C_out·M²"
    assert found.order() == "O(K²·C_in·C_out·M²)"
    assert found.order(ASCII) == "O(K^2*C_in*C_out*M^2)"
    assert found.order(LATEX).startswith(r"O\left(K^{2} \cdot C_{\mathrm{in}}")


def test_groups_stay_a_quotient_that_dominates_one() -> None:
    """(C_in/g − 1)·M²·C_out falls behind K²·(C_in/g)·M²·C_out, since g divides C_in."""
    found = growth(full_count(Conv(C_out, K, groups=g)))
    k, c, d, m, groups = sympy.symbols("K C_in C_out M g", integer=True, positive=True)
    assert sympy.expand(to_sympy(found.cost) - k**2 * c * d * m**2 / groups) == 0
    assert found.text() == "K²·(C_in/g)·C_out·M²"


def test_without_dominance_a_subtracted_one_stays_in_the_antichain() -> None:
    assert leading(product(X) - product(N) + 7) == product(X) - product(N)


def test_resnet50_grows_like_81456_a_pixel() -> None:
    macs = resnet50().cost("macs")
    assert (
        Fraction(14417920, 32**2)
        + Fraction(7471104, 16**2)
        + Fraction(1310720, 8**2)
        + Fraction(245760, 4**2)
        + Fraction(9408, 2**2)
        == 81456
    )
    n, x = to_sympy(N), to_sympy(X)
    for expression in (macs, to_sympy(macs)):
        assert growth(expression).text() == "81456·N·X²"
        assert to_sympy(leading(expression, ["X"])) == 81456 * n * x**2
    assert growth(macs).order() == "O(N·X²)"
    assert growth(macs, ["X"]).order() == "O(X²)"
    assert (order(macs, "X"), order(macs, "N")) == (2, 1)


def test_vgg_d_grows_like_the_sum_of_its_coefficients_over_the_squared_strides() -> None:
    convs = zip((38592, 221184, 1474560, 5898240, 7077888), (1, 2, 4, 8, 16))
    head = Fraction(512 * 4096, 32**2)
    assert leading(vgg("D").cost("macs")) == product(N, X, X) * (sum(Fraction(c, s * s) for c, s in convs) + head)
    assert str(leading(vgg("D").cost("params"))) == "2048·X²"


def test_a_constant_is_of_order_one() -> None:
    params = resnet50().cost("params")
    assert (growth(params).text(), growth(params).order()) == (str(params), "O(1)")
    assert (growth(0).text(), growth(0).order(), growth(Fraction(1, 2)).text()) == ("0", "O(0)", "1/2")


def test_the_symbols_that_do_not_grow_stay_in_the_coefficient() -> None:
    cost = product(K, K, X, X) + product(K, X, X) + product(K, K, K, X)
    assert leading(cost, ["X"]) == product(K, K, X, X) + product(K, X, X)
    assert leading(cost, [K]) == product(K, K, K, X)
    assert leading(cost) == product(K, K, X, X) + product(K, K, K, X)
    assert leading(cost, [to_sympy(K), X]) == leading(cost)


# -- cancellation --------------------------------------------------------------------------------------------------


def test_a_coefficient_that_cancels_is_not_reported() -> None:
    parity = X - 2 * (X // 2)
    found = growth(parity)
    assert (found.text(), found.order(), found.periodic, order(parity, "X")) == ("between 0 and 1", "O(1)", True, 0)
    assert growth(X // 2 - X // 3).text() == "(1/6)·X"
    assert growth(X * (X // 2 + (X + 1) // 2 - X)).text() == "0"


def test_a_coefficient_that_depends_on_the_class_is_bounded_and_refused_as_one_number() -> None:
    cost = product(N, X) * product(X - 2 * (X // 2))
    found = growth(cost)
    assert (found.text(), found.periodic, found.exact) == ("between 0 and N·X", True, False)
    assert found.text(LATEX) == r"\text{between } 0 \text{ and } N \cdot X"
    assert order(cost, "X") == 1
    with pytest.raises(SymconvError, match=r"leading term N·X: it goes from 0 to 1, with the residue class"):
        leading(cost)


def test_max_min_and_gcd_are_followed_where_one_side_is_bounded() -> None:
    assert growth(sc.largest(X, 5) * X).text() == "X²"
    assert growth(sc.largest(2 * X, X + 3)).text() == "2·X"
    assert growth(sc.smallest(X * X, X + 3)).order() == "O(X)"
    assert growth(X * X + sc.gcd(X, 7) * X).text() == "X²"
    assert growth(sc.smallest(X, 5)).order() == "O(1)"
    assert growth(X * X + X * sc.gcd(X, M), ["X"]).text() == "X²"


def test_a_max_of_two_growing_sizes_is_bounded_and_not_decided() -> None:
    found = growth(sc.largest(X, H))
    assert not found.exact
    assert not found.periodic
    with pytest.raises(SymconvError, match="as far as is proven"):
        leading(sc.largest(X, H))


def test_what_cannot_be_followed_is_refused() -> None:
    with pytest.raises(Undecided, match=r"products of symbols below a floor"):
        growth(X // (H + 1))
    with pytest.raises(SymbolError, match=r"no symbol Z"):
        order(X * N, "Z")
    with pytest.raises(SymbolError, match=r"no symbol 3"):
        order(X * N, 3)
    with pytest.raises(ExtentError, match=r"'X\*\*2' is no expression"):
        growth("X**2")
    with pytest.raises(Undecided, match="may be zero"):
        order(X * (sc.gcd(X, 7) - 1) - X, "X")


# -- against brute force -------------------------------------------------------------------------------------------


@given(recipes)
@settings(max_examples=150, deadline=None)
def test_the_leading_coefficients_are_the_limits_over_all_residue_classes(recipe: Recipe) -> None:
    found = growth(recipe.cost)
    degree = max((sum(e for _, e in t.powers) for t in found.terms), default=0)
    limits = [recipe.top(r, degree) for r in range(recipe.period)]
    low, high = (found.terms[0].low, found.terms[0].high) if found.terms else (0, 0)
    assert len(found.terms) <= 1
    assert (min(limits), max(limits)) == (low, high)
    assert found.exact or found.periodic
    if found.terms and found.symbols:
        assert order(recipe.cost, "X") == degree


@given(recipes, st.integers(3, 40))
@settings(max_examples=100, deadline=None)
def test_far_out_the_cost_over_its_leading_term_is_near_one(recipe: Recipe, power: int) -> None:
    found = growth(recipe.cost)
    assume(found.exact and found.terms and found.terms[0].powers)
    x = recipe.period * 10**power
    lead = evaluate_cost(found.cost, {symbol("X"): x})
    assert abs(Fraction(recipe(x)) / Fraction(lead) - 1) <= Fraction(10**6, x)


@given(recipes)
@settings(max_examples=100, deadline=None)
def test_the_polynomial_bounds_hold_at_every_size(recipe: Recipe) -> None:
    low, high = bounds(recipe.cost)
    for x in [*range(1, 60), 997, 10**12 + 1]:
        at = {symbol("X"): x}
        assert evaluate_cost(low, at) <= recipe(x) <= evaluate_cost(high, at)


SEVERAL: dict[str, tuple[sc.Extent | int, Callable[[int, int, int], int]]] = {
    "a symbol below": ((X + 2 * H - 1) // S, lambda x, h, s: (x + 2 * h - 1) // s),
    "a product below": (X * H // (2 * S), lambda x, h, s: x * h // (2 * s)),
    "max": (sc.largest(X, H, 9 - S), lambda x, h, s: max(x, h, 9 - s)),
    "min": (sc.smallest(X, 2 * H, S + 3), lambda x, h, s: min(x, 2 * h, s + 3)),
    "gcd": (sc.gcd(X, H) - sc.gcd(S, 6), lambda x, h, s: gcd(x, h) - gcd(s, 6)),
    "max of floors": (
        X * sc.largest(X // 2, H // 3) - S * sc.smallest(X // 4, 7),
        lambda x, h, s: x * max(x // 2, h // 3) - s * min(x // 4, 7),
    ),
    "a square of a difference": ((X - H // 2) * (X - H // 2), lambda x, h, s: (x - h // 2) ** 2),
    "a floor of a max": ((sc.largest(X, H) + 1) // 3, lambda x, h, s: (max(x, h) + 1) // 3),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_the_bounds_hold_for_several_symbols(name: str) -> None:
    size, plain = SEVERAL[name]
    low, high = (to_exact(b) for b in bounds(size))
    for x in range(1, 14):
        for h in range(1, 14):
            for s in range(1, 9):
                assert low(x, h, s) <= plain(x, h, s) <= high(x, h, s)


def to_exact(cost: Cost) -> Callable[[int, int, int], Fraction]:
    """A bound has quotients that do not come out even, which SymPy's rationals take."""
    function = to_sympy(cost)
    symbols = [to_sympy(s) for s in (X, H, S)]

    def value(*at: int) -> Fraction:
        found = function.xreplace({s: sympy.Integer(v) for s, v in zip(symbols, at)})
        return Fraction(int(found.p), int(found.q))

    return value


powers = st.tuples(*[st.integers(0, 3)] * 3)


@given(st.dictionaries(powers, st.integers(-5, 5).filter(bool), min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_the_leading_monomials_are_those_that_none_divides_into(terms: dict[tuple[int, int, int], int]) -> None:
    def times(m: tuple[int, int, int]) -> list[sc.Extent]:
        return [X] * m[0] + [H] * m[1] + [S] * m[2]

    cost = sum((product(*times(m)) * c for m, c in terms.items()), Cost({}))
    kept = [m for m in terms if not any(o != m and all(a >= b for a, b in zip(o, m)) for o in terms)]
    assert leading(cost) == sum((product(*times(m)) * terms[m] for m in kept), Cost({}))
