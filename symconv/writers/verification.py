"""What runs of a model showed, as a sheet."""

from __future__ import annotations

from symconv.verifying import Point, Report
from symconv.writers.sheet import Cell, Column, Sheet, Table
from symconv.writers.wording import assigned


def verification_sheet(report: Report) -> Sheet:
    """A row for each run: what was compared, what agrees, and the macs of both sides."""
    counted = any(point.params for point in report.points)
    columns = [
        Column("at"),
        Column("tensors", True),
        Column("operators", True),
        Column("MACs", True),
        *([Column("params", True)] if counted else []),
        Column("not seen", True, "unseen"),
        Column("result", prose=True),
    ]
    table = Table(columns, [_row(point, counted) for point in report.points])
    sheet = Sheet(f"{report.network.name}: runs against the closed forms", tables=[table])
    sheet.notes.append("tensors: shapes that agree; operators: those with MACs that agree; MACs: their sum in the run")
    sheet.data = lambda: {"by": report.by}
    return sheet


def _row(point: Point, counted: bool) -> list[Cell]:
    at = assigned(point.values) or "as it is"
    if point.failed:
        return [at, *[None] * (5 if counted else 4), f"did not run: {point.failed}"]
    result = f"{len(point.wrong)} disagree" if point.wrong else "agrees" if point.compared else "nothing to compare"
    params = [point.params] if counted else []
    return [at, point.tensors, point.operators, point.macs, *params, point.unseen, result]
