"""Our forms out to SymPy and SymPy's expressions back: the only room that knows both.

SymPy is imported when an expression is asked for, never before: shapes and totals are carried by our own integers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import cache, lru_cache
from math import lcm
from typing import TYPE_CHECKING, Any

from symconv.bounding import at_least
from symconv.cost import Cost, Factor, as_extent, cost_symbols, explicit, power_cost, product, product_of, total_of
from symconv.errors import ExtentError, SymbolError
from symconv.extent import Atom, Extent, Floor, Function, Monomial, Power, Size, Sum, size_of, terms_of
from symconv.extremes import gcd, largest, smallest, spelled
from symconv.formula import in_front, ordered_terms
from symconv.powers import owing, power
from symconv.rounding import ceiling, floor
from symconv.symbols import FIELD, NONNEGATIVE, POSITIVE, RATIONAL, ROLES, Index, Symbol, by_name, index, symbol

if TYPE_CHECKING:
    import sympy

ASSUMPTIONS: dict[str, dict[str, bool]] = {
    POSITIVE: {"integer": True, "positive": True},
    NONNEGATIVE: {"integer": True, "nonnegative": True},
    RATIONAL: {"rational": True, "positive": True},
}


def is_sympys(value: Any) -> bool:
    """Whether a value is an expression of SymPy's, which is not imported for the question."""
    return "sympy" in sys.modules and isinstance(value, sys.modules["sympy"].Expr)


@cache
def sympy_symbol(ours: Symbol) -> sympy.Symbol:
    """The SymPy symbol of one of ours; a model's own symbol equals no other symbol of its name."""
    import sympy

    if isinstance(ours, Index):
        from symconv.scoped import IndexSymbol

        return IndexSymbol.standing_for(ours, **ASSUMPTIONS[ours.kind])
    if not ours.scope:
        return sympy.Symbol(ours.name, **ASSUMPTIONS[ours.kind])
    from symconv.scoped import ScopedSymbol

    return ScopedSymbol.of(ours.name, ours.scope, **ASSUMPTIONS[ours.kind])


def our_symbol(theirs: sympy.Symbol) -> Symbol:
    """The symbol of ours that a SymPy symbol stands for.

    Raises SymbolError for a symbol whose assumptions are none of symconv's kinds, such as a plain Symbol("X").
    """
    if hasattr(theirs, "index"):
        ours: Index = theirs.index
        return ours
    found, kind = None, ""
    if theirs.is_integer and theirs.is_nonnegative:
        kind = POSITIVE if theirs.is_positive else NONNEGATIVE
    elif theirs.is_rational and theirs.is_positive:
        kind = RATIONAL
    if kind:
        scope = getattr(theirs, "scope", "")
        role = "" if scope else FIELD.get(theirs.name, "")
        if ROLES.get(role) != kind:
            role = {POSITIVE: "count", NONNEGATIVE: "padding", RATIONAL: "multiplier"}[kind]
        found = symbol(theirs.name, role, scope)
    if found is not None and sympy_symbol(found) == theirs:  # not one that is even, say, or a Dummy
        return found
    raise SymbolError(
        f"the SymPy symbol {theirs} is not one of symconv's: take it from symconv (sc.X, net.symbols['{theirs}']), "
        "or make it with integer=True, positive=True"
    )


def to_sympy(form: Size | Cost) -> sympy.Expr:
    """A size or a cost as a plain SymPy expression; what all terms of a cost share stands in front.

    Raises SymbolError where two different symbols of a cost have one name.
    """
    import sympy

    known: dict[Factor, sympy.Expr] = {}
    if isinstance(form, int):
        return sympy.Integer(form)
    if isinstance(form, Extent):
        return _sum((c, m) for m, c in form.terms.items())
    by_name(cost_symbols(form))
    front, rest = in_front(form)
    inner = sympy.Add(
        *(sympy.Mul(_number(c), *(_factor(f, known) for f in factors)) for factors, c in ordered_terms(rest))
    )
    return sympy.Mul(*(_factor(f, known) for f in front), inner)


def _number(value: int | Fraction) -> sympy.Rational:
    import sympy

    return sympy.Rational(value.numerator, value.denominator)


def _factor(factor: Factor, known: dict[Factor, sympy.Expr]) -> sympy.Expr:
    if factor not in known:
        known[factor] = to_sympy(factor) if isinstance(factor, Extent) else _atom(factor)
    return known[factor]


def _sum(terms: Iterable[tuple[int, tuple[Atom, ...]]]) -> sympy.Expr:
    import sympy

    return sympy.Add(*(sympy.Mul(sympy.Integer(c), *map(_atom, m)) for c, m in terms))


