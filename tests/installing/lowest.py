"""The lower bounds of pyproject.toml: the tests with every direct dependency at its lowest version."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Final

from tests.installing.built import ROOT, said
from tests.installing.environment import Python

#: Extras that are resolved together. torch is not: uv would take a build of several gigabytes from the index.
EXTRAS: Final = ("parquet", "plot", "dask", "onnx", "verify", "keras", "test")
#: What is run on them: everything but the lift, the zoo and the analysis, which are long and call on nothing but SymPy.
TESTS: Final = ("readers", "writers", "sweeps", "verifying", "reconciling", "layers", "metrics")
#: The node tests of onnx are counted, of which older ones bring fewer; an old onnxruntime ends without a word in the
#: second, and runs what it should refuse in the third.
LEFT_OUT: Final = (
    "tests/readers/onnx/test_nodes.py::test_every_node_test_of_the_onnx_package_has_its_shapes_right_or_named_unknowns",
    "tests/readers/onnx/test_microsoft.py::test_a_fused_operator_has_the_shapes_and_the_macs_of_a_run[ExpandDims]",
    "tests/readers/onnx/test_microsoft.py::test_what_no_runtime_takes_is_an_error_that_says_what_is_wrong"
    "[heads that do not divide]",
)


def bounds() -> dict[str, str]:
    """The lower bound of every direct dependency that has one, by its name."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(word for extra in EXTRAS for word in extras[extra])]
    found = [re.match(r"([\w-]+)>=([\w.]+)$", word) for word in wanted]
    return {match[1].lower(): match[2] for match in found if match}


def lowest(python: Python, folder: Path) -> tuple[dict[str, str], str]:
    """Run the tests with every direct dependency at its lowest: the versions that were installed, and how it ended."""
    uv = Path(sys.executable).parent / "uv"
    chosen = folder / "lowest.txt"
    extras = [word for extra in EXTRAS for word in ("--extra", extra)]
    said(
        *(uv, "pip", "compile", "--quiet", "--python", python.path, "--resolution", "lowest-direct"),
        *(*extras, "--no-header", "--no-annotate", "--output-file", chosen, ROOT / "pyproject.toml"),
    )
    said(uv, "venv", "--quiet", "--clear", "--python", python.path, folder / "lowest")
    run = folder / "lowest" / "bin" / "python"
    said(uv, "pip", "install", "--quiet", "--only-binary", ":all:", "--python", run, "--requirement", chosen)
    paths = [
        *(f"tests/{name}" for name in TESTS),
        *sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("tests/test_*.py")),
    ]
    without = [word for test in LEFT_OUT for word in ("--deselect", test)]
    told = said(run, "-m", "pytest", "-p", "no:cacheprovider", "-W", "ignore", "-v", *without, *paths)
    versions = dict(re.findall(r"^([\w-]+)==(\S+)", chosen.read_text(encoding="utf-8"), re.MULTILINE))
    return {name: versions[name] for name in bounds()}, told.splitlines()[-1]
