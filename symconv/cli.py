"""The command: `symconv show vgg16`. Each command builds a sheet, which is printed in the format that was asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from symconv.network import Network
    from symconv.writers.sheet import Sheet

app = typer.Typer(
    name="symconv",
    help="The exact closed-form cost of a neural network.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Format(StrEnum):
    """How a command prints."""

    table, markdown, latex, json, csv = "table", "markdown", "latex", "json", "csv"


class Direction(StrEnum):
    """Which way a diagram runs."""

    TB, LR = "TB", "LR"


Model = Annotated[
    str,
    typer.Argument(metavar="MODEL", help="a bundled architecture (vgg16, vgg/D; symconv zoo lists them) or a .yaml"),
]
At = Annotated[
    str,
    typer.Option(
        "--at", metavar="VALUES", help="values of symbols, X=224,N=1; what is left out stays a symbol; X=32q too"
    ),
]
Figures = Annotated[str, typer.Option("--at", metavar="VALUES", help="values of symbols, X=224,N=1")]
MetricName = Annotated[
    str,
    typer.Option(
        "--metric",
        "-m",
        metavar="METRIC",
        help="macs, flops, ops, full, params, frozen, buffers, activations, or a .yaml",
    ),
]
FormatName = Annotated[Format, typer.Option("--format", "-f", help="how to print it")]
Plain = Annotated[
    bool | None,
    typer.Option(
        "--ascii/--no-ascii", help="formulas in ASCII, floor((X + 31)/32); a pipe gets them so unless --no-ascii"
    ),
]
Unroll = Annotated[
    bool, typer.Option("--unroll", help="every round of a repeated block by itself; their number has to be one")
]
Layers = Annotated[
    list[Path] | None, typer.Option("--layers", metavar="FILE", help="a Python file with layers of your own; it is run")
]


def _version(asked: bool) -> None:
    if asked:
        from symconv import __version__
        from symconv.writers.output import write

        write(f"symconv {__version__}\n")
        raise typer.Exit


@app.callback()
def symconv(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="show the version and exit")
    ] = False,
) -> None:
    """The exact closed-form cost of a neural network."""


@app.command()
def show(
    model: Model,
    at: At = "",
    metric: MetricName = "macs",
    format: FormatName = Format.table,
    ascii: Plain = None,
    all: Annotated[bool, typer.Option("--all", help="the layers without cost too")] = False,
    unroll: Unroll = False,
    layers: Layers = None,
) -> None:
    """Closed forms of a network, in total and layer by layer.

    Values for a family's symbols (resnet --at n1=3,n2=4,n3=23,n4=3) say which named variants have them.
    """
    from symconv.readers.call import assignments, metric_named
    from symconv.writers import output
    from symconv.writers.network import network_sheet
    from symconv.writers.zoo import say_members

    given, chosen = assignments(at), metric_named(metric)
    net = _at(model, layers, given, unroll)
    every = all or format in (Format.json, Format.csv)
    sheet = network_sheet(net, chosen, every=every)
    say_members(sheet, model, given)
    output.show(_placed(sheet, given), format.value, ascii)


@app.command()
def total(
    model: Model,
    at: At = "",
    metric: MetricName = "macs",
    only: Annotated[str | None, typer.Option("--only", metavar="NAME", help="a kind, a stage or a layer")] = None,
    format: FormatName = Format.table,
    ascii: Plain = None,
    layers: Layers = None,
) -> None:
    """One total: a formula, or a number where every symbol has a value."""
    from symconv.formula import set_cost
    from symconv.notation import LATEX
    from symconv.readers.call import assignments, metric_named
    from symconv.writers import output

    given, chosen = assignments(at), metric_named(metric)
    net = _at(model, layers, given)
    cost = net.cost(chosen, only)
    if format is Format.table or format is Format.latex:
        output.write(set_cost(cost, LATEX if format is Format.latex else output.style(ascii)).text + "\n")
        return
    from symconv.writers.layers import label, metric_name
    from symconv.writers.network import domain_line
    from symconv.writers.sheet import Sheet, plain

    sheet = Sheet(net.name, [(label(chosen), cost), ("domain", domain_line(net))])
    sheet.data = lambda: {"name": net.name, "metric": metric_name(chosen), "only": only, "total": plain(cost)}
    output.show(_placed(sheet, given), format.value, ascii)


@app.command()
def explain(
    model: Model,
    term: Annotated[
        str | None,
        typer.Argument(metavar="TERM", help="a layer, a stage, or a term such as 38592*X^2; nothing: the domain"),
    ] = None,
    at: At = "",
    metric: MetricName = "macs",
    unroll: Unroll = False,
    format: FormatName = Format.table,
    ascii: Plain = None,
    layers: Layers = None,
) -> None:
    """What stands behind a term, a layer, a block or the domain."""
    from symconv.readers.call import assignments, metric_named
    from symconv.writers import output
    from symconv.writers.explain import explain_sheet

    given, chosen = assignments(at), metric_named(metric)
    net = _at(model, layers, given, unroll)
    with _call():
        sheet = explain_sheet(net, term, chosen)
    output.show(_placed(sheet, given), format.value, ascii)


@app.command()
def growth(
    model: Model,
    at: At = "",
    metric: MetricName = "macs",
    by: Annotated[
        str, typer.Option("--by", metavar="SYMBOLS", help="the symbols that grow, X,N; all of them where none is named")
    ] = "",
    format: FormatName = Format.table,
    ascii: Plain = None,
    layers: Layers = None,
) -> None:
    """How a total grows: leading terms, order, polynomial bounds."""
    from symconv.readers.call import assignments, metric_named
    from symconv.writers import output
    from symconv.writers.answers import growth_sheet

    given, chosen = assignments(at), metric_named(metric)
    net = _at(model, layers, given)
    with _call("--by"):
        sheet = growth_sheet(net, chosen, list(dict.fromkeys(s.strip() for s in by.split(",") if s.strip())))
    output.show(_placed(sheet, given), format.value, ascii)


@app.command()
def claims(
    model: Model,
    at: Figures = "",
    format: FormatName = Format.table,
    ascii: Plain = None,
    layers: Layers = None,
) -> None:
    """The article's three conclusions, checked over the layers."""
    from symconv.errors import CallError, SymbolError
    from symconv.readers.call import assignments, numbers
    from symconv.writers import output
    from symconv.writers.answers import claims_sheet

    given = assignments(at)
    net = _load(model, layers, given)
    values = numbers(net, given)
    try:
        sheet = claims_sheet(net, values)
    except SymbolError as error:
        raise CallError(f"{error} (--at gives values)") from None
    output.show(sheet, format.value, ascii)


