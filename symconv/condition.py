"""A condition on sizes: a lower bound, an equation, a divisibility, and what is known of it alone.

In the rounds of a repeated block it is meant for each of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from math import gcd
from operator import and_
from typing import Any, Final

from symconv.block import Rounds
from symconv.bounding import at_least as not_below
from symconv.bounding import lower_bound
from symconv.equality import Answer, compare
from symconv.errors import ExtentError
from symconv.extent import (
    Atom,
    Extent,
    Floor,
    Function,
    Power,
    Size,
    from_terms,
    size_of,
    symbols_of,
    terms_of,
    without,
)
from symconv.extremes import largest, smallest
from symconv.notation import ASCII, TEXT, Style
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
        plain = {AT_LEAST: ">=", DIFFERS: "!="} if style is ASCII else {AT_LEAST: "≥", DIFFERS: "≠"}
        sign = {EQUAL: "=", DIVIDES: "divides", **plain}[self.relation]
        return f"{left} {sign} {right}{self._for_all(style)}"

    def _for_all(self, style: Style) -> str:
        """Where it is asked for: ` for 1 ≤ i < n`, or ` where n ≥ 2`."""
        below, at_least = ("<=", ">=") if style is ASCII else ("≤", "≥")
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
        moving = [a for a in m if i in symbols_of(size_of(a))]
        if len(moving) > 1:
            return False
        found.update(moving)
    if len(found) > 1:
        return False
    return all(a == i or isinstance(a, Power) for a in found)


def reduced(condition: Condition) -> Condition:
    """⌊u/d⌋ + c ≥ m is u ≥ d·(m − c), so that a bound speaks of the input itself; without quotients where d divides."""
    if condition.relation == DIVIDES:
        return _cleared(condition)
    condition = _without_factor(condition)
    if condition.relation == EQUAL:
        return _without_extreme(condition)
    if condition.relation == DIFFERS:
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
    return _signs_apart(condition, h)


def _without_factor(condition: Condition) -> Condition:
    """W·H ≥ 2·W is H ≥ 2, as W ≥ 1."""
    h = condition.left - condition.right
    if isinstance(h, int) or len(h.terms) == 1:
        return condition
    counts = (Counter(a for a in m if isinstance(a, Symbol) and a.least > 0) for m in h.terms)
    common = tuple(reduce(and_, counts).elements())
    if not common:
        return condition
    left = {rest: c for m, c in h.terms.items() if (rest := without(m, common)) is not None}
    return _signs_apart(condition, from_terms(left))


def _signs_apart(condition: Condition, h: Size) -> Condition:
    """The condition that is said of a difference, on both sides without minus signs."""
    left = {m: c for m, c in terms_of(h).items() if c > 0}
    right = {m: -c for m, c in terms_of(h).items() if c < 0}
    return replace(condition, left=from_terms(left), right=from_terms(right))


def _without_extreme(condition: Condition) -> Condition:
    """min(240, N) = 240 is N ≥ 240, and max(240, N) = 240 is 240 ≥ N."""
    own = balanced(condition)
    for side, other in ((own.left, own.right), (own.right, own.left)):
        atoms = [m[0] for m, c in terms_of(side).items() if len(m) == 1 and c == 1]
        atom = atoms[0] if len(terms_of(side)) == len(atoms) == 1 else None
        if isinstance(atom, Function) and atom.name in ("min", "max") and other in atom.arguments:
            rest = [a for a in atom.arguments if a != other]
            if atom.name == "min":
                return reduced(replace(condition, relation=AT_LEAST, left=smallest(*rest), right=other))
            return reduced(replace(condition, relation=AT_LEAST, left=other, right=largest(*rest)))
    return condition


def parts(condition: Condition) -> tuple[Condition, ...]:
    """The conditions that it is made of, none where it is one itself.

    min(a, b) ≥ c is a ≥ c and b ≥ c; N·⌊X/2⌋ ≥ 1 is N ≥ 1 and X ≥ 2.
    """
    if condition.relation == EQUAL:
        return _factors(condition)
    h = condition.left - condition.right
    if condition.relation != AT_LEAST or not isinstance(h, Extent):
        return ()
    for m, c in h.terms.items():
        if len(m) == 1 and isinstance(m[0], Function) and m[0].name == ("min" if c > 0 else "max"):
            rest = h - c * size_of(m[0])
            return tuple(reduced(replace(condition, left=rest + c * a, right=0)) for a in m[0].arguments)
    terms = {m: c for m, c in h.terms.items() if m}
    least = -h.terms.get((), 0)
    if len(terms) == 1:
        ((m, c),) = terms.items()
        whole = all(a.integral and not_below(size_of(a), 0) for a in m)
        if len(m) > 1 and 1 <= least <= c and whole:
            return tuple(reduced(replace(condition, left=size_of(a), right=1)) for a in dict.fromkeys(m))
    return ()


def _factors(condition: Condition) -> tuple[Condition, ...]:
    """H·W = 256·⌊H/16⌋·⌊W/16⌋ is H = 16·⌊H/16⌋ and W = 16·⌊W/16⌋: none on the right is more than one on the left."""
    own = balanced(condition)
    for left, right in ((terms_of(own.left), terms_of(own.right)), (terms_of(own.right), terms_of(own.left))):
        if len(left) != 1 or len(right) != 1:
            continue
        ((a, c),), ((b, d),) = left.items(), right.items()
        if len(a) < 2 or len(a) != len(b) or c < 1 or d % c:
            continue
        pairs, rest = [], d // c
        for x, y in zip(sorted(a, key=_places), sorted(b, key=_places)):
            many = _growth(x) / _growth(y) if _growth(x) and _growth(y) else Fraction(0)
            if many.denominator != 1 or many < 1 or rest % many.numerator or _places(x) != _places(y):
                break
            rest //= many.numerator
            pairs.append((size_of(x), many.numerator * size_of(y)))
        if len(pairs) == len(a) and rest == 1 and all(_never_below(x, y) and not_below(y, 0) for x, y in pairs):
            return tuple(replace(condition, left=x, right=y) for x, y in pairs if x != y)
    return ()


def _never_below(x: Size, y: Size) -> bool:
    try:
        return not_below(x, y) or nonnegative(x - y).all
    except Undecided:
        return False


def _places(a: Atom) -> list[tuple[Any, ...]]:
    return sorted(s.key for s in symbols_of(size_of(a)))


def _growth(a: Atom) -> Fraction:
    """How fast a symbol, or the floor of one, grows; 0 of anything else."""
    if isinstance(a, Symbol):
        return Fraction(1)
    if not isinstance(a, Floor) or not isinstance(a.under, int):
        return Fraction(0)
    moving = [(m, c) for m, c in a.over.terms.items() if m]
    return (
        Fraction(moving[0][1], a.under)
        if len(moving) == 1 and isinstance(moving[0][0][0], Symbol) and len(moving[0][0]) == 1
        else Fraction(0)
    )


def balanced(condition: Condition) -> Condition:
    """Without what both sides share, and then without minus signs: X + 2·P − K + 1 = X is 2·P + 1 = K."""
    left, right = condition.left, condition.right
    if condition.relation == DIVIDES or not isinstance(left, Extent):
        return condition
    if condition.relation in (EQUAL, DIFFERS):
        left, right = _without_shared(left, right)
        if isinstance(left, int):
            left, right = right, left
        condition = replace(condition, left=left, right=right)
        if not isinstance(left, Extent):
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


def _without_shared(left: Size, right: Size) -> tuple[Size, Size]:
    """Both sides of an equation without a common factor: 64·N = N·⌊X/7⌋ is 64 = ⌊X/7⌋, since N is at least 1."""
    sides = [terms_of(side) for side in (left, right)]
    monomials = [m for terms in sides for m in terms]
    if not all(sides):
        return left, right
    g = gcd(*(c for terms in sides for c in terms.values()))
    shared: list[Atom] = []
    rest = [list(m) for m in monomials]
    for a in monomials[0]:
        if isinstance(a, Symbol) and a.least >= 1 and all(a in m for m in rest):
            shared.append(a)
            for m in rest:
                m.remove(a)
    if g == 1 and not shared:
        return left, right
    kept = iter(rest)
    first, second = (from_terms({tuple(next(kept)): c // g for c in terms.values()}) for terms in sides)
    return first, second


def _cleared(condition: Condition) -> Condition:
    """Without an exact quotient by a number, which then divides as well, and without multiples of the divisor."""
    left, right = condition.left, condition.right
    if left == 1:
        return condition
    while isinstance(left, int) and isinstance(right, Extent):
        found = next((a for m in right.terms for a in m if len(m) == 1 and isinstance(a, Floor) and a.exact), None)
        if found is None or not isinstance(found.under, int):
            break
        rest = right - right.terms[(found,)] * size_of(found)
        left, right = left * found.under, found.under * rest + right.terms[(found,)] * found.over
    if isinstance(left, Extent) and isinstance(right, Extent):
        left, right = _lowest(left, right)
    if isinstance(left, Extent) and (lower_bound(left) or 0) >= 1 and left * (right // left) == right:
        left, right = 1, 0
    if isinstance(left, int) and left > 0 and isinstance(right, Extent) and right.integral:
        right = from_terms({m: c % left for m, c in right.terms.items()})
        shared = gcd(left, *terms_of(right).values())  # 24 divides 6·u where 4 divides u
        if shared > 1 and isinstance(right, Extent):
            left, right = left // shared, from_terms({m: c // shared for m, c in right.terms.items()})
    return replace(condition, left=left, right=right)


def _lowest(left: Extent, right: Extent) -> tuple[Size, Size]:
    """A divisor of one term and its multiple without their common factors: 2·h divides 2·d where h divides d."""
    if len(left.terms) > 1:
        return left, right
    ((monomial, c),) = left.terms.items()
    g = gcd(c, *right.terms.values())
    kept, terms = [], {m: list(m) for m in right.terms}
    for a in monomial:
        if isinstance(a, Symbol) and a.least >= 1 and all(a in m for m in terms.values()):
            for m in terms.values():
                m.remove(a)
        else:
            kept.append(a)
    shared = from_terms({tuple(terms[m]): v // g for m, v in right.terms.items()})
    return from_terms({tuple(kept): c // g}), shared


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
    if condition.relation == DIFFERS:
        sizes = EVERY if verdict.answer is Answer.NEVER else ~verdict.sizes
        return verdict.symbol, NONE if verdict.answer is Answer.ALWAYS else sizes
    return verdict.symbol, EVERY if verdict.answer is Answer.ALWAYS else verdict.sizes
