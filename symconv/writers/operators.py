"""The operators of ONNX or torch, and what is counted of each, as a sheet."""

from __future__ import annotations

from collections import Counter
from typing import Any

from symconv.errors import ModelError, SymconvError, near
from symconv.writers.sheet import Cell, Column, Sheet, Table


def operators_sheet(of: str, named: str | None = None) -> Sheet:
    """A row for each operator of `of`, ONNX or torch: its domain, its state, and what is counted.

    Raises SymconvError for a name that is no operator, ModelError where the package is not installed.
    """
    rules = _rules(of)
    found = [rule for rule in rules if named is None or rule.operator.lower() == named.lower()]
    if not found:
        names = {rule.operator for rule in rules}
        raise SymconvError(f"there is no {of} operator {named}. {near(named or '', names)}".rstrip())
    columns = [Column("operator"), Column("state"), Column("counted", prose=True)]
    rows: list[list[Cell]] = [[rule.operator, rule.state, rule.what] for rule in found]
    if of == "ONNX":
        columns.insert(1, Column("domain"))
        for rule, row in zip(found, rows):
            row.insert(1, rule.domain or "ai.onnx")
    sheet = Sheet(f"{of} operators", tables=[Table(columns, rows)])
    states = Counter(rule.state for rule in found)
    sheet.facts += [(state, str(states[state])) for state in ("counted", "shape-only", "unknown")]
    if of == "torch" and named is None:
        sheet.notes.append("an operator without a rule is a named unknown; one in place, add_, has the rule of add")
    return sheet


def _rules(of: str) -> list[Any]:
    if of == "ONNX":
        from symconv.readers.onnx.states import operators as onnx_operators

        return list(onnx_operators())
    try:
        from symconv.readers.torch.states import operators as torch_operators
    except ImportError:
        raise ModelError("the rules of torch's operators need torch: pip install 'symconv[torch]'") from None
    return list(torch_operators())
