"""Crossovers: the sizes at which one cost is less than another, exactly, on every residue class."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from symconv.analysis.regions import Region, at_most_zero
from symconv.asked import as_cost
from symconv.cost import Cost, cost_symbols, substitute_cost
from symconv.errors import SymbolError, near
from symconv.evaluation import resolve
from symconv.formula import in_front
from symconv.symbols import Symbol, by_name


@dataclass(frozen=True)
class Crossover:
    """Where a first cost is less than a second, where they are equal, and where it is more, in one symbol."""

    symbol: Symbol
    less: Region
    equal: Region
    more: Region

    def __str__(self) -> str:
        name = self.symbol.name
        said = (("less", self.less), ("equal", self.equal), ("more", self.more))
        return "; ".join(f"{word} for {region.described(name)}" for word, region in said if not region.empty)


def crossover(first: Any, second: Any, symbol: str, /, **values: Any) -> Crossover:
    """For which values of a symbol, from its least on, is the first cost less than the second, equal, or more?

    A factor that all terms of both share and that is at least 1, N as a rule, cancels and needs no value.

    Raises SymbolError for an unknown or a missing name, DomainError for a value that a symbol cannot have, Undecided
    where the difference cannot be followed.

    >>> from symconv.cost import product
    >>> from symconv.extent import size_of
    >>> from symconv.symbols import symbol
    >>> n, t = size_of(symbol("N")), size_of(symbol("T"))
    >>> attention, mlp = product(n, t) * (product(t) * 2 + 4 * 768), product(n, t) * (8 * 768)
    >>> print(crossover(attention, mlp, "T"))
    less for 1 ≤ T ≤ 1535; equal for T = 1536; more for T ≥ 1537
    """
    a, b = as_cost(first), as_cost(second)
    known = by_name(cost_symbols(a) | cost_symbols(b))
    if symbol not in known:
        listed = ", ".join(known) or "they have none"
        raise SymbolError(f"neither cost has a symbol {symbol}: {listed}. {near(symbol, known)}".rstrip(" ."))
    x = known[symbol]
    if symbol in values:
        raise SymbolError(f"{symbol} is asked for, so it takes no value: it was given {values[symbol]}")
    at = resolve(known.values(), values, complete=False)
    h = without_front(substitute_cost(a - b, at), x)
    missing = sorted({s.name for s in cost_symbols(h)} - {symbol})
    if missing:
        raise SymbolError(f"no value for {', '.join(missing)}: every symbol but {symbol} needs one, none is assumed")
    least = x.least
    less, at_most = at_most_zero(h, x, strict=True, least=least), at_most_zero(h, x, least=least)
    return Crossover(x, less, at_most & at_most_zero(-h, x, least=least), at_most_zero(-h, x, strict=True, least=least))


def without_front(h: Cost, x: Symbol | None = None) -> Cost:
    """A cost without the symbols that all its terms share, each at least 1; the asked one stays."""
    return without(h, [s for s in shared_symbols(h) if s is not x])


def shared_symbols(h: Cost) -> list[Symbol]:
    """The symbols that all terms share, each at least 1."""
    front, _ = in_front(h)
    return [f for f in front if isinstance(f, Symbol) and f.least >= 1]


def without(h: Cost, shared: Iterable[Symbol]) -> Cost:
    """A cost without symbols that all its terms share."""
    chosen = list(shared)
    terms = {}
    for factors, c in h.terms.items():
        left = list(factors)
        for f in chosen:
            left.remove(f)
        terms[tuple(left)] = c
    return Cost(terms)
