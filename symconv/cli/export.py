"""The command that writes a closed form for other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from symconv.cli.models import command, network_at
from symconv.cli.options import At, MetricName, Model


class Target(StrEnum):
    """What a closed form is written as."""

    c, python, js = "c", "python", "js"


@command
def export(
    model: Model,
    to: Annotated[Target, typer.Option("--to", help="a function in this language, which checks its domain")],
    at: At = "",
    metric: MetricName = "macs",
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="what the function is called; else resnet50_macs")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="a file; else standard output")
    ] = None,
) -> None:
    """A total as a function in C, Python or JavaScript."""
    from symconv.readers.call import metric_named
    from symconv.writers.code import code
    from symconv.writers.output import say, write

    chosen = metric_named(metric)
    net, given = network_at(model, at)
    text = code(net, chosen, to.value, name, given)
    if output is None:
        write(text)
        return
    from symconv.writers.render import save

    save(text.encode("ascii"), output)
    say(f"wrote {output}")
