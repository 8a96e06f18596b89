"""The field's symbols and the one constructor of all others.

A symbol is its name, its kind of number and the model that it belongs to; two symbols that differ in any of the three
are different, as SymPy's Symbol("X") and Symbol("X", integer=True) are. Names that the field has agreed on (X, N, K …)
belong to no model. A model's own dimension that happens to be called K belongs to that model: it prints as K, is
evaluated as K, and is never mixed up with the kernel.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from symconv.errors import SymbolError, near

if TYPE_CHECKING:
    from symconv.extent import Size

#: The kinds of number: integers from 1 on, integers from 0 on, positive rationals.
POSITIVE, NONNEGATIVE, RATIONAL = "positive integer", "nonnegative integer", "positive rational"

#: What a symbol may stand for, and the kind of number that this is.
ROLES: Final[dict[str, str]] = {
    "extent": POSITIVE,
    "batch": POSITIVE,
    "sequence": POSITIVE,
    "kernel": POSITIVE,
    "stride": POSITIVE,
    "dilation": POSITIVE,
    "groups": POSITIVE,
    "channels": POSITIVE,
    "count": POSITIVE,
    "padding": NONNEGATIVE,
    "multiplier": RATIONAL,
}

#: The field's names in the order in which a product is written: N batch, K kernel side, C_in and C_out channels,
#: D dilation, S stride, P padding, g groups, M side of the output feature map, T sequence length, X side of the square
#: input, H and W where it is not square.
FIELD: Final[dict[str, str]] = {
    "N": "batch", "K": "kernel", "C_in": "channels", "C_out": "channels", "D": "dilation", "S": "stride",
    "P": "padding", "g": "groups", "M": "extent", "T": "sequence", "X": "extent", "H": "extent", "W": "extent",
}  # fmt: skip
RANK: Final = {name: i for i, name in enumerate(FIELD)}


class Symbol:
    """A symbol: `name`, `kind` of number, and `scope`, the model that it belongs to ("" for the field's own)."""

    __slots__ = ("integral", "key", "kind", "name", "scope")

    def __init__(self, name: str, kind: str, scope: str) -> None:
        self.name, self.kind, self.scope = name, kind, scope
        self.key: tuple[Any, ...] = (0, RANK.get(name, 7.5), name, kind, scope)
        self.integral = kind != RATIONAL

    @property
    def least(self) -> int:
        """The least value that the kind allows; for a rational one the bound that it never reaches."""
        return 1 if self.kind == POSITIVE else 0

    @property
    def symbols(self) -> frozenset[Symbol]:
        """Itself, as every atom has the symbols in it."""
        return frozenset((self,))

    def __reduce__(self) -> tuple[Any, ...]:
        return _symbol, (self.name, self.kind, self.scope)

    def __repr__(self) -> str:
        return self.name


class Index(Symbol):
    """The index of a round, a nonnegative integer: begin ≤ i < end, the end a number or a size."""

    __slots__ = ("__weakref__", "begin", "end")

    def __init__(self, name: str, begin: int, end: Size, scope: str) -> None:
        super().__init__(name, NONNEGATIVE, scope)
        self.begin, self.end = begin, end
        self.key = (*self.key, begin, (0, end) if isinstance(end, int) else (1, *end.key))

    @property
    def least(self) -> int:
        """The first round."""
        return self.begin

    def __reduce__(self) -> tuple[Any, ...]:
        return index, (self.name, self.begin, self.end, self.scope)


_indices: Final[WeakValueDictionary[tuple[str, int, Size, str], Index]] = WeakValueDictionary()


def index(name: str, begin: int, end: Size, scope: str = "") -> Index:
    """The index of rounds begin ≤ i < end; the same object for equal arguments.

    Raises SymbolError where the first round is negative.

    >>> index("i", 0, 10) is index("i", 0, 10), index("i", 0, 10) is index("i", 0, 11)
    (True, False)
    """
    if begin < 0:
        raise SymbolError(f"the rounds of {name} begin at {begin}: a round's number is at least 0")
    known = _indices.get((name, begin, end, scope))
    if known is None:
        known = _indices[name, begin, end, scope] = Index(name, begin, end, scope)
    return known


class Side(Symbol):
    """The side of a feature map by the name that an equation gives it, M_2; formulas have it where extents stand."""

    __slots__ = ("letter", "number")

    def __init__(self, letter: str, number: int, scope: str) -> None:
        super().__init__(f"{letter}_{number}", NONNEGATIVE, scope)
        self.letter, self.number = letter, number
        self.key = (0, len(RANK), f"{letter}_{number:06}", self.kind, scope)  # behind the extents of the input

    def __reduce__(self) -> tuple[Any, ...]:
        return side, (self.letter, self.number, self.scope)


@cache
def side(letter: str, number: int, scope: str) -> Side:
    """The side of this letter and number; the same object for equal arguments.

    >>> side("M", 2, "equations of a net")
    M_2
    """
    return Side(letter, number, scope)


@cache
def _symbol(name: str, kind: str, scope: str) -> Symbol:
    return Symbol(name, kind, scope)


def symbol(name: str, role: str | None = None, scope: str = "") -> Symbol:
    """The symbol of this name; the same object for the same name, role's kind and scope.

    Without a role, the name must be one of the field's. With one, a name in the field's own role is the field's symbol
    whatever the scope; any other belongs to the scope.

    Raises SymbolError for an unknown role, or a name without a role that is not the field's.

    >>> symbol("X") is symbol("X", "extent", scope="my model")
    True
    >>> symbol("K", "extent", scope="my model") is symbol("K")
    False
    """
    if role is None:
        if name not in FIELD:
            raise SymbolError(f"{name} is none of the field's symbols ({', '.join(FIELD)}), so it needs a role")
        role = FIELD[name]
    if role not in ROLES:
        raise SymbolError(f"unknown role {role!r}: accepted are {', '.join(ROLES)}. {near(role, ROLES)}".rstrip())
    return _symbol(name, ROLES[role], "" if FIELD.get(name) == role else scope)


def dimension(name: str, scope: str) -> Symbol:
    """The symbol of a dimension of an input: the field's batch, sequence or extents, else an extent of the model's own.

    >>> dimension("N", "my model") is symbol("N"), dimension("K", "my model") is symbol("K")
    (True, False)
    """
    role = FIELD.get(name, "extent")
    return symbol(name, role if role in ("batch", "sequence", "extent") else "extent", scope)


def in_order(symbols: Iterable[Symbol]) -> list[Symbol]:
    """Symbols in the order in which a sentence has them, the same on every run."""
    return sorted(symbols, key=lambda s: s.key)


def by_name(symbols: Iterable[Symbol]) -> dict[str, Symbol]:
    """The symbols by their names, in a fixed order.

    Raises SymbolError where two different symbols have one name.
    """
    found: dict[str, Symbol] = {}
    for s in in_order(set(symbols)):
        other = found.setdefault(s.name, s)
        if other is not s:
            owners = " and ".join(f"of {o.scope}" if o.scope else "of the field" for o in (other, s))
            raise SymbolError(f"two different symbols are called {s.name} ({owners}): evaluate each model by itself")
    return found
