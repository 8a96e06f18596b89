"""Readers of what symconv prints, independent of how it prints: formulas, and documents in every format.

A formula is read and evaluated, so that it is checked to be one and to be the right one. The documents are held to the
rules that TeX, Typst, a browser or a Markdown renderer would hold them to.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

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
        while self.next() in (r"\cdot", "/"):
            total = total / self.power() if self.take() == "/" else total * self.power()
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
        if token in ("(", r"\lfloor", r"\lceil", r"\bigl"):
            self.place -= token != r"\bigl"
            return self.bracket("" if token != r"\bigl" else r"\bigr")
        if token in (r"\max", r"\min", r"\gcd"):
            return self.call(token[1:])
        self.place -= 1
        name = self.name()
        return Fraction(self.at[name])

    def bracket(self, closing: str = r"\right") -> Fraction:
        kind = self.take("(", r"\lfloor", r"\lceil")
        inner = self.sum()
        if closing:
            self.take(closing)
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
    r"left right lfloor rfloor lceil rceil frac cdot times mathrm operatorname text geq leq neq equiv mid pmod bmod in "
    r"ldots max min gcd varepsilon surd tfrac Sigma Phi to sum bigl bigr quad approx infty begin end alpha beta gamma "
    r"delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi chi psi omega"
)
_TEXT_COMMANDS = (
    "item begin end toprule midrule bottomrule addlinespace endhead par smallskip noindent dots textbackslash "
    "textasciitilde textasciicircum textless textgreater textbar textasciigrave textendash textemdash multicolumn "
    "textbf shortstack quad begingroup endgroup allowdisplaybreaks ss ae AE oe OE o O l L i u v H r c d"
)
_TABLES, _ALIGNED, _OTHER = ("tabular", "longtable"), ("aligned", "align*", "gather*"), ("description",)
_LATEX = re.compile(r"\n|\\(?:[A-Za-z]+|.)|[{}$&#%_^]|[^\\{}$&#%_^\n]+")


@dataclass
class _Frame:
    """What is open: a brace, a dollar or an environment; whether mathematics is inside, and the cells so far."""

    kind: str
    line: int
    math: bool
    columns: int = 0
    cells: int = 1
    lefts: int = 0


class _Latex:
    """Walks a document as TeX would, and keeps what is open."""

    def __init__(self, document: str) -> None:
        self.text = re.sub(r"^%.*$", "", document, flags=re.MULTILINE)
        self.faults: list[str] = []
        self.open = [_Frame("document", 1, False)]
        self.place, self.line, self.before = 0, 1, ""

    def fault(self, what: str) -> None:
        self.faults.append(f"{self.line}: {what}")

    def argument(self) -> str:
        """A group in braces as it stands."""
        depth, start = 0, self.place
        while self.place < len(self.text):
            depth += {"{": 1, "}": -1}.get(self.text[self.place], 0)
            self.place += 1
            if not depth:
                break
        return self.text[start + 1 : self.place - 1]

    def all(self) -> list[str]:
        while match := _LATEX.match(self.text, self.place):
            self.place = match.end()
            self.token(match[0])
            self.before = match[0]
        names = {"{": "an open brace", "$": "an open $"}
        ends = [names.get(f.kind, rf"\begin{{{f.kind}}} is open") for f in self.open[1:]]
        return self.faults + [f"the end: {end}" for end in ends]

    def close(self, kind: str, missing: str) -> None:
        top = self.open[-1]
        if top.lefts:
            self.fault("\\left without \\right")
        if top.kind != kind:
            self.fault(missing if len(self.open) == 1 else f"{missing}: {top.kind} is open")
        else:
            self.open.pop()

    def token(self, token: str) -> None:
        top = self.open[-1]
        if token == "\n":
            self.line += 1
        elif token == "{":
            self.open.append(_Frame("{", self.line, top.math and self.before != r"\text"))
        elif token == "}":
            self.close("{", "a closing brace too many")
        elif token == "$":
            if top.kind == "$":
                self.close("$", "")
            else:
                self.open.append(_Frame("$", self.line, True))
                if top.math:
                    self.fault("a $ in mathematics")
        elif token == "&":
            if top.kind not in _TABLES + _ALIGNED or top.lefts:
                self.fault("& outside of a table's text")
            top.cells += 1
        elif token in ("#", "%"):
            self.fault(f"a bare {token}")
        elif token in ("_", "^"):
            if not top.math:
                self.fault(f"{token} outside of mathematics")
        elif token == r"\\":
            self.end_of_line(top)
        elif token.startswith("\\") and token[1:].isalpha():
            self.command(token[1:], top)
        elif any(ord(c) < 32 or 127 <= ord(c) < 160 for c in token):
            self.fault("a control character")

    def end_of_line(self, top: _Frame) -> None:
        if re.match(r"\s*[\[*]", self.text[self.place :]):
            self.fault("an option behind \\\\")
        if top.kind in _TABLES and top.cells != top.columns:
            self.fault(f"{top.cells} cells in {top.columns} columns")
        if top.kind in _ALIGNED and (top.cells > 2 or top.lefts):
            self.fault(f"{top.cells} cells in a formula, {top.lefts} open \\left")
        if top.kind not in _TABLES + _ALIGNED + ("{",):
            self.fault("\\\\ outside of a table")
        top.cells = 1

    def command(self, name: str, top: _Frame) -> None:
        if name not in (_MATH_COMMANDS if top.math else _TEXT_COMMANDS).split():
            self.fault(f"unknown \\{name}")
        if name == "left":
            top.lefts += 1
        elif name == "right":
            top.lefts -= 1
            if top.lefts < 0:
                top.lefts = 0
                self.fault("\\right without \\left")
        elif name == "multicolumn":
            top.cells += int(self.argument()) - 1
            self.argument()
        elif name == "begin":
            self.begin(self.argument(), top)
        elif name == "end":
            kind = self.argument()
            self.close(kind, rf"\end{{{kind}}} without its \begin")

    def begin(self, kind: str, top: _Frame) -> None:
        frame = _Frame(kind, self.line, kind in _ALIGNED)
        if kind in _TABLES:
            columns = re.sub(r">\{[^}]*\}|\{[^}]*\}", "", self.argument())
            assert not columns.strip("lrcp"), columns
            frame.columns = len(columns)
        elif kind == "aligned":
            if not top.math:
                self.fault("aligned outside of mathematics")
            self.place += 3 * self.text.startswith("[t]", self.place)
        elif kind not in _ALIGNED + _OTHER:
            self.fault(f"unknown environment {kind}")
        self.open.append(frame)


def latex_faults(document: str) -> list[str]:
    """What TeX would stumble over: braces, dollars, \\left and \\right, environments, cells, commands, bare signs."""
    return _Latex(document).all()


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


# -- HTML and MathML ---------------------------------------------------------------------------------------------------

_VOID = {"meta", "wbr"}
_HTML = "html head meta title style body main div h1 p dl dt dd table thead tbody tfoot tr th td bdi span wbr math"
#: The elements of MathML Core that we use, with how many children they have.
_MATHML = {
    "mrow": None, "mi": 0, "mn": 0, "mo": 0, "mtext": 0, "mfrac": 2, "msup": 2, "msub": 2, "msubsup": 3,
    "munderover": 3, "mspace": 0, "mtable": None, "mtr": None, "mtd": None,
}  # fmt: skip
_ATTRIBUTES = (
    "lang charset name content dir class role aria-label tabindex scope colspan title style display form stretchy "
    "mathvariant displaystyle width xmlns"
)


_STYLED = re.compile(r"--share: [01]\.\d{4}|text-align: (?:left|right)(?:; [a-z-]+: [\w.-]+)*")


class _Html(HTMLParser):
    """Walks a document as a browser would, without its repairs."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.open: list[tuple[str, int]] = []
        self.columns, self.cells = 0, 0
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        inside = any(name == "math" for name, _ in self.open)
        if tag not in (_MATHML if inside else _HTML.split()):
            self.faults.append(f"unknown <{tag}>")
        for name, value in attrs:
            if name not in _ATTRIBUTES.split():
                self.faults.append(f"unknown attribute {name} of <{tag}>")
            if name == "style" and not _STYLED.fullmatch(value or ""):
                self.faults.append(f"a style: {value}")
        if self.open:
            self.open[-1] = (self.open[-1][0], self.open[-1][1] + 1)
        if tag in ("th", "td"):
            self.cells += int(dict(attrs).get("colspan") or 1)
        if tag not in _VOID:
            self.open.append((tag, 0))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1][0] != tag:
            self.faults.append(f"</{tag}> where {self.open[-1:]} is open")
            return
        _, children = self.open.pop()
        wanted = _MATHML.get(tag)
        if wanted is not None and children != wanted:
            self.faults.append(f"<{tag}> with {children} children")
        if tag == "tr":
            if self.open[-1][0] == "thead":
                self.columns = self.cells
            if self.cells != self.columns:
                self.faults.append(f"{self.cells} cells in {self.columns} columns")
            self.cells = 0

    def handle_data(self, data: str) -> None:
        place = self.open[-1][0] if self.open else ""
        if place == "style" and re.search(r"url\(|@import|expression|</", data):
            self.faults.append("a style that fetches")
        if data.strip() and _MATHML.get(place, 0) != 0:
            self.faults.append(f"text in <{place}>: {data}")
        if place != "style":
            self.texts.append(data)
        if any((ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 for c in data):
            self.faults.append("a control character")

    def handle_comment(self, data: str) -> None:
        self.faults.append("a comment")

    def handle_pi(self, data: str) -> None:
        self.faults.append("an instruction")


def _walked(document: str) -> _Html:
    walk = _Html()
    walk.feed(document)
    walk.close()
    walk.faults += [f"<{tag}> is open" for tag, _ in walk.open]
    return walk


def html_faults(document: str) -> list[str]:
    """Elements that are unknown or open, attributes that run or fetch, rows of unequal cells, MathML that is none."""
    return _walked(document).faults


def html_text(document: str) -> str:
    """The text that a reader sees."""
    return "".join(_walked(document).texts)


def mathml_value(row: str, at: Mapping[str, int]) -> Fraction:
    """The value of a formula in MathML, read as XML and evaluated by Python's own arithmetic."""
    names = {**FUNCTIONS, "gcd": lambda a, b: math.gcd(int(a), int(b)), "Fraction": Fraction}
    names |= {"int": int, **{_python_name(name): Fraction(value) for name, value in at.items()}}
    code = _python(ElementTree.fromstring(f"<mrow>{row.replace('&#8289;', '')}</mrow>"))
    return Fraction(eval(code, {"__builtins__": {}}, names))  # symconv's own output, of elements that are known


def _python_name(name: str) -> str:
    return "s_" + "".join(filter(str.isalnum, name))  # n1 and n_1 are set alike


_OPERATORS = {
    "·": "*", "−": "-", "+": "+", "(": "(", ")": ")", "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", ",": ",",
}  # fmt: skip


def _python(element: ElementTree.Element) -> str:
    children, text = list(element), element.text or ""
    if element.tag == "mn":
        return f"Fraction({int(text)})"
    if element.tag == "mi":
        return text if text in FUNCTIONS else _python_name(text)
    if element.tag == "mo":
        return _OPERATORS[text] if text else ""
    if element.tag == "mfrac":
        return f"(({_python(children[0])})/({_python(children[1])}))"
    if element.tag == "msup":
        return f"(({_python(children[0])})**int({_python(children[1])}))"
    if element.tag in ("msub", "msubsup"):
        name = _python_name("_".join("".join(child.itertext()) for child in children[:2]))
        return f"({name}**int({_python(children[2])}))" if children[2:] else name
    assert element.tag == "mrow", element.tag
    return "".join(map(_python, children))


# -- Typst -------------------------------------------------------------------------------------------------------------

_TYPST = re.compile(r'//[^\n]*|\\.|"(?:\\.|[^"\\])*"|\$|#?[()\[\]{}]|#\w*|[^\\"$()\[\]{}#/]+|/', re.DOTALL)
_TYPST_CODE = {"#table", "#let", "#h", "#strong", "#show"}


def typst_faults(document: str) -> list[str]:
    """Brackets and dollars that do not close, code that is none of ours, signs of markup that are bare."""
    faults, open_ = [], list[str]()
    for token in _TYPST.findall(document):
        math_mode = "$" in open_
        if token == "$":
            if math_mode and open_.pop() != "$":
                faults.append("a bracket is open in mathematics")
            elif not math_mode:
                open_.append("$")
        elif token in ("(", "[", "{", "#["):
            open_.append(token[-1])
        elif token in (")", "]", "}"):
            if not open_ or open_.pop() + token not in ("()", "[]", "{}"):
                faults.append(f"{token} too many")
        elif token.startswith("#") and token not in _TYPST_CODE:
            faults.append(f"code {token}")
        elif not math_mode and open_[-1:] in ([], ["["]) and re.search(r"[*_`<>@~]", token) and token[0] not in "\\/":
            faults.append(f"markup {token!r}")
        if any((ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 for c in token):
            faults.append("a control character")
    return faults + [f"{token} is open" for token in open_]
