"""TeX and Typst, where they are: a document compiled, what they complained of, the pages as text."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

needs_tex = pytest.mark.skipif(not shutil.which("pdflatex"), reason="no pdflatex: LaTeX is checked by its syntax alone")
needs_typst = pytest.mark.skipif(not find_spec("typst"), reason="no typst: Typst is checked by its syntax alone")

_PAGE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[textwidth=6.5in,textheight=9.5in]{geometry}
\usepackage{%s}
\begin{document}
%s
\end{document}
"""
_TYPST = '#set page(paper: "a4", margin: (x: 0.885in, y: 1in))\n#set text(size: 11pt)\n%s'


def compiled(folder: Path, *bodies: str) -> list[float]:
    """Compile LaTeX on A4 with a text of 6.5 inches at 11 points; the points of what is too wide.

    Only the packages are loaded that the second line of a body says.
    """
    packages = {p for body in bodies for p in re.findall(r"^% \\usepackage\{(.*)\}$", body, re.MULTILINE)}
    (folder / "paper.tex").write_text(_PAGE % (",".join(sorted(packages)), "\n\n".join(bodies)), encoding="utf-8")
    call = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "paper.tex"]
    done = subprocess.run(call, cwd=folder, capture_output=True, timeout=120)
    log = (folder / "paper.log").read_text(encoding="latin-1")
    assert done.returncode == 0, re.findall(r"^!.*(?:\n.*){6}", log, re.MULTILINE)
    return [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]


def typst_pages(*bodies: str) -> int:
    """Compile Typst; how many pages there are."""
    import typst

    pages = typst.compile((_TYPST % "\n\n".join(bodies)).encode(), format="svg")
    return len(pages) if isinstance(pages, list) else 1


_READ = """#let plain(it) = if type(it) == str { it } else if it.has("text") { plain(it.text)
} else if it.has("children") {
  it.children.map(plain).join("")
} else if it.func() == smartquote { if it.double { "\\"" } else { "'" } } else if it == [ ] { " " } else { "" }
#let body = [%s]
#metadata(plain(body)) <end>"""


def typst_words(body: str) -> str:
    """The text of a document, as Typst has read it."""
    import json

    import typst

    found: str = json.loads(typst.query((_READ % body).encode(), "<end>", field="value", one=True))
    return found
