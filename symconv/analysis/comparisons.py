"""Claims as comparisons of figures: whether one holds, for which sizes, and where it fails first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from heapq import merge
from itertools import islice
from typing import Any, Final

from symconv.analysis.edits import matching
from symconv.analysis.legal import Legal, legal
from symconv.analysis.regions import Piece, Region, region_of
from symconv.analysis.shared import shared_symbols, without, without_front
from symconv.analysis.signs import where
from symconv.cost import ZERO, Cost, Number, cost_symbols, evaluate_cost, plain_number, product, product_of, total_of
from symconv.errors import NetworkError, SymbolError
from symconv.extent import Size, from_terms, size_of, terms_of
from symconv.extremes import largest, smallest
from symconv.network import Network
from symconv.node import Node
from symconv.readers.budget import related
from symconv.readers.claim import Comparison, Term, read_claim
from symconv.sizes import Undecided
from symconv.symbols import RATIONAL, Symbol, by_name

#: Places that are named where a claim fails.
NAMED: Final = 3

#: Sizes that are looked at one by one where no rule decides.
LOOKED_AT: Final = 1024

#: The relations of which one holds where a relation does not.
_AGAINST: Final = {"<": (">=",), "<=": (">",), ">": ("<=",), ">=": ("<",), "=": ("<", ">")}


@dataclass(frozen=True)
class Counterexample:
    """A value of the asked symbol at which a claim fails, and both sides there."""

    at: int
    left: Number
    right: Number


@dataclass(frozen=True)
class Verdict:
    """Whether a claim holds.

    Where all that it depends on has a value, `left` and `right` are the figures. Else `symbol` is what it was asked
    for, `region` where it holds in the domain, and `until` the last size that was looked at where no rule decides.
    For all values of the symbols `whatever` it is the same; they are 1 in the counterexamples.
    """

    claim: Comparison
    holds: bool
    left: Number | None = None
    right: Number | None = None
    symbol: Symbol | None = None
    region: Region | None = None
    domain: Region | None = None
    counterexamples: tuple[Counterexample, ...] = ()
    until: int | None = None
    whatever: tuple[str, ...] = ()


def check_claim(
    network: Network, claim: str, given: Mapping[str, Any] | None = None, /, *, by: str = "", **values: Any
) -> Verdict:
    """Whether a claim about figures of a network holds: at these values, or for which values of one symbol.

    The values are `given`, or words of the call.
    `by` names the symbol where several are left; a factor that all terms share and that is at least 1, such as N,
    cancels and needs no value.

    Raises ExpressionError for what is no claim, NetworkError for a pattern that no layer fits, SymbolError for an
    unknown name or values that are missing, DomainError outside the domain, Undecided for what divides by a figure that
    may be negative, or is 0 at a legal value.

    >>> from symconv.readers import load
    >>> verdict = check_claim(load("vgg16"), "macs(conv) > 100*macs(linear)")
    >>> verdict.holds, verdict.symbol, verdict.region
    (False, X, x ≥ 204)
    >>> check_claim(load("vgg16"), "params(linear) > last(params, conv)").left
    123642856
    """
    values = {**(given or {}), **values}
    compared = read_claim(claim, network.symbols)
    network.at(values)
    net = network.substitute(**values) if values else network
    sides = _sides(net, compared)
    used = by_name(cost_symbols(sides.difference))
    if by and by not in used:
        raise SymbolError(f"{compared} does not depend on {by}, but on {', '.join(used) or 'no symbol'}")
    missing = [name for name in used if name != by] if by else list(used)[1:]
    if missing:
        hint = "" if by else ", or one of them is asked for"
        raise SymbolError(f"no value for {', '.join(missing if by else used)}: {compared} depends on it{hint}")
    if used:
        return _over_sizes(net, sides, *used.values())
    holds = sides.hold({})
    if sides.whatever:
        return Verdict(compared, holds, whatever=sides.whatever)
    return Verdict(compared, holds, *sides.at({}))


def _over_sizes(net: Network, sides: _Sides, asked: Symbol) -> Verdict:
    """For which values of a symbol a comparison holds."""
    compared, over = sides.compared, sides.difference
    if asked.kind == RATIONAL:
        raise SymbolError(f"no value for {asked}, a {asked.kind}: a claim is asked for integers")
    allowed = legal(net, asked)
    sides.refuse_zero(allowed)
    until = None
    try:
        region = allowed.within(where(over, compared.relation, asked))
        against = [allowed.within(where(over, relation, asked)) for relation in _AGAINST[compared.relation]]
    except Undecided:
        until = LOOKED_AT
        members = list(allowed.members(Region((Piece(0, until + 1),))))
        good = {v: sides.hold({asked: v}) for v in members}
        region, broken = (region_of(Piece(v, v + 1) for v in members if good[v] is kept) for kept in (True, False))
        against = [broken]
    fails = merge(*(broken.members() for broken in against))
    examples = tuple(Counterexample(v, *sides.at({asked: v})) for v in islice(fails, NAMED))
    holds = all(broken.empty for broken in against)
    return Verdict(compared, holds, None, None, asked, region, allowed.region, examples, until, sides.whatever)


# -- both sides ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sides:
    """Both sides of a comparison, each a cost over another one that is at least 0."""

    compared: Comparison
    left: tuple[Cost, Cost]
    right: tuple[Cost, Cost]

    @cached_property
    def difference(self) -> Cost:
        """What has the sign of the left side less the right one, where both have a value."""
        (left, below_left), (right, below_right) = self.left, self.right
        return without_front(left * below_right - right * below_left)

    @cached_property
    def whatever(self) -> tuple[str, ...]:
        """The symbols that the sides have and their difference has not: any values do for them."""
        used = by_name(cost_symbols(self.difference))
        return tuple(name for name in by_name(self._symbols) if name not in used)

    @property
    def _symbols(self) -> set[Symbol]:
        return {s for side in (self.left, self.right) for cost in side for s in cost_symbols(cost)}

    def at(self, at: Mapping[Symbol, Any]) -> tuple[Number, Number]:
        """The figures of both sides; the symbols without a value are 1."""
        place = {**dict.fromkeys(self._symbols, 1), **at}
        figures = []
        for cost, below in (self.left, self.right):
            under = evaluate_cost(below, place)
            if not under:
                named = "".join(f" at {s} = {v}" for s, v in at.items())
                raise Undecided(f"{self.compared} divides by 0{named}")
            figures.append(plain_number(Fraction(evaluate_cost(cost, place)) / Fraction(under)))
        left, right = figures
        return left, right

    def hold(self, at: Mapping[Symbol, Any]) -> bool:
        """Whether the comparison holds there."""
        left, right = self.at(at)
        return related(left, self.compared.relation, right)

    def refuse_zero(self, allowed: Legal) -> None:
        """Raise Undecided where a side divides by 0 at a legal value."""
        x = allowed.symbol
        for _, below in (self.left, self.right):
            under = without_front(below, x)
            if cost_symbols(under) == {x} and not (zero := allowed.within(where(under, "=", x))).empty:
                raise Undecided(f"{self.compared} divides by 0 at {x} = {zero.least}")


def _sides(net: Network, compared: Comparison) -> _Sides:
    """Both sides, with figures in place of the names that stand for them."""
    whole = _written_out(net)
    known = {next(iter(size.terms))[0]: _figure(net, whole, term) for size, term in compared.terms.items()}

    def cost(size: Size) -> Cost:
        if isinstance(size, int):
            return product(size)
        figures = {a: known[a] if a in known else product(size_of(a)) for m in size.terms for a in m}  # 0 is one too
        return total_of(product_of(figures[a] for a in m) * c for m, c in size.terms.items())

    sides = [(cost(over), cost(under)) for over, under in (compared.left, compared.right)]
    for (_, size), (_, below) in zip((compared.left, compared.right), sides):
        if not below or any(c < 0 for c in terms_of(size).values()):  # figures are at least 0
            raise Undecided(f"{compared} divides by what is not shown to be positive")
    return _Sides(compared, *sides)


# -- figures -------------------------------------------------------------------------------------------------------


def _written_out(net: Network) -> Network:
    """The network with its rounds by themselves, where their number is known."""
    if not any(node.rounds for node in net.nodes):
        return net
    try:
        return net.unrolled()
    except NetworkError:
        return net


def _figure(net: Network, whole: Network, term: Term) -> Cost:
    """The cost that a term stands for."""
    if term.choice == "sum" and not term.pattern:
        return net.cost(term.metric)
    if term.choice == "sum":
        costs = net.costs(term.metric)
        return total_of(costs[node.name] for node in _chosen(net, term.pattern))
    nodes = _chosen(whole, term.pattern)
    if any(node.rounds for node in nodes):
        raise Undecided(f"{term.choice} asks for layers one by one, and {nodes[0].name} stands in a block of rounds")
    if term.choice == "count":
        return product(len(nodes))
    costs = whole.costs(term.metric)
    having = [costs[node.name] for node in nodes if costs[node.name]] or [ZERO]
    if term.choice in ("first", "last"):
        return having[0 if term.choice == "first" else -1]
    return _extreme(term.choice, having)


def _extreme(choice: str, costs: list[Cost]) -> Cost:
    sizes = []
    shared = shared_symbols(total_of(costs))  # N in front of all: no cost has a term below 0, so none cancels
    for cost in costs:
        wide = without(cost, shared).expanded()
        if any(c.denominator != 1 for c in wide.values()):
            raise Undecided(f"the {choice} of costs with fractions in them is not followed")
        sizes.append(from_terms({m: int(c) for m, c in wide.items()}))
    return product(*map(size_of, shared), (largest if choice == "largest" else smallest)(*dict.fromkeys(sizes)))


def _chosen(network: Network, pattern: str) -> list[Node]:
    """The layers that a pattern names, or those of a stage."""
    inside = [node for node in network.nodes if node.name.startswith(pattern.rstrip("/") + "/")]
    return inside or matching(network, pattern)
