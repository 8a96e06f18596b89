"""Mutated ONNX files, read or refused: `python -m tests.benchmarks.onnx_fuzz [CASES]`, 20,000 where none are said."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from readers.onnx.test_bad_input import corpus, mutated, outcome, rearranged


def main(cases: int) -> None:
    rng, seeds, found, slowest = random.Random(0), corpus(), Counter(), 0.0
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(cases):
            change = rng.choice([mutated, rearranged])
            start = time.monotonic()
            found[outcome(change(rng.choice(seeds), rng), Path(folder) / "m.onnx")] += 1
            slowest = max(slowest, time.monotonic() - start)
    parsed = sum(n for (how, _), n in found.items() if how == "parsed")
    print(f"{cases:,} cases, {100 * parsed / cases:.0f} % of them a protobuf, slowest {slowest:.2f} s")
    for (how, what), n in sorted(found.items()):
        print(f"{how}, {what}: {n:,}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
