"""A browser, and pages in it that have to end without a fault in the console and without a request."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from symconv import Network
from symconv.writers.page import Report
from writers.page.showing import Shown


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as started:
        opened = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def shown(browser: Any, tmp_path: Path) -> Iterator[Any]:
    opened: list[Shown] = []

    def show(*networks: Network, link: str = "", options: dict[str, Any] | None = None, **given: Any) -> Shown:
        path = tmp_path / f"page{len(opened)}.html"
        opened.append(Shown(browser, path, Report(networks, **given), link, **(options or {})))
        return opened[-1]

    yield show
    for one in opened:
        one.close()
