"""Residue classes: on X = D·q + r, D a multiple of every denominator, a cost is a polynomial in q.

⌊(X + b)/s⌋ with s | D is (D/s)·q + ⌊(r + b)/s⌋. So on a class floors vanish, and what remains can be differentiated.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm
from typing import Any

from symconv.asked import as_cost, symbol_named, symbol_of
from symconv.cost import Cost, cost_of, cost_symbols, plain_number, product, shortest, substitute_cost, total_of
from symconv.errors import ExtentError, SymbolError
from symconv.extent import Atom, Extent, Floor, Function, Size, size_of, symbols_of
from symconv.sizes import Undecided
from symconv.symbols import POSITIVE, RATIONAL, Symbol, by_name, symbol


def on_class(expression: Any, symbol: Any, modulus: int, remainder: int = 0, quotient: str = "q") -> Cost:
    """The cost on the class X = modulus·q + remainder, in q; floors that become whole are gone.

    q is at least 1 where the remainder is 0 and X is positive, else at least 0, so every X of the class is meant and no
    other.

    Raises SymbolError for a symbol that the expression does not have, or a name for q that it has; ExtentError for a
    remainder outside 0 to modulus − 1, or a rational symbol.

    >>> from symconv.symbols import symbol
    >>> x = size_of(symbol("X"))
    >>> on_class((x + 1) // 2 + x // 4, "X", 4), on_class((x + 1) // 2 + x // 4, "X", 2, 1)
    (3·q, ⌊(3·q + 2)/2⌋)
    """
    cost = as_cost(expression)
    x = symbol_of(cost, symbol)
    return shortest(substitute_cost(cost, {x: modulus * _quotient(cost, x, modulus, remainder, quotient) + remainder}))


def _quotient(cost: Cost, x: Symbol, modulus: int, remainder: int, name: str) -> Extent:
    if x.kind == RATIONAL:
        raise ExtentError(f"{x} is a {x.kind}: only integers have residue classes")
    if modulus < 1 or not 0 <= remainder < modulus:
        raise ExtentError(f"{x} = {modulus}·{name} + {remainder}: a remainder from 0 to the modulus − 1 is wanted")
    if name in by_name(cost_symbols(cost)):
        raise SymbolError(f"the expression has a symbol {name} of its own: choose another name for the quotient")
    return size_of(symbol(name, "count" if x.kind == POSITIVE and remainder == 0 else "padding"))


def period(expression: Any, symbol: Any) -> int:
    """A modulus D such that the cost is a polynomial on every class X = D·q + r: the lcm of the denominators.

    ⌊u/s⌋ where u is a polynomial on the classes of D₀ has D₀·s/g, g the greatest common divisor of s and the
    coefficients of what in u depends on X; so has gcd(u, s).

    Raises Undecided where there is none that is a number: a symbol below a floor, a max or a min.

    >>> from symconv.symbols import symbol
    >>> x = size_of(symbol("X"))
    >>> period((x + 3) // 4 + x // 6, "X"), period((3 * (x // 2) + 1) // 4, "X")
    (12, 8)
    """
    cost = as_cost(expression)
    x = symbol_of(cost, symbol)
    if x.kind == RATIONAL:
        raise ExtentError(f"{x} is a {x.kind}: only integers have residue classes")
    sizes = dict.fromkeys(f if isinstance(f, Extent) else size_of(f) for factors in cost.terms for f in factors)
    return lcm(*(_atom_period(a, x) for size in sizes for monomial in size.terms for a in monomial))


def _atom_period(atom: Atom, x: Symbol) -> int:
    if isinstance(atom, Symbol) or x not in symbols_of(size_of(atom)):
        return 1
    if isinstance(atom, Floor) and isinstance(atom.under, int):
        return _floor_period(atom.over, atom.under, x)
    if isinstance(atom, Floor) and atom.exact and x not in symbols_of(atom.under):
        return lcm(*(_atom_period(a, x) for monomial in atom.over.terms for a in monomial))
    if isinstance(atom, Function) and atom.name == "gcd":
        number, other = atom.arguments  # a number stands first
        if isinstance(number, int) and isinstance(other, Extent):
            return _floor_period(other, number, x)
    raise Undecided(f"{atom} is no polynomial in {x} on any residue class")


def _floor_period(over: Extent, under: int, x: Symbol) -> int:
    if not over.integral:
        raise Undecided(f"{over} has a coefficient that is no integer")
    moving = {m: c for m, c in over.terms.items() if x in symbols_of(Extent({m: c}))}
    atoms = [a for m in moving for a in m]
    if any(isinstance(a, Floor) and not isinstance(a.under, int) and x in symbols_of(size_of(a)) for a in atoms):
        raise Undecided(f"{over} has {x} over a symbol")
    return lcm(*(_atom_period(a, x) for a in atoms)) * (under // gcd(under, *moving.values()))


def polynomial_on(expression: Any, symbol: Any, modulus: int, remainder: int = 0) -> Cost:
    """The polynomial in X itself, with rational coefficients, that the cost equals on X ≡ remainder (mod modulus).

    Raises Undecided where the cost is no polynomial on that class, and as `on_class`.

    >>> from symconv.symbols import symbol
    >>> x = size_of(symbol("X"))
    >>> polynomial_on((x // 2) * (x // 2), "X", 2), polynomial_on(x // 2, "X", 2, 1)
    ((1/4)·X², (1/2)·X − 1/2)
    """
    cost = as_cost(expression)
    x = symbol_of(cost, symbol)
    name = "q"
    while name in by_name(cost_symbols(cost)):
        name += "q"
    q = symbol_named(_quotient(cost, x, modulus, remainder, name))
    on = on_class(cost, x, modulus, remainder, name)
    parts = []
    for monomial, c in on.expanded().items():
        others = tuple(a for a in monomial if a is not q)
        if any(q in symbols_of(size_of(a)) for a in others):
            raise Undecided(
                f"on {x} = {modulus}·q + {remainder} the cost is no polynomial: it has {product(*map(size_of, others))}"
            )
        k = len(monomial) - len(others)
        base: Size = size_of(x) - remainder
        parts.append(cost_of({others: Fraction(c) / modulus**k}) * product(*[base] * k))
    return cost_of({m: plain_number(c) for m, c in total_of(parts).expanded().items()})
