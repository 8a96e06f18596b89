"""Commands that say what there is: rules, zoo, schema."""

from __future__ import annotations

from typing import Annotated

import typer

from symconv.cli.app import app
from symconv.cli.models import call, extend
from symconv.cli.options import Format, FormatName, Layers, Plain
from symconv.cli.progress import progress


@app.command()
def rules(
    kind: Annotated[str | None, typer.Argument(metavar="KIND", help="a layer; all of them where none is named")] = None,
    set: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="a field of the instance, groups=1 or bias=false"),
    ] = None,
    onnx: Annotated[bool, typer.Option("--onnx", help="the operators of ONNX, and what is counted of each")] = False,
    torch: Annotated[bool, typer.Option("--torch", help="the operators of torch, and what is counted of each")] = False,
    format: FormatName = Format.table,
    ascii: Plain = None,
    layers: Layers = None,
) -> None:
    """Rules of the layers in symbols: shape, weights, work."""
    from symconv.errors import CallError
    from symconv.readers.call import fields
    from symconv.writers import output

    changes = fields(set or [])
    if kind is None and changes:
        raise CallError("--set changes a field of one layer: name the layer")
    extend(layers)
    import symconv.layers  # noqa: F401  (registers the layers)
    from symconv.writers.rules import rule_sheet, rules_sheet

    if onnx and torch:
        raise CallError("--onnx and --torch list different operators: give one of them")
    if onnx or torch:
        from symconv.writers.operators import operators_sheet

        if changes:
            raise CallError("--set changes a field of a layer, and operators have none")
        output.show(operators_sheet("ONNX" if onnx else "torch", kind), format, ascii)
        return
    with call():
        sheet = rules_sheet() if kind is None else rule_sheet(kind, changes)
    output.show(sheet, format, ascii)


@app.command()
def zoo(
    family: Annotated[
        str | None, typer.Argument(metavar="FAMILY", help="one family with its variants; all where none is named")
    ] = None,
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """Bundled architectures beside published figures."""
    from symconv.writers import output
    from symconv.writers.zoo import family_sheet, zoo_sheet

    with progress("the zoo" if family is None else f"the family {family}") as work:
        sheet = zoo_sheet(work.each) if family is None else family_sheet(family)
    output.show(sheet, format, ascii)


@app.command()
def schema(layers: Layers = None) -> None:
    """The JSON Schema of a spec, for editors."""
    import json

    extend(layers)
    from symconv.readers.schema import schema as made
    from symconv.writers.output import write

    write(json.dumps(made(), indent=2) + "\n")
