"""Every fenced block of the documentation is run, each kind in its own way; a kind that nobody runs is an error.

Console blocks are run in test_docs, and so is the comparison of a block with the file that it shows. Doctests pytest
collects from the pages by itself: here it is checked that it does. All others run here.
"""

from __future__ import annotations

import doctest
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_docs import CONSOLE, FILE, PAGES, ROOT, TORCH

import symconv as sc

FENCE = re.compile(r"^(?P<indent> *)(?P<fence>```+|~~~+)(?P<info>.*)$")
#: The pages that docs/conftest.py leaves out where these packages are not installed.
WITH_PACKAGES = {"torch.md", "reconcile.md", "keras.md"}
#: What other programs printed, written with its figures by the benchmarks: no code.
OUTPUT_OF_OTHERS = {"side-by-side.md"}


@dataclass(frozen=True)
class Block:
    """A fenced block: its page, the line that it begins in, what stands behind the fence, and its lines."""

    page: Path
    line: int
    info: str
    text: str

    @property
    def kind(self) -> str:
        return self.info.split()[0] if self.info.split() else ""

    @property
    def source(self) -> str:
        """The whole page."""
        return self.page.read_text(encoding="utf-8")

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    """The fenced blocks of a page, indented ones too."""
    found: list[Block] = []
    opened: tuple[int, str, str] | None = None
    body: list[str] = []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        fence = FENCE.match(line)
        if opened is None and fence:
            opened, body = (number, fence["info"].strip(), fence["fence"]), []
        elif opened and fence and fence["fence"].startswith(opened[2]) and not fence["info"].strip():
            found.append(Block(page, opened[0], opened[1], "\n".join(body) + "\n"))
            opened = None
        else:
            body.append(line)
    assert opened is None, f"{page.name}: the block of line {opened and opened[0]} has no end"
    return found


BLOCKS = [block for page in PAGES for block in blocks_of(page)]


def console(block: Block, folder: Path) -> None:
    assert block.text in CONSOLE.findall(block.source), "test_docs does not see it"
    assert block.text.startswith("$ symconv "), "a console block begins with a command"


def python(block: Block, folder: Path) -> None:
    if ">>>" in block.text:
        assert doctest.DocTestParser().get_examples(block.text), "no example is found in it"
        assert block.page.parent in (ROOT, ROOT / "docs"), "pytest collects no doctests there"
        return
    code = compile(block.text, str(block), "exec")
    if " file=" not in block.info:
        with pytest.MonkeyPatch.context() as patch:
            exec(code, NEEDS[block.page.name](patch, folder))


def shell(block: Block, folder: Path) -> None:
    """Commands of the Makefile: that they are there, not what they do, which the gate runs."""
    for line in block.text.splitlines():
        words = line.partition("#")[0].split()
        assert words[0] == "make", "only make is called"
        subprocess.run([words[0], "--dry-run", *words[1:]], cwd=ROOT, check=True, capture_output=True)


def as_yaml(block: Block, folder: Path) -> None:
    """A spec, claims, or a convention: what it is read as."""
    given = yaml.safe_load(block.text)
    if "layers" in given:
        assert sc.parse_spec(block.text).network().cost("macs")
    elif "weights" in given:
        path = folder / "convention.yaml"
        path.write_text(block.text, encoding="utf-8")
        assert sc.load("alexnet").cost(sc.read_convention(path))
    else:
        assert list(given) == ["claims"]
        for claim in given["claims"]:
            assert sc.check_claim(sc.load("vgg16"), claim).holds


def c(block: Block, folder: Path) -> None:
    """Lines that call an exported function: what they print is in their comment."""
    gcc = shutil.which("gcc")
    if gcc is None:
        pytest.skip("no gcc")
    heads = "#include <inttypes.h>\n#include <stdio.h>\n"
    functions = sc.code(sc.load("resnet50"), "macs", "c")
    path = folder / "calls.c"
    path.write_text(f"{heads}{functions}\nint main(void) {{\n{block.text}return 0;\n}}\n", encoding="utf-8")
    subprocess.run([gcc, "-std=c99", "-Wall", "-Werror", path, "-o", folder / "calls"], check=True)
    printed = subprocess.run([folder / "calls"], check=True, capture_output=True, text=True).stdout
    assert f"/* {printed.strip()} */" in block.text


def text(block: Block, folder: Path) -> None:
    assert block.page.name in OUTPUT_OF_OTHERS, "a block without a language runs nowhere: say what it is"


def as_json(block: Block, folder: Path) -> None:
    json.loads(block.text)


RUN: dict[str, Callable[[Block, Path], None]] = {
    "console": console,
    "python": python,
    "sh": shell,
    "yaml": as_yaml,
    "json": as_json,
    "c": c,
    "text": text,
}


def on_a_cluster(patch: pytest.MonkeyPatch, folder: Path) -> dict[str, Any]:
    """A design space, and workers of this machine where the page names a cluster's."""
    pytest.importorskip("distributed")
    from symconv.sweeps import cluster
    from symconv.sweeps.parts import write

    patch.chdir(folder)
    local = cluster.on_dask("local", 1)
    patch.setattr(cluster, "on_dask", lambda where: local)
    return {"write": write, "space": sc.design_space(sc.load("vgg16"), ["macs"], X=[32, 64], N=1)}


#: What the Python of a page is run with, where it is no doctest.
NEEDS: dict[str, Callable[[pytest.MonkeyPatch, Path], dict[str, Any]]] = {"sweeps.md": on_a_cluster}


@pytest.mark.parametrize(
    "block",
    [pytest.param(b, marks=pytest.mark.torch) if b.page.name in TORCH else b for b in BLOCKS],
    ids=str,
)
def test_every_block_runs(block: Block, tmp_path: Path) -> None:
    assert block.kind in RUN, f"{block}: nobody runs a block of {block.kind or 'no language'}"
    RUN[block.kind](block, tmp_path)


def test_a_block_that_shows_a_file_is_compared_with_it() -> None:
    for block in BLOCKS:
        if " file=" in block.info:
            name = block.info.split("file=")[1]
            assert (name, block.text) in FILE.findall(block.source)
            assert name.removesuffix(".py").rpartition("/")[2] in "".join(CONSOLE.findall(block.source)), (
                f"{block}: no command of its page uses {name}"
            )


def test_pytest_collects_the_doctests_of_every_page() -> None:
    wanted = {block.page.name for block in BLOCKS if block.kind == "python" and ">>>" in block.text}
    asked = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "-m", ""]
    listed = subprocess.run([*asked, "docs", "README.md"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    collected = {Path(line.partition("::")[0].partition(":")[0]).name for line in listed.splitlines() if ".md" in line}
    assert wanted - collected <= WITH_PACKAGES
