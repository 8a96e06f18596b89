"""The command that writes a what-if page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from symconv.cli.models import command, loaded, said


@command
def report(
    models: Annotated[list[str], typer.Argument(metavar="MODEL", help="one network or more")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="the page, report.html")],
    at: Annotated[str, typer.Option("--at", metavar="VALUES", help="sizes at which the page starts, X=224,N=1")] = "",
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", "-m", metavar="METRIC", help="what it shows; macs, params, activations by itself"),
    ] = None,
    depth: Annotated[
        int | None,
        typer.Option("--depth", min=1, help="levels of the names that are drawn; by itself as many as can be read"),
    ] = None,
) -> None:
    """Write a page that answers what-if questions: one file, exact, offline."""
    from symconv.errors import CallError
    from symconv.readers.call import assignments, metric_named, numbers
    from symconv.readers.catalogue import is_model
    from symconv.writers.output import say
    from symconv.writers.page import METRICS, Report

    if output.suffix.lower() not in (".html", ".htm"):
        raise CallError(f"-o {output}: a page is written as .html")
    metrics = [metric_named(name) for name in metric or METRICS]
    given = assignments(at)
    networks = loaded(*models, names=given if len(models) == 1 else ())
    values: dict[str, object] = {}
    for model, net in zip(models, networks):
        known = said(net, given) if is_model(model) else given
        values |= numbers(net, {name: v for name, v in known.items() if name in net.symbols})
    if unread := [name for name in given if name not in values]:
        known_names = ", ".join(dict.fromkeys(name for net in networks for name in net.symbols)) or "they have none"
        raise CallError(f"--at {unread[0]}: none of the networks has this symbol: {known_names}")
    Report(networks, metrics, values, depth).save(output)
    say(f"wrote {output}")
