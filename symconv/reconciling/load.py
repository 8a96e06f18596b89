"""A model in, what each counter reports of it out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symconv.cost import Cost
from symconv.network import Network
from symconv.readers.catalogue import is_module, load, read_named, torch_reader
from symconv.reconciling.events import Kept
from symconv.reconciling.parts import Figure, Part, gathered
from symconv.reconciling.tools import TOOLS, Rule
from symconv.reconciling.written import ASSUMED, written


@dataclass(frozen=True)
class Reconciliation:
    """A model's macs, and what each counter reports in their place."""

    network: Network
    figures: tuple[Figure, ...]
    #: What was taken for granted.
    notes: tuple[str, ...] = ()

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
    """What torch's FlopCounterMode, fvcore, thop, ptflops and torchinfo report of a model, and of what it is made.

    `source` is a torch module with an example of its inputs, or the name of one, torchvision:resnet50. None of the
    counters is needed: their rules are known, and give closed forms. A spec, an ONNX file or a Network has no code for
    counters to see: each layer is taken as the module of torch.nn that does the same.

    Raises CallError for a layer that may be written in several ways, ModelError where a module cannot be read, and as
    `load`.
    """
    if isinstance(source, Network):
        return _without_code(source)
    if isinstance(source, str | Path) and not is_module(source):
        return _without_code(load(source, dims=dims or None, square=square))
    if isinstance(source, str):
        reading = read_named(source, dims, square, inputs)
    else:
        reading = torch_reader()(source, inputs, kwargs, dims, square)
    from symconv.reconciling.running import events

    happened = events(reading)
    return Reconciliation(reading.network, _figures(lambda rule: rule(happened), happened.kept))


def _without_code(net: Network) -> Reconciliation:
    layers = written(net)

    def said(rule: Rule) -> Iterator[Part]:
        for node, events in layers:
            for p in rule(events):
                yield Part(p.term, node.whole(p.cost), p.times)

    return Reconciliation(net, _figures(said, layers[0][1].kept), (ASSUMED,))


def _figures(said: Callable[[Rule], Iterator[Part]], kept: Kept) -> tuple[Figure, ...]:
    return tuple(
        Figure(tool, gathered(list(said(rule))), params(kept) if params is not None else None, what)
        for tool, (rule, params, what) in TOOLS.items()
    )
