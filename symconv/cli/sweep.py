"""The command over grids: sweep."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from symconv.cli.models import call, command, on_grid
from symconv.cli.options import Figures, Format, FormatName, MetricNames, Model, Plain, file_option
from symconv.cli.progress import progress

if TYPE_CHECKING:
    from symconv.sweeps.parts import Runner
    from symconv.sweeps.space import DesignSpace


class Kind(StrEnum):
    """How a sweep is drawn."""

    line, heat, pareto = "line", "heat", "pareto"


@command
def sweep(
    model: Model,
    over: Annotated[
        list[str],
        typer.Option("--over", metavar="AXIS", help="X=32..1024:32 or w=64,96, for each symbol"),
    ],
    at: Figures = "",
    metrics: MetricNames = None,
    where: Annotated[
        list[str] | None, typer.Option("--where", metavar="BUDGET", help="only points with 'macs <= 4e9'")
    ] = None,
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help="points outside the domain are left out, and are no error")
    ] = False,
    out: Annotated[Path | None, file_option(help=".csv, .parquet; or a plot: .png, .svg, .pdf")] = None,
    plot: Annotated[Kind | None, typer.Option("--plot", help="the kind of plot, where the axes leave a choice")] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="processes that work out the parts")] = 1,
    dask: Annotated[
        str, typer.Option("--dask", metavar="ADDRESS", help="on a Dask cluster: its address, or local")
    ] = "",
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """Metrics over a grid of sizes: a table, a file, a plot."""
    from symconv.errors import CallError
    from symconv.readers.budget import read_budgets
    from symconv.readers.call import metrics_named
    from symconv.sweeps.parts import FORMATS
    from symconv.sweeps.space import ERROR, LEAVE_OUT, design_space
    from symconv.writers import output
    from symconv.writers.plot import FORMATS as PLOTS

    if out is not None and out.suffix not in FORMATS and out.suffix.lower() not in PLOTS:
        raise CallError(f"-o {out}: a sweep is written as {' or '.join(FORMATS)}, a plot of it as {', '.join(PLOTS)}")
    with call("--where"):
        budgets = read_budgets(where) if where else []
    net, _, axes, values = on_grid(model, at, over)
    wanted = metrics_named(metrics or ["macs"])
    with call("--over"):
        space = design_space(net, wanted, {**axes, **values}, where=budgets, illegal=LEAVE_OUT if leave_out else ERROR)
    if out is None:
        from symconv.writers.sweep import sweep_sheet

        if plot or dask or workers > 1:
            raise CallError("--plot, --workers and --dask are for a file: -o FILE names it")
        with progress(f"sweeping {space.name}"):
            sheet = sweep_sheet(space)
        output.show(sheet, format, ascii)
    elif out.suffix in FORMATS:
        if plot:
            raise CallError(f"-o {out}: a plot is written as {', '.join(PLOTS)}")
        _write(space, out, workers, dask)
    else:
        from symconv.writers.plot import kind_of
        from symconv.writers.plot import plot as draw

        if dask or workers > 1:
            raise CallError("--workers and --dask are for a .csv or a .parquet")
        with call():
            kind = kind_of(space, out, plot or "")
        with progress(f"drawing {out.name}"):
            draw(space, out, kind)
        output.say(f"{out}: {kind} of {' and '.join(space.metrics)}")


def _write(space: DesignSpace, out: Path, workers: int, dask: str) -> None:
    from symconv.sweeps.parts import finished, in_processes, in_turn, parts_of, write
    from symconv.writers.output import say

    run: Runner = in_turn
    if dask:
        from symconv.sweeps.cluster import on_dask

        run = on_dask(dask, max(workers, 2))
    elif workers > 1:
        run = in_processes(workers)
    try:
        with progress(f"writing {out.name}") as work:
            write(space, out, run, work)
    except KeyboardInterrupt:
        done, total = finished(out)
        say(f"symconv: interrupted: {done} of {total} parts are done and stay in {parts_of(out)}")
        say("the same command goes on from there")
        raise typer.Exit(130) from None
    say(f"{out}: {', '.join(space.columns)}; {space.grid.size:,} points looked at")
