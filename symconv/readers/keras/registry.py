"""The rules of Keras's layers and of the operations of keras.ops, by the names of their classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from symconv.readers.registry import Registry, Rule

if TYPE_CHECKING:
    from symconv.readers.keras.call import Call

#: Where an operation is from: keras.layers, or keras.ops.
LAYERS, OPS = "", "ops"

#: Every rule; it makes a value, or values in the structure that Keras has.
RULES: Final[Registry[Call]] = Registry()
counted, shape_only, unknown = RULES.counted, RULES.shape_only, RULES.unknown


def rule_of(operation: Any) -> Rule[Call] | None:
    """The rule of an operation, or None of one that has none, or whose class has a `call` of its own."""
    for cls in type(operation).__mro__:
        if cls.__module__.startswith("keras.src."):
            domain = OPS if cls.__module__.startswith("keras.src.ops.") else LAYERS
            found = RULES.get((domain, cls.__name__))
            if found is not None:
                return found
        if "call" in vars(cls):
            return None
    return None
