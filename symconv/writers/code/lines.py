"""A function line by line: the statements in their order, with remarks; each language says them in its own way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import ClassVar

from symconv.condition import DIVIDES
from symconv.writers.code.heading import WIDTH, noted
from symconv.writers.code.tree import (
    OPPOSITE,
    Among,
    Become,
    Function,
    Let,
    Name,
    Number,
    Repeat,
    Require,
    Start,
    Statement,
    Tree,
    clauses,
)


class Lines(ABC):
    """What all languages have in common."""

    indent: ClassVar[str] = "    "
    #: What stands around a remark, between conditions of which both or either hold, and behind a line.
    remark: ClassVar[tuple[str, str]]
    both: ClassVar[str] = " && "
    either: ClassVar[str] = " || "
    end: ClassVar[str] = ";"
    #: What stands before a local that stays as it is, and before one that does not.
    constant: ClassVar[str] = ""
    variable: ClassVar[str] = ""
    #: Signs of comparison that are written otherwise.
    signs: ClassVar[Mapping[str, str]] = {}

    def __init__(self, function: Function) -> None:
        self.function = function
        self.lines: list[str] = []
        self.depth = 1
        #: What the function calls.
        self.used: set[str] = set()

    # -- what a language says in its own way --------------------------------------------------------------------------

    @abstractmethod
    def number(self, value: int) -> str:
        """A whole number."""

    @abstractmethod
    def text(self, tree: Tree) -> str:
        """An expression."""

    @abstractmethod
    def let(self, name: str, value: Tree, note: str = "") -> None:
        """A local that stays as it is."""

    @abstractmethod
    def among(self, wrong: str, one: Among) -> None:
        """The refusal of a parameter; `wrong` says when."""

    @abstractmethod
    def require(self, one: Require) -> None:
        """The refusal of what a condition is not true of."""

    @abstractmethod
    def repeat(self, loop: Repeat) -> None:
        """A loop with its body."""

    def negated(self, wanted: str) -> str:
        """Not what is wanted."""
        return f"!({wanted})"

    # -- what they share ----------------------------------------------------------------------------------------------

    def add(self, line: str, note: str = "") -> None:
        """A line, or several that belong together, with a remark."""
        begin = self.indent * self.depth
        said = self.remark[0] + noted(note) + self.remark[1] if note else ""
        if said and ("\n" in line or len(begin) + len(line) + len(said) + 2 > WIDTH):
            self.lines.append(begin + said)
            said = ""
        self.lines.append(f"{begin}{line}{f'  {said}' if said else ''}")

    def body(self, statements: Iterable[Statement]) -> None:
        """All statements in their order."""
        for one in statements:
            if isinstance(one, Let):
                self.let(one.name, one.value, one.note)
            elif isinstance(one, Start):
                self.add(f"{self.variable}{one.name} = {self.number(one.value)}{self.end}", one.note)
            elif isinstance(one, Become):
                self.add(f"{one.name} = {self.text(one.value)}{self.end}")
            elif isinstance(one, Among):
                self.among(self._not_among(one), one)
            elif isinstance(one, Require):
                self.require(one)
            else:
                self.repeat(one)

    def inside(self, loop: Repeat) -> None:
        """The body of a loop."""
        self.depth += 1
        self.body(loop.body)
        self.depth -= 1

    def compared(self, left: str, sign: str, right: str) -> str:
        """A comparison."""
        return f"{left} {self.signs.get(sign, sign)} {right}"

    def _not_among(self, one: Among) -> str:
        def side(period: int) -> str:
            return f"{one.name} % {self.number(period)}" if period else one.name

        parts = [[(side(p), sign, self.number(n)) for p, sign, n in together] for together in clauses(one.sizes)]
        if len(parts) == len(parts[0]) == 1:
            ((left, sign, right),) = parts[0]
            return self.compared(left, OPPOSITE[sign], right)
        texts = [self.both.join(self.compared(*one) for one in part) for part in parts]
        several = len(texts) > 1
        return self.negated(self.either.join(f"({text})" if several and self.both in text else text for text in texts))

    def even(self) -> Require:
        """The total comes out even."""
        sure = isinstance(self.function.under, Number)
        return Require(DIVIDES, self.function.under, Name("total"), "the total is whole", sure)
