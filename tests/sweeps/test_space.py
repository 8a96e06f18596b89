"""DesignSpace spaces against every point by itself: domain, budgets, parts, files, plots."""

from __future__ import annotations

import csv
import hashlib
import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symconv as sc
from symconv.errors import DomainError, ExpressionError, SymbolError, SymconvError
from symconv.readers.budget import read_budget
from symconv.sweeps import parts, space
from symconv.sweeps.front import front, maximal
from symconv.sweeps.space import DesignSpace, design_space
from symconv.writers.plot import plot
from symconv.writers.sweep import sweep_sheet

#: Networks with conditions, and axes on which some of the points are illegal.
CASES: dict[str, dict[str, Any]] = {
    "vgg16": {"X": range(20, 80), "N": [1, 2]},
    "resnet": {"X": [1, 7, 224], "w": [1, 64], "n1": [1, 3], "n2": [1, 4], "n3": [1, 6], "n4": [1, 3], "N": [1]},
    "efficientnet": {"X": [1, 33, 224], "w": [Fraction(k, 20) for k in range(1, 41)], "d": ["0.5", 1, 3.1], "N": [1]},
    "gpt": {"T": [1, 5, 16], "T_max": [4, 16], "d": range(1, 13), "h": range(1, 7), "L": [1, 2], "V": [50], "N": [1]},
    "unet": {"X": range(150, 400), "N": [1]},
}


def brute(name: str, axes: dict[str, Any], metrics: list[str], budgets: list[str]) -> list[tuple[Any, ...]]:
    """The legal points that keep the budgets, by asking the network at each."""
    net = sc.load(name)
    found = []
    for point in itertools.product(*axes.values()):
        values = dict(zip(axes, point))
        try:
            net.at(values)
        except SymconvError:
            continue
        figures = {m: net.evaluate(m, **values) for m in metrics}
        if all(read_budget(b).holds(net.evaluate(read_budget(b).metric, **values)) for b in budgets):
            exact = [Fraction(str(v)) if isinstance(v, str | float) else v for v in point]
            found.append((*exact, *figures.values()))
    return found


REQUIRED = """
input: [N, C, X, Y]
symbols: {C: channels, Y: extent, n: count}
layers:
  - require: [C != 3, X != Y, 2 divides X + Y, Y >= 2*n]
  - conv: {channels: 8, kernel: 3, padding: 1}
  - repeat: n
    layers:
      - conv: {channels: 8, kernel: 3, padding: 1}
"""


def test_what_a_spec_requires_decides_which_points_are_legal() -> None:
    net = sc.parse_spec(REQUIRED).network()
    axes: dict[str, Any] = {"C": range(1, 6), "X": range(1, 9), "Y": range(1, 9), "n": [1, 3], "N": [1]}
    table = design_space(net, "macs", illegal="leave out", **axes).table()
    wanted = []
    for point in itertools.product(*axes.values()):
        values = dict(zip(axes, point))
        try:
            wanted.append((*point, net.evaluate("macs", **values)))
        except SymconvError:
            continue
    assert 20 < len(wanted) < 640
    assert list(zip(*(column.tolist() for column in table.values()))) == wanted


HALVED = """
input: [N, 3, X, X]
symbols: {n: count}
layers:
  - repeat: n
    layers:
      - pixel_unshuffle: 2
      - conv: {channels: 3, kernel: 3, padding: 1}
"""


def test_a_width_beyond_floats_is_written_as_it_is(tmp_path: Path) -> None:
    text = (
        'symbols: {w: multiplier}\ninput: [N, 3, X, X]\nlayers: [conv: {channels: "make_divisible(8*w, 8)", kernel: 1}]'
    )
    found = design_space(sc.parse_spec(text).network(), "params", w=["1/2", "1e400"])
    rows = list(csv.reader(parts.write(found, tmp_path / "wide.csv").open()))
    assert rows == [["w", "params"], ["1/2", "32"], ["1" + 400 * "0", "32" + 400 * "0"]]


