"""Commands that say what a network is: show, total, explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from symconv.cli.models import call, command, network_at, placed
from symconv.cli.options import At, Format, FormatName, MetricName, Model, Plain, Unroll, metric_option

if TYPE_CHECKING:
    from symconv.writers.sheet import Sheet


@command
def show(
    model: Model,
    at: At = "",
    metric: MetricName = "macs",
    format: FormatName = Format.table,
    ascii: Plain = None,
    all: Annotated[bool, typer.Option("--all", help="the layers without cost too")] = False,
    unroll: Unroll = False,
    depth: Annotated[
        int | None, typer.Option("--depth", min=1, help="levels of the names that have rows; 1: the stages")
    ] = None,
    sort: Annotated[
        str, typer.Option("--sort", metavar="COLUMN", help="macs, params, share, the greatest first; or name")
    ] = "",
    reverse: Annotated[bool, typer.Option("--reverse", help="the other way round: the least first")] = False,
    top: Annotated[
        int | None, typer.Option("--top", min=1, metavar="K", help="the first K rows, and the sum of the others")
    ] = None,
) -> None:
    """Closed forms of a network, in total and layer by layer.

    Values for a family's symbols (resnet --at n1=3,n2=4,n3=23,n4=3) say which named variants have them.
    """
    from symconv.readers.call import metric_named
    from symconv.readers.catalogue import is_model
    from symconv.writers import output
    from symconv.writers.network import network_sheet
    from symconv.writers.tables import View
    from symconv.writers.zoo import say_members

    chosen = metric_named(metric)
    net, given = network_at(model, at, unroll)
    every = all or format in (Format.json, Format.csv)
    view = View(depth, sort, reverse, top)
    sheet = network_sheet(net, chosen, every=every, view=view)
    if format is Format.table and view == View():
        sheet.notes += _shorter(sheet)
    if not is_model(model):
        say_members(sheet, model, given)
    output.show(placed(sheet, given), format, ascii)


def _shorter(sheet: Sheet) -> list[str]:
    """How a table has fewer rows, where a terminal does not show all of them at once."""
    import shutil
    import sys

    (table,) = sheet.tables
    lines = len(sheet.facts) + len(table.rows) + len(table.groups)
    if sys.stdout is None or not sys.stdout.isatty() or lines <= shutil.get_terminal_size().lines:
        return []
    stages = "--depth 1 has a row a stage, " if table.groups else ""
    return [f"{len(table.rows)} rows: {stages}--top 10 those that cost most"]


@command
def total(
    model: Model,
    at: At = "",
    metric: MetricName = "macs",
    only: Annotated[str | None, typer.Option("--only", metavar="NAME", help="a kind, a stage or a layer")] = None,
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """One total: a formula, or a number at values."""
    from symconv.formula import set_cost
    from symconv.notation import LATEX
    from symconv.readers.call import metric_named
    from symconv.writers import output

    chosen = metric_named(metric)
    net, given = network_at(model, at)
    with call("--only"):
        cost = net.cost(chosen, only)
    if format in (Format.table, Format.latex):
        style = LATEX if format is Format.latex else output.style(ascii)
        output.write(set_cost(cost, style).text + "\n")
    else:
        from symconv.writers.network import total_sheet

        output.show(placed(total_sheet(net, chosen, only), given), format, ascii)


@command
def explain(
    model: Model,
    term: Annotated[
        str | None,
        typer.Argument(metavar="TERM", help="a layer, a stage, or a term such as 38592*X^2; nothing: the domain"),
    ] = None,
    at: At = "",
    metric: Annotated[str, metric_option(help="macs, flops, params, or a .yaml", show_default="macs")] = "",
    unroll: Unroll = False,
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """What stands behind a term, a layer or the domain."""
    from symconv.errors import CallError
    from symconv.readers.call import metric_named
    from symconv.writers import output
    from symconv.writers.explain import explain_sheet

    with call():
        if metric and term is None:
            raise CallError("--metric is about the costs behind a TERM, and without one the domain is explained")
    chosen = metric_named(metric or "macs")
    net, given = network_at(model, at, unroll)
    with call():
        sheet = explain_sheet(net, term, chosen)
    output.show(placed(sheet, given), format, ascii)
