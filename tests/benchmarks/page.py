"""Measure how soon a what-if page follows; with `--write` the table goes to docs/speed.md, a picture to docs/report.md.

Beside the median and the 95th percentile of 100 steps of a slider stands what the same browser takes to paint a page on
which one figure changes: what is left is the page's own.
"""

from __future__ import annotations

import platform
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import symconv as sc
from symconv.layers import Conv
from symconv.writers.page import Report
from tests.benchmarks.__main__ import PAGE, write
from tests.writers.page.steps import STEPS

PICTURE = PAGE.parent / "pictures" / "report.png"
THREE = "VGG-16, ResNet-50 and ViT-B/16"
BEGIN, END = "<!-- page: begin -->", "<!-- page: end -->"

#: A page with one figure, which tells of its painting as a what-if page does.
BARE = """<!DOCTYPE html><input type="range" id="slider-0" max="1000" value="224"><p id="p">224</p><script>
const slider = document.getElementById("slider-0");
slider.addEventListener("input", () => requestAnimationFrame(() => {
  document.getElementById("p").textContent = slider.value;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => { port1.close(); document.dispatchEvent(new Event("symconv:painted")); };
  port2.postMessage(null);
}));
</script>"""


def deep(layers: int) -> sc.Network:
    """A chain of convolutions in stages of 50."""
    net = sc.Network(f"{layers} layers")
    net.input("image", "N", 8, "X", "X")
    for number in range(layers):
        net.add(f"stage{number // 50}/conv{number}", Conv(8, padding=1))
    return net


def main() -> None:
    from playwright.sync_api import sync_playwright

    reports = {
        THREE: [sc.load(name) for name in ("vgg16", "resnet50", "vit_b_16")],
        "the family of ResNets, 7 symbols": [sc.load("resnet")],
        "500 layers": [deep(500)],
    }
    rows: list[tuple[str, list[float], int]] = []
    with TemporaryDirectory() as folder, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        bare = Path(folder) / "bare.html"
        bare.write_text(BARE)
        rows.append(("a page with one figure", measured(browser, bare), bare.stat().st_size))
        for name, networks in reports.items():
            path = Path(folder) / "page.html"
            Report(networks).save(path)
            rows.append((name, measured(browser, path), path.stat().st_size))
        if "--write" in sys.argv:
            picture(browser, Path(folder), reports[THREE])
        said = f"Measured on {platform.machine()}, Chromium {browser.version}, headless, two shared cores."
        browser.close()
    table = "\n".join(
        [
            said,
            "",
            "| page | size | median | 95th percentile | of 100 steps the longest |",
            "| --- | ---: | ---: | ---: | ---: |",
            *(row(*one) for one in rows),
        ]
    )
    sys.stdout.write(f"{table}\n")
    if "--write" in sys.argv:
        write(PAGE, BEGIN, table, END)


def row(name: str, times: list[float], size: int) -> str:
    median, most, longest = times[49], times[94], times[-1]
    return f"| {name} | {size / 1000:.0f} kB | {median:.1f} ms | {most:.1f} ms | {longest:.1f} ms |"


def picture(browser: Any, folder: Path, networks: list[sc.Network]) -> None:
    """The picture of docs/report.md."""
    path = folder / "page.html"
    Report(networks).save(path)
    page = browser.new_page(viewport={"width": 1200, "height": 1340})
    page.goto(f"file://{path}")
    page.wait_for_timeout(1000)
    page.screenshot(path=str(PICTURE))
    page.close()


def measured(browser: Any, path: Path) -> list[float]:
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.goto(f"file://{path}")
    page.wait_for_timeout(1000)
    found: list[float] = page.evaluate(STEPS)
    page.close()
    return found


if __name__ == "__main__":
    main()
