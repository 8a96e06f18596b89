"""Closed forms as figures: the sizes at which they are taken, and what a cost or every layer's is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symconv.cost import Cost, Number, cost_symbols, evaluate_cost
from symconv.errors import SymconvError
from symconv.network import Network
from symconv.symbols import Symbol


def figures_at(net: Network, at: Mapping[str, Any] | None) -> dict[str, Any]:
    """The values for figures: those given, else the network's usual ones; none where they do not fit it."""
    values = {name: value for name, value in (net.usual if at is None else at).items() if name in net.symbols}
    try:
        net.at(values)
    except SymconvError:
        return {}
    return values


def figures_of(net: Network, costs: Mapping[str, Cost], values: Mapping[str, int]) -> dict[str, Number]:
    """The figure of every layer; none where values for some symbol are missing, or where all are zero."""
    at = net.at(values)
    if any(cost_symbols(cost) - at.keys() for cost in costs.values()):
        return {}
    figures = {name: evaluate_cost(cost, at) for name, cost in costs.items()}
    return figures if any(figures.values()) else {}


def figure_of(cost: Cost, values: Mapping[Symbol, Any]) -> Number | None:
    """The figure of a cost; none where values for some symbol are missing."""
    return None if cost_symbols(cost) - values.keys() else evaluate_cost(cost, values)
