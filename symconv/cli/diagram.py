"""The command that draws a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from symconv.cli.models import command, with_numbers
from symconv.cli.options import Direction, DrawnDepth, Figures, Model, Theme, Unroll, file_option, metric_option


@command
def diagram(
    model: Model,
    output: Annotated[Path, file_option(help="the file: .dot, .svg, .png or .pdf")],
    at: Figures = "",
    metric: Annotated[str, metric_option(help="what the colours show the share of")] = "macs",
    fold: Annotated[bool, typer.Option("--fold/--no-fold", help="runs of equal layers as one")] = True,
    depth: DrawnDepth = None,
    direction: Annotated[Direction, typer.Option("--direction", help="top-down or left to right")] = Direction.TB,
    unroll: Unroll = False,
    columns: Annotated[
        int | None,
        typer.Option("--columns", min=1, help="columns, or rows from left to right, that a long picture is set in"),
    ] = None,
    theme: Annotated[Theme, typer.Option("--theme", help="for a light page or a dark one")] = Theme.light,
    link: Annotated[
        list[str] | None,
        typer.Option(
            "--link",
            metavar="NAME=URL",
            help="a link of a layer or a stage, stem=https://example.org; * is all others, {name} their names",
        ),
    ] = None,
    ascii: Annotated[bool, typer.Option("--ascii", help="formulas in ASCII")] = False,
) -> None:
    """Draw a network: shapes, MACs and params.

    With --at figures stand in the place of formulas.
    """
    from symconv.errors import CallError
    from symconv.notation import ASCII, TEXT
    from symconv.readers.call import metric_named, unrolled
    from symconv.writers.output import say
    from symconv.writers.pictures.boxes import NESTING as DEEPEST
    from symconv.writers.pictures.colour import THEMES
    from symconv.writers.pictures.diagram import draw
    from symconv.writers.pictures.folding import readable
    from symconv.writers.pictures.render import FORMATS

    if output.suffix.removeprefix(".").lower() not in FORMATS:
        raise CallError(f"-o {output}: a diagram is written as .{', .'.join(FORMATS)}")
    chosen = metric_named(metric)
    net, _, values = with_numbers(model, at)
    if unroll:
        net, values = unrolled(net.substitute(**values) if values else net), {}
    if depth is None and (depth := readable(net, fold)) is not None:
        say(f"drawn to a depth of {depth}, as all layers are too many to read: --depth {DEEPEST} draws them")
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
        theme=THEMES[theme.value],
        links=links(link or []),
        columns=columns,
    )
    say(f"wrote {output}")


def links(given: list[str]) -> dict[str, str]:
    """The links of `--link NAME=URL`.

    Raises CallError where there is no name.
    """
    from symconv.errors import CallError

    found = {}
    for text in given:
        name, _, url = text.partition("=")
        if not name or not url:
            raise CallError(f"--link {text}: NAME=URL is wanted, layer1=https://example.org or *=https://example.org")
        found[name] = url
    return found
