"""How an extent is written: as one floor where it can be, over a common denominator, the input first.

A style (`symconv.notation`) sets the pieces; here is what the pieces of an extent are, and their order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from math import gcd
from typing import Any, Final, TypeVar

from symconv.extent import Atom, Extent, Floor, Function, Monomial, Power, Size, Sum
from symconv.notation import TEXT, Piece, Style
from symconv.symbols import Index, Symbol

#: The greatest base of a power that takes a number from the exponent.
LARGEST_BASE: Final = 1024

F = TypeVar("F", bound=Hashable)


def set_size(size: Size, style: Style) -> Piece:
    """A size in a style, as one floor or a multiple of one where it can be."""
    if isinstance(size, int):
        return style.number(size)
    merged = _merged(size)
    if merged is not None:
        return _set_quotient(*merged, style)
    several = _several(size)
    if several is not None:
        n, merged, rest = several
        terms = [(n < 0, style.product([style.number(abs(n)), _set_quotient(*merged, style)]))]
        return style.sum([*terms, (rest < 0, style.number(abs(rest)))] if rest else terms)
    ordered = sorted(size.terms.items(), key=lambda t: (not t[0], t[1] < 0, -len(t[0]), _written(t[0])))
    return style.sum([(c < 0, set_term(abs(c), m, style)) for m, c in ordered])


def _written(monomial: Monomial) -> list[tuple[Any, ...]]:
    """The order of the terms of an extent: X + 2·P − K, the input first and the kernel last."""
    return [
        (0, 0.5 if isinstance(a, Index) else -a.key[1], *a.key[2:])
        if isinstance(a, Symbol)
        else (-a.key[0], -_divisor(a), a.key)
        for a in monomial
    ]


def coarseness(monomial: Monomial) -> tuple[Any, ...]:
    """The key that puts the coarsest term first: greatest divisor, then greatest degree, constants last."""
    return not monomial, -max(map(_divisor, monomial), default=1), -len(monomial), tuple(a.key for a in monomial)


def _divisor(atom: Atom) -> int:
    if isinstance(atom, Floor):
        return atom.under if isinstance(atom.under, int) else 2 + len(str(atom.under))
    return 1


def set_term(coefficient: int, monomial: Iterable[Atom], style: Style) -> Piece:
    """A product of atoms with a positive coefficient, equal atoms as powers."""
    atoms = list(monomial)
    factors = set_powers((a for a in atoms if isinstance(a, Power)), style)
    atoms = [a for a in atoms if not isinstance(a, Power)]
    if coefficient != 1 or not (factors or atoms):
        factors.insert(0, style.number(coefficient))
    factors += in_powers(atoms, lambda a: set_atom(a, style), style)
    return style.product(factors)


def in_powers(factors: Iterable[F], set_one: Callable[[F], Piece], style: Style) -> list[Piece]:
    """Factors in their order, equal ones as a power."""
    counted = ((set_one(factor), exponent) for factor, exponent in Counter(factors).items())
    return [style.power(base, exponent) if exponent > 1 else base for base, exponent in counted]


def set_powers(powers: Iterable[Power], style: Style) -> list[Piece]:
    """A product of powers: the number that all terms of an exponent share goes to the base, and bases come together.

    2^(2·n − 2·i) is 4^(n − i), and 2^i·3^i is 6^i.
    """
    bases: dict[Extent, int] = {}
    for p in powers:
        shared = gcd(*p.exponent.terms.values())
        shared = shared if p.base**shared <= LARGEST_BASE else 1
        exponent = Extent({m: c // shared for m, c in p.exponent.terms.items()})
        bases[exponent] = bases.get(exponent, 1) * p.base**shared
    return [style.raised(style.number(base), _set_exponent(exponent, style)) for exponent, base in bases.items()]


def _set_exponent(exponent: Extent, style: Style) -> Piece:
    first = () if all(c < 0 for m, c in exponent.terms.items() if m) else None  # 3 − i
    terms = sorted(exponent.terms.items(), key=lambda t: (t[0] != first, not t[0], t[1] < 0, _written(t[0])))
    return style.sum([(c < 0, set_term(abs(c), m, style)) for m, c in terms])


def set_atom(atom: Atom, style: Style) -> Piece:
    """One atom in a style; ⌊(u + d − 1)/d⌋ is set as ⌈u/d⌉ where u is an integer."""
    if isinstance(atom, Symbol):
        return style.symbol(atom.name)
    if isinstance(atom, Function):
        if atom.name == "make_divisible":
            over, under, divisor = (set_size(a, style) for a in atom.arguments)
            return style.function(atom.name, [style.ratio(over, under), divisor])
        arguments = [set_size(a, style) for a in atom.arguments]
        if atom.name in ("equals", "reaches"):
            return style.truth("=" if atom.name == "equals" else "≥", arguments)
        return style.ceiling(*arguments) if atom.name == "ceil" else style.function(atom.name, arguments)
    if isinstance(atom, Power):
        return set_powers([atom], style)[0]
    if isinstance(atom, Sum):
        return _set_sum(atom, style)
    return _set_quotient(atom.over, atom.under, atom.exact, style)


def _set_sum(form: Sum, style: Style) -> Piece:
    index = form.index
    begin, end, last = (set_size(size, style) for size in (index.begin, index.end, index.end - 1))
    factors = sorted(form.factors, key=lambda f: not _is_power(f))
    pieces = in_powers(factors, lambda f: set_size(f, style), style)
    return style.sigma(style.symbol(index.name), begin, end, last, style.product(pieces))


def _is_power(size: Size) -> bool:
    return isinstance(size, Extent) and all(m and isinstance(m[-1], Power) for m in size.terms)


def _set_divisor(under: Size, style: Style) -> Piece:
    """4·2^i as 2^(i + 2), where it stands below."""
    if isinstance(under, Extent) and len(under.terms) == 1:
        ((monomial, c),) = under.terms.items()
        if len(monomial) == 1 and isinstance(monomial[0], Power):
            shift = 0
            while c % monomial[0].base == 0:
                c, shift = c // monomial[0].base, shift + 1
            exponent = monomial[0].exponent + shift
            if c == 1 and isinstance(exponent, Extent):
                return set_powers([Power(monomial[0].base, exponent)], style)[0]
    return set_size(under, style)


def _set_quotient(over: Size, under: Size, exact: bool, style: Style) -> Piece:
    below = _set_divisor(under, style)
    if exact:
        return style.quotient(set_size(over, style), below)
    if (
        isinstance(over, Extent)
        and over.integral
        and over.terms.get((), 0) == (under - 1 if isinstance(under, int) else -1)
    ):
        above = over - (under - 1)
        if isinstance(under, int) or not _shares(above, under):
            return style.ceiling(set_size(above, style), below)
    return style.floor(set_size(over, style), below)


def _shares(size: Size, other: Extent) -> bool:
    return isinstance(size, Extent) and not size.terms.keys().isdisjoint(other.terms)


def _merged(size: Extent) -> tuple[Size, Size, bool] | None:
    """A linear size with one outermost floor as over, under, exact: ⌊v/d⌋ + r = ⌊(v + d·r)/d⌋, r an integer.

    Beside numbers, r has terms that are in v as well, so that each is written once: ⌊4·y/25⌋ + y is ⌊29·y/25⌋.
    """
    if len(size.terms) < 2 or any(len(m) > 1 for m in size.terms) or not size.integral:
        return None
    window = _window(size)
    if window is not None:
        return window
    floors = [a for m in size.terms for a in m if isinstance(a, Floor) and isinstance(a.under, int)]
    outermost = [a for a in floors if all(m in a.over.terms for m in size.terms if m not in ((), (a,)))]
    for atom in sorted(outermost, key=lambda a: a.key, reverse=True):
        c, d = size.terms[(atom,)], atom.under
        rest = size - Extent({(atom,): c})
        if not isinstance(d, int) or abs(c) != 1 or (isinstance(rest, int) and c < 0):
            continue
        if c > 0:
            return atom.over + d * rest, d, atom.exact
        if atom.over.integral:  # −⌊v/d⌋ = ⌊(−v + d − 1)/d⌋
            return d * rest - atom.over + (0 if atom.exact else d - 1), d, atom.exact
    return None


def _window(size: Extent) -> tuple[Size, Size, bool] | None:
    """⌊(X − 5 + 2^i)/2^i⌋ − 1 as ⌊(X − 5)/2^i⌋."""
    number = size.terms.get((), 0)
    ((atom,), c) = next((m, c) for m, c in size.terms.items() if m)
    if len(size.terms) > 2 or c != 1 or not number or not isinstance(atom, Floor) or not isinstance(atom.under, Extent):
        return None
    over = atom.over + number * atom.under
    return None if _shares(over, atom.under) or not _is_power(atom.under) else (over, atom.under, atom.exact)


def _several(size: Extent) -> tuple[int, tuple[Size, Size, bool], int] | None:
    """n, a size that `_merged` makes one floor, and a number: n·(y + ⌊4·y/25⌋) + 7."""
    rest = size.terms.get((), 0)
    others = {m: c for m, c in size.terms.items() if m}
    n = gcd(*others.values())
    if all(c < 0 for c in others.values()):
        n = -n
    merged = _merged(Extent({m: c // n for m, c in others.items()})) if n != 1 and len(others) > 1 else None
    return None if merged is None else (n, merged, rest)


# A form prints as it is set in text.
for _form in (Floor, Function, Power, Sum):
    setattr(_form, "__repr__", lambda atom: set_atom(atom, TEXT).text)  # noqa: B010
setattr(Extent, "__repr__", lambda extent: set_size(extent, TEXT).text)  # noqa: B010
