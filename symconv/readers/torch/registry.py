"""Which operator of torch has which rule, and in which of three states it is.

counted     its arithmetic is counted
shape-only  it does no arithmetic: it moves, chooses or converts elements
unknown     its arithmetic is a named unknown in every total
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from symconv.readers.torch.operator import Operator

COUNTED, SHAPE_ONLY, UNKNOWN = "counted", "shape-only", "unknown"


@dataclass(frozen=True)
class Rule:
    """What an operator does, for people, and the function that says it."""

    operator: str
    state: str
    what: str
    run: Callable[[Operator], Any]


#: Every rule by the operator's name, without the _ of one in place; behind a namespace where that is not aten.
RULES: Final[dict[str, Rule]] = {}

Run = Callable[["Operator"], Any]


def rule(state: str, what: str, *operators: str) -> Callable[[Run], Run]:
    """Register a function as the rule of operators."""

    def register(run: Run) -> Run:
        for operator in operators:
            RULES[operator] = Rule(operator, state, what, run)
        return run

    return register


def counted(what: str, *operators: str) -> Callable[[Run], Run]:
    """The rule of operators whose arithmetic is counted."""
    return rule(COUNTED, what, *operators)


def shape_only(what: str, *operators: str) -> Callable[[Run], Run]:
    """The rule of operators without arithmetic."""
    return rule(SHAPE_ONLY, what, *operators)


def unknown(what: str, *operators: str) -> Callable[[Run], Run]:
    """The rule of operators whose shapes are known and whose arithmetic is a named unknown."""
    return rule(UNKNOWN, what, *operators)
