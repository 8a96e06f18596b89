"""A condition on sizes: a lower bound, an equation, a divisibility, and what is known of it alone.

In the rounds of a repeated block it is meant for each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from symconv.block import Rounds
from symconv.bounding import at_least as not_below
from symconv.equality import Answer, compare
from symconv.errors import ExtentError
from symconv.extent import (
    Atom,
    Function,
    Power,
    Size,
    size_of,
    symbols_of,
    terms_of,
)
from symconv.extremes import smallest
from symconv.notation import TEXT, Style
from symconv.setting import set_size
from symconv.sizes import EVERY, NONE, Sizes, Undecided
from symconv.solve import nonnegative
from symconv.symbols import Index, Symbol
from symconv.values import evaluate, substitute

AT_LEAST, EQUAL, DIFFERS, DIVIDES = "at least", "equal", "differs", "divides"

#: Rounds in which a condition is looked at one by one.
WRITTEN_OUT: Final = 64

#: Rounds at numbers in which a condition is looked at, at most.
ROUNDS: Final = 1 << 17


@dataclass(frozen=True)
class Condition:
    """`left` at least, equal to, other than, or a divisor of `right`; why, and the node that asked for it."""

    relation: str
    left: Size
    right: Size
    reason: str = ""
    node: str = ""
    rounds: tuple[Rounds, ...] = ()

    def holds(self, at: Mapping[Symbol, Any], left: list[int] | None = None) -> bool:
        """Whether it holds at these values of its symbols, in every one of its rounds.

        Raises ExtentError where it would have to be looked at in more rounds than there are `left`.
        """
        left = [ROUNDS] if left is None else left
        if self.rounds:
            first, *others = (r.index for r in self.rounds)
            inner = replace(self, rounds=self.rounds[1:])
            numbers: Sequence[int] = range(first.begin, evaluate(first.end, at))
            if first not in self.indices(others):
                numbers = numbers[:1]
            elif not others and len(numbers) > WRITTEN_OUT:
                numbers = self._enough(first, numbers, at)
            return all(inner.holds({**at, first: i}, left) for i in numbers)
        left[0] -= 1
        if left[0] < 0:
            raise ExtentError(f"{self.text()} would have to be looked at in more than {ROUNDS:,} rounds")
        a, b = evaluate(self.left, at), evaluate(self.right, at)
        if self.relation == DIVIDES:
            return bool(a >= 1 and b % a == 0)
        if self.relation == AT_LEAST:
            return bool(a >= b)
        return bool((a == b) is (self.relation == EQUAL))

    def _enough(self, i: Index, numbers: Sequence[int], at: Mapping[Symbol, Any]) -> Sequence[int]:
        """The rounds to look at: where it holds in these it does in all.

        A polynomial in i is periodic modulo a number, and zero where it is zero more often than its degree.
        """
        values = {s: at[s] for s in self.symbols | (self.indices() & at.keys())}
        left, right = substitute(self.left, values), substitute(self.right, values)
        powers = [m for size in (left, right) for m in terms_of(size)]
        polynomial = all(a is i for m in powers for a in m)
        if self.relation == DIVIDES:
            return numbers[: max(left, 1)] if polynomial and isinstance(left, int) else numbers
        if self.relation == EQUAL:
            return numbers[: 1 + max(map(len, powers))] if polynomial and powers else numbers
        if self.relation == AT_LEAST and ends_suffice(replace(self, left=left, right=right), i):
            return [*numbers[:WRITTEN_OUT], numbers[-1]]  # a power is above any bound soon, and not worked out later
        return numbers

    def indices(self, inner: Iterable[Index] = ()) -> set[Symbol]:
        """The symbols of both sides, and of the ends of these rounds."""
        return symbols_of(self.left) | symbols_of(self.right) | {s for i in inner for s in symbols_of(i.end)}

    @property
    def symbols(self) -> set[Symbol]:
        """The symbols that need a value: those of its rounds' ends too, and no index."""
        return {s for s in self.indices(r.index for r in self.rounds) if not isinstance(s, Index)}

    def substitute(self, values: Mapping[Symbol, Size]) -> Condition:
        """Sizes in place of symbols."""
        inner, rounds = dict(values), []
        for r in self.rounds:
            turned = r.substitute(inner)
            inner[r.index] = size_of(turned.index)
            rounds.append(turned)
        left, right = substitute(self.left, inner), substitute(self.right, inner)
        return replace(self, left=left, right=right, rounds=tuple(rounds))

    def where(self, times: Size) -> Condition:
        """The condition where `times` is at least 1; it holds where that is 0."""
        if self.relation == DIFFERS:
            apart = self.left - self.right
            return replace(self, relation=AT_LEAST, left=apart * apart, right=_once(times))
        if self.relation == DIVIDES:  # 2 divides 2·C for every C: what runs twice asks for it once
            once = _once(times)
            left = self.left if not_below(self.left, 1) else self.left * once + 1 - once
            return replace(self, left=left, right=self.right * once)
        return replace(self, left=self.left * times, right=self.right * times)

    def at(self, i: Symbol, value: Size) -> Condition:
        """The condition in one round."""
        return replace(self, left=substitute(self.left, {i: value}), right=substitute(self.right, {i: value}))

    @property
    def proven(self) -> bool:
        """Whether it holds for all values, those of its indices too."""
        try:
            return solved(replace(self, rounds=()))[1].all
        except Undecided:
            return False

    def text(self, style: Style = TEXT) -> str:
        """`X + 2·P ≥ K`, `⌊X/2⌋ = 7`, `H ≠ W`, `g divides C_in`."""
        left, right = set_size(self.left, style).text, set_size(self.right, style).text
        sign = {AT_LEAST: "≥", EQUAL: "=", DIFFERS: "≠", DIVIDES: "divides"}[self.relation]
        return f"{left} {style.relation(sign)} {right}{self._for_all(style)}"

    def _for_all(self, style: Style) -> str:
        """Where it is asked for: ` for 1 ≤ i < n`, or ` where n ≥ 2`."""
        below, at_least = style.relation("≤"), style.relation("≥")
        parts = []
        used = self.indices(r.index for r in self.rounds)
        for r in self.rounds:
            end = set_size(r.index.end, style).text
            if r.index in used:
                parts.append(f"for {r.index.begin} {below} {r.index.name} < {end}")
            elif not r.certain:
                parts.append(f"where {end} {at_least} {r.index.begin + 1}")
        return "".join(f" {part}" for part in parts)


