"""The command that writes a what-if page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from symconv.cli.models import command, several
from symconv.cli.options import DrawnDepth, at_option, file_option, metric_option


@command
def report(
    models: Annotated[list[str], typer.Argument(metavar="MODEL", help="one network or more")],
    output: Annotated[Path, file_option(help="the page, report.html")],
    at: Annotated[str, at_option(help="sizes at which the page starts, X=224,N=1")] = "",
    metric: Annotated[
        list[str] | None, metric_option(help="what it shows; macs, params, activations by itself")
    ] = None,
    depth: DrawnDepth = None,
) -> None:
    """Write a what-if page: one file, exact, offline."""
    from symconv.errors import CallError
    from symconv.readers.call import metric_named
    from symconv.writers.output import say
    from symconv.writers.page import METRICS, Report

    if output.suffix.lower() not in (".html", ".htm"):
        raise CallError(f"-o {output}: a page is written as .html")
    metrics = [metric_named(name) for name in metric or METRICS]
    networks, _, values = several(models, at)
    Report(networks, metrics, values, depth).save(output)
    say(f"wrote {output}")
