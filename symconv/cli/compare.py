"""The command that sets networks beside one another: compare."""

from __future__ import annotations

from typing import Annotated

import typer

from symconv.cli.models import command, placed, several
from symconv.cli.options import Figures, Format, FormatName, Plain, metric_option


@command
def compare(
    models: Annotated[list[str], typer.Argument(metavar="MODEL", help="two networks or more")],
    at: Figures = "",
    by: Annotated[str, typer.Option("--by", metavar="SYMBOL", help="say at which values the order changes")] = "",
    metric: Annotated[str, metric_option(help="what the order is of")] = "macs",
    aligned: Annotated[
        bool, typer.Option("--aligned", help="two networks layer by layer: added, removed, changed")
    ] = False,
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """Totals side by side, and where their order changes."""
    from symconv.errors import CallError, SymbolError
    from symconv.readers.call import metric_named
    from symconv.writers import output
    from symconv.writers.compare import aligned_sheet, compare_sheet

    if len(models) < 2:
        raise CallError("compare takes two networks or more")
    if aligned and (len(models) != 2 or by):
        raise CallError("--aligned takes two networks, and no --by")
    chosen = metric_named(metric)
    networks, given, values = several(models, at)
    try:
        if aligned:
            sheet = aligned_sheet(networks[0], networks[1], values, chosen)
        else:
            sheet = compare_sheet(networks, values, by, chosen)
    except SymbolError as error:
        raise CallError(str(error)) from None
    output.show(placed(sheet, given), format, ascii)
