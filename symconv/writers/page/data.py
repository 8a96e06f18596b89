"""What a page is told of its networks, as `page/src/data.ts` says it: controls, programs, layers, boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cached_property, reduce
from operator import and_
from typing import Any, Final

from symconv.cost import Cost, cost_symbols, evaluate_cost
from symconv.count import Convention
from symconv.extent import Extent, symbols_of
from symconv.network import Network, Node
from symconv.notation import TEXT
from symconv.sizes import EVERY, Sizes, Undecided
from symconv.symbols import FIELD, RATIONAL, Symbol
from symconv.writers.code import arguments
from symconv.writers.layers import kind_of, label, metric_name
from symconv.writers.page.picture import Picture
from symconv.writers.page.program import Data, Program, Programs
from symconv.writers.pictures.colour import DARK, LIGHT, Theme
from symconv.writers.pictures.shares import reference
from symconv.writers.rows import times_of
from symconv.writers.sheet import set_cell
from symconv.writers.wording import plain

#: A slider goes to this many times the size at which it starts, or this far beyond the least one.
REACH, FAR = 4, 8
#: The longest names and sentences of strangers that a page shows whole.
NAME, SENTENCE = 120, 600
#: Sizes beyond which there is no slider, and no number of JavaScript.
MOST: Final = 2**40


@dataclass(frozen=True)
class Control:
    """A symbol that a page has a slider and a box for."""

    name: str
    role: str
    start: str
    slider: tuple[int, int, int] | None


class Pages:
    """Networks and metrics on their way to a page; equally named symbols of the networks are one.

    Raises SymconvError for an unknown metric, an unknown symbol, a size outside of a network's domain.
    """

    def __init__(
        self, networks: Sequence[Network], metrics: Sequence[str | Convention], at: Mapping[str, Any], depth: int | None
    ) -> None:
        self.networks, self.metrics, self.depth = networks, metrics, depth
        self.symbols: dict[str, list[tuple[Network, Symbol]]] = {}
        for net in networks:
            for symbol in ordered(net):
                self.symbols.setdefault(symbol.name, []).append((net, symbol))
        self.at = self._start(at)

    def _start(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The sizes at which a page starts: those of the network whose usual sizes suit most of the others."""
        found = []
        for net in self.networks:
            known = reference(net, arguments(net), {n: v for n, v in given.items() if n in net.symbols})
            found.append({symbol.name: value for symbol, value in (known or {}).items()})
        candidates = [
            reduce(lambda a, b: {**b, **a}, [found[i], *found[:i], *found[i + 1 :]]) for i in range(len(found))
        ]
        return max(candidates, key=lambda at: sum(self.start_of(net, at) is not None for net in self.networks))

    @staticmethod
    def start_of(net: Network, at: Mapping[str, Any]) -> dict[Symbol, Any] | None:
        """The values of a network's symbols where these are all known and allowed."""
        values = {symbol: at[symbol.name] for symbol in arguments(net) if symbol.name in at}
        return values if len(values) == len(net.symbols) and net.domain.allows(values) else None

    def figure(self, net: Network, cost: Cost) -> Fraction | None:
        """A total at the sizes at which the page starts; none where these are none of the network's."""
        values = self.start_of(net, self.at)
        return None if values is None and cost_symbols(cost) else Fraction(evaluate_cost(cost, values or {}))

    @cached_property
    def pictures(self) -> list[Picture]:
        """The diagram of every network, coloured by the first metric."""
        return [Picture(net, self.metrics[0], self.depth) for net in self.networks]

    def data(self) -> Data:
        """All that the page's script is told."""
        return {
            "metrics": [{"name": plain(metric_name(m), NAME), "label": label(m)} for m in self.metrics],
            "controls": [asdict(self._control(name)) for name in self.symbols],
            "models": [self._model(net, picture) for net, picture in zip(self.networks, self.pictures)],
            "ramps": {"light": _ramp(LIGHT), "dark": _ramp(DARK)},
        }

    def _control(self, name: str) -> Control:
        start = self.at.get(name)
        slider = None
        if isinstance(start, int) and all(symbol.kind != RATIONAL for _, symbol in self.symbols[name]):
            slider = _slider(self._sizes(name), max(s.least for _, s in self.symbols[name]), start)
        return Control(plain(name, NAME), FIELD.get(name, ""), "" if start is None else str(start), slider)

    def _sizes(self, name: str) -> Sizes:
        """The sizes that all networks allow, as far as they speak of the symbol alone; all where there are none."""
        try:
            both = reduce(and_, (net.domain.sizes(symbol) for net, symbol in self.symbols[name]))
        except Undecided:
            return EVERY
        return EVERY if both.empty else both

    def _model(self, net: Network, picture: Picture) -> Data:
        programs = Programs(net, list(self.symbols))
        totals, parts = programs.begin(), programs.begin()
        unchecked = totals.domain(net.domain)
        values = [totals.ratio(net.cost(metric)) for metric in self.metrics]
        costs = [net.costs(metric) for metric in self.metrics]
        layers = [_layer(net, node, [of[node.name] for of in costs], parts) for node in net.nodes]
        return {
            "name": plain(net.name, NAME),
            "description": plain(net.description, SENTENCE),
            "parameters": programs.parameters(),
            "complaints": [{**c, "tail": plain(c["tail"], SENTENCE)} for c in programs.complaints],
            "unchecked": [plain(text, SENTENCE) for text in unchecked],
            "totals": {**totals.written(), "values": values},
            "parts": parts.written(),
            "layers": layers,
            "boxes": picture.boxes,
        }


