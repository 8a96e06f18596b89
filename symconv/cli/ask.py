"""The command that asks how a total grows: growth."""

from __future__ import annotations

from typing import Annotated

import typer

from symconv.cli.models import call, command, network_at, placed
from symconv.cli.options import At, Format, FormatName, MetricName, Model, Plain


@command
def growth(
    model: Model,
    at: At = "",
    metric: MetricName = "macs",
    by: Annotated[
        str, typer.Option("--by", metavar="SYMBOLS", help="the symbols that grow, X,N; all of them where none is named")
    ] = "",
    per: Annotated[str, typer.Option("--per", metavar="COST", help="the limit of the total per this, N*X^2")] = "",
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """How a total grows: leading terms, order, bounds."""
    from symconv.asked import as_cost
    from symconv.cost import cost_symbols
    from symconv.errors import CallError
    from symconv.readers.call import metric_named
    from symconv.readers.expression import parse
    from symconv.writers import output
    from symconv.writers.answers import growth_sheet

    chosen = metric_named(metric)
    net, given = network_at(model, at)
    with call("--per"):
        below = as_cost(parse(per, net.symbols)) if per else None
    if below is not None and not {s.name for s in cost_symbols(below)} - {"N"}:
        raise CallError(f"--per {per}: a limit is wanted in a symbol beside N, as of N*X^2")
    with call("--by"):
        sheet = growth_sheet(
            net, chosen, per=below, by=list(dict.fromkeys(s.strip() for s in by.split(",") if s.strip()))
        )
    output.show(placed(sheet, given), format, ascii)
