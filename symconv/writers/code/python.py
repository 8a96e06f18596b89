"""Functions in Python: whole numbers of any size, nothing but the standard library."""

from __future__ import annotations

from typing import Final

from symconv.writers.code.heading import noted
from symconv.writers.code.infix import POWER, PRODUCT, QUOTIENT, SUM, Infix
from symconv.writers.code.names import Names
from symconv.writers.code.tree import Function, Quotient, Repeat, Tree

#: As `extremes.make_divisible`.
_DIVISIBLE: Final = '''\
def _divisible(u: int, v: int, d: int) -> int:
    """u/v rounded to a multiple of d: the nearest one, at least d and at least 9/10 of u/v."""
    return d * max(1, (2 * u + d * v) // (2 * d * v), -(-9 * u // (10 * d * v)))'''


def in_python(function: Function, names: Names) -> str:
    """The text of a module with the function."""
    return _Python(function).module()


class _Python(Infix):
    remark, both, either, end, to_the = ("# ", ""), " and ", " or ", "", "**"

    def module(self) -> str:
        """Imports, the heading as its documentation, and the body."""
        f = self.function
        self._whole()
        self.body(f.body)
        self.result()
        uses = {
            "from fractions import Fraction": f.fraction,
            "from math import gcd": "gcd" in self.used,
            "from numbers import Rational": any(p.parts for p in f.parameters),
            "from operator import index": bool(f.parameters),
        }
        before = [line for line, used in uses.items() if used]
        before += ["", "", _DIVISIBLE] if "make_divisible" in self.used else []
        signature = ", ".join(f"{p.name}: {'Rational' if p.parts else 'int'}" for p in f.parameters)
        head = f"def {f.name}({signature}) -> {'Fraction' if f.fraction else 'int'}:"
        return "\n".join([*before, *(["", ""] if before else []), head, *self._documentation(), *self.lines, ""])

    def _documentation(self) -> list[str]:
        first, *rest, written = map(_quoted, self.function.heading)
        rest += [f"{p.name} is an int or a Fraction above 0." for p in self.function.parameters if p.parts]
        raised = "Raises ValueError outside of the domain, TypeError for what is no whole number."
        return [f'    """{first}', *(f"    {line}".rstrip() for line in (*rest, raised, written)), '    """']

    def _whole(self) -> None:
        for p in self.function.parameters:
            if p.parts:
                self.add(f"if not isinstance({p.name}, Rational):")
                self.add(f'    raise TypeError("{p.name} is an int or a Fraction")')
                above, below = p.parts
                self.add(f"{above}, {below} = index({p.name}.numerator), index({p.name}.denominator)")
            else:
                self.add(f"{p.name} = index({p.name})")

    def ratio(self, total: str, under: Tree) -> str:
        if self.function.fraction:
            return f"Fraction({total}, {self.text(under)})"
        return f"{total} // {self.text(under, POWER)}"

    def number(self, value: int) -> str:
        return str(value)

    def quotient(self, tree: Quotient) -> tuple[str, int]:
        over, under = self.text(tree.over, PRODUCT), self.text(tree.under, POWER)
        return (f"-(-{over} // {under})", SUM) if tree.up else (f"{over} // {under}", QUOTIENT)

    def truth(self, compared: str) -> str:
        return f"int({compared})"

    def called(self, name: str) -> str:
        self.used.add(name)
        return name.replace("make", "")

    def outside(self, wrong: str, note: str) -> None:
        self.add(f"if {wrong}:")
        self.add(f'    raise ValueError("{_quoted(noted(f"outside of the domain: {note}"))}")')

    def negated(self, wanted: str) -> str:
        return f"not ({wanted})"

    def head(self, loop: Repeat) -> str:
        if not loop.index:
            return f"if {loop.begin} < {self.text(loop.end)}:"
        begin = f"{loop.begin}, " if loop.begin else ""
        return f"for {loop.index} in range({begin}{self.text(loop.end)}):"


def _quoted(text: str) -> str:
    """A text between quotes."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
