"""From a cost and a domain to a function in no language yet: every value once, in whole numbers only.

What has a fraction in it is carried as a whole number over another, so ⌊(a/b)/(c/d)⌋ is (a·d) // (b·c). A floor, a
function, a power and a sum have a local of their own, named after what they are where that is short.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import reduce
from math import lcm
from operator import or_
from typing import Final, NamedTuple

from symconv.block import Rounds
from symconv.bounding import at_least
from symconv.condition import AT_LEAST, DIVIDES, Condition
from symconv.cost import Cost, Factor, Factors, Number, total_of
from symconv.domain import Domain
from symconv.errors import ExtentError
from symconv.extent import Atom, Extent, Floor, Power, Size, Sum, key_of
from symconv.extent import Function as Extreme
from symconv.formula import by_resolution, in_front, ordered_terms
from symconv.notation import ASCII
from symconv.powers import owing
from symconv.setting import set_atom, set_size
from symconv.sizes import EVERY
from symconv.symbols import Symbol
from symconv.writers.code import tree
from symconv.writers.code.names import Names
from symconv.writers.code.tree import (
    ONE,
    Among,
    Become,
    Call,
    Let,
    Name,
    Parameter,
    Quotient,
    Repeat,
    Require,
    Start,
    Statement,
    Tree,
    product_of,
    sum_of,
)

#: Runs of sizes that are written as such; where they are more, the conditions behind them are.
RUNS: Final = 8


class Value(NamedTuple):
    """A whole number over what some names stand for, each at least 1."""

    over: Tree
    below: tuple[str, ...] = ()


@dataclass
class _Scope:
    """The statements of a body, and what has a value in it."""

    body: list[Statement]
    known: dict[Factor, Value]
    asked: set[Require]


class Walk:
    """The statements of a function, as they come."""

    def __init__(self, names: Names, parameters: Mapping[Symbol, Parameter]) -> None:
        self.names = names
        self._scopes = [_Scope([], {}, set())]
        for symbol, p in parameters.items():
            self._scopes[0].known[symbol] = Value(Name(p.parts[0]), p.parts[1:]) if p.parts else Value(Name(p.name))

    @property
    def body(self) -> list[Statement]:
        """The statements so far."""
        return self._scopes[-1].body

    @contextmanager
    def _inside(self, body: list[Statement]) -> Iterator[None]:
        """Statements go to the body of a loop, whose locals are known in it alone."""
        self._scopes.append(_Scope(body, {}, set()))
        try:
            yield
        finally:
            self._scopes.pop()

    def _let(self, name: str, value: Tree, note: str = "") -> Name:
        self.body.append(Let(name, value, note))
        return Name(name)

    def _require(self, relation: str, left: Tree, right: Tree, note: str, sure: bool = False) -> None:
        """Check what is not checked by now; `sure` says that a divisor is at least 1."""
        one = Require(relation, left, right, note, sure)
        bare = replace(one, note="")
        if not any(bare in scope.asked for scope in self._scopes):
            self._scopes[-1].asked.add(bare)
            self.body.append(one)

    # -- where it holds -----------------------------------------------------------------------------------------------

    def domain(self, domain: Domain, parameters: Mapping[Symbol, Parameter]) -> list[Condition]:
        """Check the sizes of every symbol and all other conditions; those that cannot be written come back."""
        spoken = set()
        for symbol, p in parameters.items():
            sizes = domain.sizes(symbol)
            if p.parts:
                self.body.extend(Among(part, 1, f"{symbol.name} > 0") for part in p.parts)
            elif sizes != EVERY and len(sizes.early) + len(sizes.late) <= RUNS:
                self.body.append(Among(p.name, sizes, sizes.described(symbol.name, ascii_only=True)))
                spoken.add(symbol)
            else:
                self.body.append(Among(p.name, symbol.least, f"{symbol.name} >= {symbol.least}"))
        others = (c for c in domain.conditions if not _said(c, spoken, domain))
        return [c for c in others if not self.condition(c, c.text(ASCII))]

    def condition(self, condition: Condition, note: str) -> bool:
        """Check a condition in all of its rounds; whether it can be written."""
        scope = self._scopes[0]
        before, known, done = len(scope.body), dict(scope.known), set(scope.asked)
        try:
            written, asked = True, self._in_rounds(condition, condition.rounds, note)
        except ExtentError:
            written, asked = False, False
        if not asked:  # what was only on the way to it is not needed
            del scope.body[before:]
            scope.known, scope.asked = known, done
        return written

    def _in_rounds(self, condition: Condition, rounds: Sequence[Rounds], note: str) -> bool:
        """Check it in these rounds; whether there is anything to check."""
        if not rounds:
            return self._required(condition, note)
        index, inner = rounds[0].index, rounds[1:]
        used = index in condition.indices(r.index for r in inner)
        loop = Repeat(self.names.fresh(index.name) if used else "", index.begin, self.whole(index.end))
        with self._inside(loop.body):
            if used:
                self._scopes[-1].known[index] = Value(Name(loop.index))
            asked = self._in_rounds(condition, inner, note)
        self.body.append(loop)
        return asked

    def _required(self, condition: Condition, note: str) -> bool:
        left, right = _over_one(self.size(condition.left), self.size(condition.right))
        if condition.relation == DIVIDES and isinstance(condition.left, Extent) and not condition.left.integral:
            self._require(AT_LEAST, *_over_one(self.size(condition.left), Value(ONE)), note)
        if condition.relation == DIVIDES and left == ONE:
            return False
        self._require(condition.relation, left, right, note, at_least(condition.left, 1))
        return True

    # -- sums and products --------------------------------------------------------------------------------------------

    def cost(self, cost: Cost) -> tuple[Value, int]:
        """The value of a cost and the number below it, set as it is written: what all terms share first."""
        cost = total_of(Cost(dict([_whole_powers(f, c)])) for f, c in cost.terms.items())
        under = lcm(*(c.denominator for c in cost.terms.values()))
        front, rest = in_front(cost * under)
        self._repeated(rest)
        terms: list[tuple[list[Value], int]] = []
        for extents, inside in by_resolution(rest):
            if extents and len(inside.terms) > 1:
                shared, inner = in_front(inside)
                sums = self.polynomial((self._values(f), int(c)) for f, c in ordered_terms(inner))
                terms.append(([*self._values((*extents, *shared)), sums], 1))
            else:
                terms += [(self._values((*extents, *f)), int(c)) for f, c in ordered_terms(inside)]
        whole = self.polynomial(terms)
        return self.polynomial([([*self._values(front), whole], 1)]), under

    def _values(self, factors: Factors) -> list[Value]:
        return [self._factor(f) for f in factors]

    def _repeated(self, cost: Cost) -> None:
        """Give a local to each sum that is a factor several times."""
        times = Counter(f for factors in cost.terms for f in factors if isinstance(f, Extent))
        for extent, n in times.items():
            if n > 1:
                value = self.size(extent)
                name = self._let(self.names.numbered("term"), value.over, _text(extent))
                self._scopes[-1].known[extent] = value._replace(over=name)

    def size(self, size: Size) -> Value:
        """The value of a size."""
        if isinstance(size, int):
            return Value(tree.Number(size))
        ordered = sorted(size.terms.items(), key=lambda t: (not t[0], t[1] < 0, tuple(map(key_of, t[0]))))
        return self.polynomial(([self._factor(a) for a in m], c) for m, c in ordered)

    def whole(self, size: Size) -> Tree:
        """A size that is whole where the formula holds."""
        value = self.size(size)
        return value.over if value == Value(value.over) else self._quotient(value, Value(ONE))

    def polynomial(self, terms: Iterable[tuple[Sequence[Value], int]]) -> Value:
        """Σ c·∏ values, over the least that makes it whole."""
        found = [(c, values, Counter(name for v in values for name in v.below)) for values, c in terms]
        below = _union(own for _, _, own in found)
        parts = []
        for c, values, own in found:
            missing = map(Name, (below - own).elements())
            parts.append((c, product_of([*(v.over for v in values), *missing])))
        return Value(sum_of(parts), tuple(below.elements()))

    # -- atoms --------------------------------------------------------------------------------------------------------

    def _factor(self, factor: Factor) -> Value:
        for scope in reversed(self._scopes):
            if factor in scope.known:
                return scope.known[factor]
        if isinstance(factor, Extent):
            return self.size(factor)
        value = self._atom(factor)
        self._scopes[-1].known[factor] = value
        return value

    def _atom(self, atom: Atom) -> Value:
        if isinstance(atom, Symbol):
            raise ExtentError(f"{atom} has no value here")
        note = set_atom(atom, ASCII).text
        if isinstance(atom, Floor):
            return self._floor(atom, note)
        if isinstance(atom, Power):
            return self._power(atom, note)
        return self._sum(atom, note) if isinstance(atom, Sum) else self._function(atom, note)

    def _floor(self, atom: Floor, note: str) -> Value:
        above, up = _rounded_up(atom)
        over, under = self.size(above), self.size(atom.under)
        if not atom.exact:
            name = self._named("ceil" if up else "floor", above, atom.under)
            return Value(self._let(name, self._quotient(over, under, up, atom.under), note))
        left, right = _over_one(under, over)
        note_of = f"{_text(atom.under)} divides {_text(atom.over)}"
        self._require(DIVIDES, left, right, note_of, at_least(atom.under, 1))
        return Value(self._let(self._named("ratio", above, atom.under), Quotient(right, left), note))

    def _quotient(self, a: Value, b: Value, up: bool = False, divisor: Size = 1) -> Tree:
        """⌊a/b⌋ or ⌈a/b⌉, b checked to be positive where that is not proven."""
        over, under = _over_one(a, b)
        if not at_least(divisor, 1):
            self._require(AT_LEAST, under, ONE, f"{_text(divisor)} > 0")
        return over if under == ONE else Quotient(over, under, up)

    def _named(self, kind: str, over: Size, under: Size) -> str:
        """`ceil_X_32` of ⌈X/32⌉, `floor_3` of what is longer."""
        parts = [kind]
        for size in (over, under):
            single = isinstance(size, Extent) and len(size.terms) == 1 and next(iter(size.terms.items()))
            if single and single[1] == 1 and len(single[0]) == 1 and isinstance(single[0][0], Symbol):
                parts.append(single[0][0].name)
            elif isinstance(size, int) and size > 1:
                parts.append(str(size))
            elif size != 1:
                return self.names.numbered(kind)
        return self.names.fresh("_".join(parts))

    def _function(self, atom: Extreme, note: str) -> Value:
        if atom.name == "make_divisible":
            return self._divisible(atom, note)
        values = [self.size(a) for a in atom.arguments]
        if atom.name == "ceil":
            over, under = atom.arguments
            up = self._quotient(values[0], values[1], True, under)
            return Value(self._let(self._named("ceil", over, under), up, note))
        if atom.name in ("equals", "reaches"):
            call = Call(atom.name, _over_one(*values))
            return Value(self._let(self.names.numbered(atom.name), call, note))
        below = _union(Counter(v.below) for v in values)
        missing = [map(Name, (below - Counter(v.below)).elements()) for v in values]
        call = Call(atom.name, tuple(product_of([v.over, *more]) for v, more in zip(values, missing)))
        return Value(self._let(self.names.numbered(atom.name), call, note), tuple(below.elements()))

    def _divisible(self, atom: Extreme, note: str) -> Value:
        """make_divisible of what is a quotient of whole numbers, and of a divisor that is one."""
        (_, under, divisor), (u, v, d) = atom.arguments, map(self.size, atom.arguments)
        above, below = _over_one(u, v)
        for size, one in ((under, below), (divisor, d.over)):
            if not at_least(size, 1):
                self._require(AT_LEAST, one, ONE, f"{_text(size)} > 0")
        if d != Value(d.over):
            raise ExtentError(f"the divisor of {note} is no whole number")
        call = Call(atom.name, (above, below, d.over))
        return Value(self._let(self.names.numbered("divisible"), call, note))

    def _power(self, atom: Power, note: str) -> Value:
        """base^exponent, over a power of the base where the exponent may be below 0."""
        exponent = self.size(atom.exponent)
        if exponent != Value(exponent.over):
            raise ExtentError(f"the exponent of {atom!r} is no whole number")
        if at_least(atom.exponent, 0):
            return Value(self._raised(atom.base, exponent.over, note))
        e = self._let(self.names.numbered("exponent"), exponent.over, _text(atom.exponent))
        above, below = (Call("max", (tree.ZERO, x)) for x in (e, sum_of([(-1, e)])))
        over = self._raised(atom.base, above, f"{note}, above")
        return Value(over, (self._raised(atom.base, below, f"{note}, below").text,))

    def _raised(self, base: int, exponent: Tree, note: str) -> Name:
        return self._let(self.names.numbered("power"), Call("power", (tree.Number(base), exponent)), note)

    def _sum(self, form: Sum, note: str) -> Value:
        """Σ over begin ≤ i < end, added up round by round."""
        index, total = form.index, self.names.numbered("sum")
        end = self.whole(index.end)
        loop = Repeat(self.names.fresh(index.name), index.begin, end)
        with self._inside(loop.body):
            self._scopes[-1].known[index] = Value(Name(loop.index))
            body = self.polynomial([([self.size(f) for f in form.factors], 1)])
        self.body.append(Start(total, 0, note))
        if not body.below:
            loop.body.append(Become(total, sum_of([(1, Name(total)), (1, body.over)])))
            self.body.append(loop)
            return Value(Name(total))
        under, below = self.names.fresh(f"{total}_under"), product_of(map(Name, body.below))
        self.body.extend([Start(under, 1), loop])
        both = sum_of([(1, product_of([Name(total), below])), (1, product_of([body.over, Name(under)]))])
        loop.body.extend([Become(total, both), Become(under, product_of([Name(under), below]))])
        return Value(Name(total), (under,))


def _over_one(a: Value, b: Value) -> tuple[Tree, Tree]:
    """Two whole numbers that are to each other as two values."""
    return product_of([a.over, *map(Name, b.below)]), product_of([b.over, *map(Name, a.below)])


def _union(several: Iterable[Counter[str]]) -> Counter[str]:
    """Each name as often as where it is there most often."""
    return reduce(or_, several, Counter())


def _said(condition: Condition, spoken: set[Symbol], domain: Domain) -> bool:
    """Whether a condition is one of those that the sizes of a symbol stand for."""
    return (
        not condition.rounds
        and len(condition.symbols) == 1
        and condition.symbols <= spoken
        and domain.implies(condition)
    )


def _rounded_up(atom: Floor) -> tuple[Size, bool]:
    """u and True for ⌊(u + d − 1)/d⌋, which is ⌈u/d⌉, as it is set."""
    if atom.exact or not atom.over.integral or not isinstance(atom.under, int):
        return atom.over, False
    up = atom.over.terms.get((), 0) == atom.under - 1 > 0
    return (atom.over - (atom.under - 1), True) if up else (atom.over, False)


def _whole_powers(factors: Factors, c: Number) -> tuple[Factors, Number]:
    """(3/2)·2^n as 3·2^(n − 1), where that is shown to be whole."""
    powers = tuple(f for f in factors if isinstance(f, Power))
    if not powers:
        return factors, c
    atoms, d = owing(powers, c)
    if d.denominator != 1 or not all(isinstance(a, Power) and at_least(a.exponent, 0) for a in atoms):
        return factors, c
    return (*(f for f in factors if not isinstance(f, Power)), *atoms), d


def _text(size: Size) -> str:
    return set_size(size, ASCII).text
