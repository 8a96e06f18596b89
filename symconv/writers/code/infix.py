"""Functions in a language that writes a + b·c as such, and whose whole numbers have no bounds."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from typing import ClassVar

from symconv.condition import AT_LEAST, DIVIDES, EQUAL
from symconv.writers.code.heading import WIDTH
from symconv.writers.code.lines import Lines
from symconv.writers.code.tree import ONE, Among, Call, Name, Number, Product, Quotient, Repeat, Require, Sum, Tree

#: The strength of the outermost operation, so that parentheses stand where they have to.
SUM, QUOTIENT, PRODUCT, POWER, ATOM = range(5)


class Infix(Lines):
    """One function, written line by line."""

    #: What stands between a base and its exponent.
    to_the: ClassVar[str] = " ** "

    @abstractmethod
    def quotient(self, tree: Quotient) -> tuple[str, int]:
        """A quotient, rounded, and its strength."""

    @abstractmethod
    def ratio(self, total: str, under: Tree) -> str:
        """The total over a number: a fraction, or a quotient that comes out even."""

    @abstractmethod
    def truth(self, compared: str) -> str:
        """1 where a comparison is true, else 0."""

    @abstractmethod
    def called(self, name: str) -> str:
        """The name of a function, which is there."""

    @abstractmethod
    def outside(self, wrong: str, note: str) -> None:
        """The refusal of what is outside of the domain; `wrong` says when."""

    # -- arithmetic ---------------------------------------------------------------------------------------------------

    def text(self, tree: Tree, level: int = SUM) -> str:
        """An expression, in parentheses where its operation is weaker than `level`."""
        text, own = self._piece(tree)
        return text if own >= level else f"({text})"

    def _piece(self, tree: Tree) -> tuple[str, int]:
        if isinstance(tree, Number):
            return self.number(tree.value), ATOM if tree.value >= 0 else SUM
        if isinstance(tree, Name):
            return tree.text, ATOM
        if isinstance(tree, Sum):
            return self._signed(tree, [self.text(t, QUOTIENT) for _, t in tree.terms], " "), SUM
        if isinstance(tree, Product):
            return " * ".join(self._factors(tree)), PRODUCT
        return self.quotient(tree) if isinstance(tree, Quotient) else self._call(tree)

    def _signed(self, tree: Sum, terms: list[str], between: str) -> str:
        (negative, _), *others = tree.terms
        first = f"({terms[0]})" if negative and "**" in terms[0] else terms[0]  # JavaScript takes no −a ** b
        first = f"-{first}" if negative else first
        return between.join([first, *(f"{'-' if minus else '+'} {t}" for (minus, _), t in zip(others, terms[1:]))])

    def _factors(self, tree: Product) -> list[str]:
        out: list[str] = []
        for factor, n in Counter(tree.factors).items():
            if isinstance(factor, Number) and not out:
                out.append(self.number(factor.value))
            elif n > 1:
                out.append(f"{self.text(factor, ATOM)}{self.to_the}{self.number(n)}")
            else:
                out.append(self.text(factor, PRODUCT))
        return out

    def _call(self, tree: Call) -> tuple[str, int]:
        if tree.name == "power":
            base, exponent = (self.text(a, ATOM) for a in tree.arguments)
            return f"{base}{self.to_the}{exponent}", POWER
        arguments = [self.text(a) for a in tree.arguments]
        if tree.name in ("equals", "reaches"):
            left, right = arguments
            return self.truth(self.compared(left, "==" if tree.name == "equals" else ">=", right)), ATOM
        return f"{self.called(tree.name)}({', '.join(arguments)})", ATOM

    # -- over several lines -------------------------------------------------------------------------------------------

    def laid(self, tree: Tree, room: int, depth: int | None = None) -> str:
        """An expression, over several lines where it has no room: a term a line."""
        depth = self.depth if depth is None else depth
        flat = self.text(tree)
        if len(flat) <= room or not isinstance(tree, Sum | Product):
            return flat
        inner, end = self.indent * (depth + 1), self.indent * depth
        if isinstance(tree, Sum):
            terms = [self._term(t, depth + 1) for _, t in tree.terms]
            return f"(\n{inner}{self._signed(tree, terms, chr(10) + inner)}\n{end})"
        sums = [f for f in tree.factors if isinstance(f, Sum)]
        if len(sums) != 1:
            return flat
        others = self._factors(Product(tuple(f for f in tree.factors if f is not sums[0])))
        return f"{' * '.join(others)} * {self.laid(sums[0], 0, depth)}"

    def _term(self, tree: Tree, depth: int) -> str:
        text = self.laid(tree, WIDTH - len(self.indent) * depth, depth)
        return f"({text})" if isinstance(tree, Sum) and not text.startswith("(\n") else text

    # -- statements ---------------------------------------------------------------------------------------------------

    def let(self, name: str, value: Tree, note: str = "") -> None:
        begin = f"{self.constant}{name} = "
        room = WIDTH - len(self.indent) * self.depth - len(begin) - 1
        self.add(f"{begin}{self.laid(value, room)}{self.end}", note)

    def result(self) -> None:
        """What is returned: the total, whole or as a fraction."""
        f = self.function
        if not f.fraction and f.under == ONE:
            room = WIDTH - len(f"{self.indent}return {self.end}")
            total = self.laid(f.over, room)
        else:
            self.let("total", f.over)
            if not f.fraction:
                self.body([self.even()])
            total = self.ratio("total", f.under)
        self.add(f"return {total}{self.end}")

    def among(self, wrong: str, one: Among) -> None:
        self.outside(wrong, one.note)

    def require(self, one: Require) -> None:
        self.outside(self._wrong(one), one.note)

    def _wrong(self, one: Require) -> str:
        if one.relation != DIVIDES:
            sign = "<" if one.relation == AT_LEAST else "!=" if one.relation == EQUAL else "=="
            return self.compared(self.text(one.left), sign, self.text(one.right))
        rest = f"{self.text(one.right, PRODUCT)} % {self.text(one.left, POWER)}"
        uneven = self.compared(rest, "!=", self.number(0))
        if one.sure:
            return uneven
        return self.either.join((self.compared(self.text(one.left), "<", self.number(1)), uneven))

    def repeat(self, loop: Repeat) -> None:
        self.add(self.head(loop))
        self.inside(loop)

    @abstractmethod
    def head(self, loop: Repeat) -> str:
        """The line before the body of a loop."""
