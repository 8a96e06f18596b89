"""What SymPy has not: a symbol that belongs to a model, and gcd as a function; imported only when SymPy is."""

from __future__ import annotations

from typing import Any

import sympy

from symconv.symbols import Index


class ScopedSymbol(sympy.Symbol):  # type: ignore[misc]
    """Prints as its name, and equals no symbol of that name of another model or of the field."""

    __slots__ = ("scope",)
    scope: str

    @classmethod
    def of(cls, name: str, scope: str, **assumptions: bool) -> ScopedSymbol:
        """The symbol of this name, scope and assumptions."""
        made: ScopedSymbol = sympy.Symbol.__xnew__(cls, name, **assumptions)
        made.scope = scope
        return made

    def _hashable_content(self) -> tuple[Any, ...]:
        return (*super()._hashable_content(), self.scope)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.name, self.scope, self.assumptions0)


def _restored(name: str, scope: str, assumptions: dict[str, bool]) -> ScopedSymbol:
    return ScopedSymbol.of(name, scope, **assumptions)


class IndexSymbol(ScopedSymbol):
    """The index of a round: it equals no other of its name with other rounds."""

    __slots__ = ("index",)
    index: Index

    @classmethod
    def standing_for(cls, ours: Index, **assumptions: bool) -> IndexSymbol:
        """The symbol of an index."""
        made: IndexSymbol = sympy.Symbol.__xnew__(cls, ours.name, **assumptions)
        made.scope, made.index = ours.scope, ours
        return made

    def _hashable_content(self) -> tuple[Any, ...]:
        return (*super()._hashable_content(), str(self.index.key))

    def __reduce__(self) -> tuple[Any, ...]:
        return _of_index, (self.index, self.assumptions0)


def _of_index(ours: Index, assumptions: dict[str, bool]) -> IndexSymbol:
    return IndexSymbol.standing_for(ours, **assumptions)


class gcd(sympy.Function):  # type: ignore[misc]  # noqa: N801  (the name is what is printed)
    """The greatest common divisor of two positive integers, a number as soon as both are."""

    nargs = 2
    is_integer = True
    is_positive = True

    @classmethod
    def eval(cls, a: sympy.Expr, b: sympy.Expr) -> sympy.Expr | None:
        return sympy.igcd(a, b) if a.is_Integer and b.is_Integer else None
