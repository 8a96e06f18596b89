"""The command about compound scaling: scale."""

from __future__ import annotations

from typing import Annotated

import typer

from symconv.cli.models import call, command, on_grid, placed
from symconv.cli.options import Budgets, Figures, Format, FormatName, Model, Plain
from symconv.cli.progress import progress


@command
def scale(
    model: Model,
    budgets: Budgets,
    over: Annotated[list[str], typer.Option("--over", metavar="AXIS", help="X=224..320:8 or w=1..2:1/10")],
    at: Figures = "",
    rule: Annotated[
        str, typer.Option("--rule", metavar="SYMBOLS", help="EfficientNet's rule beside them: depth,width,size: d,w,X")
    ] = "",
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """Designs within budgets that no other beats."""
    from symconv.analysis.scaling import scaling
    from symconv.errors import CallError
    from symconv.readers.budget import read_budgets
    from symconv.writers import output
    from symconv.writers.scaling import scaling_sheet

    named = [name.strip() for name in rule.split(",")] if rule else []
    if rule and (len(named) != 3 or not all(named)):
        raise CallError(f"--rule {rule}: three symbols are wanted, of depth, width and size, such as d,w,X")
    with call():
        wanted = read_budgets(budgets)
    net, given, axes, values = on_grid(model, at, over)
    places = dict(zip(("depth", "width", "resolution"), named)) if rule else None
    with call("--over"), progress(f"scaling {net.name}"):
        found = scaling(net, wanted, {**axes, **values}, rule=places)
    output.show(placed(scaling_sheet(net, found, [str(b) for b in wanted]), given), format, ascii)
    if not found.best:
        raise typer.Exit(1)
