"""Values in place of symbols: what an extent is at numbers, at fractions, and at other extents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from itertools import pairwise
from math import comb, gcd, lcm
from typing import Any, Final, NamedTuple

from symconv.errors import ExtentError
from symconv.extent import (
    BITS,
    Atom,
    Extent,
    Floor,
    Function,
    Monomial,
    Power,
    Size,
    Sum,
    collected,
    floor,
    from_terms,
    order,
    power,
    size_of,
    symbols_of,
    terms_of,
)
from symconv.extremes import FUNCTIONS, apply
from symconv.notation import TEXT
from symconv.setting import set_size
from symconv.symbols import Index, Symbol, index

#: Rounds of a sum that are written out where their number is known.
WRITTEN: Final = 64

#: Rounds of a sum that are added one by one.
ROUNDS: Final = 1 << 17

#: Names of an index, in the order in which they are tried where one is taken.
INDICES: Final = ("i", "j", "k", "l", "m", "r", "t")


def evaluate(size: Size, at: Mapping[Symbol, Any], known: dict[Atom, Any] | None = None) -> Any:
    """The value at these values of the symbols: an integer (a Fraction where rational symbols stand free).

    `known` holds the values of atoms that have been met. Raises KeyError on a symbol without a value
    (`symconv.evaluation` reports by name), ExtentError as `evaluate_atom`.
    """
    if isinstance(size, int):
        return size
    known = {} if known is None else known
    total = 0
    for m, c in size.terms.items():
        for a in m:
            c *= at[a] if isinstance(a, Symbol) else evaluate_atom(a, at, known)
        total += c
    return total


def evaluate_atom(atom: Atom, at: Mapping[Symbol, Any], known: dict[Atom, Any] | None = None) -> Any:
    """The value of one atom.

    Raises ExtentError where a divisor is not positive, an exact quotient does not come out even, a power has more bits
    than are worked out, or a sum without a closed form has too many rounds.
    """
    if isinstance(atom, Symbol):
        return at[atom]
    known = {} if known is None else known
    if atom not in known:
        if isinstance(atom, Function):
            known[atom] = FUNCTIONS[atom.name](*(evaluate(a, at, known) for a in atom.arguments))
        elif isinstance(atom, Power):
            known[atom] = raised(atom.base, evaluate(atom.exponent, at, known))
        elif isinstance(atom, Sum):
            known[atom] = _added(atom, at, known)
        else:
            far = _far(atom, at, known) if isinstance(atom.under, Extent) else None
            known[atom] = (
                _quotient(atom, evaluate(atom.over, at, known), evaluate(atom.under, at, known)) if far is None else far
            )
    return known[atom]


def _quotient(atom: Floor, over: Any, under: Any) -> Any:
    if under <= 0:
        raise ExtentError(f"{set_size(atom.under, TEXT).text} is {under} here, and a divisor is positive")
    if atom.exact and over % under:
        raise ExtentError(f"{under} does not divide {over} in {atom!r}")
    return over // under


def raised(base: int, exponent: int) -> int | Fraction:
    """base^exponent, a fraction where the exponent is below 0.

    Raises ExtentError where it has more bits than are worked out.
    """
    if abs(exponent) * (base.bit_length() - 1) > BITS:
        raise ExtentError(f"{base}^{exponent} has more than {BITS:,} bits, the most that is worked out")
    return base**exponent if exponent >= 0 else Fraction(1, base**-exponent)


# -- substitution --------------------------------------------------------------------------------------------------


def substitute(size: Size, values: Mapping[Symbol, Size | Fraction], known: dict[Atom, Size] | None = None) -> Size:
    """Sizes, or fractions for rational symbols, in place of symbols; floors that become whole are gone.

    `known` holds what atoms have become. Raises ExtentError where a fraction outside a floor leaves no whole number.
    """
    if isinstance(size, int) or not symbols_of(size) & values.keys():
        return size
    over, under = _ratio(size, values, {} if known is None else known)
    if under == 1:
        return over
    terms = over.terms if isinstance(over, Extent) else {(): over}
    if any(c % under for c in terms.values()):
        at = ", ".join(f"{s.name} = {v}" for s, v in values.items() if isinstance(v, Fraction))
        raise ExtentError(f"{size} is not a whole number at {at}")
    return from_terms({m: c // under for m, c in terms.items()})


def _ratio(size: Size, values: Mapping[Symbol, Size | Fraction], known: dict[Atom, Size]) -> tuple[Size, int]:
    """What a size becomes, as a size over a number."""
    if isinstance(size, int):
        return size, 1
    parts: list[tuple[Size, int]] = []
    for m, c in size.terms.items():
        term: Size = c
        under = 1
        for a in m:
            value = values.get(a) if isinstance(a, Symbol) else None
            if isinstance(value, Fraction):
                term, under = term * value.numerator, under * value.denominator
                continue
            if a not in known:
                known[a] = substitute_atom(a, values, known)
            term = term * known[a]
        parts.append((term, under))
    common = lcm(*(under for _, under in parts))
    return sum((term * (common // under) for term, under in parts), 0), common


def substitute_atom(
    atom: Atom, values: Mapping[Symbol, Size | Fraction], known: dict[Atom, Size] | None = None
) -> Size:
    """`substitute` for one atom."""
    known = {} if known is None else known
    if isinstance(atom, Symbol):
        value = values.get(atom, size_of(atom))
        if isinstance(value, Fraction):
            return substitute(size_of(atom), values, known)
        return value
    if isinstance(atom, Floor):
        if isinstance(atom.under, Extent):
            far = _far(atom, values, {}) if all(isinstance(values.get(s), int) for s in atom.symbols) else None
            if far is not None:
                return int(far)
        (over, a), (under, b) = _ratio(atom.over, values, known), _ratio(atom.under, values, known)
        return floor(over * b, under * a, atom.exact)
    if isinstance(atom, Power):
        return power(atom.base, substitute(atom.exponent, values, known))
    if isinstance(atom, Sum):
        return summed(*renamed(atom, values, known))
    if atom.name in ("ceil", "make_divisible"):
        (over, a), (under, b) = (_ratio(size, values, known) for size in atom.arguments[:2])
        return apply(atom.name, over * b, under * a, *(substitute(d, values, known) for d in atom.arguments[2:]))
    return apply(atom.name, *(substitute(a, values, known) for a in atom.arguments))


def renamed(
    form: Sum, values: Mapping[Symbol, Size | Fraction], known: dict[Atom, Size] | None = None
) -> tuple[Index, tuple[Size, ...]]:
    """The index and the factors of a sum with values in place of its free symbols.

    The index has another name where a value or the end has a symbol of its name.
    """
    old = form.index
    end = substitute(old.end, values, known)
    free = {s: v for s, v in values.items() if s is not old and s in form.symbols}
    taken = {s for v in (end, *free.values()) if isinstance(v, Extent) for s in symbols_of(v)}
    new = _unlike(old, end, taken | (symbols_of(form.body) - {old} - free.keys()))
    inner: dict[Symbol, Size | Fraction] = free if new is old else {**free, old: size_of(new)}
    atoms: dict[Atom, Size] = {}
    return new, tuple(substitute(f, inner, atoms) for f in form.factors)


def _unlike(old: Index, end: Size, others: Iterable[Symbol]) -> Index:
    """The index with this end, and with a name that no other symbol has."""
    taken = {s.name for s in others}
    names = [old.name, *INDICES, *(f"{old.name}{k}" for k in range(1, len(taken) + 2))]
    return index(next(n for n in names if n not in taken), old.begin, end, old.scope)


# -- sums ----------------------------------------------------------------------------------------------------------


def summed(i: Index, factors: Iterable[Size]) -> Size:
    """Σ over begin ≤ i < end of a product: what is free of i in front, and a number where all is known.

    >>> from symconv.symbols import index, symbol
    >>> x, n, i = size_of(symbol("X")), symbol("n", "count"), index("i", 0, size_of(symbol("n", "count")))
    >>> sum_of = summed(i, [x // power(2, size_of(i)), 3 * x])
    >>> sum_of, substitute(sum_of, {n: 2}), evaluate(sum_of, {n: 10**6, symbol("X"): 7})
    (3·X·Σ_{i<n} ⌊X/2^i⌋, 3·X·⌊X/2⌋ + 3·X², 231)
    """
    outside, inner = apart(i, factors)
    front: Size = 1
    for f in outside:
        front = front * f
    if isinstance(i.end, int) and i.end <= i.begin:
        return 0
    if not inner:
        return front * (i.end - i.begin)
    form = sum_atom(i, inner)
    if isinstance(i.end, int):
        if not form.symbols:
            return front * int(evaluate_atom(form, {}))
        if i.end - i.begin <= WRITTEN:
            return front * sum((substitute(form.body, {form.index: k}) for k in range(i.begin, i.end)), 0)
    return front * size_of(form)


def sum_atom(i: Index, factors: tuple[Size, ...]) -> Sum:
    """The sum, its index with another name where another symbol has its name."""
    form = Sum(i, factors)
    new = _unlike(i, i.end, form.symbols)
    return form if new is i else Sum(new, tuple(substitute(f, {i: size_of(new)}) for f in factors))


def apart(i: Index, factors: Iterable[Size]) -> tuple[list[Size], tuple[Size, ...]]:
    """A product as factors that are free of i, and factors that are not."""
    front: list[Size] = []
    inner: list[Size] = []
    moving: list[Atom] = []
    for f in factors:
        if i not in symbols_of(f):
            front.append(f)
            continue
        terms = terms_of(f)
        c = gcd(*terms.values())
        front.append(c)
        if len(terms) > 1:
            inner.append(from_terms({m: k // c for m, k in terms.items()}))
            continue
        ((monomial, sign),) = terms.items()
        front.append(sign // c)
        moving += monomial
    together, number = collected(tuple(moving))
    front.append(int(number))
    for a in together:
        (inner if i in symbols_of(size_of(a)) else front).append(size_of(a))
    return front, tuple(sorted(inner, key=order))


def _added(form: Sum, at: Mapping[Symbol, Any], known: dict[Atom, Any]) -> Any:
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


def _far(atom: Floor, at: Mapping[Symbol, Any], known: dict[Atom, Any]) -> int | None:
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
