"""Rates: where a cost steps and by how much, how strongly it depends on each symbol, and which layers carry a change.

Over integers the rate is the difference f(X + 1) − f(X), which is exact at every X. On a residue class of the floors'
denominators the cost is a polynomial, and that has a derivative.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from symconv.analysis.classes import period, polynomial_on
from symconv.analysis.regions import least_period
from symconv.asked import as_cost, symbol_of
from symconv.cost import (
    Cost,
    Number,
    cost_of,
    cost_symbols,
    evaluate_cost,
    shortest,
    substitute_cost,
)
from symconv.count import Convention
from symconv.errors import DomainError, ExtentError, SymbolError
from symconv.evaluation import checked, resolve
from symconv.extent import Monomial, size_of, symbols_of
from symconv.network import Network
from symconv.sizes import Undecided
from symconv.sweeps.arrays import exact_number, sweep
from symconv.symbols import RATIONAL, Symbol, by_name
from symconv.sympy_bridge import to_sympy

if TYPE_CHECKING:
    import sympy

#: The most residue classes that are written out.
CLASSES: Final = 4096

#: Sizes of a range that is looked through for jumps.
RANGE: Final = 10_000_000


# -- of one expression ---------------------------------------------------------------------------------------------


def derivative(expression: Any, symbol: Any, modulus: int, remainder: int = 0) -> sympy.Expr:
    """∂/∂X of the polynomial that the cost equals on X ≡ remainder (mod modulus), as a SymPy polynomial in X.

    It speaks of that class only: for all sizes together there is no derivative but the exact `difference`.

    Raises Undecided where the cost is no polynomial on that class, and as `on_class`.

    >>> from symconv.symbols import symbol
    >>> x = size_of(symbol("X"))
    >>> derivative((x // 2) * (x // 2) * 4, "X", 2), derivative((x // 2) * (x // 2) * 4, "X", 2, 1)
    (2*X, 2*X - 2)
    """
    cost = as_cost(expression)
    x = symbol_of(cost, symbol)
    return to_sympy(cost_of(_differentiated(polynomial_on(cost, x, modulus, remainder).expanded(), x)))


def _differentiated(polynomial: Mapping[Monomial, Number], x: Symbol) -> dict[Monomial, Number]:
    out: dict[Monomial, Number] = {}
    for monomial, c in polynomial.items():
        k = monomial.count(x)
        if k:
            at = monomial.index(x)
            out[monomial[:at] + monomial[at + 1 :]] = c * k
    return out


def difference(expression: Any, symbol: Any) -> Cost:
    """f(X + 1) − f(X), exact at every X: what one more of X costs.

    Raises SymbolError for a symbol that the expression does not have, ExtentError for a rational one.

    >>> from symconv.symbols import symbol
    >>> x = size_of(symbol("X"))
    >>> difference(x * x, "X"), difference(x // 2, "X")
    (2·X + 1, ⌈X/2⌉ − ⌊X/2⌋)
    """
    cost = as_cost(expression)
    x = symbol_of(cost, symbol)
    if x.kind == RATIONAL:
        raise ExtentError(f"{x} is a {x.kind}: a difference is over integers")
    return cost_of((substitute_cost(cost, {x: size_of(x) + 1}) - cost).expanded())


@dataclass(frozen=True)
class Step:
    """What one more costs, f(X + 1) − f(X), for X mod `modulus` among the residues: a polynomial in X."""

    symbol: Symbol
    modulus: int
    residues: tuple[int, ...]
    change: Cost

    @property
    def where(self) -> str:
        """`X ≡ 2 (mod 4)`."""
        if self.modulus == 1:
            return f"every {self.symbol}"
        return f"{self.symbol} ≡ {', '.join(map(str, self.residues))} (mod {self.modulus})"


def steps(expression: Any, symbol: Any) -> tuple[Step, ...]:
    """Where the cost steps: the exact difference on every residue class, classes of one polynomial together.

    Those on which nothing changes come first, then those that come oftenest.

    Raises SymbolError for a symbol that the expression does not have, Undecided where the cost is no polynomial on
    residue classes, or on more than CLASSES of them.

    >>> from symconv.symbols import symbol
    >>> x = size_of(symbol("X"))
    >>> [(s.where, s.change) for s in steps((x // 2) * (x // 4), "X")]
    [('X ≡ 0 (mod 2)', 0), ('X ≡ 1 (mod 4)', (1/4)·X − 1/4), ('X ≡ 3 (mod 4)', (3/4)·X − 1/4)]
    """
    cost = as_cost(expression)
    x = symbol_of(cost, symbol)
    modulus = period(cost, x)
    if modulus > CLASSES:
        raise Undecided(f"{modulus} residue classes of {x}, more than {CLASSES}: jumps looks through a range of sizes")
    on = [polynomial_on(cost, x, modulus, r) for r in range(modulus)]
    changes: dict[Cost, list[int]] = {}
    for r in range(modulus):
        after = substitute_cost(on[(r + 1) % modulus], {x: size_of(x) + 1})
        changes.setdefault(cost_of((after - on[r]).expanded()), []).append(r)
    found = [Step(x, *least_period(modulus, tuple(residues)), shortest(c)) for c, residues in changes.items()]
    return tuple(sorted(found, key=lambda s: (bool(s.change), -Fraction(len(s.residues), s.modulus), s.residues)))


@dataclass(frozen=True)
class Jump:
    """A total that changes from X = at to at + 1."""

    at: int
    before: Number
    after: Number

    @property
    def change(self) -> Number:
        """The difference."""
        return self.after - self.before

    @property
    def relative(self) -> Fraction | None:
        """The difference as a part of the total before; None where that is 0."""
        return Fraction(self.change) / Fraction(self.before) if self.before else None


def jumps(expression: Any, symbol: Any, sizes: range, /, **values: Any) -> tuple[Jump, ...]:
    """Every X of a range for which the total at the next one is another; all other symbols have values.

    Raises SymbolError for an unknown or a missing name, DomainError for a range that is empty, has a step or is too
    long, ExtentError where there is no value.

    >>> from symconv.symbols import symbol
    >>> x = size_of(symbol("X"))
    >>> jumps((x + 31) // 32, "X", range(30, 100))
    (Jump(at=32, before=1, after=2), Jump(at=64, before=2, after=3), Jump(at=96, before=3, after=4))
    """
    cost = as_cost(expression)
    x = symbol_of(cost, symbol)
    _whole(x)
    if not sizes or sizes.step != 1:
        raise DomainError(f"{x}: {sizes} is {'no run of sizes' if sizes else 'empty'}, and one is wanted")
    count = sizes.stop - sizes.start  # len() takes no number that is this large
    if count > RANGE:
        raise DomainError(f"{x}: {count:,} sizes are more than the {RANGE:,} that are looked through")
    if x.name in values:
        raise SymbolError(f"{x} runs through the range, so it takes no value: it was given {values[x.name]}")
    totals = sweep(cost, **{x.name: range(sizes.start, sizes.stop + 1)}, **values)
    changed = (totals[1:] != totals[:-1]).nonzero()[0].tolist()
    pairs = ((i, totals[i], totals[i + 1]) for i in changed)
    return tuple(Jump(sizes.start + i, exact_number(before), exact_number(after)) for i, before, after in pairs)


def _whole(x: Symbol) -> None:
    if x.kind == RATIONAL:
        raise ExtentError(f"{x} is a {x.kind}: it has no next value, so nothing steps there")


def elasticity(expression: Any, symbol: Any, /, **values: Any) -> Fraction:
    """∂ ln f/∂ ln X = X·f′(X)/f(X), with f′ the derivative of the polynomial on the residue class of X.

    Near it, one percent more of X costs so many percent more.

    Raises SymbolError for an unknown or a missing name, DomainError for a value that a symbol cannot have, Undecided
    where the cost is no polynomial in the symbol, or 0.

    >>> from symconv.symbols import symbol
    >>> x = size_of(symbol("X"))
    >>> elasticity(x * x * 7, "X", X=5), elasticity(x * (x // 2), "X", X=5)
    (Fraction(2, 1), Fraction(9, 4))
    """
    cost = as_cost(expression)
    x = symbol_of(cost, symbol)
    at = resolve(cost_symbols(cost), values)
    total = Fraction(evaluate_cost(cost, at))
    if not total:
        raise Undecided(f"the total is 0 at {x} = {at[x]}, and no change is a part of that")
    slope = evaluate_cost(cost_of(_differentiated(_polynomial(cost, x, at), x)), at)
    return Fraction(at[x]) * Fraction(slope) / total


def _polynomial(cost: Cost, x: Symbol, at: Mapping[Symbol, Any]) -> dict[Monomial, Number]:
    """The polynomial in x that the cost is around a point, other integers being numbers."""
    if x.kind == RATIONAL:
        wide = cost.expanded()
        for atom in (a for m in wide for a in m):
            if atom is not x and x in symbols_of(size_of(atom)):
                raise Undecided(f"{x} stands below {size_of(atom)}, which steps")
        return wide
    numbers = {s: v for s, v in at.items() if s is not x and isinstance(v, int)}
    one = substitute_cost(cost, dict(numbers))
    if x not in cost_symbols(one):
        return one.expanded()
    modulus = period(one, x)
    return polynomial_on(one, x, modulus, at[x] % modulus).expanded()


# -- of a network --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rate:
    """How a total depends on one symbol at a point.

    `elasticity` is None where there is none, and `reason` says why; `next` is the total at the next integer as a part
    of the total here, less 1, and None where there is no next one in the domain.
    """

    symbol: Symbol
    value: Number
    elasticity: Fraction | None
    reason: str
    next: Fraction | None


def elasticities(network: Network, metric: str | Convention = "macs", /, **values: Any) -> tuple[Rate, ...]:
    """How strongly a total depends on each symbol that it has, at these values of all of them.

    Raises SymbolError for an unknown or a missing name, DomainError outside the domain.

    >>> from symconv.readers import load
    >>> [(str(r.symbol), float(r.elasticity), round(float(r.next), 3)) for r in elasticities(load("vgg16"), X=224, N=1)]
    [('N', 1.0, 1.0), ('X', 1.984016606123508, 0.001)]
    """
    cost = network.cost(metric)
    at = network.at(values)
    used = cost_symbols(cost)
    resolve(used, {s.name: v for s, v in at.items() if s in used})
    total = Fraction(evaluate_cost(cost, at))
    rates = []
    for symbol in by_name(used).values():
        named = {s.name: at[s] for s in used}
        found, reason = None, ""
        try:
            found = elasticity(cost, symbol, **named)
        except (Undecided, ExtentError) as error:
            reason = str(error)
        rates.append(Rate(symbol, at[symbol], found, reason, _next(network, cost, symbol, at, total)))
    return tuple(rates)


def _next(network: Network, cost: Cost, x: Symbol, at: Mapping[Symbol, Any], total: Fraction) -> Fraction | None:
    if x.kind == RATIONAL or not total:
        return None
    after = {**at, x: at[x] + 1}
    return Fraction(evaluate_cost(cost, after)) / total - 1 if network.domain.allows(after) else None


@dataclass(frozen=True)
class Carrier:
    """A layer whose cost changes, in all of its rounds together; `share` is its part of the whole change."""

    layer: str
    before: Number
    after: Number
    share: Fraction | None

    @property
    def change(self) -> Number:
        """The difference."""
        return self.after - self.before


@dataclass(frozen=True)
class Change:
    """A total before and after one symbol has another value, and the layers that carry the change, the most first."""

    symbol: Symbol
    at: Number
    to: Number
    before: Number
    after: Number
    carriers: tuple[Carrier, ...]

    @property
    def relative(self) -> Fraction | None:
        """The change as a part of the total before; None where that is 0."""
        return Fraction(self.after - self.before) / Fraction(self.before) if self.before else None


def change(
    network: Network, symbol: str, metric: str | Convention = "macs", given: Mapping[str, Any] | None = None, /, *,
    to: Any = None, **values: Any,
) -> Change:  # fmt: skip
    """Which layers carry a change of a symbol, from its value to another one, or to the next.

    The values of the symbols are `given`, or words of the call.

    Raises SymbolError for an unknown or a missing name, or where the metric does not depend on the symbol; DomainError
    where a value is outside the domain.

    >>> from symconv.readers import load
    >>> found = change(load("resnet50"), "X", X=224, N=1)
    >>> found.before, found.after, found.carriers[0].layer
    (4089184256, 4626713792, 'layer3/i/main/conv2/conv')
    """
    values = {**(given or {}), **values}
    cost = network.cost(metric)
    x = symbol_of(cost, symbol)
    if symbol not in values:
        raise SymbolError(f"no value for {symbol}: a change begins at one")
    at = network.at(values)
    used = cost_symbols(cost)
    resolve(used, {s.name: v for s, v in at.items() if s in used})
    if to is None:
        _whole(x)
    goal = at[x] + 1 if to is None else checked(x, to)
    after = {**at, x: goal}
    network.domain.check(after)
    moved = evaluate_cost(cost, after) - evaluate_cost(cost, at)
    carriers = []
    for name, own in network.costs(metric).items():
        pair = evaluate_cost(own, at), evaluate_cost(own, after)
        if pair[0] != pair[1]:
            part = Fraction(pair[1] - pair[0]) / Fraction(moved) if moved else None
            carriers.append(Carrier(name, *pair, part))
    carriers.sort(key=lambda c: -abs(Fraction(c.change)))
    return Change(x, at[x], goal, evaluate_cost(cost, at), evaluate_cost(cost, after), tuple(carriers))
