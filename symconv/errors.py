"""Every error that symconv raises on purpose, so that a caller can catch them all with one name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


class SymconvError(Exception):
    """Something that was asked for cannot be answered; the message says what and what would be accepted."""


class SymbolError(SymconvError):
    """A name that an expression does not have, a missing one, or two symbols of one name."""


class ExtentError(SymconvError):
    """An arithmetic step that has no meaning for extents, such as a division by zero."""


class ShapeError(SymconvError):
    """A layer that cannot follow its inputs, or a field outside its range."""


class DomainError(SymconvError):
    """A value outside the domain in which a formula holds."""


class NetworkError(SymconvError):
    """A graph that is not one: an unknown input, a name used twice, a cycle."""


class ExpressionError(SymconvError):
    """A text that is not arithmetic on known names; `column` counts from 1."""

    def __init__(self, message: str, column: int = 0) -> None:
        super().__init__(message)
        self.column = column


class ModelError(SymconvError):
    """A model's file that cannot be read, or a graph in it that is none."""


class OutputError(SymconvError):
    """A file that could not be written, or a format that is not known."""


class CertificateError(SymconvError):
    """A certificate that is none, or that does not hold: every line says one thing that is wrong with it."""


class CallError(SymconvError):
    """A call that is wrong, not the model: the value of an option, a symbol or a layer that the model does not have."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a file; `line` and `column` count from 1, 0 where they are not known."""

    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    hint: str = ""

    def __str__(self) -> str:
        place = ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)]).lstrip(":")
        return f"{place + ': ' if place else ''}{self.message}{f' ({self.hint})' if self.hint else ''}"


class SpecError(SymconvError):
    """A file with faults, all that could be found at once."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults), key=lambda f: (f.file, f.line, f.column, f.message, f.hint)))
        super().__init__("\n".join(map(str, self.faults)))


def one_line(error: Exception, most: int = 300) -> str:
    """What an error of somebody else's says, in one line of so many characters at most.

    >>> one_line(ValueError("no luck,\\n  again"))
    'no luck, again'
    """
    return " ".join(str(error).split())[:most]


def near(name: str, names: Iterable[str]) -> str:
    """`did you mean …?` for the nearest of `names`, or an empty text where none is near.

    >>> near("kernal", ["kernel", "stride"])
    'did you mean kernel?'
    """
    known = {n.lower(): n for n in names}
    found = get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    return f"did you mean {known[found[0]]}?" if found else ""
