"""The rules of ONNX's operators, by domain and name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from symconv.readers.registry import Registry, Rule

if TYPE_CHECKING:
    from symconv.readers.onnx.operator import Operator

ONNX, ML, MICROSOFT, TRAINING = "", "ai.onnx.ml", "com.microsoft", "ai.onnx.preview.training"

#: Every rule; it makes a value, or a list of values and of None for outputs that are not used.
RULES: Final[Registry[Operator]] = Registry()
counted, shape_only, unknown = RULES.counted, RULES.shape_only, RULES.unknown


def rule_of(domain: str, operator: str) -> Rule[Operator] | None:
    """The rule of an operator, or None of one that has none."""
    return RULES.get((ONNX if domain == "ai.onnx" else domain, operator))
