"""Which Keras layer and which keras.ops operation has which rule, and in which of three states it is.

counted     its arithmetic is counted
shape-only  it does no arithmetic in inference: it moves, chooses or converts elements, or hands them on
unknown     its arithmetic is a named unknown in every total
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from symconv.readers.keras.call import Call

COUNTED, SHAPE_ONLY, UNKNOWN = "counted", "shape-only", "unknown"

#: Where an operation is from: keras.layers, or keras.ops.
LAYERS, OPS = "layers", "ops"

#: What a rule makes: a value, or values in the structure that Keras has.
Run = Callable[["Call"], Any]


@dataclass(frozen=True)
class Rule:
    """What an operation does, for people, and the function that says it."""

    family: str
    operation: str
    state: str
    what: str
    run: Run


#: Every rule by its operation's family and the name of its class.
RULES: Final[dict[tuple[str, str], Rule]] = {}


def rule(state: str, what: str, *operations: str, family: str = LAYERS) -> Callable[[Run], Run]:
    """Register a function as the rule of operations."""

    def register(run: Run) -> Run:
        for operation in operations:
            RULES[family, operation] = Rule(family, operation, state, what, run)
        return run

    return register


def counted(what: str, *operations: str, family: str = LAYERS) -> Callable[[Run], Run]:
    """The rule of operations whose arithmetic is counted."""
    return rule(COUNTED, what, *operations, family=family)


def shape_only(what: str, *operations: str, family: str = LAYERS) -> Callable[[Run], Run]:
    """The rule of operations without arithmetic."""
    return rule(SHAPE_ONLY, what, *operations, family=family)


def unknown(what: str, *operations: str, family: str = LAYERS) -> Callable[[Run], Run]:
    """The rule of operations whose shapes are known and whose arithmetic is a named unknown."""
    return rule(UNKNOWN, what, *operations, family=family)


def rule_of(operation: Any) -> Rule | None:
    """The rule of an operation, or None of one that has none, or whose class has a `call` of its own."""
    for cls in type(operation).__mro__:
        if cls.__module__.startswith("keras.src."):
            family = OPS if cls.__module__.startswith("keras.src.ops.") else LAYERS
            found = RULES.get((family, cls.__name__))
            if found is not None:
                return found
        if "call" in vars(cls):
            return None
    return None
