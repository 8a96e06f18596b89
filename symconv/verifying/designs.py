"""Where a network is run that has no size of its own: small designs at usual, least, odd and prime sizes.

The values of one point are found one symbol after the other, as the domain allows it, each in an order of preference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import count, islice
from math import isqrt
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
    choosing = _Choosing(net)
    found: list[Mapping[Symbol, Any]] = []
    for way in range(WAYS):
        at, tried = choosing.first(way)
        if at is None and tried <= TRIED:  # there is none
            return
        if at is not None and at not in found:
            found.append(at)
            yield {s.name: value for s, value in at.items()}


@dataclass
class _Choosing:
    """What is known of a network's symbols when values are chosen for them."""

    net: Network

    @cached_property
    def inner(self) -> set[Symbol]:
        """The symbols of inputs."""
        return set(inner_symbols(self.net))

    @cached_property
    def depths(self) -> set[Symbol]:
        """The symbols that say how many rounds there are."""
        return {s for node in self.net.nodes for r in node.rounds for s in symbols_of(r.index.end)}

    @cached_property
    def asked(self) -> list[set[Symbol]]:
        """For each condition of the domain its symbols."""
        return [set(c.symbols) for c in self.net.domain.conditions]

    @cached_property
    def symbols(self) -> list[Symbol]:
        """Depths and the symbols of inputs, then those of which most is asked: what does not go together shows soon."""
        first = self.inner | {s for s in self.depths if any(s in c and self.inner & c for c in self.asked)}
        every = self.net.known_symbols | self.inner
        places = {s: (s not in first, s in self.inner, -sum(s in c for c in self.asked), s.key) for s in every}
        return sorted(places, key=places.__getitem__)

    # -- one point ----------------------------------------------------------------------------------------------------

    def first(self, way: int) -> tuple[dict[Symbol, Any] | None, int]:
        """The first values that the domain allows together, and how many were tried; None where none are found soon."""
        options = [self._preferred(s, way, place) for place, s in enumerate(self.symbols)]
        at: dict[Symbol, Any] = {}
        tried = 0

        def found() -> bool:
            nonlocal tried
            if len(at) == len(options):
                return True
            symbol = self.symbols[len(at)]
            for value in self._near(symbol, options[len(at)], at):
                tried += 1
                if tried > TRIED:
                    return False
                at[symbol] = value
                if self.net.domain.allows(at) and found():
                    return True
                del at[symbol]
            return False

        return (at if found() else None), tried

    def _near(self, symbol: Symbol, values: Sequence[Any], at: Mapping[Symbol, Any]) -> list[Any]:
        """The preferred value, multiples and parts of what a condition names with the symbol, and the rest."""
        if not symbol.integral or symbol in self.depths:
            return list(values)
        together = {s for c in self.asked if symbol in c for s in c if s.integral}
        others = [v for s, v in at.items() if s in together]
        others = [times * v for times in (2, 3) for v in others] + [v // part for part in (2, 3, 1) for v in others]
        sizes = self.net.domain.sizes(symbol)
        return list(dict.fromkeys((*values[:1], *(v for v in others if v in sizes), *values[1:])))

    def _preferred(self, s: Symbol, way: int, place: int) -> list[Any]:
        """The values of a symbol in the order in which they are tried."""
        if not s.integral:
            return [MULTIPLIERS[way % len(MULTIPLIERS)], *MULTIPLIERS]
        usual, sizes = self.net.usual.get(s.name), self.net.domain.sizes(s)
        legal = list(islice(self._legal(s), BESIDE))
        if s.name == batch_of(self.net):
            first = [1 if usual is None else usual, *SAMPLES[1:]][way % len(SAMPLES)]
        elif s in self.depths:
            first, legal = DEPTHS[way % len(DEPTHS)][place % 2], legal[:DEEP]
        elif s in self.inner:
            return [x for x in _lengths(usual, legal[0] if legal else 1, way, place) if x in sizes] + legal
        else:
            widths = WIDTHS[way % len(WIDTHS)]
            first = widths[place % len(widths)]
        first += way // len(WIDTHS)
        return [x for x in dict.fromkeys((first, *legal)) if x in sizes]

    def _legal(self, s: Symbol) -> Iterator[int]:
        """The values that a symbol may have by itself: half of them from the least one on, then ever larger ones."""
        sizes = self.net.domain.sizes(s)
        least = x = max(self.net.domain.least(s), s.least)
        for x in islice((x for x in range(least, least + FAR) if x in sizes), BESIDE // 2):
            yield x
        while x < least + FAR:
            x += x // 4 + 1
            yield from islice((y for y in range(x, x + FAR) if y in sizes), 1)


def _lengths(usual: int | None, least: int, way: int, place: int) -> list[int]:
    """Sizes of an input: the usual one, the least, a prime one, one beside the usual one, no two symbols alike."""
    if way == 0:
        return [] if usual is None else [usual]
    if way == 1:
        return [least]
    if way == 2:
        primes = (x for x in count(max(least + 1, 31)) if all(x % d for d in range(2, isqrt(x) + 1)))
        return list(islice(primes, place, place + BESIDE))
    beside = (3 * least + 8 if usual is None else usual) + way - 2 + place
    return list(range(beside, beside + BESIDE))
