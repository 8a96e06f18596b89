"""Claims: a sentence about a network, checked over its layers; the finding has the figures and the layers against it.

The article draws three conclusions and calls them valid for VGG only. Each is a check here that runs on any network:

one_order     the convolutions' MACs are of one order of magnitude: largest/smallest ≤ 10
doubling      the weights of each convolution are twice those of the convolution before
fc_over_conv  every fully connected layer has more weights than the last convolution

Biases are no weights here, as in the article; a layer that uses another's weights has none of its own. Convolutions are
taken in the order in which the network has them, those of a repeated block once in every round.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from symconv.analysis.shared import shared_symbols, without
from symconv.cost import Cost, Number, cost_symbols, evaluate_cost, product, total_of
from symconv.errors import SymbolError, SymconvError, near
from symconv.extent import size_of, symbols_of
from symconv.layer import BUFFER
from symconv.layers import Conv, ConvTranspose, DepthwiseConv, Linear
from symconv.network import METRICS, Network, Node
from symconv.symbols import Index, Symbol

#: What counts as a convolution: grouped, depthwise and transposed ones too, and a user's own that extends one of these.
CONVOLUTIONS: Final = (Conv, DepthwiseConv, ConvTranspose)

#: One order of magnitude.
ORDER: Final = 10

ONE: Final = product(1)

#: Layers that a sentence names before it only counts them.
NAMED: Final = 4


# -- findings ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figure:
    """A layer and its figure: its macs or its weights."""

    layer: str
    value: Number


@dataclass(frozen=True)
class Ratio:
    """The exact ratio of one layer's figure to another's."""

    layer: str
    to: str
    value: Fraction

    def __str__(self) -> str:
        return f"{self.layer} to {self.to}: {decimal(self.value)}"


@dataclass(frozen=True)
class Finding:
    """What a check found: whether the claim `holds`, None where there is nothing to compare; the sentence says why.

    `layers` are those looked at and `exceptions` those where the claim does not hold, with figures in `unit`. `shared`
    is a factor of all of these figures that got no value and cancels in the ratios, N as a rule.
    """

    holds: bool | None
    sentence: str
    layers: tuple[Figure, ...] = ()
    exceptions: tuple[Figure, ...] = ()
    ratios: tuple[Ratio, ...] = ()
    unit: str = ""
    shared: Cost = ONE
    claim: str = ""

    def __str__(self) -> str:
        verdict = {True: "holds", False: "does not hold", None: "nothing to compare"}[self.holds]
        return f"{self.claim} {verdict}: {self.sentence}" if self.claim else f"{verdict}: {self.sentence}"


# -- the registry --------------------------------------------------------------------------------------------------

#: A check: a network and the values of its symbols in, a finding out.
Check = Callable[[Network, Mapping[Symbol, Any]], Finding]


@dataclass(frozen=True)
class Claim:
    """A claim: its name, the sentence that it is, and the check."""

    name: str
    sentence: str
    check: Check


#: Every claim by its name, the article's three first.
CLAIMS: Final[dict[str, Claim]] = {}


def claim(name: str, sentence: str) -> Callable[[Check], Check]:
    """Register a check under a name.

    Raises SymconvError where the name is taken by another check.
    """

    def register(check: Check) -> Check:
        other = CLAIMS[name].check if name in CLAIMS else check
        if (other.__module__, other.__qualname__) != (check.__module__, check.__qualname__):
            raise SymconvError(f"a claim called {name} exists already, in {other.__module__}")
        CLAIMS[name] = Claim(name, sentence, check)
        return check

    return register


def check(network: Network, name: str, /, **values: Any) -> Finding:
    """Check one claim at these values of the network's symbols; those that the figures do not need may be left out.

    Raises SymconvError for an unknown claim, SymbolError for an unknown name or a value that is needed, DomainError
    outside the network's domain.

    >>> net = Network()
    >>> _ = net.input("image", "N", 3, "X", "X"), net.add("a", Conv(8)), net.add("b", Conv(8))
    >>> print(check(net, "doubling"))
    doubling does not hold: 0 of 1 steps from one convolution to the next double the weights, not b (×2.67)
    """
    if name not in CLAIMS:
        raise SymconvError(f"unknown claim {name!r}: known are {', '.join(CLAIMS)}. {near(name, CLAIMS)}".rstrip())
    return _checked(*_written_out(network, values), name)


def conclusions(network: Network, /, **values: Any) -> tuple[Finding, ...]:
    """The article's three conclusions, checked as by `check`."""
    network, at = _written_out(network, values)
    return tuple(_checked(network, at, name) for name in ("one_order", "doubling", "fc_over_conv"))


