"""The command about claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from symconv.cli.models import call, command, with_numbers
from symconv.cli.options import Figures, Format, FormatName, Plain
from symconv.cli.progress import progress

if TYPE_CHECKING:
    from symconv.network import Network
    from symconv.writers.sheet import Sheet


@command
def claims(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="a network, or all: the article's over the zoo")],
    texts: Annotated[
        list[str] | None, typer.Argument(metavar="CLAIM", help="'params(linear) > last(params, conv)'")
    ] = None,
    by: Annotated[str, typer.Option("--for", metavar="SYMBOL", help="for which values of this one they hold")] = "",
    at: Figures = "",
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """Claims about figures: exit 1 where one of yours fails."""
    from symconv.errors import CallError, SymbolError
    from symconv.writers import output

    if model == "all":
        if texts or at or by:
            raise CallError("claims all runs the article's three over the zoo, at the usual sizes of each network")
        output.show(_of_all(), format, ascii)
        return
    from symconv.writers.claims import claims_sheet

    net, _, values = with_numbers(model, at)
    wanted = texts or net.claims
    if not texts:
        try:
            output.show(claims_sheet(net, values), format, ascii)
        except SymbolError as error:
            raise CallError(f"{error} (--at gives values)") from None
    if wanted and not _show(net, list(wanted), by, values, format, ascii, table=bool(texts)):
        raise typer.Exit(1)


def _show(
    net: Network, texts: list[str], by: str, values: dict[str, object], format: Format, ascii: bool | None, table: bool
) -> bool:
    """Check claims of one's own, or the spec's, and print them; whether all hold."""
    from symconv.analysis.comparisons import check_claim
    from symconv.writers import output
    from symconv.writers.claims import verdicts_sheet

    with call():
        verdicts = [check_claim(net, text, values, by=by) for text in texts]
    if not table and format is Format.table:
        output.write("\n")
    if table or format is Format.table:
        output.show(verdicts_sheet(net, verdicts, values), format, ascii)
    return all(v.holds for v in verdicts)


def _of_all() -> Sheet:
    from symconv.readers.catalogue import bundled, load
    from symconv.writers.claims import zoo_sheet

    with progress("the claims of the zoo") as work:
        return zoo_sheet((name, load(name)) for name, _ in work.each(tuple(bundled())))
