"""The command that says why counters print other numbers: reconcile."""

from __future__ import annotations

from typing import Annotated

import typer

from symconv.cli.models import asked, call, command, options, placed, said
from symconv.cli.options import Figures, Format, FormatName, Model, Plain
from symconv.cli.progress import progress


@command
def reconcile(
    model: Model,
    at: Figures = "",
    tool: Annotated[
        list[str] | None, typer.Option("--tool", metavar="TOOL", help="list the terms of this counter; several")
    ] = None,
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """Why other counters print other numbers, term by term.

    FlopCounterMode, fvcore, thop, ptflops and torchinfo need not be installed: their rules give closed forms. They see
    code; of a spec or an ONNX file each layer is taken as the module of torch.nn that does the same.
    """
    from symconv.errors import CallError, near
    from symconv.readers.call import assignments, dimensions, numbers
    from symconv.readers.catalogue import is_module
    from symconv.reconciling import reconcile as compared
    from symconv.writers import output
    from symconv.writers.reconciliation import reconciliation_sheet

    if is_module(model):
        with call():
            dims = dimensions(options().dim or [])
        with progress(f"running {model}"):
            found = compared(model, options().input or (), dims=dims, square=options().square)
        given = said(found.network, assignments(at))
    else:
        net, given = asked(model, at)
        with progress(f"counting {net.name}"):
            found = compared(net)
    known = [f.tool for f in found.figures]
    chosen = []
    for name in tool or []:
        fits = [k for k in known if name.lower() in (k.lower(), k.lower().partition(" ")[0])]
        if not fits:
            raise CallError(f"--tool {name}: known are {', '.join(known)}. {near(name, known)}".rstrip())
        chosen += fits
    values = numbers(found.network, given) if given else None
    sheet = reconciliation_sheet(found, values, tuple(chosen))
    output.show(placed(sheet, given), format, ascii)