@app.command()
def diagram(
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="the file: .dot, .svg, .png or .pdf")],
    at: Figures = "",
    metric: Annotated[
        str, typer.Option("--metric", "-m", metavar="METRIC", help="what the colours show the share of")
    ] = "macs",
    fold: Annotated[bool, typer.Option("--fold/--no-fold", help="runs of equal layers as one")] = True,
    depth: Annotated[int | None, typer.Option("--depth", min=1, help="levels of the names that are drawn")] = None,
    direction: Annotated[Direction, typer.Option("--direction", help="top-down or left to right")] = Direction.TB,
    unroll: Unroll = False,
    ascii: Annotated[bool, typer.Option("--ascii", help="formulas in ASCII")] = False,
    layers: Layers = None,
) -> None:
    """Draw a network: shapes, MACs and params, as figures with --at."""
    from symconv.errors import CallError
    from symconv.notation import ASCII, TEXT
    from symconv.readers.call import assignments, metric_named, numbers, unrolled
    from symconv.writers.diagram import draw
    from symconv.writers.output import say
    from symconv.writers.render import FORMATS

    if output.suffix.removeprefix(".").lower() not in FORMATS:
        raise CallError(f"-o {output}: a diagram is written as .{', .'.join(FORMATS)}")
    given, chosen = assignments(at), metric_named(metric)
    net = _load(model, layers, given)
    values = numbers(net, given)
    if unroll:
        net, values = unrolled(net.substitute(**values) if values else net), {}
    style = ASCII if ascii else TEXT
    draw(
        net,
        output,
        metric=chosen,
        values=values or None,
        style=style,
        fold=fold,
        direction=direction.value,
        depth=depth,
    )
    say(f"wrote {output}")


