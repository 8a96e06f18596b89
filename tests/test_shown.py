"""docs/shown.md says which test holds what: every test that it names is there, and no row is without one."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "shown.md"
NAMED = re.compile(r"`(?:(?P<file>tests/[\w/]+\.py)::(?P<test>\w+)|python -m (?P<module>[\w.]+))`")
#: What a row of a table has on its right.
HELD = re.compile(rf"{NAMED.pattern}(?:, {re.sub(r'[?]P<[a-z]+>', '?:', NAMED.pattern)})*")


@cache
def functions_of(file: str) -> frozenset[str]:
    """The functions of a file and those of its classes."""
    body = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
    found = [*body, *(inner for node in body if isinstance(node, ast.ClassDef) for inner in node.body)]
    return frozenset(node.name for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def faults(text: str) -> list[str]:
    """What is named in a page and is not there, and its rows that name nothing on their right."""
    out = []
    for found in NAMED.finditer(text):
        file, test, module = found.group("file", "test", "module")
        if module:
            place = ROOT.joinpath(*module.split("."))
            if not place.with_suffix(".py").is_file() and not (place / "__main__.py").is_file():
                out.append(f"there is no module {module}")
        elif not (ROOT / file).is_file():
            out.append(f"there is no file {file}")
        elif not test.startswith("test_") or test not in functions_of(file):
            out.append(f"there is no test {test} in {file}")
    for row in rows(text):
        cells = [cell.strip() for cell in row.strip().strip("|").split("|")]
        if len(cells) != 2 or not cells[0] or not HELD.fullmatch(cells[1]):
            out.append(f"nothing holds the row {row}")
    return out


def rows(text: str) -> list[str]:
    """The rows of all tables, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rules = [i for i, line in enumerate(lines) if set(line) <= set("|-: ")]
    return [line for i, line in enumerate(lines) if i not in rules and i + 1 not in rules]


def test_every_test_that_the_page_names_is_there() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert faults(text) == []
    assert len(rows(text)) > 100


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("| a figure | `tests/test_vgg.py::test_nothing_of_the_kind` |", "there is no test test_nothing_of_the_kind"),
        ("| a figure | `tests/test_vgg.py::by_hand` |", "there is no test by_hand"),
        ("| a figure | `tests/test_nowhere.py::test_a` |", "there is no file tests/test_nowhere.py"),
        ("| a speed | `python -m tests.benchmarks.nothing` |", "there is no module tests.benchmarks.nothing"),
        ("| a speed | `python -m tests.benchmarks`, `python -m tests` |", "there is no module tests"),
        ("| a figure | |", "nothing holds the row"),
        ("| a figure | it was looked at |", "nothing holds the row"),
        ("| a figure | `tests/test_vgg.py` |", "nothing holds the row"),
        ("| a figure |", "nothing holds the row"),
    ],
)
def test_a_name_that_is_made_up_and_an_empty_row_are_found(row: str, said: str) -> None:
    head = "| what holds | held by |\n| --- | --- |\n"
    (fault,) = faults(f"{head}{row}\n")
    assert fault.startswith(said)


def test_a_row_with_a_test_and_a_benchmark_is_right() -> None:
    row = "| 15470264320 | `tests/test_vgg.py::test_the_two_heads_differ_at_256`, `python -m tests.benchmarks` |"
    assert faults(f"| what holds | held by |\n| --- | --- |\n{row}\n") == []
