"""The command that runs a model and compares: verify."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from symconv.cli.app import app
from symconv.cli.models import call, extend
from symconv.cli.options import Dim, Format, FormatName, Input, Layers, Model, Plain, Square, at_option
from symconv.cli.progress import progress

if TYPE_CHECKING:
    from symconv.network import Network
    from symconv.verifying import Report


Sizes = Annotated[list[str] | None, at_option(help="values to run at, X=224,N=1; several; chosen where none is given")]


@app.command()
def verify(
    model: Model,
    at: Sizes = None,
    dim: Dim = None,
    square: Square = True,
    input: Input = None,
    layers: Layers = None,
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """Run a model: its shapes and MACs beside the formulas.

    An .onnx runs in onnxruntime, a torch module on the meta device, and what a spec describes as loops, layer by layer.
    Exit 1 at the first disagreement, and where the model runs at none of the sizes or nothing of it can be compared.
    """
    from symconv.writers import output
    from symconv.writers.verification import verification_sheet

    extend(layers)
    report = runs_of(model, at or [], dim, square, input)
    output.show(verification_sheet(report), format, ascii)
    report.check()


def runs_of(model: str, at: Sequence[str], dim: Dim, square: bool, input: Input) -> Report:
    """The runs of a model at these sizes."""
    from symconv.errors import CallError, SymbolError
    from symconv.readers.call import assignments, dimensions
    from symconv.readers.catalogue import is_model
    from symconv.verifying import verify as compared

    given = [assignments(text) for text in at]
    with call():
        dims = dimensions(dim or [])
    if is_model(model):
        points = [_whole(values) for values in given]
        with progress(f"verifying {model}") as work:
            try:
                return compared(model, points, dims, square, input or (), each=work.each)
            except SymbolError as error:
                raise CallError(str(error)) from None
    net, points = _spec(model, given, bool(dim), bool(input))
    with progress(f"verifying {model}") as work:
        return compared(net, points, each=work.each)


def _whole(given: dict[str, str]) -> dict[str, Any]:
    from symconv.errors import CallError
    from symconv.readers.expression import DIGITS
    from symconv.readers.names import plainly

    for name, value in given.items():
        if not re.fullmatch(rf"[0-9]{{1,{DIGITS}}}", value):
            raise CallError(f"--at {plainly(name)}={plainly(value)}: a run needs whole numbers")
    return {name: int(value) for name, value in given.items()}


def _spec(model: str, given: Sequence[dict[str, str]], dim: bool, input: bool) -> tuple[Network, list[dict[str, Any]]]:
    """The network of a spec, and the values of its symbols at each point."""
    from symconv.errors import CallError
    from symconv.readers.call import numbers, refuse_settings
    from symconv.readers.catalogue import find

    if dim or input:
        raise CallError(f"{'--dim' if dim else '--input'} is about the inputs of an .onnx or a module")
    spec, variant = find(model)
    net = spec.network(variant)
    refuse_settings(net, [name for values in given for name in values], spec, variant)
    return net, [numbers(net, values) for values in given]