def _checked(network: Network, at: Mapping[Symbol, Any], name: str) -> Finding:
    return replace(CLAIMS[name].check(network, at), claim=name)


def _written_out(network: Network, values: Mapping[str, Any]) -> tuple[Network, Mapping[Symbol, Any]]:
    """The network with every round of its blocks by itself, as claims compare layer with layer; and the values.

    Raises SymbolError where the number of rounds is a symbol without a value, NetworkError where they are too many.
    """
    at = network.at(values)
    rounds = dict.fromkeys(r for node in network.nodes for r in node.rounds)
    if not rounds:
        return network, at
    counts = {s for r in rounds for s in symbols_of(r.index.end) if not isinstance(s, Index)}
    for r in rounds:
        missing = sorted(s.name for s in symbols_of(r.index.end) & counts - at.keys())
        if missing:
            told = "layers are compared round by round, so their number is wanted"
            raise SymbolError(f"no value for {', '.join(missing)}: {r.name} has {r.index.end} rounds, and {told}")
    return (network.substitute(**{s.name: at[s] for s in at}) if at else network).unrolled(), {}


# -- the three conclusions -----------------------------------------------------------------------------------------


@claim("one_order", "the convolutions' MACs are of one order of magnitude")
def one_order(network: Network, at: Mapping[Symbol, Any]) -> Finding:
    """largest/smallest ≤ 10 over the macs of all convolutions.

    The exceptions are those outside the largest set within a factor of 10, of equal ones the one of more macs.
    The article compares the last with the first only; that ratio is given too.
    """
    costs = _having(_convolutions(network), METRICS["macs"].of)
    if len(costs) < 2:
        return _too_few(costs, "macs")
    figures, shared = _figures(costs, at)
    smallest, largest = min(figures, key=_value), max(figures, key=_value)
    ratios = _ratio(largest, smallest), _ratio(figures[-1], figures[0])
    values = sorted(f.value for f in figures)
    low = max(values, key=lambda v: (bisect_right(values, ORDER * v) - bisect_left(values, v), v))
    exceptions = tuple(f for f in figures if not low <= f.value <= ORDER * low)
    sentence = (
        f"the largest MACs of a convolution, {_set(largest, shared)}, are {decimal(ratios[0].value)} times the "
        f"smallest, {_set(smallest, shared)}; the last has {decimal(ratios[1].value)} times those of the first"
    )
    if exceptions:
        rest = _count(len(figures) - len(exceptions), "convolution")
        sentence += (
            f"; within a factor of {ORDER} of each other are {rest}, not {_listed(_set(f, shared) for f in exceptions)}"
        )
    return Finding(not exceptions, sentence, figures, exceptions, ratios, "macs", shared)


@claim("doubling", "the convolutions' weights double from layer to layer")
def doubling(network: Network, at: Mapping[Symbol, Any]) -> Finding:
    """weights of a convolution / weights of the one before = 2, at every step; an exception is the later of the two."""
    costs = _having(_convolutions(network), _weights)
    if len(costs) < 2:
        return _too_few(costs, "weights")
    figures, shared = _figures(costs, at)
    ratios = tuple(_ratio(later, earlier) for earlier, later in pairwise(figures))
    against = [r for r in ratios if r.value != 2]
    exceptions = tuple(f for f, r in zip(figures[1:], ratios) if r.value != 2)
    sentence = (
        f"{len(ratios) - len(against)} of {len(ratios)} steps from one convolution to the next double the weights"
    )
    if against:
        sentence += f", not {_listed(f'{r.layer} (×{decimal(r.value)})' for r in against)}"
    return Finding(not against, sentence, figures, exceptions, ratios, "weights", shared)


