"""The table of the bundled architectures, beside what others published, and one family by itself."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

import symconv as sc
from symconv.errors import SymconvError
from symconv.notation import TEXT
from symconv.readers import catalogue
from symconv.writers.formats.programs import to_csv, to_json
from symconv.writers.formats.terminal import text
from symconv.writers.sheet import Sheet, set_cell
from symconv.writers.zoo import family_sheet, say_members, zoo_sheet

TRUTH = json.loads((Path(__file__).parents[1] / "truth" / "torchvision.json").read_text(encoding="utf-8"))


@cache
def sheet() -> Sheet:
    return zoo_sheet()


def rows() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(sheet()))))


def test_every_bundled_model_has_its_row_with_its_figures_or_its_formulas() -> None:
    found = {row["model"]: row for row in rows()}
    assert list(found) == [name for name, _ in sc.bundled()]
    for name in ("alexnet", "vgg/D", "resnet50", "densenet121", "googlenet"):
        row, net = found[name], sc.load(name)
        values = {n: int(value) for n, value in (pair.split("=") for pair in row["at"].split(", "))}
        assert int(row["params"]) == net.evaluate("params", **values)
        assert int(row["MACs"]) == net.evaluate("macs", **values)
        assert row["symbols"] == ""
    assert found["resnet"]["symbols"] == "n1 n2 n3 n4 w"
    assert found["resnet"]["params"].startswith("9*n1*w^2 + 36*n2*w^2 + ")


def test_a_family_stands_before_its_variants_under_its_name_and_its_paper() -> None:
    (table,) = sheet().tables
    names = [set_cell(row[0], TEXT) for row in table.rows]
    start = next(number for number, heading in table.groups.items() if heading.name == "resnet")
    assert table.groups[start].notes == ("Deep Residual Learning for Image Recognition, 2015",)
    assert names[start : start + 4] == ["resnet", "resnet18", "resnet34", "resnet50"]
    assert set_cell(table.rows[start][3], TEXT) == "X=224, N=1, n1, n2, n3, n4, w"
    assert not any(heading.name == "alexnet" for heading in table.groups.values())


def test_a_mark_says_whether_the_published_figure_is_ours_at_its_precision() -> None:
    for row in rows():
        for ours, stated, mark in (
            (row["params"], row["published_params"], row["params_agree"]),
            (row["MACs"], row["published_GMACs"], row["GMACs_agree"]),
        ):
            if not mark:
                continue
            number, unit = stated.partition(" M")[0], 10**6 if stated.endswith(" M") else 1
            unit = 10**9 if stated == row["published_GMACs"] else unit
            digits = len(number.partition(".")[2])
            close = abs(int(ours) / unit - float(number)) <= 0.5 * 10**-digits if unit > 1 else ours == number
            assert mark == ("yes" if close else "no"), row


def test_what_differs_is_marked_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = sc.parse_spec(
        "name: wrong\ninput: [N, 3, X, X]\nusual: {X: 8, N: 1}\nlayers: [conv3-64]\n"
        "published: {params: 1793, gmacs: 0.0001, source: nobody}"
    )
    monkeypatch.setattr("symconv.writers.zoo.families", lambda: iter([spec]))
    (row,) = csv.DictReader(io.StringIO(to_csv(zoo_sheet())))
    assert (row["params"], row["params_agree"], row["GMACs_agree"]) == ("1792", "no", "yes")
    assert "1 of 2; ≠ in wrong" in " ".join(zoo_sheet().notes)
    assert "!= in wrong" in text(zoo_sheet())


def test_what_torchvision_publishes_is_quoted_right() -> None:
    quoted = {row["model"]: row for row in rows() if row["by"] == "torchvision"}
    assert len(quoted) >= 6
    for name in quoted.keys() & TRUTH.keys():
        published = TRUTH[name]["published"]
        assert int(quoted[name]["published_params"]) == published["params"]
        assert float(quoted[name]["published_GMACs"]) == pytest.approx(published["gmacs"], abs=5e-4)


def test_the_table_says_how_many_there_are_and_how_to_go_on() -> None:
    out = text(sheet())
    assert out.startswith(f"{len(rows())} bundled architectures in {len(list(catalogue.families()))} families\n")
    assert "symconv show MODEL derives its closed forms" in out
    assert out.isascii()
    data = {row["model"]: row for row in json.loads(to_json(sheet()))["rows"]}
    assert data["alexnet"]["domain"] == "X >= 63, N >= 1"
    assert data["alexnet"]["params"] == 61100840
    assert data["resnet"]["symbols"] == "n1 n2 n3 n4 w"


# -- one family --------------------------------------------------------------------------------------------------------


def facts(of: Sheet) -> dict[str, str]:
    return {label: set_cell(cell, TEXT) for label, cell in of.facts}


def test_a_family_by_itself_has_its_paper_its_closed_forms_and_what_each_variant_sets() -> None:
    found = family_sheet("resnet")
    assert found.title == "resnet · Deep Residual Learning for Image Recognition, 2015"
    said = facts(found)
    assert said["arxiv"] == "arXiv:1512.03385"
    assert said["symbols"] == "n1 (count), n2 (count), n3 (count), n4 (count), w (channels)"
    assert said["arguments"] == "block = bottleneck, groups = 1, project = true"
    assert said["MACs"].startswith("N·(⌈X/32⌉²·(576·n4·w² + 32768·n4·w − 16384·w + 2097152) + ")
    (table,) = found.tables
    sets = {str(row[0]): str(row[1]) for row in table.rows}
    assert sets["resnext50_32x4d"] == "n1=3, n2=4, n3=6, n4=3, w=128, groups=32"
    assert sets["resnet18"].startswith("block=basic, project=false, n1=2")
    assert "resnet" not in sets


def test_a_variant_s_name_leads_to_its_family_and_an_unknown_one_is_an_error() -> None:
    assert family_sheet("resnet50").title == family_sheet("ResNet").title == family_sheet("resnet").title
    assert family_sheet("vgg").tables[0].rows[0][0] == "vgg/A"
    with pytest.raises(SymconvError, match="did you mean resnet"):
        family_sheet("resnett")


def test_an_architecture_by_itself_has_its_row_and_no_variants() -> None:
    (table,) = family_sheet("alexnet").tables
    assert [row[0] for row in table.rows] == ["alexnet"]


# -- which variant some values are -------------------------------------------------------------------------------------


def said_of(source: str, given: Mapping[str, str]) -> dict[str, str]:
    found = Sheet("t")
    say_members(found, source, given)
    return facts(found)


DEPTHS = {"n1": "3", "n2": "4", "n3": "23", "n4": "3"}


def test_values_of_a_family_are_named_with_what_is_still_open() -> None:
    assert said_of("resnet", DEPTHS)["is"] == "resnet101 with w = 64; wide_resnet101_2 with w = 128"
    assert "resnext101_64x4d with w = 256, groups = 64" in said_of("resnet", DEPTHS)["others"]


def test_all_values_of_a_family_are_one_variant_or_none() -> None:
    assert said_of("resnet", {**DEPTHS, "w": "64"}) == {"is": "resnet101"}
    assert said_of("resnet", {"n1": "2", "n2": "5", "n3": "7", "n4": "2"}) == {"is": "none of the named variants"}
    assert said_of("resnet", {**DEPTHS, "w": "2*32", "X": "224"}) == {"is": "resnet101"}


@pytest.mark.parametrize(
    ("source", "given"),
    [("resnet", {}), ("resnet", {"X": "224"}), ("resnet", {"n1": "2*k"}), ("resnet50", {"X": "224"}), ("alexnet", {})],
)
def test_nothing_is_said_where_no_value_of_a_family_is_given(source: str, given: dict[str, str]) -> None:
    assert said_of(source, given) == {}


def test_json_lists_the_variants_with_what_they_set_besides() -> None:
    found = Sheet("t", data=lambda: {"name": "t"})
    say_members(found, "resnet", DEPTHS)
    data = json.loads(to_json(found))
    assert data["name"] == "t"
    assert data["variants"][0] == {"name": "resnet101", "with": {"w": 64}, "arguments": {}}
    assert {"name": "resnext101_32x8d", "with": {"w": 256}, "arguments": {"groups": 32}} in data["variants"]
