"""A diagram's DOT text made into an SVG, PNG or PDF by Graphviz.

Graphviz is the machine's own `dot` where there is one, else the library inside pygraphviz's wheel. Either runs in a
process of its own, so that a hang, a crash or Graphviz's words on stderr stay out of the caller's process, and so that
it starts with our font settings: fontconfig reads them once, from a file that an environment variable names. With the
faces in `fonts/` the same Graphviz draws the same picture on every machine, and ⌊, ⌉ and ² on one that has no font at
all. (macOS sets text by an engine of its own, with its own fonts.)
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

from symconv.errors import OutputError, near

#: What `render` can make.
FORMATS = ("dot", "svg", "png", "pdf")

FONTS = Path(__file__).with_name("fonts")
TIMEOUT = 120

# How a finished file begins and ends: dot leaves with status 0 when it was given nothing, and another program of that
# name may say anything.
_WHOLE = {
    "svg": (b"<?xml", b"</svg>"),
    "png": (b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"),
    "pdf": (b"%PDF-", b"%%EOF"),
    "json0": (b"{", b"}"),
}

# Scripts that the shipped faces draw. The machine's fonts are looked at for other text only: to scan thousands of them
# takes long, and with them the same text could measure differently on another machine.
_FOREIGN = re.compile("[^\u0000-\u058f\u1d00-\u2bff]")
_SYSTEM_FONTS = """\
<dir>/usr/share/fonts</dir><dir>/usr/local/share/fonts</dir><dir prefix="xdg">fonts</dir><dir>~/.fonts</dir>
<dir>/System/Library/Fonts</dir><dir>/Library/Fonts</dir><dir>~/Library/Fonts</dir><dir>WINDOWSFONTDIR</dir>
<cachedir>/var/cache/fontconfig</cachedir><cachedir prefix="xdg">fontconfig</cachedir>"""

# Run by `python -c` with the format, the folder that holds pygraphviz, which may be on the parent's path alone, advice
# (the wheel leaves glib and X11 to the system, and a slim container has neither), and the engine.
_PYGRAPHVIZ = """\
import sys
sys.path.append(sys.argv[2])
try:
    from pygraphviz import AGraph
except ImportError as error:
    sys.exit(f"it does not load here ({error}); {sys.argv[3]}")
try:
    sys.stdout.buffer.write(AGraph(string=sys.stdin.buffer.read().decode()).draw(format=sys.argv[1], prog=sys.argv[4]))
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""

_INSTALL = "install Graphviz (https://graphviz.org/download), or ask for 'dot', the diagram's text, which needs none"


@dataclass(frozen=True)
class _Drawer:
    """A program that reads DOT from its standard input and writes a drawing to its standard output."""

    name: str
    command: tuple[str, ...]


class _DrawingError(Exception):
    """A drawer that did not draw, where another one may."""


def render(dot: str, suffix: str, engine: str = "dot") -> bytes:
    """The bytes of a diagram's file.

    The same text gives the same bytes from the same Graphviz; a PDF's date is set to 1970 where Graphviz leaves it
    readable. A PNG has at most 32,767 pixels a side, and Graphviz shrinks a larger diagram to that.

    Parameters
    ----------
    dot
        A graph in Graphviz's language. It is trusted: files that it names (`image=`) are Graphviz's to open.
    suffix
        One of `FORMATS`; "dot" gives the text back. "json0" gives the places of everything in it.
    engine
        "dot" lays the graph out; "nop2" draws it where its own attributes say that everything is.

    Raises
    ------
    OutputError
        For another suffix, or where there is no Graphviz, or it fails or takes longer than `TIMEOUT` seconds.

    Examples
    --------
    >>> render("digraph { a -> b }", "dot")
    b'digraph { a -> b }'
    >>> render("digraph { a -> b }", "pgn")
    Traceback (most recent call last):
    symconv.errors.OutputError: a diagram cannot be written as 'pgn': dot, svg, png, pdf are known (did you mean png?)
    """
    if suffix not in (*FORMATS, "json0"):
        hint = near(suffix.removeprefix("."), FORMATS)
        raise OutputError(
            f"a diagram cannot be written as {suffix!r}: {', '.join(FORMATS)} are known{f' ({hint})' if hint else ''}"
        )
    try:
        source = dot.encode()
    except UnicodeEncodeError as error:
        raise OutputError(f"the diagram has text that UTF-8 cannot hold: {error.object[error.start]!r}") from None
    if suffix == "dot":
        return source
    drawing = _drawn(source, suffix, engine, foreign=_FOREIGN.search(dot) is not None)
    return _undated(drawing) if suffix == "pdf" else drawing


