"""A closed form as a function in Python, C or JavaScript, which needs nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from symconv.condition import Condition
from symconv.cost import Cost
from symconv.count import Convention
from symconv.domain import Domain
from symconv.errors import CallError, near
from symconv.network import Network
from symconv.symbols import RATIONAL, Symbol
from symconv.writers.code.c import in_c
from symconv.writers.code.heading import heading
from symconv.writers.code.javascript import in_javascript
from symconv.writers.code.names import Names, identifier
from symconv.writers.code.python import in_python
from symconv.writers.code.tree import Function, Name, Number, Parameter, product_of
from symconv.writers.code.walk import Walk
from symconv.writers.layers import metric_name

#: The languages by name.
LANGUAGES: Final[Mapping[str, Callable[[Function, Names], str]]] = MappingProxyType(
    {"c": in_c, "python": in_python, "js": in_javascript}
)


def code(
    network: Network,
    metric: str | Convention = "macs",
    to: str = "c",
    name: str | None = None,
    at: Mapping[str, str] | None = None,
) -> str:
    """A function of the closed form of one metric in all symbols of a network, which checks the domain itself.

    The parameters are the network's symbols in their order, the same for each of its metrics. A multiplier is a
    fraction: in Python an int or a Fraction, elsewhere its numerator and its denominator.

    >>> from symconv.layers import Conv
    >>> net = Network("one")
    >>> net.input("image", "N", 3, "X", "X"), net.add("conv", Conv(8, stride=2))
    ('image', 'conv')
    >>> exec(code(net, to="python"))
    >>> one_macs(N=1, X=9)
    3456

    Parameters
    ----------
    to
        "c": C99 and C++, `int64_t`; it returns 0, 1 outside of the domain, or 2 where the total, or a number on the way
        to it, is beyond ±(2^63 − 1), and never a wrong number. "python": exact at any size; ValueError outside of the
        domain. "js": BigInt, exact at any size; RangeError outside of the domain.
    name
        What the function is called; without it by the network and the metric, `resnet50_macs`.
    at
        Values that symbols had, for the heading: what the network is that is left.

    Raises
    ------
    CallError
        For an unknown language, and for a name that is no identifier.
    SymconvError
        For an unknown metric, and for a number in a formula that C's 64 bits cannot hold.
    """
    if to not in LANGUAGES:
        raise CallError(f"unknown language {to!r}: known are {', '.join(LANGUAGES)}. {near(to, LANGUAGES)}".rstrip())
    if name is not None and identifier(name) != name:
        raise CallError(f"{name!r} is no name for a function in C, Python and JavaScript: {identifier(name)} is one")
    names = Names()
    called = names.fresh(name or f"{network.name}_{metric_name(metric)}")
    symbols, cost = arguments(network), network.cost(metric)
    fraction = isinstance(metric, Convention) and any(
        w.denominator > 1 for w in (*metric.weights.values(), metric.other)
    )
    function, left = function_of(called, symbols, cost, network.domain, names, fraction)
    said = heading(network, metric, at or {}, function.parameters, left)
    return LANGUAGES[to](replace(function, heading=said), names)


def function_of(
    called: str, symbols: Sequence[Symbol], cost: Cost, domain: Domain, names: Names, fraction: bool = False
) -> tuple[Function, list[Condition]]:
    """A function of a cost where a domain holds, in no language yet, and the conditions that it does not check."""
    parameters = parameters_of(symbols, names)
    walk = Walk(names, parameters)
    left = walk.domain(domain, parameters)
    total, number = walk.cost(cost)
    under = product_of([Number(number), *map(Name, total.below)])
    return Function(called, tuple(parameters.values()), tuple(walk.body), total.over, under, fraction), left


def arguments(network: Network) -> list[Symbol]:
    """The symbols of a network, in the order in which its functions take them."""
    found = []
    for extent in network.symbols.values():
        ((symbol,),) = extent.terms
        assert isinstance(symbol, Symbol)
        found.append(symbol)
    return found


def parameters_of(symbols: Iterable[Symbol], names: Names) -> dict[Symbol, Parameter]:
    """The parameters by which a function is handed the values of some symbols."""
    return {symbol: _parameter(symbol, names) for symbol in symbols}


def _parameter(symbol: Symbol, names: Names) -> Parameter:
    name = names.fresh(symbol.name)
    if symbol.kind != RATIONAL:
        return Parameter(symbol.name, name)
    return Parameter(symbol.name, name, (names.fresh(f"{name}_num"), names.fresh(f"{name}_den")))
