"""What a function is made of, in no language yet: arithmetic of whole numbers, and statements.

Every value is a whole number. A fraction is two of them, and a quotient is rounded down or up, its divisor at least 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from symconv.sizes import Sizes


@dataclass(frozen=True)
class Number:
    """A whole number, of any sign and size."""

    value: int


@dataclass(frozen=True)
class Name:
    """A parameter, a local or an index."""

    text: str


@dataclass(frozen=True)
class Sum:
    """Terms, each with a flag for a minus sign before it."""

    terms: tuple[tuple[bool, Tree], ...]


@dataclass(frozen=True)
class Product:
    """Factors, equal ones as often as they are there."""

    factors: tuple[Tree, ...]


@dataclass(frozen=True)
class Quotient:
    """⌊over/under⌋, or ⌈over/under⌉ where it goes `up`."""

    over: Tree
    under: Tree
    up: bool = False


@dataclass(frozen=True)
class Call:
    """max, min or gcd; `equals` and `reaches` are 1 where a = b and a ≥ b, else 0; `power` is a^b, b at least 0;
    `make_divisible` of u, v, d is u/v rounded to a multiple of d."""

    name: str
    arguments: tuple[Tree, ...]


Tree = Number | Name | Sum | Product | Quotient | Call

ZERO: Final = Number(0)
ONE: Final = Number(1)


def sum_of(terms: Iterable[tuple[int, Tree]]) -> Tree:
    """Σ c·tree, a positive term first where there is one.

    >>> sum_of([(-1, Name("a")), (1, Name("b"))])
    Sum(terms=((False, Name(text='b')), (True, Name(text='a'))))
    """
    signed = [(c < 0, product_of([Number(abs(c)), tree])) for c, tree in terms if c and tree != ZERO]
    first = next((i for i, (negative, _) in enumerate(signed) if not negative), 0)
    ordered = (*signed[first : first + 1], *signed[:first], *signed[first + 1 :])
    if not ordered:
        return ZERO
    if len(ordered) == 1:
        negative, tree = ordered[0]
        if isinstance(tree, Number):
            return Number(-tree.value if negative else tree.value)
        return Sum(ordered) if negative else tree
    return Sum(ordered)


def product_of(factors: Iterable[Tree]) -> Tree:
    """A product, numbers as one in front."""
    number, others = 1, list[Tree]()
    for factor in factors:
        for f in factor.factors if isinstance(factor, Product) else (factor,):
            if isinstance(f, Number):
                number *= f.value
            else:
                others.append(f)
    if not number or not others:
        return Number(number)
    if number != 1:
        others.insert(0, Number(number))
    return others[0] if len(others) == 1 else Product(tuple(others))


# -- statements ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Let:
    """A local; `note` is the formula that it stands for."""

    name: str
    value: Tree
    note: str = ""


@dataclass(frozen=True)
class Among:
    """Outside of the domain unless a parameter is one of these sizes, or at least a number."""

    name: str
    sizes: Sizes | int
    note: str


#: The sign that holds where another does not.
OPPOSITE: Final = {">=": "<", "<=": ">", "==": "!="}


def clauses(sizes: Sizes | int) -> list[list[tuple[int, str, int]]]:
    """Alternatives of comparisons that hold together: (period, sign, number) compares x mod period, or x for 0.

    >>> from symconv.sizes import at_least, congruent
    >>> clauses(at_least(188) & congruent(16, 12))
    [[(0, '>=', 188), (16, '==', 12)]]
    """
    if isinstance(sizes, int):
        return [[(0, ">=", sizes)]]
    found = [_run(0, a, b) for a, b in sizes.early]
    if sizes.period == 1 and sizes.late:
        return [*found, [(0, ">=", sizes.start)]]
    for a, b in sizes.late:
        least = sizes.start + ((a - sizes.start) % sizes.period if b == a + 1 else 0)
        found.append([(0, ">=", least), *_run(sizes.period, a, b)])
    return found


def _run(period: int, a: int, b: int) -> list[tuple[int, str, int]]:
    """a ≤ x < b."""
    if b == a + 1:
        return [(period, "==", a)]
    low = [] if period and a == 0 else [(period, ">=", a)]
    return low if b == period else [*low, (period, "<=", b - 1)]


@dataclass(frozen=True)
class Require:
    """Outside of the domain unless `left` is at least, equal to, other than, or a divisor ≥ 1 of `right`.

    `sure` says that `left` is at least 1.
    """

    relation: str
    left: Tree
    right: Tree
    note: str
    sure: bool = False


@dataclass(frozen=True)
class Repeat:
    """The body for begin ≤ index < end; without an index once, where begin < end."""

    index: str
    begin: int
    end: Tree
    body: list[Statement] = field(default_factory=list)


@dataclass(frozen=True)
class Start:
    """A local that is added to, at a number."""

    name: str
    value: int
    note: str = ""


@dataclass(frozen=True)
class Become:
    """Another value of such a local."""

    name: str
    value: Tree


Statement = Let | Among | Require | Repeat | Start | Become


@dataclass(frozen=True)
class Parameter:
    """A symbol as it is handed over: a whole number, or a fraction as numerator and denominator."""

    symbol: str
    name: str
    parts: tuple[str, str] | None = None


@dataclass(frozen=True)
class Function:
    """A function in no language yet: what is done, and the total as one whole number over another.

    `fraction` says that the total need not be whole; elsewhere it is, and the last quotient comes out even.
    """

    name: str
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]
    over: Tree
    under: Tree
    fraction: bool
    heading: tuple[str, ...] = ("A closed form.", "Written by symconv.")
