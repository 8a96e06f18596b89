"""What all terms of a cost share: symbols above 0, which change no sign and cancel in a quotient."""

from __future__ import annotations

from collections.abc import Iterable

from symconv.cost import Cost
from symconv.formula import in_front
from symconv.symbols import RATIONAL, Symbol


def shared_symbols(cost: Cost) -> list[Symbol]:
    """The symbols that all terms share, each above 0 at all of its values."""
    front, _ = in_front(cost)
    return [f for f in front if isinstance(f, Symbol) and (f.least >= 1 or f.kind == RATIONAL)]


def without(cost: Cost, shared: Iterable[Symbol]) -> Cost:
    """A cost without symbols that all its terms share."""
    chosen = list(shared)
    terms = {}
    for factors, c in cost.terms.items():
        left = list(factors)
        for f in chosen:
            left.remove(f)
        terms[tuple(left)] = c
    return Cost(terms)


def without_front(cost: Cost, x: Symbol | None = None) -> Cost:
    """A cost without the symbols that all its terms share, of the same sign at all values; the asked one stays.

    >>> from symconv.cost import product
    >>> from symconv.extent import size_of
    >>> from symconv.symbols import symbol
    >>> n, x = size_of(symbol("N")), size_of(symbol("X"))
    >>> without_front(product(n, x, x) - product(n, x) * 7, symbol("X"))
    X·(X − 7)
    """
    return without(cost, [s for s in shared_symbols(cost) if s is not x])
