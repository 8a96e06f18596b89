"""Legal: the values of one symbol that a network's domain allows, as a region; one by one where no rule decides it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from symconv.analysis.regions import Piece, Region, region_of, region_of_sizes
from symconv.analysis.signs import where
from symconv.condition import AT_LEAST, EQUAL, Condition
from symconv.cost import product
from symconv.domain import Domain
from symconv.network import Network
from symconv.sizes import Undecided
from symconv.symbols import Symbol

#: Values that are looked at where the domain has conditions that no rule decides.
TRIED: Final = 20_000


@dataclass(frozen=True)
class Legal:
    """The values of a symbol that a domain allows: those of `region`, each looked at by itself where it is `open`."""

    symbol: Symbol
    domain: Domain
    region: Region
    open: bool

    def within(self, region: Region) -> Region:
        """The legal members of a region.

        Raises Undecided where they are looked at one by one and may be beyond TRIED.
        """
        found = region & self.region
        if not self.open:
            return found
        if found.unbounded or (found.greatest or 0) > TRIED:
            raise Undecided(
                f"the domain {self.domain} is looked at value by value, and {self.symbol} may be beyond {TRIED}"
            )
        return region_of(Piece(v, v + 1) for v in self.members(found))

    def members(self, region: Region) -> Iterator[int]:
        """The legal members of a region, in order; looked at one by one they end TRIED beyond the first."""
        found = region & self.region
        if not self.open:
            return found.members()
        return (v for v in found.members((found.least or 0) + TRIED + 1) if self.domain.allows({self.symbol: v}))


def legal(network: Network, x: Symbol) -> Legal:
    """The values of a symbol that the conditions of a network allow which speak of it alone.

    >>> from symconv.layers import Conv
    >>> from symconv.extent import size_of
    >>> net = Network()
    >>> padding = net.symbol("P", "padding")
    >>> _ = net.input("image", "N", 3, 4, 4), net.add("conv", Conv(8, kernel=7, padding=padding))
    >>> legal(net, next(iter(padding.terms))[0]).region
    x ≥ 2
    """
    region = region_of_sizes(network.domain.sizes(x)) if x.least else Region((Piece(x.least, None),))
    open_ = False
    for condition in network.domain.conditions:
        if condition.symbols == {x} and not network.domain.implies(condition):
            try:
                region = region & _where(condition, x)
            except Undecided:
                open_ = True
    return Legal(x, network.domain, region, open_)


def _where(condition: Condition, x: Symbol) -> Region:
    """The values at which a condition holds."""
    if condition.rounds or condition.relation not in (AT_LEAST, EQUAL):
        raise Undecided(f"{condition.text()} is looked at value by value")
    over = product(condition.left) - product(condition.right)
    return where(over, ">=" if condition.relation == AT_LEAST else "=", x)
