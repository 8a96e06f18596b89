"""The command that sets networks beside one another: compare."""

from __future__ import annotations

from typing import Annotated

import typer

from symconv.cli.models import command, loaded, placed, said
from symconv.cli.options import Figures, Format, FormatName, Plain


@command
def compare(
    models: Annotated[list[str], typer.Argument(metavar="MODEL", help="two networks or more")],
    at: Figures = "",
    by: Annotated[str, typer.Option("--by", metavar="SYMBOL", help="say at which values the order changes")] = "",
    metric: Annotated[str, typer.Option("--metric", "-m", metavar="METRIC", help="what the order is of")] = "macs",
    aligned: Annotated[
        bool, typer.Option("--aligned", help="two networks layer by layer: added, removed, changed")
    ] = False,
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """Totals of networks side by side, and where their order changes."""
    from symconv.errors import CallError, SymbolError
    from symconv.network import METRICS
    from symconv.readers.call import assignments, numbers
    from symconv.readers.catalogue import is_model
    from symconv.writers import output
    from symconv.writers.compare import aligned_sheet, compare_sheet

    if len(models) < 2:
        raise CallError("compare takes two networks or more")
    if aligned and (len(models) != 2 or by):
        raise CallError("--aligned takes two networks, and no --by")
    given = assignments(at)
    if metric not in METRICS:
        raise CallError(f"unknown metric {metric!r}: known are {', '.join(METRICS)}")
    networks = loaded(*models)
    values = {}
    for model, net in zip(models, networks):
        given = said(net, given) if is_model(model) else given
        values.update(numbers(net, {n: v for n, v in given.items() if n in net.symbols}))
    unread = {n: v for n, v in given.items() if n not in values}
    try:
        if aligned:
            sheet = aligned_sheet(networks[0], networks[1], {**values, **unread}, metric)
        else:
            sheet = compare_sheet(networks, {**values, **unread}, by, metric)
    except SymbolError as error:
        raise CallError(str(error)) from None
    output.show(placed(sheet, given), format.value, ascii)
