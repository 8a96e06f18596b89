"""The command that runs a model and compares: verify."""

from __future__ import annotations

from typing import Annotated

import typer

from symconv.cli.app import app
from symconv.cli.models import call
from symconv.cli.options import Dim, Format, FormatName, Input, Plain, Square, at_option
from symconv.cli.progress import progress


@app.command()
def verify(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="an .onnx file, or a module such as torchvision:resnet50")
    ],
    at: Annotated[
        list[str] | None, at_option(help="sizes to run at, X=224,N=1; several; chosen where none is given")
    ] = None,
    dim: Dim = None,
    square: Square = True,
    input: Input = None,
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """Run a model: its shapes and MACs beside the formulas.

    Exit 1 at the first disagreement, and where the model runs at none of the sizes or nothing of it can be compared.
    """
    from symconv.errors import CallError, ModelError
    from symconv.readers.call import assignments, dimensions
    from symconv.verifying import verify as compared
    from symconv.writers import output
    from symconv.writers.verification import verification_sheet

    points = []
    for text in at or []:
        given = assignments(text)
        wrong = [f"{name}={value}" for name, value in given.items() if not value.isdecimal()]
        if wrong:
            raise CallError(f"--at {wrong[0]}: a run needs whole numbers")
        points.append({name: int(value) for name, value in given.items()})
    with call():
        dims = dimensions(dim or [])
    with progress(f"verifying {model}") as work:
        report = compared(model, points, dims, square, input or (), each=work.each)
    output.show(verification_sheet(report), format.value, ascii)
    if report.wrong is not None:
        raise ModelError(str(report.wrong))
    if not report.ran:
        why = next((p.failed for p in report.points if p.failed), "")
        raise ModelError(
            f"{model} ran at none of the sizes: {why}" if why else f"{model}: nothing of it can be compared"
        )
