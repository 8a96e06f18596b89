"""A SymPy symbol that belongs to a model; imported only when SymPy is."""

from __future__ import annotations

from typing import Any

import sympy


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
        return _restored, (self.name, self.scope, dict(self._assumptions_orig))


def _restored(name: str, scope: str, assumptions: dict[str, bool]) -> ScopedSymbol:
    return ScopedSymbol.of(name, scope, **assumptions)
