"""The command about edits: whatif."""

from __future__ import annotations

from typing import Annotated

import typer

from symconv.cli.models import call, command, loaded, placed, said
from symconv.cli.options import Figures, Format, FormatName, MetricNames, Model, Plain


@command
def whatif(
    model: Model,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="LAYERS.FIELD=VALUE", help="conv*.kernel=K, layer4/*/conv2/conv.groups=32"),
    ] = None,
    separable: Annotated[
        list[str] | None,
        typer.Option("--separable", metavar="LAYERS", help="convolutions taken apart: '*' for all"),
    ] = None,
    at: Figures = "",
    metrics: MetricNames = None,
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """Change fields of layers: before, after and difference."""
    from symconv.analysis.edits import whatif as edited
    from symconv.errors import CallError, NetworkError, ShapeError, SymbolError
    from symconv.readers.call import assignments, fields, metrics_named
    from symconv.readers.expression import parse_rational
    from symconv.writers import output
    from symconv.writers.compare import COMPARED
    from symconv.writers.edits import whatif_sheet

    wanted = fields(changes or ())
    if not wanted and not separable:
        raise CallError("nothing is edited: --set conv1.kernel=5 or --separable '*' says what")
    chosen = metrics_named(metrics or COMPARED)
    (net,) = loaded(model)
    given = said(net, assignments(at))
    try:
        found = edited(net, wanted, separable=separable or ())
    except (NetworkError, ShapeError) as error:
        raise CallError(str(error)) from None
    with call("--at"):
        values = {name: parse_rational(written, {}) for name, written in given.items()}
    try:
        sheet = whatif_sheet(found, chosen, values)
    except SymbolError as error:
        raise CallError(f"--at: {error}") from None
    output.show(placed(sheet, given), format, ascii)
