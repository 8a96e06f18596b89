"""The command: `symconv show vgg16`. Each command builds a sheet; the sheet is printed in the format that was asked for."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from symconv.count import Convention
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


class Format(str, Enum):
    """How a command prints."""

    table, markdown, latex, json, csv = "table", "markdown", "latex", "json", "csv"


class Direction(str, Enum):
    """Which way a diagram runs."""

    TB, LR = "TB", "LR"


Model = Annotated[
    str, typer.Argument(help="a bundled architecture (vgg16, vgg/D; symconv zoo lists them) or a .yaml file")
]
At = Annotated[
    str, typer.Option("--at", help="values of symbols, X=224,N=1; what is left out stays a symbol; X=32q too")
]
MetricName = Annotated[
    str, typer.Option("--metric", "-m", help="macs, flops, ops, full, params, buffers, frozen, activations, or a .yaml")
]
FormatName = Annotated[Format, typer.Option("--format", "-f", help="how to print it")]
Plain = Annotated[
    bool | None,
    typer.Option(
        "--ascii/--no-ascii", help="floor((X + 31)/32) in place of ⌈X/32⌉; a pipe gets ASCII unless --no-ascii"
    ),
]
Layers = Annotated[list[Path] | None, typer.Option("--layers", help="a Python file with layers of your own; it is run")]


@app.command()
def show(
    model: Model,
    at: At = "",
    metric: MetricName = "macs",
    format: FormatName = Format.table,
    ascii: Plain = None,
    all: Annotated[bool, typer.Option("--all", help="the layers without cost too")] = False,
    layers: Layers = None,
) -> None:
    """The closed forms of a network, in total and layer by layer."""
    from symconv.writers.network import network_sheet

    net, values = _at(_load(model, layers), at)
    every = all or format in (Format.json, Format.csv)
    _print(network_sheet(net, _metric(metric), values, every), format, ascii)


@app.command()
def total(
    model: Model,
    at: At = "",
    metric: MetricName = "macs",
    format: FormatName = Format.table,
    ascii: Plain = None,
    layers: Layers = None,
) -> None:
    """One total, as a formula or, where every symbol has a value, as a number."""
    from symconv.cost import set_cost
    from symconv.notation import ASCII, LATEX, TEXT

    net, _ = _at(_load(model, layers), at)
    chosen = _metric(metric)
    cost = net.cost(chosen)
    if format is Format.table or format is Format.latex:
        plain = not sys.stdout.isatty() if ascii is None else ascii
        style = LATEX if format is Format.latex else ASCII if plain else TEXT
        _write(set_cost(cost, style).text + "\n")
        return
    from symconv.writers.network import domain_line, label
    from symconv.writers.sheet import Sheet

    _print(Sheet(net.name, [(label(chosen), cost), ("domain", domain_line(net))]), format, ascii)


@app.command()
def explain(
    model: Model,
    term: Annotated[
        str | None, typer.Argument(help="a layer, a stage, or a term such as 38592·X²; nothing: the domain")
    ] = None,
    at: At = "",
    metric: MetricName = "macs",
    format: FormatName = Format.table,
    ascii: Plain = None,
    layers: Layers = None,
) -> None:
    """What stands behind a term, a layer, a stage or the domain: layers, rules, conditions."""
    from symconv.writers.explain import explain_sheet

    net, _ = _at(_load(model, layers), at)
    _print(explain_sheet(net, term, _metric(metric)), format, ascii)


@app.command()
def growth(
    model: Model,
    at: At = "",
    metric: MetricName = "macs",
    by: Annotated[str, typer.Option("--by", help="the symbols that grow, X,N; all of them where none is named")] = "",
    format: FormatName = Format.table,
    ascii: Plain = None,
    layers: Layers = None,
) -> None:
    """How a total grows: its leading terms, its order, and polynomials that bound it everywhere."""
    from symconv.writers.answers import growth_sheet

    net, _ = _at(_load(model, layers), at)
    _print(growth_sheet(net, _metric(metric), [s.strip() for s in by.split(",") if s.strip()]), format, ascii)


@app.command()
def claims(
    model: Model,
    at: At = "",
    format: FormatName = Format.table,
    ascii: Plain = None,
    layers: Layers = None,
) -> None:
    """The article's three conclusions as checks over the layers, with the ratios found and the exceptions."""
    from symconv.writers.answers import claims_sheet

    net = _load(model, layers)
    _print(claims_sheet(net, _numbers(net, at)), format, ascii)


@app.command()
def diagram(
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="the file: .dot, .svg, .png or .pdf")],
    at: At = "",
    metric: Annotated[str, typer.Option("--metric", "-m", help="what the colours show the share of")] = "macs",
    fold: Annotated[bool, typer.Option("--fold/--no-fold", help="runs of equal layers as one")] = True,
    depth: Annotated[int | None, typer.Option("--depth", min=1, help="levels of the names that are drawn")] = None,
    direction: Annotated[Direction, typer.Option("--direction", help="top-down or left to right")] = Direction.TB,
    ascii: Annotated[bool, typer.Option("--ascii", help="formulas in ASCII")] = False,
    layers: Layers = None,
) -> None:
    """Draw the network: shapes, macs and params as formulas, or as figures with --at."""
    from symconv.notation import ASCII, TEXT
    from symconv.writers.diagram import draw

    net = _load(model, layers)
    chosen = _metric(metric)
    draw(
        net,
        output,
        metric=chosen if isinstance(chosen, str) else chosen,
        values=_numbers(net, at) or None,
        style=ASCII if ascii else TEXT,
        fold=fold,
        direction=direction.value,
        depth=depth,
    )
    print(f"wrote {output}", file=sys.stderr)


