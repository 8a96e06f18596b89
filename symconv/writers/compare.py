"""The sheet of a comparison: totals of several networks, ratios to the first, and where their order changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from symconv.analysis.alignment import KEPT, STATES, align
from symconv.analysis.claims import decimal
from symconv.analysis.crossover import orders, placed_at
from symconv.cost import Cost, cost_symbols, evaluate_cost, settled
from symconv.count import Convention
from symconv.network import Network
from symconv.writers.layers import label, metric_name
from symconv.writers.sheet import Cell, Column, Name, Sheet, Table

#: What is compared.
COMPARED: Final = ("macs", "params", "activations")


def compare_sheet(
    networks: Sequence[Network], values: Mapping[str, Any], by: str = "", metric: str | Convention = "macs"
) -> Sheet:
    """Every network's totals, with ratios to the first where they are numbers; with `by` where the order changes.

    Raises as `orders` and `placed_at`.
    """
    given = placed_at(networks, values)
    sheet = Sheet(f"{', '.join(net.name for net in networks)} compared")
    columns = [Column("network")]
    for name in COMPARED:
        columns += [Column(label(name), right=True, key=name), Column("ratio", right=True, key=f"{name}_ratio")]
    first = [given[0].cost(name) for name in COMPARED]
    rows: list[list[Cell]] = []
    for net in given:
        row: list[Cell] = [net.name]
        for name, base in zip(COMPARED, first):
            cost = net.cost(name)
            row += [cost, times(cost, base)]
        rows.append(row)
    sheet.tables = [Table(columns, rows)]
    if by:
        for order in orders(given, by, metric):
            said = (("less", order.less), ("the same", order.equal), ("more", order.more))
            parts = [f"{word} for {region.described(by)}" for word, region in said if not region.empty]
            answer = "; ".join(parts) or "no size is legal for both"
            sheet.notes.append(f"{label(metric)} of {order.first} against {order.second}: {answer}")
    return sheet


def times(cost: Cost, base: Cost) -> str:
    """`×1.5`, how often a number holds another; nothing where one is a formula."""
    if cost_symbols(cost) | cost_symbols(base) or not base:
        return ""
    return "×" + decimal(Fraction(evaluate_cost(cost, {})) / Fraction(evaluate_cost(base, {})))


def aligned_sheet(
    first: Network, second: Network, values: Mapping[str, Any], metric: str | Convention = "macs"
) -> Sheet:
    """The layers of two networks beside one another: those that were changed, added or removed.

    Raises as `align` and `placed_at`.
    """
    one, other = placed_at((first, second), values)
    rows = align(one, other, metric)
    counts = {state: sum(row.state == state for row in rows) for state in STATES}
    sheet = Sheet(f"{first.name} and {second.name}, layer by layer")
    before, after = one.cost(metric), other.cost(metric)
    sheet.facts = [
        ("layers", ", ".join(f"{n} {state}" for state, n in counts.items() if n)),
        (f"{label(metric)} before", before),
        ("after", after),
        ("difference", settled(after - before) or 0),
    ]
    columns = (
        Column("layer"), Column("is"), Column("what", prose=True), Column("before", right=True),
        Column("after", right=True), Column("difference", right=True),
    )  # fmt: skip
    table: list[list[Cell]] = [
        [Name(r.name), r.state, r.said, *(_cell(cost) for cost in (r.before, r.after, settled(r.after - r.before)))]
        for r in rows
        if r.state != KEPT
    ]
    sheet.tables = [Table(columns, table)]
    sheet.data = lambda: {"first": first.name, "second": second.name, "metric": metric_name(metric), **counts}
    return sheet


def _cell(cost: Cost) -> Cell:
    return cost if cost else 0
