"""A sweep as a picture: lines along an axis, a heat map over two, or the Pareto front of two metrics."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np

from symconv.errors import SymconvError
from symconv.sweeps.front import front
from symconv.sweeps.space import Columns, DesignSpace
from symconv.writers.layers import label
from symconv.writers.saving import save
from symconv.writers.wording import in_full

FORMATS: Final = (".png", ".svg", ".pdf")

#: Points of a picture; a scatter of more shows no more.
POINTS: Final = 2_000_000

#: Points that a scatter shows of many, besides its front.
SAMPLE: Final = 20_000

#: Lines in a picture.
LINES: Final = 10

#: Colours that stay apart for every kind of colour vision and in grey (Okabe and Ito, 2008, in the order of lightness).
COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#666666", "#000000")


def kind_of(space: DesignSpace, path: Path, kind: str = "") -> str:
    """The kind of picture: the one that is asked for, else the one that the axes call for.

    Raises SymconvError where the design space is of another shape, or the file of another kind.
    """
    if path.suffix.lower() not in FORMATS:
        raise SymconvError(f"{path}: a plot is written as {', '.join(FORMATS)}")
    axes = [axis for axis in space.grid.axes if len(axis) > 1]
    names = ", ".join(axis.symbol.name for axis in axes) or "none"
    chosen = kind or ("pareto" if len(space.metrics) == 2 and len(axes) != 1 else "heat" if len(axes) == 2 else "line")
    if chosen not in _KINDS:
        raise SymconvError(f"unknown kind of plot {chosen!r}: known are {', '.join(_KINDS)}")
    if chosen == "line" and not (len(axes) == 1 or (len(axes) == 2 and min(map(len, axes)) <= LINES)):
        raise SymconvError(f"lines need one axis, or a second one of at most {LINES} values: the axes are {names}")
    if chosen == "heat" and (len(axes) != 2 or len(space.metrics) != 1):
        raise SymconvError(f"a heat map needs two axes and one metric: the axes are {names}")
    if chosen == "pareto" and len(space.metrics) != 2:
        raise SymconvError(f"a Pareto front needs two metrics: there is {', '.join(space.metrics)}")
    if space.grid.size > POINTS and chosen != "pareto":
        raise SymconvError(f"{space.grid.size:,} points are more than a plot shows: {POINTS:,}; take a larger step")
    return chosen


def plot(space: DesignSpace, path: str | Path, kind: str = "") -> Path:
    """Draw a design space to a .png, .svg or .pdf: `line`, `heat` or `pareto`; without a kind, what its axes call for.

    The Pareto front is of the designs with the most of the second metric for the least of the first.

    Raises SymconvError where it has another shape, no point is left, or Matplotlib is not installed; OutputError where
    the file cannot be written.
    """
    path = Path(path)
    chosen = kind_of(space, path, kind)
    with _figure(path) as (figure, axes):
        _KINDS[chosen](space, figure, axes)
        axes.set_title(_title(space), loc="left", fontsize=10)
    return path


@contextmanager
def _figure(path: Path) -> Iterator[tuple[Any, Any]]:
    """A figure that is written when it is done, the same bytes on every run."""
    try:
        matplotlib = import_module("matplotlib")
        figures = import_module("matplotlib.figure")
    except ImportError:
        raise SymconvError('a plot needs Matplotlib: pip install "symconv[plot]"') from None
    settings = {
        "svg.hashsalt": "symconv",
        "svg.fonttype": "path",
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.color": "#e6e6e6",
        "axes.axisbelow": True,
        "axes.prop_cycle": import_module("cycler").cycler(color=COLOURS),
    }
    with matplotlib.rc_context(settings):
        figure = figures.Figure(figsize=(6.4, 4.0), layout="constrained")
        yield figure, figure.add_subplot()
        out = io.BytesIO()
        kind = path.suffix.lower().removeprefix(".")
        stamp = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {"Software": None}}[kind]
        figure.savefig(out, format=kind, dpi=200, metadata=stamp)
    save(out.getvalue(), path)


def _title(space: DesignSpace) -> str:
    fixed = ", ".join(f"{s.name}={value}" for s, value in space.grid.fixed.items())
    where = f" · {', '.join(map(str, space.budgets))}" if space.budgets else ""
    return f"{space.name}{f' at {fixed}' if fixed else ''}{where}"


def _columns(space: DesignSpace) -> Columns:
    columns = space.table()
    if not len(columns[space.metrics[0]]):
        raise SymconvError(f"no point of {space.name} is left: there is nothing to draw")
    return columns


def _numbers(values: Any) -> Any:
    """Values for a picture, where floats are near enough."""
    return np.asarray([float(v) for v in values] if values.dtype == object else values, dtype=float)


def _lines(space: DesignSpace, figure: Any, axes: Any) -> None:
    columns = _columns(space)
    along = [axis for axis in space.grid.axes if len(axis) > 1] or list(space.grid.axes)
    if not along:
        raise SymconvError("lines need an axis, and there is one point")
    x, *others = (axis.symbol.name for axis in sorted(along, key=len, reverse=True))
    places = _numbers(columns[x])
    for metric in space.metrics:
        values = _numbers(columns[metric])
        if not others:
            _line(axes, places, values, label(metric))
            continue
        for value in dict.fromkeys(columns[others[0]].tolist()):
            here = columns[others[0]] == value
            named = f"{others[0]} = {value}" + (f", {label(metric)}" if len(space.metrics) > 1 else "")
            _line(axes, places[here], values[here], named)
    axes.set_xlabel(x)
    _engineering(axes.yaxis)
    axes.set_ylim(bottom=0)
    if others or len(space.metrics) > 1:
        axes.legend(frameon=False)
    if len(space.metrics) == 1:
        axes.set_ylabel(label(space.metrics[0]))


def _line(axes: Any, x: Any, y: Any, named: str) -> None:
    """A line; the points themselves where they are few, since between two sizes there is no cost."""
    axes.plot(x, y, label=named, linewidth=1.2, marker="o" if len(x) <= 40 else "", markersize=3)


def _heat(space: DesignSpace, figure: Any, axes: Any) -> None:
    columns = _columns(space)
    down, across = (axis for axis in space.grid.axes if len(axis) > 1)
    (metric,) = space.metrics
    places = [{v: i for i, v in enumerate(axis.values())} for axis in (down, across)]
    field = np.full((len(down), len(across)), np.nan)
    rows, cols, values = (columns[name].tolist() for name in (down.symbol.name, across.symbol.name, metric))
    for a, b, value in zip(rows, cols, values):
        field[places[0][a], places[1][b]] = float(value)
    axes.grid(visible=False)
    image = axes.imshow(field, aspect="auto", origin="lower", cmap="cividis", interpolation="nearest")
    for axis, set_ticks in ((down, axes.set_yticks), (across, axes.set_xticks)):
        chosen = range(0, len(axis), -(-len(axis) // 8))
        names = axis.written if axis.under != 1 else axis.exact
        set_ticks(chosen, [in_full(names[i]) if names.dtype == float else str(names[i]) for i in chosen])
    axes.set_xlabel(across.symbol.name)
    axes.set_ylabel(down.symbol.name)
    bar = figure.colorbar(image, ax=axes, label=label(metric))
    bar.outline.set_visible(False)
    _engineering(bar.ax.yaxis)


def _pareto(space: DesignSpace, figure: Any, axes: Any) -> None:
    first, second = space.metrics
    few, best = _sampled(space, first, second)
    axes.scatter(*few, s=4, color="#9db7cf", linewidths=0, label="designs", rasterized=True)
    axes.step(*best, where="post", color=COLOURS[1], linewidth=1.2)
    axes.plot(*best, "o", markersize=3, color=COLOURS[1], label=f"most {label(second)} for the {label(first)}")
    axes.set_xlabel(label(first))
    axes.set_ylabel(label(second))
    _engineering(axes.xaxis)
    _engineering(axes.yaxis)
    axes.legend(frameon=False)


def _sampled(space: DesignSpace, first: str, second: str) -> tuple[Any, Any]:
    """Some of the points, and the front of all of them, part by part."""
    some: list[Any] = []
    chance, chosen = SAMPLE / space.grid.size, np.random.default_rng(0)  # a step through a grid would show its rows
    best = np.empty((2, 0), dtype=np.int64)
    count = 0
    for part in space.parts():
        pair = np.array([part[first], part[second]])
        some.append(pair[:, chosen.random(pair.shape[1]) < chance])
        count += pair.shape[1]
        best = np.concatenate([best, pair], axis=1)
        best = best[:, front(best[0], best[1])]
    if not count:
        raise SymconvError(f"no point of {space.name} is left: there is nothing to draw")
    best = np.unique(best.astype(float), axis=1)
    return np.concatenate(some, axis=1).astype(float), best


def _engineering(axis: Any) -> None:
    axis.set_major_formatter(import_module("matplotlib.ticker").EngFormatter(sep="\N{NARROW NO-BREAK SPACE}"))


_KINDS: Final[dict[str, Callable[[DesignSpace, Any, Any], None]]] = {"line": _lines, "heat": _heat, "pareto": _pareto}
