"""The commands about budgets, as they are called: exit codes, figures, and what is wrong with a call."""

from __future__ import annotations

import json

import pytest
from command import run


def test_a_kept_budget_exits_with_0() -> None:
    done = run("check", "resnet50", "--at", "X=224,N=1", "macs <= 4.1e9", "params <= 26e6")
    assert done.code == 0
    assert "4,089,184,256" in done.out
    assert "all kept" in done.out


def test_a_broken_budget_exits_with_1_and_the_figures() -> None:
    done = run("check", "vgg16", "--at", "X=224,N=1", "macs <= 4.1e9", "params <= 200M", "--format", "json")
    assert done.code == 1
    data = json.loads(done.out)
    assert data["kept"] is False
    assert [(row["figure"], row["kept"]) for row in data["rows"]] == [(15_470_264_320, "no"), (138_357_544, "yes")]


def test_the_largest_and_the_next() -> None:
    done = run("solve", "resnet50", "--for", "X", "--at", "N=1", "macs <= 4.1e9", "--format", "json")
    data = json.loads(done.out)
    assert (done.code, data["largest"], data["values"]) == (0, 224, "1 ≤ X ≤ 224")
    assert data["rows"][0]["at X = 224"] == 4_089_184_256


def test_infeasible_exits_with_1_and_the_reason() -> None:
    done = run("solve", "vgg16", "--for", "X", "--at", "N=1", "macs <= 1e9", "macs >= 2e9")
    assert done.code == 1
    assert "no X keeps both" in done.out


def test_no_largest_is_said() -> None:
    done = run("solve", "vgg16", "--for", "X", "--at", "N=1", "macs >= 1e9")
    assert done.code == 0
    assert "there is none: every larger one" in done.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["check", "vgg16", "macs <= 1e9"], 2, "no value for N, X"),
        (["check", "vgg16", "--at", "X=224,N=1", "macz <= 1e9"], 2, "did you mean macs"),
        (["check", "vgg16", "--at", "X=224,N=1", "macs <="], 2, "no budget"),
        (["check", "vgg16", "--at", "X=3,N=1", "macs <= 1e9"], 1, "outside the domain X ≥ 32"),
        (["check", "vgg16", "--at", "X=2.5,N=1", "macs <= 1e9"], 1, "is a fraction"),
        (["solve", "vgg16", "--for", "Y", "--at", "N=1", "macs <= 1e9"], 2, "no symbol Y"),
        (["solve", "vgg16", "--for", "X", "--at", "N=1", "params <= 1e9"], 2, "does not depend on X"),
        (["solve", "vgg16", "--for", "X", "--at", "N=1,X=3", "macs <= 1e9"], 1, "outside the domain"),
        (["solve", "vgg16", "--for", "X", "--at", "N=1,X=224", "macs <= 1e9"], 2, "takes no value"),
        (["solve", "vgg16", "--for", "X", "macs <= 1e9"], 2, "no value for N"),
        (["solve", "efficientnet", "--for", "d", "--at", "N=1,w=1,X=224", "macs <= 1e9"], 1, "positive rational"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback(words: list[str], code: int, said: str) -> None:
    done = run(*words)
    assert done.code == code, done.err
    assert said in done.err
    assert done.err.startswith("symconv: ")
    assert not done.out
