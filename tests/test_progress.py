"""Progress on standard error: on a terminal alone, after a second, gone at the end; nothing on standard output."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from command import ROOT, _received

from symconv.cli import progress as module
from symconv.cli.progress import progress, watched


class Screen(io.StringIO):
    """A terminal that keeps what it is sent."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _somebody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TERM": "xterm-256color", "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)
    for name in ("CI", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


def wait(until: Callable[[], bool]) -> None:
    begin = time.monotonic()
    while not until():
        assert time.monotonic() - begin < 20
        time.sleep(0.01)


def test_work_that_takes_long_is_shown_with_its_steps_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AFTER", 0)
    with contextlib.redirect_stderr(Screen()) as screen, progress("reading x\x1b[31m[red]") as work:
        for number in work.each(range(3)):
            wait(lambda: f"{number}/3" in screen.getvalue())  # noqa: B023
    sent = screen.getvalue()
    assert r"reading x\x1b[31m[red]" in sent
    assert sent.count("\x1b[?25l") == sent.count("\x1b[?25h") == 1, "the cursor is there again"
    assert sent.endswith("\x1b[2K"), "the line is erased"


def test_work_that_is_done_within_a_second_shows_nothing() -> None:
    with contextlib.redirect_stderr(Screen()) as screen, progress("quick"):
        pass
    assert screen.getvalue() == ""


def test_an_error_takes_the_bar_away_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AFTER", 0)

    def interrupted() -> None:
        with progress("long"):
            wait(lambda: "long" in screen.getvalue())
            raise KeyboardInterrupt

    with contextlib.redirect_stderr(Screen()) as screen, pytest.raises(KeyboardInterrupt):
        interrupted()
    assert screen.getvalue().count("\x1b[?25h") == 1


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"TERM": "xterm", "CI": "true"}])
def test_nobody_watches_a_job_of_a_server_or_a_terminal_that_cannot_go_back(env: dict[str, str]) -> None:
    assert watched(Screen(), {"TERM": "xterm"})
    assert not watched(Screen(), env)
    assert not watched(io.StringIO(), {"TERM": "xterm"})


AT_ONCE = """
import sys, time
from symconv.cli import main, progress
from symconv.readers import catalogue
progress.AFTER = 0
find = catalogue.find
catalogue.find = lambda name: time.sleep(1) or find(name)
sys.argv = ["symconv", "show", "vgg16"]
try:
    main()
finally:
    print("bars" if "rich.progress" in sys.modules else "no bars")
"""


def run(stderr: int) -> subprocess.Popen[bytes]:
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen([sys.executable, "-c", AT_ONCE], stdout=subprocess.PIPE, stderr=stderr, env=env, cwd=ROOT)


def test_standard_output_is_the_same_byte_for_byte_and_a_pipe_imports_no_bars() -> None:
    out, err = run(subprocess.PIPE).communicate(timeout=120)
    assert err == b""
    ours, theirs = pty.openpty()
    shown = run(theirs)
    os.close(theirs)
    sent = b"".join(_received(ours))
    os.close(ours)
    also, _ = shown.communicate(timeout=120)
    assert b"reading vgg16" in sent
    assert out.endswith(b"no bars\n")
    assert also == out.removesuffix(b"no bars\n") + b"bars\n"
