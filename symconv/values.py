"""Values in place of symbols: what an extent is at numbers, at fractions, and at other extents."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import lcm
from typing import Any

from symconv.errors import ExtentError
from symconv.extent import Atom, Extent, Floor, Function, Size, floor, size_of, symbols_of
from symconv.extremes import FUNCTIONS, apply
from symconv.notation import TEXT
from symconv.setting import set_size
from symconv.symbols import Symbol


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

    Raises ExtentError where a divisor is not positive, or an exact quotient does not come out even.
    """
    if isinstance(atom, Symbol):
        return at[atom]
    known = {} if known is None else known
    if atom not in known:
        if isinstance(atom, Function):
            known[atom] = FUNCTIONS[atom.name](*(evaluate(a, at, known) for a in atom.arguments))
        else:
            known[atom] = _quotient(atom, evaluate(atom.over, at, known), evaluate(atom.under, at, known))
    return known[atom]


def _quotient(atom: Floor, over: Any, under: Any) -> Any:
    if under <= 0:
        raise ExtentError(f"{set_size(atom.under, TEXT).text} is {under} here, and a divisor is positive")
    if atom.exact and over % under:
        raise ExtentError(f"{under} does not divide {over} in {atom!r}")
    return over // under


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
    return sum((Extent({m: c // under}) if m else c // under for m, c in terms.items()), 0)


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
        (over, a), (under, b) = _ratio(atom.over, values, known), _ratio(atom.under, values, known)
        return floor(over * b, under * a, atom.exact)
    return apply(atom.name, *(substitute(a, values, known) for a in atom.arguments))
