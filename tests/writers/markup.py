"""Readers of what symconv prints, independent of how it prints: formulas in ASCII and LaTeX, documents in both.

A formula is read and evaluated, so that it is checked to be one and to be the right one. The documents are held to the
rules that a TeX or a Markdown renderer would hold them to.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

# -- ASCII -------------------------------------------------------------------------------------------------------------

FUNCTIONS: dict[str, Any] = {"floor": math.floor, "ceil": math.ceil, "max": max, "min": min, "gcd": math.gcd}
_FORMULA = re.compile(r"[A-Za-z_0-9+\-*/^(), .]+")


def ascii_value(formula: str | int, at: Mapping[str, int]) -> Fraction:
    """The value of a formula in ASCII, by Python's own arithmetic; `^` is a power."""
    text = str(formula)
    assert _FORMULA.fullmatch(text), text
    exact = re.sub(r"(?<![\w^])(\d+)", r"Fraction(\1)", text).replace("^", "**")
    names = {**FUNCTIONS, "gcd": lambda a, b: math.gcd(int(a), int(b)), "Fraction": Fraction}
    names |= {name: Fraction(value) for name, value in at.items()}
    return Fraction(eval(exact, {"__builtins__": {}}, names))  # symconv's own output, letters and signs only


# -- LaTeX formulas ----------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"\s*(\\[A-Za-z]+|\\.|[0-9]+|[A-Za-z]|[-+*/^_{}()\[\],=])")


class LatexFormula:
    """A formula in LaTeX, read by a grammar of its own and evaluated at values of its symbols."""

    def __init__(self, text: str, at: Mapping[str, int]) -> None:
        self.tokens: list[str] = []
        end = 0
        while text[end:].strip():
            match = _TOKEN.match(text, end)
            assert match, f"{text[end:]!r} is no LaTeX formula"
            self.tokens.append(match[1])
            end = match.end()
        self.at, self.place = at, 0

    def value(self) -> Fraction:
        found = self.sum()
        assert self.place == len(self.tokens), self.tokens[self.place :]
        return found

    def next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        token = self.next()
        assert not wanted or token in wanted, f"{token!r} where {wanted} is wanted"
        self.place += 1
        return token

    def sum(self) -> Fraction:
        negative = self.next() == "-" and bool(self.take())
        total = -self.product() if negative else self.product()
        while self.next() in ("+", "-"):
            total += self.product() if self.take() == "+" else -self.product()
        return total

    def product(self) -> Fraction:
        total = self.power()
        while self.next() == r"\cdot":
            self.take()
            total *= self.power()
        return total

    def power(self) -> Fraction:
        base = self.atom()
        if self.next() != "^":
            return base
        self.take()
        return base ** int(self.group())

    def group(self) -> Fraction:
        self.take("{")
        found = self.sum()
        self.take("}")
        return found

    def atom(self) -> Fraction:
        token = self.take()
        if token.isdigit():
            return Fraction(token)
        if token == r"\frac":
            over = self.group()
            return over / self.group()
        if token == r"\left":
            return self.bracket()
        if token in (r"\max", r"\min", r"\gcd"):
            return self.call(token[1:])
        self.place -= 1
        name = self.name()
        return Fraction(self.at[name])

    def bracket(self) -> Fraction:
        kind = self.take("(", r"\lfloor", r"\lceil")
        inner = self.sum()
        self.take(r"\right")
        self.take({"(": ")", r"\lfloor": r"\rfloor", r"\lceil": r"\rceil"}[kind])
        return Fraction({"(": lambda v: v, r"\lfloor": math.floor, r"\lceil": math.ceil}[kind](inner))

    def call(self, name: str) -> Fraction:
        self.take(r"\left")
        self.take("(")
        arguments = [self.sum()]
        while self.next() == ",":
            self.take()
            arguments.append(self.sum())
        self.take(r"\right")
        self.take(")")
        return Fraction(FUNCTIONS[name](*(int(a) for a in arguments)))

    def name(self) -> str:
        head = self.word()
        if self.next() != "_":
            return head
        self.take()
        self.take("{")
        tail = self.word()
        self.take("}")
        return f"{head}_{tail}"

    def word(self) -> str:
        token = self.take()
        if token == r"\mathrm":
            self.take("{")
            letters = ""
            while self.next() != "}":
                letters += self.take().replace("\\_", "_")
            self.take("}")
            return letters
        assert token.isalpha() or token.isdigit() or token[1:].isalpha(), token
        return token.lstrip("\\")


def latex_value(formula: str, at: Mapping[str, int]) -> Fraction:
    """The value of a formula in LaTeX."""
    return LatexFormula(formula, at).value()


# -- LaTeX documents ---------------------------------------------------------------------------------------------------