def _once(times: Size) -> Size:
    """1 where `times` is at least 1, and 0 where it is 0."""
    atoms = [a for m in terms_of(times) for a in m]
    truth = len(atoms) == 1 and isinstance(atoms[0], Function) and atoms[0].name in ("equals", "reaches")
    return times if truth and times == size_of(atoms[0]) else smallest(times, 1)


def at_least(left: Size, right: Size) -> Condition:
    """left ≥ right."""
    return Condition(AT_LEAST, left, right)


def equal(left: Size, right: Size) -> Condition:
    """left = right."""
    return Condition(EQUAL, left, right)


def differs(left: Size, right: Size) -> Condition:
    """left ≠ right."""
    return Condition(DIFFERS, left, right)


def divides(divisor: Size, size: Size) -> Condition:
    """size ≡ 0 (mod divisor)."""
    return Condition(DIVIDES, divisor, size)


# -- what is known of it alone ---------------------------------------------------------------------------------


def ends_suffice(condition: Condition, i: Index) -> bool:
    """Whether left − right is monotone in the index: affine in it, or in one power of it."""
    found: set[Atom] = set()
    for m in terms_of(condition.left - condition.right):
        moving = [a for a in m if i in a.symbols]
        if len(moving) > 1:
            return False
        found.update(moving)
    if len(found) > 1:
        return False
    return all(a == i or isinstance(a, Power) for a in found)


def follows(condition: Condition, known: Condition) -> bool:
    """Whether a lower bound follows from another one, or is the same condition: X ≥ 2^(n − 1) from X ≥ 2^n."""
    if (condition.relation, condition.rounds) != (known.relation, known.rounds):
        return False
    if condition.relation == DIVIDES and isinstance(condition.left, int) and isinstance(known.left, int):
        return known.left % condition.left == 0 and (known.right - condition.right) % condition.left == 0
    if condition.relation != AT_LEAST:
        return (condition.left, condition.right) == (known.left, known.right)
    return not_below(condition.left - condition.right, known.left - known.right)


def solved(condition: Condition) -> tuple[Symbol | None, Sizes]:
    """Its one symbol and the sizes of that; no symbol, and all or none, where that is proven for any symbols.

    Raises Undecided otherwise.
    """
    left, right = condition.left, condition.right
    if condition.relation == AT_LEAST:
        h = left - right
        if not_below(h, 0):
            return None, EVERY
        if not_below(-h, 1):
            return None, NONE
        sizes = nonnegative(h)
        return next(iter(symbols_of(h)), None), sizes
    if condition.relation == DIVIDES:
        if isinstance(left, int) and left < 1:
            return None, NONE
        if not not_below(left, 1):
            raise Undecided("a divisor that may be zero")
        left, right = right % left, 0
    verdict = compare(left, right)
    if verdict.answer is Answer.UNDECIDED:
        raise Undecided(verdict.reason)
    if condition.relation == DIFFERS:
        sizes = EVERY if verdict.answer is Answer.NEVER else ~verdict.sizes
        return verdict.symbol, NONE if verdict.answer is Answer.ALWAYS else sizes
    return verdict.symbol, EVERY if verdict.answer is Answer.ALWAYS else verdict.sizes
