"""Networks beside one another: the sizes at which their order changes, within the domains of both."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from symconv.analysis.crossover import crossover
from symconv.analysis.regions import Region, region_of_sizes
from symconv.count import Convention
from symconv.errors import SymbolError, near
from symconv.network import Network


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
        legal = region_of_sizes(a.domain.sizes(found.symbol)) & region_of_sizes(b.domain.sizes(found.symbol))
        out.append(Order(a.name, b.name, found.less & legal, found.equal & legal, found.more & legal))
    return tuple(out)
