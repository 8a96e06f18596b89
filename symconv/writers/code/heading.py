"""What stands above a function: the formula, the model, the domain; plain ASCII that no compiler takes for code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap
from typing import Final

from symconv.condition import Condition
from symconv.count import Convention
from symconv.formula import set_cost
from symconv.network import Network
from symconv.node import metric_of
from symconv.notation import ASCII
from symconv.writers.code.tree import Function, Parameter
from symconv.writers.layers import label
from symconv.writers.network import domain_line

#: Columns of a heading and of a line of code.
WIDTH: Final = 100

#: Signs of our own words in ASCII.
_SIGNS: Final = str.maketrans({"×": "x", "·": "*", "–": "-", "−": "-", "²": "^2", "…": "..."})


def plain(text: str) -> str:
    r"""Text in printable ASCII, what else there is escaped, and apart what a compiler would read in a comment.

    >>> plain("a\u202eb */ /* ??/ \n")
    'a\\u202eb * / / * ? ?/ \\n'
    """
    known = "".join(c if c.isascii() and c.isprintable() else ascii(c)[1:-1] for c in text)
    for pair in ("*/", "/*", "??", "</", "<!", "->", "//"):
        while pair in known:
            known = known.replace(pair, f"{pair[0]} {pair[1:]}")
    return known


def noted(text: str, longest: int = 2 * WIDTH) -> str:
    """A formula as a remark of one line."""
    known = plain(text)
    return known if len(known) <= longest else f"{known[: longest - 3]}..."


def heading(
    net: Network,
    metric: str | Convention,
    at: Mapping[str, str],
    parameters: Sequence[Parameter],
    left: Iterable[Condition],
) -> tuple[str, ...]:
    """The lines: what is counted of which model, its formula, what the parameters are, and where it holds."""
    from symconv import __version__

    of = metric_of(metric)
    placed = f" at {', '.join(f'{name}={value}' for name, value in at.items())}" if at else ""
    what = f": {of.description.translate(_SIGNS)}" if of.description else ""
    lines = wrapped(f"The {label(metric)} of {net.name}{placed}, in {of.unit}{what}.", "", "")
    lines += ["", *wrapped(set_cost(net.cost(metric), ASCII).text, "    "), ""]
    for p in parameters:
        if p.name != p.symbol:
            lines += wrapped(f"{p.name} is {p.symbol}.", "", "")
    lines += wrapped(f"Domain: {domain_line(net).ascii}.")
    for condition in left:
        lines += wrapped(f"Not checked: {condition.text(ASCII)}.")
    return (*lines, f"Written by symconv {__version__}.")


def fractions(function: Function) -> list[str]:
    """What the parameters are that make a fraction together."""
    return [f"{p.parts[0]}/{p.parts[1]} is {p.name}, a fraction above 0." for p in function.parameters if p.parts]


def wrapped(text: str, first: str = "", others: str = "    ") -> list[str]:
    """Text in lines of the width of a heading."""
    options = {"break_long_words": False, "break_on_hyphens": False}
    return wrap(plain(text), WIDTH, initial_indent=first, subsequent_indent=others, **options)  # type: ignore[arg-type]
