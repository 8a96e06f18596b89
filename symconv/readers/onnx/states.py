"""Every operator of ONNX and of onnxruntime that has a rule, or none, and in which of the three states it is."""

from __future__ import annotations

from symconv.readers.onnx import rules  # noqa: F401  (registers the rules)
from symconv.readers.onnx.file import package
from symconv.readers.onnx.operator import Operator
from symconv.readers.onnx.registry import RULES
from symconv.readers.onnx.value import Value
from symconv.readers.registry import UNKNOWN, Rule


def operators() -> list[Rule[Operator]]:
    """A rule for each operator that the installed onnx package has, and each further one that has a rule.

    Raises ModelError where the onnx package is not installed.
    """
    onnx = package()
    found = dict(RULES)
    for schema in onnx.defs.get_all_schemas():
        key = schema.domain, schema.name
        if key not in found:
            found[key] = Rule(*key, UNKNOWN, "no rule: its cost and its extents are named unknowns", _none)
    return [found[key] for key in sorted(found)]


def _none(op: Operator) -> list[Value | None]:
    """No rule."""
    return []
