"""The command that draws a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from symconv.cli.models import asked, command
from symconv.cli.options import Direction, Figures, Model, Unroll


@command
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
) -> None:
    """Draw a network: shapes, MACs and params, as figures with --at."""
    from symconv.errors import CallError
    from symconv.notation import ASCII, TEXT
    from symconv.readers.call import metric_named, numbers, unrolled
    from symconv.writers.diagram import draw
    from symconv.writers.output import say
    from symconv.writers.render import FORMATS

    if output.suffix.removeprefix(".").lower() not in FORMATS:
        raise CallError(f"-o {output}: a diagram is written as .{', .'.join(FORMATS)}")
    chosen = metric_named(metric)
    net, given = asked(model, at)
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
