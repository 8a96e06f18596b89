"""Values by name: the one way from `X=224` to the symbols of an expression."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from symconv.cost import Cost, Number, cost_symbols, evaluate_cost
from symconv.errors import DomainError, SymbolError, near
from symconv.extent import Extent, evaluate, symbols_of
from symconv.symbols import RATIONAL, Symbol
from symconv.sympy_bridge import our_symbol


def by_name(symbols: Iterable[Symbol]) -> dict[str, Symbol]:
    """The symbols by their names, in a fixed order.

    Raises SymbolError where two different symbols have one name.
    """
    found: dict[str, Symbol] = {}
    for s in sorted(set(symbols), key=lambda s: s.key):
        other = found.setdefault(s.name, s)
        if other is not s:
            owners = " and ".join(f"of {o.scope}" if o.scope else "of the field" for o in (other, s))
            raise SymbolError(f"two different symbols are called {s.name} ({owners}): evaluate each model by itself")
    return found


def resolve(symbols: Iterable[Symbol], values: Mapping[str, Any], complete: bool = True) -> dict[Symbol, Any]:
    """The values of symbols, given by name.

    Raises SymbolError for a name that none of the symbols has, and, where `complete`, for a symbol without a value;
    DomainError for a fraction where an integer is wanted, or a value below the least one of its kind.
    """
    known = by_name(symbols)
    for name in values:
        if name not in known:
            listed = ", ".join(known) or "no symbols"
            raise SymbolError(f"there is no symbol {name}: the symbols are {listed}. {near(name, known)}".rstrip(" ."))
    missing = [name for name in known if name not in values]
    if missing and complete:
        raise SymbolError(f"no value for {', '.join(missing)}: every symbol needs one, none is assumed")
    return {known[name]: checked(known[name], value) for name, value in values.items()}


def checked(symbol: Symbol, value: Any) -> int | Fraction:
    """A value that the symbol's kind allows, as an exact number.

    Raises DomainError, naming the symbol, for any other.
    """
    try:
        exact = Fraction(int(value)) if _is_integer(value) else Fraction(str(value))
    except (ValueError, TypeError, ZeroDivisionError, OverflowError):
        raise DomainError(f"{symbol.name} = {value!r} is not a number: {symbol.name} is a {symbol.kind}") from None
    if symbol.kind == RATIONAL:
        if exact <= 0:
            raise DomainError(f"{symbol.name} = {exact} is not positive: {symbol.name} is a {symbol.kind}")
        return int(exact) if exact.denominator == 1 else exact
    if exact.denominator != 1:
        raise DomainError(f"{symbol.name} = {value} is a fraction: {symbol.name} is a {symbol.kind}")
    if exact < symbol.least:
        raise DomainError(f"{symbol.name} = {exact} is below {symbol.least}: {symbol.name} is a {symbol.kind}")
    return int(exact)


def _is_integer(value: Any) -> bool:
    try:
        return not isinstance(value, str | bool | float) and int(value) == value
    except (TypeError, ValueError, OverflowError):
        return False


def evaluate_by_name(expression: Any, **values: Any) -> Number:
    """The exact value of an expression: one of ours, or any SymPy expression in symconv's symbols.

    Every symbol needs a value, each name must be one of the expression's, an integer symbol takes integers only.
    Integers stay integers of any size; nothing goes through floats.

    Raises SymbolError for an unknown or a missing name, DomainError for a value that the symbol cannot have.

    >>> from symconv.extent import size_of
    >>> from symconv.symbols import symbol
    >>> x = size_of(symbol("X"))
    >>> evaluate_by_name((x + 6) // 7, X=29)
    5
    """
    if isinstance(expression, int | Fraction) and not values:
        return expression
    if isinstance(expression, Extent):
        value: Number = evaluate(expression, resolve(symbols_of(expression), values))
        return value
    if isinstance(expression, Cost):
        return evaluate_cost(expression, resolve(cost_symbols(expression), values))
    if isinstance(expression, int | Fraction):
        resolve((), values)
    return _evaluate_sympy(expression, values)


def _evaluate_sympy(expression: Any, values: Mapping[str, Any]) -> Number:
    import sympy

    theirs = {our_symbol(s): s for s in expression.free_symbols}
    at = resolve(theirs, values)
    numbers = {theirs[s]: sympy.Rational(v.numerator, v.denominator) for s, v in at.items()}
    result = expression.xreplace(numbers).doit()
    if result.is_Integer:
        return int(result)
    if result.is_Rational:
        return Fraction(int(result.p), int(result.q))
    evaluated: Number = result
    return evaluated
