"""Crossovers: the sizes at which one cost is less than another, and where the order of networks changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from symconv.analysis.legal import legal
from symconv.analysis.regions import Region
from symconv.analysis.shared import without_front
from symconv.analysis.signs import where
from symconv.asked import as_cost
from symconv.cost import cost_symbols, substitute_cost
from symconv.count import Convention
from symconv.errors import SymbolError, near
from symconv.evaluation import resolve
from symconv.network import Network
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
    return Crossover(x, *(where(h, relation, x) for relation in ("<", "=", ">")))


# -- networks ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Order:
    """Where a first network costs less than a second, the same, or more, at values that are legal for both."""

    first: str
    second: str
    less: Region
    equal: Region
    more: Region

    @property
    def changes(self) -> bool:
        """Whether the first costs less at some values and more at others."""
        return not (self.less.empty or self.more.empty)


def refuse_unknown(names: Iterable[str], known: Collection[str]) -> None:
    """Raises SymbolError for a name that is none of those `known` to some networks."""
    for name in names:
        if name not in known:
            listed = ", ".join(known) or "they have none"
            raise SymbolError(f"none of the networks has a symbol {name}: {listed}. {near(name, known)}".rstrip(" ."))


def placed_at(networks: Sequence[Network], values: Mapping[str, Any]) -> list[Network]:
    """The networks with the values in place of the symbols that each has.

    Raises SymbolError for a name that none of them has, DomainError outside a network's domain.
    """
    refuse_unknown(values, dict.fromkeys(name for net in networks for name in net.symbols))
    return [net.substitute(**{n: v for n, v in values.items() if n in net.symbols}) for net in networks]


def orders(
    networks: Sequence[Network], symbol: str, metric: str | Convention = "macs", /, **values: Any
) -> tuple[Order, ...]:
    """How each network compares with the next one in a symbol; all others that do not cancel need values.

    Raises SymbolError for an unknown or a missing name, DomainError outside a domain, Undecided where a difference
    cannot be followed.

    >>> from symconv.readers import load
    >>> (order,) = orders([load("mobilenet_v2"), load("squeezenet1_1")], "X")
    >>> order.changes, order.less, order.more
    (True, x ≥ 113, 17 ≤ x ≤ 112)
    """
    out = []
    for a, b in pairwise(placed_at(networks, values)):
        found = crossover(a.cost(metric), b.cost(metric), symbol)
        one, other = legal(a, found.symbol), legal(b, found.symbol)
        allowed = (other.within(one.within(region)) for region in (found.less, found.equal, found.more))
        out.append(Order(a.name, b.name, *allowed))
    return tuple(out)
