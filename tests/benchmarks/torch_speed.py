"""How long reading a module takes beside what else there is: one count at one size, and torch's own export.

    python -m tests.benchmarks.torch_speed [--write]     the table of docs/speed.md

Each figure is the best of three runs in a process of its own, after importing torch and building the module.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "speed.md"
BEGIN, END = "<!-- torch: begin -->", "<!-- torch: end -->"
MODELS = ["torchvision:resnet50", "torchvision:densenet121", "torchvision:swin_t", "transformers:gpt2"]
WAYS = ["one count", "symconv", "symconv, square", "export, static", "export, dynamic"]
RUNS = 3


def timed(run: Any, runs: int = RUNS) -> float:
    best = float("inf")
    for _ in range(runs):
        begin = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - begin)
    return best


def one(name: str, way: str) -> float:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from symconv.readers.torch import read_torch
    from symconv.readers.torch.named import named

    found = named(name)
    module, args, kwargs = found.module, found.args, found.kwargs
    module.requires_grad_(False)
    if way.startswith("symconv"):
        return timed(lambda: read_torch(module, args, kwargs, square="square" in way).network.cost("macs"))
    module = module.to("meta")
    given = [t.to("meta") for t in (*args, *kwargs.values())]
    if way == "one count":

        def count() -> None:
            with FlopCounterMode(display=False):
                module(*given)

        return timed(count)
    doubled = tuple(torch.empty((2, *t.shape[1:]), dtype=t.dtype, device="meta") for t in given)
    free = {
        0: torch.export.Dim.AUTO,
        **{i: torch.export.Dim.AUTO for t in given for i in range(t.dim()) if i != 1 or t.dim() == 2},
    }
    shapes = [dict(free)] * len(given) if "dynamic" in way else None
    if kwargs:
        named_inputs = dict(zip(kwargs, doubled))
        dynamic = dict(zip(kwargs, shapes)) if shapes is not None else None
        return timed(lambda: torch.export.export(module, (), named_inputs, dynamic_shapes=dynamic), 1)
    return timed(lambda: torch.export.export(module, doubled, dynamic_shapes=shapes), 1)


def main(words: list[str]) -> None:
    sys.path.append(os.environ.get("SYMCONV_MODELS", ".venv/models"))
    if words[:1] == ["--one"]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            print(json.dumps(one(words[1], words[2])))
        return
    lines = [f"| seconds | {' | '.join(WAYS)} |", "|---|" + "---:|" * len(WAYS)]
    for name in MODELS:
        cells = []
        for way in WAYS:
            command = [sys.executable, "-m", "tests.benchmarks.torch_speed", "--one", name, way]
            done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
            last = done.stdout.strip().splitlines()[-1:] if done.returncode == 0 else []
            cells.append(f"{json.loads(last[0]):.2f}" if last else "fails")
        lines.append(f"| {name} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    if "--write" in words:
        from tests.benchmarks.__main__ import write

        write(PAGE, BEGIN, "\n".join(lines), END)


if __name__ == "__main__":
    main(sys.argv[1:])
