"""Functions in C99, which are C++ as well: 64-bit integers, each operation checked, a number beyond them refused.

A value that does not fit is SC_WIDE, INT64_MIN, and so is what is made of it, as with NaN of floats; no other value is
INT64_MIN. So the arithmetic reads as expressions, and is looked at where it is compared and at the end.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from symconv.condition import AT_LEAST, DIVIDES, EQUAL
from symconv.errors import ExtentError
from symconv.writers.code.heading import WIDTH, fractions
from symconv.writers.code.lines import Lines
from symconv.writers.code.names import Names
from symconv.writers.code.tree import (
    ONE,
    Among,
    Call,
    Function,
    Name,
    Number,
    Product,
    Quotient,
    Repeat,
    Require,
    Sum,
    Tree,
)

#: What is beyond 64 bits, and below a function's own bounds.
LARGEST: Final = (1 << 63) - 1


def _of_two(name: str, lines: str, remark: str = "") -> str:
    """A function of two numbers, beyond 64 bits where one of them is."""
    wide = "if (a == SC_WIDE || b == SC_WIDE) return SC_WIDE;"
    head = f"static int64_t sc_{name}(int64_t a, int64_t b) {{{remark}"
    return "\n".join([head, *(f"    {line}" for line in (wide, *lines.splitlines())), "}"])


def _unless(name: str, wrong: str) -> str:
    """The status of a condition: 0, 1 where it is broken, or 2 where a number is beyond 64 bits."""
    wide = "if (a == SC_WIDE || b == SC_WIDE) return 2;"
    return f"static int sc_unless_{name}(int64_t a, int64_t b) {{\n    {wide}\n    return {wrong};\n}}"


_QUOTIENT: Final = " /* of a/b, b at least 1 */"

#: The functions that a function is written with, in an order of definition: what they use, and their text.
HELPERS: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "add": ((), _of_two("add", """\
if (b > 0 ? a > INT64_MAX - b : a < -INT64_MAX - b) return SC_WIDE;
return a + b;""")),
    "sub": (("add",), """\
static int64_t sc_sub(int64_t a, int64_t b) {
    return b == SC_WIDE ? SC_WIDE : sc_add(a, -b);
}"""),
    "mul": ((), _of_two("mul", """\
if (b != 0 && (a < 0 ? -a : a) > INT64_MAX / (b < 0 ? -b : b)) return SC_WIDE;
return a * b;""")),
    "floor": ((), _of_two("floor", "return a % b < 0 ? a / b - 1 : a / b;", _QUOTIENT)),
    "ceil": ((), _of_two("ceil", "return a % b > 0 ? a / b + 1 : a / b;", _QUOTIENT)),
    "power": (("mul",), """\
static int64_t sc_power(int64_t a, int64_t n) { /* a at least 2, n at least 0 */
    int64_t power = 1;
    if (n == SC_WIDE) return SC_WIDE;
    for (; n > 0 && power != SC_WIDE; n--) power = sc_mul(power, a);
    return power;
}"""),
    "max": ((), _of_two("max", "return a < b ? b : a;")),
    "min": ((), """\
static int64_t sc_min(int64_t a, int64_t b) {
    return b < a ? b : a; /* SC_WIDE is below all others */
}"""),
    "divisible": (("add", "mul", "floor", "ceil", "max"), """\
static int64_t sc_divisible(int64_t u, int64_t v, int64_t d) { /* u/v to a multiple of d */
    const int64_t w = sc_mul(d, v);
    const int64_t nearest = sc_floor(sc_add(sc_mul(2, u), w), sc_mul(2, w));
    return sc_mul(d, sc_max(1, sc_max(nearest, sc_ceil(sc_mul(9, u), sc_mul(10, w)))));
}"""),
    "gcd": ((), _of_two("gcd", """\
