"""Which reading of baked-in shapes is taken, where several are possible, and that one was wrong."""

from __future__ import annotations

from typing import Any

from symconv.errors import SymconvError
from symconv.symbols import Symbol


class Conflict(SymconvError):  # noqa: N818  (a choice that was wrong, more than an error)
    """A choice between readings of a baked-in shape that the rest of the graph refutes."""


class Choices:
    """Readings of baked-in shapes: by pattern which one is taken; wrong ones are refuted, and the model read again."""

    def __init__(self, symbols: frozenset[Symbol]) -> None:
        self.symbols = symbols
        self.freed = bool(symbols)
        self.taken: dict[tuple[Any, ...], int] = {}
        self.many: dict[tuple[Any, ...], int] = {}
        #: Whether wrong ones are looked for; not once all have been tried.
        self.open = True

    def take(self, pattern: tuple[Any, ...], many: int) -> int:
        """Which of `many` readings of a pattern to take."""
        self.many.setdefault(pattern, many)
        return self.taken.setdefault(pattern, 0)

    def next(self) -> bool:
        """Take the next combination, the last pattern's reading first; False where there is none."""
        while self.taken:
            pattern, at = self.taken.popitem()
            if at + 1 < self.many[pattern]:
                self.taken[pattern] = at + 1
                return True
            del self.many[pattern]
        return False
