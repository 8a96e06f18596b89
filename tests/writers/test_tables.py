"""Tables by stages and by what costs most: rows, subtotals and what is left over add up to what the layers cost."""

from __future__ import annotations

import csv
import io
import json
import re
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from command import ESCAPE, SPECS, on_terminal, run

import symconv as sc
from symconv.errors import CallError
from symconv.layers import Conv, ReLU
from symconv.notation import ASCII, TEXT
from symconv.writers.formats.programs import to_csv
from symconv.writers.formats.terminal import text
from symconv.writers.network import network_sheet
from symconv.writers.sheet import SPACED, Big, Name, Sheet, set_cell
from symconv.writers.tables import View

MODELS = ["vgg16", "alexnet", "resnet50", "densenet121", "googlenet", "efficientnet_b0", "vit_b_16", "unet"]


def layers(net: sc.Network, metric: str = "macs") -> list[dict[str, str]]:
    """Every layer with its exact figure: what all tables are compared with."""
    return rows_of(network_sheet(net, metric, every=True))


def rows_of(sheet: Sheet) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(sheet))))


def below(rows: list[dict[str, str]], path: str) -> list[dict[str, str]]:
    return [row for row in rows if f"{row['name']}/".startswith(f"{path}/")]


def total(rows: list[dict[str, str]], column: str) -> Fraction:
    return sum((Fraction(row[column]) for row in rows), Fraction(0))


def exact(sheet: Sheet, key: str) -> list[Any]:
    """The cells of a column of the table that people see, the total apart."""
    (table,) = sheet.tables
    i = [c.key for c in table.columns].index(key)
    return [cell.value if isinstance(cell := row[i], Big) else cell for row in table.rows]


def names(sheet: Sheet) -> list[str]:
    return [row[0].path if isinstance(row[0], Name) else str(row[0]) for row in sheet.tables[0].rows]


# -- stages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("model", MODELS)
def test_a_row_of_a_stage_has_what_its_layers_have_together(model: str, depth: int) -> None:
    net = sc.load(model)
    every = layers(net)
    rows = rows_of(network_sheet(net, view=View(depth)))
    assert [row["name"] for row in rows] == list(
        dict.fromkeys("/".join(row["name"].split("/")[:depth]) for row in every)
    )
    for row in rows:
        inside = below(every, row["name"])
        assert (Fraction(row["figure"]), Fraction(row["params"])) == (total(inside, "figure"), total(inside, "params"))
        assert float(row["share"]) == pytest.approx(float(total(inside, "figure") / total(every, "figure")))
    assert total(rows, "figure") == net.evaluate("macs", **net.usual)
    seen = network_sheet(net, view=View(depth))
    assert sum(exact(seen, "figure")) == net.evaluate("macs", **net.usual)


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("model", ["resnet50", "densenet121", "vit_b_16"])
def test_a_stage_has_the_layers_and_the_output_of_all_its_rounds(model: str, depth: int) -> None:
    net = sc.load(model)
    begin = {f"{r.name}/{r.index.name}": r.index.begin for node in net.nodes for r in node.rounds}
    for row in rows_of(network_sheet(net, view=View(depth))):
        inside = [n for n in net.unrolled().nodes if _in(n.name, row["name"], begin.get(row["name"]))]
        assert int(row["layers"]) == len(inside)
        if row["name"] not in begin:
            assert row["output"] == inside[-1].out.text(SPACED, batch=False)


def _in(name: str, path: str, begin: object) -> bool:
    """Whether a layer of the unrolled network stands below a path, or in one of the rounds from the first one on."""
    if not isinstance(begin, int):
        return f"{name}/".startswith(f"{path}/")
    block, number = path.rpartition("/")[0], name.removeprefix(path.rpartition("/")[0] + "/").partition("/")[0]
    return name.startswith(f"{block}/") and number.isdigit() and int(number) >= begin


def test_a_stage_of_a_family_counts_its_layers_in_its_symbols() -> None:
    rows = {row["name"]: row for row in rows_of(network_sheet(sc.load("gpt"), view=View(1)))}
    assert (rows["h"]["layers"], rows["h"]["macs"]) == ("6*L", "N*L*d*T*(2*T + 12*d)")
    (table,) = network_sheet(sc.load("gpt"), view=View(1)).tables
    assert table.total is not None
    assert set_cell(table.total[1], TEXT) == "6·L + 4"


