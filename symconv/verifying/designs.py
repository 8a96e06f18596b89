"""Where a network is run that has no size of its own: small designs at usual, least, odd and prime sizes.

The values of one point are found one symbol after the other, as the domain allows it, each in an order of preference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from typing import Any, Final

from symconv.extent import symbols_of
from symconv.network import Network
from symconv.symbols import Symbol
from symconv.verifying.points import batch_of, inner_symbols

#: Ways of preferring, each of which may be a point.
WAYS: Final = 8

#: Choices of a value that are tried for one point.
TRIED: Final = 1_000

#: Legal values of one symbol beside the preferred ones.
BESIDE: Final = 64

#: How far beyond the least one they go.
FAR: Final = 1 << 12

#: Rounds of a block at most, where the domain asks for no more.
DEEP: Final = 6

#: Samples, rounds of a block, widths and the like, and multipliers, in the ways' order; further ones for more symbols.
SAMPLES: Final = (1, 1, 2, 3)
DEPTHS: Final = ((2, 2), (1, 1), (3, 2), (2, 3))
WIDTHS: Final = ((8, 16, 4, 6), (1, 1, 1, 1), (12, 6, 3, 5, 9), (24, 10, 5, 20, 7))
MULTIPLIERS: Final = (Fraction(1), Fraction(1, 2), Fraction(3, 4), Fraction(7, 5))


def designs(net: Network) -> Iterator[dict[str, Any]]:
    """Points inside of the domain: the usual size, the least design, N = 2 at odd sizes, H ≠ W, and on."""
    symbols = _in_order(net)
    found: list[dict[Symbol, Any]] = []
    for way in range(WAYS):
        search = _Search(net, [(s, _preferred(net, s, way, symbols)) for s in symbols])
        at = search.first()
        if at is None and search.tried <= TRIED:  # all were tried
            return
        if at is not None and at not in found:
            found.append(at)
            yield {s.name: value for s, value in at.items()}


def _in_order(net: Network) -> list[Symbol]:
    """Depths and the symbols of inputs, then those of which most is asked: what does not go together shows soon."""
    inner, asked = set(inner_symbols(net)), [c.symbols for c in net.domain.conditions]
    first = inner | {s for s in _depths(net) if any(s in c and inner & c for c in asked)}
    places = {s: (s not in first, s in inner, -sum(s in c for c in asked), s.key) for s in net.known_symbols | inner}
    return sorted(places, key=places.__getitem__)


@dataclass
class _Search:
    """Values of all symbols, those before that are preferred."""

    net: Network
    options: Sequence[tuple[Symbol, Sequence[Any]]]
    tried: int = 0
    at: dict[Symbol, Any] = field(default_factory=dict)

    def first(self) -> dict[Symbol, Any] | None:
        """The first that is inside of the domain; None where it is not found soon."""
        if len(self.at) == len(self.options):
            return dict(self.at)
        symbol, values = self.options[len(self.at)]
        for value in self._near(symbol, values):
            self.tried += 1
            if self.tried > TRIED:
                return None
            self.at[symbol] = value
            if self.net.domain.allows(self.at) and (found := self.first()) is not None:
                return found
            del self.at[symbol]
        return None

    def _near(self, symbol: Symbol, values: Sequence[Any]) -> list[Any]:
        """The preferred value, multiples and parts of what a condition names with the symbol, and the rest."""
        if not symbol.integral or symbol in _depths(self.net):
            return list(values)
        together = {s for c in self.net.domain.conditions if symbol in c.symbols for s in c.symbols if s.integral}
        others = [v for s, v in self.at.items() if s in together]
        others = [times * v for times in (2, 3) for v in others] + [v // p for p in (2, 3, 1) for v in others]
        legal = [v for v in others if v in self.net.domain.sizes(symbol)]
        return list(dict.fromkeys((*values[:1], *legal, *values[1:])))


def _preferred(net: Network, s: Symbol, way: int, symbols: Sequence[Symbol]) -> list[Any]:
    """The values of a symbol in the order in which they are tried."""
    if not s.integral:
        return [MULTIPLIERS[way % len(MULTIPLIERS)], *MULTIPLIERS]
    legal = list(islice(_legal(net, s), BESIDE))
    place = symbols.index(s)
    if s.name == batch_of(net):
        first = [net.usual.get(s.name, 1), *SAMPLES[1:]][way % len(SAMPLES)]
    elif s in _depths(net):
        first, legal = DEPTHS[way % len(DEPTHS)][place % 2], legal[:DEEP]
    elif s in inner_symbols(net):
        return [x for x in _lengths(net.usual.get(s.name), legal, way, place) if x in net.domain.sizes(s)] + legal
    else:
        widths = WIDTHS[way % len(WIDTHS)]
        first = widths[place % len(widths)]
    first += way // len(WIDTHS)
    return [x for x in dict.fromkeys((first, *legal)) if x in net.domain.sizes(s)]


def _lengths(usual: int | None, legal: Sequence[int], way: int, place: int) -> list[int]:
    """Sizes of an input: the usual one, the least, a prime one, one beside the usual one, no two symbols alike."""
    least = legal[0] if legal else 1
    if way == 0:
        return [] if usual is None else [usual]
    if way == 1:
        return [least]
    if way == 2:
        primes = [x for x in range(least + 1, 4 * least + 99) if x > 30 and all(x % d for d in range(2, x))]
        return primes[place:]
    beside = (3 * least + 8 if usual is None else usual) + way - 2 + place
    return list(range(beside, beside + BESIDE))


def _depths(net: Network) -> set[Symbol]:
    """The symbols that say how many rounds there are."""
    return {s for node in net.nodes for r in node.rounds for s in symbols_of(r.index.end)}


def _legal(net: Network, s: Symbol) -> Iterator[int]:
    """The values that a symbol may have by itself: half of them from the least one on, then ever larger ones."""
    sizes = net.domain.sizes(s)
    least = max(net.domain.least(s), s.least)
    near = islice((x for x in range(least, least + FAR) if x in sizes), BESIDE // 2)
    x = least
    for x in near:
        yield x
    while x < least + FAR:
        x += x // 4 + 1
        step = next((y for y in range(x, x + FAR) if y in sizes), None)
        if step is None:
            return
        yield step
