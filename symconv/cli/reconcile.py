"""The command that says why counters print other numbers: reconcile."""

from __future__ import annotations

from typing import Annotated

import typer

from symconv.cli.app import app
from symconv.cli.models import call, placed
from symconv.cli.options import Dim, Figures, Format, FormatName, Input, Plain, Square


@app.command()
def reconcile(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="a module such as torchvision:resnet50")],
    at: Figures = "",
    tool: Annotated[
        list[str] | None, typer.Option("--tool", metavar="TOOL", help="list the terms of this counter; several")
    ] = None,
    dim: Dim = None,
    square: Square = True,
    input: Input = None,
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """Why other counters print other numbers, term by term.

    FlopCounterMode, fvcore, thop, ptflops and torchinfo need not be installed: their rules give closed forms.
    """
    from symconv.errors import CallError, near
    from symconv.readers.call import assignments, dimensions, numbers
    from symconv.reconciling import reconcile as compared
    from symconv.writers import output
    from symconv.writers.reconciliation import reconciliation_sheet

    given = assignments(at)
    with call():
        dims = dimensions(dim or [])
    found = compared(model, input or (), dims=dims, square=square)
    known = [f.tool for f in found.figures]
    chosen = []
    for name in tool or []:
        fits = [k for k in known if name.lower() in (k.lower(), k.lower().partition(" ")[0])]
        if not fits:
            raise CallError(f"--tool {name}: known are {', '.join(known)}. {near(name, known)}".rstrip())
        chosen += fits
    with call("--at"):
        values = numbers(found.network, given) if given else None
    sheet = reconciliation_sheet(found, values, tuple(chosen))
    output.show(placed(sheet, given), format.value, ascii)