def test_parts_of_a_stage_stand_below_its_sum_and_equal_ones_once() -> None:
    net = sc.Network("blocks")
    net.input("image", "N", 8, 16, 16)
    net.add("stem", Conv(8, padding=1))
    for i in range(4):
        net.add(f"body/{i}/conv", Conv(8, padding=1))
        net.add(f"body/{i}/act", ReLU())
    net.add("body/tail", Conv(8, padding=1))
    lines = text(network_sheet(net, view=View(2), at={"N": 1}), TEXT).splitlines()
    body = next(i for i, line in enumerate(lines) if line.startswith("body "))
    assert [line.split()[-2] for line in lines[body - 1 : body + 3]] == ["16.7", "83.3", "66.7", "16.7"]
    assert lines[body + 1].startswith("  0 … 3  ×4   ")
    assert lines[body + 2].startswith("  tail  ")
    assert names(network_sheet(net, every=True, view=View(2))) == [
        "stem", "body/0", "body/1", "body/2", "body/3", "body/tail",
    ]  # fmt: skip


def test_a_name_that_is_the_beginning_of_another_is_a_row_of_its_own() -> None:
    net = sc.Network("both")
    net.input("image", "N", 3, 8, 8)
    for name in ("a", "a/x", "b.c", "a/y"):
        net.add(name, Conv(3, padding=1))
    rows = rows_of(network_sheet(net, view=View(1)))
    assert sorted(int(row["layers"]) for row in rows) == [1, 1, 2]
    assert total(rows, "params") == 4 * 84


@pytest.mark.parametrize("model", MODELS)
def test_a_heading_has_the_sum_of_the_rows_below_it(model: str) -> None:
    net = sc.load(model)
    (table,) = network_sheet(net).tables
    keys = [c.key for c in table.columns]
    starts = [*table.groups, len(table.rows)]
    for begin, end in pairwise(starts):
        cells = dict(zip(keys, table.groups[begin].cells))
        inside = [dict(zip(keys, row)) for row in table.rows[begin:end] if isinstance(row[0], Name) and row[0].under]
        inside = [row for row in inside if row["name"].under == table.groups[begin].name]
        if not cells:
            assert len(inside) == 1
            continue
        assert cells["figure"].value == sum(row["figure"].value for row in inside)
        assert cells["share"].value == sum(row["share"].value for row in inside)
    assert any(heading.cells for heading in table.groups.values())


# -- in an order -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(("column", "key"), [("macs", "figure"), ("share", "figure"), ("params", "params")])
def test_rows_stand_in_the_order_of_a_column_and_equal_ones_in_that_of_the_network(
    column: str, key: str, reverse: bool
) -> None:
    net = sc.load("resnet50")
    wanted = sorted(layers(net), key=lambda row: Fraction(row[key]), reverse=not reverse)
    sheet = network_sheet(net, every=True, view=View(sort=column, reverse=reverse))
    assert rows_of(sheet) == wanted
    assert names(sheet) == [row["name"] for row in wanted]
    assert not sheet.tables[0].groups


def test_names_stand_in_the_order_of_people() -> None:
    net = sc.Network("many")
    net.input("image", "N", 3, 8, 8)
    for i in (10, 2, 1):
        net.add(f"layer{i}", Conv(3, padding=1))
    assert names(network_sheet(net, view=View(sort="name"))) == ["layer1", "layer2", "layer10"]
    assert names(network_sheet(net, view=View(sort="NAME", reverse=True))) == ["layer10", "layer2", "layer1"]


@pytest.mark.parametrize("metric", ["macs", "params", "activations"])
@pytest.mark.parametrize("model", ["vgg16", "resnet50", "googlenet"])
def test_the_first_rows_and_the_sum_of_the_others_are_the_total(model: str, metric: str) -> None:
    net = sc.load(model)
    every = layers(net, metric)
    key = metric if metric == "params" and "figure" not in every[0] else "figure"
    for top in (1, 2, 7, 15):
        sheet = network_sheet(net, metric, view=View(top=top))
        shown = names(sheet)
        assert shown[-1] == f"{len(every) - len(shown) + 1} other{'' if len(every) - len(shown) + 1 == 1 else 's'}"
        figures = [c if isinstance(c, int | Fraction) else c.terms[()] for c in exact(sheet, key)]
        assert sum(figures) == total(every, key)
        assert figures[:-1] == sorted(figures[:-1], reverse=True)
        assert min(figures[:-1]) >= max(Fraction(row[key]) for row in every if row["name"] not in shown)
        kept = exact(sheet, "params")
        assert sum(c if isinstance(c, int) else c.terms.get((), 0) for c in kept) == total(every, "params")
        assert len(rows_of(sheet)) == top, "a program has no row of others"


