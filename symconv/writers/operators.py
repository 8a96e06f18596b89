"""ONNX's operators and what is counted of each, as a sheet."""

from __future__ import annotations

from collections import Counter

from symconv.errors import SymconvError, near
from symconv.readers.onnx.states import operators
from symconv.writers.sheet import Column, Sheet, Table


def operators_sheet(named: str | None = None) -> Sheet:
    """A row for each operator: its domain, its state, and what is counted.

    Raises SymconvError for a name that is no operator.
    """
    found = [rule for rule in operators() if named is None or rule.operator.lower() == named.lower()]
    if not found:
        names = {rule.operator for rule in operators()}
        raise SymconvError(f"there is no ONNX operator {named}. {near(named or '', names)}".rstrip())
    columns = [Column("operator"), Column("domain"), Column("state"), Column("counted", prose=True)]
    rows = [[rule.operator, rule.domain or "ai.onnx", rule.state, rule.what] for rule in found]
    sheet = Sheet("ONNX operators", tables=[Table(columns, [list(row) for row in rows])])
    states = Counter(rule.state for rule in found)
    sheet.facts += [(state, str(states[state])) for state in ("counted", "shape-only", "unknown")]
    return sheet
