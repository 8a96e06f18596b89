"""Values by name: exact, complete, and an error that names what is wrong."""

import sys
from decimal import Decimal
from fractions import Fraction
from types import ModuleType
from typing import Any

import pytest
import sympy

import symconv as sc
from symconv.cost import product
from symconv.errors import DomainError, ExtentError, SymbolError
from symconv.evaluation import checked, resolve
from symconv.extent import size_of
from symconv.layers import Conv
from symconv.symbols import by_name, symbol
from symconv.sympy_bridge import to_sympy

X, N, P, w = symbol("X"), symbol("N"), symbol("P"), symbol("w", "multiplier")
x, n, p = map(size_of, (X, N, P))

FORMS = [n * (x // 2 + 3), product(n, x // 2) + product(n, 3), to_sympy(n * (x // 2 + 3))]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_evaluated_by_name(form: Any) -> None:
    assert sc.evaluate(form, X=9, N=5) == 5 * (4 + 3)
    assert type(sc.evaluate(form, X=9, N=5)) is int
    assert sc.evaluate(form, X=2**200 + 1, N=10**30) == 10**30 * (2**199 + 3)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"X": 9}, "no value for N: every symbol needs one, none is assumed"),
        ({}, "no value for N, X"),
        ({"X": 9, "N": 1, "Y": 2}, "there is no symbol Y: the symbols are N, X"),
        ({"x": 9, "N": 1}, r"there is no symbol x: the symbols are N, X\. did you mean X\?"),
        ({"X": 9, "n": 1}, r"there is no symbol n: .* did you mean N\?"),
    ],
)
def test_an_unknown_or_a_missing_name_is_an_error(form: Any, values: dict[str, Any], words: str) -> None:
    with pytest.raises(SymbolError, match=words):
        sc.evaluate(form, **values)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "X = 0 is below 1: X is a positive integer"),
        (-3, "X = -3 is below 1"),
        (2.5, "X = 2.5 is a fraction: X is a positive integer"),
        (Fraction(7, 2), "X = 7/2 is a fraction"),
        ("7/2", "X = '7/2' is a fraction"),
        (Decimal("0.5"), "X = 0.5 is a fraction"),
        (True, "X = True is not a number"),
        (None, "X = None is not a number"),
        ("many", "X = 'many' is not a number"),
        (float("nan"), "X = nan is not a number"),
        (float("inf"), "X = inf is not a number"),
        ([3], r"X = \[3\] is not a number"),
        (3j, "X = 3j is not a number"),
        ("__import__('os')", "is not a number"),
        (sympy.Symbol("Y"), "X = Y is not a number"),
        ("1/0", "X = '1/0' is not a number"),
        ("1e999999999", "X = '1e999999999' is not a number"),
        (Decimal("1e999999999"), "is not a number"),
        ("x" * 10_000, r"X = 'x+… \(10002 characters\) is not a number"),
        (pytest.param(-(10**5000), "X = a number of 16610 bits is below 1", id="huge")),
    ],
)
def test_a_value_that_the_symbol_cannot_have_is_an_error(form: Any, value: Any, words: str) -> None:
    with pytest.raises(DomainError, match=words):
        sc.evaluate(form, X=value, N=1)


