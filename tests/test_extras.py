"""What is said where the package of an extra is not installed: the extra's name, whichever command needs it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command import run

from symconv.errors import ModelError
from symconv.readers.keras import named
from symconv.reconciling import reconcile
from symconv.verifying import onnx as runs
from symconv.verifying import verify

SOURCES = {"torch": "torchvision:resnet18", "onnx": "conv.onnx", "keras": "keras:MobileNet"}
COMMANDS = ("show", "total", "explain", "growth", "rates", "lift", "diagram", "reconcile", "verify")
CASES = [(c, e) for c in COMMANDS for e in SOURCES if c != "verify" or e == "torch"]


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the packages can be imported or found."""
    for name in ("torch", "torchvision", "onnx", "keras"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(named, "find_spec", lambda name: None)


@pytest.mark.usefixtures("missing")
@pytest.mark.parametrize(("command", "extra"), CASES)
def test_a_model_without_its_package_names_the_extra(command: str, extra: str, tmp_path: Path) -> None:
    words = ("-o", str(tmp_path / "out.svg")) if command == "diagram" else ("X",) if command == "explain" else ()
    done = run(command, SOURCES[extra], *words)
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
    assert f"pip install 'symconv[{extra}]'" in done.err


@pytest.mark.usefixtures("missing")
def test_the_rules_of_operators_name_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "symconv.readers.torch.states", None)
    done = run("rules", "--torch")
    assert (done.code, done.out) == (1, "")
    assert "pip install 'symconv[torch]'" in done.err


def test_verify_names_its_own_extra_which_brings_onnx_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "onnx", None)
    done = run("verify", "conv.onnx")
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "pip install 'symconv[verify]'" in done.err


@pytest.mark.usefixtures("missing")
@pytest.mark.parametrize("question", [verify, reconcile])
def test_what_is_taken_for_a_module_names_the_extra_too(question: Callable[[object], object]) -> None:
    with pytest.raises(ModelError, match=r"symconv\[torch\]"):
        question(42)


def test_keras_without_anything_to_run_on_is_told_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named, "find_spec", lambda name: True if name == "keras" else None)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    done = run("show", "keras:MobileNet")
    assert (done.code, done.out) == (1, "")
    assert "none of tensorflow, jax, torch" in done.err
    assert "symconv[keras]" in done.err