_MATH_COMMANDS = (
    r"left right lfloor rfloor lceil rceil frac cdot times mathrm operatorname text geq leq equiv mid pmod bmod in "
    r"ldots max min gcd varepsilon surd tfrac Sigma Phi alpha beta gamma pi sigma to"
)
_TEXT_COMMANDS = (
    "item begin end toprule midrule bottomrule par dots textbackslash textasciitilde textasciicircum textless "
    "textgreater textbar textasciigrave multicolumn textbf"
)
_LATEX = re.compile(r"\\(?:[A-Za-z]+|.)|[{}$&#%_^]|[^\\{}$&#%_^]+")


def latex_faults(document: str) -> list[str]:
    """What TeX would stumble over: braces, dollars, \\left and \\right, environments, cells, commands, bare signs."""
    faults: list[str] = []
    environments: list[str] = []
    columns = 0
    for number, line in enumerate(document.splitlines(), 1):
        if line.startswith("%"):
            continue
        environment = re.fullmatch(r"\\(begin|end)\{(description|tabular)\}(?:\{([lr]+)\})?", line.strip())
        if environment:
            if environment[1] == "begin":
                environments.append(environment[2])
                columns = len(environment[3] or "")
            elif not environments or environments.pop() != environment[2]:
                faults.append(f"{number}: \\end{{{environment[2]}}} without its \\begin")
            continue
        several = re.match(r"\s*\\multicolumn\{(\d+)\}\{l\}", line)
        cells = int(several[1]) if several else 1
        depth, lefts, math_mode, text_depth = 0, 0, False, None
        tokens = _LATEX.findall(line)
        for i, token in enumerate(tokens):
            if token == "$":
                if lefts:
                    faults.append(f"{number}: \\left without \\right")
                math_mode, lefts = not math_mode, 0
            elif token == "{":
                depth += 1
                if math_mode and text_depth is None and tokens[i - 1] == r"\text":
                    text_depth = depth
            elif token == "}":
                if text_depth == depth:
                    text_depth = None
                depth -= 1
                if depth < 0:
                    faults.append(f"{number}: a closing brace too many")
            elif token == "&":
                cells += 1
                if math_mode or "tabular" not in environments:
                    faults.append(f"{number}: & outside of a table's text")
            elif token in ("#", "%"):
                faults.append(f"{number}: a bare {token}")
            elif token in ("_", "^"):
                if not math_mode:
                    faults.append(f"{number}: {token} outside of mathematics")
            elif token.startswith("\\") and token[1:].isalpha():
                known = _MATH_COMMANDS if math_mode else _TEXT_COMMANDS
                if token[1:] not in known.split():
                    faults.append(f"{number}: unknown {token}")
                lefts += (token == r"\left") - (token == r"\right")
                if lefts < 0:
                    faults.append(f"{number}: \\right without \\left")
            elif any(ord(c) < 32 or 127 <= ord(c) < 160 for c in token):
                faults.append(f"{number}: a control character")
        if depth:
            faults.append(f"{number}: an open brace")
        if math_mode:
            faults.append(f"{number}: an open $")
        if "tabular" in environments and line.rstrip().endswith(r"\\") and cells != columns:
            faults.append(f"{number}: {cells} cells in {columns} columns")
        if r"\\" in line and re.search(r"\\\\\s*[\[*]", line):
            faults.append(f"{number}: an option behind \\\\")
    return faults + [f"the end: \\begin{{{e}}} is open" for e in environments]


# -- Markdown ----------------------------------------------------------------------------------------------------------

_PIPE = re.compile(r"(?<!\\)\|")
_DOLLAR = re.compile(r"(?<!\\)\$")


def markdown_faults(document: str) -> list[str]:
    """Rows of unequal cells, open mathematics, HTML, headings and lists where none should be."""
    faults: list[str] = []
    columns = 0
    for number, line in enumerate(document.splitlines(), 1):
        if len(_DOLLAR.findall(line)) % 2:
            faults.append(f"{number}: an open $")
        prose = "".join(_DOLLAR.split(line)[::2])
        if re.search(r"(?<!\\)<[A-Za-z/!]", prose):
            faults.append(f"{number}: HTML")
        if any(ord(c) < 32 or 127 <= ord(c) < 160 for c in line):
            faults.append(f"{number}: a control character")
        if line.startswith("|"):
            cells = len(_PIPE.findall(line)) - 1
            columns = columns or cells
            if cells != columns:
                faults.append(f"{number}: {cells} cells in {columns} columns")
        else:
            columns = 0
            if _PIPE.search(prose):
                faults.append(f"{number}: a bare |")
        if number > 1 and line.startswith("#"):
            faults.append(f"{number}: a heading")
    return faults


def markdown_tables(document: str) -> list[list[list[str]]]:
    """The tables of a document as rows of cells, their headings first."""
    tables: list[list[list[str]]] = []
    open_table = False
    for line in document.splitlines():
        if line.startswith("|"):
            if not open_table:
                tables.append([])
            if not re.fullmatch(r"[|\- :]+", line):
                tables[-1].append([cell.strip() for cell in _PIPE.split(line)[1:-1]])
        open_table = line.startswith("|")
    return tables