def _layer(net: Network, node: Node, costs: Sequence[Cost], parts: Program) -> Data:
    shape = node.out.shape[1:] if node.out.rank > 1 else node.out.shape
    rounds = {r.index for r in node.rounds}
    moves = any(rounds & set(symbols_of(size)) for size in shape if isinstance(size, Extent))
    times = times_of(node.rounds)
    return {
        "name": plain(node.name, NAME),
        "module": plain(net.modules.get(node.name, ""), NAME),
        "kind": plain(kind_of(node).text, NAME),
        "times": times.text if times is not None else "",
        "training": node.training,
        "output": {
            "formula": node.out.text(TEXT, batch=node.out.rank < 2),
            "extents": None if moves else parts.extents(shape),
        },
        "costs": [{"formula": set_cell(c, TEXT), "value": parts.ratio(c)} if c else None for c in costs],
    }


def _slider(sizes: Sizes, least: int, start: int) -> tuple[int, int, int] | None:
    """The ends and the step of a slider over legal sizes; none where there is nothing to choose."""
    low = max(sizes.least or 0, least)
    high = max(REACH * start, low + FAR)
    step = 1
    if not sizes.late:
        high = min(high, max((b - 1 for _, b in sizes.early), default=high))
    elif sizes.period > 1 and len(sizes.late) == 1 and sizes.late[0][1] == sizes.late[0][0] + 1 and not sizes.early:
        step = sizes.period
        high = max(high, low + FAR * step)
    return (min(low, start), high, step) if min(low, start) < high <= MOST else None


def ordered(net: Network) -> list[Symbol]:
    """The symbols as they are asked for: those of an input's sizes first, those of its batch last."""
    axes = [(axis, size) for tensor in net.inputs.values() for axis, size in enumerate(tensor.shape)]

    def place(symbol: Symbol) -> int:
        found = [axis for axis, size in axes if isinstance(size, Extent) and symbol in symbols_of(size)]
        return 1 if not found else 0 if max(found) else 2

    return sorted(arguments(net), key=place)


def _ramp(theme: Theme) -> Data:
    return {name: getattr(theme, name) for name in ("light", "saturated", "chroma", "hue", "ink", "paper")}
