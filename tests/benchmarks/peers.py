"""What torchview, netron, torchinfo and fvcore show of ResNet-50: every figure and picture of docs/side-by-side.md.

    pip install --no-deps torchview netron
    python -m tests.benchmarks.peers                     prints what the page has between its marks
    python -m tests.benchmarks.peers totals times        only these parts
    python -m tests.benchmarks.peers --write             puts them into the page, and the pictures beside it

It needs torch, torchvision, torchinfo and fvcore (make test WITH_TORCH=1), pillow, onnxscript and tornado, Graphviz's
`dot`, and a `chromium` that shows netron's page. That page gets no name but its own host's, so nothing leaves the
machine; a release of netron older than half a year asks for a newer one instead of showing a model.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.benchmarks.__main__ import process, write

DOCS = Path(__file__).parents[2] / "docs"
PAGE, PICTURES = DOCS / "side-by-side.md", DOCS / "pictures"
RUNS = 3
SIZES = (224, 225, 97)
IMAGE = (1, 3, 224, 224)

#: torchvision, also beside a torch for which its operators were not built.
TORCHVISION = """
import torch
library = torch.library.Library("torchvision", "FRAGMENT")
for operator in ("nms", "qnms"):
    library.define(operator + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""
BUILD = """
from torchvision.models import resnet50
module = resnet50(weights=None).eval()
"""


@cache
def preamble() -> str:
    """What a process begins with to have the module."""
    bare = subprocess.run([sys.executable, "-c", "import torchvision"], capture_output=True).returncode == 0
    return BUILD if bare else TORCHVISION + BUILD


@cache
def space() -> dict[str, Any]:
    """The names of such a beginning; the operators are there as long as they are."""
    names: dict[str, Any] = {}
    exec(preamble(), names)
    return names


def built() -> Any:
    """ResNet-50 in eval mode, one for each tool: some move it to another device."""
    return deepcopy(space()["module"])


def table(head: str, rows: list[list[object]]) -> str:
    """Columns whose name ends with a colon hold figures."""
    columns = [c.strip() for c in head.split("|")]
    lines = [[c.rstrip(":") for c in columns], ["---:" if c.endswith(":") else "---" for c in columns]]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines + rows)


def fenced(lines: list[str]) -> str:
    return "\n".join(["```text", *(line.rstrip() for line in lines), "```"])


def saved(image: Any, name: str) -> None:
    """A picture beside the page; with few colours, for a small file."""
    PICTURES.mkdir(exist_ok=True)
    image.convert("RGB").quantize(64).save(PICTURES / name, optimize=True)


# torchview


SETTINGS: dict[str, dict[str, Any]] = {
    "as it is (depth 3)": {},
    "`roll=True`": {"roll": True},
    "`depth=1`": {"depth": 1},
    "`depth=2`": {"depth": 2},
    "`expand_nested=True`": {"expand_nested": True},
    "`depth=4, expand_nested=True`": {"depth": 4, "expand_nested": True},
    "`hide_inner_tensors=False`": {"hide_inner_tensors": False},
}
SHAPE = re.compile(r"\(\d+(?:, \d+)+\)")


def torchview(writing: bool) -> str:
    from PIL import Image
    from torchview import draw_graph

    Image.MAX_IMAGE_PIXELS = None
    module = built()
    rows = []
    for name, setting in SETTINGS.items():
        drawn = draw_graph(module, input_size=IMAGE, device="meta", **setting).visual_graph
        with tempfile.TemporaryDirectory() as folder:
            image = Image.open(drawn.render(Path(folder, "picture"), format="png"))
            image.load()
            if writing and not setting:
                saved(image.crop((0, 0, image.width, 910)), "resnet50-torchview.png")
        source = str(drawn.source)
        frames = source.count("subgraph cluster")
        rows.append([name, len(boxes(source)), len(edges(source)), frames or "", f"{image.width} × {image.height}"])
    first, second = (
        str(draw_graph(module, input_size=(1, 3, x, x), device="meta").visual_graph.source) for x in (224, 97)
    )
    assert edges(first) == edges(second)
    assert [SHAPE.sub("", b) for b in boxes(first)] == [SHAPE.sub("", b) for b in boxes(second)]
    changed = sum(a != b for a, b in zip(boxes(first), boxes(second)))
    assert "href" not in first
    assert "tooltip" not in first
    return (
        table("`draw_graph(module, input_size=(1, 3, 224, 224), …)` | boxes: | arrows: | frames: | pixels:", rows)
        + "\n\nAt 97×97 the boxes and arrows are the same, and "
        f"{changed} of the {len(boxes(first))} boxes have other numbers."
    )


