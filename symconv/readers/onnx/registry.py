"""Which operator has which rule, and in which of three states it is.

counted     its arithmetic is counted
shape-only  it does no arithmetic: it moves, chooses or converts elements
unknown     its arithmetic is a named unknown in every total
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from symconv.readers.onnx.operator import Operator
    from symconv.readers.onnx.value import Value

COUNTED, SHAPE_ONLY, UNKNOWN = "counted", "shape-only", "unknown"

ONNX, ML, MICROSOFT, TRAINING = "", "ai.onnx.ml", "com.microsoft", "ai.onnx.preview.training"


@dataclass(frozen=True)
class Rule:
    """What an operator does, for people, and the function that says it."""

    domain: str
    operator: str
    state: str
    what: str
    run: Callable[[Operator], Value | list[Value | None]]


#: Every rule by its operator's domain and name.
RULES: Final[dict[tuple[str, str], Rule]] = {}

Run = Callable[["Operator"], Any]


def rule(state: str, what: str, *operators: str, domain: str = ONNX) -> Callable[[Run], Run]:
    """Register a function as the rule of operators."""

    def register(run: Run) -> Run:
        for operator in operators:
            RULES[domain, operator] = Rule(domain, operator, state, what, run)
        return run

    return register


def counted(what: str, *operators: str, domain: str = ONNX) -> Callable[[Run], Run]:
    """The rule of operators whose arithmetic is counted."""
    return rule(COUNTED, what, *operators, domain=domain)


def shape_only(what: str, *operators: str, domain: str = ONNX) -> Callable[[Run], Run]:
    """The rule of operators without arithmetic."""
    return rule(SHAPE_ONLY, what, *operators, domain=domain)


def unknown(what: str, *operators: str, domain: str = ONNX) -> Callable[[Run], Run]:
    """The rule of operators whose shapes are known and whose arithmetic is a named unknown."""
    return rule(UNKNOWN, what, *operators, domain=domain)


def rule_of(domain: str, operator: str) -> Rule | None:
    """The rule of an operator, or None of one that has none."""
    return RULES.get((ONNX if domain == "ai.onnx" else domain, operator))
