"""The table of the bundled architectures, beside what others published."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

import symconv as sc
from symconv.notation import ASCII
from symconv.writers.sheet import set_cell, to_csv, to_json
from symconv.writers.terminal import text
from symconv.writers.zoo import zoo_sheet

TRUTH = json.loads((Path(__file__).parents[1] / "truth" / "torchvision.json").read_text(encoding="utf-8"))


def rows() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(zoo_sheet()))))


def test_every_bundled_model_has_its_row_and_loads_by_its_name() -> None:
    names = [row["model"] for row in rows()]
    assert names == [name for name, _ in sc.bundled()]
    for row in rows():
        net = sc.load(row["model"])
        at = dict(pair.split("=") for pair in row["at"].split(", "))
        values = {name: int(value) for name, value in at.items()}
        assert int(row["params"]) == net.evaluate("params", **values)
        assert int(row["MACs"]) == net.evaluate("macs", **values)


def test_the_figures_agree_with_the_published_ones_beside_them() -> None:
    for row in rows():
        stated = row["published_params"]
        if stated.endswith(" M"):
            assert abs(int(row["params"]) / 1e6 - float(stated[:-2])) < 1
        else:
            assert row["params"] == stated
        if row["published_GMACs"]:
            assert abs(int(row["MACs"]) / 1e9 - float(row["published_GMACs"])) < 0.001


def test_what_torchvision_publishes_is_quoted_right() -> None:
    quoted = {row["model"]: row for row in rows() if row["by"] == "torchvision"}
    assert len(quoted) >= 6
    for name in quoted.keys() & TRUTH.keys():
        published = TRUTH[name]["published"]
        assert int(quoted[name]["published_params"]) == published["params"]
        assert float(quoted[name]["published_GMACs"]) == pytest.approx(published["gmacs"], abs=5e-4)


def test_the_table_says_how_many_there_are_and_how_to_go_on() -> None:
    out = text(zoo_sheet())
    assert out.startswith(f"{len(rows())} bundled architectures\n")
    assert "symconv show MODEL derives the closed forms of one of them" in out
    assert out.isascii()
    data = json.loads(to_json(zoo_sheet()))
    assert data["rows"][0]["domain"] == "X >= 63, N >= 1"
    assert set_cell(zoo_sheet().tables[0].rows[0][-1], ASCII) == "torchvision"
