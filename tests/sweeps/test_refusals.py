"""A sweep, a plot of it or its parts on disk that cannot be: each is refused before anything is written."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

import symconv as sc
from symconv.errors import DomainError, OutputError, SymbolError, SymconvError
from symconv.sweeps.parts import finished, parts_of, write
from symconv.sweeps.space import design_space
from symconv.writers.plot import kind_of, plot
from symconv.writers.saving import save
from symconv.writers.sweep import sweep_sheet

NET = sc.parse_spec("name: net\ninput: [N, 3, X, X]\nlayers: [{conv: 8}]").network()


@pytest.mark.parametrize(
    ("values", "error", "why"),
    [
        ({"X": {4, 5}, "N": 1}, DomainError, "X: a set has no order"),
        ({"X": np.ones((2, 2)), "N": 1}, DomainError, "X: the values of an axis are a row, and these have 2 dim"),
        ({"X": range(5, 5), "N": 1}, DomainError, r"X has no values: range\(5, 5\) is empty"),
        ({"X": [], "N": 1}, DomainError, "X has no values: there are none"),
        ({"X": range(5, 9)}, SymbolError, "no value for N"),
        ({"X": range(5, 9), "N": 1, "Q": 2}, SymbolError, "no symbol Q"),
        ({"X": range(5, 9), "N": 1, "illegal": "skip"}, SymconvError, "illegal='skip': .* is wanted"),
    ],
)
def test_an_axis_that_is_none_is_refused(values, error, why):
    with pytest.raises(error, match=why):
        design_space(NET, **values)


def test_an_axis_that_nothing_depends_on_and_no_metric_are_refused():
    with pytest.raises(DomainError, match="params of net does not depend on N: give it one value"):
        design_space(NET, "params", X=range(5, 9), N=[1, 2])
    with pytest.raises(SymconvError, match="no metric"):
        design_space(NET, [], X=5, N=1)


@pytest.mark.parametrize(
    ("metrics", "axes", "name", "kind", "why"),
    [
        ("macs", {"X": range(5, 9), "N": 1}, "a.txt", "", "a plot is written as"),
        ("macs", {"X": range(5, 9), "N": 1}, "a.png", "pie", "unknown kind of plot 'pie'"),
        ("macs", {"X": range(5, 30), "N": range(1, 30)}, "a.png", "line", "at most 10 values: the axes are X, N"),
        ("macs", {"X": range(5, 9), "N": 1}, "a.png", "heat", "two axes and one metric: the axes are X"),
        ("macs", {"X": range(5, 9), "N": 1}, "a.png", "pareto", "two metrics: there is macs"),
        ("macs", {"X": range(5, 10**8), "N": 1}, "a.png", "line", "points are more than a plot shows"),
    ],
)
def test_a_plot_of_another_shape_is_refused(tmp_path, metrics, axes, name, kind, why):
    with pytest.raises(SymconvError, match=why):
        kind_of(design_space(NET, metrics, **axes), tmp_path / name, kind)


@pytest.mark.parametrize(
    ("metrics", "axes", "kind"),
    [
        ("macs", {"X": range(5, 9), "N": 1}, "line"),
        ("macs", {"X": range(5, 9), "N": [1, 2]}, "heat"),
        (["macs", "activations"], {"X": range(5, 9), "N": [1, 2]}, "pareto"),
        (["macs", "activations"], {"X": range(5, 9), "N": 1}, "line"),
    ],
)
def test_the_axes_call_for_a_kind_of_plot(tmp_path, metrics, axes, kind):
    assert kind_of(design_space(NET, metrics, **axes), tmp_path / "a.SVG") == kind


def test_parts_of_another_sweep_are_left_alone_and_those_of_this_one_are_taken_up(tmp_path):
    space, path = design_space(NET, X=range(5, 9), N=1), tmp_path / "a.csv"
    assert finished(path) == (0, 0)
    folder = parts_of(path)
    folder.mkdir()
    for content in ("{", json.dumps({"parts": 1})):
        (folder / "manifest.json").write_text(content)
        with pytest.raises(SymconvError, match="has parts of another sweep"):
            write(space, path)
    assert finished(path) == (0, 1)
    (folder / "manifest.json").unlink()
    folder.rmdir()
    rows = [f"{x},{(x - 2) ** 2 * 3 * 8 * 9}" for x in range(5, 9)]
    seen = []
    write(space, path, progress=lambda done, total: seen.append((done, total)))
    head, *written = path.read_text().split()
    assert written == [",".join(row.split(",")) for row in rows]
    assert (head, seen, folder.exists()) == ("X,macs", [(0, 1), (1, 1)], False)


@pytest.mark.parametrize(("name", "why"), [("a.txt", "is written as .csv or .parquet"), ("no/a.csv", "is no folder")])
def test_a_sweep_is_written_to_a_file_of_its_kind_in_a_folder_that_is_there(tmp_path, name, why):
    with pytest.raises(SymconvError, match=why):
        write(design_space(NET, X=range(5, 9), N=1), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_saved_whole_or_not_at_all(tmp_path):
    path, link = tmp_path / "a", tmp_path / "b"
    save(b"one", path)
    link.symlink_to(path)
    path.chmod(0o640)
    save(b"two", link)
    assert (path.read_bytes(), path.stat().st_mode & 0o777, link.is_symlink()) == (b"two", 0o640, True)
    for target, why in ((tmp_path, "is a directory"), (tmp_path / "no" / "a", "there is no directory")):
        with pytest.raises(OutputError, match=why):
            save(b"three", target)
    with pytest.raises(OutputError, match="cannot be written"):
        save(b"three", tmp_path / "a\0b")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.parametrize("figure", ["648", "649", "1944.5", "0.5", "1e40"])
@pytest.mark.parametrize("relation", ["<=", "<", ">=", ">", "="])
def test_a_grid_keeps_the_points_that_plain_numbers_keep(relation, figure):
    signs = {"<=": "__le__", "<": "__lt__", ">=": "__ge__", ">": "__gt__", "=": "__eq__"}
    space = design_space(NET, where=f"macs {relation} {figure}", X=range(3, 9), N=3)
    kept = [x for x in range(3, 9) if getattr(Fraction(648 * (x - 2) ** 2), signs[relation])(Fraction(figure))]
    assert space.table()["X"].tolist() == kept


def test_a_table_shows_the_first_points_and_says_where_none_is_left(tmp_path):
    first = sweep_sheet(design_space(NET, X=range(3, 5000), N=1))
    rows = first.tables[0].rows
    assert [tuple(row) for row in rows] == [(x, 216 * (x - 2) ** 2) for x in range(3, 3 + len(rows))]
    assert first.notes == [f"the first {len(rows):,} points; -o FILE.csv or .parquet writes all"]
    nothing = design_space(NET, ["macs", "params"], where="macs < 1", X=range(3, 9), N=[1, 2])
    assert (sweep_sheet(nothing).tables[0].rows, sweep_sheet(nothing).notes) == ([], ["no point is left"])
    pytest.importorskip("matplotlib")
    for kind, space in (("pareto", nothing), ("line", design_space(NET, X=3, N=1))):
        with pytest.raises(SymconvError, match=r"nothing to draw|there is one point|the axes are none"):
            plot(space, tmp_path / "a.png", kind_of(space, tmp_path / "a.png", kind))
    assert list(tmp_path.iterdir()) == []
