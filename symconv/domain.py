"""Where a formula holds: the conditions that the layers of a network asked for, each with its node.

A rule states what it needs with `require`; the network that runs the rule collects it. What is proven vanishes, what is
impossible is an error at that node, the rest are the conditions of the domain: lower bounds, congruences, equations.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from symconv.block import Rounds
from symconv.condition import AT_LEAST, WRITTEN_OUT, Condition, ends_suffice, follows, solved
from symconv.errors import DomainError, ExtentError, ShapeError
from symconv.extent import Size
from symconv.notation import ASCII, TEXT, Style
from symconv.reducing import balanced, parts, reduced
from symconv.sizes import EVERY, Sizes, Undecided
from symconv.symbols import Symbol, in_order


class Undoable(ABC):
    """What can go back to where it was: `mark` says where that is, and `undo` goes there."""

    @abstractmethod
    def mark(self) -> tuple[Any, ...]:
        """What `undo` goes back to."""

    @abstractmethod
    def undo(self, mark: tuple[Any, ...]) -> None:
        """Back to where `mark` was taken."""

    @contextmanager
    def undone_on_error(self) -> Iterator[None]:
        """While this is entered, an error leaves it as it was before."""
        mark = self.mark()
        try:
            yield
        except BaseException:
            self.undo(mark)
            raise


@dataclass(frozen=True)
class _Solved:
    """What is known of one symbol: the sizes that are left, and the conditions that made it so."""

    sizes: Sizes = EVERY
    conditions: tuple[tuple[Condition, Sizes], ...] = ()


class Demand(NamedTuple):
    """What is checked of values: a condition, and what is said behind the values of its symbols where it is broken.

    `sizes` are those at which it holds, of one that is about one symbol and solved.
    """

    condition: Condition
    sizes: Sizes | None
    said: str


class Domain(Undoable):
    """The conditions of a network.

    >>> from symconv.extent import size_of
    >>> from symconv.condition import at_least, equal
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
        self._open: dict[tuple[Any, ...], Condition] = {}

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All conditions that are neither proven nor implied by another one or by all before them."""
        return (*(c for s in self._solved.values() for c, _ in s.conditions), *self._left)

    @property
    def _left(self) -> list[Condition]:
        """The open conditions, those apart that what is known of a symbol implies by now."""
        plain = [c for c in self._open.values() if not c.rounds]
        return [c for c in self._open.values() if not (c.rounds and self._settled(c, plain))]

    def _settled(self, condition: Condition, known: Iterable[Condition]) -> bool:
        """Whether a condition is the same in all rounds, and implied."""
        used = condition.indices(r.index for r in condition.rounds)
        if any(r.index in used for r in condition.rounds):
            return False
        once = replace(condition, rounds=())
        return self.implies(once) or any(follows(once, other) for other in known)

    def mark(self) -> tuple[Any, ...]:
        """What `undo` goes back to."""
        return dict(self._solved), dict(self._open)

    def undo(self, mark: tuple[Any, ...]) -> None:
        """Back to where `mark` was taken."""
        solved, opened = mark
        self._solved, self._open = dict(solved), dict(opened)

    def require(self, condition: Condition) -> None:
        """Add a condition; one that is asked for in every round of a block holds in each.

        Raises ShapeError where it can never hold, or not together with those that are there.
        """
        condition = reduced(condition)
        several = parts(condition)
        if several:
            for part in several:
                self.require(part)
            return
        if condition.rounds:
            self._in_rounds(condition)
            return
        try:
            symbol, sizes = solved(condition)
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
        self._solved[symbol] = _Solved(both, (*kept, (balanced(condition), sizes)))

    def _leave_open(self, condition: Condition) -> None:
        condition = balanced(condition)
        if any(follows(condition, known) for known in self._open.values()):
            return
        self._open = {key: known for key, known in self._open.items() if not follows(known, condition)}
        self._open[condition.relation, condition.left, condition.right, condition.rounds] = condition

    def _in_rounds(self, condition: Condition) -> None:
        """A condition in all rounds: one for each where they are few, at both ends where that is enough, else as it is.

        Where there may be no round at all it stays open until the number of rounds is known.
        """
        used = condition.indices(r.index for r in condition.rounds)
        needed = tuple(r for r in condition.rounds if r.index in used or not r.certain)
        if not needed:
            self.require(replace(condition, rounds=()))
            return
        condition = replace(condition, rounds=needed)
        innermost = needed[-1]
        i, others = innermost.index, needed[:-1]
        if isinstance(i.end, int) and (i not in used or i.end - i.begin <= WRITTEN_OUT):
            each = range(i.begin, i.end) if i in used else range(i.begin, min(i.end, i.begin + 1))
            for value in each:
                self.require(replace(condition.at(i, value), rounds=others))
            return
        if condition.proven:
            return
        if not condition.symbols:
            if not condition.holds({}):
                raise ShapeError(f"{_asked(condition)}: {condition.text()} never holds")
            return
        if innermost.certain and condition.relation == AT_LEAST and ends_suffice(condition, i):
            ends: tuple[Size, ...] = (i.begin, i.end - 1)
            for end in dict.fromkeys(ends):
                self.require(replace(condition.at(i, end), rounds=others))
            return
        self._leave_open(condition)

    def rename(self, names: Mapping[str, str]) -> None:
        """Other names for the nodes that asked."""

        def renamed(c: Condition) -> Condition:
            return replace(c, node=names[c.node]) if c.node in names else c

        self._open = {key: renamed(c) for key, c in self._open.items()}
        self._solved = {
            s: _Solved(known.sizes, tuple((renamed(c), sizes) for c, sizes in known.conditions))
            for s, known in self._solved.items()
        }

    def implies(self, condition: Condition) -> bool:
        """Whether what is known of its one symbol implies it."""
        try:
            symbol, sizes = solved(condition)
        except Undecided:
            return False
        return sizes.all or (symbol in self._solved and _implies(self._solved[symbol].sizes, sizes))

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
                raise DomainError(_complaint(broken, at, known.sizes.described(symbol.name)))
        without: ExtentError | None = None
        for condition in self._open.values():
            try:
                holds = not condition.symbols <= at.keys() or condition.holds(at)
            except ExtentError as error:  # a quotient that does not come out even, as another condition says
                without = error
                continue
            if not holds:
                raise DomainError(_complaint(condition, at, condition.text()))
        if without is not None:
            raise without

    def allows(self, at: Mapping[Symbol, Any]) -> bool:
        """Whether every condition whose symbols all have a value here holds."""
        try:
            self.check(at)
        except (DomainError, ExtentError):
            return False
        return True

    def demands(self) -> Iterator[Demand]:
        """What `check` looks at, in its order."""
        for symbol, known in self._solved.items():
            wanted = known.sizes.described(symbol.name)
            yield from (Demand(c, sizes, _said(c, wanted)) for c, sizes in known.conditions)
        yield from (Demand(c, None, _said(c, c.text())) for c in self._open.values())

    def lines(self, style: Style = TEXT) -> list[tuple[str, tuple[Condition, ...]]]:
        """The domain in words, a line a symbol or open condition, each with the conditions behind it."""
        ascii_only = style is ASCII
        out = [
            (known.sizes.described(symbol.name, ascii_only), tuple(c for c, _ in known.conditions))
            for symbol, known in sorted(self._solved.items(), key=lambda item: item[0].key)
            if not all(any(follows(c, other) for other in self._left) for c, _ in known.conditions)
        ]
        return out + [(c.text(style), (c,)) for c in self._left]

    def text(self, style: Style = TEXT) -> str:
        """The domain in one line; `everywhere` where there is no condition."""
        return ", ".join(line for line, _ in self.lines(style)) or "everywhere"

    def __repr__(self) -> str:
        return self.text()


class Unasked(Domain):
    """Takes every condition and keeps none: for rules that run on symbols in place of sizes to come."""

    def require(self, condition: Condition) -> None:
        """Nothing."""


def _complaint(broken: Condition, at: Mapping[Symbol, Any], wanted: str) -> str:
    values = ", ".join(f"{s.name} = {at[s]}" for s in in_order(broken.symbols & at.keys()))
    return values + _said(broken, wanted)


def _said(broken: Condition, wanted: str) -> str:
    """What is said behind values at which a condition is broken."""
    asked = f", asked for by {broken.node}" if broken.node else ""
    return f" is outside the domain {wanted}: {broken.reason or broken.text()}{asked}"


def _asked(condition: Condition) -> str:
    """Who asked for it, and why."""
    return ": ".join(part for part in (condition.node, condition.reason) if part) or "impossible"


def _implies(stronger: Sizes, weaker: Sizes) -> bool:
    try:
        return stronger & weaker == stronger
    except Undecided:
        return False


# -- what a rule needs ---------------------------------------------------------------------------------------------

_ledger: Final[ContextVar[tuple[Domain, str, tuple[Rounds, ...], Size]]] = ContextVar("ledger")


@contextmanager
def asking(domain: Domain, node: str, rounds: tuple[Rounds, ...] = (), times: Size = 1) -> Iterator[None]:
    """While this is entered, what rules require goes to `domain` in the name of `node`, in all of its rounds.

    Where the node runs `times` times, and that is 0, nothing is required.
    """
    token = _ledger.set((domain, node, rounds, times))
    try:
        yield
    finally:
        _ledger.reset(token)


def require(condition: Condition, reason: str) -> None:
    """State what a rule needs; the network that runs the rule adds it to its domain.

    Outside a network only what is impossible shows, as a ShapeError.
    """
    domain, node, rounds, times = _ledger.get((None, "", (), 1))
    if times != 1:
        if domain is not None and domain.implies(condition):
            return
        condition = condition.where(times)
    (domain if domain is not None else Domain()).require(replace(condition, reason=reason, node=node, rounds=rounds))
