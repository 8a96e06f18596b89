"""The command itself, to which the files beside this one add their commands."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    name="symconv",
    help="The exact closed-form cost of a neural network.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