while (b != 0) {
    const int64_t rest = a % b;
    a = b;
    b = rest;
}
return a < 0 ? -a : a;""")),
    "equals": ((), _of_two("equals", "return a == b;")),
    "reaches": ((), _of_two("reaches", "return a >= b;")),
    "unless_at_least": ((), _unless("at_least", "a < b")),
    "unless_equal": ((), _unless("equal", "a != b")),
    "unless_other": ((), _unless("other", "a == b")),
    "unless_divides": ((), _unless("divides", "a < 1 || b % a != 0")),
}  # fmt: skip

_RELATIONS: Final = {AT_LEAST: "unless_at_least", EQUAL: "unless_equal", DIVIDES: "unless_divides"}


def in_c(function: Function, names: Names) -> str:
    """The text of a C file with the function.

    Raises ExtentError for a number in it that 64 bits cannot hold.
    """
    return _C(function, names).file()


class _C(Lines):
    """A function whose sums of several terms are added up in locals of their own."""

    remark, constant, variable = ("/* ", " */"), "const int64_t ", "int64_t "

    def __init__(self, function: Function, names: Names) -> None:
        super().__init__(function)
        self.names = names

    def file(self) -> str:
        """The heading, the functions it is written with, and the function."""
        f = self.function
        self.body(f.body)
        self._result()
        for name in reversed(HELPERS):
            if name in self.used:
                self.used.update(HELPERS[name][0])
        parameters = [f"int64_t {name}" for p in f.parameters for name in p.parts or (p.name,)]
        results = ["int64_t *numerator", "int64_t *denominator"] if f.fraction else ["int64_t *result"]
        head = f"int {f.name}({', '.join([*parameters, *results])})"
        status = ["    int status;"] if any(name.startswith("unless") for name in self.used) else []
        helpers = [part for name in HELPERS if name in self.used for part in _guarded(name)]
        lines = [
            *self._heading(head),
            "#include <stdint.h>",
            "",
            "#ifndef SC_WIDE",
            "#define SC_WIDE INT64_MIN /* beyond 64 bits */",
            "#endif",
            *helpers,
            "",
            f"{head} {{",
            *status,
            *self.lines,
            "}",
            "",
        ]
        return "\n".join(lines)

    def _heading(self, head: str) -> list[str]:
        *lines, written = self.function.heading
        lines += fractions(self.function)
        what = "numerator and denominator" if self.function.fraction else "the total"
        lines += [
            "",
            f"    {head};",
            "",
            f"Returns 0 with {what} behind the last of its arguments; 1 outside of the domain; 2 where",
            "a number on the way does not fit 64 bits. With 1 and 2 nothing is written.",
            written,
        ]
        return ["/*", *(f" * {line}".rstrip() for line in lines), " */"]

    # -- statements ---------------------------------------------------------------------------------------------------

    def let(self, name: str, value: Tree, note: str = "") -> None:
        self.add(f"{self.constant}{name} = {self.text(value)};", note)

    def among(self, wrong: str, one: Among) -> None:
        self.add(f"if ({wrong}) return 1;", "" if isinstance(one.sizes, int) else one.note)

    def require(self, one: Require) -> None:
        unless = self._use(_RELATIONS.get(one.relation, "unless_other"))
        asked = f"{unless}({self.text(one.left)}, {self.text(one.right)})"
        self.add(f"if ((status = {asked}) != 0) return status;", one.note)

    def repeat(self, loop: Repeat) -> None:
        begin, end = self.number(loop.begin), self.text(loop.end)
        if not isinstance(loop.end, Name | Number):
            name = self.names.numbered("end")
            self.add(f"const int64_t {name} = {end};")
            end = name
        if not isinstance(loop.end, Number) and end not in [p.name for p in self.function.parameters]:
            self.add(f"if ({end} == SC_WIDE) return 2;")
        if loop.index:
            self.add(f"for (int64_t {loop.index} = {begin}; {loop.index} < {end}; {loop.index}++) {{")
        else:
            self.add(f"if ({begin} < {end}) {{")
        self.inside(loop)
        self.add("}")

    def _result(self) -> None:
        f = self.function
        self.let("total", f.over)
        if not f.fraction and f.under == ONE:
            self.add("if (total == SC_WIDE) return 2;")
            self.add("*result = total;")
        else:
            self.let("under", f.under)
            if f.fraction:
                self.add("if (total == SC_WIDE || under == SC_WIDE) return 2;")
                self.add("*numerator = total;")
                self.add("*denominator = under;")
            else:
                self.require(replace(self.even(), left=Name("under")))
                self.add("*result = total / under;")
        self.add("return 0;")

    # -- arithmetic ---------------------------------------------------------------------------------------------------

    def number(self, value: int) -> str:
        """A whole number; raises ExtentError for one that 64 bits cannot hold."""
        if abs(value) > LARGEST:
            raise ExtentError(f"{value} does not fit the 64 bits of C's int64_t: Python and JavaScript have no bounds")
        return str(value)

    def _use(self, name: str) -> str:
        self.used.add(name)
        return f"sc_{name}"

    def _apply(self, name: str, *arguments: str) -> str:
        first, *others = arguments
        for other in others:
            first = f"{self._use(name)}({first}, {other})"
        return first

    def text(self, tree: Tree) -> str:
        """An expression; what it needs before stands in the lines by then."""
        if isinstance(tree, Number):
            return self.number(tree.value)
        if isinstance(tree, Name):
            return tree.text
        if isinstance(tree, Product):
            return self._apply("mul", *map(self.text, tree.factors))
        if isinstance(tree, Quotient):
            return self._apply("ceil" if tree.up else "floor", self.text(tree.over), self.text(tree.under))
        if isinstance(tree, Call) and tree.name == "make_divisible":
            return f"{self._use('divisible')}({', '.join(map(self.text, tree.arguments))})"
        if isinstance(tree, Call):
            return self._apply(tree.name, *map(self.text, tree.arguments))
        return self._sum(tree)

    def _sum(self, tree: Sum) -> str:
        texts = [self.text(t) for _, t in tree.terms]
        (negative, _), *others = tree.terms
        first = self._apply("sub", "0", texts[0]) if negative else texts[0]
        if len(texts) == 2 and len(first) + len(texts[1]) < WIDTH - 40:
            return self._apply("sub" if others[0][0] else "add", first, texts[1])
        if not others:
            return first
        name = self.names.numbered("sum")
        self.add(f"int64_t {name} = {first};")
        for (negative, _), text in zip(others, texts[1:]):
            self.add(f"{name} = {self._apply('sub' if negative else 'add', name, text)};")
        return name


def _guarded(name: str) -> list[str]:
    """A function of ours, once where several files become one."""
    return ["", f"#ifndef SC_{name.upper()}", f"#define SC_{name.upper()}", HELPERS[name][1], "#endif"]
