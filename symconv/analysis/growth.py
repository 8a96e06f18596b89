"""Growth: the leading terms of a cost, exact where one number stands in front and bounded where none does.

A cost is Σ c·m over monomials in its symbols, each coefficient in a band (`symconv.analysis.bands`). Leading are the
monomials that no other dominates, an antichain; m dominates m′ where m/m′ is a product of symbols and of exact
quotients such as C_in/g, all at least 1. Where the band of a leading coefficient is no single number, the residue
classes of the sizes say whether it cancels, is one number after all, or depends on the class: X − 2·⌊X/2⌋ is 0 or 1, so
its X cancels and it is bounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from symconv.analysis.bands import Bands, Powers, among, antichain, bands, bands_by_class, monomial_of, quotients, ratio
from symconv.asked import as_cost, symbol_of
from symconv.cost import Cost, Number, cost_of, cost_symbols
from symconv.errors import SymconvError
from symconv.extent import Floor
from symconv.formula import set_cost
from symconv.notation import ATOM, LATEX, SUM, TEXT, Piece, Style
from symconv.sizes import Undecided
from symconv.symbols import Symbol


@dataclass(frozen=True)
class Term:
    """A leading monomial and its coefficient: one number, or between `low` and `high`."""

    powers: Powers
    low: Number
    high: Number

    @property
    def exact(self) -> bool:
        """Whether the coefficient is one number."""
        return self.low == self.high


@dataclass(frozen=True)
class Growth:
    """How a cost grows as `symbols` grow, all others held fixed.

    `terms` are the leading ones. Where one is not exact, `periodic` says that its coefficient depends on the residue
    class of the sizes and reaches both ends of its band; else the band is only proven. `quotients` are the exact
    quotients of the cost, in which the terms are written.
    """

    symbols: tuple[Symbol, ...]
    terms: tuple[Term, ...]
    periodic: bool = False
    quotients: tuple[Floor, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether every leading coefficient is one number."""
        return all(t.exact for t in self.terms)

    @property
    def low(self) -> Cost:
        """The leading terms, each with its least coefficient."""
        return cost_of({monomial_of(t.powers, self.quotients): t.low for t in self.terms})

    @property
    def high(self) -> Cost:
        """The leading terms, each with its greatest coefficient."""
        return cost_of({monomial_of(t.powers, self.quotients): t.high for t in self.terms})

    @property
    def cost(self) -> Cost:
        """The leading terms with their exact coefficients; `set_cost` prints them, `to_sympy` hands them to SymPy.

        Raises SymconvError where a leading coefficient is not one number: `low` and `high` then bound it.
        """
        for t in self.terms:
            if not t.exact:
                of = cost_of({monomial_of(t.powers, self.quotients): 1})
                why = "with the residue class of the sizes" if self.periodic else "as far as is proven"
                raise SymconvError(
                    f"no one number stands in front of the leading term {of}: it goes from {t.low} to {t.high}, {why}"
                )
        return self.high

    @property
    def degrees(self) -> tuple[Powers, ...]:
        """The leading powers of the growing symbols alone, each once."""
        return tuple(dict.fromkeys(among(t.powers, self.symbols) for t in self.terms))

    def text(self, style: Style = TEXT) -> str:
        """`81456·N·X²`, or `between 0 and X` where no one number stands in front."""
        low, high = set_cost(self.low, style).text, set_cost(self.high, style).text
        if self.exact:
            return high
        return rf"\text{{between }} {low} \text{{ and }} {high}" if style is LATEX else f"between {low} and {high}"

    def order(self, style: Style = TEXT) -> str:
        """The order in O notation: `O(N·X²)`."""
        total = cost_of({monomial_of(powers, self.quotients): 1 for powers in self.degrees})
        return "O" + style.within(Piece(set_cost(total, style).text, SUM), ATOM)

    def __str__(self) -> str:
        return self.text()


