"""The command: `symconv show vgg16`. Each command builds a sheet, which is printed in the format that was asked for."""

from __future__ import annotations

import sys

from symconv.cli import (  # noqa: F401  (each adds its commands)
    ask,
    budget,
    certificate,
    claims,
    compare,
    describe,
    diagram,
    export,
    library,
    lift,
    rates,
    reconcile,
    report,
    scale,
    sweep,
    verify,
    whatif,
)
from symconv.cli.app import app


def main() -> None:
    """Run the command: exit 0 done, 1 the model is wrong or a budget broken, 2 the call is wrong, 130 interrupted."""
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
