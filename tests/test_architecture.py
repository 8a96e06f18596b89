"""The page and the picture of the structure, held against the code: rooms that there are, names that still stand."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import symconv

ROOT = Path(__file__).parents[1]
PACKAGE = Path(symconv.__file__).parent
DOT = (ROOT / "docs" / "architecture.dot").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

#: `readers/spec.py`, `building.py: add`: a file of the package, and what is in it.
PLACE = re.compile(r"`((?:\w+/)*\w+\.py)(?:: ([\w., ]+))?`")


def rooms() -> set[str]:
    """Every folder of the package that has code, by its path."""
    found = {p.parent.relative_to(PACKAGE).as_posix() for p in PACKAGE.rglob("*.py")}
    return {room for room in found if room != "." and not room.endswith("rules")}


def test_the_picture_has_every_room_and_no_other() -> None:
    drawn = set(re.findall(r"\b((?:\w+/)+)(?=[<\s])", re.sub(r"<(?:/?\w+|br/)[^>]*>", " ", DOT)))
    assert {room.rstrip("/") for room in drawn} == rooms() - {"notation", "verifying/loops"}


def test_the_picture_names_files_that_there_are() -> None:
    for line in re.findall(r">(\w+(?: · \w+)+)<br/>", DOT):
        for name in line.split(" · "):
            assert (PACKAGE / f"{name}.py").is_file(), name


def test_the_drawn_picture_says_what_its_source_says() -> None:
    drawn = (ROOT / "docs" / "pictures" / "architecture.svg").read_text(encoding="utf-8")
    said = {t.strip() for t in re.findall(r">([^<>\n]+)<", DOT) if t.strip()}
    shown = {t.replace("&#45;", "-").strip() for t in re.findall(r">([^<>\n]+)</text>", drawn)}
    assert said <= shown


def test_every_place_that_the_page_names_is_there() -> None:
    places = PLACE.findall(PAGE)
    assert len(places) > 20
    for path, names in places:
        assert (PACKAGE / path).is_file(), path
        framework = re.match(r"(?:readers|verifying)/(torch|keras)\b", path)
        if framework and find_spec(framework[1]) is None:
            continue  # WITH_TORCH=1 looks into it
        module = import_module("symconv." + path.removesuffix(".py").replace("/", "."))
        for name in filter(None, names.split(", ")):
            thing = module
            for part in name.split("."):
                assert hasattr(thing, part), f"{path} has no {name}"
                thing = getattr(thing, part)


def test_the_contract_and_the_wheel_have_every_room() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = (c for c in project["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    ordered = {name for layer in contract["layers"] for name in re.split(r"\s*:\s*", layer)}
    top = {f"symconv.{p.stem}" for p in PACKAGE.glob("*.py") if not p.stem.startswith("__")}
    top |= {f"symconv.{room}" for room in rooms() if "/" not in room}
    assert ordered == top
    packages = set(project["tool"]["setuptools"]["packages"]) - {"symconv", "symconv.specs"}
    assert packages == {
        f"symconv.{p.parent.relative_to(PACKAGE).as_posix().replace('/', '.')}"
        for p in PACKAGE.rglob("*.py")
        if p.parent != PACKAGE
    }


def test_the_table_of_rooms_has_every_room_and_module() -> None:
    page = (ROOT / "docs" / "developing.md").read_text(encoding="utf-8")
    table = page[page.index("| room |") : page.index("## Where things go")]
    named = {
        name.rstrip("/")
        for cell in re.findall(r"^\| ([^|]+) \|", table, re.M)
        for name in re.findall(r"`([\w/]+)`", cell)
    }
    top = {p.stem for p in PACKAGE.glob("*.py") if not p.stem.startswith("__")} | {r for r in rooms() if "/" not in r}
    assert named == top
