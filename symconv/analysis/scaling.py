"""Compound scaling: the designs under a budget that no other one beats in depth, width and resolution at once.

Beside them stands the rule of EfficientNet: depth α^φ, width β^φ, resolution γ^φ with α = 1.2, β = 1.1, γ = 1.15, at
the greatest φ that keeps the budget. Source: Tan and Le, EfficientNet, 2019, section 3.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from symconv.cost import Number, plain_number
from symconv.errors import DomainError, SymbolError, SymconvError
from symconv.network import Network
from symconv.readers.budget import Budget, read_budgets
from symconv.sweeps.arrays import exact_number
from symconv.sweeps.front import maximal
from symconv.sweeps.space import LEAVE_OUT, design_space

#: α, β and γ of the paper, and the resolution that they scale.
ALPHA, BETA, GAMMA = 1.2, 1.1, 1.15
RESOLUTION: Final = 224

#: Steps of φ that are tried: tenths, up to so many.
PHIS: Final = 200


@dataclass(frozen=True)
class Scaled:
    """Values of the scaled symbols, and the exact figures of the metrics that are bounded."""

    values: Mapping[str, Number]
    figures: Mapping[str, Number]


@dataclass(frozen=True)
class Scaling:
    """The best designs under budgets, in the order of their grid, and the rule's where that is `asked` for.

    `phi` is the rule's exponent; without one no design of the rule is legal and keeps the budgets.
    """

    best: tuple[Scaled, ...]
    within: int
    points: int
    asked: bool = False
    phi: Fraction | None = None
    rule: Scaled | None = None


def scaling(
    network: Network, budgets: str | Budget | Iterable[str | Budget], given: Mapping[str, Any] | None = None, /, *,
    rule: Mapping[str, str] | None = None, **values: Any,
) -> Scaling:  # fmt: skip
    """The designs of a grid that keep the budgets and of which no axis can be raised without breaking one or lowering
    another: the Pareto-best in depth, width and resolution.

    `rule` says which symbols the depth, the width and the resolution are, {"depth": "d", "width": "w", "resolution":
    "X"}, and asks for the rule's design beside them. Designs outside the domain are left out. The values are
    `given`, or words of the call.

    Raises as `design_space`, and SymconvError where there is no axis or no budget.

    >>> from symconv.readers import load
    >>> found = scaling(load("efficientnet"), "macs <= 600M", N=1,
    ...     d=["1", "1.2", "1.4"], w=["1", "1.1", "1.2"], X=range(192, 257, 32))
    >>> [tuple(map(str, design.values.values())) for design in found.best]
    [('1', '11/10', '256'), ('1', '6/5', '224'), ('6/5', '1', '224'), ('7/5', '11/10', '192')]
    """
    values = {**(given or {}), **values}
    wanted = read_budgets(budgets)
    metrics = list(dict.fromkeys(b.metric for b in wanted))
    space = design_space(network, metrics, values, where=wanted, illegal=LEAVE_OUT)
    axes = [axis.symbol.name for axis in space.grid.axes]
    if not axes:
        raise SymconvError("nothing is scaled: a symbol with many values is wanted, such as w=1..2:1/10")
    table = space.table()
    best = maximal([_ranks(table[name].tolist()) for name in axes]).nonzero()[0].tolist()
    designs = (Scaled(*({n: exact_number(table[n][i]) for n in names} for names in (axes, metrics))) for i in best)
    phi, design = (None, None) if rule is None else _by_rule(network, wanted, rule, axes, values)
    return Scaling(tuple(designs), len(table[axes[0]]), space.grid.size, rule is not None, phi, design)


def _ranks(values: list[Number]) -> NDArray[Any]:
    place = {value: i for i, value in enumerate(sorted(set(values)))}
    return np.array([place[value] for value in values])


def _by_rule(
    network: Network, budgets: list[Budget], rule: Mapping[str, str], axes: Iterable[str], values: Mapping[str, Any]
) -> tuple[Fraction | None, Scaled | None]:
    """The greatest φ in tenths at which the scaled network is legal and keeps the budgets, and its design."""
    if set(rule) != {"depth", "width", "resolution"}:
        raise SymconvError(f"the rule scales depth, width and resolution, each a symbol: it was given {dict(rule)}")
    unknown = [name for name in rule.values() if name not in network.symbols]
    if unknown:
        raise SymbolError(f"the rule scales depth, width and resolution: {network.name} has no {', '.join(unknown)}")
    others = [name for name in axes if name not in rule.values()]
    if others:
        raise SymbolError(f"the rule scales {', '.join(rule.values())} alone: give {', '.join(others)} one value")
    fixed = {name: value for name, value in values.items() if name not in rule.values()}
    found: tuple[Fraction | None, Scaled | None] = (None, None)
    for tenths in range(PHIS):
        phi = tenths / 10
        scaled: dict[str, Number] = {
            rule["depth"]: _hundredths(ALPHA**phi),
            rule["width"]: _hundredths(BETA**phi),
            rule["resolution"]: round(RESOLUTION * GAMMA**phi),
        }
        try:
            figures = {b.metric: network.evaluate(b.metric, **fixed, **scaled) for b in budgets}
        except DomainError:
            continue
        if not all(b.holds(figures[b.metric]) for b in budgets):
            break
        found = Fraction(tenths, 10), Scaled(scaled, figures)
    return found


def _hundredths(value: float) -> Number:
    return plain_number(Fraction(round(value * 100), 100))
