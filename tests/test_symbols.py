"""The one constructor of symbols: name, kind of number, model."""

import pickle
from copy import copy, deepcopy
from itertools import product

import pytest
import sympy

import symconv as sc
from symconv.errors import SymbolError
from symconv.extent import size_of
from symconv.symbols import FIELD, NONNEGATIVE, POSITIVE, RATIONAL, ROLES, Symbol, symbol
from symconv.sympy_bridge import sympy_symbol


def test_the_fields_symbols_are_there_by_name() -> None:
    assert list(FIELD) == ["N", "K", "C_in", "C_out", "D", "S", "P", "g", "M", "T", "X", "H", "W"]
    for name in FIELD:
        assert getattr(sc, name) == size_of(symbol(name))
        assert symbol(name).scope == ""
    assert [name for name in FIELD if symbol(name).kind == NONNEGATIVE] == ["P"]


@pytest.mark.parametrize(("name", "role"), FIELD.items())
def test_a_name_in_the_fields_own_role_is_the_fields_symbol_in_every_model(name: str, role: str) -> None:
    assert symbol(name, role, "model") is symbol(name)


def test_another_role_or_another_model_makes_another_symbol() -> None:
    every = [symbol(n, r, m) for n, r, m in product(("K", "width"), ("extent", "multiplier"), ("", "a", "b"))]
    assert len(set(every)) == len(every)
    assert len({size_of(s) for s in every}) == len(every)
    assert len({sympy_symbol(s) for s in every}) == len(every)
    assert symbol("K", "extent", "a") is symbol("K", "extent", "a")
    assert {s.name for s in every} == {"K", "width"}
    assert {str(sympy_symbol(s)) for s in every} == {"K", "width"}


@pytest.mark.parametrize(("role", "kind"), ROLES.items())
def test_the_kind_follows_from_the_role_and_so_do_sympys_assumptions(role: str, kind: str) -> None:
    made = symbol("anything", role, "model")
    assert made.kind == kind
    assert made.integral == (kind != RATIONAL)
    assert made.least == (1 if kind == POSITIVE else 0)
    theirs = sympy_symbol(made)
    assert theirs.is_integer is (True if kind != RATIONAL else None)
    assert theirs.is_rational is True
    assert theirs.is_positive is (True if kind != NONNEGATIVE else None)
    assert theirs.is_nonnegative is True


@pytest.mark.parametrize(
    ("name", "role", "words"),
    [
        ("Y", None, r"Y is none of the field's symbols \(N, K, .*\), so it needs a role"),
        ("Y", "extend", "unknown role 'extend'.* did you mean extent"),
        ("Y", "", "unknown role ''"),
    ],
)
def test_an_unknown_name_or_role_is_an_error(name: str, role: str | None, words: str) -> None:
    with pytest.raises(SymbolError, match=words):
        symbol(name, role)


def test_a_symbol_stays_itself_when_it_is_copied_or_pickled() -> None:
    for made in (symbol("X"), symbol("K", "extent", "model"), symbol("w", "multiplier", "model")):
        assert copy(made) is deepcopy(made) is made
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            assert pickle.loads(pickle.dumps(made, protocol)) is made


def test_keys_order_symbols_totally_the_fields_first() -> None:
    names = [*FIELD, "alpha", "zeta"]
    made = [symbol(n, FIELD.get(n, "extent")) for n in names] + [symbol("K", "extent", m) for m in ("b", "a")]
    assert len({s.key for s in made}) == len(made)
    ordered = sorted(made, key=lambda s: s.key)
    made.reverse()
    assert ordered == sorted(made, key=lambda s: s.key)
    assert [s.name for s in ordered][:4] == ["N", "K", "K", "K"]
    assert isinstance(ordered[0], Symbol)


def test_sympys_own_symbol_of_the_same_name_and_assumptions_is_the_same() -> None:
    assert sympy.Symbol("X", integer=True, positive=True) == sympy_symbol(symbol("X"))
    assert sympy.Symbol("X") != sympy_symbol(symbol("X"))
    assert sympy.Symbol("X", integer=True, positive=True) != sympy_symbol(symbol("X", "count", "model"))


def test_two_symbols_of_one_name_are_never_shown_or_evaluated_as_one() -> None:
    theirs = size_of(symbol("K", "extent", "a model"))
    mixed = sc.product(theirs) + sc.product(sc.K, sc.K)
    for use in (str, sc.to_sympy, lambda cost: sc.evaluate(cost, K=3)):
        with pytest.raises(SymbolError, match="two different symbols are called K"):
            use(mixed)
    with pytest.raises(SymbolError, match="two different symbols are called K"):
        sc.evaluate(sc.to_sympy(theirs) + sc.to_sympy(sc.K), K=3)
