"""Functions in JavaScript: BigInt, exact at any size, in a script, a CommonJS module or an ES module."""

from __future__ import annotations

import json
from typing import Final

from symconv.writers.code.heading import fractions, noted
from symconv.writers.code.infix import ATOM, POWER, Infix
from symconv.writers.code.names import Names
from symconv.writers.code.tree import Function, Quotient, Repeat, Tree

#: What BigInt has not, as far as a function uses it; a divisor is at least 1.
_HELPERS: Final = {
    "floorDiv": "const floorDiv = (a, b) => (a % b < 0n ? a / b - 1n : a / b);",
    "ceilDiv": "const ceilDiv = (a, b) => (a % b > 0n ? a / b + 1n : a / b);",
    "max": "const max = (...of) => of.reduce((a, b) => (a < b ? b : a));",
    "min": "const min = (...of) => of.reduce((a, b) => (b < a ? b : a));",
    "divisible": """const divisible = (u, v, d) =>
    d * max(1n, floorDiv(2n * u + d * v, 2n * d * v), ceilDiv(9n * u, 10n * d * v));""",
    "gcd": "const gcd = (a, b) => (b ? gcd(b, a % b) : a < 0n ? -a : a);",
}

_WHOLE: Final = """\
  const whole = (name, value) => {
    if (typeof value === "bigint") return value;
    if (Number.isSafeInteger(value)) return BigInt(value);
    const fault = typeof value === "number" ? RangeError : TypeError;
    throw new fault(`${name} is a whole number: a BigInt, or a Number that is a safe integer`);
  };"""


def in_javascript(function: Function, names: Names) -> str:
    """The text of a script with the function."""
    return _JavaScript(function).script()


class _JavaScript(Infix):
    indent, remark, constant, variable = "  ", ("// ", ""), "const ", "let "
    signs = {"==": "===", "!=": "!=="}  # noqa: RUF012

    def script(self) -> str:
        """The heading, the function, and what hands it over to CommonJS."""
        f = self.function
        self.body(f.body)
        self.result()
        parameters = [name for p in f.parameters for name in p.parts or (p.name,)]
        lines = [
            *self._heading(),
            f"function {f.name}({', '.join(parameters)}) {{",
            *([_WHOLE] if parameters else []),
            *(f"  {line}" for name, line in _HELPERS.items() if name in self.used),
            *(f'  {name} = whole("{name}", {name});' for name in parameters),
            *self.lines,
            "}",
            "",
            f'if (typeof module !== "undefined" && module.exports) module.exports = {{ {f.name} }};',
            "",
        ]
        return "\n".join(lines)

    def _heading(self) -> list[str]:
        *lines, written = self.function.heading
        lines += fractions(self.function)
        if self.function.fraction:
            lines.append("Returns the numerator and the denominator of the total.")
        lines += [
            "Takes BigInts, or Numbers that are safe integers; returns a BigInt, exact at any size.",
            "Throws RangeError outside of the domain.",
            f"An ES module has one more line: export {{ {self.function.name} }};",
            written,
        ]
        return ["/**", *(f" * {line}".rstrip() for line in lines), " */"]

    def ratio(self, total: str, under: Tree) -> str:
        if self.function.fraction:
            return f"[{total}, {self.text(under)}]"
        return f"{total} / {self.text(under, POWER)}"

    def number(self, value: int) -> str:
        return f"{value}n"

    def quotient(self, tree: Quotient) -> tuple[str, int]:
        name = self.called("ceilDiv" if tree.up else "floorDiv")
        return f"{name}({self.text(tree.over)}, {self.text(tree.under)})", ATOM

    def truth(self, compared: str) -> str:
        return f"({compared} ? 1n : 0n)"

    def called(self, name: str) -> str:
        known = name.removeprefix("make_")
        self.used.update([known, *(("max", "floorDiv", "ceilDiv") if known == "divisible" else ())])
        return known

    def outside(self, wrong: str, note: str) -> None:
        self.add(f"if ({wrong}) {{")
        self.add(f"  throw new RangeError({json.dumps(noted(f'outside of the domain: {note}'))});")
        self.add("}")

    def repeat(self, loop: Repeat) -> None:
        super().repeat(loop)
        self.add("}")

    def head(self, loop: Repeat) -> str:
        begin, end = self.number(loop.begin), self.text(loop.end)
        if not loop.index:
            return f"if ({begin} < {end}) {{"
        return f"for (let {loop.index} = {begin}; {loop.index} < {end}; {loop.index}++) {{"
