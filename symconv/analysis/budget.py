"""Budgets: whether a network keeps them, and the largest size, width, depth or batch at which it does, all at once.

The answer is the exact region of the asked symbol: each budget's own (`symconv.analysis.signs`) within the domain.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from operator import and_
from typing import Any

from symconv.analysis.legal import legal
from symconv.analysis.regions import Piece, Region
from symconv.analysis.signs import where
from symconv.cost import Cost, Number, cost_symbols, evaluate_cost, product
from symconv.errors import SymbolError, SymconvError, near
from symconv.network import Network
from symconv.readers.budget import Budget, read_budgets
from symconv.sizes import Undecided
from symconv.symbols import RATIONAL, Symbol, by_name


@dataclass(frozen=True)
class Checked:
    """A budget, the exact figure of its metric, and whether it is kept."""

    budget: Budget
    value: Number
    holds: bool


def check_budgets(network: Network, budgets: Iterable[str | Budget], /, **values: Any) -> tuple[Checked, ...]:
    """Every budget with the figure at these values of the network's symbols, and whether it is kept.

    Raises ExpressionError for what is no budget, SymbolError for an unknown or missing name, DomainError outside the
    domain.

    >>> from symconv.readers import load
    >>> [(str(c.budget), c.value, c.holds) for c in check_budgets(load("vgg16"), ["macs <= 15G"], X=224, N=1)]
    [('macs ≤ 15000000000', 15470264320, False)]
    """
    network.at(values)
    out = []
    for budget in read_budgets(budgets):
        value = network.evaluate(budget.metric, **values)
        out.append(Checked(budget, value, budget.holds(value)))
    return tuple(out)


@dataclass(frozen=True)
class Bound:
    """A budget and the values of the asked symbol that keep it; `moves` says whether its metric depends on that."""

    budget: Budget
    cost: Cost
    region: Region
    moves: bool


@dataclass(frozen=True)
class Within:
    """The values of a symbol that keep every budget and are in the domain.

    `greatest` is None where there is none, or no largest; `next` is the least legal value above it, which breaks a
    budget; `reason` says why nothing is left.
    """

    symbol: Symbol
    region: Region
    greatest: int | None
    domain: Region
    bounds: tuple[Bound, ...]
    next: int | None = None
    reason: str = ""

    @property
    def feasible(self) -> bool:
        """Whether any value keeps all budgets."""
        return not self.region.empty

    def figures(self, x: int) -> dict[str, Number]:
        """The exact figure of every metric that is bounded, at one value."""
        return {b.budget.metric: evaluate_cost(b.cost, {self.symbol: x} if b.moves else {}) for b in self.bounds}


def within(network: Network, budgets: Iterable[str | Budget], symbol: str, /, **values: Any) -> Within:
    """For which values of a symbol do all budgets hold? Exact over the integers, floors included.

    All other symbols that the metrics depend on need a value.

    Raises SymbolError for an unknown or a missing name, and where no metric depends on the symbol; DomainError outside
    the domain; Undecided where the symbol is rational or the cost is none that can be followed.

    >>> from symconv.readers import load
    >>> found = within(load("vgg16"), ["macs <= 15G", "activations <= 20M"], "X", N=1)
    >>> found.greatest, found.region
    (187, 32 ≤ x ≤ 187)
    """
    wanted = read_budgets(budgets)
    known = network.symbols
    if symbol not in known:
        listed = ", ".join(known) or "it has none"
        raise SymbolError(f"{network.name} has no symbol {symbol}: {listed}. {near(symbol, known)}".rstrip(" ."))
    if symbol in values:
        raise SymbolError(f"{symbol} is asked for, so it takes no value: it was given {values[symbol]}")
    given = network.substitute(**values) if values else network
    if symbol not in given.symbols:
        raise SymbolError(f"nothing depends on {symbol} once the other symbols have their values")
    x = by_name(s for size in given.symbols.values() for m in size.terms for s in m if isinstance(s, Symbol))[symbol]
    if x.kind == RATIONAL:
        raise Undecided(f"{symbol} is a {x.kind}: budgets are solved over integers, so give it a value")
    costs = {b.metric: given.cost(b.metric) for b in wanted}
    missing = sorted({s.name for cost in costs.values() for s in cost_symbols(cost)} - {symbol})
    if missing:
        raise SymbolError(f"no value for {', '.join(missing)}: every symbol but {symbol} needs one, none is assumed")
    if not any(x in cost_symbols(cost) for cost in costs.values()):
        named = ", ".join(dict.fromkeys(b.metric for b in wanted))
        raise SymbolError(f"{named} of {network.name} {'do' if len(costs) > 1 else 'does'} not depend on {symbol}")
    bounds = tuple(_bound(b, costs[b.metric], x) for b in wanted)
    allowed = legal(given, x)
    region = allowed.within(reduce(and_, (bound.region for bound in bounds)))
    domain, greatest = allowed.region, region.greatest
    if region.empty:
        return Within(x, region, None, domain, bounds, reason=_why(x, domain, bounds))
    above = () if greatest is None else allowed.members(Region((Piece(greatest + 1, None),)))
    return Within(x, region, greatest, domain, bounds, next(iter(above), None))


def _bound(budget: Budget, cost: Cost, x: Symbol) -> Bound:
    over = cost - product(1) * Fraction(budget.figure)
    region = where(over, budget.relation, x)
    return Bound(budget, cost, region, x in cost_symbols(cost))


def _why(x: Symbol, domain: Region, bounds: tuple[Bound, ...]) -> str:
    """Why no value is left: one budget alone, or two that contradict each other, with the figures."""
    for b in bounds:
        if (b.region & domain).empty:
            if not b.moves:
                return f"{b.budget} does not hold: {b.budget.metric} are {evaluate_cost(b.cost, {})} at every {x}"
            least = domain.least
            assert least is not None
            value = evaluate_cost(b.cost, {x: least})
            return f"no {x} keeps {b.budget}: at {x} = {least}, the least of the domain, they are {value}"
    for i, a in enumerate(bounds):
        for b in bounds[i + 1 :]:
            if (a.region & b.region & domain).empty:
                one, other = ((c.region & domain).described(x.name) for c in (a, b))
                return f"{a.budget} holds for {one}, and {b.budget} for {other}: no {x} keeps both"
    return f"no {x} of the domain keeps all budgets together, though each keeps some"


def largest_within(network: Network, budgets: Iterable[str | Budget], symbol: str, /, **values: Any) -> int:
    """The largest value of a symbol at which all budgets hold.

    Raises SymconvError where there is none, with the reason, or no largest; and as `within`.

    >>> from symconv.readers import load
    >>> largest_within(load("resnet50"), "macs <= 4.1e9", "X", N=1)
    224
    """
    found = within(network, budgets, symbol, **values)
    if not found.feasible:
        raise SymconvError(f"infeasible: {found.reason}")
    if found.greatest is None:
        raise SymconvError(f"there is no largest {symbol}: the budgets hold for {found.region.described(symbol)}")
    return found.greatest
