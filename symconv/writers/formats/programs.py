"""A sheet for programs: JSON with everything in it, CSV of its rows; formulas in ASCII, whole numbers."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from symconv.notation import TEXT
from symconv.writers.sheet import Cell, Column, Math, Name, Sheet, Table, as_data, in_style, plain


def to_json(sheet: Sheet) -> str:
    """The sheet's title, its facts, its data and its rows as JSON, in ASCII with escapes."""
    facts: dict[str, Any] = {}
    for label, cell in sheet.facts:
        label, value = label.strip(), plain(cell)
        facts[label] = [*_listed(facts[label]), value] if label in facts else value
    body = {"title": sheet.title, "facts": facts, **sheet.data()}
    rows = [as_data(table) for table in sheet.tables]
    if rows and not {"layers", "rows"} & body.keys():
        body["rows"] = rows[0] if len(rows) == 1 else rows
    if sheet.notes:
        body["notes"] = sheet.notes
    return json.dumps(body, indent=2) + "\n"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def to_csv(sheet: Sheet) -> str:
    """The rows of the first table, or the sheet's own records; without any, the facts."""
    if sheet.records is not None:
        table = sheet.records()
    elif sheet.tables:
        table = sheet.tables[0]
    else:
        table = Table([Column("fact"), Column("value")], [[label.strip(), cell] for label, cell in sheet.facts])
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_harmless(c.key or c.heading) for c in table.columns])
    for row in table.rows:
        writer.writerow([_field(cell) for cell in row])
    return out.getvalue()


def _field(cell: Cell) -> Any:
    if cell is None:
        return ""
    return _harmless(plain(cell)) if isinstance(cell, str | Name | Math) else plain(cell)


def _harmless(text: str) -> str:
    """A stranger's text that a spreadsheet would take for a formula is quoted, so that it does not run there."""
    text = in_style(text, TEXT)
    return "'" + text if text.lstrip()[:1] in ("=", "+", "-", "@") else text