def test_a_round_that_a_point_does_not_have_fails_nowhere() -> None:
    """An image of 2·k pixels is halved once, whatever other points of the grid would need."""
    net = sc.parse_spec(HALVED).network()
    axes: dict[str, Any] = {"n": [1, 2, 3], "X": range(1, 25), "N": [1]}
    table = design_space(net, "macs", illegal="leave out", **axes).table()
    assert list(zip(*(column.tolist() for column in table.values()))) == [
        (n, x, 1, sum(12 * 9 * 3 * (x >> k) ** 2 for k in range(1, n + 1)))
        for n, x in itertools.product(axes["n"], axes["X"])
        if x % 2**n == 0
    ]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("bound", ["", "<= 300M", "> 40M"])
def test_the_points_are_those_that_the_network_allows_one_by_one(name: str, bound: str) -> None:
    budgets = [f"macs {bound}", "params >= 1000"] if bound else []
    axes = CASES[name]
    found = design_space(sc.load(name), ["params", "macs"], where=budgets, illegal="leave out", **axes).table()
    assert list(zip(*(column.tolist() for column in found.values()))) == brute(name, axes, ["params", "macs"], budgets)


def test_a_point_outside_the_domain_is_an_error_that_names_it() -> None:
    some = design_space(sc.load("vgg16"), X=range(20, 40), N=1)
    with pytest.raises(DomainError, match=r"X = 20 is outside the domain X ≥ 32"):
        some.table()


def test_parts_are_the_same_however_they_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = design_space(sc.load("resnet50"), ["macs", "params"], X=range(1, 50_000), N=range(1, 4)).table()
    monkeypatch.setattr(space, "PART", 20_000)
    cut = design_space(sc.load("resnet50"), ["macs", "params"], X=range(1, 50_000), N=range(1, 4))
    assert len(cut) > 3
    for name, column in cut.table().items():
        assert np.array_equal(column, whole[name])


def made(**more: Any) -> DesignSpace:
    axes = {"X": range(32, 300, 4), "w": ["0.5", "1/3", 1.1], **more}
    return design_space(sc.load("efficientnet"), ["macs", "params"], where="macs <= 400M", d=1, N=1, **axes)


def read(path: Path) -> list[tuple[Any, ...]]:
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return [tuple(row.values()) for row in csv.DictReader(file)]
    return [tuple(row.values()) for row in pyarrow.parquet.read_table(path).to_pylist()]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_has_every_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    monkeypatch.setattr(space, "PART", 64)
    monkeypatch.setattr("symconv.sweeps.grid.BOX", 16)
    design = made()
    path = parts.write(design, tmp_path / f"out{suffix}")
    rows = list(zip(*(column.tolist() for column in design.table().values())))
    expected = [tuple(str(v) if isinstance(v, Fraction) else v for v in row) for row in rows]
    if suffix == ".csv":
        expected = [tuple(map(str, row)) for row in expected]
    else:
        expected = [(x, str(w), m, p) for x, w, m, p in expected]
    assert read(path) == expected
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_what_was_interrupted_goes_on_and_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr(space, "PART", 1000)
    design = design_space(sc.load("resnet50"), X=range(1, 200_001), N=1)
    assert len(design) == 13
    at_once = parts.write(design, tmp_path / f"whole{suffix}").read_bytes()
    path = tmp_path / f"out{suffix}"

    def stop(done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        parts.write(design, path, progress=stop)
    assert not path.exists()
    assert parts.finished(path) == (5, 13)
    ran: list[int] = []

    def counted(encode: Any, numbers: Any) -> Any:
        for i in numbers:
            ran.append(i)
            yield i, encode(i)

    parts.write(design, path, counted)
    assert ran == list(range(5, 13))
    assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(at_once).digest()


def test_parts_of_another_sweep_are_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"

    def stop(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        parts.write(design_space(sc.load("resnet50"), X=range(1, 9), N=1), path, progress=stop)
    with pytest.raises(SymconvError, match="parts of another sweep"):
        parts.write(design_space(sc.load("resnet50"), X=range(1, 10), N=1), path)
    assert parts.finished(path) == (1, 1)


def test_processes_write_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    design = design_space(sc.load("resnet50"), X=range(1, 200_001), N=1)
    design._together = 2  # several parts
    one = parts.write(design, tmp_path / "one.parquet").read_bytes()
    two = parts.write(design, tmp_path / "two.parquet", parts.in_processes(2)).read_bytes()
    assert one == two


def test_totals_beyond_64_bits_are_decimals(tmp_path: Path) -> None:
    design = design_space(sc.load("resnet50"), X=[1, 10**8, 10**12, 10**30], N=1)
    path = parts.write(design, tmp_path / "out.parquet")
    net = sc.load("resnet50")
    rows = read(path)
    assert [(int(x), int(m)) for x, m in rows] == [
        (v, net.evaluate("macs", X=v, N=1)) for v in (1, 10**8, 10**12, 10**30)
    ]


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        ({"X": 224}, SymbolError, "no value for N"),
        ({"X": range(1, 3), "N": 1, "Q": 2}, SymbolError, "no symbol Q"),
        ({"X": range(1, 3), "N": 1, "where": "macs < many"}, ExpressionError, "no budget"),
        ({"X": range(5, 5), "N": 1}, DomainError, "X has no values"),
        ({"X": range(1, 3), "N": 1, "illegal": "ignore"}, SymconvError, "illegal='ignore'"),
    ],
)
def test_bad_input(call: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        design_space(sc.load("resnet50"), **call)


def test_a_metric_that_does_not_depend_on_an_axis_is_said() -> None:
    with pytest.raises(DomainError, match="params of resnet50 does not depend on X"):
        design_space(sc.load("resnet50"), "params", X=range(1, 3), N=1)


def test_values_of_an_axis_that_differ_late_are_told_apart() -> None:
    sheet = sweep_sheet(design_space(sc.load("efficientnet"), w=["1.000001", 2], X=32, N=1, d=1))
    assert [row[0] for row in sheet.tables[0].rows] == ["1.000001", "2"]


def test_contradictory_budgets_leave_nothing() -> None:
    some = design_space(sc.load("resnet50"), where=["macs <= 1e9", "macs > 1e9"], X=range(1, 300), N=1)
    assert {name: len(column) for name, column in some.table().items()} == {"X": 0, "macs": 0}
    with pytest.raises(SymconvError, match="no point"):
        plot(some, "never.png")


# -- fronts --------------------------------------------------------------------------------------------------------

PAIRS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40)


