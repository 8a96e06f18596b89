"""Sizes and costs as SymPy expressions, and back."""

import pickle
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from random import Random

import pytest
import sympy
from amounts import many
from hypothesis import given
from hypothesis import strategies as st
from test_cost import NAMES, random_cost, value
from test_extent import SIZE, SYMBOL, at, random_extents, random_values
from witness.programs import NoValueError, run

import symconv as sc
from symconv.cost import Cost, evaluate_cost, product
from symconv.errors import ExtentError, SymbolError
from symconv.extent import Atom, Extent, Floor, Function, Size, size_of
from symconv.extremes import gcd, largest, smallest
from symconv.layers import Conv, MaxPool
from symconv.rounding import floor
from symconv.symbols import symbol
from symconv.sympy_bridge import from_sympy, our_symbol, size_from_sympy, sympy_symbol, to_sympy

X, H, P, S, w = (SIZE[name] for name in ("X", "H", "P", "S", "w"))
x, h, p, s = (sympy_symbol(SYMBOL[name]) for name in ("X", "H", "P", "S"))


def numbers(values: dict[str, object]) -> dict[sympy.Symbol, sympy.Rational]:
    return {sympy_symbol(SYMBOL[name]): sympy.Rational(str(v)) for name, v in values.items()}


@pytest.mark.parametrize("count", [250, pytest.param(many(500), marks=pytest.mark.heavy)])
def test_a_size_as_a_sympy_expression_has_the_same_values_and_comes_back(count: int) -> None:
    rng, met = Random(count), 0
    for names, program, size in random_extents(rng, count):
        expression = to_sympy(size)
        try:
            back = from_sympy(expression)
        except ExtentError:  # a quotient with a rational symbol is no size
            if "w" not in names:
                raise
            continue
        for _ in range(3):
            values = random_values(rng, names)
            try:
                expected = run(program, values)
            except NoValueError:
                continue
            assert expression.subs(numbers(values)) == sympy.Rational(str(expected)), (size, expression, values)
            assert evaluate_cost(back, at(values)) == expected, (size, expression, back, values)
            known = {name: v for name, v in values.items() if sympy_symbol(SYMBOL[name]) in expression.free_symbols}
            assert sc.evaluate(expression, **known) == expected
            met += 1
    assert met > count


@given(st.integers(0, 10**9))
def test_a_cost_as_a_sympy_expression_has_the_same_values_and_comes_back(seed: int) -> None:
    rng = Random(seed)
    cost, made = random_cost(rng)
    if len(str(cost)) > 600:
        return
    expression = to_sympy(cost)
    quotients = any(map(_quotients, cost_factors(cost)))
    for _ in range(2):
        values = random_values(rng, NAMES)
        try:
            expected = value(made, values)
        except NoValueError:
            continue
        # All at once: one after the other, SymPy 1.14 makes something else of floor(Min(P**2, 2*Q)/90).
        assert expression.xreplace(numbers(values)).doit() == sympy.Rational(str(expected))
        try:
            assert evaluate_cost(from_sympy(expression), at(values)) == expected
        except ExtentError:  # X/28, which SymPy does not know to be whole, X/w, which need not be
            assert quotients


def cost_factors(cost: Cost) -> Iterator[Size | Atom]:
    return (factor for factors in cost.terms for factor in factors)


def _quotients(of: Size | Atom) -> bool:
    """Whether there is a quotient in it that comes out even, which SymPy writes as any other."""
    if isinstance(of, Extent):
        return any(_quotients(a) for m in of.terms for a in m)
    if isinstance(of, Floor):
        return of.exact or _quotients(of.over) or _quotients(of.under)
    return isinstance(of, Function) and any(map(_quotients, of.arguments))


@pytest.mark.parametrize("seed", [1775, 2043, 5770, 6661, 19942])
def test_what_sympy_does_not_know_to_be_whole_does_not_come_back(seed: int) -> None:
    cost, _ = random_cost(Random(seed))
    with pytest.raises(ExtentError, match=r"need not be whole|is not an integer expression"):
        from_sympy(to_sympy(cost))


def floors_of(size: Size) -> list[Floor]:
    return [] if isinstance(size, int) else [a for m in size.terms for a in m if isinstance(a, Floor)]


