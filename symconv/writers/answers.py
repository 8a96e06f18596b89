"""The sheets of the analysis: how a total grows, and which claims hold."""

from __future__ import annotations

from collections.abc import Sequence

from symconv.analysis.growth import bounds, growth, order
from symconv.cost import cost_symbols
from symconv.count import Convention
from symconv.network import Network
from symconv.notation import ASCII, LATEX, TEXT, Style
from symconv.sizes import Undecided
from symconv.symbols import by_name
from symconv.writers.layers import label, metric_name
from symconv.writers.sheet import Math, Sheet, plain


def growth_sheet(net: Network, metric: str | Convention = "macs", by: Sequence[str] = ()) -> Sheet:
    """The leading terms of a total in some of its symbols or all, its order in each, and bounds at every size.

    Raises SymbolError for a symbol that the total does not have.
    """
    total = net.cost(metric)
    sheet = Sheet(f"growth of the {label(metric)} of {net.name}{' in ' + ', '.join(by) if by else ''}")
    sheet.facts = [(label(metric), total)]
    sheet.data = lambda: {"name": net.name, "metric": metric_name(metric), "total": plain(total)}
    try:
        found = growth(total, by or None)
    except Undecided as why:
        sheet.notes.append(f"its growth is not decided: {why}")
        return sheet

    def each(set_: str) -> Math:
        texts: dict[Style, str] = {style: getattr(found, set_)(style) for style in (TEXT, LATEX, ASCII)}
        return Math(texts[TEXT], texts[LATEX], texts[ASCII])

    sheet.facts += [("grows", each("text")), ("order", each("order"))]
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
