"""Which statements and branches the tests run, room by room, from the data of `make test COVERAGE=1`.

python -m tests.benchmarks.branches          print the table
python -m tests.benchmarks.branches --write  put it into docs/proof.md
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

from tests.benchmarks.__main__ import write

PAGE: Final = Path(__file__).parents[2] / "docs" / "proof.md"
COUNTED: Final = ("num_statements", "covered_lines", "num_branches", "covered_branches")
#: Rooms of which each folder has a row of its own.
LARGE: Final = ("readers", "verifying", "writers")


def room(file: str) -> str:
    """The room of a file, symconv/readers/onnx/rules/control.py: readers/onnx."""
    inner = Path(file).parts[Path(file).parts.index("symconv") + 1 : -1]
    return "/".join(inner[: 2 if inner[:1] and inner[0] in LARGE else 1])


def main(write_it: bool) -> None:
    rooms: dict[str, Counter[str]] = {}
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        subprocess.run([sys.executable, "-m", "coverage", "json", "-q", "-o", file.name], check=True)
        for name, found in json.load(file)["files"].items():
            counts = {key: found["summary"][key] for key in COUNTED}
            rooms.setdefault(room(name), Counter()).update(counts)
    every = sum(rooms.values(), Counter())
    lines = ["| room | statements | run | branches | run | both |", "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for name, n in [*sorted(rooms.items()), ("all", every)]:
        statements, lines_run, branches, branches_run = (n[key] for key in COUNTED)
        shares = [lines_run / statements, branches_run / max(branches, 1)]
        shares.append((lines_run + branches_run) / (statements + branches))
        said = [f"{share:.1%}".replace("%", " %") for share in shares]
        title = name if name == "all" else f"`{name}/`" if name else "the modules beside the folders"
        lines.append(f"| {title} | {statements:,} | {said[0]} | {branches:,} | {said[1]} | {said[2]} |")
    table = "\n".join(lines)
    print(table)
    if write_it:
        write(PAGE, "<!-- branches: begin -->", table, "<!-- branches: end -->")


if __name__ == "__main__":
    main("--write" in sys.argv[1:])
