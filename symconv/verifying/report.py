"""What runs of a model showed beside its closed forms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from symconv.errors import ModelError
from symconv.network import Network

#: Runs that are wanted where no points are given.
CHOSEN: Final = 4

#: What goes through the points of a verification, for who watches it.
Each: TypeAlias = Callable[[Sequence[Mapping[str, Any]]], Iterable[Mapping[str, Any]]]


@dataclass(frozen=True)
class Disagreement:
    """A figure of the run that the closed form has not: the node, what of it, both figures, the formula."""

    node: str
    what: str
    run: str
    closed: str
    formula: str

    def __str__(self) -> str:
        return f"{self.node}: {self.what} is {self.run} in the run and {self.closed} by the formula {self.formula}"


@dataclass
class Point:
    """One run: the values of the symbols, how much was compared, or why the model did not run there.

    `params` are the trainable elements that loops counted; no other run does.
    """

    values: dict[str, Any]
    tensors: int = 0
    operators: int = 0
    macs: int = 0
    params: int = 0
    unseen: int = 0
    failed: str = ""
    wrong: list[Disagreement] = field(default_factory=list)

    @property
    def compared(self) -> int:
        """How many shapes and counts agreed."""
        return self.tensors + self.operators


@dataclass(frozen=True)
class Report:
    """What all runs showed, and what ran: a package with its version, or loops."""

    network: Network
    points: tuple[Point, ...]
    by: str

    @property
    def wrong(self) -> Disagreement | None:
        """The first disagreement."""
        return next((w for p in self.points for w in p.wrong), None)

    @property
    def ran(self) -> int:
        """At how many points the model ran, and there was something to compare."""
        return sum(not p.failed and p.compared > 0 for p in self.points)

    def check(self) -> None:
        """Raise ModelError at the first disagreement, and where it ran at none of the points or showed nothing."""
        if self.wrong is not None:
            raise ModelError(str(self.wrong))
        if not self.ran:
            name, why = self.network.name, next((p.failed for p in self.points if p.failed), "")
            raise ModelError(
                f"{name} ran at none of the sizes: {why}" if why else f"{name}: nothing of it can be compared"
            )


def written(shape: Sequence[int]) -> str:
    """`1×64×112×112`, or `scalar`."""
    return "×".join(map(str, shape)) or "scalar"
