"""What comes along with symconv, under which licence, and as a bill of materials."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.installing.built import ROOT, WrongError, said
from tests.installing.environment import Environment

#: What a longer name in a classifier is in SPDX.
SPDX: Final = {
    "MIT License": "MIT",
    "BSD License": "BSD",
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "Python Software Foundation License": "PSF-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
#: What the licence file of a package is, whose metadata do not say it.
READ: Final = {"namex": "Apache-2.0"}


def licence(package: Mapping[str, Any]) -> str:
    """The licence of a package as its metadata say it: an SPDX expression, a short name, or its classifiers.

    Raises WrongError for a package that says none, which somebody has to look up.
    """
    short = package["licence"].strip()
    named = [c.rpartition(" :: ")[2] for c in package["classifiers"] if c != "License :: OSI Approved"]
    for found in (
        package["expression"],
        short if short and len(short) < 40 else "",
        " / ".join(named),
        READ.get(package["name"], ""),
    ):
        if found:
            return SPDX.get(found, found)
    raise WrongError(f"{package['name']} {package['version']} does not say its licence")


def rows(packages: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[tuple[str, str, str, str, str]]:
    """A row a package: its name, version, licence, its size, and what brings it, nothing or an extra."""
    told: set[str] = set()
    for extra, found in packages.items():
        for package in found:
            if package["name"] in told:
                continue
            told.add(package["name"])
            brought = [e for e, other in packages.items() if package["name"] in {p["name"] for p in other}]
            why = "always" if extra == "" else ", ".join(brought)
            size = f"{package['size'] / 1e6:.1f}"
            yield package["name"], package["version"], licence(package), size, why


def bill(env: Environment, out: Path) -> int:
    """Write a bill of materials in CycloneDX's JSON, which is valid and lists what is installed; how many packages."""
    tool = Path(sys.executable).parent / "cyclonedx-py"
    said(
        *(tool, "environment", "--pyproject", ROOT / "pyproject.toml", "--mc-type", "library"),
        *("--output-format", "JSON", "--output-reproducible", "--validate", "--output-file", out, env.bin / "python"),
    )
    written = json.loads(out.read_text(encoding="utf-8"))
    listed = {(c["name"], c["version"]) for c in written["components"]}
    there = {(p["name"], p["version"]) for p in env.installed()}
    if listed != there:
        raise WrongError(f"{out.name} differs from what is installed: {sorted(listed ^ there)}")
    if written["metadata"]["component"]["name"] != "symconv":
        raise WrongError(f"{out.name} is not about symconv")
    if unlicensed := sorted(c["name"] for c in written["components"] if not c.get("licenses")):
        print(f"  {out.name} knows no licence of {', '.join(unlicensed)}")
    return len(listed)
