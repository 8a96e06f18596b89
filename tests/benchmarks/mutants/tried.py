"""Whether the tests tell a mutant from the module: a forked child of a warm process for each.

The parent has everything imported but symconv and the tests; a child puts the mutated source in the place of the
module and runs test files, those first that told most mutants apart, until one fails. A test that takes five times the
processor time that it takes over the module as it is, and five seconds, ends it as well: mutants that loop are told
apart by that.
"""

from __future__ import annotations

import gc
import importlib
import importlib.abc
import importlib.util
import json
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final

import pytest

from tests.benchmarks.mutants.made import Mutant

#: What the tests import, apart from symconv; what is not installed is left out.
WARM: Final = (
    "hypothesis",
    "hypothesis.strategies",
    "sympy",
    "networkx",
    "numpy",
    "islpy",
    "pydantic",
    "yaml",
    "rich.console",
    "rich.table",
    "typer.testing",
    "graphviz",
    "pygraphviz",
    "jsonschema",
    "matplotlib.pyplot",
    "pyarrow",
    "coverage",
)

FACTOR: Final = 5
SECONDS: Final = 5
MEMORY: Final = 6 << 30


@dataclass(frozen=True)
class Clean:
    """A test file over the modules as they are: its processor time, that of each test, and the lines that it runs."""

    file: str
    seconds: float
    tests: dict[str, float]
    lines: dict[str, frozenset[int]]


@dataclass(frozen=True)
class Outcome:
    """`killed` or `timeout` by a test file, or `survived`."""

    what: str
    by: str
    seconds: float


class Fast:
    """Hypothesis without what only explains a failure: as many examples, none of them shrunk or stored; the fastest
    tests first, each timed, and ended where it takes too long."""

    def __init__(self, known: Mapping[str, float] | None = None) -> None:
        self.known = known
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self) -> None:
        from hypothesis import Phase, settings

        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutants", settings(), phases=phases, database=None, report_multiple_bugs=False)
        settings.load_profile("mutants")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        known = self.known or {}
        items.sort(key=lambda item: known.get(item.nodeid, 0))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        if self.known is not None:
            limit(self.known.get(item.nodeid, 0))
        start = time.process_time()
        result = yield
        self.seconds[item.nodeid] = time.process_time() - start
        return result


def limit(seconds: float) -> None:
    """End the process in five times as many seconds and five, of its own or ten times as many by the clock."""
    signal.setitimer(signal.ITIMER_PROF, FACTOR * seconds + SECONDS)  # its default action ends the process
    signal.alarm(int(10 * (FACTOR * seconds + SECONDS)))


class Mutated(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds one module, with another source than its file has."""

    def __init__(self, name: str, path: Path, source: str) -> None:
        self.name, self.path, self.source = name, str(path), source

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        return importlib.util.spec_from_file_location(name, self.path, loader=self) if name == self.name else None

    def get_source(self, name: str) -> str:
        return self.source

    def get_code(self, name: str) -> CodeType:
        return compile(self.source, self.path, "exec", dont_inherit=True)

    def get_filename(self, name: str) -> str:
        return self.path


def warm() -> None:
    """Import what the tests need, so that no child has to."""
    for name in WARM:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    assert not any(name.split(".")[0] == "symconv" for name in sys.modules), (
        "symconv is imported: no mutant of it would be"
    )
    gc.collect()
    gc.freeze()


def clean(file: str, modules: Sequence[Path]) -> Clean:
    """Run a test file over the modules as they are.

    Raises SystemExit where it fails.
    """
    report = _in_child(lambda write: _cleanly(file, modules, write))
    if not report.lines:
        raise SystemExit(f"{file} fails over the modules as they are")
    found = json.loads(report.lines[0])
    lines = {name: frozenset(numbers) for name, numbers in found["lines"].items()}
    return Clean(file, found["seconds"], found["tests"], lines)


def tried(mutant: Mutant, path: Path, files: Sequence[Clean], kills: Counter[tuple[str, str]]) -> Outcome:
    """Run the files over a mutant until one fails, those first that killed most mutants of the module a second."""

    def promise(clean: Clean) -> float:
        return -(1 + kills[mutant.module, clean.file]) / (0.3 + clean.seconds)

    start = time.perf_counter()
    report = _in_child(lambda write: _mutated(mutant, path, sorted(files, key=promise), write))
    seconds = time.perf_counter() - start
    by = report.lines[-1] if report.lines else ""
    if report.status == 0:
        return Outcome("survived", "", seconds)
    kills[mutant.module, by] += 1
    late = os.WIFSIGNALED(report.status) and os.WTERMSIG(report.status) in (signal.SIGPROF, signal.SIGALRM)
    return Outcome("timeout" if late else "killed", by, seconds)


@dataclass(frozen=True)
class _Report:
    status: int
    lines: list[str]


def _in_child(work: Any) -> _Report:
    """What a forked child writes, and the status with which it ends."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.close(reading)
            os.setsid()
            silence = os.open(os.devnull, os.O_RDWR)
            for stream in range(3):
                os.dup2(silence, stream)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            status = work(lambda line: os.write(writing, f"{line}\n".encode()))
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        lines = pipe.read().splitlines()
    return _Report(os.waitpid(child, 0)[1], lines)


def _passes(file: str, plugin: Fast) -> bool:
    code = pytest.main([file, "-x", "--tb=no", "-p", "no:cacheprovider"], plugins=[plugin])
    return code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def _cleanly(file: str, modules: Sequence[Path], write: Any) -> int:
    import coverage

    measured = coverage.Coverage(data_file=None, include=[str(m) for m in modules])
    start = time.process_time()
    measured.start()
    plugin = Fast()
    passes = _passes(file, plugin)
    measured.stop()
    seconds = time.process_time() - start
    if passes:
        data = measured.get_data()
        lines = {m.stem: sorted(data.lines(str(m)) or ()) for m in modules}
        write(json.dumps({"seconds": seconds, "tests": plugin.seconds, "lines": lines}))
    return 0


def _mutated(mutant: Mutant, path: Path, files: Sequence[Clean], write: Any) -> int:
    sys.meta_path.insert(0, Mutated(f"symconv.{mutant.module}", path, mutant.source))
    write("its import")
    limit(0)
    importlib.import_module(f"symconv.{mutant.module}")  # before pytest would, which reads the file
    for clean in files:
        write(clean.file)
        limit(clean.seconds)
        if not _passes(clean.file, Fast(clean.tests)):
            return 1
    return 0
