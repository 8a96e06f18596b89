"""Costs as a program of whole numbers: every value once, over a denominator, with bounds over the grid.

A cost becomes additions, products and floored quotients of whole numbers: what has a fraction in it is carried as a
whole number over a number, and ⌊(a/b)/(c/d)⌋ is (a·d) // (b·c). Terms are collected by what depends on the last axis,
then by the one before it, so that what does not change along an axis is worked out once for all its points.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import groupby, product
from math import gcd, lcm, prod
from operator import mul
from typing import Any, Final, NamedTuple

from symconv.cost import Cost, Factor
from symconv.errors import ExtentError
from symconv.extent import Atom, Extent, Floor, Function, Power, Size, Sum, size_of, symbols_of
from symconv.sweeps.grid import Box, Grid, as_array, fits
from symconv.symbols import Index, Symbol
from symconv.values import evaluate_atom, raised

#: Rounds of a sum that are written out, and points at which a sum is added up by itself where they are more.
ROUNDS: Final = 1 << 10
POINTS: Final = 1 << 20

Bounds = tuple[int, int]


class Op(NamedTuple):
    """One value: what it is made of, the axes that it changes along, and what it lies between on the grid.

    `number` is the value of a constant, the axis of its values, the number of a table, the base of a power.
    """

    kind: str
    of: tuple[int, ...]
    number: int
    axes: tuple[int, ...]
    bounds: Bounds


class Value(NamedTuple):
    """An exact value: that of an operation over a number."""

    op: int
    under: int = 1


@dataclass(frozen=True)
class Table:
    """The values of what is worked out point by point, an extent per axis that it changes along."""

    axes: tuple[int, ...]
    values: Any


#: Kinds that can fail at a point: a divisor that is not positive, a quotient that does not come out even.
FALLIBLE: Final = ("divisor", "exact")


def _ends(a: Bounds, b: Bounds, operation: Callable[[int, int], int]) -> Bounds:
    """The least and the greatest of an operation that is monotone in either of its values."""
    values = [operation(x, y) for x, y in product(a, b)]
    return min(values), max(values)


def _quotient(a: Bounds, b: Bounds) -> Bounds:
    return _ends(a, b, lambda x, y: x // max(1, y))


#: What a value lies between, from what its arguments do.
BETWEEN: Final[dict[str, Any]] = {
    "add": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "multiply": lambda a, b: _ends(a, b, mul),
    "floor": _quotient,
    "exact": _quotient,
    "max": lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
    "min": lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
    "gcd": lambda a, b: (0, max(*map(abs, a), *map(abs, b))),
    "positive": lambda a: (int(a[0] > 0), int(a[1] > 0)),
    "divisor": lambda a: (max(1, a[0]), max(1, a[1])),
}


def _between(kind: str, number: int, of: Sequence[Bounds]) -> Bounds:
    if kind == "power":
        ((low, high),) = of
        return int(raised(number, max(low, 0))), int(raised(number, max(high, 0)))
    found: Bounds = BETWEEN[kind](*of)
    return found


class Program:
    """Operations in an order of computation, built for one grid.

    >>> from symconv.extent import size_of
    >>> from symconv.symbols import symbol
    >>> from symconv.sweeps.grid import grid_of
    >>> x = symbol("X")
    >>> program = Program(grid_of([x], {"X": range(1, 100)}))
    >>> value = program.size((size_of(x) + 6) // 7)
    >>> [op.kind for op in program.ops if op.kind != "constant"], program.ops[value.op].bounds
    (['axis', 'add', 'floor'], (1, 15))
    """

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.ops: list[Op] = []
        self.tables: list[Table] = []
        self._known: dict[tuple[str, tuple[int, ...], int], int] = {}
        self._values: dict[Any, Value] = {}
        self._axes = {axis.symbol: k for k, axis in enumerate(grid.axes)}
        #: The round that is being written out, by its index: its number, and 1 at the points that have it.
        self._rounds: dict[Symbol, tuple[int, int]] = {}
        self._there = self.constant(1)  # 1 at the points that have the rounds of the factor that is being compiled

    # -- single operations -----------------------------------------------------------------------------------------

    def constant(self, number: int) -> int:
        """A number."""
        return self._op("constant", (), number, (), (number, number))

    def apply(self, kind: str, *of: int, number: int = 0) -> int:
        """An operation on others; a number where it is the same on the whole grid."""
        ops = [self.ops[i] for i in of]
        bounds = _between(kind, number, [op.bounds for op in ops])
        if bounds[0] == bounds[1] and kind not in FALLIBLE:
            return self.constant(bounds[0])
        return self._op(kind, of, number, tuple(sorted({k for op in ops for k in op.axes})), bounds)

    def _op(self, kind: str, of: tuple[int, ...], number: int, axes: tuple[int, ...], bounds: Bounds) -> int:
        key = (kind, of, number)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = len(self.ops)
            self.ops.append(Op(kind, of, number, axes, bounds))
        return found

    def _number(self, i: int) -> int | None:
        return self.ops[i].number if self.ops[i].kind == "constant" else None

    def add(self, a: int, b: int) -> int:
        """a + b."""
        if self._number(a) == 0:
            return b
        return a if self._number(b) == 0 else self.apply("add", *sorted((a, b)))

    def multiply(self, a: int, b: int) -> int:
        """a·b."""
        if self._number(a) == 1:
            return b
        return a if self._number(b) == 1 else self.apply("multiply", *sorted((a, b)))

    def scale(self, a: int, number: int) -> int:
        """number·a."""
        return self.multiply(a, self.constant(number))

    def negative(self, a: int) -> int:
        """1 − a."""
        return self.add(self.constant(1), self.scale(a, -1))

    def extreme(self, name: str, *of: int) -> int:
        """The max, min or gcd of some values."""
        return reduce(lambda a, b: self.apply(name, *sorted((a, b))), of)

    def reaches(self, a: Value, b: Value) -> int:
        """1 where a ≥ b, else 0."""
        apart = self.polynomial([([a], 1), ([b], -1)]).op
        return self.apply("positive", self.add(apart, self.constant(1)))

    def equals(self, a: Value, b: Value) -> int:
        """1 where a = b, else 0."""
        apart = self.polynomial([([a], 1), ([b], -1)]).op
        above, below = (self.apply("positive", x) for x in (apart, self.scale(apart, -1)))
        return self.negative(self.add(above, below))

    def floor(self, a: int, b: int, exact: bool = False) -> int:
        """⌊a/b⌋, b at least 1; with `exact` it has to come out even.

        In a round it has a value, whatever that is, at the points that do not have the round.

        Raises ExtentError where b is below 1 on the whole grid.
        """
        fallible = exact or self.ops[b].bounds[0] < 1
        if fallible and self._there != self.constant(1):
            a = self.multiply(a, self._there)
            b = self.add(self.multiply(b, self._there), self.negative(self._there))
        if self.ops[b].bounds[1] < 1:
            raise ExtentError("a divisor is not positive at any point of the grid")
        if self._number(b) == 1:
            return a
        if self.ops[b].bounds[0] < 1:
            b = self.apply("divisor", b)
        return self.apply("exact" if exact else "floor", a, b)

    # -- sums and products -----------------------------------------------------------------------------------------

    def polynomial(self, terms: Iterable[tuple[Sequence[Value], int | Fraction]]) -> Value:
        """Σ c·∏ values, over the least number that makes it whole."""
        found: dict[tuple[int, ...], Fraction] = {}
        for values, c in terms:
            scale = Fraction(c)
            factors: list[int] = []
            for value in values:
                scale /= value.under
                number = self._number(value.op)
                if number is None:
                    factors.append(value.op)
                else:
                    scale *= number
            key = tuple(sorted(factors))
            found[key] = found.get(key, Fraction(0)) + scale
        under = lcm(*(c.denominator for c in found.values()))
        return Value(self._collected({m: int(c * under) for m, c in found.items() if c}), under)

    def _collected(self, terms: Mapping[tuple[int, ...], int]) -> int:
        """A sum of products by what changes along the last axis of all."""
        last = max((self.ops[i].axes[-1] for m in terms for i in m), default=None)
        if last is None:
            return self.constant(sum(terms.values()))
        heads: dict[tuple[int, ...], dict[tuple[int, ...], int]] = {}
        for m, c in terms.items():
            head = tuple(i for i in m if last in self.ops[i].axes)
            rest = tuple(i for i in m if last not in self.ops[i].axes)
            inner = heads.setdefault(head, {})
            inner[rest] = inner.get(rest, 0) + c
        return self._sum(self.multiply(self._powers(head), self._collected(rest)) for head, rest in heads.items())

    def _sum(self, parts: Iterable[int]) -> int:
        """A sum, those first that change along the same and along few axes."""
        ordered = sorted(parts, key=lambda i: (len(self.ops[i].axes), self.ops[i].axes, i))
        total = self.constant(0)
        for _, same in groupby(ordered, key=lambda i: self.ops[i].axes):
            inner = self.constant(0)
            for part in same:
                inner = self.add(inner, part)
            total = self.add(total, inner)
        return total

    def _powers(self, factors: tuple[int, ...]) -> int:
        """A product, powers by squaring."""
        whole = self.constant(1)
        counted = Counter(factors)
        for i in sorted(counted, key=lambda i: (len(self.ops[i].axes), self.ops[i].axes, i)):
            n, square, power = counted[i], i, self.constant(1)
            while n:
                power = self.multiply(power, square) if n & 1 else power
                n >>= 1
                square = self.multiply(square, square) if n else square
            whole = self.multiply(whole, power)
        return whole

    # -- from costs ------------------------------------------------------------------------------------------------

    def cost(self, cost: Cost) -> Value:
        """The value of a cost.

        Raises ExtentError for what has no value on the grid.
        """
        return self.polynomial(([self._factor(f) for f in factors], c) for factors, c in cost.terms.items())

    def size(self, size: Size) -> Value:
        """The value of a size."""
        if isinstance(size, int):
            return Value(self.constant(size))
        return self.polynomial(([self._factor(a) for a in m], c) for m, c in size.terms.items())

    def rounds(self, i: Index, last: int) -> Iterator[int]:
        """The rounds of an index before `last`, which has its number meanwhile: 1 at the points that have the round."""
        end = self.size(i.end).op
        for k in range(i.begin, last):
            there = self.apply("positive", self.add(end, self.constant(-k)))
            self._rounds[i] = k, there
            yield there
        self._rounds.pop(i, None)

    def _factor(self, factor: Factor) -> Value:
        moving = symbols_of(factor if isinstance(factor, Extent) else size_of(factor)) & self._rounds.keys()
        rounds = [(s.key, *self._rounds[s]) for s in sorted(moving, key=lambda s: s.key)]
        key = (factor, tuple(rounds))
        if key not in self._values:
            outer, self._there = self._there, self._powers(tuple(there for *_, there in rounds))
            self._values[key] = self.size(factor) if isinstance(factor, Extent) else self._atom(factor)
            self._there = outer
        return self._values[key]

    def _atom(self, atom: Atom) -> Value:
        if isinstance(atom, Symbol):
            return self._symbol(atom)
        if isinstance(atom, Floor):
            return Value(self._quotient(self.size(atom.over), self.size(atom.under), atom.exact))
        if isinstance(atom, Power):
            return self._power(atom)
        return self._sum_of(atom) if isinstance(atom, Sum) else self._function(atom)

    def _symbol(self, symbol: Symbol) -> Value:
        if symbol in self._rounds:
            return Value(self.constant(self._rounds[symbol][0]))
        if symbol in self._axes:
            k = self._axes[symbol]
            axis = self.grid.axes[k]
            return Value(self._op("axis", (), k, (k,), axis.bounds()), axis.under)
        value = self.grid.fixed[symbol]
        return Value(self.constant(value.numerator), value.denominator)

    def _quotient(self, a: Value, b: Value, exact: bool = False) -> int:
        """⌊a/b⌋."""
        common = gcd(a.under, b.under)
        return self.floor(self.scale(a.op, b.under // common), self.scale(b.op, a.under // common), exact)

    def _function(self, atom: Function) -> Value:
        if atom.name == "make_divisible":
            return self._divisible(*map(self.size, atom.arguments))
        if atom.name == "ceil":
            a, b = map(self.size, atom.arguments)
            return Value(self.scale(self._quotient(Value(self.scale(a.op, -1), a.under), b), -1))
        values = list(map(self.size, atom.arguments))
        if atom.name in ("equals", "reaches"):
            return Value(self.equals(*values) if atom.name == "equals" else self.reaches(*values))
        under = lcm(*(v.under for v in values))
        return Value(self.extreme(atom.name, *(self.scale(v.op, under // v.under) for v in values)), under)

    def _divisible(self, over: Value, under: Value, d: Value) -> Value:
        """d·max(1, ⌊v/d + 1/2⌋, ⌈9·v/(10·d)⌉) of v = over/under, as `extremes.make_divisible`."""
        below = self.polynomial([([under, d], 1)])
        half = self._quotient(self.polynomial([([over], 2), ([below], 1)]), self.polynomial([([below], 2)]))
        tenth = self._quotient(self.polynomial([([over], -9)]), self.polynomial([([below], 10)]))
        most = self.extreme("max", half, self.scale(tenth, -1), self.constant(1))
        return self.polynomial([([d, Value(most)], 1)])

    def _power(self, atom: Power) -> Value:
        """base^exponent, over a power of the base where the exponent may be below 0."""
        exponent = self.size(atom.exponent)
        if exponent.under != 1:
            raise ExtentError(f"the exponent of {atom!r} is no whole number on the grid")
        lowest = min(0, self.ops[exponent.op].bounds[0])
        shifted = self.add(exponent.op, self.constant(-lowest))
        return Value(self.apply("power", shifted, number=atom.base), int(raised(atom.base, -lowest)))

    def _sum_of(self, form: Sum) -> Value:
        """A sum over rounds: written out, each round where there are so many; at every point by itself where not."""
        last = self.ops[self.size(form.index.end).op].bounds[1]
        if last - form.index.begin > ROUNDS:
            if not form.symbols.isdisjoint(self._rounds):
                raise ExtentError(f"{form!r} has too many rounds in rounds to be swept")
            return self.tabulated(form.symbols, lambda at: evaluate_atom(form, at), repr(form))
        return self.polynomial(
            ([*map(self._whole, form.factors), Value(there)], 1) for there in self.rounds(form.index, last)
        )

    def _whole(self, size: Size) -> Value:
        return self._factor(size) if isinstance(size, Extent) else self.size(size)

    def tabulated(self, symbols: Iterable[Symbol], value: Callable[[dict[Symbol, Any]], Any], what: str) -> Value:
        """What is worked out at every point of the axes that it changes along.

        Raises ExtentError where these are too many.
        """
        axes = tuple(sorted(self._axes[s] for s in symbols if s in self._axes))
        rows = [self.grid.axes[k].values() for k in axes]
        moving = [self.grid.axes[k].symbol for k in axes]
        if prod(map(len, rows)) > POINTS:
            names = ", ".join(s.name for s in moving)
            raise ExtentError(f"{what} is worked out one by one, at {POINTS:,} values of {names} at most")
        exact = [value({**self.grid.fixed, **dict(zip(moving, point))}) for point in product(*rows)]
        under = lcm(*(number.denominator for number in exact))
        numbers = [int(number * under) for number in exact]
        if not axes:
            return Value(self.constant(numbers[0]), under)
        self.tables.append(Table(axes, as_array(numbers).reshape(tuple(map(len, rows)))))
        bounds = min(numbers), max(numbers)
        return Value(self._op("table", (), len(self.tables) - 1, axes, bounds), under)

    # -- bounds ----------------------------------------------------------------------------------------------------

    @property
    def fits(self) -> bool:
        """Whether every value is a 64-bit integer on the whole grid."""
        return all(fits(*op.bounds) for op in self.ops)

    def fits_in(self, box: Box) -> bool:
        """Whether every value is a 64-bit integer in a box."""
        between: list[Bounds] = []
        for op in self.ops:
            if op.kind == "axis":
                found = self.grid.axes[op.number].bounds(box[op.number])
            elif op.kind in ("constant", "table"):
                found = op.bounds
            else:
                found = _between(op.kind, op.number, [between[i] for i in op.of])
            if not fits(*found):
                return False
            between.append(found)
        return True
