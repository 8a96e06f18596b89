"""A design space of 10^8 points: flat memory on two cores, and the same on Dask when a worker dies on the way."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest

import symconv as sc
from symconv.sweeps import parts
from symconv.sweeps.cluster import on_dask
from symconv.sweeps.space import DesignSpace, design_space

pytestmark = pytest.mark.heavy

POINTS = 29 * 8 * 8 * 12 * 48 * 94


def designs() -> DesignSpace:
    return design_space(
        sc.load("resnet"), ["macs", "params"], where=["macs <= 2e9", "params <= 30e6"],
        X=range(32, 257, 8), w=range(16, 129, 16), n1=range(1, 9), n2=range(1, 13), n3=range(1, 49), n4=range(1, 95),
        N=1,
    )  # fmt: skip


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


#: Run on its own; after every part it asks what it and its workers have held at most, which a fork does not inherit.
ON_TWO_CORES = """
import re, sys
from pathlib import Path
from tests.sweeps.test_large import designs
from symconv.sweeps import parts

def held(pid):
    try:
        return int(re.search(r"VmHWM:\\s+(\\d+)", Path(f"/proc/{pid}/status").read_text())[1])
    except (OSError, TypeError):
        return 0

def ask(done, total):
    tasks = Path("/proc/self/task").iterdir()
    workers = {int(pid) for task in tasks for pid in (task / "children").read_text().split()}
    most.append((held("self") + sum(map(held, workers)), len(workers)))

most = []
if __name__ == "__main__":
    parts.write(designs(), sys.argv[1], parts.in_processes(2), ask)
    assert max(n for _, n in most) >= 2
    print(max(size for size, _ in most))
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """The file of all designs, and the memory that it took in kilobytes, the workers' together."""
    folder = tmp_path_factory.mktemp("large")
    script = folder / "on_two_cores.py"
    script.write_text(ON_TWO_CORES)
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, str(script), str(folder / "out.parquet")],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    return folder / "out.parquet", int(done.stdout)


def test_memory_is_flat(whole: tuple[Path, int]) -> None:
    assert designs().grid.size == POINTS >= 10**8
    assert 2**16 < whole[1] < 2**20  # kilobytes: 1 GB


def test_designs_are_what_evaluating_them_says(whole: tuple[Path, int]) -> None:
    table = pyarrow.parquet.read_table(whole[0])
    net = sc.load("resnet")
    chosen = np.random.default_rng(0).integers(0, table.num_rows, 50)
    for row in table.take(chosen).to_pylist():
        values = {name: row[name] for name in ("X", "w", "n1", "n2", "n3", "n4")}
        assert net.evaluate("macs", N=1, **values) == row["macs"] <= 2 * 10**9
        assert net.evaluate("params", **values) == row["params"] <= 30 * 10**6


def test_as_many_designs_as_counting_them_in_floats_of_53_bits(whole: tuple[Path, int]) -> None:
    """Totals below 2^53 are exact in floats, and they are linear in the numbers of blocks."""
    net = sc.load("resnet")
    count = 0
    n2, n3, n4 = np.meshgrid(np.arange(1, 13), np.arange(1, 49), np.arange(1, 95), indexing="ij")

    for x in range(32, 257, 8):
        for w in range(16, 129, 16):

            def at(a: int, b: int, c: int, d: int, x: int = x, w: int = w) -> tuple[int, int]:
                values: dict[str, Any] = {"w": w, "n1": a, "n2": b, "n3": c, "n4": d}
                return int(net.evaluate("macs", N=1, X=x, **values)), int(net.evaluate("params", **values))

            base = at(1, 1, 1, 1)
            slopes = [tuple(p - q for p, q in zip(at(*(1 + (k == j) for j in range(4))), base)) for k in range(4)]
            for n1 in range(1, 9):
                macs, params = (
                    base[m] + slopes[0][m] * (n1 - 1.0) + slopes[1][m] * (n2 - 1.0) + slopes[2][m] * (n3 - 1.0)
                    + slopes[3][m] * (n4 - 1.0)
                    for m in (0, 1)
                )  # fmt: skip
                count += int(((macs <= 2e9) & (params <= 30e6)).sum())
    assert pyarrow.parquet.read_metadata(whole[0]).num_rows == count


def test_dask_gives_the_same_when_a_worker_is_killed(whole: tuple[Path, int], tmp_path: Path) -> None:
    import distributed

    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        killed: list[int] = []

        def kill(done: int, total: int) -> None:
            if done >= total // 3 and not killed:
                first = sorted(client.run(os.getpid).values())[0]
                os.kill(first, signal.SIGKILL)
                killed.append(first)

        path = parts.write(designs(), tmp_path / "out.parquet", on_dask(client), kill)
        assert killed
        assert killed[0] not in client.run(os.getpid).values()
    assert digest(path) == digest(whole[0])
