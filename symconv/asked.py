"""What is asked about: any kind of expression as a cost, and which of its symbols is meant."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from symconv.cost import Cost, cost_symbols, product
from symconv.errors import ExtentError, SymbolError, near
from symconv.extent import Extent
from symconv.symbols import Symbol, by_name
from symconv.sympy_bridge import from_sympy, is_sympys, our_symbol


def as_cost(expression: Any) -> Cost:
    """A number, an extent, a cost or a SymPy expression as a cost.

    Raises ExtentError for anything that is no polynomial in symbols, floors, max, min and gcd.
    """
    if isinstance(expression, Cost):
        return expression
    if isinstance(expression, Extent | int | Fraction):
        return product(expression)
    if not is_sympys(expression):
        raise ExtentError(
            f"{expression!r} is no expression: a cost, an extent, a number or a SymPy expression is wanted"
        )
    return from_sympy(expression)


def symbol_of(cost: Cost, which: Any) -> Symbol:
    """The symbol of a cost that a name, a symbol of ours or SymPy's stands for.

    Raises SymbolError where the cost does not depend on it.
    """
    known = by_name(cost_symbols(cost))
    found = known.get(which) if isinstance(which, str) else symbol_named(which)
    if found is None or found not in known.values():
        listed = ", ".join(known) or "there are none"
        raise SymbolError(
            f"the expression has no symbol {which} (its symbols: {listed}). {near(str(which), known)}".rstrip()
        )
    return found


def symbol_named(which: Any) -> Symbol | None:
    """The symbol that an extent, SymPy's symbol or one of ours is; None where it is more than a symbol."""
    if isinstance(which, Extent):
        ((monomial, c),) = which.terms.items() if len(which.terms) == 1 else (((), 0),)
        return monomial[0] if c == 1 and len(monomial) == 1 and isinstance(monomial[0], Symbol) else None
    return our_symbol(which) if is_sympys(which) else which if isinstance(which, Symbol) else None
