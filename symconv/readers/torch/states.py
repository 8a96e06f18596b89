"""Every operator of torch that has a rule, and in which of the three states it is."""

from __future__ import annotations

from symconv.readers.registry import Rule
from symconv.readers.torch import rules  # noqa: F401  (registers the rules)
from symconv.readers.torch.operator import Operator
from symconv.readers.torch.registry import RULES


def operators() -> list[Rule[Operator]]:
    """The rules by operator; what has none is a named unknown."""
    return [RULES[name] for name in sorted(RULES)]
