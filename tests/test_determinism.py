"""The same call prints the same bytes, whatever seed Python's hashes have."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from command import ROOT, words_for

CODE = """
import json, sys
from symconv.cli import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["symconv", *words]
    try:
        main()
    except SystemExit as stop:
        print("exit", stop.code)
"""


def printed(calls: list[list[str]], seed: str) -> bytes:
    command = [sys.executable, "-c", CODE, json.dumps(calls)]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONHASHSEED": seed}, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_every_command_prints_the_same_under_every_hash_seed(tmp_path: Path) -> None:
    models = {name: words_for(name, tmp_path) for name in ("unet", "symbols", "two", "alexnet")}
    calls = [
        ["zoo", "resnet"],
        ["rules"],
        ["schema"],
        ["show", "nope"],
        ["total", "vgg16", "--at", "Y=3"],
        ["rules", "cnv"],
    ]
    for words in models.values():
        calls += [
            ["show", *words, "-f", "json"],
            ["show", *words, "-m", "ops"],
            ["explain", *words],
            ["growth", *words],
        ]
    calls += [
        ["claims", "alexnet"],
        ["explain", "alexnet", "307200*floor((X - 7)/8)^2"],
        ["rules", "conv", "-f", "latex"],
    ]
    calls += [["diagram", *models["unet"], "-o", str(tmp_path / "net.dot")]]
    outputs = []
    for seed in ("0", "1", "77"):
        outputs.append(printed(calls, seed) + (tmp_path / "net.dot").read_bytes())
    assert outputs[0] == outputs[1] == outputs[2]
    assert outputs[0].count(b"exit 0") == len(calls) - 3