def growth(expression: Any, symbols: Iterable[Any] | None = None) -> Growth:
    """How an expression grows in some of its symbols (names will do), or in all of them together.

    The other symbols are held fixed and stay in the coefficients.

    Raises SymbolError for a symbol that the expression does not have; Undecided where a floor has a sum with symbols
    below.

    >>> from symconv.extent import size_of
    >>> from symconv.symbols import symbol
    >>> n, k, x = (size_of(symbol(name)) for name in "NKX")
    >>> g = growth(6 * n * ((x + 3) // 4) * (x // 2) + k * k * x, ["N", "X"])
    >>> g.text(), g.order(), growth(x - 2 * (x // 2)).text()
    ('(3/4)·N·X²', 'O(N·X²)', 'between 0 and 1')
    """
    cost = as_cost(expression)
    chosen = cost_symbols(cost) if symbols is None else {symbol_of(cost, which) for which in symbols}
    growing = tuple(sorted(chosen, key=lambda s: s.key))
    polynomial = cost.expanded()
    known = quotients(polynomial)
    steps = [step for step in map(ratio, known) if all(s in growing for s, _ in step)]
    terms = _leading(bands(polynomial, growing), growing, steps)
    if all(t.exact for t in terms):
        return Growth(growing, terms, quotients=known)
    reached = bands_by_class(polynomial)
    if reached is not None:
        terms = _leading(reached, growing, steps)
    return Growth(growing, terms, reached is not None and not all(t.exact for t in terms), known)


def _leading(known: Bands, growing: Sequence[Symbol], steps: Sequence[Powers]) -> tuple[Term, ...]:
    """The terms whose powers of the growing symbols no other's dominate."""
    first = antichain((among(powers, growing) for powers, band in known.items() if band != (0, 0)), steps)
    return tuple(Term(p, *band) for p, band in known.items() if band != (0, 0) and among(p, growing) in first)


def leading(expression: Any, symbols: Iterable[Any] | None = None) -> Cost:
    """The leading terms with their exact coefficients: the antichain of dominating monomials.

    Raises SymconvError where a leading coefficient is not one number (see `growth`), and as `growth`.

    >>> from symconv.extent import size_of
    >>> from symconv.symbols import symbol
    >>> k, c, d, m = (size_of(symbol(name)) for name in ("K", "C_in", "C_out", "M"))
    >>> leading(((k * k + 1) * c + (c - 1)) * m * m * d)
    K²·C_in·C_out·M²
    """
    return growth(expression, symbols).cost


def order(expression: Any, symbol: Any) -> int:
    """The degree in one symbol, all others held fixed: 2 for a CNN's macs in X, 0 for what is bounded.

    Where the leading coefficient depends on the residue class, the degree on the class where it is greatest.

    Raises Undecided where the coefficient of the highest degree may be zero as far as is proven, and as `growth`.

    >>> from symconv.extent import size_of
    >>> from symconv.symbols import symbol
    >>> x, n = size_of(symbol("X")), size_of(symbol("N"))
    >>> order(n * (x // 2) * (x // 2) + x, "X"), order(x - 2 * (x // 2), "X")
    (2, 0)
    """
    found = growth(expression, [symbol])
    if not found.terms:
        return 0
    (powers,) = found.degrees
    degree = powers[0][1] if powers else 0
    if degree and not found.periodic and all(t.low <= 0 <= t.high for t in found.terms):
        raise Undecided(
            f"the degree in {found.symbols[0]} is at most {degree}, and its coefficient may be zero: {found}"
        )
    return degree


def bounds(expression: Any) -> tuple[Cost, Cost]:
    """Polynomials with rational coefficients: a lower and an upper bound at all values of the symbols.

    Raises Undecided where a floor has a sum with symbols below.

    >>> from symconv.extent import size_of
    >>> from symconv.symbols import symbol
    >>> bounds(6 * ((size_of(symbol("X")) + 1) // 4))
    ((3/2)·X − 3, (3/2)·X + 3/2)
    """
    polynomial = as_cost(expression).expanded()
    known = quotients(polynomial)
    low, high = ({monomial_of(m, known): band[i] for m, band in bands(polynomial).items()} for i in (0, 1))
    return cost_of(low), cost_of(high)
