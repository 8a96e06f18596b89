"""Try the mutants, and write the table and the lists between the marks of docs/proof.md: `make mutants`.

Each result is kept in out/ until its module changes. `--left` goes on where a run was stopped; `--again` tries those
that survived too, after tests have been written; `--module` is for one module alone. The page is written once all are
known.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import yaml

from tests.benchmarks.mutants import made, tried

ROOT: Final = Path(__file__).parents[3]
PAGE: Final = ROOT / "docs" / "proof.md"
JUDGED: Final = Path(__file__).with_name("judged.yaml")
LAST: Final = ROOT / "out" / "mutants.json"
CLEAN: Final = ROOT / "out" / "mutants_clean.json"
BEGIN, END = "<!-- mutants: begin -->", "<!-- mutants: end -->"

#: The modules, and the test files of each, which are asked first, all of them.
MODULES: Final[dict[str, tuple[str, ...]]] = {
    "extent": ("extent", "powers", "sums"),
    "rounding": ("rounding", "extent", "powers"),
    "powers": ("powers", "recurrence"),
    "count": ("count",),
    "condition": ("condition", "domain"),
    "reducing": ("reducing", "domain"),
    "domain": ("domain",),
    "network": ("network",),
    "sums": ("sums",),
    "summation": ("sums",),
    "recurrence": ("recurrence", "powers"),
}

#: Places of a module that are tried, at most.
MOST: Final = 70

#: Test files that are asked, and those of them that are not: they run commands, pages and whole zoos.
TESTS: Final = "tests/test_*.py"
SLOW: Final = (
    "tests/test_blocks.py",
    "tests/test_chains.py",
    "tests/test_cli.py",
    "tests/test_determinism.py",
    "tests/test_docs.py",
    "tests/test_progress.py",
    "tests/test_repeat_fuzz.py",
    "tests/test_site.py",
    "tests/test_specs_against_torch.py",
    "tests/test_vgg.py",
    "tests/test_witness.py",
    "tests/test_zoo.py",
)

#: Seconds that other files than a module's own take over the module as it is, which are asked about its mutants.
BUDGET: Final = 6


@dataclass(frozen=True)
class Row:
    """A mutant, and what the tests say of it; `reason`, where it does nothing else than the module, says why."""

    mutant: made.Mutant
    what: str
    seconds: float
    reason: str = ""


def asked(mutant: made.Mutant, files: Sequence[tried.Clean]) -> list[tried.Clean]:
    """The test files that run the statement of a mutant: the doctests and the tests of its module, then the fastest."""
    lines = range(mutant.statement[0], mutant.statement[1] + 1)
    own = (f"symconv/{mutant.module}.py", *(f"tests/test_{name}.py" for name in MODULES[mutant.module]))
    running = [f for f in files if not f.lines[mutant.module].isdisjoint(lines)]
    chosen, seconds = [], 0.0
    for file in sorted(running, key=lambda f: (f.file not in own, f.seconds, f.file)):
        if file.file in own:
            chosen.append(file)
        elif seconds + file.seconds <= BUDGET:
            chosen.append(file)
            seconds += file.seconds
    return chosen


def cleaned(files: Iterable[str]) -> list[tried.Clean]:
    """What each test file does over the modules as they are; known from last time where neither has changed."""
    modules = [ROOT / "symconv" / f"{name}.py" for name in MODULES]
    sources = b"".join(f.read_bytes() for f in sorted((ROOT / "symconv").rglob("*.py")))
    stored = json.loads(CLEAN.read_text(encoding="utf-8")) if CLEAN.exists() else {}
    known, out = {}, []
    for file in files:
        key = sha256(sources + (ROOT / file).read_bytes()).hexdigest()
        if key in stored:
            seconds, tests, lines = stored[key]
            numbers = {name: frozenset(found) for name, found in lines.items()}
            out.append(tried.Clean(file, seconds, tests, numbers))
        else:
            out.append(tried.clean(file, modules))
            say(f"{out[-1].seconds:5.1f} s {file}")
        lines = {name: sorted(found) for name, found in out[-1].lines.items()}
        known[key] = out[-1].seconds, out[-1].tests, lines
        CLEAN.parent.mkdir(exist_ok=True)
        CLEAN.write_text(json.dumps(stored | known), encoding="utf-8")
    return out


def unchanged(path: Path, files: Sequence[tried.Clean]) -> None:
    """Run the test files over a module as it is, in the way in which they are run over its mutants.

    Raises SystemExit where a test fails: of no mutant could be said why it does.
    """
    same = made.Mutant(path.stem, "", 1, (1, 1), "", "", path.read_text(encoding="utf-8"))
    outcome = tried.tried(same, path, files, Counter())
    if outcome.what != "survived":
        raise SystemExit(f"{outcome.by} is {outcome.what} over {path.stem} as it is")


def judged() -> dict[tuple[str, ...], str]:
    """Why a mutant does the same as the module, by module, function, the line before and after."""
    listed: list[dict[str, Any]] = yaml.safe_load(JUDGED.read_text(encoding="utf-8")) or []
    return {(e["module"], e["function"], e["line"], e["becomes"]): e["reason"] for e in listed}


def page(rows: Sequence[Row]) -> str:
    """The table, the survivors, and those that are judged to do the same."""

    def line(name: str, of: Sequence[Row]) -> str:
        same = sum(1 for r in of if r.what == "survived" and r.reason)
        counts = Counter(r.what for r in of)
        told = counts["killed"] + counts["timeout"]
        score = f"{100 * told / (len(of) - same):.1f} %" if len(of) > same else ""
        return (
            f"| {name} | {len(of)} | {counts['killed']} | {counts['timeout']} | {counts['survived'] - same} | {same} "
            f"| {score} | {100 * told / len(of):.1f} % |"
        )

    survivors = [r for r in rows if r.what == "survived"]
    left = [f"- {_said(r.mutant)}" for r in survivors if not r.reason] or ["- none"]
    minutes = sum(r.seconds for r in rows) / 60
    return "\n".join(
        [
            f"Measured on {platform.machine()}, Python {platform.python_version()}, in {minutes:.0f} minutes.",
            "",
            "| module | mutants | killed | out of time | survived | the same | score | score with the same |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
            *(line(f"`{m}`", of) for m in MODULES if (of := [r for r in rows if r.mutant.module == m])),
            line("all", rows),
            "",
            "Those that survived:",
            "",
            *left,
            "",
            "Those that are judged to do the same as the module:",
            "",
            *(f"- {_said(r.mutant)} {r.reason}" for r in survivors if r.reason),
        ]
    )


def _said(mutant: made.Mutant) -> str:
    where = f"{mutant.module}, {mutant.function}" if mutant.function else mutant.module
    return f"{where}: `{mutant.before}` becomes {f'`{mutant.after}`' if mutant.after else 'nothing'}."


def main() -> None:
    """Try the mutants, and write the page where all are known."""
    parser = ArgumentParser(prog="python -m tests.benchmarks.mutants", description=__doc__)
    parser.add_argument("--module", action="append", choices=tuple(MODULES), help="of this module alone")
    parser.add_argument("--left", action="store_true", help="those alone that are not known")
    parser.add_argument("--again", action="store_true", help="those alone that are not known, or survived")
    options = parser.parse_args()
    paths = {name: ROOT / "symconv" / f"{name}.py" for name in MODULES}
    mutants = [m for path in paths.values() for m in made.mutants(path, MOST)]
    keys = {m: (sha256(paths[m.module].read_bytes()).hexdigest(), *m.name) for m in mutants}
    known: dict[tuple[str, ...], tuple[str, float]] = {}
    if LAST.exists():
        known = {tuple(key): (what, seconds) for key, what, seconds in json.loads(LAST.read_text(encoding="utf-8"))}
    wanted = [
        m
        for m in mutants
        if m.module in (options.module or MODULES)
        and (
            not (options.left or options.again)
            or keys[m] not in known
            or (options.again and known[keys[m]][0] == "survived")
        )
    ]
    if wanted:
        for mutant, outcome in results(wanted, paths):
            known[keys[mutant]] = outcome.what, outcome.seconds
            LAST.parent.mkdir(exist_ok=True)
            LAST.write_text(json.dumps([[list(key), *result] for key, result in known.items()]), encoding="utf-8")
            say(f"{outcome.what:8} {outcome.seconds:5.1f} s {outcome.by:28} {mutant.line:4} {_said(mutant)}")
    same = judged()
    rows = [Row(m, *known[keys[m]], same.get(m.name, "")) for m in mutants if keys[m] in known]
    table = page(rows)
    if len(rows) == len(mutants):
        from tests.benchmarks.__main__ import write  # not before: it imports symconv

        write(PAGE, BEGIN, table, END)
    print(table)


def results(mutants: Sequence[made.Mutant], paths: dict[str, Path]) -> Iterator[tuple[made.Mutant, tried.Outcome]]:
    """Each mutant, and what the tests say of it."""
    start = time.perf_counter()
    tried.warm()
    files = cleaned(_files())
    say(f"{len(mutants)} mutants, {len(files)} files, {time.perf_counter() - start:.0f} s")
    unchanged(paths[mutants[0].module], files)
    kills: Counter[tuple[str, str]] = Counter()
    for mutant in mutants:
        yield mutant, tried.tried(mutant, paths[mutant.module], asked(mutant, files), kills)


def _files() -> list[str]:
    found = {str(f.relative_to(ROOT)) for f in ROOT.glob(TESTS)}
    return sorted((found - set(SLOW)) | {f"symconv/{m}.py" for m in MODULES})


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
