"""The script that is committed is what its sources are built into, byte for byte, and its own tests pass."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "page"
BUILT = ROOT / "symconv" / "writers" / "page" / "page.js"


def npm(*words: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("npm")
    assert program is not None
    done = subprocess.run([program, "--prefix", str(PAGE), *words], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.mark.page
def test_the_built_script_is_that_of_its_sources(tmp_path: Path) -> None:
    npm("run", "build", "--", f"--outfile={tmp_path / 'page.js'}")
    assert (tmp_path / "page.js").read_bytes() == BUILT.read_bytes(), "make page builds it anew"


@pytest.mark.page
def test_its_types_are_right() -> None:
    npm("run", "check")


@pytest.mark.page
def test_its_own_tests_pass() -> None:
    done = npm("test")
    assert "# fail 0" in done.stdout or "ℹ fail 0" in done.stdout
    assert "# pass 0" not in done.stdout + done.stderr


def test_the_built_script_is_small_and_can_stand_in_a_page() -> None:
    text = BUILT.read_text(encoding="utf-8")
    assert 10_000 < len(text.encode()) <= 300_000
    assert "</script" not in text.lower()
    assert "<!--" not in text
    assert "sourceMappingURL" not in text
    assert "uPlot" in text
    assert "MIT" in text
    for word in ("eval(", "new Function", "innerHTML", "document.write", "fetch(", "XMLHttpRequest", "import("):
        assert word not in text, word


def test_versions_are_pinned_and_no_registry_is_named() -> None:
    package = json.loads((PAGE / "package.json").read_text())
    versions = {**package["dependencies"], **package["devDependencies"]}
    assert all(version[0].isdigit() for version in versions.values())
    lock = (PAGE / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert json.loads(lock)["packages"][""]["devDependencies"] == package["devDependencies"]
