"""How long reading an ONNX file takes, from the file to its total, and how much memory; no weights are read.

    python -m tests.benchmarks.onnx_speed [--write]     the table of docs/speed.md

Models of torchvision are exported first, which needs torch, torchvision and onnxscript. Each figure is the median of
first readings, each in a process of its own, after importing symconv.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.benchmarks.__main__ import PAGE, write

BEGIN, END = "<!-- onnx: begin -->", "<!-- onnx: end -->"
#: Models, and the seconds that they may take.
MODELS = {"resnet50": "at most 0.5 s", "densenet121": "at most 1 s", "swin_t": "at most 2 s"}
SHORT, LONG, RUNS = 500, 5000, 5


def peak() -> int:
    """The kilobytes that this process has held at most; what getrusage says begins with those of its parent."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1])


def one(path: str) -> None:
    """Read a file, and print its nodes, the seconds, and the kilobytes that this took at most beside what was held."""
    from symconv.readers.onnx import read_onnx

    held = peak()
    begin = time.perf_counter()
    net = read_onnx(path).network
    net.cost("macs"), net.cost("params")
    taken = time.perf_counter() - begin
    sys.stdout.write(json.dumps([len(net.nodes), taken, peak() - held]))


def measured(path: Path) -> tuple[int, float, int]:
    command = [sys.executable, "-m", "tests.benchmarks.onnx_speed", "--one", str(path)]
    found = [json.loads(subprocess.check_output(command, text=True)) for _ in range(RUNS)]
    nodes, taken, more = zip(*found)
    return nodes[0], statistics.median(taken), round(statistics.median(more))


def outside(folder: Path) -> Path:
    """A product with a matrix of 1 GB, which stands in a file beside the model."""
    import numpy as np
    from onnx import TensorProto
    from readers.onnx.graphs import model, node, saved

    made = model([node("MatMul", "x w")], [("x", ["N", 1 << 14])], weights={"w": np.zeros((1, 1), np.float32)})
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.dims[:] = [1 << 14, 1 << 14]
    tensor.data_location = TensorProto.EXTERNAL
    place = tensor.external_data.add()
    place.key, place.value = "location", "outside.bin"
    with (folder / "outside.bin").open("wb") as file:
        file.truncate(1 << 30)
    return saved(made, folder / "outside.onnx")


def main() -> None:
    """Print the table; with --write, put it into the page."""
    from readers.onnx.graphs import chain, saved
    from readers.onnx.test_export import exported

    rows: list[tuple[str, Path, str]] = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        for model, wanted in MODELS.items():
            rows.append((f"torchvision:{model}", exported(model, folder), wanted))
        for count, wanted in ((SHORT, ""), (LONG, "at most 10 s, 10 times the one before")):
            path = saved(chain(count), folder / f"{count}.onnx")
            rows.append((f"a chain of {count:,} convolutions", path, wanted))
        rows.append(("a product with 1 GB of weights outside", outside(folder), "no memory of their size"))
        lines = ["| file | layers | read and totalled | memory for it | wanted |", "| --- | ---: | ---: | ---: | --- |"]
        for said, path, wanted in rows:
            nodes, taken, more = measured(path)
            lines.append(f"| {said} | {nodes:,} | {taken:.3f} s | {more / 1000:.1f} MB | {wanted} |")
            print(lines[-1], flush=True)
    if "--write" in sys.argv:
        write(PAGE, BEGIN, "\n".join(lines), END)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2])
    else:
        main()