@claim("fc_over_conv", "a fully connected layer has more weights than the last convolution")
def fc_over_conv(network: Network, at: Mapping[Symbol, Any]) -> Finding:
    """weights of a fully connected layer / weights of the last convolution > 1, for each of them."""
    convolutions = _having(_convolutions(network), _weights)
    linears = _having((n for n in network.nodes if isinstance(n.layer, Linear)), _weights)
    if not convolutions or not linears:
        lacking = "convolution" if not convolutions else "fully connected layer"
        return Finding(None, f"there is no {lacking}", unit="weights")
    (last, *full), shared = _figures({**dict([*convolutions.items()][-1:]), **linears}, at)
    ratios = tuple(_ratio(f, last) for f in full)
    exceptions = tuple(f for f in full if f.value <= last.value)
    sentence = (
        f"more weights than the last convolution, {_set(last, shared)}, are in {len(full) - len(exceptions)} of "
        f"{_count(len(full), 'fully connected layer')}"
    )
    if exceptions:
        sentence += f", not in {_listed(_set(f, shared) for f in exceptions)}"
    else:
        sentence += f", the fewest in {_set(min(full, key=_value), shared)}"
    return Finding(not exceptions, sentence, (last, *full), exceptions, ratios, "weights", shared)


def _convolutions(network: Network) -> list[Node]:
    return [n for n in network.nodes if isinstance(n.layer, CONVOLUTIONS)]


def _weights(node: Node) -> Cost:
    kept = () if node.shares else node.parameters
    return total_of(p.elements for p in kept if p.kind != BUFFER and p.name != "bias")


def _having(nodes: Iterable[Node], of: Callable[[Node], Cost]) -> dict[str, Cost]:
    """The costs of the nodes that have any."""
    return {node.name: cost for node in nodes if (cost := of(node))}


# -- figures -------------------------------------------------------------------------------------------------------


def _figures(costs: Mapping[str, Cost], at: Mapping[Symbol, Any]) -> tuple[tuple[Figure, ...], Cost]:
    """The value of every cost, and the product of symbols without a value that all share: it cancels in every ratio.

    Raises SymbolError where a symbol without a value is more than such a factor.
    """
    free = {s for cost in costs.values() for s in cost_symbols(cost)} - at.keys()
    every = Cost({factors: 1 for cost in costs.values() for factors in cost.terms})
    shared = [s for s in shared_symbols(every) if s in free]
    missing = sorted(s.name for s in cost_symbols(without(every, shared)) & free)
    if missing:
        raise SymbolError(f"no value for {', '.join(missing)}: the layers' figures depend on it")
    known = {**at, **dict.fromkeys(shared, 1)}
    figures = tuple(Figure(name, evaluate_cost(cost, known)) for name, cost in costs.items())
    return figures, product(*map(size_of, shared))


def _value(figure: Figure) -> Number:
    return figure.value


def _ratio(figure: Figure, to: Figure) -> Ratio:
    return Ratio(figure.layer, to.layer, Fraction(figure.value) / Fraction(to.value))


def _too_few(costs: Mapping[str, Cost], unit: str) -> Finding:
    named = f" ({', '.join(costs)})" if costs else ""
    return Finding(None, f"{_count(len(costs), 'convolution')}{named}, and two are wanted", unit=unit)


# -- words ---------------------------------------------------------------------------------------------------------


def _set(figure: Figure, shared: Cost) -> str:
    return f"{shared * figure.value} ({figure.layer})"


def decimal(value: Fraction) -> str:
    """Three digits, or the whole number that it is."""
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.3g}"


def _count(n: int, what: str) -> str:
    return f"{n or 'no'} {what}{'' if n == 1 else 's'}"


def _listed(parts: Iterable[str]) -> str:
    first = list(parts)
    more = len(first) - NAMED
    return ", ".join(first[:NAMED]) + (f" and {more} more" if more > 0 else "")