def _drawers(suffix: str, engine: str) -> Iterator[_Drawer]:
    dot = shutil.which("dot")
    if dot is not None:
        yield _Drawer(dot, (os.path.abspath(dot), f"-T{suffix}", f"-K{engine}"))
    wheel = find_spec("pygraphviz")
    if wheel is not None and wheel.origin is not None and sys.executable:
        folder = Path(wheel.origin).resolve().parent.parent
        yield _Drawer("pygraphviz", (sys.executable, "-c", _PYGRAPHVIZ, suffix, str(folder), _INSTALL, engine))


def _drawn(source: bytes, suffix: str, engine: str, *, foreign: bool) -> bytes:
    failures: list[str] = []
    with _workplace(foreign) as (folder, environment):
        # A dot without its plugins or its libraries is common enough to try the next drawer.
        for drawer in _drawers(suffix, engine):
            try:
                return _run(drawer, source, suffix, folder, environment)
            except _DrawingError as failure:
                failures.append(f"{drawer.name}: {failure}")
    if not failures:
        raise OutputError(f"drawing needs Graphviz and there is none; {_INSTALL}")
    raise OutputError("the diagram could not be drawn\n" + "\n".join(failures))


@contextlib.contextmanager
def _workplace(foreign: bool) -> Iterator[tuple[str, Mapping[str, str]]]:
    """An empty folder to draw in, so that no file of the caller's is taken for a module, and the settings to draw with.

    Fontconfig's own configuration is left out on purpose: it may be absent, or of another version.
    """
    try:
        temporary = TemporaryDirectory(prefix="symconv-", ignore_cleanup_errors=True)
    except OSError as error:
        raise OutputError(f"drawing needs a temporary directory: {error}") from error
    with temporary as folder:
        more = _SYSTEM_FONTS if foreign else f"<cachedir>{escape(folder)}</cachedir>"
        config = Path(folder, "fonts.conf")
        text = f'<?xml version="1.0"?>\n<fontconfig><dir>{escape(folder)}</dir>\n{more}\n</fontconfig>\n'
        try:
            config.write_bytes(os.fsencode(text))
            # Copies, since fontconfig 2.13 leaves a .uuid beside the fonts that it reads.
            for face in FONTS.glob("*.ttf"):
                shutil.copyfile(face, Path(folder, face.name))
        except OSError as error:
            raise OutputError(f"drawing needs a temporary file: {error}") from error
        environment = {**os.environ, "FONTCONFIG_FILE": str(config)}
        environment.pop("FONTCONFIG_SYSROOT", None)
        if not foreign:
            # Dates a PDF; kept away from the user's font cache, whose entries fontconfig would date by it too.
            environment.setdefault("SOURCE_DATE_EPOCH", "0")
        yield folder, environment


def _run(drawer: _Drawer, source: bytes, suffix: str, folder: str, environment: Mapping[str, str]) -> bytes:
    try:
        done = subprocess.run(
            drawer.command,
            input=source,
            capture_output=True,
            timeout=TIMEOUT,
            cwd=folder,
            env=environment,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise OutputError(
            f"the diagram is not drawn after {TIMEOUT} s, it may be too large; 'dot' writes its text for a longer try"
        ) from None
    except OSError as error:
        raise _DrawingError(f"it does not start: {error.strerror or error}") from error
    head, tail = _WHOLE[suffix]
    if done.returncode == 0 and done.stdout.startswith(head) and done.stdout.rstrip().endswith(tail):
        return done.stdout
    raise _DrawingError(_complaint(done.stderr) or f"no complete {suffix}, exit status {done.returncode}")


def _complaint(stderr: bytes) -> str:
    lines = [line.strip() for line in stderr.decode(errors="replace").splitlines()]
    return "; ".join([line for line in lines if line and not line.startswith("Fontconfig")][:5])


def _undated(data: bytes) -> bytes:
    # Of the same length, since a PDF's table of contents counts bytes.
    return re.sub(rb"(/(?:Creation|Mod)Date \(D:)\d{14}", rb"\g<1>19700101000000", data)
