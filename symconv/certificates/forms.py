"""What a certificate says of a network: closed forms, shapes, where they hold, and figures at one size."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from symconv.cost import Number, cost_symbols, evaluate_cost, product
from symconv.count import CONVENTIONS
from symconv.errors import SymconvError
from symconv.network import Network
from symconv.notation import ASCII
from symconv.readers.spec import parse_spec
from symconv.writers.network import KEPT, domain_line
from symconv.writers.sheet import plain
from symconv.writers.specs import spec

#: The metrics of a certificate.
METRICS: Final = (*CONVENTIONS, *KEPT)


def said(net: Network) -> tuple[Network, str | None]:
    """The network as a certificate has it, out of its spec; the network itself where no spec can say it."""
    try:
        text = spec(net)
    except SymconvError:
        return net, None
    return parse_spec(text).network(), text


def forms_of(net: Network) -> dict[str, Any]:
    """What a network is, by the fields of a certificate; formulas in ASCII, numbers as numbers."""
    return {
        "formulas": {metric: plain(net.cost(metric)) for metric in METRICS},
        "primitives": {name: plain(cost) for name, cost in net.count().operations.items()},
        "inputs": {name: [plain(product(x)) for x in t.shape] for name, t in net.inputs.items()},
        "output": [plain(product(x)) for x in net.output.shape],
        "symbols": list(net.symbols),
        "domain": domain_line(net).ascii,
        "conditions": [{"condition": c.text(ASCII), "node": c.node, "reason": c.reason} for c in net.domain.conditions],
    }


def figures_of(net: Network, values: Mapping[str, int | Fraction]) -> dict[str, int | str]:
    """Every metric of a network at these values; those apart that hold the unknown cost of an operator.

    Raises SymbolError for a name that the network does not have, DomainError outside the domain.
    """
    at = net.at(values)
    costs = {metric: net.cost(metric) for metric in METRICS}
    return {m: figure(evaluate_cost(cost, at)) for m, cost in costs.items() if cost_symbols(cost) <= at.keys()}


def figure(value: Number) -> int | str:
    """A number as a certificate has it: 3, or 3/2."""
    return int(value) if value.denominator == 1 else str(value)