@pytest.mark.parametrize(
    "value", [224, 224.0, "224", " 224 ", "2.24e2", Fraction(448, 2), Decimal(224), sympy.Integer(224), "448/2"]
)
def test_a_whole_number_is_taken_however_it_is_written(value: Any) -> None:
    assert sc.evaluate(x // 32, X=value) == 7
    assert type(sc.evaluate(x, X=value)) is int


class NumpyLike:
    """An integer of another library, as numpy.uint8: narrow, and with `__index__`."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value

    def __mul__(self, other: Any) -> Any:
        raise AssertionError("arithmetic in a narrow type wraps in silence")

    __rmul__ = __add__ = __radd__ = __floordiv__ = __rfloordiv__ = __mod__ = __mul__


def test_an_integer_of_another_library_becomes_pythons_before_any_arithmetic() -> None:
    assert sc.evaluate(x * x * 3 + x // 2, X=NumpyLike(200)) == 120_000 + 100


def test_numpys_integers_and_truth_values() -> None:
    numpy: ModuleType = pytest.importorskip("numpy")
    assert sc.evaluate(x * x, X=numpy.uint8(200)) == 40_000
    assert type(sc.evaluate(x * x, X=numpy.int64(3))) is int
    with pytest.raises(DomainError, match="not a number"):
        sc.evaluate(x, X=numpy.bool_(True))


def test_the_kinds_have_their_own_least_values() -> None:
    assert sc.evaluate(p + 1, P=0) == 1
    with pytest.raises(DomainError, match="P = -1 is below 0: P is a nonnegative integer"):
        sc.evaluate(p, P=-1)
    width = size_of(w)
    assert sc.evaluate(width * 64 // 1, w=0.75) == 48
    assert sc.evaluate(width * 64 // 1, w="0.1") == 6  # exactly one tenth, not the float below or above it
    assert sc.evaluate(width * 3, w=Fraction(1, 3)) == 1
    assert type(sc.evaluate(width * 3, w=Fraction(1, 3))) is int
    assert sc.evaluate(width, w="3/4") == Fraction(3, 4)
    for value in (0, -1, "-1/2"):
        with pytest.raises(DomainError, match="is not positive: w is a positive rational"):
            sc.evaluate(width, w=value)


def test_integers_never_go_through_floats() -> None:
    """SymPy's lambdify writes ⌊(X + 6)/7⌋ as (1/7)·X + 6/7, which is 4 at X = 29."""
    for form in ((x + 6) // 7, to_sympy((x + 6) // 7)):
        for size in (29, 7 * 2**80 + 1, 10**40):
            assert sc.evaluate(form, X=size) == (size + 6) // 7


def test_numbers_need_no_values_and_take_none() -> None:
    assert sc.evaluate(7) == 7
    assert sc.evaluate(Fraction(1, 2)) == Fraction(1, 2)
    assert sc.evaluate(product(7)) == 7
    assert sc.evaluate(sympy.Rational(7, 2)) == Fraction(7, 2)
    for number in (7, product(7), sympy.Integer(7)):
        with pytest.raises(SymbolError, match="there is no symbol X"):
            sc.evaluate(number, X=1)


@pytest.mark.parametrize("thing", ["X + 1", "__import__('os').getcwd()", 2.5, None, [1], object])
def test_what_is_no_expression_is_an_error_and_never_run(thing: Any) -> None:
    before = set(sys.modules)
    with pytest.raises(ExtentError, match="is no expression"):
        sc.evaluate(thing, X=1)
    assert set(sys.modules) == before


def test_a_derivative_of_a_floor_has_no_value() -> None:
    total = to_sympy(product(x, x // 2))
    (theirs,) = total.free_symbols
    with pytest.raises(ExtentError, match="only on a residue class"):
        sc.evaluate(sympy.diff(total, theirs), X=5)
    assert sc.evaluate(sympy.diff(theirs**3, theirs), X=5) == 75


def test_two_symbols_of_one_name_are_an_error_wherever_names_are_used() -> None:
    mixed = size_of(symbol("K")) * size_of(symbol("K", "extent", "my model"))
    for form in (mixed, product(mixed), to_sympy(mixed)):
        with pytest.raises(SymbolError, match=r"two different symbols are called K \(of the field and of my model\)"):
            sc.evaluate(form, K=3)
    with pytest.raises(SymbolError, match="two different symbols"):
        by_name([symbol("K"), symbol("K", "multiplier", "other")])
    net = sc.Network("my model")
    net.input("signal", 1, 3, "K")
    with pytest.raises(SymbolError, match="K"):
        net.add("conv", Conv(8, sc.K))


def test_a_models_own_symbol_is_evaluated_by_its_plain_name() -> None:
    net = sc.Network("my model")
    net.input("signal", "N", 3, "K")
    net.add("conv", Conv(8, 3))
    assert net.evaluate("macs", N=1, K=10) == 8 * 3 * 3 * 8
    assert list(net.symbols) == ["N", "K"]


@pytest.mark.parametrize("name", ["expression", "self", "metric", "values", "symbols"])
def test_any_name_may_be_a_symbols(name: str) -> None:
    own = size_of(symbol(name, "extent", "m"))
    assert sc.evaluate(own + 1, **{name: 4}) == 5


def test_values_may_be_given_for_some_symbols_only_where_that_is_asked_for() -> None:
    assert resolve([X, N], {"X": "7"}, complete=False) == {X: 7}
    with pytest.raises(SymbolError, match="no value for N"):
        resolve([X, N], {"X": 7})
    with pytest.raises(SymbolError, match="there is no symbol H"):
        resolve([X, N], {"H": 7}, complete=False)
    assert list(by_name([X, N, P])) == ["N", "P", "X"]
    assert checked(X, 5) == 5
