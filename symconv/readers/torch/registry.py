"""The rules of torch's operators, by name: without the _ of one in place; behind a namespace where that is not aten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from symconv.readers.registry import Registry, Rule

if TYPE_CHECKING:
    from symconv.readers.torch.operator import Operator

RULES: Final[Registry[Operator]] = Registry()
counted, shape_only, unknown = RULES.counted, RULES.shape_only, RULES.unknown


def rule_of(operator: str) -> Rule[Operator] | None:
    """The rule of an operator, or None of one that has none."""
    return RULES.get(("", operator))
