"""The command that writes closed forms for other programs and for papers."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from symconv.cli.models import command, network_at
from symconv.cli.options import At, MetricName, Model, file_option


class Target(StrEnum):
    """What a closed form is written as."""

    c, python, js = "c", "python", "js"
    latex, markdown, typst, mathml, text = "latex", "markdown", "typst", "mathml", "text"
    spec = "spec"


#: The targets that are functions; the others but the spec are equations.
_CODE: Final = (Target.c, Target.python, Target.js)


@command
def export(
    model: Model,
    to: Annotated[
        Target,
        typer.Option(
            "--to", help="c, python, js: a function that checks its domain; spec: a file to load; the others: equations"
        ),
    ],
    at: At = "",
    metric: MetricName = "macs",
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="what the function is called; else resnet50_macs")
    ] = None,
    depth: Annotated[
        int, typer.Option("--depth", min=0, help="names of a path that tell equations apart: 1 stages, 0 the total")
    ] = 1,
    output: Annotated[Path | None, file_option(help="a file; else standard output")] = None,
) -> None:
    """A total as a function; a network as a spec.

    A function checks its domain; equations name each side of a feature map once, in LaTeX, Markdown, Typst or MathML; a
    spec is what `symconv show` and all others read.
    """
    from symconv.readers.call import metric_named
    from symconv.writers.output import write

    chosen = metric_named(metric)
    net, given = network_at(model, at)
    if to in _CODE:
        from symconv.writers.code import code

        text = code(net, chosen, to.value, name, given)
    elif to is Target.spec:
        from symconv.writers.specs import spec

        text = spec(net)
    else:
        from symconv.writers import equations
        from symconv.writers.wording import at_values

        found = equations.equations(net, chosen, depth=depth)
        text = equations.write(replace(found, title=found.title + at_values(given)), to.value)
    write(text, output)
