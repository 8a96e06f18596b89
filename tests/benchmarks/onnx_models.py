"""Run the models that packages ship, and write what each showed between its marks in docs/onnx.md.

`make test WITH_MODELS=1`, which fetches them, then `python -m tests.benchmarks.onnx_models --write`.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from symconv.verifying import Point, verify
from tests.benchmarks.__main__ import write

PAGE = Path(__file__).parents[2] / "docs" / "onnx.md"
BEGIN, END = "<!-- models: begin -->", "<!-- models: end -->"
#: Points that a row names.
NAMED = 3


def places(ran: list[Point]) -> str:
    """`N=1, X=224; N=2, X=225; 2 more`."""
    said = [", ".join(f"{name}={value}" for name, value in p.values.items()) or "as it is" for p in ran]
    more = [f"{len(said) - NAMED} more"] if len(said) > NAMED else []
    return "; ".join(said[:NAMED] + more)


def main(folder: Path) -> None:
    """Print the table; with --write, put it into the page."""
    lines = ["| file | nodes | at | tensors | MACs, first run |", "| --- | ---: | --- | ---: | ---: |"]
    seen: dict[bytes, str] = {}
    for path in sorted(folder.glob("*/**/*.onnx"), key=lambda p: (p.relative_to(folder).parts[0], p.stat().st_size)):
        name = f"`{path.relative_to(folder).parts[0]}` {path.name}"
        digest = hashlib.sha256(path.read_bytes()).digest()
        if digest in seen:
            lines.append(f"| {name} | | the same file as {seen[digest]} | | |")
            continue
        seen[digest] = name
        report = verify(path, square=True)
        if report.wrong is not None:
            raise SystemExit(f"{path}: {report.wrong}")
        ran = [p for p in report.points if not p.failed]
        first = ran[0]
        row = f"{report.network.size:,} | {places(ran)} | {first.tensors:,} | {first.macs:,}"
        lines.append(f"| {name} | {row} |")
        print(lines[-1], flush=True)
    if "--write" in sys.argv:
        write(PAGE, BEGIN, "\n".join(lines), END)


if __name__ == "__main__":
    main(Path(os.environ.get("SYMCONV_MODELS", ".venv/models")))
