"""Values by name: the one way from `X=224` to the symbols of an expression."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, Final

from symconv.asked import as_cost
from symconv.cost import Number, cost_symbols, evaluate_cost
from symconv.errors import DomainError, ExtentError, SymbolError, near
from symconv.symbols import RATIONAL, Symbol, by_name
from symconv.sympy_bridge import from_sympy, is_sympys, our_symbol

#: What a value may look like: a short exponent, because 1e999999999 would fill the memory.
NUMBER: Final = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?\s*|\s*[+-]?\d+/\d+\s*", re.ASCII)


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
    exact = _exact(value)
    if exact is None:
        fault = "is not a number"
    elif symbol.kind == RATIONAL and exact <= 0:
        fault = "is not positive"
    elif symbol.kind != RATIONAL and exact.denominator != 1:
        fault = "is a fraction"
    elif exact < symbol.least:
        fault = f"is below {symbol.least}"
    else:
        return int(exact) if exact.denominator == 1 else exact
    raise DomainError(f"{symbol.name} = {_shown(value)} {fault}: {symbol.name} is a {symbol.kind}")


def _exact(value: Any) -> Fraction | None:
    """The number that a value is; None where it is none."""
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        return Fraction(value)
    try:
        return Fraction(operator.index(value)) if not _is_truth(value) else None  # NumPy's integers, SymPy's
    except TypeError:
        pass
    try:
        text = str(value)
        return Fraction(text.strip()) if NUMBER.fullmatch(text) else None
    except (ValueError, ZeroDivisionError):
        return None


def _is_truth(value: Any) -> bool:
    return isinstance(value, bool) or type(value).__name__ in ("bool", "bool_")  # NumPy's is an index too


def _shown(value: Any) -> str:
    """The value as it was written, cut where it is long."""
    try:
        text = repr(value) if isinstance(value, str) else str(value)
    except ValueError:  # Python writes no integers of more than 4,300 digits
        return f"a number of {value.bit_length()} bits"
    return text if len(text) <= 60 else f"{text[:40]}… ({len(text)} characters)"


def evaluate_by_name(expression: Any, /, **values: Any) -> Number:
    """The exact value of an expression: one of ours, or any SymPy expression in symconv's symbols.

    Every symbol needs a value, each name must be one of the expression's, an integer symbol takes integers only.
    Integers stay integers of any size; nothing goes through floats.

    Raises SymbolError for an unknown or a missing name, DomainError for a value that the symbol cannot have,
    ExtentError for what has no value, such as the derivative of a floor.

    >>> from symconv.extent import size_of
    >>> from symconv.symbols import symbol
    >>> x = size_of(symbol("X"))
    >>> evaluate_by_name((x + 6) // 7, X=29)
    5
    """
    if is_sympys(expression):
        return _evaluate_sympy(expression, values)
    cost = as_cost(expression)
    return evaluate_cost(cost, resolve(cost_symbols(cost), values))


def _evaluate_sympy(expression: Any, values: Mapping[str, Any]) -> Number:
    import sympy

    theirs = {our_symbol(s): s for s in expression.free_symbols}
    at = resolve(theirs, values)
    if expression.has(sympy.Sum):  # SymPy 1.14 may add up a product of two sums in i to 0, by the seed of its hashes
        return evaluate_cost(from_sympy(expression), at)
    numbers = {theirs[s]: sympy.Rational(v.numerator, v.denominator) for s, v in at.items()}
    result = expression.xreplace(numbers).doit()
    if result.is_Integer:
        return int(result)
    if result.is_Rational:
        return Fraction(int(result.p), int(result.q))
    if not result.is_number:
        raise ExtentError(f"{result} has no value: the derivative of a floor is one only on a residue class")
    evaluated: Number = result
    return evaluated
