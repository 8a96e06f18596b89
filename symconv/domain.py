"""Where a formula holds: the conditions that the layers of a network asked for, each with its node.

A rule states what it needs with `require`; the network that runs the rule collects it. What is proven vanishes, what is
impossible is an error at that node, the rest are the conditions of the domain: lower bounds, congruences, equations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from math import gcd
from typing import Any, Final

from symconv.equality import Answer, compare
from symconv.errors import DomainError, ShapeError
from symconv.extent import Extent, Floor, Size, lower_bound, symbols_of
from symconv.notation import ASCII, TEXT, Style
from symconv.setting import set_size
from symconv.sizes import EVERY, NONE, Sizes, Undecided
from symconv.solve import nonnegative
from symconv.symbols import Symbol
from symconv.values import evaluate

AT_LEAST, EQUAL, DIVIDES = "at least", "equal", "divides"


@dataclass(frozen=True)
class Condition:
    """`left` at least, equal to, or a divisor of `right`; why, and the node that asked for it."""

    relation: str
    left: Size
    right: Size
    reason: str = ""
    node: str = ""

    def holds(self, at: Mapping[Symbol, Any]) -> bool:
        """Whether it holds at these values of its symbols."""
        left, right = evaluate(self.left, at), evaluate(self.right, at)
        if self.relation == DIVIDES:
            return bool(left >= 1 and right % left == 0)
        return bool(left >= right if self.relation == AT_LEAST else left == right)

    @property
    def symbols(self) -> set[Symbol]:
        return symbols_of(self.left) | symbols_of(self.right)

    def text(self, style: Style = TEXT) -> str:
        """`X + 2·P ≥ K`, `⌊X/2⌋ = 7`, `g divides C_in`."""
        left, right = set_size(self.left, style).text, set_size(self.right, style).text
        sign = {AT_LEAST: ">=" if style is ASCII else "≥", EQUAL: "=", DIVIDES: "divides"}[self.relation]
        return f"{left} {sign} {right}"


def at_least(left: Size, right: Size) -> Condition:
    """left ≥ right."""
    return Condition(AT_LEAST, left, right)


def equal(left: Size, right: Size) -> Condition:
    """left = right."""
    return Condition(EQUAL, left, right)


def divides(divisor: Size, size: Size) -> Condition:
    """size ≡ 0 (mod divisor)."""
    return Condition(DIVIDES, divisor, size)


@dataclass(frozen=True)
class _Solved:
    """What is known of one symbol: the sizes that are left, and the conditions that made it so."""

    sizes: Sizes = EVERY
    conditions: tuple[tuple[Condition, Sizes], ...] = ()


class Domain:
    """The conditions of a network.

    >>> from symconv.extent import size_of
    >>> from symconv.symbols import symbol
    >>> x = size_of(symbol("X"))
    >>> domain = Domain()
    >>> domain.require(replace(at_least(x // 32, 1), reason="an output of at least 1", node="pool5"))
    >>> domain.require(replace(equal(2 * (x // 2), x), reason="equal extents", node="add"))
    >>> domain
    X ≥ 32, X ≡ 0 (mod 2)
    """

    def __init__(self) -> None:
        self._solved: dict[Symbol, _Solved] = {}
        self._open: dict[tuple[str, Size, Size], Condition] = {}

    @contextmanager
    def undone_on_error(self) -> Iterator[None]:
        """While this is entered, an error leaves the domain as it was before."""
        solved, opened = dict(self._solved), len(self._open)
        try:
            yield
        except BaseException:
            self._solved = solved
            for key in list(self._open)[opened:]:
                del self._open[key]
            raise

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All conditions that are neither proven nor implied by another one or by all before them."""
        return (*(c for s in self._solved.values() for c, _ in s.conditions), *self._open.values())

    def require(self, condition: Condition) -> None:
        """Add a condition.

        Raises ShapeError where it can never hold, or not together with those that are there.
        """
        condition = _reduced(condition)
        try:
            symbol, sizes = _solved(condition)
        except Undecided:
            self._leave_open(condition)
            return
        if sizes.empty:
            raise ShapeError(f"{_asked(condition)}: {condition.text()} never holds")
        if sizes.all or symbol is None:
            return
        known = self._solved.get(symbol, _Solved())
        if known.sizes == sizes:
            return
        try:
            both = known.sizes & sizes
        except Undecided:
            self._leave_open(condition)
            return
        if both.empty:
            others = "; ".join(f"{c.text()} ({c.node or 'elsewhere'})" for c, _ in known.conditions)
            raise ShapeError(f"{_asked(condition)}: {condition.text()} contradicts {others}")
        if both == known.sizes:
            return
        kept = tuple((c, s) for c, s in known.conditions if not _implies(sizes, s))
        self._solved[symbol] = _Solved(both, (*kept, (_balanced(condition), sizes)))

    def _leave_open(self, condition: Condition) -> None:
        condition = _balanced(condition)
        self._open.setdefault((condition.relation, condition.left, condition.right), condition)

    def sizes(self, symbol: Symbol) -> Sizes:
        """The values that a symbol may take, as far as the conditions speak of it alone."""
        return self._solved[symbol].sizes if symbol in self._solved else EVERY

    def least(self, symbol: Symbol) -> int:
        """The least legal value of a symbol, as far as the conditions speak of it alone."""
        least = self.sizes(symbol).least
        assert least is not None
        return max(least, symbol.least) if symbol in self._solved else symbol.least

    def check(self, at: Mapping[Symbol, Any]) -> None:
        """Raises DomainError where a condition whose symbols all have a value here does not hold."""
        for symbol, known in self._solved.items():
            if symbol in at and at[symbol] not in known.sizes:
                broken = next(c for c, sizes in known.conditions if at[symbol] not in sizes)
                raise DomainError(self._complaint(broken, at, known.sizes.described(symbol.name)))
        for condition in self._open.values():
            if condition.symbols <= at.keys() and not condition.holds(at):
                raise DomainError(self._complaint(condition, at, condition.text()))

    def _complaint(self, broken: Condition, at: Mapping[Symbol, Any], wanted: str) -> str:
        values = ", ".join(f"{s.name} = {at[s]}" for s in sorted(broken.symbols & at.keys(), key=lambda s: s.key))
        asked = f", asked for by {broken.node}" if broken.node else ""
        return f"{values} is outside the domain {wanted}: {broken.reason or broken.text()}{asked}"

    def lines(self, style: Style = TEXT) -> list[tuple[str, tuple[Condition, ...]]]:
        """The domain in words, a line a symbol or open condition, each with the conditions behind it."""
        ascii_only = style is ASCII
        out = [
            (known.sizes.described(symbol.name, ascii_only), tuple(c for c, _ in known.conditions))
            for symbol, known in sorted(self._solved.items(), key=lambda item: item[0].key)
        ]
        return out + [(c.text(style), (c,)) for c in self._open.values()]

    def text(self, style: Style = TEXT) -> str:
        """The domain in one line; `everywhere` where there is no condition."""
        return ", ".join(line for line, _ in self.lines(style)) or "everywhere"

    def __repr__(self) -> str:
        return self.text()


def _reduced(condition: Condition) -> Condition:
    """⌊u/d⌋ + c ≥ m is u ≥ d·(m − c), so that a bound speaks of the input itself."""
    if condition.relation != AT_LEAST:
        return condition
    h = condition.left - condition.right
    peeled = False
    while isinstance(h, Extent):
        floors = [(m, c) for m, c in h.terms.items() if any(isinstance(a, Floor) for a in m)]
        if len(floors) != 1 or floors[0][1] != 1 or len(floors[0][0]) != 1 or not h.integral:
            break
        ((atom,),) = (floors[0][0],)
        if not isinstance(atom, Floor) or atom.exact:
            break
        rest = h - Extent({(atom,): 1})
        h, peeled = atom.over + atom.under * rest, True
    if not peeled:
        return condition
    if isinstance(h, int):
        return replace(condition, left=h, right=0)
    negative = {m: -c for m, c in h.terms.items() if c < 0}
    right: Size = 0
    for m, c in negative.items():
        right = right + (Extent({m: c}) if m else c)
    return replace(condition, left=h + right, right=right)


def _balanced(condition: Condition) -> Condition:
    """Without what both sides share, and then without minus signs: X + 2·P − K + 1 = X is 2·P + 1 = K."""
    left, right = condition.left, condition.right
    if condition.relation == DIVIDES or not isinstance(left, Extent):
        return condition
    h = left - right
    beside = right.terms.keys() if isinstance(right, Extent) else {()}
    if not left.terms.keys() & beside:
        return condition
    if isinstance(h, int):
        return replace(condition, left=h, right=0)
    g = gcd(*h.terms.values())
    left, right = (
        sum((Extent({m: abs(c) // g}) if m else abs(c) // g for m, c in h.terms.items() if (c > 0) is wanted), 0)
        for wanted in (True, False)
    )
    return replace(condition, left=left, right=right)


def _asked(condition: Condition) -> str:
    """Who asked for it, and why."""
    return ": ".join(part for part in (condition.node, condition.reason) if part) or "impossible"


def _implies(stronger: Sizes, weaker: Sizes) -> bool:
    try:
        return stronger & weaker == stronger
    except Undecided:
        return False


def _solved(condition: Condition) -> tuple[Symbol | None, Sizes]:
    """Its one symbol and the sizes of that; no symbol, and all or none, where that is proven for any symbols.

    Raises Undecided otherwise.
    """
    left, right = condition.left, condition.right
    if condition.relation == AT_LEAST:
        h = left - right
        bound, above = lower_bound(h), lower_bound(-h)
        if bound is not None and bound >= 0:
            return None, EVERY
        if above is not None and above > 0:
            return None, NONE
        sizes = nonnegative(h)
        return next(iter(symbols_of(h)), None), sizes
    if condition.relation == DIVIDES:
        if isinstance(left, int) and left < 1:
            return None, NONE
        if (lower_bound(left) or 0) < 1:
            raise Undecided("a divisor that may be zero")
        left, right = right % left, 0
    verdict = compare(left, right)
    if verdict.answer is Answer.UNDECIDED:
        raise Undecided(verdict.reason)
    return verdict.symbol, EVERY if verdict.answer is Answer.ALWAYS else verdict.sizes


# -- what a rule needs ---------------------------------------------------------------------------------------------

_ledger: Final[ContextVar[tuple[Domain, str]]] = ContextVar("ledger")


@contextmanager
def asking(domain: Domain, node: str) -> Iterator[None]:
    """While this is entered, what rules require goes to `domain` in the name of `node`."""
    token = _ledger.set((domain, node))
    try:
        yield
    finally:
        _ledger.reset(token)


def require(condition: Condition, reason: str) -> None:
    """State what a rule needs; the network that runs the rule adds it to its domain.

    Outside a network only what is impossible shows, as a ShapeError.
    """
    domain, node = _ledger.get((None, ""))
    (domain or Domain()).require(replace(condition, reason=reason, node=node))
