"""The sheet of a what-if: totals before and after with the difference, and the layers that were changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symconv.analysis.edits import WhatIf
from symconv.cost import Cost, cost_symbols, settled, substitute_cost
from symconv.errors import SymbolError
from symconv.evaluation import resolve
from symconv.symbols import by_name
from symconv.writers.compare import COMPARED, times
from symconv.writers.layers import label
from symconv.writers.network import domain_line
from symconv.writers.sheet import Cell, Column, Name, Sheet, Table, plain


def whatif_sheet(found: WhatIf, metrics: Sequence[str] = COMPARED, values: Mapping[str, Any] | None = None) -> Sheet:
    """What the edits change: each total before, after and the difference, in closed form or at these values.

    Raises SymbolError for a value of a symbol that neither network has, DomainError where one of them is outside its
    domain.
    """
    given = dict(values or {})
    for network in (found.before, found.after):
        network.at({name: value for name, value in given.items() if name in network.symbols})
    unknown = [name for name in given if name not in found.before.symbols and name not in found.after.symbols]
    if unknown:
        listed = ", ".join(dict.fromkeys([*found.before.symbols, *found.after.symbols]))
        raise SymbolError(f"there is no symbol {unknown[0]}: the symbols are {listed}")

    def placed(cost: Cost) -> Cost:
        known = by_name(cost_symbols(cost))
        at = resolve(known.values(), {n: v for n, v in given.items() if n in known}, complete=False)
        return settled(substitute_cost(cost, dict(at)))

    sheet = Sheet(f"{found.before.name} with {len(found.edited)} of {len(found.before.nodes)} layers edited")
    headings = ("total", "before", "after", "difference")
    columns = (*map(Column, headings), Column("ratio", right=True))
    rows: list[list[Cell]] = []
    for metric in metrics:
        before, after = placed(found.before.cost(metric)), placed(found.after.cost(metric))
        rows.append([label(metric), before, after, settled(after - before) or 0, times(after, before)])
    sheet.facts = [("domain", domain_line(found.after))]
    layers: list[list[Cell]] = []
    first = metrics[0]
    befores, afters = found.before.costs(first), found.costs_after(first)
    for edited in found.edited:
        pair = placed(befores[edited.name]), placed(afters[edited.name])
        layers.append([Name(edited.name), edited.said, *(cost or 0 for cost in pair)])
    sheet.tables = [
        Table(columns, rows),
        Table((Column("layer"), Column("edit"), Column(f"{label(first)} before"), Column("after")), layers),
    ]
    sheet.records = lambda: sheet.tables[0]
    sheet.data = lambda: {
        "name": found.before.name,
        "at": {name: plain(value) for name, value in given.items()},
        "domain": str(found.after.domain),
    }
    return sheet
