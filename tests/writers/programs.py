"""Functions that symconv wrote, run: in this interpreter, by a C compiler, by node, and what each of them gave."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest

C_FLAGS: Final = ("-std=c99", "-O0", "-Wall", "-Wextra", "-pedantic", "-Werror", "-Wconversion", "-Wshadow")

needs_c = pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")

#: What a function refuses: outside of the domain, and in C what does not fit 64 bits.
OUTSIDE: Final = "outside"
WIDE: Final = "wide"

Row = Sequence[int | Fraction]


@dataclass(frozen=True)
class Called:
    """The text of a function, its name, and the arguments that it is called with."""

    text: str
    name: str
    rows: Sequence[Row]


def run_python(of: Called) -> list[Any]:
    """What the function gives in this interpreter; the text is our own."""
    space: dict[str, Any] = {}
    exec(compile(of.text, "<written>", "exec"), space)
    out: list[Any] = []
    for row in of.rows:
        try:
            out.append(space[of.name](*row))
        except ValueError:
            out.append(OUTSIDE)
    return out


def flat(row: Row) -> list[int]:
    """Fractions as numerator and denominator, as C and JavaScript take them."""
    return [n for v in row for n in ((v.numerator, v.denominator) if isinstance(v, Fraction) else (v,))]


def compiled(text: str, folder: Path, *flags: str, compiler: str = "gcc") -> Path:
    """A program of a C text; warnings are errors."""
    source, program = folder / "program.c", folder / "program"
    source.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [compiler, *(flags or C_FLAGS), str(source), "-o", str(program)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[:4000]
    return program


def run_c(functions: Sequence[Called], folder: Path, *flags: str) -> list[list[Any]]:
    """What each function gives, all of them in one program."""
    parts = ["#include <inttypes.h>\n#include <stdio.h>\n", *(f.text for f in functions), "int main(void) {"]
    parts.append("    int64_t result;")
    for k, f in enumerate(functions):
        width = max((len(flat(row)) for row in f.rows), default=0)
        rows = ", ".join("{" + ", ".join(map(str, flat(row) or [0])) + "}" for row in f.rows)
        parts.append(f"    static const int64_t rows_{k}[][{max(width, 1)}] = {{{rows}}};")
        arguments = "".join(f"rows_{k}[k][{i}], " for i in range(width))
        call = f"{f.name}({arguments}&result)"
        parts.append(f"    for (int k = 0; k < {len(f.rows)}; k++) {{\n        result = -77;")
        parts.append(
            f'        const int status = {call};\n        printf("%d %" PRId64 "\\n", status, result);\n    }}'
        )
    program = compiled("\n".join([*parts, "    return 0;\n}\n"]), folder, *flags)
    done = subprocess.run([str(program)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[:4000]
    lines = iter(done.stdout.splitlines())
    return [[_given(next(lines)) for _ in f.rows] for f in functions]


def _given(line: str) -> Any:
    status, result = line.split()
    assert status in ("0", "1", "2")
    if status != "0":
        assert result == "-77", "nothing is written where the function refuses"
        return OUTSIDE if status == "1" else WIDE
    return int(result)


def run_node(functions: Sequence[Called], folder: Path) -> list[list[Any]]:
    """What each function gives in one script."""
    parts = [f.text for f in functions]
    for f in functions:
        rows = ", ".join("[" + ", ".join(f"{n}n" for n in flat(row)) + "]" for row in f.rows)
        parts.append(
            f"for (const row of [{rows}]) {{\n"
            f"  try {{ console.log(String({f.name}(...row))); }}\n"
            f"  catch (e) {{ if (!(e instanceof RangeError)) throw e; console.log('{OUTSIDE}'); }}\n}}"
        )
    lines = iter(node("\n".join(parts), folder).splitlines())
    return [[line if (line := next(lines)) == OUTSIDE else int(line) for _ in f.rows] for f in functions]


def node(text: str, folder: Path, name: str = "program.cjs") -> str:
    """What a script prints."""
    script = folder / name
    script.write_text(text, encoding="utf-8")
    done = subprocess.run(["node", str(script)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[:4000]
    return done.stdout


def rows_of(names: Sequence[str], points: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """Arguments in the order of the symbols."""
    return [[point[name] for name in names] for point in points]
