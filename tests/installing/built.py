"""The sdist and the wheel, built from the files of the repository, and what is in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


class WrongError(Exception):
    """What does not hold of the packages or of what they are installed in."""


@dataclass(frozen=True)
class Built:
    """An sdist, and the wheel that is built from it."""

    sdist: Path
    wheel: Path


def said(*words: str | Path) -> str:
    """What a program prints that is run at the root, without a PYTHONPATH; it has to succeed."""
    command = [str(word) for word in words]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise WrongError(f"{' '.join(command)} gave {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def sources() -> list[str]:
    """The files of the repository as they are now, without what git ignores."""
    names = said("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


def build(out: Path, again: bool) -> Built:
    """Build both into `out`, and with `again` a wheel from the tree too, which has to hold the same.

    The tree is a copy of the repository's files, for setuptools takes up what earlier builds left beside them.
    """
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        for name in sources():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tree / name)
        for old in out.glob("symconv-*"):
            old.unlink()
        said(sys.executable, "-m", "build", "--outdir", out, tree)
        (sdist,), (wheel,) = out.glob("*.tar.gz"), out.glob("*.whl")
        inside(wheel)
        beside(sdist)
        if again:
            said(sys.executable, "-m", "build", "--wheel", "--outdir", folder, tree)
            if contents(wheel) != contents(Path(folder) / wheel.name):
                raise WrongError("the wheel of the sdist and the wheel of the tree differ")
    return Built(sdist, wheel)


def contents(wheel: Path) -> dict[str, bytes]:
    """The files of a wheel."""
    with zipfile.ZipFile(wheel) as opened:
        return {name: opened.read(name) for name in opened.namelist() if not name.endswith("/")}


def inside(wheel: Path) -> None:
    """The wheel holds the package and its specs, byte for byte, the licences, and nothing else."""
    package = [name for name in sources() if name.startswith(("symconv/", "specs/"))]
    wanted = {name.replace("specs/", "symconv/specs/", 1) if name[:2] == "sp" else name: name for name in package}
    found = {name: text for name, text in contents(wheel).items() if ".dist-info/" not in name}
    if missing := sorted(wanted.keys() - found.keys()):
        raise WrongError(f"the wheel has no {', '.join(missing)}")
    if stray := sorted(found.keys() - wanted.keys()):
        raise WrongError(f"the wheel has {', '.join(stray)}, which is not part of the package")
    if other := [name for name, text in found.items() if text != (ROOT / wanted[name]).read_bytes()]:
        raise WrongError(f"the wheel has another {', '.join(other)} than the tree")
    licences = {name.split("/licenses/")[1] for name in contents(wheel) if "/licenses/" in name}
    if licences != {"LICENSE", "symconv/writers/pictures/fonts/LICENSE_DEJAVU"}:
        raise WrongError(f"the licences in the wheel are {', '.join(sorted(licences)) or 'none'}")


def beside(sdist: Path) -> None:
    """The sdist holds what the wheel is built from and the source of its script, and no half of the tests."""
    with tarfile.open(sdist) as opened:
        names = {member.name.partition("/")[2] for member in opened.getmembers() if member.isfile()}
    source = [name for name in sources() if name.startswith(("symconv/", "specs/", "page/src/"))]
    if missing := sorted({*source, "LICENSE", "README.md", "pyproject.toml", "page/package.json"} - names):
        raise WrongError(f"the sdist has no {', '.join(missing)}")
    if stray := sorted(name for name in names if name.startswith(("tests/", "docs/", ".", "page/node_modules/"))):
        raise WrongError(f"the sdist has {', '.join(stray)}")