def test_where_all_rows_are_among_the_first_there_are_no_others() -> None:
    sheet = network_sheet(sc.load("vgg16"), every=True, view=View(top=1000))
    assert len(names(sheet)) == 40
    assert not sheet.notes


def test_a_layer_of_a_repeated_block_says_how_often_it_stands_there() -> None:
    out = text(network_sheet(sc.load("resnet50"), view=View(top=1)))
    assert "layer3/i/main/conv2/conv  x5 |" in out
    assert "the figures those of all rounds" in out


def test_stages_stand_in_an_order_too() -> None:
    sheet = network_sheet(sc.load("resnet50"), view=View(depth=1, sort="macs", top=2))
    assert names(sheet) == ["layer3", "layer2", "4 others"]
    assert [set_cell(c, ASCII) for c in exact(sheet, "layers")] == ["62", "42", "71"]


def test_json_has_the_rows_of_a_view_beside_all_layers() -> None:
    done = run("show", "vgg16", "--top", "2", "--format", "json")
    data = json.loads(done.out)
    assert [row["name"] for row in data["rows"]] == ["stage1/conv2", "stage2/conv2"]
    assert len(data["layers"]) == 40
    assert "rows" not in json.loads(run("show", "vgg16", "--format", "json").out)


@pytest.mark.parametrize("format", ["markdown", "latex", "html", "typst"])
def test_documents_have_the_sum_of_the_others(format: str) -> None:
    assert "37 others" in run("show", "vgg16", "--top", "3", "--format", format).out


# -- calls that are wrong ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["vgg16", "--sort", "speed"], "--sort speed: the columns to sort by are name, params, macs, share"),
        (["vgg16", "--sort", "param"], "did you mean params?"),
        (["vgg16", "--sort", "flops"], "--metric gives another one"),
        (["gpt", "--top", "3"], "the MACs of GPT are formulas in L, N, T, V, d"),
        (["resnet", "--sort", "params"], "the params of resnet are formulas in n1, n2, n3, n4"),
        (["vgg16", "--top", "0"], "--top"),
        (["vgg16", "--depth", "0"], "--depth"),
        (["vgg16", "--top", "many"], "a valid integer"),
    ],
)
def test_a_call_that_is_wrong_says_what_would_be_right(words: list[str], said: str) -> None:
    done = run("show", *words)
    assert done.code == 2
    assert said in " ".join(done.err.split())
    assert not done.out


def test_a_view_of_a_column_that_there_is_not_raises() -> None:
    with pytest.raises(CallError, match="the columns to sort by are name, params, share"):
        network_sheet(sc.load("vgg16"), "params", view=View(sort="macs"))


@pytest.mark.parametrize("spec", ["nothing", "bare", "one", "symbols"])
def test_small_networks_have_every_view(spec: str) -> None:
    net = sc.parse_spec(SPECS[spec]).network()
    for view in (View(1), View(2), View(sort="name"), View(sort="name", top=1), View(1, sort="name", top=1)):
        for every in (False, True):
            sheet = network_sheet(net, every=every, view=view)
            assert "total" in text(sheet)
            to_csv(sheet)


# -- in a window -------------------------------------------------------------------------------------------------------


def test_resnet_152_by_stages_is_one_screen() -> None:
    lines = on_terminal("show", "resnet152", "--depth", "1", width=80).splitlines()
    assert len(lines) < 24
    plain = [ESCAPE.sub("", line) for line in lines]
    starts = [line.split()[0] for line in plain if line.strip()]
    assert [stage for stage in starts if stage.startswith("layer")] == ["layer1", "layer2", "layer3", "layer4"]
    # torchvision's parameters, and its counter's MACs at 224.
    assert re.search(r"60.192.808.* 11\.51 G", next(line for line in plain if line.startswith("total")))


def test_a_table_longer_than_the_window_says_how_it_is_shorter() -> None:
    said = "70 rows: --depth 1 has a row a stage, --top 10 those that cost most"
    assert said in on_terminal("show", "resnet50", width=100)
    assert said not in run("show", "resnet50").out
    assert "rows:" not in on_terminal("show", "vgg16", "--depth", "1", width=100)
