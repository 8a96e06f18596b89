"""The exact value of a sum over ever so many rounds: where its windows are at rest, and by differences between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from itertools import pairwise
from math import comb, lcm
from typing import Any, Final, NamedTuple

from symconv.errors import ExtentError
from symconv.extent import Atom, Extent, Floor, Function, Monomial, Power, Size, Sum, size_of, symbols_of, terms_of
from symconv.powers import BITS
from symconv.symbols import Index, Symbol
from symconv.values import WRITTEN, evaluate, evaluate_atom, raised

#: Rounds of a sum that are added one by one.
ROUNDS: Final = 1 << 17


def added(form: Sum, at: Mapping[Symbol, Any], known: dict[Atom, Any]) -> Any:
    """The value of a sum.

    The rounds are cut where a window ⌊v/2^i⌋ comes to rest. Between two cuts the body is a polynomial in i on residue
    classes, which is summed by its differences, or its rounds are added one by one.
    """
    i, begin, end = form.index, form.index.begin, evaluate(form.index.end, at, known)
    if end <= begin:
        return 0
    rounds = _Rounds(form, {s: v for s, v in at.items() if s is not i})
    if end - begin <= WRITTEN:
        return sum(map(rounds.value, range(begin, end)))
    most = ROUNDS if not rounds.nested else ROUNDS >> 7
    cuts = sorted({begin, end, *(cut for cut in rounds.cuts() if begin < cut < end)})
    total = 0
    for a, z in pairwise(cuts):
        shape = rounds.shape(form.body, a, z)
        if shape is not None and shape[1] * (shape[0] + 1) < z - a:
            total += _by_differences(rounds.value, a, z, *shape)
        elif z - a <= most:
            total += sum(map(rounds.value, range(a, z)))
        else:
            raise ExtentError(f"{z - a} rounds of {form!r}, which has no closed form: at most {most} are added up")
    return total


def _by_differences(value: Callable[[int], Any], a: int, z: int, degree: int, period: int) -> Any:
    """Σ over a ≤ i < z of a function that is a polynomial of this degree on each class modulo the period."""
    total = 0
    for first in range(a, a + period):
        count = (z - first + period - 1) // period
        row = [value(first + k * period) for k in range(degree + 1)]
        for k in range(degree + 1):
            total += row[0] * comb(count, k + 1)
            row = [after - before for before, after in pairwise(row)]
    return total


class _Rounds:
    """The body of a sum at values of its free symbols, round by round."""

    def __init__(self, form: Sum, at: Mapping[Symbol, Any]) -> None:
        self.form, self.index, self.at = form, form.index, at
        self.fixed: dict[Atom, Any] = {}  # the values of atoms that do not depend on the index
        self.rest: dict[Floor, tuple[int, bool, int]] = {}
        self.nested = False
        self._find(form.body)

    def _find(self, size: Size) -> None:
        for a in {a for m in terms_of(size) for a in m if not isinstance(a, Symbol)}:
            if self.index not in a.symbols:
                evaluate_atom(a, self.at, self.fixed)
            elif isinstance(a, Floor):
                self._find(a.over)
                self._find(a.under)
                self._rest(a)
            elif isinstance(a, Function):
                for argument in a.arguments:
                    self._find(argument)
            elif isinstance(a, Power):
                self._find(a.exponent)
            else:
                self.nested = True

    def value(self, i: int) -> Any:
        """The body in round i."""
        at, known = {**self.at, self.index: i}, dict(self.fixed)
        total = 1
        for f in self.form.factors:
            total *= evaluate(f, at, known)
            if not total:
                break
        return total

    def cuts(self) -> Iterable[int]:
        """The rounds at which a window comes to rest, or ceases to be at rest."""
        return (cut for cut, _, _ in self.rest.values())

    def _rest(self, atom: Floor) -> None:
        """Note the round from which a window is at rest (or before which it is: False), and its value there."""
        found = _window(atom, self.at, self.fixed, self.index)
        if found is None:
            return
        if abs(found.a) < 1:
            self.rest[atom] = self.index.begin, True, found.value
            return
        late = found.powers[0][2] > 0
        sign, reach = (1 if late else -1), 1
        while not found.wide(sign * reach):
            reach *= 2
        low, high = -reach, reach  # wide at sign·high
        while found.wide(sign * low):
            low *= 2
        while high - low > 1:
            mid = (low + high) // 2
            low, high = (low, mid) if found.wide(sign * mid) else (mid, high)
        self.rest[atom] = (high if late else 1 - high), late, found.value

    def shape(self, size: Size, a: int, z: int) -> tuple[int, int] | None:
        """The degree and the period of a size over a ≤ i < z; None where it is no polynomial there."""
        degree, period = 0, 1
        for m in terms_of(size):
            found = self._product(m, a, z)
            if found is None:
                return None
            degree, period = max(degree, found[0]), lcm(period, found[1])
        return degree, period

    def _product(self, monomial: Monomial, a: int, z: int) -> tuple[int, int] | None:
        if any(isinstance(f, Floor) and self._at_rest(f, a, z) == 0 for f in monomial):
            return 0, 1
        degree, period = 0, 1
        for f in monomial:
            found = self._shape(f, a, z)
            if found is None:
                return None
            degree, period = degree + found[0], lcm(period, found[1])
        return degree, period

    def _at_rest(self, atom: Floor, a: int, z: int) -> int | None:
        if atom not in self.rest:
            return None
        cut, late, value = self.rest[atom]
        return value if (a >= cut if late else z <= cut) else None

    def _shape(self, atom: Atom, a: int, z: int) -> tuple[int, int] | None:
        if isinstance(atom, Symbol):
            return int(atom is self.index), 1
        if self.index not in atom.symbols:
            return 0, 1
        if isinstance(atom, Floor):
            rests = self._at_rest(atom, a, z) is not None
            return (0, 1) if rests else self._quotient(atom.over, atom.under, a, z)
        if isinstance(atom, Function):
            if atom.name == "ceil":
                over, under = atom.arguments
                return self._quotient(over, under, a, z)
            return self._periodic(atom.arguments, a, z)
        return self._periodic([atom.exponent], a, z) if isinstance(atom, Power) else None

    def _periodic(self, sizes: Iterable[Size], a: int, z: int) -> tuple[int, int] | None:
        period = 1
        for size in sizes:
            shape = self.shape(size, a, z)
            if shape is None or (shape[0] and not self._constant(size, a, *shape)):
                return None
            period = lcm(period, shape[1])
        return 0, period

    def _constant(self, size: Size, a: int, degree: int, period: int) -> bool:
        """Whether a polynomial of this degree on each class is a constant there: it is one if degree + 1 values agree.

        i − 2·⌊i/2⌋ is 0 or 1.
        """
        if period * (degree + 1) > ROUNDS >> 7:
            return False
        rounds = range(a, a + period * (degree + 1))
        values = [evaluate(size, {**self.at, self.index: i}, dict(self.fixed)) for i in rounds]
        return values[period:] == values[:-period]

    def _quotient(self, over: Size, under: Size, a: int, z: int) -> tuple[int, int] | None:
        """⌊u/d⌋ of a polynomial with integer coefficients on classes modulo p is one on classes modulo p·d."""
        shape = self.shape(over, a, z)
        if shape is None or self.index in symbols_of(under):
            return None
        divisor = evaluate(under, self.at, self.fixed)
        if shape == (0, 1):
            return shape
        if divisor.denominator != 1 or not (isinstance(over, int) or over.integral):
            return None
        return shape[0], shape[1] * int(divisor)


# -- windows that are far wider than what is in them ---------------------------------------------------------------


class _Window(NamedTuple):
    """⌊(a + b·p)/(k·p)⌋, where p is the product of base^(α + β·i) over `powers`, every β of one sign."""

    a: Any
    b: int
    k: int
    powers: tuple[tuple[int, int, int], ...]

    def wide(self, i: int) -> bool:
        """Whether p > |a|."""
        exponents = [(base, alpha + beta * i) for base, alpha, beta in self.powers]
        bits = int(abs(self.a)).bit_length()
        least = sum(e * (base.bit_length() - (e >= 0)) for base, e in exponents)
        most = sum(e * (base.bit_length() - (e < 0)) for base, e in exponents)
        if least >= bits or most < bits:
            return least >= bits
        scale = Fraction(1)
        for base, e in exponents:
            scale *= Fraction(base) ** e
        return bool(scale > abs(self.a))

    @property
    def value(self) -> int:
        """The value where p > |a|."""
        return self.b // self.k - int(self.b % self.k == 0 and self.a < 0)


def _window(atom: Floor, at: Mapping[Symbol, Any], known: dict[Atom, Any], i: Index | None = None) -> _Window | None:
    """A floor as a window; None where it is none. Without an index its powers are those that have any symbol."""
    if not isinstance(atom.under, Extent) or len(atom.under.terms) != 1:
        return None

    def moves(size: Size) -> bool:
        return i is not None and i in symbols_of(size)

    ((divisor, k),) = atom.under.terms.items()
    scale = [p for p in divisor if isinstance(p, Power) and (i is None or i in p.symbols)]
    beside = tuple(p for p in divisor if p not in scale)
    rates = [0 if i is None else p.exponent.terms.get((i,), 0) for p in scale]
    starts: list[Size] = [p.exponent - rate * size_of(i) if i else p.exponent for p, rate in zip(scale, rates)]
    one_way = i is None or all(rate > 0 for rate in rates) or all(rate < 0 for rate in rates)
    if not scale or not one_way or moves(Extent({beside: 1})) or any(map(moves, starts)):
        return None
    k *= evaluate(Extent({beside: 1}), at, known)
    a, b = Fraction(0), Fraction(0)
    for m, c in terms_of(atom.over).items():
        exponents = {p.base: p for p in m if isinstance(p, Power)}
        tied = [exponents.get(p.base) for p in scale]
        shifts = [t.exponent - p.exponent for t, p in zip(tied, scale) if t is not None]
        near = (
            len(shifts) == len(scale)
            and not any(map(moves, shifts))
            and (i is None or any(t.symbols for t in tied if t))
        )
        rest = tuple(p for p in m if p not in tied) if near else m
        if moves(Extent({rest: 1})):
            return None
        term = c * evaluate(Extent({rest: 1}), at, known)
        if near:
            for p, shift in zip(scale, shifts):
                term *= raised(p.base, evaluate(shift, at, known))
            b += term
        else:
            a += term
    if b.denominator != 1 or k <= 0 or k.denominator != 1 or (atom.exact and a):
        return None
    alphas = (int(evaluate(start, at, known)) for start in starts)
    return _Window(a, int(b), int(k), tuple((p.base, alpha, rate) for p, alpha, rate in zip(scale, alphas, rates)))


def far(atom: Floor, at: Mapping[Symbol, Any], known: dict[Atom, Any]) -> int | None:
    """The value of a window whose powers have more bits than are worked out; None elsewhere."""
    under = atom.under
    if not isinstance(under, Extent) or len(under.terms) != 1:
        return None
    ((divisor, _),) = under.terms.items()
    powers = [p for p in divisor if isinstance(p, Power)]
    if not any(evaluate(p.exponent, at, known) * (p.base.bit_length() - 1) > BITS for p in powers):
        return None
    found = _window(atom, at, known)
    return found.value if found is not None and found.wide(0) else None
