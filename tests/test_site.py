"""The built site: every link inside it resolves, nothing in it is fetched from elsewhere, and nothing is left out.

`make docs` builds it and says where in SYMCONV_SITE.
"""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from symconv.cli import app
from symconv.layer import LAYERS

SITE = Path(os.environ.get("SYMCONV_SITE", ""))
DOCS = Path(__file__).parents[1] / "docs"
#: What a browser loads by itself.
LOADED = {"script": "src", "link": "href", "img": "src", "source": "src", "iframe": "src", "object": "data"}
#: What a style sheet loads.
IN_STYLE = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")
#: What no page has to load, though it is named.
UNLOADED = {"canonical", "next", "prev", "search", "index", "author"}

pytestmark = pytest.mark.skipif(not SITE.name, reason="make docs builds the site, and runs these tests")


class Page(HTMLParser):
    """The ids of a page, where its links lead, and what a browser loads with it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.styles: list[str] = []
        self.in_style = False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if given.get(LOADED.get(tag, "")) and not UNLOADED & set(given.get("rel", "").split()):
            self.loaded.append(given[LOADED[tag]])
        self.styles.append(given.get("style", ""))
        self.in_style = tag == "style"

    def handle_data(self, data: str) -> None:
        if self.in_style:
            self.styles.append(data)


@pytest.fixture(scope="module")
def pages() -> dict[Path, Page]:
    return {path: Page(path) for path in sorted(SITE.rglob("*.html"))}


def test_every_link_and_anchor_of_the_site_resolves(pages: dict[Path, Page]) -> None:
    assert len(pages) > 40
    broken = []
    for path, page in pages.items():
        for link in page.links + page.loaded:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            found = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not found.is_file():
                broken.append(f"{path.name}: {link}")
            elif parts.fragment and found.suffix == ".html" and unquote(parts.fragment) not in pages[found].ids:
                broken.append(f"{path.name}: {link}, an anchor that is not there")
    assert not broken


def test_nothing_is_loaded_from_elsewhere(pages: dict[Path, Page]) -> None:
    loaded = [url for page in pages.values() for url in page.loaded]
    styles = [text for page in pages.values() for text in page.styles]
    styles += [path.read_text(encoding="utf-8") for path in SITE.rglob("*.css")]
    loaded += [url for text in styles for urls in IN_STYLE.findall(text) for url in urls if url]
    assert loaded
    assert [url for url in loaded if urlsplit(url).scheme not in ("", "data") or url.startswith("//")] == []
    scripts = {path.name: path.read_text(encoding="utf-8") for path in SITE.rglob("*.js")}
    calls = re.compile(r"(?:fetch|import|importScripts|open)\(\s*[\"'`](?:https?:)?//")
    assert [name for name, text in scripts.items() if calls.search(text)] == []
    assert not [path for path in SITE.rglob("*") if path.suffix in (".woff", ".woff2", ".ttf", ".eot")]


def test_every_page_every_layer_and_every_command_is_there(pages: dict[Path, Page]) -> None:
    sources = [*DOCS.rglob("*.md"), *DOCS.rglob("*.rst")]
    written = {path.relative_to(DOCS).with_suffix(".html") for path in sources}
    assert written <= {path.relative_to(SITE) for path in pages}
    index = pages[SITE / "index.html"]
    assert {str(page) for page in written} - {"index.html"} <= {link.partition("#")[0] for link in index.links}
    rules, commands = pages[SITE / "reference" / "rules.html"], pages[SITE / "reference" / "commands.html"]
    assert {f"rule-{kind}".replace("_", "-") for kind in LAYERS} <= rules.ids
    named = {(c.name or c.callback.__name__) for c in app.registered_commands}
    assert named
    assert {f"command-{name}" for name in named} <= commands.ids
