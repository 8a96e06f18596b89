"""The command about edits: whatif."""

from __future__ import annotations

from typing import Annotated

import typer

from symconv.cli.app import app
from symconv.cli.models import call, loaded, placed
from symconv.cli.options import Figures, Format, FormatName, Layers, Model, Plain


@app.command()
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
    metrics: Annotated[
        list[str] | None, typer.Option("--metric", "-m", metavar="METRIC", help="macs, params; may be repeated")
    ] = None,
    format: FormatName = Format.table,
    ascii: Plain = None,
    layers: Layers = None,
) -> None:
    """Change fields of layers: before, after and difference."""
    from symconv.analysis.edits import whatif as edited
    from symconv.errors import CallError, NetworkError, ShapeError, SymbolError
    from symconv.network import METRICS as KNOWN
    from symconv.readers.call import assignments
    from symconv.readers.expression import parse_rational
    from symconv.readers.names import plainly
    from symconv.writers import output
    from symconv.writers.edits import METRICS, whatif_sheet

    wanted: dict[str, str] = {}
    for change in changes or ():
        key, sign, value = (part.strip() for part in change.partition("="))
        if not sign or not key or not value:
            raise CallError(f"--set {plainly(change)}: a field and its value are wanted, such as conv1.kernel=5")
        if key in wanted:
            raise CallError(f"--set gives {plainly(key)} twice")
        wanted[key] = value
    if not wanted and not separable:
        raise CallError("nothing is edited: --set conv1.kernel=5 or --separable '*' says what")
    chosen = [part.strip() for name in metrics or METRICS for part in name.split(",")]
    unknown = [name for name in chosen if name not in KNOWN]
    if unknown:
        raise CallError(f"unknown metric {plainly(unknown[0])}: known are {', '.join(KNOWN)}")
    given = assignments(at)
    net = loaded(model, layers, {})
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
    output.show(placed(sheet, given), format.value, ascii)