def boxes(source: str) -> list[str]:
    """The labels of a DOT file's nodes, in order."""
    return re.findall(r"^\t+\d+ \[label=<(.*?)>(?: fillcolor=\w+)?\]", source, re.MULTILINE | re.DOTALL)


def edges(source: str) -> list[str]:
    return re.findall(r"^\t+(\d+ -> \d+)", source, re.MULTILINE)


# netron


EXPORTS = {
    "dynamic": {"dynamic_shapes": ({0: "N", 2: "H", 3: "W"},), "external_data": False},
    "dynamic, `dynamo=False`": {"dynamic_axes": {"image": {0: "N", 2: "H", 3: "W"}}, "dynamo": False},
    "static": {"external_data": False},
}
EXPORT = """
import sys, torch
torch.onnx.export(module, (torch.zeros(1, 3, 224, 224),), sys.argv[1], input_names=["image"], output_names=["logits"],
                  verbose=False, **eval(sys.argv[2]))
"""
SERVE = "import sys, netron; print(*netron.start(sys.argv[1], browse=False), flush=True); netron.wait()"
TEXT = "document.getElementById('sidebar').innerText"
SHOWN = "document.body.className == 'default' && document.querySelectorAll('#canvas .edge-path').length > 0"
SEEN = """JSON.stringify({
  boxes: document.querySelectorAll('#canvas g.node').length,
  edges: document.querySelectorAll('#edge-paths .edge-path').length,
  labels: [...document.querySelectorAll('#canvas .edge-label')].map(x => x.textContent),
  text: document.getElementById('canvas').textContent,
  width: document.getElementById('canvas').getAttribute('width'),
  height: document.getElementById('canvas').getAttribute('height')})"""


