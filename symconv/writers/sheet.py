"""A sheet: what a command has to say, before any format. Headline, facts, tables, notes; cells are formulas, figures.

Each format sets the same cells in its own way: mathematical signs or ASCII for the terminal, math for documents
(`symconv.writers.formats.latex`, markdown, typst, html), plain formulas and whole numbers for CSV and JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from symconv.cost import Cost, Number
from symconv.extent import Extent
from symconv.formula import set_cost
from symconv.notation import ASCII, LATEX, TEXT, Ascii, Style, latex_escape
from symconv.setting import set_size
from symconv.tensor import Tensor
from symconv.writers.wording import TIED, figure, grouped, percent, seen


@dataclass(frozen=True)
class Share:
    """A part of a whole, from 0 to 1."""

    value: Fraction


@dataclass(frozen=True)
class Rule:
    """A formula as the rule of a layer is written, factors that only some terms share taken out too."""

    cost: Cost


@dataclass(frozen=True)
class Math:
    """A sentence with mathematics in it that sets itself in a style: the line of a domain, an equation."""

    text: str
    latex: str = ""
    ascii: str = ""

    @classmethod
    def of(cls, text: Callable[[Style], str], ascii: Style = ASCII) -> Math:
        """What is set in each of its three styles."""
        return cls(text(TEXT), text(LATEX), text(ascii))


@dataclass(frozen=True)
class Name:
    """A node's name: what is left of it below the path that it is grouped under, the whole where a program reads it.

    `said` is what people read behind it, such as how often it stands there.
    """

    path: str
    under: str = ""
    said: Math | None = None

    @property
    def inside(self) -> str:
        """What is left of the name below its group."""
        return self.path.removeprefix(self.under + "/") if self.under else self.path

    @property
    def shown(self) -> str:
        """The name as the terminal shows it, indented under its group."""
        return "  " * bool(self.under) + self.inside


@dataclass(frozen=True)
class Big:
    """A number shown with its SI prefix, 15.47 G, and kept exact where a program reads it."""

    value: Number


Cell = str | int | Fraction | Cost | Extent | Tensor | Share | Rule | Math | Big | Name | None


@dataclass(frozen=True)
class Column:
    """A column: its heading, whether its cells stand to the right, its name for a program, and its `rank`.

    In a narrow window the cells of `prose` take several lines and those of a `short` column are cut behind a part of
    theirs, with a mark; then the columns of the lowest rank are left out first. The first column always stays.
    """

    heading: str
    right: bool = False
    key: str = ""
    rank: int = 0
    prose: bool = False
    short: bool = False

    @property
    def lines(self) -> tuple[str, str]:
        """The heading on two lines, the sizes of its figures below: `MACs` and `at X=224`."""
        first, at, place = self.heading.partition(" at ")
        return first, (at + place).strip()


@dataclass(frozen=True)
class Heading:
    """A heading over some rows of a table, what is said of all of them, and in the columns `cells` what they have
    together."""

    name: str
    notes: tuple[Math | str, ...] = ()
    cells: tuple[Cell, ...] = ()

    def cell(self, column: int) -> Cell:
        """What the rows have together in a column."""
        return self.cells[column] if column < len(self.cells) else None

    def room(self, columns: Sequence[int]) -> int:
        """How many of these columns its name may take: the first, and those before the first cell."""
        filled = (place for place, i in enumerate(columns) if set_cell(self.cell(i), TEXT))
        return max(next(filled, len(columns)), 1)


@dataclass
class Table:
    """Rows of cells under columns; `groups` are headings before a row, the row `total` stands apart at the end."""

    columns: Sequence[Column]
    rows: list[list[Cell]] = field(default_factory=list)
    total: list[Cell] | None = None
    groups: dict[int, Heading] = field(default_factory=dict)

    @property
    def all_rows(self) -> list[list[Cell]]:
        """The rows, the total at the end."""
        return [*self.rows, *([self.total] if self.total else [])]

    def right(self, number: int) -> bool:
        """Whether a column stands to the right where a document has no bars for its shares."""
        return self.columns[number].right or any(isinstance(row[number], Share) for row in self.rows)


@dataclass
class Sheet:
    """All that a command says; `data` makes what JSON adds to it, `records` is the table of CSV where no other is."""

    title: str
    facts: list[tuple[str, Cell]] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    data: Callable[[], dict[str, Any]] = dict
    records: Callable[[], Table] | None = None


class _Spaced(Ascii):
    """ASCII in which the sizes of a shape stand apart, `C_in x X^2`: an x between letters would be one of them."""

    by = " x "


SPACED: Final = _Spaced()

# -- cells -------------------------------------------------------------------------------------------------------------

_BREAKS: Final = re.compile(r"[\t\n\r]+")
_FOLDED: Final = str.maketrans(
    {
        "·": "*", "×": "x", "−": "-", "–": "-", "…": "...", "≥": ">=", "≤": "<=", "≡": "=", "→": "->", "½": "1/2",
        "≠": "!=", "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", "√": "sqrt ", "Σ": "sum ", "Φ": "Phi", "α": "alpha",
        "β": "beta", "γ": "gamma", "ε": "eps", "π": "pi", "σ": "sigma", "ˣ": "^x", "ʳ": "^r", "⁻": "^-",
        "≈": "~", "∞": "infinity", "\u202f": " ", TIED: " ",
        **{sign: f"^{digit}" for digit, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
        **{sign: f"_{digit}" for digit, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")},
    }
)  # fmt: skip


def in_style(text: str, style: Style) -> str:
    """A text on one line with nothing invisible in it, which a terminal would obey; in ASCII without our own signs.

    >>> in_style("64×⌊X/2⌋²", ASCII), in_style("\\x1b[31m", ASCII)
    ('64xfloor(X/2)^2', '\\\\x1b[31m')
    """
    text = "".join(map(seen, _BREAKS.sub(" ", text)))
    return text.translate(_FOLDED) if style is ASCII else text


def set_cell(cell: Cell, style: Style) -> str:
    """A cell as text in a style: whole numbers in groups of three digits, nothing for a cost or a figure of zero."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return in_style(cell, style)
    if isinstance(cell, Name):
        return behind(cell.path, [cell.said], style)
    if isinstance(cell, int):
        return grouped(cell, style)
    if isinstance(cell, Share):
        return percent(cell.value) if cell.value else ""
    if isinstance(cell, Big):
        return _figure(cell.value, style) if cell.value else ""
    if isinstance(cell, Math):
        return cell.latex if style is LATEX and cell.latex else in_style(_of_math(cell, style), style)
    if isinstance(cell, Tensor):
        return cell.text(SPACED if style is ASCII else style, batch=False)
    if isinstance(cell, Rule):
        return set_cost(cell.cost, style, grouped=True).text
    if isinstance(cell, Cost):
        if not cell:
            return ""
        number = None if any(cell.terms) else cell.terms[()]
        return grouped(number, style) if isinstance(number, int) else set_cost(cell, style).text
    return set_size(cell, style).text if isinstance(cell, Extent) else style.number(cell).text