@app.command()
def rules(
    kind: Annotated[str | None, typer.Argument(metavar="KIND", help="a layer; all of them where none is named")] = None,
    set: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="a field of the instance, groups=1 or bias=false"),
    ] = None,
    format: FormatName = Format.table,
    ascii: Plain = None,
    layers: Layers = None,
) -> None:
    """Rules of the layers in symbols: shape, weights, operations."""
    from symconv.errors import CallError
    from symconv.readers.call import fields
    from symconv.writers import output

    changes = fields(set or [])
    if kind is None and changes:
        raise CallError("--set changes a field of one layer: name the layer")
    _extend(layers)
    import symconv.layers  # noqa: F401  (registers the layers)
    from symconv.writers.rules import rule_sheet, rules_sheet

    with _call():
        sheet = rules_sheet() if kind is None else rule_sheet(kind, changes)
    output.show(sheet, format.value, ascii)


@app.command()
def zoo(
    family: Annotated[
        str | None, typer.Argument(metavar="FAMILY", help="one family with its variants; all where none is named")
    ] = None,
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """Bundled architectures beside the figures that others published."""
    from symconv.writers import output
    from symconv.writers.zoo import family_sheet, zoo_sheet

    output.show(zoo_sheet() if family is None else family_sheet(family), format.value, ascii)


@app.command()
def schema(layers: Layers = None) -> None:
    """The JSON Schema of a spec, for editors to complete and check by."""
    import json

    _extend(layers)
    from symconv.readers.schema import schema as made
    from symconv.writers.output import write

    write(json.dumps(made(), indent=2) + "\n")


def _at(model: str, layers: list[Path] | None, given: Mapping[str, str], unroll: bool = False) -> Network:
    """The network with the values of `--at` in it, and unrolled where that is asked for."""
    from symconv.readers.call import put, unrolled

    net = put(_load(model, layers, given), given)
    return unrolled(net) if unroll else net


def _load(model: str, layers: list[Path] | None, given: Mapping[str, str]) -> Network:
    """The network; `given` are names that `--at` has values for."""
    _extend(layers)
    from symconv.readers.call import refuse_settings
    from symconv.readers.catalogue import find

    spec, variant = find(model)
    net = spec.network(variant)
    refuse_settings(net, given, spec, variant)
    return net


def _extend(layers: list[Path] | None) -> None:
    if layers:
        import symconv.layers  # noqa: F401  (a file of layers adds to those that are there)
        from symconv.readers.extension import load_layers

        for path in dict.fromkeys(layers):
            load_layers(path)


def _placed(sheet: Sheet, given: Mapping[str, str]) -> Sheet:
    """The sheet with the values of `--at` in its title."""
    if given:
        sheet.title += f" · at {', '.join(f'{name}={written}' for name, written in given.items())}"
    return sheet


@contextmanager
def _call(option: str = "") -> Iterator[None]:
    """What fails in here is wrong with the call, not with the model."""
    from symconv.errors import CallError, SymconvError

    try:
        yield
    except SymconvError as error:
        raise CallError(f"{option}{': ' if option else ''}{error}".rstrip()) from None


def main() -> None:
    """Run the command: exit 0 done, 1 the model is wrong, 2 the call is wrong, 130 interrupted."""
    from symconv.errors import CallError, SymconvError
    from symconv.writers.output import ReaderLeft, give_up, say

    try:
        app()
    except ReaderLeft:
        sys.exit(0)
    except SymconvError as error:
        say(f"symconv: {error}")
        sys.exit(2 if isinstance(error, CallError) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:  # help that could not be written
        give_up()
        say(f"symconv: {error}")
        sys.exit(1)


if __name__ == "__main__":
    main()
