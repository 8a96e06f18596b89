"""Build the packages, install them where nothing else is, and see that they work.

    python -m tests.installing wheel     the wheel in an empty environment of this Python (make wheel)
    python -m tests.installing           all of it, and the tables of docs/packaging.md (make package)

PYTHONS names interpreters that are not found by themselves, ADVISORIES a checkout of PyPA's advisory-database.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.__main__ import write
from tests.installing.audit import audit
from tests.installing.built import ROOT, Built, WrongError, build, said
from tests.installing.environment import Environment, NoWheelError, Python, environment, pythons, refused, this
from tests.installing.licences import bill, rows
from tests.installing.lowest import bounds, lowest
from tests.installing.uses import USES, plainly, with_extras, without_extras

OUT: Final = ROOT / "out" / "package"
PAGE: Final = ROOT / "docs" / "packaging.md"
EXTRAS: Final = tuple(dict.fromkeys(use.extra for use in USES))
#: The build of torch that the tests use: newer ones bring gigabytes for graphics cards.
MORE: Final = {"torch": ("torch==2.13.0",)}


def main(words: Sequence[str]) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="symconv-") as name:
        try:
            (alone if words == ["wheel"] else everything)(Path(name))
        except WrongError as wrong:
            sys.exit(str(wrong))


def alone(folder: Path) -> None:
    """The packages are built, and the wheel works in an empty environment of this Python."""
    built = build(OUT, again=False)
    env = environment(this(), built.wheel, folder / "env")
    plainly(env, folder / "work")
    tell(f"Python {env.python.version} installs it in {env.seconds:.0f} s, shows a network, draws it, writes its page")


def everything(folder: Path) -> None:
    """The packages, every CPython, every extra by itself, licences, a bill of materials, lowest versions."""
    built = build(OUT, again=True)
    said(sys.executable, "-m", "twine", "check", "--strict", built.sdist, built.wheel)
    tell(", ".join(f"{path.name} {path.stat().st_size / 1e6:.2f} MB" for path in (built.sdist, built.wheel)))
    with (ROOT / "pyproject.toml").open("rb") as file:
        named = [c.rpartition(" :: ")[2] for c in tomllib.load(file)["project"]["classifiers"] if "Python :: 3." in c]
    least = int(named[0].partition(".")[2])
    found = pythons()
    new = [p for p in found if int(p.minor.partition(".")[2]) >= least]
    for python in [p for p in found if p not in new][-1:]:
        refused(python, built.wheel, folder / "env")
        tell(f"Python {python.version} is too old, and pip says so")
    if missing := [minor for minor in named if minor not in {p.minor for p in new}]:
        tell(f"not on this machine, though the classifiers name it: Python {', '.join(missing)}")

    tried = [on(python, built, folder) for python in new]
    put("pythons", ["CPython", "alone", "with extras", "installing", "import", "`--version`", "`show vgg/D`"], tried)
    packages = each_extra(built, folder)
    plain = {p["name"] for p in packages[""]}
    weighed = []
    for extra, brought in packages.items():
        more = [p for p in brought if not extra or p["name"] not in plain]
        weighed.append([f"`symconv[{extra}]`" if extra else "`symconv`", str(len(more)), megabytes(more)])
    put("extras", ["installed", "packages", "MB"], weighed)
    put("licences", ["package", "version", "licence", "MB", "comes with"], rows(packages))

    versions = {p["name"]: p["version"] for brought in packages.values() for p in brought}
    known, asked = audit(versions, folder)
    tell(f"known vulnerabilities of {len(versions)} packages, by {asked}: {'; '.join(known) or 'none'}")
    tell("the tests with every dependency at its lowest …")
    used, ended = lowest(this(), folder)
    tell(ended)
    put("lowest", ["dependency", "lowest", "tested with"], [[n, bound, used[n]] for n, bound in bounds().items()])
    if known:
        raise WrongError("a package with a known vulnerability comes along")


def on(python: Python, built: Built, folder: Path) -> list[str]:
    """On one CPython: what needs no extra, then the extras together but torch, of which there is one build."""
    env = environment(python, built.wheel, folder / "env")
    plainly(env, folder / "work")
    times = [f"{seconds:.2f} s" for seconds in env.times(folder / "work")]
    installed = f"{env.seconds:.0f} s"
    env, extras, lacking = with_those_there(python, built, folder)
    with_extras(env, folder / "work", extras)
    without = "".join(f"; {package} has no wheel: not {extra}" for extra, package in lacking.items())
    tell(f"Python {python.version}: without extras and with {', '.join(extras)}{without}; installed in {installed}")
    clear(folder)
    return [python.version, "works", f"works{without}", installed, *times]


def with_those_there(python: Python, built: Built, folder: Path) -> tuple[Environment, list[str], dict[str, str]]:
    """All extras but torch in one environment, those in it, and of the rest the package without a wheel."""
    extras = [extra for extra in EXTRAS if extra != "torch"]
    lacking: dict[str, str] = {}
    try:
        return environment(python, built.wheel, folder / "env", ",".join(extras)), extras, lacking
    except NoWheelError:
        for extra in extras:
            try:
                environment(python, built.wheel, folder / "env", extra)
            except NoWheelError as wrong:
                lacking[extra] = str(wrong)
    extras = [extra for extra in extras if extra not in lacking]
    return environment(python, built.wheel, folder / "env", ",".join(extras)), extras, lacking


def each_extra(built: Built, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Each extra by itself on this Python, none of them at first: what it brings, with a bill of materials."""
    packages: dict[str, list[dict[str, Any]]] = {}
    for extra in ("", *EXTRAS):
        env = environment(this(), built.wheel, folder / "env", extra, *MORE.get(extra, ()))
        if extra:
            with_extras(env, folder / "work", [extra])
        else:
            plainly(env, folder / "work")
            without_extras(env, folder / "work")
        packages[extra] = env.installed()
        listed = bill(env, OUT / f"sbom{'-' if extra else ''}{extra}.cdx.json")
        tell(f"{extra or 'no extra'}: works by itself, {listed} packages in the bill of materials")
        clear(folder)
    return packages


def put(table: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table between its marks in the page."""
    lines = [columns, ["---"] * len(columns), *rows]
    text = "\n".join(f"| {' | '.join(row)} |" for row in lines)
    write(PAGE, f"<!-- {table}: begin -->", text, f"<!-- {table}: end -->")


def megabytes(packages: Iterable[dict[str, Any]]) -> str:
    return f"{sum(p['size'] for p in packages) / 1e6:.0f}"


def clear(folder: Path) -> None:
    for name in ("env", "work"):
        shutil.rmtree(folder / name, ignore_errors=True)


def tell(line: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {line}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
