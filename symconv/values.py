"""Values in place of symbols: what an extent is at numbers, at fractions, and at other extents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import gcd, lcm
from typing import Any, Final

from symconv.errors import ExtentError
from symconv.extent import (
    Atom,
    Extent,
    Floor,
    Function,
    Power,
    Size,
    Sum,
    from_terms,
    order,
    size_of,
    symbols_of,
    terms_of,
)
from symconv.extremes import FUNCTIONS, apply
from symconv.notation import TEXT
from symconv.powers import BITS, collected, power
from symconv.rounding import floor
from symconv.setting import set_size
from symconv.symbols import Index, Symbol, index

#: Rounds of a sum that are written out where their number is known.
WRITTEN: Final = 64

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
            known[atom] = FUNCTIONS[atom.name].of_numbers(*(evaluate(a, at, known) for a in atom.arguments))
        elif isinstance(atom, Power):
            known[atom] = raised(atom.base, evaluate(atom.exponent, at, known))
        elif isinstance(atom, Sum):
            known[atom] = summation.added(atom, at, known)
        else:
            far = summation.far(atom, at, known) if isinstance(atom.under, Extent) else None
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
        at = ", ".join(f"{s.name} = {v}" for s, v in values.items() if s in symbols_of(size))
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
            if isinstance(a, Power) and (below := _below(a, values, known)):
                under *= int(raised(a.base, below))
                continue
            if a not in known:
                known[a] = substitute_atom(a, values, known)
            term = term * known[a]
        parts.append((term, under))
    common = lcm(*(under for _, under in parts))
    return sum((term * (common // under) for term, under in parts), 0), common


def _below(atom: Power, values: Mapping[Symbol, Size | Fraction], known: dict[Atom, Size]) -> int:
    """How far the exponent of a power comes below 0, which a factor can make whole again: 2·2^(1 − j) at j = 2."""
    exponent = substitute(atom.exponent, values, known) if atom.symbols & values.keys() else 0
    return max(-exponent, 0) if isinstance(exponent, int) else 0


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
            far = summation.far(atom, values, {}) if all(isinstance(values.get(s), int) for s in atom.symbols) else None
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
        (inner if i in a.symbols else front).append(size_of(a))
    return front, tuple(sorted(inner, key=order))


# Sums are evaluated round by round here: it comes last, and is looked up when it is called, so that either of the two
# may be imported first.
from symconv import summation  # noqa: E402
