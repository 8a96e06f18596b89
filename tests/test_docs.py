"""Every block of the documentation runs, and shows what symconv says today.

Python blocks with >>> are doctests, collected by pytest itself. Console blocks are run here: each `$ symconv …` line in
the page's own folder, and what follows it is compared. `UPDATE_DOCS=1` rewrites what the pages show.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from command import run

import symconv as sc

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^```\w+ file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)#\s]+)(#[^)\s]*)?\)")
PRETTY = {
    "show",
    "total",
    "explain",
    "growth",
    "check",
    "solve",
    "compare",
    "claims",
    "rules",
    "zoo",
    "sweep",
    "scale",
    "rates",
    "whatif",
    "verify",
    "certify",
    "check-certificate",
    "reconcile",
    "lift",
}
#: Pages whose commands need torch.
TORCH = {"torch.md", "reconcile.md"}


def ran(line: str, folder: Path, out: Path) -> str:
    """What a `symconv` command prints on a terminal, standard error after standard output."""
    words = shlex.split(line, comments=True)
    assert words[0] == "symconv", f"only symconv runs in the docs, not {words[0]}"
    words = [str(out / w) if before == "-o" or (out / w).is_file() else w for before, w in zip(["", *words], words)]
    pretty = words[1] in PRETTY and not {"-f", "--format", "--ascii"} & set(words)
    words = [*words[1:], *(["--no-ascii"] if pretty else [])]
    if "torch:examples.tiny:Tiny" in words:  # found where Python begins
        command = [sys.executable, "-m", "symconv", *words]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
        said = done.stdout + done.stderr
    else:
        with contextlib.chdir(folder):
            said = "".join(run(*words)[1:])
    return said.replace(f"{out}{os.sep}", "")


def shown(block: str, folder: Path, out: Path) -> str:
    """The block as it should be: every command with what it prints."""
    lines = [line for line in block.splitlines() if line.startswith("$ ")]
    parts = [f"{line}\n{ran(line[2:], folder, out)}" for line in lines]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


@pytest.mark.parametrize(
    "page",
    [pytest.param(p, marks=pytest.mark.torch) if p.name in TORCH else p for p in PAGES],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_every_command_of_a_page_prints_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    blocks = CONSOLE.findall(text)
    for block in blocks:
        now = shown(block, page.parent, tmp_path)
        if os.environ.get("UPDATE_DOCS"):
            text = text.replace(f"```console\n{block}```", f"```console\n{now}```")
        else:
            assert squeezed(block) == squeezed(now)
    if os.environ.get("UPDATE_DOCS"):
        page.write_text(text, encoding="utf-8")


def squeezed(block: str) -> list[str]:
    return [line.rstrip() for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_file_that_a_page_shows_is_the_file(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name, body in FILE.findall(text):
        now = (page.parent / name).read_text(encoding="utf-8")
        if os.environ.get("UPDATE_DOCS"):
            text = text.replace(f"file={name}\n{body}```", f"file={name}\n{now}```")
            page.write_text(text, encoding="utf-8")
        else:
            assert body == now


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_inside_the_docs_leads_somewhere(page: Path) -> None:
    for target, anchor in links(page):
        if "://" in target:
            continue
        found = (page.parent / target).resolve()
        assert found.exists(), f"{page.name} links to {target}, which is not there"
        if anchor and found.suffix == ".md":
            assert anchor[1:] in anchors(found), f"{page.name} links to {target}{anchor}, a heading that is not there"


def links(page: Path) -> list[tuple[str, str]]:
    """The links of a page, those that only look like one in its code left out."""
    return LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8")))


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


def test_every_page_of_the_docs_is_reached_from_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    reached, todo = set(), [index]
    while todo:
        page = todo.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        targets = [t for t, _ in links(page) if "://" not in t]
        todo += [(page.parent / t).resolve() for t in targets]
    assert set(PAGES) - {ROOT / "README.md"} <= reached


PICTURE = re.compile(r"^!\[[^\]]*\]\((\S+\.svg)\)\n\n```console\n\$ symconv (diagram .*) -o \S+\.svg\n", re.MULTILINE)
TEXTS = re.compile(r"<text[^>]*>([^<]*)</text>")


def test_the_picture_of_the_readme_is_what_its_command_draws(tmp_path: Path) -> None:
    ((name, command),) = PICTURE.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    picture, drawn = ROOT / name, tmp_path / "now.svg"
    ran(f"symconv {command} -o {drawn.name}", ROOT, tmp_path)
    if os.environ.get("UPDATE_DOCS"):
        picture.write_bytes(drawn.read_bytes())
    kept = picture.read_text(encoding="utf-8")
    assert TEXTS.findall(kept) == TEXTS.findall(drawn.read_text(encoding="utf-8"))
    assert len(kept) < 200_000


def test_the_tutorial_takes_at_most_ten_commands() -> None:
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    commands = [line for block in CONSOLE.findall(text) for line in block.splitlines() if line.startswith("$ ")]
    assert len(commands) + text.count("`pip install .`") <= 10


def test_a_layer_of_ones_own_takes_fewer_than_40_lines() -> None:
    page = (ROOT / "docs" / "own-layer.md").read_text(encoding="utf-8")
    (body,) = (body for name, body in FILE.findall(page) if name == "examples/deform_conv.py")
    assert len(body.splitlines()) < 40


def test_every_command_of_make_demo_runs(tmp_path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    demo = re.findall(r"^\t\$\(BIN\)/symconv (.*)$", makefile.partition("\ndemo:")[2].partition("\n\n")[0], re.M)
    assert len(demo) >= 5
    (tmp_path / "out").mkdir()
    said = ""
    with contextlib.chdir(tmp_path):
        for line in demo:
            done = run(*shlex.split(line))
            assert done.code == 0, (line, done.err)
            said += done.out
    assert "N·(7077888·⌊X/16⌋² + 5898240·⌊X/8⌋² + 1474560·⌊X/4⌋² + 221184·⌊X/2⌋² + 38592·X² + 123633664)" in said
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".svg", ".png"}


def test_every_public_name_is_on_one_page_of_the_reference() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs" / "reference").glob("*.rst")))
    named = re.findall(r"^\.\. auto\w+:: symconv\.(?:count\.|layer\.|ranges\.)?(\w+)$", pages, re.MULTILINE)
    letters = {name for name in sc.__all__ if isinstance(getattr(sc, name), sc.Extent)}
    wanted = set(sc.__all__) - letters - {"layers", "metrics"}
    assert {name: named.count(name) for name in wanted} == dict.fromkeys(wanted, 1)
    assert all(f"``{letter}``" in pages for letter in letters)
