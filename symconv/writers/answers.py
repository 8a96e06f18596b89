"""The sheet of growth: leading terms, orders, bounds and limits of a total."""

from __future__ import annotations

from collections.abc import Sequence

from symconv.analysis.claims import decimal
from symconv.analysis.growth import bounds, growth, order
from symconv.analysis.limits import limit
from symconv.cost import Cost, cost_symbols
from symconv.count import Convention
from symconv.formula import set_cost
from symconv.network import Network
from symconv.notation import TEXT
from symconv.sizes import Undecided
from symconv.symbols import by_name
from symconv.writers.layers import label, metric_name
from symconv.writers.sheet import Math, Sheet, plain


def growth_sheet(
    net: Network, metric: str | Convention = "macs", by: Sequence[str] = (), per: Cost | None = None
) -> Sheet:
    """The leading terms of a total in some of its symbols or all, its order in each, and bounds at every size.

    With `per` also the limits of the total per that, in each of its symbols but the batch.

    Raises SymbolError for a symbol that the total does not have.
    """
    total = net.cost(metric)
    sheet = Sheet(f"growth of the {label(metric)} of {net.name}{' in ' + ', '.join(by) if by else ''}")
    sheet.facts = [(label(metric), total)]
    sheet.data = lambda: {"name": net.name, "metric": metric_name(metric), "total": plain(total)}
    if per is not None:
        sheet.facts += _limits(total, per, label(metric))
    try:
        found = growth(total, by or None)
    except Undecided as why:
        sheet.notes.append(f"its growth is not decided: {why}")
        return sheet
    sheet.facts += [("grows", Math.of(found.text)), ("order", Math.of(found.order))]
    for name in by_name(cost_symbols(total)):
        try:
            sheet.facts.append((f"degree in {name}", order(total, name)))
        except Undecided as why:
            sheet.facts.append((f"degree in {name}", f"not decided: {why}"))
    try:
        low, high = bounds(total)
        sheet.facts += [("at least", low), ("at most", high)]
    except Undecided as why:
        sheet.notes.append(f"no polynomial bounds: {why}")
    return sheet


def _limits(total: Cost, per: Cost, named: str) -> list[tuple[str, Math]]:
    """What a total per something tends to."""
    below = set_cost(per, TEXT).text
    names = [name for name in by_name(cost_symbols(per)) if name != "N"]
    return [(f"{named}/({below}) as {name} → ∞", _limit(total, per, name)) for name in names]


def _limit(total: Cost, per: Cost, name: str) -> Math:
    found = limit(total, per, name)
    number = found.value.number
    about = decimal(number) if number is not None and number.denominator > 1 else ""
    if found.infinite:
        return Math("∞", r"\infty")
    return Math.of(lambda style: found.text(style) + (style.sign("≈") + about if about else ""))
