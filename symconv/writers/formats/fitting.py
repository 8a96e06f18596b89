"""How a table fits in a window: how wide each column is, where cells and headings break, and which columns give way."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from rich.cells import cell_len, chop_cells

from symconv.notation import ASCII, Style
from symconv.writers.sheet import Column, in_style
from symconv.writers.wording import TIED, lines

#: The width of a share in percent; the least of a column of words and of one whose cells are cut, the most of that.
PERCENT, _PROSE, _SHORT, _LONG = 7, 20, 24, 60
#: The least width of names that take several lines.
_NAME: Final = 12
#: The widths of bars, the roomiest first: in a window, and in a pipe.
WINDOW, PIPE = (20, 10, 0), (10, 0)
#: What stands for the rest of a cell.
_DOTS: Final = "…"
_RELATION: Final = re.compile(r" (≥|>=|≤|≡|=|>|divides|mod \d+ in) | (?=\(mod )")


@dataclass(frozen=True)
class Plan:
    """How a table is laid out: the columns that are shown with their widths, the gap between, how long bars are."""

    widths: dict[int, int]
    gap: int
    bar: int

    def room(self, width: int) -> int:
        """The columns of the window that are left; below 0 where the table does not fit."""
        return width - sum(self.widths.values()) - self.gap * (len(self.widths) - 1)

    def at(self, column: int) -> int:
        """Where a column begins."""
        return sum(wide + self.gap for i, wide in self.widths.items() if i < column)


@dataclass(frozen=True)
class Fitting:
    """The cells of a table as text, and which of its columns are shares and names."""

    columns: Sequence[Column]
    cells: Sequence[Sequence[str]]
    shares: AbstractSet[int]
    names: AbstractSet[int]
    style: Style

    def plan(self, width: int, bars: Sequence[int]) -> Plan:
        """The roomiest layout that fits: shorter bars, narrower gaps, prose and headings on several lines, cells cut,
        no bars, then fewer columns.

        The columns of the lowest rank are left out first, of these the widest. Names longer than two thirds of the
        window take several lines, and shorter ones too before columns of rank 2 are left out. What is still too wide
        is broken.
        """
        narrow = 3 if self.style is ASCII else 2
        bars = (0,) if self.style is ASCII else bars
        longest = max(_SHORT, 2 * width // 3)
        for bar in bars[:-1] or bars:
            for gap in (3, narrow):
                if (found := self._wide(gap, bar, longest)).room(width) >= 0:
                    return found
        kept = list(range(len(self.columns)))
        while True:
            whole = any(self.columns[i].rank < 2 for i in kept[1:])
            for name in (longest,) if whole else (longest, _SHORT, _NAME):
                for most, bar in ((2, bars[-2:][0] if name == longest else 0), (2, 0), (9, 0)):
                    found = self._narrow(kept, narrow, bar, most, name)
                    if found.room(width) >= 0:
                        return _widened(found, self._wide(narrow, found.bar, longest), width)
            if len(kept) <= 2:
                return _squeezed(found, width)
            kept.remove(min(kept[1:], key=lambda i: (self.columns[i].rank, -found.widths[i])))

    def _wide(self, gap: int, bar: int, name: int) -> Plan:
        """Headings on one line, and cells as wide as they are, those that may be cut and names up to a width."""
        widths = {}
        for i, column in enumerate(self.columns):
            cells = self._widest(i, bar)
            most = _LONG if column.short else name if i in self.names else cells
            widths[i] = max(cell_len(self.heading(i)), min(cells, most))
        return Plan(widths, gap, bar)

    def _narrow(self, kept: Sequence[int], gap: int, bar: int, most: int, name: int) -> Plan:
        """Some columns with headings on `most` lines, cells broken or cut, and longer names on several lines."""
        widths = {}
        for i in kept:
            column, cells = self.columns[i], self._widest(i, bar)
            least = _PROSE if column.prose else _SHORT if column.short else name if i in self.names else cells
            widths[i] = max(narrowest(self.heading(i), most), min(cells, least))
        return Plan(widths, gap, bar)

    def heading(self, i: int) -> str:
        """The heading of a column."""
        return in_style(self.columns[i].heading, self.style)

    def _widest(self, i: int, bar: int) -> int:
        cells = max((cell_len(row[i]) for row in self.cells), default=0)
        return cells + bar + (1 if bar else 0) if i in self.shares else cells


def _widened(plan: Plan, wanted: Plan, width: int) -> Plan:
    """The room that is left goes to the columns that want more."""
    widths, room = dict(plan.widths), plan.room(width)
    for i, now in plan.widths.items():
        more = max(0, min(room, wanted.widths[i] - now))
        widths[i], room = now + more, room - more
    return replace(plan, widths=widths)


def _squeezed(plan: Plan, width: int) -> Plan:
    """The widest column narrower, of two the last, so that the rest fits."""
    widest = max(plan.widths, key=lambda i: (plan.widths[i], i))
    return replace(plan, widths={**plan.widths, widest: max(10, plan.widths[widest] + plan.room(width))})


# -- lines -------------------------------------------------------------------------------------------------------------


def narrowest(text: str, most: int) -> int:
    """The least width at which words take `most` lines at most.

    >>> narrowest("MACs at X=224, N=1", 2), narrowest("MACs at X=224, N=1", 9)
    (10, 6)
    """
    words = [cell_len(word) for word in text.split(" ")]
    width = max(words)
    while _lines(words, width) > most:
        width += 1
    return width


def _lines(words: Sequence[int], width: int) -> int:
    count, at = 1, -1
    for word in words:
        count, at = (count, at + 1 + word) if at + 1 + word <= width else (count + 1, word)
    return count


def balanced(text: str, width: int) -> list[str]:
    """Words on as few lines as fit in a width, and these as short as they can be.

    >>> balanced("MACs at X=224, N=1", 14)
    ['MACs at', 'X=224, N=1']
    """
    words = [cell_len(word) for word in text.split(" ")]
    width = narrowest(text, _lines(words, max(width, *words)))
    out: list[str] = []
    for word in text.split(" "):
        if out and cell_len(out[-1]) + 1 + cell_len(word) <= width:
            out[-1] += f" {word}"
        else:
            out.append(word)
    return out


def broken(text: str, width: int) -> list[str]:
    """The text in lines of about `width`: before the signs of its sum, else at spaces, never inside a number."""
    if len(text) <= width:
        return [text]
    tied = _RELATION.sub(lambda m: m[0].replace(" ", TIED), text)
    return list(_wrapped(lines(tied, max(width, 10), most=len(text)), max(width, 10)))


def _wrapped(broken: Sequence[str], width: int) -> Iterator[str]:
    for line in broken:
        yield from textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]


def path_lines(name: str, width: int) -> list[str]:
    """A name in lines of a width: broken behind the slashes of its path, inside of its parts where these are longer.

    >>> path_lines("encoder/layer.0/attention/self/query", 20)
    ['encoder/layer.0/', '  attention/self/', '  query']
    """
    if cell_len(name) <= width:
        return [name]
    inner = "  " + " " * (len(name) - len(name.lstrip(" ")))
    inner = inner if cell_len(inner) < width // 2 else ""
    out = [""]
    for part in re.findall("[^/]*/+|[^/]+", name):
        if cell_len(out[-1] + part) > width and out[-1].strip():
            out.append(inner)
        if cell_len(out[-1] + part) <= width:
            out[-1] += part
            continue
        first, *rest = chop_cells(out[-1] + part, width)
        out[-1] = first
        while rest:
            first, *rest = chop_cells(inner + "".join(rest), width)
            out.append(first)
    return out


def shortened(cell: str, width: int) -> str:
    """The first terms of a sum, or the first parts of a list, as many as fit; the whole where not even one does.

    >>> shortened("N·(576·n4·w² + 32768·n4·w − 16384·w)", 24), shortened("conv 3×3, 64, stride 2, no bias", 20)
    ('N·(576·n4·w² + …)', 'conv 3×3, 64, …')
    """
    dots = _DOTS * (3 if cell.isascii() else 1)  # three columns in ASCII
    terms = lines(cell, max(width - len(dots) - 4, 10), most=len(cell))
    if len(terms) > 1 and terms[1][:2] in ("+ ", "- ", "− "):
        open_ = terms[0].count("(") - terms[0].count(")")
        short = f"{terms[0]} {terms[1][0]} {_DOTS}{')' * open_}"
    else:
        parts = cell.split(", ")
        while len(parts) > 1 and len(", ".join([*parts, dots])) > width:
            parts.pop()
        short = ", ".join([*parts, _DOTS])
    return short if cell_len(short) <= width else cell
