"""Measure a sweep of ResNet-50 beside what counters do, and write the table between its marks in docs/speed.md.

It needs torch, torchvision and fvcore; `python -m tests.benchmarks.sweeps --write`.
"""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import symconv as sc
from tests.benchmarks.__main__ import PAGE, shown, write

BEGIN, END = "<!-- sweeps: begin -->", "<!-- sweeps: end -->"
POINTS, CHUNK, SIZES = 10_000_000, 1 << 14, 1000
ALL, SOME = range(32, 32 + SIZES), range(32, 32 + SIZES, 50)

COLD = """
import time, numpy as np, symconv as sc
macs = sc.load("resnet50").cost("macs")
x = np.arange(1, 10_000_001)
sc.sweep
times = []
for _ in range(4):
    start = time.perf_counter()
    sc.sweep(macs, X=x, N=1)
    times.append(time.perf_counter() - start)
print(times[0], sorted(times[1:])[1])
"""


def by_hand(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The closed form of ResNet-50 as its reader would type it, in chunks."""
    out = np.empty(len(x), np.int64)
    for i in range(0, len(x), CHUNK):
        v = x[i : i + CHUNK]
        a, b, c, d, e = (v + 31) // 32, (v + 15) // 16, (v + 7) // 8, (v + 3) // 4, (v + 1) // 2
        out[i : i + CHUNK] = 14417920 * a**2 + 7471104 * b**2 + 1310720 * c**2 + 245760 * d**2 + 9408 * e**2 + 2048000
    return out


def once(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def peers() -> tuple[tuple[float, list[int]], tuple[float, list[int]]]:
    """The multiply–accumulates at all sizes by FlopCounterMode on the meta device, at some by fvcore on the CPU."""
    import torch

    for operator in ("nms(Tensor a, Tensor b, float c) -> Tensor", "qnms(Tensor a, Tensor b, float c) -> Tensor"):
        torch.library.define(f"torchvision::{operator.split('(')[0]}", f"({operator.split('(', 1)[1]}")
    import logging

    from fvcore.nn import FlopCountAnalysis
    from torch.utils.flop_counter import FlopCounterMode
    from torchvision.models import resnet50

    logging.disable(logging.WARNING)
    with torch.device("meta"):
        net = resnet50().eval()
    real = resnet50().eval()  # fvcore traces, and this PyTorch does not trace on the meta device

    def counted(size: int) -> int:
        with FlopCounterMode(display=False) as mode, torch.no_grad():
            net(torch.empty(1, 3, size, size, device="meta"))
        return int(mode.get_total_flops()) // 2

    def analysed(size: int) -> int:
        analysis = (
            FlopCountAnalysis(real, torch.zeros(1, 3, size, size))
            .unsupported_ops_warnings(False)
            .uncalled_modules_warnings(False)
        )
        return int(sum(n for op, n in analysis.by_operator().items() if op in ("conv", "linear", "addmm")))

    counted(64), analysed(64)
    return once(lambda: list(map(counted, ALL))), once(lambda: list(map(analysed, SOME)))


def main() -> None:
    """Print the table; with --write, put it into the page."""
    macs = sc.load("resnet50").cost("macs")
    x = np.arange(1, POINTS + 1)
    assert np.array_equal(sc.sweep(macs, X=x, N=1), by_hand(x))
    pairs = [(once(lambda: sc.sweep(macs, X=x, N=1))[0], once(lambda: by_hand(x))[0]) for _ in range(9)]
    warm, hand = (statistics.median(column) for column in zip(*pairs))
    ratio = statistics.median(a / b for a, b in pairs)
    runs = [
        list(map(float, subprocess.check_output([sys.executable, "-c", COLD], text=True).split())) for _ in range(5)
    ]
    cold, later = (statistics.median(column) for column in zip(*runs))
    (torch_time, torch_macs), (fvcore_time, fvcore_macs) = peers()
    few = np.arange(ALL.start, ALL.stop)
    ours = statistics.median(once(lambda: sc.sweep(macs, X=few, N=1))[0] for _ in range(9))
    exact = sc.sweep(macs, X=few, N=1).tolist()
    assert exact == torch_macs, "FlopCounterMode counts otherwise"
    assert exact[:: SOME.step] == fvcore_macs, "fvcore counts otherwise"
    lines = [
        f"Measured on {platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}; medians.",
        "",
        "| ResNet-50's MACs, N = 1 | time | sizes a second | ratio |",
        "| --- | ---: | ---: | ---: |",
        f"| symconv, {SIZES:,} sizes | {shown(ours)} | {SIZES / ours:,.0f} | 1 |",
        f"| torch FlopCounterMode on the meta device, {SIZES:,} sizes, the same figures | {shown(torch_time)} "
        f"| {SIZES / torch_time:,.1f} | {torch_time / ours:,.0f} |",
        f"| fvcore on the CPU, {len(SOME)} of these sizes, the same figures | {shown(fvcore_time)} "
        f"| {len(SOME) / fvcore_time:,.1f} | {fvcore_time / ours * SIZES / len(SOME):,.0f} |",
        f"| symconv, {POINTS:,} sizes | {shown(warm)} | {POINTS / warm:,.0f} | 1 |",
        f"| NumPy written by hand in the same chunks, the same figures | {shown(hand)} | {POINTS / hand:,.0f} "
        f"| {1 / ratio:.2f} |",
        f"| symconv, {POINTS:,} sizes, the first call of a process | {shown(cold)} | {POINTS / cold:,.0f} |  |",
        f"| the later calls of those processes | {shown(later)} | {POINTS / later:,.0f} |  |",
    ]
    table = "\n".join(lines)
    print(table)
    if "--write" in sys.argv:
        write(PAGE, BEGIN, table, END)


if __name__ == "__main__":
    main()
