"""Where a sheet goes: standard output in a format, in Unicode or ASCII, written to its end; words to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symconv.errors import OutputError
from symconv.notation import ASCII, TEXT, Style
from symconv.writers.formats import Format
from symconv.writers.saving import save

if TYPE_CHECKING:
    from symconv.writers.sheet import Sheet


class ReaderLeft(Exception):  # noqa: N818  (not an error: the reader of our pipe has seen enough)
    """Nobody reads the output any more, as behind `| head -1`."""


def style(ascii: bool | None = None) -> Style:
    """ASCII where it is asked for, or where the output is no terminal that shows more."""
    return ASCII if (not _shows_unicode() if ascii is None else ascii) else TEXT


def _shows_unicode() -> bool:
    if sys.stdout is None or not sys.stdout.isatty():
        return False
    return (sys.stdout.encoding or "").lower().startswith("utf")


def show(sheet: Sheet, format: Format = Format.table, ascii: bool | None = None) -> None:
    """Print a sheet.

    Raises OutputError where standard output cannot be written, ReaderLeft where nobody reads it.
    """
    chosen = style(ascii)
    if format is Format.table:
        from symconv.writers.formats import terminal

        if sys.stdout is None or not sys.stdout.isatty():
            write(terminal.text(sheet, chosen))
            return
        with _writing():
            terminal.show(sheet, chosen)
    elif format is Format.markdown:
        from symconv.writers.formats.markdown import to_markdown

        write(to_markdown(sheet, chosen))
    else:
        write(_in(sheet, format))


def _in(sheet: Sheet, format: Format) -> str:
    """The sheet in a format that is the same whatever the output shows."""
    if format is Format.latex:
        from symconv.writers.formats.latex import to_latex as to
    elif format is Format.typst:
        from symconv.writers.formats.typst import to_typst as to
    elif format is Format.html:
        from symconv.writers.formats.html import to_html as to
    elif format is Format.json:
        from symconv.writers.formats.programs import to_json as to
    elif format is Format.csv:
        from symconv.writers.formats.programs import to_csv as to
    else:
        raise AssertionError(f"nothing writes {format}")
    return to(sheet)


def write(text: str, path: Path | None = None) -> None:
    """Write a text to standard output, or to a file, and say so; raises as `show`, and as `save`."""
    if path is not None:
        save(text.encode(), path)
        say(f"wrote {path}")
        return
    with _writing():
        sys.stdout.write(text)


@contextmanager
def _writing() -> Iterator[None]:
    """Output is flushed here, so that what is wrong with it is known here and not when the interpreter ends."""
    if sys.stdout is None:
        raise OutputError("standard output is closed")
    encoding = sys.stdout.encoding
    _encode("utf-8")  # what is no ASCII was asked for, or is a name; a pipe gets it whatever the locale
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        give_up()
        if isinstance(error, BrokenPipeError):
            raise ReaderLeft from None
        raise OutputError(f"standard output cannot be written: {error.strerror}") from None
    else:
        _encode(encoding)


def _encode(encoding: str | None) -> None:
    reconfigure: Any = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None and encoding is not None:
        reconfigure(encoding=encoding, errors="backslashreplace")


def give_up() -> None:
    """Let go of what standard output still holds, which the interpreter would try to write once more at its end."""
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def say(message: str) -> None:
    """Lines on standard error, with nothing in them that a terminal would obey."""
    if sys.stderr is not None:
        print("\n".join(map(printable, message.split("\n"))), file=sys.stderr)


def printable(line: str) -> str:
    """A line with escapes in place of what cannot be seen."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
