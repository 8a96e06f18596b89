"""Commands about budgets: check, solve."""

from __future__ import annotations

from typing import Annotated

import typer

from symconv.cli.models import asked, call, command, placed
from symconv.cli.options import Figures, Format, FormatName, Model, Plain

Budgets = Annotated[
    list[str],
    typer.Argument(metavar="BUDGET", help="'macs <= 4.1e9' 'params <= 26M': metric, sign, figure"),
]


@command
def check(
    model: Model,
    budgets: Budgets,
    at: Figures = "",
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """Whether a network keeps budgets: exit 1 when one is broken."""
    from symconv.analysis.budget import check_budgets
    from symconv.readers.budget import read_budget
    from symconv.readers.call import numbers
    from symconv.writers import output
    from symconv.writers.budget import check_sheet

    with call():
        wanted = [read_budget(text) for text in budgets]
    net, given = asked(model, at)
    values = numbers(net, given)
    with call("--at"):
        checked = check_budgets(net, wanted, **values)
    output.show(check_sheet(net, checked, values), format.value, ascii)
    if not all(c.holds for c in checked):
        raise typer.Exit(1)


@command
def solve(
    model: Model,
    budgets: Budgets,
    symbol: Annotated[str, typer.Option("--for", metavar="SYMBOL", help="the symbol that is asked for: X, N, w, n3")],
    at: Figures = "",
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """The largest size, width, depth or batch within budgets."""
    from symconv.analysis.budget import within
    from symconv.errors import CallError, SymbolError
    from symconv.readers.budget import read_budget
    from symconv.readers.call import numbers
    from symconv.writers import output
    from symconv.writers.budget import within_sheet

    with call():
        wanted = [read_budget(text) for text in budgets]
    net, given = asked(model, at)
    values = numbers(net, given)
    try:
        found = within(net, wanted, symbol, **values)
    except SymbolError as error:
        raise CallError(f"--for {symbol}: {error}") from None
    output.show(placed(within_sheet(net, found), given), format.value, ascii)
    if not found.feasible:
        raise typer.Exit(1)
