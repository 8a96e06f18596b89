"""Which operator of a framework has which rule, and in which of three states it is.

counted     its arithmetic is counted
shape-only  it does no arithmetic in inference: it moves, chooses or converts elements, or hands them on
unknown     its arithmetic is a named unknown in every total
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

COUNTED, SHAPE_ONLY, UNKNOWN = "counted", "shape-only", "unknown"

#: What a rule is run on: a call of its operator.
Op = TypeVar("Op")

#: What the decorators of a registry are.
Run = Callable[[Op], Any]
Register = Callable[[Run[Op]], Run[Op]]


@dataclass(frozen=True)
class Rule(Generic[Op]):
    """What an operator does, for people, and the function that says it."""

    domain: str
    operator: str
    state: str
    what: str
    run: Run[Op]


class Registry(dict[tuple[str, str], Rule[Op]]):
    """The rules of one framework, by the domain and the name of their operators; the framework's own domain is ''.

    >>> rules = Registry[int]()
    >>> @rules.counted("1 add an element", "Add")
    ... def _add(op: int) -> int:
    ...     return op
    >>> rules["", "Add"].state
    'counted'
    """

    def rule(self, state: str, what: str, *operators: str, domain: str = "") -> Register[Op]:
        """Register a function as the rule of operators."""

        def register(run: Run[Op]) -> Run[Op]:
            for operator in operators:
                self[domain, operator] = Rule(domain, operator, state, what, run)
            return run

        return register

    def counted(self, what: str, *operators: str, domain: str = "") -> Register[Op]:
        """The rule of operators whose arithmetic is counted."""
        return self.rule(COUNTED, what, *operators, domain=domain)

    def shape_only(self, what: str, *operators: str, domain: str = "") -> Register[Op]:
        """The rule of operators without arithmetic."""
        return self.rule(SHAPE_ONLY, what, *operators, domain=domain)

    def unknown(self, what: str, *operators: str, domain: str = "") -> Register[Op]:
        """The rule of operators whose shapes are known and whose arithmetic is a named unknown."""
        return self.rule(UNKNOWN, what, *operators, domain=domain)
