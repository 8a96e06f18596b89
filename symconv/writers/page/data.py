"""What a page is told of its networks, as `page/src/data.ts` says it: controls, programs, layers, boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, gcd
from typing import Any, Final

from symconv.analysis.crossover import refuse_unknown
from symconv.cost import Cost, cost_symbols, evaluate_cost
from symconv.count import Convention
from symconv.extent import Extent, symbols_of
from symconv.layers.movement import unknown_cost
from symconv.network import Network, Node
from symconv.notation import TEXT
from symconv.sizes import Sizes
from symconv.symbols import FIELD, Symbol
from symconv.writers.code import arguments
from symconv.writers.layers import kind_of, label, metric_name
from symconv.writers.page.picture import Picture
from symconv.writers.page.program import Data, Program, Programs
from symconv.writers.pictures.colour import DARK, LIGHT, Theme
from symconv.writers.pictures.reference import reference
from symconv.writers.rows import times_of
from symconv.writers.sheet import set_cell
from symconv.writers.wording import plain

#: A slider goes to this many times the size at which it starts, or this far beyond the least one.
REACH, FAR = 4, 8
#: The slider of a multiplier goes in twentieths, as the published ones do.
PER: Final = 20
#: The longest names and sentences of strangers that a page shows whole.
NAME, SENTENCE = 120, 600
#: Sizes beyond which there is no slider, and no number of JavaScript.
MOST: Final = 2**40


#: The ends and the step.
Slider = tuple[int, int, int]
#: A symbol's name, and whether it stands for whole numbers.
Key = tuple[str, bool]


@dataclass(frozen=True)
class Control:
    """A symbol that a page has a slider and a box for; the slider's numbers are parts of a size, 1/`per`."""

    name: str
    label: str
    role: str
    start: str
    slider: Slider | None
    per: int


def key_of(symbol: Symbol) -> Key:
    """What symbols of several networks have in common that share a control."""
    return symbol.name, symbol.integral


class Contents:
    """Networks and metrics on their way to a page; equally named symbols of the networks are one.

    A width in channels and a width as a multiplier stay two, though.

    Raises SymconvError for an unknown metric, an unknown symbol, a size outside of a network's domain.
    """

    def __init__(
        self, networks: Sequence[Network], metrics: Sequence[str | Convention], at: Mapping[str, Any], depth: int | None
    ) -> None:
        self.networks, self.metrics, self.depth = networks, metrics, depth
        self.symbols: dict[Key, list[tuple[Network, Symbol]]] = {}
        for net in networks:
            for symbol in ordered(net):
                self.symbols.setdefault(key_of(symbol), []).append((net, symbol))
        # Batches stay last.
        self.symbols = dict(sorted(self.symbols.items(), key=lambda item: FIELD.get(item[0][0]) == "batch"))
        self.at = self._start(at)

    def _start(self, given: Mapping[str, Any]) -> dict[Key, Any]:
        """The sizes at which a page starts: those of the network whose usual sizes suit most of the others."""
        refuse_unknown(given, dict.fromkeys(name for name, _ in self.symbols))
        found = []
        for net in self.networks:
            known = reference(net, arguments(net), {n: v for n, v in given.items() if n in net.symbols})
            unknown = {key_of(s): 0 for s in known or {} if unknown_cost(s) and s.name not in given}
            found.append({key_of(symbol): value for symbol, value in (known or {}).items()} | unknown)
        # What one network does not have is as the first of the others has it.
        others = {key: value for own in reversed(found) for key, value in own.items()}
        candidates = [{**others, **own} for own in found]
        best = max(candidates, key=lambda at: sum(self.start_of(net, at) is not None for net in self.networks))
        return {key: best[key] for key in self.symbols if key in best}

    @staticmethod
    def start_of(net: Network, at: Mapping[Key, Any]) -> dict[Symbol, Any] | None:
        """The values of a network's symbols where these are all known and allowed."""
        values = {symbol: at[key_of(symbol)] for symbol in arguments(net) if key_of(symbol) in at}
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
            "controls": [asdict(self._control(key)) for key in self.symbols],
            "models": [self._model(net, picture) for net, picture in zip(self.networks, self.pictures)],
            "ramps": {"light": _ramp(LIGHT), "dark": _ramp(DARK)},
        }

    def _control(self, key: Key) -> Control:
        (name, integral), start, of = key, self.at.get(key), self.symbols[key]
        slider, per = None, 1
        if start is not None and not integral:
            slider, per = (1, max(2, ceil(2 * start)) * PER, 1), PER
        elif start is not None and not any(unknown_cost(s) for _, s in of):
            slider = _joined([_slider(net.domain.sizes(s), net.domain.least(s), start) for net, s in of])
        role = "" if any(symbol.scope for _, symbol in of) else FIELD.get(name, "")
        return Control(plain(name, NAME), self.label(key), role, "" if start is None else str(start), slider, per)

    def label(self, key: Key) -> str:
        """How a symbol is called: by its name, and by its networks too where two are called the same."""
        name, integral = key
        if (name, not integral) not in self.symbols:
            return plain(name, NAME)
        return f"{plain(name, NAME)} of {', '.join(plain(net.name) for net, _ in self.symbols[key])}"

    def _model(self, net: Network, picture: Picture) -> Data:
        places = {key: number for number, key in enumerate(self.symbols)}
        programs = Programs(net, {symbol: places[key_of(symbol)] for symbol in arguments(net)})
        totals, parts = Program(programs), Program(programs)
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


def _slider(sizes: Sizes, least: int, start: int) -> Slider:
    """The ends and the step of a slider over the sizes, at least `least`, that one network allows."""
    low = min(least, start)
    high = max(REACH * start, low + FAR)
    if sizes.finite:
        return low, min(high, max((b - 1 for _, b in sizes.early), default=high)), 1
    first, last = sizes.late[0]
    if sizes.period > 1 and not sizes.early and len(sizes.late) == 1 and last == first + 1:
        return low, max(high, low + FAR * sizes.period), sizes.period
    return low, high, 1


def _joined(sliders: Sequence[Slider]) -> Slider | None:
    """A slider over what any of several goes over; none where there is nothing to choose."""
    low, high = min(low for low, _, _ in sliders), max(high for _, high, _ in sliders)
    step = gcd(*(step for _, _, step in sliders), *(one - low for one, _, _ in sliders))
    return (low, high, step) if low < high <= MOST else None


def ordered(net: Network) -> list[Symbol]:
    """The symbols as they are asked for: those of an input's sizes first, those of its batch last."""
    axes = [(axis, size) for tensor in net.inputs.values() for axis, size in enumerate(tensor.shape)]

    def place(symbol: Symbol) -> int:
        found = [axis for axis, size in axes if isinstance(size, Extent) and symbol in symbols_of(size)]
        return 1 if not found else 0 if max(found) else 2

    return sorted(arguments(net), key=place)


def _ramp(theme: Theme) -> Data:
    return {name: getattr(theme, name) for name in ("light", "saturated", "chroma", "hue", "ink", "paper")}