@given(PAIRS)
def test_the_front_is_what_nothing_beats(points: list[tuple[int, int]]) -> None:
    less, more = (np.array([p[k] for p in points], dtype=np.int64) for k in (0, 1))
    expected = [not any(a <= x and b >= y and (a, b) != (x, y) for a, b in points) for x, y in points]
    assert front(less, more).tolist() == expected


@settings(max_examples=200)
@given(st.lists(st.tuples(*[st.integers(0, 6)] * 3), min_size=1, max_size=40))
def test_maximal_points_are_what_nothing_beats(points: list[tuple[int, int, int]]) -> None:
    columns = [np.array([p[k] for p in points]) for k in range(3)]
    expected = [not any(q != p and all(a >= b for a, b in zip(q, p)) for q in points) for p in points]
    assert maximal(columns).tolist() == expected


# -- pictures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "metrics", "axes"),
    [
        ("line", ["macs"], {"X": range(32, 64)}),
        ("line", ["macs"], {"X": range(32, 64), "N": [1, 2]}),
        ("heat", ["macs"], {"X": range(32, 64), "N": range(1, 20)}),
        ("pareto", ["macs", "activations"], {"X": range(32, 64), "N": range(1, 20)}),
    ],
)
def test_plots_are_the_same_on_every_run(tmp_path: Path, kind: str, metrics: list[str], axes: dict[str, Any]) -> None:
    some = design_space(sc.load("resnet50"), metrics, **{"N": 1, **axes})
    for suffix, starts in ((".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")):
        one, two = (plot(some, tmp_path / f"{i}{suffix}", kind).read_bytes() for i in (1, 2))
        assert one.startswith(starts)
        assert one == two


def test_plots_that_have_no_shape_are_refused(tmp_path: Path) -> None:
    net = sc.load("resnet50")
    flat = design_space(net, X=range(1, 40), N=range(1, 40))
    with pytest.raises(SymconvError, match="lines need one axis"):
        plot(flat, tmp_path / "a.png", "line")
    with pytest.raises(SymconvError, match="two metrics"):
        plot(flat, tmp_path / "a.png", "pareto")
    with pytest.raises(SymconvError, match="two axes"):
        plot(design_space(net, X=range(1, 40), N=1), tmp_path / "a.png", "heat")
    with pytest.raises(SymconvError, match=r"\.png, \.svg, \.pdf"):
        plot(flat, tmp_path / "a.gif")
