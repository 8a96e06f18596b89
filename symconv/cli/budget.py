"""Commands about budgets: check, solve."""

from __future__ import annotations

from typing import Annotated

import typer

from symconv.cli.models import call, command, placed, with_numbers
from symconv.cli.options import Budgets, Figures, Format, FormatName, Model, Plain


@command
def check(
    model: Model,
    budgets: Budgets,
    at: Figures = "",
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """Whether a network keeps budgets: exit 1 if not."""
    from symconv.analysis.budget import check_budgets
    from symconv.readers.budget import read_budgets
    from symconv.writers import output
    from symconv.writers.budget import check_sheet

    with call():
        wanted = read_budgets(budgets)
    net, _, values = with_numbers(model, at)
    with call("--at"):
        checked = check_budgets(net, wanted, **values)
    output.show(check_sheet(net, checked, values), format, ascii)
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
    from symconv.readers.budget import read_budgets
    from symconv.writers import output
    from symconv.writers.budget import within_sheet

    with call():
        wanted = read_budgets(budgets)
    net, given, values = with_numbers(model, at)
    try:
        found = within(net, wanted, symbol, **values)
    except SymbolError as error:
        raise CallError(f"--for {symbol}: {error}") from None
    output.show(placed(within_sheet(net, found), given), format, ascii)
    if not found.feasible:
        raise typer.Exit(1)