@lru_cache(maxsize=1 << 14)
def _atom(atom: Atom) -> sympy.Expr:
    import sympy

    if isinstance(atom, Symbol):
        return sympy_symbol(atom)
    if isinstance(atom, Floor):
        over, under = to_sympy(atom.over), to_sympy(atom.under)
        if atom.exact:
            return over / under
        quotient = sympy.Add(*(sympy.Mul(t, 1 / under) for t in sympy.Add.make_args(over)))
        simple = isinstance(atom.under, int) and len(atom.over.terms) <= 2
        # On a normal atom this is the very object that floor(…) yields, 18 times faster.
        return sympy.floor(quotient, evaluate=False) if simple and _plain(atom) else sympy.floor(quotient)
    if isinstance(atom, Power):
        return sympy.Pow(sympy.Integer(atom.base), to_sympy(atom.exponent))
    if isinstance(atom, Sum):
        i = atom.index
        limits = (sympy_symbol(i), sympy.Integer(i.begin), to_sympy(i.end - 1))
        return sympy.Sum(sympy.Mul(*map(to_sympy, atom.factors)), limits)
    if atom.name == "ceil":
        over, under = map(to_sympy, atom.arguments)
        return sympy.ceiling(over / under)
    if atom.name == "make_divisible":
        return to_sympy(spelled(atom))
    if atom.name in ("equals", "reaches"):
        return sympy.Piecewise((1, _relation(atom)), (0, True))
    from symconv.scoped import gcd as sympy_gcd

    make: dict[str, Callable[..., sympy.Expr]] = {"max": sympy.Max, "min": sympy.Min, "gcd": sympy_gcd}
    return make[atom.name](*(to_sympy(a) for a in atom.arguments))


def _relation(atom: Function) -> Any:
    """a = b or a ≥ b as SymPy writes it."""
    import sympy

    left, right = map(to_sympy, atom.arguments)
    return sympy.Eq(left, right) if atom.name == "equals" else sympy.Ge(left, right)


def _plain(atom: Floor) -> bool:
    """Whether the floor is of one symbol, once, and a number."""
    symbols = [m for m in atom.over.terms if m]
    return len(symbols) == 1 and len(symbols[0]) == 1 and isinstance(symbols[0][0], Symbol) and symbols[0][0].integral


# -- back ----------------------------------------------------------------------------------------------------------


def from_sympy(expression: Any) -> Cost:
    """A SymPy polynomial in symbols, floors, ceilings, max, min and gcd, as a cost.

    Raises ExtentError for anything else (a log, a float, a negative power), SymbolError for a symbol of no known kind.
    """
    import sympy

    if isinstance(expression, int | Fraction):
        return product(expression)
    if not isinstance(expression, sympy.Expr):
        raise ExtentError(f"{expression!r} is no expression: one of SymPy's or a number is wanted")
    if expression.is_Rational:
        return product(Fraction(int(expression.p), int(expression.q)))
    if expression.is_Symbol:
        return product(size_of(our_symbol(expression)))
    if expression.is_Add:
        return total_of(map(from_sympy, expression.args))
    if isinstance(expression, sympy.Sum):
        return _sum_back(expression)
    if expression.is_Pow and _raised(expression):
        return _power_back(expression)
    over, under = _quotient_parts(expression)
    if under.free_symbols:
        top, bottom = size_from_sympy(over), size_from_sympy(under)
        if not all(isinstance(size, int) or size.integral for size in (top, bottom)):
            raise ExtentError(f"{expression} is a quotient of numbers that need not be whole")
        return _by_powers(from_sympy(over), bottom) or product(floor(top, bottom, exact=True))
    if expression.is_Mul:
        return product_of(map(_whole, expression.args))
    if expression.is_Pow and expression.exp.is_Integer and expression.exp >= 0:
        return product_of([_whole(expression.base)] * int(expression.exp))
    if isinstance(expression, sympy.floor | sympy.ceiling):
        return product(_rounded(expression))
    sizes = {sympy.Max: largest, sympy.Min: smallest}
    if type(expression) in sizes:
        # SymPy takes factors into them: Max(3, w)/5 is Max(3/5, w/5).
        under = lcm(*(c.denominator for a in expression.args for c in from_sympy(a).expanded().values()))
        chosen = sizes[type(expression)](*(size_from_sympy(under * a) for a in expression.args))
        return product(chosen) * Fraction(1, under)
    if expression.func.__name__ == "gcd" and len(expression.args) == 2:
        return product(gcd(*map(size_from_sympy, expression.args)))
    raise ExtentError(f"{expression} is no polynomial in symbols, floors, max, min and gcd")


