"""The command as its tests run it: in this process, on a terminal of a given width, and on specs of every kind."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import typer.main

from symconv.cli import main
from symconv.layer import LAYERS

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "docs" / "examples"
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")

#: Specs of every kind, by name.
SPECS: dict[str, str] = {
    "unet": """
name: unet
input: [N, 3, X, X]
usual: {X: 64, N: 1}
layers:
  - stage: down
    layers:
      - conv: {name: c1, channels: 8, padding: 1}
      - relu: {name: out1}
      - max_pool: 2
      - conv: {name: c2, channels: 16, padding: 1}
      - relu: {name: out2}
      - max_pool: 2
      - conv: {name: c3, channels: 32, padding: 1}
      - max_pool: {name: p3, kernel: 4}
  - stage: up
    layers:
      - conv_transpose: {name: u3, channels: 32, kernel: 4, stride: 4}
      - conv_transpose: {name: u2, channels: 16, kernel: 2, stride: 2}
      - concat: {name: j2, from: [up/u2, down/out2]}
      - conv: {name: c2, channels: 16, padding: 1}
      - conv_transpose: {name: u1, channels: 8, kernel: 2, stride: 2}
      - concat: {name: j1, from: [up/u1, down/out1]}
      - conv: {name: c1, channels: 2, kernel: 1}
""",
    "symbols": """
name: symbols
input: [N, C, X, X]
symbols: {K: kernel, P: padding, S: stride, C: channels, G: groups}
layers:
  - conv: {name: a, channels: 2*C, kernel: K, padding: P, stride: S, groups: G}
  - conv: {name: b, channels: 4*C, kernel: K, padding: (K - 1)/2}
  - relu
  - global_avg_pool
  - flatten
  - linear: 10
""",
    "one": """
name: one
input: [N, 8, L]
layers:
  - conv: {channels: 16, kernel: 5, stride: 2}
  - batch_norm
  - relu
  - avg_pool: 3
""",
    "three": """
name: three
input: [N, 1, T, X, X]
usual: {X: 112, N: 1, T: 16}
layers:
  - conv: {channels: 64, kernel: [3, 7, 7], stride: [1, 2, 2], padding: [1, 3, 3]}
  - relu
  - max_pool: 2
  - global_avg_pool
  - flatten
  - linear: 400
""",
    "two": """
name: two
inputs: {left: [N, 3, X, X], right: [N, 1, X, X]}
layers:
  - conv: {name: a, channels: 8, from: left, padding: 1}
  - conv: {name: b, channels: 8, from: right, padding: 1}
  - add: {from: [a, b]}
  - mul: {from: [add1, add1]}
""",
    "bare": """
name: bare
input: [N, 3, X, X]
layers: [{max_pool: 2}, relu, softmax]
""",
    "nothing": """
name: nothing
input: [2, 3, 8, 8]
layers: [identity]
""",
    "shared": """
name: shared
input: [N, 8, X, X]
layers:
  - stage: block
    layers:
      - conv: {name: a, channels: 8, padding: 1}
      - batch_norm
      - conv: {name: b, channels: 8, padding: 1, shares: block/a}
""",
    "valid": """
name: valid
input: [N, 3, X, X]
layers: [{conv: {channels: 8}}, {conv: {channels: 8}}, {conv: {channels: 8}}, {conv: {channels: 8}}]
""",
}

#: Sizes inside the domain of each spec and bundled model, for figures.
SIZES: dict[str, list[dict[str, int]]] = {
    "unet": [{"X": 16, "N": 1}, {"X": 48, "N": 3}],
    "symbols": [
        {"N": 2, "C": 6, "X": 23, "K": 3, "P": 1, "S": 2, "G": 3},
        {"N": 1, "C": 4, "X": 40, "K": 5, "P": 0, "S": 3, "G": 2},
    ],
    "one": [{"N": 1, "L": 9}, {"N": 4, "L": 101}],
    "three": [{"N": 1, "T": 2, "X": 3}, {"N": 2, "T": 9, "X": 50}],
    "two": [{"N": 1, "X": 1}, {"N": 3, "X": 17}],
    "bare": [{"N": 1, "X": 2}, {"N": 2, "X": 9}],
    "nothing": [{}],
    "shared": [{"N": 1, "X": 1}, {"N": 2, "X": 5}],
    "valid": [{"N": 1, "X": 9}, {"N": 3, "X": 30}],
    "alexnet": [{"N": 1, "X": 63}, {"N": 2, "X": 231}],
    "vgg/D": [{"N": 1, "X": 224}, {"N": 2, "X": 47}],
    "vgg16": [{"N": 1, "X": 224}, {"N": 2, "X": 47}],
    "vgg16_bn": [{"N": 1, "X": 224}],
    "deformed": [{"N": 1, "X": 224}, {"N": 3, "X": 7}],
}


def words_for(model: str, folder: Path) -> list[str]:
    """The words of a call that name a model: a bundled one, or one of the specs, written to the folder."""
    if model == "deformed":
        return [str(EXAMPLES / "deformed.yaml"), "--layers", str(EXAMPLES / "deform_conv.py")]
    if model not in SPECS:
        return [model]
    path = folder / f"{model}.yaml"
    path.write_text(SPECS[model], encoding="utf-8")
    return [str(path)]


class Done(NamedTuple):
    """What a call left: its exit code, what it printed and what it said."""

    code: int
    out: str
    err: str


#: Building all commands takes two thirds of a short call, and they are the same in each.
get_command = cache(typer.main.get_command)


def run(*words: str) -> Done:
    """Run the command in this process, its output a pipe; layers that it registers are forgotten."""
    before = dict(LAYERS)
    out, err = io.StringIO(), io.StringIO()
    argv = mock.patch.object(sys, "argv", ["symconv", *words])
    built = mock.patch.object(typer.main, "get_command", get_command)
    with argv, built, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
        finally:
            LAYERS.clear()
            LAYERS.update(before)
    return Done(code, out.getvalue(), err.getvalue())


def process(*words: str, env: Mapping[str, str] | None = None, **options: object) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a process of its own."""
    known: dict[str, object] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 120, **options}
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-m", "symconv", *words], env={**os.environ, **(env or {})}, cwd=ROOT, **known
    )


def on_terminal(*words: str, width: int, env: Mapping[str, str] | None = None) -> str:
    """What a terminal of this width is sent."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    clean = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR")}
    command = [sys.executable, "-m", "symconv", *words]
    env = {**clean, "TERM": "xterm-256color", **(env or {})}
    child = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env, cwd=ROOT)
    os.close(theirs)
    sent = b"".join(_received(ours))
    os.close(ours)
    assert child.wait(60) == 0, sent
    return sent.decode().replace("\r\n", "\n")


def _received(end: int) -> Iterator[bytes]:
    while True:
        try:
            part = os.read(end, 65536)
        except OSError:  # the other end was closed
            return
        if not part:
            return
        yield part
