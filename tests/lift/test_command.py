"""The command lift, as it is called: families, siblings, members, specs, and what is wrong with a call."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command import run
from readers.onnx.graphs import model, node, saved

#: A network in which nothing is left to choose.
ALONE = """
name: alone
input: [N, 12]
layers:
  - linear: {name: out, channels: 10}
"""


def data(*words: str) -> dict:
    done = run("lift", *words, "--format", "json")
    return {**json.loads(done.out), "exit": done.code}


# -- the family --------------------------------------------------------------------------------------------------------


def test_the_family_of_a_network_has_symbols_for_depth_and_width() -> None:
    found = data("resnet50")
    assert found["is exact"] is True
    assert [(row["symbol"], row["value"]) for row in found["symbols"]] == [
        ("n1", 3), ("n2", 4), ("n3", 6), ("n4", 3), ("w", 64), ("N", 1), ("X", 224),
    ]  # fmt: skip
    assert [(r["symbol"], r["block"], r["rounds"], r["first apart"]) for r in found["repeats"]] == [
        ("n1", "layer1", 3, True), ("n2", "layer2", 4, True), ("n3", "layer3", 6, True), ("n4", "layer4", 3, True),
    ]  # fmt: skip


def test_every_class_of_numbers_stands_in_the_rows_with_its_reason() -> None:
    rows = data("resnet50")["rows"]
    last = rows[-1]
    assert (last["role"], last["value"], last["family"]) == ("head/fc1.channels", 1000, "1000")
    assert last["supposed"] == "constant: classes that come out"
    assert {row["supposed"] for row in rows[:-1]} == {"grows with w"}


def test_other_metrics_are_asked_for_by_name() -> None:
    assert set(data("bert-base", "-m", "activations,params")["totals"]) == {"activations", "params"}


def test_a_level_gives_each_role_a_symbol() -> None:
    names = [row["symbol"] for row in data("resnet50", "--level", "role")["symbols"]]
    assert names[:4] == ["n1", "n2", "n3", "n4"]
    assert {"u1", "u2", "u3", "u4"} <= set(names)
    assert "w" not in names


def test_a_role_that_is_untied_has_the_symbol_that_it_is_given() -> None:
    done = run("lift", "resnet50", "--untie", "inner=layer*/conv[12]/conv", "--at", "inner=128", "-f", "json")
    assert json.loads(done.out)["totals"]["params"] == 68_883_240  # Wide-ResNet-50-2 of torchvision


def test_a_role_that_is_tied_grows_with_the_others() -> None:
    rows = data("resnet50", "--tie", "head/fc1")["rows"]
    assert rows[-1]["supposed"] == "grows with w: tied"


def test_a_role_that_is_set_makes_another_network_and_that_is_said() -> None:
    done = run("lift", "resnet50", "--set", "head/fc1=10")
    assert done.code == 0
    assert "NOT exact  what --set says makes another network of it: at the numbers of resnet50 itself MACs" in done.out
    assert data("resnet50", "--set", "head/fc1=10", "--at", "n3=6")["totals"]["params"] == 25_557_032 - 990 * 2049


def test_a_role_that_is_set_to_its_own_number_stays_exact() -> None:
    assert data("resnet50", "--set", "head/fc1=1000")["is exact"] is True


def test_rounding_makes_the_width_a_multiplier() -> None:
    rule = "v -> make_divisible(v, 8)"
    found = data("mobilenet_v2", "--round", rule, "--at", "w=1.4")
    assert found["totals"]["params"] == int(run("total", "mobilenet_v2_1_4", "-m", "params").out)
    assert data("mobilenet_v2", "--round", rule, "--against", "mobilenet_v2_1_4")["values"]["w"] == "7/5"


@pytest.mark.parametrize("format", ["markdown", "latex", "typst", "html", "csv", "json", "table"])
@pytest.mark.parametrize("words", [(), ("--at", "n3=23"), ("--against", "wide_resnet50_2"), ("--members", "resnet101")])
def test_every_sheet_is_printed_in_every_format(format: str, words: tuple[str, ...]) -> None:
    done = run("lift", "resnet50", *words, "--format", format)
    assert done.out.strip()
    assert not done.err
    assert done.code == int("--against" in words)


# -- siblings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "at", "params"),
    [  # as torchvision and transformers publish them
        ("resnet50", "n3=23", 44_549_160),
        ("resnet50", "n2=8,n3=36", 60_192_808),
        ("densenet121", "n3=32,n4=32", 14_149_480),
        ("densenet121", "n3=36,n4=24,g=48", 28_681_000),
        ("convnext_tiny", "n3=27,w=128", 88_591_464),
        ("vgg16", "n3=4,n4=4,n5=4", 143_667_240),
        ("gpt2", "n1=48,w=1600", 1_557_611_200),
    ],
)
def test_a_sibling_has_the_published_params(model: str, at: str, params: int) -> None:
    assert data(model, "--at", at)["totals"]["params"] == params


def test_a_sibling_says_what_is_as_in_the_source_and_what_it_supposes() -> None:
    out = run("lift", "resnet50", "--at", "n3=23,w=128").out
    assert "as in resnet50  n1=3, n2=4, n4=3" in out
    assert "n3: more blocks of layer3 are like those seen (another first, then 5 alike)" in out
    assert "w: 21 widths grow with it: " in out
    assert "constant: head/fc1.channels" in out


def test_the_numbers_of_the_source_show_nothing_and_that_is_said() -> None:
    assert "nothing: these are the numbers of resnet50" in run("lift", "resnet50", "--at", "n3=6").out


def test_a_symbol_may_stay_one() -> None:
    assert "n3" in data("resnet50", "--at", "n3=n3")["totals"]["params"]


# -- other networks ----------------------------------------------------------------------------------------------------


def test_a_member_is_found_with_its_values() -> None:
    found = data("resnet50", "--against", "resnet101")
    assert (found["exit"], found["is member"]) == (0, True)
    assert found["values"] == {"n1": "3", "n2": "4", "n3": "23", "n4": "3", "w": "64"}


def test_what_a_network_refutes_is_said_by_role_and_what_it_is_without_that() -> None:
    found = data("resnet50", "--against", "wide_resnet50_2")
    assert (found["exit"], found["is member"]) == (1, False)
    assert {row["role"] for row in found["refuted"]} == {
        "layer*/main/conv1/conv.channels", "layer*/main/conv2/conv.channels",
    }  # fmt: skip
    assert found["without"]["is member"] is True
    assert found["without"]["values"]["u1"] == "128"


def test_a_network_of_another_structure_is_none_and_why() -> None:
    done = run("lift", "resnet50", "--against", "vgg16")
    assert done.code == 1
    assert "no, at no values: stage1/conv1 has kernel = 3, where the family has 7" in done.out


def test_a_stage_that_was_seen_once_is_the_reason() -> None:
    done = run("lift", "efficientnet_b0", "--against", "efficientnet_b1")
    assert done.code == 1
    assert "what the rounds after the first look like was not seen" in done.out


def test_rounding_is_offered_where_it_has_the_network() -> None:
    out = run("lift", "mobilenet_v2", "--against", "mobilenet_v2_1_4").out
    assert "--round 'v -> make_divisible(v, 8)' has it at n1=2, n2=3, n3=4, n4=3, n5=3, w=7/5" in out


def test_members_refute_confirm_or_are_none() -> None:
    done = run(
        "lift", "resnet50", "--members", "wide_resnet50_2", "--members", "resnet101", "--members", "vgg16", "-f", "json"
    )
    assert done.code == 1  # vgg16 is none
    found = json.loads(done.out)
    wide, deep, other = found["members"]
    assert wide["refutes"] == ["layer*/main/conv1/conv.channels: ×2", "layer*/main/conv2/conv.channels: ×2"]
    assert deep["confirms"] == ["n3=23: more blocks of layer3 are alike"]
    assert (wide["is member"], deep["is member"], other["is member"]) == (True, True, False)
    assert other["reason"] == "stage1/conv1 has kernel = 3, where the family has 7"


def test_a_family_with_a_further_member_predicts_others() -> None:
    found = data("resnet50", "--members", "wide_resnet50_2", "--at", "n3=23,u1=128")
    assert (found["exit"], found["totals"]["params"]) == (0, 126_886_696)  # Wide-ResNet-101-2 of torchvision


# -- a spec ------------------------------------------------------------------------------------------------------------


def test_the_family_is_written_as_a_spec_that_has_its_closed_forms(tmp_path: Path) -> None:
    path = tmp_path / "family.yaml"
    done = run("lift", "resnet50", "-o", str(path))
    assert (done.code, done.err) == (0, f"wrote {path}\n")
    text = path.read_text(encoding="utf-8")
    assert "repeat: n3" in text
    assert "description: the family of resnet50 · n1 blocks of layer1" in text
    for metric in ("params", "macs", "activations"):
        assert run("total", str(path), "-m", metric).out.strip() == str(
            data("resnet50", "-m", metric)["totals"][metric]
        )


def test_a_sibling_is_written_as_a_spec(tmp_path: Path) -> None:
    path = tmp_path / "resnet101.yaml"
    assert run("lift", "resnet50", "--at", "n3=23", "-o", str(path)).code == 0
    assert run("total", str(path), "-m", "params").out == run("total", "resnet101", "-m", "params").out


def test_a_spec_of_the_family_is_lifted_by_nobody_again(tmp_path: Path) -> None:
    path = tmp_path / "family.yml"
    run("lift", "gpt2", "-o", str(path))
    again = run("lift", str(path))
    assert (again.code, "in symbols already" in again.err) == (1, True)


# -- what is wrong -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["resnet"], 1, "has repeated blocks in symbols already"),
        (["resnet50", "--at", "n1=0"], 1, "n1 = 0 is below 1"),
        (["resnet50", "--at", "w=3/2"], 1, "w = 3/2 is a fraction"),
        (["bert-base", "--at", "w=65"], 1, "w = 65 is outside the domain w ≡ 0 (mod 64)"),
        (["resnet50", "--at", "n9=3"], 2, "the family of resnet50 has no symbol n9: its symbols are N, n1"),
        (["resnet50", "--at", "n1"], 2, "a symbol and its value are wanted"),
        (["resnet50", "--at", "n1=q("], 2, "--at n1=q("),
        (
            ["resnet50", "--untie", "haed/fc1.channels"],
            2,
            "there is no role haed/fc1.channels. did you mean head/fc1.channels?",
        ),
        (["resnet50", "--tie", "conv9"], 2, "there is no role conv9. There are head/fc1.channels"),
        (["resnet50", "--set", "head/fc1"], 2, "a role and an expression are wanted"),
        (["resnet50", "--set", "head/fc1=w*"], 2, "--set head/fc1=w*: the end where a number or a name is wanted"),
        (["resnet50", "--set", "head/fc1=k"], 2, "unknown name k"),
        (["resnet50", "--set", "head/fc1=1", "--set", "head/fc1=2"], 2, "--set gives head/fc1 twice"),
        (["resnet50", "--round", "v"], 2, "accepted is 'v -> make_divisible(v, 8)'"),
        (["resnet50", "--round", "v -> f(v)"], 2, "--round v -> f(v): f(…) is a call, which never runs"),
        (["resnet50", "--level", "layer"], 2, "'layer' is not one of"),
        (["resnet50", "-m", "mac"], 2, "unknown metric mac"),
        (["resnet50", "--against", "vgg16", "--at", "n1=2"], 2, "it takes no --at"),
        (["resnet50", "--against", "vgg16", "-o", "x.yaml"], 2, "it takes no -o"),
        (["resnet50", "-o", "family.json"], 2, "the file's name ends in .yaml"),
        (["resnet50", "--members", "resnet999"], 1, "there is no model resnet999"),
        (["resnet50", "-o", "/nowhere/family.yaml"], 1, "there is no directory /nowhere"),
    ],
)
def test_what_is_wrong_is_said(words: list[str], code: int, said: str) -> None:
    done = run("lift", *words)
    assert (done.code, said in done.err) == (code, True), done.err
    assert "Traceback" not in done.err


def test_a_network_without_repeats_and_widths_is_its_whole_family(tmp_path: Path) -> None:
    path = tmp_path / "alone.yaml"
    path.write_text(ALONE, encoding="utf-8")
    done = run("lift", str(path))
    assert done.code == 1
    assert "alone has neither blocks that repeat nor widths to choose" in done.err


def test_a_network_without_repeats_has_widths_alone() -> None:
    done = run("lift", "lenet5")
    assert done.code == 0
    assert "no block repeats, so depth is no symbol" in done.out


def test_an_operator_that_is_not_understood_is_named(tmp_path: Path) -> None:
    weights = {"a": np.ones((8, 3, 3, 3), np.float32), "b": np.ones((8, 8, 3, 3), np.float32)}
    nodes = [node("Conv", "x a", "c"), node("MyOp", "c", "o"), node("Conv", "o b", "y")]
    path = str(saved(model(nodes, [("x", ["N", 3, 32, 32])], weights=weights), tmp_path / "strange.onnx"))
    done = run("lift", path)
    assert done.code == 0
    assert "NOT exact  not understood: " in done.out
    assert "MyOp" in done.out
    assert "Traceback" not in done.err