def _raised(expression: Any) -> bool:
    """Whether it is a number to a power with symbols in it."""
    return bool(expression.is_Pow and expression.base.is_Integer and expression.exp.free_symbols)


def _power_back(expression: Any) -> Cost:
    return product(power(int(expression.base), size_from_sympy(expression.exp)))


def _by_powers(over: Cost, under: Size) -> Cost | None:
    """over/(k·2^n) with 1/k and 2^(−n) as factors, whole or not; None where anything else stands below."""
    terms = terms_of(under)
    if len(terms) != 1:
        return None
    ((monomial, k),) = terms.items()
    cost = over * Fraction(1, k)
    for a in monomial:
        if not isinstance(a, Power):
            return None
        cost = cost * power_cost(a.base, -a.exponent)
    return cost


def _quotient_parts(expression: Any) -> tuple[Any, Any]:
    """What stands above and what below; 2^(n − i) is above, and 2^(−i) is 1/2^i."""
    import sympy

    factors = sympy.Mul.make_args(expression)
    powers = [f for f in factors if _raised(f)]
    over, under = sympy.Mul(*(f for f in factors if f not in powers)).as_numer_denom()
    for f in powers:
        exponent = size_from_sympy(f.exp)
        falls = all(c < 0 for m, c in terms_of(exponent).items() if m)
        below = at_least(0, exponent) or (falls and not at_least(exponent, 0))
        over, under = (over, under / f) if below else (over * f, under)
    return over, under


def _sum_back(expression: Any) -> Cost:
    """Σ with the index of its limits, or one made for a symbol of SymPy's."""
    import sympy

    *others, (theirs, begin, last) = expression.limits  # the innermost stands first
    if not begin.is_Integer or begin < 0:
        raise ExtentError(f"{expression} is no sum over one index from a number on")
    end = size_from_sympy(last) + 1
    inner = sympy.Sum(expression.function, *others) if others else expression.function
    ours = index(theirs.name, int(begin), end, getattr(theirs, "scope", ""))
    body = from_sympy(inner.xreplace({theirs: sympy_symbol(ours)}))
    return total_of(explicit(ours, map(as_extent, factors)) * c for factors, c in body.terms.items())


def _whole(expression: Any) -> Cost:
    """A factor; a sum with integer coefficients stays whole."""
    cost = from_sympy(expression)
    integral = expression.is_Add and all(not isinstance(c, Fraction) or c.denominator == 1 for c in cost.terms.values())
    return product(size_from_sympy(expression)) if integral else cost


def _rounded(expression: Any) -> Size:
    import sympy

    quotients = [expression.args[0].together().as_numer_denom()]
    if any(map(_raised, expression.args[0].atoms(sympy.Pow))):  # term by term: 2^(i − n)·X is X over 2^(n − i)
        quotients = [_quotient_parts(term) for term in sympy.Add.make_args(expression.args[0])]
    under: Size = 1
    for below in dict.fromkeys(below for _, below in quotients):
        under = under * size_from_sympy(below)
    over: Size = 0
    for above, below in quotients:
        over = over + size_from_sympy(above) * floor(under, size_from_sympy(below), exact=True)
    return floor(over, under) if expression.func.__name__ == "floor" else ceiling(over, under)


def size_from_sympy(expression: Any) -> Size:
    """A SymPy expression with integer coefficients, as a size.

    Raises ExtentError where a coefficient is a fraction, and as `from_sympy`.
    """
    total: Size = 0
    for monomial, c in from_sympy(expression).expanded().items():
        above, below = _apart(monomial)
        above, c = owing(above, c)
        if c.denominator != 1:
            raise ExtentError(f"{expression} is not an integer expression: it has the coefficient {c}")
        term: Size = int(c)
        for a in above:
            term = term * size_of(a)
        total = total + (term if below == 1 else floor(term, below, exact=True))
    return total


def _apart(monomial: Monomial) -> tuple[Monomial, Size]:
    """A product without its powers whose exponents are at most 0, and the product of these, below."""
    above: list[Atom] = []
    below: Size = 1
    for a in monomial:
        if isinstance(a, Power) and at_least(0, a.exponent):
            below = below * power(a.base, -a.exponent)
        else:
            above.append(a)
    return tuple(above), below


# SymPy's own protocol, so that an extent or a cost may stand wherever SymPy takes an expression.
for _form in (Extent, Cost):
    setattr(_form, "_sympy_", to_sympy)  # noqa: B010  (the attribute is SymPy's, not ours)
