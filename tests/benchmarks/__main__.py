"""Measure, and write the table between the marks of docs/speed.md.

Whole processes are run in turn with their peer, A B A B …, so that a machine that speeds up or slows down does both;
the ratio is the median of the pairs' ratios. In-process figures are medians of several runs after a warm-up.
"""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sympy.core.cache import clear_cache

import symconv as sc
from symconv.layers import Add, BatchNorm, Conv, Flatten, GlobalAvgPool, Linear, MaxPool, ReLU

PAGE = Path(__file__).parents[2] / "docs" / "speed.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def write(page: Path, begin: str, table: str, end: str) -> None:
    """Put a table between two marks of a page, in the place of what is there."""
    before, rest = page.read_text(encoding="utf-8").split(begin)
    page.write_text(f"{before}{begin}\n\n{table}\n\n{end}{rest.split(end)[1]}", encoding="utf-8")


def residual(rounds: tuple[int, ...] = (3, 8, 36, 3)) -> sc.Network:
    """A residual network of bottlenecks: 155 convolutions, 515 layers."""
    net = sc.Network("residual")
    net.input("image", "N", 3, "X", "X")
    number = 0

    def conv(channels: int, kernel: int, stride: int, source: str, relu: bool = True) -> str:
        nonlocal number
        number += 1
        net.add(f"conv{number}", Conv(channels, kernel, stride, kernel // 2, bias=False), source)
        name = net.add(f"bn{number}", BatchNorm())
        return net.add(f"relu{number}", ReLU()) if relu else name

    conv(64, 7, 2, "image")
    x = net.add("pool", MaxPool(3, 2, 1))
    for stage, (count, width) in enumerate(zip(rounds, (64, 128, 256, 512))):
        for i in range(count):
            stride = 2 if stage and not i else 1
            y = conv(4 * width, 1, 1, conv(width, 3, stride, conv(width, 1, 1, x)), relu=False)
            z = x if i else conv(4 * width, 1, stride, x, relu=False)
            net.add(f"add{stage}.{i}", Add(), y, z)
            x = net.add(f"out{stage}.{i}", ReLU())
    net.add("pool2", GlobalAvgPool())
    net.add("flatten", Flatten())
    net.add("fc", Linear(1000))
    return net


def chain(layers: int, shrinking: bool = True) -> sc.Network:
    """3×3 convolutions behind one another; where it shrinks, every second one has no padding, and all differ."""
    net = sc.Network("chain")
    net.input("image", "N", 64, "X", "X")
    for i in range(layers):
        net.add(f"conv{i}", Conv(64, 3, 1, i % 2 if shrinking else 1))
    return net


def seconds(work: Callable[[], object], runs: int = 5) -> float:
    """The median time of some runs after one that is not counted."""
    work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def process(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def paired(ours: list[str], peer: list[str], runs: int = 11) -> tuple[float, float, float]:
    """Median seconds of two commands run in turn, and the median ratio of the pairs."""
    process(ours), process(peer)
    pairs = [(process(ours), process(peer)) for _ in range(runs)]
    a, b = zip(*pairs)
    return statistics.median(a), statistics.median(b), statistics.median(x / y for x, y in pairs)


def at_depth(n: int) -> dict[str, int]:
    return {"n1": n, "n2": n, "n3": n, "n4": n, "w": 64}


def totalled(net: sc.Network) -> object:
    return net.cost("macs"), net.cost("params"), net.total("macs")


def main() -> None:
    """Print the table; with --write, put it into the page."""
    python = sys.executable
    ours, peer, ratio = paired([python, "-m", "symconv", "total", "vgg16"], [python, "-c", "import sympy, networkx"])
    built = seconds(lambda: totalled(residual()), runs=7)
    fresh = statistics.median(float(subprocess.check_output([python, "-c", FRESH], text=True)) for _ in range(5))
    short, long = seconds(lambda: totalled(chain(1000))), seconds(lambda: totalled(chain(10000)), runs=3)
    small, large = (seconds(lambda n=n: totalled(chain(n, shrinking=False))) for n in (1000, 10000))
    net = sc.load("vgg16")
    expression, cost = net.total("macs"), net.cost("macs")
    x, n = expression.free_symbols and [s._sympy_() for s in (sc.X, sc.N)]
    sizes = range(224, 324)
    by_subs = seconds(lambda: [clear_cache(), [expression.subs({x: size, n: 1}) for size in sizes]])
    by_name = seconds(lambda: [net.evaluate("macs", X=size, N=1) for size in sizes])
    family, deep, flat = sc.load("resnet"), at_depth(10**6), at_depth(10)
    many, few = (seconds(lambda d=d: totalled(family.substitute(**d)), runs=11) for d in (deep, flat))
    zoo = float(subprocess.check_output([python, "-c", ZOO], text=True))
    rows = [
        (
            "`symconv total vgg16`, whole process",
            ours,
            '`python -c "import sympy, networkx"`',
            peer,
            ratio,
            "at most 2.0",
        ),
        ("155-convolution residual network built and totalled, after import", built, "", None, None, "at most 0.25 s"),
        ("the same, first time in a fresh process", fresh, "", None, None, "at most 0.25 s"),
        (
            "chain of 10,000 equal layers built and totalled",
            large,
            "of 1,000",
            small,
            large / small,
            "at most 2.5 s, 12",
        ),
        ("chain of 10,000 layers of as many sizes", long, "of 1,000", short, long / short, "at most 2.5 s, 12"),
        ("VGG-16's macs at 100 sizes, the domain checked", by_name, "`expr.subs`", by_subs, by_name / by_subs, ""),
        (
            "ResNet with 1,000,000 blocks a stage from its family, totalled",
            many,
            "with 10",
            few,
            many / few,
            "at most 1.5",
        ),
        ("the whole zoo loaded, params and macs totalled", zoo, "", None, None, "at most 12 s"),
    ]
    assert cost
    lines = [
        f"Measured on {platform.machine()}, Python {platform.python_version()}, two shared cores; medians.",
        "",
        "| what | time | beside | time | ratio | wanted |",
        "| --- | ---: | --- | ---: | ---: | --- |",
    ]
    for what, own, other, theirs, times, wanted in rows:
        ratio_shown = "" if times is None else f"{times:.2f}"
        lines.append(f"| {what} | {shown(own)} | {other} | {shown(theirs)} | {ratio_shown} | {wanted} |")
    table = "\n".join(lines)
    print(table)
    if "--write" in sys.argv:
        write(PAGE, BEGIN, table, END)


PEER = '`python -c "import sympy, networkx"`'

FRESH = """
import sympy, symconv
from tests.benchmarks.__main__ import residual, totalled
import time
start = time.perf_counter()
totalled(residual())
print(time.perf_counter() - start)
"""


ZOO = """
import time
start = time.perf_counter()
from symconv.readers.catalogue import bundled, load
for name, _ in bundled():
    net = load(name)
    net.cost("params"), net.cost("macs")
print(time.perf_counter() - start)
"""


def shown(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.2f} s" if value >= 0.1 else f"{value * 1e3:.1f} ms" if value >= 1e-3 else f"{value * 1e6:.0f} µs"


if __name__ == "__main__":
    main()
