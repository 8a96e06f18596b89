"""The commands that write a certificate and check one: certify, check-certificate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from symconv.cli.app import app
from symconv.cli.models import extend
from symconv.cli.options import Dim, Format, FormatName, Input, Layers, Model, Plain, Square, file_option
from symconv.cli.verify import Sizes, runs_of


@app.command()
def certify(
    model: Model,
    output: Annotated[Path, file_option(help="the certificate, model.cert.json")],
    at: Sizes = None,
    dim: Dim = None,
    square: Square = True,
    input: Input = None,
    layers: Layers = None,
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """Write a certificate: formulas, and runs that agree.

    The model is run as by verify. Exit 1, and no file, where a run disagrees or none showed anything.
    """
    from symconv.certificates import certificate_of, origin_of
    from symconv.errors import CallError
    from symconv.readers.call import dimensions
    from symconv.writers import output as out
    from symconv.writers.network import network_facts
    from symconv.writers.verification import verification_sheet

    if output.suffix.lower() != ".json":
        raise CallError(f"-o {output}: a certificate is written as .json")
    extend(layers)
    report = runs_of(model, at or [], dim, square, input)
    certificate = certificate_of(
        report, origin_of(model, report.network.name, dimensions(dim or []), square, input or ())
    )
    certificate.save(output)
    sheet = verification_sheet(report)
    sheet.facts = network_facts(report.network)
    out.show(sheet, format, ascii)
    out.say(f"wrote {output}")


@app.command("check-certificate")
def check_certificate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a certificate, model.cert.json")],
    model: Annotated[
        str, typer.Option("--model", metavar="MODEL", help="the model that it should be of; it is read, and not run")
    ] = "",
    layers: Layers = None,
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """Check a certificate, without what ran the model.

    The closed forms are derived from the network that is in the file, and evaluated as they are written at the sizes
    of its runs. Exit 1 with all that does not hold.
    """
    from symconv.certificates import check_certificate as checked
    from symconv.certificates.sheets import checked_sheet
    from symconv.writers import output as out

    extend(layers)
    out.show(checked_sheet(checked(file, model or None)), format, ascii)
