"""Empty virtual environments of every CPython that is there, and the wheel in them."""

from __future__ import annotations

import json
import os
import platform
import re
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.installing.built import WrongError, said

PROBE = "import sys, platform; print(platform.python_implementation(), platform.python_version(), sys.base_prefix)"
#: What is installed: name, version, what it says of its licence, and its size.
INSTALLED = """
import importlib.metadata, json
from pathlib import Path
def size(d):
    paths = [Path(d.locate_file(f)) for f in d.files or ()]
    return sum(p.stat().st_size for p in paths if p.is_file() and p.suffix != ".pyc")
found = [
    {
        "name": d.metadata["Name"],
        "version": d.version,
        "expression": d.metadata["License-Expression"] or "",
        "classifiers": [c for c in d.metadata.get_all("Classifier", []) if c.startswith("License ::")],
        "licence": d.metadata["License"] or "",
        "size": size(d),
    }
    for d in importlib.metadata.distributions()
]
print(json.dumps(found))
"""


NAMED = re.compile(r"python3\.\d+$")
#: The two ways in which pip says that a package has no wheel.
LACKS = re.compile(
    r"no matching distribution(?:s available for your environment:\s+| found for )([\w.-]+)", re.IGNORECASE
)


class NoWheelError(WrongError):
    """A package, which its text names, has no wheel for a Python."""


@dataclass(frozen=True)
class Python:
    """An interpreter, and its version 3.13.0."""

    path: Path
    version: str

    @property
    def minor(self) -> str:
        """Its version as a classifier says it, 3.13."""
        return ".".join(self.version.split(".")[:2])


def this() -> Python:
    """The one that runs this."""
    return Python(Path(sys.executable), platform.python_version())


def pythons() -> list[Python]:
    """Every CPython that is found: the one that runs this, those of PYTHONS, on the path, and of pyenv."""
    places = [*os.environ["PATH"].split(os.pathsep), "/usr/bin"]
    paths = [sys.executable, *os.environ.get("PYTHONS", "").split()]
    paths += [str(p) for place in places for p in sorted(Path(place).glob("python3.[0-9]*")) if NAMED.match(p.name)]
    paths += [str(p) for p in sorted((Path.home() / ".pyenv" / "versions").glob("*/bin/python3"))]
    found: dict[str, Python] = {}
    for path in paths:
        answer = subprocess.run([path, "-c", PROBE], capture_output=True, text=True)
        kind, version, *_ = (*answer.stdout.split(), "", "")
        if kind == "CPython":
            found.setdefault(version, Python(Path(path), version))
    return sorted(found.values(), key=lambda p: [int(n) for n in re.findall(r"\d+", p.version)])


@dataclass(frozen=True)
class Environment:
    """A virtual environment in which the wheel is, what that brought along, and nothing else."""

    folder: Path
    python: Python
    #: What the installation took of a processor, in seconds.
    seconds: float

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    def run(self, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment; no other is on its path, the system's Graphviz neither."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV", "KERAS", "PIP_"))}
        env = {**kept, "PATH": str(self.bin), "HOME": str(self.folder), "MPLCONFIGDIR": str(self.folder)}
        program = [str(self.bin / words[0]), *words[1:]]
        return subprocess.run(program, cwd=cwd, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)

    def installed(self) -> list[dict[str, Any]]:
        """The packages in it, symconv left out, each with what its metadata say of it."""
        found: list[dict[str, Any]] = json.loads(said(self.bin / "python", "-I", "-c", INSTALLED))
        return sorted((d for d in found if d["name"] != "symconv"), key=lambda d: d["name"].lower())

    def times(self, cwd: Path, runs: int = 5) -> tuple[float, float, float]:
        """How long `import symconv`, `symconv --version` and `symconv show vgg/D` keep a processor busy."""
        commands = (("python", "-c", "import symconv"), ("symconv", "--version"), ("symconv", "show", "vgg/D"))
        least = []
        for words in commands:
            taken = []
            for _ in range(runs):
                begin = processor()
                self.run(*words, cwd=cwd)
                taken.append(processor() - begin)
            least.append(min(taken))
        return least[0], least[1], least[2]


def processor() -> float:
    """How long programs that have ended kept a processor busy, in seconds, which says the same on a busy machine."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def environment(python: Python, wheel: Path, folder: Path, extras: str = "", *more: str) -> Environment:
    """An empty environment, and in it the wheel with its extras, and without pip, which nothing of it needs.

    Only wheels are taken. Raises NoWheelError where a package has none for this Python; pip would look for a compiler.
    """
    said(python.path, "-m", "venv", "--clear", folder)
    pip = (folder / "bin" / "python", "-I", "-m", "pip", "--disable-pip-version-check")
    said(*pip, "uninstall", "--quiet", "--yes", "setuptools")
    begin = processor()
    named = f"symconv[{extras}]" if extras else "symconv"
    lazily = ["--no-compile"] if extras else []  # hundreds of megabytes, of which little is used
    try:
        said(*pip, "install", "--only-binary", ":all:", *lazily, f"{named} @ {wheel.as_uri()}", *more)
    except WrongError as wrong:
        lacks = LACKS.search(str(wrong))
        raise (NoWheelError(lacks[1]) if lacks else wrong) from wrong
    seconds = processor() - begin
    said(*pip, "check")
    said(*pip, "uninstall", "--quiet", "--yes", "pip")
    return Environment(folder, python, seconds)


def refused(python: Python, wheel: Path, folder: Path) -> None:
    """A Python that is too old is told so by pip."""
    said(python.path, "-m", "venv", "--clear", folder)
    command = [folder / "bin" / "python", "-I", "-m", "pip", "install", "--quiet", "--no-deps", wheel]
    done = subprocess.run(command, capture_output=True, text=True)
    if not done.returncode or "requires a different Python" not in done.stderr:
        raise WrongError(f"Python {python.version} is not refused: {done.stdout}{done.stderr}")