@contextmanager
def started(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A process that ends with the block."""
    with subprocess.Popen(command, text=True, stderr=subprocess.DEVNULL, **options) as running:
        try:
            yield running
        finally:
            running.terminate()


class Tab:
    """A page of a chromium, told what to do over its debugging socket."""

    def __init__(self, socket: Any) -> None:
        self.socket, self.asked = socket, 0

    async def say(self, method: str, **given: object) -> Any:
        self.asked += 1
        await self.socket.write_message(json.dumps({"id": self.asked, "method": method, "params": given}))
        while True:
            said = json.loads(await self.socket.read_message())
            if said.get("id") == self.asked:
                return said["result"]

    async def run(self, script: str) -> Any:
        said = await self.say("Runtime.evaluate", expression=script, returnByValue=True)
        return said["result"].get("value")

    async def until(self, script: str) -> None:
        end = time.perf_counter() + 60
        while not await self.run(script):
            if time.perf_counter() > end:
                raise TimeoutError(script)
            await asyncio.sleep(0.02)

    async def picture(self) -> bytes:
        return base64.b64decode((await self.say("Page.captureScreenshot", format="png"))["data"])


async def looked(model: Path, clicked: bool = False) -> tuple[float, dict[str, Any], str, bytes]:
    """Seconds until netron has drawn a model, what it drew, a node's and the graph's properties, a picture."""
    from tornado.httpclient import AsyncHTTPClient
    from tornado.websocket import websocket_connect

    begin = time.perf_counter()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = [
            shutil.which("chromium") or "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-proxy-server",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost", "--window-size=1000,900",
            "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank",
        ]  # fmt: skip
        serve = [sys.executable, "-c", SERVE, str(model)]
        with (
            started(serve, stdout=subprocess.PIPE) as server,
            started(browser, stdout=subprocess.DEVNULL),
        ):
            assert server.stdout is not None
            host, port = next(found for line in server.stdout if len(found := line.split()) == 2)
            said = Path(folder, "DevToolsActivePort")
            while not (said.exists() and said.read_text().strip()):
                await asyncio.sleep(0.02)
            listed = await AsyncHTTPClient().fetch(f"http://localhost:{said.read_text().split()[0]}/json")
            page = next(p for p in json.loads(listed.body) if p["type"] == "page")
            tab = Tab(await websocket_connect(page["webSocketDebuggerUrl"]))
            await tab.say("Page.navigate", url=f"http://{host}:{port}/")
            # Its question about cookies; with no way out of the machine, a yes sends nothing.
            await tab.until("!!document.getElementById('message-button')?.offsetParent")
            await tab.run("document.getElementById('message-button').click()")
            await tab.until(SHOWN)
            seconds = time.perf_counter() - begin
            seen = json.loads(await tab.run(SEEN))
            text, picture = "", b""
            if clicked:
                await tab.run(
                    "[...document.querySelectorAll('#canvas g.node')].find(n => n.textContent.startsWith('Conv'))"
                    ".querySelector('.node-item-type').dispatchEvent(new MouseEvent('click', {bubbles: true}))"
                )
                await tab.until(f"!!{TEXT}.match('OUTPUTS')")
                await tab.run(
                    "[...document.querySelectorAll('#sidebar .sidebar-item-value-expander')]"
                    ".filter(e => e.parentElement.innerText.match('getitem')).forEach(e => e.click())"
                )
                await asyncio.sleep(1)
                text, picture = await tab.run(TEXT), await tab.picture()
                await tab.run("document.getElementById('sidebar-target-button').click()")
                await tab.until(f"!!{TEXT}.match('METRICS')")
                text += await tab.run(TEXT)
            return seconds, seen, text, picture


def netron(writing: bool) -> str:
    import io

    import onnx
    from PIL import Image

    rows, elements = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for kind, options in EXPORTS.items():
            model = Path(folder, "resnet50.onnx")
            export = [sys.executable, "-c", preamble() + EXPORT, str(model), repr(options)]
            subprocess.run(export, check=True, capture_output=True)
            nodes = onnx.load(str(model)).graph.node
            _, seen, text, picture = asyncio.run(looked(model, clicked=kind == "dynamic"))
            if kind == "dynamic":
                assert "tensor: float32[N,64,(((H - 1)//2)) + 1,(((W - 1)//2)) + 1]" in text
                assert "VR[0, int_oo]" in text
                elements = int(text.split("METRICS")[1])
                if writing:
                    image = Image.open(io.BytesIO(picture))
                    saved(image.crop((0, 0, image.width, 745)), "resnet50-netron.png")
            rows.append(
                [
                    kind,
                    len(nodes),
                    seen["boxes"],
                    seen["edges"],
                    len(seen["labels"]),
                    f"{seen['width']} × {seen['height']}",
                ]
            )
    return (
        table("export | nodes of the file: | boxes: | arrows: | arrows with a shape: | pixels:", rows)
        + f"\n\nThe graph's properties count the elements of its tensors, {elements:,} of the dynamic one."
    )


# torchinfo


def torchinfo(writing: bool) -> str:
    from torchinfo import summary

    module = built()
    columns, settings = ("output_size", "num_params", "mult_adds"), ("var_names",)
    found = summary(module, IMAGE, depth=3, col_names=columns, row_settings=settings, verbose=0)
    lines = str(found).splitlines()
    lengths = [len(str(summary(module, IMAGE, depth=d, verbose=0)).splitlines()) for d in (1, 2, 3)]
    call = f"summary(module, {IMAGE}, depth=3, col_names={columns}, row_settings={settings})".replace("'", '"')
    return (
        f"`{call}`:\n\n"
        + fenced([*lines[:19], "…", *lines[-15:]])
        + f"\n\n{len(lines)} lines in all; {lengths[1]} with `depth=2`, {lengths[0]} with `depth=1`."
    )


# fvcore


def fvcore(writing: bool) -> str:
    import torch
    from fvcore.nn import FlopCountAnalysis, flop_count_str, flop_count_table

    logging.getLogger("fvcore").setLevel(logging.ERROR)
    analysis = FlopCountAnalysis(built(), torch.zeros(IMAGE))
    lines = flop_count_table(analysis).splitlines()
    by = analysis.by_operator()
    left = analysis.unsupported_ops()
    text = flop_count_str(analysis).splitlines()
    return (
        "`flop_count_table(FlopCountAnalysis(module, torch.zeros(1, 3, 224, 224)))`:\n\n"
        + fenced([*lines[:13], "…", *lines[-4:]])
        + f"\n\n{len(lines)} lines in all; `flop_count_str` writes the module's own text with both figures in it, "
        f"{len(text)} lines.\n\n"
        + table("operator | of the total:", [[f"`{k}`", f"{n:,}"] for k, n in by.most_common()])
        + "\n\nLeft out, each with a warning: "
        + ", ".join(f"`{k}` {n} times" if n > 1 else f"`{k}` once" for k, n in left.most_common())
        + "."
    )


# What they say at other sizes


def totals(writing: bool) -> str:
    """The counters' totals at some sizes; symconv's figure of each is the same, to the unit."""
    import torch
    from fvcore.nn import FlopCountAnalysis
    from torchinfo import summary

    from symconv.reconciling import reconcile

    logging.getLogger("fvcore").setLevel(logging.ERROR)
    module = built()
    found = reconcile("resnet50")
    ways: dict[str, Callable[[int], int]] = {
        "torchinfo": lambda x: summary(module, (1, 3, x, x), verbose=0).total_mult_adds,
        "fvcore": lambda x: FlopCountAnalysis(module, torch.zeros(1, 3, x, x)).total(),
    }
    import symconv as sc

    net = sc.load("resnet50")
    macs = [net.evaluate("macs", X=x, N=1) for x in SIZES]
    rows: list[list[object]] = []
    said: dict[str, int] = {}
    for tool, way in ways.items():
        figure = found.figure(tool).cost
        counted = [way(x) for x in SIZES]
        said[tool] = counted[0]
        assert counted == [sc.evaluate(figure, X=x, N=1) for x in SIZES], tool
        rows.append([tool, *(f"{n:,}" for n in counted), f"`{figure}`"])
    rows.append(["symconv", *(f"{n:,}" for n in macs), f"`{net.cost('macs')}`"])
    # What the page says in words.
    assert said["torchinfo"] - macs[0] == 54_120
    assert round(said["fvcore"] / macs[0] * 100, 2) == 100.55
    assert round(macs[1] / macs[0] * 100) == 113
    return table("counter | " + " | ".join(f"{x}×{x}:" for x in SIZES) + " | for every size, by symconv", rows)


# How long it takes


DRAW = """
from torchview import draw_graph
draw_graph(module, input_size=(1, 3, 224, 224)).visual_graph.render(sys.argv[1], format="png")
"""
SUMMARY = "from torchinfo import summary\nprint(summary(module, (1, 3, 224, 224), depth=3, verbose=0))"
COUNT = """
from fvcore.nn import FlopCountAnalysis, flop_count_table
print(flop_count_table(FlopCountAnalysis(module, torch.zeros(1, 3, 224, 224))))
"""


def times(writing: bool) -> str:
    """Whole processes in turn, A B C A B C …, so that a machine that slows down does it for all."""
    load = os.getloadavg()[0]
    begin = "import sys, torch, warnings, logging\nwarnings.filterwarnings('ignore')\nlogging.disable()\n" + preamble()
    with tempfile.TemporaryDirectory() as folder:
        model, picture = str(Path(folder, "resnet50.onnx")), str(Path(folder, "picture"))
        python, ours = [sys.executable, "-c"], [sys.executable, "-m", "symconv"]
        commands = {
            ("torch", "importing it and torchvision, building the module"): [*python, begin],
            ("torchview", "`draw_graph`, and its PNG by Graphviz"): [*python, begin + DRAW, picture],
            ("netron", "the export before it, dynamic"): [*python, begin + EXPORT, model, repr(EXPORTS["dynamic"])],
            ("netron", "its server and a browser, until the graph is drawn"): [],
            ("torchinfo", "`summary`, three levels"): [*python, begin + SUMMARY],
            ("fvcore", "`flop_count_table`"): [*python, begin + COUNT],
            ("symconv", "`symconv show resnet50`"): [*ours, "show", "resnet50"],
            ("symconv", "`symconv show torchvision:resnet50`"): [*ours, "show", "torchvision:resnet50"],
            ("symconv", "`symconv show resnet50.onnx`"): [*ours, "show", model],
            ("symconv", "`symconv diagram resnet50 -o resnet50.png`"): [
                *ours,
                "diagram",
                "resnet50",
                "-o",
                f"{picture}.png",
            ],
        }
        taken: dict[tuple[str, str], list[float]] = {what: [] for what in commands}
        for _ in range(RUNS):
            for what, command in commands.items():
                taken[what].append(process(command) if command else asyncio.run(looked(Path(model)))[0])
    rows: list[list[object]] = [[*what, f"{statistics.median(found):.1f} s"] for what, found in taken.items()]
    where = (
        f"{platform.machine()}, Python {platform.python_version()}, two shared cores; medians of {RUNS} whole processes"
    )
    return f"Measured on {where}; the load before was {load:.1f}.\n\n" + table("tool | what | time:", rows)


def versions(writing: bool) -> str:
    names = ("torchview", "netron", "torchinfo", "fvcore", "torch", "torchvision", "onnx")
    return "Made with " + ", ".join(f"{n} {version(n).partition('+')[0].partition('.post')[0]}" for n in names) + "."


def symconv(writing: bool) -> str:
    """The picture of our own."""
    if writing:
        picture = str(PICTURES / "resnet50-symconv.png")
        subprocess.run(
            [sys.executable, "-m", "symconv", "diagram", "resnet50", "--depth", "1", "-o", picture], check=True
        )
    return ""


PARTS = (versions, torchview, netron, torchinfo, fvcore, totals, times, symconv)


def main() -> None:
    warnings.filterwarnings("ignore")
    wanted = [word for word in sys.argv[1:] if not word.startswith("-")]
    for part in PARTS:
        if wanted and part.__name__ not in wanted:
            continue
        writing = "--write" in sys.argv
        found = part(writing)
        print(found, end="\n\n")
        if writing and found:
            write(PAGE, f"<!-- {part.__name__}: begin -->", found, f"<!-- {part.__name__}: end -->")


if __name__ == "__main__":
    main()
