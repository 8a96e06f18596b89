"""The command about rates: what a change of a symbol changes."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated

import typer

from symconv.cli.models import asked, call, command, placed
from symconv.cli.options import Figures, Format, FormatName, MetricName, Model, Plain


@command
def rates(
    model: Model,
    symbol: Annotated[
        str, typer.Option("--for", metavar="SYMBOL", help="where the total steps in this one, X; nothing: all symbols")
    ] = "",
    to: Annotated[str, typer.Option("--to", metavar="VALUE", help="which layers carry the change to this value")] = "",
    over: Annotated[str, typer.Option("--over", metavar="RANGE", help="the jumps in 220..260")] = "",
    at: Figures = "",
    metric: MetricName = "macs",
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """Elasticities, steps, jumps, what carries a change."""
    from symconv.errors import CallError
    from symconv.readers.call import metric_named, numbers, put
    from symconv.writers import output
    from symconv.writers import rates as sheets

    chosen = metric_named(metric)
    if (to or over) and not symbol:
        raise CallError("--to and --over say to what a symbol changes: --for names it")
    if to and over:
        raise CallError("--to and --over both say to what a symbol changes: give one of them")
    net, given = asked(model, at)
    if symbol and not (to or over):
        if symbol in given:
            raise CallError(f"--at gives {symbol} a value: --to VALUE says what a change from there changes")
        placed_net = put(net, given)
        with call("--for"):
            sheet = placed(sheets.steps_sheet(placed_net, chosen, symbol), given)
    else:
        values = numbers(net, given)
        with call("--over" if over else "--to" if to else "--at"):
            if over:
                sheet = placed(sheets.jumps_sheet(net, chosen, symbol, _range(over), values), given)
            elif to:
                sheet = placed(sheets.change_sheet(net, chosen, symbol, _number(to), values), given)
            else:
                sheet = sheets.elasticities_sheet(net, chosen, values)
    output.show(sheet, format, ascii)


def _range(text: str) -> range:
    """`220..260`: from each size to the next one, the last change to 260."""
    from symconv.errors import CallError
    from symconv.readers.names import plainly

    match = re.fullmatch(r"\s*([0-9]{1,30})\s*\.\.\s*([0-9]{1,30})\s*", text, re.ASCII)
    if match is None:
        raise CallError(f"{plainly(text)}: a range such as 220..260 is wanted")
    first, last = int(match[1]), int(match[2])
    if last <= first:
        raise CallError(f"the range {plainly(text)} is {'reversed' if last < first else 'one size, which has no jump'}")
    return range(first, last)


def _number(text: str) -> int | Fraction:
    from symconv.errors import CallError
    from symconv.readers.names import plainly

    if not re.fullmatch(r"\s*[0-9]{1,30}([./][0-9]{1,30})?\s*", text, re.ASCII) or re.search(r"/0+\s*$", text):
        raise CallError(f"{plainly(text)}: a number is wanted, such as 225, 1.1 or 3/4")
    value = Fraction(text.strip())
    return int(value) if value.denominator == 1 else value