@app.command()
def rules(
    kind: Annotated[str | None, typer.Argument(help="a layer; all of them where none is named")] = None,
    set: Annotated[
        list[str] | None, typer.Option("--set", help="a field of the instance, groups=1 or bias=false")
    ] = None,
    format: FormatName = Format.table,
    ascii: Plain = None,
    layers: Layers = None,
) -> None:
    """The rules of the layers in symbols: shape, weights, operations, conventions."""
    _extend(layers)
    import symconv.layers  # noqa: F401  (registers the layers)
    from symconv.writers.rules import rule_sheet, rules_sheet

    if kind is None:
        if set:
            _wrong("--set changes a field of one layer: name the layer")
        _print(rules_sheet(), format, ascii)
        return
    _print(rule_sheet(kind, _fields(set or [])), format, ascii)


@app.command()
def zoo(format: FormatName = Format.table, ascii: Plain = None) -> None:
    """The bundled architectures, with the figures that others published beside symconv's."""
    from symconv.writers.zoo import zoo_sheet

    _print(zoo_sheet(), format, ascii)


@app.command()
def schema(layers: Layers = None) -> None:
    """The JSON Schema of a spec, for editors to complete and check by."""
    _extend(layers)
    from symconv.readers.schema import schema as made

    _write(json.dumps(made(), ensure_ascii=False, indent=2) + "\n")


# -- from words to values ----------------------------------------------------------------------------------------------


def _load(model: str, layers: list[Path] | None) -> Network:
    _extend(layers)
    from symconv.readers.catalogue import load

    return load(model)


def _extend(layers: list[Path] | None) -> None:
    if layers:
        import symconv.layers  # noqa: F401  (a file of layers adds to those that are there)
        from symconv.readers.extension import load_layers

        for path in layers:
            load_layers(path)


def _metric(name: str) -> str | Convention:
    if Path(name).suffix.lower() in (".yaml", ".yml"):
        from symconv.readers.convention import read_convention

        return read_convention(Path(name))
    from symconv.errors import near
    from symconv.network import METRICS

    if name not in METRICS:
        _wrong(
            f"unknown metric {name!r}: known are {', '.join(METRICS)}, or a .yaml with weights. {near(name, METRICS)}"
        )
    return name


def _assignments(text: str) -> dict[str, str]:
    """`X=224,N=1` as a mapping."""
    out: dict[str, str] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, sign, value = (p.strip() for p in part.partition("="))
        if not sign or not name or not value:
            _wrong(f"--at {part}: a symbol and its value are wanted, such as X=224,N=1")
        if name in out:
            _wrong(f"--at gives {name} twice")
        out[name] = value
    return out


def _at(net: Network, text: str) -> tuple[Network, dict[str, int] | None]:
    """The network with the values of `--at` in it, and these values where they are numbers."""
    given = _assignments(text)
    if not given:
        return net, None
    from symconv.errors import ExpressionError
    from symconv.readers.expression import names_in, parse_rational

    values: dict[str, Any] = {}
    for name, written in given.items():
        try:
            names = {n: net.symbol(n, None if n in net.symbols else "count") for n in names_in(written)}
            values[name] = parse_rational(written, {**names, **net.symbols})
        except ExpressionError as error:
            _wrong(f"--at {name}={written}: {error}")
    return net.substitute(**values), {}


def _numbers(net: Network, text: str) -> dict[str, int]:
    from symconv.errors import DomainError

    values: dict[str, int] = {}
    for name, written in _assignments(text).items():
        try:
            values[name] = int(written)
        except ValueError:
            raise DomainError(f"{name} = {written} is not a whole number, and figures need one") from None
    net.at(values)
    return values


def _fields(changes: list[str]) -> dict[str, object]:
    words: Mapping[str, object] = {"true": True, "false": False}
    out: dict[str, object] = {}
    for change in changes:
        name, sign, value = change.partition("=")
        if not sign or not name or not value:
            _wrong(f"--set {change}: a field and its value are wanted, such as groups=1")
        out[name] = words.get(value, int(value) if value.lstrip("-").isdigit() else value)
    return out


# -- output ------------------------------------------------------------------------------------------------------------


def _print(sheet: Sheet, format: Format, ascii: bool | None) -> None:
    from symconv.writers import sheet as formats

    if format is Format.table:
        from symconv.writers.terminal import show as show_sheet

        show_sheet(sheet, ascii)
        return
    makers: dict[str, Callable[[Sheet], str]] = {
        "markdown": formats.to_markdown,
        "latex": formats.to_latex,
        "json": formats.to_json,
        "csv": formats.to_csv,
    }
    _write(makers[format.value](sheet))


def _write(text: str) -> None:
    sys.stdout.write(text)


def _wrong(message: str) -> NoReturn:
    """The call is wrong: exit 2."""
    raise typer.BadParameter(message.rstrip())


def main() -> None:
    """Run the command: exit 0 done, 1 the model is wrong, 2 the call is wrong."""
    from symconv.errors import SymconvError

    for stream in (sys.stdout, sys.stderr):
        reconfigure: Any = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app()
    except SymconvError as error:
        print(f"symconv: {error}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:  # the reader of our pipe has seen enough
        sys.stderr.close()
        sys.exit(0)


if __name__ == "__main__":
    main()
