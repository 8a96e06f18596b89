"""How long it takes from a network that is read to its family, and to a sibling read by it, beside reading.

    python -m tests.benchmarks.lift [--write]     the table of docs/speed.md

Each figure is the best of three runs in one process, after the networks are read; reading is one run.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "speed.md"
BEGIN, END = "<!-- lift: begin -->", "<!-- lift: end -->"
PAIRS = [
    ("resnet50", "resnet152"),
    ("densenet121", "densenet201"),
    ("vgg16", "vgg19"),
    ("convnext_tiny", "convnext_large"),
    ("vit_b_16", "vit_h_14"),
    ("swin_t", "swin_b"),
    ("mobilenet_v2", "mobilenet_v2 width=1.4"),
    ("efficientnet_b1", "efficientnet_b3"),
    ("bert-base", "bert-large"),
    ("gpt2", "gpt2-xl"),
    ("llama-7b", "llama-13b"),
    ("unet-norm depth=4", "unet-norm depth=5"),
]
RUNS = 3


def timed(run: Callable[[], Any], runs: int = RUNS) -> tuple[float, Any]:
    best, result = float("inf"), None
    for _ in range(runs):
        begin = time.perf_counter()
        result = run()
        best = min(best, time.perf_counter() - begin)
    return best, result


def rows() -> list[tuple[str, ...]]:
    import symconv as sc
    from symconv.lift import lift

    sys.path.insert(0, str(Path(__file__).parents[1]))
    from lift.models import model

    def read(name: str) -> tuple[float, Any]:
        module, inputs = model(name)
        return timed(lambda: sc.load(module, kwargs=inputs, square=True), 1)

    found = []
    for base, other in PAIRS:
        (reading, net), (_, sibling) = read(base), read(other)
        lifting, family = timed(lambda net=net: lift(net))
        against, _ = timed(lambda family=family, sibling=sibling: family.against(sibling))
        figures = [f"{seconds:.2f}" for seconds in (reading, lifting, against)]
        found.append((base, str(len(net.nodes)), *figures, f"{lifting / reading:.2f}"))
        print(*found[-1], flush=True)
    return found


def table(found: list[tuple[str, ...]]) -> str:
    head = ["", "layers", "reading", "lifting", "a sibling by it", "lifting/reading"]
    lines = [f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in found)])


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    made = table(rows())
    if "--write" in sys.argv:
        text = PAGE.read_text("utf-8")
        before, after = text.partition(BEGIN)[0], text.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n\n{made}\n\n{END}{after}", "utf-8")
    else:
        print(made)