@pytest.mark.parametrize("d", [2, 3, 5, 7, 16, 32, 1001])
def test_an_atom_is_the_object_that_sympys_own_floor_makes(d: int) -> None:
    """The short way past SymPy's own evaluation makes no other object: same tree, same hash, same simplification."""
    met = 0
    for c in (1, 2, 3, -1, 5):
        for b in range(min(d, 12)):
            for atom in floors_of((c * X + b) // d):
                ours = to_sympy(size_of(atom))
                theirs = sympy.floor(to_sympy(atom.over) / to_sympy(atom.under))
                assert ours == theirs
                assert hash(ours) == hash(theirs)
                assert sympy.srepr(ours) == sympy.srepr(theirs)
                assert ours.func(*ours.args) == ours
                met += 1
    assert met > 3
    assert to_sympy((X + 3) // 4) == sympy.floor(x / 4 + sympy.Rational(3, 4))


def test_sympy_takes_a_size_wherever_it_takes_an_expression() -> None:
    assert sympy.sympify(X // 2) == sympy.floor(x / 2)
    assert x + (X + 1) // 2 == x + sympy.floor(x / 2 + sympy.Rational(1, 2))
    assert sympy.sympify(product(X, X) * Fraction(1, 2)) == x**2 / 2
    assert to_sympy(7) == 7
    assert to_sympy(product(0)) == 0
    assert to_sympy(product(7) * Fraction(1, 2)) == sympy.Rational(7, 2)


def vgg_like() -> sc.Network:
    net = sc.Network("small")
    net.input("image", "N", 3, "X", "X")
    net.add("conv1", Conv(8, 3, padding=1))
    net.add("pool", MaxPool(2))
    net.add("conv2", Conv(16, 3))
    return net


def test_sympys_own_tools_work_on_a_total() -> None:
    total = vgg_like().total("macs")
    n = sympy_symbol(symbol("N"))
    assert total.free_symbols == {n, x}
    assert total.func is sympy.Mul  # N stands in front
    assert n in total.args
    assert sympy.diff(total, n) == total / n
    assert sympy.expand(total).coeff(n, 0) == 0
    assert total.subs({n: 2, x: 10}) == 2 * (216 * 100 + 1152 * 9)
    assert "\\lfloor" in sympy.latex(total)
    smooth = sympy_total_on_even_sizes()
    assert sympy.Poly(smooth, x).degree() == 2
    assert sympy.diff(smooth, x, 2) == 2 * (216 * 4 + 1152)
    assert sympy.solve(smooth - smooth.subs(x, 7), x) == [7]  # symbols are positive: no second root
    assert sympy.series(smooth, x, 0, 2).removeO().is_polynomial(x)
    assert sympy.limit(smooth / x**2, x, sympy.oo) == 216 * 4 + 1152


def sympy_total_on_even_sizes() -> sympy.Expr:
    """The total at X = 2·X, N = 1, which is a polynomial."""
    net = vgg_like().substitute(X=2 * X, N=1)
    total = net.total("macs")
    assert not total.has(sympy.floor)
    return sympy.expand(total)


def test_a_sum_of_totals_stays_exact_and_plain() -> None:
    a, b = vgg_like().total("macs"), vgg_like().total("params")
    assert sc.evaluate(2 * a + b, N=1, X=10) == 2 * sc.evaluate(a, N=1, X=10) + (8 * 27 + 8) + (16 * 72 + 16)
    assert sc.evaluate(a / 7, N=1, X=10) == Fraction(int(a.subs({x: 10, sympy_symbol(symbol("N")): 1})), 7)
    assert sc.evaluate(a * 10**30, N=1, X=10) == sc.evaluate(a, N=1, X=10) * 10**30


# -- back ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (x**2 - 4 * x + 4, "X² − 4·X + 4"),
        ((x - 2) ** 2, "(X − 2)²"),
        (sympy.floor(x / 2 + sympy.Rational(1, 2)), "⌈X/2⌉"),
        (sympy.ceiling(x / 32), "⌈X/32⌉"),
        (sympy.floor((x + 2 * p - 3) / s) + 1, "⌊(X + 2·P − 3)/S⌋ + 1"),
        (sympy.Max(x, h), "max(X, H)"),
        (sympy.Min(x + 3, x + 1), "X + 1"),
        (x * h / 4, "(1/4)·X·H"),
        (x / s, "X/S"),
        (sympy.Integer(5), "5"),
        (sympy.floor(sympy.floor(x / 2) / 3), "⌊X/6⌋"),
        (sympy.Rational(2, 3) * x, "(2/3)·X"),
    ],
)
def test_an_expression_of_sympys_comes_in(expression: sympy.Expr, text: str) -> None:
    cost = from_sympy(expression)
    assert str(cost) in (text, text.replace("X, H", "H, X"))
    for point in ({x: 64, h: 5, p: 0, s: 4}, {x: 60, h: 61, p: 3, s: 6}):
        assert to_sympy(cost).subs(point) == expression.subs(point)


@pytest.mark.parametrize(
    "expression", [sympy.log(x), x ** sympy.Rational(1, 2), 1.5 * x, 2.5**x, sympy.pi * x, sympy.sin(x), x**h]
)
def test_what_is_no_polynomial_in_floors_is_refused(expression: sympy.Expr) -> None:
    with pytest.raises(ExtentError, match="is no polynomial"):
        from_sympy(expression)


@pytest.mark.parametrize("given", [1.5, "X", None, sympy.true, sympy.Eq(x, 1), sympy.Matrix([x])])
def test_what_is_no_expression_is_refused(given: object) -> None:
    with pytest.raises(ExtentError, match="is no expression: one of SymPy's or a number is wanted"):
        from_sympy(given)


def test_a_number_of_pythons_comes_in() -> None:
    assert from_sympy(7) == product(7)
    assert from_sympy(Fraction(2, 3)) == product(2) * Fraction(1, 3)


def test_a_size_has_integer_coefficients() -> None:
    assert size_from_sympy(x**2 - 3) == X * X - 3
    assert size_from_sympy(sympy.Integer(9)) == 9
    assert size_from_sympy(sympy.floor(x / 2) * 2) == 2 * (X // 2)
    with pytest.raises(ExtentError, match="coefficient 1/2"):
        size_from_sympy(x / 2)


def test_exact_quotients_max_min_and_gcd_go_out_and_come_back() -> None:
    for size in (floor(X * H, S, exact=True), largest(X, H // 2, 5), smallest(X, H), gcd(X, 6) * H + gcd(X, H)):
        expression = to_sympy(size)
        assert from_sympy(expression) == product(size)
        assert pickle.loads(pickle.dumps(expression)) == expression
    assert to_sympy(gcd(X, 6)).subs(x, 15) == 3
    assert str(to_sympy(gcd(X, 6))) == "gcd(6, X)"
    assert to_sympy(gcd(X, 6)).is_integer
    assert to_sympy(gcd(X, 6)).is_positive


# -- symbols ---------------------------------------------------------------------------------------------------------


def model(name: str) -> sc.Network:
    net = sc.Network(name)
    net.input("signal", "N", 3, "K")
    net.add("conv", Conv(8, 3))
    return net


def test_the_symbols_of_two_models_never_mix() -> None:
    a, b = model("a").total("macs"), model("b").total("macs")
    assert str(a) == str(b) == "72*N*(K - 2)"
    assert a != b
    assert a - b != 0
    assert len((a + b).free_symbols) == 3
    (k,) = (t for t in a.free_symbols if t.name == "K")
    assert b.subs(k, 10) == b
    assert a.subs(k, 10) != a
    assert k != sympy_symbol(symbol("K"))
    assert model("a").total("macs") == a
    with pytest.raises(SymbolError, match=r"two different symbols are called K \(of a and of b\)"):
        sc.evaluate(a + b, N=1, K=10)
    assert sc.evaluate(a, N=1, K=10) == sc.evaluate(b, N=1, K=10) == 576


def test_a_models_symbols_survive_pickling_into_another_process() -> None:
    total = model("a").total("macs")
    assert pickle.loads(pickle.dumps(total)) == total
    code = (
        "import pickle, sys, symconv as sc; from symconv.layers import Conv;"
        "total = pickle.loads(sys.stdin.buffer.read()); net = sc.Network('a'); net.input('signal', 'N', 3, 'K');"
        "net.add('conv', Conv(8, 3)); assert total == net.total('macs'); assert total - net.total('macs') == 0;"
        "print(sc.evaluate(total, N=1, K=10))"
    )
    done = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(total), capture_output=True, check=False)
    assert done.stdout.strip() == b"576", done.stderr.decode()


def test_a_symbol_goes_out_and_comes_back() -> None:
    for ours in (symbol("X"), symbol("P"), symbol("w", "multiplier"), symbol("K", "extent", "m"), symbol("q", "count")):
        assert our_symbol(sympy_symbol(ours)) is ours
    assert our_symbol(sympy.Symbol("anything", integer=True, positive=True)) is symbol("anything", "count")
    assert our_symbol(sympy.Symbol("X", integer=True, positive=True)) is symbol("X")


@pytest.mark.parametrize(
    "foreign",
    [
        sympy.Symbol("X"),
        sympy.Symbol("X", integer=True),
        sympy.Symbol("X", positive=True),
        sympy.Symbol("X", integer=True, positive=True, even=True),
        sympy.Dummy("X", integer=True, positive=True),
    ],
)
def test_a_foreign_symbol_is_refused_with_what_would_be_accepted(foreign: sympy.Symbol) -> None:
    """The like of Symbol("X") would be left out of a substitution in silence."""
    for expression in (foreign, foreign + x, sympy.floor(foreign / 2) * x):
        for use in (from_sympy, lambda e: sc.evaluate(e, X=3)):
            with pytest.raises(SymbolError, match=r"X is not one of symconv's: .*sc\.X.*integer=True, positive=True"):
                use(expression)


def test_sympy_is_not_imported_before_an_expression_is_asked_for() -> None:
    code = (
        "import sys, symconv as sc; from symconv.layers import Conv;"
        "net = sc.Network(); net.input('i', 'N', 3, 'X', 'X'); net.add('c', Conv(8));"
        "str(net.cost('macs')); net.evaluate('macs', N=1, X=9); assert 'sympy' not in sys.modules;"
        "net.total('macs'); assert 'sympy' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_a_size_in_a_model_of_its_own_prints_as_its_name() -> None:
    own = size_of(symbol("K", "extent", "m"))
    assert str(own) == str(to_sympy(own)) == sympy.latex(to_sympy(own)) == "K"
