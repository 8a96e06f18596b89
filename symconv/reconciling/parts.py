"""What a counter's figure is made of: terms, each a closed form and how often it is counted."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from symconv.cost import Cost, settled, total_of


@dataclass(frozen=True)
class Part:
    """A term of a figure: what it is, its closed form, and how often the counter has it."""

    term: str
    cost: Cost
    times: int | Fraction = 1

    @property
    def counted(self) -> Cost:
        """The term as often as it is counted."""
        return self.cost * self.times


@dataclass(frozen=True)
class Figure:
    """What one counter reports, in macs as it understands them, and the params that it reports."""

    tool: str
    parts: tuple[Part, ...]
    params: Cost | None
    said: str

    @property
    def cost(self) -> Cost:
        """The figure in closed form."""
        return settled(total_of(p.counted for p in self.parts))


def gathered(parts: list[Part]) -> tuple[Part, ...]:
    """The parts of one term and factor as one, in the order in which they came."""
    found: dict[tuple[str, int | Fraction], list[Cost]] = {}
    for p in parts:
        if p.cost:
            found.setdefault((p.term, p.times), []).append(p.cost)
    return tuple(Part(term, settled(total_of(costs)), times) for (term, times), costs in found.items())
