"""Known vulnerabilities of what comes along, by pip-audit or by a copy of PyPA's advisories."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from packaging.utils import canonicalize_name
from packaging.version import Version


def audit(versions: Mapping[str, str], folder: Path) -> tuple[list[str], str]:
    """The advisories that apply to packages of these versions, and what was asked.

    ADVISORIES names a checkout of PyPA's advisory-database, for a machine that does not reach pip-audit's service.
    """
    listed = folder / "audited.txt"
    listed.write_text("".join(f"{name}=={version}\n" for name, version in versions.items()), encoding="utf-8")
    tool = Path(sys.executable).parent / "pip-audit"
    asked = [tool, "--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off", "-r", listed]
    done = subprocess.run(asked, capture_output=True, text=True)
    if done.stdout.startswith("{"):
        answer = json.loads(done.stdout)["dependencies"]
        known = [f"{p['name']} {p['version']}: {v['id']}" for p in answer for v in p.get("vulns", ())]
        return known, "pip-audit"
    why = (done.stderr.strip().splitlines() or ["no answer"])[-1]
    advisories = os.environ.get("ADVISORIES")
    if not advisories:
        return [], f"nothing: pip-audit got no answer ({why.partition('http')[0]}…)"
    return sorted(applying(versions, Path(advisories))), f"PyPA's advisories in {advisories}"


def applying(versions: Mapping[str, str], advisories: Path) -> Iterator[str]:
    """The advisories of a checkout of advisory-database that apply, "numpy 1.21.0: PYSEC-2021-856"."""
    for name, version in versions.items():
        for path in sorted((advisories / "vulns" / canonicalize_name(name)).glob("*.yaml")):
            advisory = yaml.safe_load(path.read_text(encoding="utf-8"))
            if "withdrawn" not in advisory and any(_affects(a, version) for a in advisory["affected"]):
                yield f"{name} {version}: {advisory['id']}"


def _affects(affected: Mapping[str, Any], version: str) -> bool:
    if version in affected.get("versions", ()):
        return True
    now = Version(version)
    inside = False
    for span in affected.get("ranges", ()):
        if span["type"] != "ECOSYSTEM":
            continue
        for event in span["events"]:
            ((kind, at),) = event.items()
            if kind == "introduced" and (at == "0" or now >= Version(at)):
                inside = True
            if (kind == "fixed" and now >= Version(at)) or (kind == "last_affected" and now > Version(at)):
                inside = False
    return inside
