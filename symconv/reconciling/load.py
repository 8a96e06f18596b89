"""A model in, what each counter reports of it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from symconv.cost import Cost
from symconv.errors import CallError
from symconv.network import Network
from symconv.readers.catalogue import is_named, read_named
from symconv.reconciling.parts import Figure, gathered


@dataclass(frozen=True)
class Reconciliation:
    """A model's macs, and what each counter reports in their place."""

    network: Network
    figures: tuple[Figure, ...]

    @property
    def macs(self) -> Cost:
        """The macs as symconv counts them, which are those of the papers."""
        return self.network.cost("macs")

    def figure(self, tool: str) -> Figure:
        """What a counter reports.

        Raises KeyError for one that is not known.
        """
        return next(f for f in self.figures if f.tool == tool)


def reconcile(
    source: Any,
    inputs: Any = (),
    kwargs: Mapping[str, Any] | None = None,
    dims: Mapping[str, Any] | None = None,
    square: bool = False,
) -> Reconciliation:
    """What torch's FlopCounterMode, fvcore, thop, ptflops and torchinfo report of a module, and of what it is made.

    `source` is a torch module with an example of its inputs, or the name of one, torchvision:resnet50. None of the
    counters is needed: their rules are known, and give closed forms.

    Raises CallError for what is no module, ModelError where it cannot be read.
    """
    if isinstance(source, str) and not (is_named(source) and not source.startswith("keras:")):
        raise CallError(f"reconcile {source}: a torch module is wanted, such as torchvision:resnet50")
    from symconv.readers.torch import read_torch

    if isinstance(source, str):
        reading = read_named(source, dims, square, inputs)
    else:
        reading = read_torch(source, inputs, kwargs, dims, square)
    from symconv.reconciling.events import events
    from symconv.reconciling.tools import TOOLS

    happened = events(reading)
    figures = [
        Figure(tool, gathered(list(rule(happened))), params(happened) if params is not None else None, said)
        for tool, (rule, params, said) in TOOLS.items()
    ]
    return Reconciliation(reading.network, tuple(figures))