def behind(name: str, notes: Iterable[Math | str | None], style: Style) -> str:
    """A name with what is said behind it.

    >>> from symconv.notation import TEXT
    >>> behind("block", [Math("×2"), "one set of weights"], TEXT), behind("block/1", [Math("… block/3  ×3")], TEXT)
    ('block  ×2, one set of weights', 'block/1 … block/3  ×3')
    """
    said = ", ".join(text for note in notes if (text := set_cell(note, style)))
    apart = "" if not said else " " if said[0] in "…." else "  "
    return in_style(name, style) + apart + said


def on_a_line(value: Number) -> Cell:
    """A number, a fraction as p/q in every format."""
    return value if isinstance(value, int) else Math(str(value))


def joined(sentences: Iterable[Math]) -> Math:
    """Sentences with commas between.

    >>> joined([Math("X ≥ 32", r"X \\geq 32", "X >= 32"), Math("as it is")])
    Math(text='X ≥ 32, as it is', latex='X \\\\geq 32,\\\\ \\\\text{as it is}', ascii='X >= 32, as it is')
    """
    found = list(sentences)
    latex = r",\ ".join(m.latex or rf"\text{{{latex_escape(m.text)}}}" for m in found)
    return Math(", ".join(m.text for m in found), latex, ", ".join(m.ascii or m.text for m in found))


def set_fact(cell: Cell, style: Style) -> str:
    """A cell that stands alone: as in a table, but a zero is said."""
    return set_cell(cell, style) or ("" if cell is None or isinstance(cell, str | Math) else "0")


def _of_math(cell: Math, style: Style) -> str:
    return cell.ascii if style is ASCII and cell.ascii else cell.text


def _figure(value: Number, style: Style) -> str:
    """A figure; a fraction, which only a convention of one's own makes, to four digits."""
    if isinstance(value, Fraction) and value.denominator > 1 and abs(value) < 10_000:
        return f"{float(value):.4g}"
    return figure(round(value), style)


def plain(cell: Cell) -> Any:
    """A cell as a program reads it: whole numbers, or the formula in ASCII."""
    if isinstance(cell, Big):
        return cell.value if isinstance(cell.value, int) else str(cell.value)
    if isinstance(cell, Share):
        return float(cell.value)
    if isinstance(cell, Cost):
        number = None if any(cell.terms) else cell.terms.get((), 0)
        return int(number) if number is not None and number == int(number) else set_cost(cell, ASCII).text
    if isinstance(cell, int | str) or cell is None:
        return cell
    return cell.path if isinstance(cell, Name) else set_cell(cell, ASCII)


def as_data(table: Table) -> list[dict[str, Any]]:
    """The rows of a table as a program reads them."""
    return [{c.key or c.heading: plain(v) for c, v in zip(table.columns, row)} for row in table.rows]
