"""A page that is open in a browser: what is set, and what it then shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from symconv import Network
from symconv.writers.page import METRICS, Report


class Shown:
    """A page that is open: what is set, and what it then shows."""

    def __init__(self, browser: Any, path: Path, report: Report, link: str = "", **options: Any) -> None:
        self.report, self.path = report, path
        self.faults: list[str] = []
        self.requests: list[str] = []
        report.save(path)
        self.context = browser.new_context(**{"viewport": {"width": 1440, "height": 1000}, **options})
        self.page = self.context.new_page()
        self.page.on("console", lambda m: self.faults.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.faults.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(f"file://{path}{link}")
        self.settle()

    def settle(self) -> None:
        """Wait until all is painted that was asked for."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def set(self, **sizes: Any) -> None:
        """Type sizes into their boxes."""
        for name, value in sizes.items():
            self.page.locator(f"#box-{self.control(name)}").fill(str(value))
        self.settle()

    def control(self, name: str) -> int:
        found = json.loads(self.page.locator("#data").text_content())["controls"]
        return [control["name"] for control in found].index(name)

    def totals(self) -> list[list[str]]:
        """What stands in the table of totals, without the thin spaces."""
        rows = self.page.locator("#totals tbody tr").all()
        return [[c.replace("\u202f", "") for c in row.locator(".exact").all_text_contents()] for row in rows]

    def fault(self, model: int) -> str:
        return str(self.page.locator(f"#fault-{model}").text_content())

    def close(self) -> None:
        self.context.close()
        assert self.faults == []
        assert self.requests == [self.requests[0]], "only the page itself is asked for"


def by_sympy(net: Network, at: dict[str, Any]) -> list[str]:
    """The totals at these sizes, by SymPy."""
    totals = (net.total(metric) for metric in METRICS)
    return [str(t.subs({s: at[s.name] for s in t.free_symbols}).doit()) for t in totals]
